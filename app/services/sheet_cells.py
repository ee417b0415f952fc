"""The cells of a sheet and the table of its lines, by its form."""

from functools import cache

from app.domain.assessment.primary_plan import traits_of
from app.domain.assessment.registry import CONDUCT
from app.domain.carry import STATES
from app.domain.sheet_forms import ALL_COLUMNS, Cell, SheetForm, cells
from app.models import ROWS, GradebookSheet


def sheet_cells(sheet: GradebookSheet) -> tuple[Cell, ...]:
    """The sheet's cells in printed order."""
    if sheet.form is SheetForm.TRAITS:
        places = tuple(place for place, _trait in traits_of(sheet.circular, sheet.grade))
        return cells(sheet.form, traits=places)
    if sheet.form is SheetForm.TRAINING:
        return cells(sheet.form, conduct=sheet.circular in CONDUCT)
    return cells(sheet.form, sheet.regular_count, sheet.periodic_count, tuple(sheet.tests))


@cache
def row_cells(form: SheetForm) -> tuple[str, ...]:
    """Every cell column the table of a form has, in printed order."""
    return tuple(column for column in ALL_COLUMNS if hasattr(ROWS[form], column))


@cache
def carried_columns(form: SheetForm) -> tuple[str, ...]:
    """What a line of the form takes along when its student moves."""
    return (*row_cells(form), *(state for state in STATES if hasattr(ROWS[form], state)))


def has_average(form: SheetForm) -> bool:
    """True for lines with a term result worked out from their cells."""
    return hasattr(ROWS[form], "average")
