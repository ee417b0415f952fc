"""Open records in the reader's words: results by the circular of their year, cells by their column. Asks no database."""

from decimal import Decimal
from enum import StrEnum
from typing import Final

from flask_babel import gettext as _

from app.domain.cell_values import WORDS
from app.domain.marks import format_mark
from app.domain.sheet_forms import CellKind
from app.domain.vocabulary import Passing
from app.exchange.records import Cell
from app.exchange.values import PASSING
from app.services.results.counting import word_of
from app.views.lock_texts import column_title
from app.views.results_texts import word

_MARKS: Final = (CellKind.MARK.value, CellKind.WHOLE_MARK.value, PASSING)


def value(text: str | None) -> str:
    """A mark or a result of a comment subject as printed: 8,5 · Đ · CĐ."""
    if not text:
        return ""
    return format_mark(Passing(text) if text in set(Passing) else Decimal(text))


def result_word(circular: str, measure: str, text: str | None) -> str:
    """A level, title or outcome by its official term; what no circular of ours knows stays as the file has it.

    `measure`: learning, training, title or outcome. The same word means another thing in each: "good" is Tốt, or Giỏi.
    """
    try:
        found = word_of(circular, measure, text)
    except (KeyError, ValueError):
        return text or ""
    return word(found) if found is not None else ""


def retest_word(text: str | None) -> str:
    """The level of a primary subject after supplementary assessment."""
    return _word(CellKind.LEVEL.value, text) if text else ""


def cell_text(cell: Cell) -> str:
    """What stands in a cell, with the name of its column: ĐĐGgk 8,5."""
    if cell.kind in _MARKS:
        shown = value(cell.value)
    else:
        shown = f"“{cell.value}”" if cell.kind == CellKind.TEXT else _word(cell.kind, cell.value)
    title = _title(cell)
    return f"{title}: {shown}" if title else shown


def _word(kind: str, text: str) -> str:
    try:
        found: StrEnum = WORDS[CellKind(kind)](text)
    except (KeyError, ValueError):
        return text
    return word(found)


def _title(cell: Cell) -> str:
    if cell.kind in (CellKind.TRAINING, CellKind.CONDUCT):
        return _("Training")
    if cell.kind in (CellKind.LEVEL, CellKind.WHOLE_MARK, CellKind.TRAIT):
        return _("Midterm") if cell.column.startswith("midterm") else _("End of term")
    title = column_title(cell.column)
    return "" if title == cell.column else title
