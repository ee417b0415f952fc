"""The dated rules a school stands under: its own and those of every unit that ever stood above it, in one statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.finality import Rule
from app.domain.policies import PolicyKey, strictest
from app.domain.vocabulary import Finality
from app.models import OrgParent, OrgUnit, Policy
from app.services.actors import MOST_TIERS


@dataclass(frozen=True)
class Policies:
    """The dated settings in force for a school, nearest unit first where it may decide."""

    finality: Finality = Finality.WINDOW_CLOSE
    finality_unit: str = ""
    entry_day: int | None = None
    quick_entry: bool = False
    idle_minutes: int | None = None


def load_policies(session: Session, unit_id: int, day: date) -> Policies:
    """Settings in force on `day`: of every key the strictest value of all tiers, whoever set it last."""
    return policies_on(load_rules(session, unit_id), day)


def policies_on(rules: Sequence[Rule], day: date) -> Policies:
    """Of these decisions the settings in force on `day`."""
    held = [rule for rule in rules if rule.in_force(day)]
    values = {key: strictest(key, [rule.value for rule in held if rule.key is key]) for key in PolicyKey}
    final = Finality(values[PolicyKey.FINALITY] or Finality.WINDOW_CLOSE)
    by = (r.unit_name for r in held if r.key is PolicyKey.FINALITY and r.value == final)
    entry_day, idle_minutes = values[PolicyKey.ENTRY_DAY], values[PolicyKey.IDLE_MINUTES]
    return Policies(
        finality=final,
        finality_unit="" if final is Finality.WINDOW_CLOSE else next(by),
        entry_day=int(entry_day) if entry_day else None,
        quick_entry=values[PolicyKey.QUICK_ENTRY] == "on",
        idle_minutes=int(idle_minutes) if idle_minutes else None,
    )


def load_rules(session: Session, unit_id: int) -> list[Rule]:
    """Every decision of a school and of the units that ever stood above it, the highest first; one statement."""
    rows = session.execute(_rules_query(), {"unit": unit_id})
    return [Rule(key, unit, name, PolicyKey(what), *rest) for key, unit, name, what, *rest in rows]


@cache
def _rules_query() -> sa.Select[*tuple[Any, ...]]:
    """Parameters: unit. Columns as the fields of Rule."""
    unit = sa.bindparam("unit", type_=sa.Integer)
    above = _ever_above(unit)
    return (
        sa.select(
            Policy.id,
            Policy.unit_id,
            OrgUnit.short_name,
            Policy.key,
            Policy.value,
            Policy.starts_on,
            Policy.ends_on,
            Policy.decided_at,
            above.c.starts_on,
            above.c.ends_on,
        )
        .join(OrgUnit, OrgUnit.id == Policy.unit_id)
        .outerjoin(above, above.c.unit_id == Policy.unit_id)
        .where(sa.or_(Policy.unit_id == unit, above.c.unit_id.is_not(None)))
        .order_by(sa.func.coalesce(above.c.depth, 0).desc(), Policy.starts_on, Policy.id)
    )


def _ever_above(unit: sa.BindParameter[int]) -> sa.CTE:
    """Units that stand or stood above one, with depth and the days: starts_on, ends_on of the whole chain of links."""
    columns = (OrgParent.parent_id.label("unit_id"), OrgParent.starts_on, OrgParent.ends_on)
    links = (
        sa.select(*columns, sa.literal(1).label("depth"))
        .where(OrgParent.unit_id == unit)
        .cte("ever_above", recursive=True)
    )
    below = links.c
    starts = sa.case((OrgParent.starts_on > below.starts_on, OrgParent.starts_on), else_=below.starts_on)
    ends = sa.case(
        (sa.or_(below.ends_on.is_(None), OrgParent.ends_on < below.ends_on), OrgParent.ends_on),
        else_=below.ends_on,
    )
    together = sa.and_(
        sa.or_(below.ends_on.is_(None), OrgParent.starts_on <= below.ends_on),
        sa.or_(OrgParent.ends_on.is_(None), OrgParent.ends_on >= below.starts_on),
    )
    return links.union_all(
        sa.select(OrgParent.parent_id, starts, ends, below.depth + 1).where(
            OrgParent.unit_id == below.unit_id, together, below.depth < MOST_TIERS
        )
    )
