"""A class's record for its papers: who sits there, what each has come to, in whose words, taught by whom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.domain.assessment.facts import SubjectFigure
from app.domain.sheet_forms import SheetForm
from app.models import GradebookSheet, SchoolClass
from app.reports.contexts import BookCover
from app.services.attendance_totals import NOT_KEPT, Absences
from app.services.book_reading import Officials, Seat
from app.services.results.judging import Judged, judge_class
from app.services.results.places import term_of
from app.services.results.reading import Reading
from app.services.sheets import homeroom_form


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
    corrected_year: Mapping[
        tuple[int, int, str], str | None
    ]  # (subject or 0, student, column), of the year's decisions
    absences: Absences = NOT_KEPT
    before: "ClassRecord | None" = None  # as it was before its corrections; None where there were none

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

    def sessions(self, student_id: int, terms: Sequence[int]) -> tuple[str, str]:
        """Sessions missed with leave and without, over the terms: as noted by the homeroom teacher, else as attendance
        has them; blank where neither is.
        """
        homeroom = self.reading.homeroom[SheetForm.TRAINING]
        lines = [line for term in terms for line in self.reading.lines.live(student_id, homeroom, term)]
        counted = [[getattr(line, name, None) for line in lines] for name in ("excused", "unexcused")]
        if all(count is None for found in counted for count in found):
            kept = self.absences.of(student_id, terms)
            return ("", "") if kept is None else (str(kept.excused), str(kept.unexcused))
        excused, unexcused = (
            str(sum(count or 0 for count in found)) if any(count is not None for count in found) else ""
            for found in counted
        )
        return excused, unexcused

    def homeroom_remark(self, student_id: int, term: int) -> str:
        """What the homeroom teacher wrote of the student in the term."""
        form = homeroom_form(self.room.circular)
        return "" if form is None else self.remark(student_id, self.reading.homeroom[form], term)


def judged_by_period(reading: Reading, class_id: int) -> dict[int, dict[int, Judged]]:
    """Every student of the class in every period that was read."""
    return {
        period: {found.pupil.student_id: found for found in judge_class(reading, class_id, period)}
        for period in reading.days
    }
