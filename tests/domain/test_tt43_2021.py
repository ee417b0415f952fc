"""TT 43/2021: nothing that is not verified is judged before a centre's leader has confirmed it."""

import random
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given

from app.domain.assessment import tt22_2021, tt43_2021
from app.domain.assessment.facts import YEAR, Facts, SubjectFigure
from app.domain.assessment.items import Unjudgeable
from app.domain.assessment.steps import sentence
from app.domain.assessment.terms import Outcome, ResultLevel, Title
from app.domain.vocabulary import Passing, SubjectKind
from tests.domain import independent_tt22_2021 as independent
from tests.domain.test_tt22_2021_students import FACTS
from tests.domain.tt22_2021_students import a_student, as_facts, in_its_words

CONFIRMED = {
    "subjects_good": "4",
    "subjects_fair": "4",
    "subjects_passed": "4",
    "adjustment": "yes",
    "regular_scores": "35:2 70:3 4",
    "titles": "none",
}
AS_TT22 = {**CONFIRMED, "subjects_good": "6", "subjects_fair": "6", "subjects_passed": "6", "titles": "6"}


def learner(*scores: str, settings: dict[str, str] = CONFIRMED) -> Facts:
    subjects = [
        SubjectFigure(f"S{n}", f"S{n}", SubjectKind.SCORED, Decimal(score)) for n, score in enumerate(scores)
    ]
    subjects.append(SubjectFigure("HDTN", "HDTN", SubjectKind.COMMENT, Passing.PASSED))
    return Facts(
        "tt43-2021",
        "continuing_upper",
        11,
        YEAR,
        tuple(subjects),
        training_1="good",
        training_2="good",
        absences=0,
        settings=settings,
    )


def test_nothing_is_judged_before_the_settings_are_confirmed() -> None:
    facts = learner(*["8.0"] * 7, settings={})
    result = tt43_2021.judge(facts)
    assert (result.learning, result.title, result.outcome) == (None, None, None)
    assert result.missing == ("settings",)
    assert result.training is ResultLevel.GOOD
    learning = next(section for section in tt43_2021.explain(facts) if section.key == "learning")
    told = [sentence(step, str) for step in learning.steps]
    assert told[0].startswith("Not yet: a leader of the centre")
    assert len(told) == 5  # each setting by name


@pytest.mark.parametrize("name", ["subjects_good", "subjects_fair", "subjects_passed", "adjustment"])
def test_each_setting_of_the_learning_result_is_needed(name: str) -> None:
    facts = learner(*["8.0"] * 7, settings={key: value for key, value in CONFIRMED.items() if key != name})
    assert (tt43_2021.judge(facts).learning, tt43_2021.judge(facts).missing) == (None, ("settings",))


def test_titles_wait_for_their_own_setting() -> None:
    facts = learner(*["9.0"] * 5, settings={k: v for k, v in CONFIRMED.items() if k != "titles"})
    result = tt43_2021.judge(facts)
    assert (result.learning, result.title, result.missing) == (ResultLevel.GOOD, None, ("settings",))
    assert tt43_2021.judge(replace(facts, period=1, training="good")).missing == ()
    assert tt43_2021.judge(learner(*["9.0"] * 5)).title is None
    assert (
        tt43_2021.judge(learner(*["9.0"] * 5, settings={**CONFIRMED, "titles": "5"})).title is Title.EXCELLENT
    )


def test_a_learner_is_judged_by_the_confirmed_number_of_subjects() -> None:
    assert tt43_2021.judge(learner(*["8.0"] * 4)).learning is ResultLevel.GOOD
    assert tt43_2021.judge(learner(*["8.0"] * 3, "7.9")).learning is ResultLevel.FAIR
    few = tt43_2021.judge(learner(*["8.0"] * 3))
    assert (few.learning, few.missing, few.outcome) == (None, ("few_subjects",), Outcome.HEAD_DECIDES)


def test_the_adjustment_only_where_it_is_confirmed() -> None:
    scores = ["8.0"] * 5 + ["3.0"]
    assert tt43_2021.judge(learner(*scores)).learning is ResultLevel.PASSED
    off = tt43_2021.judge(learner(*scores, settings={**CONFIRMED, "adjustment": "no"}))
    assert (off.learning, off.flags) == (ResultLevel.NOT_PASSED, ())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("subjects_good", "0"),
        ("subjects_good", "six"),
        ("subjects_good", "٦"),
        ("adjustment", "maybe"),
        ("regular_scores", "35:2, 4"),
        ("titles", ""),
        ("06", "6"),
    ],
)
def test_what_is_no_setting_is_refused(name: str, value: str) -> None:
    with pytest.raises(Unjudgeable):
        tt43_2021.check_settings({name: value})
    with pytest.raises(Unjudgeable):
        tt43_2021.judge(learner("8.0", settings={name: value}))


@pytest.mark.parametrize(("lessons", "count"), [(1, 2), (35, 2), (36, 3), (70, 3), (71, 4)])
def test_regular_scores_by_the_setting(lessons: int, count: int) -> None:
    assert tt43_2021.required_regular_scores(lessons, CONFIRMED) == count
    assert tt43_2021.required_regular_scores(lessons, {"regular_scores": "3"}) == 3
    assert tt43_2021.required_regular_scores(lessons, {}) is None


def test_regular_scores_need_lessons() -> None:
    with pytest.raises(ValueError, match="lessons"):
        tt43_2021.required_regular_scores(0, CONFIRMED)


@given(FACTS)
def test_with_the_figures_of_tt22_it_judges_as_tt22(facts: Facts) -> None:
    """And what is stored is judged the same again, settings included."""
    there = tt22_2021.judge(facts)
    confirmed = replace(facts, settings=AS_TT22)
    here = tt43_2021.judge(confirmed)
    names = {"few_subjects": "six_subjects"}
    assert replace(here, missing=tuple(names.get(code, code) for code in here.missing)) == there
    assert tt43_2021.judge(Facts.from_json(confirmed.to_json())) == here
    articles = {step.article for section in tt43_2021.explain(confirmed) for step in section.steps}
    assert not any("TT 22" in article for article in articles)


def test_ten_thousand_years_worked_out_a_second_time() -> None:
    """With the number of subjects and the adjustment each centre's leader confirmed."""
    chance = random.Random(43_2021)
    for _ in range(10_000):
        case = replace(a_student(chance), needed=chance.choice((4, 5, 6)), adjusts=chance.random() < 0.7)
        counts = dict.fromkeys(("subjects_good", "subjects_fair", "subjects_passed"), str(case.needed))
        settings = {**AS_TT22, **counts, "adjustment": "yes" if case.adjusts else "no"}
        found = tt43_2021.judge(replace(as_facts(case), settings=settings))
        assert in_its_words(found) == independent.year(case), case
