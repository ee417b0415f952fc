"""Asking for a correction: which cells, from what to what, why, and the way the request must then go."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import Action, Actor, Target, may
from app.domain.assessment.facts import YEAR
from app.domain.corrections import OPEN_STATES, Preset, Seat, Step, first_state, seats_of
from app.domain.locks import LockReason, LockRule, end_of_day
from app.domain.names import nfc, unicode_problem
from app.domain.policies import PolicyKey
from app.errors import N_, Forbidden, Invalid, Stale
from app.models import (
    CorrectionCell,
    CorrectionRequest,
    CorrectionStep,
)
from app.services import evidence
from app.services.cells import CONFLICT, NOT_HERE, CellChange, CellProblem, Parsed
from app.services.clock import Clock, local_day
from app.services.closing_state import closed_terms
from app.services.correction_notices import tell_heads_own, tell_waiting
from app.services.correction_places import open_place
from app.services.correction_places.port import Cell, CorrectionPlace, PlaceCells, PlaceFacts, PlaceRef
from app.services.correction_seats import Staffing, load_staffing
from app.services.policies import settings_of
from app.services.unit_of_work import Work, transaction

MAX_CELLS: Final = 50
MAX_REASON: Final = 500
TEACHER, HOMEROOM, AUTHOR = "teacher", "homeroom", "author"
TERM_CLOSED, YEAR_CLOSED = "term", "year"
WAS_OPEN: Final = frozenset({LockRule.CLOSED, LockRule.ENTERED_FINAL, LockRule.TERM_CLOSED})
"""What locks a cell that has been open before."""

OWN_ACCOUNT: Final = N_("Sign in with your own account: a correction names each person who takes part.")
NOT_YOURS: Final = N_(
    "A correction is asked for by the teacher of the subject, the homeroom teacher, or whoever entered the cell."
)
NO_CELL: Final = N_("Choose at least one cell, and at most %(n)s.")
OPEN_CELL: Final = N_("This cell is open: whoever enters it types the right value into it.")
NOT_DUE: Final = N_("This cell has not been opened for entering yet: the value is typed in when it is.")
CLOSED_NEEDS_EVIDENCE: Final = N_("What this request corrects is closed: attach the evidence.")
SAME: Final = N_("The new value is the one the cell holds already.")
ASKED_ALREADY: Final = N_("Request %(code)s already asks to correct this cell.")
FROZEN: Final = N_("%(unit)s has shut the book for an inspection. Ask again when it is open.")
NO_REASON: Final = N_("Say why, in at most %(n)s letters: it stands in the minutes.")
ATTACH: Final = N_("Attach the evidence as a PDF or picture of at most 10 MB.")
NOBODY: Final = N_(
    "There are not enough people with accounts at the school and above it for this correction: nobody may sit twice."
)


class Closable(Protocol):
    """A place, or a request that keeps it: whose, of which year, and of which term (0: the year)."""

    @property
    def unit_id(self) -> Any:
        """Whose record it is."""

    @property
    def school_year(self) -> Any:
        """Of which year."""

    @property
    def term(self) -> Any:
        """Of which term; 0 for the year."""


@dataclass(frozen=True)
class NewCorrection:
    """What somebody asks for: cells of one place, each as shown and as it shall be, in typed text."""

    place: PlaceRef
    cells: tuple[CellChange, ...]
    reason: str
    evidence_name: str = ""
    evidence: bytes = b""


def request_correction(actor: Actor, new: NewCorrection, *, folder: Path, clock: Clock) -> int:
    """Ask for a correction of locked cells; returns the request's id.

    Raises NotFound, Forbidden (neither teacher, homeroom teacher nor author; not an own account), Stale (a cell holds
    another value than shown), Invalid (an open cell, one that is not due, no reason, closed data without evidence, the
    same cell asked for already, too few people).
    """
    require_own_account(actor)
    reason = _reason(new.reason)
    kept = evidence.keep(folder, new.evidence, ATTACH) if new.evidence or new.evidence_name else None
    with transaction(actor, "correction.request", clock=clock, reason=reason) as work:
        place = open_place(work.session, actor, new.place, local_day(clock()), to_write=True)
        place.hold(work)
        cells = _read(work, place, new.cells)
        wanted = _checked(work, place, cells, new.cells)
        row = _row(work, place.facts, reason, _asked_as(work, place, cells, wanted))
        row.closed = what_is_closed(work.session, place.facts, work.now)
        if kept:
            row.evidence, row.evidence_name = kept, new.evidence_name[:160] or kept[-12:]
        elif row.closed:
            raise Invalid(CLOSED_NEEDS_EVIDENCE)
        row.cells = [_cell(item) for item in wanted]
        staffing = load_staffing(
            work.session, row.unit_id, row.class_id, local_day(work.now), class_day=place.facts.day
        )
        _set_way(row, staffing, place.facts.circular)
        row.steps = [_first_step(work, row, staffing)]
        work.session.add(row)
        work.flush()
        work.audit("correction.request", target=row, reason=reason, cells=len(wanted))
        tell_waiting(work, row, staffing)
        tell_heads_own(work, row, staffing)
        return row.id


def require_own_account(actor: Actor) -> None:
    """Forbidden for an account that isn't one person's own: every seat names who really acted (S0 Điều 10)."""
    if actor.person_id is None or actor.is_unit_admin:
        raise Forbidden(OWN_ACCOUNT)


def _reason(text: str) -> str:
    reason = " ".join(nfc(text).split())
    if not reason or len(reason) > MAX_REASON:
        raise Invalid(NO_REASON, n=MAX_REASON)
    if problem := unicode_problem(reason):
        raise Invalid(problem)
    return reason


def _read(work: Work, place: CorrectionPlace, wanted: Sequence[CellChange]) -> PlaceCells:
    """The cells with the place held. Raises Invalid for none, too many, or one twice."""
    if not 0 < len({(c.student_id, c.column) for c in wanted}) == len(wanted) <= MAX_CELLS:
        raise Invalid(NO_CELL, n=MAX_CELLS)
    return place.read(work.session, work.now, sorted({c.student_id for c in wanted}))


def _checked(
    work: Work, place: CorrectionPlace, cells: PlaceCells, wanted: Sequence[CellChange]
) -> list[Parsed]:
    """The cells as values; refuses all where one can't be corrected, each with its reason."""
    parsed = cells.parse(wanted)
    asked = _asked_for(work.session, place.facts)
    problems = [p for item in parsed if (p := _problem(item, place.facts, cells, asked))]
    if problems:
        first = problems[0]
        raise Invalid(first[1], problems=tuple(p for p, _message, _params in problems), **first[2])
    stale = [p.change for p in parsed if cells.value(p.change.student_id, p.change.column) != p.old]
    if stale:
        raise Stale(CONFLICT, conflicts=tuple((change.student_id, change.column) for change in stale))
    return parsed


def _problem(
    item: Parsed, place: PlaceFacts, cells: PlaceCells, asked: dict[Cell, str]
) -> tuple[CellProblem, str, dict[str, str]] | None:
    """What speaks against correcting a cell, as a message with its parameters."""
    student, column = item.change.student_id, item.change.column
    params: dict[str, str] = {}
    message = None
    if not cells.has(student, column):
        message = NOT_HERE
    elif (gone := cells.gone(student)) is not None:
        message = gone
    elif code := asked.get((student, column)):
        message, params = ASKED_ALREADY, {"code": code}
    elif item.new == item.old:
        message = SAME
    elif not (reasons := cells.reasons(student, column)):
        message = OPEN_CELL
    elif not place.is_past and not_due(reasons, blank=item.old is None):
        message = NOT_DUE
    elif unit := frozen_by(reasons, place.unit_id):
        message, params = FROZEN, {"unit": unit}
    return (
        (CellProblem(student, column, message, params=tuple(params.items())), message, params)
        if message
        else None
    )


def not_due(reasons: Iterable[LockReason], *, blank: bool) -> bool:
    """True for a cell whose time for entering is still to come: nothing that was recorded would be corrected.

    A value that stands where nobody has ever opened anything was brought in; it can be corrected.
    """
    rules = {reason.rule for reason in reasons}
    coming = {LockRule.NOT_YET, LockRule.NO_WINDOW} if blank else {LockRule.NOT_YET}
    return bool(rules & coming) and not rules & WAS_OPEN


def frozen_by(reasons: Iterable[LockReason], unit_id: int) -> str | None:
    """The unit above whose inspection holds a cell; None where nothing but the school's own locks do."""
    shut = (r for r in reasons if r.rule is LockRule.SHUT and r.unit_id != unit_id)
    return next((reason.unit_name for reason in shut), None)


def _asked_for(session: Session, place: PlaceFacts) -> dict[Cell, str]:
    """Cells of the place that an open request asks for, with its code."""
    request = CorrectionRequest
    if place.sheet is not None:
        where = [request.sheet_id == place.sheet.id]
    else:
        where = [
            request.place == place.place,
            request.class_id == (place.school_class.id if place.school_class else None),
            request.subject_id == (place.subject.id if place.subject else None),
            request.topic == place.topic,
        ]
    query = (
        sa.select(CorrectionCell.student_id, CorrectionCell.column, request)
        .join(request, request.id == CorrectionCell.request_id)
        .where(request.state.in_(OPEN_STATES), *where)
    )
    return {(student or 0, column): row.code for student, column, row in session.execute(query)}


def _asked_as(work: Work, place: CorrectionPlace, cells: PlaceCells, wanted: Sequence[Parsed]) -> str:
    """As whom the actor asks; raises Forbidden for anybody else (TT 22/2021 Điều 19, S1 Điều 7.2)."""
    actor = work.actor
    asked = [(item.change.student_id, item.change.column) for item in wanted]
    target = place.target(actor, work.now, asked)
    if may(actor, Action.CORRECTION_REQUEST, target):
        return TEACHER if target.teaches else HOMEROOM
    as_author = Target(unit=target.unit, entered=cells.wrote(actor, asked))
    if not may(actor, Action.CORRECTION_REQUEST, as_author):
        raise Forbidden(NOT_YOURS)
    return AUTHOR


def _row(work: Work, place: PlaceFacts, reason: str, asked_as: str) -> CorrectionRequest:
    day = local_day(work.now)
    settings = settings_of(work.session, place.unit_id, day)
    # A year's request doesn't outlive it: the closed year wants the consent of the tier above.
    last = day + timedelta(days=int(settings[PolicyKey.CORRECTION_DAYS].value))
    return CorrectionRequest(
        unit_id=place.unit_id,
        school_year_id=place.school_year.id,
        term=place.term,
        place=place.place,
        sheet_id=place.sheet.id if place.sheet else None,
        class_id=place.school_class.id if place.school_class else None,
        subject_id=place.subject.id if place.subject else None,
        topic=place.topic,
        requested_by_id=work.actor.person_id,
        requested_as=asked_as,
        requested_at=work.now,
        reason=reason,
        preset=Preset(settings[PolicyKey.CORRECTION_PRESET].value),
        expires_at=end_of_day(last if place.is_past else min(last, place.school_year.ends_on)),
    )


def what_is_closed(session: Session, place: "Closable", now: datetime) -> str | None:
    """What is closed where a request's cells lie: the year (over), or the term (closed by the head)."""
    year = place.school_year
    if year.ends_on < local_day(now):
        return YEAR_CLOSED
    return TERM_CLOSED if closed_terms(session, place.unit_id, year.id) & {place.term, YEAR} else None


def _cell(item: Parsed) -> CorrectionCell:
    old, new = (None if value is None else str(value) for value in (item.old, item.new))
    student = item.change.student_id or None  # None: the whole class
    return CorrectionCell(student_id=student, column=item.change.column, old=old, new=new)


def _set_way(row: CorrectionRequest, staffing: Staffing, circular: str) -> None:
    """The seats, and which of them the tier above fills. Raises Invalid where different people can't fill them."""
    seats = seats_of(row.preset, circular, upper_consent=row.closed == YEAR_CLOSED)
    above = staffing.plan(seats, row.requested_by_id)
    if above is None:
        raise Invalid(NOBODY)
    row.seats = [seat.value for seat in seats]
    row.seats_above = [seat.value for seat in seats if seat in above]
    row.upper_unit_id = staffing.upper_unit_id
    row.state = first_state(seats)


def _first_step(work: Work, row: CorrectionRequest, staffing: Staffing) -> CorrectionStep:
    actor = work.actor
    return CorrectionStep(
        step=Step.REQUEST,
        seat=Seat.REQUESTER,
        happened_at=work.now,
        user_id=actor.user_id,
        person_id=actor.person_id,
        unit_id=actor.unit_id,
        title=staffing.titles.get((row.unit_id, row.requested_by_id), ""),
    )
