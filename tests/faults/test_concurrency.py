"""Many at once: nothing lost, nothing half told, nobody sees that the database was busy (design §6, traps 11 and 21)."""

import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app.extensions import db
from app.models import Grade, TxLog
from tests.faults.client import Answer, Cell, Client
from tests.faults.seed import Seeded, Sheet, migrated, seeded_at
from tests.faults.writers import GradeVersion
from tests.support.server import AppServer

CONTESTED = "midterm"
OWN = "final"


@pytest.fixture(params=["sqlite", pytest.param("mariadb", marks=pytest.mark.mariadb)])
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Seeded, str]]:
    """A seeded database and a server of two processes with eight threads each on it."""
    with (
        migrated(request, tmp_path) as url,
        seeded_at(url, tmp_path) as seeded,
        AppServer({"DATABASE_URL": url, "WEB_WORKERS": "2"}, instance=tmp_path) as server,
    ):
        yield seeded, server.url
        log = server.output()
        assert "Traceback" not in log, log


def at_once(jobs: list[Callable[[], None]]) -> None:
    """Run all jobs from the same moment on; raises what one of them raised."""
    barrier, failures = threading.Barrier(len(jobs)), []

    def run(job: Callable[[], None]) -> None:
        try:
            barrier.wait(60)
            job()
        except BaseException as error:  # noqa: BLE001  # handed to the test
            failures.append(error)

    threads = [threading.Thread(target=run, args=(job,), daemon=True) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    if failures:
        raise failures[0]


@dataclass
class Rival:
    """Writes one cell another writes too, and one of its own in the same save, by what it last saw."""

    client: Client
    sheet: Sheet
    own_student: int
    start: int
    seen: str | None = None
    own: str | None = None
    saved: dict[str, tuple[str | None, str]] = field(default_factory=dict)
    refused: dict[str, Any] = field(default_factory=dict)

    def save(self, number: int) -> None:
        """One save; after a conflict the other's value is taken over, as a teacher would."""
        request_id = str(uuid.uuid4())
        new = f"{(self.start + number) % 101 / 10:.1f}"
        cells = [
            Cell(self.sheet.students[0], CONTESTED, self.seen, new),
            Cell(self.own_student, OWN, self.own, new),
        ]
        answer = self.client.save(self.sheet.id, request_id, cells)
        if answer.status == 200:
            self.saved[request_id] = (self.seen, new)
            self.seen = self.own = new
            return
        assert answer.status == 409, f"{answer.status}: {answer.text[-500:]}"
        self.refused[request_id] = self._learn(answer, new)

    def _learn(self, answer: Answer, mine: str) -> str | None:
        (conflict,) = answer.json["conflicts"]
        assert (conflict["student"], conflict["column"], conflict["yours"]) == (
            self.sheet.students[0],
            CONTESTED,
            mine,
        )
        assert conflict["by"]
        self.seen = conflict["theirs"]
        return self.seen


@pytest.mark.parametrize("who", ["another teacher", "another tab"])
def test_two_who_save_the_same_sheet(served: tuple[Seeded, str], who: str) -> None:
    """200 saves: each one answered 200 is in history on top of what it saw, each answered 409 changed nothing."""
    seeded, base = served
    sheet = seeded.sheets[0]
    first = Client(base).sign_in(sheet.teacher)
    second = first.tab() if who == "another tab" else Client(base).sign_in(seeded.helper)
    rivals = [Rival(first, sheet, sheet.students[1], 0), Rival(second, sheet, sheet.students[2], 50)]
    at_once([lambda rival=rival: [rival.save(number) for number in range(100)] for rival in rivals])
    assert all(rival.saved for rival in rivals)
    assert any(rival.refused for rival in rivals)
    check_rivals(seeded, sheet, rivals)


def check_rivals(seeded: Seeded, sheet: Sheet, rivals: list[Rival]) -> None:
    with seeded.app.app_context():
        history = {rival.own_student: values(sheet, rival.own_student, OWN) for rival in rivals}
        contested = values(sheet, sheet.students[0], CONTESTED)
        saved = {request_id: pair for rival in rivals for request_id, pair in rival.saved.items()}
        assert [request_id for request_id, _value in contested if request_id] == [r for r, _v in contested]
        assert set(saved) >= {request_id for request_id, _value in contested}, "a save nobody was told of"
        before = None
        for request_id, value in contested:
            old, new = saved[request_id]
            assert (before, value) == (old and Decimal(old), Decimal(new)), "a lost update"
            before = value
        for rival in rivals:
            told = [(request_id, Decimal(new)) for request_id, (_old, new) in rival.saved.items()]
            assert history[rival.own_student] == told, "what was acknowledged and what is kept differ"
            kept = {r for r, _v in (*contested, *history[rival.own_student])}
            assert not set(rival.refused) & kept, "a refused save was made"
            assert {theirs and Decimal(theirs) for theirs in rival.refused.values()} <= {
                v for _r, v in contested
            }
        rows = {
            row.student_id: row
            for row in db.session.scalars(sa.select(Grade).where(Grade.sheet_id == sheet.id))
        }
        assert getattr(rows[sheet.students[0]], CONTESTED) == contested[-1][1]


def values(sheet: Sheet, student: int, column: str) -> list[tuple[str, Decimal | None]]:
    """(request, value) of each change of a cell, in the order of history."""
    rows = db.session.execute(
        sa.select(TxLog.request_id, getattr(GradeVersion, column))
        .join(TxLog, TxLog.id == GradeVersion.transaction_id)
        .where(GradeVersion.sheet_id == sheet.id, GradeVersion.student_id == student)
        .order_by(GradeVersion.transaction_id)
    ).all()
    return [row for number, row in enumerate(rows) if number == 0 or row[1] != rows[number - 1][1]]


def test_sixteen_writers_never_see_a_busy_database(served: tuple[Seeded, str]) -> None:
    """Each save reads the sheet before it writes; SQLite would refuse that at once without BEGIN IMMEDIATE."""
    seeded, base = served
    clients = {sheet.teacher: Client(base).sign_in(sheet.teacher) for sheet in seeded.sheets}
    answers: list[Answer] = []

    def write(sheet: Sheet, student: int) -> None:
        client, old = clients[sheet.teacher].tab(), None
        for number in range(8):
            new = f"{number}.0"
            answers.append(client.save(sheet.id, str(uuid.uuid4()), [Cell(student, CONTESTED, old, new)]))
            old = new

    at_once(
        [
            lambda sheet=sheet, student=student: write(sheet, student)
            for sheet in seeded.sheets
            for student in sheet.students[:4]
        ]
    )
    assert len(answers) == 16 * 8
    assert {answer.status for answer in answers} == {200}, next(a for a in answers if a.status != 200).text[
        -500:
    ]
    with seeded.app.app_context():
        made = db.session.scalar(sa.select(sa.func.count()).where(TxLog.action == "sheet.enter"))
        assert made == 16 * 8


def test_the_same_save_sent_twice_at_once_is_made_once(served: tuple[Seeded, str]) -> None:
    """A retry that overtakes its first try: one transaction, and both are told the same (needs C2)."""
    seeded, base = served
    sheet = seeded.sheets[0]
    client = Client(base).sign_in(sheet.teacher)
    answers: list[Answer] = []
    for number in range(10):
        request_id, old = str(uuid.uuid4()), None if number == 0 else f"{number - 1}.0"
        cell = Cell(sheet.students[0], CONTESTED, old, f"{number}.0")
        at_once([lambda cell=cell, r=request_id: answers.append(client.tab().save(sheet.id, r, [cell]))] * 2)
    assert [answer.status for answer in answers] == [200] * 20, answers
    with seeded.app.app_context():
        assert len(values(sheet, sheet.students[0], CONTESTED)) == 10
