"""The demo's closed years: every stored result is reached again, from its figures and from the rows; each story is there."""

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.demo.endings import ENDINGS, PLACES, Ending
from app.domain.assessment.facts import YEAR, Facts
from app.domain.assessment.registry import Circular
from app.domain.assessment.regulations import rules_of
from app.domain.sheet_forms import SheetForm
from app.extensions import db
from app.models import (
    Enrolment,
    GradebookSheet,
    LockWindow,
    OrgUnit,
    PrimaryGrade,
    SchoolClass,
    SchoolYear,
    StudentResult,
    Subject,
    SubjectYear,
    TrainingRow,
    TraitGrade,
    YearDecision,
)
from app.services.results.due import due
from app.services.results.judging import WORDS, differs, judge_class
from app.services.results.places import PERIODS
from app.services.results.reading import read_classes
from tests.factories.demo import DemoDatabase

pytest_plugins = ["tests.demo_fixture"]

LAST, OLD, RUNNING = 2025, 2023, 2026

STORIES: dict[str, dict[str, Any]] = {
    "Học sinh Xuất sắc": {
        "learning": "good",
        "training": "good",
        "title": "excellent",
        "outcome": "promoted",
    },
    "Học sinh Giỏi": {"learning": "good", "training": "good", "title": "good", "outcome": "promoted"},
    "Điều 9 khoản 3": {"learning_before": "passed", "learning": "fair", "outcome": "promoted"},
    "môn nhận xét Chưa đạt": {"learning": "passed", "outcome": "promoted"},
    "kiểm tra lại, được lên lớp": {
        "learning": "not_passed",
        "learning_after": "passed",
        "outcome": "promoted",
    },
    "kiểm tra lại, ở lại lớp": {
        "learning": "not_passed",
        "learning_after": "not_passed",
        "outcome": "retained",
    },
    "rèn luyện hè": {"learning": "fair", "training": "not_passed", "outcome": "promoted"},
    "nghỉ quá 45 buổi": {"learning": "passed", "absences": 48, "outcome": "retained"},
    "học sinh giỏi": {
        "learning": "excellent",
        "training": "good",
        "title": "honours",
        "outcome": "completed",
    },
    "học sinh tiên tiến": {
        "learning": "fair",
        "training": "good",
        "title": "advanced",
        "outcome": "completed",
    },
    "Điều 13 khoản 6": {"learning_before": "average", "learning": "fair", "title": "advanced"},
    "Hoàn thành xuất sắc": {"learning": "excellent", "title": "excellent", "outcome": "promoted"},
    "Học sinh Tiêu biểu": {"learning": "well", "title": "exemplary", "outcome": "promoted"},
    "đánh giá bổ sung": {"learning": "not_done", "learning_after": "done", "outcome": "promoted"},
    "xuất sắc các nội dung học tập và rèn luyện": {
        "learning": "done",
        "title": "all_content",
        "outcome": "completed",
    },
    "tiến bộ vượt bậc": {"learning": "done", "title": "outstanding", "outcome": "completed"},
    "bồi dưỡng rồi đánh giá lại": {
        "learning": "not_done",
        "learning_after": "done",
        "title": None,
        "outcome": "completed",
    },
}
"""What the year of each story's student came to."""


def class_of(unit: str, start_year: int, name: str) -> SchoolClass:
    query = (
        sa.select(SchoolClass)
        .join(SchoolClass.unit)
        .join(SchoolClass.school_year)
        .where(OrgUnit.code == unit, SchoolYear.start_year == start_year, SchoolClass.name == name)
    )
    return db.session.scalars(query).one()


def student_of(ending: Ending) -> int:
    room = class_of(ending.school, OLD if ending.old else LAST, ending.room)
    query = sa.select(Enrolment.student_id).where(Enrolment.class_id == room.id).order_by(Enrolment.order_no)
    students = list(db.session.scalars(query))
    return students[ending.place * len(students) // PLACES]


def year_of(ending: Ending) -> StudentResult:
    start = OLD if ending.old else LAST
    query = (
        sa.select(StudentResult)
        .join(StudentResult.school_year)
        .where(
            StudentResult.student_id == student_of(ending),
            SchoolYear.start_year == start,
            StudentResult.period == YEAR,
        )
    )
    return db.session.scalars(query).one()


def told(story: str) -> StudentResult:
    return year_of(next(ending for ending in ENDINGS if ending.story == story))


def test_every_stored_result_is_reached_again_from_its_figures(demo_app: Flask) -> None:
    found = list(db.session.scalars(sa.select(StudentResult)))
    judged = [row for row in found if row.figures]
    assert {row.circular for row in judged} == {"tt22-2016", "tt22-2021", "tt26-2020", "tt27-2020"}
    for row in judged:
        rules = rules_of(Circular(row.circular))
        again = rules.judge(Facts.from_json(row.figures))
        kept = {name: getattr(row, name) for name in WORDS}
        assert {name: getattr(again, name) for name in WORDS} == kept
        assert (again.average, rules.version) == (row.average, row.version)


def test_every_stored_result_is_reached_again_from_the_marks(demo_app: Flask, demo_db: DemoDatabase) -> None:
    rows = list(db.session.scalars(sa.select(StudentResult)))
    stored = {(row.student_id, row.class_id, row.period): row for row in rows}
    classes = db.session.scalars(sa.select(SchoolClass).where(SchoolClass.id.in_({r.class_id for r in rows})))
    for room in classes.unique():
        reading = read_classes(db.session(), [room], room.school_year, demo_db.day)
        for period in PERIODS:
            for judged in judge_class(reading, room.id, period):
                row = stored.pop((judged.pupil.student_id, room.id, period), None)
                assert not differs(row, judged)
                if row is not None and row.figures:
                    assert (judged.facts.to_json(), judged.rank) == (row.figures, row.class_rank)
    assert not stored


def test_nothing_waits_to_be_brought_up_to_date(demo_app: Flask) -> None:
    assert due(db.session()) == []


@pytest.mark.parametrize("ending", ENDINGS, ids=lambda ending: ending.story)
def test_each_story_came_out_as_it_was_to(demo_app: Flask, ending: Ending) -> None:
    row = year_of(ending)
    wanted = STORIES[ending.story]
    assert {name: getattr(row, name) for name in wanted} == wanted
    assert row.missing == []


def test_one_subject_was_chua_dat(demo_app: Flask) -> None:
    facts = Facts.from_json(told("môn nhận xét Chưa đạt").figures)
    assert [s.code for s in facts.subjects if s.value == "failed"] == ["physical_education"]


def test_retests_were_entered_in_the_weeks_the_head_opened(demo_app: Flask) -> None:
    windows = [w for w in db.session.scalars(sa.select(LockWindow)) if w.columns == ["retest"]]
    assert all(w.ordered_by_id is not None and w.term == 2 for w in windows)
    result = told("kiểm tra lại, được lên lớp")
    query = (
        sa.select(Subject.code, SubjectYear.average, SubjectYear.retest)
        .join(SubjectYear.subject)
        .where(SubjectYear.student_id == result.student_id, SubjectYear.retest.is_not(None))
    )
    again = {code: (str(before), str(after)) for code, before, after in db.session.execute(query)}
    assert again == {"math": ("3.1", "5.5"), "foreign_language_1": ("4.3", "5.0")}
    assert result.unit_id in {w.owner_id for w in windows}


def test_who_was_retained_sits_in_the_same_grade_again(demo_app: Flask) -> None:
    retained = {told("kiểm tra lại, ở lại lớp").student_id, told("nghỉ quá 45 buổi").student_id}
    again = class_of("thcstk", RUNNING, "8B")
    places = db.session.scalars(sa.select(Enrolment).where(Enrolment.class_id == again.id))
    assert {row.student_id for row in places if row.entry_code == "3"} == retained
    above = class_of("thcstk", RUNNING, "9B")
    promoted = set(db.session.scalars(sa.select(Enrolment.student_id).where(Enrolment.class_id == above.id)))
    assert told("rèn luyện hè").student_id in promoted
    assert not promoted & retained


def test_one_student_missed_more_than_45_sessions(demo_app: Flask) -> None:
    many = sa.select(StudentResult).where(StudentResult.absences > 45, StudentResult.period == YEAR)
    assert len(list(db.session.scalars(many))) == 1


def test_the_class_of_2023_has_hanh_kiem_by_term_and_for_the_year(demo_app: Flask) -> None:
    room = class_of("thcstk", OLD, "9A")
    rows = list(db.session.scalars(sa.select(StudentResult).where(StudentResult.class_id == room.id)))
    students = {row.student_id for row in rows}
    assert len(rows) == 3 * len(students)
    assert all(row.training and row.learning and row.class_rank for row in rows)
    decided = sa.select(YearDecision.student_id).where(
        YearDecision.class_id == room.id, YearDecision.training_year.is_not(None)
    )
    assert set(db.session.scalars(decided)) == students


def rows_of(model: Any, unit: str, name: str) -> list[Any]:
    room = class_of(unit, RUNNING, name)
    query = sa.select(model).join(model.sheet).where(GradebookSheet.class_id == room.id)
    return list(db.session.scalars(query))


def test_a_primary_class_has_its_first_point_and_not_yet_the_second(demo_app: Flask) -> None:
    levels, traits = rows_of(PrimaryGrade, "thtk", "5A"), rows_of(TraitGrade, "thtk", "5A")
    assert levels
    assert all(row.midterm_level is not None and row.final_level is None for row in levels)
    assert {row.midterm is not None for row in levels} == {True, False}  # tests in Tiếng Việt and Toán alone
    assert traits
    assert all(row.midterm_trait_1 is not None and row.midterm_comment for row in traits)


def test_sessions_missed_are_counted_before_anybody_is_judged(demo_app: Flask) -> None:
    query = (
        sa.select(TrainingRow)
        .join(TrainingRow.sheet)
        .join(GradebookSheet.school_year)
        .where(GradebookSheet.form == SheetForm.TRAINING, SchoolYear.start_year == RUNNING)
    )
    rows = list(db.session.scalars(query))
    assert rows
    assert all(row.training is None and row.excused is not None for row in rows)
