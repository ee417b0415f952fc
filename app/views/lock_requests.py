"""Requests to open locked cells for a while: asked from a locked sheet, answered by each unit that locks it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from flask import flash, redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from app.domain.access import Action, Actor
from app.domain.lock_calendar import start_of_day
from app.domain.lock_requests import ExtensionState
from app.errors import Invalid
from app.extensions import db
from app.models import ExtensionRequest, ExtensionSeat
from app.security import request_clock
from app.services import lock_requests, scope
from app.services.clock import local_day
from app.services.lock_orders import leaders_in_force, may_order
from app.services.lock_requests import NewExtension, state_of, waiting_seats
from app.services.locks import SheetLocks, sheet_locks
from app.services.sheet_reading import SheetFacts, load_lines
from app.views import lock_forms, lock_pages, lock_texts
from app.views.base import PageView, actor, menu, today
from app.views.gradebook import open_sheet
from app.views.lock_forms import Errors
from app.views.lock_orders import now
from app.views.sheet_heads import columns_named, heads, subject_name

USUAL = timedelta(days=3)
"""How long an opening is first offered for."""


@dataclass(frozen=True)
class Line:
    """A request in a list, in words."""

    id: int
    title: str
    columns: str
    until: str
    reason: str
    asked: str
    state: ExtensionState
    label: str
    css: str


STATE_CSS = {
    ExtensionState.WAITING: "is-warn",
    ExtensionState.GRANTED: "is-ok",
    ExtensionState.REFUSED: "is-bad",
}


def state_title(state: ExtensionState) -> str:
    """Where a request stands, in a word or two."""
    return {
        ExtensionState.WAITING: _("waits for an answer"),
        ExtensionState.GRANTED: _("open"),
        ExtensionState.OVER: _("was open, over"),
        ExtensionState.REFUSED: _("refused"),
        ExtensionState.WITHDRAWN: _("withdrawn"),
        ExtensionState.LAPSED: _("not answered in time"),
    }[state]


def request_line(item: ExtensionRequest) -> Line:
    """One request in words."""
    state = state_of(item, now())
    sheet = item.sheet
    columns = columns_named(sheet, item.columns)
    if item.student_ids:
        columns = _("%(columns)s, %(n)s students", columns=columns, n=len(item.student_ids))
    term = "I" if sheet.term == 1 else "II"
    return Line(
        id=item.id,
        title=_("%(subject)s %(group)s · Term %(term)s", subject=subject_name(sheet), group=sheet.group.name, term=term),
        columns=columns,
        until=lock_texts.at_time(item.until, ending=True),
        reason=item.reason,
        asked=f"{item.asked_by.full_name} · {lock_texts.at_time(item.asked_at)}",
        state=state,
        label=state_title(state),
        css=STATE_CSS.get(state, "is-lock"),
    )  # fmt: skip


class LockRequestView(PageView):
    """Đề nghị mở khóa."""

    route_base = "/lock-requests"
    default_view = "index"
    rights: ClassVar = {
        "can_index": Action.LOCK_VIEW,
        "can_show": Action.LOCK_VIEW,
        "can_ask": Action.SHEET_ENTER,
        "can_decide": Action.LOCK_VIEW,  # leaders and administrators of a unit that was asked: the service looks
        "can_withdraw": Action.SHEET_ENTER,
    }

    @expose("/")
    @has_access
    def index(self) -> Any:
        """What waits for the actor's unit, what the actor asked for, and what has been answered lately."""
        session, reach = db.session(), scope.condition(actor(), ExtensionRequest, today())
        decides = may_decide(actor())
        waits = waiting_seats(actor().unit_id, now())
        waiting = (
            lock_requests.load_requests(session, reach, ExtensionRequest.id.in_(waits)) if decides else []
        )
        since = start_of_day(today() - timedelta(days=60))
        rest = lock_requests.load_requests(
            session,
            reach,
            ExtensionRequest.asked_at >= since,
            ExtensionRequest.id.not_in([item.id for item in waiting]),
        )
        return self.render_template(
            "locks/requests.html",
            title=_("Requests to open locked cells"),
            waiting=[request_line(item) for item in waiting],
            rest=[request_line(item) for item in rest],
            decides=decides,
        )

    @expose("/<int:extension_id>")
    @has_access
    def show(self, extension_id: int) -> Any:
        """One request, what each unit answered, and the form of a unit that has still to answer."""
        return self._page(extension_id, request.form, {})

    def _page(self, extension_id: int, values: Any, errors: Errors) -> Any:
        scope.get(db.session(), actor(), ExtensionRequest, extension_id, today())
        found = lock_requests.load_requests(db.session(), ExtensionRequest.id == extension_id)[0]
        seat = own_seat(found)
        leaders = leaders_in_force(db.session(), seat.unit, today()) if seat else []
        if request.method == "GET":
            values = MultiDict(lock_pages.start_values(now(), 1, actor(), leaders, None))
        page = self.render_template(
            "locks/request.html",
            title=_("Request to open locked cells"),
            item=request_line(found),
            sheet_id=found.sheet_id,
            seats=[_seat_line(one) for one in found.seats],
            seat=seat,
            leaders=leaders,
            values=values,
            errors=errors,
            mine=found.asked_by_id == actor().person_id and state_of(found, now()) is ExtensionState.WAITING,
        )
        return (page, 422) if errors else page

    @expose("/<int:extension_id>/decide", methods=["POST"])
    @has_access
    def decide(self, extension_id: int) -> Any:
        """Open exactly these cells until the time asked for, or refuse with the reason."""
        verdict = request.form.get("verdict", "")
        if verdict not in ("grant", "refuse"):
            return self._page(extension_id, request.form, {"answer": _(lock_forms.ANSWER_FIRST)})
        grant = verdict == "grant"
        try:
            lock_requests.decide(
                actor(),
                extension_id,
                grant,
                request.form.get("answer", ""),
                ordered_by_id=lock_forms.read_leader(request.form),
                clock=request_clock(),
            )
        except Invalid as error:
            return self._page(extension_id, request.form, lock_forms.errors_of(error))
        text = (
            _("Granted: your unit no longer locks these cells until then.")
            if grant
            else _("Refused, with the reason.")
        )
        flash(text, "success")
        return redirect(url_for("LockRequestView.show", extension_id=extension_id))

    @expose("/<int:extension_id>/withdraw", methods=["POST"])
    @has_access
    def withdraw(self, extension_id: int) -> Any:
        """Take one's own request back."""
        lock_requests.withdraw(actor(), extension_id, clock=request_clock())
        flash(_("The request is withdrawn."), "success")
        return redirect(url_for("LockRequestView.show", extension_id=extension_id))

    @expose("/ask/<int:sheet_id>", methods=["GET", "POST"])
    @has_access
    def ask(self, sheet_id: int) -> Any:
        """Ask for locked columns of a sheet, or one student's cells, straight from the locked page."""
        facts, moment = open_sheet(sheet_id, Action.SHEET_ENTER)
        locks = sheet_locks(db.session(), facts.sheet, facts.columns, moment)
        errors: Errors = {}
        if request.method == "POST":
            until = lock_forms.read_moment(request.form, "until", errors, ending=True)
            students = lock_forms.read_numbers(request.form, "student", errors)
            if until is not None and not errors:
                new = NewExtension(
                    tuple(request.form.getlist("columns")),
                    until,
                    request.form.get("reason", ""),
                    students,
                )
                try:
                    made = lock_requests.ask(actor(), sheet_id, new, clock=request_clock())
                except Invalid as error:
                    errors = lock_forms.errors_of(error)
                else:
                    flash(_("The request was sent to every unit that locks these cells."), "success")
                    return redirect(url_for("LockRequestView.show", extension_id=made))
        student = request.values.get("student", type=int)
        names = (
            [line.full_name for line in load_lines(db.session(), facts.sheet, [student])] if student else []
        )
        ends = start_of_day(local_day(moment) + USUAL + timedelta(days=1))
        values: Any = request.form
        if request.method == "GET":
            values = MultiDict({"until": lock_forms.moment_text(ends, ending=True)})
            values.setlist("columns", request.args.getlist("column"))
        page = self.render_template(
            "locks/ask.html",
            title=_("Ask to open: %(sheet)s", sheet=f"{subject_name(facts.sheet)} {facts.sheet.group.name}"),
            sheet_id=sheet_id,
            columns=askable(actor(), facts, locks),
            student=student if names else None,
            student_name=names[0] if names else "",
            values=values,
            errors=errors,
            longest=lock_requests.LONGEST.days,
        )
        return (page, 422) if errors else page


def askable(who: Actor, facts: SheetFacts, locks: SheetLocks) -> list[tuple[str, str, str]]:
    """(column, name, what locks it) of the actor's columns that some window locks."""
    own, named = facts.writable_columns(who, locks.now), heads(facts.sheet)
    return [
        (column, named[column].full, lock_texts.reason_line(held[0], named[column].full))
        for column in facts.columns
        if column in own and (held := lock_requests.holders(locks, [column], list(locks.cells)))
    ]


def may_decide(who: Actor) -> bool:
    """True for who leads or administers a unit."""
    return who.unit_id is not None and may_order(who, Action.LOCK_MANAGE, who.unit_id)


def own_seat(item: ExtensionRequest) -> ExtensionSeat | None:
    """The seat that waits for the actor's unit, where the actor may fill it."""
    if state_of(item, now()) is not ExtensionState.WAITING or not may_decide(actor()):
        return None
    return next((s for s in item.seats if s.unit_id == actor().unit_id and s.decided_at is None), None)


@dataclass(frozen=True)
class SeatLine:
    """What one unit answered, in words."""

    unit: str
    label: str
    css: str
    answer: str
    who: str
    window_id: int | None


def _seat_line(seat: ExtensionSeat) -> SeatLine:
    if seat.granted is None or seat.decided_at is None:
        return SeatLine(seat.unit.short_name, _("has not answered"), "is-warn", "", "", None)
    parts: Sequence[str] = [lock_texts.at_time(seat.decided_at)]
    if seat.ordered_by:
        parts = [*parts, _("ordered by %(name)s", name=seat.ordered_by.full_name)]
    if seat.executed_by:
        parts = [*parts, _("executed by account %(name)s", name=seat.executed_by.username)]
    label, css = (_("granted"), "is-ok") if seat.granted else (_("refused"), "is-bad")
    return SeatLine(seat.unit.short_name, label, css, seat.answer or "", " · ".join(parts), seat.window_id)


def register(appbuilder: Any) -> None:
    """The list in the menu, beside the calendar."""
    from flask_babel import lazy_gettext

    menu(
        appbuilder,
        LockRequestView(),
        "Lock requests",
        icon="fa-unlock-keyhole",
        action=Action.LOCK_VIEW,
        label=lazy_gettext("Requests to open"),
    )
