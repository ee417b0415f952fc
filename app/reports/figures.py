"""Pages of figures and registers of a class or school: tables under headings of their own; every value is ready text."""

from dataclasses import dataclass, replace

from app.reports.contexts import Signature
from app.reports.summaries import ACROSS, NAME, Head, Row, Table, fitted


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table with what its lines are called. `strong`: numbers of the lines that add up others; `apart`: begins on a
    page of its own.
    """

    caption: str
    label: str
    table: Table
    name_width: float
    strong: tuple[int, ...] = ()
    apart: bool = False
    empty: str = "Không có."


@dataclass(frozen=True, slots=True)
class Figures:
    """Sheets one after the other, notes, and who signs below the last."""

    title: str
    under: str
    sheets: tuple[Sheet, ...]
    notes: tuple[str, ...] = ()
    signatures: tuple[Signature, ...] = ()
    headed: bool = False  # with school and quốc hiệu above

    @property
    def last_words(self) -> str:
        """What stands on the last page unless signatures stand there alone."""
        last = self.sheets[-1]
        return last.label if last.table.rows else last.caption

    def settled(self, last: int = 5) -> "Figures":
        """The same with the last sheet, or its last lines, on the page of the signatures."""
        *others, sheet = self.sheets
        rows = sheet.table.rows
        if len(rows) <= 3 * last:
            return replace(self, sheets=(*others, replace(sheet, apart=True)))
        first = replace(sheet, table=replace(sheet.table, rows=rows[:-last]))
        rest = replace(sheet, caption="", table=replace(sheet.table, rows=rows[-last:]), apart=True)
        return replace(self, sheets=(*others, first, rest))


def sheet_of(
    caption: str,
    label: str,
    heads: tuple[Head, ...],
    rows: tuple[Row, ...],
    *,
    across: float = ACROSS,
    name_width: float = NAME,
    strong: tuple[int, ...] = (),
    apart: bool = False,
    empty: str = "Không có.",
) -> Sheet:
    """A sheet whose columns fill the page's width."""
    table = Table(fitted(heads, across, name_width), rows)
    return Sheet(caption, label, table, name_width, strong, apart, empty)
