from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.rounding import half_up


@pytest.mark.parametrize(
    ("value", "expected"),
    [("7.25", "7.3"), ("7.24", "7.2"), ("7.249999", "7.2"), ("7.35", "7.4"), ("0.05", "0.1"), ("0.04", "0.0"),
     ("9.95", "10.0"), ("8", "8.0"), ("-0.04", "0.0"), ("-7.25", "-7.3")],
)  # fmt: skip
def test_a_tie_goes_away_from_zero(value: str, expected: str) -> None:
    assert str(half_up(Decimal(value))) == expected


def test_it_rounds_a_quotient_once_from_its_exact_value() -> None:
    assert half_up(Fraction(58, 8)) == Decimal("7.3")
    assert half_up(Fraction(7249999999999999999999999999999999, 10**33)) == Decimal("7.2")


def test_other_numbers_of_places() -> None:
    assert str(half_up(Decimal("2.345"), 2)) == "2.35"
    assert str(half_up(Decimal("2.5"), 0)) == "3"


@pytest.mark.parametrize("value", [7.25, 7, "7.25", None])
def test_only_exact_types(value: Any) -> None:
    with pytest.raises(TypeError):
        half_up(value)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "sNaN"])
def test_only_finite_numbers(value: str) -> None:
    with pytest.raises(ValueError, match="finite"):
        half_up(Decimal(value))


def test_places_are_not_negative() -> None:
    with pytest.raises(ValueError, match="places"):
        half_up(Decimal(7), -1)


@given(st.decimals(min_value=-1000, max_value=1000, places=6), st.integers(0, 4))
def test_it_agrees_with_the_standard_library(value: Decimal, places: int) -> None:
    assert half_up(value, places) == value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


@given(st.decimals(min_value=0, max_value=10, places=3))
def test_the_decimal_context_of_the_thread_does_not_matter(value: Decimal) -> None:
    expected = half_up(value)
    with localcontext() as context:
        context.prec = 1
        assert half_up(value) == expected
