"""What figures of a class or of a whole school are made of: the heading, and the classes of a year read together."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.assessment.registry import PRIMARY
from app.errors import N_, Invalid
from app.models import SchoolClass
from app.reports.contexts import BookCover, Signature
from app.reports.form import YEAR, Signatory
from app.services.book_pages import class_cover, school_cover
from app.services.book_reading import Officials, load_officials, load_units_above
from app.services.clock import clamp
from app.services.documents import words
from app.services.documents.asked import Asked
from app.services.documents.reading import load_remarks
from app.services.results.judging import Judged, judge_class
from app.services.results.places import fitting, periods_of
from app.services.results.reading import Reading, read_classes
from app.services.sheets import homeroom_form

NO_CLASS = N_("The school has no class with marks or levels in %(year)s, so this form has nothing to show.")


@dataclass(frozen=True)
class SchoolReading:
    """Classes of one school and year with what their students have come to. `remarks`: by (sheet, student)."""

    rooms: Sequence[SchoolClass]
    reading: Reading
    remarks: Mapping[tuple[int, int], str]

    def judged(self, room: SchoolClass, period: int) -> list[Judged]:
        """Every student of the class in the period, by name; nobody where the year has no such period."""
        return judge_class(self.reading, room.id, period) if period in self.reading.days else []

    def remark(self, room: SchoolClass, student_id: int, term: int) -> str:
        """What the homeroom teacher wrote of the student in the term."""
        form = homeroom_form(room.circular)
        line = self.reading.lines.newest(student_id, self.reading.homeroom[form], term) if form else None
        return "" if line is None else self.remarks.get((line.sheet_id, student_id), "")


def read_heading(session: Session, asked: Asked) -> tuple[BookCover, Officials]:
    """The heading of a paper of a class or of the whole school, and who signs it; two statements."""
    day = clamp(asked.day, asked.year.starts_on, asked.year.ends_on)
    officials = load_officials(session, asked.unit.id, asked.room.id if asked.room else None, day)
    above = load_units_above(session, asked.unit.id, day)
    if asked.room is not None:
        return class_cover(asked.room, officials, above), officials
    return school_cover(asked.unit, asked.year, officials, above), officials


def signatures(asked: Asked, officials: Officials) -> tuple[Signature, ...]:
    """Homeroom teacher and head for a class; who made it and the head for the school."""
    first = words.homeroom_signature(officials) if asked.room else Signature(Signatory.MAKER)
    return first, words.head_signature(officials)


def load_rooms(session: Session, asked: Asked) -> list[SchoolClass]:
    """The class asked for; else the classes of the school and year that the form's circulars govern, by grade.

    Invalid where there is none.
    """
    if asked.room is not None:
        return [asked.room]
    query = sa.select(SchoolClass).where(
        SchoolClass.unit_id == asked.unit.id,
        SchoolClass.school_year_id == asked.year.id,
        SchoolClass.circular.in_(sorted(asked.form.circulars)),
    )
    rooms = session.scalars(query.order_by(SchoolClass.grade, SchoolClass.order_no, SchoolClass.name)).all()
    if not rooms:
        raise Invalid(NO_CLASS, year=asked.year.label)
    return list(rooms)


def read_school(
    session: Session,
    asked: Asked,
    rooms: Sequence[SchoolClass],
    periods: Iterable[int],
    *,
    remarks: bool = False,
) -> SchoolReading:
    """The classes as they stand, in about twenty statements however many there are; one more for each grade.

    `remarks`: with what homeroom teachers wrote.
    """
    reading = read_classes(session, rooms, asked.year, asked.day, periods=frozenset(periods))
    written: Mapping[tuple[int, int], str] = {}
    if remarks:
        students = {pupil.student_id for some in reading.pupils.values() for pupil in some}
        sheets = [sheet for sheet in reading.lines.sheets.values() if sheet.form in reading.homeroom]
        written = load_remarks(session, {room.circular for room in rooms}, sheets, students)
    return SchoolReading(rooms, reading, written)


def points_until(circular: str, period: int) -> tuple[int, ...]:
    """What a class has come to by the end of the period: its points in the order of the year, up to that one."""
    known = periods_of(circular)
    return known[: known.index(fitting(circular, period)) + 1]


def by_grade(rooms: Collection[SchoolClass]) -> dict[int, list[SchoolClass]]:
    """The classes by grade, lowest first."""
    found: dict[int, list[SchoolClass]] = {}
    for room in sorted(rooms, key=lambda room: room.grade):
        found.setdefault(room.grade, []).append(room)
    return found


def when(rooms: Iterable[SchoolClass], period: int) -> str:
    """The period in capitals; where all is primary, by its assessment points (TT 27/2020 Điều 7)."""
    if all(room.circular in PRIMARY for room in rooms):
        return "CUỐI HỌC KÌ I" if period == 1 else "CUỐI NĂM HỌC"
    return words.PERIODS[period]


def about(heading: BookCover) -> str:
    """The line under a title: the class where it is of one, the year, the school."""
    parts = [f"Lớp {heading.class_name}"] if heading.class_name else []
    return " · ".join([*parts, f"Năm học {heading.school_year}", heading.school])


def paper_title(asked: Asked, heading: BookCover) -> str:
    """What the file is called inside."""
    of_class = f" lớp {heading.class_name}" if heading.class_name else ""
    part = {YEAR: "cả năm", 1: "học kì I", 2: "học kì II"}[asked.period] if asked.form.periods else ""
    return ", ".join(
        text for text in (f"{asked.form.short_name}{of_class}", part, heading.school_year) if text
    )
