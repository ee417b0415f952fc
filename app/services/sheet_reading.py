"""Reading a sheet: what it is, who teaches it, its students and their marks; each in one statement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, cached_property
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased, joinedload

from app.domain.access import Actor, Target
from app.domain.sheet_forms import Cell, CellKind, SheetForm
from app.domain.vocabulary import REGULAR_COLUMNS, GroupKind
from app.errors import NotFound
from app.models import (
    ROWS,
    Delegation,
    Enrolment,
    ExemptionDecision,
    GradebookSheet,
    HomeroomAssignment,
    Person,
    SchoolClass,
    Student,
    SubjectYear,
    TeachingAssignment,
    TeachingGroupMember,
    Term,
)
from app.models.base import in_force
from app.services import scope
from app.services.sheet_cells import sheet_cells

_SHEET_VALUES = ("id", "unit_id", "school_year_id", "term", "group_id", "class_id", "subject_id", "grade")
"""Of a sheet, what its lines are asked by."""


@dataclass(frozen=True)
class Teacher:
    """One who may write the sheet on this day, and which columns (empty: all)."""

    person_id: int
    full_name: str
    columns: frozenset[str]
    in_charge: bool
    part: str | None = None


@dataclass(frozen=True)
class SheetFacts:
    """A sheet within the actor's reach, with everything the right to it depends on."""

    sheet: GradebookSheet
    teachers: tuple[Teacher, ...]
    delegations: tuple[Delegation, ...]
    homeroom_person_ids: frozenset[int]

    @cached_property
    def cells(self) -> dict[str, Cell]:
        """Cells of this sheet that a teacher writes, by column, in printed order."""
        return {cell.name: cell for cell in sheet_cells(self.sheet)}

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Their columns."""
        return tuple(self.cells)

    @property
    def mark_columns(self) -> tuple[str, ...]:
        """Cells that hold marks, levels or counts: everything but text."""
        return tuple(name for name, cell in self.cells.items() if cell.kind is not CellKind.TEXT)

    def delegation_of(self, actor: Actor, now: datetime) -> Delegation | None:
        """The actor's delegation in force now, if any (S0 Điều 11 khoản 1)."""
        return next(
            (
                d
                for d in self.delegations
                if d.person_id == actor.person_id and d.starts_at <= now < d.ends_at
            ),
            None,
        )

    def target(self, actor: Actor, now: datetime) -> Target:
        """The facts the permission table asks for."""
        return Target(
            unit=actor.relation_to(self.sheet.unit_id),
            teaches=any(t.person_id == actor.person_id for t in self.teachers),
            homeroom=actor.person_id in self.homeroom_person_ids,
            delegated=self.delegation_of(actor, now) is not None,
        )

    def writable_columns(self, actor: Actor, now: datetime) -> frozenset[str]:
        """Columns the actor's assignment or delegation covers."""
        covered: set[str] = set()
        for teacher in self.teachers:
            if teacher.person_id == actor.person_id:
                covered |= teacher.columns or set(self.columns)
        delegation = self.delegation_of(actor, now)
        if delegation is not None:
            covered |= set(delegation.columns) or set(self.columns)
        return frozenset(covered & set(self.columns))


@dataclass(frozen=True)
class Line:
    """A student's line: who, whether still here, and the row of marks if one exists."""

    student_id: int
    full_name: str
    sort_key: str
    birth_date: date
    status_code: str
    left_on: date | None
    grade: Any  # the row of the sheet's form (models.ROWS)
    year: SubjectYear | None
    exemption: ExemptionDecision | None = None

    def value(self, column: str) -> Any:
        """The cell's value; None for blank."""
        return None if self.grade is None else getattr(self.grade, column, None)

    def state(self, column: str) -> str | None:
        """State of a periodic test cell."""
        return None if self.grade is None else getattr(self.grade, f"{column}_state", None)

    def year_at(self, sheet: GradebookSheet) -> SubjectYear | None:
        """The year row, where the sheet may tell it: what another school came to later stays with that school."""
        return self.year if self.year is not None and self.year.unit_id == sheet.unit_id else None

    def beyond(self, sheet: GradebookSheet) -> list[Any]:
        """Regular scores that came along from a class with more columns: they count, though they have no cell here."""
        found = (self.value(column) for column in REGULAR_COLUMNS[sheet.regular_count :])
        return [score for score in found if score is not None]


def load_facts(
    session: Session, actor: Actor, sheet_id: int, day: date, *, to_write: bool = False
) -> SheetFacts:
    """The sheet with its teachers on `day`, delegations and homeroom teacher. Raises NotFound out of reach.

    `to_write` leaves out what only a page shows: the rows of its subject, class, school and year.
    """
    query = _facts_query(to_write).where(scope.condition(actor, GradebookSheet, day))
    rows: Sequence[Any] = session.execute(query, {"sheet": sheet_id, "day": day}).unique().all()
    if not rows:
        raise NotFound
    homeroom = {person: name for *_x, person, name in rows if person is not None}
    sheet: GradebookSheet = rows[0][0]
    return SheetFacts(
        sheet=sheet,
        teachers=_homeroom_teachers(homeroom) if sheet.form.by_homeroom else _subject_teachers(rows),
        delegations=tuple({d.id: d for _s, _a, _n, d, *_h in rows if d is not None}.values()),
        homeroom_person_ids=frozenset(homeroom),
    )


def _subject_teachers(rows: Sequence[Any]) -> tuple[Teacher, ...]:
    teachers = {
        assignment.id: Teacher(
            assignment.person_id,
            name,
            frozenset(assignment.columns),
            assignment.in_charge,
            assignment.part.name if assignment.part else None,
        )
        for _s, assignment, name, *_x in rows
        if assignment is not None
    }
    return tuple(teachers.values())


def _homeroom_teachers(people: Mapping[int, str]) -> tuple[Teacher, ...]:
    return tuple(Teacher(person, name, frozenset(), True) for person, name in people.items())


@cache
def _facts_query(to_write: bool) -> sa.Select[*tuple[Any, ...]]:
    """Parameters: sheet, day. Built once, like all that every save and every open sheet asks."""
    day = sa.bindparam("day", type_=sa.Date)
    shown = (
        GradebookSheet.subject,
        GradebookSheet.school_class,
        GradebookSheet.unit,
        GradebookSheet.school_year,
    )
    homeroom = aliased(Person)
    return (
        sa.select(
            GradebookSheet,
            TeachingAssignment,
            Person.full_name,
            Delegation,
            HomeroomAssignment.person_id,
            homeroom.full_name,
        )
        .outerjoin(
            TeachingAssignment,
            sa.and_(
                TeachingAssignment.group_id == GradebookSheet.group_id,
                TeachingAssignment.subject_id == GradebookSheet.subject_id,
                in_force(TeachingAssignment, day),
            ),
        )
        .outerjoin(Person, Person.id == TeachingAssignment.person_id)
        .outerjoin(Delegation, Delegation.sheet_id == GradebookSheet.id)
        .outerjoin(
            HomeroomAssignment,
            sa.and_(
                HomeroomAssignment.class_id == GradebookSheet.class_id, in_force(HomeroomAssignment, day)
            ),
        )
        .outerjoin(homeroom, homeroom.id == HomeroomAssignment.person_id)
        .where(GradebookSheet.id == sa.bindparam("sheet", type_=sa.Integer))
        .options(
            joinedload(GradebookSheet.group),
            joinedload(TeachingAssignment.part),
            *(joinedload(relation) for relation in (() if to_write else shown)),
        )
    )


def load_lines(session: Session, sheet: GradebookSheet, students: Sequence[int] | None = None) -> list[Line]:
    """Lines of a sheet in Vietnamese name order: everybody in the group during the term, and whoever has marks.

    `students` keeps only those ids, and leaves out exemptions, which only a page shows. One statement; a student who
    came back twice stands once.
    """
    of_class = sheet.class_id is not None and sheet.group.kind is GroupKind.WHOLE_CLASS
    values = {f"sheet_{name}": getattr(sheet, name) for name in _SHEET_VALUES}
    if students is not None:
        values["students"] = list(students)
    lines: dict[int, Line] = {}
    query = _lines_query(of_class, students is not None, sheet.form)
    for row in session.execute(query, values):
        lines.setdefault(row[0], Line(*row))
    return list(lines.values())


@cache
def _lines_query(of_class: bool, some: bool, form: SheetForm) -> sa.Select[*tuple[Any, ...]]:
    """Parameters: sheet_… of the sheet's own columns, and `students` for `some`."""
    rows = ROWS[form]
    sheet = SimpleNamespace(
        **{name: sa.bindparam(f"sheet_{name}", type_=sa.Integer) for name in _SHEET_VALUES}
    )
    member = _membership(sheet, of_class)
    # Begun from the few students of the sheet: an OR of two INs would read every student of the province (MariaDB).
    present = sa.union(
        sa.select(member.c.student_id), sa.select(rows.student_id).where(rows.sheet_id == sheet.id)
    ).subquery()
    query = (
        sa.select(
            Student.id,
            Student.full_name,
            Student.sort_key,
            Student.birth_date,
            member.c.status_code,
            member.c.ends_on,
            rows,
            SubjectYear,
        )
        .select_from(present)
        .join(Student, Student.id == present.c.student_id)
        .outerjoin(member, member.c.student_id == Student.id)
        .outerjoin(rows, sa.and_(rows.student_id == Student.id, rows.sheet_id == sheet.id))
        .outerjoin(SubjectYear, _same_year(SubjectYear, sheet))
        .order_by(Student.sort_key, Student.id, sa.func.coalesce(member.c.ends_on, date.max).desc())
        .execution_options(populate_existing=True)
    )
    if some:
        return query.where(Student.id.in_(sa.bindparam("students", expanding=True)))
    of_term = sa.or_(ExemptionDecision.term.is_(None), ExemptionDecision.term == sheet.term)
    exempt = sa.and_(_same_year(ExemptionDecision, sheet), of_term)
    return query.add_columns(ExemptionDecision).outerjoin(ExemptionDecision, exempt)


def _same_year(model: Any, sheet: Any) -> sa.ColumnElement[bool]:
    """SQL: the student's row of the sheet's subject and school year."""
    return sa.and_(
        model.student_id == Student.id,
        model.subject_id == sheet.subject_id,
        model.school_year_id == sheet.school_year_id,
    )


def of_grade(student_id: Any, sheet: Any) -> sa.ColumnElement[bool]:
    """SQL: the student's class of that year is of the sheet's grade. A group of two grades has a sheet for each.

    `sheet` is a sheet or the table. Within the school: MariaDB may read the classes first, and then all their places.
    """
    place = aliased(Enrolment)
    return (
        sa.select(place.id)
        .join(SchoolClass, SchoolClass.id == place.class_id)
        .where(
            place.student_id == student_id,
            SchoolClass.unit_id == sheet.unit_id,
            SchoolClass.school_year_id == sheet.school_year_id,
            SchoolClass.grade == sheet.grade,
        )
        .correlate_except(place, SchoolClass)
        .exists()
    )


def _membership(sheet: Any, of_class: bool) -> Any:
    """Who sits in the sheet's group during its term: by enrolment for a class, by membership for other groups."""
    term = (
        sa.select(sa.func.min(Term.starts_on), sa.func.max(Term.ends_on))
        .where(Term.school_year_id == sheet.school_year_id, Term.number == sheet.term)
        .subquery()
    )
    if of_class:
        rows: Any = Enrolment
        chosen = sa.select(Enrolment.student_id, Enrolment.status_code, Enrolment.ends_on).where(
            Enrolment.class_id == sheet.class_id
        )
    else:
        rows = TeachingGroupMember
        chosen = sa.select(
            TeachingGroupMember.student_id, sa.literal("01").label("status_code"), TeachingGroupMember.ends_on
        ).where(
            TeachingGroupMember.group_id == sheet.group_id,
            of_grade(TeachingGroupMember.student_id, sheet),
        )
    return chosen.where(
        rows.starts_on <= sa.select(term.c[1]).scalar_subquery(),
        sa.or_(rows.ends_on.is_(None), rows.ends_on >= sa.select(term.c[0]).scalar_subquery()),
    ).subquery()
