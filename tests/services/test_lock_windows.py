"""Ordering, extending, ending and announcing lock windows, on both engines (S0 Điều 13, S4 Điều 6a, 12.5, 15.3)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy_continuum import version_class

from app.domain.access import SYSTEM
from app.domain.locks import LockRule
from app.domain.vocabulary import Level, Role, WindowEffect, WindowMode
from app.errors import Forbidden, Invalid, Locked, NotFound
from app.extensions import db
from app.models import AuditEvent, GradebookSheet, LockWindow, Notice, OrgParent, OrgUnit, Position, UnitEpoch
from app.services import lock_windows, locks
from app.services.cells import CellChange
from app.services.gradebook import enter_scores
from app.services.lock_notices import bound_units, units_below
from app.services.lock_view import window_history
from app.services.lock_windows import NewWindow, add_window, end_window, extend_window
from app.services.unit_of_work import transaction
from tests.factories.province import CLOCK, Province
from tests.services.helpers import acting

DAY = timedelta(days=1)
MONDAY = CLOCK.replace(hour=0)  # 07:00 in Vietnam

ONE_ENGINE = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
"""Rules both engines read alike; what they store and lock is asked on both."""


def principal(province: Province) -> int:
    return province.first.person_ids["giangnt"]


def new(province: Province, **changes: Any) -> NewWindow:
    """The school's entry round for midterm marks, from tomorrow for a week, ordered by its principal."""
    base = NewWindow(
        school_year_id=province.year_id,
        title="Nhập ĐĐGgk",
        reason="Kế hoạch kiểm tra giữa kì",
        effect=WindowEffect.OPEN,
        mode=WindowMode.WHOLE_BOOK,
        opens_at=MONDAY + DAY,
        closes_at=MONDAY + 8 * DAY,
        term=1,
        columns=("midterm",),
        ordered_by_id=principal(province),
    )
    return replace(base, **changes)


def shut(province: Province, **changes: Any) -> NewWindow:
    words = {"title": "Kiểm tra sổ", "reason": "Kế hoạch kiểm tra", "columns": (), "ordered_by_id": None}
    return new(province, **({"effect": WindowEffect.SHUT} | words | changes))


def add(province: Province, window: NewWindow, username: str = "quantb.thcstk") -> int:
    actor = acting(province, username)
    assert actor.unit_id is not None
    return add_window(actor, actor.unit_id, window, clock=province.clock)


def fields(error: pytest.ExceptionInfo[Invalid]) -> list[str]:
    return [problem.field for problem in error.value.problems]


def enter(province: Province, column: str, value: str) -> None:
    sheet, student = province.first.sheet_ids["7A", "math", 1], province.first.student_ids[0]
    change = CellChange(student, column, None, value)
    enter_scores(acting(province, "longpd.thcstk"), sheet, [change], clock=province.clock)


def told(province: Province) -> dict[int | None, list[str]]:
    found: dict[int | None, list[str]] = {}
    for notice in db.session.scalars(sa.select(Notice).order_by(Notice.id)):
        found.setdefault(notice.unit_id, []).append(notice.title)
    return found


# -- who ---------------------------------------------------------------------------------------------------------


def test_an_administrator_executes_what_the_principal_orders(app: Flask, province: Province) -> None:
    key = add(province, new(province))
    window = db.session.get_one(LockWindow, key)
    assert window.ordered_by.full_name == "Nguyễn Thị Giang"
    assert window.executed_by.username == "quantb.thcstk"
    assert window.owner_id == province.first.unit_id
    event = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "lock_window.add")).one()
    assert (event.target_id, event.reason) == (key, "Kế hoạch kiểm tra giữa kì")


@ONE_ENGINE
def test_the_leader_may_act_herself(app: Flask, province: Province) -> None:
    window = db.session.get_one(
        LockWindow, add(province, new(province, ordered_by_id=None), "giangnt.thcstk")
    )
    assert window.ordered_by_id == principal(province)
    assert window.executed_by.username == "giangnt.thcstk"


@ONE_ENGINE
def test_only_a_leader_in_office_orders(app: Flask, province: Province) -> None:
    """Neither the administrator nor the deputy: a deputy needs a dated authorisation (design §7)."""
    for person_id in (province.first.person_ids["quantb"], province.first.person_ids["hocnv"], None):
        with pytest.raises(Invalid) as refusal:
            add(province, new(province, ordered_by_id=person_id))
        assert fields(refusal) == ["ordered_by"]


@ONE_ENGINE
def test_a_principal_who_has_left_orders_nothing(app: Flask, province: Province) -> None:
    with transaction(SYSTEM, "test.leave", clock=province.clock) as work:
        position = (
            work.session.query(Position).filter_by(person_id=principal(province), role=Role.PRINCIPAL).one()
        )
        position.ends_on = date(2026, 11, 15)
    with pytest.raises(Invalid) as refusal:
        add(province, new(province))
    assert fields(refusal) == ["ordered_by"]


@ONE_ENGINE
def test_nobody_else_sets_windows_and_the_refusal_is_on_record(app: Flask, province: Province) -> None:
    others = ("longpd.thcstk", "hongvt.thcstk", "hocnv.thcstk", "vanlt.sogd")
    for username in others:
        with pytest.raises(Forbidden):
            add(province, new(province), username)
    outcomes = sa.select(AuditEvent.outcome).where(AuditEvent.action == "lock_window.add")
    assert db.session.scalars(outcomes).all() == ["refused"] * len(others)


@ONE_ENGINE
def test_a_tier_sets_windows_of_its_own_only(app: Flask, province: Province) -> None:
    """Neither the department for a school, nor a school for the department: layers, not deputies."""
    with pytest.raises(Forbidden):
        add_window(
            acting(province, "daoct.sogd"), province.first.unit_id, new(province), clock=province.clock
        )
    with pytest.raises(Forbidden):
        add_window(
            acting(province, "quantb.thcstk"), province.department_id, new(province), clock=province.clock
        )
    with pytest.raises(NotFound):
        add_window(
            acting(province, "quantb.thcstk"), province.second.unit_id, new(province), clock=province.clock
        )
    with pytest.raises(Forbidden):
        end_window(
            acting(province, "quantb.thcstk"), province.first.window_ids[0], "mở", clock=province.clock
        )


@ONE_ENGINE
def test_the_program_itself_executes_nothing(app: Flask, province: Province) -> None:
    with pytest.raises(Forbidden):
        add_window(SYSTEM, province.first.unit_id, new(province), clock=province.clock)


# -- what --------------------------------------------------------------------------------------------------------


WRONG: tuple[tuple[dict[str, Any], list[str]], ...] = (
    ({"title": "  ", "reason": ""}, ["title", "reason"]),
    ({"title": "x" * 161}, ["title"]),
    ({"opens_at": MONDAY - DAY}, ["opens_at"]),
    ({"closes_at": MONDAY + DAY}, ["closes_at"]),
    ({"closes_at": None, "mode": WindowMode.ENTERED_CELLS}, ["closes_at"]),
    ({"closes_at": datetime(2062, 11, 20, tzinfo=UTC)}, ["closes_at"]),
    ({"columns": ("midterm", "average")}, ["columns"]),
    ({"levels": (Level.PRIMARY.value,)}, ["levels"]),
    ({"grades": (7, 12)}, ["grades"]),
    ({"class_ids": (999,)}, ["class_ids"]),
    ({"unit_ids": (1,)}, ["unit_ids"]),
    ({"term": 3}, ["term"]),
)


@ONE_ENGINE
def test_every_wrong_field_is_named(app: Flask, province: Province) -> None:
    for changes, wrong in WRONG:
        with pytest.raises(Invalid) as refusal:
            add(province, new(province, **changes))
        assert fields(refusal) == wrong
    assert db.session.scalar(sa.select(sa.func.count()).select_from(LockWindow)) == 1


@ONE_ENGINE
def test_another_schools_classes_and_schools_elsewhere_are_refused(app: Flask, province: Province) -> None:
    with pytest.raises(Invalid) as refusal:
        add(province, new(province, class_ids=(province.second.class_ids["7A"],)))
    assert fields(refusal) == ["class_ids"]
    with pytest.raises(Invalid) as refusal:
        add(province, shut(province, unit_ids=(province.commune_id,)), "binhhv.sogd")
    assert fields(refusal) == ["unit_ids"]


def test_a_beginning_of_a_moment_ago_means_now(app: Flask, province: Province) -> None:
    window = db.session.get_one(
        LockWindow, add(province, new(province, opens_at=CLOCK - timedelta(minutes=3)))
    )
    assert CLOCK <= window.opens_at <= province.now


# -- what it does ------------------------------------------------------------------------------------------------


def test_shutting_locks_at_once_and_says_who(app: Flask, province: Province) -> None:
    add(province, shut(province, opens_at=CLOCK, closes_at=CLOCK + DAY, grades=(7,)), "sonlv.xatk")
    with pytest.raises(Locked) as refusal:
        enter(province, "final", "8")
    (reason,) = refusal.value.reasons[0].reasons
    assert (reason.rule, reason.unit_name, reason.ordered_by) == (
        LockRule.SHUT,
        "UBND xã Thúc Kháng",
        "Lò Văn Sơn",
    )
    assert (reason.reason, reason.until) == ("Kế hoạch kiểm tra", CLOCK + DAY)
    province.now += DAY
    enter(province, "final", "8")


@ONE_ENGINE
def test_a_school_cannot_open_what_a_tier_above_has_shut(app: Flask, province: Province) -> None:
    add(province, shut(province, opens_at=CLOCK, closes_at=CLOCK + 5 * DAY), "binhhv.sogd")
    add(province, new(province, opens_at=CLOCK, columns=()))
    with pytest.raises(Locked):
        enter(province, "midterm", "8")


def test_a_round_that_is_ended_locks_what_was_entered_and_leaves_blank_cells_open(
    app: Flask, province: Province
) -> None:
    """The monthly entry day of S1 Điều 5.1: entered cells are final, the others may still come."""
    key = add(province, new(province, opens_at=CLOCK, mode=WindowMode.ENTERED_CELLS, columns=("regular_1",)))
    enter(province, "regular_1", "8")
    end_window(
        acting(province, "quantb.thcstk"),
        key,
        "Hết đợt",
        ordered_by_id=principal(province),
        clock=province.clock,
    )
    sheet = db.session.get_one(GradebookSheet, province.first.sheet_ids["7A", "math", 1])
    state = locks.sheet_locks(db.session(), sheet, ("regular_1",), province.clock())
    first, second = province.first.student_ids[:2]
    assert [r.rule for r in state.reasons(first, "regular_1")] == [LockRule.ENTERED_FINAL]
    assert state.reasons(second, "regular_1") == ()


def test_ending_the_whole_book_locks_it_and_deletes_nothing(app: Flask, province: Province) -> None:
    key = add(province, new(province, opens_at=CLOCK))
    enter(province, "midterm", "8")
    end_window(acting(province, "giangnt.thcstk"), key, "Nhập xong", clock=province.clock)
    with pytest.raises(Locked):
        enter(province, "midterm", "9")
    window = db.session.get_one(LockWindow, key)
    assert (window.ended_reason, window.closes_at) == ("Nhập xong", MONDAY + 8 * DAY)
    with pytest.raises(Invalid):
        end_window(acting(province, "giangnt.thcstk"), key, "lần nữa", clock=province.clock)


@ONE_ENGINE
def test_a_window_called_off_before_it_begins_never_works(app: Flask, province: Province) -> None:
    key = add(province, shut(province, ordered_by_id=principal(province)))
    end_window(acting(province, "giangnt.thcstk"), key, "Hoãn", clock=province.clock)
    province.now = MONDAY + 2 * DAY
    enter(province, "midterm", "8")


def test_extending_keeps_the_former_end_as_a_version(app: Flask, province: Province) -> None:
    key = add(province, new(province))
    later = MONDAY + 12 * DAY
    board = acting(province, "quantb.thcstk")
    extend_window(
        board, key, later, "Lớp 7B chưa xong", ordered_by_id=principal(province), clock=province.clock
    )
    assert db.session.get_one(LockWindow, key).closes_at == later
    history = window_history(db.session(), key)
    assert [(change.action, change.closes_at) for change in history] == [
        ("lock_window.extend", later),
        ("lock_window.add", MONDAY + 8 * DAY),
    ]
    assert history[0].reason == "Lớp 7B chưa xong"
    assert (history[0].ordered_by, history[0].account) == ("Nguyễn Thị Giang", "quantb.thcstk")
    versions = version_class(LockWindow)
    assert db.session.query(versions).filter_by(id=key).count() == 2


@ONE_ENGINE
def test_extending_means_later_and_needs_a_reason(app: Flask, province: Province) -> None:
    key, head = add(province, new(province)), acting(province, "giangnt.thcstk")
    with pytest.raises(Invalid) as refusal:
        extend_window(head, key, MONDAY + 8 * DAY, "", clock=province.clock)
    assert fields(refusal) == ["reason", "closes_at"]
    province.now = MONDAY + 9 * DAY
    with pytest.raises(Invalid, match="Add a new one"):
        extend_window(head, key, MONDAY + 20 * DAY, "muộn", clock=province.clock)


def test_closings_take_the_epochs_of_every_school_they_bind(app: Flask, province: Province) -> None:
    """Saves hold the school's row shared (design §6): one that runs ends first, the next sees the window."""
    add(province, shut(province, opens_at=CLOCK, closes_at=CLOCK + DAY), "binhhv.sogd")
    epochs = dict(db.session.execute(sa.select(UnitEpoch.unit_id, UnitEpoch.epoch)).all())
    assert epochs == {
        province.department_id: 1,
        province.commune_id: 0,
        province.first.unit_id: 1,
        province.second.unit_id: 1,
    }


# -- whom --------------------------------------------------------------------------------------------------------


@ONE_ENGINE
def test_a_department_tells_offices_and_schools_it_binds(app: Flask, province: Province) -> None:
    add(province, shut(province, unit_ids=(province.second.unit_id,)), "binhhv.sogd")
    assert told(province) == {
        province.department_id: ["Lịch mới: Kiểm tra sổ"],
        province.commune_id: ["Lịch mới: Kiểm tra sổ"],
        province.second.unit_id: ["Lịch mới: Kiểm tra sổ"],
        None: ["Báo cáo khóa dữ liệu để kiểm tra tại 1 trường"] * 2,  # to each leader in person (S0 Điều 13)
    }


@ONE_ENGINE
def test_a_school_that_teaches_nothing_of_it_is_not_told(app: Flask, province: Province) -> None:
    with transaction(SYSTEM, "test.levels", clock=province.clock) as work:
        work.session.get_one(OrgUnit, province.second.unit_id).levels = [Level.UPPER_SECONDARY.value]
    add(province, shut(province, levels=(Level.LOWER_SECONDARY.value,), grades=(9,)), "binhhv.sogd")
    assert province.second.unit_id not in told(province)
    assert province.first.unit_id in told(province)


def test_bound_units_follow_the_tree_of_the_day(app: Flask, province: Province) -> None:
    with transaction(SYSTEM, "test.move", clock=province.clock) as work:
        link = work.session.query(OrgParent).filter_by(unit_id=province.second.unit_id).one()
        link.ends_on = date(2026, 11, 20)
        work.session.add(
            OrgParent(
                unit_id=province.second.unit_id,
                parent_id=province.department_id,
                starts_on=date(2026, 11, 21),
            )
        )
    commune = db.session.get_one(OrgUnit, province.commune_id)
    window = LockWindow(unit_ids=[], levels=[], grades=[], class_ids=[])
    found = {
        day: [unit.id for unit in bound_units(window, commune, units_below(db.session(), commune.id, day))]
        for day in (date(2026, 11, 20), date(2026, 11, 21))
    }
    assert province.second.unit_id in found[date(2026, 11, 20)]
    assert found[date(2026, 11, 21)] == [province.commune_id, province.first.unit_id]


@ONE_ENGINE
def test_the_notice_says_everything_and_links_to_the_window(app: Flask, province: Province) -> None:
    key = add(
        province, new(province, class_ids=(province.first.class_ids["7A"],), mode=WindowMode.ENTERED_CELLS)
    )
    notice = db.session.scalars(sa.select(Notice).where(Notice.unit_id.is_not(None))).one()
    assert notice.url == f"/locks/{key}"
    assert notice.body == (
        "THCS Thúc Kháng mở sổ từ 07:00 ngày 17/11/2026 đến 07:00 ngày 24/11/2026. "
        "Phạm vi: học kì I; cột ĐĐGgk; lớp 7A. Hết hạn thì khóa các điểm đã nhập, ô trống vẫn mở. "
        "Căn cứ: Kế hoạch kiểm tra giữa kì. Người ra lệnh: Nguyễn Thị Giang."
    )


@ONE_ENGINE
def test_changes_are_told_where_the_window_was(app: Flask, province: Province) -> None:
    head = acting(province, "giangnt.thcstk")
    quiet = add(province, new(province, announce=False))
    extend_window(head, quiet, MONDAY + 10 * DAY, "thêm", clock=province.clock)
    hers = {None: ["Lệnh được ghi theo tên lãnh đạo: thêm lịch, Nhập ĐĐGgk"]}  # to her in whose name it was
    assert told(province) == hers
    assert lock_windows.announce(head, quiet, clock=province.clock) == 1
    end_window(head, quiet, "xong", clock=province.clock)
    units = {province.first.unit_id: ["Lịch mới: Nhập ĐĐGgk", "Kết thúc sớm: Nhập ĐĐGgk"]}
    assert told(province) == hers | units
