"""The golden cases: each is judged as expected, each belongs to a rule, and no rule is without one."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.assessment.items import Inputs, Unjudgeable, vietnamese
from app.domain.assessment.registry import Circular
from app.domain.assessment.regulations import NOT_AS_EXPECTED, assess_item, rules_of
from app.domain.assessment.steps import sentence, sentences
from scripts import regulations
from tests.architecture.source import ROOT

CASES = [
    pytest.param(case, id=f"{path.stem}-{number}-{case['kind']}")
    for path in sorted((ROOT / "tests" / "golden").glob("*.json"))
    for number, case in enumerate(json.loads(path.read_text(encoding="utf-8")), start=1)
]
ITEMS = [param.values[0] for param in CASES]


@pytest.mark.parametrize("case", CASES)
def test_each_case_is_judged_as_expected(case: dict[str, Any]) -> None:
    if "error" in case["expected"]:
        with pytest.raises(Unjudgeable) as refusal:
            assess_item(case)
        assert refusal.value.message != NOT_AS_EXPECTED
        return
    answer = assess_item(case)
    assert dict(answer.values) == case["expected"]
    assert sentences(answer.steps, str).strip()
    assert all(step.article and "%(" not in sentence(step, str) for step in answer.steps)


@pytest.mark.parametrize("circular", Circular)
def test_every_rule_has_a_case_and_is_seen_on_a_page(circular: Circular) -> None:
    rules = rules_of(circular)
    covered = {
        regulations.rule_of(case["article"], rules)
        for case in regulations.cases()
        if case["regulation"] == circular
    }
    assert set(rules.articles) - covered == set()
    assert [article for article in rules.articles if not regulations.page_of(article)] == []


def test_every_case_belongs_to_a_rule() -> None:
    astray = [
        case
        for case in regulations.cases()
        if not regulations.rule_of(case["article"], rules_of(Circular(case["regulation"])))
    ]
    assert astray == []


@pytest.mark.parametrize("circular", Circular)
def test_every_kind_has_a_case(circular: Circular) -> None:
    seen = {case["kind"] for case in regulations.cases() if case["regulation"] == circular}
    assert set(rules_of(circular).kinds) - seen == set()


def test_no_page_is_named_for_a_rule_that_is_gone() -> None:
    articles = [f"{article} " for circular in Circular for article in rules_of(circular).articles]
    unused = [s for s in regulations.PAGES if not any(article.startswith(f"{s} ") for article in articles)]
    assert unused == []


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-20, 400)
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["8.5", "Đ", "Tốt", "Khá", "T", "C", "Toán", "", "mid_term1"])
    | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=9) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@st.composite
def broken(draw: st.DrawFn) -> dict[str, Any]:
    """A golden item with one field, or a part of one, replaced or taken out."""
    item: dict[str, Any] = json.loads(json.dumps(draw(st.sampled_from(ITEMS))))
    place: Any = item["inputs"]
    while True:
        if not place:
            return item
        key = draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        if isinstance(place[key], (dict, list)) and draw(st.booleans()):
            place = place[key]
        elif draw(st.booleans()):
            del place[key]
            return item
        else:
            place[key] = draw(JSON)
            return item


@given(broken())
def test_a_broken_item_is_judged_or_refused_with_a_reason(item: dict[str, Any]) -> None:
    judge = rules_of(Circular(item["regulation"])).kinds[item["kind"]]
    try:
        answer = judge(Inputs(item["inputs"]))
    except Unjudgeable as refusal:
        told = refusal.message % refusal.params
    else:
        told = sentences(answer.steps, str)
        json.dumps(dict(answer.values))
    assert told.strip()


@given(
    JSON
    | st.fixed_dictionaries({"regulation": st.sampled_from(Circular) | JSON, "kind": JSON, "inputs": JSON})
)
def test_what_is_no_item_is_refused(item: Any) -> None:
    with pytest.raises(Unjudgeable):
        assess_item(item)


def test_words_are_translated_by_their_official_terms() -> None:
    from app.domain.assessment.terms import _TERMS  # every word of the circulars

    for words in _TERMS.values():
        for word, msgid in words.items():
            assert regulations.vietnamese(msgid) == vietnamese(word)
