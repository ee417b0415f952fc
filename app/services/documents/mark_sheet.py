"""Bảng điểm theo môn of a student (every mark of the year), and of a class (a page a subject)."""

from sqlalchemy.orm import Session

from app.domain.assessment.facts import SubjectFigure
from app.reports.columns import roman
from app.reports.contexts import Cell, PrintStamp
from app.reports.form import YEAR
from app.reports.learners import MarkLine, MarkSheet
from app.reports.papers import Paper, Part
from app.services.book_reading import Seat
from app.services.documents import words
from app.services.documents.asked import Asked
from app.services.documents.before import struck
from app.services.documents.grade_slip import cells_of, facts_of
from app.services.documents.reading import ClassRecord, read_class
from app.services.printing import read_class_book


def build(session: Session, asked: Asked, stamp: PrintStamp) -> Paper:
    """A sheet for each student of the class, or for one."""
    alone = asked.alone
    record = read_class(session, asked.school_class, asked.day, alone)
    parts = tuple(
        Part(f"Bảng điểm, {seat.student.full_name}", _sheet(record, seat), seat.student.id)
        for seat in record.students(YEAR)
    )
    title = f"{asked.form.short_name} lớp {record.room.name}, {record.heading.school_year}"
    return Paper(asked.form, record.heading, title, parts, stamp)


def _sheet(record: ClassRecord, seat: Seat) -> MarkSheet:
    """One student's sheet; what corrections have changed is struck."""
    page, old = _marks(record, seat), record.before
    return page if old is None else struck(page, _marks(old, seat))


def _marks(record: ClassRecord, seat: Seat) -> MarkSheet:
    student = seat.student.id
    judged = record.result(student, YEAR)
    lines = tuple(_line(record, student, figure) for figure in record.figures(student, YEAR))
    return MarkSheet(
        learner=words.learner(seat),
        regular_columns=max([4, *(len(term[0]) for line in lines for term in line.terms)]),
        lines=lines,
        facts=facts_of(record, judged, YEAR),
        signatures=(words.homeroom_signature(record.officials), words.head_signature(record.officials)),
    )


def _line(record: ClassRecord, student: int, figure: SubjectFigure) -> MarkLine:
    subject = record.subject_ids[figure.code]
    results = {1: figure.term_1, 2: figure.term_2}
    terms: list[tuple[tuple[Cell, ...], Cell, Cell, str]] = []
    for term in (1, 2):
        regular, midterm, final = cells_of(record, student, subject, term)
        terms.append((regular, midterm, final, words.mark(results[term])))
    return MarkLine(
        subject=figure.name,
        terms=tuple(terms),
        year=words.subject_value(figure, figure.value),
        retest=words.mark(figure.retest),
    )


def build_class(session: Session, asked: Asked, stamp: PrintStamp) -> Paper:
    """The subject pages of the class book alone, for the terms asked for."""
    book = read_class_book(session, asked.school_class, asked.terms, stamp, asked.day)
    parts = tuple(Part(f"{page.subject}, học kì {roman(page.term)}", page) for page in book.subjects)
    title = f"{asked.form.short_name} lớp {asked.school_class.name}, {book.cover.school_year}"
    return Paper(asked.form, book.cover, title, parts, stamp)
