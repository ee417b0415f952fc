"""Whom a unit's administrators may name in its accounts, roles, groups and board: the people of the unit on a day."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import Actor
from app.domain.names import full_name, nfc
from app.domain.vocabulary import Role
from app.errors import N_, Invalid, NotFound
from app.models import OrgUnit, Person, Position
from app.models.base import in_force
from app.services import scope
from app.services.people import PersonName, add_person, checked_name
from app.services.unit_of_work import Work

ONE_DAY = timedelta(days=1)
GONE = ("02", "03", "05", "06", "08")
"""Staff status codes of those who left (code list staff_status)."""


@dataclass(frozen=True)
class NewPerson:
    """A person not on file yet, e.g. the first holder of a new unit's account; `written_name` where the order differs."""

    given_name: str
    family_name: str = ""
    middle_name: str = ""
    written_name: str | None = None
    title: str | None = None


def belongs(unit_id: int, day: date) -> sa.ColumnElement[bool]:
    """SQL: the person's file is at the unit, or the person holds a position there on `day` (lent, shared teachers)."""
    held = sa.select(Position.id).where(
        Position.person_id == Person.id, Position.unit_id == unit_id, in_force(Position, day)
    )
    return sa.or_(Person.unit_id == unit_id, held.exists())


def staff(session: Session, unit_id: int, day: date, ids: Collection[int] | None = None) -> list[Person]:
    """People of the unit who have not left, by name; only those of `ids` when given.

    Raises NotFound when one of `ids` is not among them.
    """
    query = sa.select(Person).where(belongs(unit_id, day), Person.status_code.not_in(GONE))
    if ids is not None:
        query = query.where(Person.id.in_(set(ids)))
    found = list(session.scalars(query.order_by(Person.sort_key, Person.id)))
    if ids is not None and len(found) != len(set(ids)):
        raise NotFound(N_("One of these people does not work in this unit."))
    return found


def one_of_staff(session: Session, unit_id: int, day: date, person_id: int) -> Person:
    """A person of the unit; NotFound for anybody else."""
    return staff(session, unit_id, day, [person_id])[0]


def locked_unit(work: Work, actor: Actor, unit_id: int | None, day: date) -> OrgUnit:
    """The unit within the actor's reach, held to the end of the transaction: verbs on its accounts and roles queue."""
    unit = scope.get(work.session, actor, OrgUnit, unit_id, day)
    held = sa.select(OrgUnit).where(OrgUnit.id == unit.id).with_for_update()
    # Read anew: its code may have been changed while this waited, and account names end with it.
    return work.session.scalars(held.execution_options(populate_existing=True)).one()


def chosen_person(work: Work, unit: OrgUnit, chosen: int | NewPerson, day: date) -> Person:
    """Somebody of the unit by key; or a new person, whose first sheet the unit's office completes."""
    if isinstance(chosen, NewPerson):
        name = checked_name(chosen.family_name, chosen.middle_name, chosen.given_name, chosen.written_name)
        _refuse_on_file(work.session, unit.id, name)
        return add_person(work, unit, name, {"title": _short(chosen.title, 80)}, day=day)
    return one_of_staff(work.session, unit.id, day, chosen)


def _refuse_on_file(session: Session, unit_id: int, name: PersonName) -> None:
    """A button pressed twice files nobody twice; a namesake is filed among the staff, with what tells them apart."""
    written = full_name(name.family, name.middle, name.given, name.written)
    same = sa.select(Person.id).where(Person.unit_id == unit_id, Person.full_name == written)
    if session.scalar(same.limit(1)) is not None:
        on_file = N_(
            "%(name)s is on file here: choose the name in the list. A namesake is filed among the staff first."
        )
        raise Invalid(on_file, problems=(("given_name", on_file),), name=written)


def holds(session: Session, person_id: int | None, unit_id: int | None, role: Role, day: date) -> bool:
    """Does the person hold this role at the unit on `day`?"""
    query = sa.select(Position.id).where(
        Position.person_id == person_id,
        Position.unit_id == unit_id,
        Position.role == role,
        in_force(Position, day),
    )
    return session.scalar(query.limit(1)) is not None


def end_before(row: Any, day: date) -> None:
    """The dated row's last day becomes the day before `day`; a row that would begin later never comes into force."""
    row.ends_on = day - ONE_DAY


def later(model: Any, day: date) -> sa.ColumnElement[bool]:
    """SQL: the dated row reaches `day` or beyond, also when it has not begun."""
    return sa.or_(model.ends_on.is_(None), model.ends_on >= day)


def _short(text: str | None, longest: int) -> str | None:
    plain = " ".join(nfc(text or "").split())
    return plain[:longest] or None
