"""Reading attendance: a class's month as it stands, who may write it, which days are open; each in one statement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain import finality
from app.domain.access import Actor, Target
from app.domain.attendance import (
    ONE,
    Counts,
    Month,
    column_of,
    count,
    day_of,
    month_now,
    months,
    read_called,
    read_days,
)
from app.domain.finality import Rule
from app.domain.locks import ColumnState, LockReason
from app.errors import NotFound
from app.models import Attendance, Enrolment, RollCall, SchoolClass, Student
from app.services.attendance_history import (
    Calling,
    MarkChange,
    MonthVersion,
    callings_of,
    changes_of,
    versions_of,
)
from app.services.clock import local_day
from app.services.locks import left_writes, rounds
from app.services.notes import domain_terms, open_room, room_target
from app.services.notes_locks import note_state
from app.services.programme import terms_of
from app.services.unit_rules import Policies, load_rules, policies_on


@dataclass(frozen=True)
class AttendanceBook:
    """A class's attendance of the year, with everything the right to it depends on."""

    school_class: SchoolClass
    months: tuple[Month, ...]
    target: Target  # of who reads; the actor's own part in the class

    @property
    def entry_target(self) -> Target:
        """The facts the permission table asks of who writes: the homeroom teacher of the class."""
        return Target(self.target.unit, homeroom=self.target.homeroom)

    @property
    def sessions(self) -> int:
        """How many sessions a day the class is taught."""
        return self.school_class.sessions or ONE

    def month(self, code: str) -> Month:
        """The month of a code. Raises NotFound for one the year has not."""
        found = next((month for month in self.months if month.code == code), None)
        if found is None:
            raise NotFound
        return found


@dataclass(frozen=True)
class AttendanceLine:
    """A student's month: the marks by day, the days in the class, what was changed when, and which days are final."""

    student_id: int
    full_name: str
    seats: tuple[tuple[date, date | None], ...]
    row: Attendance | None
    history: tuple[MarkChange, ...]
    final: Mapping[int, LockReason]

    @property
    def marks(self) -> dict[int, str]:
        """What was missed, by day."""
        return read_days(self.row.days if self.row else None)

    @property
    def counts(self) -> Counts:
        """The month's sessions."""
        return count(self.marks.values())

    def here(self, day: date) -> bool:
        """True while the student is in the class."""
        return any(first <= day and (last is None or day <= last) for first, last in self.seats)


@dataclass(frozen=True)
class AttendancePage:
    """A class's attendance in one month, as it stands now."""

    book: AttendanceBook
    month: Month
    lines: tuple[AttendanceLine, ...]
    roll: RollCall | None
    callings: Mapping[int, Calling]
    states: Mapping[int, ColumnState]  # by term
    now: datetime
    policies: Policies

    @property
    def called(self) -> frozenset[int]:
        """Days on which attendance was taken."""
        return read_called(self.roll.days if self.roll else None)

    @property
    def begun(self) -> list[int]:
        """School days that have begun."""
        return self.month.until(local_day(self.now))

    @property
    def open_days(self) -> list[int]:
        """Begun school days that are open to be written."""
        return [day for day in self.begun if self.state(day).open]

    def state(self, day: int) -> ColumnState:
        """Whether anything may be written of a school day now."""
        return self.states[self.month.days[day]]

    def reasons(self, line: AttendanceLine, day: int) -> tuple[LockReason, ...]:
        """Why a student's day can't be written: its term is closed to entries, or what it holds is final."""
        if not self.state(day).open:
            return self.state(day).reasons
        return (line.final[day],) if day in line.final else ()

    def missed_on(self, day: int) -> Counts:
        """Sessions the class missed on a day."""
        return count(line.marks.get(day) for line in self.lines)


def load_book(session: Session, actor: Actor, class_id: int, day: date) -> AttendanceBook:
    """The attendance of a class as of `day`. Raises NotFound out of reach; four statements."""
    room = open_room(session, actor, class_id, day)
    terms = terms_of(session, room.unit_id, room.school_year)
    known = months(domain_terms(terms.values()))
    return AttendanceBook(room, known, room_target(session, actor, room, day))


def read_page(session: Session, book: AttendanceBook, code: str | None, now: datetime) -> AttendancePage:
    """The page of a month, without a code the latest begun. Raises NotFound for one the year has not."""
    month = (
        book.month(code) if code else month_now(book.months, local_day(now)) or next(iter(book.months), None)
    )
    if month is None:
        raise NotFound
    states = {
        term: note_state(session, book.school_class, term, now) for term in sorted(set(month.days.values()))
    }
    rules = load_rules(session, book.school_class.unit_id)
    return AttendancePage(
        book=book,
        month=month,
        lines=_lines(session, book, month, states, rules, now),
        roll=session.get(RollCall, (book.school_class.id, month.code), populate_existing=True),
        callings=callings_of(session, book.school_class.id, month.code),
        states=states,
        now=now,
        policies=policies_on(rules, local_day(now)),
    )


def _lines(
    session: Session,
    book: AttendanceBook,
    month: Month,
    states: Mapping[int, ColumnState],
    rules: Sequence[Rule],
    now: datetime,
) -> tuple[AttendanceLine, ...]:
    """Everybody in the class during the month, by name. Three statements, whatever the size of the class."""
    class_id = book.school_class.id
    query = sa.select(Attendance).where(Attendance.class_id == class_id, Attendance.month == month.code)
    rows = {row.student_id: row for row in session.scalars(query.execution_options(populate_existing=True))}
    versions = versions_of(session, (Attendance.class_id, class_id), (Attendance.month, month.code))
    final = _final_days(month, states, rules, versions, now)
    histories = changes_of(versions)
    names: dict[int, str] = {}
    seats: dict[int, list[tuple[date, date | None]]] = {}
    for student_id, name, first, last in _seats(session, class_id, month):
        names[student_id] = name
        seats.setdefault(student_id, []).append((first, last))
    return tuple(
        AttendanceLine(
            student_id,
            name,
            tuple(seats[student_id]),
            rows.get(student_id),
            histories.get((class_id, month.code, student_id), ()),
            final.get(student_id, {}),
        )
        for student_id, name in names.items()
    )


def _seats(session: Session, class_id: int, month: Month) -> list[tuple[int, str, date, date | None]]:
    query = (
        sa.select(Student.id, Student.full_name, Enrolment.starts_on, Enrolment.ends_on)
        .join(Enrolment, Enrolment.student_id == Student.id)
        .where(
            Enrolment.class_id == class_id,
            Enrolment.starts_on <= month.last,
            sa.or_(Enrolment.ends_on.is_(None), Enrolment.ends_on >= month.first),
        )
        .order_by(Student.sort_key, Student.id, Enrolment.starts_on)
    )
    return list(session.execute(query))


def _final_days(
    month: Month,
    states: Mapping[int, ColumnState],
    rules: Sequence[Rule],
    versions: Sequence[MonthVersion],
    now: datetime,
) -> dict[int, dict[int, LockReason]]:
    """By student, days that are final though they are open, each by its own entry: as remarks are (`notes_locks`)."""
    segments = finality.timeline(rules, now)
    monthly = finality.entry_days(segments, now)
    events = {
        column_of(day): [*rounds(states[term]), *monthly]
        for day, term in month.days.items()
        if states[term].open
    }
    found: dict[int, dict[int, LockReason]] = {}
    writes = left_writes(versions, segments, now)
    for (student, column), reason in finality.final_cells(writes, events).items():
        if (day := day_of(column)) is not None:
            found.setdefault(student, {})[day] = reason
    return found
