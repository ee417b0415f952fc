"""Working a school's averages out again from its marks, and its results from these: for when a stored value is doubted.

`refresh` only tells of an average that doesn't fit its marks; this writes what the rule gives, as a change like any
other, with history and reason. Rows are read and written in sets.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import SYSTEM
from app.domain.sheet_forms import SheetForm
from app.errors import N_, Invalid
from app.extensions import db
from app.models import ROWS, GradebookSheet, OrgUnit, SchoolClass, SchoolYear, SubjectYear
from app.models.gradebook import Mark
from app.services import averages
from app.services.clock import Clock, local_day
from app.services.results.judging import NO_RESULTS
from app.services.results.reading import read_classes
from app.services.results.refresh import store
from app.services.sheet_cells import has_average
from app.services.unit_of_work import Work, transaction
from app.services.year_rows import note_terms

_AVERAGED = [form for form in SheetForm if has_average(form)]


@dataclass(frozen=True)
class Recomputed:
    """What was written: averages of terms and years that did not fit their marks, and results new or changed."""

    averages: int
    results: int


NO_SUCH_SCHOOL = N_("The unit %(code)s has no classes in the school year that began in %(year)s.")


def recompute_school(unit_code: str, start_year: int, *, reason: str, clock: Clock) -> Recomputed:
    """`recompute` for whoever keeps the server: the unit by its code, the year by its first. Invalid for none such."""
    query = (
        sa.select(SchoolClass.unit_id, SchoolClass.school_year_id)
        .join(OrgUnit, OrgUnit.id == SchoolClass.unit_id)
        .join(SchoolYear, SchoolYear.id == SchoolClass.school_year_id)
        .where(OrgUnit.code == unit_code, SchoolYear.start_year == start_year)
        .limit(1)
    )
    found = db.session().execute(query).one_or_none()
    if found is None:
        raise Invalid(NO_SUCH_SCHOOL, code=unit_code, year=start_year)
    return recompute(*found, reason=reason, clock=clock)


def recompute(unit_id: int, year_id: int, *, reason: str, clock: Clock) -> Recomputed:
    """Bring every term average, year average and result of a school's year to what the rules give for its marks.

    The program's own work, on somebody's order: `reason` is kept with every change. Invalid without one.
    """
    if not reason.strip():
        raise Invalid(N_("Say why, for example which rule was put right."))
    with transaction(SYSTEM, "result.recompute", clock=clock, reason=reason.strip()) as work:
        sheets = _hold(work, unit_id, year_id)
        changed = _averages(work, sheets)
        work.flush()  # the results read what was just written
        query = sa.select(SchoolClass).where(
            SchoolClass.unit_id == unit_id, SchoolClass.school_year_id == year_id
        )
        classes = [c for c in work.session.scalars(query) if c.circular not in NO_RESULTS]
        results = _results(work, classes)
        work.audit("result.recompute", reason=reason.strip(), unit=unit_id, averages=changed, results=results)
        return Recomputed(changed, results)


def _results(work: Work, classes: Sequence[SchoolClass]) -> int:
    if not classes:
        return 0
    year = work.session.get_one(SchoolYear, classes[0].school_year_id)
    return store(work, classes, year, read_classes(work.session, classes, year, local_day(work.now)))


def _hold(work: Work, unit_id: int, year_id: int) -> dict[int, GradebookSheet]:
    """The sheets with averages, kept from saves till the end; those of term I first, since a year begins with term II."""
    mine = (
        GradebookSheet.unit_id == unit_id,
        GradebookSheet.school_year_id == year_id,
        GradebookSheet.form.in_(_AVERAGED),
    )
    work.lock_sheets(unit_id, work.session.scalars(sa.select(GradebookSheet.id).where(*mine)).all())
    query = sa.select(GradebookSheet).where(*mine).order_by(GradebookSheet.term, GradebookSheet.id)
    rows = work.session.scalars(query.execution_options(populate_existing=True))
    return {sheet.id: sheet for sheet in rows}


def _averages(work: Work, sheets: Mapping[int, GradebookSheet]) -> int:
    """Set what the rule gives where something else stands, of terms and of years; how many that were."""
    rows = [row for form in _AVERAGED for row in _rows(work.session, form, sheets.values())]
    moved = _terms(sheets, rows)
    work.flush()  # a year that begins asks for the results of term I
    standing: dict[int, dict[int, Mark | None]] = {}
    for row in _staying(rows):
        if row.average is not None or row.student_id in moved.get(row.sheet_id, ()):
            standing.setdefault(row.sheet_id, {})[row.student_id] = row.average
    years = _years(work.session, sheets, {student for found in standing.values() for student in found})
    before = {place: year.average for place, year in years.items()}
    for sheet_id, sheet in sheets.items():
        settled = _settled(work, sheet, standing.get(sheet_id, {}), years)
        if settled or sheet_id in moved:
            sheet.revision += 1
    changed = sum(before.get(place) != year.average for place, year in years.items())
    return changed + sum(map(len, moved.values()))


def _terms(sheets: Mapping[int, GradebookSheet], rows: Iterable[Any]) -> dict[int, set[int]]:
    """Put the term results right; the students of those that were wrong, by sheet."""
    moved: dict[int, set[int]] = {}
    for row in rows:
        result = averages.term_result(sheets[row.sheet_id], row)
        if result != row.average:
            row.average = result
            moved.setdefault(row.sheet_id, set()).add(row.student_id)
    return moved


def _settled(
    work: Work,
    sheet: GradebookSheet,
    results: Mapping[int, Mark | None],
    years: dict[tuple[int, int], SubjectYear],
) -> bool:
    """Bring the years of the sheet's students to its results; whether any changed. A year kept elsewhere stays."""
    mine: dict[int, SubjectYear | None] = {
        student: years.get((student, sheet.subject_id)) for student in results
    }
    mine = {s: year for s, year in mine.items() if year is None or year.unit_id == sheet.unit_id}
    before = {student: year.average if year else None for student, year in mine.items()}
    found = note_terms(work, sheet, {s: results[s] for s in mine}, mine)
    years.update({(student, sheet.subject_id): year for student, year in mine.items() if year})
    return any(before[student] != result for student, result in found.items())


def _staying(rows: Sequence[Any]) -> list[Any]:
    """The lines but those whose student took the marks along to another sheet since."""
    left: dict[tuple[int, int], datetime] = {}
    for row in rows:
        if row.carried_from_id:
            place = (row.carried_from_id, row.student_id)
            left[place] = max(row.carried_at, left.get(place, row.carried_at))
    return [
        row
        for row in rows
        if (gone := left.get((row.sheet_id, row.student_id))) is None
        or (row.carried_at is not None and row.carried_at > gone)
    ]


def _rows(session: Session, form: SheetForm, sheets: Iterable[GradebookSheet]) -> Sequence[Any]:
    model, sheet_ids = ROWS[form], [sheet.id for sheet in sheets if sheet.form is form]
    query = sa.select(model).where(model.sheet_id.in_(sheet_ids))
    return session.scalars(query.execution_options(populate_existing=True)).all() if sheet_ids else ()


def _years(
    session: Session, sheets: Mapping[int, GradebookSheet], students: set[int]
) -> dict[tuple[int, int], SubjectYear]:
    if not students:
        return {}
    year_id = next(iter(sheets.values())).school_year_id
    query = sa.select(SubjectYear).where(
        SubjectYear.school_year_id == year_id, SubjectYear.student_id.in_(sorted(students))
    )
    rows = session.scalars(query.execution_options(populate_existing=True))
    return {(row.student_id, row.subject_id): row for row in rows}
