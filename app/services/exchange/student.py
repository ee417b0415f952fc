"""A student's school record (học bạ) as an open record: every year at one school, as that school has it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, joinedload

from app.exchange import records
from app.models import (
    ROWS,
    Attendance,
    Enrolment,
    ExemptionDecision,
    GradebookSheet,
    Guardian,
    OrgUnit,
    SchoolClass,
    SchoolYear,
    Student,
    StudentNote,
    StudentResult,
    SubjectYear,
    YearDecision,
)
from app.services.book_reading import load_officials, load_teachers, load_units_above
from app.services.clock import clamp, local_day
from app.services.exchange import parts
from app.services.programme import terms_of


def student_record(session: Session, student: Student, unit: OrgUnit, now: datetime) -> records.StudentRecord:
    """Everything this school has on the student's learning, year by year. Reach and right are the caller's to check."""
    today = local_day(now)
    key = parts.key_of(student)
    school = parts.school(unit, load_units_above(session, unit.id, today))
    rows = _Rows(session, student.id, unit.id)
    return records.StudentRecord(
        version=records.VERSION,
        taken_at=now,
        school=school,
        student=parts.pupil(
            student, session.scalars(sa.select(Guardian).where(Guardian.student_id == student.id))
        ),
        years=tuple(
            _year(session, rows, places, school, key, today)
            for places in _places(session, student.id, unit.id)
        ),
    )


def _places(session: Session, student_id: int, unit_id: int) -> list[list[Enrolment]]:
    """The student's places at the school by school year, oldest first."""
    query = (
        sa.select(Enrolment)
        .join(Enrolment.school_class)
        .join(SchoolClass.school_year)
        .where(Enrolment.student_id == student_id, SchoolClass.unit_id == unit_id)
        .options(contains_eager(Enrolment.school_class).contains_eager(SchoolClass.school_year))
        .order_by(SchoolYear.start_year, Enrolment.starts_on, Enrolment.id)
    )
    found: dict[int, list[Enrolment]] = defaultdict(list)
    for row in session.scalars(query):
        found[row.school_class.school_year_id].append(row)
    return list(found.values())


def _year(
    session: Session,
    rows: "_Rows",
    places: Sequence[Enrolment],
    school: records.School,
    key: str,
    today: date,
) -> records.StudentYear:
    newest = places[-1]
    found, year = newest.school_class, newest.school_class.school_year
    day = clamp(today, year.starts_on, newest.ends_on or year.ends_on)
    officials = load_officials(session, found.unit_id, found.id, day)
    return records.StudentYear(
        school_year=f"{year.start_year}-{year.start_year + 1}",
        class_name=found.name,
        grade=found.grade,
        level=found.level.value,
        circular=found.circular,
        homeroom=officials.homeroom,
        head=officials.head,
        status=newest.status_code,
        starts_on=places[0].starts_on,
        ends_on=newest.ends_on,
        school=school,
        sheets=_sheets(session, rows.lines[year.id], year, found.unit_id, key, today),
        exemptions=tuple(parts.exemption(row, key) for row in rows.of(ExemptionDecision, year.id)),
        subject_years=tuple(parts.subject_year(row, key) for row in rows.of(SubjectYear, year.id)),
        results=tuple(parts.result(row, key) for row in rows.of(StudentResult, year.id)),
        decisions=tuple(parts.decision(row, key) for row in rows.of(YearDecision, year.id)),
        remarks=parts.remarks(rows.of(StudentNote, year.id), {rows.student_id: key}),
        attendance=parts.attendance(rows.of(Attendance, year.id), {rows.student_id: key}),
    )


def _sheets(
    session: Session,
    lines: Iterable[tuple[GradebookSheet, Any]],
    year: SchoolYear,
    unit_id: int,
    key: str,
    today: date,
) -> tuple[records.Sheet, ...]:
    found = sorted(lines, key=lambda pair: (pair[0].term, pair[0].subject.order_no, pair[0].id))
    days = {
        term.number: clamp(today, term.starts_on, term.ends_on)
        for term in terms_of(session, unit_id, year).values()
    }
    sheets = [sheet for sheet, _line in found]
    teachers: Mapping[Any, Any] = load_teachers(session, sheets, days) if sheets else {}
    return tuple(
        parts.sheet(s, teachers.get((s.group_id, s.subject_id, s.term), ()), [(key, line)])
        for s, line in found
    )


class _Rows:
    """The student's rows at one school by school year; a statement a kind of row, however many years."""

    def __init__(self, session: Session, student_id: int, unit_id: int) -> None:
        self.student_id = student_id
        self.lines: dict[int, list[tuple[GradebookSheet, Any]]] = defaultdict(list)
        self._rows: dict[tuple[Any, int], list[Any]] = defaultdict(list)
        for model in ROWS.values():
            for line in session.scalars(_lines(model, student_id, unit_id)):
                self.lines[line.sheet.school_year_id].append((line.sheet, line))
        for year_id, lines in self.lines.items():
            self.lines[year_id] = [pair for pair in lines if not _went_on(pair[1], lines)]
        for model, order in _KINDS.items():
            for row in session.scalars(_of_student(model, order, student_id, unit_id)):
                self._rows[model, row.school_year_id].append(row)

    def of(self, model: Any, year_id: int) -> list[Any]:
        """The rows of a kind in a school year."""
        return self._rows[model, year_id]


_KINDS: Mapping[Any, str] = {
    ExemptionDecision: "id",
    SubjectYear: "subject_id",
    StudentResult: "period",
    YearDecision: "school_year_id",
    StudentNote: "period",
    Attendance: "month",
}


def _lines(model: Any, student_id: int, unit_id: int) -> sa.Select[Any]:
    sheet = joinedload(model.sheet)
    return (
        sa.select(model)
        .join(GradebookSheet, GradebookSheet.id == model.sheet_id)
        .where(model.student_id == student_id, GradebookSheet.unit_id == unit_id)
        .options(sheet.joinedload(GradebookSheet.subject), sheet.joinedload(GradebookSheet.group))
    )


def _went_on(line: Any, lines: Iterable[tuple[GradebookSheet, Any]]) -> bool:
    """True for a line that came along into another one: that one speaks."""
    return any(other.carried_from_id == line.sheet_id for _sheet, other in lines if other is not line)


def _of_student(model: Any, order: str, student_id: int, unit_id: int) -> sa.Select[Any]:
    query = sa.select(model).where(model.student_id == student_id)
    if hasattr(model, "unit_id"):  # the head's exemptions name no unit: they go where the student goes
        query = query.where(model.unit_id == unit_id)
    if hasattr(model, "subject"):
        query = query.options(joinedload(model.subject))
    return query.order_by(getattr(model, order))
