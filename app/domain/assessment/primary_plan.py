"""What is assessed and tested in a primary grade, whichever circular of primary school governs it."""

from collections.abc import Collection
from functools import cache
from types import ModuleType

from app.domain.assessment import tt22_2016, tt27_2020
from app.domain.assessment.primary import Trait
from app.domain.assessment.registry import Circular
from app.domain.assessment.terms import Point


@cache
def traits_of(circular: str, grade: int | None = None) -> tuple[tuple[int, Trait], ...]:
    """Qualities and competences of a grade (None: all), each with its place in the circular's list, from 1.

    TT 27/2020 Điều 5 khoản 1, TT 22/2016.
    """
    rules = _rules(circular)
    asked = rules.TRAITS if grade is None else rules.traits_of(grade)
    return tuple((place, trait) for place, trait in enumerate(rules.TRAITS, start=1) if trait in asked)


def traits_shown(circular: str, grade: int, assessed: Collection[str]) -> tuple[Trait, ...]:
    """What a grade's table shows: the traits it is assessed in, and those that have a level all the same (`assessed`)."""
    asked = {trait.code for _place, trait in traits_of(circular, grade)}
    return tuple(trait for _p, trait in traits_of(circular) if trait.code in asked or trait.code in assessed)


def group_name(circular: str, trait: Trait) -> str:
    """Official name of the group a trait belongs to: Phẩm chất chủ yếu, Năng lực chung, Năng lực đặc thù."""
    name: str = _rules(circular).GROUPS[trait.group]
    return name


def is_tested(circular: str, subject_code: str, grade: int, point: Point) -> bool:
    """Whether a subject has a periodic test in a grade at a point (TT 27/2020 Điều 7 khoản 1, TT 22/2016)."""
    return any(tested.code == subject_code for tested in _rules(circular).tests_at(grade, point))


def _rules(circular: str) -> ModuleType:
    return tt27_2020 if circular == Circular.TT27_2020 else tt22_2016
