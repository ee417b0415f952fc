"""Decisions of the head (NĐ 30/2020/NĐ-CP): what can be decided on, the order form, the ones printed so far."""

from collections.abc import Mapping
from typing import Any, ClassVar

from flask import redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from app import jobs
from app.domain.access import Action
from app.domain.dates import format_date
from app.domain.vocabulary import WindowEffect
from app.errors import Invalid
from app.extensions import db
from app.models import AdminBoard, Closing
from app.security import request_clock
from app.services import decisions
from app.services.decisions import Draft
from app.views import closing_texts, lock_texts
from app.views.base import PageView, actor, tell, today
from app.web import current_period

Errors = Mapping[str, str]


class DecisionView(PageView):
    """Quyết định của hiệu trưởng."""

    route_base = "/decisions"
    default_view = "index"
    rights: ClassVar = {"can_index": Action.RECORD_ISSUE, "can_draft": Action.RECORD_ISSUE}

    @expose("/")
    @has_access
    def index(self) -> Any:
        """What can be decided on in the year, and the decisions printed so far."""
        period = current_period()
        if period is None:
            return self.render_template("home/empty.html", title=_("Decisions"), reason="year")
        found = decisions.drafts(db.session(), actor(), period.year_id, today())
        return self.render_template(
            "printing/decisions.html",
            title=_("Decisions"),
            period=period,
            drafts=[(draft, about(draft)) for draft in found],
            printed=decisions.printed(db.session(), actor(), today()),
            signed_on=decisions.signed_on,
        )

    @expose("/<code>", methods=["GET", "POST"])
    @has_access
    def draft(self, code: str) -> Any:
        """Order one: its number, day and place of signing, the school's own grounds."""
        period = current_period()
        if period is None:
            return redirect(url_for("DecisionView.index"))
        found = decisions.draft_of(db.session(), actor(), f"decision.{code}", period.year_id, today())
        if request.method == "GET":
            return self._form(found, code, _suggested(found), {})
        try:
            job_id = decisions.order_decision(
                actor(),
                found,
                request.form,
                request.form.getlist("source", type=int),
                period.year_id,
                clock=request_clock(),
                site=request.host_url.rstrip("/"),
            )
        except Invalid as error:
            return self._form(found, code, request.form, _errors(error)), error.status
        jobs.jobs().make_print(job_id)
        return redirect(url_for("PrintView.job", job_id=job_id))

    def _form(self, draft: Draft, code: str, typed: MultiDict[str, str], errors: Errors) -> Any:
        return self.render_template(
            "printing/decision.html",
            title=draft.form.short_name,
            draft=draft,
            code=code,
            about=about(draft),
            options=[(row.id, _row_title(row)) for row in draft.rows],
            chosen=typed.getlist("source", type=int),
            typed=typed,
            errors=errors,
        )


def _errors(error: Invalid) -> Errors:
    text = tell(error)
    return {field: text for field, *_more in error.problems} or {"": text}


def _suggested(draft: Draft) -> MultiDict[str, str]:
    """Filled in before: from the address, from the record, from the school's last decision."""
    asked = request.args.getlist("source", type=int)
    known = [row.id for row in draft.rows]
    chosen = [key for key in known if key in asked] or (known if draft.several else known[:1])
    typed: MultiDict[str, str] = MultiDict(
        {
            "signed_on": "" if draft.form.periods else format_date(today()),
            "as_of": format_date(today()),
            "place": draft.place,
            "grounds": "\n".join(draft.grounds),
        }
    )
    typed.setlist("source", [str(key) for key in chosen])
    return typed


def about(draft: Draft) -> str:
    """What the decision is for, in a sentence."""
    return {
        decisions.BOARD: _("Members and duties as the head appointed them; number and day are on record."),
        decisions.DUTIES: _("Lessons, homerooms, offices and the board's duties as they stand on a day."),
        decisions.CLOSING: _("A term or year that is closed, on the proposal of the board."),
        decisions.REOPENING: _("A closed term or year that was reopened, until when and why."),
        decisions.LOCKS: _("The times at which books are locked and open, as the lock orders have them."),
    }[draft.form.code]


def _row_title(row: Any) -> str:
    if isinstance(row, AdminBoard):
        return _(
            "Decision no. %(number)s of %(day)s",
            number=row.decision_number,
            day=format_date(row.decision_date),
        )
    if isinstance(row, Closing):
        title = closing_texts.period_title(row.term)
        closed = _("closed at %(at)s", at=lock_texts.at_time(row.closed_at))
        return f"{title}: {closed}"
    verb = _("open") if row.effect is WindowEffect.OPEN else _("locked")
    return f"{row.title} ({verb}, {lock_texts.at_time(row.opens_at)})"


def register(appbuilder: Any) -> None:
    """No menu: the pages of the board, of assignments, of closing and of printing lead here."""
    appbuilder.add_view_no_menu(DecisionView())
