"""TT 58/2011/TT-BGDĐT: assessment in lower and upper secondary schools from 2011-12 until TT 22/2021.

TT 26/2020 amended it (`tt26_2020`); each rule stands once, in this package, and what differs is data (`variant`).
From marks to a subject's averages (`averages`), from these to học lực (`learning`), with hạnh kiểm to titles and
promotion (`year`). `judge` and `explain` do it for a student's stored figures, KINDS for an item of `flask assess`.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final

from app.domain.assessment.facts import Facts, Result, Section
from app.domain.assessment.items import Judge
from app.domain.assessment.steps import Step
from app.domain.assessment.tt22_2021.averages import TermAverage
from app.domain.assessment.tt58_2011 import averages, explaining, judging, kinds, rules, subject_steps
from app.domain.assessment.tt58_2011.averages import comment_term, comment_year, year_average
from app.domain.assessment.tt58_2011.variant import TT58, WEEKS
from app.domain.assessment.tt58_2011.year import promotion, proposed_conduct_year, rank, title
from app.domain.vocabulary import Passing

__all__ = [
    "CODE",
    "KINDS",
    "RULES",
    "VERSION",
    "comment_term",
    "comment_year",
    "explain",
    "explain_comment_term",
    "explain_comment_year",
    "explain_term",
    "explain_year",
    "judge",
    "promotion",
    "proposed_conduct_year",
    "rank",
    "required_regular_scores",
    "term_average",
    "title",
    "year_average",
]

CODE: Final = TT58.code
VERSION: Final = TT58.version
KINDS: Final[Mapping[str, Judge]] = kinds.kinds_of(TT58)
RULES: Final[Mapping[str, str]] = rules.rules_of(TT58)


def judge(facts: Facts) -> Result:
    """What comes of a student's term or year by TT 58/2011."""
    return judging.judge(facts, TT58)


def explain(facts: Facts) -> tuple[Section, ...]:
    """Why: each subject of a year, học lực, hạnh kiểm, title and outcome, step by step."""
    return explaining.explain(facts, TT58)


def required_regular_scores(annual_lessons: int) -> int:
    """Regular scores (KTtx) per term by lessons a week, 35 weeks a year (Điều 8 khoản 2). ValueError without lessons."""
    return averages.required_scores(Fraction(annual_lessons, WEEKS), TT58)


def term_average(
    regular: Sequence[Decimal | None],
    periodic: Sequence[Decimal | None],
    final: Decimal | None,
    required: int,
    *,
    required_periodic: int = 0,
    closed: bool = False,
) -> TermAverage:
    """ĐTBmhk by Điều 10 khoản 1 điểm a, see `averages.term_average`."""
    return averages.term_average(
        regular, periodic, final, required, TT58, required_periodic=required_periodic, closed=closed
    )


def explain_term(
    regular: Sequence[Decimal | None],
    periodic: Sequence[Decimal | None],
    final: Decimal | None,
    required: int,
    *,
    required_periodic: int = 0,
    closed: bool = False,
) -> tuple[Step, ...]:
    """The sum of ĐTBmhk written out, or what lacks."""
    return subject_steps.explain_term(
        regular, periodic, final, required, TT58, required_periodic=required_periodic, closed=closed
    )


def explain_year(term1: Decimal | None, term2: Decimal | None, *, one_term: bool = False) -> tuple[Step, ...]:
    """The sum of ĐTBmcn written out, or what lacks."""
    return subject_steps.explain_year(term1, term2, TT58, one_term=one_term)


def explain_comment_term(
    checks: Sequence[Passing | None], final: Passing | None, required: int, *, closed: bool = False
) -> tuple[Step, ...]:
    """How many tests of a comment subject are Đạt, or what lacks."""
    return subject_steps.explain_comment_term(checks, final, required, TT58, closed=closed)


def explain_comment_year(
    term1: Passing | None, term2: Passing | None, *, one_term: bool = False
) -> tuple[Step, ...]:
    """Which term decides the year of a comment subject."""
    return subject_steps.explain_comment_year(term1, term2, TT58, one_term=one_term)
