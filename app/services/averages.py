"""The term result of a sheet's line: its cells as the circular's rule takes them (domain/assessment/subjects)."""

from operator import attrgetter
from typing import Any, Final

from app.domain.assessment.subjects import TermMarks
from app.domain.assessment.subjects import term_result as worked_out
from app.domain.sheet_forms import PERIODIC_COLUMNS, SheetForm
from app.domain.vocabulary import REGULAR_COLUMNS
from app.models import GradebookSheet
from app.models.gradebook import Mark

_regular: Final = attrgetter(*REGULAR_COLUMNS)
_periodic: Final = attrgetter(*PERIODIC_COLUMNS)


def marks_of(sheet: GradebookSheet, row: Any) -> TermMarks:
    """A line's marks with what its sheet asks for."""
    weighted = sheet.form is SheetForm.WEIGHTED
    return TermMarks(
        circular=sheet.circular,
        kind=sheet.kind,
        regular=_regular(row),
        required=sheet.regular_count,
        midterm=None if weighted else row.midterm,
        final=row.final,
        periodic=_periodic(row) if weighted else (),
        required_periodic=sheet.periodic_count,
    )


def term_result(sheet: GradebookSheet, row: Any) -> Mark | None:
    """ĐTBmhk, or Đạt / Chưa đạt, of a line; None while something is missing."""
    return worked_out(marks_of(sheet, row))
