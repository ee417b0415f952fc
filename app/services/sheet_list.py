"""The sheets of a unit in a term, with their classes, subjects and teachers."""

from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.domain.access import Actor
from app.models import GradebookSheet, Person, SchoolClass, Subject, TeachingAssignment, TeachingGroup
from app.models.base import in_force
from app.services import scope
from app.services.years import Period


def sheets_of(
    session: Session, actor: Actor, period: Period, unit_id: int | None, day: date
) -> list[dict[str, Any]]:
    """Sheets of a unit in a period with class, subject and teachers; two statements."""
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
    groups = {s.group_id for s in sheets}
    teachers: dict[tuple[int, int], list[Any]] = {}
    for group, subject, person, name in session.execute(
        sa.select(TeachingAssignment.group_id, TeachingAssignment.subject_id, Person.id, Person.full_name)
        .join(Person, Person.id == TeachingAssignment.person_id)
        .where(TeachingAssignment.group_id.in_(groups), in_force(TeachingAssignment, day))
        .order_by(TeachingAssignment.in_charge.desc())
    ):
        teachers.setdefault((group, subject), []).append((person, name))
    rows: list[dict[str, Any]] = [
        {"sheet": s, "teachers": teachers.get((s.group_id, s.subject_id), [])} for s in sheets
    ]
    for row in rows:
        row["mine"] = any(person == actor.person_id for person, _name in row["teachers"])
    return rows
