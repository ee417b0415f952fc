"""Logs stand in the chains too: what somebody did, and each Chốt, can't be changed, removed or put in unseen."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from app.domain.access import SYSTEM
from app.domain.chain import FaultKind as F
from app.errors import Forbidden
from app.extensions import db
from app.models import AuditEvent, SheetSubmission, Student
from app.services.chain.reading import part_of
from app.services.gradebook import submit_sheet
from app.services.unit_of_work import plain_write, record_event, transaction
from tests.conftest import counting
from tests.factories.province import Province
from tests.services.helpers import acting
from tests.services.test_chain_bundle import check, export
from tests.support.chain import Unguarded, assert_chain_holds, by_hand, found_places, kinds


@dataclass
class Log:
    """What a school has logged: a Chốt with its event, then three views by its teacher."""

    province: Province
    sheet: int
    press: int
    pressed: int
    viewed: int

    @property
    def unit(self) -> int:
        return self.province.first.unit_id


@pytest.fixture
def log(app: Flask, province: Province) -> Log:
    teacher, sheet = acting(province, "longpd.thcstk"), province.first.sheet_ids["7A", "math", 1]
    submit_sheet(teacher, sheet, ["regular_1"], clock=province.clock)
    for number in range(3):
        record_event(teacher, "report.view", clock=province.clock, page=number)
    press = db.session.scalars(sa.select(SheetSubmission)).one()
    events = db.session.scalars(sa.select(AuditEvent).order_by(AuditEvent.id)).all()
    pressed = next(event for event in events if event.action == "sheet.submit")
    assert pressed.transaction_id == press.transaction_id is not None
    assert events[-1].transaction_id is None
    return Log(province, sheet, press.id, pressed.id, events[-2].id)


def put_in(hand: Unguarded, log: Log, tx: int | None = None) -> None:
    """A view nobody had."""
    hand(
        "INSERT INTO audit_event (id, happened_at, unit_id, action, outcome, details, transaction_id)"
        " VALUES (90001, '2026-11-16 03:00:00', :unit, 'report.view', 'done', '{}', :tx)",
        unit=log.unit, tx=tx,
    )  # fmt: skip


def put_in_press(hand: Unguarded, log: Log) -> None:
    """A Chốt nobody pressed, in the transaction of another."""
    hand(
        "INSERT INTO sheet_submission (id, sheet_id, columns, submitted_at, person_id, transaction_id)"
        " SELECT 90001, sheet_id, columns, submitted_at, person_id, transaction_id"
        " FROM sheet_submission WHERE id = :press",
        press=log.press,
    )


CASES: dict[str, tuple[Callable[[Unguarded, Log], object], set[F], str]] = {
    "a view changed": (
        lambda h, log: h("UPDATE audit_event SET action = 'x' WHERE id = :id", id=log.viewed),
        {F.ROW_CHANGED}, "nội dung giao dịch không khớp",
    ),
    "a view deleted": (
        lambda h, log: h("DELETE FROM audit_event WHERE id = :id", id=log.viewed),
        {F.ROW_DELETED}, "nội dung giao dịch không khớp",
    ),
    "a view put in": (put_in, {F.TX_UNLINKED}, "không thuộc mắt xích nào"),
    "a view of no transaction": (
        lambda h, log: put_in(h, log, 90002), {F.TX_UNLINKED}, "không thuộc mắt xích nào",
    ),
    "an event of a save changed": (
        lambda h, log: h("UPDATE audit_event SET reason = 'x' WHERE id = :id", id=log.pressed),
        {F.ROW_CHANGED}, "nội dung giao dịch không khớp",
    ),
    "a Chốt moved in time": (
        lambda h, log: h("UPDATE sheet_submission SET submitted_at = '2026-01-01 00:00:00' WHERE id = :id", id=log.press),
        {F.ROW_CHANGED}, "nội dung giao dịch không khớp",
    ),
    "a Chốt deleted": (
        lambda h, log: h("DELETE FROM sheet_submission WHERE id = :id", id=log.press),
        {F.ROW_DELETED}, "nội dung giao dịch không khớp",
    ),
    "a Chốt put in": (put_in_press, {F.ROW_INSERTED}, "nội dung giao dịch không khớp"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_tampering_with_a_log_is_found_with_its_place(
    app: Flask, log: Log, case: str, tmp_path: Path
) -> None:
    assert_chain_holds()
    tamper, wanted, said = CASES[case]
    with by_hand() as hand:
        tamper(hand, log)
    found = found_places()
    assert kinds(found) == wanted, found
    (place,) = found
    if "Chốt" in case:
        assert (place.sheet, place.term, place.action) == ("7A", 1, "sheet.submit")
    elif "no transaction" not in case:
        wanted_row = {"put in": 90001, "of a save": log.pressed}
        number = next((n for words, n in wanted_row.items() if words in case), log.viewed)
        assert (place.table, place.key) == ("audit_event", str(number))
    assert kinds(found_places(part_of(db.session(), "thcstk", None, None))) == wanted
    status, told = check(export(app, tmp_path / "bundle"))
    assert status == 1, told
    assert said in told
    assert "PHÁT HIỆN 1 CHỖ" in told


def test_a_logged_view_costs_three_statements_more(app: Flask, province: Province) -> None:
    record_event(SYSTEM, "report.view", clock=province.clock)
    with counting(app) as statements:
        record_event(SYSTEM, "report.view", clock=province.clock)
    written = [s for s in statements if "audit_event" in s or "chain_" in s]
    assert len(written) == 4, statements


def test_a_refusal_after_a_flush_binds_nothing_of_what_was_rolled_back(
    app: Flask, province: Province
) -> None:
    def refused() -> None:
        with transaction(SYSTEM, "test.refused", clock=province.clock) as work:
            work.session.get_one(Student, province.first.student_ids[0]).phone = "0900000000"
            work.audit("test.refused")
            work.flush()
            raise Forbidden("no")

    with pytest.raises(Forbidden):
        refused()
    assert db.session.scalars(
        sa.select(AuditEvent.outcome).where(AuditEvent.action == "test.refused")
    ).all() == ["refused"]
    assert_chain_holds()


def test_a_view_of_several_units_is_bound_in_each(app: Flask, province: Province) -> None:
    units = (province.first.unit_id, province.second.unit_id)
    with counting(app) as statements, plain_write() as session:
        session.add_all(
            AuditEvent(happened_at=province.clock(), unit_id=unit, action="report.view", outcome="done")
            for unit in (*units, units[0])
        )
    assert len([s for s in statements if "chain_" in s]) <= 5  # ends held, made and held again; links; ends
    assert_chain_holds()
