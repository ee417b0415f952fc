"""A subject's averages written out, as a teacher would do them on paper (TT 22/2021 Điều 6, 7, 9 khoản 1)."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from app.domain.assessment.steps import Param, Step
from app.domain.assessment.tt22_2021.averages import (
    comment_term,
    missing_columns,
    term_average,
    year_average,
)
from app.domain.assessment.tt22_2021.scheme import Articles
from app.domain.assessment.weighted import (
    NOT_TAKEN,
    YEAR_WEIGHT,
    quotient,
    term_quotient,
    term_sum,
    term_weight,
    year_quotient,
    year_sum,
)
from app.domain.vocabulary import N_, Passing

HERE: Final = Articles()

TERM_SUM: Final = N_("Term average: %(sum)s = %(quotient)s → %(average)s.")
YEAR_SUM: Final = N_("Year average: %(sum)s = %(quotient)s → %(average)s.")
COUNTED_ZERO: Final = N_("%(columns)s: neither taken nor made up when the term was closed, counted as 0.")
NOT_YET: Final = N_("Not yet: %(columns)s still missing.")
NOT_YET_REGULAR: Final = N_(
    "Not yet: %(columns)s still missing; the subject needs %(required)s regular scores in the term."
)
ALL_PASSED: Final = N_("%(level)s: all %(count)s checks are passed.")
SOME_FAILED: Final = N_("%(level)s: every check must be passed; not passed: %(columns)s.")
CHECKS_MISSING: Final = N_("%(level)s: when the term was closed, required checks were missing: %(columns)s.")
TERM_TWO: Final = N_("The result of term II is the result of the year: %(level)s.")
ONE_TERM: Final = N_("The subject has one term only: its result %(value)s is that of the year.")

_COLUMNS: Final = {"midterm": "ĐĐGgk", "final": "ĐĐGck", "term_1": "HK I", "term_2": "HK II"}


def column_name(column: str) -> str:
    """A column as the book heads it: regular_1 → ĐĐGtx 1, midterm → ĐĐGgk."""
    if column.startswith("regular_"):
        return f"ĐĐGtx {column.removeprefix('regular_')}"
    return _COLUMNS.get(column, column)


def explain_term(
    regular: Sequence[Decimal | None],
    midterm: Decimal | None,
    final: Decimal | None,
    required: int,
    closed: bool = False,
    articles: Articles = HERE,
) -> tuple[Step, ...]:
    """The steps to `term_average` of the same figures."""
    found = term_average(regular, midterm, final, required, closed)
    if found.value is None:
        params: dict[str, Param] = {"columns": tuple(map(column_name, found.missing)), "required": required}
        if any(column.startswith("regular_") for column in found.missing):
            return (Step(articles.regular_scores, NOT_YET_REGULAR, params),)
        return (Step(articles.average, NOT_YET, {"columns": params["columns"]}),)
    scores = [score for score in regular if score is not None]
    test, last = (NOT_TAKEN if score is None else score for score in (midterm, final))
    line: dict[str, Param] = {
        "sum": f"({term_sum(scores, [test], last)}) / {term_weight(scores, [test])}",
        "quotient": quotient(term_quotient(scores, [test], last)),
        "average": found.value,
    }
    return (*_zeros(midterm, final, articles), Step(articles.average, TERM_SUM, line))


def _zeros(midterm: Decimal | None, final: Decimal | None, articles: Articles) -> tuple[Step, ...]:
    zeros = tuple(
        column_name(name) for name, score in (("midterm", midterm), ("final", final)) if score is None
    )
    return (Step(articles.not_taken, COUNTED_ZERO, {"columns": zeros}),) if zeros else ()


def explain_year(
    term1: Decimal | None, term2: Decimal | None, articles: Articles = HERE, *, one_term: bool = False
) -> tuple[Step, ...]:
    """The steps to `year_average` of the same figures; a subject taught in `one_term` has that term's for the year."""
    if one_term and (term1 is None) != (term2 is None):
        return _only(term1 if term2 is None else term2, articles.average)
    average = year_average(term1, term2)
    if term1 is None or term2 is None or average is None:
        return (Step(articles.average, NOT_YET, {"columns": _terms(term1, term2)}),)
    line: dict[str, Param] = {
        "sum": f"({year_sum(term1, term2)}) / {YEAR_WEIGHT}",
        "quotient": quotient(year_quotient(term1, term2)),
        "average": average,
    }
    return (Step(articles.average, YEAR_SUM, line),)


def _only(value: Decimal | Passing | None, article: str) -> tuple[Step, ...]:
    return (Step(article, ONE_TERM, {"value": value}),)


def _terms(term1: object | None, term2: object | None) -> tuple[str, ...]:
    return tuple(column_name(name) for name, value in (("term_1", term1), ("term_2", term2)) if value is None)


def explain_comment_term(
    regular: Sequence[Passing | None],
    midterm: Passing | None,
    final: Passing | None,
    required: int,
    closed: bool = False,
    articles: Articles = HERE,
) -> tuple[Step, ...]:
    """The steps to `comment_term` of the same figures."""
    level = comment_term(regular, midterm, final, required, closed)
    missing = tuple(map(column_name, missing_columns(regular, midterm, final, required)))
    if level is None:
        return (Step(articles.comment, NOT_YET, {"columns": missing}),)
    if missing:
        return (Step(articles.comment, CHECKS_MISSING, {"level": level, "columns": missing}),)
    checks = [*((f"regular_{n}", check) for n, check in enumerate(regular, start=1))]
    checks += [("midterm", midterm), ("final", final)]
    failed = tuple(column_name(name) for name, check in checks if check is Passing.FAILED)
    if failed:
        return (Step(articles.comment, SOME_FAILED, {"level": level, "columns": failed}),)
    count = sum(check is not None for _name, check in checks)
    return (Step(articles.comment, ALL_PASSED, {"level": level, "count": count}),)


def explain_comment_year(
    term1: Passing | None, term2: Passing | None, articles: Articles = HERE, *, one_term: bool = False
) -> tuple[Step, ...]:
    """The steps to `comment_year` of the same figures; `one_term` as in `explain_year`."""
    if one_term and (term1 is None) != (term2 is None):
        return _only(term1 if term2 is None else term2, articles.comment)
    if term2 is None:
        return (Step(articles.comment, NOT_YET, {"columns": _terms("", term2)}),)
    return (Step(articles.comment, TERM_TWO, {"level": term2}),)
