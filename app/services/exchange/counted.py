"""Writing a term of a school outside into a student's year rows, and taking it out again."""

from collections.abc import Mapping
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.assessment.facts import YEAR
from app.errors import N_, Invalid
from app.models import CountedTerm, Enrolment, GradebookSheet, IncomingRecord, SchoolClass, SubjectYear
from app.models.gradebook import Mark
from app.services import sheet_list
from app.services.closing_state import closed_terms
from app.services.results.due import touch_sheets
from app.services.unit_of_work import Work
from app.services.year_rows import note_elsewhere

TERM: Final = 1
"""The only term that can be over while the year still goes on."""
CLOSED: Final = N_("The book of this school year is closed. Its results are changed by nobody any more.")


def sheets_by_subject(session: Session, school_class: SchoolClass) -> dict[int, GradebookSheet]:
    """A sheet of each subject of a class, of term I where there is one; one statement."""
    found: dict[int, GradebookSheet] = {}
    query = sheet_list.of_class(school_class).order_by(GradebookSheet.term, GradebookSheet.id)
    for sheet in session.scalars(query):
        found.setdefault(sheet.subject_id, sheet)
    return found


def hold(work: Work, school_class: SchoolClass) -> None:
    """No save of the class runs meanwhile, and its results fall due. Invalid once its year is closed."""
    ids = work.session.scalars(sheet_list.of_class(school_class).with_only_columns(GradebookSheet.id)).all()
    touch_sheets(work, school_class.unit_id, sorted(ids))
    if YEAR in closed_terms(work.session, school_class.unit_id, school_class.school_year_id):
        raise Invalid(CLOSED)


def write(work: Work, student_id: int, results: Mapping[GradebookSheet, Mark | None]) -> None:
    """The term's results by a sheet of each subject into the student's year rows; the sheets are held. Two statements."""
    years = {row.subject_id: row for row in work.session.scalars(_years(student_id, results))}
    for sheet, value in results.items():
        note_elsewhere(work, sheet, years.get(sheet.subject_id), student_id, TERM, value)


def _years(student_id: int, results: Mapping[GradebookSheet, Mark | None]) -> sa.Select[SubjectYear]:
    year_id = next(iter(results)).school_year_id
    return (
        sa.select(SubjectYear)
        .where(SubjectYear.student_id == student_id, SubjectYear.school_year_id == year_id)
        .execution_options(populate_existing=True)
    )


def take_out(work: Work, row: IncomingRecord) -> None:
    """With the record that is put aside its term counts no more. Invalid once the year is closed."""
    query = sa.select(CountedTerm).where(CountedTerm.record_id == row.id, CountedTerm.ended_at.is_(None))
    for counted in work.session.scalars(query).all():
        counted.ended_at = work.now
        room = class_in_year(work.session, row, counted.school_year_id)
        if room is None:
            continue
        hold(work, room)
        sheets = sheets_by_subject(work.session, room)
        held = [sheet for subject in counted.results if (sheet := sheets.get(int(subject))) is not None]
        if held:
            write(work, row.student_id, dict.fromkeys(held))


def class_in_year(session: Session, row: IncomingRecord, year_id: int) -> SchoolClass | None:
    """The class of the record's school the student sits in, or last sat in, in a school year."""
    query = (
        sa.select(SchoolClass)
        .join(Enrolment, Enrolment.class_id == SchoolClass.id)
        .where(
            Enrolment.student_id == row.student_id,
            SchoolClass.unit_id == row.unit_id,
            SchoolClass.school_year_id == year_id,
        )
        .order_by(Enrolment.starts_on.desc(), Enrolment.id.desc())
        .limit(1)
    )
    return session.scalar(query)
