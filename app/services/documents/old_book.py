"""Sổ gọi tên và ghi điểm of a class under TT 58/2011 (also as amended by TT 26/2020): cover, personal
sheet, attendance, subjects, summaries, the head's remarks (Điều 19).
"""

from collections.abc import Sequence
from typing import Final

from sqlalchemy.orm import Session

from app.domain.assessment.facts import SubjectFigure
from app.domain.sheet_forms import PERIODIC_COLUMNS, SheetForm
from app.domain.vocabulary import REGULAR_COLUMNS
from app.models import GradebookSheet
from app.reports.contexts import HeadRemarks, PrintStamp, Signature, StudentList
from app.reports.form import YEAR, Signatory
from app.reports.papers import Paper, Part
from app.reports.summaries import UPRIGHT, Head, Row, Summary, Table, fitted
from app.reports.wording import listed_tally
from app.services.book_pages import student_list
from app.services.book_reading import Seat
from app.services.clock import clamp
from app.services.documents import words
from app.services.documents.asked import Asked
from app.services.documents.attendance import attendance_of
from app.services.documents.before import places, struck
from app.services.documents.class_summary import columns_of, summary_of
from app.services.documents.reading import ClassRecord, read_class

_COVER: Final = "documents/old_cover.html"
_ATTENDANCE: Final = "class_book/attendance.html"
_REMARKS: Final = "class_book/remarks.html"
_UPRIGHT: Final = "documents/summary_upright.html"
_NAME: Final = "TỔNG HỢP KẾT QUẢ XẾP LOẠI"
"""What the book calls its summaries."""
_ROOMY: Final = 30
"""Lines that leave room for wide rows."""


def build(session: Session, asked: Asked, stamp: PrintStamp) -> Paper:
    """The book of a class for the terms asked for."""
    record = read_class(session, asked.school_class, asked.day)
    attendance = attendance_of(
        session, asked, [(key, s.student.full_name, False) for key, s in record.seats.items()]
    )
    parts = [
        Part("Bìa", record.heading, template=_COVER),
        Part("Sơ yếu lí lịch học sinh", _personal(record, asked)),
        Part("Sổ gọi tên", attendance, template=_ATTENDANCE),
    ]
    for term in asked.terms:
        seats = record.students(term)
        parts += [_subject(record, seats, figure, term) for figure in columns_of(record, seats, term)]
        parts.append(Part(f"Tổng hợp {words.PERIODS[term].lower()}", summary_of(record, term, _NAME)))
    if asked.period == YEAR:
        parts.append(Part("Tổng hợp cả năm", summary_of(record, YEAR, _NAME)))
    months = HeadRemarks(tuple(month.title for month in attendance.months))
    parts.append(Part("Nhận xét của hiệu trưởng", months, template=_REMARKS))
    title = f"{asked.form.short_name} lớp {record.room.name}, {record.heading.school_year}"
    return Paper(asked.form, record.heading, title, tuple(parts), stamp)


def _personal(record: ClassRecord, asked: Asked) -> StudentList:
    year = record.room.school_year
    day = clamp(asked.day, year.starts_on, year.ends_on)
    return student_list(list(record.seats.values()), record.officials, day)


def _subject(record: ClassRecord, seats: Sequence[Seat], figure: SubjectFigure, term: int) -> Part:
    """A subject's page: every mark of the term by its weight, the term's average, in term II the year's."""
    subject = record.subject_ids[figure.code]
    sheet = record.sheet(seats[0].student.id, subject, term) if seats else None
    table, old = _table(record, seats, figure, term, sheet), record.before
    if old is not None:
        table = struck(table, _table(old, seats, figure, term, sheet))
    teachers = record.teachers_of(seats[0].student.id, subject, term) if seats else ()
    page = Summary(
        title=f"{words.PERIODS[term]} · MÔN: {figure.name.upper()}",
        under=f"Lớp {record.room.name} · Năm học {record.heading.school_year} · Giáo viên: {', '.join(teachers)}",
        tables=(table,),
        totals=(),
        note="",
        signatures=(
            *(Signature(Signatory.SUBJECT_TEACHER, name) for name in teachers or ("",)),
            words.homeroom_signature(record.officials),
            words.head_signature(record.officials),
        ),
        tally=listed_tally(len(seats), places(table)),
        density="close" if len(seats) > _ROOMY else "roomy",
    )
    return Part(f"{figure.name}, {words.PERIODS[term].lower()}", page, template=_UPRIGHT)


def _table(
    record: ClassRecord, seats: Sequence[Seat], figure: SubjectFigure, term: int, sheet: GradebookSheet | None
) -> Table:
    subject = record.subject_ids[figure.code]
    rows = tuple(
        Row(no, seat.student.full_name, _values(record, seat, subject, figure.code, term, sheet))
        for no, seat in enumerate(seats, start=1)
    )
    return Table(fitted(_heads(sheet, term), UPRIGHT), rows)


def _heads(sheet: GradebookSheet | None, term: int) -> tuple[Head, ...]:
    regular = sheet.regular_count if sheet else 0
    weighted = sheet is not None and sheet.form is SheetForm.WEIGHTED
    first = "KT thường xuyên (hệ số 1)" if weighted else "ĐĐG thường xuyên"
    heads = [Head(str(number), 9, first) for number in range(1, max(4, regular) + 1)]
    if weighted and sheet is not None:
        tests = range(1, max(3, sheet.periodic_count) + 1)
        heads += [Head(str(number), 10, "KT định kì (hệ số 2)") for number in tests]
        heads.append(Head("KT học kì (hệ số 3)", 14))
    else:
        heads += [Head("ĐĐG giữa kì", 14), Head("ĐĐG cuối kì", 14)]
    heads.append(Head(f"TB môn HK{'I' * term}", 14))
    return (*heads, Head("TB môn cả năm", 14), Head("Kiểm tra lại", 12)) if term == 2 else tuple(heads)


def _values(
    record: ClassRecord, seat: Seat, subject: int, code: str, term: int, sheet: GradebookSheet | None
) -> tuple[str, ...]:
    student = seat.student.id
    row = record.line(student, subject, term)
    regular = max(4, sheet.regular_count if sheet else 0)
    names = list(REGULAR_COLUMNS[:regular])
    if sheet is not None and sheet.form is SheetForm.WEIGHTED:
        names += [*PERIODIC_COLUMNS[: max(3, sheet.periodic_count)], "final"]
    else:
        names += ["midterm", "final"]
    values = [words.mark(getattr(row, name, None)) for name in names]
    values.append(words.mark(getattr(row, "average", None)))
    if term == 2:
        year = next((f for f in record.figures(student, YEAR) if f.code == code), None)
        values.append(words.subject_value(year, year.value) if year else "")
        values.append(words.mark(year.retest) if year else "")
    return tuple(values)
