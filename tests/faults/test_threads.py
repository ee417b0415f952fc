"""Continuum keeps its units of work of all threads in one dictionary: none may fall over another's (Continuum #390)."""

import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import ResourceClosedError
from sqlalchemy_continuum import versioning_manager

from app.errors import Invalid
from app.extensions import db
from app.models import Account, Grade
from app.services.actors import actor_for
from app.services.cells import CellChange
from app.services.clock import local_day
from app.services.gradebook import enter_scores
from tests.factories.province import Province


class ClosedMeanwhile:
    """A connection of another thread, between its last look and its closing."""

    closed = False

    @property
    def connection(self) -> Any:
        raise ResourceClosedError("This Connection is closed")


class OneUnit:
    """That thread's unit of work."""

    def reset(self, _session: Any = None) -> None:
        raise AssertionError("another thread's unit of work was reset")


@pytest.fixture
def engine_name() -> str:
    """The dictionaries are Continuum's, whatever the database."""
    return "sqlite"


def enter(app: Flask, province: Province, student: int, new: str) -> Any:
    account = db.session.scalars(sa.select(Account).where(Account.username == "longpd.thcstk")).one()
    who = actor_for(db.session(), account, local_day(province.now))
    sheet_id = province.first.sheet_ids["7A", "math", 1]
    return enter_scores(who, sheet_id, [CellChange(student, "final", None, new)], clock=province.clock)


def test_a_connection_another_thread_closes_spoils_no_save(app: Flask, province: Province) -> None:
    other: Any = ClosedMeanwhile()
    versioning_manager.units_of_work[other] = OneUnit()
    try:
        assert enter(app, province, province.first.student_ids[0], "8").cells
    finally:
        del versioning_manager.units_of_work[other]
    assert db.session.scalars(sa.select(Grade.final)).one() == Decimal("8.0")


def test_nothing_is_left_behind(app: Flask, province: Province) -> None:
    """Neither by saves nor by refusals: a unit of work that stays would be found by the next user of its connection."""
    enter(app, province, province.first.student_ids[0], "8")
    for bad in ("11", "x"):
        with pytest.raises(Invalid, match="not valid"):
            enter(app, province, province.first.student_ids[1], bad)
    db.session.rollback()
    assert versioning_manager.units_of_work == {}
    assert versioning_manager.session_connection_map == {}


def test_eight_threads_save_at_once(app: Flask, province: Province) -> None:
    together = threading.Barrier(8)

    def save(student: int) -> int:
        with app.app_context():
            together.wait(60)
            try:
                return len(enter(app, province, student, "9").cells)
            finally:
                db.session.remove()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(save, province.first.student_ids[:8])) == [1] * 8
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Grade)) == 8
