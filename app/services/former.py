"""A student who has gone to another school, as the former school goes on seeing the time it taught: read-only.

The school keeps its record (S2 Điều 8 khoản 2: at least five years after a student has left); what came later is the new
school's alone.
"""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.domain.access import Action, Actor
from app.errors import NotFound
from app.exchange.records import StudentRecord
from app.models import Enrolment, SchoolClass, Student
from app.services import scope
from app.services.clock import Clock
from app.services.exchange.student import student_record
from app.services.rights import demand


@dataclass(frozen=True)
class Former:
    """The student, the last place at the actor's school, and the school's record of that time."""

    student: Student
    last: Enrolment
    record: StudentRecord


def is_former(session: Session, actor: Actor, student_id: int) -> bool:
    """Whether the actor's school taught the student once and another school has the student now."""
    return _last_place(session, actor, student_id) is not None


def load_former(session: Session, actor: Actor, student_id: int, *, clock: Clock) -> Former:
    """Raises NotFound for who never sat here or still belongs here, Forbidden without the right to take data out."""
    last = _last_place(session, actor, student_id)
    if last is None:
        raise NotFound
    unit = last.school_class.unit
    demand(actor, Action.DATA_EXPORT, unit.id)
    student = session.get_one(Student, student_id)
    return Former(student, last, student_record(session, student, unit, clock()))


def _last_place(session: Session, actor: Actor, student_id: int) -> Enrolment | None:
    query = (
        sa.select(Enrolment)
        .join(Enrolment.school_class)
        .join(Enrolment.student)
        .where(Enrolment.student_id == student_id, scope.taught_before(actor))
        .options(
            joinedload(Enrolment.school_class).joinedload(SchoolClass.school_year),
            joinedload(Enrolment.school_class).joinedload(SchoolClass.unit),
        )
        .order_by(Enrolment.starts_on.desc(), Enrolment.id.desc())
        .limit(1)
    )
    found: Enrolment | None = session.scalars(query).one_or_none()
    return found
