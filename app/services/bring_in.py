"""Bringing in a member of another unit: one person may work at two schools (design §4).

Whoever asks knows the person's identifier and birth date. A wrong one of either gets the same answer, every try is on
record, and a unit that is wrong often waits: nobody goes fishing in the staff of the province. The file stays with its
unit; here the person gets a position, may be assigned to classes, and gets an account of this unit (S4 Điều 3).
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import Action, Actor, Target, may
from app.domain.dates import format_date
from app.domain.vocabulary import Role
from app.errors import N_, Forbidden, Invalid
from app.extensions import db
from app.models import OrgUnit, Person, Position
from app.services.account_state import heads_of
from app.services.clock import Clock, local_day
from app.services.notices import tell
from app.services.rights import demand
from app.services.roles import grantable_roles, place_person
from app.services.searches import note_search, slow_down
from app.services.staff import GONE, later, locked_unit
from app.services.unit_of_work import Work, transaction

SEARCH: Final = "person.search"
NOBODY: Final = N_(
    "Nobody of another unit is on file with this identifier and this birth date. Check both with the person."
)


@dataclass(frozen=True)
class Member:
    """Who was found: what the clerk compares with the person's papers."""

    person_id: int
    full_name: str
    birth_date: date
    unit_name: str


@dataclass(frozen=True)
class Placement:
    """The position at the second unit. `title` empty: the usual one of the role."""

    role: Role
    starts_on: date
    ends_on: date | None = None
    title: str | None = None
    decision: str | None = None


def roles_for(actor: Actor) -> tuple[Role, ...]:
    """Roles the actor may bring somebody in for: whoever may grant roles, all of those; a clerk, a teacher's."""
    roles = grantable_roles(actor.tier)
    if may(actor, Action.ROLE_GRANT, Target()):
        return roles
    return tuple(role for role in roles if role is Role.SUBJECT_TEACHER)


def find_member(actor: Actor, identifier: str, birth_date: date, *, clock: Clock) -> Member:
    """The one person of another unit with this mã định danh or số định danh cá nhân, born on this day.

    Forbidden without staff.manage; Invalid for nobody, or for somebody who works here or has left; TooManyTries.
    """
    person = _known(actor, identifier, birth_date, clock)
    return Member(person.id, person.full_name, birth_date, person.unit.short_name)


def bring_in(actor: Actor, identifier: str, birth_date: date, place: Placement, *, clock: Clock) -> int:
    """Give the person found a position in the actor's unit; returns the person's id. Proves identity once more.

    The person, and who heads the unit that keeps the file, are told. Raises as find_member; Forbidden for a role the
    actor may not give; Invalid for days or a decision the role can't have.
    """
    person_id = _known(actor, identifier, birth_date, clock).id
    with transaction(actor, "person.bring_in", clock=clock, reason=place.decision) as work:
        demand(actor, Action.STAFF_MANAGE, actor.unit_id)
        unit = locked_unit(work, actor, actor.unit_id, local_day(clock()))
        if place.role not in roles_for(actor):
            raise Forbidden(N_("You may not bring in somebody for this role."))
        person = work.session.get_one(Person, person_id)
        _check_new(work.session, person, unit.id, local_day(clock()))
        position = place_person(
            work,
            person,
            unit,
            place.role,
            place.starts_on,
            ends_on=place.ends_on,
            title=place.title,
            decision=place.decision,
        )
        _tell(work, person, unit, position)
        work.audit(
            "person.bring_in",
            target=position,
            person=person.full_name,
            home=person.unit.code,
            role=place.role.value,
        )
        return person.id


def _known(actor: Actor, identifier: str, birth_date: date, clock: Clock) -> Person:
    demand(actor, Action.STAFF_MANAGE, actor.unit_id)
    session = db.session()
    slow_down(session, actor, SEARCH, clock())
    code = "".join((identifier or "").split())
    query = sa.select(Person).where(
        sa.or_(Person.staff_code == code, Person.national_id == code), Person.birth_date == birth_date
    )
    found = session.scalars(query.limit(2)).all() if code else []
    person: Person | None = found[0] if len(found) == 1 else None
    note_search(actor, SEARCH, identifier or "", person, clock=clock)
    if person is None:
        raise Invalid(NOBODY)
    _check_new(session, person, actor.unit_id, local_day(clock()))
    return person


def _check_new(session: Session, person: Person, unit_id: int | None, day: date) -> None:
    held = sa.select(Position.id).where(
        Position.person_id == person.id, Position.unit_id == unit_id, later(Position, day)
    )
    if person.unit_id == unit_id or session.scalar(held.limit(1)) is not None:
        raise Invalid(N_("%(name)s is on the staff of this unit already."), name=person.full_name)
    if person.status_code in GONE:
        raise Invalid(
            N_(
                "The file of %(name)s at %(unit)s says that the person has left. That unit corrects it first."
            ),
            name=person.full_name,
            unit=person.unit.short_name,
        )


def _tell(work: Work, person: Person, unit: OrgUnit, position: Position) -> None:
    """A notice to the person and to who heads the unit of the file."""
    tell(
        work,
        {person.id, *heads_of(work.session, person.unit_id, local_day(work.now))},
        f"{person.full_name} làm việc thêm tại {unit.short_name}",
        f"{person.full_name} ({person.unit.short_name}) được ghi nhận làm việc tại {unit.short_name}: "
        f"{position.title}, từ {format_date(position.starts_on)}. Người thực hiện: "
        f"{work.actor.full_name} ({work.actor.username}). Hồ sơ vẫn do {person.unit.short_name} quản lý.",
    )
