"""What corrected cells and their places are called on paper: Vietnamese, whatever language somebody reads the pages in."""

from enum import StrEnum
from typing import Final, Protocol

from app.domain.assessment import preschool
from app.domain.assessment.items import vietnamese
from app.domain.assessment.primary_plan import traits_of
from app.domain.assessment.registry import CONDUCT, PRIMARY
from app.domain.attendance import day_of
from app.domain.cell_values import parse_cell, show_cell
from app.domain.corrections import Place
from app.domain.notes import NoteKind, Span, Topic, read_code
from app.domain.sheet_forms import PERIODIC_COLUMNS, Cell, CellKind, SheetForm
from app.domain.vocabulary import RETEST
from app.domain.year_decisions import Field, HeadDecision, field_of
from app.models import CorrectionCell, GradebookSheet, SchoolClass, Subject
from app.services.lock_notices import COLUMNS
from app.services.retests import LEVEL, cell_kind
from app.services.sheet_cells import sheet_cells
from app.services.year_decisions import words_of

POINTS = {1: {"midterm": "giữa HKI", "final": "cuối HKI"}, 2: {"midterm": "giữa HKII", "final": "cuối năm"}}
COUNTS = {"excused": "Nghỉ có phép", "unexcused": "Nghỉ không phép"}
FIELDS: Final = {
    Field.TRAINING_YEAR: "Hạnh kiểm cả năm",
    Field.TRAINING_AFTER: "Sau rèn luyện hè",
    Field.TRAITS_AFTER: "Đánh giá bổ sung",
    Field.OUTSTANDING: "Thành tích nổi bật, tiến bộ vượt bậc",
    Field.RECOGNISED: "Được tập thể lớp công nhận",
    Field.RETEST_OVER: "Kết thúc kiểm tra lại",
    Field.DISABILITY: "Đánh giá theo kế hoạch cá nhân",
    Field.HEAD: "Hiệu trưởng quyết định",
}
HEAD: Final = {HeadDecision.PROMOTED.value: "Cho lên lớp", HeadDecision.RETAINED.value: "Không cho lên lớp"}
REMARKS: Final = {
    NoteKind.MONTHLY: "Nhận xét tháng",
    NoteKind.DISCIPLINE: "Nhận xét nền nếp",
    NoteKind.DEVELOPMENT: "Sổ theo dõi trẻ",
}
AREAS: Final = {area.code: area.name for area in (*preschool.AREAS, *preschool.NURSERY_AREAS)}
REACHED: Final = {"yes": "Đạt", "no": "Chưa đạt"}
NO_ABSENCE: Final = "không ghi nghỉ"


class Placed(Protocol):
    """A request, or the place somebody asks from."""

    @property
    def place(self) -> Place:
        """What kind of record it is."""

    @property
    def term(self) -> int:
        """Its term; 0 for the year."""

    @property
    def sheet(self) -> GradebookSheet | None:
        """Its sheet, if it is one."""

    @property
    def school_class(self) -> SchoolClass | None:
        """The class."""

    @property
    def subject(self) -> Subject | None:
        """The subject, where it is about one."""

    @property
    def topic(self) -> str | None:
        """Which remarks; the month of attendance."""


def place_name(row: Placed) -> str:
    """Toán 7A, học kì I · Kiểm tra lại Toán, lớp 8A, cả năm · Nhận xét tháng 11/2026, lớp 7A."""
    if row.sheet is not None:
        return f"{row.sheet.subject.name} {row.sheet.group.name}, học kì {'I' * row.term}"
    room = row.school_class.name if row.school_class else ""
    if row.place is Place.YEAR:
        again = (
            "Đánh giá bổ sung"
            if row.school_class and row.school_class.circular in PRIMARY
            else "Kiểm tra lại"
        )
        what = f"{again} {row.subject.name}" if row.subject else "Quyết định cuối năm"
        return f"{what}, lớp {room}, cả năm"
    if row.place is Place.ATTENDANCE:
        return f"Điểm danh {_period(row.topic or '')}, lớp {room}"
    topic = Topic.read(row.topic or "")
    if topic is None:
        return f"Nhận xét, lớp {room}"
    about = row.subject.name if row.subject else AREAS.get(topic.area or "", "")
    return ", ".join(filter(None, (f"{REMARKS[topic.kind]} {_period(topic.period)}", about, f"lớp {room}")))


def _period(code: str) -> str:
    span, first = read_code(code) or (Span.TERM, None)
    if first is None:
        return f"học kì {'I' if code == 'T1' else 'II'}"
    return f"{first:%m/%Y}" if span is Span.MONTHLY else f"tuần từ {first:%d/%m/%Y}"


def whose(cell: CorrectionCell) -> str:
    """The student's name, or the whole class."""
    return cell.student.full_name if cell.student else "Cả lớp"


def column_name(row: Placed, column: str) -> str:
    """What a column of the place is called on paper; a column it hasn't, by its own name."""
    if row.sheet is not None:
        return column_names(row.sheet).get(column, column)
    if row.place is Place.NOTES:
        return "Mục tiêu" if column == "reached" else "Nhận xét"
    if row.place is Place.ATTENDANCE:
        day, (year, _dash, month) = day_of(column) or 0, (row.topic or "").partition("-")
        return f"Ngày {day:02}/{month}/{year}"
    if row.subject is not None:
        primary = row.school_class is not None and row.school_class.circular in PRIMARY
        return "Mức đạt được" if column == LEVEL else "Điểm KTĐK" if primary else "Kiểm tra lại"
    known = field_of(column)
    if known is None:
        return column
    field, part, is_reason = known
    name = FIELDS[field] if not part else f"{trait_name(row, part)} ({FIELDS[field].lower()})"
    return f"{name}: lí do" if is_reason else name


def trait_name(row: Placed, code: str) -> str:
    """A quality or competence by its code."""
    circular = row.school_class.circular if row.school_class else ""
    return next((trait.name for _n, trait in traits_of(circular) if trait.code == code), code)


def value_name(row: Placed, column: str, raw: str | None) -> str:
    """A kept value of a cell as printed; '' for blank. Nothing in a day's cell says that nobody wrote an absence there."""
    if raw is None:
        return NO_ABSENCE if row.place is Place.ATTENDANCE else ""
    if row.sheet is not None:
        cell = {known.name: known for known in sheet_cells(row.sheet)}.get(column)
        if cell is None or cell.kind is CellKind.TEXT:
            return raw
        return show_cell(parse_cell(raw, cell, row.sheet.kind).value, cell.kind)
    if row.place is Place.NOTES:
        return REACHED.get(raw, raw) if column == "reached" else raw
    if row.place is Place.ATTENDANCE:
        return raw
    circular = row.school_class.circular if row.school_class else ""
    if row.subject is not None:
        kind = cell_kind(circular, column)
        return show_cell(parse_cell(raw, Cell(column, kind, RETEST), row.subject.kind).value, kind)
    return _decision_name(column, raw, circular)


def _decision_name(column: str, raw: str, circular: str) -> str:
    field, _part, is_reason = field_of(column) or (None, "", True)
    if field is None or is_reason:
        return raw
    if field is Field.RECOGNISED:
        return "Có"
    if raw in HEAD and field is Field.HEAD:
        return HEAD[raw]
    known = {str(word): word for word in words_of(field, circular) if isinstance(word, StrEnum)}
    return vietnamese(known[raw]) if raw in known else raw


def column_names(sheet: GradebookSheet) -> dict[str, str]:
    """Columns of the sheet by the name a printed paper gives them."""
    weighted = {name: f"KTđk {number}" for number, name in enumerate(PERIODIC_COLUMNS, start=1)}
    judged = "Hạnh kiểm" if sheet.circular in CONDUCT else "Kết quả rèn luyện"
    known = {**COLUMNS, **weighted, **COUNTS, "training": judged}
    if sheet.form is SheetForm.WEIGHTED:
        known["final"] = "KThk"
    names = {cell.name: known.get(cell.name, cell.name) for cell in sheet_cells(sheet)}
    if sheet.form in (SheetForm.PRIMARY, SheetForm.TRAITS):
        names |= _of_points(sheet)
    return names


def _of_points(sheet: GradebookSheet) -> dict[str, str]:
    listed = dict(traits_of(sheet.circular, sheet.grade)) if sheet.form is SheetForm.TRAITS else {}
    words = {CellKind.LEVEL: "Mức đạt được", CellKind.WHOLE_MARK: "Điểm KTĐK", CellKind.TEXT: "Nhận xét"}
    names = {}
    for cell in sheet_cells(sheet):
        what = (
            listed[int(cell.name.rpartition("_")[2])].name
            if cell.kind is CellKind.TRAIT
            else words[cell.kind]
        )
        names[cell.name] = f"{what} {POINTS[sheet.term][cell.point]}"
    return names
