"""Averages of a row by the circular that governs its sheet; the only caller of the assessment rules for marks."""

from decimal import Decimal
from typing import Any

from app.domain.assessment import tt22_2021
from app.domain.vocabulary import REGULAR_COLUMNS, Passing, SubjectKind
from app.models import Grade, GradebookSheet
from app.models.gradebook import Mark


def term_result(sheet: GradebookSheet, row: Grade | Any) -> Mark | None:
    """ĐTBmhk, or Đạt / Chưa đạt, of a row; None while something is missing (TT 22/2021 Điều 9 khoản 1).

    A score beyond the sheet's columns counts too: a student from a class with more of them loses none.
    """
    regular: list[Any] = [getattr(row, column) for column in REGULAR_COLUMNS]
    midterm: Any = row.midterm
    final: Any = row.final
    if sheet.kind is SubjectKind.SCORED:
        return tt22_2021.term_average(regular, midterm, final, sheet.regular_count).value
    return tt22_2021.comment_term(regular, midterm, final, sheet.regular_count)


def year_result(kind: SubjectKind, term_1: Mark | None, term_2: Mark | None) -> Mark | None:
    """ĐTBmcn, or the year's Đạt / Chưa đạt; None while a term is missing (TT 22/2021 Điều 9 khoản 1)."""
    if kind is SubjectKind.SCORED:
        scores = [t if isinstance(t, Decimal) else None for t in (term_1, term_2)]
        return tt22_2021.year_average(*scores)
    results = [t if isinstance(t, Passing) else None for t in (term_1, term_2)]
    return tt22_2021.comment_year(*results)
