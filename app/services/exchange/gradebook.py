"""The book of a class in a term as an open record (S2 Điều 2 khoản 2): one read a class, however many students."""

from collections import defaultdict
from collections.abc import Collection, Container, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.domain.assessment.facts import YEAR
from app.domain.attendance import months
from app.domain.notes import Span, periods
from app.domain.sheet_forms import SheetForm
from app.exchange import records
from app.models import (
    ROWS,
    Attendance,
    ExemptionDecision,
    GradebookSheet,
    SchoolClass,
    Student,
    StudentNote,
    StudentResult,
    Subject,
    SubjectYear,
    TeachingGroup,
)
from app.services import sheet_list
from app.services.book_reading import Seat, load_officials, load_seats, load_teachers, load_units_above
from app.services.clock import clamp, local_day
from app.services.exchange import parts
from app.services.notes import domain_terms
from app.services.programme import terms_of
from app.services.years import TermDates


def class_record(session: Session, school_class: SchoolClass, term: int, now: datetime) -> records.Gradebook:
    """The book of a class in term 1 or 2 as it stands; with term 2 the results of the year too.

    About fifteen statements. Reach and right are the caller's to check. ValueError for a term the school doesn't have.
    """
    year = school_class.school_year
    terms = terms_of(session, school_class.unit_id, year)
    if term not in terms:
        raise ValueError(f"term {term}")
    day = clamp(local_day(now), terms[term].starts_on, terms[term].ends_on)
    officials = load_officials(session, school_class.unit_id, school_class.id, day)
    seats = load_seats(session, school_class.id)
    keys = {seat.student.id: parts.key_of(seat.student) for seat in seats}
    wanted = (term,) if term == 1 else (term, YEAR)
    sheets = _sheets(session, school_class, term)
    of_year = _OfYear(session, school_class, keys)
    codes = {p.code for span in Span for p in periods(span, domain_terms(terms.values())) if p.term == term}
    return records.Gradebook(
        version=records.VERSION,
        school_year=f"{year.start_year}-{year.start_year + 1}",
        term=term,
        class_name=school_class.name,
        grade=school_class.grade,
        level=school_class.level.value,
        circular=school_class.circular,
        homeroom=officials.homeroom,
        head=officials.head,
        taken_at=now,
        school=parts.school(school_class.unit, load_units_above(session, school_class.unit_id, day)),
        places=tuple(_place(seat, keys) for seat in seats),
        sheets=_with_lines(session, sheets, load_teachers(session, sheets, {term: day}), keys),
        exemptions=of_year.exemptions(term),
        subject_years=of_year.subject_years(),
        results=of_year.results(wanted),
        remarks=parts.remarks(_notes(session, school_class.id, codes), keys),
        attendance=parts.attendance(_attendance(session, school_class.id), keys, _days(terms[term])),
    )


def _place(seat: Seat, keys: Mapping[int, str]) -> records.Place:
    newest = seat.enrolments[0]
    return records.Place(
        student=keys[seat.student.id],
        name=seat.student.full_name,
        birth_date=seat.student.birth_date,
        number=newest.order_no,
        status=newest.status_code,
        starts_on=seat.enrolments[-1].starts_on,
        ends_on=newest.ends_on,
    )


def _sheets(session: Session, school_class: SchoolClass, term: int) -> list[GradebookSheet]:
    query = (
        sheet_list.of_class(school_class)
        .where(GradebookSheet.term == term)
        .order_by(Subject.order_no, Subject.id, TeachingGroup.name, GradebookSheet.id)
    )
    return list(session.scalars(query))


def _with_lines(
    session: Session, sheets: Sequence[GradebookSheet], teachers: Mapping[Any, Any], keys: Mapping[int, str]
) -> tuple[records.Sheet, ...]:
    """The sheets with the lines of these students in the order of the class; a statement a form."""
    order = {student: place for place, student in enumerate(keys)}
    lines: dict[int, list[tuple[str, Any]]] = defaultdict(list)
    by_form: dict[SheetForm, list[int]] = defaultdict(list)
    for found in sheets:
        by_form[found.form].append(found.id)
    for form, ids in by_form.items():
        query = sa.select(ROWS[form]).where(ROWS[form].sheet_id.in_(ids), ROWS[form].student_id.in_(keys))
        for row in sorted(session.scalars(query), key=lambda row: order[row.student_id]):
            lines[row.sheet_id].append((keys[row.student_id], row))
    return tuple(
        parts.sheet(s, teachers.get((s.group_id, s.subject_id, s.term), ()), lines[s.id]) for s in sheets
    )


def _notes(session: Session, class_id: int, codes: Collection[str]) -> Sequence[StudentNote]:
    return session.scalars(
        sa.select(StudentNote)
        .where(StudentNote.class_id == class_id, StudentNote.period.in_(sorted(codes)))
        .options(joinedload(StudentNote.subject))
    ).all()


def _attendance(session: Session, class_id: int) -> Sequence[Attendance]:
    order = (Attendance.month, Student.sort_key, Student.id)
    query = sa.select(Attendance).join(Attendance.student).where(Attendance.class_id == class_id)
    return session.scalars(query.order_by(*order)).all()


def _days(term: TermDates) -> dict[str, Container[int]]:
    return {month.code: month.days.keys() for month in months(domain_terms([term]))}


class _OfYear:
    """What students of a class have in its year beside the sheets; a statement a kind."""

    def __init__(self, session: Session, school_class: SchoolClass, keys: Mapping[int, str]) -> None:
        self._session, self._class, self._keys = session, school_class, keys

    def exemptions(self, term: int) -> tuple[records.Exemption, ...]:
        """Of the term or the whole year."""
        whole = sa.or_(ExemptionDecision.term.is_(None), ExemptionDecision.term == term)
        rows = self._rows(ExemptionDecision, whole, order=(ExemptionDecision.id,), with_subject=True)
        return tuple(parts.exemption(row, self._keys[row.student_id]) for row in rows)

    def subject_years(self) -> tuple[records.SubjectYear, ...]:
        """Of this school."""
        mine = SubjectYear.unit_id == self._class.unit_id
        rows = self._rows(SubjectYear, mine, order=(SubjectYear.subject_id,), with_subject=True)
        return tuple(parts.subject_year(row, self._keys[row.student_id]) for row in rows)

    def results(self, wanted: Collection[int]) -> tuple[records.Result, ...]:
        """Of these periods."""
        mine = (StudentResult.class_id == self._class.id) & StudentResult.period.in_(wanted)
        rows = self._rows(StudentResult, mine, order=(StudentResult.period,))
        return tuple(parts.result(row, self._keys[row.student_id]) for row in rows)

    def _rows(
        self,
        model: Any,
        condition: sa.ColumnElement[bool],
        *,
        order: tuple[Any, ...],
        with_subject: bool = False,
    ) -> list[Any]:
        place = {student: number for number, student in enumerate(self._keys)}
        query = (
            sa.select(model)
            .where(model.school_year_id == self._class.school_year_id, model.student_id.in_(place), condition)
            .order_by(*order)
        )
        if with_subject:
            query = query.options(joinedload(model.subject))
        return sorted(self._session.scalars(query), key=lambda row: place[row.student_id])
