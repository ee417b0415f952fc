"""Preschool: a record by area, no marks, no promotion test."""

from datetime import date

import pytest

from app.domain.assessment import preschool
from app.domain.assessment.facts import YEAR, Facts, Result
from app.domain.assessment.preschool import AREAS, FIVE_YEARS, NURSERY_AREAS, areas_of, last_year
from app.domain.assessment.steps import sentence
from app.domain.assessment.terms import Outcome
from app.domain.units import KINDERGARTEN_GRADE, NURSERY_GRADE
from app.domain.vocabulary import Level


def child(grade: int = KINDERGARTEN_GRADE, period: int = YEAR, five: bool = False, **written: str) -> Facts:
    traits = {area.code: "đạt mục tiêu" for area in areas_of(grade)} | written
    decisions = {FIVE_YEARS: "lớp 5–6 tuổi"} if five else {}
    return Facts(preschool.CODE, Level.PRESCHOOL, grade, period, (), traits=traits, decisions=decisions)


def test_a_younger_child_is_judged_in_nothing() -> None:
    assert preschool.judge(child()) == Result()
    assert preschool.judge(child(grade=NURSERY_GRADE)) == Result()


def test_a_five_year_old_ends_with_the_programme_completed() -> None:
    assert preschool.judge(child(five=True)).outcome is Outcome.COMPLETED
    assert preschool.judge(child(five=True, period=2)).outcome is None


@pytest.mark.parametrize("area", AREAS)
def test_an_empty_area_is_missing(area: preschool.Area) -> None:
    result = preschool.judge(child(five=True, **{area.code: "  "}))
    assert result == Result(missing=(f"areas:{area.code}",))


def test_nursery_has_four_areas() -> None:
    assert [len(areas_of(grade)) for grade in (NURSERY_GRADE, KINDERGARTEN_GRADE)] == [4, 5]
    assert len({area.code for area in (*AREAS, *NURSERY_AREAS)}) == 6


@pytest.mark.parametrize(("born", "last"), [(2020, True), (2021, True), (2022, False)])
def test_the_last_year_goes_by_the_calendar_year_of_birth(born: int, last: bool) -> None:
    assert last_year(date(born, 12, 31), 2026) is last


@pytest.mark.parametrize("facts", [child(), child(period=1), child(five=True), child(five=True, language="")])
def test_the_explanation_says_there_are_no_marks(facts: Facts) -> None:
    sections = preschool.explain(facts)
    assert sections[0].steps[0].message == preschool.NO_MARKS
    assert sections[0].value is None
    assert [s.key for s in sections] == (["learning", "outcome"] if facts.period == YEAR else ["learning"])
    assert sections[-1].value == (preschool.judge(facts).outcome if facts.period == YEAR else None)
    assert all(s.article and "%(" not in sentence(s, str) for section in sections for s in section.steps)
