"""Sổ gọi tên và ghi điểm of a class under TT 58/2011 (also as amended by TT 26/2020): cover, attendance, subjects, summaries."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy.orm import Session

from app.domain.assessment.facts import SubjectFigure
from app.domain.sheet_forms import PERIODIC_COLUMNS, SheetForm
from app.domain.vocabulary import REGULAR_COLUMNS
from app.models import GradebookSheet
from app.reports.catalogue import YEAR, Signatory
from app.reports.contexts import PrintStamp, Signature
from app.reports.papers import Paper, Part
from app.reports.summaries import UPRIGHT, Head, Row, Summary, Table, fitted
from app.services.book_reading import Seat
from app.services.documents import words
from app.services.documents.asked import Asked
from app.services.documents.class_book import attendance_of
from app.services.documents.class_summary import columns_of, summary_of
from app.services.documents.reading import ClassRecord, read_class

_COVER: Final = "documents/old_cover.html"
_ATTENDANCE: Final = "class_book/attendance.html"
_UPRIGHT: Final = "documents/summary_upright.html"


def build(session: Session, asked: Asked, stamp: PrintStamp) -> Paper:
    """The book of a class for the terms asked for."""
    record = read_class(session, asked.school_class, asked.day)
    attendance = attendance_of(session, asked, [(s.student.full_name, False) for s in record.seats.values()])
    parts = [
        Part("Bìa", record.heading, template=_COVER),
        Part("Sổ gọi tên", attendance, template=_ATTENDANCE),
    ]
    for term in asked.terms:
        seats = record.students(term)
        parts += [_subject(record, seats, figure, term) for figure in columns_of(record, seats, term)]
        parts.append(Part(f"Tổng hợp {words.PERIODS[term].lower()}", summary_of(record, term)))
    if asked.period == YEAR:
        parts.append(Part("Tổng hợp cả năm", summary_of(record, YEAR)))
    title = f"{asked.form.short_name} lớp {record.room.name}, {record.heading.school_year}"
    return Paper(asked.form, record.heading, title, tuple(parts), stamp)


def _subject(record: ClassRecord, seats: Sequence[Seat], figure: SubjectFigure, term: int) -> Part:
    """A subject's page: every mark of the term by its weight, the term's average, in term II the year's."""
    subject = record.subject_ids[figure.code]
    sheet = record.sheet(seats[0].student.id, subject, term) if seats else None
    heads = _heads(sheet, term)
    rows = tuple(
        Row(no, seat.student.full_name, _values(record, seat, subject, figure.code, term, sheet))
        for no, seat in enumerate(seats, start=1)
    )
    teachers = record.teachers_of(seats[0].student.id, subject, term) if seats else ()
    page = Summary(
        title=f"{words.PERIODS[term]} · MÔN: {figure.name.upper()}",
        under=f"Lớp {record.room.name} · Năm học {record.heading.school_year} · Giáo viên: {', '.join(teachers)}",
        tables=(Table(fitted(heads, UPRIGHT), rows),),
        totals=(),
        note="",
        signatures=(
            *(Signature(Signatory.SUBJECT_TEACHER, name) for name in teachers or ("",)),
            words.homeroom_signature(record.officials),
            words.head_signature(record.officials),
        ),
    )
    return Part(f"{figure.name}, {words.PERIODS[term].lower()}", page, template=_UPRIGHT)


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
    return (*heads, Head("TB môn cả năm", 14)) if term == 2 else tuple(heads)


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
    return tuple(values)
