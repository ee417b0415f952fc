"""The result of one subject in a term and a year (TT 22/2021 Điều 6, 7, 9 khoản 1).

Marks are Decimal in steps of 0.1; an average is computed from exact fractions and rounded once.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from app.domain.assessment import weighted
from app.domain.assessment.weighted import TermAverage
from app.domain.marks import MARK_MAX, MARK_MIN
from app.domain.rounding import half_up
from app.domain.vocabulary import Passing, Threshold

REGULAR_COMMENT_CHECKS: Final = 2
"""Regular checks of a comment subject per term (Điều 6 khoản 2 điểm a)."""

_REGULAR_BY_LESSONS = ((35, 2), (70, 3))
_REGULAR_ABOVE: Final = 4
_THRESHOLDS = (
    (Decimal("8.0"), Threshold.FROM_8_0),
    (Decimal("6.5"), Threshold.FROM_6_5),
    (Decimal("5.0"), Threshold.FROM_5_0),
    (Decimal("3.5"), Threshold.FROM_3_5),
)


def required_regular_scores(annual_lessons: int) -> int:
    """Regular scores (ĐĐGtx) per term of a scored subject (Điều 6 khoản 2 điểm b).

    By lessons a year: up to 35 two, over 35 up to 70 three, over 70 four. ValueError unless there are lessons.
    """
    if annual_lessons <= 0:
        raise ValueError("a subject has lessons")
    for upper, count in _REGULAR_BY_LESSONS:
        if annual_lessons <= upper:
            return count
    return _REGULAR_ABOVE


def term_average(
    regular: Sequence[Decimal | None],
    midterm: Decimal | None,
    final: Decimal | None,
    required: int,
    closed: bool = False,
) -> TermAverage:
    """ĐTBmhk = (TĐĐGtx + 2 × ĐĐGgk + 3 × ĐĐGck) / (Số ĐĐGtx + 5), one decimal (Điều 9 khoản 1 điểm b).

    `regular` is in column order, blanks as None; every score present counts, also beyond `required`. While one is
    missing there is no average. Once the term is `closed`, a periodic test neither taken nor made up counts 0
    (Điều 7 khoản 5); a missing regular score still means not yet.
    """
    return weighted.average_of(regular, {"midterm": midterm, "final": final}, required, closed=closed)


def year_average(term1: Decimal | None, term2: Decimal | None) -> Decimal | None:
    """ĐTBmcn = (ĐTBmhkI + 2 × ĐTBmhkII) / 3 of the rounded term averages, one decimal (Điều 9 khoản 1 điểm b)."""
    if term1 is None or term2 is None:
        return None
    return half_up(weighted.year_quotient(term1, term2))


def comment_term(
    regular: Sequence[Passing | None],
    midterm: Passing | None,
    final: Passing | None,
    required: int,
    closed: bool = False,
) -> Passing | None:
    """Term result of a comment subject: Đạt with every required check made and all Đạt (Điều 9 khoản 1 điểm a).

    While checks are missing there is no result; once the term is `closed`, missing checks make it Chưa đạt.
    """
    if missing_columns(regular, midterm, final, required):
        return Passing.FAILED if closed else None
    made = [check for check in (*regular, midterm, final) if check is not None]
    return Passing.PASSED if all(check is Passing.PASSED for check in made) else Passing.FAILED


def comment_year(term1: Passing | None, term2: Passing | None) -> Passing | None:
    """Year result of a comment subject: that of term II (Điều 9 khoản 1 điểm a)."""
    del term1  # only term II counts; both are asked for so that every circular has the same signature
    return term2


def threshold(average: Decimal) -> Threshold:
    """The highest threshold of Điều 9 khoản 2 that a rounded average reaches. ValueError outside 0–10."""
    if not MARK_MIN <= average <= MARK_MAX:
        raise ValueError(f"{average} is not an average")
    return next((name for least, name in _THRESHOLDS if average >= least), Threshold.BELOW_3_5)


def missing_columns(
    regular: Sequence[object | None], midterm: object | None, final: object | None, required: int
) -> tuple[str, ...]:
    """Columns still to be filled: the first blank regular ones up to the required count, midterm, final."""
    return weighted.missing_columns(regular, {"midterm": midterm, "final": final}, required)
