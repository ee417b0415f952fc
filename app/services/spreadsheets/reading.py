"""From the bytes of a workbook to rows of values by heading; whatever is unclear is refused with its place."""

import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from typing import Any, Final, cast
from xml.etree.ElementTree import ParseError  # only the error class

from openpyxl import Workbook, load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.utils.exceptions import InvalidFileException

from app.domain.names import unicode_problem
from app.errors import N_
from app.services.spreadsheets.archive import (
    DAMAGED,
    HEADING_ROWS,
    MAX_COLUMNS,
    MAX_ROWS,
    TOO_MANY_ROWS,
    Outline,
    check_workbook,
    scan_sheet,
)
from app.services.spreadsheets.cells import CellError, Formula, Padded
from app.services.spreadsheets.columns import EXAMPLE_MARK, Column, heading_key, known_headings
from app.services.spreadsheets.plan import BadFile, Problem

FEWEST_HEADINGS: Final = 3

NO_TABLE: Final = N_(
    "No headings were found in the first %(rows)s rows. Keep the headings of the template, for example: %(examples)s."
)
TWO_TABLES: Final = N_("The sheets “%(one)s” and “%(other)s” both hold such a table. Keep one of them.")
HIDDEN_SHEET: Final = N_("The sheet “%(sheet)s” with the table is hidden. Show it and save the file again.")
NO_ROWS: Final = N_("There are headings, but no rows below them.")
MISSING_COLUMN: Final = N_("The column “%(column)s” is missing.")
UNKNOWN_COLUMN: Final = N_(
    "The column “%(column)s” is not known. Delete it, or write its heading as in the template."
)
SAME_HEADING: Final = N_("The heading “%(column)s” stands in the columns %(one)s and %(other)s. Keep one.")
NO_HEADING: Final = N_("Column %(letter)s has values but no heading. The headings may have been shifted.")
SPLIT_HEADINGS: Final = N_(
    "The heading “%(column)s” stands in row %(row)s and the others in row %(other)s. Put all headings into one row."
)
MERGED_HEADING: Final = N_(
    "The heading cells %(place)s are merged. Unmerge them, so that each column has its own heading."
)
MERGED_CELLS: Final = N_("The cells %(place)s are merged. Unmerge them and fill each.")
HIDDEN_COLUMN: Final = N_("Column %(letter)s is hidden. Show it, or delete it.")
HIDDEN_ROW: Final = N_("This row is hidden. Show it, or delete it.")
FORMULA: Final = N_("Cell %(place)s holds a formula. Copy the column and paste it as values.")
EXCEL_ERROR: Final = N_("Cell %(place)s holds the Excel error %(value)s. Type the value.")

_UNREADABLE = (
    InvalidFileException,
    KeyError,
    IndexError,
    ValueError,
    TypeError,
    AttributeError,
    OverflowError,
    OSError,
    EOFError,
    ParseError,
    SyntaxError,
    NotImplementedError,
)
"""What openpyxl raises for a workbook whose parts don't fit together."""


@dataclass(frozen=True)
class Row:
    """A row of the table: its number in Excel, raw values by field, and what is wrong before reading them."""

    number: int
    values: dict[str, Any]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Table:
    """What a file says: which columns it has, its rows, and the lines above the headings."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    above: tuple[str, ...] = ()
    from_1904: bool = False
    heading_row: int = 0

    @property
    def fields(self) -> frozenset[str]:
        """Fields the file has a column for."""
        return frozenset(column.field for column in self.columns)


@dataclass
class _Sheet:
    title: str
    hidden: bool
    outline: Outline
    head: dict[int, dict[int, Any]]  # row number → column number → raw value, the first rows only
    heading_row: int = 0


@dataclass(frozen=True)
class _Headings:
    """Where the columns are."""

    row: int
    by_index: dict[int, Column] = field(default_factory=dict)


def read_table(data: bytes, columns: Sequence[Column], *, most_rows: int = MAX_ROWS) -> Table:
    """The one table of a workbook with headings among `columns`. Raises BadFile naming what is wrong, and where."""
    check_workbook(data)
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", module="openpyxl"
        )  # styles it doesn't know; dates it makes errors of
        return _read(data, columns, most_rows)


def _read(data: bytes, columns: Sequence[Column], most_rows: int) -> Table:
    book = _open(data)
    try:
        sheet = _choose(book, data, columns)
        headings = _headings(sheet, columns)
        rows = [*_rows(book, sheet, headings)]
    except _UNREADABLE as error:
        raise BadFile(Problem(DAMAGED)) from error
    finally:
        book.close()
    if not rows:
        raise BadFile(Problem(NO_ROWS, {}, headings.row))
    if len(rows) > most_rows:
        raise BadFile(Problem(TOO_MANY_ROWS, {"most": most_rows}, rows[most_rows].number))
    above = tuple(
        " ".join(str(value) for value in cells.values() if value is not None)
        for number, cells in sorted(sheet.head.items())
        if number < headings.row and cells
    )
    return Table(
        tuple(headings.by_index.values()), tuple(rows), above, book.epoch == CALENDAR_MAC_1904, headings.row
    )


def _open(data: bytes) -> Workbook:
    try:
        return load_workbook(BytesIO(data), read_only=True, keep_links=False)
    except _UNREADABLE as error:
        raise BadFile(Problem(DAMAGED)) from error


def _choose(book: Workbook, data: bytes, columns: Sequence[Column]) -> _Sheet:
    """The one sheet with the headings."""
    known = known_headings(columns)
    sheets = []
    for worksheet in cast("list[Any]", book.worksheets):  # the reader's own sheets know their path in the zip
        outline = scan_sheet(data, worksheet._worksheet_path)
        head = dict(_cells(book, worksheet.title, 1, min(HEADING_ROWS, outline.last_row)))
        sheet = _Sheet(worksheet.title, worksheet.sheet_state != "visible", outline, head)
        sheet.heading_row = _heading_row(head, known, min(FEWEST_HEADINGS, len(columns)))
        sheets.append(sheet)
    found = [sheet for sheet in sheets if sheet.heading_row]
    if not found:
        _refuse_without_headings(sheets, columns)
    if len(found) > 1:
        raise BadFile(Problem(TWO_TABLES, {"one": found[0].title, "other": found[1].title}))
    if found[0].hidden:
        raise BadFile(Problem(HIDDEN_SHEET, {"sheet": found[0].title}))
    return found[0]


def _heading_row(head: dict[int, dict[int, Any]], known: dict[str, Column], fewest: int) -> int:
    """Number of the row with the most known headings; 0 when none has enough."""
    counts = {number: sum(heading_key(v) in known for v in cells.values()) for number, cells in head.items()}
    best = max(counts, key=lambda number: (counts[number], -number), default=0)
    return best if counts.get(best, 0) >= fewest else 0


def _refuse_without_headings(sheets: Sequence[_Sheet], columns: Sequence[Column]) -> None:
    """Say what there is instead: text of an old font in the first rows is the usual cause."""
    for sheet in sheets:
        for number, cells in sheet.head.items():
            for index, value in cells.items():
                problem = unicode_problem(value) if isinstance(value, str) else None
                if problem:
                    raise BadFile(Problem(problem, {}, number, get_column_letter(index), value[:80]))
    examples = ", ".join(column.heading for column in columns if column.required)
    raise BadFile(Problem(NO_TABLE, {"rows": HEADING_ROWS, "examples": examples}))


def _headings(sheet: _Sheet, columns: Sequence[Column]) -> _Headings:
    """Columns by their place. Raises BadFile with everything that is wrong with the heading row."""
    number = sheet.heading_row
    known = known_headings(columns)
    problems = [*_merged_headings(sheet, number)]
    by_index: dict[int, Column] = {}
    places: dict[str, str] = {}
    for index, value in sheet.head[number].items():
        letter, text = get_column_letter(index), " ".join(str(value).split())
        column = known.get(heading_key(value))
        if column is None:
            problem = unicode_problem(text)
            problems.append(
                Problem(problem or UNKNOWN_COLUMN, {} if problem else {"column": text}, number, letter, text)
            )
        elif column.field in places:
            params = {"column": text, "one": places[column.field], "other": letter}
            problems.append(Problem(SAME_HEADING, params, number, letter, text))
        else:
            by_index[index], places[column.field] = column, letter
        if sheet.outline.hides_column(index):
            problems.append(Problem(HIDDEN_COLUMN, {"letter": letter}, number, text))
    problems += _missing(sheet, columns, known, set(places))
    if problems:
        raise BadFile(*problems)
    return _Headings(number, by_index)


def _merged_headings(sheet: _Sheet, number: int) -> Iterator[Problem]:
    for left, top, right, bottom in sheet.outline.merged:
        if top <= number <= bottom:
            place = f"{get_column_letter(left)}{top}:{get_column_letter(right)}{bottom}"
            yield Problem(MERGED_HEADING, {"place": place}, number, get_column_letter(left))


def _missing(
    sheet: _Sheet, columns: Sequence[Column], known: dict[str, Column], found: set[str]
) -> Iterator[Problem]:
    """Required columns that are not there; one that stands in a row above is named with that row."""
    above = {
        known[key].field: (number, index)
        for number, cells in sheet.head.items()
        if number < sheet.heading_row
        for index, value in cells.items()
        if (key := heading_key(value)) in known
    }
    for column in columns:
        if column.field in found or not (column.required or column.field in above):
            continue
        if column.field in above:
            row, index = above[column.field]
            params = {"column": column.heading, "row": row, "other": sheet.heading_row}
            yield Problem(SPLIT_HEADINGS, params, row, get_column_letter(index))
        else:
            yield Problem(MISSING_COLUMN, {"column": column.heading}, sheet.heading_row, column.heading)


def _rows(book: Workbook, sheet: _Sheet, headings: _Headings) -> Iterator[Row]:
    """Filled rows below the headings; stray columns and merged cells are named."""
    merged = {
        max(top, headings.row + 1): (left, top, right, bottom)
        for left, top, right, bottom in sheet.outline.merged
        if bottom > headings.row
    }
    stray: dict[int, Problem] = {}
    for number, cells in _cells(book, sheet.title, headings.row + 1, sheet.outline.last_row):
        if not cells:
            continue
        for index, value in cells.items():
            if index not in headings.by_index and index not in stray:
                letter = get_column_letter(index)
                stray[index] = Problem(NO_HEADING, {"letter": letter}, number, letter, str(value)[:80])
        values = {headings.by_index[i].field: v for i, v in cells.items() if i in headings.by_index}
        if not any(i not in headings.by_index or _counts(headings.by_index[i], v) for i, v in cells.items()):
            continue  # a line that is only numbered
        problems = [*_cell_problems(number, cells, headings)]
        if number in sheet.outline.hidden_rows:
            problems.append(Problem(HIDDEN_ROW, {}, number))
        if number in merged:
            left, top, right, bottom = merged[number]
            place = f"{get_column_letter(left)}{top}:{get_column_letter(right)}{bottom}"
            problems.append(Problem(MERGED_CELLS, {"place": place}, number, get_column_letter(left)))
        yield Row(number, values, tuple(problems))
    if stray:
        raise BadFile(*stray.values())


def _counts(column: Column, value: Any) -> bool:
    """True for a cell that makes its line a row of the table."""
    return not column.ignored or value == EXAMPLE_MARK


def _cell_problems(number: int, cells: dict[int, Any], headings: _Headings) -> Iterator[Problem]:
    for index, value in cells.items():
        column = headings.by_index.get(index)
        if isinstance(value, (Formula, CellError)) and column is not None and not column.ignored:
            message = FORMULA if isinstance(value, Formula) else EXCEL_ERROR
            params = {"place": f"{get_column_letter(index)}{number}"}
            if message == EXCEL_ERROR:
                params["value"] = str(value)
            yield Problem(message, params, number, column.heading, str(value)[:80])


def _cells(book: Workbook, title: str, first: int, last: int) -> Iterator[tuple[int, dict[int, Any]]]:
    """Row number and filled cells, from row `first` to `last`."""
    if last < first:
        return
    worksheet = book[title]
    worksheet.reset_dimensions()  # what the file says of its own size is not to be trusted
    rows = worksheet.iter_rows(min_row=first, max_row=last, max_col=MAX_COLUMNS)
    for number, row in enumerate(rows, start=first):
        yield (
            number,
            {index: value for index, cell in enumerate(row, start=1) if (value := _raw(cell)) is not None},
        )


def _raw(cell: Any) -> Any:
    """A cell's value with its nature kept; None for blank."""
    value = cell.value
    if value is None:
        return None
    if cell.data_type == "f":
        return Formula(value)
    if cell.data_type == "e":
        return CellError(value)
    if isinstance(value, str):
        return value if value.strip() else None
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    if (
        isinstance(value, int)
        and not isinstance(value, bool)
        and re.fullmatch("00+", cell.number_format or "")
    ):
        return Padded(str(value).zfill(len(cell.number_format)))
    return value.replace(microsecond=0) if isinstance(value, datetime) else value
