"""A student's marks travel with the student: into another class, a group, by import; and what reads them afterwards."""

from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial

import pytest
import sqlalchemy as sa

from app.domain.access import SYSTEM
from app.domain.vocabulary import MarkState, Passing
from app.errors import Invalid
from app.extensions import db
from app.models import (
    AuditEvent,
    Enrolment,
    GradebookSheet,
    SchoolYear,
    Student,
    Subject,
    SubjectYear,
    TeachingGroup,
)
from app.services import classes, enrolments
from app.services.classes import NewGroup
from app.services.enrolments import Admission, Leaving
from app.services.gradebook import record_absence
from app.services.progress import figures_query
from app.services.sheets import ensure_sheets
from app.services.unit_of_work import transaction
from tests.factories.province import Province
from tests.services.carry_helpers import (
    ALL_MARKS,
    DAY,
    enter,
    grade,
    line_of,
    move,
    open_term_two,
    revisions,
    sheet_of,
)
from tests.services.helpers import acting, plan_for
from tests.services.import_helpers import HEADINGS, carry_out, dry, students

pytestmark = pytest.mark.usefixtures("chain_holds")


def test_marks_go_along_and_the_old_sheet_keeps_its_row(province: Province) -> None:
    student, old, new = province.first.student_ids[0], sheet_of(province, "7A"), sheet_of(province, "7B")
    enter(province, "longpd.thcstk", old, student, regular_1="8,5", comment="Chăm học")
    record_absence(
        acting(province, "longpd.thcstk"), old, student, "midterm", MarkState.AWAITING, clock=province.clock
    )
    before = revisions(old, new)
    move(province, student, "7B")
    row, kept = grade(new, student), grade(old, student)
    assert (row.regular_1, row.comment, row.midterm_state) == (Decimal("8.5"), "Chăm học", MarkState.AWAITING)
    assert (row.class_id, row.carried_from_id) == (province.first.class_ids["7B"], old)
    assert (kept.regular_1, kept.class_id, kept.carried_from_id) == (
        Decimal("8.5"),
        province.first.class_ids["7A"],
        None,
    )
    assert line_of(old, student).left_on == date(2026, 11, 15)
    assert line_of(new, student).left_on is None
    assert revisions(old, new) == [n + 1 for n in before]
    enter(province, "habtt.thcstk", new, student, regular_1="9", midterm="7")
    assert grade(new, student).midterm_state is MarkState.MADE_UP
    assert grade(old, student).regular_1 == Decimal("8.5")
    with pytest.raises(Invalid):
        enter(province, "longpd.thcstk", old, student, regular_1="9")


def test_a_row_begun_anew_adds_to_what_came_before(province: Province) -> None:
    """The sheet of the second class was made after the student had come: nothing of either class is lost."""
    student, third = province.first.student_ids[0], sheet_of(province, "7B", "art")
    with transaction(SYSTEM, "test.no_sheet", clock=province.clock) as work:
        work.session.get_one(GradebookSheet, third).term = 3  # as if it weren't there
    enter(province, "longpd.thcstk", sheet_of(province, "7A", "art"), student, regular_1="Đ")
    move(province, student, "7B", date(2026, 11, 10))
    with transaction(SYSTEM, "test.sheet_made", clock=province.clock) as work:
        work.session.get_one(GradebookSheet, third).term = 1
    enter(province, "habtt.thcstk", third, student, regular_2="CĐ")
    move(province, student, "7A")
    row = grade(sheet_of(province, "7A", "art"), student)
    assert (row.regular_1, row.regular_2) == (Passing.PASSED, Passing.FAILED)


def test_a_move_in_term_two_leaves_term_one_where_it_was(province: Province) -> None:
    student = province.first.student_ids[0]
    first, second = sheet_of(province, "7A"), sheet_of(province, "7A", term=2)
    enter(province, "longpd.thcstk", first, student, **ALL_MARKS)
    open_term_two(province)
    enter(province, "longpd.thcstk", second, student, **{**ALL_MARKS, "final": None})
    move(province, student, "7B", date(2027, 3, 1))
    assert grade(sheet_of(province, "7B"), student) is None
    assert grade(first, student).average == Decimal("7.8")
    new = sheet_of(province, "7B", term=2)
    enter(province, "habtt.thcstk", new, student, final="10")
    year = db.session.query(SubjectYear).one()
    assert (year.term_1, year.term_2) == (Decimal("7.8"), Decimal("8.4"))
    assert year.average == Decimal("8.2")
    assert (year.unit_id, year.class_id) == (province.first.unit_id, province.first.class_ids["7B"])


def test_of_two_rows_of_term_one_the_newest_counts_in_the_year(province: Province) -> None:
    student = province.first.student_ids[0]
    enter(province, "longpd.thcstk", sheet_of(province, "7A"), student, **ALL_MARKS)
    move(province, student, "7B")
    enter(province, "habtt.thcstk", sheet_of(province, "7B"), student, final="10")
    open_term_two(province)
    enter(province, "habtt.thcstk", sheet_of(province, "7B", term=2), student, **ALL_MARKS)
    year = db.session.query(SubjectYear).one()
    assert (year.term_1, year.term_2, year.average) == (Decimal("8.4"), Decimal("7.8"), Decimal("8.0"))


def test_the_year_goes_along_in_term_two(province: Province) -> None:
    student = province.first.student_ids[0]
    enter(province, "longpd.thcstk", sheet_of(province, "7A"), student, **ALL_MARKS)
    open_term_two(province)
    enter(province, "longpd.thcstk", sheet_of(province, "7A", term=2), student, **ALL_MARKS)
    move(province, student, "7B", date(2027, 3, 1))
    year = db.session.query(SubjectYear).one()
    assert (year.class_id, year.term_2, year.average) == (
        province.first.class_ids["7B"],
        Decimal("7.8"),
        Decimal("7.8"),
    )


def test_a_class_with_fewer_columns_loses_no_score(province: Province) -> None:
    student, new = province.first.student_ids[0], sheet_of(province, "7B")
    enter(
        province,
        "longpd.thcstk",
        sheet_of(province, "7A"),
        student,
        **{**ALL_MARKS, "regular_4": "10", "final": None},
    )
    with transaction(SYSTEM, "test.columns", clock=province.clock) as work:
        work.session.get_one(GradebookSheet, new).regular_count = 3
    move(province, student, "7B")
    line, sheet = line_of(new, student), db.session.get_one(GradebookSheet, new)
    assert line.beyond(sheet) == [Decimal("10.0")]
    enter(province, "habtt.thcstk", new, student, final="8")
    assert grade(new, student).average == Decimal("8.0")  # (8+8+8+10 + 2×7 + 3×8) / 9
    assert sheet.regular_count == 3


def test_a_class_with_more_columns_waits_for_them(province: Province) -> None:
    student, old, new = province.first.student_ids[0], sheet_of(province, "7A"), sheet_of(province, "7B")
    enter(province, "longpd.thcstk", old, student, **ALL_MARKS)
    assert grade(old, student).average is not None
    with transaction(SYSTEM, "test.columns", clock=province.clock) as work:
        work.session.get_one(GradebookSheet, new).regular_count = 5
    move(province, student, "7B")
    assert grade(new, student).average is None
    assert grade(old, student).average == Decimal("7.8")


def test_nothing_stays_behind_by_a_move_told_too_early(province: Province) -> None:
    student = province.first.student_ids[0]
    with pytest.raises(Invalid, match="23/11/2026"):
        move(province, student, "7B", date(2026, 11, 23))
    assert db.session.query(Enrolment).filter_by(student_id=student).one().ends_on is None


def test_who_left_and_comes_into_another_class_brings_the_marks(province: Province) -> None:
    student, office = province.first.student_ids[0], acting(province, "hongvt.thcstk")
    enter(province, "longpd.thcstk", sheet_of(province, "7A"), student, regular_1="8")
    enrolments.leave(office, student, Leaving("05", DAY), clock=province.clock)
    province.now = datetime(2026, 12, 1, 2, 0, tzinfo=UTC)
    back = Admission(province.first.class_ids["7B"], date(2026, 12, 1))
    enrolments.readmit(office, student, back, clock=province.clock)
    assert grade(sheet_of(province, "7B"), student).regular_1 == 8


def test_an_import_that_changes_the_class_carries_too(province: Province) -> None:
    """And in one go: questions don't grow with the students."""
    who = province.first.student_ids[:3]
    for student in who:
        enter(province, "longpd.thcstk", sheet_of(province, "7A"), student, regular_1="8")
    rows = [
        {
            "Họ và tên": found.full_name,
            "Ngày sinh": found.birth_date.strftime("%d/%m/%Y"),
            "Giới tính": "Nam",
            "Lớp": "7B",
        }
        for found in map(partial(db.session.get_one, Student), who)
    ]
    for number, (student, row) in enumerate(zip(who, rows, strict=True)):
        row["Mã định danh"] = f"06600000000{number}"
        with transaction(SYSTEM, "test.code", clock=province.clock) as work:
            work.session.get_one(Student, student).student_code = row["Mã định danh"]
    carry_out(province, "students", students(*rows))
    assert [grade(sheet_of(province, "7B"), student).regular_1 for student in who] == [8, 8, 8]
    assert db.session.query(AuditEvent).filter_by(action="sheet.carry").count() == 3
    assert revisions(sheet_of(province, "7B")) == [1]


def test_an_import_of_a_later_day_names_the_row(province: Province) -> None:
    row = {"Họ và tên": "Nguyễn Hoàng An", "Ngày sinh": "01/03/2014", "Giới tính": "Nam", "Lớp": "7B"}
    with transaction(SYSTEM, "test.code", clock=province.clock) as work:
        work.session.get_one(Student, province.first.student_ids[0]).student_code = "066000000001"
    data = students(
        {**row, "Mã định danh": "066000000001", "Ngày vào lớp": "23/11/2026"},
        headings=(*HEADINGS, "Ngày vào lớp"),
    )
    (problem,) = dry(province, "students", data).problems
    assert "no mark stays behind" in problem.message


def test_progress_asks_the_new_class_only(province: Province) -> None:
    student, old, new = province.first.student_ids[0], sheet_of(province, "7A"), sheet_of(province, "7B")
    enter(province, "longpd.thcstk", old, student, regular_1="8")
    move(province, student, "7B")
    figures = figures_query([GradebookSheet.id.in_([old, new])], DAY)
    rows = {row.sheet_id: (row.students, row.regular_1) for row in db.session.execute(sa.select(figures))}
    assert rows == {old: (7, 0), new: (9, 1)}


def test_a_seat_in_a_group_brings_the_marks_too(province: Province) -> None:
    """7A is taught mathematics as a whole, a part of it apart from November on."""
    plan_for(province, [("math", 140, "compulsory")])
    student, office = province.first.student_ids[0], acting(province, "quantb.thcstk")
    enter(province, "longpd.thcstk", sheet_of(province, "7A"), student, regular_1="8")
    part = classes.create_group(
        office,
        office.unit_id,
        province.year_id,
        NewGroup("7A nhóm 1", province.first.class_ids["7A"]),
        clock=province.clock,
    )
    with transaction(SYSTEM, "test.sheets", clock=province.clock) as work:
        found = [work.session.get_one(model, key) for model, key in (
            (TeachingGroup, part), (Subject, province.subject_ids["math"]), (SchoolYear, province.year_id)
        )]  # fmt: skip
        ensure_sheets(work, *found)
    classes.set_members(office, part, [student], DAY, clock=province.clock)
    sheet = db.session.query(GradebookSheet).filter_by(group_id=part, term=1).one()
    assert grade(sheet.id, student).regular_1 == 8
