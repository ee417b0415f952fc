"""Staff: personal files, positions, subject teams; and the name every person and student carries, folded and sorted."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain import names
from app.domain.contacts import is_email
from app.domain.dates import format_date
from app.domain.vocabulary import Role
from app.errors import N_, Invalid
from app.models import OrgUnit, Person, Position, Student, UnitGroup, UnitGroupMember
from app.models.base import Named
from app.reference.code_lists import CODE_LISTS
from app.services.register_numbers import check_number
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


def checked_name(family: str, middle: str, given: str, written: str | None) -> PersonName:
    """The parts of a name, taken as given and never guessed from word order.

    Raises Invalid with `problems` (field, message): no given name, letters that are none, or a written name of other
    words.
    """
    family, middle, given = (" ".join(names.nfc(part or "").split()) for part in (family, middle, given))
    whole = " ".join(names.nfc(written or "").split())
    problems = tuple(_name_problems(family, middle, given, whole))
    if problems:
        raise Invalid(problems[0][1], problems=problems)
    return PersonName(family, middle, given, whole or None)


def _name_problems(family: str, middle: str, given: str, written: str) -> Iterator[tuple[str, str]]:
    if not given:
        yield "given_name", N_("Write the given name (tên).")
    for field, text, longest in (
        ("family_name", family, 40),
        ("middle_name", middle, 60),
        ("given_name", given, 40),
        ("written_name", written, 120),
    ):
        problem = names.name_problem(text)
        if problem:
            yield field, problem
        elif len(text) > longest:
            yield field, N_("This part of the name is too long.")
    if written and names.name_words(written) != names.name_words(f"{family} {middle} {given}"):
        yield "written_name", N_("The name as written must have the same words as its parts.")


def apply_name(row: Named, name: PersonName) -> None:
    """Set a row's name parts and all that is made from them. Raises as `checked_name` does."""
    name = checked_name(name.family, name.middle, name.given, name.written)
    family, middle, given = name.family, name.middle, name.given
    written = names.full_name(family, middle, given, name.written)
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
        wrong = N_("The birth date %(day)s cannot be right.")
        raise Invalid(wrong, problems=(("birth_date", wrong),), day=format_date(born))


def check_national_id(value: str | None) -> None:
    """Invalid unless a số định danh cá nhân has its 12 digits (facts F5); empty is allowed."""
    if value and not (value.isascii() and value.isdigit() and len(value) == NATIONAL_ID_DIGITS):
        wrong = N_("A personal identification number has 12 digits.")
        raise Invalid(wrong, problems=(("national_id", wrong),))


def check_email(value: str | None, field: str = "email") -> None:
    """Invalid for what no letter could be sent to; empty is allowed."""
    if value and not is_email(value):
        wrong = N_("“%(value)s” is not an e-mail address.")
        raise Invalid(wrong, problems=((field, wrong),), value=value)


def complete_person(session: Session, row: Person, day: date) -> None:
    """Derived columns and checks of a staff file. Invalid for an identifier another person has."""
    refold(row)
    row.staff_code = _blank_to_none(row.staff_code)
    row.national_id = _blank_to_none(row.national_id)
    check_national_id(row.national_id)
    check_birth(row.birth_date, day)
    check_email(row.email)
    check_codes(row, PERSON_CODES)
    for column in (Person.staff_code, Person.national_id):
        _refuse_taken(
            session, row, column, N_("The identifier %(code)s belongs to another person on file already.")
        )


def _refuse_taken(session: Session, row: Any, column: Any, taken: str) -> None:
    value = getattr(row, column.key)
    holder = session.scalar(sa.select(column.class_.id).where(column == value)) if value else None
    if holder is not None and holder != row.id:
        raise Invalid(taken, problems=((column.key, taken),), code=value)


def complete_student(session: Session, row: Student, day: date) -> None:
    """Derived columns and checks of a student's sheet. Invalid for an identifier or register number another has."""
    refold(row)
    row.student_code = _blank_to_none(row.student_code)
    row.national_id = _blank_to_none(row.national_id)
    check_national_id(row.national_id)
    check_birth(row.birth_date, day)
    check_codes(row, STUDENT_CODES)
    for column in (Student.student_code, Student.national_id):
        _refuse_taken(session, row, column, N_("The identifier %(code)s belongs to another student already."))
    check_number(session, row)


def add_person(
    work: Work, unit: OrgUnit, name: PersonName, values: Mapping[str, Any], *, day: date
) -> Person:
    """Inside a transaction: the staff file, checked, not flushed."""
    person = Person(unit=unit, **{"status_code": "01", **values})
    apply_name(person, name)
    complete_person(work.session, person, day)
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
