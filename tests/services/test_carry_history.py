"""The record of marks that came along: who wrote them where, what was final, who came back."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import sqlalchemy as sa

from app.domain.access import SYSTEM
from app.errors import Locked
from app.extensions import db
from app.models import (
    AuditEvent,
    GradebookSheet,
    Policy,
    TxLog,
)
from app.services import history
from app.services.changes import count_of_fortnight
from app.services.gradebook import submit_sheet
from app.services.unit_of_work import transaction
from tests.factories.province import Province
from tests.services.carry_helpers import (
    enter,
    grade,
    move,
    sheet_of,
)
from tests.services.helpers import acting


def test_the_trail_says_that_locks_were_not_asked(province: Province) -> None:
    student, old, new = province.first.student_ids[0], sheet_of(province, "7A"), sheet_of(province, "7B")
    enter(province, "longpd.thcstk", old, student, regular_1="8")
    province.now = datetime(2027, 1, 16, 17, 30, tzinfo=UTC)  # 17/01: the term is over
    move(province, student, "7B", date(2027, 1, 15))
    assert grade(new, student).regular_1 == 8
    event = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "sheet.carry")).one()
    assert (event.target_type, event.target_id) == ("student", student)
    assert event.details == {
        "day": "2027-01-15",
        "sheets": [new],
        "former_sheets": [old],
        "lock_windows": "not asked",
    }
    assert db.session.scalar(sa.select(sa.func.count()).where(TxLog.action == "enrolment.move")) == 1


def test_history_goes_on_in_the_former_class(province: Province) -> None:
    student, old, new = province.first.student_ids[0], sheet_of(province, "7A"), sheet_of(province, "7B")
    enter(province, "longpd.thcstk", old, student, regular_1="8")
    enter(province, "longpd.thcstk", old, student, regular_1="8.5")
    move(province, student, "7B")
    enter(province, "habtt.thcstk", new, student, regular_1="9")
    found = history.cell_history(db.session(), new, student, "regular_1")
    assert [(c.account, c.old, c.new, c.place, c.came_from) for c in found] == [
        ("habtt.thcstk", Decimal("8.5"), Decimal("9.0"), None, None),
        ("hongvt.thcstk", Decimal("8.5"), Decimal("8.5"), None, "7A"),
        ("longpd.thcstk", Decimal("8.0"), Decimal("8.5"), "7A", None),
        ("longpd.thcstk", None, Decimal("8.0"), "7A", None),
    ]
    assert [c.action for c in found] == ["sheet.enter", "sheet.carry", "sheet.enter", "sheet.enter"]
    own = history.cell_history(db.session(), old, student, "regular_1")
    assert [(c.account, c.new) for c in own] == [
        ("longpd.thcstk", Decimal("8.5")),
        ("longpd.thcstk", Decimal("8.0")),
    ]
    assert history.cell_history(db.session(), new, student, "final") == []


def set_rules(province: Province, **rules: str) -> None:
    """The first school's settings from September on."""
    with transaction(SYSTEM, "test.rules", clock=province.clock) as work:
        for key, value in rules.items():
            work.session.add(
                Policy(
                    unit_id=province.first.unit_id, key=key, value=value, reason="Quy chế", starts_on=date(2026, 9, 1),
                    decided_at=datetime(2026, 9, 1, tzinfo=UTC),
                )
            )  # fmt: skip


@pytest.mark.parametrize("rule", ["entry_day", "on_submit", "on_leaving"])
def test_what_was_final_stays_final(province: Province, rule: str) -> None:
    """And what nobody had made final yet is the new teacher's to correct."""
    set_rules(province, finality=rule, entry_day="23")
    (student, other, *_rest), old, new = (
        province.first.student_ids,
        sheet_of(province, "7A"),
        sheet_of(province, "7B"),
    )
    long = acting(province, "longpd.thcstk")
    enter(province, "longpd.thcstk", old, student, regular_1="8")
    if rule == "on_submit":
        submit_sheet(long, old, ["regular_1"], clock=province.clock)
    province.now = datetime(2026, 11, 30, 2, 0, tzinfo=UTC)
    if rule != "on_leaving":  # there, everything the test writes is left behind at once
        enter(province, "longpd.thcstk", old, student, regular_2="7")
        enter(province, "longpd.thcstk", old, other, regular_1="6")
        move(province, other, "7B", date(2026, 11, 30))
    move(province, student, "7B", date(2026, 11, 30))
    with pytest.raises(Locked):
        enter(province, "habtt.thcstk", new, student, regular_1="9")
    if rule != "on_leaving":
        enter(province, "habtt.thcstk", new, student, regular_2="9")
        enter(province, "habtt.thcstk", new, other, regular_1="9")
    enter(province, "habtt.thcstk", new, province.first.student_ids[8], regular_1="9")


def test_who_comes_back_finds_the_newer_values(province: Province) -> None:
    student, old, new = province.first.student_ids[0], sheet_of(province, "7A"), sheet_of(province, "7B")
    enter(province, "longpd.thcstk", old, student, regular_1="8", regular_2="7")
    move(province, student, "7B")
    enter(province, "habtt.thcstk", new, student, regular_1="9", regular_2=None, regular_3="6")
    province.now = datetime(2026, 11, 30, 2, 0, tzinfo=UTC)
    assert count_of_fortnight(db.session(), [GradebookSheet.id == old], province.now) == {}
    move(province, student, "7A", date(2026, 11, 30))
    row = grade(old, student)
    assert (row.regular_1, row.regular_2, row.regular_3) == (9, None, 6)
    assert count_of_fortnight(db.session(), [GradebookSheet.id == old], province.now) == {}
    enter(province, "longpd.thcstk", old, student, regular_2="5")
    places = [
        (c.account, c.new, c.place, c.came_from)
        for c in history.cell_history(db.session(), old, student, "regular_1")
    ]
    assert places == [
        ("hongvt.thcstk", 9, None, "7B"),
        ("habtt.thcstk", 9, "7B", None),
        ("hongvt.thcstk", 8, "7B", "7A"),
        ("longpd.thcstk", 8, None, None),
    ]
    assert [(c.old, c.new) for c in history.cell_history(db.session(), old, student, "regular_2")][:2] == [
        (None, 5),
        (7, None),
    ]
    assert grade(new, student).regular_2 is None
