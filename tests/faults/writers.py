"""Teachers who save without pause while things break, and what must be true of the record afterwards."""

import threading
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy_continuum import version_class

from app.domain.vocabulary import MARK_COLUMNS
from app.extensions import db
from app.models import Grade, GradebookSheet, TxLog
from tests.faults.client import Cell, Client, Gone
from tests.faults.seed import Seeded, Sheet
from tests.support.chain import assert_chain_holds

COLUMN = "regular_1"
MARKS = tuple(f"{n}.0" for n in range(10))
GradeVersion: Any = version_class(Grade)


@dataclass
class Log:
    """What a teacher was told: request id → value."""

    saved: dict[str, str] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    unknown: int = 0


class Teacher(threading.Thread):
    """Saves the whole class with one value, then with the next, for as long as told to.

    After an answer that never came the page is read anew, as a teacher would; a page with two values in the column
    is a half-made save.
    """

    def __init__(self, client: Client, sheet: Sheet, back: threading.Event, saved: "Counter") -> None:
        super().__init__(name=sheet.teacher, daemon=True)
        self.client, self.sheet, self.back, self.saved = client, sheet, back, saved
        self.log = Log()
        self.stop = threading.Event()
        self.failure: BaseException | None = None

    def run(self) -> None:
        try:
            value = None
            for number in iter(lambda: len(self.log.saved) + self.log.unknown + len(self.log.refused), -1):
                if self.stop.is_set():
                    return
                value = self._save(value, MARKS[number % len(MARKS)])
        except BaseException as error:  # noqa: BLE001  # handed to the test
            self.failure = error
            self.saved.add(0)

    def _save(self, old: str | None, new: str) -> str | None:
        """One save; returns what the column holds now."""
        request_id = str(uuid.uuid4())
        try:
            answer = self.client.save(
                self.sheet.id,
                request_id,
                [Cell(student, COLUMN, old, new) for student in self.sheet.students],
            )
        except Gone:
            self.log.unknown += 1
            return self._read_again()
        if answer.status == 200:
            self.log.saved[request_id] = new
            self.saved.add(1)
            return new
        assert answer.status == 503, f"{answer.status}: {answer.text[-1000:]}"
        assert answer.json["message"], "a refusal without a word"
        if answer.json.get("uncertain"):
            self.log.unknown += 1
        else:
            self.log.refused.add(request_id)
        return self._read_again()

    def _read_again(self) -> str | None:
        while not self.stop.is_set():
            self.back.wait(60)
            try:
                values = set(self.client.marks(self.sheet.id, COLUMN).values())
            except (Gone, AssertionError):  # still down, or down again
                self.stop.wait(0.05)
                continue
            assert len(values) == 1, f"half a save: {values}"
            return values.pop()
        return None


class Counter:
    """Saves made by all, and waiting for more of them."""

    def __init__(self) -> None:
        self.value = 0
        self._changed = threading.Condition()

    def add(self, number: int) -> None:
        """Count, and wake whoever waits."""
        with self._changed:
            self.value += number
            self._changed.notify_all()

    def wait_for_more(self, number: int, teachers: Iterable[Teacher]) -> None:
        """Until `number` more saves were answered; raises what stopped a teacher."""
        with self._changed:
            goal = self.value + number
            arrived = self._changed.wait_for(lambda: self.value >= goal or failure(teachers) is not None, 120)
        stopped = failure(teachers)
        if stopped is not None:
            raise stopped
        assert arrived, "no save came through for two minutes"


def failure(teachers: Iterable[Teacher]) -> BaseException | None:
    """What stopped one of them, if anything."""
    return next((teacher.failure for teacher in teachers if teacher.failure is not None), None)


def hammer(
    seeded: Seeded, base: str, break_it: Callable[[], None], *, times: int, saves: int = 8
) -> list[Teacher]:
    """Let one teacher for each sheet save without pause, and break something `times` times in the middle of it."""
    back, counter = threading.Event(), Counter()
    back.set()
    teachers = [Teacher(Client(base).sign_in(sheet.teacher), sheet, back, counter) for sheet in seeded.sheets]
    for teacher in teachers:
        teacher.start()
    try:
        for _time in range(times):
            counter.wait_for_more(saves, teachers)
            back.clear()
            break_it()
            back.set()
        counter.wait_for_more(saves, teachers)
    finally:
        for teacher in teachers:
            teacher.stop.set()
            back.set()
        for teacher in teachers:
            teacher.join(120)
    stopped = failure(teachers)
    if stopped is not None:
        raise stopped
    return teachers


def check_record(seeded: Seeded, teachers: Iterable[Teacher]) -> None:
    """Each save is there wholly or not at all, history agrees with the rows, and nobody was lied to."""
    with seeded.app.app_context():
        for teacher in teachers:
            _check_sheet(teacher.sheet, teacher.log)
        assert_chain_holds()  # a kill between a commit and its line in the journal included
        db.session.rollback()
        db.engine.dispose()


def _check_sheet(sheet: Sheet, log: Log) -> None:
    rows = {
        row.student_id: row for row in db.session.scalars(sa.select(Grade).where(Grade.sheet_id == sheet.id))
    }
    versions: dict[int, list[Any]] = {}
    for version in db.session.scalars(
        sa.select(GradeVersion).where(GradeVersion.sheet_id == sheet.id).order_by(GradeVersion.transaction_id)
    ):
        versions.setdefault(version.transaction_id, []).append(version)
    assert len({getattr(row, COLUMN) for row in rows.values()}) <= 1, "half a save"
    for saved in versions.values():
        assert {v.student_id for v in saved} == set(sheet.students)
        assert len({getattr(v, COLUMN) for v in saved}) == 1
    for version in list(versions.values())[-1] if versions else []:
        row = rows[version.student_id]
        for column in (*MARK_COLUMNS, "average"):
            assert getattr(row, column) == getattr(version, column), "history and row disagree"
    requests = dict(
        db.session.execute(sa.select(TxLog.request_id, TxLog.id).where(TxLog.id.in_(versions))).all()
    )
    for request_id, value in log.saved.items():
        assert request_id in requests, "an acknowledged save is gone"
        assert getattr(versions[requests[request_id]][0], COLUMN) == Decimal(value)
    assert not log.refused & set(requests), "a refused save was made all the same"
    assert len(log.saved) <= len(versions) <= len(log.saved) + log.unknown
    assert db.session.get_one(GradebookSheet, sheet.id).revision == len(versions)
