"""Why a subject of TT 58/2011 has its term or year result: the sum written out, the tests counted."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from app.domain.assessment.steps import Param, Step
from app.domain.assessment.tt58_2011.averages import (
    comment_term,
    comment_year,
    named_tests,
    only_term,
    term_average,
    year_average,
)
from app.domain.assessment.tt58_2011.variant import Variant
from app.domain.assessment.tt58_2011.wording import column_names
from app.domain.assessment.weighted import (
    NOT_TAKEN,
    YEAR_WEIGHT,
    missing_columns,
    quotient,
    term_quotient,
    term_sum,
    term_weight,
    year_quotient,
    year_sum,
)
from app.domain.vocabulary import N_, Passing

NOT_YET: Final = N_("Not yet: missing %(missing)s.")
QUOTIENT: Final = N_("(%(sum)s) / %(weights)s = %(quotient)s, rounded to %(average)s.")
NO_TEST: Final = N_("The term is closed: tests not made up (%(missing)s) count as 0.")
ONE_TERM: Final = N_("The subject has one term only: its result %(value)s is that of the year.")
TERM_COMMENT: Final = N_(
    "%(passed)s of %(count)s tests are Đạt, needed two thirds, and the term test, which is %(final)s: %(level)s."
)
NOT_ENOUGH_TESTS: Final = N_("The term is closed without the tests required (%(missing)s): %(level)s.")
YEAR_COMMENT: Final = N_("Term I %(term1)s, term II %(term2)s: term II decides, so the year is %(level)s.")
BY_WEEK: Final = N_("%(lessons)s lessons a week: at least %(count)s regular scores a term.")
BY_YEAR: Final = N_("%(lessons)s lessons a year: %(count)s regular scores a term.")

_COUNTS, _CLOSED = "Điều 8 khoản 2", "Điều 8 khoản 5"
_AVERAGES, _COMMENTS, _ONE_TERM = "Điều 10 khoản 1", "Điều 10 khoản 2", "Điều 10 khoản 3"


def count_step(lessons: str, count: int, variant: Variant) -> Step:
    """How many regular scores a subject needs, by lessons a week, or a year as amended."""
    message = BY_YEAR if variant.one_midterm else BY_WEEK
    return Step(variant.article(_COUNTS), message, {"lessons": lessons, "count": count})


def explain_term(
    regular: Sequence[Decimal | None],
    periodic: Sequence[Decimal | None],
    final: Decimal | None,
    required: int,
    variant: Variant,
    *,
    required_periodic: int = 0,
    closed: bool = False,
) -> tuple[Step, ...]:
    """The sum of ĐTBmhk written out, or what lacks; the same arguments as `term_average`."""
    article = variant.article(_AVERAGES)
    found = term_average(
        regular, periodic, final, required, variant, required_periodic=required_periodic, closed=closed
    )
    if found.value is None:
        return (Step(article, NOT_YET, {"missing": column_names(found.missing)}),)
    tests = named_tests(periodic, final, variant, required_periodic)
    blank = tuple(name for name, score in tests.items() if score is None)
    scores = [score for score in regular if score is not None]
    *taken, last = (NOT_TAKEN if score is None else score for score in tests.values())
    step = Step(
        article,
        QUOTIENT,
        {
            "sum": term_sum(scores, taken, last),
            "weights": term_weight(scores, taken),
            "quotient": quotient(term_quotient(scores, taken, last)),
            "average": found.value,
        },
    )
    return (
        (Step(variant.article(_CLOSED), NO_TEST, {"missing": column_names(blank)}), step)
        if blank
        else (step,)
    )


def explain_year(
    term1: Decimal | None, term2: Decimal | None, variant: Variant, *, one_term: bool = False
) -> tuple[Step, ...]:
    """The sum of ĐTBmcn written out, or what lacks; the same arguments as `year_average`."""
    average = year_average(term1, term2, one_term=one_term)
    if one_term and average is not None:
        return (Step(variant.article(_ONE_TERM), ONE_TERM, {"value": average}),)
    if average is None or term1 is None or term2 is None:
        return (_missing_terms(term1, term2, variant.article(_AVERAGES)),)
    params: dict[str, Param] = {
        "sum": year_sum(term1, term2),
        "weights": YEAR_WEIGHT,
        "quotient": quotient(year_quotient(term1, term2)),
        "average": average,
    }
    return (Step(variant.article(_AVERAGES), QUOTIENT, params),)


def explain_comment_term(
    checks: Sequence[Passing | None],
    final: Passing | None,
    required: int,
    variant: Variant,
    *,
    closed: bool = False,
) -> tuple[Step, ...]:
    """How many tests of a comment subject are Đạt, or what lacks; the same arguments as `comment_term`."""
    level = comment_term(checks, final, required, closed=closed)
    missing = missing_columns(checks, {"final": final}, required)
    if level is None:
        return (Step(variant.article(_COMMENTS), NOT_YET, {"missing": column_names(missing)}),)
    if missing:
        params: dict[str, Param] = {"missing": column_names(missing), "level": level}
        return (Step(variant.article(_CLOSED), NOT_ENOUGH_TESTS, params),)
    made = [check for check in (*checks, final) if check is not None]
    counts: dict[str, Param] = {
        "passed": made.count(Passing.PASSED),
        "count": len(made),
        "final": final,
        "level": level,
    }
    return (Step(variant.article(_COMMENTS), TERM_COMMENT, counts),)


def explain_comment_year(
    term1: Passing | None, term2: Passing | None, variant: Variant, *, one_term: bool = False
) -> tuple[Step, ...]:
    """Which term decides the year of a comment subject; the same arguments as `comment_year`."""
    if one_term and (value := only_term(term1, term2)) is not None:
        return (Step(variant.article(_ONE_TERM), ONE_TERM, {"value": value}),)
    level = comment_year(term1, term2)
    if level is None:
        return (_missing_terms(term1, term2, variant.article(_COMMENTS)),)
    return (Step(variant.article(_COMMENTS), YEAR_COMMENT, {"term1": term1, "term2": term2, "level": level}),)


def _missing_terms(term1: object | None, term2: object | None, article: str) -> Step:
    missing = tuple(name for name, value in (("term_1", term1), ("term_2", term2)) if value is None)
    return Step(article, NOT_YET, {"missing": column_names(missing)})
