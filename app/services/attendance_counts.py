"""Attendance beside the sessions missed that stand in the homeroom teacher's book of a term, and taken over into it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import Actor
from app.domain.assessment.facts import YEAR
from app.domain.attendance import Counts
from app.domain.sheet_forms import SheetForm
from app.errors import N_, Invalid
from app.extensions import db
from app.models import GradebookSheet, SchoolClass
from app.services.attendance_totals import read_absences
from app.services.cells import CellChange
from app.services.clock import Clock, local_day
from app.services.gradebook import enter_scores
from app.services.locks import sheet_locks
from app.services.notes import open_room
from app.services.programme import terms_of
from app.services.results.judging import Judged
from app.services.results.lines import load_lines as load_all_lines
from app.services.sheet_reading import load_lines

COLUMNS: Final = ("excused", "unexcused")
NOTHING: Final = N_("The counts in the book agree with attendance, or are locked. Nothing was changed.")


@dataclass(frozen=True)
class CountLine:
    """A student of a term: what attendance says, and what the book has in all and on this sheet."""

    student_id: int
    full_name: str
    kept: Counts | None  # None: attendance was not kept all through
    noted: Counts | None  # in every class; None: blank
    own: tuple[int | None, int | None]  # the cells of this sheet

    @property
    def differs(self) -> bool:
        """True where both are known and say different things."""
        return self.kept is not None and self.noted is not None and self.kept != self.noted

    @property
    def wanted(self) -> tuple[int, int] | None:
        """What the cells of this sheet would hold to agree with attendance; None where they do, or can't."""
        if self.kept is None or self.kept == self.noted:
            return None
        noted = self.noted or Counts()
        other = (noted.excused - (self.own[0] or 0), noted.unexcused - (self.own[1] or 0))
        found = (self.kept.excused - other[0], self.kept.unexcused - other[1])
        return found if min(found) >= 0 else None


@dataclass(frozen=True)
class TermCounts:
    """A class's term: the sheet on which the counts stand, None for classes without one, and everybody's line."""

    sheet: GradebookSheet | None
    lines: tuple[CountLine, ...]

    @property
    def differing(self) -> int:
        """How many students' counts differ from attendance."""
        return sum(line.differs for line in self.lines)

    @property
    def to_take(self) -> tuple[CountLine, ...]:
        """Lines that can be taken over."""
        return tuple(line for line in self.lines if line.wanted is not None)


def term_counts(session: Session, room: SchoolClass, term: int, day: date) -> TermCounts:
    """Attendance and counts of everybody on a class's sheet of a term; eight statements."""
    query = sa.select(GradebookSheet).where(
        GradebookSheet.class_id == room.id,
        GradebookSheet.term == term,
        GradebookSheet.form == SheetForm.TRAINING,
    )
    sheet = session.scalars(query).one_or_none()
    if sheet is None:
        return TermCounts(None, ())
    terms = terms_of(session, room.unit_id, room.school_year)
    last = min(day, terms[term].ends_on) if term in terms else day
    lines = [n for n in load_lines(session, sheet) if n.left_on is None or n.left_on >= last]
    students = [line.student_id for line in lines]
    kept = read_absences(session, students, room.school_year, terms, day)
    everywhere = load_all_lines(session, [room], students, {SheetForm.TRAINING})
    found = []
    for line in lines:
        rows = everywhere.live(line.student_id, sheet.subject_id, term)
        counted = [row for row in rows if row.excused is not None or row.unexcused is not None]
        noted = Counts(sum(r.excused or 0 for r in counted), sum(r.unexcused or 0 for r in counted))
        own = next(((r.excused, r.unexcused) for r in rows if r.sheet_id == sheet.id), (None, None))
        found.append(
            CountLine(
                line.student_id,
                line.full_name,
                kept.of(line.student_id, [term]),
                noted if counted else None,
                own,
            )
        )
    return TermCounts(sheet, tuple(found))


def take_over(actor: Actor, class_id: int, term: int, *, clock: Clock) -> int:
    """Write what attendance comes to into the open cells of the homeroom teacher's book; how many cells.

    By that book's own path, with its rights, locks and history. Raises NotFound, Invalid where there is nothing to take
    over, and whatever `enter_scores` refuses.
    """
    session, now = db.session(), clock()
    room = open_room(session, actor, class_id, local_day(now))
    found = term_counts(session, room, term, local_day(now))
    if found.sheet is None:
        raise Invalid(NOTHING)
    locks = sheet_locks(session, found.sheet, COLUMNS, now)
    changes = [
        CellChange(line.student_id, column, None if old is None else str(old), str(new))
        for line in found.to_take
        for column, old, new in zip(COLUMNS, line.own, line.wanted or (), strict=True)
        if old != new and not locks.reasons(line.student_id, column)
    ]
    if not changes:
        raise Invalid(NOTHING)
    event = {"from_attendance": len({change.student_id for change in changes})}
    saved = enter_scores(
        actor, found.sheet.id, changes, clock=clock, action="attendance.take_over", event=event
    )
    return len(saved.cells)


def unlike_noted(
    session: Session, room: SchoolClass, period: int, rows: Iterable[Judged], day: date
) -> dict[int, int]:
    """By student, what attendance comes to where another number of sessions is noted for the period: a warning only.

    Five statements, none for classes whose results ask for no sessions.
    """
    noted = {row.pupil.student_id: row.facts.absences for row in rows}
    if all(number is None for number in noted.values()):
        return {}
    terms = terms_of(session, room.unit_id, room.school_year)
    found = read_absences(session, noted, room.school_year, terms, day)
    return found.unlike(noted, (1, 2) if period == YEAR else (period,))
