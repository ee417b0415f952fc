"""A sheet of the gradebook as a workbook and back: each row keyed by student id and name; shifted rows are refused.

The file says which sheet it is and at which saving ("Mã sổ: 123 · bản 12"). An older saving is no fault: each cell is
compared with what is recorded now. A blank cell changes nothing, so that an old file never empties newer marks.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.utils import get_column_letter

from app.domain.assessment.primary_plan import traits_of
from app.domain.assessment.registry import CONDUCT
from app.domain.cell_values import parse_cell, show_cell
from app.domain.dates import format_date
from app.domain.marks import format_mark
from app.domain.names import nfc
from app.domain.sheet_forms import PERIODIC_COLUMNS, Cell, CellKind, SheetForm
from app.domain.vocabulary import REGULAR_COLUMNS, SubjectKind
from app.errors import N_
from app.models import GradebookSheet
from app.reference.code_lists import match_key
from app.services.cells import MAX_COMMENT, NOT_HERE, NOT_YOURS, CellChange
from app.services.locks import SheetLocks
from app.services.sheet_cells import has_average
from app.services.sheet_reading import Line, SheetFacts
from app.services.spreadsheets.cells import BECAME_DATE, NOT_TEXT, day, plain, text, whole
from app.services.spreadsheets.columns import STT, Column, Kind
from app.services.spreadsheets.plan import (
    CHANGED,
    REFUSED,
    SAME,
    BadFile,
    Change,
    Plan,
    Planned,
    Problem,
    Refused,
    RowVerdict,
    file_digest,
    make_plan,
)
from app.services.spreadsheets.reading import Table, read_table
from app.services.spreadsheets.rows import Parsed, ParsedRow, grouped, others
from app.services.spreadsheets.writing import DATE_FORMAT, bold_cell, text_cell

MOST_ROWS: Final = 500
"""No teaching group is larger; a longer file is another kind of file."""

OTHER_SHEET: Final = N_(
    "This file is of another sheet (number %(number)s). Choose the file exported from this sheet."
)
NO_SHEET_LINE: Final = N_(
    "The line “Mã sổ” above the headings is missing. Export this sheet again and write into that file."
)
OLDER: Final = N_(
    "The sheet has been saved %(times)s times since this file was exported. Compare each change."
)
NO_SUCH_STUDENT: Final = N_("No student of this sheet has the number %(code)s.")
SHIFTED: Final = N_("Number %(code)s is %(name)s, but the row says %(said)s: the rows have been shifted.")
OTHER_BIRTH: Final = N_(
    "%(name)s was born on %(born)s, but the row says otherwise: the rows have been shifted."
)
TWICE: Final = N_("The same student stands in row %(rows)s too.")
LOCKED_CELL: Final = N_("This cell is locked; open the sheet to see why and who can open it.")
PERHAPS: Final = N_("Perhaps %(mark)s is meant.")

_SHEET_LINE = re.compile(r"Mã sổ:\s*(\d{1,12})\s*·\s*bản\s*(\d{1,9})")
_STUDENT, _AVERAGE = "student_id", "average"
_NUMBERS: Final = {CellKind.MARK: "0.0", CellKind.WHOLE_MARK: "0", CellKind.COUNT: "0"}
"""How Excel shows the numbers of a cell."""
_POINTS: Final = {
    1: {"midterm": "giữa HKI", "final": "cuối HKI"},
    2: {"midterm": "giữa HKII", "final": "cuối năm"},
}
_HIGHEST_ID = 10**12


@dataclass(frozen=True)
class SheetPlan:
    """A dry run of a sheet's file: the verdicts shown, and the cells to be saved with the values they hold now."""

    plan: Plan
    changes: tuple[CellChange, ...]


def sheet_kind(facts: SheetFacts) -> Kind:
    """The columns of this sheet's file."""
    cells = [_column(facts.sheet, cell) for cell in facts.cells.values()]
    if has_average(facts.sheet.form):
        result = "ĐTBmhk" if facts.sheet.kind is SubjectKind.SCORED else "Kết quả học kì"
        cells.insert(-1, Column(_AVERAGE, result, _mark_text, width=10, ignored=True))
    return Kind(
        "sheet",
        "Sổ điểm",
        (
            Column(STT, "STT", text(10), ("TT",), width=6, is_number=True, ignored=True),
            Column(_STUDENT, "Mã HS", whole(1, _HIGHEST_ID), required=True, width=10, is_number=True),
            Column("full_name", "Họ và tên", text(120), ("Họ tên",), True, width=28),
            Column("birth_date", "Ngày sinh", day, is_date=True, width=12),
            *cells,
        ),
    )


def _column(sheet: GradebookSheet, cell: Cell) -> Column:
    heading = _heading(sheet, cell)
    if cell.kind is CellKind.TEXT:
        return Column(cell.name, heading, text(MAX_COMMENT), width=50)
    return Column(cell.name, heading, _mark_text, width=max(8, min(len(heading), 24)))


def _heading(sheet: GradebookSheet, cell: Cell) -> str:
    if sheet.form is SheetForm.PRIMARY:
        what = {CellKind.LEVEL: "Mức đạt được", CellKind.WHOLE_MARK: "Điểm KTĐK"}.get(cell.kind, "Nhận xét")
        return f"{what} {_POINTS[sheet.term][cell.point]}"
    if sheet.form is SheetForm.TRAITS:
        listed = dict(traits_of(sheet.circular, sheet.grade))
        number = cell.name.rpartition("_")[2]
        what = "Nhận xét" if cell.kind is CellKind.TEXT else listed[int(number)].name
        return f"{what} {_POINTS[sheet.term][cell.point]}"
    titles = _TITLES | {"training": "Hạnh kiểm" if sheet.circular in CONDUCT else "Kết quả rèn luyện"}
    return titles["term_test" if sheet.form is SheetForm.WEIGHTED and cell.name == "final" else cell.name]


_TITLES: Final = {
    **{column: f"TX{n}" for n, column in enumerate(REGULAR_COLUMNS, start=1)},
    **{column: f"KTđk{n}" for n, column in enumerate(PERIODIC_COLUMNS, start=1)},
    "midterm": "ĐĐGgk",
    "final": "ĐĐGck",
    "term_test": "KThk",
    "excused": "Nghỉ có phép",
    "unexcused": "Nghỉ không phép",
    "comment": "Nhận xét",
}


def sheet_workbook(facts: SheetFacts, lines: Sequence[Line]) -> bytes:
    """The sheet as a workbook that `plan_sheet_import` reads back. The caller checks the right and logs the export."""
    kind = sheet_kind(facts)
    book = Workbook(write_only=True)
    page = book.create_sheet(kind.sheet)
    page.freeze_panes = "D5"
    for index, column in enumerate(kind.columns, start=1):
        page.column_dimensions[get_column_letter(index)].width = column.width
    sheet = facts.sheet
    term = "I" if sheet.term == 1 else "II"
    page.append(
        [
            bold_cell(
                page, f"{sheet.subject.name} {sheet.group.name}, học kì {term}, {sheet.school_year.label}"
            )
        ]
    )
    page.append([text_cell(page, f"Mã sổ: {sheet.id} · bản {sheet.revision}")])
    page.append([text_cell(page, "Mã HS và họ tên đi với nhau trên từng dòng; ô trống không xóa gì đã ghi.")])
    page.append([bold_cell(page, column.heading) for column in kind.columns])
    for number, line in enumerate(lines, start=1):
        page.append([_line_cell(page, facts, column, number, line) for column in kind.columns])
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def _line_cell(page: Any, facts: SheetFacts, column: Column, number: int, line: Line) -> Any:
    if column.field == STT:
        return number
    if column.field == _STUDENT:
        return line.student_id
    if column.field == "full_name":
        return text_cell(page, line.full_name)
    if column.field == "birth_date":
        return _formatted(page, line.birth_date, DATE_FORMAT)
    value, cell = line.value(column.field), facts.cells.get(column.field)
    kind = cell.kind if cell else CellKind.MARK
    if isinstance(value, (Decimal, int)):
        return _formatted(page, value, _NUMBERS[kind])
    return text_cell(page, show_cell(value, kind)) if value is not None else None


def _formatted(page: Any, value: Any, number_format: str) -> Any:
    cell = text_cell(page, "")
    cell.value, cell.number_format = value, number_format
    return cell


def _mark_text(raw: Any) -> str:
    """A mark as typed; Excel's numbers exactly as they show (7.5, not 7.4999)."""
    if isinstance(raw, (date, datetime, time, timedelta)):
        raise Refused(BECAME_DATE)
    if isinstance(raw, bool):
        raise Refused(NOT_TEXT)
    return plain(raw) if isinstance(raw, str) else str(raw)


# -- the way back -----------------------------------------------------------------------------------------------


def plan_sheet_import(
    facts: SheetFacts,
    lines: Sequence[Line],
    locks: SheetLocks,
    writable: frozenset[str],
    file_bytes: bytes,
    today: date,
) -> SheetPlan:
    """What importing the file would save. Writes nothing. Raises BadFile where the file can't be used at all."""
    kind = sheet_kind(facts)
    table = read_table(file_bytes, kind.columns, most_rows=MOST_ROWS)
    notes = _require_this_sheet(facts, table)
    parsed = Parsed(kind, table)
    for rows in grouped(parsed.rows, lambda row: row.get(_STUDENT)).values():
        for row in rows if len(rows) > 1 and rows[0].get(_STUDENT) is not None else ():
            parsed.refuse(row, _STUDENT, TWICE, rows=others(rows, row))
    judge = _Judge(facts, parsed, {line.student_id: line for line in lines}, locks, writable, today)
    planned = [judge.row(row) for row in parsed.rows]
    changes = tuple(change for item in planned for change in item.step or ())
    plan = make_plan(
        "sheet", planned, bound_to=(facts.sheet.id, file_digest(file_bytes)), notes=[*notes, *parsed.notes]
    )
    return SheetPlan(plan, changes)


def _require_this_sheet(facts: SheetFacts, table: Table) -> list[Problem]:
    found = next((match for line in table.above if (match := _SHEET_LINE.search(nfc(line)))), None)
    if found is None:
        raise BadFile(Problem(NO_SHEET_LINE, {}, max(table.heading_row - 1, 1), "A"))
    number, revision = int(found.group(1)), int(found.group(2))
    if number != facts.sheet.id:
        raise BadFile(Problem(OTHER_SHEET, {"number": number}, 2, "A", found.group()))
    saved_since = facts.sheet.revision - revision
    return [Problem(OLDER, {"times": saved_since})] if saved_since > 0 else []


@dataclass(frozen=True)
class _Judge:
    """Judges rows against the sheet as it stands."""

    facts: SheetFacts
    parsed: Parsed
    lines: Mapping[int, Line]
    locks: SheetLocks
    writable: frozenset[str]
    today: date

    def row(self, row: ParsedRow) -> Planned:
        """The verdict of a row; its step is the list of cells to save."""
        line = self._line(row)
        cells: list[CellChange] = []
        shown: list[Change] = []
        for column in self.facts.columns:
            change = self._cell(row, line, column) if line is not None else None
            if change is not None:
                cells.append(change)
                shown.append((self.parsed.kind.heading(column), change.old or "", change.new or ""))
        name = row.get("full_name") or ""
        if row.problems:
            return Planned(RowVerdict(row.number, REFUSED, name, (), tuple(row.problems), tuple(row.notes)))
        verdict = CHANGED if cells else SAME
        return Planned(
            RowVerdict(row.number, verdict, name, tuple(shown), (), tuple(row.notes)), tuple(cells)
        )

    def _line(self, row: ParsedRow) -> Line | None:
        """The student of a row: number and name must agree (needs B17)."""
        code, name, born = row.get(_STUDENT), row.get("full_name"), row.get("birth_date")
        if code is None or name is None:
            return None
        line = self.lines.get(code)
        if line is None:
            self.parsed.refuse(row, _STUDENT, NO_SUCH_STUDENT, code=code)
        elif match_key(name) != match_key(line.full_name):
            self.parsed.refuse(row, "full_name", SHIFTED, code=code, name=line.full_name, said=name)
            return None
        elif born is not None and born != line.birth_date:
            born_on = format_date(line.birth_date)
            self.parsed.refuse(row, "birth_date", OTHER_BIRTH, name=line.full_name, born=born_on)
            return None
        return line

    def _cell(self, row: ParsedRow, line: Line, column: str) -> CellChange | None:
        """The change of a cell, None where nothing changes; what stands in its way is noted in the row."""
        typed = row.get(column)
        if typed is None:
            return None
        kind = self.facts.cells[column].kind
        value = typed if kind is CellKind.TEXT else self._mark(row, column, typed)
        if value is None or value == line.value(column):
            return None
        if line.left_on is not None and line.left_on < self.today:
            self.parsed.refuse(row, column, NOT_HERE)
        elif column not in self.writable:
            self.parsed.refuse(row, column, NOT_YOURS)
        elif self.locks.reasons(line.student_id, column):
            self.parsed.refuse(row, column, LOCKED_CELL)
        old = show_cell(line.value(column), kind) or None
        return CellChange(line.student_id, column, old, show_cell(value, kind))

    def _mark(self, row: ParsedRow, column: str, typed: str) -> Any:
        mark = parse_cell(typed, self.facts.cells[column], self.facts.sheet.kind)
        if mark.problem is not None:
            self.parsed.refuse(row, column, mark.problem)
            if mark.suggestion is not None:
                self.parsed.refuse(row, column, PERHAPS, mark=format_mark(mark.suggestion))
        return mark.value
