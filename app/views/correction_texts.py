"""Corrections in words: states, seats, steps, cells."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from app.domain.corrections import SEATS_OF, Seat, State, Step
from app.models import CorrectionRequest, CorrectionStep
from app.services.correction_lists import state_of
from app.services.correction_seats import Staffing
from app.views.correction_cells import place_title, shown, titles
from app.views.lock_texts import at_time
from app.web import vn_time


@dataclass(frozen=True)
class CellLine:
    """A cell of a request as a page shows it."""

    student: str
    student_id: int
    column: str
    title: str
    old: str
    new: str


@dataclass(frozen=True)
class StepLine:
    """A stop on the way: what it is, who, when; `css` says whether it is done, now or to come."""

    title: str
    who: str
    meta: str
    css: str
    icon: str


def expiry(request: CorrectionRequest) -> str:
    """When it lapses: 24:00 of its last day."""
    return at_time(request.expires_at, ending=True)


def request_title(request: CorrectionRequest) -> str:
    """Toán 7A · học kì I."""
    return place_title(request)


def cell_lines(request: CorrectionRequest) -> list[CellLine]:
    """Its cells, in the order they were asked for."""
    titled = titles(request)
    return [
        CellLine(
            student=cell.student.full_name if cell.student else _("The whole class"),
            student_id=cell.student_id or 0,
            column=cell.column,
            title=titled(cell.column),
            old=shown(request, cell.column, cell.old),
            new=shown(request, cell.column, cell.new),
        )
        for cell in request.cells
    ]


def state_tag(request: CorrectionRequest, now: datetime) -> tuple[str, str, str]:
    """Class, sign and words of its state."""
    state = state_of(request, now)
    if state is State.WITNESSING:
        wanted = [Seat(s) for s in request.seats if Seat(s) in SEATS_OF[State.WITNESSING]]
        done = sum(seat in request.filled for seat in wanted)
        text = _("waits for witnesses %(done)s/%(all)s", done=done, all=len(wanted))
        return "is-warn", "fa-people-arrows", text
    return {
        State.CERTIFYING: ("is-warn", "fa-clock", _("waits for the certificate")),
        State.APPROVING: ("is-warn", "fa-clock", _("waits for approval")),
        State.CONSENTING: ("is-warn", "fa-clock", _("waits for the unit above")),
        State.APPLIED: ("is-ok", "fa-check", _("written into the book")),
        State.REFUSED: ("is-bad", "fa-xmark", _("refused")),
        State.WITHDRAWN: ("is-lock", "fa-rotate-left", _("withdrawn")),
        State.EXPIRED: ("is-lock", "fa-hourglass-end", _("expired")),
        State.STALE: ("is-bad", "fa-code-branch", _("not written: a cell had changed")),
    }[state]


def seat_title(request: CorrectionRequest, seat: Seat) -> str:
    """What a seat is called in this request."""
    above = seat.value in request.seats_above
    if seat is Seat.CERTIFIER:
        named = request.certifier_id is not None or above
        return _("Certified instead of the homeroom teacher") if named else _("Homeroom teacher certifies")
    if seat is Seat.APPROVER:
        return _("Unit above approves") if above else _("Head approves")
    return {
        Seat.REQUESTER: _("Requested"),
        Seat.CONSENT: _("Unit above consents"),
        Seat.LEADER: _("Leader witnesses"),
        Seat.BOARD: _("Board of administrators witnesses"),
        Seat.ATTENDEE: _("Requester attends"),
    }[seat]


_ICONS = {
    Seat.CERTIFIER: "fa-user-check",
    Seat.APPROVER: "fa-file-signature",
    Seat.CONSENT: "fa-building-columns",
    Seat.LEADER: "fa-people-arrows",
    Seat.BOARD: "fa-people-arrows",
    Seat.ATTENDEE: "fa-user",
}


def step_line(request: CorrectionRequest, staffing: Staffing, now: datetime) -> list[StepLine]:
    """The way of a request as one line: done, now, to come; then the writing, or how else it ended."""
    first = request.steps[0]
    lines = [StepLine(_("Requested"), _who(first), _done_at(first), "is-ok", "fa-check")]
    filled, left, state = request.filled, request.seats_left, state_of(request, now)
    waiting = SEATS_OF.get(state, ())
    for seat in map(Seat, request.seats):
        if step := filled.get(seat):
            lines.append(StepLine(seat_title(request, seat), _who(step), _done_at(step), "is-ok", "fa-check"))
        elif seat in left:
            current = seat in waiting
            who = _expected(request, staffing, seat, current)
            meta = _("waiting") if current else _("not there yet")
            title = seat_title(request, seat)
            lines.append(StepLine(title, who, meta, "is-now" if current else "", _ICONS[seat]))
    lines.append(_ending(request, state))
    return lines


def _expected(request: CorrectionRequest, staffing: Staffing, seat: Seat, current: bool) -> str:
    """Who may take an empty seat: those it waits for now; later ones where there is no choice."""
    if seat is Seat.ATTENDEE:
        return request.requested_by.full_name
    names = sorted(staffing.names[person] for person in staffing.free(request, seat))
    if not current and len(names) > 1:
        return ""
    return ", ".join(names[:3]) + ("…" if len(names) > 3 else "")


def _ending(request: CorrectionRequest, state: State) -> StepLine:
    title, css, icon = {
        State.APPLIED: (_("Written into the book"), "is-ok", "fa-check"),
        State.REFUSED: (_("Refused"), "is-bad", "fa-xmark"),
        State.WITHDRAWN: (_("Withdrawn"), "is-bad", "fa-rotate-left"),
        State.EXPIRED: (_("Expired"), "is-bad", "fa-hourglass-end"),
        State.STALE: (_("Not written"), "is-bad", "fa-code-branch"),
    }.get(state, (_("Written into the book"), "", "fa-pen"))
    if not request.finished_at:
        until = _("until %(at)s", at=expiry(request))
        return StepLine(title, _("%(n)s cells", n=len(request.cells)), until, css, icon)
    last = next((s for s in reversed(request.steps) if s.person), None)
    who = _who(last) if last and state in (State.REFUSED, State.WITHDRAWN) else ""
    return StepLine(title, who, vn_time(request.finished_at), css, icon)


def _who(step: CorrectionStep) -> str:
    return step.person.full_name if step.person else "HocVu"


def _done_at(step: CorrectionStep) -> str:
    return _("done %(at)s", at=vn_time(step.happened_at))


def step_sentence(step: CorrectionStep) -> str:
    """What happened, after the name of who did it."""
    if step.step is Step.NAME:
        return _("names %(name)s to certify", name=step.note or "")
    if step.step is Step.APPROVE and step.authorisation:
        return _("approves for the head, authorisation %(number)s", number=step.authorisation.number)
    if step.step is Step.WITNESS and step.seat is Seat.ATTENDEE:
        return _("attends as who asked for it")
    if step.step is Step.WITNESS and step.seat is Seat.LEADER:
        return _("witnesses for the leaders of the school")
    return {
        Step.REQUEST: _("asks for the correction"),
        Step.CERTIFY: _("certifies"),
        Step.APPROVE: _("approves"),
        Step.CONSENT: _("consents for the unit above"),
        Step.WITNESS: _("witnesses for the board of administrators"),
        Step.APPLY: _("the server writes exactly these cells"),
        Step.SPOIL: _("nothing is written: another value stands there now"),
        Step.REFUSE: _("refuses"),
        Step.WITHDRAW: _("withdraws the request"),
        Step.EXPIRE: _("the request expires"),
    }[step.step]


def duty(request: CorrectionRequest, seat: Seat) -> tuple[str, str]:
    """What somebody is asked in a seat, and what the button says."""
    who = request.requested_by.full_name
    return {
        Seat.CERTIFIER: (
            _(
                "You certify that %(name)s asks for a right correction: look at the test paper first.",
                name=who,
            ),
            _("Certify"),
        ),
        Seat.APPROVER: (_("You decide whether this correction may be made."), _("Approve")),
        Seat.CONSENT: (_("The school year is over: it is corrected with your unit's consent."), _("Consent")),
        Seat.LEADER: (
            _("You witness for the leaders of the school. Look at the test paper with %(name)s.", name=who),
            _("Confirm as a witness"),
        ),
        Seat.BOARD: (
            _("You witness for the board of administrators. Look at the test paper with %(name)s.", name=who),
            _("Confirm as a witness"),
        ),
        Seat.ATTENDEE: (_("You asked for it, so you attend when it is made."), _("I attend")),
    }[seat]


def ended_text(state: State) -> tuple[str, str]:
    """What a step has come to, with the class of its message."""
    found: Any = {
        State.APPLIED: (_("The cells were corrected. The minutes can be printed."), "success"),
        State.STALE: (_("Nothing was written: a cell holds another value by now. Ask again."), "danger"),
        State.EXPIRED: (_("This request has expired. It can be made again."), "warning"),
        State.REFUSED: (_("The request was refused; its reason was sent to who asked."), "success"),
        State.WITHDRAWN: (_("The request was withdrawn."), "success"),
    }.get(state)
    return found or (_("Your step is recorded."), "success")


def asked_as(request: CorrectionRequest) -> str:
    """As whom somebody asked."""
    return {
        "teacher": _("subject teacher"),
        "homeroom": _("homeroom teacher"),
        "author": _("who entered it"),
    }.get(request.requested_as, "")


def named_steps() -> frozenset[Step]:
    """Steps whose note is part of the sentence."""
    return frozenset({Step.NAME})
