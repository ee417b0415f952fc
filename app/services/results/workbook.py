"""The summary of a class as a workbook: what its page shows, in the words of the book (bảng tổng hợp)."""

from decimal import Decimal
from enum import StrEnum
from io import BytesIO
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.utils import get_column_letter

from app.domain.access import Action, Actor
from app.domain.assessment.facts import YEAR, SubjectFigure
from app.domain.assessment.items import vietnamese
from app.domain.assessment.registry import CONDUCT, PRIMARY
from app.domain.assessment.terms import SubjectLevel
from app.domain.marks import format_mark
from app.domain.names import file_name
from app.domain.vocabulary import Passing
from app.extensions import db
from app.services.clock import Clock
from app.services.results.class_page import Column, Summary, class_summary
from app.services.results.counting import measures, primary_heads
from app.services.results.judging import Judged
from app.services.spreadsheets.writing import bold_cell, text_cell
from app.services.unit_of_work import record_event

PERIODS: Final = {1: "học kì I", 2: "học kì II", YEAR: "cả năm"}
POINTS: Final = {3: "giữa học kì I", 1: "cuối học kì I", 4: "giữa học kì II", YEAR: "cuối năm"}


def export_class(actor: Actor, class_id: int, period: int | None, *, clock: Clock) -> tuple[str, bytes]:
    """Name and content of the file; logged. NotFound out of reach, Forbidden without result.export."""
    summary = class_summary(db.session(), actor, class_id, period, clock(), Action.RESULT_EXPORT)
    data = class_workbook(summary)
    found = summary.school_class
    record_event(
        actor, "result.export", clock=clock, target=found, rows=len(summary.rows), period=summary.period
    )
    name = file_name(f"tổng hợp {found.name} {_period(summary)} {summary.year.start_year}")
    return f"{name}.xlsx", data


def _period(summary: Summary) -> str:
    """The period as the book calls it; in primary school the assessment point (TT 27/2020 Điều 7)."""
    return (POINTS if summary.school_class.circular in PRIMARY else PERIODS)[summary.period]


def class_workbook(summary: Summary) -> bytes:
    """The file: title, headings, a line a student, then the numbers. The caller checks the right and logs the export."""
    book = Workbook(write_only=True)
    page = book.create_sheet("Tổng hợp")
    page.freeze_panes = "C4"
    headings = _headings(summary)
    for index in range(1, len(headings) + 1):
        page.column_dimensions[get_column_letter(index)].width = 28 if index == 2 else 12
    found = summary.school_class
    title = (
        f"Bảng tổng hợp kết quả đánh giá, lớp {found.name}, {_period(summary)}, năm học {summary.year.label}"
    )
    page.append([bold_cell(page, title)])
    page.append([])
    page.append([bold_cell(page, heading) for heading in headings])
    for number, row in enumerate(summary.rows, start=1):
        page.append([_cell(page, value) for value in (number, *_values(summary, row))])
    _totals(page, summary)
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def _headings(summary: Summary) -> list[str]:
    subjects = []
    for column in summary.columns:
        subjects += [column.name, f"{column.name}: điểm KTĐK"] if column.tested else [column.name]
    traits = [trait.name for trait in summary.traits]
    return ["STT", "Họ và tên", *subjects, *traits, *(heading for heading, _field in _ending(summary))]


def _ending(summary: Summary) -> list[tuple[str, str]]:
    """Headings and fields of what comes after the subjects."""
    circular, year = summary.school_class.circular, summary.period == YEAR
    old, found = circular in CONDUCT, measures(circular, summary.period)
    ending = [("ĐTB các môn", "average")] if old else []
    if "learning" in found:
        level = primary_heads(circular)[0] if circular in PRIMARY else "Kết quả học tập"
        ending.append(("Học lực" if old else level, "learning"))
    if "training" in found:
        ending += [("Hạnh kiểm" if old else "Kết quả rèn luyện", "training"), ("Số buổi nghỉ", "absences")]
    if year:
        ending += [("Sau đánh giá lại", "learning_after"), ("Kết quả cuối năm", "outcome")]
    if "title" in found:
        ending.append(("Danh hiệu", "title"))
    return [*ending, ("Xếp hạng", "rank")] if old else ending


def _values(summary: Summary, row: Judged) -> list[Any]:
    figures = {figure.code: figure for figure in row.facts.subjects}
    values: list[Any] = [row.pupil.full_name]
    for column in summary.columns:
        values += _figure(column, figures.get(column.code))
    values += [row.facts.traits.get(trait.code) for trait in summary.traits]
    own = {"absences": row.facts.absences, "rank": row.rank}
    return values + [
        own[field] if field in own else getattr(row.result, field) for _h, field in _ending(summary)
    ]


def _figure(column: Column, figure: SubjectFigure | None) -> list[Any]:
    if figure is None:
        return [None, None] if column.tested else [None]
    value = "Miễn" if figure.exempt and figure.value is None else figure.value
    test = None if figure.test is None else int(figure.test)  # always whole (TT 27/2020 Điều 7 khoản 1)
    return [value, test] if column.tested else [value]


def _cell(page: Any, value: Any) -> Any:
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, Decimal):
        cell = text_cell(page, "")
        cell.value, cell.number_format = value, "0.0"
        return cell
    return text_cell(page, _word(value))


def _word(value: Any) -> str:
    if isinstance(value, Passing):
        return format_mark(value)
    if isinstance(value, SubjectLevel):
        return value.value
    return vietnamese(value) if isinstance(value, StrEnum) else str(value)


def _totals(page: Any, summary: Summary) -> None:
    """Numbers by word below the list, as the book has them."""
    titles = {field: heading for heading, field in _ending(summary)}
    for measure, words in measures(summary.school_class.circular, summary.period).items():
        page.append([])
        page.append([None, bold_cell(page, titles[measure])])
        values = [getattr(row.result, measure) for row in summary.rows]
        for word in words:
            page.append([None, text_cell(page, vietnamese(word)), values.count(word)])
