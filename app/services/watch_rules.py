"""From where on the watch list shows something in each school: the strictest of what its tiers have set."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.policies import WATCH, PolicyKey, strictest
from app.domain.watch import Pattern, Thresholds, thresholds_of
from app.models import OrgParent, Policy
from app.models.base import in_force

PATTERNS: Mapping[str, Pattern] = {key.value: pattern for key, pattern in WATCH.items()}


def watch_rules(session: Session, units: Collection[int], day: date) -> dict[int, Thresholds]:
    """The thresholds of each unit on a day; two statements, however many."""
    parents = dict(
        session.execute(
            sa.select(OrgParent.unit_id, OrgParent.parent_id).where(in_force(OrgParent, day))
        ).all()
    )
    own: dict[int, dict[str, str]] = {}
    query = sa.select(Policy.unit_id, Policy.key, Policy.value)
    for unit_id, key, value in session.execute(query.where(Policy.key.in_(PATTERNS), in_force(Policy, day))):
        own.setdefault(unit_id, {})[key] = value
    return {unit_id: _together([own[u] for u in _upwards(unit_id, parents) if u in own]) for unit_id in units}


def _upwards(unit_id: int | None, parents: Mapping[int, int]) -> Iterator[int]:
    while unit_id is not None:
        yield unit_id
        unit_id = parents.get(unit_id)


def _together(rules: Collection[Mapping[str, str]]) -> Thresholds:
    found: dict[Pattern, str] = {}
    for key, pattern in PATTERNS.items():
        value = strictest(PolicyKey(key), [mine[key] for mine in rules if key in mine])
        if value is not None:
            found[pattern] = value
    return thresholds_of(found)
