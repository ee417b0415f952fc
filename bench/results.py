"""A whole school's term worked out again: 12,000 term averages and 1,000 results, stored with history, against the floor.

The floor writes the same rows and their history by raw executemany in the same run.
"""

import statistics
import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask import Flask
from sqlalchemy_continuum import version_class

from app.domain.names import fold
from app.domain.vocabulary import GroupKind, Level, Passing, SubjectKind
from app.extensions import db
from app.models import (
    Enrolment,
    Grade,
    GradebookSheet,
    SchoolClass,
    Student,
    StudentResult,
    Subject,
    SubjectPlan,
    TeachingGroup,
    TrainingRow,
    TxLog,
)
from app.services.guards import lifted
from app.services.results.recompute import recompute
from bench.result import Line
from tests.conftest import counting
from tests.factories import province as factory
from tests.factories.province import FIRST_DAY, Province

CLASSES, PER_CLASS = 25, 40
SUBJECTS = (
    *((code, SubjectKind.SCORED) for code in ("math", "literature", "foreign_language_1", "civic_education",
                                              "history_geography", "natural_science", "technology", "informatics")),
    *((code, SubjectKind.COMMENT) for code in ("physical_education", "arts", "experiential_career", "local_education")),
)  # fmt: skip
MOST = 5
REASON = "bench"


def measure(app: Flask, engine: str, rounds: int) -> list[Line]:
    """Lines of one engine: the pass, its floor, their ratio, and how statements grow."""
    with app.app_context():
        province = factory.build(app, pupils=1)
        seed_school(province, CLASSES)
        runs, floors = [], []
        for _n in range(rounds):
            _forget()
            runs.append(_seconds(lambda: _recompute(province)))
            floors.append(_seconds(lambda: _floor(province)))
        statements = _statements(app, province)
    run, floor = statistics.median(runs), statistics.median(floors)
    rows = CLASSES * PER_CLASS * len(SUBJECTS)
    return [
        Line(engine, f"{rows:,} averages and {CLASSES * PER_CLASS:,} results recomputed", run, "s"),
        Line(engine, "floor: the same rows and history, raw", floor, "s"),
        Line(engine, "recomputed / floor", run / floor, "×", most=MOST),
        Line(engine, "statements of the pass, a class", statements / CLASSES, "", most=10),
    ]


def measure_growth(app: Flask, engine: str) -> Line:
    """Two classes of another school, of twice the students, take as many statements."""
    with app.app_context():
        province = factory.build(app, pupils=1)
        seed_school(province, 2, 10)
        few = _statements(app, province)
        province.first = province.second
        seed_school(province, 2, 20, first=50)
        twice = _statements(app, province)
    return Line(engine, "statements of the pass, more with twice the students", twice - few, "", most=0)


def _recompute(province: Province) -> None:
    done = recompute(province.first.unit_id, province.year_id, reason=REASON, clock=province.clock)
    assert done.averages, "nothing was recomputed"


def _statements(app: Flask, province: Province) -> int:
    _forget()
    with counting(app) as statements:
        _recompute(province)
    return len(statements)


def _seconds(run: Callable[[], Any]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def _plain(work: Callable[[sa.Connection], None]) -> None:
    with lifted("bench: a school's marks"), db.engine.connect() as plain:
        connection = plain.execution_options(hocvu_write=True)
        with connection.begin():
            work(connection)


def _forget() -> None:
    """As if nothing had been worked out: every stored average blank, no results."""

    def work(connection: sa.Connection) -> None:
        connection.execute(sa.update(Grade.__table__).values(average=sa.null()))
        connection.execute(sa.delete(StudentResult.__table__))

    _plain(work)
    db.session.remove()


def seed_school(province: Province, classes: int, per_class: int = PER_CLASS, first: int = 0) -> None:
    """Classes of the first school with every sheet of term I full, by plain inserts."""
    codes = {code: number for number, code in db.session.execute(sa.select(Subject.id, Subject.code))}
    _plain(lambda connection: _write(connection, province, codes, range(first, first + classes), per_class))
    db.session.remove()


def _write(
    connection: sa.Connection, province: Province, codes: dict[str, int], numbers: range, per_class: int
) -> None:
    unit, year = province.first.unit_id, province.year_id
    if not numbers.start:  # the province's plan is there already for a second school
        lines = [
            {"unit_id": province.department_id, "school_year_id": year, "level": Level.LOWER_SECONDARY, "grade": 6,
             "subject_id": codes[code], "annual_lessons": 140, "status": "compulsory", "terms": [1]}
            for code, _kind in SUBJECTS
        ]  # fmt: skip
        connection.execute(sa.insert(SubjectPlan.__table__), lines)
    for number in numbers:
        _write_class(connection, unit, year, codes, number, per_class)


def _write_class(
    connection: sa.Connection, unit: int, year: int, codes: dict[str, int], number: int, per_class: int
) -> None:
    key = 100_000 + number
    common = {"unit_id": unit, "school_year_id": year}
    school_class = {"id": key, "level": "lower_secondary", "grade": 6, "name": f"6B{number}", "circular": "tt22-2021",
                    "order_no": number} | common  # fmt: skip
    connection.execute(sa.insert(SchoolClass.__table__), [school_class])
    group = {"id": key, "kind": GroupKind.WHOLE_CLASS, "name": f"6B{number}", "class_id": key} | common
    connection.execute(sa.insert(TeachingGroup.__table__), [group])
    students = [_student(unit, 1_000_000 + number * 1000 + n, n) for n in range(per_class)]
    connection.execute(sa.insert(Student.__table__), students)
    places = [
        {"student_id": s["id"], "class_id": key, "starts_on": FIRST_DAY, "status_code": "01"}
        for s in students
    ]
    connection.execute(sa.insert(Enrolment.__table__), places)
    sheets = [
        {"id": 10_000_000 + number * 100 + n, "term": 1, "group_id": key, "class_id": key, "subject_id": codes[code],
         "grade": 6, "level": "lower_secondary", "kind": kind, "circular": "tt22-2021", "form": "marks",
         "regular_count": 4 if kind is SubjectKind.SCORED else 2, "periodic_count": 0, "tests": [], "revision": 1,
         "results_revision": 0} | common
        for n, (code, kind) in enumerate(SUBJECTS)
    ]  # fmt: skip
    training = sheets[0] | {"id": 10_000_099 + number * 100, "subject_id": codes["training"], "form": "training",
                            "kind": SubjectKind.HOMEROOM, "regular_count": 0}  # fmt: skip
    connection.execute(sa.insert(GradebookSheet.__table__), [*sheets, training])
    rows = [_marks(sheet, s["id"], n) for sheet in sheets for n, s in enumerate(students)]
    for kind in SubjectKind:
        some = [row for row, of in rows if of is kind]
        if some:
            connection.execute(sa.insert(Grade.__table__), some)
    kept = [
        {"sheet_id": training["id"], "student_id": s["id"], "class_id": key, "training": "good", "excused": 1,
         "unexcused": 0}
        for s in students
    ]  # fmt: skip
    connection.execute(sa.insert(TrainingRow.__table__), kept)


def _marks(sheet: dict[str, Any], student_id: int, n: int) -> tuple[dict[str, Any], SubjectKind]:
    scored = sheet["kind"] is SubjectKind.SCORED
    mark: Any = Decimal(50 + n).scaleb(-1) if scored else Passing.PASSED
    columns = [f"regular_{c}" for c in range(1, sheet["regular_count"] + 1)] + ["midterm", "final"]
    row = {"sheet_id": sheet["id"], "student_id": student_id, "class_id": sheet["class_id"]}
    return row | dict.fromkeys(columns, mark), sheet["kind"]


def _student(unit_id: int, key: int, n: int) -> dict[str, Any]:
    name = f"Học Sinh {key}"
    return {
        "id": key, "unit_id": unit_id, "family_name": "Học", "middle_name": "Sinh", "given_name": str(key),
        "full_name": name, "name_folded": fold(name), "sort_key": f"{key}", "birth_date": date(2014, 1, 1 + n % 28),
        "sex_code": "01", "ethnicity_code": "01", "nationality": "Việt Nam", "status_code": "01",
    }  # fmt: skip


def _floor(province: Province) -> None:
    """The rows the pass has just written, and a history row each, by plain executemany and one commit."""
    grades = [
        tuple(row) for row in db.session.execute(sa.select(Grade.sheet_id, Grade.student_id, Grade.average))
    ]
    results = [dict(row) for row in db.session.execute(sa.select(StudentResult.__table__)).mappings()]
    db.session.remove()
    _plain(lambda connection: _write_floor(connection, province, grades, results))


def _write_floor(
    connection: sa.Connection, province: Province, grades: list[Any], results: list[dict[str, Any]]
) -> None:
    tx = connection.execute(
        sa.insert(TxLog.__table__).values(issued_at=province.clock(), action="bench.floor")
    ).inserted_primary_key[0]
    grade, history = Grade.__table__, version_class(Grade).__table__
    where = sa.and_(
        grade.c.sheet_id == sa.bindparam("b_sheet"), grade.c.student_id == sa.bindparam("b_student")
    )
    connection.execute(
        sa.update(grade).where(where).values(average=sa.bindparam("b_average")),
        [{"b_sheet": s, "b_student": n, "b_average": average} for s, n, average in grades],
    )
    connection.execute(
        sa.insert(history),
        [{"sheet_id": s, "student_id": n, "average": average, "transaction_id": tx, "operation_type": 1}
         for s, n, average in grades],
    )  # fmt: skip
    connection.execute(sa.delete(StudentResult.__table__))
    connection.execute(sa.insert(StudentResult.__table__), results)
    kept = version_class(StudentResult).__table__
    connection.execute(
        sa.insert(kept), [row | {"transaction_id": tx, "operation_type": 0} for row in results]
    )
