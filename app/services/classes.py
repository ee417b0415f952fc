"""Classes and teaching groups of a school year."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import Action, Actor
from app.domain.assessment.registry import NotCovered, circular_for
from app.domain.names import nfc
from app.domain.units import level_of_grade
from app.domain.vocabulary import GroupKind, Level, SubjectKind
from app.errors import N_, Invalid
from app.models import (
    Enrolment,
    OrgUnit,
    SchoolClass,
    SchoolYear,
    Student,
    Subject,
    TeachingGroup,
    TeachingGroupMember,
)
from app.models.base import in_force
from app.reference.code_lists import match_key
from app.reference.curriculum import LineStatus
from app.services import scope
from app.services.carry import carry_into_group
from app.services.clock import Clock, local_day
from app.services.programme import plan_lines
from app.services.results.due import touch
from app.services.rights import demand
from app.services.rows import is_saved
from app.services.sheets import ensure_homeroom_sheets
from app.services.unit_of_work import Work, transaction


@dataclass(frozen=True)
class NewClass:
    """A class to be made; its level follows from the grade and what the unit teaches."""

    name: str
    grade: int
    order_no: int = 0


@dataclass(frozen=True)
class NewGroup:
    """A teaching group that is not a whole class: a part of one (class_id given), or students of several."""

    name: str
    class_id: int | None = None

    @property
    def kind(self) -> GroupKind:
        """PART of one class, or MIXED of several."""
        return GroupKind.MIXED if self.class_id is None else GroupKind.PART


def create_class(actor: Actor, unit_id: int, year_id: int, new: NewClass, *, clock: Clock) -> int:
    """Make a class with its whole-class teaching group. Returns the class's id.

    Forbidden without class.manage; Invalid for a taken name, a grade the unit doesn't teach or no circular covers.
    """
    with transaction(actor, "school_class.create", clock=clock) as work:
        demand(actor, Action.CLASS_MANAGE, unit_id)
        unit = work.session.get_one(OrgUnit, unit_id)
        year = work.session.get_one(SchoolYear, year_id)
        row, _group = add_class(work, unit, year, new)
        work.flush()
        work.audit("school_class.create", target=row, name=row.name)
        return row.id


def add_class(
    work: Work, unit: OrgUnit, year: SchoolYear, new: NewClass
) -> tuple[SchoolClass, TeachingGroup]:
    """Inside a transaction: the class and its group, not flushed. `year` must have its id."""
    row = SchoolClass(unit=unit, school_year=year, name=new.name, grade=new.grade, order_no=new.order_no)
    return row, settle_class(work, row, unit, year)


def settle_class(work: Work, row: SchoolClass, unit: OrgUnit, year: SchoolYear) -> TeachingGroup:
    """Fill what a new class needs beside its form: level, circular and the group of the whole class."""
    row.unit_id, row.school_year_id = unit.id, year.id
    row.name = " ".join(nfc(row.name).split())
    level = level_of_grade(unit.kind, unit.levels, row.grade)
    if level is None:
        raise Invalid(N_("%(unit)s does not teach grade %(grade)s."), unit=unit.short_name, grade=row.grade)
    row.level = level
    try:
        row.circular = circular_for(level, row.grade, year.start_year, unit.kind).value
    except NotCovered as error:
        raise Invalid(error.message, problems=(), **error.params) from error
    _check_name(work.session, row)
    group = TeachingGroup(
        unit=unit, school_year_id=year.id, kind=GroupKind.WHOLE_CLASS, name=row.name, school_class=row
    )
    work.session.add_all([row, group])
    ensure_homeroom_sheets(work, row, group)
    return group


def rename_class(work: Work, row: SchoolClass) -> None:
    """After a class's name changed: its whole-class group carries the same name."""
    row.name = " ".join(nfc(row.name).split())
    _check_name(work.session, row)
    group = whole_class_group(work.session, row.id)
    if group is not None and group.name != row.name:
        group.name = row.name


def specialise_class(work: Work, row: SchoolClass, subject_id: int | None) -> None:
    """Make it a lớp chuyên of the subject, or an ordinary class; its results fall due (TT 58/2011 Điều 13).

    Invalid unless the subject is one with scores in the plan of an upper secondary class.
    """
    if subject_id == row.specialised_subject_id:
        return
    if subject_id is not None and subject_id not in {s.id for s in specialities(work.session, row)}:
        raise Invalid(
            N_("The specialised subject is one with scores in the plan of an upper secondary class.")
        )
    row.specialised_subject_id = subject_id
    touch(work, row.unit_id, [row.id])


def specialities(session: Session, row: SchoolClass) -> list[Subject]:
    """Subjects the class may be specialised in: those with scores in its plan; none below upper secondary."""
    if row.level is not Level.UPPER_SECONDARY:
        return []
    lines = plan_lines(session, row.unit_id, row.school_year, row.level, row.grade)
    found = {line.subject_id: line.subject for line in lines if line.status != LineStatus.CLUSTER}
    return [subject for subject in found.values() if subject.kind is SubjectKind.SCORED]


def whole_class_group(session: Session, class_id: int) -> TeachingGroup | None:
    """The group of everybody enrolled in the class."""
    query = sa.select(TeachingGroup).where(
        TeachingGroup.class_id == class_id, TeachingGroup.kind == GroupKind.WHOLE_CLASS
    )
    return session.scalars(query).one_or_none()


def create_group(actor: Actor, unit_id: int, year_id: int, new: NewGroup, *, clock: Clock) -> int:
    """Make a group for a part of a class or for students of several. Returns its id."""
    with transaction(actor, "teaching_group.create", clock=clock) as work:
        demand(actor, Action.CLASS_MANAGE, unit_id)
        unit = work.session.get_one(OrgUnit, unit_id)
        year = work.session.get_one(SchoolYear, year_id)
        if new.class_id is not None:
            scope.get(work.session, actor, SchoolClass, new.class_id, local_day(clock()))
        group = add_group(work, unit, year, new)
        work.flush()
        work.audit("teaching_group.create", target=group, name=group.name)
        return group.id


def add_group(work: Work, unit: OrgUnit, year: SchoolYear, new: NewGroup) -> TeachingGroup:
    """Inside a transaction: the group, not flushed. Whole-class groups are made with their class."""
    name = " ".join(nfc(new.name).split())
    _check_group_name(work.session, unit.id, year.id, name)
    group = TeachingGroup(unit=unit, school_year_id=year.id, kind=new.kind, name=name, class_id=new.class_id)
    work.session.add(group)
    return group


def set_members(actor: Actor, group_id: int, student_ids: Iterable[int], day: date, *, clock: Clock) -> None:
    """From `day` on the group is exactly these students; who leaves it ends the day before.

    Invalid for a whole-class group (it follows the enrolments) and for a student in no class of the group's year.
    """
    with transaction(actor, "teaching_group.members", clock=clock) as work:
        group = scope.get(work.session, actor, TeachingGroup, group_id, local_day(clock()))
        demand(actor, Action.CLASS_MANAGE, group.unit_id)
        joined, left = place_members(work, group, set(student_ids), day)
        work.audit("teaching_group.members", target=group, joined=joined, left=left, day=day.isoformat())


def place_members(work: Work, group: TeachingGroup, student_ids: set[int], day: date) -> tuple[int, int]:
    """Inside a transaction: (how many joined, how many left). Flushes where the group has no id yet.

    Who joins brings the marks of a former group, or of the class as a whole, in the same subjects.
    """
    if group.kind is GroupKind.WHOLE_CLASS:
        raise Invalid(
            N_("A whole-class group follows the class list. Enrol the student in the class instead.")
        )
    if not is_saved(group):
        work.flush()
    _check_members(work.session, group, student_ids, day)
    query = sa.select(TeachingGroupMember).where(
        TeachingGroupMember.group_id == group.id,
        sa.or_(TeachingGroupMember.ends_on.is_(None), TeachingGroupMember.ends_on >= day),
    )
    present = {member.student_id: member for member in work.session.scalars(query)}
    leaving = [member for key, member in present.items() if key not in student_ids]
    for member in leaving:
        member.ends_on = max(day - timedelta(days=1), member.starts_on)
    joining = student_ids - set(present)
    carry_into_group(work, group, joining, day)
    for key in sorted(joining):
        work.session.add(TeachingGroupMember(group=group, student_id=key, starts_on=day))
    return len(joining), len(leaving)


def students_in(session: Session, group: TeachingGroup, day: date) -> list[Student]:
    """Students of a group on a day, in the order of the class list."""
    if group.kind is GroupKind.WHOLE_CLASS:
        link, mine = Enrolment, Enrolment.class_id == group.class_id
    else:
        link, mine = TeachingGroupMember, TeachingGroupMember.group_id == group.id
    query = sa.select(Student).join(link, link.student_id == Student.id)
    return list(
        session.scalars(query.where(mine, in_force(link, day)).order_by(Student.sort_key, Student.id))
    )


def _check_members(session: Session, group: TeachingGroup, student_ids: set[int], day: date) -> None:
    within = [SchoolClass.unit_id == group.unit_id, SchoolClass.school_year_id == group.school_year_id]
    if group.class_id is not None:
        within.append(SchoolClass.id == group.class_id)
    query = sa.select(Enrolment.student_id).join(SchoolClass, SchoolClass.id == Enrolment.class_id)
    enrolled = set(session.scalars(query.where(*within, in_force(Enrolment, day))))
    strangers = student_ids - enrolled
    if strangers:
        raise Invalid(
            N_("%(n)s of the chosen students are in none of the classes this group draws on."),
            n=len(strangers),
        )


def _check_name(session: Session, row: SchoolClass) -> None:
    if set(_named(session, SchoolClass, row.unit_id, row.school_year_id, row.name)) - {row.id}:
        raise Invalid(N_("There is a class %(name)s in this school year already."), name=row.name)


def _check_group_name(session: Session, unit_id: int, year_id: int, name: str) -> None:
    if _named(session, TeachingGroup, unit_id, year_id, name):
        raise Invalid(N_("There is a group %(name)s in this school year already."), name=name)


def _named(session: Session, model: Any, unit_id: int, year_id: int, name: str) -> list[int]:
    """Ids of a unit's rows of that year called so: 6c and 6C are one name, as the import reads them."""
    rows = session.execute(
        sa.select(model.id, model.name).where(model.unit_id == unit_id, model.school_year_id == year_id)
    )
    return [key for key, held in rows if match_key(held) == match_key(name)]
