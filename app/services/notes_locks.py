"""Whether remarks may be written now: the windows over the column of comments, and the rules on final values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.domain import finality
from app.domain.finality import Rule
from app.domain.locks import ColumnState, LockReason, column_state
from app.models import SchoolClass
from app.services.clock import local_day
from app.services.locks import BookScope, left_writes, load_layers, rounds
from app.services.notes_history import NoteChange

LOCK_COLUMN = "comment"
"""The column by which lock windows speak of remarks."""


def note_state(session: Session, room: SchoolClass, term: int, now: datetime) -> ColumnState:
    """Whether remarks of a class in a term may be written now: as the gradebook's column of comments."""
    where = BookScope(room.unit_id, room.school_year_id, term, room.level, room.grade, room.id)
    return column_state(LOCK_COLUMN, now, load_layers(session, where, local_day(now)))


def reasons_of(state: ColumnState, final: LockReason | None) -> tuple[LockReason, ...]:
    """Why a remark can't be written: the column is closed, or the remark itself is final."""
    if not state.open:
        return state.reasons
    return (final,) if final else ()


@dataclass(frozen=True)
class _Written:
    """A change of a remark as the rules on final values read what was entered."""

    student_id: int  # its place among the remarks
    change: NoteChange

    @property
    def _mapping(self) -> dict[str, object]:
        return {LOCK_COLUMN: self.change.value}

    @property
    def issued_at(self) -> datetime:
        return self.change.at

    def __getattr__(self, name: str) -> Any:
        return getattr(self.change, name)


def final_notes(
    state: ColumnState,
    rules: Sequence[Rule],
    histories: Mapping[str, Sequence[NoteChange]],
    now: datetime,
) -> dict[str, LockReason]:
    """Remarks that are final though their column is open: by a round's close, the entry day, or their author's leaving.

    There is no Chốt for remarks: where the rule asks for it, the entry day makes them final.
    """
    if not state.open:
        return {}
    segments = finality.timeline(rules, now)
    events = {LOCK_COLUMN: [*rounds(state), *finality.entry_days(segments, now)]}
    cells = list(histories)
    rows = [_Written(n, change) for n, cell in enumerate(cells) for change in reversed(histories[cell])]
    found = finality.final_cells(left_writes(rows, segments, now), events)
    return {cells[number]: reason for (number, _column), reason in found.items()}
