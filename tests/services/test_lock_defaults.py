"""The calendar a school year starts with: made from term dates and the entry day, once, never backwards."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from flask import Flask

from app.domain.lock_calendar import PlannedWindow
from app.domain.vocabulary import WindowMode
from app.errors import Invalid
from app.extensions import db
from app.models import LockWindow, Notice, OrgUnit
from app.services.lock_defaults import default_calendar, generate_default_windows
from tests.factories.province import CLOCK, Province
from tests.services.helpers import acting


@pytest.fixture
def engine_name() -> str:
    """The rows are those of `add_window`, which is asked on both engines."""
    return "sqlite"


def told() -> set[int | None]:
    return set(db.session.scalars(sa.select(Notice.unit_id)))


def defaults(province: Province, username: str) -> int:
    actor = acting(province, username)
    assert actor.unit_id is not None
    return generate_default_windows(
        actor, province.year_id, actor.unit_id, "Kế hoạch năm học", clock=province.clock
    )


def shown(province: Province, now: datetime) -> list[PlannedWindow]:
    owner = db.session.get_one(OrgUnit, province.first.unit_id)
    calendar = default_calendar(db.session(), acting(province, "giangnt.thcstk"), owner, 2026, now)
    return [default.plan for default in calendar if default.made]


def test_a_schools_default_calendar_follows_terms_and_entry_day(app: Flask, province: Province) -> None:
    province.now = datetime(2026, 9, 1, tzinfo=UTC)
    made = defaults(province, "giangnt.thcstk")
    windows = db.session.scalars(
        sa.select(LockWindow)
        .where(LockWindow.owner_id == province.first.unit_id)
        .order_by(LockWindow.opens_at)
    ).all()
    assert len(windows) == made
    rounds = [w for w in windows if "regular_1" in w.columns and w.term == 1]
    assert [f"{w.closes_at:%d/%m}" for w in rounds if w.closes_at] == [
        "23/09",
        "23/10",
        "23/11",
        "23/12",
        "23/01",
    ]
    assert {w.mode for w in windows} == {WindowMode.ENTERED_CELLS}
    notice = db.session.scalars(sa.select(Notice)).one()
    assert (notice.unit_id, notice.title) == (province.first.unit_id, "Lịch khóa, mở sổ năm học 2026–2027")


def test_making_it_twice_adds_nothing_and_never_works_backwards(app: Flask, province: Province) -> None:
    made = defaults(province, "giangnt.thcstk")
    windows = db.session.scalars(
        sa.select(LockWindow).where(LockWindow.owner_id == province.first.unit_id)
    ).all()
    assert all(window.opens_at >= CLOCK for window in windows)
    assert len(windows) == made
    with pytest.raises(Invalid, match="there already"):
        defaults(province, "giangnt.thcstk")


def test_a_window_that_is_there_is_shown_from_when_it_began(app: Flask, province: Province) -> None:
    province.now = datetime(2026, 9, 1, tzinfo=UTC)
    defaults(province, "giangnt.thcstk")
    began = {plan.title: plan.opens_at for plan in shown(province, datetime(2026, 9, 1, tzinfo=UTC))}
    assert {
        plan.title: plan.opens_at for plan in shown(province, datetime(2026, 11, 10, tzinfo=UTC))
    } == began


def test_the_department_opens_the_book_of_each_term(app: Flask, province: Province) -> None:
    actor, owner = acting(province, "binhhv.sogd"), db.session.get_one(OrgUnit, province.department_id)
    plans = default_calendar(db.session(), actor, owner, 2026, province.clock())
    assert [(p.plan.title, p.wanted) for p in plans] == [("Mở sổ học kì I", False), ("Mở sổ học kì II", True)]
    assert defaults(province, "binhhv.sogd") == 1
    assert told() == {
        province.department_id, province.commune_id, province.first.unit_id, province.second.unit_id,
    }  # fmt: skip


def test_the_middle_tier_has_no_default_calendar(app: Flask, province: Province) -> None:
    with pytest.raises(Invalid):
        defaults(province, "sonlv.xatk")
