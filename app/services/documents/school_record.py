"""Học bạ: the personal page, and for each year of the level spent at this school the pages of that year.

TT 22/2021 Điều 18, 19; TT 27/2020 Điều 10 and Phụ lục 1; TT 58/2011 Điều 19; TT 43/2021.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.domain.assessment.facts import SubjectFigure
from app.domain.assessment.primary_plan import group_name, traits_shown
from app.domain.assessment.registry import CONDUCT, PRIMARY
from app.domain.assessment.terms import LAST_GRADES, AcademicLevel, Conduct, Outcome, ResultLevel
from app.domain.dates import format_date
from app.domain.vocabulary import Level
from app.models import Enrolment, SchoolClass, Student
from app.reports.contexts import PrintStamp
from app.reports.form import YEAR
from app.reports.learners import PathLine, RecordLine, RecordYear, SchoolRecord
from app.reports.papers import Paper, Part
from app.reports.wording import counted
from app.services.book_reading import Seat
from app.services.documents import words
from app.services.documents.asked import Asked
from app.services.documents.before import places, struck
from app.services.documents.reading import ClassRecord, read_class
from app.services.results.judging import Judged

_LEVELS: Final = {
    Level.PRIMARY: "TIỂU HỌC",
    Level.LOWER_SECONDARY: "TRUNG HỌC CƠ SỞ",
    Level.UPPER_SECONDARY: "TRUNG HỌC PHỔ THÔNG",
    Level.CONTINUING_LOWER: "GIÁO DỤC THƯỜNG XUYÊN CẤP TRUNG HỌC CƠ SỞ",
    Level.CONTINUING_UPPER: "GIÁO DỤC THƯỜNG XUYÊN CẤP TRUNG HỌC PHỔ THÔNG",
}
_PASSED: Final = frozenset({Outcome.PROMOTED, Outcome.COMPLETED})
_NONE: Final = "không có"
_LAST: Final = LAST_GRADES | {5}


def build(session: Session, asked: Asked, stamp: PrintStamp) -> Paper:
    """A school record for each student of the class, or for one; each past class is read once."""
    room = asked.school_class
    alone = asked.alone
    present = read_class(session, room, asked.day, alone)
    students = [seat.student.id for seat in present.students(asked.period)]
    places = _places(session, students, room)
    past = _past(session, asked, students, places)
    parts = []
    for seat in present.students(asked.period):
        own = [record for record in past.values() if seat.student.id in record.seats]
        own.sort(key=lambda record: record.room.school_year.start_year)
        years = [_year(record, seat.student.id, YEAR) for record in own]
        years.append(_year(present, seat.student.id, asked.period))
        page = _record(asked, present, seat, places.get(seat.student.id, ()), years)
        parts.append(Part(f"Học bạ, {seat.student.full_name}", page, seat.student.id))
    title = f"{asked.form.short_name} lớp {room.name}, {present.heading.school_year}"
    return Paper(asked.form, present.heading, title, tuple(parts), stamp)


Place = tuple[Enrolment, SchoolClass]


def _places(session: Session, students: Sequence[int], room: SchoolClass) -> dict[int, list[Place]]:
    """Every class of the level each student has sat in up to this year, oldest first; one statement."""
    query = (
        sa.select(Enrolment, SchoolClass)
        .join(SchoolClass, SchoolClass.id == Enrolment.class_id)
        .where(Enrolment.student_id.in_(students), SchoolClass.level == room.level)
        .options(joinedload(SchoolClass.unit), joinedload(SchoolClass.school_year))
        .order_by(Enrolment.starts_on, Enrolment.id)
    )
    found: dict[int, list[Place]] = defaultdict(list)
    for enrolment, school_class in session.execute(query):
        if school_class.school_year.start_year <= room.school_year.start_year:
            found[enrolment.student_id].append((enrolment, school_class))
    return found


def _past(
    session: Session, asked: Asked, students: Sequence[int], places: Mapping[int, Sequence[Place]]
) -> dict[int, ClassRecord]:
    """Records of the classes of earlier years at this school under the form's circulars, by class."""
    room = asked.school_class
    sat: dict[int, set[int]] = defaultdict(set)
    rooms: dict[int, SchoolClass] = {}
    for student in students:
        for _enrolment, other in places.get(student, ()):
            earlier = other.school_year.start_year < room.school_year.start_year
            if earlier and other.unit_id == room.unit_id and other.circular in asked.form.circulars:
                rooms[other.id] = other
                sat[other.id].add(student)
    found = {}
    for class_id, other in rooms.items():
        record = read_class(session, other, other.school_year.ends_on, sat[class_id])
        ended = {pupil.student_id for pupil in record.reading.of_class(class_id, YEAR)}
        if ended:
            seats = {student: seat for student, seat in record.seats.items() if student in ended}
            found[class_id] = replace(record, seats=seats)
    return found


def _record(
    asked: Asked, record: ClassRecord, seat: Seat, places: Sequence[Place], years: Sequence[RecordYear]
) -> SchoolRecord:
    learner = words.learner(seat)
    return SchoolRecord(
        learner=learner,
        level=_LEVELS.get(record.room.level, ""),
        law=asked.form.legal_source,
        number=learner.register_no,
        school=record.heading.school,
        authority=record.heading.authority_above,
        path=_paths(record, seat.student, places),
        years=tuple(years),
        head=record.officials.head,
        head_title=words.head_title(record.officials),
        old=record.room.circular in CONDUCT,
    )


def _paths(record: ClassRecord, student: Student, places: Sequence[Place]) -> tuple[PathLine, ...]:
    """Every year with its school; before the class of this year the school outside whose term I counts in it."""
    found: list[PathLine] = []
    elsewhere = record.reading.elsewhere.get(student.id)
    numbers = {room.unit_id: place.register_no for place, room in places if place.register_no}
    numbers[student.unit_id] = student.register_no or ""
    for enrolment, room in places:
        if elsewhere is not None and room.school_year_id == elsewhere.school_year_id:
            year = f"{room.school_year.start_year}-{room.school_year.start_year + 1}"
            note = "Học kì I, kết quả theo hồ sơ chuyển trường"
            found.append(PathLine(year, elsewhere.class_name, elsewhere.source_name, note))
            elsewhere = None
        found.append(_path(enrolment, room, numbers.get(room.unit_id, "")))
    return tuple(found)


def _path(enrolment: Enrolment, room: SchoolClass, number: str) -> PathLine:
    year = room.school_year
    note = (
        f"Chuyển đến từ {enrolment.other_school}"
        if enrolment.entry_code == "1" and enrolment.other_school
        else ""
    )
    return PathLine(
        f"{year.start_year}-{year.start_year + 1}",
        room.name,
        room.unit.name,
        note,
        number,
        format_date(enrolment.starts_on),
    )


def _year(record: ClassRecord, student: int, period: int) -> RecordYear:
    """The pages of a year; what corrections have changed is struck, and its places told (facts A12)."""
    page, old = _pages(record, student, period), record.before
    if old is None:
        return page
    page = struck(page, _pages(old, student, period))
    return replace(page, corrections=_corrections(page))


def _pages(record: ClassRecord, student: int, period: int) -> RecordYear:
    """The same as the record has it; before the year's end those columns stay empty that only the end fills."""
    primary = record.room.circular in PRIMARY
    judged = {p: record.result(student, p) for p in (1, 2, YEAR)}
    if period != YEAR:
        judged = {p: found if p <= period and p != YEAR else None for p, found in judged.items()}
    year = judged[YEAR]
    result = year.result if year else None
    last = 2 if period == YEAR else period
    excused, unexcused = record.sessions(student, (1, 2) if period == YEAR else (period,))
    outcome = Outcome(result.outcome) if result and result.outcome else None
    return RecordYear(
        year=record.heading.school_year,
        class_name=record.room.name,
        grade=record.room.grade,
        school=record.heading.school,
        place=record.heading.authority_above,
        subjects=tuple(
            (_primary_line if primary else _line)(record, student, figure, period)
            for figure in record.figures(student, YEAR)
        ),
        corrections=_NONE,
        learning=_words(record, student, judged, "learning"),
        training=_words(record, student, judged, "training"),
        average=_words(record, student, judged, "average"),
        absences="" if year is None or year.facts.absences is None else str(year.facts.absences),
        excused=excused,
        unexcused=unexcused,
        learning_after=words.mark(result.learning_after) if result else "",
        training_after=words.training_word(record.room.circular, year.facts.training_after_summer)
        if year
        else "",
        outcome=words.outcome_word(year),
        completed=_completed(record, outcome),
        title=words.mark(result.title) if result else "",
        remark=_homeroom(record, student, period),
        remark_after="",
        homeroom=record.officials.homeroom,
        head=record.officials.head,
        head_title=words.head_title(record.officials),
        traits=_traits(record, judged[last] if period != YEAR else year) if primary else (),
    )


def _line(record: ClassRecord, student: int, figure: SubjectFigure, period: int) -> RecordLine:
    subject, year = record.subject_ids[figure.code], period == YEAR
    remarks = {term: record.remark(student, subject, term) for term in (1, 2)}
    first, second = remarks[1], remarks[2] if year or period == 2 else ""
    last = 2 if year else period  # a subject of term I alone has its teacher of then
    teachers = record.teachers_of(student, subject, last) or record.teachers_of(student, subject, 1)
    free = figure.exempt and figure.value is None
    return RecordLine(
        subject=figure.name,
        term_1=words.mark(figure.term_1),
        term_2=words.mark(figure.term_2) if period in (2, YEAR) else "",
        year="" if not year else "Miễn" if free else words.mark(figure.value),
        retest=words.mark(figure.retest) if year else "",
        remark=second or first,
        teacher=", ".join(teachers),
    )


def _primary_line(record: ClassRecord, student: int, figure: SubjectFigure, period: int) -> RecordLine:
    """Level, test and comment at the end of the year, or of term I while it lasts (TT 27/2020 Phụ lục 1)."""
    subject = record.subject_ids[figure.code]
    term = 2 if period == YEAR else period
    found = figure if period == YEAR else _of(record.figures(student, period), figure.code)
    return RecordLine(
        subject=figure.name,
        level=words.subject_value(found, found.value) if found else "",
        test=words.score(found.test) if found else "",
        remark=record.remark(student, subject, term),
        teacher=", ".join(record.teachers_of(student, subject, term)),
        retest=words.mark(figure.retest) if period == YEAR else "",
    )


def _of(figures: Sequence[SubjectFigure], code: str) -> SubjectFigure | None:
    return next((figure for figure in figures if figure.code == code), None)


def _words(
    record: ClassRecord, student: int, judged: Mapping[int, Judged | None], name: str
) -> tuple[str, str, str]:
    """A result of both terms and the year; of a term at a school outside as that school gave it."""
    values = [
        getattr(found.result, name) if found else None for found in (judged[1], judged[2], judged[YEAR])
    ]
    if values[0] is None and (counted := record.reading.spent_elsewhere(student, 1)) is not None:
        values[0] = _of_term(record.room.circular, name, getattr(counted, name))
    first, second, year = (words.mark(value) for value in values)
    return first, second, year


def _of_term(circular: str, name: str, text: str | None) -> Any:
    """A word of the circular, or ĐTB các môn, as the counted term keeps it."""
    if text is None:
        return None
    if name == "average":
        return Decimal(text)
    old = Conduct if name == "training" else AcademicLevel
    return (old if circular in CONDUCT else ResultLevel)(text)


def _corrections(page: RecordYear) -> str:
    """How many places of the table of subjects were corrected, and of which subjects."""
    names = ", ".join(line.subject for line in page.subjects if places(line))
    return f"{counted(places((page.subjects, page.average)))} chỗ, thuộc các môn: {names}" if names else _NONE


def _completed(record: ClassRecord, outcome: Outcome | None) -> str:
    """What the last year of a level is confirmed with."""
    if outcome not in _PASSED or record.room.grade not in _LAST:
        return ""
    return f"Hoàn thành chương trình {_LEVELS.get(record.room.level, '').lower()}"


def _homeroom(record: ClassRecord, student: int, period: int) -> str:
    first = record.homeroom_remark(student, 1)
    second = record.homeroom_remark(student, 2) if period in (2, YEAR) else ""
    if first and second and first != second:
        return f"Học kì I: {first} Học kì II: {second}"
    return second or first


def _traits(
    record: ClassRecord, judged: Judged | None
) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    levels = judged.facts.traits if judged else {}
    room = record.room
    grouped: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for trait in traits_shown(room.circular, room.grade, {code for code, level in levels.items() if level}):
        grouped[group_name(room.circular, trait)].append((trait.name, levels.get(trait.code) or ""))
    return tuple((name, tuple(rows)) for name, rows in grouped.items())
