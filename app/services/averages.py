"""Term and year results of a subject by the circular that governs its sheet."""

from decimal import Decimal
from typing import Any

from app.domain.assessment import tt22_2021
from app.domain.assessment.registry import Circular
from app.domain.assessment.tt58_2011 import averages as tt58_2011
from app.domain.sheet_forms import PERIODIC_COLUMNS, SheetForm
from app.domain.vocabulary import REGULAR_COLUMNS, Passing, SubjectKind
from app.models import GradebookSheet
from app.models.gradebook import Mark

_OLD = frozenset({Circular.TT58_2011, Circular.TT26_2020})


def term_result(sheet: GradebookSheet, row: Any) -> Mark | None:
    """ĐTBmhk, or Đạt / Chưa đạt, of a row; None while something is missing.

    TT 22/2021 Điều 9 khoản 1 (TT 43/2021 alike), TT 58/2011 Điều 10. A score beyond the sheet's columns counts too: a
    student from a class with more of them loses none.
    """
    regular: list[Any] = [getattr(row, column) for column in REGULAR_COLUMNS]
    if sheet.form is SheetForm.WEIGHTED:
        return _weighted(sheet, regular, row)
    midterm: Any = row.midterm
    final: Any = row.final
    if sheet.kind is SubjectKind.SCORED:
        return tt22_2021.term_average(regular, midterm, final, sheet.regular_count).value
    if sheet.circular in _OLD:
        return tt58_2011.comment_term([*regular, midterm], final, sheet.regular_count + 1)
    return tt22_2021.comment_term(regular, midterm, final, sheet.regular_count)


def _weighted(sheet: GradebookSheet, regular: list[Any], row: Any) -> Mark | None:
    periodic: list[Any] = [getattr(row, column) for column in PERIODIC_COLUMNS]
    if sheet.kind is SubjectKind.COMMENT:
        checks = sheet.regular_count + sheet.periodic_count
        return tt58_2011.comment_term([*regular, *periodic], row.final, checks)
    given = [score for score in periodic if score is not None]
    average = tt58_2011.term_average(
        regular, given, row.final, sheet.regular_count, required_periodic=sheet.periodic_count
    )
    return average.value


def year_result(
    kind: SubjectKind, circular: str, term_1: Mark | None, term_2: Mark | None, one_term: bool = False
) -> Mark | None:
    """ĐTBmcn, or the year's Đạt / Chưa đạt; None while a term is missing.

    TT 22/2021 Điều 9 khoản 1, TT 58/2011 Điều 10. A subject taught in `one_term` has that term's result.
    """
    if one_term:
        return term_1 if term_2 is None else term_2
    if kind is SubjectKind.SCORED:
        scores = [t if isinstance(t, Decimal) else None for t in (term_1, term_2)]
        return tt22_2021.year_average(*scores)
    results = [t if isinstance(t, Passing) else None for t in (term_1, term_2)]
    return tt58_2011.comment_year(*results) if circular in _OLD else tt22_2021.comment_year(*results)
