"""Whose row it is: the school's register of students, as far as a file touches it (needs B16, B17)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from app.domain.dates import format_date
from app.domain.names import fold
from app.errors import N_
from app.models import Enrolment, SchoolClass, SchoolYear, Student
from app.reference.code_lists import match_key
from app.services.programme import terms_of
from app.services.spreadsheets.rows import Ground, Parsed, ParsedRow, load_in
from app.services.years import TermDates

NOT_THE_SAME: Final = N_(
    "%(code)s belongs to %(name)s, born %(born)s. Name and birth date of the row are others: the rows may be shifted."
)
TWO_STUDENTS: Final = N_("The two identifiers of this row belong to two different students.")
ELSEWHERE: Final = N_(
    "This identifier belongs to a student of another school. Ask that school for the transfer."
)
AMBIGUOUS: Final = N_("Several students have this name and birth date. Give the student's identifier.")
IN_OTHER_CLASS: Final = N_(
    "A student with this name and birth date is in class %(name)s. Give the identifier, to say whether it is the same."
)


@dataclass
class Roll:
    """The register, as far as the file touches it."""

    by_code: dict[str, Student] = field(default_factory=dict)
    by_national: dict[str, Student] = field(default_factory=dict)
    by_name: dict[tuple[str, date], list[Student]] = field(default_factory=dict)
    elsewhere: set[str] = field(default_factory=set)
    places: dict[int, Enrolment] = field(default_factory=dict)  # this year's, by student
    former: dict[int, list[Enrolment]] = field(default_factory=dict)  # left open in earlier years
    classes: dict[str, SchoolClass] = field(default_factory=dict)
    class_names: dict[int, str] = field(default_factory=dict)
    terms: dict[int, TermDates] = field(default_factory=dict)

    def place_name(self, student: Student) -> str | None:
        """The student's class of this year."""
        place = self.places.get(student.id)
        return self.class_names[place.class_id] if place else None


def load_roll(ground: Ground, parsed: Parsed) -> Roll:
    """Classes of the year, and every student whom a row may mean; a constant number of statements a chunk."""
    roll = Roll(terms=terms_of(ground.session, ground.unit.id, ground.year))
    for row in ground.session.scalars(
        sa.select(SchoolClass).where(
            SchoolClass.unit_id == ground.unit.id, SchoolClass.school_year_id == ground.year.id
        )
    ):
        roll.classes[match_key(row.name)] = row
        roll.class_names[row.id] = row.name
    students: dict[int, Student] = {}
    for column, values in _wanted(parsed):
        query = (
            sa.select(Student)
            .where(Student.unit_id == ground.unit.id)
            .options(selectinload(Student.guardians))
        )
        students |= {student.id: student for (student,) in load_in(ground.session, query, column, values)}
    for student in students.values():
        if student.student_code:
            roll.by_code[student.student_code] = student
        if student.national_id:
            roll.by_national[student.national_id] = student
        roll.by_name.setdefault((match_key(student.full_name), student.birth_date), []).append(student)
    _load_elsewhere(ground, parsed, roll)
    _load_places(ground, roll, students)
    return roll


def _wanted(parsed: Parsed) -> Iterable[tuple[Any, list[Any]]]:
    yield Student.student_code, [row.get("student_code") for row in parsed.rows]
    yield Student.national_id, [row.get("national_id") for row in parsed.rows]
    yield (
        Student.name_folded,
        [fold(row.get("full_name"))[:120] for row in parsed.rows if row.get("full_name")],
    )


def _load_elsewhere(ground: Ground, parsed: Parsed, roll: Roll) -> None:
    for column, name in ((Student.student_code, "student_code"), (Student.national_id, "national_id")):
        query = sa.select(column).where(Student.unit_id != ground.unit.id)
        roll.elsewhere.update(
            value for (value,) in load_in(ground.session, query, column, (r.get(name) for r in parsed.rows))
        )


def _load_places(ground: Ground, roll: Roll, students: Mapping[int, Student]) -> None:
    """Open places: this year's, and those an earlier year left open."""
    query = (
        sa.select(Enrolment, SchoolYear.id)
        .join(SchoolClass, SchoolClass.id == Enrolment.class_id)
        .join(SchoolYear, SchoolYear.id == SchoolClass.school_year_id)
        .where(sa.or_(Enrolment.ends_on.is_(None), Enrolment.ends_on >= ground.day))
        .where(SchoolYear.start_year <= ground.year.start_year)
        .order_by(Enrolment.starts_on)
    )
    for place, year_id in load_in(ground.session, query, Enrolment.student_id, students):
        if year_id == ground.year.id:
            roll.places[place.student_id] = place
        else:
            roll.former.setdefault(place.student_id, []).append(place)


def match(parsed: Parsed, roll: Roll, row: ParsedRow) -> Student | None:
    """Whose row it is: by identifier, else by name, birth date and class; None for a new student."""
    found: dict[int, Student] = {}
    for name, known in (("student_code", roll.by_code), ("national_id", roll.by_national)):
        value = row.get(name)
        if value in roll.elsewhere:
            parsed.refuse(row, name, ELSEWHERE)
        if value is not None and (student := known.get(value)):
            found[student.id] = student
            _require_same(parsed, row, name, student)
    if len(found) > 1:
        parsed.refuse(row, "student_code", TWO_STUDENTS)
    if found or row.problems:
        return next(iter(found.values()), None)
    return _match_name(parsed, roll, row)


def _require_same(parsed: Parsed, row: ParsedRow, name: str, student: Student) -> None:
    """A matching identifier beside another name and another birth date means that rows are shifted (needs B17)."""
    same_name = match_key(student.full_name) == match_key(row.get("full_name"))
    if not same_name and student.birth_date != row.get("birth_date"):
        born = format_date(student.birth_date)
        parsed.refuse(row, name, NOT_THE_SAME, code=row.get(name), name=student.full_name, born=born)


def _match_name(parsed: Parsed, roll: Roll, row: ParsedRow) -> Student | None:
    alike = roll.by_name.get((match_key(row.get("full_name")), row.get("birth_date")), [])
    alike = [student for student in alike if not _told_apart(student, row)]
    wanted = match_key(row.get("class_name"))
    here = [s for s in alike if match_key(roll.place_name(s) or "") == wanted]
    free = [s for s in alike if s.id not in roll.places]
    chosen = here or free
    if len(chosen) > 1:
        parsed.refuse(row, "full_name", AMBIGUOUS)
    elif not chosen and alike:
        parsed.refuse(row, "full_name", IN_OTHER_CLASS, name=roll.place_name(alike[0]) or "")
    return chosen[0] if len(chosen) == 1 else None


def _told_apart(student: Student, row: ParsedRow) -> bool:
    """Both have an identifier of the same sort, and they differ: two people."""
    return any(
        row.get(name) and getattr(student, name) and row.get(name) != getattr(student, name)
        for name in ("student_code", "national_id")
    )
