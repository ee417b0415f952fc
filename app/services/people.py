"""Staff: personal files, positions, subject teams; and the name every person and student carries, folded and sorted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain import names
from app.domain.vocabulary import Role
from app.errors import N_, Invalid
from app.models import OrgUnit, Person, Position, Student, UnitGroup, UnitGroupMember
from app.models.base import Named
from app.reference.code_lists import CODE_LISTS
from app.services.rows import is_saved
from app.services.unit_of_work import Work

NATIONAL_ID_DIGITS: Final = 12
LONGEST_LIFE: Final = 120

STUDENT_CODES: Final[Mapping[str, str]] = {
    "sex_code": "sex",
    "ethnicity_code": "ethnicity",
    "religion_code": "religion",
    "policy_code": "policy",
    "disability_code": "disability",
    "blood_group_code": "blood_group",
    "status_code": "enrolment_status",
}
"""Columns of a student's sheet and the code list each is taken from."""

PERSON_CODES: Final[Mapping[str, str]] = {
    "sex_code": "sex",
    "ethnicity_code": "ethnicity",
    "status_code": "staff_status",
}
"""Columns of a staff file and the code list each is taken from."""


@dataclass(frozen=True)
class PersonName:
    """A name in confirmed parts; `written` where they stand in another order (Y Khương Byă)."""

    family: str
    middle: str
    given: str
    written: str | None = None


def apply_name(row: Named, name: PersonName) -> None:
    """Set a row's name parts and all that is made from them. Invalid for an empty tên or damaged letters."""
    family, middle, given = (
        " ".join(names.nfc(part or "").split()) for part in (name.family, name.middle, name.given)
    )
    if not given:
        raise Invalid(N_("The given name (tên) is empty."))
    written = names.full_name(family, middle, given, name.written)
    for text in (family, middle, given, written):
        problem = names.unicode_problem(text)
        if problem:
            raise Invalid(problem)
    row.family_name, row.middle_name, row.given_name = family, middle, given
    row.full_name = written
    row.name_folded = names.fold(written)[:120]
    row.sort_key = names.sort_key(family, middle, given)


def refold(row: Named) -> None:
    """After a form wrote the parts: make the derived columns true again, keeping a full name in another order."""
    apply_name(row, PersonName(row.family_name, row.middle_name, row.given_name, row.full_name))


def check_codes(row: Any, columns: Mapping[str, str]) -> None:
    """Invalid where a column holds a code its list doesn't have."""
    for column, list_name in columns.items():
        code = getattr(row, column)
        if code and code not in CODE_LISTS[list_name]:
            raise Invalid(N_("The code %(code)s is not in the list."), code=code)


def check_birth(born: date | None, day: date) -> None:
    """Invalid for a birth date that can't be."""
    if born is not None and not 0 < (day - born).days < LONGEST_LIFE * 366:
        raise Invalid(N_("The birth date %(day)s cannot be right."), day=born.strftime("%d/%m/%Y"))


def check_national_id(value: str | None) -> None:
    """Invalid unless a số định danh cá nhân has its 12 digits (facts F5); empty is allowed."""
    if value and not (value.isascii() and value.isdigit() and len(value) == NATIONAL_ID_DIGITS):
        raise Invalid(N_("A personal identification number has 12 digits."))


def complete_person(row: Person, day: date) -> None:
    """Derived columns and checks of a staff file."""
    refold(row)
    row.staff_code = _blank_to_none(row.staff_code)
    row.national_id = _blank_to_none(row.national_id)
    check_national_id(row.national_id)
    check_birth(row.birth_date, day)
    check_codes(row, PERSON_CODES)


def complete_student(session: Session, row: Student, day: date) -> None:
    """Derived columns and checks of a student's sheet. Invalid for an identifier another student has."""
    refold(row)
    row.student_code = _blank_to_none(row.student_code)
    row.national_id = _blank_to_none(row.national_id)
    check_national_id(row.national_id)
    check_birth(row.birth_date, day)
    check_codes(row, STUDENT_CODES)
    for column in (Student.student_code, Student.national_id):
        value = getattr(row, column.key)
        holder = session.scalars(sa.select(Student.id).where(column == value)).first() if value else None
        if holder is not None and holder != row.id:
            raise Invalid(N_("The identifier %(code)s belongs to another student already."), code=value)


def add_person(
    work: Work, unit: OrgUnit, name: PersonName, values: Mapping[str, Any], *, day: date
) -> Person:
    """Inside a transaction: the staff file, checked, not flushed."""
    person = Person(unit=unit, **{"status_code": "01", **values})
    apply_name(person, name)
    complete_person(person, day)
    work.session.add(person)
    return person


def add_position(
    work: Work,
    person: Person,
    unit: OrgUnit,
    role: Role,
    title: str,
    starts_on: date,
    *,
    ends_on: date | None = None,
    decision: str | None = None,
) -> Position:
    """Inside a transaction: a role at a unit from a day; one person may hold positions at several units."""
    row = Position(
        person=person,
        unit=unit,
        role=role,
        title=title,
        starts_on=starts_on,
        ends_on=ends_on,
        decision=decision,
        granted_by_id=work.actor.person_id,
    )
    work.session.add(row)
    return row


def join_team(
    work: Work, person: Person, team: UnitGroup, day: date, *, is_leader: bool = False
) -> UnitGroupMember | None:
    """Inside a transaction: a seat in a subject team (tổ chuyên môn) from `day`; seats in other teams of it end.

    None when the person sits there already in the same way.
    """
    if is_saved(person):
        for seat in team_seats(work.session, person.id, team.unit_id, day):
            if seat.group_id == team.id and seat.is_leader == is_leader:
                return None
            _leave(seat, day)
    member = UnitGroupMember(group=team, person=person, starts_on=day, is_leader=is_leader)
    work.session.add(member)
    return member


def leave_teams(work: Work, person: Person, unit_id: int, day: date) -> None:
    """Inside a transaction: the person sits in no subject team of the unit from `day` on."""
    for seat in team_seats(work.session, person.id, unit_id, day):
        _leave(seat, day)


def team_seats(session: Session, person_id: int, unit_id: int, day: date) -> list[UnitGroupMember]:
    """Seats in subject teams of a unit that reach `day` or later."""
    query = (
        sa.select(UnitGroupMember)
        .join(UnitGroup, UnitGroup.id == UnitGroupMember.group_id)
        .where(
            UnitGroupMember.person_id == person_id,
            UnitGroup.unit_id == unit_id,
            UnitGroup.kind == "team",
            sa.or_(UnitGroupMember.ends_on.is_(None), UnitGroupMember.ends_on >= day),
        )
    )
    return list(session.scalars(query))


def _leave(seat: UnitGroupMember, day: date) -> None:
    seat.ends_on = max(seat.starts_on, date.fromordinal(day.toordinal() - 1))


def _blank_to_none(text: str | None) -> str | None:
    stripped = (text or "").strip()
    return stripped or None
