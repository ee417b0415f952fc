"""A lock that closes at the same instant as many saves: none accepted after the close, none acknowledged before it lost."""

import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app.domain.access import SYSTEM
from app.domain.vocabulary import WindowEffect, WindowMode
from app.extensions import db
from app.models import Account, LockWindow, TxLog
from app.services.actors import actor_for
from app.services.clock import local_day, system_clock
from app.services.lock_windows import NewWindow, add_window
from app.services.unit_of_work import transaction
from tests.faults.client import Answer, Cell, Client
from tests.faults.seed import Seeded, Sheet, migrated, seeded_at
from tests.faults.test_concurrency import at_once
from tests.faults.writers import GradeVersion
from tests.support.server import AppServer

COLUMNS = ("regular_1", "regular_2", "regular_3", "regular_4", "midterm", "final")
FEW, MANY = 20, 200
PUPILS = 20  # two sheets of the first school: 240 cells
SIZES = [FEW, pytest.param(MANY, marks=pytest.mark.torture)]


@pytest.fixture(params=["sqlite", pytest.param("mariadb", marks=pytest.mark.mariadb)])
def crowded(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Seeded, str]]:
    """A seeded database with two full classes, and a server of two processes on it."""
    with (
        migrated(request, tmp_path) as url,
        seeded_at(url, tmp_path, pupils=PUPILS) as seeded,
        AppServer({"DATABASE_URL": url, "WEB_WORKERS": "2"}, instance=tmp_path) as server,
    ):
        yield seeded, server.url
        log = server.output()
        assert "Traceback" not in log, log


@dataclass
class Writer:
    """Saves one cell again and again, by what it last saw, until it is refused; what it was told stays here."""

    client: Client
    sheet: Sheet
    student: int
    column: str
    saved: dict[str, str] = field(default_factory=dict)
    refused: dict[str, Answer] = field(default_factory=dict)

    def save(self, number: int = 0) -> bool:
        """One save; True while the cell is open."""
        request_id, new = str(uuid.uuid4()), f"{number % 10}.5"
        old = list(self.saved.values())[-1] if self.saved else None
        cell = Cell(self.student, self.column, old, new)
        answer = self.client.save(self.sheet.id, request_id, [cell])
        if answer.status == 200:
            self.saved[request_id] = new
            return True
        assert answer.status == 423, f"{answer.status}: {answer.text[-500:]}"
        self.refused[request_id] = answer
        return False

    def until_refused(self) -> None:
        """As long as the book is open."""
        number = 0
        while self.save(number):
            number += 1


def writers(seeded: Seeded, base: str, count: int) -> list[Writer]:
    """So many writers, each with a cell of its own, in the sheets of one school."""
    found = []
    for sheet in seeded.sheets[:2]:
        client = Client(base).sign_in(sheet.teacher)
        found += [Writer(client.tab(), sheet, s, column) for s in sheet.students for column in COLUMNS]
    return found[:: max(1, len(found) // count)][:count]


def check(seeded: Seeded, crowd: list[Writer], closed_at: datetime) -> None:
    """Everything acknowledged is in history, made before the close; nothing else is."""
    with seeded.app.app_context():
        for writer in crowd:
            column: Any = getattr(GradeVersion, writer.column)
            rows = db.session.execute(
                sa.select(TxLog.request_id, TxLog.issued_at, column)
                .join(TxLog, TxLog.id == GradeVersion.transaction_id)
                .where(GradeVersion.sheet_id == writer.sheet.id, GradeVersion.student_id == writer.student)
                .order_by(GradeVersion.transaction_id)
            ).all()
            kept = {row[0]: row for row in rows if row[0] in writer.saved}
            assert set(kept) == set(writer.saved), "a save that was acknowledged is lost"
            assert all(kept[key][2] == Decimal(value) for key, value in writer.saved.items())
            assert all(row[1] < closed_at for row in kept.values()), "accepted after the close"
            assert not set(writer.refused) & {row[0] for row in rows}, "a refused save was made"
        latest = db.session.scalar(
            sa.select(sa.func.max(TxLog.issued_at)).where(TxLog.action == "sheet.enter")
        )
        assert latest is None or latest < closed_at
        db.session.remove()


@pytest.mark.parametrize("count", SIZES)
def test_a_freeze_ordered_in_the_middle_of_saves(crowded: tuple[Seeded, str], count: int) -> None:
    """S0 Điều 13.1a: the office freezes the school while its teachers save."""
    seeded, base = crowded
    crowd = writers(seeded, base, count)
    closed: list[datetime] = []

    def freeze() -> None:
        with seeded.app.app_context():
            account = db.session.scalars(sa.select(Account).where(Account.username == "binhhv.sogd")).one()
            leader = actor_for(db.session(), account, local_day(system_clock()))
            db.session.rollback()
            new = NewWindow(
                seeded.province.year_id, "Khóa để kiểm tra", "Kế hoạch kiểm tra", WindowEffect.SHUT,
                WindowMode.WHOLE_BOOK, system_clock(), None, term=1, unit_ids=(seeded.province.first.unit_id,),
            )  # fmt: skip
            key = add_window(leader, seeded.province.department_id, new, clock=system_clock)
            closed.append(db.session.get_one(LockWindow, key).opens_at)
            db.session.remove()

    jobs: list[Callable[[], Any]] = [writer.save for writer in crowd]
    jobs.insert(len(jobs) // 2, freeze)
    at_once(jobs)
    assert sum(len(w.saved) + len(w.refused) for w in crowd) == count
    check(seeded, crowd, closed[0])
    assert not any(writer.save(1) for writer in crowd[:3])


@pytest.mark.parametrize("count", SIZES)
def test_a_window_that_ends_in_the_middle_of_saves(crowded: tuple[Seeded, str], count: int) -> None:
    """The end is an instant of the server's clock; no job has to run for it, and a save that waited is too late."""
    seeded, base = crowded
    crowd = writers(seeded, base, count)
    ends: list[datetime] = []
    ready = threading.Event()

    def close_soon() -> None:
        with seeded.app.app_context():
            with transaction(SYSTEM, "test.close", clock=system_clock) as work:
                row = work.session.scalars(sa.select(LockWindow)).one()
                row.closes_at = system_clock() + timedelta(seconds=2)
                ends.append(row.closes_at)
            db.session.remove()
        ready.set()

    at_once([close_soon, *(writer.until_refused for writer in crowd)])
    assert ready.is_set()
    assert all(writer.refused for writer in crowd)
    check(seeded, crowd, ends[0])
