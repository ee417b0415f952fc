"""What a teacher's own book is made of, read in sets: her sheets of a year, who sits in each, their marks and remarks."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.domain.sheet_forms import SheetForm
from app.domain.vocabulary import GroupKind
from app.models import (
    ROWS,
    Enrolment,
    GradebookSheet,
    Person,
    SchoolClass,
    Student,
    Subject,
    SubjectYear,
    TeachingAssignment,
    TeachingGroup,
    TeachingGroupMember,
)
from app.services.book_pages import Left
from app.services.clock import clamp
from app.services.correction_lists import corrected_cells
from app.services.documents.asked import Asked
from app.services.enrolments import STUDYING
from app.services.programme import terms_of
from app.services.sheet_cells import has_average, row_cells
from app.services.years import TermDates


@dataclass(frozen=True)
class OwnLine:
    """A student on one of the teacher's sheets; `row` and `old`: the marks as they are, and before corrections."""

    full_name: str
    left: Left
    row: Any
    corrected: Mapping[str, str | None]
    year: SubjectYear | None


@dataclass(frozen=True)
class OwnSheet:
    """One of the teacher's sheets, and which part of the subject is hers."""

    sheet: GradebookSheet
    part: str
    lines: tuple[OwnLine, ...]


def load_teachers_of_year(session: Session, unit_id: int, year_id: int) -> list[tuple[int, str]]:
    """(id, name) of everybody who has a sheet at the unit in the year, by name; one statement."""
    query = (
        sa.select(Person.id, Person.full_name, Person.sort_key)
        .join(TeachingAssignment, TeachingAssignment.person_id == Person.id)
        .join(TeachingGroup, TeachingGroup.id == TeachingAssignment.group_id)
        .join(
            GradebookSheet,
            sa.and_(
                GradebookSheet.group_id == TeachingGroup.id,
                GradebookSheet.subject_id == TeachingAssignment.subject_id,
            ),
        )
        .where(TeachingGroup.unit_id == unit_id, TeachingGroup.school_year_id == year_id)
        .distinct()
        .order_by(Person.sort_key, Person.id)
    )
    return [(row.id, row.full_name) for row in session.execute(query)]


def load_own_sheets(session: Session, asked: Asked, person_id: int) -> list[OwnSheet]:
    """The sheets the teacher had in the terms asked for, in printed order; twelve statements, however many."""
    terms = terms_of(session, asked.unit.id, asked.year)
    hers = _assignments(session, asked, person_id, terms)
    sheets = [
        sheet
        for sheet in _sheets(session, asked, hers)
        if (sheet.group_id, sheet.subject_id, sheet.term) in hers
    ]
    if not sheets:
        return []
    places = _Places(session, sheets)
    rows = _rows(session, sheets)
    years = _years(session, asked, sheets)
    names = places.names | _names(session, {student for _sheet, student in rows} - places.names.keys())
    struck = _struck(session, sheets)
    found = []
    for sheet in sheets:
        day = clamp(asked.day, terms[sheet.term].starts_on, terms[sheet.term].ends_on)
        seated = places.of(sheet, terms[sheet.term])
        listed = seated.keys() | {student for sheet_id, student in rows if sheet_id == sheet.id}
        lines = tuple(
            OwnLine(
                full_name=names[student].full_name,
                left=_left(sheet, seated.get(student), day),
                row=rows.get((sheet.id, student)),
                corrected=struck.get((sheet.id, student), {}),
                year=years.get((sheet.subject_id, student)),
            )
            for student in sorted(listed, key=lambda key: (names[key].sort_key, key))
        )
        found.append(OwnSheet(sheet, hers[sheet.group_id, sheet.subject_id, sheet.term], lines))
    return found


def _assignments(
    session: Session, asked: Asked, person_id: int, terms: Mapping[int, TermDates]
) -> dict[tuple[int, int, int], str]:
    """(group, subject, term) → the part of the subject, of what the teacher was assigned in those terms."""
    query = (
        sa.select(TeachingAssignment)
        .join(TeachingGroup, TeachingGroup.id == TeachingAssignment.group_id)
        .where(
            TeachingAssignment.person_id == person_id,
            TeachingGroup.unit_id == asked.unit.id,
            TeachingGroup.school_year_id == asked.year.id,
        )
        .order_by(TeachingAssignment.id)
        .options(joinedload(TeachingAssignment.part))
    )
    found: dict[tuple[int, int, int], str] = {}
    for row in session.scalars(query):
        for number in asked.terms:
            term = terms[number]
            if row.starts_on <= term.ends_on and (row.ends_on is None or row.ends_on >= term.starts_on):
                found[row.group_id, row.subject_id, number] = row.part.name if row.part else ""
    return found


def _sheets(
    session: Session, asked: Asked, places: Iterable[tuple[int, int, int]]
) -> Sequence[GradebookSheet]:
    homeroom = [form for form in SheetForm if form.by_homeroom]
    query = (
        sa.select(GradebookSheet)
        .join(GradebookSheet.subject)
        .join(GradebookSheet.group)
        .where(
            GradebookSheet.unit_id == asked.unit.id,
            GradebookSheet.school_year_id == asked.year.id,
            GradebookSheet.group_id.in_({group for group, _s, _t in places}),
            GradebookSheet.term.in_(asked.terms),
            GradebookSheet.form.not_in(homeroom),
        )
        .order_by(
            GradebookSheet.grade,
            TeachingGroup.name,
            TeachingGroup.id,
            Subject.order_no,
            Subject.id,
            GradebookSheet.term,
        )
        .options(joinedload(GradebookSheet.subject), joinedload(GradebookSheet.group))
    )
    return session.scalars(query).all()


class _Places:
    """Who sits in the groups of the sheets: by enrolment in a whole class, by membership in any other group."""

    def __init__(self, session: Session, sheets: Sequence[GradebookSheet]) -> None:
        whole = {s.class_id for s in sheets if _is_whole(s) and s.class_id is not None}
        groups = {s.group_id for s in sheets if not _is_whole(s)}
        self.names: dict[int, Student] = {}
        self._rows: dict[tuple[str, int], list[Enrolment | TeachingGroupMember]] = defaultdict(list)
        for enrolment, student in self._read(session, Enrolment, Enrolment.class_id, whole):
            self._rows["class", enrolment.class_id].append(enrolment)
            self.names[student.id] = student
        for member, student in self._read(session, TeachingGroupMember, TeachingGroupMember.group_id, groups):
            self._rows["group", member.group_id].append(member)
            self.names[student.id] = student
        self._grades = self._graded(session, sheets[0], groups)

    def of(self, sheet: GradebookSheet, term: TermDates) -> dict[int, Enrolment | TeachingGroupMember]:
        """By student the newest row that overlaps the term; of a group of two grades those of the sheet's grade."""
        whole = _is_whole(sheet)
        key = ("class", sheet.class_id or 0) if whole else ("group", sheet.group_id)
        found: dict[int, Enrolment | TeachingGroupMember] = {}
        for row in self._rows[key]:
            there = row.starts_on <= term.ends_on and (row.ends_on is None or row.ends_on >= term.starts_on)
            if there and (whole or (row.student_id, sheet.grade) in self._grades):
                found.setdefault(row.student_id, row)
        return found

    @staticmethod
    def _read(session: Session, model: Any, column: Any, ids: Collection[int]) -> Sequence[Any]:
        if not ids:
            return []
        query = (
            sa.select(model, Student)
            .join(Student, Student.id == model.student_id)
            .where(column.in_(ids))
            .order_by(sa.func.coalesce(model.ends_on, date.max).desc(), model.id)
        )
        return session.execute(query).all()

    @staticmethod
    def _graded(session: Session, sheet: GradebookSheet, groups: Collection[int]) -> set[tuple[int, int]]:
        """(student, grade) of the members of smaller groups."""
        if not groups:
            return set()
        members = sa.select(TeachingGroupMember.student_id).where(TeachingGroupMember.group_id.in_(groups))
        query = (
            sa.select(Enrolment.student_id, SchoolClass.grade)
            .join(SchoolClass, SchoolClass.id == Enrolment.class_id)
            .where(
                SchoolClass.unit_id == sheet.unit_id,
                SchoolClass.school_year_id == sheet.school_year_id,
                Enrolment.student_id.in_(members),
            )
        )
        return {(student, grade) for student, grade in session.execute(query)}


def _is_whole(sheet: GradebookSheet) -> bool:
    return sheet.class_id is not None and sheet.group.kind is GroupKind.WHOLE_CLASS


def _left(sheet: GradebookSheet, place: Enrolment | TeachingGroupMember | None, day: date) -> Left:
    if place is None:
        return Left()
    moved = "Chuyển lớp" if _is_whole(sheet) else "Rời nhóm"
    return Left.since(getattr(place, "status_code", STUDYING), place.ends_on, day, moved)


def _rows(session: Session, sheets: Sequence[GradebookSheet]) -> dict[tuple[int, int], Any]:
    """Rows of marks by (sheet, student); a statement a form."""
    found = {}
    for form in sorted({sheet.form for sheet in sheets}):
        model = ROWS[form]
        names = ["sheet_id", "student_id", *row_cells(form), *(["average"] if has_average(form) else [])]
        query = sa.select(*(getattr(model, name) for name in names)).where(
            model.sheet_id.in_([sheet.id for sheet in sheets if sheet.form is form])
        )
        for row in session.execute(query):
            found[row.sheet_id, row.student_id] = row
    return found


def _years(
    session: Session, asked: Asked, sheets: Sequence[GradebookSheet]
) -> dict[tuple[int, int], SubjectYear]:
    """What the school's students have come to in the subjects of second-term sheets, by (subject, student)."""
    subjects = {sheet.subject_id for sheet in sheets if sheet.term == 2}
    if not subjects:
        return {}
    query = sa.select(SubjectYear).where(
        SubjectYear.unit_id == asked.unit.id,
        SubjectYear.school_year_id == asked.year.id,
        SubjectYear.subject_id.in_(subjects),
    )
    return {(row.subject_id, row.student_id): row for row in session.scalars(query)}


def _names(session: Session, students: Collection[int]) -> dict[int, Student]:
    """Those who have marks on a sheet without sitting there any more."""
    if not students:
        return {}
    return {
        row.id: row for row in session.scalars(sa.select(Student).where(Student.id.in_(sorted(students))))
    }


def _struck(
    session: Session, sheets: Sequence[GradebookSheet]
) -> dict[tuple[int, int], dict[str, str | None]]:
    found: dict[tuple[int, int], dict[str, str | None]] = defaultdict(dict)
    for (sheet, student, column), old in corrected_cells(session, [sheet.id for sheet in sheets]).items():
        found[sheet, student][column] = old
    return found
