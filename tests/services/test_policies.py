"""Dated settings: inherited downward, only tightened below, never deleted; on both engines."""

from datetime import date

import pytest
import sqlalchemy as sa
from flask import Flask

from app.domain.assessment.facts import Readings
from app.domain.policies import DEFAULTS, PolicyKey
from app.domain.vocabulary import Finality
from app.errors import Forbidden, Invalid, Locked
from app.extensions import db
from app.models import AuditEvent, Policy, SchoolYear
from app.services.cells import CellChange
from app.services.gradebook import enter_scores, submit_sheet
from app.services.policies import centre_settings, readings_of, set_policy, settings_of
from app.services.unit_rules import load_policies
from tests.factories.province import Province
from tests.services.helpers import acting

TODAY = date(2026, 11, 16)
LATER = date(2026, 12, 1)

ONE_ENGINE = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
"""Rules both engines read alike; what they store and lock is asked on both."""


def decide(
    province: Province, username: str, key: PolicyKey, value: str, day: date = TODAY, order: int | None = None
) -> int:
    actor = acting(province, username)
    assert actor.unit_id is not None
    return set_policy(
        actor,
        actor.unit_id,
        key,
        value,
        day,
        "Quy chế quản lý hồ sơ",
        ordered_by_id=order,
        clock=province.clock,
    )


def holds(province: Province, key: PolicyKey, day: date = TODAY) -> str:
    return settings_of(db.session(), province.first.unit_id, day)[key].value


def wrong(refusal: pytest.ExceptionInfo[Invalid]) -> list[str]:
    return [problem.field for problem in refusal.value.problems]


@ONE_ENGINE
def test_nobody_has_set_anything(app: Flask, province: Province) -> None:
    found = settings_of(db.session(), province.first.unit_id, TODAY)
    assert {key: setting.value for key, setting in found.items()} == {
        key: DEFAULTS.get(key, "") for key in PolicyKey
    }
    assert all(setting.source is None and setting.above is None for setting in found.values())


@ONE_ENGINE
def test_a_school_inherits_and_may_tighten(app: Flask, province: Province) -> None:
    decide(province, "binhhv.sogd", PolicyKey.FINALITY, "entry_day")
    assert holds(province, PolicyKey.FINALITY) == "entry_day"
    decide(province, "giangnt.thcstk", PolicyKey.FINALITY, "on_submit")
    setting = settings_of(db.session(), province.first.unit_id, TODAY)[PolicyKey.FINALITY]
    assert (setting.value, setting.above) == ("on_submit", "entry_day")
    assert setting.source is not None
    assert (setting.source.unit_name, setting.source.ordered_by) == ("THCS Thúc Kháng", "Nguyễn Thị Giang")


@ONE_ENGINE
def test_nothing_may_be_loosened_below(app: Flask, province: Province) -> None:
    for key, above, looser, tighter in (
        (PolicyKey.FINALITY, "on_submit", "entry_day", "on_leaving"),
        (PolicyKey.ENTRY_DAY, "20", "23", "15"),
        (PolicyKey.QUICK_ENTRY, "off", "on", "off"),
        (PolicyKey.IDLE_MINUTES, "20", "30", "10"),
        (PolicyKey.WATCH_BURST, "8/10/5", "7/9/5", "7/30/5"),
    ):
        decide(province, "sonlv.xatk", key, above)
        with pytest.raises(Invalid) as refusal:
            decide(province, "giangnt.thcstk", key, looser)
        assert wrong(refusal) == ["value"]
        decide(province, "giangnt.thcstk", key, tighter)
        assert holds(province, key) == tighter


def test_a_tier_that_tightens_later_overrules_what_stands_below(app: Flask, province: Province) -> None:
    """Rows below stay as they were decided; they just don't hold any more, in the lock check as on the page."""
    decide(province, "giangnt.thcstk", PolicyKey.ENTRY_DAY, "25")
    decide(province, "giangnt.thcstk", PolicyKey.QUICK_ENTRY, "on")
    decide(province, "giangnt.thcstk", PolicyKey.IDLE_MINUTES, "60")
    for key, value in (
        (PolicyKey.ENTRY_DAY, "20"),
        (PolicyKey.QUICK_ENTRY, "off"),
        (PolicyKey.IDLE_MINUTES, "15"),
    ):
        decide(province, "binhhv.sogd", key, value, LATER)
    before = load_policies(db.session(), province.first.unit_id, TODAY)
    assert (before.entry_day, before.quick_entry, before.idle_minutes) == (25, True, 60)
    after = load_policies(db.session(), province.first.unit_id, LATER)
    assert (after.entry_day, after.quick_entry, after.idle_minutes) == (20, False, 15)
    assert holds(province, PolicyKey.ENTRY_DAY, LATER) == "20"


@ONE_ENGINE
def test_what_holds_on_the_first_day_counts(app: Flask, province: Province) -> None:
    decide(province, "binhhv.sogd", PolicyKey.FINALITY, "on_submit", LATER)
    decide(province, "giangnt.thcstk", PolicyKey.FINALITY, "entry_day", TODAY)
    with pytest.raises(Invalid):
        decide(province, "giangnt.thcstk", PolicyKey.FINALITY, "entry_day", LATER)
    assert load_policies(db.session(), province.first.unit_id, TODAY).finality is Finality.ENTRY_DAY
    assert load_policies(db.session(), province.first.unit_id, LATER).finality is Finality.ON_SUBMIT


def test_the_former_row_ends_the_day_before_and_stays(app: Flask, province: Province) -> None:
    first = decide(province, "giangnt.thcstk", PolicyKey.ENTRY_DAY, "23")
    second = decide(province, "giangnt.thcstk", PolicyKey.ENTRY_DAY, "20", LATER)
    assert db.session.get_one(Policy, first).ends_on == date(2026, 11, 30)
    between = decide(province, "giangnt.thcstk", PolicyKey.ENTRY_DAY, "22", date(2026, 11, 20))
    rows = db.session.execute(
        sa.select(Policy.id, Policy.starts_on, Policy.ends_on).order_by(Policy.starts_on)
    ).all()
    assert [tuple(row) for row in rows] == [
        (first, TODAY, date(2026, 11, 19)),
        (between, date(2026, 11, 20), date(2026, 11, 30)),
        (second, LATER, None),
    ]
    days = (TODAY, date(2026, 11, 25), LATER)
    assert [holds(province, PolicyKey.ENTRY_DAY, day) for day in days] == ["23", "22", "20"]


@ONE_ENGINE
def test_one_decided_twice_on_a_day_holds_once(app: Flask, province: Province) -> None:
    decide(province, "giangnt.thcstk", PolicyKey.ENTRY_DAY, "23")
    decide(province, "giangnt.thcstk", PolicyKey.ENTRY_DAY, "21")
    setting = settings_of(db.session(), province.first.unit_id, TODAY)[PolicyKey.ENTRY_DAY]
    assert (setting.value, [row.replaced for row in setting.rows]) == ("21", [False, True])


@ONE_ENGINE
def test_values_that_are_none_are_refused(app: Flask, province: Province) -> None:
    with pytest.raises(Invalid) as refusal:
        decide(province, "giangnt.thcstk", PolicyKey.ENTRY_DAY, "32")
    assert wrong(refusal) == ["value"]


@ONE_ENGINE
def test_rules_never_work_backwards_and_need_an_order(app: Flask, province: Province) -> None:
    with pytest.raises(Invalid) as refusal:
        decide(province, "quantb.thcstk", PolicyKey.ENTRY_DAY, "20", date(2026, 11, 15))
    assert wrong(refusal) == ["ordered_by", "starts_on"]
    decide(province, "quantb.thcstk", PolicyKey.ENTRY_DAY, "20", order=province.first.person_ids["giangnt"])
    event = db.session.scalars(
        sa.select(AuditEvent).where(AuditEvent.action == "policy.set", AuditEvent.outcome == "done")
    ).one()
    assert event.details == {"key": "entry_day", "value": "20", "starts_on": "2026-11-16"}


@ONE_ENGINE
def test_nobody_else_decides(app: Flask, province: Province) -> None:
    for username in ("longpd.thcstk", "hocnv.thcstk", "vanlt.sogd", "hongvt.thcstk"):
        with pytest.raises(Forbidden):
            decide(province, username, PolicyKey.ENTRY_DAY, "20")


def test_from_the_moment_a_value_is_final_it_is_locked(app: Flask, province: Province) -> None:
    """Chốt makes the entered cells final under on_submit; blank ones stay open."""
    decide(province, "giangnt.thcstk", PolicyKey.FINALITY, "on_submit")
    teacher, sheet = acting(province, "longpd.thcstk"), province.first.sheet_ids["7A", "math", 1]
    first, second = province.first.student_ids[:2]
    enter_scores(teacher, sheet, [CellChange(first, "regular_1", None, "8")], clock=province.clock)
    submit_sheet(teacher, sheet, ["regular_1"], clock=province.clock)
    with pytest.raises(Locked):
        enter_scores(teacher, sheet, [CellChange(first, "regular_1", "8", "9")], clock=province.clock)
    enter_scores(teacher, sheet, [CellChange(second, "regular_1", None, "7")], clock=province.clock)


def test_a_reading_is_fixed_above_or_chosen(app: Flask, province: Province) -> None:
    """No value of it is the tighter one: what the highest unit has chosen holds, even if decided later."""
    year = db.session.get_one(SchoolYear, province.year_id)
    unit = province.first.unit_id
    assert readings_of(db.session(), unit, year, TODAY) == Readings()
    decide(province, "giangnt.thcstk", PolicyKey.ONE_SUBJECT, "ignore")
    decide(province, "giangnt.thcstk", PolicyKey.COMMENT_SUBJECT, "off")
    assert readings_of(db.session(), unit, year, TODAY) == Readings(False, False)
    decide(province, "binhhv.sogd", PolicyKey.ONE_SUBJECT, "replace")
    assert readings_of(db.session(), unit, year, TODAY) == Readings(False, True)
    decide(province, "sonlv.xatk", PolicyKey.ONE_SUBJECT, "replace")
    for username in ("sonlv.xatk", "giangnt.thcstk"):
        with pytest.raises(Invalid) as refusal:
            decide(province, username, PolicyKey.ONE_SUBJECT, "ignore", LATER)
        assert wrong(refusal) == ["value"]
    assert readings_of(db.session(), unit, year, date(2026, 11, 15)) == Readings()


@ONE_ENGINE
def test_a_summer_counts_by_the_years_last_day(app: Flask, province: Province) -> None:
    year = db.session.get_one(SchoolYear, province.year_id)
    decide(province, "giangnt.thcstk", PolicyKey.ONE_SUBJECT, "ignore", date(2027, 7, 1))
    assert readings_of(db.session(), province.first.unit_id, year, date(2027, 7, 15)) == Readings()


@ONE_ENGINE
def test_what_a_centre_has_confirmed(app: Flask, province: Province) -> None:
    year = db.session.get_one(SchoolYear, province.year_id)
    unit = province.first.unit_id
    assert centre_settings(db.session(), unit, year, TODAY) == {}
    decide(province, "giangnt.thcstk", PolicyKey.CENTRE_GOOD, "5")
    decide(province, "binhhv.sogd", PolicyKey.CENTRE_TITLES, "none")
    assert centre_settings(db.session(), unit, year, TODAY) == {"subjects_good": "5", "titles": "none"}
