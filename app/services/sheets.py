"""Sheets of the gradebook: one a teaching group, grade, subject and term; made when somebody is to teach it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.assessment.primary_plan import is_tested
from app.domain.assessment.registry import Circular
from app.domain.assessment.subjects import regular_scores
from app.domain.assessment.terms import Point
from app.domain.sheet_forms import PERIODIC_COLUMNS, POINTS, SheetForm
from app.domain.vocabulary import REGULAR_COLUMNS, GroupKind, Level, SubjectKind
from app.errors import N_, Invalid
from app.models import (
    ROWS,
    Enrolment,
    GradebookSheet,
    SchoolClass,
    SchoolYear,
    Subject,
    SubjectPlan,
    TeachingGroup,
    TeachingGroupMember,
)
from app.reference.curriculum import LineStatus
from app.services.programme import subject_line
from app.services.rows import is_saved
from app.services.unit_of_work import Work

FORMS: Final[Mapping[str, SheetForm]] = {
    Circular.TT22_2021: SheetForm.MARKS,
    Circular.TT26_2020: SheetForm.MARKS,
    Circular.TT43_2021: SheetForm.MARKS,
    Circular.TT58_2011: SheetForm.WEIGHTED,
    Circular.TT27_2020: SheetForm.PRIMARY,
    Circular.TT22_2016: SheetForm.PRIMARY,
}
"""The form of a subject's sheet by circular. For TT 43/2021 the counts are taken from TT 22/2021 until the centre's own
are confirmed (facts D1).
"""
TERM_SHEETS = frozenset(FORMS)
"""Circulars whose book has sheets by subject and term: all but preschool."""

HOMEROOM_SUBJECTS: Final[Mapping[SheetForm, str]] = {
    SheetForm.TRAINING: "training",
    SheetForm.TRAITS: "traits",
}
"""Code of the subject under which a homeroom teacher's sheet is kept."""

WEIGHTED_TESTS: Final = 2
"""Weight-2 columns of a sheet whose plan's line names no other number (TT 58/2011 Điều 8 khoản 1)."""


@dataclass(frozen=True)
class GradeOfGroup:
    """A grade that sits in a group, and the circular that governs it. A lớp ghép has two."""

    level: Level
    grade: int
    circular: str
    class_id: int | None


def ensure_sheets(
    work: Work, group: TeachingGroup, subject: Subject, school_year: SchoolYear
) -> list[GradebookSheet]:
    """The sheets of a group and subject for both terms, made where missing; flushes a group that has no id yet.

    Empty for a circular without sheets (preschool). Invalid when the plan has no such subject.
    """
    if not is_saved(group):
        work.flush()
    session = work.session
    wanted = (GradebookSheet.group_id == group.id, GradebookSheet.subject_id == subject.id)
    known = {
        (sheet.grade, sheet.term): sheet
        for sheet in session.scalars(sa.select(GradebookSheet).where(*wanted))
    }
    sheets = []
    for grade in grades_of_group(session, group):
        if grade.circular not in TERM_SHEETS:
            continue
        line = subject_line(session, group.unit_id, school_year, grade.level, grade.grade, subject.id)
        if line is None:
            raise Invalid(
                N_(
                    "The plan of grade %(grade)s for %(year)s has no subject %(subject)s. Add it to the plan first."
                ),
                grade=grade.grade,
                year=school_year.label,
                subject=subject.name,
            )
        for term in line.terms:
            sheet = known.get((grade.grade, term)) or _new_sheet(work, group, subject, grade, line, term)
            sheets.append(sheet)
    return sheets


def ensure_homeroom_sheets(
    work: Work, school_class: SchoolClass, group: TeachingGroup, start_terms: Sequence[int] = (1, 2)
) -> None:
    """Inside a transaction: the homeroom teacher's sheets of a new class, not flushed. None in preschool."""
    form = homeroom_form(school_class.circular)
    if form is None:
        return
    query = sa.select(Subject).where(Subject.code == HOMEROOM_SUBJECTS[form])
    subject = work.session.scalars(query).one()
    for term in start_terms:
        work.session.add(
            GradebookSheet(
                unit_id=school_class.unit_id,
                school_year_id=school_class.school_year_id,
                term=term,
                group=group,
                school_class=school_class,
                subject=subject,
                grade=school_class.grade,
                level=school_class.level.value,
                kind=SubjectKind.HOMEROOM,
                form=form,
                circular=school_class.circular,
                regular_count=0,
            )
        )


def homeroom_form(circular: str) -> SheetForm | None:
    """What the homeroom teacher of a class under the circular enters."""
    form = FORMS.get(circular)
    if form is SheetForm.PRIMARY:
        return SheetForm.TRAITS
    return SheetForm.TRAINING if form else None


def add_missing_homeroom_sheets(work: Work) -> int:
    """Inside a transaction: homeroom sheets of classes made before there were any. Returns of how many classes."""
    rows = classes_without_homeroom_sheets(work.session)
    for school_class, group in rows:
        ensure_homeroom_sheets(work, school_class, group)
    return len(rows)


def classes_without_homeroom_sheets(session: Session) -> Sequence[Any]:
    """(class, its whole group) of classes whose circular has homeroom sheets and which have none."""
    have = sa.select(GradebookSheet.class_id).where(GradebookSheet.kind == SubjectKind.HOMEROOM)
    query = (
        sa.select(SchoolClass, TeachingGroup)
        .join(TeachingGroup, TeachingGroup.class_id == SchoolClass.id)
        .where(
            TeachingGroup.kind == GroupKind.WHOLE_CLASS,
            SchoolClass.circular.in_(sorted(TERM_SHEETS)),
            SchoolClass.id.not_in(have.where(GradebookSheet.class_id.is_not(None))),
        )
    )
    return session.execute(query).all()


def weighted_count(line: SubjectPlan, circular: str) -> int:
    """Weight-2 columns of a sheet by its plan's line, `WEIGHTED_TESTS` where that says nothing (TT 58/2011 Điều 7, 8)."""
    if FORMS[circular] is not SheetForm.WEIGHTED:
        return 0
    return WEIGHTED_TESTS if line.weighted_tests is None else line.weighted_tests


def tests_of(circular: str, subject_code: str, grade: int, term: int) -> list[str]:
    """Points of a primary term at which a subject has a periodic test (TT 27/2020 Điều 7 khoản 1)."""
    if FORMS[circular] is not SheetForm.PRIMARY:
        return []
    points = (Point.MID_TERM1, Point.END_TERM1) if term == 1 else (Point.MID_TERM2, Point.YEAR_END)
    return [
        column
        for column, point in zip(POINTS, points, strict=True)
        if is_tested(circular, subject_code, grade, point)
    ]


def grades_of_group(session: Session, group: TeachingGroup) -> list[GradeOfGroup]:
    """The grades in a group: its class's, or those its members' classes of that year have."""
    if group.kind is not GroupKind.MIXED and group.class_id is not None:
        found = session.get_one(SchoolClass, group.class_id)
        return [GradeOfGroup(found.level, found.grade, found.circular, found.id)]
    query = (
        sa.select(SchoolClass.level, SchoolClass.grade, SchoolClass.circular)
        .join(Enrolment, Enrolment.class_id == SchoolClass.id)
        .join(TeachingGroupMember, TeachingGroupMember.student_id == Enrolment.student_id)
        .where(
            TeachingGroupMember.group_id == group.id,
            SchoolClass.school_year_id == group.school_year_id,
            SchoolClass.unit_id == group.unit_id,
        )
        .distinct()
        .order_by(SchoolClass.grade)
    )
    return [GradeOfGroup(level, grade, circular, None) for level, grade, circular in session.execute(query)]


def refresh_counts(work: Work, line: SubjectPlan) -> int:
    """After a plan line changed: bring its sheets to the new numbers of columns. Returns how many changed.

    A column that holds a score stays, whatever the plan says. Sheets of units with a line of their own are left alone.
    """
    session = work.session
    if line.status == LineStatus.CLUSTER:
        return 0
    changed = 0
    for unit_id, ids in _sheets_bound(session, line):
        held = sa.select(GradebookSheet).where(GradebookSheet.id.in_(work.lock_sheets(unit_id, ids)))
        for sheet in session.scalars(held.execution_options(populate_existing=True)):
            shape = (*_counts(session, sheet, line), len(line.terms) == 1)
            if shape != (sheet.regular_count, sheet.periodic_count, sheet.one_term):
                sheet.regular_count, sheet.periodic_count, sheet.one_term = shape
                changed += 1
    return changed


def _new_sheet(
    work: Work, group: TeachingGroup, subject: Subject, grade: GradeOfGroup, line: SubjectPlan, term: int
) -> GradebookSheet:
    sheet = GradebookSheet(
        unit_id=group.unit_id,
        school_year_id=group.school_year_id,
        term=term,
        group=group,
        class_id=grade.class_id,
        subject=subject,
        grade=grade.grade,
        level=grade.level.value,
        kind=subject.kind,
        form=FORMS[grade.circular],
        circular=grade.circular,
        regular_count=regular_scores(grade.circular, subject.kind, line.annual_lessons),
        periodic_count=weighted_count(line, grade.circular),
        one_term=len(line.terms) == 1,
        tests=tests_of(grade.circular, subject.code, grade.grade, term),
        revision=0,
    )
    work.session.add(sheet)
    return sheet


def _sheets_bound(session: Session, line: SubjectPlan) -> list[tuple[int, list[int]]]:
    """(unit, sheet ids) the line decides for: a school's own line that school alone, the province's all others."""
    same = (
        SubjectPlan.school_year_id == line.school_year_id,
        SubjectPlan.subject_id == line.subject_id,
        SubjectPlan.grade == line.grade,
        SubjectPlan.level == line.level,
        SubjectPlan.status == line.status,
    )
    query = sa.select(GradebookSheet.unit_id, GradebookSheet.id).where(
        GradebookSheet.school_year_id == line.school_year_id,
        GradebookSheet.subject_id == line.subject_id,
        GradebookSheet.grade == line.grade,
        GradebookSheet.level == line.level.value,
        GradebookSheet.form.in_((SheetForm.MARKS, SheetForm.WEIGHTED)),
    )
    if line.unit_id == session.get_one(SchoolYear, line.school_year_id).department_id:
        others = sa.select(SubjectPlan.unit_id).where(*same, SubjectPlan.unit_id != line.unit_id)
        query = query.where(GradebookSheet.unit_id.not_in(others))
    else:
        query = query.where(GradebookSheet.unit_id == line.unit_id)
    grouped: dict[int, list[int]] = {}
    for unit_id, sheet_id in session.execute(query.order_by(GradebookSheet.unit_id, GradebookSheet.id)):
        grouped.setdefault(unit_id, []).append(sheet_id)
    return list(grouped.items())


def _counts(session: Session, sheet: GradebookSheet, line: SubjectPlan) -> tuple[int, int]:
    """Regular and weight-2 columns: what the plan's line asks for, and never fewer than are used."""
    regular = regular_scores(sheet.circular, sheet.kind, line.annual_lessons)
    regular = max(regular, _last_used(session, sheet, REGULAR_COLUMNS))
    if sheet.form is not SheetForm.WEIGHTED:
        return regular, 0
    tests = weighted_count(line, sheet.circular)
    return regular, max(tests, _last_used(session, sheet, PERIODIC_COLUMNS))


def _last_used(session: Session, sheet: GradebookSheet, columns: Sequence[str]) -> int:
    """The last of the columns, from 1, that holds a score; 0 where none does.

    What rows from elsewhere bring beyond the sheet's columns stays with them and asks nothing of the others.
    """
    rows = ROWS[sheet.form]
    used = [sa.func.count(getattr(rows, column)) for column in columns]
    own = rows.sheet_id == sheet.id, rows.carried_from_id.is_(None)
    counts = session.execute(sa.select(*used).where(*own)).one()
    return max((n for n, count in enumerate(counts, start=1) if count), default=0)
