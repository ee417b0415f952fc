"""What waits for a school's administrators and office today, counted in one statement."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import Actor
from app.models import Account, Enrolment, HomeroomAssignment, Position, SchoolClass
from app.models.base import in_force
from app.services.clock import local_day
from app.services.lock_requests import waiting_seats
from app.services.years import Period


@dataclass(frozen=True, slots=True)
class Duties:
    """Counts for a school on a day, in the chosen school year."""

    classes: int
    students: int
    staff: int
    without_homeroom: int
    without_students: int
    never_signed_in: int
    accounts: int
    without_account: int
    lock_requests: int = 0


def school_duties(session: Session, actor: Actor, period: Period, now: datetime) -> Duties:
    """The actor's own school: numbers, classes without a homeroom teacher, accounts nobody has signed in to yet."""
    unit_id, day = actor.unit_id, local_day(now)
    waiting = waiting_seats(unit_id, now).subquery()
    classes = (SchoolClass.unit_id == unit_id, SchoolClass.school_year_id == period.year_id)
    led = sa.select(HomeroomAssignment.id).where(
        HomeroomAssignment.class_id == SchoolClass.id, in_force(HomeroomAssignment, day)
    )
    filled = sa.select(Enrolment.id).where(Enrolment.class_id == SchoolClass.id, in_force(Enrolment, day))
    accounts = (Account.unit_id == unit_id, Account.active.is_(True), Account.is_unit_admin.is_(False))
    owned = sa.select(Account.id).where(Account.person_id == Position.person_id, Account.unit_id == unit_id)
    row = session.execute(
        sa.select(
            _count(SchoolClass.id, *classes).label("classes"),
            _students(classes, day).label("students"),
            _count(Position.person_id.distinct(), Position.unit_id == unit_id, in_force(Position, day)).label(
                "staff"
            ),
            _count(SchoolClass.id, *classes, ~led.correlate(SchoolClass).exists()).label("without_homeroom"),
            _count(SchoolClass.id, *classes, ~filled.correlate(SchoolClass).exists()).label(
                "without_students"
            ),
            _count(Account.id, *accounts, Account.last_login.is_(None)).label("never_signed_in"),
            _count(Account.id, *accounts).label("accounts"),
            _count(
                Position.person_id.distinct(),
                Position.unit_id == unit_id,
                in_force(Position, day),
                ~owned.correlate(Position).exists(),
            ).label("without_account"),
            sa.select(sa.func.count()).select_from(waiting).scalar_subquery().label("lock_requests"),
        )
    ).one()
    return Duties(*(int(value) for value in row))


def _count(column: Any, *where: sa.ColumnElement[bool]) -> Any:
    return sa.select(sa.func.count(column)).where(*where).scalar_subquery()


def _students(classes: tuple[sa.ColumnElement[bool], ...], day: date) -> Any:
    enrolled = sa.select(sa.func.count(Enrolment.student_id.distinct())).join(
        SchoolClass, SchoolClass.id == Enrolment.class_id
    )
    return enrolled.where(*classes, in_force(Enrolment, day)).scalar_subquery()
