"""When a column of the gradebook is to be full: read off the lock windows, nothing else is stored.

S4 Điều 15 khoản 3: the leaders announce when entry begins and ends; S0 Điều 11 khoản 3: they check progress against
it monthly and by term. A column is due at the earliest deadline any layer sets:

- Windows that name the column (điểm giữa kì, cuối kì, one ĐĐGtx): the close of the one now open; without one, of the
  last that has closed; before all of them, of the first to come.
- A series of rounds over all regular scores, or over the whole book (S1 Điều 5.1, monthly entry): spread evenly. Of m
  regular columns and n rounds, column p is due at round ⌈p·n/m⌉; the midterm at the middle round, the rest at the last.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.domain.locks import Layer, LockReason, Window, column_state
from app.domain.sheet_forms import SheetForm
from app.domain.vocabulary import REGULAR_COLUMNS, WindowEffect


class ColumnGroup(StrEnum):
    """Columns people speak of together."""

    REGULAR = "regular"  # ĐĐGtx
    MIDTERM = "midterm"  # ĐĐGgk
    FINAL = "final"  # ĐĐGck
    COMMENT = "comment"  # nhận xét


class EntryState(StrEnum):
    """Where a column stands against its deadline, most urgent first."""

    LATE = "late"  # its deadline has passed with blank cells (quá hạn)
    DUE = "due"  # it may be entered now and is not full
    NOT_YET = "not_yet"  # not open yet, or no unit has set a time
    DONE = "done"  # nothing is missing


@dataclass(frozen=True, slots=True)
class Deadline:
    """When a column is to be full, who says so, and whether blank cells may be entered now.

    `due_at` None: no window with an end speaks about the column. `shut`: what keeps blank cells from being entered,
    which need not be the unit whose deadline it is.
    """

    due_at: datetime | None
    unit_name: str = ""
    title: str = ""
    open: bool = False
    shut: LockReason | None = None

    def passed(self, now: datetime) -> bool:
        """True from the deadline on."""
        return self.due_at is not None and self.due_at <= now


def group_of(column: str) -> ColumnGroup:
    """The group a cell column belongs to."""
    return ColumnGroup.REGULAR if column in REGULAR_COLUMNS else ColumnGroup(column)


def used_columns(regular_count: int, form: SheetForm = SheetForm.MARKS) -> tuple[str, ...]:
    """Columns of a sheet with so many regular ones, in printed order, by the names lock windows know.

    Of other forms a column stands for the cells due together: a primary subject's level and test at a point.
    """
    if form is SheetForm.TRAINING:
        return ("final",)
    if form is SheetForm.TRAITS:
        return ("midterm", "final")
    return (*REGULAR_COLUMNS[:regular_count], "midterm", "final", "comment")


def mark_columns(regular_count: int, form: SheetForm = SheetForm.MARKS) -> tuple[str, ...]:
    """Those that hold marks, levels or results: all but comments."""
    return tuple(column for column in used_columns(regular_count, form) if column != ColumnGroup.COMMENT)


def deadlines(
    regular_count: int, now: datetime, layers: Sequence[Layer], form: SheetForm = SheetForm.MARKS
) -> dict[str, Deadline]:
    """The deadline of every column of a sheet under these layers."""
    columns = used_columns(regular_count, form)
    return {column: deadline(column, regular_count, now, layers) for column in columns}


def deadline(column: str, regular_count: int, now: datetime, layers: Sequence[Layer]) -> Deadline:
    """When the column is to be full: the earliest of the layers' deadlines."""
    state = column_state(column, now, layers)
    found = [w for layer in layers if (w := _binding_window(layer, column, regular_count, now)) is not None]
    if not found:
        return Deadline(None, open=state.open)
    first = min(found, key=_closes)
    shut = None if state.open else next(iter(state.reasons), None)
    return Deadline(first.closes_at, first.unit_name, first.title, state.open, shut)


def state_of(missing: int, limit: Deadline, now: datetime) -> EntryState:
    """Where a column with so many blank cells stands."""
    if missing <= 0:
        return EntryState.DONE
    if limit.passed(now):
        return EntryState.LATE
    return EntryState.DUE if limit.open else EntryState.NOT_YET


def worst(states: Iterable[EntryState]) -> EntryState:
    """The most urgent state; DONE for none."""
    order = list(EntryState)
    return min(states, key=order.index, default=EntryState.DONE)


def _binding_window(layer: Layer, column: str, regular_count: int, now: datetime) -> Window | None:
    """The window of one layer whose close is the column's deadline there."""
    opening = [w for w in layer.windows if w.effect is WindowEffect.OPEN and not w.lifts]
    ends = [w for w in opening if w.closes_at and w.covers(column)]
    named = [w for w in ends if _names(w, column, regular_count)]
    if named:
        return _nearest(named, now)
    rounds = _by_close(ends)
    if not rounds:
        return None
    return rounds[_round_number(column, regular_count, len(rounds)) - 1]


def _names(window: Window, column: str, regular_count: int) -> bool:
    """True when the window singles the column out: not the whole book, and not all regular columns together."""
    if not window.columns:
        return False
    return column not in REGULAR_COLUMNS or not window.columns >= set(REGULAR_COLUMNS[:regular_count])


def _nearest(windows: Sequence[Window], now: datetime) -> Window:
    current = [w for w in windows if w.contains(now)]
    if current:
        return min(current, key=_closes)
    closed = [w for w in windows if w.has_closed(now)]
    return max(closed, key=_closes) if closed else min(windows, key=_closes)


def _by_close(windows: Sequence[Window]) -> list[Window]:
    """One window an instant of closing, in order."""
    return [w for _at, w in sorted({_closes(w): w for w in windows}.items())]


def _round_number(column: str, regular_count: int, rounds: int) -> int:
    """The round, counted from 1, by whose close the column is to be full."""
    if column == "midterm":
        return -(-rounds // 2)
    if column not in REGULAR_COLUMNS:
        return rounds
    position = REGULAR_COLUMNS.index(column) + 1
    return -(-position * rounds // regular_count) if position <= regular_count else rounds


def _closes(window: Window) -> datetime:
    if window.closes_at is None:
        raise ValueError("only windows with an end have a deadline")
    return window.closes_at
