"""Attendance through its one verb, on both engines: rights, locks, conflicts, history, budgets."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from app.domain.access import SYSTEM
from app.domain.policies import PolicyKey
from app.errors import Forbidden, Invalid, Locked, NotFound, Stale
from app.extensions import db
from app.models import Attendance, AuditEvent, Enrolment, RollCall, SchoolClass, TxLog
from app.services.attendance import AttendancePage, load_book, read_page
from app.services.attendance_entry import AttendanceSaved, DayEdit, enter_attendance
from app.services.clock import local_day
from app.services.policies import set_policy
from app.services.unit_of_work import transaction
from tests.conftest import counting
from tests.factories.province import Province, build
from tests.services.helpers import acting
from tests.services.place_cases import close_windows

NOVEMBER = "2026-11"


def mark(
    province: Province,
    *edits: DayEdit,
    username: str = "longpd.thcstk",
    month: str = NOVEMBER,
    name: str = "7A",
    **more: object,
) -> AttendanceSaved:
    return enter_attendance(
        acting(province, username),
        province.first.class_ids[name],
        month,
        edits,
        clock=province.clock,
        **more,  # type: ignore[arg-type]
    )


def page(province: Province, month: str = NOVEMBER) -> AttendancePage:
    who = acting(province, "giangnt.thcstk")
    book = load_book(db.session(), who, province.first.class_ids["7A"], local_day(province.now))
    return read_page(db.session(), book, month, province.now)


def kept() -> list[tuple[int, str | None]]:
    return [(row.student_id, row.days) for row in db.session.scalars(sa.select(Attendance))]


def test_a_morning_is_one_row_an_absent_student_and_one_of_the_class(app: Flask, province: Province) -> None:
    first, second, *_rest = province.first.student_ids
    saved = mark(province, DayEdit(first, 16, None, "p"), DayEdit(second, 16, None, "K"), called=[16])
    assert (saved.changed, saved.called) == (2, 1)
    assert sorted(kept()) == [(first, "16P"), (second, "16K")]
    assert db.session.scalars(sa.select(RollCall)).one().days == "16"
    seen = page(province)
    assert seen.called == {16}
    assert seen.callings[16].by == "Phạm Đức Long"
    assert (seen.missed_on(16).excused, seen.missed_on(16).unexcused) == (1, 1)
    event = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "attendance.enter")).one()
    assert event.details == {"month": NOVEMBER, "days": 2, "called": 1}


def test_everybody_there_is_said_too(app: Flask, province: Province) -> None:
    assert mark(province, called=[12, 13]).called == 2
    assert mark(province, called=[12, 13]).called == 0
    assert kept() == []
    assert page(province).called == {12, 13}


def test_a_month_is_one_row_and_history_knows_each_day(app: Flask, province: Province) -> None:
    student = province.first.student_ids[0]
    mark(province, DayEdit(student, 3, None, "K"), DayEdit(student, 12, None, "P"))
    province.now += timedelta(hours=1)
    mark(province, DayEdit(student, 3, "K", "P"), DayEdit(student, 12, "P", None))
    line = next(line for line in page(province).lines if line.student_id == student)
    assert kept() == [(student, "3P")]
    assert [(c.day, c.old, c.new) for c in line.history] == [
        (12, "P", None),
        (3, "K", "P"),
        (12, None, "P"),
        (3, None, "K"),
    ]
    assert line.counts.excused == 1
    assert page(province).called == {3, 12}


def test_two_sessions_a_day_count_apart(app: Flask, province: Province) -> None:
    with transaction(SYSTEM, "test", clock=province.clock) as work:
        work.session.get_one(SchoolClass, province.first.class_ids["7A"]).sessions = 2
    student = province.first.student_ids[0]
    mark(province, DayEdit(student, 3, None, "P"), DayEdit(student, 4, None, "-K"))
    assert kept() == [(student, "3PP 4-K")]
    line = next(line for line in page(province).lines if line.student_id == student)
    assert (line.counts.excused, line.counts.unexcused, line.counts.total) == (2, 1, 3)


@pytest.mark.parametrize(
    "username", ["habtt.thcstk", "giangnt.thcstk", "quantb.thcstk", "hongvt.thcstk", "vanlt.sogd"]
)
def test_nobody_but_the_homeroom_teacher(app: Flask, province: Province, username: str) -> None:
    with pytest.raises(Forbidden):
        mark(province, DayEdit(province.first.student_ids[0], 3, None, "P"), username=username)
    assert kept() == []


def test_another_schools_class_looks_like_none(app: Flask, province: Province) -> None:
    with pytest.raises(NotFound):
        mark(province, DayEdit(province.first.student_ids[0], 3, None, "P"), username="longpd.thcsba")


def test_no_such_month(app: Flask, province: Province) -> None:
    with pytest.raises(NotFound):
        mark(province, month="2026-07")


@pytest.mark.parametrize(
    "edit",
    [(15, "P"), (17, "P"), (31, "P"), (3, "X"), (3, "PP")],
    ids=["sunday", "tomorrow", "no day", "no mark", "two sessions"],
)
def test_what_cannot_be_is_refused_whole(app: Flask, province: Province, edit: tuple[int, str]) -> None:
    first, second, *_rest = province.first.student_ids
    with pytest.raises(Invalid):
        mark(province, DayEdit(first, 3, None, "P"), DayEdit(second, edit[0], None, edit[1]))
    with pytest.raises(Invalid):
        mark(province, called=[15])
    assert kept() == []


def test_only_days_in_the_class_count(app: Flask, province: Province) -> None:
    student = province.first.student_ids[0]
    with transaction(SYSTEM, "test", clock=province.clock) as work:
        row = work.session.scalars(sa.select(Enrolment).where(Enrolment.student_id == student)).one()
        row.ends_on = date(2026, 11, 10)
    with pytest.raises(Invalid):
        mark(province, DayEdit(student, 11, None, "P"))
    assert mark(province, DayEdit(student, 10, None, "P")).changed == 1
    elsewhere = province.second.student_ids[0]
    with pytest.raises(Invalid):
        mark(province, DayEdit(elsewhere, 10, None, "P"))


def test_whoever_saves_second_is_told(app: Flask, province: Province) -> None:
    first, second, *_rest = province.first.student_ids
    mark(province, DayEdit(first, 3, None, "P"))
    with pytest.raises(Stale) as refused:
        mark(province, DayEdit(first, 3, None, "K"), DayEdit(second, 3, None, "K"))
    (clash,) = refused.value.conflicts
    assert (clash.student_id, clash.column, clash.theirs, clash.by) == (first, "day_3", "P", "Phạm Đức Long")
    assert kept() == [(first, "3P")]
    assert mark(province, DayEdit(first, 3, None, "P")).changed == 0, "the same is no conflict"


def test_sent_twice_is_saved_once(app: Flask, province: Province) -> None:
    edit = DayEdit(province.first.student_ids[0], 3, None, "P")
    key = "6dbb1d4c-6f0d-4f5e-9d8a-9c1c8d6e4b11"
    assert mark(province, edit, request_id=key).changed == 1
    assert mark(province, edit, request_id=key).changed == 0
    assert db.session.scalar(sa.select(sa.func.count()).where(TxLog.action == "attendance.enter")) == 1


def test_closed_windows_hold_days_and_calls(app: Flask, province: Province) -> None:
    student = province.first.student_ids[0]
    mark(province, DayEdit(student, 3, None, "P"))
    close_windows(province)
    for edits, called in (
        ([DayEdit(student, 3, "P", "K")], []),
        ([DayEdit(student, 4, None, "K")], []),
        ([], [4]),
    ):
        with pytest.raises(Locked):
            mark(province, *edits, called=called)
    assert kept() == [(student, "3P")]
    assert not page(province).open_days


def test_an_entry_day_makes_days_final_and_leaves_blank_ones_open(app: Flask, province: Province) -> None:
    student = province.first.student_ids[0]
    head = acting(province, "giangnt.thcstk")
    for key, value in ((PolicyKey.FINALITY, "entry_day"), (PolicyKey.ENTRY_DAY, "23")):
        set_policy(
            head, province.first.unit_id, key, value, local_day(province.now), clock=province.clock,
            reason="Chốt hằng tháng",
        )  # fmt: skip
    mark(province, DayEdit(student, 3, None, "P"))
    province.now += timedelta(days=9)
    with pytest.raises(Locked):
        mark(province, DayEdit(student, 3, "P", None))
    assert mark(province, DayEdit(student, 4, None, "K")).changed == 1


def test_statements_do_not_grow_with_the_class(app: Flask) -> None:
    province = build(app, pupils=45)
    students, saves = province.first.student_ids[:45], []
    for some, days in ((students[:2], (3,)), (students, (4, 5, 6))):
        edits = [DayEdit(s, day, None, "P") for s in some for day in days]
        with counting(app) as saving:
            mark(province, *edits, called=days)
        saves.append(len(saving))
    assert saves[1] <= saves[0] + 1, "rows are changed and added"
    with counting(app) as reading:
        page(province)
    assert len(reading) <= 16
