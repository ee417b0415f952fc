"""TT 22/2021, the subject: edges of each rule and properties of the formulas; golden cases in test_golden.py."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.assessment.tt22_2021 import (
    comment_term,
    comment_year,
    required_regular_scores,
    term_average,
    threshold,
    year_average,
)
from app.domain.assessment.weighted import TermAverage
from app.domain.vocabulary import Passing, Threshold

PASSED, FAILED = Passing.PASSED, Passing.FAILED
D = Decimal


@pytest.mark.parametrize(
    ("lessons", "count"), [(1, 2), (35, 2), (36, 3), (52, 3), (70, 3), (71, 4), (105, 4), (140, 4)]
)
def test_required_regular_scores(lessons: int, count: int) -> None:
    assert required_regular_scores(lessons) == count


@pytest.mark.parametrize("lessons", [0, -1])
def test_a_subject_has_lessons(lessons: int) -> None:
    with pytest.raises(ValueError, match="lessons"):
        required_regular_scores(lessons)


def test_the_tie_that_floats_and_bankers_rounding_miss() -> None:
    """58/8 = 7,25 → 7,3."""
    assert term_average([D(7), D(7), D("7.5")], D("7.5"), D("7.2"), 3).value == D("7.3")
    assert term_average([D(8), D(8), D(7)], D(7), D(7), 3).value == D("7.3")


def test_averaging_the_regular_scores_first_would_be_wrong() -> None:
    assert term_average([D(10), D(10), D(10), D(10)], D(5), D(5), 4).value == D(
        "7.2"
    )  # not (10 + 25) / 6 = 5.8


def test_scores_beyond_the_required_count() -> None:
    assert term_average([D(8), D(8), D(10)], D(8), D(8), 2).value == D("8.3")


@pytest.mark.parametrize(
    ("regular", "midterm", "final", "required", "missing"),
    [
        ([], None, None, 2, ("regular_1", "regular_2", "midterm", "final")),
        ([D(8), None, D(7)], D(8), D(8), 3, ("regular_2",)),
        ([None] * 8, D(8), D(8), 4, ("regular_1", "regular_2", "regular_3", "regular_4")),
        ([None, D(8), None, D(9), None], D(8), None, 3, ("regular_1", "final")),
        ([D(8)], None, D(8), 2, ("regular_2", "midterm")),
        ([D(8), D(8)], None, D(8), 2, ("midterm",)),
    ],
)
def test_no_average_while_a_score_is_missing(
    regular: list[Decimal | None],
    midterm: Decimal | None,
    final: Decimal | None,
    required: int,
    missing: tuple[str, ...],
) -> None:
    assert term_average(regular, midterm, final, required) == TermAverage(None, missing)


def test_a_later_column_can_make_up_for_a_blank_one() -> None:
    assert term_average([None, D(8), D(8)], D(8), D(8), 2) == TermAverage(D("8.0"))


def test_zero_is_a_score() -> None:
    assert term_average([D(0), D(0)], D(0), D(0), 2) == TermAverage(D("0.0"))


@pytest.mark.parametrize("bad", ["10.1", "-0.1", "7.25", "NaN"])
def test_what_is_no_mark_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="not a mark"):
        term_average([D(bad), D(8)], D(8), D(8), 2)
    with pytest.raises(ValueError, match="not a mark"):
        year_average(D(bad), D(8))


def test_the_required_count_is_not_negative() -> None:
    with pytest.raises(ValueError, match="required"):
        term_average([], D(8), D(8), -1)


@pytest.mark.parametrize(
    ("regular", "midterm", "final", "expected"),
    [
        ([D(8), D(8)], D(8), None, TermAverage(D("4.6"))),
        ([D(8), D(8)], None, D(8), TermAverage(D("5.7"))),
        ([D(8), D(8)], None, None, TermAverage(D("2.3"))),
        ([D(8), None], None, D(8), TermAverage(None, ("regular_2",))),
        ([D(8), D(8)], D(8), D(8), TermAverage(D("8.0"))),
    ],
)
def test_a_closed_term_counts_missing_periodic_tests_as_zero(
    regular: list[Decimal | None], midterm: Decimal | None, final: Decimal | None, expected: TermAverage
) -> None:
    assert term_average(regular, midterm, final, 2, closed=True) == expected


@pytest.mark.parametrize(("term1", "term2"), [(None, D(8)), (D(8), None), (None, None)])
def test_no_year_average_without_both_terms(term1: Decimal | None, term2: Decimal | None) -> None:
    assert year_average(term1, term2) is None


@pytest.mark.parametrize(
    ("regular", "midterm", "final", "closed", "expected"),
    [
        ([PASSED, PASSED], PASSED, PASSED, False, PASSED),
        ([PASSED, PASSED, FAILED], PASSED, PASSED, False, FAILED),
        ([PASSED, FAILED], PASSED, PASSED, False, FAILED),
        ([PASSED, PASSED], FAILED, PASSED, False, FAILED),
        ([PASSED, PASSED], PASSED, FAILED, True, FAILED),
        ([PASSED, PASSED], PASSED, None, False, None),
        ([PASSED, None], PASSED, PASSED, False, None),
        ([PASSED, None], PASSED, PASSED, True, FAILED),
        ([], None, None, True, FAILED),
        ([], None, None, False, None),
    ],
)
def test_comment_term(
    regular: list[Passing | None],
    midterm: Passing | None,
    final: Passing | None,
    closed: bool,
    expected: Passing | None,
) -> None:
    assert comment_term(regular, midterm, final, 2, closed) is expected


@pytest.mark.parametrize("term1", [PASSED, FAILED, None])
@pytest.mark.parametrize("term2", [PASSED, FAILED, None])
def test_comment_year_is_term_two(term1: Passing | None, term2: Passing | None) -> None:
    assert comment_year(term1, term2) is term2


@pytest.mark.parametrize(
    ("average", "expected"),
    [("10.0", "8.0"), ("8.0", "8.0"), ("7.9", "6.5"), ("6.5", "6.5"), ("6.4", "5.0"), ("5.0", "5.0"), ("4.9", "3.5"),
     ("3.5", "3.5"), ("3.4", "below"), ("0.0", "below")],
)  # fmt: skip
def test_threshold(average: str, expected: str) -> None:
    assert threshold(D(average)) is Threshold(expected)


@pytest.mark.parametrize("average", ["-0.1", "10.1"])
def test_threshold_refuses_what_is_no_average(average: str) -> None:
    with pytest.raises(ValueError, match="not an average"):
        threshold(D(average))


MARK = st.integers(0, 100).map(lambda tenths: D(tenths) / 10)


@given(st.lists(MARK, min_size=2, max_size=8), MARK, MARK)
def test_term_average_is_the_formula(regular: list[Decimal], midterm: Decimal, final: Decimal) -> None:
    exact = (sum(regular) + 2 * midterm + 3 * final) / (len(regular) + 5)
    value = term_average(regular, midterm, final, 2).value
    assert value == exact.quantize(D("0.1"), ROUND_HALF_UP)
    everything = [*regular, midterm, final]
    assert min(everything) <= value <= max(everything)


@given(st.lists(MARK, min_size=2, max_size=8), MARK, MARK, st.data())
def test_order_of_regular_scores_does_not_matter_and_a_better_mark_never_harms(
    regular: list[Decimal], midterm: Decimal, final: Decimal, data: st.DataObject
) -> None:
    value = term_average(regular, midterm, final, 2).value
    assert value is not None
    assert term_average(data.draw(st.permutations(regular)), midterm, final, 2).value == value
    better = term_average([D(10), *regular[1:]], midterm, final, 2).value
    assert better is not None
    assert better >= value


@given(MARK, MARK)
def test_year_average_is_the_formula(term1: Decimal, term2: Decimal) -> None:
    value = year_average(term1, term2)
    assert value == ((term1 + 2 * term2) / 3).quantize(D("0.1"), ROUND_HALF_UP)
