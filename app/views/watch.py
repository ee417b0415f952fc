"""The watch list and the exception feed: prompts and lines to look at, read by the school, noted by the tier above."""

from datetime import datetime
from typing import Any, ClassVar

from flask import request, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from app.domain.access import Action, Target, may
from app.domain.exceptions import ExceptionKind
from app.domain.lock_calendar import start_of_day
from app.domain.vocabulary import Tier
from app.domain.watch import Pattern
from app.extensions import db
from app.models import ExceptionNote, OrgUnit
from app.security import request_clock
from app.services import exception_feed, scope, watch_list
from app.services.changes import sheets_of
from app.views import watch_texts as words
from app.views.base import PageView, actor, menu, note_visit, today
from app.views.verbs import VerbPage
from app.views.watch_texts import CellWords, day_asked, span_asked

CATEGORY = "Inspection"
MOST_ROWS = 500
NEEDED = lazy_gettext("Fill in this field.")


class WatchView(PageView):
    """Danh sách cần xem lại: prompts, not verdicts; each leads to its rows."""

    route_base = "/watch"
    default_view = "index"
    rights: ClassVar = {
        "can_index": Action.WATCH_VIEW,
        "can_school": Action.WATCH_VIEW,
        "can_rows": Action.WATCH_VIEW,
    }

    @expose("/")
    @has_access
    def index(self) -> Any:
        """An office sees its schools, most prompts first; a school its own."""
        if actor().tier is Tier.SCHOOL:
            return self._school(actor().unit_id or 0)
        since, until, first, last = span_asked(request_clock()())
        lines = watch_list.schools_to_watch(db.session(), actor(), since, until)
        return self.render_template(
            "watch/schools.html",
            title=_("Watch list"),
            lines=lines,
            patterns=[pattern for pattern in Pattern if pattern is not Pattern.RATE],
            words=words,
            first=first,
            last=last,
        )

    @expose("/school/<int:unit_id>")
    @has_access
    def school(self, unit_id: int) -> Any:
        """One school's prompts; a look from above is on record."""
        return self._school(unit_id)

    def _school(self, unit_id: int) -> Any:
        since, until, first, last = span_asked(request_clock()())
        found = watch_list.watch_list(db.session(), actor(), unit_id, since, until)
        note_visit("watch.view", unit_id)
        return self.render_template(
            "watch/school.html",
            title=_("Watch list"),
            found=found,
            patterns=list(Pattern),
            words=words,
            first=first,
            last=last,
            rows_url=lambda prompt: rows_url(unit_id, prompt, first, last),
            own=unit_id == actor().unit_id,
        )

    @expose("/school/<int:unit_id>/rows")
    @has_access
    def rows(self, unit_id: int) -> Any:
        """The changes a prompt rests on."""
        since, until, first, last = span_asked(request_clock()())
        begin, end = _exactly("from"), _exactly("to")
        unit = scope.get(db.session(), actor(), OrgUnit, unit_id, today())
        changes, more = watch_list.rows_behind(
            db.session(),
            actor(),
            unit_id,
            max(since, begin) if begin else since,
            min(until, end) if end else until,
            person_id=request.args.get("person", type=int),
            student_id=request.args.get("student", type=int),
        )
        note_visit("watch.view", unit_id)
        shown = changes[:MOST_ROWS]
        return self.render_template(
            "watch/rows.html",
            title=_("Changes after entry"),
            unit=unit,
            changes=shown,
            total=len(changes),
            more=more,
            sheets=sheets_of(db.session(), shown),
            cell=CellWords(),
            words=words,
            first=first,
            last=last,
            keep={key: request.args[key] for key in ("person", "student") if key in request.args},
        )


def rows_url(unit_id: int, prompt: Any, first: Any, last: Any) -> str | None:
    """Where the rows of a prompt stand; two places and reopenings stand in the trail and in the feed."""
    days: dict[str, Any] = {"since": f"{first:%d/%m/%Y}", "until": f"{last:%d/%m/%Y}"}
    span = {"from": prompt.first.isoformat(), "to": prompt.last.isoformat()}
    if prompt.pattern is Pattern.REOPENED:
        return url_for("ExceptionView.index", unit=unit_id, **days)
    if prompt.pattern is Pattern.ONE_ADDRESS:
        return url_for("CorrectionView.show", correction_id=prompt.request_id)
    if prompt.pattern is Pattern.TWO_PLACES:
        visible = may(actor(), Action.AUDIT_VIEW, Target(unit=actor().relation_to(unit_id)))
        return url_for("AuditEventView.list", **signed_in(prompt)) if visible else None
    who: dict[str, Any] = (
        {"student": prompt.student_id} if prompt.student_id else {"person": prompt.person_id}
    )
    return url_for("WatchView.rows", unit_id=unit_id, **who, **days, **span)


def signed_in(prompt: Any) -> dict[str, Any]:
    """The list's own filters: this person's sign-ins."""
    return {"_flt_0_account": prompt.person, "_flt_0_action": "sign_in"}


def _exactly(name: str) -> datetime | None:
    """An instant of a prompt's address; None for none, or what is none."""
    try:
        found = datetime.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None
    return found if found.tzinfo else None


class LookForm(FlaskForm):
    """What an office found."""

    text = TextAreaField(
        lazy_gettext("What you found"),
        validators=[InputRequired(NEEDED), Length(max=exception_feed.MOST_TEXT)],
    )


class ExceptionView(VerbPage):
    """Việc báo lên cấp trên: what units did beside the calendar; they read it and can't clear it."""

    route_base = "/exceptions"
    default_view = "index"
    rights: ClassVar = {"can_index": Action.EXCEPTION_VIEW, "can_look": Action.EXCEPTION_MARK}

    @expose("/")
    @has_access
    def index(self) -> Any:
        """Newest first, with filters."""
        asked = _asked()
        found = exception_feed.feed(
            db.session(), actor(), asked, today(), number=request.args.get("page", 1, type=int)
        )
        return self.render_template(
            "watch/feed.html",
            title=_("Exceptions told to the tier above"),
            feed=found,
            asked=asked,
            units=exception_feed.units_in_feed(db.session(), actor(), today()),
            kinds=list(ExceptionKind),
            words=words,
            may_mark=lambda note: may(
                actor(), Action.EXCEPTION_MARK, Target(unit=actor().relation_to(note.unit_id))
            ),
            own_only=actor().tier is Tier.SCHOOL,
            keep={key: value for key, value in request.args.items() if key != "page" and value},
        )

    @expose("/<int:note_id>/look", methods=["GET", "POST"])
    @has_access
    def look(self, note_id: int) -> Any:
        """Note that the office has looked at it."""
        note = scope.get(db.session(), actor(), ExceptionNote, note_id, today())
        what = note.what
        return self.run(
            LookForm(),
            lambda form: exception_feed.mark_looked(
                actor(), note_id, form.text.data or "", clock=request_clock()
            ),
            title=_("Looked at"),
            done=_("Noted. The line itself stays."),
            back=url_for("ExceptionView.index"),
            lead=what,
        )


def _asked() -> exception_feed.Asked:
    kind = request.args.get("kind", "")
    since, until = day_asked("since"), day_asked("until")
    return exception_feed.Asked(
        unit_id=request.args.get("unit", type=int),
        kind=ExceptionKind(kind) if kind in set(ExceptionKind) else None,
        since=start_of_day(since) if since else None,
        until=start_of_day(until) + words.ONE_DAY if until else None,
        unseen=bool(request.args.get("unseen")),
    )


def register(appbuilder: Any) -> None:
    """Menu entries of this file."""
    menu(
        appbuilder,
        WatchView,
        "Watch list",
        icon="fa-eye",
        action=Action.WATCH_VIEW,
        label=lazy_gettext("Watch list"),
        category=CATEGORY,
        category_label=lazy_gettext("Inspection"),
    )
    menu(
        appbuilder,
        ExceptionView,
        "Exceptions",
        icon="fa-triangle-exclamation",
        action=Action.EXCEPTION_VIEW,
        label=lazy_gettext("Exceptions"),
        category=CATEGORY,
        category_label=lazy_gettext("Inspection"),
    )
