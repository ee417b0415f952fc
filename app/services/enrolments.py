"""Students of a school: admission, moves between classes, leaving, coming back (facts F3, F4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import Action, Actor
from app.domain.dates import format_date
from app.domain.names import nfc
from app.errors import N_, Invalid
from app.models import (
    Enrolment,
    Guardian,
    HomeroomAssignment,
    OrgUnit,
    SchoolClass,
    SchoolYear,
    Student,
    TeachingGroup,
    TeachingGroupMember,
)
from app.models.base import in_force
from app.reference.code_lists import CODE_LISTS
from app.services import scope
from app.services.carry import carry_into_classes
from app.services.clock import Clock, local_day
from app.services.people import PersonName, apply_name, check_codes, complete_student
from app.services.programme import terms_of
from app.services.register_numbers import give_number
from app.services.rights import demand
from app.services.rows import is_saved
from app.services.unit_of_work import Work, transaction

ONE_DAY: Final = timedelta(days=1)
SUMMER: Final = timedelta(days=92)
STATUS: Final = CODE_LISTS["enrolment_status"]
STUDYING: Final = "01"
RELATIONS: Final = ("father", "mother", "guardian")

_MOVED = {1: "04", 2: "08", 3: "11"}
_LEFT = {1: "05", 2: "09", 3: "12"}
_CAME = {1: "02", 2: "06", 3: "10"}
"""Status codes of facts F4 by the time of year: term I, term II, summer."""


@dataclass(frozen=True)
class Admission:
    """How a student comes into a class: since when, by which way (entry_kind) and with which status."""

    class_id: int
    starts_on: date
    entry_code: str = "0"
    status_code: str = STUDYING
    order_no: int | None = None
    other_school: str | None = None


@dataclass(frozen=True)
class GuardianSheet:
    """Father, mother or guardian as the personal sheet has them."""

    relation: str
    full_name: str
    birth_year: int | None = None
    job: str | None = None
    phone: str | None = None
    email: str | None = None


@dataclass(frozen=True)
class Leaving:
    """Why and where a student goes; `status_code` of the groups "transferred" or "left" (facts F4)."""

    status_code: str
    day: date
    reason_code: str | None = None
    other_school: str | None = None


def admit_student(
    actor: Actor,
    unit_id: int,
    name: PersonName,
    values: Mapping[str, Any],
    admission: Admission,
    guardians: Sequence[GuardianSheet] = (),
    *,
    clock: Clock,
) -> int:
    """A new student with parents and a place in a class. Returns the id.

    Forbidden without student.manage in the unit; Invalid for a class of another unit, a bad code, identifier or day.
    """
    with transaction(actor, "student.admit", clock=clock) as work:
        today = local_day(clock())
        demand(actor, Action.STUDENT_MANAGE, unit_id)
        unit = work.session.get_one(OrgUnit, unit_id)
        student = add_student(work, unit, name, values, guardians, day=today)
        school_class = scope.get(work.session, actor, SchoolClass, admission.class_id, today)
        enrol(work, student, school_class, admission)
        work.flush()
        work.audit("student.admit", target=student, school_class=school_class.name)
        return student.id


def add_student(
    work: Work,
    unit: OrgUnit,
    name: PersonName,
    values: Mapping[str, Any],
    guardians: Sequence[GuardianSheet] = (),
    *,
    day: date,
) -> Student:
    """Inside a transaction: the personal sheet with parents and a register number, checked, not flushed."""
    usual = {"ethnicity_code": "01", "nationality": "Việt Nam", "status_code": STUDYING}
    student = Student(unit=unit, **{**usual, **values})
    apply_name(student, name)
    complete_student(work.session, student, day)
    give_number(work.session, student)
    work.session.add(student)
    set_guardians(work, student, guardians)
    return student


def set_guardians(work: Work, student: Student, sheets: Sequence[GuardianSheet]) -> None:
    """Inside a transaction: write father, mother and guardian as given; a relation not named stays as it is."""
    known = {row.relation: row for row in student.guardians} if is_saved(student) else {}
    for sheet in sheets:
        if sheet.relation not in RELATIONS:
            raise Invalid(N_("A contact is the father, the mother or a guardian."))
        row = known.get(sheet.relation)
        if row is None:
            row = Guardian(student=student, relation=sheet.relation)
            work.session.add(row)
        row.full_name = " ".join(nfc(sheet.full_name).split())
        row.birth_year, row.job, row.phone, row.email = sheet.birth_year, sheet.job, sheet.phone, sheet.email


def enrol(work: Work, student: Student, school_class: SchoolClass, admission: Admission) -> Enrolment:
    """Inside a transaction: a place in a class from a day; not flushed. Invalid while another place is open.

    Marks the student has of this year come along.
    """
    year = _check_admission(work.session, student, school_class, admission)
    if is_saved(student):
        carry_into_classes(work, year, [(student.id, school_class, admission.starts_on)])
    row = Enrolment(
        student=student,
        school_class=school_class,
        starts_on=admission.starts_on,
        status_code=admission.status_code,
        status_date=admission.starts_on,
        entry_code=admission.entry_code,
        other_school=admission.other_school,
        order_no=admission.order_no or _next_order(work.session, school_class),
    )
    work.session.add(row)
    if student.status_code != admission.status_code:
        student.status_code = admission.status_code
    return row


def move_to_class(
    actor: Actor, student_id: int, class_id: int, day: date, *, reason: str | None = None, clock: Clock
) -> int:
    """From `day` on the student sits in another class of the same school and year. Returns the new enrolment's id.

    The former place ends the day before; groups drawn from the former class end with it. The marks come along.
    """
    with transaction(actor, "enrolment.move", clock=clock, reason=reason) as work:
        today = local_day(clock())
        student = scope.get(work.session, actor, Student, student_id, today)
        demand(actor, Action.STUDENT_MANAGE, student.unit_id)
        school_class = scope.get(work.session, actor, SchoolClass, class_id, today)
        row = place_in_class(work, student, school_class, day)
        work.flush()
        work.audit("enrolment.move", target=student, school_class=school_class.name, day=day.isoformat())
        return row.id


def place_in_class(work: Work, student: Student, school_class: SchoolClass, day: date) -> Enrolment:
    """Inside a transaction: end the open place the day before and begin the new one."""
    current = open_enrolment(work.session, student.id, day)
    if current is None:
        raise Invalid(
            N_("%(name)s is in no class on that day. Enrol the student instead."), name=student.full_name
        )
    former = work.session.get_one(SchoolClass, current.class_id)
    if former.id == school_class.id:
        raise Invalid(N_("%(name)s is in that class already."), name=student.full_name)
    if former.school_year_id != school_class.school_year_id:
        raise Invalid(N_("The new class belongs to another school year."))
    if current.starts_on >= day:
        raise Invalid(
            N_("%(name)s came into the present class on %(day)s. Choose a later day."),
            name=student.full_name,
            day=format_date(current.starts_on),
        )
    current.ends_on = day - ONE_DAY
    _leave_groups(work.session, student.id, day, class_id=former.id)
    admission = Admission(
        school_class.id, day, entry_code=current.entry_code or "0", status_code=current.status_code
    )
    return enrol(work, student, school_class, admission)


def leave(actor: Actor, student_id: int, leaving: Leaving, *, clock: Clock) -> None:
    """The student moves away or stops: `leaving.day` is the last day here. Nothing recorded goes away.

    Forbidden without student.manage; Invalid unless the status says transferred or left.
    """
    with transaction(actor, "enrolment.leave", clock=clock, reason=leaving.other_school) as work:
        student = scope.get(work.session, actor, Student, student_id, local_day(clock()))
        demand(actor, Action.STUDENT_MANAGE, student.unit_id)
        close_enrolment(work, student, leaving)
        work.audit("enrolment.leave", target=student, status=leaving.status_code, day=leaving.day.isoformat())


def close_enrolment(work: Work, student: Student, leaving: Leaving) -> Enrolment:
    """Inside a transaction: end the open place with its status, and the groups with it."""
    if leaving.status_code not in STATUS or is_studying(leaving.status_code):
        raise Invalid(N_("Choose a status that says the student has moved or left."))
    row = open_enrolment(work.session, student.id, leaving.day)
    if row is None:
        raise Invalid(N_("%(name)s is in no class on that day."), name=student.full_name)
    if leaving.day < row.starts_on:
        raise Invalid(N_("The last day comes before the first."))
    row.ends_on = leaving.day
    row.status_code, row.status_date = leaving.status_code, leaving.day
    row.leave_reason_code, row.other_school = leaving.reason_code, leaving.other_school
    check_codes(row, {"leave_reason_code": "leave_reason"})
    student.status_code = leaving.status_code
    _leave_groups(work.session, student.id, leaving.day + ONE_DAY)
    return row


def readmit(actor: Actor, student_id: int, admission: Admission, *, clock: Clock) -> int:
    """A student of this school comes into a class: the next year's, or back after leaving. Returns the new row's id."""
    with transaction(actor, "enrolment.enrol", clock=clock) as work:
        today = local_day(clock())
        student = scope.get(work.session, actor, Student, student_id, today)
        demand(actor, Action.STUDENT_MANAGE, student.unit_id)
        school_class = scope.get(work.session, actor, SchoolClass, admission.class_id, today)
        row = enrol(work, student, school_class, admission)
        work.flush()
        work.audit("enrolment.enrol", target=student, school_class=school_class.name)
        return row.id


def change_status(actor: Actor, student_id: int, status_code: str, day: date, *, clock: Clock) -> None:
    """Another status of somebody who goes on studying here; moving away and stopping are `leave`."""
    with transaction(actor, "enrolment.status", clock=clock) as work:
        student = scope.get(work.session, actor, Student, student_id, local_day(clock()))
        demand(actor, Action.STUDENT_MANAGE, student.unit_id)
        row = open_enrolment(work.session, student.id, day)
        if row is None:
            raise Invalid(N_("%(name)s is in no class on that day."), name=student.full_name)
        if status_code not in STATUS or not is_studying(status_code):
            raise Invalid(
                N_("This status ends the place in the class. Record it as leaving, with the last day.")
            )
        row.status_code, row.status_date = status_code, day
        student.status_code = status_code
        work.audit("enrolment.status", target=student, status=status_code)


def renumber(actor: Actor, class_id: int, day: date, *, clock: Clock) -> int:
    """Number the class list by name, as at the start of a year; later arrivals stand at the end. Returns how many."""
    with transaction(actor, "enrolment.renumber", clock=clock) as work:
        school_class = scope.get(work.session, actor, SchoolClass, class_id, local_day(clock()))
        demand(actor, Action.CLASS_MANAGE, school_class.unit_id)
        rows = work.session.scalars(
            sa.select(Enrolment)
            .join(Student)
            .where(Enrolment.class_id == class_id, in_force(Enrolment, day))
            .order_by(Student.sort_key, Student.id)
        ).all()
        for number, row in enumerate(rows, start=1):
            if row.order_no != number:
                row.order_no = number
        work.audit("enrolment.renumber", target=school_class)
        return len(rows)


def is_studying(status_code: str) -> bool:
    """True for the statuses that count as đang học."""
    return status_code in STATUS.codes_of("studying")


def season(session: Session, unit_id: int, year: SchoolYear, day: date) -> int:
    """1 in term I and before it, 2 in term II, 3 in the summer after: what the status codes tell apart."""
    terms = terms_of(session, unit_id, year)
    if 1 in terms and day <= terms[1].ends_on:
        return 1
    return 2 if 2 in terms and day <= terms[2].ends_on else 3


def leaving_code(session: Session, unit_id: int, year: SchoolYear, day: date, *, moved: bool) -> str:
    """Status code for moving away (chuyển đi) or stopping (thôi học) on that day."""
    return (_MOVED if moved else _LEFT)[season(session, unit_id, year, day)]


def arrival_code(session: Session, unit_id: int, year: SchoolYear, day: date) -> str:
    """Status code for coming from another school (chuyển đến) on that day."""
    return _CAME[season(session, unit_id, year, day)]


def open_enrolment(session: Session, student_id: int, day: date) -> Enrolment | None:
    """The place in a class that is in force on `day`, or still to begin."""
    query = sa.select(Enrolment).where(
        Enrolment.student_id == student_id, sa.or_(Enrolment.ends_on.is_(None), Enrolment.ends_on >= day)
    )
    rows = session.scalars(query.order_by(Enrolment.starts_on.desc()))
    return next(
        (row for row in rows if row.ends_on is None or row.ends_on >= day), None
    )  # ended, not flushed yet


def places_in(session: Session, class_id: int, day: date) -> list[Enrolment]:
    """Places of a class that are in force on a day."""
    return list(
        session.scalars(sa.select(Enrolment).where(Enrolment.class_id == class_id, in_force(Enrolment, day)))
    )


def homeroom_of(session: Session, student_id: int, person_id: int | None, day: date) -> bool:
    """True when the person is homeroom teacher of the student's class on that day."""
    if person_id is None:
        return False
    query = (
        sa.select(HomeroomAssignment.id)
        .join(Enrolment, Enrolment.class_id == HomeroomAssignment.class_id)
        .where(
            HomeroomAssignment.person_id == person_id,
            in_force(HomeroomAssignment, day),
            Enrolment.student_id == student_id,
            in_force(Enrolment, day),
        )
    )
    return session.scalars(query).first() is not None


def _check_admission(
    session: Session, student: Student, school_class: SchoolClass, admission: Admission
) -> SchoolYear:
    """The year of the class; the place an earlier year left open ends."""
    if (school_class.unit_id or school_class.unit.id) != (student.unit_id or student.unit.id):
        raise Invalid(N_("The class belongs to another school."))
    if admission.entry_code not in CODE_LISTS["entry_kind"]:
        raise Invalid(N_("The code %(code)s is not in the list."), code=admission.entry_code)
    if admission.status_code not in STATUS or not is_studying(admission.status_code):
        raise Invalid(N_("A student comes into a class with a status that says studying."))
    year = session.get_one(SchoolYear, school_class.school_year_id)
    if not year.starts_on - SUMMER <= admission.starts_on <= year.ends_on:
        raise Invalid(N_("%(day)s lies outside the school year."), day=format_date(admission.starts_on))
    if not is_saved(student):
        return year
    current = open_enrolment(session, student.id, admission.starts_on)
    if current is not None and not _is_last_year(session, current, year):
        raise Invalid(N_("%(name)s is in a class already. Move the student instead."), name=student.full_name)
    if current is not None:
        current.ends_on = admission.starts_on - ONE_DAY
    return year


def _is_last_year(session: Session, row: Enrolment, year: SchoolYear) -> bool:
    """A place left open in an earlier year ends by itself when the next one begins."""
    other = session.get_one(SchoolClass, row.class_id)
    return session.get_one(SchoolYear, other.school_year_id).start_year < year.start_year


def _next_order(session: Session, school_class: SchoolClass) -> int | None:
    if not is_saved(school_class):
        return None
    highest = session.scalar(
        sa.select(sa.func.max(Enrolment.order_no)).where(Enrolment.class_id == school_class.id)
    )
    return (highest or 0) + 1


def _leave_groups(session: Session, student_id: int, day: date, class_id: int | None = None) -> None:
    """Seats in groups end the day before `day`: all of them, or those drawn from one class."""
    query = (
        sa.select(TeachingGroupMember)
        .join(TeachingGroup, TeachingGroup.id == TeachingGroupMember.group_id)
        .where(
            TeachingGroupMember.student_id == student_id,
            sa.or_(TeachingGroupMember.ends_on.is_(None), TeachingGroupMember.ends_on >= day),
        )
    )
    if class_id is not None:
        query = query.where(TeachingGroup.class_id == class_id)
    for member in session.scalars(query):
        member.ends_on = max(member.starts_on, day - ONE_DAY)
