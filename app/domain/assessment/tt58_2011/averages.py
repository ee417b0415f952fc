"""Results of a subject by TT 58/2011 Điều 8 and 10: numbers of tests, averages, comment subjects.

Marks are Decimal in steps of 0.1; every quotient is an exact fraction, rounded once.
"""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TypeVar

from app.domain.assessment.tt58_2011.variant import Variant
from app.domain.assessment.weighted import TermAverage, average_of, missing_columns, year_quotient
from app.domain.marks import tenths
from app.domain.rounding import half_up
from app.domain.vocabulary import Passing

T = TypeVar("T", Decimal, Passing)


def required_scores(weekly_lessons: Fraction, variant: Variant) -> int:
    """Regular scores per term by lessons a week (TT 58/2011 Điều 8 khoản 2; TT 26/2020: by lessons a year, 35 weeks).

    TT 58: up to 1 two, over 1 and under 3 three, from 3 four. TT 26: up to 35 a year two, up to 70 three, above four.
    ValueError unless there are lessons.
    """
    if weekly_lessons <= 0:
        raise ValueError("a subject has lessons")
    for limit, included, count in variant.lesson_bands:
        if weekly_lessons < limit or (included and weekly_lessons == limit):
            return count
    return variant.most_scores


def term_average(
    regular: Sequence[Decimal | None],
    periodic: Sequence[Decimal | None],
    final: Decimal | None,
    required: int,
    variant: Variant,
    *,
    required_periodic: int = 0,
    closed: bool = False,
) -> TermAverage:
    """ĐTBmhk = (TĐKTtx + 2 × TĐKTđk + 3 × ĐKThk) / (số KTtx + 2 × số KTđk + 3), one decimal (Điều 10 khoản 1 điểm a).

    Blanks are None; every score present counts, also beyond those required. While one is missing there is no
    average. Once the term is `closed`, a periodic or term test not made up is 0 (Điều 8 khoản 5); a missing regular
    score stays missing: it becomes 0 by decision only.
    """
    tests = named_tests(periodic, final, variant, required_periodic)
    return average_of(regular, tests, required, closed=closed)


def named_tests(
    periodic: Sequence[Decimal | None], final: Decimal | None, variant: Variant, required_periodic: int = 0
) -> dict[str, Decimal | None]:
    """Periodic tests and the term test by column, blanks up to the required count too; the term test comes last.

    ValueError unless an amended term has exactly one midterm test.
    """
    cells = (*periodic, *(None,) * (required_periodic - len(periodic)))
    if variant.one_midterm:
        (midterm,) = cells
        return {"midterm": midterm, "final": final}
    return {**{f"periodic_{n}": cell for n, cell in enumerate(cells, start=1)}, "final": final}


def year_average(term1: Decimal | None, term2: Decimal | None, *, one_term: bool = False) -> Decimal | None:
    """ĐTBmcn = (ĐTBmhkI + 2 × ĐTBmhkII) / 3 of the rounded term averages, one decimal (Điều 10 khoản 1 điểm b).

    A subject taught or studied in `one_term` only has that term's result for the year (Điều 10 khoản 3, Điều 12).
    """
    if one_term:
        return only_term(term1, term2)
    if term1 is None or term2 is None:
        return None
    return half_up(year_quotient(term1, term2))


def only_term(term1: T | None, term2: T | None) -> T | None:
    """The result of the one term there is (Điều 10 khoản 3). ValueError where both are given."""
    if term1 is not None and term2 is not None:
        raise ValueError("a subject of one term has one result")
    return term1 if term2 is None else term2


def comment_term(
    checks: Sequence[Passing | None], final: Passing | None, required: int, *, closed: bool = False
) -> Passing | None:
    """Term result of a comment subject (Điều 10 khoản 2 điểm a); `checks` are all but the term test.

    Đạt with every required test made and at least two thirds of them Đạt, the term test among these. While tests
    are missing there is no result; once the term is `closed`, missing ones make it Chưa đạt.
    """
    if missing_columns(checks, {"final": final}, required):
        return Passing.FAILED if closed else None
    made = [check for check in (*checks, final) if check is not None]
    passed = made.count(Passing.PASSED)
    enough = final is Passing.PASSED and 3 * passed >= 2 * len(made)
    return Passing.PASSED if enough else Passing.FAILED


def comment_year(term1: Passing | None, term2: Passing | None, *, one_term: bool = False) -> Passing | None:
    """Year result of a comment subject (Điều 10 khoản 2 điểm b).

    Đạt where both terms are, or term II after a Chưa đạt in term I: so term II decides. For a subject of `one_term`
    see `year_average`.
    """
    if one_term:
        return only_term(term1, term2)
    return None if term1 is None else term2


def mean(scores: Sequence[Decimal]) -> Decimal:
    """ĐTBhk or ĐTBcn: plain mean of the scored subjects' averages, one decimal (Điều 11). ValueError for none."""
    if not scores:
        raise ValueError("no scored subject")
    return half_up(Fraction(sum(map(tenths, scores)), 10 * len(scores)))
