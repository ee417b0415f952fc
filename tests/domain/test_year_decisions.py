"""What may be entered after a year, by the figures it ended with."""

from dataclasses import replace
from decimal import Decimal

import pytest

from app.domain.assessment import tt27_2020
from app.domain.assessment.decisions import DISABILITY, PROMOTED, RETEST_OVER
from app.domain.assessment.facts import YEAR, Facts, SubjectFigure
from app.domain.assessment.registry import Circular
from app.domain.assessment.regulations import rules_of
from app.domain.assessment.terms import Outcome, SubjectLevel, Title
from app.domain.vocabulary import RETEST, Level, Passing, SubjectKind
from app.domain.year_decisions import (
    Asked,
    Field,
    asked_of,
    assessed_again,
    by_head,
    fields_of,
)

JUDGE = rules_of(Circular.TT22_2021).judge


def figure(code: str, value: str | Passing) -> SubjectFigure:
    if isinstance(value, Passing):
        return SubjectFigure(code, code, SubjectKind.COMMENT, value)
    return SubjectFigure(code, code, SubjectKind.SCORED, Decimal(value))


def facts(*marks: str, comment: Passing = Passing.PASSED, **more: object) -> Facts:
    """A year of grade 8 under TT 22/2021, training good, four sessions missed."""
    subjects = (*(figure(f"s{n}", mark) for n, mark in enumerate(marks)), figure("arts", comment))
    usual = {"training_1": "good", "training_2": "good", "absences": 4} | more
    return Facts("tt22-2021", Level.LOWER_SECONDARY, 8, YEAR, subjects, **usual)  # type: ignore[arg-type]


LOW = ("4.0", "3.0", "7.0", "7.0", "7.0", "7.0", "7.0", "7.0")


def test_who_was_promoted_has_nothing_to_enter() -> None:
    assert asked_of(facts(*["7.0"] * 8), JUDGE) == Asked()


def pupil(level: SubjectLevel, trait: str, score: int, **decisions: str) -> Facts:
    """A year of grade 2 under TT 27/2020 with one tested subject."""
    math = SubjectFigure("math", "Toán", SubjectKind.SCORED, level, test=Decimal(score), has_test=True)
    traits = {found.code: trait for found in tt27_2020.traits_of(2)}
    return Facts("tt27-2020", Level.PRIMARY, 2, YEAR, (math,), traits=traits, decisions=decisions)


@pytest.mark.parametrize(
    ("year", "award", "offered"),
    [
        (pupil(SubjectLevel.WELL, "T", 8), Title.EXEMPLARY, True),
        (pupil(SubjectLevel.WELL, "T", 8, outstanding="Tiến bộ", recognised=""), Title.EXEMPLARY, True),
        (pupil(SubjectLevel.WELL, "T", 9), None, False),  # Hoàn thành xuất sắc has its title without more
        (pupil(SubjectLevel.DONE, "Đ", 6), None, False),
        (pupil(SubjectLevel.DONE, "Đ", 6, outstanding="Tiến bộ"), None, True),  # it can be taken back
    ],
)
def test_an_award_is_asked_for_where_it_comes_of_what_is_noted(
    year: Facts, award: Title | None, offered: bool
) -> None:
    asked = asked_of(year, tt27_2020.judge)
    assert asked.award is award
    assert {field in fields_of(year, asked) for field in (Field.OUTSTANDING, Field.RECOGNISED)} == {offered}


def test_retests_stay_enterable_after_they_were_entered() -> None:
    year = facts(*LOW, comment=Passing.FAILED)
    found = asked_of(year, JUDGE)
    assert found == Asked(subjects=frozenset({"s0", "s1", "arts"}), over=True)
    for code, result in (("s0", Decimal("6.0")), ("s1", Decimal("6.0")), ("arts", Passing.PASSED)):
        year = assessed_again(year, code, retest=result)
    assert JUDGE(year).outcome is Outcome.PROMOTED
    assert asked_of(year, JUDGE) == replace(found, over=False)
    ended = replace(facts(*LOW), decisions={RETEST_OVER: "không dự"})
    assert asked_of(ended, JUDGE).over


def test_summer_training_stays_enterable_too() -> None:
    year = facts(*["7.0"] * 8, training_2="not_passed")
    assert asked_of(year, JUDGE) == Asked(summer=True)
    assert asked_of(replace(year, training_after_summer="passed"), JUDGE) == Asked(summer=True)


def test_nothing_helps_who_missed_too_much() -> None:
    assert asked_of(facts(*LOW, absences=46), JUDGE) == Asked()


def test_the_head_decides_where_no_rule_does() -> None:
    year = facts(*LOW, decisions={DISABILITY: "kế hoạch cá nhân"})
    assert asked_of(year, JUDGE).head
    assert asked_of(replace(year, decisions={DISABILITY: "kế hoạch", PROMOTED: "đạt"}), JUDGE).head
    few = facts("7.0", "7.0")
    assert asked_of(few, JUDGE).head


def test_a_primary_year_is_assessed_again_where_it_fell_short() -> None:
    subjects = (
        SubjectFigure("math", "Toán", SubjectKind.SCORED, SubjectLevel.DONE, test=Decimal(3), has_test=True),
        SubjectFigure("arts", "Nghệ thuật", SubjectKind.COMMENT, SubjectLevel.NOT_DONE),
    )
    judge = rules_of(Circular.TT27_2020).judge
    first, *others = (trait.code for trait in tt27_2020.traits_of(4))
    traits = {first: "C", **dict.fromkeys(others, "T")}
    year = Facts("tt27-2020", Level.PRIMARY, 4, YEAR, subjects, traits=traits)
    found = asked_of(year, judge)
    assert (found.subjects, found.tests, found.traits) == (
        frozenset({"arts"}), frozenset({"math"}), frozenset({first}),
    )  # fmt: skip
    fields = fields_of(year, found)
    assert Field.TRAITS_AFTER in fields
    assert Field.TRAINING_YEAR not in fields


@pytest.mark.parametrize(
    ("field", "circular", "head"),
    [
        (Field.HEAD, "tt22-2021", True),
        (Field.DISABILITY, "tt27-2020", True),
        (Field.TRAINING_AFTER, "tt22-2021", False),
        (Field.OUTSTANDING, "tt27-2020", False),
        (Field.OUTSTANDING, "tt26-2020", True),
    ],
)
def test_who_decides_a_field(field: Field, circular: str, head: bool) -> None:
    assert by_head(field, circular) is head


def test_what_ends_the_year_goes_with_its_final_tests() -> None:
    assert {field for field in Field if field.lock == "final"} == {
        Field.TRAINING_YEAR, Field.OUTSTANDING, Field.RECOGNISED,
    }  # fmt: skip
    assert Field.HEAD.lock == RETEST
