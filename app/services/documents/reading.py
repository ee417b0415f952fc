"""Reading a class's record for its papers, once for all of them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.assessment.registry import PRIMARY
from app.models import ROWS, GradebookSheet, SchoolClass
from app.services.attendance_totals import read_absences
from app.services.book_pages import class_cover
from app.services.book_reading import (
    Seat,
    load_officials,
    load_seats,
    load_teachers,
    load_units_above,
)
from app.services.clock import clamp
from app.services.correction_lists import corrected_cells, corrected_in_year
from app.services.documents.before import before
from app.services.documents.record import ClassRecord, judged_by_period
from app.services.programme import terms_of
from app.services.results.places import PERIODS, POINTS
from app.services.results.reading import read_classes
from app.services.sheets import FORMS, homeroom_form

__all__ = ["ClassRecord", "load_remarks", "read_class"]


def read_class(
    session: Session, room: SchoolClass, day: date, students: Collection[int] | None = None
) -> ClassRecord:
    """The record of a class in its year, as of a day of it; about thirty statements, however many students.

    `students`: these alone. Of one student who has left the class it is the record of the last day there.
    """
    year = room.school_year
    in_year = clamp(day, year.starts_on, year.ends_on)
    officials = load_officials(session, room.unit_id, room.id, in_year)
    above = load_units_above(session, room.unit_id, in_year)
    periods = POINTS if room.circular in PRIMARY else PERIODS
    seats = {
        seat.student.id: seat
        for seat in load_seats(session, room.id)
        if students is None or seat.student.id in students
    }
    if students is not None and len(students) == 1:
        day = min([day, *(_last_day(seat) or day for seat in seats.values())])
    reading = read_classes(session, [room], year, day, periods=periods, students=students)
    sheets = list(reading.lines.sheets.values())
    days = {term: reading.days[term] for term in (1, 2) if term in reading.days}
    record = ClassRecord(
        room=room,
        heading=class_cover(room, officials, above),
        officials=officials,
        seats=seats,
        reading=reading,
        judged=judged_by_period(reading, room.id),
        remarks=load_remarks(session, {room.circular}, sheets, seats),
        teachers=_teachers(session, sheets, days),
        corrected=corrected_cells(session, [sheet.id for sheet in sheets]),
        absences=read_absences(session, seats, year, terms_of(session, room.unit_id, year), day),
        corrected_year=corrected_in_year(session, room.id),
    )
    return replace(record, before=before(record))


def _last_day(seat: Seat) -> date | None:
    """The student's last day in the class; None for who sits there still."""
    days = [place.ends_on for place in seat.enrolments]
    return None if None in days else max((day for day in days if day is not None), default=None)


def load_remarks(
    session: Session, circulars: Collection[str], sheets: Sequence[GradebookSheet], students: Collection[int]
) -> dict[tuple[int, int], str]:
    """What was written of the students on these sheets, by (sheet, student); a statement a form of sheet."""
    found = {}
    forms = {FORMS[circular] for circular in circulars} | {homeroom_form(circular) for circular in circulars}
    for form in sorted(form for form in forms if form is not None):
        model = ROWS[form]
        query = sa.select(model.sheet_id, model.student_id, model.comment).where(
            model.sheet_id.in_([sheet.id for sheet in sheets if sheet.form is form]),
            model.student_id.in_(students),
        )
        for sheet_id, student_id, comment in session.execute(query):
            found[sheet_id, student_id] = comment or ""
    return found


def _teachers(
    session: Session, sheets: Sequence[GradebookSheet], days: Mapping[int, date]
) -> dict[tuple[int, int, int], tuple[str, ...]]:
    rows = load_teachers(session, sheets, days) if sheets else {}
    return {key: tuple(teacher.full_name for teacher in found) for key, found in rows.items()}
