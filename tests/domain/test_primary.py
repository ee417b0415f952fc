"""The circulars of primary school: properties, boundaries of the facts, and the independent recomputation."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from random import Random
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.assessment import preschool, tt22_2016, tt27_2020
from app.domain.assessment.facts import Facts, Result
from app.domain.assessment.items import Inputs, Unjudgeable, vietnamese
from app.domain.assessment.primary import TraitGroup
from app.domain.assessment.steps import Step, sentence
from app.domain.assessment.terms import Outcome, Point, PrimaryLevel, SubjectLevel, Title, TraitLevel
from tests.domain import independent_primary as independent
from tests.domain.independent_primary import Pupil
from tests.domain.primary_pupils import facts_of, pupil

CIRCULARS = pytest.mark.parametrize("rules", [tt27_2020, tt22_2016], ids=lambda rules: rules.CODE)
SEEDS = st.integers(0, 10**6)
STUDENTS = 10_000

RESULT = {tt27_2020.CODE: independent.tt27_result, tt22_2016.CODE: independent.tt22_result}
TITLE: dict[str, Callable[[Pupil], str | None]] = {
    tt27_2020.CODE: independent.tt27_title,
    tt22_2016.CODE: independent.tt22_title,
}


def drawn(seed: int, rules: ModuleType, blanks: float = 0.0) -> Facts:
    return facts_of(pupil(Random(seed), rules, blanks), rules.CODE)


@CIRCULARS
def test_ten_thousand_students_judged_by_the_articles_alone(rules: ModuleType) -> None:
    random = Random(20201020)
    seen: Counter[str | None] = Counter()
    for _ in range(STUDENTS):
        one = pupil(random, rules)
        result = rules.judge(facts_of(one, rules.CODE))
        expected = (
            RESULT[rules.CODE](one),
            independent.again(one),
            TITLE[rules.CODE](one),
            independent.ending(one),
        )
        assert (result.learning, result.learning_after, result.title, result.outcome) == expected, one
        assert set(result.retest_subjects) == independent.short_subjects(one)
        assert bool(result.missing) == independent.incomplete(one)
        seen.update((f"learning {result.learning}", f"title {result.title}", f"outcome {result.outcome}"))
    assert len(seen) == (14 if rules is tt27_2020 else 12), "every level, title and outcome has come up"
    assert min(seen.values()) > 20, seen


@CIRCULARS
@given(seed=SEEDS, data=st.data())
def test_raising_one_entry_never_lowers_a_level(rules: ModuleType, seed: int, data: st.DataObject) -> None:
    facts = drawn(seed, rules)
    better = raised(facts, data)
    ranks = list(reversed(PrimaryLevel))
    assert ranks.index(rules.judge(better).learning) >= ranks.index(rules.judge(facts).learning)


def raised(facts: Facts, data: st.DataObject) -> Facts:
    what = data.draw(st.sampled_from(["level", "test", "trait"]))
    if what == "trait":
        code = data.draw(st.sampled_from(sorted(facts.traits)))
        return replace(facts, traits={**facts.traits, code: TraitLevel.GOOD.value})
    place = data.draw(st.integers(0, len(facts.subjects) - 1))
    figure = facts.subjects[place]
    if what == "level":
        figure = replace(figure, value=SubjectLevel.WELL)
    elif figure.test is not None:
        figure = replace(figure, test=min(figure.test + data.draw(st.integers(0, 10)), Decimal(10)))
    return replace(facts, subjects=(*facts.subjects[:place], figure, *facts.subjects[place + 1 :]))


@CIRCULARS
@given(seed=SEEDS, random=st.randoms(use_true_random=False))
def test_order_of_subjects_and_traits_never_matters(rules: ModuleType, seed: int, random: Random) -> None:
    facts = drawn(seed, rules, blanks=0.02)
    subjects, traits = list(facts.subjects), list(facts.traits.items())
    random.shuffle(subjects)
    random.shuffle(traits)
    mixed = rules.judge(replace(facts, subjects=tuple(subjects), traits=dict(traits)))
    assert same(mixed) == same(rules.judge(facts))


def same(result: Result) -> Result:
    return replace(
        result,
        missing=tuple(sorted(result.missing)),
        retest_subjects=tuple(sorted(result.retest_subjects)),
    )


@CIRCULARS
@given(seed=SEEDS)
def test_stored_figures_come_to_the_same_again(rules: ModuleType, seed: int) -> None:
    facts = drawn(seed, rules, blanks=0.02)
    stored = Facts.from_json(json.loads(json.dumps(facts.to_json())))
    assert stored == facts
    assert rules.judge(stored) == rules.judge(facts)


@CIRCULARS
@given(seed=SEEDS, period=st.sampled_from([0, 1, 2]))
def test_every_explanation_agrees_with_the_result_and_fills_its_places(
    rules: ModuleType, seed: int, period: int
) -> None:
    facts = replace(drawn(seed, rules, blanks=0.02), period=period)
    result = rules.judge(facts)
    sections = {section.key: section for section in rules.explain(facts)}
    assert sections["learning"].value == result.learning
    if period == 0:
        assert (sections["outcome"].value, sections["title"].value) == (result.outcome, result.title)
    for section in sections.values():
        assert section.steps, section.key
        for step in section.steps:
            assert step.article
            assert "%(" not in sentence(step, str)


@CIRCULARS
def test_a_term_has_no_result(rules: ModuleType) -> None:
    facts = replace(drawn(1, rules), period=1)
    assert rules.judge(facts) == Result()
    figure = replace(facts.subjects[0], value=None, test=None)
    lacking = replace(facts, subjects=(figure, *facts.subjects[1:]), traits={})
    missing = rules.judge(lacking).missing
    assert missing[0] == f"{figure.code}:level"
    assert missing[-1] == f"{figure.code}:test"
    assert set(missing[1:-1]) == {f"traits:{trait.code}" for trait in rules.traits_of(facts.grade)}


def perfect(rules: ModuleType = tt27_2020, grade: int = 4) -> Facts:
    """A student with T everywhere and 10 in every test."""
    one = pupil(Random(3), rules, 0.0)
    best = {
        "grade": grade,
        "subjects": dict.fromkeys(one["subjects"], ("T", None)),
        "traits": {trait.code: ("T", None) for trait in rules.traits_of(grade)},
        "tests": dict.fromkeys(one["tests"], (10, None)),
        "said": set(),
    }
    return facts_of(best, rules.CODE)


def with_test(facts: Facts, score: int, again: int | None = None) -> Facts:
    place = next(n for n, figure in enumerate(facts.subjects) if figure.has_test)
    figure = replace(
        facts.subjects[place],
        test=Decimal(score),
        retest_test=None if again is None else Decimal(again),
    )
    return replace(facts, subjects=(*facts.subjects[:place], figure, *facts.subjects[place + 1 :]))


@pytest.mark.parametrize(
    ("score", "level"),
    [(10, "excellent"), (9, "excellent"), (8, "well"), (7, "well"), (6, "done"), (5, "done"), (4, "not_done"),
     (0, "not_done")],
)  # fmt: skip
def test_boundaries_of_the_year_end_tests(score: int, level: str) -> None:
    assert tt27_2020.judge(with_test(perfect(), score)).learning == level


def test_a_failed_test_is_made_good_by_a_test_and_not_by_a_level() -> None:
    facts = with_test(perfect(), 4)
    figure = replace(facts.subjects[0], retest=SubjectLevel.WELL)
    by_level = replace(facts, subjects=(figure, *facts.subjects[1:]))
    assert tt27_2020.judge(by_level).outcome is Outcome.SUPPLEMENT
    made_good = tt27_2020.judge(with_test(perfect(), 4, again=10))
    assert (made_good.learning, made_good.learning_after) == (PrimaryLevel.NOT_DONE, PrimaryLevel.DONE)
    assert (made_good.outcome, made_good.title) == (Outcome.PROMOTED, None)
    assert tt27_2020.judge(with_test(perfect(), 4, again=0)).outcome is Outcome.HEAD_DECIDES


def test_a_competence_falls_short_and_is_made_good() -> None:
    facts = perfect()
    weak = replace(facts, traits={**facts.traits, "ability_language": "C"})
    assert tt27_2020.judge(weak).outcome is Outcome.SUPPLEMENT
    assert tt27_2020.judge(weak).retest_subjects == ()
    better = replace(weak, traits_after={"ability_language": "Đ"})
    assert tt27_2020.judge(better).learning_after is PrimaryLevel.DONE


@pytest.mark.parametrize("grade", range(1, 6))
def test_the_last_grade_completes_the_programme(grade: int) -> None:
    outcome = Outcome.COMPLETED if grade == 5 else Outcome.PROMOTED
    assert tt27_2020.judge(perfect(grade=grade)).outcome is outcome
    by_head = replace(with_test(perfect(grade=grade), 4, again=4), decisions={"promoted": "tiến bộ"})
    assert tt27_2020.judge(by_head).outcome is outcome


def test_two_decisions_that_contradict_each_other_decide_nothing() -> None:
    facts = replace(with_test(perfect(), 4, again=4), decisions={"promoted": "a", "retained": "b"})
    assert tt27_2020.judge(facts).outcome is Outcome.HEAD_DECIDES


def test_exempt_and_uncounted_subjects_are_left_out() -> None:
    facts = perfect()
    weak = replace(facts.subjects[0], value=SubjectLevel.NOT_DONE, test=Decimal(0))
    for figure in (replace(weak, exempt=True), replace(weak, counts=False)):
        left_out = replace(facts, subjects=(figure, *facts.subjects[1:]))
        assert tt27_2020.judge(left_out).learning is PrimaryLevel.EXCELLENT
    nothing = replace(facts, subjects=(replace(weak, exempt=True),))
    assert tt27_2020.judge(nothing).missing == ("subjects",)
    own_plan = replace(nothing, decisions={"disability": "KHGDCN", "promoted": "đạt mục tiêu"})
    assert tt27_2020.judge(own_plan).outcome is Outcome.PROMOTED
    steps = {section.key: section.steps for section in tt27_2020.explain(own_plan)}["outcome"]
    assert "đạt mục tiêu" in " ".join(sentence(step, str) for step in steps)


def test_what_the_next_level_lacks_is_told_by_name() -> None:
    facts = with_test(perfect(), 8)
    (learning, *_rest) = tt27_2020.explain(facts)
    assert isinstance(learning.steps[-1], Step)
    assert learning.steps[-1].params["names"] == (f"{facts.subjects[0].name} 8",)
    assert learning.steps[-1].params["level"] is PrimaryLevel.EXCELLENT


def test_a_stored_letter_that_is_none_is_refused() -> None:
    facts = perfect()
    with pytest.raises(ValueError, match="X"):
        tt27_2020.judge(replace(facts, traits={**facts.traits, "quality_honesty": "X"}))


def test_qualities_and_competences_have_codes_of_their_own() -> None:
    traits = (*tt27_2020.TRAITS, *tt22_2016.TRAITS)
    assert len({trait.code for trait in traits}) == len(traits) == 22
    assert all(trait.code.startswith(f"{trait.group}_") for trait in traits)
    groups = Counter(trait.group for trait in tt27_2020.TRAITS)
    assert groups == {TraitGroup.QUALITY: 5, TraitGroup.COMPETENCE: 3, TraitGroup.ABILITY: 7}
    assert Counter(trait.group for trait in tt22_2016.TRAITS) == {
        TraitGroup.QUALITY: 4,
        TraitGroup.COMPETENCE: 3,
    }
    assert set(tt27_2020.GROUPS) == {trait.group for trait in tt27_2020.TRAITS}
    assert set(tt22_2016.GROUPS) == {trait.group for trait in tt22_2016.TRAITS}
    assert [len(tt27_2020.traits_of(grade)) for grade in range(1, 6)] == [13, 13, 15, 15, 15]


def test_tests_of_the_older_circular_where_studied() -> None:
    names = [subject.name for subject in tt22_2016.tests_at(2, Point.YEAR_END)]
    assert names[:2] == ["Tiếng Việt", "Toán"]
    assert set(names[2:]) == {"Ngoại ngữ", "Tin học", "Tiếng dân tộc"}
    assert [s.code for s in tt22_2016.tests_at(4, Point.MID_TERM2)] == ["vietnamese", "math"]
    assert tt22_2016.tests_at(3, Point.MID_TERM1) == ()


@pytest.mark.parametrize(
    ("kind", "inputs", "field"),
    [("primary_tests", {"grade": 0, "point": "year_end"}, "grade"),
     ("primary_tests", {"grade": 4, "point": "tháng"}, "point"),
     ("primary_year", {"grade": 4, "subjects": {"Toán": "Đ"}, "qualities_competences": [], "year_end_tests": []},
      "subjects Toán"),
     ("primary_year", {"grade": 4, "subjects": {"Toán": "T"}, "qualities_competences": ["H"], "year_end_tests": []},
      "qualities_competences Yêu nước"),
     ("primary_year", {"grade": 4, "subjects": {"Toán": "T"}, "qualities_competences": [], "year_end_tests": [8.5]},
      "year_end_tests Toán"),
     ("primary_year", {"grade": 4, "subjects": 5, "qualities_competences": [], "year_end_tests": []}, "subjects"),
     ("promotion", {"level": "Chưa hoàn thành", "head_decision": "ở lại"}, "head_decision"),
     ("title", {"level": "Xuất sắc"}, "level")],
)  # fmt: skip
def test_a_refusal_names_the_field(kind: str, inputs: dict[str, object], field: str) -> None:
    with pytest.raises(Unjudgeable) as refusal:
        tt27_2020.KINDS[kind](Inputs(inputs))
    assert refusal.value.params["field"] == field
    assert refusal.value.message % refusal.value.params == str(refusal.value)


def test_an_item_without_any_test_is_not_judged() -> None:
    inputs = {"subjects": {"Đạo đức": "T"}, "qualities_competences": ["T"] * 15, "year_end_tests": []}
    answer = tt27_2020.KINDS["primary_year"](Inputs(inputs))
    assert answer.values == {"level": None, "missing": ["year_end_tests"]}
    assert tt27_2020.KINDS["primary_year"](Inputs(inputs | {"subjects": {}})).values["missing"] == [
        "subjects",
        "year_end_tests",
    ]


def test_points_go_by_the_names_schools_and_the_sector_database_use() -> None:
    for point in ("year_end", "cuối năm học", "CK2", "end_term2"):
        answer = tt27_2020.KINDS["primary_tests"](Inputs({"grade": 3, "point": point}))
        assert answer.values["subjects"] == ["Tiếng Việt", "Toán", "Ngoại ngữ 1", "Tin học và Công nghệ"]


def test_the_older_award_explains_itself() -> None:
    facts = replace(with_test(perfect(tt22_2016), 8), decisions={"outstanding": "Toán", "recognised": "lớp"})
    assert tt22_2016.judge(facts).title is Title.OUTSTANDING
    alone = replace(facts, decisions={})
    title = tt22_2016.explain(alone)[-1]
    assert title.value is None
    assert vietnamese(Title.ALL_CONTENT) in sentence(title.steps[0], str)
    assert title.steps[1].params["names"] == (f"{facts.subjects[0].name} 8",)


def test_every_module_offers_the_same() -> None:
    for rules in (tt27_2020, tt22_2016, preschool):
        assert {"CODE", "VERSION", "RULES", "KINDS", "judge", "explain"} <= set(vars(rules))
