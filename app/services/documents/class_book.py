"""Sổ theo dõi và đánh giá học sinh (theo lớp học), complete: attendance, subjects, summaries, the head's remarks."""

from dataclasses import replace

from sqlalchemy.orm import Session

from app.reports.contexts import (
    BookSheet,
    ClassBook,
    HeadRemarks,
    PrintStamp,
)
from app.reports.form import YEAR
from app.services.documents.asked import Asked
from app.services.documents.attendance import attendance_of
from app.services.documents.class_summary import summary_of
from app.services.documents.reading import read_class
from app.services.printing import read_class_book

_SUMMARIES = {
    1: "Tổng hợp kết quả học kì I",
    2: "Tổng hợp kết quả học kì II",
    YEAR: "Tổng hợp kết quả cả năm",
}
_NAME = "TỔNG HỢP KẾT QUẢ ĐÁNH GIÁ"
"""What the book calls its summaries (facts A12 item 6)."""


def build(session: Session, asked: Asked, stamp: PrintStamp) -> ClassBook:
    """The book of a class for the terms asked for; the year's summary belongs to the whole year's print."""
    book = read_class_book(session, asked.school_class, asked.terms, stamp, asked.day)
    record = read_class(session, asked.school_class, asked.day)
    attendance = attendance_of(
        session,
        asked,
        [
            (student, line.full_name, line.struck)
            for student, line in zip(record.seats, book.students.lines, strict=True)
        ],
    )
    periods = (1, 2, YEAR) if asked.period == YEAR else (asked.period,)
    return replace(
        book,
        before=(BookSheet("Điểm danh", "class_book/attendance.html", True, attendance),),
        after=(
            *(
                BookSheet(
                    _SUMMARIES[period], "documents/summary.html", True, summary_of(record, period, _NAME)
                )
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
