"""Sổ liên lạc: the homeroom teacher's monthly remarks to the parents and what each term came to, a booklet a student.

S4 Điều 13 khoản 3; TT 22/2021 Điều 19 khoản 2.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import TypeAlias

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.notes import NoteKind
from app.models import StudentNote
from app.reports.contexts import PrintedMark, PrintStamp, Signature, Text
from app.reports.form import YEAR, Signatory
from app.reports.learners import ContactBook
from app.reports.papers import Paper, Part
from app.services.book_reading import Seat
from app.services.correction_lists import corrected_notes
from app.services.documents import words
from app.services.documents.asked import Asked
from app.services.documents.grade_slip import slip_of
from app.services.documents.reading import ClassRecord, read_class

Remarks: TypeAlias = Mapping[int, Mapping[str, Text]]
"""By student and month."""


def build(session: Session, asked: Asked, stamp: PrintStamp) -> Paper:
    """A booklet for each student of the class, or for one, with the months and terms up to the one asked for."""
    alone = asked.alone
    record = read_class(session, asked.school_class, asked.day, alone)
    remarks = _remarks(session, record, record.seats)
    parts = tuple(
        Part(
            f"Sổ liên lạc, {seat.student.full_name}",
            _book(record, seat, remarks.get(seat.student.id, {}), asked),
            seat.student.id,
        )
        for seat in record.students(asked.period)
    )
    title = f"{asked.form.short_name} lớp {record.room.name}, {record.heading.school_year}"
    return Paper(asked.form, record.heading, title, parts, stamp)


def _remarks(session: Session, record: ClassRecord, students: Collection[int]) -> Remarks:
    """Monthly remarks by student and month (2026-11), what corrections struck out with them; two statements."""
    query = sa.select(StudentNote.student_id, StudentNote.period, StudentNote.text).where(
        StudentNote.kind == NoteKind.MONTHLY,
        StudentNote.school_year_id == record.room.school_year_id,
        StudentNote.student_id.in_(students),
    )
    found: dict[int, dict[str, Text]] = defaultdict(dict)
    for student_id, period, text in session.execute(query):
        if student_id is not None and text:
            found[student_id][period] = text
    for (student_id, period), old in corrected_notes(session, record.room.id, NoteKind.MONTHLY).items():
        found[student_id][period] = PrintedMark(str(found[student_id].get(period, "")), old)
    return found


def _book(record: ClassRecord, seat: Seat, remarks: Mapping[str, Text], asked: Asked) -> ContactBook:
    year = asked.year
    first, last = year.starts_on, min(year.ends_on, record.reading.days.get(asked.period, year.ends_on))
    months = []
    for place in range(12):
        number, start = (first.month + place - 1) % 12 + 1, first.year + (first.month + place - 1) // 12
        if (start, number) <= (last.year, last.month):
            months.append((f"{number}/{start}", remarks.get(f"{start}-{number:02}", "")))
    periods = (1, YEAR) if asked.period == YEAR else (asked.period,)
    return ContactBook(
        learner=words.learner(seat),
        months=tuple(months),
        slips=tuple(slip_of(record, seat, period) for period in periods),
        homeroom=record.officials.homeroom,
        signatures=(
            Signature(Signatory.PARENT),
            words.homeroom_signature(record.officials),
            words.head_signature(record.officials),
        ),
    )
