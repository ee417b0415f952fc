"""Two grades in one room (lớp ghép): each grade has its own sheet."""

from datetime import date
from decimal import Decimal

import pytest
import sqlalchemy as sa

from app.domain.access import SYSTEM
from app.domain.vocabulary import GroupKind, Level
from app.extensions import db
from app.models import (
    Enrolment,
    Grade,
    GradebookSheet,
    SchoolClass,
    SchoolYear,
    Subject,
    TeachingGroup,
)
from app.services import classes
from app.services.progress import figures_query
from app.services.sheet_reading import load_lines
from app.services.unit_of_work import transaction
from tests.factories.province import Province
from tests.services.carry_helpers import (
    DAY,
)
from tests.services.helpers import acting, plan_for


@pytest.fixture
def two_grades(province: Province) -> tuple[int, dict[int, int], dict[int, list[int]]]:
    """A group of 7A's first student and two of a new 8A: (group, term I sheet by grade, students by grade)."""
    plan_for(province, [("math", 140, "compulsory")])
    with transaction(SYSTEM, "test.two_grades", clock=province.clock) as work:
        session, first = work.session, province.first
        year, subject = (
            session.get_one(SchoolYear, province.year_id),
            session.get_one(Subject, province.subject_ids["math"]),
        )
        eight = SchoolClass(
            unit_id=first.unit_id,
            school_year=year,
            level=Level.LOWER_SECONDARY,
            grade=8,
            name="8A",
            circular="tt22-2021",
        )
        session.add(eight)
        work.flush()
        upper = first.student_ids[8:10]
        for student in upper:
            place = session.query(Enrolment).filter_by(student_id=student).one()
            place.class_id = eight.id
        group = TeachingGroup(
            unit_id=first.unit_id, school_year_id=year.id, kind=GroupKind.MIXED, name="Lớp ghép"
        )
        session.add(group)
        work.flush()
        sheets = {}
        for number in (7, 8):
            sheet = GradebookSheet(
                unit_id=first.unit_id, school_year_id=year.id, term=1, group_id=group.id, class_id=None, subject=subject,
                grade=number, level=Level.LOWER_SECONDARY.value, circular="tt22-2021", kind=subject.kind, regular_count=4,
            )  # fmt: skip
            session.add(sheet)
            work.flush()
            sheets[number] = sheet.id
        lower = first.student_ids[:1]
    office = acting(province, "quantb.thcstk")
    classes.set_members(office, group.id, [*lower, *upper], date(2026, 9, 7), clock=province.clock)
    return group.id, sheets, {7: lower, 8: upper}


def test_a_group_of_two_grades_has_each_on_its_own_sheet(
    province: Province, two_grades: tuple[int, dict[int, int], dict[int, list[int]]]
) -> None:
    _group, sheets, students = two_grades
    for number, sheet in sheets.items():
        lines = load_lines(db.session(), db.session.get_one(GradebookSheet, sheet))
        assert sorted(line.student_id for line in lines) == students[number]
    figures = figures_query([GradebookSheet.id.in_(list(sheets.values()))], DAY)
    rows = {row.sheet_id: row.students for row in db.session.execute(sa.select(figures))}
    assert rows == {sheets[7]: 1, sheets[8]: 2}


def test_whoever_has_marks_on_a_sheet_stays_on_it(
    province: Province, two_grades: tuple[int, dict[int, int], dict[int, list[int]]]
) -> None:
    _group, sheets, students = two_grades
    stranger = students[8][0]
    with transaction(SYSTEM, "test.mark", clock=province.clock) as work:
        work.session.add(Grade(sheet_id=sheets[7], student_id=stranger, regular_1=Decimal("7.0")))
    lines = load_lines(db.session(), db.session.get_one(GradebookSheet, sheets[7]))
    assert {line.student_id for line in lines} == {*students[7], stranger}
