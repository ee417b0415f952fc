"""A correction request, its cells and steps stand in the chains: changed in the database, they are found and named."""

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from app.domain.chain import FaultKind as F
from app.domain.corrections import Preset
from app.extensions import db
from app.models import CorrectionCell, Installation
from app.services.chain import begin
from app.services.chain.reading import Part
from tests.factories.province import Province
from tests.services.correction_helpers import (
    HEAD,
    LEADER_ABOVE,
    OTHER,
    ask,
    enter_and_lock,
    found,
    move_homeroom,
    set_preset,
    sit,
    sit_all,
)
from tests.services.test_chain_bundle import check, export
from tests.services.test_correction_limits import end_the_year
from tests.support.chain import Unguarded, assert_chain_holds, by_hand, found_places, kinds


@pytest.fixture
def applied(app: Flask, province: Province) -> int:
    """A request for the first student's midterm mark, written into the book."""
    move_homeroom(province, "7A", "habtt")
    enter_and_lock(province, {"midterm": "6,5"})
    set_preset(province, Preset.S1)
    request_id = ask(province)
    sit_all(province, request_id, (OTHER, HEAD))
    return request_id


LIVE = (
    "reason = 'Chấm lại'", "requested_by_id = requested_by_id + 1", "requested_as = 'author'", "state = 'refused'",
    "applied_tx_id = NULL", "finished_at = NULL", "evidence = NULL", "seats = '[]'",
)  # fmt: skip


@pytest.mark.parametrize("change", LIVE)
def test_what_a_request_says_cant_be_changed_unseen(
    app: Flask, province: Province, applied: int, change: str, tmp_path: Path
) -> None:
    assert_chain_holds()
    with by_hand() as hand:
        hand(f"UPDATE correction_request SET {change} WHERE id = :id", id=applied)
    places = found_places()
    assert kinds(places) == {F.LIVE_CHANGED}
    assert [(p.table, p.key, p.unit_id) for p in places] == [
        ("correction_request", str(applied), province.first.unit_id)
    ]
    assert places[0].correction.endswith(f"-{applied:04d}")
    assert kinds(found_places(Part(province.first.unit_id))) == {F.LIVE_CHANGED}
    status, told = check(export(app, tmp_path / "bundle"))
    assert (status, "PHÁT HIỆN 1 CHỖ" in told) == (1, True), told
    assert f"đề nghị điều chỉnh số {applied}" in told


CASES: dict[str, tuple[Callable[[Unguarded, int], object], set[F], str]] = {
    "a cell changed": (
        lambda h, n: h("UPDATE correction_cell SET old = '8' WHERE request_id = :n", n=n),
        {F.LIVE_CHANGED}, "ô của đề nghị điều chỉnh",
    ),
    "a cell deleted": (
        lambda h, n: h("DELETE FROM correction_cell WHERE request_id = :n", n=n),
        {F.LIVE_DELETED}, "ô của đề nghị điều chỉnh",
    ),
    "the history of a request": (
        lambda h, n: h("UPDATE correction_request_version SET reason = 'x' WHERE id = :n AND operation_type = 0", n=n),
        {F.ROW_CHANGED}, "nội dung giao dịch không khớp",
    ),
    "a step by somebody else": (
        lambda h, n: h("UPDATE correction_step SET person_id = person_id + 1 WHERE request_id = :n AND step = 'certify'", n=n),
        {F.ROW_CHANGED}, "nội dung giao dịch không khớp",
    ),
    "a step deleted": (
        lambda h, n: h("DELETE FROM correction_step WHERE request_id = :n AND step = 'certify'", n=n),
        {F.ROW_DELETED}, "nội dung giao dịch không khớp",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_cells_steps_and_history_cant_either(
    app: Flask, province: Province, applied: int, case: str, tmp_path: Path
) -> None:
    tamper, wanted, said = CASES[case]
    with by_hand() as hand:
        tamper(hand, applied)
    places = found_places()
    assert kinds(places) == wanted, places
    # Of a row that is gone nothing but the transaction it was written in is left.
    assert all(place.table.startswith("correction_") or place.action == "correction.step" for place in places)
    status, told = check(export(app, tmp_path / "bundle"))
    assert (status, said in told) == (1, True), told


def test_a_bundle_of_a_school_is_whole_where_the_tier_above_took_a_step(
    app: Flask, province: Province, tmp_path: Path
) -> None:
    """Its step is in the chain of the commune; the request itself can still be compared in what is fixed."""
    move_homeroom(province, "7A", "habtt")
    enter_and_lock(province, {"midterm": "6,5"})
    end_the_year(province)
    set_preset(province, Preset.S0)  # consent, then the board: the newest version is the commune's
    request_id = ask(province)
    sit_all(province, request_id, (OTHER, HEAD))
    sit(province, request_id, LEADER_ABOVE)
    assert not found(request_id).state.over
    assert_chain_holds()
    status, told = check(export(app, tmp_path / "whole"))
    assert status == 0, told
    with by_hand() as hand:
        hand("UPDATE correction_request SET reason = 'x' WHERE id = :id", id=request_id)
    status, told = check(export(app, tmp_path / "changed"))
    assert (status, f"đề nghị điều chỉnh số {request_id}" in told) == (1, True), told


def test_requests_of_before_begin_their_history(app: Flask, province: Province, applied: int) -> None:
    key = db.engine.dialect.identifier_preparer.quote(Installation.__table__.c.key.name)
    with by_hand() as hand:
        hand("DELETE FROM correction_request_version")
        hand("DELETE FROM correction_cell_version")
        hand(f"DELETE FROM installation WHERE {key} = 'chain.logs'")
    assert F.LIVE_INSERTED in kinds(found_places())
    assert begin.begin_logs(clock=province.clock) == 2
    places = found_places()
    assert F.LIVE_INSERTED not in kinds(places)
    assert {place.fault.kind for place in places} == {F.ROW_DELETED}  # what this test took away
    assert db.session.scalar(sa.select(sa.func.count(CorrectionCell.id))) == 1
    assert begin.begin_logs(clock=province.clock) == 0
