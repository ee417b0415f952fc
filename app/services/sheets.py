"""Sheets of the gradebook: one a teaching group, grade, subject and term; made when somebody is to teach it."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.assessment.registry import Circular
from app.domain.assessment.tt22_2021 import REGULAR_COMMENT_CHECKS, required_regular_scores
from app.domain.vocabulary import REGULAR_COLUMNS, GroupKind, Level, SubjectKind
from app.errors import N_, Invalid
from app.models import (
    Enrolment,
    Grade,
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

TERM_SHEETS = frozenset({Circular.TT22_2021, Circular.TT26_2020, Circular.TT43_2021})
"""Circulars whose book has regular, midterm and final scores by term (TT 22 Điều 6, 7; TT 26/2020; TT 43/2021).

For TT 43/2021 the counts are taken from TT 22/2021 until the centre's own are confirmed (facts D1).
"""


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

    Empty for a circular without term sheets (primary, preschool). Invalid when the plan has no such subject.
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


def regular_count(kind: SubjectKind, annual_lessons: int) -> int:
    """Regular columns of a sheet (TT 22/2021 Điều 6 khoản 2): 2, 3 or 4 by lessons, 2 for a comment subject."""
    return REGULAR_COMMENT_CHECKS if kind is SubjectKind.COMMENT else required_regular_scores(annual_lessons)


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
    """After a plan line changed: bring its sheets to the new number of regular columns. Returns how many changed.

    A column that holds a score stays, whatever the plan says. Sheets of units with a line of their own are left alone.
    """
    session = work.session
    if line.status == LineStatus.CLUSTER:
        return 0
    changed = 0
    for unit_id, ids in _sheets_bound(session, line):
        held = sa.select(GradebookSheet).where(GradebookSheet.id.in_(work.lock_sheets(unit_id, ids)))
        for sheet in session.scalars(held.execution_options(populate_existing=True)):
            count = max(regular_count(sheet.kind, line.annual_lessons), _last_used_column(session, sheet.id))
            if count != sheet.regular_count:
                sheet.regular_count = count
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
        circular=grade.circular,
        regular_count=regular_count(subject.kind, line.annual_lessons),
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
        GradebookSheet.circular.in_(sorted(TERM_SHEETS)),
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


def _last_used_column(session: Session, sheet_id: int) -> int:
    """What rows from elsewhere bring beyond the sheet's columns stays with them and asks nothing of the others."""
    used = [sa.func.count(getattr(Grade, column)) for column in REGULAR_COLUMNS]
    own = Grade.sheet_id == sheet_id, Grade.carried_from_id.is_(None)
    counts = session.execute(sa.select(*used).where(*own)).one()
    return max((n for n, count in enumerate(counts, start=1) if count), default=0)
