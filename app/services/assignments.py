"""Who teaches whom what, and who is homeroom teacher: dated, one in charge at a time (S2 Điều 7, S4 Điều 15)."""

from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, joinedload

from app.domain.access import Action, Actor
from app.domain.dates import format_date
from app.domain.sheet_forms import ALL_COLUMNS, SheetForm
from app.errors import N_, Invalid
from app.models import (
    HomeroomAssignment,
    Person,
    Position,
    SchoolClass,
    SchoolYear,
    Subject,
    SubjectPart,
    TeachingAssignment,
    TeachingGroup,
)
from app.services import scope
from app.services.clock import Clock, local_day
from app.services.rights import demand
from app.services.rows import is_saved
from app.services.sheet_cells import row_cells
from app.services.sheets import ensure_sheets
from app.services.unit_of_work import Work, transaction

ONE_DAY = timedelta(days=1)
SUMMER = timedelta(days=92)
"""Decisions for a year are made in the summer before it."""
SUBJECT_COLUMNS = tuple(
    column
    for column in ALL_COLUMNS
    if any(column in row_cells(form) for form in SheetForm if not form.by_homeroom)
)
"""Columns an assignment may name: those of every form of a subject's sheet, in printed order."""


@dataclass(frozen=True)
class NewAssignment:
    """A teacher for a group's subject, or for a part of it with its columns (empty: every column).

    `in_charge` None: only where nobody else is.
    """

    person_id: int
    group_id: int
    subject_id: int
    starts_on: date
    part_id: int | None = None
    columns: tuple[str, ...] = ()
    in_charge: bool | None = True
    decision: str | None = None
    ends_on: date | None = None


def assign_teacher(actor: Actor, new: NewAssignment, *, clock: Clock) -> int:
    """Assign from a day on; the one it replaces ends the day before; the sheets are there afterwards. Returns its id.

    Forbidden without assignment.manage; Invalid where the group would be left without a teacher in charge, the day
    lies outside the school year, or the plan has no such subject.
    """
    with transaction(actor, "teaching_assignment.assign", clock=clock, reason=new.decision) as work:
        group = scope.get(work.session, actor, TeachingGroup, new.group_id, local_day(clock()))
        demand(actor, Action.ASSIGNMENT_MANAGE, group.unit_id)
        row = add_assignment(work, group, new)
        work.flush()
        work.audit(
            "teaching_assignment.assign", target=row, group=group.name, starts_on=new.starts_on.isoformat()
        )
        return row.id


def add_assignment(work: Work, group: TeachingGroup, new: NewAssignment) -> TeachingAssignment:
    """Inside a transaction: the row, its predecessors ended, its sheets made; not flushed."""
    session = work.session
    year = session.get_one(SchoolYear, group.school_year_id)
    subject = session.get(Subject, new.subject_id)
    person = session.get(Person, new.person_id)
    if subject is None or person is None:
        raise Invalid(N_("Choose a teacher and a subject."))
    check_member(session, person, group.unit_id, new.starts_on)
    _check_days(new.starts_on, new.ends_on, year)
    _check_part(session, new, subject)
    in_charge = _replace(work, group, new)
    ensure_sheets(work, group, subject, year)
    row = TeachingAssignment(
        person=person,
        group=group,
        subject=subject,
        part_id=new.part_id,
        columns=[column for column in SUBJECT_COLUMNS if column in new.columns],
        in_charge=in_charge,
        decision=new.decision,
        starts_on=new.starts_on,
        ends_on=new.ends_on,
    )
    session.add(row)
    return row


def end_assignment(
    actor: Actor, assignment_id: int, day: date, *, clock: Clock, reason: str | None = None
) -> None:
    """`day` is the last day of an assignment. The group may stay without a teacher until another is assigned."""
    with transaction(actor, "teaching_assignment.end", clock=clock, reason=reason) as work:
        row = scope.get(work.session, actor, TeachingAssignment, assignment_id, local_day(clock()))
        demand(actor, Action.ASSIGNMENT_MANAGE, row.group.unit_id)
        _close(row, day)
        work.audit("teaching_assignment.end", target=row, day=day.isoformat())


def assign_homeroom(
    actor: Actor, class_id: int, person_id: int, day: date, *, decision: str | None = None, clock: Clock
) -> int:
    """From `day` on the person is homeroom teacher of the class; the former ends the day before. Returns its id."""
    with transaction(actor, "homeroom_assignment.assign", clock=clock, reason=decision) as work:
        school_class = scope.get(work.session, actor, SchoolClass, class_id, local_day(clock()))
        demand(actor, Action.ASSIGNMENT_MANAGE, school_class.unit_id)
        row = add_homeroom(work, school_class, person_id, day, decision)
        work.flush()
        work.audit("homeroom_assignment.assign", target=row, school_class=school_class.name)
        return row.id


def add_homeroom(
    work: Work, school_class: SchoolClass, person_id: int, day: date, decision: str | None = None
) -> HomeroomAssignment:
    """Inside a transaction: the row, with the one before it ended; not flushed."""
    session = work.session
    person = session.get(Person, person_id)
    if person is None:
        raise Invalid(N_("Choose a teacher."))
    check_member(session, person, school_class.unit_id, day)
    _check_days(day, None, session.get_one(SchoolYear, school_class.school_year_id))
    if is_saved(school_class):
        for row in session.scalars(
            sa.select(HomeroomAssignment).where(
                HomeroomAssignment.class_id == school_class.id, _reaches(HomeroomAssignment, day)
            )
        ):
            _end_before(row, day)
    row = HomeroomAssignment(person=person, school_class=school_class, starts_on=day, decision=decision)
    session.add(row)
    return row


def end_homeroom(
    actor: Actor, homeroom_id: int, day: date, *, clock: Clock, reason: str | None = None
) -> None:
    """`day` is the last day of a homeroom assignment."""
    with transaction(actor, "homeroom_assignment.end", clock=clock, reason=reason) as work:
        row = scope.get(work.session, actor, HomeroomAssignment, homeroom_id, local_day(clock()))
        demand(actor, Action.ASSIGNMENT_MANAGE, row.school_class.unit_id)
        _close(row, day)
        work.audit("homeroom_assignment.end", target=row, day=day.isoformat())


def check_member(session: Session, person: Person, unit_id: int, day: date) -> None:
    """Invalid unless the person's file is kept at the unit, or a position there reaches that day."""
    if person.unit_id == unit_id:
        return
    held = sa.select(Position.id).where(
        Position.person_id == person.id, Position.unit_id == unit_id, _reaches(Position, day)
    )
    if session.scalars(held).first() is None:
        raise Invalid(N_("The chosen person holds no position in this unit on that day."))


def _replace(work: Work, group: TeachingGroup, new: NewAssignment) -> bool:
    """End what the new row stands in for, and keep exactly one in charge. True when that is the new one."""
    rows = _standing(work.session, group, new)
    replaced = [row for row in rows if row.part_id == new.part_id and _same_cells(row.columns, new.columns)]
    chiefs = [row for row in rows if row.in_charge and row not in replaced]
    in_charge = not chiefs if new.in_charge is None else new.in_charge
    if not in_charge and not chiefs:
        raise Invalid(
            N_("One teacher is in charge of a group's subject and confirms it. Name that teacher first.")
        )
    for chief in chiefs if in_charge else ():
        _step_down(work, chief, new.starts_on)
    for row in replaced:
        _end_before(row, new.starts_on)
    return in_charge


def _step_down(work: Work, chief: TeachingAssignment, day: date) -> None:
    """The former chief goes on teaching the same part, no longer in charge."""
    last = chief.ends_on
    _end_before(chief, day)
    work.session.add(
        TeachingAssignment(
            person_id=chief.person_id,
            group_id=chief.group_id,
            subject_id=chief.subject_id,
            part_id=chief.part_id,
            columns=list(chief.columns),
            in_charge=False,
            decision=chief.decision,
            starts_on=day,
            ends_on=last,
        )
    )


def _standing(session: Session, group: TeachingGroup, new: NewAssignment) -> list[TeachingAssignment]:
    if not is_saved(group):
        return []
    query = sa.select(TeachingAssignment).where(
        TeachingAssignment.group_id == group.id,
        TeachingAssignment.subject_id == new.subject_id,
        _reaches(TeachingAssignment, new.starts_on),
    )
    if new.ends_on is not None:
        query = query.where(TeachingAssignment.starts_on <= new.ends_on)
    return list(session.scalars(query))


def _same_cells(one: list[str], other: tuple[str, ...]) -> bool:
    """Two rows claim the same cells when one has them all, or they share a column."""
    return not one or not other or bool(set(one) & set(other))


def _reaches(
    model: type[TeachingAssignment | HomeroomAssignment | Position], day: date
) -> sa.ColumnElement[bool]:
    """In force on `day` or later."""
    return sa.or_(model.ends_on.is_(None), model.ends_on >= day)


def _end_before(row: TeachingAssignment | HomeroomAssignment, day: date) -> None:
    if row.starts_on >= day:
        raise Invalid(
            N_("%(name)s is already assigned from %(day)s. Choose a later day."),
            name=row.person.full_name,
            day=format_date(row.starts_on),
        )
    row.ends_on = day - ONE_DAY


def _close(row: TeachingAssignment | HomeroomAssignment, day: date) -> None:
    if day < row.starts_on:
        raise Invalid(N_("The last day comes before the first."))
    row.ends_on = day


def _check_days(starts_on: date, ends_on: date | None, year: SchoolYear) -> None:
    if not year.starts_on - SUMMER <= starts_on <= year.ends_on:
        raise Invalid(N_("%(day)s lies outside the school year."), day=format_date(starts_on))
    if ends_on is not None and ends_on < starts_on:
        raise Invalid(N_("The last day comes before the first."))


def _check_part(session: Session, new: NewAssignment, subject: Subject) -> None:
    unknown = set(new.columns) - set(SUBJECT_COLUMNS)
    if unknown:
        raise Invalid(N_("There is no column %(name)s."), name=", ".join(sorted(unknown)))
    if new.part_id is None:
        return
    part = session.get(SubjectPart, new.part_id)
    if part is None or part.subject_id != subject.id:
        raise Invalid(N_("This part does not belong to %(subject)s."), subject=subject.name)


def of_class(session: Session, class_id: int) -> list[TeachingAssignment]:
    """Who teaches a class and its parts, running ones first, in printed order of the subjects."""
    query = (
        _teaching()
        .join(TeachingGroup, TeachingGroup.id == TeachingAssignment.group_id)
        .where(TeachingGroup.class_id == class_id)
        .order_by(
            TeachingAssignment.ends_on.is_not(None), Subject.order_no, TeachingAssignment.starts_on.desc()
        )
    )
    return list(session.scalars(query))


def of_person(session: Session, person_id: int, reach: sa.ColumnElement[bool]) -> list[TeachingAssignment]:
    """What a person teaches within a reach, running ones first."""
    query = (
        _teaching()
        .where(TeachingAssignment.person_id == person_id, reach)
        .order_by(
            TeachingAssignment.ends_on.is_not(None), TeachingAssignment.starts_on.desc(), Subject.order_no
        )
    )
    return list(session.scalars(query))


def homerooms_of(session: Session, class_id: int) -> list[HomeroomAssignment]:
    """Homeroom teachers of a class, the latest first."""
    query = sa.select(HomeroomAssignment).where(HomeroomAssignment.class_id == class_id)
    ordered = query.options(joinedload(HomeroomAssignment.person)).order_by(
        HomeroomAssignment.starts_on.desc()
    )
    return list(session.scalars(ordered))


def homerooms_by(session: Session, person_id: int, reach: sa.ColumnElement[bool]) -> list[HomeroomAssignment]:
    """Classes a person is or was homeroom teacher of within a reach, the latest first."""
    query = sa.select(HomeroomAssignment).where(HomeroomAssignment.person_id == person_id, reach)
    options = joinedload(HomeroomAssignment.school_class).joinedload(SchoolClass.school_year)
    return list(session.scalars(query.options(options).order_by(HomeroomAssignment.starts_on.desc())))


def _teaching() -> sa.Select[tuple[TeachingAssignment]]:
    return (
        sa.select(TeachingAssignment)
        .join(Subject, Subject.id == TeachingAssignment.subject_id)
        .options(
            joinedload(TeachingAssignment.person),
            contains_eager(TeachingAssignment.subject),
            joinedload(TeachingAssignment.group),
            joinedload(TeachingAssignment.part),
        )
    )
