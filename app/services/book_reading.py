"""What a class book is printed from, read in few statements: one a kind of row, however many students and subjects."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.domain.sheet_forms import SheetForm
from app.domain.vocabulary import GroupKind, Role
from app.models import (
    Enrolment,
    ExemptionDecision,
    Grade,
    GradebookSheet,
    Guardian,
    HomeroomAssignment,
    OrgUnit,
    Person,
    Position,
    SchoolClass,
    Student,
    Subject,
    SubjectYear,
    TeachingAssignment,
    TeachingGroup,
    TeachingGroupMember,
)
from app.models.base import in_force
from app.services import sheet_list
from app.services.actors import ancestors
from app.services.clock import clamp
from app.services.correction_lists import corrected_cells
from app.services.enrolments import STUDYING
from app.services.programme import plan_lines
from app.services.sheet_reading import Line, Teacher
from app.services.years import TermDates

T = TypeVar("T")


@dataclass(frozen=True)
class Officials:
    """Who signs for a class beside its subject teachers; empty names where nobody holds the office."""

    homeroom: str = ""
    head: str = ""
    head_title: str = ""  # as the position has it: Hiệu trưởng, Giám đốc


@dataclass(frozen=True)
class Seat:
    """A student's places in the class, newest first, with the personal sheet and the parents by relation."""

    student: Student
    enrolments: tuple[Enrolment, ...]
    guardians: Mapping[str, Guardian]


@dataclass(frozen=True)
class SheetLines:
    """A sheet of the class in printed order, with who teaches it and the lines of this class's students."""

    sheet: GradebookSheet
    teachers: tuple[Teacher, ...]
    lines: tuple[Line, ...]
    corrected: Mapping[tuple[int, str], str | None] = field(
        default_factory=dict
    )  # (student, column) → the value struck out


def load_officials(session: Session, unit_id: int, class_id: int | None, day: date) -> Officials:
    """The head of the unit and the homeroom teacher of the class on that day; one statement."""
    head = (
        sa.select(sa.literal("head").label("seat"), Person.full_name, Position.title, Position.starts_on)
        .join(Person, Person.id == Position.person_id)
        .where(Position.unit_id == unit_id, Position.role == Role.PRINCIPAL, in_force(Position, day))
    )
    homeroom = (
        sa.select(sa.literal("homeroom"), Person.full_name, sa.literal(""), HomeroomAssignment.starts_on)
        .join(Person, Person.id == HomeroomAssignment.person_id)
        .where(HomeroomAssignment.class_id == class_id, in_force(HomeroomAssignment, day))
    )
    rows = session.execute(sa.union_all(head, homeroom)).all()
    found = {
        row.seat: row for row in sorted(rows, key=lambda row: row.starts_on)
    }  # the newest holder stands last
    return Officials(
        homeroom=found["homeroom"].full_name if "homeroom" in found else "",
        head=found["head"].full_name if "head" in found else "",
        head_title=found["head"].title if "head" in found else "",
    )


def load_units_above(session: Session, unit_id: int, day: date) -> list[OrgUnit]:
    """Units above on that day, nearest first; one statement."""
    above = ancestors(unit_id, day)
    query = sa.select(OrgUnit).join(above, above.c.unit_id == OrgUnit.id).order_by(above.c.depth)
    return list(session.scalars(query))


def load_seats(session: Session, class_id: int) -> list[Seat]:
    """Everybody who was ever in the class, by name; who came back stands once. Two statements."""
    rows = session.execute(
        sa.select(Student, Enrolment)
        .join(Enrolment, Enrolment.student_id == Student.id)
        .where(Enrolment.class_id == class_id)
        .order_by(Student.sort_key, Student.id, sa.func.coalesce(Enrolment.ends_on, date.max).desc())
    )
    students: dict[int, Student] = {}
    enrolments: dict[int, list[Enrolment]] = defaultdict(list)
    for student, enrolment in rows:
        students[student.id] = student
        enrolments[student.id].append(enrolment)
    parents: dict[int, dict[str, Guardian]] = defaultdict(dict)
    for guardian in session.scalars(sa.select(Guardian).where(Guardian.student_id.in_(students))):
        parents[guardian.student_id][guardian.relation] = guardian
    return [Seat(student, tuple(enrolments[key]), parents[key]) for key, student in students.items()]


def load_teachers(
    session: Session, sheets: Sequence[GradebookSheet], days: Mapping[int, date]
) -> dict[tuple[int, int, int], tuple[Teacher, ...]]:
    """(group, subject, term) → who teaches there on that term's day, the one in charge first; one statement."""
    query = (
        sa.select(TeachingAssignment, Person.full_name)
        .join(Person, Person.id == TeachingAssignment.person_id)
        .where(TeachingAssignment.group_id.in_({sheet.group_id for sheet in sheets}))
        .order_by(TeachingAssignment.in_charge.desc(), TeachingAssignment.id)
        .options(joinedload(TeachingAssignment.part))
    )
    found: dict[tuple[int, int, int], dict[int, Teacher]] = defaultdict(dict)
    for row, name in session.execute(query):
        for term, day in days.items():
            if row.starts_on <= day and (row.ends_on is None or row.ends_on >= day):
                teacher = Teacher(
                    row.person_id,
                    name,
                    frozenset(row.columns),
                    row.in_charge,
                    row.part.name if row.part else None,
                )
                found[row.group_id, row.subject_id, term].setdefault(row.person_id, teacher)
    return {key: tuple(teachers.values()) for key, teachers in found.items()}


def load_sheets(
    session: Session,
    school_class: SchoolClass,
    seats: Sequence[Seat],
    terms: Mapping[int, TermDates],
    today: date,
) -> list[SheetLines]:
    """Every sheet of the class in these terms, in printed order: its own groups', and those of groups of several
    classes in which students of this class sit. Eight statements.
    """
    sheets = _sheets(session, school_class, terms)
    seated = _SeatFinder(session, sheets, seats)
    teachers = load_teachers(
        session, sheets, {n: clamp(today, t.starts_on, t.ends_on) for n, t in terms.items()}
    )
    marks = _Marks(session, school_class.school_year_id, sheets, seats)
    corrected = corrected_cells(session, [sheet.id for sheet in sheets])
    book = [
        SheetLines(
            sheet=sheet,
            teachers=teachers.get((sheet.group_id, sheet.subject_id, sheet.term), ()),
            lines=marks.lines(sheet, seated.places(sheet, terms[sheet.term])),
            corrected={place[1:]: old for place, old in corrected.items() if place[0] == sheet.id},
        )
        for sheet in sheets
    ]
    return [entry for entry in book if entry.lines or entry.sheet.group.kind is GroupKind.WHOLE_CLASS]


def _sheets(session: Session, school_class: SchoolClass, terms: Iterable[int]) -> list[GradebookSheet]:
    query = (
        sheet_list.of_class(school_class)
        .where(GradebookSheet.term.in_(terms), GradebookSheet.form == SheetForm.MARKS)
        .order_by(GradebookSheet.term, Subject.order_no, Subject.id, TeachingGroup.name)
    )
    unit_id, year = school_class.unit_id, school_class.school_year
    lines = plan_lines(session, unit_id, year, school_class.level, school_class.grade)
    place = {line.subject_id: number for number, line in enumerate(lines)}
    return sorted(session.scalars(query), key=lambda s: (s.term, place.get(s.subject_id, len(place))))


Row = Enrolment | TeachingGroupMember
"""What seats a student in a group: the place in the class, or membership of a smaller group."""


class _SeatFinder:
    """Who of the class sits in which group during a term."""

    def __init__(self, session: Session, sheets: Sequence[GradebookSheet], seats: Sequence[Seat]) -> None:
        self._seats = seats
        groups = {s.group_id for s in sheets if s.group.kind is not GroupKind.WHOLE_CLASS}
        self._members: dict[tuple[int, int], list[TeachingGroupMember]] = defaultdict(list)
        if groups:
            query = sa.select(TeachingGroupMember).where(
                TeachingGroupMember.group_id.in_(groups),
                TeachingGroupMember.student_id.in_([seat.student.id for seat in seats]),
            )
            for row in session.scalars(query.order_by(TeachingGroupMember.starts_on.desc())):
                self._members[row.group_id, row.student_id].append(row)

    def places(self, sheet: GradebookSheet, term: TermDates) -> dict[int, Row]:
        """By student the newest row that overlaps the term."""
        found = {}
        for seat in self._seats:
            rows: Sequence[Row] = seat.enrolments
            if sheet.group.kind is not GroupKind.WHOLE_CLASS:
                rows = self._members.get((sheet.group_id, seat.student.id), [])
            for row in rows:
                if row.starts_on <= term.ends_on and (row.ends_on is None or row.ends_on >= term.starts_on):
                    found[seat.student.id] = row
                    break
        return found


class _Marks:
    """Rows of marks, of years and exemptions of the class's students: three statements."""

    def __init__(
        self, session: Session, year_id: int, sheets: Sequence[GradebookSheet], seats: Sequence[Seat]
    ) -> None:
        self._seats = seats
        students = [seat.student.id for seat in seats]
        of_class = Grade.sheet_id.in_([sheet.id for sheet in sheets]), Grade.student_id.in_(students)
        self._grades = {
            (g.sheet_id, g.student_id): g for g in session.scalars(sa.select(Grade).where(*of_class))
        }
        self._years = {
            (y.subject_id, y.student_id): y for y in _of_year(session, SubjectYear, year_id, students)
        }
        self._exemptions: dict[tuple[int, int], list[ExemptionDecision]] = defaultdict(list)
        for row in _of_year(session, ExemptionDecision, year_id, students):
            self._exemptions[row.subject_id, row.student_id].append(row)

    def lines(self, sheet: GradebookSheet, places: Mapping[int, Row]) -> tuple[Line, ...]:
        """The sheet's lines: everybody in the group, and whoever has marks there."""
        lines = []
        for seat in self._seats:
            student = seat.student
            grade, place = self._grades.get((sheet.id, student.id)), places.get(student.id)
            if place is None and grade is None:
                continue
            lines.append(
                Line(
                    student_id=student.id,
                    full_name=student.full_name,
                    sort_key=student.sort_key,
                    birth_date=student.birth_date,
                    status_code=getattr(place or seat.enrolments[0], "status_code", STUDYING),
                    left_on=(place or seat.enrolments[0]).ends_on,
                    grade=grade,
                    year=self._years.get((sheet.subject_id, student.id)),
                    exemption=self._exemption(sheet, student.id),
                )
            )
        return tuple(lines)

    def _exemption(self, sheet: GradebookSheet, student_id: int) -> ExemptionDecision | None:
        rows = self._exemptions.get((sheet.subject_id, student_id), [])
        return next((row for row in rows if row.term in (None, sheet.term)), None)


def _of_year(session: Session, model: type[T], year_id: int, students: Collection[int]) -> Sequence[T]:
    columns = sa.inspect(model).columns
    return session.scalars(
        sa.select(model).where(columns.school_year_id == year_id, columns.student_id.in_(students))
    ).all()
