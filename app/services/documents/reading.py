"""A class's record for its papers, read once: who sits there, what each has come to, in whose words, taught by whom."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.assessment.facts import SubjectFigure
from app.domain.assessment.registry import PRIMARY
from app.domain.sheet_forms import SheetForm
from app.models import ROWS, GradebookSheet, SchoolClass
from app.reports.contexts import BookCover
from app.services.book_pages import class_cover
from app.services.book_reading import (
    Officials,
    Seat,
    load_officials,
    load_seats,
    load_teachers,
    load_units_above,
)
from app.services.clock import clamp
from app.services.correction_lists import corrected_cells
from app.services.results.judging import Judged, judge_class
from app.services.results.places import PERIODS, POINTS, term_of
from app.services.results.reading import Reading, read_classes
from app.services.sheets import FORMS, homeroom_form


@dataclass(frozen=True)
class ClassRecord:
    """Everything the papers of a class's students are made of. `judged`: by period and student."""

    room: SchoolClass
    heading: BookCover
    officials: Officials
    seats: Mapping[int, Seat]
    reading: Reading
    judged: Mapping[int, Mapping[int, Judged]]
    remarks: Mapping[tuple[int, int], str]  # (sheet, student)
    teachers: Mapping[tuple[int, int, int], tuple[str, ...]]  # (group, subject, term)
    corrected: Mapping[tuple[int, int, str], str | None]  # (sheet, student, column) → the value struck out

    @property
    def subject_ids(self) -> Mapping[str, int]:
        """Ids by code: figures know subjects by their codes."""
        return {subject.code: subject.id for subject in self.reading.plans.subjects.values()}

    def students(self, period: int) -> list[Seat]:
        """Who the papers of a period are for, by name: who sat in the class at its end, or the one read alone."""
        pupils = self.reading.of_class(self.room.id, term_of(period))
        found = [self.seats[pupil.student_id] for pupil in pupils if pupil.student_id in self.seats]
        return found or ([*self.seats.values()] if len(self.seats) == 1 else [])

    def result(self, student_id: int, period: int) -> Judged | None:
        """The student's period judged; None where the student wasn't there at its end."""
        return self.judged.get(period, {}).get(student_id)

    def figures(self, student_id: int, period: int) -> tuple[SubjectFigure, ...]:
        """The student's subjects in the period, in printed order."""
        found = self.result(student_id, period)
        return found.facts.subjects if found else ()

    def line(self, student_id: int, subject_id: int, term: int) -> Any:
        """The row that speaks for the student; None where there is none."""
        return self.reading.lines.newest(student_id, subject_id, term)

    def sheet(self, student_id: int, subject_id: int, term: int) -> GradebookSheet | None:
        """The sheet of that row, or the one the student would stand on."""
        line = self.line(student_id, subject_id, term)
        return self.reading.lines.sheet_for(line, self.room, subject_id, term)

    def remark(self, student_id: int, subject_id: int, term: int) -> str:
        """What the teacher wrote at the end of the term; blank where nothing was written."""
        line = self.line(student_id, subject_id, term)
        return "" if line is None else self.remarks.get((line.sheet_id, student_id), "")

    def teachers_of(self, student_id: int, subject_id: int, term: int) -> tuple[str, ...]:
        """Who teaches the student the subject on the term's day."""
        sheet = self.sheet(student_id, subject_id, term)
        return () if sheet is None else self.teachers.get((sheet.group_id, subject_id, term), ())

    def corrections(self, student_id: int) -> Counter[int]:
        """How many places of the student's marks were corrected, by subject id."""
        sheets = self.reading.lines.sheets
        return Counter(
            sheets[sheet].subject_id for sheet, student, _c in self.corrected if student == student_id
        )

    def sessions(self, student_id: int, terms: Sequence[int]) -> tuple[str, str]:
        """Sessions missed with leave and without, over the terms; blank where nobody has counted them."""
        homeroom = self.reading.homeroom[SheetForm.TRAINING]
        lines = [line for term in terms for line in self.reading.lines.live(student_id, homeroom, term)]
        counts = ([getattr(line, name, None) for line in lines] for name in ("excused", "unexcused"))
        excused, unexcused = (
            str(sum(count or 0 for count in found)) if any(count is not None for count in found) else ""
            for found in counts
        )
        return excused, unexcused

    def homeroom_remark(self, student_id: int, term: int) -> str:
        """What the homeroom teacher wrote of the student in the term."""
        form = homeroom_form(self.room.circular)
        return "" if form is None else self.remark(student_id, self.reading.homeroom[form], term)


def read_class(
    session: Session, room: SchoolClass, day: date, students: Collection[int] | None = None
) -> ClassRecord:
    """The record of a class in its year, as of a day of it; about thirty statements, however many students.

    `students`: these alone.
    """
    year = room.school_year
    in_year = clamp(day, year.starts_on, year.ends_on)
    officials = load_officials(session, room.unit_id, room.id, in_year)
    above = load_units_above(session, room.unit_id, in_year)
    periods = POINTS if room.circular in PRIMARY else PERIODS
    reading = read_classes(session, [room], year, day, periods=periods, students=students)
    seats = {
        seat.student.id: seat
        for seat in load_seats(session, room.id)
        if students is None or seat.student.id in students
    }
    judged = {
        period: {found.pupil.student_id: found for found in judge_class(reading, room.id, period)}
        for period in reading.days
    }
    sheets = list(reading.lines.sheets.values())
    days = {term: reading.days[term] for term in (1, 2) if term in reading.days}
    return ClassRecord(
        room=room,
        heading=class_cover(room, officials, above),
        officials=officials,
        seats=seats,
        reading=reading,
        judged=judged,
        remarks=_remarks(session, room, sheets, seats),
        teachers=_teachers(session, sheets, days),
        corrected=corrected_cells(session, [sheet.id for sheet in sheets]),
    )


def _remarks(
    session: Session, room: SchoolClass, sheets: Sequence[GradebookSheet], students: Collection[int]
) -> dict[tuple[int, int], str]:
    found = {}
    forms = (FORMS[room.circular], homeroom_form(room.circular))
    for form in (form for form in forms if form is not None):
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
