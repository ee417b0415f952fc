"""Asking for locked cells, and every unit's answer for its own layer, on both engines (S1 Điều 7.2, S0 Điều 13; needs A9–A11)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.domain.lock_requests import ExtensionState
from app.domain.vocabulary import WindowEffect, WindowMode
from app.errors import Forbidden, Invalid, Locked, NotFound
from app.extensions import db
from app.models import AuditEvent, ExtensionRequest, GradebookSheet, LockWindow, Notice
from app.services.cells import CellChange
from app.services.gradebook import enter_scores
from app.services.lock_orders import leaders_of
from app.services.lock_requests import NewExtension, ask, count_waiting, decide, state_of, withdraw
from app.services.lock_states import school_states
from app.services.lock_windows import NewWindow, add_window, end_window
from app.services.locks import sheet_locks
from tests.conftest import counting
from tests.factories.province import CLOCK, Province
from tests.services.helpers import acting

DAY = timedelta(days=1)
TEACHER, HEAD, BOARD = "longpd.thcstk", "giangnt.thcstk", "quantb.thcstk"
LEADER, OFFICE = "binhhv.sogd", "daoct.sogd"
ONE_ENGINE = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)


def sheet_of(province: Province) -> int:
    return province.first.sheet_ids["7A", "math", 1]


def shut(province: Province, username: str, **changes: Any) -> int:
    """The account's unit shuts the book now, without an end."""
    actor = acting(province, username)
    new = NewWindow(
        school_year_id=province.year_id,
        title="Khóa để kiểm tra",
        reason="Kế hoạch kiểm tra",
        effect=WindowEffect.SHUT,
        mode=WindowMode.WHOLE_BOOK,
        opens_at=province.now,
        closes_at=None,
        term=1,
    )
    assert actor.unit_id is not None
    return add_window(actor, actor.unit_id, replace(new, **changes), clock=province.clock)


def wanted(province: Province, *columns: str, students: tuple[int, ...] = (), days: int = 2) -> NewExtension:
    return NewExtension(columns or ("final",), province.now + days * DAY, "Máy hỏng ngày nhập điểm", students)


def enter(
    province: Province, value: str, column: str = "final", pupil: int = 0, old: str | None = None
) -> None:
    change = CellChange(province.first.student_ids[pupil], column, old, value)
    enter_scores(acting(province, TEACHER), sheet_of(province), [change], clock=province.clock)


def answer(
    province: Province, username: str, request_id: int, grant: bool = True, text: str = "Đồng ý"
) -> int | None:
    return decide(acting(province, username), request_id, grant, text, clock=province.clock)


def state(province: Province, request_id: int) -> ExtensionState:
    db.session.rollback()
    return state_of(db.session.get_one(ExtensionRequest, request_id), province.now)


def test_asked_granted_and_closed_again_by_itself(app: Flask, province: Province) -> None:
    shut(province, HEAD)
    with pytest.raises(Locked):
        enter(province, "8")
    request_id = ask(acting(province, TEACHER), sheet_of(province), wanted(province), clock=province.clock)
    assert state(province, request_id) is ExtensionState.WAITING
    assert count_waiting(db.session(), province.first.unit_id, province.now) == 1
    with pytest.raises(Locked):
        enter(province, "8")
    window_id = answer(province, HEAD, request_id)
    window = db.session.get_one(LockWindow, window_id)
    assert (window.mode, window.columns, window.sheet_id) == (
        WindowMode.EXCEPTION, ["final"], sheet_of(province),
    )  # fmt: skip
    enter(province, "8")
    with pytest.raises(Locked):
        enter(province, "8", column="midterm")
    other = province.first.sheet_ids["7A", "art", 1]
    art = CellChange(province.first.student_ids[0], "final", None, "Đ")
    with pytest.raises(Locked):
        enter_scores(acting(province, TEACHER), other, [art], clock=province.clock)
    assert state(province, request_id) is ExtensionState.GRANTED
    province.now += 2 * DAY
    with pytest.raises(Locked):
        enter(province, "9", old="8")
    assert state(province, request_id) is ExtensionState.OVER


def test_every_unit_that_locks_the_cells_decides_for_its_own_layer(app: Flask, province: Province) -> None:
    """A lower tier can never open what a higher one closed (needs A9)."""
    shut(province, HEAD)
    shut(province, LEADER, unit_ids=(province.first.unit_id,))
    request_id = ask(acting(province, TEACHER), sheet_of(province), wanted(province), clock=province.clock)
    units = {seat.unit_id for seat in db.session.get_one(ExtensionRequest, request_id).seats}
    assert units == {province.first.unit_id, province.department_id}
    answer(province, HEAD, request_id)
    with pytest.raises(Locked) as refusal:
        enter(province, "8")
    assert {r.unit_id for cell in refusal.value.reasons for r in cell.reasons} == {province.department_id}
    with pytest.raises(Invalid):
        answer(province, HEAD, request_id)  # a unit answers once, and for itself
    with pytest.raises(Forbidden):
        answer(province, "sonlv.xatk", request_id)
    answer(province, LEADER, request_id)
    enter(province, "8")
    db.session.rollback()
    owned = db.session.scalars(sa.select(LockWindow).where(LockWindow.mode == WindowMode.EXCEPTION)).all()
    assert {w.owner_id for w in owned} == units


def test_one_refusal_ends_it_and_says_why(app: Flask, province: Province) -> None:
    shut(province, HEAD)
    shut(province, LEADER)
    request_id = ask(acting(province, TEACHER), sheet_of(province), wanted(province), clock=province.clock)
    with pytest.raises(Invalid) as refusal:
        answer(province, LEADER, request_id, grant=False, text=" ")
    assert [problem.field for problem in refusal.value.problems] == ["answer"]
    answer(province, LEADER, request_id, grant=False, text="Đang kiểm tra")
    assert state(province, request_id) is ExtensionState.REFUSED
    with pytest.raises(Invalid):
        answer(province, HEAD, request_id)
    assert count_waiting(db.session(), province.first.unit_id, province.now) == 0
    told = db.session.scalars(
        sa.select(Notice.body).where(Notice.person_id == province.first.person_ids["longpd"])
    ).all()
    assert any("Sở GDĐT Bình Giang không đồng ý" in body and "Đang kiểm tra" in body for body in told)


def test_the_administrator_executes_what_the_leader_orders(app: Flask, province: Province) -> None:
    shut(province, HEAD)
    request_id = ask(acting(province, TEACHER), sheet_of(province), wanted(province), clock=province.clock)
    with pytest.raises(Invalid):
        answer(province, BOARD, request_id)  # nobody ordered it
    head = province.first.person_ids["giangnt"]
    board = acting(province, BOARD)
    window_id = decide(board, request_id, True, "", ordered_by_id=head, clock=province.clock)
    window = db.session.get_one(LockWindow, window_id)
    assert (window.ordered_by_id, window.executed_by_id) == (head, board.user_id)


@ONE_ENGINE
def test_who_may_ask_and_who_may_answer(app: Flask, province: Province) -> None:
    shut(province, HEAD)
    for username in ("habtt.thcstk", "hongvt.thcstk"):
        with pytest.raises((Forbidden, NotFound)):
            ask(acting(province, username), sheet_of(province), wanted(province), clock=province.clock)
    with pytest.raises(NotFound):
        ask(acting(province, "longpd.thcsba"), sheet_of(province), wanted(province), clock=province.clock)
    request_id = ask(acting(province, TEACHER), sheet_of(province), wanted(province), clock=province.clock)
    for username in (TEACHER, "hocnv.thcstk", LEADER, OFFICE):
        with pytest.raises(Forbidden):
            answer(province, username, request_id)
    with pytest.raises(NotFound):
        answer(province, "giangnt.thcsba", request_id)
    refused = sa.select(AuditEvent.action).where(AuditEvent.outcome == "refused")
    assert "lock_request.decide" in db.session.scalars(refused).all()


@ONE_ENGINE
def test_what_cannot_be_asked_for(app: Flask, province: Province) -> None:
    teacher, sheet = acting(province, TEACHER), sheet_of(province)
    with pytest.raises(Invalid, match="open, or final"):
        ask(teacher, sheet, wanted(province), clock=province.clock)
    shut(province, HEAD)
    cases: tuple[tuple[dict[str, Any], list[str]], ...] = (
        ({"columns": ()}, ["columns"]),
        ({"columns": ("average",)}, ["columns"]),
        ({"until": province.now}, ["until"]),
        ({"until": province.now + 40 * DAY}, ["until"]),
        ({"reason": " "}, ["reason"]),
        ({"student_ids": (province.second.student_ids[0],)}, ["student_ids"]),
    )
    for changes, fields in cases:
        with pytest.raises(Invalid) as refusal:
            ask(teacher, sheet, replace(wanted(province), **changes), clock=province.clock)
        assert [problem.field for problem in refusal.value.problems] == fields
    ask(teacher, sheet, wanted(province), clock=province.clock)
    with pytest.raises(Invalid, match="already"):
        ask(teacher, sheet, wanted(province), clock=province.clock)


@ONE_ENGINE
def test_a_request_is_taken_back_by_who_made_it(app: Flask, province: Province) -> None:
    shut(province, HEAD)
    request_id = ask(acting(province, TEACHER), sheet_of(province), wanted(province), clock=province.clock)
    with pytest.raises(Forbidden):
        withdraw(acting(province, HEAD), request_id, clock=province.clock)
    withdraw(acting(province, TEACHER), request_id, clock=province.clock)
    assert state(province, request_id) is ExtensionState.WITHDRAWN
    with pytest.raises(Invalid):
        answer(province, HEAD, request_id)


@ONE_ENGINE
def test_a_request_nobody_answered_lapses(app: Flask, province: Province) -> None:
    shut(province, HEAD)
    request_id = ask(acting(province, TEACHER), sheet_of(province), wanted(province), clock=province.clock)
    province.now += 3 * DAY
    assert state(province, request_id) is ExtensionState.LAPSED
    with pytest.raises(Invalid):
        answer(province, HEAD, request_id)


def test_one_students_cells_open_alone(app: Flask, province: Province) -> None:
    shut(province, HEAD)
    pupil = province.first.student_ids[1]
    request_id = ask(
        acting(province, TEACHER),
        sheet_of(province),
        wanted(province, students=(pupil,)),
        clock=province.clock,
    )
    answer(province, HEAD, request_id)
    enter(province, "7", pupil=1)
    with pytest.raises(Locked):
        enter(province, "7", pupil=0)
    sheet = db.session.get_one(GradebookSheet, sheet_of(province))
    locks = sheet_locks(db.session(), sheet, ("final", "midterm"), province.now)
    assert not locks.columns["final"].open
    assert locks.reasons(pupil, "final") == ()
    assert locks.reasons(pupil, "midterm")


@ONE_ENGINE
def test_an_opening_gives_time_to_enter_what_is_missing_not_to_change_what_was_entered(
    app: Flask, province: Province
) -> None:
    """The school's book closes; granted, blank cells open, and what was entered stays a correction's (S0 Điều 11.4)."""
    actor = acting(province, HEAD)
    new = NewWindow(
        province.year_id, "Đợt tháng 11", "Quy chế", WindowEffect.OPEN, WindowMode.WHOLE_BOOK, province.now,
        province.now + DAY, term=1, columns=("final",),
    )  # fmt: skip
    assert actor.unit_id is not None
    add_window(actor, actor.unit_id, new, clock=province.clock)
    enter(province, "8")
    province.now += 2 * DAY
    with pytest.raises(Locked):
        enter(province, "9", old="8")
    request_id = ask(acting(province, TEACHER), sheet_of(province), wanted(province), clock=province.clock)
    answer(province, HEAD, request_id)
    with pytest.raises(Locked):
        enter(province, "9", old="8")
    enter(province, "6", pupil=1)
    enter(province, "7", pupil=1, old="6")
    province.now += 3 * DAY
    with pytest.raises(Locked):
        enter(province, "5", pupil=1, old="7")


@ONE_ENGINE
def test_a_freeze_ordered_later_holds_and_an_opening_can_be_ended_early(
    app: Flask, province: Province
) -> None:
    shut(province, HEAD)
    request_id = ask(acting(province, TEACHER), sheet_of(province), wanted(province), clock=province.clock)
    window_id = answer(province, HEAD, request_id)
    enter(province, "8")
    assert window_id is not None
    end_window(acting(province, HEAD), window_id, "Hết lí do", clock=province.clock)
    with pytest.raises(Locked):
        enter(province, "9", old="8")
    request_id = ask(acting(province, TEACHER), sheet_of(province), wanted(province), clock=province.clock)
    answer(province, HEAD, request_id)
    enter(province, "9", old="8")
    shut(province, HEAD)
    with pytest.raises(Locked):
        enter(province, "7", old="9")


@ONE_ENGINE
def test_approvers_are_told_and_the_tier_above_of_who_opens_for_herself(
    app: Flask, province: Province
) -> None:
    shut(province, HEAD)
    ask(acting(province, TEACHER), sheet_of(province), wanted(province), clock=province.clock)
    people = {province.first.person_ids[name] for name in ("giangnt", "quantb")}
    told = set(db.session.scalars(sa.select(Notice.person_id).where(Notice.title.like("Đề nghị mở khóa%"))))
    assert told == people
    found = leaders_of(db.session(), [province.department_id], CLOCK.date(), admins=True)
    assert len(found[province.department_id]) == 2


def test_the_state_of_a_whole_schools_sheets_takes_three_statements_at_most(
    app: Flask, province: Province
) -> None:
    shut(province, HEAD, columns=("final",))
    head = acting(province, HEAD)
    with counting(app) as statements:
        found = school_states(db.session(), head, province.first.unit_id, province.year_id, 1, province.now)
    assert len(statements) <= 3
    assert len(found) == 4
    for item in found:
        sheet = db.session.get_one(GradebookSheet, item.choice.id)
        one = sheet_locks(db.session(), sheet, tuple(item.states), province.now)
        assert dict(item.states) == dict(one.columns)


@ONE_ENGINE
def test_an_office_freezes_schools_and_the_leaders_are_told(app: Flask, province: Province) -> None:
    """S0 Điều 13.1a: reported to the leaders of the office and of the schools, whatever else is announced."""
    shut(province, OFFICE, unit_ids=(province.first.unit_id,), announce=False,
         ordered_by_id=_leader(province))  # fmt: skip
    told = set(db.session.scalars(sa.select(Notice.person_id).where(Notice.title.like("Báo cáo khóa%"))))
    assert told == {_leader(province), province.first.person_ids["giangnt"]}


def _leader(province: Province) -> int:
    person = acting(province, LEADER).person_id
    assert person is not None
    return person


@ONE_ENGINE
def test_retests_of_a_year_that_ended_in_may_open_as_late_as_september(
    app: Flask, province: Province
) -> None:
    province.now = datetime(2027, 9, 28, 2, tzinfo=UTC)
    leader = acting(province, LEADER)
    new = NewWindow(
        province.year_id, "Đánh giá lại", "Kế hoạch", WindowEffect.OPEN, WindowMode.WHOLE_BOOK, province.now,
        datetime(2027, 9, 30, 17, tzinfo=UTC), term=2, columns=("retest",),
    )  # fmt: skip
    assert add_window(leader, province.department_id, new, clock=province.clock)
