"""Who approves and closes a round neither checks nor proposes it, unless the school has nobody else (S0 Điều 14)."""

from datetime import date

import pytest
import sqlalchemy as sa
from flask import Flask

from app.domain.access import SYSTEM
from app.domain.closing import Stage
from app.domain.vocabulary import Role
from app.errors import Forbidden
from app.extensions import db
from app.models import Account, Authorisation, ClosingStep, Position
from app.services.closing import steps
from app.services.unit_of_work import transaction
from tests.factories.province import FIRST_DAY, Province
from tests.services.closing_helpers import (
    BOARD,
    HEAD,
    OFFICE,
    VICE,
    approve_all,
    fill,
    print_all,
    sign_all,
    step,
)
from tests.services.helpers import acting


def on_the_board(province: Province, username: str) -> None:
    """Give a person of the first school the administrators' rights beside the own office."""
    person = province.first.person_ids[username.split(".", maxsplit=1)[0]]
    with transaction(SYSTEM, "test.board", clock=province.clock) as work:
        work.session.add(
            Position(
                person_id=person, unit_id=province.first.unit_id, role=Role.SCHOOL_ADMIN,
                title="Ban quản trị", starts_on=FIRST_DAY,
            )
        )  # fmt: skip


def without_others(province: Province) -> None:
    """The office and the board have no open account any more."""
    with transaction(SYSTEM, "test.small", clock=province.clock) as work:
        for row in work.session.scalars(sa.select(Account).where(Account.username.in_((OFFICE, BOARD)))):
            row.active = False


def up_to_checking(province: Province) -> None:
    fill(province)
    sign_all(province)
    print_all(province)
    step(province, OFFICE, Stage.PRINTED)
    step(province, VICE, Stage.PROOF_OPENED)
    sign_all(province)


def test_the_head_on_the_board_neither_checks_nor_proposes(app: Flask, province: Province) -> None:
    on_the_board(province, HEAD)
    up_to_checking(province)
    with pytest.raises(Forbidden, match="neither checks"):
        step(province, HEAD, Stage.CHECKED)
    step(province, OFFICE, Stage.CHECKED)
    approve_all(province)
    step(province, OFFICE, Stage.SEALED)
    with pytest.raises(Forbidden, match="neither checks"):
        step(province, HEAD, Stage.PROPOSED)
    step(province, BOARD, Stage.PROPOSED)
    assert steps.close(acting(province, HEAD), province.year_id, 1, "Đã đủ", clock=province.clock)


def test_in_a_school_with_nobody_else_the_head_does_it_by_name(app: Flask, province: Province) -> None:
    on_the_board(province, HEAD)
    up_to_checking(province)
    without_others(province)
    step(province, HEAD, Stage.CHECKED)
    approve_all(province)
    tick = db.session.scalars(sa.select(ClosingStep).where(ClosingStep.step == Stage.CHECKED)).one()
    assert tick.person_id == province.first.person_ids["giangnt"]


def test_a_deputy_who_has_checked_does_not_close_for_the_head(app: Flask, province: Province) -> None:
    """KT. HIỆU TRƯỞNG: the authorisation is no second pair of eyes."""
    on_the_board(province, VICE)
    up_to_checking(province)
    step(province, VICE, Stage.CHECKED)
    approve_all(province)
    step(province, OFFICE, Stage.SEALED)
    step(province, BOARD, Stage.PROPOSED)
    people = province.first.person_ids
    with transaction(SYSTEM, "test.authorise", clock=province.clock) as work:
        work.session.add(
            Authorisation(
                unit_id=province.first.unit_id, person_id=people["hocnv"], given_by_id=people["giangnt"],
                number="12/UQ", signed_on=date(2026, 11, 10), reason="Đi công tác",
                starts_on=date(2026, 11, 10), ends_on=date(2026, 12, 20),
            )
        )  # fmt: skip
    with pytest.raises(Forbidden, match="checked or proposed"):
        steps.close(acting(province, VICE), province.year_id, 1, "Đã đủ", clock=province.clock)
    assert steps.close(acting(province, HEAD), province.year_id, 1, "Đã đủ", clock=province.clock)
