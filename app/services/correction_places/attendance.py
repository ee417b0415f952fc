"""A class's attendance of one month: each student's days."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from app.domain.access import Action, Actor, Target, may
from app.domain.attendance import column_of, day_of, read_mark
from app.domain.corrections import Place
from app.domain.locks import LockReason
from app.errors import Forbidden
from app.models import CorrectionRequest, SchoolClass
from app.services import scope
from app.services.attendance import AttendanceBook, AttendancePage, load_book, read_page
from app.services.attendance_entry import NO_SCHOOL, NOT_YOURS, DayEdit, write_attendance
from app.services.cells import NOT_HERE, CellChange, Parsed
from app.services.clock import clamp
from app.services.correction_places.port import (
    NO_SUCH_CELL,
    Cell,
    PlaceFacts,
    PlaceRef,
    parse_each,
    stale_if_refused,
    unchanged,
)
from app.services.notes_entry import hold_class
from app.services.unit_of_work import Work


class DayCells:
    """The days of a month that have begun, of everybody who sat in the class."""

    def __init__(self, page: AttendancePage) -> None:
        self._page = page
        self._lines = {line.student_id: line for line in page.lines}

    @property
    def people(self) -> Mapping[int, str]:
        """Everybody in the class during the month."""
        return {student: line.full_name for student, line in self._lines.items()}

    @property
    def columns(self) -> Sequence[str]:
        """A column a school day."""
        return [column_of(day) for day in self._page.begun]

    def has(self, student: int, column: str) -> bool:
        """The days the student sat in the class."""
        line, day = self._lines.get(student), day_of(column)
        return line is not None and day in self._page.begun and line.here(self._page.month.on(day or 1))

    def gone(self, student: int) -> str | None:
        """Nobody is: a day stays with the class it was taken in."""
        return None if student in self._lines else NOT_HERE

    def value(self, student: int, column: str) -> str | None:
        """The mark of the day."""
        return self._lines[student].marks.get(day_of(column) or 0)

    def wrote(self, actor: Actor, cells: Iterable[Cell]) -> bool:
        """By the history of each day."""
        for student, column in cells:
            day = day_of(column)
            last = next((c for c in self._lines[student].history if c.day == day), None)
            if last is None or last.person_id != actor.person_id:
                return False
        return True

    def reasons(self, student: int, column: str) -> tuple[LockReason, ...]:
        """The window over the day, or its mark is final."""
        return self._page.reasons(self._lines[student], day_of(column) or 0)

    def parse(self, changes: Sequence[CellChange]) -> list[Parsed]:
        """Marks as they are kept."""
        return parse_each(changes, self._read)

    def _read(self, change: CellChange, typed: str | None) -> tuple[str | None, str | None]:
        if day_of(change.column) not in self._page.begun:
            return None, NO_SCHOOL
        if not self.has(change.student_id, change.column):
            return None, NO_SUCH_CELL
        if typed == change.old:
            return typed or None, None
        try:
            return read_mark(typed, self._page.book.sessions), None
        except ValueError as error:
            return None, str(error)


class AttendancePlace:
    """A class's month; as of the class's own days."""

    def __init__(self, session: Session, actor: Actor, ref: PlaceRef, today: date) -> None:
        room = scope.get(session, actor, SchoolClass, ref.class_id, today)
        day = clamp(today, room.school_year.starts_on, room.school_year.ends_on)
        self.book: AttendanceBook = load_book(session, actor, room.id, day)
        self.month = self.book.month(ref.topic or "")
        if not may(actor, Action.ATTENDANCE_VIEW, self.book.target):
            raise Forbidden(NOT_YOURS)
        self.facts = PlaceFacts(
            Place.ATTENDANCE,
            room.unit_id,
            room.school_year,
            max(self.month.days.values()),
            room.circular,
            today,
            school_class=room,
            topic=self.month.code,
        )

    def hold(self, work: Work) -> None:
        """The epoch shared and the class exclusively."""
        hold_class(work, self.book.school_class)

    def read(self, session: Session, now: datetime, _students: Sequence[int] | None = None) -> DayCells:
        """The month as it stands."""
        return DayCells(read_page(session, self.book, self.month.code, now))

    def target(self, _actor: Actor, _now: datetime, _cells: Iterable[Cell]) -> Target:
        """The homeroom teacher of the class."""
        return self.book.entry_target

    def write(self, work: Work, request: CorrectionRequest) -> None:
        """The path of attendance."""
        parsed = unchanged(self.read(work.session, work.now), request)
        edits = [
            DayEdit(p.change.student_id, day_of(p.change.column) or 0, _text(p.old), _text(p.new))
            for p in parsed
        ]
        with stale_if_refused(request):
            write_attendance(work, self.book, self.month.code, edits, decided=request)


def _text(value: object) -> str | None:
    return None if value is None else str(value)
