"""Asking for a correction: which cells, from what to what, why, and the way the request must then go."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import Action, Actor, Target, may
from app.domain.assessment.facts import YEAR
from app.domain.corrections import OPEN_STATES, Preset, Seat, Step, first_state, seats_of
from app.domain.locks import LockRule, end_of_day
from app.domain.names import nfc, unicode_problem
from app.domain.policies import PolicyKey
from app.errors import N_, Forbidden, Invalid, NotFound, Stale
from app.models import (
    CorrectionCell,
    CorrectionRequest,
    CorrectionStep,
    GradebookSheet,
    SchoolYear,
)
from app.services import evidence, history, scope
from app.services.cells import CONFLICT, NOT_HERE, CellChange, CellProblem, Parsed
from app.services.clock import Clock, clamp, local_day
from app.services.closing_state import closed_terms
from app.services.correction_notices import tell_waiting
from app.services.correction_seats import Staffing, load_staffing
from app.services.enrolments import is_studying
from app.services.gradebook import parse_changes
from app.services.locks import SheetLocks, sheet_locks
from app.services.policies import settings_of
from app.services.sheet_reading import Line, SheetFacts, load_facts, load_lines
from app.services.unit_of_work import Work, transaction

MAX_CELLS: Final = 50
MAX_REASON: Final = 500
TEACHER, HOMEROOM, AUTHOR = "teacher", "homeroom", "author"
TERM_CLOSED, YEAR_CLOSED = "term", "year"

OWN_ACCOUNT: Final = N_("Sign in with your own account: a correction names each person who takes part.")
NOT_YOURS: Final = N_(
    "A correction is asked for by the teacher of the subject, the homeroom teacher, or whoever entered the cell."
)
NO_CELL: Final = N_("Choose at least one cell, and at most %(n)s.")
OPEN_CELL: Final = N_("This cell is open: the teacher who enters the sheet types the right value into it.")
SAME: Final = N_("The new value is the one the cell holds already.")
ASKED_ALREADY: Final = N_("Request %(code)s already asks to correct this cell.")
FROZEN: Final = N_("%(unit)s has shut the book for an inspection. Ask again when it is open.")
MOVED: Final = N_("This student is in another class now. Ask for the correction there.")
NO_REASON: Final = N_("Say why, in at most %(n)s letters: it stands in the minutes.")
ATTACH: Final = N_("Attach the evidence as a PDF or picture of at most 10 MB.")
NOBODY: Final = N_(
    "There are not enough people with accounts at the school and above it for this correction: nobody may sit twice."
)


@dataclass(frozen=True)
class NewCorrection:
    """What somebody asks for: cells of one sheet, each as shown and as it shall be, in typed text."""

    sheet_id: int
    cells: tuple[CellChange, ...]
    reason: str
    evidence_name: str = ""
    evidence: bytes = b""


@dataclass(frozen=True)
class CorrectionSheet:
    """A sheet as a correction sees it: teachers of its own days, in a past year too."""

    facts: SheetFacts
    year: SchoolYear
    today: date

    @property
    def day(self) -> date:
        """Today, or the nearest day of the sheet's year."""
        return clamp(self.today, self.year.starts_on, self.year.ends_on)

    @property
    def is_past(self) -> bool:
        """True for a year that is over."""
        return self.year.ends_on < self.today


def open_correction_sheet(
    session: Session, actor: Actor, sheet_id: int, today: date, *, to_write: bool = False
) -> CorrectionSheet:
    """The sheet within the actor's reach, with the teachers of its own time. Raises NotFound."""
    sheet = scope.get(session, actor, GradebookSheet, sheet_id, today)
    year = session.get_one(SchoolYear, sheet.school_year_id)
    day = clamp(today, year.starts_on, year.ends_on)
    return CorrectionSheet(load_facts(session, actor, sheet_id, day, to_write=to_write), year, today)


def request_correction(actor: Actor, new: NewCorrection, *, folder: Path, clock: Clock) -> int:
    """Ask for a correction of locked cells; returns the request's id.

    Raises NotFound, Forbidden (neither teacher, homeroom teacher nor author; not an own account), Stale (a cell holds
    another value than shown), Invalid (an open cell, no reason, the same cell asked for already, too few people).
    """
    require_own_account(actor)
    reason = _reason(new.reason)
    kept = evidence.keep(folder, new.evidence, ATTACH) if new.evidence or new.evidence_name else None
    with transaction(actor, "correction.request", clock=clock, reason=reason) as work:
        sheet = open_correction_sheet(work.session, actor, new.sheet_id, local_day(clock()), to_write=True)
        if new.sheet_id not in work.lock_sheets(sheet.facts.sheet.unit_id, [new.sheet_id]):
            raise NotFound
        wanted = _checked(work, sheet, new.cells)
        asked_as = _asked_as(work, sheet, wanted)
        row = _row(work, sheet, reason, asked_as)
        row.closed = what_is_closed(work.session, row, sheet.year, work.now)
        if kept:
            row.evidence, row.evidence_name = kept, new.evidence_name[:160] or kept[-12:]
        row.cells = [_cell(item) for item in wanted]
        staffing = load_staffing(
            work.session, row.unit_id, row.class_id, local_day(work.now), class_day=sheet.day
        )
        _set_way(row, staffing, sheet)
        row.steps = [_first_step(work, row, staffing)]
        work.session.add(row)
        work.flush()
        work.audit("correction.request", target=row, reason=reason, cells=len(wanted))
        tell_waiting(work, row, staffing)
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


def _checked(work: Work, sheet: CorrectionSheet, cells: Sequence[CellChange]) -> list[Parsed]:
    """The cells as values; refuses all where one can't be corrected, each with its reason."""
    if not 0 < len({(c.student_id, c.column) for c in cells}) == len(cells) <= MAX_CELLS:
        raise Invalid(NO_CELL, n=MAX_CELLS)
    facts = sheet.facts
    parsed = parse_changes(cells, facts, quick_entry=False)
    lines = {
        line.student_id: line
        for line in load_lines(work.session, facts.sheet, sorted({c.student_id for c in cells}))
    }
    locks = sheet_locks(work.session, facts.sheet, facts.columns, work.now)
    asked = _asked_for(work.session, facts.sheet.id)
    problems = [p for item in parsed if (p := _problem(item, sheet, lines, locks, asked))]
    if problems:
        first = problems[0]
        raise Invalid(first[1], problems=tuple(p for p, _message, _params in problems), **first[2])
    stale = [p for p in parsed if lines[p.change.student_id].value(p.change.column) != p.old]
    if stale:
        raise Stale(CONFLICT, conflicts=tuple((p.change.student_id, p.change.column) for p in stale))
    return parsed


def _problem(
    item: Parsed,
    sheet: CorrectionSheet,
    lines: dict[int, Line],
    locks: SheetLocks,
    asked: dict[tuple[int, str], str],
) -> tuple[CellProblem, str, dict[str, str]] | None:
    """What speaks against correcting a cell, as a message with its parameters."""
    student, column = item.change.student_id, item.change.column
    line = lines.get(student)
    params: dict[str, str] = {}
    message = None
    if line is None:
        message = NOT_HERE
    elif line.left_on is not None and line.left_on < sheet.day and is_studying(line.status_code):
        message = MOVED
    elif code := asked.get((student, column)):
        message, params = ASKED_ALREADY, {"code": code}
    elif item.new == item.old:
        message = SAME
    elif not (reasons := locks.reasons(student, column)):
        message = OPEN_CELL
    else:
        shut = next((r for r in reasons if r.rule is LockRule.SHUT), None)
        if shut and shut.unit_id != sheet.facts.sheet.unit_id:
            message, params = FROZEN, {"unit": shut.unit_name}
    return (CellProblem(student, column, message), message, params) if message else None


def _asked_for(session: Session, sheet_id: int) -> dict[tuple[int, str], str]:
    """Cells of the sheet that an open request asks for, with its code."""
    query = (
        sa.select(CorrectionCell.student_id, CorrectionCell.column, CorrectionRequest)
        .join(CorrectionRequest, CorrectionRequest.id == CorrectionCell.request_id)
        .where(CorrectionRequest.sheet_id == sheet_id, CorrectionRequest.state.in_(OPEN_STATES))
    )
    return {(student, column): row.code for student, column, row in session.execute(query)}


def _asked_as(work: Work, sheet: CorrectionSheet, wanted: Sequence[Parsed]) -> str:
    """As whom the actor asks; raises Forbidden for anybody else (TT 22/2021 Điều 19, S1 Điều 7.2)."""
    actor, facts = work.actor, sheet.facts
    columns = {item.change.column for item in wanted}
    target = facts.target(actor, work.now)
    if may(actor, Action.CORRECTION_REQUEST, target):
        if target.teaches and columns <= facts.writable_columns(actor, work.now):
            return TEACHER
        if target.homeroom:
            return HOMEROOM
    writers = history.writer_ids(work.session, facts.sheet.id, columns, facts.sheet.form)
    wrote = all(writers.get((p.change.student_id, p.change.column)) == actor.person_id for p in wanted)
    as_author = Target(unit=target.unit, entered=wrote)
    if not may(actor, Action.CORRECTION_REQUEST, as_author):
        raise Forbidden(NOT_YOURS)
    return AUTHOR


def _row(work: Work, sheet: CorrectionSheet, reason: str, asked_as: str) -> CorrectionRequest:
    found, day = sheet.facts.sheet, local_day(work.now)
    settings = settings_of(work.session, found.unit_id, day)
    # A year's request doesn't outlive it: the closed year wants the consent of the tier above.
    last = day + timedelta(days=int(settings[PolicyKey.CORRECTION_DAYS].value))
    return CorrectionRequest(
        unit_id=found.unit_id,
        school_year_id=found.school_year_id,
        term=found.term,
        sheet_id=found.id,
        class_id=found.class_id,
        subject_id=found.subject_id,
        requested_by_id=work.actor.person_id,
        requested_as=asked_as,
        requested_at=work.now,
        reason=reason,
        preset=Preset(settings[PolicyKey.CORRECTION_PRESET].value),
        expires_at=end_of_day(last if sheet.is_past else min(last, sheet.year.ends_on)),
    )


def what_is_closed(
    session: Session, request: CorrectionRequest, year: SchoolYear, now: datetime
) -> str | None:
    """What is closed that the request changes: the year (over), or the term (closed by the head)."""
    if year.ends_on < local_day(now):
        return YEAR_CLOSED
    closed = closed_terms(session, request.unit_id, request.school_year_id)
    return TERM_CLOSED if closed & {request.term, YEAR} else None


def _cell(item: Parsed) -> CorrectionCell:
    old, new = (None if value is None else str(value) for value in (item.old, item.new))
    return CorrectionCell(student_id=item.change.student_id, column=item.change.column, old=old, new=new)


def _set_way(row: CorrectionRequest, staffing: Staffing, sheet: CorrectionSheet) -> None:
    """The seats, and which of them the tier above fills. Raises Invalid where different people can't fill them."""
    seats = seats_of(row.preset, sheet.facts.sheet.circular, upper_consent=row.closed == YEAR_CLOSED)
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
