"""A student comes from another school of the program, once that school has recorded the leaving (facts F4).

Nobody can look for another school's students: the identifier and the birth date must both fit, what doesn't fit and
who has not been let go get one answer, and a school that searches in vain too often waits.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.domain.access import Action, Actor
from app.domain.dates import format_date
from app.errors import N_, Invalid
from app.extensions import db
from app.models import Enrolment, SchoolClass, SchoolYear, Student
from app.reference.code_lists import CODE_LISTS
from app.services import scope
from app.services.clock import Clock, local_day
from app.services.enrolments import Admission, arrival_code, enrol
from app.services.exchange.transfers import note_received
from app.services.register_numbers import change_school
from app.services.rights import demand
from app.services.searches import note_search, slow_down
from app.services.unit_of_work import transaction

SEARCH: Final = "student.search"

FROM_ELSEWHERE: Final = "1"  # entry_kind: chuyển đến
TRANSFERRED: Final = CODE_LISTS["enrolment_status"].codes_of("transferred")

NO_MATCH: Final = N_(
    "No student with this identifier and birth date has been released by another school. Compare both with the "
    "transfer papers; if they are right, ask the former school to record the leaving."
)


@dataclass(frozen=True)
class Released:
    """A student whom the former school has let go: as much as the receiving clerk needs to be sure."""

    full_name: str
    birth_date: date
    school: str
    class_name: str
    year_label: str
    last_day: date


def find_released(actor: Actor, identifier: str, born: date, *, clock: Clock) -> Released:
    """The one student with this identifier (of the sector, or personal) and birth date who was let go elsewhere.

    Forbidden without student.manage; Invalid when there is none, whatever the reason; TooManyTries. Each search is told
    in the trail.
    """
    demand(actor, Action.STUDENT_MANAGE, actor.unit_id)
    session, now = db.session(), clock()
    slow_down(session, actor, SEARCH, now)
    found = _released(session, actor, identifier, born, local_day(now))
    if found is None:
        note_search(actor, SEARCH, identifier, None, clock=clock)
        raise Invalid(NO_MATCH)
    student, place = found
    school_class = place.school_class
    released = Released(
        full_name=student.full_name,
        birth_date=student.birth_date,
        school=school_class.unit.name,
        class_name=school_class.name,
        year_label=school_class.school_year.label,
        last_day=place.ends_on or local_day(now),
    )
    note_search(actor, SEARCH, identifier, student, clock=clock)
    return released


def receive_student(
    actor: Actor, identifier: str, born: date, class_id: int, day: date, *, clock: Clock
) -> int:
    """From `day` on the student belongs to the actor's school and sits in the class. Returns the student's id.

    The former school keeps its class list, its sheets and books as they are; marks of terms that go on come along.
    Raises as `find_released`, and Invalid for a day or class that doesn't fit.
    """
    find_released(actor, identifier, born, clock=clock)
    with transaction(actor, "student.receive", clock=clock) as work:
        session, today = work.session, local_day(clock())
        found = _released(session, actor, identifier, born, today, hold=True)
        if found is None:  # received elsewhere meanwhile
            raise Invalid(NO_MATCH)
        student, place = found
        former = place.school_class
        if place.ends_on is None or day <= place.ends_on:
            raise Invalid(
                N_("The last day at the former school was %(day)s. Choose a later day."),
                day=format_date(place.ends_on),
            )
        school_class = scope.get(session, actor, SchoolClass, class_id, today)
        demand(actor, Action.STUDENT_MANAGE, school_class.unit_id)
        year = session.get_one(SchoolYear, school_class.school_year_id)
        change_school(session, student, place, school_class.unit_id)
        status = arrival_code(session, school_class.unit_id, year, day)
        other = former.unit.short_name
        enrol(
            work, student, school_class, Admission(class_id, day, FROM_ELSEWHERE, status, other_school=other)
        )
        note_received(work, student, former.unit_id)
        work.flush()
        work.audit(
            "student.receive",
            target=student,
            school_class=school_class.name,
            day=day.isoformat(),
            former_unit=former.unit_id,
            former_class=former.name,
        )
        return student.id


def _released(
    session: Session, actor: Actor, identifier: str, born: date, day: date, *, hold: bool = False
) -> tuple[Student, Enrolment] | None:
    """The student and the place that was left; None unless exactly one fits and nothing of a place is open.

    `hold` locks the student's row, so that two schools never receive the same student.
    """
    key = "".join(identifier.split())
    query = sa.select(Student).where(
        sa.or_(Student.student_code == key, Student.national_id == key),
        Student.birth_date == born,
        Student.unit_id != actor.unit_id,
    )
    found = session.scalars(query.with_for_update() if hold else query).all()
    if not key or len(found) != 1:
        return None
    places = session.scalars(
        sa.select(Enrolment)
        .where(Enrolment.student_id == found[0].id)
        .options(
            joinedload(Enrolment.school_class).joinedload(SchoolClass.unit),
            joinedload(Enrolment.school_class).joinedload(SchoolClass.school_year),
        )
        .order_by(Enrolment.starts_on.desc(), Enrolment.id.desc())
    ).all()
    if not places or any(place.ends_on is None or place.ends_on > day for place in places):
        return None
    return (found[0], places[0]) if places[0].status_code in TRANSFERRED else None
