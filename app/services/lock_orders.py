"""Who orders and who executes: leaders order, administrators execute (S0 Điều 6.3, 12, 13; S4 Điều 12.5)."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import Action, Actor, Target, may
from app.domain.offices import HEAD_ROLE
from app.domain.vocabulary import Role, Tier, UnitKind
from app.errors import N_, Forbidden, Invalid
from app.models import OrgUnit, Person, Position
from app.models.base import in_force

ADMIN_ROLE: Mapping[Tier, Role] = {
    Tier.SCHOOL: Role.SCHOOL_ADMIN,
    Tier.DISTRICT: Role.DISTRICT_ADMIN,
    Tier.DEPARTMENT: Role.DEPARTMENT_ADMIN,
}
"""Who executes what the leader of a tier orders (S0 Điều 13)."""

FIELDS_WRONG = N_("Some fields need correcting. Nothing was saved.")
NO_RIGHT = N_("Only this unit's leader, or its administrators on the leader's order, may do this.")
NO_LEADER = N_("Choose the leader in office of your unit who ordered this.")


@dataclass(frozen=True)
class FieldProblem:
    """What is wrong with one field of a form: an English msgid with its parameters."""

    field: str
    message: str
    params: dict[str, Any] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True)
class Leader:
    """A person who heads the unit on a day and may order its locks."""

    person_id: int
    full_name: str
    title: str


def refuse(problems: Sequence[FieldProblem]) -> None:
    """Raises Invalid naming every wrong field, or does nothing when none is."""
    if problems:
        raise Invalid(FIELDS_WRONG, problems=tuple(problems))


def may_order(actor: Actor, manage: Action, unit_id: int) -> bool:
    """True for the unit's leader, and for its administrators, who need her order."""
    target = Target(unit=actor.relation_to(unit_id))
    return may(actor, Action.LOCK_ORDER, target) or may(actor, manage, target)


def leaders_in_force(session: Session, unit: OrgUnit, day: date) -> list[Leader]:
    """Heads of the unit on `day`: a deputy orders nothing in her own name (design §7)."""
    query = (
        sa.select(Person.id, Person.full_name, Position.title)
        .join(Position, Position.person_id == Person.id)
        .where(Position.unit_id == unit.id, Position.role == HEAD_ROLE[unit.tier], in_force(Position, day))
        .order_by(Person.sort_key)
    )
    return [Leader(*row) for row in session.execute(query)]


def leaders_of(
    session: Session, units: Iterable[int], day: date, *, admins: bool = False
) -> dict[int, list[int]]:
    """By unit, the people who head it on `day`, with its administrators if wanted; one statement."""
    roles = sa.or_(
        *(
            sa.and_(
                OrgUnit.kind.in_([kind for kind in UnitKind if kind.tier is tier]),
                Position.role.in_((HEAD_ROLE[tier], *((ADMIN_ROLE[tier],) if admins else ()))),
            )
            for tier in Tier
        )
    )
    query = (
        sa.select(Position.unit_id, Position.person_id)
        .join(OrgUnit, OrgUnit.id == Position.unit_id)
        .where(Position.unit_id.in_(sorted(set(units))), in_force(Position, day), roles)
    )
    found: dict[int, list[int]] = {}
    for unit_id, person_id in session.execute(query):
        found.setdefault(unit_id, []).append(person_id)
    return found


def order_of(
    session: Session, actor: Actor, manage: Action, unit: OrgUnit, ordered_by_id: int | None, day: date
) -> tuple[int | None, list[FieldProblem]]:
    """Person who ordered it, and what is wrong with the choice.

    A leader who acts herself needs no other order. Forbidden for whoever neither leads nor administers the unit.
    """
    if not may_order(actor, manage, unit.id):
        raise Forbidden(NO_RIGHT)
    leaders = {leader.person_id for leader in leaders_in_force(session, unit, day)}
    chosen = ordered_by_id
    if chosen is None and actor.person_id in leaders:
        chosen = actor.person_id
    if chosen is None or chosen not in leaders:
        return None, [FieldProblem("ordered_by", NO_LEADER)]
    return chosen, []
