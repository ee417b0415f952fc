"""Inspections: who may look into which units, from when to when; and every page they opened."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from app.domain.access import Action, Actor
from app.domain.vocabulary import Role
from app.errors import N_, Invalid
from app.models import (
    Account,
    AuditEvent,
    Inspection,
    InspectionUnit,
    OrgUnit,
    Person,
    Position,
)
from app.models.base import in_force
from app.services import scope
from app.services.clock import Clock, local_day
from app.services.lock_notices import units_below
from app.services.notices import tell_units
from app.services.rights import demand
from app.services.typed import one_line
from app.services.unit_of_work import plain_write, transaction

VIEW: Final = "inspect.view"
PAGE: Final = 50
MOST_UNITS: Final = 12
"""Units a page names one by one in the trail; one about more is noted once, for the office."""

NO_UNIT = N_("Choose at least one unit.")
NO_INSPECTOR = N_("Choose somebody who holds the inspector's role in this office on all of these days.")
BAD_DAYS = N_("The last day is needed, and lies neither before the first nor in the past.")
NEEDED = N_("Fill in this field.")


@dataclass(frozen=True)
class NewInspection:
    """What a decision says: who, where, from when to when and what for."""

    person_id: int
    unit_ids: Collection[int]
    starts_on: date
    ends_on: date
    decision: str
    purpose: str


@dataclass(frozen=True)
class Views:
    """One page of what inspectors opened, newest first."""

    lines: Sequence[Any]
    number: int
    has_next: bool


def send_inspector(actor: Actor, new: NewInspection, *, clock: Clock) -> int:
    """Let an inspector of the own office read some units below and all that stands under them. Returns the id.

    Forbidden without inspection.manage; NotFound for a unit out of reach; Invalid for what is missing.
    """
    decision, purpose = one_line(new.decision, 120), one_line(new.purpose, 300)
    with transaction(actor, "inspection.create", clock=clock, reason=purpose) as work:
        demand(actor, Action.INSPECTION_MANAGE, actor.unit_id)
        day = local_day(work.now)
        units = _with_all_below(work.session, actor, new.unit_ids, day)
        _check(work.session, actor, new, day, units)
        row = Inspection(
            unit_id=actor.unit_id,
            person_id=new.person_id,
            starts_on=new.starts_on,
            ends_on=new.ends_on,
            decision=decision,
            purpose=purpose,
            ordered_by_id=actor.person_id,
            executed_by_id=actor.user_id,
        )
        row.places = [InspectionUnit(unit_id=key) for key in sorted(units)]
        work.session.add(row)
        work.flush()
        name = work.session.get_one(Person, new.person_id).full_name
        tell_units(
            work,
            sorted(units),
            f"Kiểm tra theo {row.decision}",
            f"{name} được xem sổ của đơn vị từ {row.starts_on:%d/%m/%Y} đến {row.ends_on:%d/%m/%Y}, chỉ đọc. "
            f"Nội dung: {row.purpose}. Mọi trang đã xem đều được ghi lại.",
            "/inspections/views",
        )
        work.audit("inspection.create", target=row, reason=row.purpose, units=sorted(units))
        return row.id


def end_inspection(actor: Actor, inspection_id: int, *, clock: Clock) -> None:
    """End an inspection of the own office as of yesterday; what was seen stays in the trail."""
    with transaction(actor, "inspection.end", clock=clock) as work:
        day = local_day(work.now)
        row = scope.get(work.session, actor, Inspection, inspection_id, day)
        demand(actor, Action.INSPECTION_MANAGE, row.unit_id)
        if row.ends_on is None or row.ends_on >= day:
            row.ends_on = day - timedelta(days=1)
        work.audit("inspection.end", target=row)


def inspections(session: Session, actor: Actor, day: date) -> list[Inspection]:
    """Inspections one's office has sent, or that come into the own unit; those in force first. Three statements."""
    rows = session.scalars(
        scope.scoped(actor, Inspection, day)
        .options(
            joinedload(Inspection.person),
            joinedload(Inspection.unit),
            joinedload(Inspection.ordered_by),
            selectinload(Inspection.places).joinedload(InspectionUnit.unit),
        )
        .order_by(Inspection.starts_on.desc(), Inspection.id.desc())
        .limit(200)
    ).all()
    return sorted(rows, key=lambda row: not (row.starts_on <= day and (row.ends_on or day) >= day))


def inspectors(session: Session, unit_id: int, day: date) -> list[Person]:
    """Who holds the inspector's role in an office on `day` or later, by name."""
    held = sa.select(Position.person_id).where(
        Position.unit_id == unit_id,
        Position.role == Role.INSPECTOR,
        sa.or_(Position.ends_on.is_(None), Position.ends_on >= day),
    )
    return list(session.scalars(sa.select(Person).where(Person.id.in_(held)).order_by(Person.sort_key)))


def note_view(actor: Actor, units: Iterable[int], *, clock: Clock, allowed: bool, **about: Any) -> None:
    """Put a page an inspector opened on record, once for each unit it showed, in one transaction of its own."""
    seen = sorted(set(units) & (actor.below | {actor.unit_id or 0}))
    if not seen or len(seen) > MOST_UNITS:
        seen = [actor.unit_id or 0]
    moment = clock()
    with plain_write() as session:
        session.add_all(
            AuditEvent(
                happened_at=moment,
                user_id=actor.user_id,
                person_id=actor.person_id,
                unit_id=unit_id or None,
                action=VIEW,
                outcome="done" if allowed else "refused",
                address=actor.address,
                details=about,
            )
            for unit_id in seen
        )


def views_made(session: Session, actor: Actor, day: date, *, number: int = 1) -> Views:
    """Pages inspectors opened: about the own unit and those below; and, for a unit under inspection, the pages about
    several units at once that its inspectors opened. One statement.
    """
    sent = (
        sa.select(Account.id)
        .join(Inspection, Inspection.person_id == Account.person_id)
        .join(InspectionUnit, InspectionUnit.inspection_id == Inspection.id)
        .where(InspectionUnit.unit_id == actor.unit_id, Inspection.unit_id == AuditEvent.unit_id)
        .correlate(AuditEvent)
    )
    within = sa.or_(scope.condition(actor, AuditEvent, day), AuditEvent.user_id.in_(sent))
    if actor.inspects_only:
        within = AuditEvent.user_id == actor.user_id
    query = (
        sa.select(AuditEvent, Person.full_name, OrgUnit.short_name)
        .outerjoin(Person, Person.id == AuditEvent.person_id)
        .outerjoin(OrgUnit, OrgUnit.id == AuditEvent.unit_id)
        .where(AuditEvent.action == VIEW, within)
        .order_by(AuditEvent.id.desc())
    )
    number = max(1, number)
    rows = session.execute(query.offset((number - 1) * PAGE).limit(PAGE + 1)).all()
    return Views(rows[:PAGE], number, len(rows) > PAGE)


def _with_all_below(session: Session, actor: Actor, chosen: Collection[int], day: date) -> set[int]:
    """The units chosen, which must lie below the actor, and everything under each of them."""
    below = units_below(session, actor.unit_id or 0, day)
    parents = {item.unit.id: item.parent_id for item in below}
    found = set(chosen)
    for key in chosen:
        scope.get(session, actor, OrgUnit, key, day)
    growing = True
    while growing:
        more = {unit for unit, parent in parents.items() if parent in found} - found
        found |= more
        growing = bool(more)
    return found & set(parents)


def _check(session: Session, actor: Actor, new: NewInspection, day: date, units: Collection[int]) -> None:
    problems = []
    if not units:
        problems.append(("unit_ids", NO_UNIT))
    if new.ends_on < max(new.starts_on, day):
        problems.append(("ends_on", BAD_DAYS))
    problems += [(name, NEEDED) for name in ("decision", "purpose") if not getattr(new, name).strip()]
    held = sa.select(Position.id).where(
        Position.person_id == new.person_id,
        Position.unit_id == actor.unit_id,
        Position.role == Role.INSPECTOR,
        in_force(Position, max(new.starts_on, day)),
        sa.or_(Position.ends_on.is_(None), Position.ends_on >= new.ends_on),
    )
    if session.scalar(held.limit(1)) is None:
        problems.append(("person_id", NO_INSPECTOR))
    if problems:
        raise Invalid(N_("Not saved. Look again at what is marked."), problems=tuple(problems))
