"""ĐTBmhk and ĐTBmcn: weights, quotients and how a sum is written, alike in TT 58/2011 Điều 10, as amended by TT 26/2020,
and in TT 22/2021 Điều 9 khoản 1.

Regular scores weigh one, the midterm (of TT 58/2011: every weight-2 test) two, the final test three; of a year term II
weighs two. Marks are Decimal in steps of 0.1; a quotient is an exact fraction, rounded once.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import count, islice
from typing import Final

from app.domain.marks import format_mark, tenths
from app.domain.rounding import half_up

MIDTERM_WEIGHT: Final = 2
FINAL_WEIGHT: Final = 3
TERM_2_WEIGHT: Final = 2
YEAR_WEIGHT: Final = 1 + TERM_2_WEIGHT

NOT_TAKEN: Final = Decimal("0.0")
"""Score of a test neither taken nor made up (TT 22/2021 Điều 7 khoản 5, TT 58/2011 Điều 8 khoản 5)."""


@dataclass(frozen=True, slots=True)
class TermAverage:
    """ĐTBmhk: the value, or None with the columns whose scores are still missing."""

    value: Decimal | None
    missing: tuple[str, ...] = ()


def average_of(
    regular: Sequence[Decimal | None], tests: Mapping[str, Decimal | None], required: int, *, closed: bool
) -> TermAverage:
    """ĐTBmhk from regular scores and the tests by column, the final one last; blanks are None.

    Every score present counts, also beyond the `required` ones. While one is missing there is no average. Once the
    term is `closed`, a test neither taken nor made up counts 0; a missing regular score still means not yet.
    """
    missing = missing_columns(regular, {} if closed else tests, required)
    if missing:
        return TermAverage(None, missing)
    *taken, final = (NOT_TAKEN if score is None else score for score in tests.values())
    scores = [score for score in regular if score is not None]
    return TermAverage(half_up(term_quotient(scores, taken, final)))


def missing_columns(
    regular: Sequence[object | None], tests: Mapping[str, object | None], required: int
) -> tuple[str, ...]:
    """Columns still to be filled: the first blank regular ones up to the required count, then blank tests."""
    if required < 0:
        raise ValueError("the required count is 0 or more")
    tests_missing = [name for name, score in tests.items() if score is None]
    lacking = required - len(regular) + regular.count(None)
    if lacking <= 0:
        return tuple(tests_missing)
    blank = (n for n in count(1) if n > len(regular) or regular[n - 1] is None)
    return (*(f"regular_{n}" for n in islice(blank, lacking)), *tests_missing)


def term_weight(regular: Sequence[Decimal], tests: Sequence[Decimal]) -> int:
    """What the sum of ĐTBmhk is divided by; `tests`: all but the final one."""
    return len(regular) + MIDTERM_WEIGHT * len(tests) + FINAL_WEIGHT


def term_quotient(regular: Sequence[Decimal], tests: Sequence[Decimal], final: Decimal) -> Fraction:
    """ĐTBmhk before rounding."""
    total = (
        sum(map(tenths, regular)) + MIDTERM_WEIGHT * sum(map(tenths, tests)) + FINAL_WEIGHT * tenths(final)
    )
    return Fraction(total, 10 * term_weight(regular, tests))


def year_quotient(term1: Decimal, term2: Decimal) -> Fraction:
    """ĐTBmcn before rounding, from the rounded term averages."""
    return Fraction(tenths(term1) + TERM_2_WEIGHT * tenths(term2), 10 * YEAR_WEIGHT)


def short(score: Decimal) -> str:
    """A score in a sum, as written by hand: 8, 7,5."""
    return format_mark(score).removesuffix(",0")


def term_sum(regular: Iterable[Decimal], tests: Iterable[Decimal], final: Decimal) -> str:
    """The sum above the line of ĐTBmhk: 7 + 8 + 6 + 2 × 7,5 + 3 × 7."""
    weighed = [f"{MIDTERM_WEIGHT} × {short(score)}" for score in tests]
    return " + ".join((*map(short, regular), *weighed, f"{FINAL_WEIGHT} × {short(final)}"))


def year_sum(term1: Decimal, term2: Decimal) -> str:
    """The sum above the line of ĐTBmcn: 7,2 + 2 × 8,1."""
    return f"{short(term1)} + {TERM_2_WEIGHT} × {short(term2)}"


def quotient(value: Fraction) -> str:
    """An exact quotient with three decimals at most, … where more follow: 7,25 · 7,857…"""
    thousandths, rest = divmod(value.numerator * 1000, value.denominator)
    text = f"{thousandths // 1000},{thousandths % 1000:03}"
    return f"{text}…" if rest else text.rstrip("0").removesuffix(",")
