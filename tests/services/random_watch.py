"""What holds after every step of anybody: which marks changed and why they might, which requests moved and whereto."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from hypothesis.stateful import RuleBasedStateMachine

from app.domain.closing import ORDER, TAKEN_BY, ReopenState, Stage
from app.domain.corrections import ALLOWED, Seat, State, Step
from app.domain.lock_requests import ExtensionState
from app.domain.sheet_forms import SheetForm
from app.domain.vocabulary import WindowMode
from app.errors import HocVuError
from app.extensions import db
from app.models import (
    Account,
    Closing,
    ClosingStep,
    CorrectionRequest,
    ExtensionRequest,
    GradebookSheet,
    LockWindow,
    ReopenRequest,
    TxLog,
)
from app.services import history, lock_requests
from app.services.sheet_cells import row_cells
from tests.factories.province import Province
from tests.services.correction_helpers import (
    OTHER,
    TEACHER,
)
from tests.services.lock_oracle import Cell, Facts, read_facts
from tests.support.chain import findings

TEACHERS = {"7A": TEACHER, "7B": OTHER}
EXTENSION_STEPS = {
    ExtensionState.WAITING: set(ExtensionState) - {ExtensionState.OVER},
    ExtensionState.GRANTED: {ExtensionState.GRANTED, ExtensionState.OVER},
}
"""Where a request for an opening may stand a step later; elsewhere it stays."""
REOPENINGS = {ReopenState.WAITING: set(ReopenState)}
TICKED = [stage for stage in ORDER if TAKEN_BY[stage] and stage not in (Stage.APPROVED, Stage.CLOSED)]


class Watched(RuleBasedStateMachine):
    """A sequence on a fresh copy of the small province; `done` counts what came through in all of them."""

    def __init__(self, fresh: Callable[[], Province], done: Counter[str]) -> None:
        super().__init__()
        self.province, self.counts = fresh(), done
        self.start, self.rounds = self.province.now, 0
        school = self.province.first
        self.sheets = {key: sheet for key, sheet in school.sheet_ids.items() if key[2] == 1}
        self.units = (school.unit_id, self.province.commune_id, self.province.department_id)
        self.held: dict[Cell, list[tuple[datetime, Any]]] = {}
        self.last_tx = db.session.scalar(sa.select(sa.func.max(TxLog.id))) or 0
        self.users = {
            row.id: row.username for row in db.session.execute(sa.select(Account.id, Account.username))
        }
        self.facts = self.read()
        self.seen = self.requests()

    def read(self) -> Facts:
        return read_facts(self.units, self.sheets.values())

    # -- what is watched ---------------------------------------------------------------------------------------------

    def cell(self, room: str, subject: str, pupil: int, column: str) -> Cell:
        students = self.province.first.student_ids
        return (
            self.sheets[room, subject, 1],
            students[pupil + (len(students) // 2 if room == "7B" else 0)],
            column,
        )

    def shown(self, cell: Cell) -> str | None:
        value = self.held[cell][-1][1] if self.held.get(cell) else None
        return None if value is None else str(value)

    def one(self, model: Any, which: int) -> int:
        numbers = sorted(self.seen[model])
        return numbers[-1 - which % len(numbers)]

    @contextmanager
    def watched(self, name: str) -> Iterator[list[bool]]:
        """What goes on inside may be refused; whatever it did must have been allowed. Yields [True] if it came through."""
        came: list[bool] = []
        try:
            yield came
            came.append(True)
            self.counts[name] += 1
        except HocVuError:
            self.counts[f"{name}: refused"] += 1
        db.session.rollback()
        self.check_marks()
        self.check_requests()
        self.check_closings()
        self.facts = self.read()

    def check_marks(self) -> None:
        """Each change of a mark: by its teacher into an open cell, or of exactly a cell that a request names."""
        version = history.versions_of(SheetForm.MARKS)
        columns = row_cells(SheetForm.MARKS)
        rows = db.session.execute(
            sa.select(
                version.transaction_id, version.sheet_id, version.student_id, TxLog.issued_at, TxLog.user_id,
                GradebookSheet.class_id, *(getattr(version, column) for column in columns),
            )
            .join(TxLog, TxLog.id == version.transaction_id)
            .join(GradebookSheet, GradebookSheet.id == version.sheet_id)
            .where(version.transaction_id > self.last_tx)
            .order_by(version.transaction_id)
        ).all()  # fmt: skip
        rooms = {number: room for room, number in self.province.first.class_ids.items()}
        for row in rows:
            for column in columns:
                cell, value = (row.sheet_id, row.student_id, column), getattr(row, column)
                held = self.held.setdefault(cell, [])
                if value == (held[-1][1] if held else None):
                    continue
                if not self.asked(row.transaction_id, cell, held[-1][1] if held else None, value):
                    assert self.users.get(row.user_id) == TEACHERS[rooms[row.class_id]], "another's hand"
                    assert self.facts.open(cell, row.issued_at, held), f"{cell} changed while it was locked"
                held.append((row.issued_at, value))
        self.last_tx = max([self.last_tx, *(row.transaction_id for row in rows)])

    def asked(self, tx_id: int, cell: Cell, old: Any, new: Any) -> bool:
        """A request with every seat filled by different people changed this cell from and to what it says."""
        request = db.session.scalars(
            sa.select(CorrectionRequest).where(CorrectionRequest.applied_tx_id == tx_id)
        ).one_or_none()
        if request is None:
            return False
        self.counts["applied"] += 1
        assert request.state is State.APPLIED
        assert not request.seats_left
        sat = [
            s.person_id
            for s in request.steps
            if s.seat and s.seat is not Seat.ATTENDEE and s.step is not Step.NAME
        ]
        assert len(sat) == len(set(sat)), "one account in two seats"
        texts = [None if value is None else str(value) for value in (old, new)]
        named = [(request.sheet_id, c.student_id, c.column) for c in request.cells if [c.old, c.new] == texts]
        return cell in named

    def requests(self) -> dict[Any, dict[int, Any]]:
        """Where every request stands."""
        now = self.province.now
        return {
            CorrectionRequest: {
                row.id: (row.state, len(row.steps))
                for row in db.session.scalars(sa.select(CorrectionRequest))
            },
            ExtensionRequest: {
                row.id: lock_requests.state_of(row, now) for row in lock_requests.load_requests(db.session())
            },
            ReopenRequest: {row.id: row.state for row in db.session.scalars(sa.select(ReopenRequest))},
        }

    def check_requests(self) -> None:
        before, self.seen = self.seen, self.requests()
        for number, (state, count) in self.seen[CorrectionRequest].items():
            was, known = before[CorrectionRequest].get(number, (None, count))
            new = db.session.get_one(CorrectionRequest, number).steps[known:]
            if was is not None and (state is not was or new):
                assert new, "a state nobody made"
                assert state in ALLOWED[was].get(Step(new[0].step), ()), f"{was} → {state} by {new[0].step}"
        for number, now in self.seen[ExtensionRequest].items():
            earlier = before[ExtensionRequest].get(number, ExtensionState.WAITING)
            assert now in EXTENSION_STEPS.get(earlier, {earlier})
            request = db.session.get_one(ExtensionRequest, number)
            for window in [db.session.get_one(LockWindow, s.window_id) for s in request.seats if s.window_id]:
                same = (window.sheet_id, window.columns, window.student_ids, window.term)
                assert same == (request.sheet_id, request.columns, request.student_ids, 1)
                assert window.mode is WindowMode.EXCEPTION
        for number, stands in self.seen[ReopenRequest].items():
            stood = before[ReopenRequest].get(number, ReopenState.WAITING)
            assert stands in REOPENINGS.get(stood, {stood})

    def check_closings(self) -> None:
        """No closing without each of its steps before it, in order; never two at once."""
        rows = db.session.scalars(sa.select(Closing).order_by(Closing.id)).all()
        assert sum(not row.is_over for row in rows) <= 1
        for row in rows:
            found: dict[Stage, datetime] = {}
            for tick in db.session.scalars(sa.select(ClosingStep).order_by(ClosingStep.id)):
                if (tick.unit_id, tick.term, tick.turn) == (row.unit_id, row.term, row.turn):
                    found[tick.step] = tick.done_at
            assert set(found) == set(TICKED), f"closed without {set(TICKED) - set(found)}"
            assert [*sorted(found, key=found.__getitem__)] == TICKED
            assert max(found.values()) < row.closed_at

    def teardown(self) -> None:
        found = findings()
        assert found.faults == [], found.faults[:3]
        self.counts["sequences"] += 1
