"""Which builder fills which form: the catalogue names it, this table knows it."""

from collections.abc import Mapping
from types import MappingProxyType

from sqlalchemy.orm import Session

from app.reports.contexts import PrintStamp
from app.reports.papers import Printable
from app.reports.rewording import reworded
from app.reports.unit_words import UnitWords
from app.services.documents import (
    class_book,
    class_summary,
    confirmation,
    contact_book,
    correction_papers,
    grade_slip,
    mark_sheet,
    old_book,
    quality_book,
    register_book,
    school_record,
    subject_rates,
    teacher_book,
    year_ratings,
)
from app.services.documents.asked import Asked, Builder
from app.services.documents.decisions import board, books, duties

BUILDERS: Mapping[str, Builder] = MappingProxyType(
    {
        "class_book": class_book.build,
        "class_summary": class_summary.build,
        "old_book": old_book.build,
        "contact_book": contact_book.build,
        "confirmation": confirmation.build,
        "correction_summary": correction_papers.build_summary,
        "teacher_book": teacher_book.build,
        "teacher_book_blank": teacher_book.build_blank,
        "grade_slip": grade_slip.build,
        "mark_sheet": mark_sheet.build,
        "class_marks": mark_sheet.build_class,
        "school_record": school_record.build,
        "year_ratings": year_ratings.build,
        "school_ratings": year_ratings.build_school,
        "subject_rates": subject_rates.build,
        "quality_book": quality_book.build,
        "register_book": register_book.build,
        "decision_board": board.build,
        "decision_duties": duties.build,
        "decision_closing": books.build_closing,
        "decision_reopening": books.build_reopening,
        "decision_locks": books.build_locks,
    }
)


def build(session: Session, asked: Asked, stamp: PrintStamp) -> Printable:
    """The form filled from the record as it stands, in the words of its unit."""
    paper = BUILDERS[asked.form.builder](session, asked, stamp)
    return reworded(paper, UnitWords.of(asked.unit.kind))
