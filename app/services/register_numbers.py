"""Số đăng bộ: the number a student has in a school's register (Sổ đăng bộ), one running series a school.

A number typed or imported stands, whatever it looks like; who has none gets the next whole number. A student whom another
school receives leaves the number with the former school's place, and has it again after coming back.
"""

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import get_history

from app.domain.access import Action, Actor
from app.errors import N_, Invalid
from app.models import Enrolment, OrgUnit, SchoolClass, Student
from app.services.clock import Clock
from app.services.rights import demand
from app.services.unit_of_work import transaction

TAKEN = N_("The register number %(number)s belongs to another student of the school already.")


def next_numbers(session: Session, unit_id: int, count: int) -> list[str]:
    """The next numbers after the highest one of the school's series; the series is held to the end of the transaction."""
    _hold(session, unit_id)
    given = [*session.scalars(_numbers(unit_id)), *(s.register_no for s in _unsaved(session, unit_id))]
    highest = max((int(number) for number in given if number and _running(number)), default=0)
    return [str(highest + step) for step in range(1, count + 1)]


def give_number(session: Session, student: Student) -> None:
    """The next number of the school, where the student has none."""
    if not student.register_no:
        (student.register_no,) = next_numbers(session, student.unit_id or student.unit.id, 1)


def check_number(session: Session, student: Student) -> None:
    """The number without blanks around it. Invalid for a new one that another student of the school has."""
    number = student.register_no = (student.register_no or "").strip() or None
    if number is None or not get_history(student, "register_no").has_changes():
        return
    unit_id = student.unit_id or student.unit.id
    _hold(session, unit_id)
    if any(other != student.id for other in _holders(session, unit_id, number)) or any(
        row.register_no == number and row is not student for row in _unsaved(session, unit_id)
    ):
        raise Invalid(TAKEN, problems=(("register_no", TAKEN),), number=number)


def number_all(session: Session, unit_id: int, students: Iterable[Student]) -> int:
    """Give those without a number the next ones, in the order given. Returns how many."""
    waiting = [student for student in students if not student.register_no]
    if waiting:
        for student, number in zip(waiting, next_numbers(session, unit_id, len(waiting)), strict=True):
            student.register_no = number
    return len(waiting)


def unnumbered(session: Session, unit_id: int) -> int:
    """How many students on file at the school have no number yet."""
    query = sa.select(sa.func.count()).where(Student.unit_id == unit_id, Student.register_no.is_(None))
    return session.scalar(query) or 0


def number_students(actor: Actor, unit_id: int, *, clock: Clock) -> int:
    """Give every student of the school who has no number the next ones, in the order they came. Returns how many.

    Forbidden without student.manage.
    """
    with transaction(actor, "student.number", clock=clock) as work:
        demand(actor, Action.STUDENT_MANAGE, unit_id)
        came = (
            sa.select(Enrolment.student_id, sa.func.min(Enrolment.starts_on).label("day"))
            .join(SchoolClass, SchoolClass.id == Enrolment.class_id)
            .where(SchoolClass.unit_id == unit_id)
            .group_by(Enrolment.student_id)
            .subquery()
        )
        query = (
            sa.select(Student)
            .join(came, came.c.student_id == Student.id)
            .where(Student.unit_id == unit_id, Student.register_no.is_(None))
            .order_by(came.c.day, Student.sort_key, Student.id)
        )
        done = number_all(work.session, unit_id, work.session.scalars(query).all())
        work.flush()
        work.audit("student.number", target=work.session.get_one(OrgUnit, unit_id), students=done)
        return done


def change_school(session: Session, student: Student, former: Enrolment, unit_id: int) -> None:
    """The student belongs to another school from now on: the number stays behind, and one of the new series is given."""
    former.register_no = student.register_no
    student.unit_id = unit_id
    before = (
        sa.select(Enrolment.register_no)
        .join(SchoolClass, SchoolClass.id == Enrolment.class_id)
        .where(
            Enrolment.student_id == student.id,
            SchoolClass.unit_id == unit_id,
            Enrolment.register_no.is_not(None),
        )
        .order_by(Enrolment.starts_on.desc())
    )
    student.register_no = session.scalars(before).first()
    give_number(session, student)


def _hold(session: Session, unit_id: int) -> None:
    session.execute(sa.select(OrgUnit.id).where(OrgUnit.id == unit_id).with_for_update())


def _numbers(unit_id: int) -> sa.CompoundSelect[tuple[str | None]]:
    return sa.union_all(
        sa.select(Student.register_no).where(Student.unit_id == unit_id, Student.register_no.is_not(None)),
        sa.select(Enrolment.register_no)
        .join(SchoolClass, SchoolClass.id == Enrolment.class_id)
        .where(SchoolClass.unit_id == unit_id, Enrolment.register_no.is_not(None)),
    )


def _holders(session: Session, unit_id: int, number: str) -> Iterable[int]:
    """Students who have the number in the school, or had it before another school received them."""
    return session.scalars(
        sa.union_all(
            sa.select(Student.id).where(Student.unit_id == unit_id, Student.register_no == number),
            sa.select(Enrolment.student_id)
            .join(SchoolClass, SchoolClass.id == Enrolment.class_id)
            .where(SchoolClass.unit_id == unit_id, Enrolment.register_no == number),
        )
    )


def _unsaved(session: Session, unit_id: int) -> list[Student]:
    """Students of the school that this transaction adds: no query sees them yet."""
    return [
        row for row in session.new if isinstance(row, Student) and (row.unit_id or row.unit.id) == unit_id
    ]


def _running(number: str) -> bool:
    return number.isascii() and number.isdigit()
