"""Bảng xác nhận kết quả học tập, hạnh kiểm of a class: checked and signed after printing, sealed across (S3 mục 3)."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from sqlalchemy.orm import Session

from app.domain.assessment.facts import SubjectFigure
from app.domain.assessment.registry import CONDUCT, PRIMARY
from app.domain.assessment.terms import SubjectLevel, TraitLevel
from app.reports.contexts import PrintStamp, Signature
from app.reports.form import YEAR, Signatory
from app.reports.papers import Paper, Part
from app.reports.summaries import UPRIGHT, Checked, Confirmation, Head, Row, Table, fitted
from app.reports.wording import listed_tally
from app.services.book_reading import Seat
from app.services.documents import words
from app.services.documents.asked import Asked
from app.services.documents.before import places, struck
from app.services.documents.class_summary import brief, columns_of, ending, ending_heads
from app.services.documents.reading import read_class
from app.services.documents.record import ClassRecord
from app.services.results.counting import primary_heads
from app.services.results.places import fitting

_SUBJECTS: Final = "Số môn học, hoạt động giáo dục"
_TRAITS: Final = "Số phẩm chất, năng lực"


def build(session: Session, asked: Asked, stamp: PrintStamp) -> Paper:
    """The confirmation of a term or the year; a primary year's second term ends with the year."""
    record = read_class(session, asked.school_class, asked.day)
    period = fitting(record.room.circular, asked.period)
    page = _page(record, period)
    title = f"{asked.form.short_name} lớp {record.room.name}, {record.heading.school_year}"
    return Paper(asked.form, record.heading, title, (Part(asked.form.name, page),), stamp)


def _page(record: ClassRecord, period: int) -> Confirmation:
    seats = record.students(period)
    table, old = _table(record, seats, period), record.before
    if old is not None:
        table = struck(table, _table(old, seats, period))
    return Confirmation(
        title=f"BẢNG XÁC NHẬN {_name(record.room.circular)}",
        under=f"{words.PERIODS[period]} · Lớp {record.room.name} · Năm học {record.heading.school_year}",
        table=table,
        subjects=tuple(
            _checked(record, seats, figure, period) for figure in columns_of(record, seats, period)
        ),
        note=_note(record.room.circular),
        tally=listed_tally(len(seats), places(table)),
        signatures=(
            Signature(Signatory.OFFICER),
            words.homeroom_signature(record.officials),
            words.head_signature(record.officials),
        ),
    )


def _name(circular: str) -> str:
    """What is confirmed, in the words of the circular."""
    if circular in PRIMARY:
        return "KẾT QUẢ HỌC TẬP, PHẨM CHẤT VÀ NĂNG LỰC"
    return "KẾT QUẢ HỌC TẬP, HẠNH KIỂM" if circular in CONDUCT else "KẾT QUẢ HỌC TẬP, RÈN LUYỆN"


def _note(circular: str) -> str:
    if circular in PRIMARY:
        return (
            "T: Hoàn thành tốt (phẩm chất, năng lực: Tốt); H: Hoàn thành; Đ: Đạt; C: Chưa hoàn thành (Cần cố gắng). HTCTLH, "
            "HTCTTH: hoàn thành chương trình lớp học, tiểu học."
        )
    return "TS: tổng số; P: có phép; K: không phép."


def _table(record: ClassRecord, seats: Sequence[Seat], period: int) -> Table:
    circular, year = record.room.circular, period == YEAR
    primary = circular in PRIMARY
    heads = _primary_heads(circular, year) if primary else ending_heads(record.room, year=year)
    rows = tuple(
        Row(no, seat.student.full_name, (_primary if primary else _secondary)(record, seat, period))
        for no, seat in enumerate(seats, start=1)
    )
    return Table(fitted(tuple(heads), UPRIGHT), rows)


def _secondary(record: ClassRecord, seat: Seat, period: int) -> tuple[str, ...]:
    return ending(record, seat.student.id, record.result(seat.student.id, period), period)


def _primary_heads(circular: str, year: bool) -> list[Head]:
    heads = [Head(level.value, 9, _SUBJECTS) for level in SubjectLevel]
    heads += [Head(level.value, 9, _TRAITS) for level in TraitLevel]
    if year:
        level, outcome = primary_heads(circular)
        heads += [Head(level, 29), Head(outcome, 18)]
    return [*heads, Head("Khen thưởng", 24)]


def _primary(record: ClassRecord, seat: Seat, period: int) -> tuple[str, ...]:
    """How many subjects and traits reached which level; of the year what it came to."""
    judged = record.result(seat.student.id, period)
    subjects = Counter(figure.value for figure in record.figures(seat.student.id, period))
    traits = Counter(judged.facts.traits.values() if judged else ())
    found = [str(subjects[level]) for level in SubjectLevel] + [
        str(traits[level.value]) for level in TraitLevel
    ]
    result = judged.result if judged else None
    if period == YEAR:
        found += [words.mark(result.learning) if result else "", brief(words.outcome_word(judged))]
    return (*found, brief(words.mark(result.title)) if result else "")


def _checked(record: ClassRecord, seats: Sequence[Seat], figure: SubjectFigure, period: int) -> Checked:
    subject, terms = record.subject_ids[figure.code], (1, 2) if period == YEAR else (period,)
    names = {
        name: None
        for seat in seats
        for term in terms
        for name in record.teachers_of(seat.student.id, subject, term)
    }
    own = [
        found
        for seat in seats
        for found in record.figures(seat.student.id, period)
        if found.code == figure.code and not found.exempt
    ]
    reached = sum(found.value is not None for found in own)
    return Checked(figure.name, ", ".join(names), f"{reached}/{len(own)}")
