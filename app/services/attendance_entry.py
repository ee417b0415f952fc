"""Writing attendance: the days of a class's month in one save, all or nothing (design §6)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from app.domain.access import Action, Actor, may
from app.domain.attendance import column_of, read_mark, write_called, write_days
from app.errors import N_, Forbidden, Invalid, Locked, Stale
from app.models import Attendance, CorrectionRequest, RollCall, TxLog
from app.services.attendance import AttendanceBook, AttendanceLine, AttendancePage, load_book, read_page
from app.services.cells import INVALID, LOCKED, NOT_HERE, CellProblem, Conflict, LockedCell, require_decided
from app.services.clock import Clock, local_day
from app.services.notes_entry import hold_class
from app.services.unit_of_work import Work, transaction

NOT_YOURS = N_("Attendance is taken by the homeroom teacher of the class.")
NO_SCHOOL = N_("This is no school day of a term that has begun.")
CONFLICT = N_("Somebody saved this attendance first. Nothing was saved; look at the days again.")


@dataclass(frozen=True)
class DayEdit:
    """A student's day as the page showed it and as it is now."""

    student_id: int
    day: int
    old: str | None
    new: str | None


@dataclass(frozen=True)
class AttendanceSaved:
    """How many students' days were changed, how many days newly called, and when."""

    changed: int
    called: int
    saved_at: datetime


@dataclass(frozen=True)
class _Wanted:
    """A change that is still to be written."""

    line: AttendanceLine
    day: int
    new: str | None


def enter_attendance(
    actor: Actor,
    class_id: int,
    month: str,
    edits: Sequence[DayEdit],
    *,
    called: Collection[int] = (),
    clock: Clock,
    request_id: str | None = None,
) -> AttendanceSaved:
    """Save changed days of one month; `called`: days on which everybody else was there.

    Raises NotFound (class out of reach, no such month), Forbidden (not the homeroom teacher today), Invalid, Locked,
    Stale (somebody saved first; nothing overwritten), Unavailable. A request sent twice with one id is saved once.
    """
    with transaction(actor, "attendance.enter", clock=clock, request_id=request_id) as work:
        book = load_book(work.session, actor, class_id, local_day(clock()))
        book.month(month)
        hold_class(work, book.school_class)
        if not may(actor, Action.ATTENDANCE_ENTER, book.entry_target):
            raise Forbidden(NOT_YOURS)
        if request_id and work.session.scalar(sa.select(TxLog.id).where(TxLog.request_id == request_id)):
            return AttendanceSaved(0, 0, work.now)
        saved = write_attendance(work, book, month, edits, called)
        if saved.changed or saved.called:
            work.audit(
                "attendance.enter",
                target=book.school_class,
                month=month,
                days=saved.changed,
                called=saved.called,
            )
        return saved


def write_attendance(
    work: Work,
    book: AttendanceBook,
    month: str,
    edits: Sequence[DayEdit],
    called: Collection[int] = (),
    decided: CorrectionRequest | None = None,
) -> AttendanceSaved:
    """Check and write with the class held. A `decided` request passes the locks, nothing else does.

    Raises Invalid, Stale, Locked, Forbidden for a request that still waits for somebody; then nothing was changed.
    """
    if decided is not None:
        require_decided(decided)
    page = read_page(work.session, book, month, work.now)
    wanted = _changes(page, edits, past_locks=decided is not None)
    newly = _newly_called(page, {*called, *(item.day for item in wanted)}, past_locks=decided is not None)
    _write_rows(work, page, wanted)
    _write_roll(work, page, newly)
    return AttendanceSaved(len(wanted), len(newly), work.now)


def _changes(page: AttendancePage, edits: Sequence[DayEdit], *, past_locks: bool) -> list[_Wanted]:
    """What is still to be written; raises Invalid, Stale or Locked naming every day in question."""
    lines = {line.student_id: line for line in page.lines}
    problems: list[CellProblem] = []
    clashes: list[Conflict] = []
    wanted: list[_Wanted] = []
    for edit in edits:
        line, new = lines.get(edit.student_id), edit.new
        try:
            new = read_mark(edit.new, page.book.sessions)
            problem = _misplaced(page, line, edit.day)
        except ValueError as error:
            problem = str(error)
        if line is None or problem is not None:
            problems.append(CellProblem(edit.student_id, column_of(edit.day), problem or NOT_HERE))
        elif (held := line.marks.get(edit.day)) != new:
            if held != (edit.old or None):
                clashes.append(_conflict(page, line, edit, held))
            wanted.append(_Wanted(line, edit.day, new))
    if problems:
        raise Invalid(INVALID, problems=tuple(problems))
    if clashes:
        raise Stale(CONFLICT, conflicts=tuple(clashes))
    held_back = [
        LockedCell(item.line.student_id, column_of(item.day), reasons)
        for item in wanted
        if (reasons := page.reasons(item.line, item.day))
    ]
    if held_back and not past_locks:
        raise Locked(LOCKED, reasons=tuple(held_back))
    return wanted


def _misplaced(page: AttendancePage, line: AttendanceLine | None, day: int) -> str | None:
    """What is wrong with the place of a mark, or None."""
    if day not in page.begun:
        return NO_SCHOOL
    return None if line is not None and line.here(page.month.on(day)) else NOT_HERE


def _conflict(page: AttendancePage, line: AttendanceLine, edit: DayEdit, held: str | None) -> Conflict:
    last = next((change for change in line.history if change.day == edit.day), None)
    return Conflict(
        edit.student_id,
        column_of(edit.day),
        yours=edit.new,
        theirs=held,
        by=last.by if last else "HocVu",
        at=last.at if last else page.now,
    )


def _newly_called(page: AttendancePage, days: set[int], *, past_locks: bool) -> set[int]:
    """Days not called before; raises Invalid for a day without school, Locked for a closed one."""
    newly = days - page.called
    if not newly <= set(page.begun):
        raise Invalid(NO_SCHOOL)
    shut = sorted(day for day in newly if not page.state(day).open)
    if shut and not past_locks:
        raise Locked(
            LOCKED, reasons=tuple(LockedCell(0, column_of(day), page.state(day).reasons) for day in shut)
        )
    return newly


def _write_rows(work: Work, page: AttendancePage, wanted: Sequence[_Wanted]) -> None:
    """One wide row a student, whatever the number of days."""
    by_student: dict[int, dict[int, str | None]] = {}
    lines = {item.line.student_id: item.line for item in wanted}
    for item in wanted:
        by_student.setdefault(item.line.student_id, {})[item.day] = item.new
    room = page.book.school_class
    for student_id, days in by_student.items():
        line = lines[student_id]
        row = line.row
        if row is None:
            row = Attendance(
                class_id=room.id,
                month=page.month.code,
                student_id=student_id,
                unit_id=room.unit_id,
                school_year_id=room.school_year_id,
            )
            work.session.add(row)
        row.days = write_days({**line.marks, **days})


def _write_roll(work: Work, page: AttendancePage, newly: Collection[int]) -> None:
    if not newly:
        return
    room, roll = page.book.school_class, page.roll
    if roll is None:
        roll = RollCall(
            class_id=room.id,
            month=page.month.code,
            unit_id=room.unit_id,
            school_year_id=room.school_year_id,
        )
        work.session.add(roll)
    roll.days = write_called(page.called | set(newly))
