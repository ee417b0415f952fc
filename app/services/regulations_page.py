"""Which circular governs which class of a unit in a school year, with its settings and readings and who set them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import Action, Actor
from app.domain.assessment.registry import GRADES, Circular, NotCovered, circular_for
from app.domain.assessment.regulations import rules_of
from app.domain.names import fold
from app.domain.policies import CENTRE_SETTINGS, READINGS, PolicyKey
from app.domain.vocabulary import Level
from app.models import OrgUnit, SchoolClass, SchoolYear
from app.services import scope
from app.services.clock import clamp
from app.services.policies import Setting, settings_of
from app.services.rights import demand

FIRST_YEAR: Final = 2016
"""First school year of the roll-out table: before it primary grades have no circular on file."""
ALL_FROM: Final = 2024
"""From this year on every grade is under the circulars of today."""
ROLLOUT_LEVELS: Final = tuple(GRADES)
MOST_FOUND: Final = 20


@dataclass(frozen=True)
class GradeLine:
    """A level and grade of the unit: the circular by the roll-out, and the classes with the one each is kept under."""

    level: Level
    grade: int
    circular: Circular | None
    classes: tuple[tuple[str, str], ...]  # name, stored circular

    @property
    def differing(self) -> tuple[tuple[str, str], ...]:
        """Classes kept under another circular than the roll-out has."""
        return tuple((name, stored) for name, stored in self.classes if stored != self.circular)


@dataclass(frozen=True)
class CircularCard:
    """A circular: the version of its rules here, its open settings with who set them, article → rule."""

    circular: Circular
    version: str
    used: bool
    settings: tuple[Setting, ...]
    articles: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class RolloutRow:
    """A school year: by level the grades, as first and last of a run, under one circular; None: none on file."""

    start_year: int
    runs: tuple[tuple[tuple[int, int, Circular | None], ...], ...]  # one for each of ROLLOUT_LEVELS


@dataclass(frozen=True)
class RegulationPage:
    """All the page shows of a unit's year."""

    unit: OrgUnit
    lines: tuple[GradeLine, ...]
    cards: tuple[CircularCard, ...]
    rollout: tuple[RolloutRow, ...]


def regulations_of(
    session: Session, actor: Actor, unit_id: int, year: SchoolYear, day: date
) -> RegulationPage:
    """The regulations of a unit in a year; three statements. NotFound out of reach, Forbidden without policy.view.

    Settings are those of the day, or of the year's nearest day to it: what its results are judged by.
    """
    unit = scope.get(session, actor, OrgUnit, unit_id, day)
    demand(actor, Action.POLICY_VIEW, unit_id)
    lines = _lines(session, unit, year)
    settings = settings_of(session, unit_id, clamp(day, year.starts_on, year.ends_on))
    used = {stored for line in lines for _name, stored in line.classes}
    return RegulationPage(
        unit=unit,
        lines=tuple(lines),
        cards=tuple(_card(circular, circular.value in used, settings) for circular in Circular),
        rollout=tuple(_rollout(year.start_year)),
    )


def schools_like(session: Session, actor: Actor, text: str, day: date) -> list[OrgUnit]:
    """Schools below an office whose name or code contains a text, a few; one statement."""
    query = (
        scope.scoped(actor, OrgUnit, day)
        .where(
            OrgUnit.id.in_(actor.below),
            sa.or_(OrgUnit.name_folded.contains(fold(text)), OrgUnit.code == text),
        )
        .order_by(OrgUnit.name_folded)
    )
    return [unit for unit in session.scalars(query.limit(MOST_FOUND)) if unit.kind.is_school]


def _lines(session: Session, unit: OrgUnit, year: SchoolYear) -> list[GradeLine]:
    query = (
        sa.select(SchoolClass.level, SchoolClass.grade, SchoolClass.name, SchoolClass.circular)
        .where(SchoolClass.unit_id == unit.id, SchoolClass.school_year_id == year.id)
        .order_by(SchoolClass.order_no, SchoolClass.name)
    )
    found: dict[tuple[Level, int], list[tuple[str, str]]] = {}
    for level, grade, name, circular in session.execute(query):
        found.setdefault((level, grade), []).append((name, circular))
    order = list(Level)
    return [
        GradeLine(level, grade, _by_rollout(level, grade, year.start_year, unit), tuple(classes))
        for (level, grade), classes in sorted(
            found.items(), key=lambda item: (order.index(item[0][0]), item[0][1])
        )
    ]


def _by_rollout(level: Level, grade: int, start_year: int, unit: OrgUnit | None = None) -> Circular | None:
    try:
        return circular_for(level, grade, start_year, unit.kind if unit else None)
    except NotCovered:
        return None


def _card(circular: Circular, used: bool, settings: dict[PolicyKey, Setting]) -> CircularCard:
    keys: dict[Circular, Sequence[PolicyKey]] = {
        Circular.TT22_2021: READINGS,
        Circular.TT43_2021: tuple(CENTRE_SETTINGS),
    }
    rules = rules_of(circular)
    return CircularCard(
        circular=circular,
        version=rules.version,
        used=used,
        settings=tuple(settings[key] for key in keys.get(circular, ())),
        articles=tuple(rules.articles.items()),
    )


def _rollout(last_year: int) -> list[RolloutRow]:
    return [
        RolloutRow(start_year, tuple(_runs(level, start_year) for level in ROLLOUT_LEVELS))
        for start_year in range(max(last_year, ALL_FROM), FIRST_YEAR - 1, -1)
    ]


def _runs(level: Level, start_year: int) -> tuple[tuple[int, int, Circular | None], ...]:
    runs: list[tuple[int, int, Circular | None]] = []
    for grade in GRADES[level]:
        circular = _by_rollout(level, grade, start_year)
        if runs and runs[-1][2] is circular:
            runs[-1] = (runs[-1][0], grade, circular)
        else:
            runs.append((grade, grade, circular))
    return tuple(runs)
