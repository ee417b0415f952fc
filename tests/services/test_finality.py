"""A value becomes final by the rule in force at that moment and stays so, whatever the rule is later; both engines."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask import Flask

from app.domain.access import SYSTEM
from app.domain.locks import LockReason, LockRule
from app.domain.policies import PolicyKey
from app.errors import Locked
from app.extensions import db
from app.models import Grade, GradebookSheet, LoginSession, OrgParent
from app.services import sign_in
from app.services.cells import CellChange
from app.services.clock import local_day
from app.services.gradebook import enter_scores, submit_sheet
from app.services.locks import sheet_locks
from app.services.policies import set_policy
from app.services.unit_of_work import transaction
from tests.conftest import counting
from tests.factories.province import Province
from tests.services.helpers import acting

DAY = timedelta(days=1)
IDLE = timedelta(minutes=30)
COLUMN = "regular_1"


def sheet_of(province: Province) -> int:
    return province.first.sheet_ids["7A", "math", 1]


def decide(province: Province, value: str, username: str = "giangnt.thcstk", days: int = 0) -> None:
    """A new rule on final marks, from today or some days later on."""
    actor = acting(province, username)
    assert actor.unit_id is not None
    starts_on = local_day(province.now) + days * DAY
    set_policy(actor, actor.unit_id, PolicyKey.FINALITY, value, starts_on, "Quy chế", clock=province.clock)


def enter(
    province: Province, new: str | None, old: str | None = None, pupil: int = 0, session: int | None = None
) -> None:
    """The mathematics teacher writes a cell, in a sign-in session if one is given."""
    change = CellChange(province.first.student_ids[pupil], COLUMN, old, new)
    teacher = replace(acting(province, "longpd.thcstk"), session_id=session)
    enter_scores(teacher, sheet_of(province), [change], clock=province.clock)


def submit(province: Province) -> datetime:
    return submit_sheet(acting(province, "longpd.thcstk"), sheet_of(province), [COLUMN], clock=province.clock)


def signed_in(province: Province) -> tuple[int, str]:
    """A sign-in session of the teacher: its id and token."""
    account = acting(province, "longpd.thcstk").user_id
    assert account is not None
    token = sign_in.start_session(account, address="", agent="", clock=province.clock, idle=IDLE)
    found = db.session.scalars(sa.select(LoginSession.id).where(LoginSession.token == token)).one()
    return found, token


def sign_out(province: Province, token: str) -> datetime:
    moment = province.clock()
    sign_in.end_session(token, "sign_out", moment=moment)
    return moment


def why(province: Province, pupil: int = 0) -> LockReason | None:
    """Why the cell is locked now; None when it is open."""
    db.session.rollback()
    sheet = db.session.get_one(GradebookSheet, sheet_of(province))
    locks = sheet_locks(db.session(), sheet, (COLUMN, "midterm", "comment"), province.clock())
    reasons = locks.reasons(province.first.student_ids[pupil], COLUMN)
    return reasons[0] if reasons else None


def told(reason: LockReason | None) -> tuple[str, str, datetime | None] | None:
    """Rule, whose it is and since when."""
    if reason is None:
        return None
    assert reason.rule is LockRule.ENTERED_FINAL
    return reason.title, reason.unit_name, reason.since


def vn_midnight(year: int, month: int, day: int) -> datetime:
    """00:00 of a day in Vietnam."""
    return datetime(year, month, day, tzinfo=UTC) - timedelta(hours=7)


def test_a_loosened_rule_reopens_nothing(app: Flask, province: Province) -> None:
    decide(province, "on_submit")
    enter(province, "8")
    final = ("on_submit", "THCS Thúc Kháng", submit(province))
    enter(province, "6", pupil=1)  # blank when Chốt was pressed
    decide(province, "window_close")  # on the same day
    assert (told(why(province)), why(province, 1)) == (final, None)
    with pytest.raises(Locked) as refusal:
        enter(province, "9", "8")
    assert told(refusal.value.reasons[0].reasons[0]) == final
    submit(province)  # makes nothing final any more
    province.now += 20 * DAY
    enter(province, "7", "6", pupil=1)
    assert (told(why(province)), why(province, 1)) == (final, None)


def test_a_new_rule_makes_nothing_final_that_happened_before_it(app: Flask, province: Province) -> None:
    session, token = signed_in(province)
    enter(province, "8", session=session)
    submit(province)
    sign_out(province, token)
    decide(province, "on_leaving")
    enter(province, "9", "8", session=signed_in(province)[0])
    assert why(province) is None


def test_a_new_entry_day_acts_on_the_rounds_after_it(app: Flask, province: Province) -> None:
    enter(province, "8")
    province.now = vn_midnight(2026, 11, 24)  # the 23rd is over
    decide(province, "entry_day")
    enter(province, "9", "8")
    assert why(province) is None
    province.now = vn_midnight(2026, 12, 24) - timedelta(seconds=1)
    assert why(province) is None
    province.now = vn_midnight(2026, 12, 24)
    enter(province, "7", pupil=1)
    december = ("entry_day", "THCS Thúc Kháng", vn_midnight(2026, 12, 24))
    assert (told(why(province)), why(province, 1)) == (december, None)
    province.now = vn_midnight(2027, 1, 5)
    decide(province, "window_close")
    assert (told(why(province)), why(province, 1)) == (december, None)


def test_what_was_left_behind_stays_final(app: Flask, province: Province) -> None:
    decide(province, "on_leaving")
    session, token = signed_in(province)
    enter(province, "8", session=session)
    enter(province, "9", "8", session=session)  # while she is there, she may change it
    left = sign_out(province, token)
    other, _token = signed_in(province)
    enter(province, "5", pupil=1, session=other)
    seen = province.now
    decide(province, "window_close", days=1)
    assert (told(why(province)), why(province, 1)) == (("on_leaving", "THCS Thúc Kháng", left), None)
    province.now += timedelta(hours=1)  # nobody has signed out, but the session has idled away
    reason = why(province, 1)
    assert reason is not None
    assert reason.since is not None
    assert seen - timedelta(seconds=1) < reason.since - IDLE <= seen
    province.now += 5 * DAY
    assert (told(why(province)), why(province, 1)) == (("on_leaving", "THCS Thúc Kháng", left), reason)


def test_leaving_after_the_rule_was_loosened_makes_nothing_final(app: Flask, province: Province) -> None:
    decide(province, "on_leaving")
    session, token = signed_in(province)
    enter(province, "8", session=session)
    decide(province, "window_close")
    sign_out(province, token)
    assert why(province) is None


def test_chot_and_the_entry_day_hold_under_a_stricter_rule(app: Flask, province: Province) -> None:
    decide(province, "on_leaving")
    session, _token = signed_in(province)
    enter(province, "8", session=session)
    pressed = submit(province)
    assert told(why(province)) == ("on_submit", "THCS Thúc Kháng", pressed)
    decide(province, "on_submit")
    enter(province, "7", pupil=1, session=session)
    province.now = vn_midnight(2026, 11, 24)  # nobody pressed Chốt for this one
    assert told(why(province, 1)) == ("entry_day", "THCS Thúc Kháng", vn_midnight(2026, 11, 24))


def test_a_tier_above_tightens_from_its_day_on(app: Flask, province: Province) -> None:
    decide(province, "entry_day")
    decide(province, "on_submit", "binhhv.sogd", days=14)
    enter(province, "8")
    submit(province)  # not asked for yet
    assert why(province) is None
    province.now = vn_midnight(2026, 11, 24)
    first = ("entry_day", "THCS Thúc Kháng", vn_midnight(2026, 11, 24))
    enter(province, "6", pupil=1)
    province.now = vn_midnight(2026, 12, 1)
    assert (told(why(province)), why(province, 1)) == (first, None)
    second = ("on_submit", "Sở GDĐT Bình Giang", submit(province))
    assert (told(why(province)), told(why(province, 1))) == (first, second)


def test_what_a_former_office_made_final_stays_so(app: Flask, province: Province) -> None:
    """Units move: the rule of the office that stood above the school on that day counts, today's doesn't."""
    decide(province, "on_submit", "sonlv.xatk")
    enter(province, "8")
    final = ("on_submit", "UBND xã Thúc Kháng", submit(province))
    with transaction(SYSTEM, "test.move", clock=province.clock) as work:
        link = work.session.scalars(
            sa.select(OrgParent).where(OrgParent.unit_id == province.first.unit_id)
        ).one()
        link.ends_on = date(2026, 11, 30)
        work.session.add(
            OrgParent(
                unit_id=province.first.unit_id, parent_id=province.department_id, starts_on=date(2026, 12, 1)
            )
        )
    province.now = vn_midnight(2026, 12, 2)
    enter(province, "6", pupil=1)
    submit(province)
    assert (told(why(province)), why(province, 1)) == (final, None)


def test_a_cell_blank_at_the_event_has_its_own_time(app: Flask, province: Province) -> None:
    decide(province, "on_submit")
    enter(province, "8")
    enter(province, None, "8")
    submit(province)
    enter(province, "7")
    enter(province, "6", "7")
    assert why(province) is None
    pressed = submit(province)
    assert told(why(province)) == ("on_submit", "THCS Thúc Kháng", pressed)


def test_a_correction_leaves_a_value_final_and_an_emptied_cell_open(app: Flask, province: Province) -> None:
    decide(province, "on_submit")
    enter(province, "8")
    final = ("on_submit", "THCS Thúc Kháng", submit(province))
    correct(province, Decimal("9.0"))
    assert told(why(province)) == final
    correct(province, None)
    assert why(province) is None
    enter(province, "5")
    enter(province, "6", "5")
    assert told(why(province)) is None


def correct(province: Province, value: Decimal | None) -> None:
    """What an approved correction does to a cell."""
    with transaction(SYSTEM, "test.correct", clock=province.clock) as work:
        key = (sheet_of(province), province.first.student_ids[0])
        row = work.session.get_one(Grade, key)
        work.stamp()
        setattr(row, COLUMN, value)


@pytest.mark.parametrize(
    ("value", "most"), [("window_close", 2), ("entry_day", 3), ("on_submit", 3), ("on_leaving", 3)]
)
def test_the_lock_check_takes_few_statements(app: Flask, province: Province, value: str, most: int) -> None:
    decide(province, value)
    for pupil in range(4):
        enter(province, "8", pupil=pupil, session=signed_in(province)[0])
        submit(province)
        province.now += 20 * DAY if pupil % 2 else DAY
    sheet = db.session.get_one(GradebookSheet, sheet_of(province))
    assert sheet.id
    now = province.clock()
    with counting(app) as statements:
        sheet_locks(db.session(), sheet, (COLUMN, "midterm"), now)
    assert len(statements) <= most, statements
