"""The attendance pages of a class's book: a page a month, as it was taken; blank for the pen where it was not."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.attendance import Month, count, months, read_called, read_days
from app.models import Attendance as AttendanceRow
from app.models import RollCall
from app.reports.contexts import Attendance, AttendanceMonth, AttendanceRecord
from app.services.documents.asked import Asked
from app.services.notes import domain_terms
from app.services.programme import terms_of

Name = tuple[int, str, bool]
"""A student with the name as printed, struck or not."""
_DAYS = range(1, 32)


def attendance_of(session: Session, asked: Asked, names: Sequence[Name]) -> Attendance:
    """The attendance pages of the terms asked for; three statements."""
    terms = terms_of(session, asked.unit.id, asked.year)
    known = months(domain_terms(terms[number] for number in asked.terms if number in terms))
    class_id = asked.school_class.id
    marks = {
        (row.month, row.student_id): read_days(row.days)
        for row in session.scalars(sa.select(AttendanceRow).where(AttendanceRow.class_id == class_id))
    }
    called = {
        row.month: read_called(row.days)
        for row in session.scalars(sa.select(RollCall).where(RollCall.class_id == class_id))
    }
    pages = []
    for month in known:
        taken = bool(called.get(month.code, frozenset()) & month.days.keys())
        rows = tuple(_row(month, marks.get((month.code, student), {}), taken) for student, _n, _s in names)
        closed = tuple(day for day in range(1, month.length + 1) if day not in month.days)
        pages.append(AttendanceMonth(f"Tháng {month.number} năm {month.year}", month.length, closed, rows))
    return Attendance(tuple((name, struck) for _student, name, struck in names), tuple(pages))


def _row(month: Month, marks: dict[int, str], taken: bool) -> AttendanceRecord:
    """Days of the terms asked for alone; totals only where attendance was taken."""
    own = {day: mark for day, mark in marks.items() if day in month.days}
    counts = count(own.values())
    return AttendanceRecord(
        days=tuple(own.get(day, "") for day in _DAYS),
        totals=(str(counts.total), _figure(counts.excused), _figure(counts.unexcused))
        if taken
        else ("", "", ""),
    )


def _figure(number: int) -> str:
    return str(number) if number else ""
