"""The year of a student in a subject, as the term results make it; one row wherever the student sat."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from app.domain.assessment.subjects import year_result
from app.models import ROWS, GradebookSheet, SubjectYear
from app.models.gradebook import Mark
from app.services.unit_of_work import Work


def note_terms(
    work: Work,
    sheet: GradebookSheet,
    results: Mapping[int, Mark | None],
    years: Mapping[int, SubjectYear | None],
) -> dict[int, Mark | None]:
    """Inside a transaction: write a sheet's term results, by student, into the year rows.

    These begin with term II, or with the only term of a subject that has one, whose result is the year's.
    Returns the year results of the rows written.
    """
    begins = sheet.term == 2 or sheet.one_term
    counted = [student for student in results if begins or years.get(student) is not None]
    first_terms = _first_terms(work, sheet, [s for s in counted if years.get(s) is None])
    found: dict[int, Mark | None] = {}
    for student in counted:
        year = years.get(student) or _new_year(work, sheet, student, first_terms.get(student))
        setattr(year, f"term_{sheet.term}", results[student])
        year.average = year_result(
            sheet.circular, sheet.kind, year.term_1, year.term_2, one_term=sheet.one_term
        )
        found[student] = year.average
    return found


def _first_terms(work: Work, sheet: GradebookSheet, students: Sequence[int]) -> dict[int, Mark | None]:
    """Term I results of students whose year row begins now, wherever they sat; of a carried row the newest counts."""
    if not students or sheet.one_term:
        return {}
    line = ROWS[sheet.form]
    rows = work.session.execute(
        sa.select(line.student_id, line.average, line.carried_at)
        .join(GradebookSheet, GradebookSheet.id == line.sheet_id)
        .where(
            line.student_id.in_(students),
            GradebookSheet.subject_id == sheet.subject_id,
            GradebookSheet.school_year_id == sheet.school_year_id,
            GradebookSheet.term == 1,
        )
        .order_by(line.carried_at)  # rows that never moved come first, on both engines
    )
    return {student: average for student, average, carried_at in rows if carried_at or average is not None}


def _new_year(work: Work, sheet: GradebookSheet, student: int, first_term: Mark | None) -> SubjectYear:
    year = SubjectYear(
        student_id=student,
        school_year_id=sheet.school_year_id,
        subject_id=sheet.subject_id,
        unit_id=sheet.unit_id,
        class_id=sheet.class_id,
        circular=sheet.circular,
        term_1=first_term,
    )
    work.session.add(year)
    return year
