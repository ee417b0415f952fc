"""The year of a student in a subject, as the term results make it; one row wherever the student sat."""

from collections.abc import Collection, Mapping, MutableMapping, Sequence

import sqlalchemy as sa

from app.domain.assessment.exemptions import exempts_whole
from app.domain.assessment.registry import CONDUCT
from app.domain.assessment.subjects import year_result
from app.models import ROWS, ExemptionDecision, GradebookSheet, Subject, SubjectYear
from app.models.gradebook import Mark
from app.services.unit_of_work import Work

TERMS = frozenset({1, 2})


def note_terms(
    work: Work,
    sheet: GradebookSheet,
    results: Mapping[int, Mark | None],
    years: MutableMapping[int, SubjectYear | None],
) -> dict[int, Mark | None]:
    """Inside a transaction: write a sheet's term results, by student, into the year rows; new ones are added to `years`.

    These begin with term II, or with the only term of a subject that has one, whose result is the year's; for a student
    exempted from a term, who has the other's (TT 58/2011 Điều 12), with that one.
    Returns the year results of the rows written.
    """
    free = _exempted(work, sheet, results)
    begins = sheet.term == 2 or sheet.one_term
    counted = [s for s in results if begins or 2 in free.get(s, ()) or years.get(s) is not None]
    first_terms = _first_terms(work, sheet, [s for s in counted if years.get(s) is None])
    found: dict[int, Mark | None] = {}
    for student in counted:
        year = years.get(student)
        if year is None:
            year = years[student] = _new_year(work, sheet, student)
            year.term_1 = first_terms.get(student)
        setattr(year, f"term_{sheet.term}", results[student])
        found[student] = _settle(sheet, year, free.get(student, frozenset()))
    return found


def note_exemption(work: Work, sheet: GradebookSheet, student: int) -> None:
    """Inside a transaction that holds the subject's sheets: the year of a student who was just exempted from the subject,
    or from a term of it (TT 58/2011 Điều 12). Of other exemptions the year keeps its result.
    """
    free = _exempted(work, sheet, [student]).get(student)
    if not free:
        return
    key = (student, sheet.school_year_id, sheet.subject_id)
    year = work.session.get(SubjectYear, key, populate_existing=True)
    if year is None:
        kept = TERMS - free
        results = {term: _results(work, sheet, [student], term).get(student) for term in kept}
        if all(result is None for result in results.values()):
            return
        year = _new_year(work, sheet, student)
        for term, result in results.items():
            setattr(year, f"term_{term}", result)
    _settle(sheet, year, free)


def note_elsewhere(
    work: Work, sheet: GradebookSheet, year: SubjectYear | None, student: int, term: int, value: Mark | None
) -> None:
    """Inside a transaction that holds the subject's sheets: a term result that a school outside gave, or its taking out."""
    if year is None:
        if value is None:
            return
        year = _new_year(work, sheet, student)
    setattr(year, f"term_{term}", value)
    _settle(sheet, year, _exempted(work, sheet, [student]).get(student, frozenset()))


def subject_sheets(work: Work, sheet: GradebookSheet) -> list[int]:
    """The sheet and that of the other term: a save on either writes the same rows of the year."""
    same = ("group_id", "subject_id", "grade", "school_year_id")
    pairs = (getattr(GradebookSheet, name) == getattr(sheet, name) for name in same)
    return list(work.session.scalars(sa.select(GradebookSheet.id).where(*pairs)))


def _settle(sheet: GradebookSheet, year: SubjectYear, free: frozenset[int]) -> Mark | None:
    """The year's result from its terms, those exempted from left out."""
    for term in free:
        setattr(year, f"term_{term}", None)
    one_term = sheet.one_term or bool(free)
    year.average = year_result(sheet.circular, sheet.kind, year.term_1, year.term_2, one_term=one_term)
    return year.average


def _exempted(work: Work, sheet: GradebookSheet, students: Collection[int]) -> dict[int, frozenset[int]]:
    """Terms of the subject each student doesn't take at all; only the old circulars know such an exemption."""
    if sheet.circular not in CONDUCT or not students:
        return {}
    rows = work.session.execute(
        sa.select(ExemptionDecision.student_id, ExemptionDecision.term, Subject.code)
        .join(Subject, Subject.id == ExemptionDecision.subject_id)
        .where(
            ExemptionDecision.student_id.in_(students),
            ExemptionDecision.subject_id == sheet.subject_id,
            ExemptionDecision.school_year_id == sheet.school_year_id,
        )
    )
    found: dict[int, frozenset[int]] = {}
    for student, term, code in rows:
        if exempts_whole(sheet.circular, code):
            found[student] = found.get(student, frozenset()) | ({term} if term else TERMS)
    return found


def _first_terms(work: Work, sheet: GradebookSheet, students: Sequence[int]) -> dict[int, Mark | None]:
    """Term I results of students whose year row begins now."""
    return {} if not students or sheet.one_term or sheet.term == 1 else _results(work, sheet, students, 1)


def _results(work: Work, sheet: GradebookSheet, students: Sequence[int], term: int) -> dict[int, Mark | None]:
    """A term's results of the students, wherever they sat; of a carried row the newest counts."""
    line = ROWS[sheet.form]
    rows = work.session.execute(
        sa.select(line.student_id, line.average, line.carried_at)
        .join(GradebookSheet, GradebookSheet.id == line.sheet_id)
        .where(
            line.student_id.in_(students),
            GradebookSheet.subject_id == sheet.subject_id,
            GradebookSheet.school_year_id == sheet.school_year_id,
            GradebookSheet.term == term,
        )
        .order_by(line.carried_at)  # rows that never moved come first, on both engines
    )
    return {student: average for student, average, carried_at in rows if carried_at or average is not None}


def _new_year(work: Work, sheet: GradebookSheet, student: int) -> SubjectYear:
    year = SubjectYear(
        student_id=student,
        school_year_id=sheet.school_year_id,
        subject_id=sheet.subject_id,
        unit_id=sheet.unit_id,
        class_id=sheet.class_id,
        circular=sheet.circular,
    )
    work.session.add(year)
    return year
