"""TT 58/2011 and as amended by TT 26/2020: edges, properties, and a second computation of 10,000 students of each."""

import random
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.assessment import tt26_2020, tt58_2011
from app.domain.assessment.facts import Facts, SubjectFigure
from app.domain.assessment.items import Inputs, Unjudgeable
from app.domain.assessment.regulations import assess_item
from app.domain.assessment.steps import sentence
from app.domain.assessment.terms import AcademicLevel, Conduct, Outcome, Title
from app.domain.assessment.tt58_2011.averages import (
    comment_term,
    comment_year,
    required_scores,
    term_average,
    year_average,
)
from app.domain.assessment.tt58_2011.subject_steps import explain_term, explain_year
from app.domain.assessment.tt58_2011.variant import TT26, TT58
from app.domain.assessment.tt58_2011.year import proposed_conduct_year, rank
from app.domain.vocabulary import Passing
from tests.domain import independent_tt58_2011 as again
from tests.domain.tt58_2011_students import COMMENTS, SCORED, comment, facts, marks, score, tenths

D = Decimal
PASSED, FAILED = Passing.PASSED, Passing.FAILED
BOTH = pytest.mark.parametrize("rules", [tt58_2011, tt26_2020], ids=["tt58", "tt26"])

GOOD = ("8.5", "8.5", "8.5", "9.0", "9.0", "9.0", "9.0", "9.0", "9.0")
WEAK = ("5.5", "5.5", "5.5", "3.0", "3.0", "5.5")


@pytest.mark.parametrize("scores", [("3.0", "3.0", "3.0"), ("10.0", "10.0", "1.9")])
def test_poor_says_once_why_it_is_not_weak(scores: tuple[str, ...]) -> None:
    names = ("Toán", "Ngữ văn", "Vật lí")
    inputs = {"scored": dict(zip(names, scores, strict=True)), "comment_failed": 0}
    steps = assess_item({"regulation": "tt58-2011", "kind": "learning_result", "inputs": inputs}).steps
    assert all(steps.count(step) == 1 for step in steps)
    assert any(step.article.endswith("khoản 4") for step in steps)


# --- subjects -----------------------------------------------------------------------------------


def test_the_number_of_tests_goes_by_lessons_a_week_and_as_amended_by_lessons_a_year() -> None:
    week = [Fraction(1, 2), Fraction(1), Fraction(101, 100), Fraction(299, 100), Fraction(3)]
    assert [required_scores(lessons, TT58) for lessons in week] == [2, 2, 3, 3, 4]
    year = [Fraction(lessons, 35) for lessons in (1, 35, 36, 70, 71, 104, 105)]
    assert [required_scores(lessons, TT58) for lessons in year] == [2, 2, 3, 3, 3, 3, 4]
    assert [required_scores(lessons, TT26) for lessons in year] == [2, 2, 3, 3, 4, 4, 4]
    with pytest.raises(ValueError, match="lessons"):
        required_scores(Fraction(0), TT26)


@given(
    st.lists(st.integers(0, 100), min_size=1, max_size=6),
    st.lists(st.integers(0, 100), max_size=5),
    st.integers(0, 100),
)
def test_a_term_average_weighs_one_two_three(regular: list[int], tests: list[int], final: int) -> None:
    marks = ([*map(tenths, regular)], [*map(tenths, tests)], tenths(final))
    found = term_average(*marks, len(regular), TT58)
    assert found.value == tenths(again.diem_hoc_ki(regular, tests, final))


def test_a_tie_goes_up_and_an_average_is_rounded_once() -> None:
    for text in (TT58, TT26):
        assert term_average([D(7), D(7), D(8)], [D(6)], D(8), 3, text).value == D("7.3")  # 58 / 8 = 7.25
    assert year_average(D("6.5"), D("6.4")) == D("6.4")
    assert year_average(D("7.4"), None) is None
    assert year_average(None, D("7.4"), one_term=True) == D("7.4")
    with pytest.raises(ValueError):
        year_average(D("7.4"), D("7.4"), one_term=True)


def test_what_lacks_is_named_and_only_a_periodic_test_becomes_0_when_the_term_is_closed() -> None:
    found = term_average([D(7), None], [D(6)], None, 3, TT58, required_periodic=2)
    assert found.missing == ("regular_2", "regular_3", "periodic_2", "final")
    assert term_average([D(7)], [None], D(7), 1, TT26).missing == ("midterm",)
    assert term_average([D(7)], [None], D(7), 2, TT58, closed=True).missing == ("regular_2",)
    assert term_average([D(7)], [], None, 1, TT58, closed=True).value == D("1.8")  # 7 / 4


def test_a_comment_subject_needs_two_thirds_and_the_term_test() -> None:
    assert comment_term([PASSED, FAILED], PASSED, 2) is PASSED
    assert comment_term([PASSED, PASSED, FAILED, FAILED], PASSED, 4) is FAILED
    assert comment_term([PASSED] * 9, FAILED, 2) is FAILED
    assert comment_term([PASSED, None], PASSED, 2) is None
    assert comment_term([PASSED, None], PASSED, 2, closed=True) is FAILED
    assert [comment_year(one, two) for one in Passing for two in Passing] == [PASSED, FAILED, PASSED, FAILED]
    assert comment_year(None, PASSED) is None
    assert comment_year(PASSED, None, one_term=True) is PASSED


def test_sums_are_written_out() -> None:
    (step,) = explain_term([D("7"), D("8"), D("6")], [D("7.5"), D("8.0")], D("7.0"), 3, TT58)
    assert sentence(step, str) == "(7 + 8 + 6 + 2 × 7,5 + 2 × 8 + 3 × 7) / 10 = 7,3, rounded to 7,3."
    (step,) = explain_term([D("8"), D("9")], [D("7")], D("8"), 2, TT26)
    assert sentence(step, str) == "(8 + 9 + 2 × 7 + 3 × 8) / 7 = 7,857…, rounded to 7,9."
    (step,) = explain_year(D("6.5"), None, TT26)
    assert "học kì II" in sentence(step, str)


# --- học lực ------------------------------------------------------------------------------------


def test_a_foreign_language_is_a_key_subject_as_amended_only() -> None:
    student = facts(*marks("7.9", "7.9", "8.5", "8.5", "8.5"))
    assert tt58_2011.judge(student).learning is AcademicLevel.FAIR
    assert tt26_2020.judge(student).learning is AcademicLevel.EXCELLENT
    first = replace(
        student,
        subjects=tuple(
            replace(s, code="foreign_language_1") if s.code == "foreign_language" else s
            for s in student.subjects
        ),
    )
    assert tt26_2020.judge(first).learning is AcademicLevel.EXCELLENT


@BOTH
def test_the_specialised_subject_is_a_further_condition(rules: ModuleType) -> None:
    student = facts(*marks(*GOOD))
    assert rules.judge(student).learning is AcademicLevel.EXCELLENT
    weak = facts(*marks("8.5", "8.5", "8.5", "7.9", "9.0"), specialised_subject="physics")
    assert rules.judge(weak).learning is AcademicLevel.FAIR
    absent = replace(student, specialised_subject="informatics")
    assert rules.judge(absent).missing == ("informatics",)


@BOTH
@pytest.mark.parametrize(
    ("low", "before", "level"),
    [("5.0", "fair", "fair"), ("4.9", "average", "fair"), ("3.5", "average", "fair"), ("3.4", "weak", "average"),
     ("2.0", "weak", "average"), ("1.9", "poor", "poor")],
)  # fmt: skip
def test_one_subject_that_pulls_down_from_the_top(
    rules: ModuleType, low: str, before: str, level: str
) -> None:
    result = rules.judge(facts(*marks(*GOOD, low)))
    assert (result.learning_before, result.learning) == (before, level)


@BOTH
def test_a_high_average_with_only_the_second_level_open_is_flagged(rules: ModuleType) -> None:
    """Read as: the level but for the one subject is Khá, and khoản 6 goes by that; the average reaches 8.0 as well."""
    result = rules.judge(facts(*marks("7.9", "7.5", "7.9", "9.5", "9.5", "9.5", "9.5", "9.5", "9.5", "3.0")))
    assert (result.learning_before, result.learning) == (AcademicLevel.WEAK, AcademicLevel.AVERAGE)
    assert result.flags == ("adjusted_from_fair",)


@BOTH
def test_a_comment_subject_may_be_the_one_and_an_exempt_one_is_none(rules: ModuleType) -> None:
    failed = comment("physical_training", FAILED)
    assert rules.judge(facts(*marks(*GOOD), failed)).learning is AcademicLevel.AVERAGE
    assert rules.judge(facts(*marks(*GOOD), failed, comment("music", FAILED))).learning is AcademicLevel.WEAK
    assert rules.judge(facts(*marks(*GOOD), replace(failed, exempt=True))).learning is AcademicLevel.EXCELLENT
    extra = score("foreign_language_2", "2.0", counts=False)
    assert rules.judge(facts(*marks(*GOOD), extra)).learning is AcademicLevel.EXCELLENT


@BOTH
def test_nothing_is_guessed(rules: ModuleType) -> None:
    blank = score("history", None, missing=("final",))
    result = rules.judge(facts(*marks("8.0", "8.0"), blank, training=None, absences=None))
    assert (result.average, result.learning, result.title, result.outcome) == (None, None, None, None)
    assert result.missing == ("history:final", "training", "absences")
    assert rules.judge(facts(score("physics", "8.0"))).missing == ("key_subject",)
    assert rules.judge(facts()).missing == ("subjects",)
    term = rules.judge(facts(*marks(*GOOD), period=1, absences=None))
    assert (term.title, term.outcome, term.missing) == (Title.HONOURS, None, ())


# --- the year -----------------------------------------------------------------------------------


@BOTH
def test_retests_replace_what_they_may(rules: ModuleType) -> None:
    student = facts(*marks(*WEAK))
    waiting = rules.judge(student)
    assert (waiting.outcome, waiting.retest_subjects) == (Outcome.RETEST, ("physics", "chemistry"))

    def after(physics: str | None, chemistry: str | None, math: str | None = None, **more: object) -> Facts:
        new = {"physics": physics, "chemistry": chemistry, "math": math}
        subjects = (replace(s, retest=D(new[s.code]) if new.get(s.code) else None) for s in student.subjects)
        return replace(student, subjects=tuple(subjects), **more)

    assert rules.judge(after("5.0", "5.0")).outcome is Outcome.PROMOTED
    assert rules.judge(after("5.0", "5.0", grade=9)).outcome is Outcome.COMPLETED
    assert rules.judge(after("3.4", "3.5")).outcome is Outcome.RETAINED
    assert rules.judge(after("5.0", None)).outcome is Outcome.RETEST  # the other may still be tested
    assert rules.judge(after("5.0", None, closed=True)).outcome is Outcome.RETAINED
    assert rules.judge(after(None, None, "9.0")).outcome is Outcome.RETEST  # Toán was not to be tested again
    assert rules.judge(after("5.0", "5.0", absences=46)).outcome is Outcome.RETAINED
    assert rules.judge(after("5.0", "5.0", training="weak")).outcome is Outcome.RETAINED


@BOTH
def test_summer_training_and_titles(rules: ModuleType) -> None:
    student = facts(*marks(*GOOD), training="weak")
    assert rules.judge(student).outcome is Outcome.SUMMER_TRAINING
    assert rules.judge(replace(student, training_after_summer="average")).outcome is Outcome.PROMOTED
    assert rules.judge(replace(student, training_after_summer="weak")).outcome is Outcome.RETAINED
    assert rules.judge(replace(student, training="fair")).title is Title.ADVANCED


def test_the_head_decides_on_students_with_disability_and_commends_as_amended() -> None:
    student = facts(*marks(*WEAK), absences=None, decisions={"disability": "QĐ 12", "outstanding": "QĐ 14"})
    assert tt58_2011.judge(student).outcome is None
    assert tt58_2011.judge(student).title is None
    assert tt26_2020.judge(student).title is Title.OUTSTANDING
    assert tt26_2020.judge(student).outcome is Outcome.HEAD_DECIDES
    promoted = replace(student, grade=12, decisions={**student.decisions, "promoted": "QĐ 13"})
    assert tt26_2020.judge(promoted).outcome is Outcome.COMPLETED
    assert "QĐ 13" in sentence(tt26_2020.explain(promoted)[-1].steps[0], str)


def test_rank_and_proposal() -> None:
    assert rank([D("8.0"), D("9.1"), D("8.0"), D("7.9")]) == [2, 1, 2, 4]
    assert rank([]) == []
    assert proposed_conduct_year(Conduct.GOOD, Conduct.FAIR) is Conduct.FAIR


# --- properties ---------------------------------------------------------------------------------

MARK = st.sampled_from([20, 34, 35, 49, 50, 64, 65, 79, 80, 100]) | st.integers(20, 100)
STUDENT = st.builds(
    lambda scores, failed: [
        *(score(code, tenths(mark)) for code, mark in zip(SCORED, scores, strict=True)),
        *(comment(code, FAILED if n < failed else PASSED) for n, code in enumerate(COMMENTS)),
    ],
    st.lists(MARK, min_size=len(SCORED), max_size=len(SCORED)),
    st.sampled_from([0, 0, 0, 1, 2]),
)


@BOTH
@given(student=STUDENT, place=st.integers(0, len(SCORED) - 1), more=st.integers(1, 80))
def test_a_higher_mark_never_lowers_the_level(
    rules: ModuleType, student: list[SubjectFigure], place: int, more: int
) -> None:
    """True while no mark is under 2.0; see the next test."""
    mark = student[place].value
    assert isinstance(mark, Decimal)
    higher = [*student]
    higher[place] = replace(student[place], value=min(D("10.0"), mark + tenths(more)))
    assert rules.judge(facts(*higher)).learning.rank >= rules.judge(facts(*student)).learning.rank


@BOTH
def test_where_the_circular_itself_lowers_the_level_of_a_higher_average(rules: ModuleType) -> None:
    """Điều 13 khoản 6 lists Khá → Kém and not Giỏi → Kém: with 7.9 the student is raised to Yếu, with 8.0 not."""
    lower = facts(*marks("8.5", "8.5", "8.5", "8.6", "8.6", "8.6", "8.6", "8.6", "8.6", "1.9"))
    higher = facts(*marks("8.6", "8.6", "8.6", "8.6", "8.6", "8.6", "8.7", "8.7", "8.7", "1.9"))
    assert (rules.judge(lower).average, rules.judge(lower).learning) == (D("7.9"), AcademicLevel.WEAK)
    assert (rules.judge(higher).average, rules.judge(higher).learning) == (D("8.0"), AcademicLevel.POOR)


@BOTH
@given(student=STUDENT, order=st.randoms(use_true_random=False))
def test_order_is_nothing_and_stored_facts_give_the_same(
    rules: ModuleType, student: list[SubjectFigure], order: random.Random
) -> None:
    here = facts(*student)
    result = rules.judge(here)
    assert rules.judge(Facts.from_json(here.to_json())) == result
    order.shuffle(student)
    shuffled = rules.judge(facts(*student))
    assert set(shuffled.retest_subjects) == set(result.retest_subjects)
    assert replace(shuffled, retest_subjects=()) == replace(result, retest_subjects=())


@BOTH
@given(
    student=STUDENT, absences=st.none() | st.integers(40, 50), training=st.none() | st.sampled_from(Conduct)
)
def test_every_part_is_explained(
    rules: ModuleType, student: list[SubjectFigure], absences: int | None, training: Conduct | None
) -> None:
    here = facts(*student, training=training, absences=absences, training_2="fair")
    result = rules.judge(here)
    sections = {section.key: section for section in rules.explain(here)}
    assert [sections[key].value for key in ("learning", "training", "title", "outcome")] == [
        result.learning, result.training, result.title, result.outcome,
    ]  # fmt: skip
    for section in sections.values():
        assert section.steps
        assert all(step.article and "%(" not in sentence(step, str) for step in section.steps)


# --- explained ----------------------------------------------------------------------------------


def told(rules: ModuleType, student: Facts, key: str) -> str:
    section = next(section for section in rules.explain(student) if section.key == key)
    return " ".join(sentence(step, str) for step in section.steps)


def test_what_one_change_would_do_is_said() -> None:
    near = facts(*marks("8.5", "8.0", "8.0", "8.0", "6.4"))
    assert "below it: chemistry 6,4" in told(tt58_2011, near, "learning")
    assert "Only 0,9 lacks in chemistry for Excellent (Giỏi)." in told(tt58_2011, near, "learning")
    nearly = facts(*marks("7.9", "7.5", "8.5", "8.5", "8.5"))
    assert "Only 0,1 lacks in math for Excellent (Giỏi)." in told(tt58_2011, nearly, "learning")
    assert "one single subject" in told(tt26_2020, facts(*marks(*GOOD, "4.9")), "learning")
    assert "lists no adjustment" in told(tt26_2020, facts(*marks(*GOOD, "1.9")), "learning")
    failed = facts(*marks(*GOOD), comment("music", FAILED))
    assert "Only a pass in music lacks" in told(tt58_2011, failed, "learning")


def test_the_outcome_names_subjects_and_conditions() -> None:
    student = facts(*marks(*WEAK), absences=3)
    assert "physics 3,0, chemistry 3,0" in told(tt58_2011, student, "outcome")
    assert "Absent 3 sessions: not more than 45." in told(tt58_2011, student, "outcome")
    retested = tuple(replace(s, retest=D("5.0")) if s.value == D("3.0") else s for s in student.subjects)
    after = replace(student, subjects=retested)
    assert "average 5,3" in told(tt58_2011, after, "outcome")
    assert "(5,5 + 5,5 + 5,5 + 5 + 5 + 5,5) / 6 = 5,333…" in told(tt58_2011, after, "learning_after")
    assert "only a proposal" in told(tt58_2011, replace(student, training_2="fair"), "training")


def test_items_are_refused_with_a_reason() -> None:
    for kind, inputs in (
        ("learning_result", {"scored": ["8.0"], "comment_failed": 0}),
        ("learning_result", {"scored": {"Vật lí": "8.0"}}),
        ("learning_result", {"scored": {"Toán": "8.0"}, "specialised_subject": "Tin học"}),
        ("required_regular_scores", {"weekly_lessons": "nhiều"}),
        ("required_regular_scores", {"weekly_lessons": D("1E-999999999")}),  # and in no time
        ("retest", {"scored": {"Toán": "4.0"}, "training": "Khá", "retest_scores": {"Văn": "5.0"}}),
    ):
        with pytest.raises(Unjudgeable):
            tt58_2011.KINDS[kind](Inputs(inputs))


def test_the_two_texts_are_one_but_for_their_data() -> None:
    assert set(tt58_2011.KINDS) == set(tt26_2020.KINDS)
    assert TT58.article("Điều 13 khoản 6") == "TT 58/2011 Điều 13 khoản 6"
    assert TT26.article("Điều 13 khoản 6") == "TT 58/2011 Điều 13 khoản 6 (sửa bởi TT 26/2020)"
    assert TT26.article("Điều 11") == "TT 58/2011 Điều 11"
