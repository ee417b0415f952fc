"""Sổ theo dõi và đánh giá học sinh (theo lớp học), complete: attendance, subjects, summaries, the head's remarks."""

import calendar
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from sqlalchemy.orm import Session

from app.reports.catalogue import YEAR
from app.reports.contexts import (
    Attendance,
    AttendanceMonth,
    BookSheet,
    ClassBook,
    HeadRemarks,
    PrintStamp,
)
from app.services.documents.asked import Asked
from app.services.documents.class_summary import summary_of
from app.services.documents.reading import read_class
from app.services.printing import read_class_book
from app.services.programme import terms_of
from app.services.years import TermDates

_SUNDAY = 6
_SUMMARIES = {
    1: "Tổng hợp kết quả học kì I",
    2: "Tổng hợp kết quả học kì II",
    YEAR: "Tổng hợp kết quả cả năm",
}


def build(session: Session, asked: Asked, stamp: PrintStamp) -> ClassBook:
    """The book of a class for the terms asked for; the year's summary belongs to the whole year's print."""
    book = read_class_book(session, asked.school_class, asked.terms, stamp, asked.day)
    record = read_class(session, asked.school_class, asked.day)
    attendance = attendance_of(
        session, asked, [(line.full_name, line.struck) for line in book.students.lines]
    )
    periods = (1, 2, YEAR) if asked.period == YEAR else (asked.period,)
    return replace(
        book,
        before=(BookSheet("Điểm danh", "class_book/attendance.html", True, attendance),),
        after=(
            *(
                BookSheet(_SUMMARIES[period], "documents/summary.html", True, summary_of(record, period))
                for period in periods
            ),
            BookSheet(
                "Nhận xét của hiệu trưởng",
                "class_book/remarks.html",
                False,
                HeadRemarks(tuple(month.title for month in attendance.months)),
            ),
        ),
    )


def attendance_of(session: Session, asked: Asked, names: Sequence[tuple[str, bool]]) -> Attendance:
    """The attendance pages of the terms asked for; a name is struck where its second half says so."""
    terms = terms_of(session, asked.unit.id, asked.year)
    months = _months([terms[number] for number in asked.terms if number in terms])
    return Attendance(tuple(names), months)


def _months(terms: Sequence[TermDates]) -> tuple[AttendanceMonth, ...]:
    """The months with a school day in them, in order."""
    found = []
    day = min((term.starts_on for term in terms), default=date.max).replace(day=1)
    last = max((term.ends_on for term in terms), default=date.min)
    while day <= last:
        days = calendar.monthrange(day.year, day.month)[1]
        whole = [day.replace(day=number) for number in range(1, days + 1)]
        closed = tuple(d.day for d in whole if d.weekday() == _SUNDAY or not _taught(d, terms))
        if len(closed) < days:
            found.append(AttendanceMonth(f"Tháng {day.month} năm {day.year}", days, closed))
        day = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return tuple(found)


def _taught(day: date, terms: Sequence[TermDates]) -> bool:
    return any(term.starts_on <= day <= term.ends_on for term in terms)
