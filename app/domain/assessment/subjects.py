"""What a subject comes to in a term and a year, and why: the circular of the sheet picks the formula, once, here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from app.domain.assessment import tt22_2021, tt43_2021
from app.domain.assessment.registry import CONDUCT, PRIMARY, Circular
from app.domain.assessment.steps import Step
from app.domain.assessment.tt22_2021.scheme import Articles
from app.domain.assessment.tt58_2011 import averages, subject_steps
from app.domain.assessment.tt58_2011.variant import TT26, TT58, WEEKS, Variant
from app.domain.vocabulary import Passing, SubjectKind

Mark = Decimal | Passing

_VARIANTS: Final[Mapping[str, Variant]] = {Circular.TT58_2011: TT58, Circular.TT26_2020: TT26}
"""The circulars of TT 58/2011; the others take a subject's results from TT 22/2021."""


@dataclass(frozen=True, slots=True)
class TermMarks:
    """The marks of a student's term in a subject, blanks as None, and how many of each the term asks for.

    `periodic` and `required_periodic`: weight-2 tests, which TT 58/2011 alone has instead of one midterm.
    """

    circular: str
    kind: SubjectKind
    regular: Sequence[Any]
    required: int
    midterm: Any = None
    final: Any = None
    periodic: Sequence[Any] = ()
    required_periodic: int = 0

    @property
    def checks(self) -> tuple[Sequence[Any], int]:
        """All but the term test, and how many are asked for: what a comment subject of TT 58/2011 counts."""
        if self.circular == Circular.TT58_2011:
            return (*self.regular, *self.periodic), self.required + self.required_periodic
        return (*self.regular, self.midterm), self.required + 1

    @property
    def tests(self) -> Sequence[Any]:
        """The weight-2 tests of a scored subject of TT 58/2011; as amended, the midterm."""
        if self.circular == Circular.TT58_2011:
            return [score for score in self.periodic if score is not None]
        return (self.midterm,)


def regular_scores(circular: str, kind: SubjectKind, annual_lessons: int) -> int:
    """Regular scores, or checks of a comment subject, a term asks for; none in primary school, which has levels.

    By lessons: TT 22/2021 Điều 6 khoản 2 (TT 43/2021 alike until its own counts are confirmed), TT 26/2020 the same;
    TT 58/2011 Điều 8 khoản 2 by lessons a week, for comment subjects too. ValueError unless there are lessons.
    """
    if circular in PRIMARY:
        return 0
    if circular == Circular.TT58_2011:
        return averages.required_scores(Fraction(annual_lessons, WEEKS), TT58)
    if kind is SubjectKind.COMMENT:
        return tt22_2021.REGULAR_COMMENT_CHECKS
    return tt22_2021.required_regular_scores(annual_lessons)


def term_result(marks: TermMarks) -> Mark | None:
    """ĐTBmhk, or Đạt / Chưa đạt; None while something is missing.

    TT 22/2021 Điều 9 khoản 1 (TT 43/2021 alike), TT 58/2011 Điều 10, as amended by TT 26/2020. A score beyond the
    required ones counts too: a student from a class with more of them loses none.
    """
    regular, final, required = marks.regular, marks.final, marks.required
    comment = marks.kind is SubjectKind.COMMENT
    variant = _VARIANTS.get(marks.circular)
    if variant is None:
        if comment:
            return tt22_2021.comment_term(regular, marks.midterm, final, required)
        return tt22_2021.term_average(regular, marks.midterm, final, required).value
    if comment:
        checks, asked = marks.checks
        return averages.comment_term(checks, final, asked)
    return averages.term_average(
        regular, marks.tests, final, required, variant, required_periodic=marks.required_periodic
    ).value


def explain_term(marks: TermMarks) -> tuple[Step, ...]:
    """The same, step by step."""
    regular, final, required = marks.regular, marks.final, marks.required
    comment = marks.kind is SubjectKind.COMMENT
    variant = _VARIANTS.get(marks.circular)
    if variant is None:
        explain = tt22_2021.explain_comment_term if comment else tt22_2021.explain_term
        return explain(regular, marks.midterm, final, required, articles=_articles(marks.circular))
    if comment:
        checks, asked = marks.checks
        return subject_steps.explain_comment_term(checks, final, asked, variant)
    return subject_steps.explain_term(
        regular, marks.tests, final, required, variant, required_periodic=marks.required_periodic
    )


def year_result(
    circular: str, kind: SubjectKind, term_1: Mark | None, term_2: Mark | None, *, one_term: bool = False
) -> Mark | None:
    """ĐTBmcn, or the year's Đạt / Chưa đạt; None while a term is missing.

    TT 22/2021 Điều 9 khoản 1, TT 58/2011 Điều 10. A subject taught in `one_term` has that term's result.
    """
    if one_term:
        return term_1 if term_2 is None else term_2
    terms: tuple[Any, Any] = (term_1, term_2)
    if kind is SubjectKind.SCORED:
        return tt22_2021.year_average(*terms)
    return averages.comment_year(*terms) if circular in CONDUCT else tt22_2021.comment_year(*terms)


def explain_year(
    circular: str, kind: SubjectKind, term_1: Mark | None, term_2: Mark | None, *, one_term: bool = False
) -> tuple[Step, ...]:
    """The same, step by step."""
    terms: tuple[Any, Any] = (term_1, term_2)
    comment = kind is SubjectKind.COMMENT
    variant = _VARIANTS.get(circular)
    if variant is not None:
        old = subject_steps.explain_comment_year if comment else subject_steps.explain_year
        return old(*terms, variant, one_term=one_term)
    explain = tt22_2021.explain_comment_year if comment else tt22_2021.explain_year
    return explain(*terms, articles=_articles(circular), one_term=one_term)


def _articles(circular: str) -> Articles:
    return tt43_2021.ARTICLES if circular == Circular.TT43_2021 else Articles()
