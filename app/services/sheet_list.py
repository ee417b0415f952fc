"""The sheets of a class, and of a unit in a term, with their classes, subjects and teachers."""

from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, joinedload

from app.domain.access import Actor
from app.models import (
    Enrolment,
    GradebookSheet,
    HomeroomAssignment,
    Person,
    SchoolClass,
    Subject,
    TeachingAssignment,
    TeachingGroup,
    TeachingGroupMember,
)
from app.models.base import in_force
from app.services import scope
from app.services.years import Period


def of_class(school_class: SchoolClass) -> sa.Select[GradebookSheet]:
    """Every sheet of a class: its own groups', and those of groups of several classes in which students of it sit.

    Unordered; subjects and groups come with them.
    """
    shared = (
        sa.select(TeachingGroupMember.group_id)
        .join(Enrolment, Enrolment.student_id == TeachingGroupMember.student_id)
        .where(Enrolment.class_id == school_class.id)
    )
    return (
        sa.select(GradebookSheet)
        .join(GradebookSheet.subject)
        .join(GradebookSheet.group)
        .where(
            GradebookSheet.unit_id == school_class.unit_id,
            GradebookSheet.school_year_id == school_class.school_year_id,
            GradebookSheet.grade == school_class.grade,
            sa.or_(
                GradebookSheet.class_id == school_class.id,
                sa.and_(GradebookSheet.class_id.is_(None), GradebookSheet.group_id.in_(shared)),
            ),
        )
        .options(contains_eager(GradebookSheet.subject), contains_eager(GradebookSheet.group))
    )


def sheets_of(
    session: Session, actor: Actor, period: Period, unit_id: int | None, day: date
) -> list[dict[str, Any]]:
    """Sheets of a unit in a period with class, subject and whoever enters them; three statements."""
    sheets = session.scalars(
        scope.scoped(actor, GradebookSheet, day)
        .join(Subject, Subject.id == GradebookSheet.subject_id)
        .join(TeachingGroup, TeachingGroup.id == GradebookSheet.group_id)
        .outerjoin(SchoolClass, SchoolClass.id == GradebookSheet.class_id)
        .where(
            GradebookSheet.unit_id == unit_id,
            GradebookSheet.school_year_id == period.year_id,
            GradebookSheet.term == period.term,
        )
        .options(joinedload(GradebookSheet.subject), joinedload(GradebookSheet.group))
        .order_by(GradebookSheet.grade, TeachingGroup.name, Subject.order_no)
        .limit(2000)
    ).all()
    taught = _subject_teachers(session, {s.group_id for s in sheets if not s.form.by_homeroom}, day)
    led = _homeroom_teachers(session, {s.class_id for s in sheets if s.form.by_homeroom}, day)
    rows: list[dict[str, Any]] = []
    for sheet in sheets:
        by_homeroom = sheet.form.by_homeroom
        people = (
            led.get(sheet.class_id, []) if by_homeroom else taught.get((sheet.group_id, sheet.subject_id), [])
        )
        mine = any(person == actor.person_id for person, _name in people)
        rows.append({"sheet": sheet, "teachers": people, "mine": mine, "homeroom": by_homeroom})
    return rows


def _subject_teachers(
    session: Session, groups: set[int], day: date
) -> dict[tuple[int, int], list[tuple[int, str]]]:
    query = (
        sa.select(TeachingAssignment.group_id, TeachingAssignment.subject_id, Person.id, Person.full_name)
        .join(Person, Person.id == TeachingAssignment.person_id)
        .where(TeachingAssignment.group_id.in_(groups), in_force(TeachingAssignment, day))
        .order_by(TeachingAssignment.in_charge.desc())
    )
    teachers: dict[tuple[int, int], list[tuple[int, str]]] = {}
    for group, subject, person, name in session.execute(query):
        teachers.setdefault((group, subject), []).append((person, name))
    return teachers


def _homeroom_teachers(
    session: Session, classes: set[int | None], day: date
) -> dict[int | None, list[tuple[int, str]]]:
    query = (
        sa.select(HomeroomAssignment.class_id, Person.id, Person.full_name)
        .join(Person, Person.id == HomeroomAssignment.person_id)
        .where(HomeroomAssignment.class_id.in_(classes), in_force(HomeroomAssignment, day))
    )
    teachers: dict[int | None, list[tuple[int, str]]] = {}
    for class_id, person, name in session.execute(query):
        teachers.setdefault(class_id, []).append((person, name))
    return teachers
