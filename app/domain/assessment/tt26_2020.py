"""TT 58/2011 as amended by TT 26/2020/TT-BGDĐT: secondary grades from 2020-21 until TT 22/2021 reached them.

The rules are those of `tt58_2011` in its amended variant: regular scores by lessons a year, one midterm score, three
key subjects, "duy nhất một môn học", no extra tests for a môn chuyên, the head's decision on students with disability.
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
from app.domain.assessment.tt58_2011.variant import TT26, WEEKS
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

CODE: Final = TT26.code
VERSION: Final = TT26.version
KINDS: Final[Mapping[str, Judge]] = kinds.kinds_of(TT26)
RULES: Final[Mapping[str, str]] = rules.rules_of(TT26)


def judge(facts: Facts) -> Result:
    """What comes of a student's term or year by TT 58/2011 as amended by TT 26/2020."""
    return judging.judge(facts, TT26)


def explain(facts: Facts) -> tuple[Section, ...]:
    """Why: each subject of a year, học lực, hạnh kiểm, title and outcome, step by step."""
    return explaining.explain(facts, TT26)


def required_regular_scores(annual_lessons: int) -> int:
    """ĐĐGtx per term by lessons a year: up to 35 two, up to 70 three, above four (Điều 8). ValueError without lessons."""
    return averages.required_scores(Fraction(annual_lessons, WEEKS), TT26)


def term_average(
    regular: Sequence[Decimal | None],
    midterm: Decimal | None,
    final: Decimal | None,
    required: int,
    *,
    closed: bool = False,
) -> TermAverage:
    """ĐTBmhk = (TĐĐGtx + 2 × ĐĐGgk + 3 × ĐĐGck) / (số ĐĐGtx + 5), one decimal (Điều 10 khoản 1 điểm a)."""
    return averages.term_average(regular, (midterm,), final, required, TT26, closed=closed)


def explain_term(
    regular: Sequence[Decimal | None],
    midterm: Decimal | None,
    final: Decimal | None,
    required: int,
    *,
    closed: bool = False,
) -> tuple[Step, ...]:
    """The sum of ĐTBmhk written out, or what lacks."""
    return subject_steps.explain_term(regular, (midterm,), final, required, TT26, closed=closed)


def explain_year(term1: Decimal | None, term2: Decimal | None, *, one_term: bool = False) -> tuple[Step, ...]:
    """The sum of ĐTBmcn written out, or what lacks."""
    return subject_steps.explain_year(term1, term2, TT26, one_term=one_term)


def explain_comment_term(
    checks: Sequence[Passing | None], final: Passing | None, required: int, *, closed: bool = False
) -> tuple[Step, ...]:
    """How many tests of a comment subject are Đạt, or what lacks."""
    return subject_steps.explain_comment_term(checks, final, required, TT26, closed=closed)


def explain_comment_year(
    term1: Passing | None, term2: Passing | None, *, one_term: bool = False
) -> tuple[Step, ...]:
    """Which term decides the year of a comment subject."""
    return subject_steps.explain_comment_year(term1, term2, TT26, one_term=one_term)
