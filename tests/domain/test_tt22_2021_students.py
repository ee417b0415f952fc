"""TT 22/2021, the student: edges, properties, explanations, and 10,000 years worked out a second time."""

import random
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.assessment import tt22_2021 as tt22
from app.domain.assessment.facts import YEAR, Facts, Readings
from app.domain.assessment.steps import sentence
from app.domain.assessment.terms import Outcome, ResultLevel, Title
from app.domain.vocabulary import Passing
from tests.domain import independent_tt22_2021 as independent
from tests.domain.tt22_2021_students import COMMENTS, a_student, as_facts, decimal, in_its_words, subject

D = Decimal
GOOD, FAIR, PASSED, NOT_PASSED = ResultLevel


def student(scores: list[str], failed: int = 0, retests: dict[int, str] | None = None, **more: Any) -> Facts:
    """A year of a student with these averages, training results Tốt and no absences."""
    given = retests or {}
    subjects = [
        subject(f"S{n}", D(score), retest=D(given[n]) if n in given else None)
        for n, score in enumerate(scores)
    ]
    subjects += [
        subject(code, Passing.FAILED if n < failed else Passing.PASSED) for n, code in enumerate(COMMENTS)
    ]
    facts = Facts("tt22-2021", "lower_secondary", 8, YEAR, tuple(subjects))
    return replace(facts, **{"training_1": "good", "training_2": "good", "absences": 0, **more})


@pytest.mark.parametrize("term", ["term_1", "term_2"])
@pytest.mark.parametrize("value", [D("7.4"), Passing.PASSED])
def test_a_subject_of_one_term_says_so(term: str, value: Any) -> None:
    facts = student(["8.0"] * 7)
    only = replace(subject("one_term", value), **{"term_1": None, "term_2": None, term: value})
    facts = replace(facts, subjects=(*facts.subjects, only))
    (step,) = next(s.steps for s in tt22.explain(facts) if s.key == "subject:one_term")
    assert "one term only" in sentence(step, str)
    assert step.params == {"value": value}


def test_where_no_subject_reaches_a_mark_none_is_named() -> None:
    learning = next(s for s in tt22.explain(student(["6.0"] * 8)) if s.key == "learning")
    texts = [sentence(step, str) for step in learning.steps]
    assert "Fair (Khá) needs 6 subjects with 6,5 or more; no subject has that." in texts
    assert not any("–" in text for text in texts)


def test_a_result_over_missing_marks_is_not_yet() -> None:
    facts = student(["8.0"] * 7)
    gone = subject("S7", None, missing=("final", "regular_2"))
    facts = replace(facts, subjects=(*facts.subjects, gone, subject("HDTN2", None, counts=False)))
    result = tt22.judge(facts)
    assert (result.learning, result.title, result.outcome) == (None, None, None)
    assert result.missing == ("S7:final", "S7:regular_2")
    assert result.training is GOOD


@pytest.mark.parametrize(
    ("more", "missing"),
    [
        ({"absences": None}, ("absences",)),
        ({"training_1": None}, ("training_1",)),
        (
            {"training_1": None, "training_2": None, "absences": None},
            ("training_1", "training_2", "absences"),
        ),
    ],
)
def test_what_else_a_year_waits_for(more: dict[str, Any], missing: tuple[str, ...]) -> None:
    result = tt22.judge(student(["8.0"] * 7, **more))
    assert (result.outcome, result.missing, result.learning) == (None, missing, GOOD)


def test_a_term_has_a_learning_and_a_training_result_only() -> None:
    facts = replace(student(["9.0"] * 8), period=1, training="fair")
    result = tt22.judge(facts)
    assert (result.learning, result.training, result.title, result.outcome) == (GOOD, FAIR, None, None)
    assert tt22.judge(replace(facts, training=None)).missing == ("training",)


def test_fewer_than_six_scored_subjects_are_never_classified() -> None:
    facts = student(["9.0"] * 5)
    result = tt22.judge(facts)
    assert (result.learning, result.missing, result.outcome) == (
        None,
        ("six_subjects",),
        Outcome.HEAD_DECIDES,
    )
    told = [
        step.message for section in tt22.explain(facts) if section.key == "learning" for step in section.steps
    ]
    assert any("the head decides" in message for message in told)
    decided = replace(facts, decisions={"promoted": "Biên bản số 5"})
    assert tt22.judge(decided).outcome is Outcome.PROMOTED


def test_chosen_subjects_that_do_not_count_are_left_out() -> None:
    facts = student(["8.0"] * 6)
    extra = subject("NN2", D("3.0"), counts=False)
    assert tt22.judge(replace(facts, subjects=(*facts.subjects, extra))).learning is GOOD


def test_only_the_practical_part_is_exempt() -> None:
    facts = student(["8.0"] * 6)
    exempt = replace(facts, subjects=(*facts.subjects, subject("GDTC", None, exempt=True)))
    assert tt22.judge(exempt).missing == ("GDTC:value",)
    planned = replace(exempt, decisions={"disability": "Kế hoạch giáo dục cá nhân"})
    assert (tt22.judge(planned).learning, tt22.judge(planned).missing) == (GOOD, ())


@pytest.mark.parametrize(
    ("decisions", "outcome"),
    [
        ({}, Outcome.RETEST),
        ({"promoted": "x"}, Outcome.RETEST),  # not his to decide
        ({"disability": "x"}, Outcome.HEAD_DECIDES),
        ({"disability": "x", "promoted": "y"}, Outcome.PROMOTED),
        ({"disability": "x", "retained": "y"}, Outcome.RETAINED),
    ],
)
def test_the_head_decides_for_students_with_a_disability(decisions: dict[str, str], outcome: Outcome) -> None:
    assert tt22.judge(student(["6.0"] * 6 + ["3.0"], decisions=decisions)).outcome is outcome


@pytest.mark.parametrize(
    ("absences", "outcome"), [(0, Outcome.PROMOTED), (45, Outcome.PROMOTED), (46, Outcome.RETAINED)]
)
def test_forty_five_sessions(absences: int, outcome: Outcome) -> None:
    assert tt22.judge(student(["6.0"] * 6, absences=absences)).outcome is outcome


@pytest.mark.parametrize("grade", [9, 12])
def test_the_last_grade_completes_the_programme(grade: int) -> None:
    assert tt22.judge(student(["6.0"] * 6, grade=grade)).outcome is Outcome.COMPLETED


@pytest.mark.parametrize(
    ("retests", "decisions", "after", "outcome", "missing"),
    [
        ({}, {}, None, Outcome.RETEST, ()),
        ({6: "4.2"}, {}, None, Outcome.RETEST, ("S7:retest",)),
        ({7: "3.5"}, {"retest_over": "vắng"}, PASSED, Outcome.PROMOTED, ()),
        ({}, {"retest_over": "vắng"}, NOT_PASSED, Outcome.RETAINED, ()),
        ({6: "4.2", 7: "3.4"}, {}, NOT_PASSED, Outcome.RETAINED, ()),
        ({6: "4.2", 7: "3.5"}, {}, PASSED, Outcome.PROMOTED, ()),
        ({6: "3.4", 7: "8.0"}, {}, NOT_PASSED, Outcome.RETAINED, ()),  # a lower result stands too
        ({6: "5.0", 7: "5.0", 5: "0.0"}, {}, PASSED, Outcome.PROMOTED, ()),  # nothing to retest in the sixth
    ],
)
def test_the_retest_replaces_the_years_result(
    retests: dict[int, str],
    decisions: dict[str, str],
    after: ResultLevel | None,
    outcome: Outcome,
    missing: tuple[str, ...],
) -> None:
    facts = student(["6.0"] * 5 + ["5.5", "4.2", "3.0"], retests=retests, decisions=decisions)
    result = tt22.judge(facts)
    assert (result.learning, result.learning_after, result.outcome) == (NOT_PASSED, after, outcome)
    assert (result.missing, result.retest_subjects) == (missing, ("S6", "S7"))


def test_the_adjustment_applies_to_the_results_after_the_retest() -> None:
    result = tt22.judge(student(["6.5"] * 6 + ["4.0", "3.0"], retests={6: "6.0", 7: "3.0"}))
    assert (result.learning, result.learning_after, result.outcome) == (NOT_PASSED, PASSED, Outcome.PROMOTED)


def test_titles_are_those_of_the_year_as_it_ended() -> None:
    facts = student(["9.0"] * 6, training_2="not_passed", training_after_summer="good")
    result = tt22.judge(facts)
    assert (result.training, result.title, result.outcome) == (NOT_PASSED, None, Outcome.PROMOTED)
    assert tt22.judge(student(["9.0"] * 6)).title is Title.EXCELLENT
    assert tt22.judge(student(["9.0"] * 5 + ["8.9"])).title is Title.GOOD


def test_open_readings_that_change_the_result_are_flagged() -> None:
    assert tt22.judge(student(["8.0"] * 5 + ["7.0", "7.0", "4.0"])).flags == ("replace_subject",)
    assert tt22.judge(student(["8.0"] * 8, failed=1)).flags == ("comment_subject_counts",)
    assert tt22.judge(student(["8.0"] * 8)).flags == ()
    other = student(["8.0"] * 8, failed=1, readings=Readings(comment_subject_counts=False))
    assert (tt22.judge(other).learning, tt22.judge(other).flags) == (PASSED, ("comment_subject_counts",))


def test_what_is_missing_is_named_once_by_subject_and_column() -> None:
    gone = (subject("S7", None, missing=("final", "sheet")), subject("S8", None), subject("S9", None))
    facts = student(["8.0"] * 7)
    steps = told(replace(facts, subjects=(*facts.subjects, *gone)), "learning")
    assert steps == ["Not yet: S7 (ĐĐGck), S7, S8, S9 still missing."]


def told(facts: Facts, key: str) -> list[str]:
    sections = {section.key: section for section in tt22.explain(facts)}
    return [sentence(step, str) for step in sections[key].steps]


def test_the_explanation_names_who_and_how_much_is_missing() -> None:
    facts = student(["8.5", "8.0", "8.0", "8.0", "8.0", "7.9", "7.0"])
    base, lacking, short = told(facts, "learning")
    assert base.startswith(
        "Fair (Khá): all comment subjects passed, no scored subject below 5,0, and 7 subjects"
    )
    assert (
        lacking
        == "Good (Tốt) needs 6 subjects with 8,0 or more; there are 5: S0 8,5, S1 8,0, S2 8,0, S3 8,0, S4 8,0."
    )
    assert short == "0,1 more in S5 would make it Good (Tốt)."


def test_the_explanation_of_the_adjustment_and_its_open_reading() -> None:
    steps = told(student(["8.0"] * 5 + ["7.0", "7.0", "4.0"]), "learning")
    assert any(step.startswith("Adjusted from Passed (Đạt) to Fair (Khá): only S7 4,0") for step in steps)
    assert any("left out" in step and "Passed (Đạt)" in step for step in steps)


def test_the_explanation_of_an_average() -> None:
    (step,) = tt22.explain_term([D(8), D(9)], D(7), D(8), 2)
    assert sentence(step, str) == "Term average: (8 + 9 + 2 × 7 + 3 × 8) / 7 = 7,857… → 7,9."
    zero, _sum = tt22.explain_term([D(8), D(9)], D("7.5"), None, 2, closed=True)
    assert (zero.article, sentence(zero, str)[:5]) == ("TT 22/2021 Điều 7 khoản 5", "ĐĐGck")
    (step,) = tt22.explain_year(D("7.5"), D("8.0"))
    assert "(7,5 + 2 × 8) / 3 = 7,833… → 7,8" in sentence(step, str)


SCORE = st.sampled_from([D(n) / 10 for n in (0, 34, 35, 49, 50, 64, 65, 79, 80, 89, 90, 100)]) | st.integers(
    0, 100
).map(lambda tenths: D(tenths) / 10)
READINGS = st.builds(Readings, st.booleans(), st.booleans())


@given(st.lists(SCORE, min_size=6, max_size=12), st.integers(0, 3), READINGS, st.data())
def test_a_better_mark_never_lowers_the_level_and_order_does_not_matter(
    scores: list[Decimal], failed: int, readings: Readings, data: st.DataObject
) -> None:
    """True of khoản 2 and of khoản 3 in every reading: whoever is raised by one level for a single subject would be
    raised, or be there already, with any mark better.
    """
    found = tt22.learning_result(scores, failed, readings)
    assert tt22.learning_result(data.draw(st.permutations(scores)), failed, readings) == found
    place = data.draw(st.integers(0, len(scores) - 1))
    better = [
        *scores[:place],
        data.draw(SCORE.filter(lambda mark: mark >= scores[place])),
        *scores[place + 1 :],
    ]
    assert tt22.learning_result(better, failed, readings).level.rank >= found.level.rank
    if failed:
        assert tt22.learning_result(scores, failed - 1, readings).level.rank >= found.level.rank


def test_fewer_scores_than_a_level_asks_for_are_refused() -> None:
    with pytest.raises(ValueError, match="not classified"):
        tt22.learning_result([D(8)] * 5, 0)


FACTS = st.builds(
    lambda scores, failed, retest, **more: student([*map(str, scores)], failed, retest, **more),
    st.lists(SCORE.map(lambda mark: mark.quantize(D("0.1"))), min_size=4, max_size=10),
    st.integers(0, 2),
    st.dictionaries(st.integers(0, 9), SCORE.map(str), max_size=3),
    readings=READINGS,
    training_1=st.none() | st.sampled_from([level.value for level in ResultLevel]),
    training_2=st.sampled_from([level.value for level in ResultLevel]),
    training=st.none() | st.just("fair"),
    training_after_summer=st.none() | st.sampled_from([level.value for level in ResultLevel]),
    absences=st.none() | st.integers(0, 60),
    grade=st.integers(6, 12),
    period=st.integers(0, 2),
    decisions=st.dictionaries(
        st.sampled_from(["disability", "promoted", "retained", "retest_over"]), st.just("x"), max_size=3
    ),
)


@given(FACTS)
def test_recomputation_is_stable_and_every_value_is_explained(facts: Facts) -> None:
    result = tt22.judge(facts)
    assert tt22.judge(Facts.from_json(facts.to_json())) == result
    sections = {section.key: section for section in tt22.explain(facts)}
    assert {"learning", "training"} <= set(sections)
    assert all(section.steps for section in sections.values())
    assert sections["learning"].value is result.learning
    if facts.period == YEAR:
        assert (sections["title"].value, sections["outcome"].value) == (result.title, result.outcome)
        assert result.outcome is not None or result.missing
    assert all(sentence(step, str) for section in sections.values() for step in section.steps)


OUTCOMES = {
    Outcome.PROMOTED,
    Outcome.COMPLETED,
    Outcome.RETEST,
    Outcome.SUMMER_TRAINING,
    Outcome.RETAINED,
}


def test_ten_thousand_years_worked_out_a_second_time() -> None:
    chance = random.Random(22_2021)
    seen: Counter[object] = Counter()
    for _ in range(10_000):
        case = a_student(chance)
        expected = independent.year(case)
        assert in_its_words(tt22.judge(as_facts(case))) == expected, case
        seen.update(
            [
                (expected.before, expected.learning),
                expected.title,
                expected.outcome,
                ("after", expected.after),
            ]
        )
    ways = {(PASSED, FAIR), (NOT_PASSED, PASSED), (GOOD, GOOD), (FAIR, FAIR), (PASSED, PASSED)}
    assert ways | {Title.EXCELLENT, Title.GOOD, *OUTCOMES} <= set(seen)


def test_ten_thousand_averages_worked_out_a_second_time() -> None:
    chance = random.Random(9_1)
    for _ in range(10_000):
        marks = [Fraction(chance.randrange(101), 10) for _ in range(chance.randrange(4, 11))]
        *regular, midterm, final = marks
        found = tt22.term_average([*map(decimal, regular)], decimal(midterm), decimal(final), 2).value
        assert found == decimal(independent.dtb_mhk(regular, midterm, final))
        assert tt22.year_average(decimal(midterm), decimal(final)) == decimal(
            independent.dtb_mcn(midterm, final)
        )
