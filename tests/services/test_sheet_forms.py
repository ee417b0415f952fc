"""Sheets that are not of marks alone: primary subjects, qualities and competences, training results, weight-2 tests."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from app.domain.access import SYSTEM
from app.domain.sheet_forms import SheetForm
from app.domain.vocabulary import Level, MarkState, UnitKind, WindowEffect, WindowMode
from app.errors import Invalid, Locked, NotFound
from app.extensions import db
from app.models import Enrolment, GradebookSheet, LockWindow, OrgUnit, SubjectPlan
from app.services import assignments, classes, history, setup
from app.services.assignments import NewAssignment
from app.services.cells import CellChange
from app.services.classes import NewClass
from app.services.gradebook import enter_scores, record_absence
from app.services.sheet_reading import load_facts, load_lines
from app.services.unit_of_work import transaction
from tests.factories.province import FIRST_DAY, Province
from tests.services.helpers import acting

TEACHER, HOMEROOM = "longpd.thcstk", "habtt.thcstk"


@pytest.fixture
def primary(province: Province) -> dict[str, int]:
    """Class 4A of a school that teaches primary grades too: its id and sheets by subject code; term I."""
    school = province.first
    with transaction(SYSTEM, "test.levels", clock=province.clock) as work:
        unit = work.session.get_one(OrgUnit, school.unit_id)
        unit.kind, unit.levels = UnitKind.MULTI_LEVEL, [Level.PRIMARY.value, Level.LOWER_SECONDARY.value]
        for code, lessons in (("math", 175), ("art", 70)):
            line = SubjectPlan(
                unit_id=province.department_id,
                school_year_id=province.year_id,
                level=Level.PRIMARY,
                grade=4,
                subject_id=province.subject_ids[code],
                annual_lessons=lessons,
            )
            work.session.add(line)
    made = classes.create_class(
        SYSTEM, school.unit_id, province.year_id, NewClass("4A", 4), clock=province.clock
    )
    group = classes.whole_class_group(db.session(), made)
    for code in ("math", "art"):
        new = NewAssignment(school.person_ids["longpd"], group.id, province.subject_ids[code], FIRST_DAY)
        assignments.assign_teacher(SYSTEM, new, clock=province.clock)
    assignments.assign_homeroom(SYSTEM, made, school.person_ids["habtt"], FIRST_DAY, clock=province.clock)
    move(province, made)
    return {"class": made} | sheets_of(made, 1)


def move(province: Province, class_id: int) -> None:
    """Seat three students of 7A there instead."""
    with transaction(SYSTEM, "test.move", clock=province.clock) as work:
        for student_id in province.first.student_ids[:3]:
            for place in work.session.scalars(sa.select(Enrolment).where(Enrolment.student_id == student_id)):
                place.class_id = class_id


def sheets_of(class_id: int, term: int) -> dict[str, int]:
    rows = db.session.scalars(
        sa.select(GradebookSheet).where(GradebookSheet.class_id == class_id, GradebookSheet.term == term)
    )
    return {row.subject.code: row.id for row in rows}


def enter(
    province: Province, username: str, sheet: int, *cells: tuple[int, str, str | None, str | None]
) -> Any:
    changes = [CellChange(*cell) for cell in cells]
    return enter_scores(acting(province, username), sheet, changes, clock=province.clock)


def columns(province: Province, sheet: int) -> tuple[str, ...]:
    return load_facts(db.session(), SYSTEM, sheet, date(2026, 11, 16)).columns


def row(province: Province, sheet: int, student: int) -> Any:
    found = load_lines(db.session(), db.session.get(GradebookSheet, sheet), [student])
    return found[0].grade


def test_a_primary_subject_has_levels_at_two_points_and_tests_where_the_circular_has_them(
    province: Province, primary: dict[str, int]
) -> None:
    assert columns(province, primary["math"]) == (
        "midterm_level", "midterm", "midterm_comment", "final_level", "final", "comment",
    )  # fmt: skip
    assert columns(province, primary["arts"]) == (
        "midterm_level",
        "midterm_comment",
        "final_level",
        "comment",
    )


def test_levels_and_whole_marks_are_entered_with_history(province: Province, primary: dict[str, int]) -> None:
    sheet, student = primary["math"], province.first.student_ids[0]
    enter(province, TEACHER, sheet, (student, "midterm_level", None, "h"), (student, "midterm", None, "8"))
    enter(province, TEACHER, sheet, (student, "midterm_level", "H", "T"))
    kept = row(province, sheet, student)
    assert (kept.midterm_level, kept.midterm) == ("T", Decimal("8.0"))
    changes = history.cell_history(db.session(), sheet, student, "midterm_level", SheetForm.PRIMARY)
    assert [(c.old, c.new, c.account) for c in changes] == [("H", "T", TEACHER), (None, "H", TEACHER)]


@pytest.mark.parametrize(
    ("column", "typed", "says"),
    [
        ("midterm", "8,5", "whole numbers"),
        ("midterm", "11", "whole numbers"),
        ("midterm_level", "Đ", "done well"),
    ],
)
def test_what_a_primary_cell_cannot_hold_is_refused(
    province: Province, primary: dict[str, int], column: str, typed: str, says: str
) -> None:
    with pytest.raises(Invalid) as refused:
        enter(province, TEACHER, primary["math"], (province.first.student_ids[0], column, None, typed))
    assert says in refused.value.problems[0].reason
    assert row(province, primary["math"], province.first.student_ids[0]) is None


def test_a_missed_test_of_a_primary_subject_can_be_recorded(
    province: Province, primary: dict[str, int]
) -> None:
    student = province.first.student_ids[1]
    record_absence(
        acting(province, TEACHER), primary["math"], student, "midterm", MarkState.RECORDED_ZERO,
        clock=province.clock, reason="Không dự kiểm tra bù",
    )  # fmt: skip
    kept = row(province, primary["math"], student)
    assert (kept.midterm, kept.midterm_state) == (Decimal("0.0"), "recorded_zero")


def test_qualities_and_competences_are_the_homeroom_teachers(
    province: Province, primary: dict[str, int]
) -> None:
    sheet, student = primary["traits"], province.first.student_ids[0]
    assert len([c for c in columns(province, sheet) if c.startswith("final_trait")]) == 15
    enter(
        province,
        HOMEROOM,
        sheet,
        (student, "midterm_trait_1", None, "T"),
        (student, "midterm_trait_15", None, "đ"),
    )
    kept = row(province, sheet, student)
    assert (kept.midterm_trait_1, kept.midterm_trait_15) == ("T", "Đ")
    with pytest.raises(NotFound):
        enter(province, TEACHER, sheet, (student, "midterm_trait_2", None, "T"))


def test_a_window_over_the_midterm_column_speaks_for_levels_and_traits(
    province: Province, primary: dict[str, int]
) -> None:
    with transaction(SYSTEM, "test.window", clock=province.clock) as work:
        window = work.session.get_one(LockWindow, province.first.window_ids[0])
        work.session.add(
            LockWindow(
                owner_id=province.department_id, school_year_id=province.year_id, term=1, effect=WindowEffect.SHUT,
                mode=WindowMode.WHOLE_BOOK, columns=["midterm"], title="Khóa giữa kì", reason="Kế hoạch",
                opens_at=window.opens_at, ordered_by_id=window.ordered_by_id, executed_by_id=window.executed_by_id,
            )
        )  # fmt: skip
    student = province.first.student_ids[0]
    with pytest.raises(Locked):
        enter(province, TEACHER, primary["math"], (student, "midterm_level", None, "T"))
    with pytest.raises(Locked):
        enter(province, HOMEROOM, primary["traits"], (student, "midterm_trait_1", None, "T"))
    enter(province, TEACHER, primary["math"], (student, "final_level", None, "T"))


def test_training_results_and_sessions_missed_of_a_new_class(province: Province) -> None:
    made = classes.create_class(
        SYSTEM, province.first.unit_id, province.year_id, NewClass("7C", 7), clock=province.clock
    )
    assignments.assign_homeroom(
        SYSTEM, made, province.first.person_ids["habtt"], FIRST_DAY, clock=province.clock
    )
    move(province, made)
    sheet, student = sheets_of(made, 1)["training"], province.first.student_ids[0]
    assert columns(province, sheet) == ("training", "excused", "unexcused", "comment")
    enter(
        province, HOMEROOM, sheet,
        (student, "training", None, "Khá"), (student, "excused", None, "3"), (student, "unexcused", None, "0"),
        (student, "comment", None, "Cần đi học đúng giờ"),
    )  # fmt: skip
    kept = row(province, sheet, student)
    assert (kept.training, kept.excused, kept.unexcused, kept.comment) == (
        "fair",
        3,
        0,
        "Cần đi học đúng giờ",
    )
    with pytest.raises(Invalid):
        enter(province, HOMEROOM, sheet, (student, "excused", "3", "nhiều"))


def test_classes_made_before_there_were_homeroom_sheets_get_them(province: Province) -> None:
    made = province.first.class_ids["7A"]
    assert "training" not in sheets_of(made, 1)
    setup.seed_homeroom_sheets()
    assert {"training"} <= set(sheets_of(made, 1)) & set(sheets_of(made, 2))
    count = db.session.query(GradebookSheet).count()
    setup.seed_homeroom_sheets()
    assert db.session.query(GradebookSheet).count() == count


def test_weighted_sheets_average_as_the_circular_of_2011_says(province: Province) -> None:
    sheet, student = province.first.sheet_ids["7A", "math", 1], province.first.student_ids[0]
    with transaction(SYSTEM, "test.old", clock=province.clock) as work:
        old = work.session.get_one(GradebookSheet, sheet)
        old.form, old.circular, old.regular_count, old.periodic_count = SheetForm.WEIGHTED, "tt58-2011", 3, 2
    cells = (
        ("regular_1", "7"),
        ("regular_2", "8"),
        ("regular_3", "6"),
        ("periodic_1", "7,5"),
        ("periodic_2", "8"),
    )
    enter(province, TEACHER, sheet, *((student, c, None, v) for c, v in cells))
    assert row(province, sheet, student).average is None
    saved = enter(province, TEACHER, sheet, (student, "final", None, "7"))
    assert saved.averages[student] == Decimal("7.3")


def test_the_year_of_a_subject_of_one_term_is_that_term(province: Province) -> None:
    sheet, student = province.first.sheet_ids["7A", "math", 1], province.first.student_ids[0]
    with transaction(SYSTEM, "test.one_term", clock=province.clock) as work:
        work.session.get_one(GradebookSheet, sheet).one_term = True
    cells = ("regular_1", "regular_2", "regular_3", "regular_4", "midterm", "final")
    saved = enter(province, TEACHER, sheet, *((student, column, None, "8") for column in cells))
    assert saved.years[student] == Decimal("8.0")
