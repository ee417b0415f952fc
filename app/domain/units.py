"""Kinds of units: what may stand under what, and which levels and grades each kind teaches (facts F4, H1)."""

from collections.abc import Iterable, Mapping
from typing import Final

from app.domain.assessment.registry import GRADES
from app.domain.vocabulary import Level, Tier, UnitKind

CENTRES: Final = frozenset({UnitKind.VOCATIONAL_CENTRE, UnitKind.PROVINCIAL_CENTRE})

NURSERY_GRADE: Final = 16
KINDERGARTEN_GRADE: Final = 17
"""Grade numbers of preschool in the sector database: 16 nhóm trẻ, 17 mẫu giáo."""

_LEVELS: Mapping[UnitKind, tuple[Level, ...]] = {
    UnitKind.PRESCHOOL: (Level.PRESCHOOL,),
    UnitKind.PRIMARY: (Level.PRIMARY,),
    UnitKind.LOWER_SECONDARY: (Level.LOWER_SECONDARY,),
    UnitKind.UPPER_SECONDARY: (Level.UPPER_SECONDARY,),
    UnitKind.VOCATIONAL_CENTRE: (Level.CONTINUING_LOWER, Level.CONTINUING_UPPER),
    UnitKind.PROVINCIAL_CENTRE: (Level.CONTINUING_LOWER, Level.CONTINUING_UPPER),
}

_CONTINUING = {Level.LOWER_SECONDARY: Level.CONTINUING_LOWER, Level.UPPER_SECONDARY: Level.CONTINUING_UPPER}

_ABOVE: Mapping[Tier, frozenset[Tier]] = {
    Tier.DEPARTMENT: frozenset(),
    Tier.DISTRICT: frozenset({Tier.DEPARTMENT}),
    Tier.SCHOOL: frozenset({Tier.DEPARTMENT, Tier.DISTRICT}),
}


def may_stand_under(kind: UnitKind, parent: UnitKind) -> bool:
    """True where a unit of `kind` may be managed by one of kind `parent`; the middle tier may be left out."""
    return parent.tier in _ABOVE[kind.tier]


def needs_parent(kind: UnitKind) -> bool:
    """Every unit but the department stands under another."""
    return bool(_ABOVE[kind.tier])


def default_levels(kind: UnitKind) -> tuple[Level, ...]:
    """Levels a kind teaches when nothing else is said; empty for offices, and for a multi-level school."""
    return _LEVELS.get(kind, ())


def taught_levels(kind: UnitKind, levels: Iterable[str]) -> tuple[Level, ...]:
    """Levels of a unit as plans and circulars know them: a centre teaches continuing education."""
    chosen = tuple(Level(value) for value in levels) or default_levels(kind)
    if kind in CENTRES:
        chosen = tuple(_CONTINUING.get(level, level) for level in chosen)
    return tuple(dict.fromkeys(chosen))


def grades_of(level: Level) -> tuple[int, ...]:
    """Grade numbers of a level."""
    if level is Level.PRESCHOOL:
        return (NURSERY_GRADE, KINDERGARTEN_GRADE)
    return tuple(GRADES[level])


def level_of_grade(kind: UnitKind, levels: Iterable[str], grade: int) -> Level | None:
    """Level a grade belongs to in this unit; None where the unit doesn't teach it."""
    return next((level for level in taught_levels(kind, levels) if grade in grades_of(level)), None)
