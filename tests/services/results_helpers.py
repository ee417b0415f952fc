"""What the tests of results share: a class under any circular with its plan, sheets and marks."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from app.domain.access import SYSTEM
from app.domain.vocabulary import GroupKind, Level, Passing, SubjectKind
from app.extensions import db
from app.models import (
    ROWS,
    Enrolment,
    GradebookSheet,
    HomeroomAssignment,
    SchoolClass,
    SchoolYear,
    Student,
    StudentResult,
    Subject,
    SubjectPlan,
    TeachingGroup,
)
from app.services import averages
from app.services.clock import local_day
from app.services.results.judging import Judged, judge_class
from app.services.results.reading import Reading, read_classes
from app.services.sheet_cells import has_average
from app.services.sheets import ensure_homeroom_sheets, ensure_sheets
from app.services.unit_of_work import transaction
from tests.factories.province import FIRST_DAY, PUPILS, Province, School

SCORED = (
    ("literature", 140), ("math", 140), ("foreign_language_1", 105), ("civic_education", 35),
    ("history_geography", 105), ("natural_science", 140), ("technology", 35), ("informatics", 35),
)  # fmt: skip
COMMENT = (("physical_education", 70), ("arts", 70), ("experiential_career", 105), ("local_education", 35))
YEAR_OVER = datetime(2027, 6, 15, 2, 0, tzinfo=UTC)


@dataclass
class Made:
    """A class made for a test."""

    class_id: int
    unit_id: int
    year_id: int
    students: list[int] = field(default_factory=list)
    sheets: dict[tuple[str, int], int] = field(default_factory=dict)  # (subject code, term)


def lines_of(*lines: Any) -> list[tuple[str, int, str, tuple[int, ...]]]:
    """(code, lessons[, status[, terms]]) as whole plan lines."""
    return [(*line, *("compulsory", (1, 2))[len(line) - 2 :])[:4] for line in lines]


THCS = lines_of(*SCORED, *COMMENT)


def make_class(
    province: Province,
    name: str,
    lines: Iterable[tuple[str, int, str, tuple[int, ...]]] = THCS,
    *,
    circular: str = "tt22-2021",
    level: Level = Level.LOWER_SECONDARY,
    grade: int = 8,
    pupils: int = 4,
    school: School | None = None,
) -> Made:
    """A class with its plan, sheets and students, homeroom teacher longpd; the school's own plan lines."""
    place = school or province.first
    with transaction(SYSTEM, "test.class", clock=province.clock) as work:
        year = work.session.get_one(SchoolYear, province.year_id)
        row = SchoolClass(
            unit_id=place.unit_id,
            school_year_id=year.id,
            level=level,
            grade=grade,
            name=name,
            circular=circular,
        )
        group = TeachingGroup(
            unit_id=place.unit_id,
            school_year_id=year.id,
            kind=GroupKind.WHOLE_CLASS,
            name=name,
            school_class=row,
        )
        work.session.add_all([row, group])
        work.flush()
        made = Made(row.id, place.unit_id, year.id)
        work.session.add(
            HomeroomAssignment(person_id=place.person_ids["longpd"], class_id=row.id, starts_on=FIRST_DAY)
        )
        subjects = {s.code: s for s in work.session.scalars(sa.select(Subject))}
        held = {
            line.subject_id
            for line in work.session.scalars(
                sa.select(SubjectPlan).where(
                    SubjectPlan.unit_id == place.unit_id,
                    SubjectPlan.level == level,
                    SubjectPlan.grade == grade,
                )
            )
        }
        for code, lessons, status, terms in lines:
            if subjects[code].id not in held:
                work.session.add(
                    SubjectPlan(
                        unit_id=place.unit_id, school_year_id=year.id, level=level, grade=grade, terms=list(terms),
                        subject=subjects[code], annual_lessons=lessons, status=status,
                    )
                )  # fmt: skip
        work.flush()
        for code, *_rest in lines:
            ensure_sheets(work, group, subjects[code], year)
        ensure_homeroom_sheets(work, row, group)
        made.students += [_student(work, place.unit_id, row, number) for number in range(pupils)]
        work.flush()
        for sheet in work.session.scalars(sa.select(GradebookSheet).where(GradebookSheet.class_id == row.id)):
            made.sheets[sheet.subject.code, sheet.term] = sheet.id
    return made


def _student(work: Any, unit_id: int, row: SchoolClass, number: int) -> int:
    family, middle, given = PUPILS[number % len(PUPILS)]
    name = f"{family} {middle} {given} {number}"
    student = Student(
        unit_id=unit_id, family_name=family, middle_name=middle, given_name=given, full_name=name, name_folded=name,
        sort_key=f"{number:03}", birth_date=date(2013, 1, 1), sex_code="01",
    )  # fmt: skip
    work.session.add(student)
    work.session.add(Enrolment(student=student, school_class=row, starts_on=FIRST_DAY))
    work.flush()
    return student.id


def put(province: Province, made: Made, student: int, code: str, term: int, **cells: Any) -> None:
    """Write a line as a save does: its cells, its result, and the sheet's revision."""
    with transaction(SYSTEM, "test.put", clock=province.clock) as work:
        put_in(work, made.sheets[code, term], student, cells)


def put_in(work: Any, sheet_id: int, student: int, cells: Mapping[str, Any]) -> None:
    """The same inside a transaction."""
    sheet = work.session.get_one(GradebookSheet, sheet_id)
    model = ROWS[sheet.form]
    row = work.session.get(model, (sheet_id, student))
    if row is None:
        row = model(sheet_id=sheet_id, student_id=student, class_id=sheet.class_id)
        work.session.add(row)
    for name, value in cells.items():
        setattr(row, name, value)
    if has_average(sheet.form):
        row.average = averages.term_result(sheet, row)
    sheet.revision += 1


def full(sheet: GradebookSheet, mark: str | Decimal) -> dict[str, Any]:
    """All cells of a sheet of marks filled with one mark; Đ in a comment subject."""
    value: Any = Decimal(mark) if sheet.kind is SubjectKind.SCORED else Passing.PASSED
    cells = {f"regular_{n}": value for n in range(1, sheet.regular_count + 1)}
    cells |= {f"periodic_{n}": value for n in range(1, sheet.periodic_count + 1)}
    return cells | ({"final": value} if sheet.periodic_count else {"midterm": value, "final": value})


def fill(
    province: Province,
    made: Made,
    students: Sequence[int] | None = None,
    mark: str = "8.0",
    terms: Iterable[int] = (1, 2),
    without: Iterable[tuple[str, int]] = (),
    training: str = "good",
) -> None:
    """Every mark of the students, every comment Đạt, training results and four sessions missed each term."""
    with transaction(SYSTEM, "test.fill", clock=province.clock) as work:
        for (code, term), sheet_id in made.sheets.items():
            if term not in terms or (code, term) in set(without):
                continue
            sheet = work.session.get_one(GradebookSheet, sheet_id)
            for student in made.students if students is None else students:
                if code == "training":
                    put_in(work, sheet_id, student, {"training": training, "excused": 3, "unexcused": 1})
                elif code != "traits":
                    put_in(work, sheet_id, student, full(sheet, mark))


def reading_of(province: Province, made: Made) -> Reading:
    """What is read of the class now."""
    session = db.session()
    session.rollback()
    school_class = session.get_one(SchoolClass, made.class_id)
    return read_classes(session, [school_class], school_class.school_year, local_day(province.now))


def judged_of(province: Province, made: Made, period: int) -> dict[int, Judged]:
    """Everybody of the class by student."""
    found = judge_class(reading_of(province, made), made.class_id, period)
    return {judged.pupil.student_id: judged for judged in found}


def stored_of(made: Made, student: int, period: int) -> StudentResult | None:
    """The result on record."""
    db.session.rollback()
    db.session.expire_all()
    return db.session.get(StudentResult, (student, made.year_id, period))
