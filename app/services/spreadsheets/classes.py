"""Classes of a school year from a file, with their homeroom teachers."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

import sqlalchemy as sa

from app.domain.access import Action, Target, may
from app.domain.assessment.registry import NotCovered, circular_for
from app.domain.dates import format_date
from app.domain.units import level_of_grade
from app.errors import N_
from app.models import HomeroomAssignment, Person, SchoolClass, TeachingGroup
from app.reference.code_lists import match_key
from app.services.assignments import add_homeroom
from app.services.classes import NewClass, add_class
from app.services.enrolments import SUMMER
from app.services.spreadsheets.plan import CHANGED, NEW, SAME, Change, Planned
from app.services.spreadsheets.rows import Ground, Parsed, ParsedRow, grouped, others, verdict
from app.services.spreadsheets.teachers import Teachers
from app.services.unit_of_work import Work

SAME_CLASS: Final = N_("Row %(rows)s means the same class.")
OTHER_GRADE: Final = N_("Class %(name)s is of grade %(grade)s; an import does not change that.")
NOT_TAUGHT: Final = N_("%(unit)s does not teach grade %(grade)s.")
TAKEN_NAME: Final = N_("There is a group %(name)s in this school year already.")
NO_RIGHT: Final = N_("Naming a homeroom teacher needs the right to assign teachers.")
LATER_DAY: Final = N_("%(name)s is homeroom teacher since %(day)s. Choose a later day.")
STANDS: Final = N_("Recorded as %(value)s for this homeroom teacher; an import does not change it.")
NAME_THE_TEACHER: Final = N_("Name the homeroom teacher too.")
OUTSIDE_YEAR: Final = N_("%(day)s lies outside the school year.")


@dataclass(frozen=True)
class Homeroom:
    """A homeroom teacher from a day on."""

    person: Person
    day: date
    decision: str | None


@dataclass(frozen=True)
class Step:
    """What a row does: `row` None makes a class."""

    row: SchoolClass | None
    new: NewClass
    homeroom: Homeroom | None


class _Register:
    """The year's classes, groups and homeroom teachers."""

    def __init__(self, ground: Ground) -> None:
        mine = SchoolClass.unit_id == ground.unit.id, SchoolClass.school_year_id == ground.year.id
        rows = ground.session.scalars(sa.select(SchoolClass).where(*mine)).all()
        self.classes = {match_key(row.name): row for row in rows}
        groups = sa.select(TeachingGroup.name).where(
            TeachingGroup.unit_id == ground.unit.id, TeachingGroup.school_year_id == ground.year.id
        )
        self.group_names = {match_key(name) for name in ground.session.scalars(groups)}
        homerooms = (
            sa.select(HomeroomAssignment)
            .join(SchoolClass, SchoolClass.id == HomeroomAssignment.class_id)
            .where(
                *mine, sa.or_(HomeroomAssignment.ends_on.is_(None), HomeroomAssignment.ends_on >= ground.day)
            )
            .order_by(HomeroomAssignment.starts_on)
        )
        self.homerooms = {row.class_id: row for row in ground.session.scalars(homerooms)}
        self.teachers = Teachers(ground.session, ground.unit.id, ground.day)


def plan_rows(ground: Ground, parsed: Parsed) -> list[Planned]:
    """A verdict a row."""
    parsed.refuse_other_schools(ground.unit)
    register = _Register(ground)
    for key, rows in grouped(parsed.rows, lambda row: match_key(row.get("name") or "")).items():
        if key and len(rows) > 1:
            for row in rows:
                parsed.refuse(row, "name", SAME_CLASS, rows=others(rows, row))
    return [_judge(ground, parsed, register, row) for row in parsed.rows]


def _judge(ground: Ground, parsed: Parsed, register: _Register, row: ParsedRow) -> Planned:
    name, grade = row.get("name"), row.get("grade")
    if name is None or grade is None:
        return verdict(row, name or "", SAME)
    found = register.classes.get(match_key(name))
    if found is None:
        _check_new(ground, parsed, register, row)
    elif found.grade != grade:
        parsed.refuse(row, "grade", OTHER_GRADE, name=found.name, grade=found.grade)
    homeroom = _homeroom(ground, parsed, register, row, found)
    order = row.get("order_no")
    step = Step(
        found, NewClass(name, grade, found.order_no if found and order is None else order or 0), homeroom
    )
    changes = [*_changes(parsed, register, step)]
    kind = NEW if found is None else CHANGED if changes else SAME
    return verdict(row, name, kind, changes, step if changes else None)


def _check_new(ground: Ground, parsed: Parsed, register: _Register, row: ParsedRow) -> None:
    """What add_class would refuse, said beforehand."""
    name, grade = row.get("name"), row.get("grade")
    level = level_of_grade(ground.unit.kind, ground.unit.levels, grade)
    if level is None:
        parsed.refuse(row, "grade", NOT_TAUGHT, unit=ground.unit.short_name, grade=grade)
        return
    try:
        circular_for(level, grade, ground.year.start_year, ground.unit.kind)
    except NotCovered as error:
        parsed.refuse(row, "grade", error.message, **error.params)
    if match_key(name) in register.group_names:
        parsed.refuse(row, "name", TAKEN_NAME, name=name)


def _homeroom(
    ground: Ground, parsed: Parsed, register: _Register, row: ParsedRow, found: SchoolClass | None
) -> Homeroom | None:
    person = register.teachers.find(parsed, row)
    if person is None:
        named = row.get("teacher") or row.get("teacher_code")
        for name in ("starts_on", "decision"):
            if row.get(name) is not None and not named:
                parsed.refuse(row, name, NAME_THE_TEACHER)
        return None
    standing = register.homerooms.get(found.id) if found else None
    if standing is not None and standing.person_id == person.id:
        for name in ("starts_on", "decision"):
            if row.get(name) not in (None, getattr(standing, name)):
                parsed.refuse(
                    row, name, STANDS, value=parsed.kind.column(name).show(getattr(standing, name)) or "–"
                )
        return None
    day = row.get("starts_on") or max(ground.day, ground.year.starts_on - SUMMER)
    _check_homeroom(ground, parsed, register, row, day, standing)
    return Homeroom(person, day, row.get("decision"))


def _check_homeroom(
    ground: Ground,
    parsed: Parsed,
    register: _Register,
    row: ParsedRow,
    day: date,
    standing: HomeroomAssignment | None,
) -> None:
    place = "starts_on" if "starts_on" in parsed.fields else "teacher"
    if not may(ground.actor, Action.ASSIGNMENT_MANAGE, Target(unit=ground.actor.relation_to(ground.unit.id))):
        parsed.refuse(row, "teacher", NO_RIGHT)
    if not ground.year.starts_on - SUMMER <= day <= ground.year.ends_on:
        parsed.refuse(row, place, OUTSIDE_YEAR, day=format_date(day))
    if standing is not None and standing.starts_on >= day:
        name = register.teachers.names.get(standing.person_id, "?")
        parsed.refuse(row, place, LATER_DAY, name=name, day=format_date(standing.starts_on))


def _changes(parsed: Parsed, register: _Register, step: Step) -> Iterable[Change]:
    if step.row is None:
        yield parsed.change("name", None, step.new.name)
        yield parsed.change("grade", None, step.new.grade)
    if step.new.order_no != (step.row.order_no if step.row else 0):
        yield parsed.change("order_no", step.row.order_no if step.row else None, step.new.order_no)
    if step.homeroom is not None:
        standing = register.homerooms.get(step.row.id) if step.row else None
        former = register.teachers.names.get(standing.person_id, "?") if standing else None
        yield parsed.change("teacher", former, step.homeroom.person.full_name)
        yield parsed.change("starts_on", standing.starts_on if standing else None, step.homeroom.day)
        if step.homeroom.decision:
            yield parsed.change("decision", standing.decision if standing else None, step.homeroom.decision)


def apply_rows(work: Work, ground: Ground, planned: Iterable[Planned], _fields: frozenset[str]) -> None:
    """Inside a transaction: what the verdicts say, not flushed."""
    for step in (item.step for item in planned if item.step is not None):
        row = step.row
        if row is None:
            row, _group = add_class(work, ground.unit, ground.year, step.new)
        elif row.order_no != step.new.order_no:
            row.order_no = step.new.order_no
        if step.homeroom is not None:
            home = step.homeroom
            add_homeroom(work, row, home.person.id, home.day, home.decision)
