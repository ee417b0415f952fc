"""A window over what its unit had closed already: told to the tiers above, counted, and to whom it is ascribed (needs A1, A4)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.domain.exceptions import ExceptionKind
from app.domain.vocabulary import WindowMode
from app.domain.watch import USUAL, Pattern
from app.extensions import db
from app.models import ExceptionNote, Notice, OrgUnit
from app.services.clock import local_day
from app.services.lock_simulation import simulate
from app.services.lock_windows import end_window, extend_window
from app.services.watch_list import watch_list
from app.services.years import chosen_period
from tests.factories.province import CLOCK, Province
from tests.services.helpers import acting
from tests.services.test_lock_windows import DAY, MONDAY, ONE_ENGINE, add, new, principal

ROUND = {"opens_at": CLOCK, "closes_at": MONDAY + 2 * DAY, "mode": WindowMode.ENTERED_CELLS}


def told_above() -> list[str]:
    """What the tiers above read of reopened books."""
    rows = sa.select(ExceptionNote).where(ExceptionNote.kind == ExceptionKind.REOPENING)
    return [row.what for row in db.session.scalars(rows.order_by(ExceptionNote.id))]


def a_round(province: Province, **changes: Any) -> int:
    """An entry round of midterm marks, now for two days; three days later it is over."""
    key = add(province, new(province, **(ROUND | changes)))
    province.now = MONDAY + 3 * DAY
    return key


def again(province: Province, **changes: Any) -> int:
    """A window over the same cells, ordered after the round."""
    times = {"opens_at": province.now, "closes_at": province.now + 5 * DAY, "title": "Mở lại"}
    return add(province, new(province, **(times | changes)))


@pytest.mark.parametrize("mode", [WindowMode.ENTERED_CELLS, WindowMode.WHOLE_BOOK])
def test_a_window_after_the_round_is_told_to_the_tiers_above(
    app: Flask, province: Province, mode: WindowMode
) -> None:
    a_round(province, mode=mode)
    key = again(province)
    (what,) = told_above()
    assert "Mở lại sau khi đã đóng" in what
    assert "Nhập ĐĐGgk" in what
    assert "Chỉ nhập được ô trống" in what
    note = db.session.scalars(sa.select(ExceptionNote)).one()
    assert (note.unit_id, note.url) == (province.first.unit_id, f"/locks/{key}")
    titles = db.session.scalars(sa.select(Notice.title).where(Notice.unit_id.is_not(None))).all()
    assert titles[-1] == "Mở lại, chỉ ô trống: Mở lại"


@ONE_ENGINE
@pytest.mark.parametrize(
    "elsewhere",
    [{"columns": ("final",)}, {"columns": ("retest",), "term": 2}, {"term": 2}],
)
def test_what_had_not_closed_is_no_reopening(
    app: Flask, province: Province, elsewhere: dict[str, Any]
) -> None:
    a_round(province)
    again(province, **elsewhere)
    assert told_above() == []


@ONE_ENGINE
def test_a_class_of_a_closed_grade_is_reopened_and_another_is_not(app: Flask, province: Province) -> None:
    a_round(province, class_ids=(province.first.class_ids["7A"],))
    again(province, class_ids=(province.first.class_ids["7B"],))
    again(province, grades=(8,))
    assert told_above() == []
    again(province, grades=(7,))
    assert len(told_above()) == 1


@ONE_ENGINE
def test_a_sheet_of_a_closed_class_is_reopened(app: Flask, province: Province) -> None:
    a_round(province, class_ids=(province.first.class_ids["7A"],))
    again(province, sheet_id=province.first.sheet_ids["7B", "math", 1])
    assert told_above() == []
    again(province, sheet_id=province.first.sheet_ids["7A", "math", 1])
    assert len(told_above()) == 1


@ONE_ENGINE
def test_rounds_planned_ahead_and_prolonged_ones_are_no_reopenings(app: Flask, province: Province) -> None:
    first = add(province, new(province, **ROUND))
    add(province, new(province, opens_at=MONDAY + 2 * DAY, closes_at=MONDAY + 9 * DAY, title="Đợt sau"))
    extend_window(
        acting(province, "giangnt.thcstk"), first, MONDAY + 4 * DAY, "Nghỉ bão", clock=province.clock
    )
    assert told_above() == []


@ONE_ENGINE
def test_a_round_ended_early_counts_as_closed(app: Flask, province: Province) -> None:
    key = add(province, new(province, **ROUND))
    end_window(acting(province, "giangnt.thcstk"), key, "Xong", clock=province.clock)
    again(province)
    assert len(told_above()) == 1


@ONE_ENGINE
def test_again_and_again_stands_on_the_watch_list(app: Flask, province: Province) -> None:
    a_round(province)
    for _time in range(USUAL.reopenings):
        again(province)
    found = watch_list(
        db.session(), acting(province, "binhhv.sogd"), province.first.unit_id, province.now - 10 * DAY,
        province.now + timedelta(minutes=1),
    )  # fmt: skip
    assert [prompt.cells for prompt in found.of(Pattern.REOPENED)] == [USUAL.reopenings]


@ONE_ENGINE
def test_the_form_says_so_before_anything_is_saved(app: Flask, province: Province) -> None:
    a_round(province)
    actor = acting(province, "giangnt.thcstk")
    owner = db.session.get_one(OrgUnit, province.first.unit_id)
    period = chosen_period(db.session(), actor, local_day(province.now), 2026, 1)
    assert period is not None
    late = new(province, opens_at=province.now, closes_at=None)
    for asked in (late, replace(late, closes_at=province.now + DAY)):
        found = simulate(db.session(), owner, asked, period, province.now)
        assert found.reopens is not None
        assert found.reopens.title == "Nhập ĐĐGgk"
    other = simulate(db.session(), owner, replace(late, columns=("final",)), period, province.now)
    assert other.reopens is None
    assert told_above() == []


@ONE_ENGINE
def test_the_leader_reads_what_is_ordered_in_her_name(app: Flask, province: Province) -> None:
    """Announced or not; of her own orders she isn't told."""
    quiet = add(province, new(province, announce=False))
    end_window(
        acting(province, "quantb.thcstk"),
        quiet,
        "Nhầm",
        ordered_by_id=principal(province),
        clock=province.clock,
    )
    mine = sa.select(Notice.title).where(Notice.person_id == principal(province)).order_by(Notice.id)
    heading = "Lệnh được ghi theo tên lãnh đạo: "
    assert db.session.scalars(mine).all() == [
        f"{heading}thêm lịch, Nhập ĐĐGgk",
        f"{heading}kết thúc sớm, Nhập ĐĐGgk",
    ]
    add(province, new(province, announce=False, ordered_by_id=None), "giangnt.thcstk")
    assert len(db.session.scalars(mine).all()) == 2
