"""The steps of a correction: named, certified, approved, consented to, witnessed, and applied with the last of them.

Each is taken from an own account, dated, and kept; nobody sits twice. What may follow what stands in
domain/corrections.py, who may sit where today in services/correction_seats.py.
"""

from collections.abc import Sequence
from datetime import date
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from app.domain import corrections as rules
from app.domain.access import SYSTEM, Action, Actor, Target, may
from app.domain.corrections import OPEN_STATES, STEP_OF, Seat, State, Step
from app.domain.locks import VN_TIME
from app.domain.names import nfc, unicode_problem
from app.errors import N_, Forbidden, Invalid, NotFound, Stale
from app.extensions import db
from app.models import CorrectionRequest, CorrectionStep, GradebookSheet
from app.services import scope
from app.services.clock import Clock, clamp, local_day
from app.services.correction_columns import column_name, whose
from app.services.correction_notices import tell_end, tell_in_hand, tell_waiting
from app.services.correction_places import open_place
from app.services.correction_places.port import CorrectionPlace, PlaceRef
from app.services.correction_requests import FROZEN, frozen_by, require_own_account, what_is_closed
from app.services.correction_seats import Staffing, load_staffing, seated
from app.services.fresh_accounts import Handled, handled_accounts, in_one_hand
from app.services.unit_of_work import Work, transaction

MAX_NOTE: Final = 500
IS_OVER: Final = N_("This request is closed. Nothing was changed.")
NOT_SEAT: Final = N_("This request does not wait for you now.")
TWICE: Final = N_(
    "You already take part in this request in another seat; each seat needs a person of its own."
)
OWN_REQUEST: Final = N_("You asked for this correction; somebody else decides on it.")
LEAVES_NOBODY: Final = N_(
    "If you sit here, nobody is left for another seat of this request. Let somebody else take this step."
)
ONE_HAND: Final = N_(
    "Account %(account)s was created, enabled or given a new password by %(name)s. Who has just had an account in hand"
    " and its owner do not sit in one request: until %(until)s somebody else takes this seat."
)
NAME_FIRST: Final = N_("The head first names who certifies instead of the homeroom teacher.")
NOT_NAMED: Final = N_("Choose a colleague with an account who takes no other part in this request.")
WHY: Final = N_("Say why: the requester reads it, and it stays with the request.")
TOO_LONG: Final = N_("At most 500 characters.")
GONE: Final = N_("What this request speaks of is not there any more.")
NOT_OWN: Final = N_("Only who asked for a correction withdraws it.")
DUE: Final = 100
"""Requests ended at once when their days are over."""


def take_seat(actor: Actor, correction_id: int, *, note: str = "", clock: Clock) -> State:
    """Certify, approve, consent or witness, whichever the request waits for from the actor; returns the state after.

    The last step writes the cells. Raises NotFound, Forbidden (not the actor's seat, a second seat), Invalid (over,
    frozen by an inspection). A request past its days ends as expired instead.
    """
    with transaction(actor, "correction.step", clock=clock) as work:
        held = _Held(work, correction_id, local_day(clock()))
        if held.expired():
            return State.EXPIRED
        held.require_right()
        seat = held.seat()
        held.fill(seat, _note(note))
        return held.request.state


def refuse(actor: Actor, correction_id: int, note: str, *, clock: Clock) -> State:
    """Refuse a request that waits for the actor, saying why. Raises as `take_seat`."""
    with transaction(actor, "correction.refuse", clock=clock) as work:
        held = _Held(work, correction_id, local_day(clock()))
        if held.expired():
            return State.EXPIRED
        held.require_right()
        held.end(Step.REFUSE, _note(note, required=True), held.seat(alone=True))
        return held.request.state


def withdraw(actor: Actor, correction_id: int, note: str = "", *, clock: Clock) -> State:
    """Take one's own request back before it is applied. Raises NotFound, Forbidden, Invalid."""
    with transaction(actor, "correction.withdraw", clock=clock) as work:
        held = _Held(work, correction_id, local_day(clock()))
        if held.expired():
            return State.EXPIRED
        if actor.person_id != held.request.requested_by_id:
            raise Forbidden(NOT_OWN)
        held.end(Step.WITHDRAW, _note(note), Seat.REQUESTER)
        return held.request.state


def name_certifier(actor: Actor, correction_id: int, person_id: int, *, clock: Clock) -> State:
    """Name who certifies where the requester is the homeroom teacher, or there is none; stands in the minutes.

    Raises NotFound, Forbidden for anybody who couldn't approve, Invalid for a person who can't sit there.
    """
    with transaction(actor, "correction.name", clock=clock) as work:
        held = _Held(work, correction_id, local_day(clock()))
        if held.expired():
            return State.EXPIRED
        held.require_right()
        held.name(person_id)
        return held.request.state


def expire_due(*, clock: Clock) -> int:
    """End the open requests whose days are over; returns how many. For the worker: looking at one ends it too."""
    due = (CorrectionRequest.state.in_(OPEN_STATES), CorrectionRequest.expires_at <= clock())
    if not db.session().scalar(sa.select(sa.func.count()).select_from(CorrectionRequest).where(*due)):
        return 0  # a worker that only looks holds no lock
    with transaction(SYSTEM, "correction.expire", clock=clock) as work:
        query = (
            sa.select(CorrectionRequest)
            .where(*due)
            .order_by(CorrectionRequest.id)
            .limit(DUE)
            .options(
                selectinload(CorrectionRequest.steps),
                selectinload(CorrectionRequest.cells),
                selectinload(CorrectionRequest.sheet).joinedload(GradebookSheet.subject),
                selectinload(CorrectionRequest.sheet).joinedload(GradebookSheet.group),
                selectinload(CorrectionRequest.subject),
                selectinload(CorrectionRequest.school_class),
            )
            .with_for_update()
        )
        rows = work.session.scalars(query).all()
        for row in rows:
            _expire(work, row)
        return len(rows)


def _expire(work: Work, request: CorrectionRequest) -> None:
    request.state = rules.after(request.state, Step.EXPIRE)
    request.finished_at = work.now
    request.steps.append(CorrectionStep(step=Step.EXPIRE, happened_at=work.now))
    tell_end(work, request)


def _note(text: str, *, required: bool = False) -> str | None:
    note = " ".join(nfc(text).split())
    if required and not note:
        raise Invalid(WHY)
    if len(note) > MAX_NOTE:
        raise Invalid(TOO_LONG)
    if note and (problem := unicode_problem(note)):
        raise Invalid(problem)
    return note or None


def _place(work: Work, request: CorrectionRequest, day: date) -> CorrectionPlace | None:
    """Where its cells lie, held; None where there is no such place any more: the request can still be ended."""
    try:
        place = open_place(work.session, SYSTEM, PlaceRef.of(request), day, to_write=True)
        place.hold(work)
    except NotFound:
        return None
    return place


class _Held:
    """A request within reach with its place and itself locked, and the people of today."""

    def __init__(self, work: Work, correction_id: int, day: date) -> None:
        require_own_account(work.actor)
        session = work.session
        found = scope.get(session, work.actor, CorrectionRequest, correction_id, day)
        # Whoever takes a seat need not reach the place: the request, which they do reach, is the right to it.
        self.place = _place(work, found, day)
        self.work = work
        self.request = session.get_one(
            CorrectionRequest, correction_id, with_for_update=True, populate_existing=True
        )
        if self.request.state.over:
            raise Invalid(IS_OVER)
        self.people: Staffing = load_staffing(
            session, self.request.unit_id, self.request.class_id, local_day(work.now), self._class_day()
        )
        self._spoiled = ""
        self._handled: Sequence[Handled] = ()

    @property
    def person(self) -> int:
        """Who acts: an own account has a person."""
        return self.work.actor.person_id or 0

    def _class_day(self) -> date:
        year = self.request.school_year
        return clamp(local_day(self.work.now), year.starts_on, year.ends_on)

    def require_right(self) -> None:
        target = Target(unit=self.work.actor.relation_to(self.request.unit_id))
        if not may(self.work.actor, Action.CORRECTION_STEP, target):
            raise Forbidden(NOT_SEAT)

    def expired(self) -> bool:
        """True, and ended, once its days are over."""
        if self.request.expires_at > self.work.now:
            return False
        _expire(self.work, self.request)
        return True

    def seat(self, *, alone: bool = False) -> Seat:
        """The seat the actor may take now; Forbidden saying why not. `alone`: whatever it leaves to others."""
        request, people = self.request, self.people
        seat = people.seat_for(request, self.person)
        if seat is None:
            raise Forbidden(self._why_not())
        if not alone and not people.leaves_all(request, seat, self.person):
            raise Forbidden(LEAVES_NOBODY)
        if not alone:
            self._require_own_hand()
        return seat

    def _require_own_hand(self) -> None:
        """Nobody sits with a person whose account they have just had in hand, nor the other way round."""
        request = self.request
        accounts = {row.user_id for row in request.steps if row.user_id} | {self.work.actor.user_id or 0}
        self._handled = handled_accounts(self.work.session, accounts, self.work.now)
        others = {request.requested_by_id, *seated(request)}
        if handled := in_one_hand(self._handled, self.person, others):
            until = f"{handled.until.astimezone(VN_TIME):%H:%M %d/%m/%Y}"
            raise Forbidden(ONE_HAND, account=handled.username, name=handled.by, until=until)

    def _why_not(self) -> str:
        request = self.request
        if self.person == request.requested_by_id:
            return OWN_REQUEST
        if self.person in seated(request):
            return TWICE
        if request.state is State.CERTIFYING and self.people.needs_naming(request):
            return NAME_FIRST
        return NOT_SEAT

    def fill(self, seat: Seat, note: str | None) -> None:
        """Take the seat; with the last one the cells are written, or the request is stale."""
        request, work = self.request, self.work
        before = request.state
        step = STEP_OF[before]
        rules.require(before, step)
        tell_in_hand(work, request, self._handled)
        self._step(step, seat, note)
        left = request.seats_left
        spoiled = not left and not self._apply()
        request.state = rules.after(before, step, left, spoiled=spoiled)
        work.audit(f"correction.{step.value}", target=request, reason=note, seat=seat.value)
        if request.state.over:
            self._close(Step.SPOIL if spoiled else Step.APPLY)
        else:
            tell_waiting(work, request, self.people)

    def _apply(self) -> bool:
        """Write the cells; False where one of them no longer holds the value it was asked from."""
        request, work = self.request, self.work
        try:
            if self.place is None:
                raise Stale(GONE, conflicts=tuple((c.student_id or 0, c.column) for c in request.cells))
            self._require_thawed(self.place)
            self.place.write(work, request)
        except Stale as error:
            self._spoiled = ", ".join(self._cell_name(*cell) for cell in error.conflicts)[:MAX_NOTE]
            return False
        request.closed = request.closed or what_is_closed(work.session, request, work.now)
        request.applied_tx_id = work.name_correction(request.reason, request.requested_by_id)
        return True

    def _require_thawed(self, place: CorrectionPlace) -> None:
        """An inspection of the tier above holds everything: the last step waits for its end."""
        wanted = [(cell.student_id or 0, cell.column) for cell in self.request.cells]
        cells = place.read(self.work.session, self.work.now, sorted({student for student, _c in wanted}))
        for cell in wanted:
            if cells.has(*cell) and (unit := frozen_by(cells.reasons(*cell), self.request.unit_id)):
                raise Invalid(FROZEN, unit=unit)

    def _cell_name(self, student_id: int, column: str) -> str:
        cell = next(c for c in self.request.cells if (c.student_id or 0, c.column) == (student_id, column))
        return f"{whose(cell)} ({column_name(self.request, column)})"

    def _close(self, step: Step) -> None:
        note = self._spoiled if step is Step.SPOIL else None
        self.request.steps.append(CorrectionStep(step=step, happened_at=self.work.now, note=note))
        self.request.finished_at = self.work.now
        tell_end(self.work, self.request)

    def end(self, step: Step, note: str | None, seat: Seat) -> None:
        """Refused or withdrawn: nothing is written."""
        request = self.request
        request.state = rules.after(request.state, step)
        request.finished_at = self.work.now
        self._step(step, seat, note)
        self.work.audit(f"correction.{step.value}", target=request, reason=note)
        tell_end(self.work, request)

    def name(self, person_id: int) -> None:
        """Keep who certifies instead of the homeroom teacher."""
        request, people = self.request, self.people
        if request.state is not State.CERTIFYING or not self._names():
            raise Forbidden(NOT_SEAT)
        free = people.staff - seated(request) - {request.requested_by_id, self.person}
        if person_id not in free or not people.leaves_all(request, Seat.CERTIFIER, person_id):
            raise Invalid(NOT_NAMED)
        rules.require(request.state, Step.NAME)
        request.certifier_id = person_id
        self._step(Step.NAME, Seat.APPROVER, people.names[person_id])
        self.work.audit("correction.name", target=request, person=person_id)
        tell_waiting(self.work, request, people)

    def _names(self) -> bool:
        """Whoever may approve names; once named, another may be named until the certificate is given."""
        request, people = self.request, self.people
        asked = people.needs_naming(request) or request.certifier_id is not None
        return asked and self.person in people.free(request, Seat.APPROVER)

    def _step(self, step: Step, seat: Seat, note: str | None) -> None:
        actor, people = self.work.actor, self.people
        authorised = people.authorised.get(self.person) if seat is Seat.APPROVER else None
        deputising = authorised is not None and self.person not in people.heads
        self.request.steps.append(
            CorrectionStep(
                step=step,
                seat=seat,
                happened_at=self.work.now,
                user_id=actor.user_id,
                person_id=self.person,
                unit_id=actor.unit_id,
                title=people.titles.get((actor.unit_id or 0, self.person), ""),
                authorisation_id=authorised.id if deputising and authorised else None,
                note=note,
            )
        )
