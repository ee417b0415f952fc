"""Khóa sổ: the way of a term or year to its closing, the head's approval, reopening and what the tier above consents to."""

from collections.abc import Callable
from typing import Any, ClassVar

import sqlalchemy as sa
from flask import flash, redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy.orm import joinedload

from app.domain.access import Action, Target, UnitRelation, may
from app.domain.assessment.facts import YEAR
from app.domain.closing import ORDER, PERIODS, TAKEN_BY, ReopenState, Stage, Standing
from app.domain.vocabulary import Tier
from app.errors import Forbidden, HocVuError, Invalid, NotFound, Stale
from app.extensions import db
from app.models import Closing, ReopenRequest
from app.security import request_clock
from app.services import scope
from app.services.closing import signing, steps
from app.services.closing.book import Book
from app.services.closing.load import open_book
from app.services.closing.separation import kept_apart
from app.services.closing_state import HOLDS
from app.services.year_lists import SchoolLists, school_lists
from app.views import closing_texts as words
from app.views import lock_forms, results_texts
from app.views.base import PageView, actor, menu, note_visit, tell, today
from app.web import current_period

MOST = 200


class ClosingView(PageView):
    """Khóa sổ học kì, năm học (S3 section 3, S4 Điều 19 khoản 2, S0 Điều 6 khoản 3 và Điều 14)."""

    route_base = "/closing"
    default_view = "index"
    # The verbs ask again for the right each step takes: every button here leads to one of them.
    rights: ClassVar = {
        "can_index": Action.CLOSING_VIEW,
        "can_unit": Action.CLOSING_VIEW,
        "can_step": (
            Action.CLOSING_OFFICE,
            Action.CLOSING_PROOF,
            Action.CLOSING_SEAL,
            Action.CLOSING_PROPOSE,
        ),
        "can_approve": Action.CLOSING_APPROVE,
        "can_close": Action.CLOSING_CLOSE,
        "can_reopen": Action.CLOSING_CLOSE,
        "can_ask": Action.CLOSING_CLOSE,
        "can_withdraw_request": Action.CLOSING_CLOSE,
        "can_requests": Action.CLOSING_VIEW,
        "can_decide": Action.CLOSING_CONSENT,
    }

    @expose("/")
    @has_access
    def index(self) -> Any:
        """A school's own page; teachers begin with what they sign; an office with its schools."""
        kept: dict[str, Any] = {k: v for k, v in request.args.items() if k != "unit_id"}
        if actor().teaches_only:
            return redirect(url_for("SigningView.mine", **kept))
        if actor().tier is not Tier.SCHOOL:
            return redirect(url_for("ClosingView.requests"))
        return redirect(url_for("ClosingView.unit", unit_id=actor().unit_id, **kept))

    @expose("/unit/<int:unit_id>")
    @has_access
    def unit(self, unit_id: int) -> Any:
        """The steps as a line, what is missing in each, the classes, and the one button whose turn it is."""
        period = current_period()
        if period is None:
            return self.render_template("home/empty.html", title=_("Closing"), reason="year")
        number = chosen_number()
        book = open_book(db.session(), actor(), unit_id, period.year_id, number, request_clock()())
        note_visit("closing.view", unit_id, period=number)
        own = actor().relation_to(unit_id) is UnitRelation.OWN
        return self.render_template(
            "closing/unit.html",
            title=None,
            words=words,
            book=book,
            own=own,
            Stage=Stage,
            Standing=Standing,
            lines=_steps(book),
            periods=PERIODS,
            year=period.start_year,
            can=_rights(book, own),
            requests=_requests_of(book),
            figures=_figures(book),
            results_words=results_texts,
            consent=bool(book.closing and steps.needs_consent(db.session(), book.closing, request_clock()())),
        )

    @expose("/step", methods=["POST"])
    @has_access
    def step(self) -> Any:
        """Tick a step."""
        try:
            step = Stage(request.form.get("step", ""))
        except ValueError:
            raise NotFound from None
        note = request.form.get("note", "")
        return _done(
            lambda: steps.take_step(actor(), *_place(), step, note, clock=request_clock()),
            _("Recorded: %(step)s", step=words.step_title(step)),
        )

    @expose("/approve", methods=["POST"])
    @has_access
    def approve(self) -> Any:
        """The head approves the classes ticked, or signs for the school."""
        year_id, number = _place()
        reason = request.form.get("reason", "")
        if school := request.form.get("school"):
            return _done(
                lambda: signing.approve_school(
                    actor(), year_id, number, school, reason, clock=request_clock()
                ),
                _("Signed for the school."),
            )
        classes = digests("class")
        return _done(
            lambda: signing.approve(actor(), year_id, number, classes, reason, clock=request_clock()),
            _("Classes approved: %(n)s", n=len(classes)),
        )

    @expose("/close", methods=["POST"])
    @has_access
    def close(self) -> Any:
        """The head closes."""
        reason = request.form.get("reason", "")
        return _done(
            lambda: steps.close(actor(), *_place(), reason, clock=request_clock()), _("The book is closed.")
        )

    @expose("/<int:closing_id>/reopen", methods=["POST"])
    @has_access
    def reopen(self, closing_id: int) -> Any:
        """The head reopens within the year."""
        scope.get(db.session(), actor(), Closing, closing_id, today())
        reason, errors = request.form.get("reason", ""), {}
        until = lock_forms.read_moment(request.form, "until", errors, ending=True, optional=True)
        if errors:
            return _back(errors["until"])
        return _done(
            lambda: steps.reopen(actor(), closing_id, reason, until, clock=request_clock()),
            _("Reopened. Where the entry window is over, a window is opened in the lock calendar as well."),
        )

    @expose("/<int:closing_id>/ask", methods=["POST"])
    @has_access
    def ask(self, closing_id: int) -> Any:
        """The head asks the tier above."""
        scope.get(db.session(), actor(), Closing, closing_id, today())
        reason, errors = request.form.get("reason", ""), {}
        until = lock_forms.read_moment(request.form, "until", errors, ending=True)
        if until is None:
            return _back(errors["until"])
        return _done(
            lambda: steps.ask_to_reopen(actor(), closing_id, reason, until, clock=request_clock()),
            _("The tier above has been asked."),
        )

    @expose("/requests/<int:request_id>/withdraw", methods=["POST"])
    @has_access
    def withdraw_request(self, request_id: int) -> Any:
        """The school takes its request back."""
        scope.get(db.session(), actor(), ReopenRequest, request_id, today())
        return _done(
            lambda: steps.withdraw_request(actor(), request_id, clock=request_clock()),
            _("The request was withdrawn."),
        )

    @expose("/requests")
    @has_access
    def requests(self) -> Any:
        """Requests to reopen within reach, those waiting first, and what is closed in the schools."""
        waiting_first = sa.case((ReopenRequest.state == ReopenState.WAITING, 0), else_=1)
        rows = db.session.scalars(
            scope.scoped(actor(), ReopenRequest, today())
            .options(
                joinedload(ReopenRequest.unit), joinedload(ReopenRequest.asked_by), joinedload(ReopenRequest.decided_by),
                joinedload(ReopenRequest.closing).joinedload(Closing.school_year),
            )
            .order_by(waiting_first, ReopenRequest.id.desc())
            .limit(MOST)
        ).all()  # fmt: skip
        period = current_period()
        closed = db.session.scalars(
            scope.scoped(actor(), Closing, today())
            .where(HOLDS, Closing.school_year_id == (period.year_id if period else 0))
            .options(joinedload(Closing.unit), joinedload(Closing.closed_by))
            .order_by(Closing.closed_at.desc())
            .limit(MOST)
        ).all()
        return self.render_template(
            "closing/requests.html",
            title=_("Closing"),
            words=words,
            rows=rows,
            closed=closed,
            year=period.label if period else "",
            may_decide=lambda row: (
                row.state is ReopenState.WAITING
                and may(actor(), Action.CLOSING_CONSENT, Target(unit=actor().relation_to(row.unit_id)))
            ),
        )

    @expose("/requests/<int:request_id>/decide", methods=["POST"])
    @has_access
    def decide(self, request_id: int) -> Any:
        """The tier above consents or refuses."""
        scope.get(db.session(), actor(), ReopenRequest, request_id, today())
        answer = request.form.get("answer", "")
        if answer not in ("yes", "no"):
            raise Invalid(lock_forms.ANSWER_FIRST)
        consent, reason = answer == "yes", request.form.get("reason", "")
        return _done(
            lambda: steps.decide_request(actor(), request_id, consent, reason, clock=request_clock()),
            _("Your answer was recorded, and the school was told."),
            url_for("ClosingView.requests"),
        )


def chosen_number() -> int:
    """?period=: 1, 2, or 0 for the year; without it the term of the page."""
    asked = request.args.get("period", type=int)
    period = current_period()
    return asked if asked in PERIODS else (period.term if period else 1)


def digests(name: str) -> dict[int, str]:
    """Ticked boxes "number:digest" of a form. NotFound for anything else."""
    found = {}
    for text in request.form.getlist(name):
        number, _colon, digest = text.partition(":")
        if not (number.isascii() and number.isdigit()) or len(number) > 18:
            raise NotFound
        found[int(number)] = digest
    return found


def _place() -> tuple[int, int]:
    """Year and period a form is about."""
    year, number = request.form.get("year_id", type=int), request.form.get("period", type=int)
    if year is None or number not in PERIODS:
        raise NotFound
    return year, number


def _figures(book: Book) -> SchoolLists | None:
    """What the head decides on with the year: who goes up, is assessed again, trains in summer, gets a title.

    S1 Điều 3 khoản 2.5, S4 Điều 12 khoản 7. None of a term, and to who may not read results.
    """
    if book.period != YEAR or not may(
        actor(), Action.RESULT_VIEW, Target(unit=actor().relation_to(book.unit.id))
    ):
        return None
    return school_lists(db.session(), actor(), book.unit.id, book.year.id, today())


def _rights(book: Book, own: bool) -> dict[str, bool]:
    """What the actor may do on the page, as far as roles say."""
    if not own:
        return {}
    deputy = signing.authorisation_of(db.session(), actor(), today()) is not None
    target = Target(authorised=deputy)
    following = book.next_step
    action = TAKEN_BY[following] if following else None
    apart = kept_apart(db.session(), actor(), book, following, today())
    return {
        "apart": apart,
        "step": bool(following and action and words.step_button(following) and may(actor(), action, target))
        and not apart,
        "approve": may(actor(), Action.CLOSING_APPROVE, target),
        "close": may(actor(), Action.CLOSING_CLOSE, target),
    }


def _steps(book: Book) -> list[dict[str, Any]]:
    """The line of steps: done, the one whose turn it is, what it lacks, and who did it when."""
    done, following = book.done, book.next_step
    lines = []
    for step in ORDER:
        tick = book.ticked.get(step)
        lines.append(
            {
                "step": step,
                "done": step in done,
                "now": step is following,
                "again": step not in done and tick is not None,
                "missing": [] if step in done else words.missing_lines(book.missing(step)),
                "tick": tick,
            }
        )
    return lines


def _requests_of(book: Book) -> list[ReopenRequest]:
    numbers = [row.id for row in book.closings]
    if not numbers:
        return []
    query = (
        sa.select(ReopenRequest)
        .where(ReopenRequest.closing_id.in_(numbers))
        .options(joinedload(ReopenRequest.asked_by), joinedload(ReopenRequest.decided_by))
        .order_by(ReopenRequest.id.desc())
    )
    return list(db.session.scalars(query))


def _done(verb: Callable[[], Any], message: str, back: str | None = None) -> Any:
    """Run a verb and go back to the page, with what came of it."""
    try:
        verb()
    except (Forbidden, NotFound):
        raise
    except HocVuError as error:
        if not isinstance(error, (Invalid, Stale)):
            raise
        return _back(tell(error), back)
    flash(message, "success")
    return redirect(back or _here())


def _back(message: str, back: str | None = None) -> Any:
    flash(message, "danger")
    return redirect(back or _here())


def _here() -> str:
    """The page the form stood on."""
    number = request.form.get("period", type=int)
    year = request.form.get("start_year", type=int)
    return url_for("ClosingView.unit", unit_id=actor().unit_id, period=number, year=year)


def register(appbuilder: Any) -> None:
    """The group of the menu, with what everybody signs first."""
    from app.views.signing import SigningView

    group = {"category": "Closing the book", "category_label": lazy_gettext("Closing the book")}
    menu(appbuilder, ClosingView(), "Closing", icon="fa-book", action=Action.CLOSING_VIEW,
         label=lazy_gettext("Closing"), **group)  # fmt: skip
    menu(appbuilder, SigningView(), "My signatures", icon="fa-signature", action=(Action.SHEET_CONFIRM, Action.CLASS_CONFIRM),
         label=lazy_gettext("My signatures"), **group)  # fmt: skip
