"""Sổ theo dõi và đánh giá học sinh (của giáo viên), sổ điểm cá nhân: all sheets of a teacher, filled or blank for stamping.

S4 Điều 18 khoản 1: the school prints the blank book at the start of the year; Điều 19, 20: the filled one is printed and
kept with the others. Columns: facts A12; TT 58/2011 Điều 7; TT 27/2020 Điều 7.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy.orm import Session

from app.domain.sheet_forms import PERIODIC_COLUMNS, POINTS, SheetForm
from app.domain.vocabulary import REGULAR_COLUMNS, SubjectKind
from app.models import GradebookSheet
from app.reports.contexts import BookCover, PrintStamp, Signature
from app.reports.form import Signatory
from app.reports.papers import Paper, Part
from app.reports.summaries import UPRIGHT, Head, OwnBook, OwnPage, Row, Summary, Table, fitted
from app.reports.wording import listed_tally
from app.services.book_pages import school_cover
from app.services.book_reading import load_officials, load_units_above
from app.services.clock import clamp
from app.services.documents import words
from app.services.documents.asked import Asked
from app.services.documents.before import REMARK, line_before, places, struck
from app.services.documents.teacher_reading import OwnLine, OwnSheet, load_own_sheets

_COVER: Final = "documents/teacher_cover.html"
_ACROSS: Final = "documents/summary_across.html"
_ROOM: Final = 146  # millimetres of columns that an upright sheet takes
_ROOMY: Final = 30
"""Lines that leave room for wide rows."""
_SPARE: Final = 3  # lines of a blank page for students who come later
_REMARK: Final = Head("Nhận xét sự tiến bộ, ưu điểm nổi bật, hạn chế chủ yếu", 46, wordy=True)
Column = tuple[Head, Callable[[OwnLine, Any], str]]
"""A column: its head, and what a line with its row of marks has there."""
_POINTS: Final = {1: ("Giữa học kì I", "Cuối học kì I"), 2: ("Giữa học kì II", "Cuối năm")}


def build(session: Session, asked: Asked, stamp: PrintStamp) -> Paper:
    """The teacher's book with what has been entered."""
    return _book(session, asked, stamp, blank=False)


def build_blank(session: Session, asked: Asked, stamp: PrintStamp) -> Paper:
    """The same with names and empty columns, to be stamped and written by hand (S4 Điều 18 khoản 1a)."""
    return _book(session, asked, stamp, blank=True)


def _book(session: Session, asked: Asked, stamp: PrintStamp, *, blank: bool) -> Paper:
    day = clamp(asked.day, asked.year.starts_on, asked.year.ends_on)
    officials = load_officials(session, asked.unit.id, None, day)
    cover = school_cover(asked.unit, asked.year, officials, load_units_above(session, asked.unit.id, day))
    teacher = asked.details["teacher"]
    head = words.head_signature(officials)
    sheets = load_own_sheets(session, asked, asked.details["teacher_id"])
    own = OwnBook(
        teacher=teacher,
        when=words.PERIODS[asked.period],
        blank=blank,
        pages=tuple(
            OwnPage(entry.sheet.group.name, _subject(entry), "I" * entry.sheet.term, len(entry.lines))
            for entry in sheets
        ),
        signatures=(head,),
    )
    parts = [Part("Bìa", own, template=_COVER)]
    parts += [
        _part(entry, cover, (Signature(Signatory.SUBJECT_TEACHER, teacher), head), blank=blank)
        for entry in sheets
    ]
    title = f"{asked.form.short_name}, {teacher}, {cover.school_year}"
    return Paper(asked.form, cover, title, tuple(parts), stamp)


def _subject(entry: OwnSheet) -> str:
    return f"{entry.sheet.subject.name} ({entry.part})" if entry.part else entry.sheet.subject.name


def _part(entry: OwnSheet, cover: BookCover, signatures: tuple[Signature, ...], *, blank: bool) -> Part:
    sheet, columns = entry.sheet, _columns(entry.sheet)
    heads = (*(head for head, _value in columns), _REMARK)
    across = sum(head.width for head in heads) > _ROOM
    heads = fitted(heads) if across else fitted(heads, UPRIGHT)
    table = Table(heads, _blank_rows(entry, len(heads)) if blank else _rows(entry, columns))
    if not blank and any(line.corrected for line in entry.lines):
        table = struck(table, Table(heads, _rows(entry, columns, old=True)))
    page = Summary(
        title=f"{words.PERIODS[sheet.term]} · MÔN: {_subject(entry).upper()}",
        under=f"Lớp {sheet.group.name} · Năm học {cover.school_year} · Giáo viên: {signatures[0].name}",
        tables=(table,),
        totals=(),
        note="",
        signatures=signatures,
        tally="" if blank else listed_tally(len(table.rows), places(table)),
        density="close" if len(table.rows) > _ROOMY else "roomy",
    )
    title = f"{_subject(entry)} {sheet.group.name}, học kì {'I' * sheet.term}"
    return Part(title, page, template=_ACROSS if across else "")


def _blank_rows(entry: OwnSheet, columns: int) -> tuple[Row, ...]:
    """The names of those who are there, and a few lines for those who come later."""
    names = [line.full_name for line in entry.lines if not line.left.struck] + [""] * _SPARE
    return tuple(Row(no, name, ("",) * columns) for no, name in enumerate(names, start=1))


def _rows(entry: OwnSheet, columns: Sequence[Column], *, old: bool = False) -> tuple[Row, ...]:
    """Every line; `old`: as it was before corrections."""
    rows = []
    for no, line in enumerate(entry.lines, start=1):
        row = line.row
        if old and row is not None:
            row = line_before(row, entry.sheet, line.corrected)
        values = tuple(value(line, row) for _head, value in columns)
        rows.append(
            Row(no, line.full_name, (*values, _remark(line, line.corrected if old else {})), line.left.struck)
        )
    return tuple(rows)


def _remark(line: OwnLine, struck_out: Mapping[str, str | None]) -> str:
    """What the teacher wrote; `struck_out`: what stood there before."""
    columns = ("midterm_comment", REMARK)
    texts = (line.left.words, *(struck_out.get(name, getattr(line.row, name, None)) for name in columns))
    return "; ".join(text for text in texts if text)


# -- columns by the form of the sheet ----------------------------------------------------------------------------


def _columns(sheet: GradebookSheet) -> list[Column]:
    if sheet.form is SheetForm.PRIMARY:
        return _primary(sheet)
    scored, weighted = sheet.kind is SubjectKind.SCORED, sheet.form is SheetForm.WEIGHTED
    regular = ("KT_tx" if weighted else "ĐĐG_tx") if scored else "Thường xuyên"
    columns = _numbered(regular, REGULAR_COLUMNS, sheet.regular_count, 4, 9)
    if weighted:
        columns += _numbered("KT_đk" if scored else "Định kì", PERIODIC_COLUMNS, sheet.periodic_count, 2, 9)
    else:
        columns.append((Head("ĐĐG_gk" if scored else "Giữa kì", 12), _cell("midterm")))
    final = ("KT_hk" if weighted else "ĐĐG_ck") if scored else "Cuối kì"
    columns.append((Head(final, 12), _cell("final")))
    columns.append((Head(f"ĐTB_mhk{'I' * sheet.term}" if scored else "Học kì", 15), _cell("average")))
    if sheet.term == 2:
        columns.append((Head("ĐTB_mcn" if scored else "Cả năm", 14), _year_average))
    return columns


def _numbered(group: str, names: Sequence[str], used: int, least: int, width: int) -> list[Column]:
    """Columns 1, 2, 3…: as many as the sheet uses, on paper some at least."""
    return [
        (Head(str(number), width, group), _cell(names[number - 1]) if number <= used else _nothing)
        for number in range(1, max(least, used) + 1)
    ]


def _primary(sheet: GradebookSheet) -> list[Column]:
    columns: list[Column] = []
    for point, name in zip(POINTS, _POINTS[sheet.term], strict=True):
        columns.append((Head("Mức đạt được", 15, name), _cell(f"{point}_level")))
        if point in sheet.tests:
            columns.append((Head("Điểm KTĐK", 15, name), _test(point)))
    return columns


def _cell(name: str) -> Callable[[OwnLine, Any], str]:
    return lambda _line, row: words.mark(getattr(row, name, None))


def _test(name: str) -> Callable[[OwnLine, Any], str]:
    return lambda _line, row: words.score(getattr(row, name, None))


def _year_average(line: OwnLine, _row: Any) -> str:
    return words.mark(line.year.average) if line.year else ""


def _nothing(_line: OwnLine, _row: Any) -> str:
    return ""
