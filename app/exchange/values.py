"""A cell of a sheet as text for the open formats: marks with a decimal point, words as the circulars' terms are stored."""

from decimal import Decimal
from typing import Any, Final

from app.domain.cell_values import WORDS
from app.domain.sheet_forms import CellKind
from app.domain.vocabulary import Passing

PASSING: Final = "passing"
"""The element of a comment subject's result; every other kind of cell has its own name (CellKind)."""
KINDS: Final = (*(kind.value for kind in CellKind), PASSING)


def written(value: Any, kind: CellKind) -> tuple[str, str]:
    """(element, text) of a value; '' for blank."""
    if isinstance(value, Passing):
        return PASSING, value.value
    if value is None:
        return kind.value, ""
    return kind.value, f"{value:.1f}" if isinstance(value, Decimal) else str(value)


def read(element: str, text: str) -> Any:
    """The value of a cell's text: Decimal, Passing, a word of the circular, a count, or text; None for blank."""
    if not text:
        return None
    if element == PASSING:
        return Passing(text)
    kind = CellKind(element)
    if kind in (CellKind.MARK, CellKind.WHOLE_MARK):
        return Decimal(text)
    if kind is CellKind.COUNT:
        return int(text)
    return WORDS[kind](text) if kind in WORDS else text
