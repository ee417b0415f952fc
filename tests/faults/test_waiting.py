"""A save that waited is judged by when it gets through, not by when it was sent (design §6)."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import event

from app.errors import Locked
from app.extensions import db
from app.models import Account, Grade, GradebookSheet, LockWindow, TxLog
from app.services import history
from app.services.actors import actor_for
from app.services.cells import CellChange, Saved
from app.services.clock import local_day
from app.services.gradebook import enter_scores
from tests.factories.province import Province


@contextmanager
def sheet_held(app: Flask, sheet_id: int) -> Iterator[None]:
    """Another connection holds what a save must wait for: SQLite's write lock, or the sheet's row."""
    url = db.engine.url
    if url.get_backend_name() == "sqlite":
        connection = sqlite3.connect(str(url.database), isolation_level=None, timeout=30)
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            connection.rollback()
            connection.close()
        return
    with db.engine.connect() as other:
        other.execute(sa.select(GradebookSheet.id).where(GradebookSheet.id == sheet_id).with_for_update())
        try:
            yield
        finally:
            other.rollback()


@contextmanager
def when_it_asks(app: Flask, asked: threading.Event) -> Iterator[None]:
    """Sets `asked` when a statement that takes the lock is about to be sent from another thread."""
    here = threading.get_ident()

    def note(_c: Any, _cursor: Any, statement: str, _p: Any, _context: Any, _many: bool) -> None:
        if threading.get_ident() != here and (statement == "BEGIN IMMEDIATE" or "FOR UPDATE" in statement):
            asked.set()

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def in_the_background(app: Flask, work: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    """Run `work` in a thread with a context of its own; the list gets its result or error."""
    outcome: list[Any] = []

    def run() -> None:
        with app.app_context():
            try:
                outcome.append(work())
            except BaseException as error:  # noqa: BLE001  # handed to the test
                outcome.append(error)
            finally:
                db.session.remove()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread, outcome


def teacher(province: Province, username: str = "longpd.thcstk") -> Any:
    account = db.session.scalars(sa.select(Account).where(Account.username == username)).one()
    return actor_for(db.session(), account, local_day(province.now))


def closing_time() -> datetime:
    return db.session.scalars(sa.select(LockWindow.closes_at)).one()


def save_while_held(app: Flask, province: Province, then: Callable[[], None]) -> Any:
    """Send a save while its sheet is held, do `then`, let go; returns what became of the save."""
    sheet_id, student = province.first.sheet_ids["7A", "math", 1], province.first.student_ids[0]
    who = teacher(province)
    db.session.rollback()
    asked = threading.Event()
    with when_it_asks(app, asked):
        with sheet_held(app, sheet_id):
            thread, outcome = in_the_background(
                app,
                lambda: enter_scores(
                    who, sheet_id, [CellChange(student, "final", None, "8")], clock=province.clock
                ),
            )
            assert asked.wait(60), outcome
            then()
        thread.join(60)
    assert outcome, "the save never came back"
    return outcome[0]


def test_a_save_that_waits_while_its_window_closes_is_refused(app: Flask, province: Province) -> None:
    province.now = closing_time() - timedelta(seconds=1)

    def close() -> None:
        province.now += timedelta(seconds=1)

    assert isinstance(save_while_held(app, province, close), Locked)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Grade)) == 0


def test_a_save_that_waits_and_is_still_in_time_is_made(app: Flask, province: Province) -> None:
    province.now = closing_time() - timedelta(seconds=5)

    def wait() -> None:
        province.now += timedelta(seconds=4)

    saved = save_while_held(app, province, wait)
    assert saved.cells, saved
    assert saved.saved_at >= closing_time() - timedelta(seconds=1)
    assert (
        db.session.scalars(sa.select(TxLog.issued_at).order_by(TxLog.id.desc()).limit(1)).one()
        == saved.saved_at
    )


ON_MARIADB = pytest.mark.parametrize(
    "engine_name", [pytest.param("mariadb", marks=pytest.mark.mariadb)], indirect=True
)
"""SQLite has one writer at a time; there two transactions can't overlap."""


def save_elsewhere(app: Flask, province: Province, moment: datetime) -> None:
    """Another school's save, made and committed at `moment` while the caller's own is under way."""
    sheet_id, student = province.second.sheet_ids["7A", "math", 1], province.second.student_ids[0]

    def save() -> Any:
        who = teacher(province, "longpd.thcsba")
        return enter_scores(who, sheet_id, [CellChange(student, "final", None, "8")], clock=lambda: moment)

    thread, outcome = in_the_background(app, save)
    thread.join(60)
    assert isinstance(outcome[0], Saved), outcome


def save_here(app: Flask, province: Province, clock: Callable[[], datetime]) -> int:
    """This school's save by that clock; returns its sheet."""
    sheet_id, student = province.first.sheet_ids["7A", "math", 1], province.first.student_ids[0]
    who = teacher(province)
    assert enter_scores(who, sheet_id, [CellChange(student, "final", None, "7")], clock=clock).cells
    return sheet_id


def while_reading(
    app: Flask, province: Province, *, here: datetime, elsewhere: datetime
) -> Callable[[], datetime]:
    """A clock that shows `here`; at its second reading, when the sheet is held, another save commits first."""
    readings = iter((False, True, False))

    def clock() -> datetime:
        if next(readings, False):
            save_elsewhere(app, province, elsewhere)
        return here

    return clock


@ON_MARIADB
def test_a_save_elsewhere_that_commits_first_is_no_clock_running_backwards(
    app: Flask, province: Province
) -> None:
    """Two schools save at the same instant on different sheets: neither is told that the server's clock is wrong."""
    now = province.now
    save_here(
        app, province, while_reading(app, province, here=now, elsewhere=now + timedelta(milliseconds=1))
    )


@ON_MARIADB
def test_a_sheet_as_of_an_instant_holds_what_was_saved_before_it(app: Flask, province: Province) -> None:
    """Ids of overlapping transactions don't follow their instants; a sheet's history must not read as if they did."""
    now = province.now
    later = now + timedelta(milliseconds=1)
    sheet_id = save_here(app, province, while_reading(app, province, here=now, elsewhere=later))
    rows = history.sheet_as_of(db.session(), sheet_id, later)
    assert rows[province.first.student_ids[0]].final == Decimal("7.0")
    other = province.second.sheet_ids["7A", "math", 1]
    assert history.sheet_as_of(db.session(), other, now) == {}
    assert province.second.student_ids[0] in history.sheet_as_of(db.session(), other, later)
