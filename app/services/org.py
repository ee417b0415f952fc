"""The tree of units: making, moving and ending them by date. Nothing in it is ever deleted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import Action, Actor
from app.domain.dates import format_date
from app.domain.names import MAX_CODE, account_part, fold, nfc
from app.domain.units import default_levels, may_stand_under, needs_parent
from app.domain.vocabulary import Level, UnitKind
from app.errors import N_, Invalid
from app.models import (
    Account,
    Department,
    OrgParent,
    OrgPredecessor,
    OrgUnit,
    Position,
    UnitEpoch,
    UnitGroup,
)
from app.models.base import in_force
from app.services import scope
from app.services.actors import descendants
from app.services.clock import Clock, local_day
from app.services.rights import demand
from app.services.unit_of_work import Work, transaction

ONE_DAY = timedelta(days=1)

NO_CODE = N_("Nothing of this code is left without signs and spaces. Use letters and digits.")
LONG_CODE = N_("Use at most %(n)s letters and digits: account names end with this code.")


@dataclass(frozen=True)
class NewUnit:
    """A unit to be made. `levels` empty: those of its kind."""

    code: str
    kind: UnitKind
    name: str
    short_name: str
    starts_on: date
    levels: tuple[Level, ...] = ()
    locality_code: str = ""
    ministry_code: str | None = None
    address: str | None = None
    phone: str | None = None
    ends_on: date | None = None


def create_unit(actor: Actor, new: NewUnit, parent_id: int | None, *, clock: Clock) -> int:
    """Make a unit under another one from its first day. Returns its id.

    Forbidden without org.manage over the parent; Invalid for a taken code or a place its kind can't have.
    """
    with transaction(actor, "org_unit.create", clock=clock) as work:
        parent = None
        if parent_id is not None:
            parent = scope.get(work.session, actor, OrgUnit, parent_id, local_day(clock()))
        demand(actor, Action.ORG_MANAGE, parent_id)
        unit = add_unit(work, new, parent)
        work.audit("org_unit.create", target=unit, code=unit.code)
        return unit.id


def add_unit(work: Work, new: NewUnit, parent: OrgUnit | None) -> OrgUnit:
    """Inside a transaction: the unit, its epoch row and its link to `parent`. Flushes, so that the id is there."""
    unit = OrgUnit(
        code=new.code,
        kind=new.kind,
        name=new.name,
        short_name=new.short_name,
        starts_on=new.starts_on,
        ends_on=new.ends_on,
        levels=[level.value for level in new.levels],
        locality_code=new.locality_code,
        ministry_code=new.ministry_code,
        address=new.address,
        phone=new.phone,
    )
    return settle_unit(work, unit, parent)


def settle_unit(work: Work, unit: OrgUnit, parent: OrgUnit | None) -> OrgUnit:
    """Fill what a new unit's row needs beside its form: folded name, levels, epoch, place in the tree."""
    complete_unit(unit)
    check_code(work.session, unit)
    if parent is None and needs_parent(unit.kind):
        raise Invalid(N_("Choose the office above this unit."))
    work.session.add(unit)
    if parent is not None:
        _check_place(unit, parent, unit.starts_on)
        work.session.add(OrgParent(unit=unit, parent=parent, starts_on=unit.starts_on, ends_on=unit.ends_on))
    work.flush()
    work.session.add(UnitEpoch(unit_id=unit.id, epoch=0))
    return unit


def complete_unit(unit: OrgUnit) -> None:
    """Derived columns of a unit: codes as account names carry them, the folded name for searching, levels of its kind.

    Invalid (`problems` name the field) for a code of which nothing usable is left, or too much.
    """
    unit.code, unit.locality_code = _plain_codes(unit.code, unit.locality_code or "")
    unit.name = " ".join(nfc(unit.name).split())
    unit.short_name = " ".join(nfc(unit.short_name).split())
    unit.name_folded = fold(f"{unit.name} {unit.code}")[:160]
    if not unit.levels:
        unit.levels = [level.value for level in default_levels(unit.kind)]


def _plain_codes(code: str, locality: str) -> tuple[str, str]:
    plain, place = account_part(code), account_part(locality)
    problems = []
    if not plain:
        problems.append(("code", NO_CODE))
    elif len(plain) > MAX_CODE:
        problems.append(("code", LONG_CODE))
    if locality.strip() and not place:
        problems.append(("locality_code", NO_CODE))
    elif len(place) > MAX_CODE:
        problems.append(("locality_code", LONG_CODE))
    if problems:
        raise Invalid(problems[0][1], problems=tuple(problems), n=MAX_CODE)
    return plain, place


def revise_unit(work: Work, unit: OrgUnit, values: Mapping[str, Any]) -> None:
    """Inside a transaction: names, codes and levels anew; kind and place change by verbs of their own.

    Invalid for another code once accounts carry it: their names stay for ever, and would no longer say whose they are.
    """
    work.session.refresh(unit, with_for_update=True)  # accounts are made while the unit's row is held
    former = unit.code
    for name, value in values.items():
        setattr(unit, name, value)
    complete_unit(unit)
    check_code(work.session, unit)
    if unit.code == former:
        return
    held = sa.select(Account.username).where(Account.unit_id == unit.id).order_by(Account.id)
    username = work.session.scalar(held.limit(1))
    if username is not None:
        raise Invalid(
            N_("The code %(code)s stays: account names such as %(name)s end with it and are never changed."),
            code=former,
            name=username,
        )


def move_unit(
    actor: Actor, unit_id: int, parent_id: int, day: date, *, clock: Clock, reason: str | None = None
) -> None:
    """From `day` on the unit stands under another parent; the former link ends the day before.

    Forbidden without org.manage over both; Invalid for a place its kind can't have or a day before the present link's.
    """
    with transaction(actor, "org_unit.move", clock=clock, reason=reason) as work:
        today = local_day(clock())
        unit = scope.get(work.session, actor, OrgUnit, unit_id, today)
        parent = scope.get(work.session, actor, OrgUnit, parent_id, today)
        demand(actor, Action.ORG_MANAGE, unit_id)
        demand(actor, Action.ORG_MANAGE, parent_id)
        place_unit(work, unit, parent, day)
        work.audit("org_unit.move", target=unit, parent=parent.code, day=day.isoformat())


def place_unit(work: Work, unit: OrgUnit, parent: OrgUnit, day: date) -> OrgParent:
    """Inside a transaction: end the link in force and begin the new one on `day`."""
    _check_place(unit, parent, day)
    below = descendants(unit.id, day)
    if parent.id == unit.id or work.session.scalar(
        sa.select(below.c.unit_id).where(below.c.unit_id == parent.id)
    ):
        raise Invalid(N_("%(unit)s cannot stand under a unit below itself."), unit=unit.short_name)
    for link in work.session.scalars(
        sa.select(OrgParent).where(OrgParent.unit_id == unit.id, _later(OrgParent, day))
    ):
        if link.starts_on >= day:
            raise Invalid(
                N_("%(unit)s already has a place from %(day)s. Choose a later day."),
                unit=unit.short_name,
                day=format_date(link.starts_on),
            )
        link.ends_on = day - ONE_DAY
    link = OrgParent(unit=unit, parent=parent, starts_on=day, ends_on=unit.ends_on)
    work.session.add(link)
    return link


def end_unit(
    actor: Actor,
    unit_id: int,
    day: date,
    *,
    successor_ids: Sequence[int] = (),
    decision: str | None = None,
    clock: Clock,
) -> None:
    """`day` is the unit's last one; its rooms, groups, positions and place in the tree end with it.

    Invalid while units stand under it after that day: move them first. Successors begin on the next day.
    """
    with transaction(actor, "org_unit.end", clock=clock, reason=decision) as work:
        today = local_day(clock())
        unit = scope.get(work.session, actor, OrgUnit, unit_id, today)
        demand(actor, Action.ORG_MANAGE, unit_id)
        successors = [scope.get(work.session, actor, OrgUnit, key, today) for key in successor_ids]
        close_unit(work, unit, day, successors, decision)
        work.audit("org_unit.end", target=unit, day=day.isoformat())


def close_unit(
    work: Work, unit: OrgUnit, day: date, successors: Sequence[OrgUnit] = (), decision: str | None = None
) -> None:
    """Inside a transaction: end the unit and everything dated that hangs on it."""
    if unit.ends_on is not None:
        raise Invalid(N_("%(unit)s has already ended."), unit=unit.short_name)
    if day < unit.starts_on:
        raise Invalid(N_("The last day comes before the first."))
    children = sa.select(sa.func.count()).where(
        OrgParent.parent_id == unit.id, _later(OrgParent, day + ONE_DAY)
    )
    remaining = work.session.scalar(children)
    if remaining:
        raise Invalid(N_("%(n)s units still stand under %(unit)s after that day. Move them first."),
                      n=remaining, unit=unit.short_name)  # fmt: skip
    unit.ends_on = day
    for model in (OrgParent, Department, UnitGroup, Position):
        _end_rows(work.session, model, unit.id, day)
    for successor in successors:
        work.session.add(
            OrgPredecessor(unit=successor, predecessor=unit, happened_on=day + ONE_DAY, decision=decision)
        )


def parent_on(session: Session, unit_id: int, day: date) -> OrgUnit | None:
    """The unit right above on a day."""
    query = sa.select(OrgUnit).join(OrgParent, OrgParent.parent_id == OrgUnit.id)
    return session.scalars(query.where(OrgParent.unit_id == unit_id, in_force(OrgParent, day))).first()


def add_department(
    work: Work, unit: OrgUnit, name: str, starts_on: date, duties: str | None = None
) -> Department:
    """A room (phòng ban) inside an office or school (S4 Điều 4 khoản 2)."""
    room = Department(unit=unit, name=name, duties=duties, starts_on=starts_on)
    work.session.add(room)
    return room


def check_code(session: Session, unit: OrgUnit) -> None:
    """Invalid where another unit has the code, anywhere in the database (S4 Điều 3): account names tell units by it."""
    holder = session.scalars(sa.select(OrgUnit).where(OrgUnit.code == unit.code)).first()
    if holder is not None and holder is not unit:
        raise Invalid(
            N_("The code %(code)s belongs to %(unit)s already."), code=unit.code, unit=holder.short_name
        )


def _check_place(unit: OrgUnit, parent: OrgUnit, day: date) -> None:
    if not may_stand_under(unit.kind, parent.kind):
        raise Invalid(
            N_("%(unit)s cannot stand under %(parent)s."), unit=unit.short_name, parent=parent.short_name
        )
    if parent.starts_on > day or (parent.ends_on is not None and parent.ends_on < day):
        raise Invalid(
            N_("%(parent)s does not exist on %(day)s."),
            parent=parent.short_name,
            day=format_date(day),
        )


def _later(model: Any, day: date) -> sa.ColumnElement[bool]:
    """Rows whose time reaches `day` or later, also those that have not begun."""
    return sa.or_(model.ends_on.is_(None), model.ends_on >= day)


def _end_rows(session: Session, model: Any, unit_id: int, day: date) -> None:
    for row in session.scalars(
        sa.select(model).where(model.unit_id == unit_id, _later(model, day + ONE_DAY))
    ):
        row.ends_on = max(day, row.starts_on)
