"""Workbooks we write: templates with code lists and an example row, and exports in the very format imports read."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import IO, Any, Final

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from app.domain.dates import parse_date
from app.reference.code_lists import CODE_LISTS
from app.services.spreadsheets.cells import harmless
from app.services.spreadsheets.columns import Column, Kind

LISTS_SHEET: Final = "Danh mục"
GUIDE_SHEET: Final = "Hướng dẫn"
DATE_FORMAT: Final = "DD/MM/YYYY"
TEXT_FORMAT: Final = "@"
TEMPLATE_ROWS: Final = 500
"""Rows of a template that offer the lists as a drop-down."""

_BOLD = Font(bold=True)
_REQUIRED = PatternFill("solid", fgColor="FFF2CC")
_HEADING = PatternFill("solid", fgColor="E8EEF7")
_WRAP = Alignment(wrap_text=True, vertical="top")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f]")
_RULES: Final = (
    "Không đổi dòng tiêu đề; có thể bớt cột không bắt buộc, đổi thứ tự cột.",
    "Dòng có VD ở cột STT là ví dụ, không được nhập.",
    "Ô trống không xóa dữ liệu đã có; muốn xóa thì sửa trên trang của hồ sơ.",
    "Không gộp ô, không ẩn dòng hay cột, không để công thức.",
    "Ngày ghi ngày/tháng/năm. Mã, số định danh, số điện thoại để định dạng Văn bản.",
)


def write_export(
    stream: IO[bytes], kind: Kind, rows: Iterable[Mapping[str, Any]], lists: Mapping[str, Sequence[str]]
) -> int:
    """An export as a stream: a row of values by field for each line. Returns how many rows were written."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(kind.sheet)
    sheet.freeze_panes = "A2"
    _set_widths(sheet, kind.columns)
    sheet.append([_heading(sheet, column) for column in kind.columns])
    count = 0
    try:
        for count, row in enumerate(rows, start=1):
            values = {"stt": count, **row}
            sheet.append([_cell(sheet, column, values.get(column.field)) for column in kind.columns])
    except BaseException:
        sheet.close()  # else openpyxl's half-written part complains when it is thrown away
        raise
    _write_lists(book, kind, lists)
    book.save(stream)
    return count


def write_template(stream: IO[bytes], kind: Kind, lists: Mapping[str, Sequence[str]]) -> None:
    """An empty file to fill in: headings, an example row, code lists with drop-downs, and what to write where."""
    book = Workbook()
    sheet: Any = book.active
    sheet.title = kind.sheet
    sheet.freeze_panes = "A2"
    _set_widths(sheet, kind.columns)
    sheet.append([_heading(sheet, column) for column in kind.columns])
    sheet.append([_cell(sheet, column, _example(column)) for column in kind.columns])
    names = _write_lists(book, kind, lists)
    for index, column in enumerate(kind.columns, start=1):
        letter = get_column_letter(index)
        if column.field in names:
            place, count = names[column.field]
            source = f"'{LISTS_SHEET}'!${place}$2:${place}${count + 1}"
            offer = DataValidation(type="list", formula1=source, allow_blank=True, showErrorMessage=False)
            offer.add(f"{letter}2:{letter}{TEMPLATE_ROWS + 1}")
            sheet.add_data_validation(offer)
    _write_guide(book, kind)
    book.save(stream)


def lists_of(kind: Kind, own: Mapping[str, Sequence[str]]) -> dict[str, Sequence[str]]:
    """Choices by field: the code lists of the kind's columns, and the unit's own (classes, teachers, subjects)."""
    coded = {
        c.field: [item.label_vi for item in CODE_LISTS[c.list_name].items]
        for c in kind.columns
        if c.list_name
    }
    return {**coded, **{field: values for field, values in own.items() if values}}


def text_cell(sheet: Any, value: str) -> Cell:
    """A cell of plain text: never a formula, shown as typed."""
    cell = WriteOnlyCell(sheet, value=None)
    cell.value = harmless(_CONTROL.sub(" ", value))
    cell.data_type = "s"
    cell.number_format = TEXT_FORMAT
    return cell


def bold_cell(sheet: Any, value: str, fill: PatternFill = _HEADING) -> Cell:
    """A heading."""
    cell = text_cell(sheet, value)
    cell.font, cell.fill = _BOLD, fill
    cell.alignment = _WRAP
    return cell


def _heading(sheet: Any, column: Column) -> Cell:
    return bold_cell(sheet, column.heading, _REQUIRED if column.required else _HEADING)


def _cell(sheet: Any, column: Column, value: Any) -> Cell | None:
    if value is None or value == "":
        return None
    if isinstance(value, date) or (column.is_number and isinstance(value, int)):
        cell = WriteOnlyCell(sheet)
        cell.value = value
        if isinstance(value, date):
            cell.number_format = DATE_FORMAT
        return cell
    return text_cell(sheet, column.show(value))


def _example(column: Column) -> Any:
    """The example as its column reads it: a real date, a number, or text."""
    if column.is_date and column.example:
        return parse_date(column.example)
    return column.read(column.example) if column.example and not column.is_number else column.example


def _set_widths(sheet: Any, columns: Sequence[Column]) -> None:
    for index, column in enumerate(columns, start=1):
        dimension = sheet.column_dimensions[get_column_letter(index)]
        dimension.width = column.width
        if not column.is_number:
            dimension.number_format = DATE_FORMAT if column.is_date else TEXT_FORMAT


def _write_lists(
    book: Workbook, kind: Kind, lists: Mapping[str, Sequence[str]]
) -> dict[str, tuple[str, int]]:
    """The sheet of choices; where each stands: field → (column letter, how many)."""
    sheet = book.create_sheet(LISTS_SHEET)
    chosen = [(column, lists[column.field]) for column in kind.columns if column.field in lists]
    for index in range(1, len(chosen) + 1):
        sheet.column_dimensions[get_column_letter(index)].width = 28
    sheet.append([bold_cell(sheet, f"Danh mục: {column.heading}") for column, _values in chosen])
    for number in range(max((len(values) for _column, values in chosen), default=0)):
        sheet.append(
            [text_cell(sheet, values[number]) if number < len(values) else None for _c, values in chosen]
        )
    return {c.field: (get_column_letter(i), len(values)) for i, (c, values) in enumerate(chosen, start=1)}


def _write_guide(book: Workbook, kind: Kind) -> None:
    sheet = book.create_sheet(GUIDE_SHEET)
    for letter, width in (("A", 26), ("B", 12), ("C", 80)):
        sheet.column_dimensions[letter].width = width
    for line in _RULES:
        sheet.append([text_cell(sheet, line)])
    sheet.append([])
    sheet.append([bold_cell(sheet, title) for title in ("Tên cột", "Bắt buộc", "Cách ghi")])
    for column in kind.columns:
        hint = column.hint or (f"Chọn trong trang {LISTS_SHEET}" if column.list_name else "")
        known = f"Cũng nhận tiêu đề: {', '.join(column.aliases)}." if column.aliases else ""
        texts = (
            f"Cột {column.heading}",
            "Có" if column.required else "",
            " ".join(part for part in (hint and f"{hint}.", known) if part),
        )
        sheet.append([text_cell(sheet, text) for text in texts])
