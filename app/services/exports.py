"""Exports in the format imports read: a right of its own, within the actor's reach, each one logged."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from itertools import chain
from tempfile import TemporaryFile
from typing import IO, Any, Final, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from app.domain.access import Action, Actor
from app.domain.names import file_name
from app.errors import N_, Invalid
from app.extensions import db
from app.models import (
    Enrolment,
    HomeroomAssignment,
    OrgUnit,
    Person,
    SchoolClass,
    SchoolYear,
    Student,
    Subject,
    TeachingAssignment,
    TeachingGroup,
    UnitGroup,
    UnitGroupMember,
)
from app.models.base import in_force
from app.services import scope
from app.services.clock import Clock, local_day
from app.services.rights import demand
from app.services.spreadsheets.columns import Kind
from app.services.spreadsheets.kinds import KINDS
from app.services.spreadsheets.rows import chunks
from app.services.spreadsheets.staff import FILE_FIELDS
from app.services.spreadsheets.students import PARENT_FIELDS, SHEET_FIELDS
from app.services.spreadsheets.writing import lists_of, write_export, write_template
from app.services.staff import GONE
from app.services.unit_of_work import record_event
from app.services.years import chosen_period

T = TypeVar("T")

MOST_ROWS: Final = 20_000
NO_YEAR: Final = N_("No school year has been opened yet.")
TOO_MANY: Final = N_("This is more than %(most)s rows. Choose one school.")

Values = Mapping[str, Any]


@dataclass(frozen=True)
class View:
    """What an export looks at: whose reach, one unit or all of it, which year, on which day."""

    session: Session
    actor: Actor
    unit_id: int | None
    year: SchoolYear
    day: date

    @property
    def as_of(self) -> date:
        """The day whose places and assignments are exported: today, or the last day of a year that is over."""
        return min(self.day, self.year.ends_on)

    def select(self, model: type, unit: Any) -> Any:
        """Rows of a model within reach, of the chosen unit."""
        query: Any = scope.scoped(self.actor, model, self.day)
        return query if self.unit_id is None else query.where(unit == self.unit_id)


@dataclass(frozen=True)
class Export:
    """A finished file: open at its beginning; the caller closes it."""

    filename: str
    file: IO[bytes]
    rows: int


def export(
    actor: Actor, kind: str, *, clock: Clock, start_year: int | None = None, unit_id: int | None = None
) -> Export:
    """The records of a kind as a workbook; an office may choose one school. Forbidden without data.export."""
    session, day = db.session(), local_day(clock())
    unit = scope.get(session, actor, OrgUnit, unit_id or actor.unit_id, day)
    demand(actor, Action.DATA_EXPORT, unit.id)
    chosen = unit.id if unit_id or unit.kind.is_school else None
    view = View(session, actor, chosen, _year(session, actor, day, start_year), day)
    with ExitStack() as stack:
        file: IO[bytes] = stack.enter_context(TemporaryFile())
        rows = write_export(file, KINDS[kind], _begun(ROWS[kind](view)), _lists(view, KINDS[kind], unit))
        filename = f"{file_name(f'{KINDS[kind].sheet} {unit.code} {view.year.start_year}')}.xlsx"
        record_event(actor, f"export.{kind}", clock=clock, target=unit, rows=rows, year=view.year.label)
        stack.pop_all()  # closed by whoever sends it
    file.seek(0)
    return Export(filename, file, rows)


def template(actor: Actor, kind: str, *, clock: Clock, start_year: int | None = None) -> tuple[str, bytes]:
    """An empty file of a kind to fill in, with the unit's own lists; file name and content."""
    demand(actor, Action.DATA_IMPORT, actor.unit_id)
    session, day = db.session(), local_day(clock())
    unit = scope.get(session, actor, OrgUnit, actor.unit_id, day)
    view = View(session, actor, unit.id, _year(session, actor, day, start_year), day)
    stream = BytesIO()
    write_template(stream, KINDS[kind], _lists(view, KINDS[kind], unit))
    return f"{file_name(f'mẫu {KINDS[kind].sheet}')}.xlsx", stream.getvalue()


def _year(session: Session, actor: Actor, day: date, start_year: int | None) -> SchoolYear:
    period = chosen_period(session, actor, day, start_year, None)
    if period is None:
        raise Invalid(NO_YEAR)
    return session.get_one(SchoolYear, period.year_id)


def _begun(rows: Iterator[Values]) -> Iterator[Values]:
    """The same rows with the first one read: what is wrong shows before a workbook is begun."""
    first = next(rows, None)
    return iter(()) if first is None else chain([first], rows)


def _within_limit(rows: Sequence[T]) -> Sequence[T]:
    """Invalid where a reading found more rows than a file may have."""
    if len(rows) > MOST_ROWS:
        raise Invalid(TOO_MANY, most=MOST_ROWS)
    return rows


# -- the unit's own lists ---------------------------------------------------------------------------------------


def _lists(view: View, kind: Kind, unit: OrgUnit) -> dict[str, Sequence[str]]:
    """Code lists, and what a school chooses from of its own; an office's export has the code lists only."""
    own: dict[str, Sequence[str]] = {}
    if unit.kind.is_school:
        own = {field: read(view, unit) for field, read in _OWN_LISTS.get(kind.name, {}).items()}
    return lists_of(kind, own)


def _class_names(view: View, unit: OrgUnit) -> Sequence[str]:
    query = sa.select(SchoolClass.name).where(
        SchoolClass.unit_id == unit.id, SchoolClass.school_year_id == view.year.id
    )
    return view.session.scalars(
        query.order_by(SchoolClass.grade, SchoolClass.order_no, SchoolClass.name)
    ).all()


def _group_names(view: View, unit: OrgUnit) -> Sequence[str]:
    query = sa.select(TeachingGroup.name).where(
        TeachingGroup.unit_id == unit.id, TeachingGroup.school_year_id == view.year.id
    )
    return view.session.scalars(query.order_by(TeachingGroup.name)).all()


def _staff_names(view: View, unit: OrgUnit) -> Sequence[str]:
    query = sa.select(Person.full_name).where(Person.unit_id == unit.id, Person.status_code.not_in(GONE))
    return view.session.scalars(query.order_by(Person.sort_key)).all()


def _team_names(view: View, unit: OrgUnit) -> Sequence[str]:
    query = sa.select(UnitGroup.name).where(UnitGroup.unit_id == unit.id, UnitGroup.kind == "team")
    return view.session.scalars(query.where(in_force(UnitGroup, view.day)).order_by(UnitGroup.name)).all()


def _subject_names(view: View, _unit: OrgUnit) -> Sequence[str]:
    return view.session.scalars(sa.select(Subject.name).order_by(Subject.order_no)).all()


def _yes_no(_view: View, _unit: OrgUnit) -> Sequence[str]:
    return ("Có", "Không")


_OWN_LISTS: Mapping[str, Mapping[str, Callable[[View, OrgUnit], Sequence[str]]]] = {
    "students": {"class_name": _class_names},
    "staff": {"team": _team_names},
    "classes": {"teacher": _staff_names},
    "assignments": {
        "group": _group_names,
        "subject": _subject_names,
        "teacher": _staff_names,
        "in_charge": _yes_no,
    },
}


# -- rows -------------------------------------------------------------------------------------------------------


def _students(view: View) -> Iterator[Values]:
    """Students with a place in a class of the year, class by class; read a chunk at a time."""
    latest: dict[int, Any] = {}
    for place in _within_limit(view.session.execute(_places(view)).all()):
        # one who is to change class stands once, with the later place
        if place[0] not in latest or latest[place[0]].starts_on < place.starts_on:
            latest[place[0]] = place
    for some in chunks(latest):
        students = sa.select(Student).where(Student.id.in_(some)).options(selectinload(Student.guardians))
        by_id = {student.id: student for student in view.session.scalars(students)}
        wanted = sa.select(Enrolment).where(Enrolment.id.in_([latest[key][1] for key in some]))
        enrolments = {row.id: row for row in view.session.scalars(wanted)}
        for key in some:
            _id, enrolment_id, class_name, unit_code, _day = latest[key]
            yield _student_values(by_id[key], enrolments[enrolment_id], class_name, unit_code)


def _places(view: View) -> Any:
    """SELECT of the places: student, enrolment, class, school, first day; in the order of the class lists."""
    query = (
        view.select(Student, SchoolClass.unit_id)  # a place elsewhere is the other school's to export
        .join(Enrolment, Enrolment.student_id == Student.id)
        .join(SchoolClass, SchoolClass.id == Enrolment.class_id)
        .join(OrgUnit, OrgUnit.id == SchoolClass.unit_id)
        .where(
            SchoolClass.school_year_id == view.year.id,
            sa.or_(Enrolment.ends_on.is_(None), Enrolment.ends_on >= view.as_of),
        )
        .order_by(
            OrgUnit.code,
            SchoolClass.grade,
            SchoolClass.order_no,
            SchoolClass.name,
            Student.sort_key,
            Student.id,
        )
    )
    columns = (Student.id, Enrolment.id, SchoolClass.name, OrgUnit.code, Enrolment.starts_on)
    return query.with_only_columns(*columns).limit(MOST_ROWS + 1)


def _student_values(student: Student, place: Enrolment, class_name: str, unit_code: str) -> Values:
    values = {name: getattr(student, name) for name in SHEET_FIELDS}
    for guardian in student.guardians:
        values |= {f"{guardian.relation}.{name}": getattr(guardian, name) for name in PARENT_FIELDS}
    return {
        **values,
        **_name_values(student),
        "school": unit_code,
        "class_name": class_name,
        "starts_on": place.starts_on,
        "status_code": place.status_code,
    }


def _name_values(row: Student | Person) -> Values:
    return {name: getattr(row, name) for name in ("full_name", "family_name", "middle_name", "given_name")}


def _staff(view: View) -> Iterator[Values]:
    """People whose file is kept in the unit and who have not left, by name."""
    query = (
        view.select(Person, Person.unit_id)
        .where(Person.status_code.not_in(GONE))
        .options(joinedload(Person.unit))
        .order_by(Person.unit_id, Person.sort_key, Person.id)
        .limit(MOST_ROWS + 1)
    )
    teams = (
        sa.select(UnitGroupMember.person_id, UnitGroup.name)
        .join(UnitGroup, UnitGroup.id == UnitGroupMember.group_id)
        .where(UnitGroup.kind == "team", in_force(UnitGroupMember, view.day))
    )
    people = _within_limit(view.session.scalars(query).all())
    names: dict[int, str] = {}
    for some in chunks(person.id for person in people):
        found = view.session.execute(teams.where(UnitGroupMember.person_id.in_(some)))
        names |= {row[0]: row[1] for row in found}
    for person in people:
        values = {name: getattr(person, name) for name in FILE_FIELDS}
        yield {**values, **_name_values(person), "school": person.unit.code, "team": names.get(person.id)}


def _classes(view: View) -> Iterator[Values]:
    """Classes of the year with their homeroom teachers."""
    query = (
        view.select(SchoolClass, SchoolClass.unit_id)
        .where(SchoolClass.school_year_id == view.year.id)
        .options(joinedload(SchoolClass.unit))
        .order_by(SchoolClass.unit_id, SchoolClass.grade, SchoolClass.order_no, SchoolClass.name)
        .limit(MOST_ROWS + 1)
    )
    rows = _within_limit(view.session.scalars(query).all())
    homerooms = (
        sa.select(HomeroomAssignment)
        .where(sa.or_(HomeroomAssignment.ends_on.is_(None), HomeroomAssignment.ends_on >= view.as_of))
        .options(joinedload(HomeroomAssignment.person))
        .order_by(HomeroomAssignment.starts_on)
    )
    held: dict[int, HomeroomAssignment] = {}
    for some in chunks(row.id for row in rows):
        found = view.session.scalars(homerooms.where(HomeroomAssignment.class_id.in_(some)))
        held |= {homeroom.class_id: homeroom for homeroom in found}
    for row in rows:
        home = held.get(row.id)
        yield {
            "school": row.unit.code,
            "name": row.name,
            "grade": row.grade,
            "order_no": row.order_no,
            "teacher_code": home.person.staff_code if home else None,
            "teacher": home.person.full_name if home else None,
            "starts_on": home.starts_on if home else None,
            "decision": home.decision if home else None,
        }


def _assignments(view: View) -> Iterator[Values]:
    """Assignments in force or to come."""
    query = (
        view.select(TeachingAssignment, TeachingGroup.unit_id)
        .join(TeachingGroup, TeachingGroup.id == TeachingAssignment.group_id)
        .join(Subject, Subject.id == TeachingAssignment.subject_id)
        .where(
            TeachingGroup.school_year_id == view.year.id,
            sa.or_(TeachingAssignment.ends_on.is_(None), TeachingAssignment.ends_on >= view.as_of),
        )
        .options(
            joinedload(TeachingAssignment.person),
            joinedload(TeachingAssignment.group).joinedload(TeachingGroup.unit),
            joinedload(TeachingAssignment.subject),
            joinedload(TeachingAssignment.part),
        )
        .order_by(TeachingGroup.unit_id, TeachingGroup.name, Subject.order_no, TeachingAssignment.id)
        .limit(MOST_ROWS + 1)
    )
    for row in _within_limit(view.session.scalars(query).all()):
        yield {
            "school": row.group.unit.code,
            "group": row.group.name,
            "subject": row.subject.name,
            "part": row.part.name if row.part else None,
            "teacher_code": row.person.staff_code,
            "teacher": row.person.full_name,
            "columns": tuple(row.columns),
            "in_charge": row.in_charge,
            "starts_on": row.starts_on,
            "ends_on": row.ends_on,
            "decision": row.decision,
        }


ROWS: Final[Mapping[str, Callable[[View], Iterator[Values]]]] = {
    "students": _students,
    "staff": _staff,
    "classes": _classes,
    "assignments": _assignments,
}
