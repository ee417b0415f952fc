"""The columns of each kind of file: heading as in the template, other headings in use, meaning, and how it is shown.

Headings are Vietnamese data, not interface text: they stand in the files of schools and of CSDL ngành (facts F3, F5).
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from app.domain.names import fold
from app.services.spreadsheets import cells

STT: Final = "stt"
EXAMPLE_MARK: Final = "VD"
"""In the column STT it marks the template's example row, which is never imported."""


@dataclass(frozen=True)
class Column:
    """A column: the field it fills, its heading, how a cell is read and shown."""

    field: str
    heading: str
    read: cells.Reader
    aliases: tuple[str, ...] = ()
    required: bool = False
    list_name: str | None = None  # the code list it is chosen from
    show: Callable[[Any], str] = cells.shown
    example: str = ""
    hint: str = ""
    width: int = 14
    is_date: bool = False
    is_number: bool = False
    ignored: bool = False  # written, never read: numbering, worked-out averages


@dataclass(frozen=True)
class Kind:
    """A kind of file."""

    name: str
    sheet: str  # title of the sheet, and first part of the file's name
    columns: tuple[Column, ...]

    def column(self, field: str) -> Column:
        """The column of a field."""
        return next(column for column in self.columns if column.field == field)

    def heading(self, field: str) -> str:
        """The heading of a field."""
        return self.column(field).heading


def heading_key(value: Any) -> str:
    """A heading for comparing: blind to case, accents (composed or not), spaces, signs and remarks in brackets."""
    if not isinstance(value, str):
        return ""
    folded = re.sub(r"\((?:\*|bat buoc|neu co|dd/mm/yyyy|ngay/thang/nam)\)", "", fold(value))
    return re.sub(r"[^a-z0-9]", "", folded)


def known_headings(columns: Iterable[Column]) -> dict[str, Column]:
    """Every heading that is understood, by its key."""
    return {heading_key(name): column for column in columns for name in (column.heading, *column.aliases)}
