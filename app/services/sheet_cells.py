"""The cells of a sheet and the table of its lines, by its form."""

from functools import cache
from typing import Any

from app.domain.assessment import tt22_2016, tt27_2020
from app.domain.assessment.primary import Trait
from app.domain.assessment.registry import Circular
from app.domain.assessment.tt58_2011.variant import EXEMPTIBLE
from app.domain.carry import STATES
from app.domain.sheet_forms import ALL_COLUMNS, Cell, SheetForm, cells
from app.models import ROWS, GradebookSheet

CONDUCT = frozenset({Circular.TT58_2011, Circular.TT26_2020})
"""Circulars that judge hạnh kiểm; later ones judge kết quả rèn luyện."""


def exempts_whole(circular: str, subject_code: str) -> bool:
    """Whether an exemption takes the whole subject away (TT 58/2011 Điều 12), not the practical part (TT 22/2021 Điều 10)."""
    return circular in CONDUCT and subject_code in EXEMPTIBLE


def sheet_cells(sheet: GradebookSheet) -> tuple[Cell, ...]:
    """The sheet's cells in printed order."""
    if sheet.form is SheetForm.TRAITS:
        places = tuple(place for place, _trait in traits_of(sheet.circular, sheet.grade))
        return cells(sheet.form, traits=places)
    if sheet.form is SheetForm.TRAINING:
        return cells(sheet.form, conduct=sheet.circular in CONDUCT)
    return cells(sheet.form, sheet.regular_count, sheet.periodic_count, tuple(sheet.tests))


@cache
def traits_of(circular: str, grade: int) -> tuple[tuple[int, Trait], ...]:
    """Qualities and competences assessed in a grade, each with its place in the circular's list, from 1."""
    rules = tt27_2020 if circular == Circular.TT27_2020 else tt22_2016
    asked = rules.traits_of(grade)
    return tuple((n, trait) for n, trait in enumerate(rules.TRAITS, start=1) if trait in asked)


def row_model(form: SheetForm) -> Any:
    """The model of a sheet's lines."""
    return ROWS[form]


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
