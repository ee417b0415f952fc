"""Dated settings of a unit: set by its leader's order, inherited downward, only tightened below (design §4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import Action, Actor
from app.domain.assessment.facts import Readings
from app.domain.assessment.registry import Circular
from app.domain.names import nfc
from app.domain.policies import (
    CENTRE_SETTINGS,
    DEFAULTS,
    FORM_VERSIONS,
    READINGS,
    SCHOOLS_OWN,
    PolicyKey,
    clean_value,
    require_tighter,
    strictest,
)
from app.domain.vocabulary import Tier
from app.errors import N_
from app.models import OrgUnit, Person, Policy, SchoolYear
from app.services import scope
from app.services.actors import ancestors
from app.services.clock import Clock, clamp, local_day
from app.services.exceptions import tell_if_looser
from app.services.lock_checks import MAX_REASON, hold, text_problems
from app.services.lock_notices import tell_who_ordered
from app.services.lock_orders import FieldProblem, order_of, refuse
from app.services.results.due import make_due
from app.services.unit_of_work import Work, transaction

ONE_DAY = timedelta(days=1)
JUDGED_BY: Final = {
    **dict.fromkeys(READINGS, (Circular.TT22_2021, Circular.TT43_2021)),
    **dict.fromkeys(CENTRE_SETTINGS, (Circular.TT43_2021,)),
}
"""Settings that results are judged by, with the circulars they speak of."""
BACKWARDS = N_("A rule never works backwards: let it begin today or later.")


@dataclass(frozen=True)
class PolicyRow:
    """A setting as it was decided: by which unit, for which days, on whose order and why."""

    id: int
    key: PolicyKey
    value: str
    unit_id: int
    unit_name: str
    tier: Tier
    starts_on: date
    ends_on: date | None
    reason: str
    ordered_by: str
    decided_at: datetime

    def in_force(self, day: date) -> bool:
        """True on the days it holds."""
        return self.starts_on <= day and (self.ends_on is None or self.ends_on >= day)

    @property
    def replaced(self) -> bool:
        """True where another decision took its place before it began: it never held."""
        return self.ends_on is not None and self.ends_on < self.starts_on


@dataclass(frozen=True)
class Setting:
    """What holds for a unit on a day, from whom, and how loose its own value may be."""

    key: PolicyKey
    value: str
    source: PolicyRow | None  # None: nobody has set it, the default holds, or "": nothing is confirmed
    above: str | None  # what holds of the units above
    rows: tuple[PolicyRow, ...]  # of this unit and those above, newest first


def set_policy(
    actor: Actor,
    unit_id: int,
    key: PolicyKey,
    value: str,
    starts_on: date,
    reason: str,
    *,
    ordered_by_id: int | None = None,
    clock: Clock,
) -> int:
    """Decide a setting of the actor's own unit from a day on; the former one ends the day before. Returns its id.

    Forbidden without policy.manage there; Invalid for a looser value than the units above have on that day, a day
    that has passed, or a value that is none. Rows below that are looser than this one simply no longer hold.
    """
    with transaction(actor, "policy.set", clock=clock, reason=reason[:MAX_REASON]) as work:
        day = local_day(clock())
        unit = scope.get(work.session, actor, OrgUnit, unit_id, day)
        ordered_by, problems = order_of(work.session, actor, Action.POLICY_MANAGE, unit, ordered_by_id, day)
        held = hold(work, unit, day)
        problems += text_problems("reason", reason, MAX_REASON)
        if starts_on < local_day(work.now):
            problems.append(FieldProblem("starts_on", BACKWARDS))
        stored, former, wrong = _checked(work.session, unit, key, value, starts_on)
        refuse([*problems, *wrong])
        tell_if_looser(work, unit.id, key, stored, former, reason, starts_on)
        row = Policy(
            unit_id=unit.id,
            key=key.value,
            value=stored,
            reason=" ".join(nfc(reason).split()),
            ordered_by_id=ordered_by,
            decided_at=work.now,
            starts_on=starts_on,
            ends_on=_make_room(work, unit.id, key, starts_on),
        )
        work.session.add(row)
        work.flush()
        if key in JUDGED_BY:
            units = [unit.id, *(below.unit.id for below in held.below)]
            make_due(work.session, units, JUDGED_BY[key], day)
        tell_who_ordered(work, ordered_by, "đổi quy định", f"Lí do: {row.reason}", "/policies/")
        work.audit(
            "policy.set",
            target=row,
            reason=row.reason,
            key=key.value,
            value=stored,
            starts_on=starts_on.isoformat(),
        )
        return row.id


def settings_of(session: Session, unit_id: int, day: date) -> dict[PolicyKey, Setting]:
    """Every setting as it holds for the unit on `day`, with its history; one statement."""
    rows = _load(session, unit_id, day)
    return {key: _setting(key, unit_id, [row for row in rows if row.key is key], day) for key in PolicyKey}


def readings_of(session: Session, unit_id: int, year: SchoolYear, day: date) -> Readings:
    """How a unit reads TT 22/2021 Điều 9 khoản 3 in a school year: on `day`, or on the year's nearest day to it."""
    found = settings_of(session, unit_id, clamp(day, year.starts_on, year.ends_on))
    return Readings(
        comment_subject_counts=found[PolicyKey.COMMENT_SUBJECT].value == "on",
        replace_subject=found[PolicyKey.ONE_SUBJECT].value == "replace",
    )


def centre_settings(session: Session, unit_id: int, year: SchoolYear, day: date) -> dict[str, str]:
    """What is confirmed of TT 43/2021 for a centre in a school year, by its name in Facts.settings."""
    found = settings_of(session, unit_id, clamp(day, year.starts_on, year.ends_on))
    return {name: found[key].value for key, name in CENTRE_SETTINGS.items() if found[key].value}


def _setting(key: PolicyKey, unit_id: int, rows: Sequence[PolicyRow], day: date) -> Setting:
    tiers = list(Tier)
    holding = sorted((row for row in rows if row.in_force(day)), key=lambda row: tiers.index(row.tier))
    value = strictest(key, [row.value for row in holding])
    above = strictest(key, [row.value for row in holding if row.unit_id != unit_id])
    # Where two tiers say the same, the higher one is named: it is the one that binds.
    # Two different ones that bind together are told by the higher one.
    source = next((row for row in holding if row.value == value), holding[0] if holding else None)
    return Setting(key, value or DEFAULTS.get(key, ""), source, above, tuple(rows))


def _load(session: Session, unit_id: int, day: date) -> list[PolicyRow]:
    above = ancestors(unit_id, day)
    query = (
        sa.select(Policy, OrgUnit, Person.full_name)
        .join(OrgUnit, OrgUnit.id == Policy.unit_id)
        .outerjoin(above, above.c.unit_id == Policy.unit_id)
        .outerjoin(Person, Person.id == Policy.ordered_by_id)
        .where(sa.or_(Policy.unit_id == unit_id, above.c.unit_id.is_not(None)))
        .order_by(Policy.starts_on.desc(), Policy.id.desc())
    )
    return [_row(*found) for found in session.execute(query)]


def _row(policy: Policy, unit: OrgUnit, ordered_by: str | None) -> PolicyRow:
    return PolicyRow(
        id=policy.id,
        key=PolicyKey(policy.key),
        value=policy.value,
        unit_id=unit.id,
        unit_name=unit.short_name,
        tier=unit.tier,
        starts_on=policy.starts_on,
        ends_on=policy.ends_on,
        reason=policy.reason,
        ordered_by=ordered_by or "",
        decided_at=policy.decided_at,
    )


def _checked(
    session: Session, unit: OrgUnit, key: PolicyKey, value: str, starts_on: date
) -> tuple[str, str, list[FieldProblem]]:
    """The value as stored, held against what the units above have on its first day; and what holds on it so far."""
    if key in FORM_VERSIONS and not unit.kind.is_school:
        return "", "", [FieldProblem("value", SCHOOLS_OWN)]
    try:
        stored = clean_value(key, value)
        held = settings_of(session, unit.id, starts_on)[key]
        require_tighter(key, stored, held.above)
    except ValueError as error:
        return "", "", [FieldProblem("value", str(error))]
    return stored, held.value, []


def _make_room(work: Work, unit_id: int, key: PolicyKey, starts_on: date) -> date | None:
    """End what held before, the day before; the last day of the new row if a later decision stands already."""
    query = sa.select(Policy).where(
        Policy.unit_id == unit_id,
        Policy.key == key.value,
        sa.or_(Policy.ends_on.is_(None), Policy.ends_on >= starts_on),
    )
    later = []
    for row in work.session.scalars(query):
        if row.starts_on > starts_on:
            later.append(row.starts_on)
        else:
            row.ends_on = starts_on - ONE_DAY
    return min(later) - ONE_DAY if later else None
