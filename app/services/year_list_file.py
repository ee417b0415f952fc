"""The lists of a class's year as a workbook, a sheet a list, in the words of the book."""

from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from io import BytesIO
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.utils import get_column_letter

from app.domain.access import Action, Actor
from app.domain.assessment.facts import YEAR
from app.domain.assessment.items import vietnamese
from app.domain.assessment.registry import PRIMARY
from app.domain.marks import format_mark
from app.domain.names import file_name
from app.domain.vocabulary import Passing
from app.extensions import db
from app.services.clock import Clock, local_day
from app.services.results.workbook import PERIODS
from app.services.spreadsheets.writing import bold_cell, text_cell
from app.services.unit_of_work import record_event
from app.services.year_lists import ClassLists, ListKind, ListLine, class_lists

NAMES: Final = {
    ListKind.PROMOTED: "Được lên lớp",
    ListKind.COMPLETED: "Hoàn thành chương trình",
    ListKind.RETEST: "Kiểm tra, đánh giá lại",
    ListKind.SUMMER: "Rèn luyện hè",
    ListKind.HEAD: "Hiệu trưởng quyết định",
    ListKind.RETAINED: "Không được lên lớp",
    ListKind.NOT_YET: "Chưa đủ căn cứ",
}
"""Names of the sheets; Excel takes 31 letters."""

_HEADINGS: Final = (
    "STT",
    "Họ và tên",
    "Kết quả học tập",
    "Rèn luyện",
    "Kết quả cuối năm",
    "Môn đánh giá lại",
)


def export_lists(actor: Actor, class_id: int, *, clock: Clock) -> tuple[str, bytes]:
    """Name and content of the file; logged. NotFound out of reach, Forbidden without result.export."""
    found = class_lists(db.session(), actor, class_id, local_day(clock()), Action.RESULT_EXPORT)
    data = _workbook(found)
    school_class = found.school_class
    record_event(
        actor, "result.export", clock=clock, target=school_class, rows=len(found.lists.lines), period=YEAR
    )
    name = file_name(f"danh sách cuối năm {school_class.name} {school_class.school_year.start_year}")
    return f"{name}.xlsx", data


def _workbook(found: ClassLists) -> bytes:
    book = Workbook(write_only=True)
    for kind in ListKind:
        lines = found.lists.of(kind)
        if lines or kind is ListKind.PROMOTED:
            _sheet(book, found, _name(kind, found.school_class.circular), lines)
    for (period, title), awarded in found.lists.titles.items():
        _sheet(book, found, f"{vietnamese(title)}, {PERIODS[period]}", awarded)
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def _name(kind: ListKind, circular: str) -> str:
    return "Đánh giá bổ sung" if kind is ListKind.RETEST and circular in PRIMARY else NAMES[kind]


def _sheet(book: Workbook, found: ClassLists, name: str, lines: Sequence[ListLine]) -> None:
    page: Any = book.create_sheet(name[:31])
    page.freeze_panes = "C4"
    for index, width in enumerate((6, 30, 18, 16, 26, 44), start=1):
        page.column_dimensions[get_column_letter(index)].width = width
    school_class = found.school_class
    page.append(
        [bold_cell(page, f"{name}: lớp {school_class.name}, năm học {school_class.school_year.label}")]
    )
    page.append([])
    page.append([bold_cell(page, heading) for heading in _HEADINGS])
    for number, line in enumerate(lines, start=1):
        result = line.result
        values = (line.name, result.learning, result.training, result.outcome, _again(line))
        page.append([number, *(text_cell(page, _word(value)) for value in values)])


def _again(line: ListLine) -> str:
    parts = []
    for figure in line.facts.subjects:
        if figure.code in line.asked.subjects:
            parts.append(_pair(figure.name, figure.value, figure.retest))
        if figure.code in line.asked.tests:
            parts.append(_pair(f"{figure.name} (KTĐK)", *map(_whole, (figure.test, figure.retest_test))))
    return ", ".join(parts)


def _pair(name: str, value: Any, again: Any) -> str:
    return f"{name} {_word(value)}" + ("" if again is None else f" → {_word(again)}")


def _whole(mark: Decimal | None) -> str | None:
    """A test of primary school as printed: a whole number (TT 27/2020 Điều 7 khoản 1)."""
    return None if mark is None else format_mark(mark).removesuffix(",0")


def _word(value: Any) -> str:
    if isinstance(value, (Decimal, Passing)):
        return format_mark(value)
    return vietnamese(value) if isinstance(value, StrEnum) else str(value or "")
