"""Sổ đăng bộ: the students who entered the school in a year, and those of earlier years who left in it (S1 Điều 2; TT 32/2020
Điều 21, TT 28/2020 Điều 21, TT 52/2020 Điều 21, TT 10/2021 Điều 14).

A line is a stay: from the first place in a class of the school to the last one before moving away or stopping. Who comes
back begins another stay under the same number. The register lives on: a line tells what is known on the day of printing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.assessment.terms import Outcome
from app.domain.dates import format_date
from app.domain.units import grades_of
from app.domain.vocabulary import Level
from app.models import Enrolment, Guardian, SchoolClass, SchoolYear, Student, StudentResult
from app.reference.code_lists import CODE_LISTS
from app.reports.contexts import PrintStamp
from app.reports.figures import Figures, Sheet, sheet_of
from app.reports.form import YEAR
from app.reports.papers import Paper, Part
from app.reports.summaries import Head, Row
from app.services.documents.asked import Asked
from app.services.documents.school import about, paper_title, read_heading, signatures
from app.services.enrolments import is_studying

_HEADS: Final = (
    Head("Số đăng bộ", 17),
    Head("Ngày sinh", 16),
    Head("Nam, nữ", 9),
    Head("Dân tộc", 13),
    Head("Nơi sinh", 24, wordy=True),
    Head("Con ông, bà (người giám hộ)", 34, wordy=True),
    Head("Chỗ ở", 32, wordy=True),
    Head("Ngày", 16, "Vào trường"),
    Head("Lớp, từ nơi nào", 28, "Vào trường", wordy=True),
    Head("Ngày", 16, "Ra trường"),
    Head("Lý do, nơi đến", 32, "Ra trường", wordy=True),
)
_LAST_CLASS: Final = {
    Level.PRESCHOOL: "Hoàn thành chương trình giáo dục mầm non",
    Level.PRIMARY: "Hoàn thành chương trình tiểu học",
    Level.LOWER_SECONDARY: "Hoàn thành chương trình THCS",
    Level.UPPER_SECONDARY: "Hoàn thành chương trình THPT",
    Level.CONTINUING_LOWER: "Hoàn thành chương trình GDTX cấp THCS",
    Level.CONTINUING_UPPER: "Hoàn thành chương trình GDTX cấp THPT",
}
_PARENTS: Final = {"father": "Cha", "mother": "Mẹ", "guardian": "Giám hộ"}
_FROM_ELSEWHERE: Final = "1"
_TOGETHER: Final = 120
"""Most lines of a part: a big school's register is drawn part by part."""


@dataclass(frozen=True)
class Stay:
    """A student's places at the school, oldest first, up to moving away, stopping or the end of the last grade."""

    student_id: int
    places: tuple[Any, ...]
    gone: bool  # moved away or stopped
    completed: bool  # the last grade of a level, and no place after it

    @property
    def first(self) -> Any:
        """Where it began."""
        return self.places[0]

    @property
    def last(self) -> Any:
        """Where it ended, or stands."""
        return self.places[-1]

    @property
    def over(self) -> bool:
        """True where the student has left."""
        return self.gone or self.completed


def build(session: Session, asked: Asked, stamp: PrintStamp) -> Paper:
    """The register of the year: who came, then who of earlier years went; eight statements."""
    heading, officials = read_heading(session, asked)
    stays = _stays(session, asked)
    year = asked.year.start_year
    came = [stay for stay in stays if stay.first.start_year == year]
    went = [
        stay for stay in stays if stay.over and stay.last.start_year == year and stay.first.start_year != year
    ]
    people = _People.of(session, asked, {stay.student_id for stay in (*came, *went)})
    sheets = _sheets("I. Học sinh vào trường trong năm học", came, people)
    others = _sheets("II. Học sinh của các năm trước ra trường trong năm học", went, people)
    groups: list[tuple[Sheet, ...]] = [(sheet,) for sheet in (*sheets, *others)]
    if not went:  # one line that says so needs no page of its own
        groups[-2:] = [(*groups[-2], *groups[-1])]
    pages = [
        Figures("SỔ ĐĂNG BỘ", about(heading), group, headed=place == 0) for place, group in enumerate(groups)
    ]
    pages[-1] = replace(pages[-1], notes=(_note(stays, year),), signatures=signatures(asked, officials))
    parts = tuple(Part(page.sheets[0].caption, page) for page in pages)
    return Paper(asked.form, heading, paper_title(asked, heading), parts, stamp)


def _note(stays: Iterable[Stay], year: int) -> str:
    came = sum(stay.first.start_year == year for stay in stays)
    went = sum(stay.over and stay.last.start_year == year for stay in stays)
    return (
        f"Trong năm học vào trường {came} học sinh, ra trường {went} học sinh. Ngày ra trường và nơi đến ghi theo hồ sơ đến "
        "ngày đọc sổ."
    )


# -- stays -------------------------------------------------------------------------------------------------------


def _stays(session: Session, asked: Asked) -> list[Stay]:
    """Stays of all who had a place at the school in the year; two statements."""
    found: dict[int, list[Any]] = {}
    for place in session.execute(_places(asked)):
        found.setdefault(place.student_id, []).append(place)
    completed = _completed(session, asked)
    return [
        stay for student, places in found.items() for stay in _parted(student, places, completed, asked.day)
    ]


def _places(asked: Asked) -> sa.Select[*tuple[Any, ...]]:
    here = (
        sa.select(Enrolment.student_id)
        .join(SchoolClass, SchoolClass.id == Enrolment.class_id)
        .where(SchoolClass.unit_id == asked.unit.id, SchoolClass.school_year_id == asked.year.id)
    )
    return (
        sa.select(
            Enrolment.student_id,
            Enrolment.starts_on,
            Enrolment.ends_on,
            Enrolment.status_code,
            Enrolment.entry_code,
            Enrolment.leave_reason_code,
            Enrolment.other_school,
            Enrolment.register_no,
            SchoolClass.name.label("class_name"),
            SchoolClass.level,
            SchoolClass.grade,
            SchoolYear.start_year,
            SchoolYear.ends_on.label("year_ends_on"),
        )
        .join(SchoolClass, SchoolClass.id == Enrolment.class_id)
        .join(SchoolYear, SchoolYear.id == SchoolClass.school_year_id)
        .where(
            SchoolClass.unit_id == asked.unit.id,
            Enrolment.starts_on <= asked.day,
            Enrolment.student_id.in_(here),
        )
        .order_by(Enrolment.starts_on, Enrolment.id)
    )


def _completed(session: Session, asked: Asked) -> frozenset[tuple[int, int]]:
    """(student, year) of the results on record that say "hoàn thành chương trình"; one statement."""
    query = (
        sa.select(StudentResult.student_id, SchoolYear.start_year)
        .join(SchoolYear, SchoolYear.id == StudentResult.school_year_id)
        .where(
            StudentResult.unit_id == asked.unit.id,
            StudentResult.period == YEAR,
            StudentResult.outcome == Outcome.COMPLETED,
        )
    )
    return frozenset((student, year) for student, year in session.execute(query))


def _parted(
    student: int, places: Sequence[Any], completed: frozenset[tuple[int, int]], day: date
) -> Iterable[Stay]:
    """The places cut after each that ended with moving away or stopping."""
    start = 0
    for end, place in enumerate(places, start=1):
        gone = not is_studying(place.status_code) and place.ends_on is not None
        if gone or end == len(places):
            finished = not gone and _finished(place, completed, day)
            yield Stay(student, tuple(places[start:end]), gone, finished)
            start = end


def _finished(place: Any, completed: frozenset[tuple[int, int]], day: date) -> bool:
    """The last place was in the last grade of a level, and that year is over; by the result where there are results."""
    over = min(place.ends_on or place.year_ends_on, place.year_ends_on) < day and place.year_ends_on < day
    if not over or place.grade != max(grades_of(place.level)):
        return False
    return place.level is Level.PRESCHOOL or (place.student_id, place.start_year) in completed


# -- lines -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _People:
    """The personal sheets the lines need. `unit_id`: whose register it is."""

    unit_id: int
    students: Mapping[int, Student]
    parents: Mapping[int, Mapping[str, str]]

    @classmethod
    def of(cls, session: Session, asked: Asked, ids: Iterable[int]) -> "_People":
        """Two statements."""
        wanted = sorted(ids)
        students = session.scalars(sa.select(Student).where(Student.id.in_(wanted)))
        parents: dict[int, dict[str, str]] = {}
        query = sa.select(Guardian.student_id, Guardian.relation, Guardian.full_name)
        for student, relation, name in session.execute(query.where(Guardian.student_id.in_(wanted))):
            parents.setdefault(student, {})[relation] = name
        return cls(asked.unit.id, {student.id: student for student in students}, parents)

    def number(self, stay: Stay) -> str:
        """The number in this school's register: on the sheet while the student is here, else left with the place."""
        student = self.students[stay.student_id]
        if student.unit_id == self.unit_id:
            return student.register_no or ""
        return next((p.register_no for p in reversed(stay.places) if p.register_no), "")

    def parents_of(self, stay: Stay) -> str:
        """Father, mother and guardian by name."""
        named = self.parents.get(stay.student_id, {})
        return "; ".join(f"{title}: {named[key]}" for key, title in _PARENTS.items() if key in named)


def _sheets(caption: str, stays: Sequence[Stay], people: _People) -> list[Sheet]:
    """The lines by number, some at a time: each part is drawn by itself; one empty sheet for nobody."""
    ordered = sorted(stays, key=lambda stay: _order(stay, people))
    rows = [_row(no, stay, people) for no, stay in enumerate(ordered, start=1)]
    return [
        sheet_of(
            f"{caption} (tiếp theo)" if start else caption, "Họ và tên", _HEADS, tuple(rows[start : start + _TOGETHER]),
            name_width=38, empty="Không có học sinh.",
        )
        for start in range(0, max(1, len(rows)), _TOGETHER)
    ]  # fmt: skip


def _order(stay: Stay, people: _People) -> tuple[bool, int, str, date, str]:
    """By number, running ones by their size; who has none last, by day and name."""
    number = people.number(stay)
    size = int(number) if number.isascii() and number.isdigit() else 0
    return not number, size, number, stay.first.starts_on, people.students[stay.student_id].sort_key


def _row(no: int, stay: Stay, people: _People) -> Row:
    student = people.students[stay.student_id]
    return Row(
        no,
        student.full_name,
        (
            people.number(stay),
            format_date(student.birth_date),
            CODE_LISTS["sex"].label(student.sex_code),
            CODE_LISTS["ethnicity"].label(student.ethnicity_code),
            student.birthplace or "",
            people.parents_of(stay),
            student.address or "",
            format_date(stay.first.starts_on),
            _entered(stay.first),
            format_date(_left_on(stay)) if stay.over else "",
            _left_for(stay) if stay.over else "",
        ),
    )


def _entered(place: Any) -> str:
    """Class, the way in, and where from: a place that ended with leaving names where to instead."""
    way = CODE_LISTS["entry_kind"].label(place.entry_code)
    if place.entry_code == _FROM_ELSEWHERE and place.other_school and is_studying(place.status_code):
        way = f"{way} từ {place.other_school}"
    return ", ".join(part for part in (f"Lớp {place.class_name}", way) if part)


def _left_on(stay: Stay) -> date:
    ended: date = stay.last.ends_on or stay.last.year_ends_on
    return ended if stay.gone else min(ended, stay.last.year_ends_on)


def _left_for(stay: Stay) -> str:
    last = stay.last
    if stay.completed:
        return f"{_LAST_CLASS[last.level]} (lớp {last.class_name})"
    parts = [
        CODE_LISTS["enrolment_status"].label(last.status_code),
        CODE_LISTS["leave_reason"].label(last.leave_reason_code),
        f"đến {last.other_school}" if last.other_school else "",
    ]
    return ", ".join(part for part in parts if part)
