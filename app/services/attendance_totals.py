"""What attendance comes to: a student's sessions missed in a term, in whatever class and school; each in one statement."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.attendance import NONE, Counts, count, read_called, read_days
from app.models import Attendance, Enrolment, RollCall, SchoolClass, SchoolYear


class Span(Protocol):
    """A term: both days inclusive."""

    @property
    def starts_on(self) -> date:
        """The first day."""

    @property
    def ends_on(self) -> date:
        """The last day."""


@dataclass(frozen=True)
class Absences:
    """Sessions missed by student and term, of those terms in which attendance was kept wherever the student sat."""

    counts: Mapping[tuple[int, int], Counts]

    def of(self, student_id: int, terms: Iterable[int]) -> Counts | None:
        """The sum of some terms; None where attendance was not kept in one of them."""
        found = [self.counts.get((student_id, term)) for term in terms]
        if not found or any(item is None for item in found):
            return None
        return sum((item for item in found if item is not None), NONE)

    def unlike(self, noted: Mapping[int, int | None], terms: Sequence[int]) -> dict[int, int]:
        """By student, what attendance comes to where another number is noted; not where nothing is noted yet."""
        return {
            student: counts.total
            for student, number in noted.items()
            if number is not None and (counts := self.of(student, terms)) and counts.total != number
        }


NOT_KEPT: Final = Absences({})
"""Of whom no attendance is known."""


def read_absences(
    session: Session, students: Iterable[int], year: SchoolYear, terms: Mapping[int, Span], today: date
) -> Absences:
    """What attendance says of students in a year; three statements, however many they are."""
    begun = {number: term for number, term in terms.items() if term.starts_on <= today}
    wanted = sorted(students)
    if not begun or not wanted:
        return NOT_KEPT
    missed: dict[tuple[int, int], Counts] = {}
    query = sa.select(Attendance.student_id, Attendance.month, Attendance.days).where(
        Attendance.student_id.in_(wanted), Attendance.school_year_id == year.id
    )
    for student, month, days in session.execute(query):
        for day, mark in read_days(days).items():
            if (term := _term_on(begun, _date(month, day))) is not None:
                missed[student, term] = missed.get((student, term), NONE) + count([mark])
    seats = _seats(session, wanted, year)
    kept = _kept(session, {class_id for _s, class_id, _f, _l in seats}, begun)
    places: dict[tuple[int, int], set[int]] = {}
    for student, class_id, first, last in seats:
        for number, span in begun.items():
            if first <= min(span.ends_on, today) and (last is None or last >= span.starts_on):
                places.setdefault((student, number), set()).add(class_id)
    return Absences(
        {
            (student, term): missed.get((student, term), NONE)
            for (student, term), classes in places.items()
            if all((class_id, term) in kept for class_id in classes)
        }
    )


def _seats(
    session: Session, students: Sequence[int], year: SchoolYear
) -> Sequence[tuple[int, int, date, date | None]]:
    query = (
        sa.select(Enrolment.student_id, Enrolment.class_id, Enrolment.starts_on, Enrolment.ends_on)
        .join(SchoolClass, SchoolClass.id == Enrolment.class_id)
        .where(Enrolment.student_id.in_(students), SchoolClass.school_year_id == year.id)
    )
    return list(session.execute(query))


def _kept(session: Session, classes: Collection[int], terms: Mapping[int, Span]) -> set[tuple[int, int]]:
    """Classes and terms in which attendance was taken at least once."""
    query = sa.select(RollCall.class_id, RollCall.month, RollCall.days).where(
        RollCall.class_id.in_(sorted(classes))
    )
    return {
        (class_id, term)
        for class_id, month, days in session.execute(query)
        for day in read_called(days)
        if (term := _term_on(terms, _date(month, day))) is not None
    }


def _term_on(terms: Mapping[int, Span], day: date) -> int | None:
    """The last term begun by a day: days between two terms of another school count to the one before."""
    return max((number for number, term in terms.items() if term.starts_on <= day), default=None)


def _date(month: str, day: int) -> date:
    return date(int(month[:4]), int(month[5:]), day)
