"""State of a cell from the time and the layers of lock windows, always with the reason.

A layer is one unit's windows: the school's, the middle tier's, the department's. A cell is open when no layer
locks it and at least one layer opens it, so opening one layer never removes another layer's lock. A timed opening
beside the calendar (WindowMode.EXCEPTION) lifts what its own unit has locked, exactly where it says, and leaves
nothing behind. Whatever its mode, a window that begins after the same unit's calendar had closed over a cell opens
it only while it is blank: what was entered by then is changed by a correction request (S0 Điều 11.4,
`_cutting_window`). One that is prolonged before it closes, or began before another closed, carries the book over.
Times are aware; windows are half-open: open at `opens_at`, no longer at `closes_at`. Nothing here reads a clock.
"""

from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import StrEnum
from typing import Final

from app.domain.sheet_forms import lock_column
from app.domain.vocabulary import N_, RETEST, Role, Tier, WindowEffect, WindowMode

LOOSER_POLICY: Final = N_("A unit can only tighten the rule on final marks set by the unit above it.")


class LockRule(StrEnum):
    """Why a layer holds a cell."""

    SHUT = "shut"  # a shutting window is in force (khóa sổ để kiểm tra, niêm sổ)
    CLOSED = "closed"  # the last opening window has closed (khóa nhập liệu cả sổ)
    NOT_YET = "not_yet"  # the first opening window has not begun (chưa đến lịch mở sổ)
    NO_WINDOW = "no_window"  # no unit has opened this cell: refused by default
    ENTERED_FINAL = "entered_final"  # entered cells are locked, blank ones stay open (khóa các điểm đã nhập)
    TERM_CLOSED = "term_closed"  # the head has closed the term or year (khóa sổ học kì, năm học)
    YEAR_OVER = "year_over"  # the next school year has begun: the head decides nothing of it any more


WHO_CAN_OPEN: Mapping[Tier, Role] = {
    Tier.SCHOOL: Role.PRINCIPAL,
    Tier.DISTRICT: Role.DISTRICT_LEADER,
    Tier.DEPARTMENT: Role.DEPARTMENT_LEADER,
}
"""Leaders order locks (S0 Điều 13): a lock is lifted by the leader of the unit that set it."""


@dataclass(frozen=True, slots=True)
class Window:
    """One lock window that already matches the cell's scope, except for the columns and students.

    `columns` or `students` empty means all of them; `closes_at` None means no end. ValueError for naive times or an
    empty span.
    """

    id: int
    tier: Tier
    unit_id: int
    unit_name: str
    effect: WindowEffect
    mode: WindowMode
    opens_at: datetime
    closes_at: datetime | None
    columns: frozenset[str] = frozenset()
    title: str = ""
    reason: str = ""
    ordered_by: str | None = None
    executed_by: str | None = None
    students: frozenset[int] = frozenset()
    closing: bool = False  # not ordered as a window: the closing of a term or year

    def __post_init__(self) -> None:
        require_aware(self.opens_at)
        if self.closes_at is None:
            return
        require_aware(self.closes_at)
        if self.closes_at <= self.opens_at:
            raise ValueError("a window closes after it opens")

    @property
    def lifts(self) -> bool:
        """True for a timed opening beside the calendar."""
        return self.effect is WindowEffect.OPEN and self.mode is WindowMode.EXCEPTION

    def covers(self, column: str, student: int | None = None) -> bool:
        """True when the window speaks about this column, or about the one that stands for it (`lock_column`).

        `student` None: of the column as a whole, which windows over single cells don't change. Retests are opened by
        name only: a window over the whole book opens the term, and shuts everything.
        """
        if self.students and student not in self.students:
            return False
        if self.lifts or (column == RETEST and self.effect is WindowEffect.OPEN):
            return column in self.columns  # an exception opens exactly what was asked for
        return not self.columns or column in self.columns or lock_column(column) in self.columns

    def contains(self, now: datetime) -> bool:
        """True from opens_at up to, not including, closes_at."""
        return self.opens_at <= now and not self.has_closed(now)

    def has_closed(self, now: datetime) -> bool:
        """True from closes_at on."""
        return self.closes_at is not None and self.closes_at <= now


@dataclass(frozen=True, slots=True)
class Layer:
    """One unit's windows for the cells in question."""

    tier: Tier
    unit_id: int
    unit_name: str
    windows: tuple[Window, ...] = ()


@dataclass(frozen=True, slots=True)
class LockReason:
    """One thing that locks a cell: the rule, who set it, since and until when, and whose order can lift it.

    `unit_id` and `window_id` are None where nobody has opened the cell; `window_id` is None where the term is closed,
    too. `until`: when it ends by itself.
    """

    tier: Tier
    unit_id: int | None
    unit_name: str
    window_id: int | None
    rule: LockRule
    title: str
    reason: str
    ordered_by: str | None
    executed_by: str | None
    since: datetime | None
    until: datetime | None
    who_can_open: Role


@dataclass(frozen=True, slots=True)
class ColumnState:
    """State of one column at one time.

    `open`: blank cells may be written. `entered_cut`: cells that held a value at this time are locked all the
    same. `until`: when the state is next due to get tighter (a window closes, a shutting one begins), None if
    never. `reasons`: why locked; on an open column, why its entered cells are. `opened_by`: what opens it.
    """

    open: bool
    entered_cut: datetime | None = None
    until: datetime | None = None
    reasons: tuple[LockReason, ...] = ()
    opened_by: tuple[Window, ...] = ()


@dataclass(frozen=True, slots=True)
class _LayerState:
    """What one layer says about one column."""

    locked: bool = False
    cut: datetime | None = None
    until: datetime | None = None
    reasons: tuple[LockReason, ...] = ()
    opened_by: tuple[Window, ...] = ()


@dataclass(frozen=True, slots=True)
class _Timeline:
    """Opening windows of one layer, sorted by where `now` stands."""

    closed: tuple[Window, ...]
    current: tuple[Window, ...]
    coming: tuple[Window, ...]


def column_state(
    column: str, now: datetime, layers: Sequence[Layer], student: int | None = None
) -> ColumnState:
    """State of a column, or of one student's cell in it, at `now` under all layers; locked unless some layer opens it."""
    require_aware(now)
    states = [_layer_state(layer, column, now, student) for layer in layers]
    locked = [state for state in states if state.locked]
    cut = latest(state.cut for state in states)
    if locked:
        return ColumnState(open=False, entered_cut=cut, reasons=_joined(locked))
    if not any(state.opened_by for state in states):
        return ColumnState(open=False, reasons=(_no_window(layers),))
    return ColumnState(
        open=True,
        entered_cut=cut,
        until=earliest(state.until for state in states),
        reasons=_joined(states),
        opened_by=tuple(window for state in states for window in state.opened_by),
    )


def column_states(
    columns: Iterable[str], now: datetime, layers: Sequence[Layer], student: int | None = None
) -> dict[str, ColumnState]:
    """`column_state` of each column, for drawing or saving a whole sheet at one time."""
    return {column: column_state(column, now, layers, student) for column in columns}


def singled_out(layers: Iterable[Layer]) -> frozenset[int]:
    """Students some window over single cells names."""
    return frozenset(student for layer in layers for window in layer.windows for student in window.students)


def cell_locked(state: ColumnState, entered_at_cut: bool) -> bool:
    """True when a cell of the column can't be written; `entered_at_cut`: it held a value at `state.entered_cut`."""
    return not state.open or (state.entered_cut is not None and entered_at_cut)


def _joined(states: Sequence[_LayerState]) -> tuple[LockReason, ...]:
    return tuple(reason for state in states for reason in state.reasons)


def _layer_state(layer: Layer, column: str, now: datetime, student: int | None) -> _LayerState:
    matching = [window for window in layer.windows if window.covers(column, student)]
    lifting = tuple(window for window in matching if window.lifts and window.contains(now))
    lifted = latest(window.opens_at for window in lifting)
    shutting = [window for window in matching if window.effect is WindowEffect.SHUT]
    # what the unit shuts after it has lifted a lock holds: a freeze for an inspection stops a running extension
    shut = [w for w in shutting if w.contains(now) and (lifted is None or w.opens_at >= lifted)]
    if shut:
        return _LayerState(locked=True, reasons=tuple(_shut(window) for window in shut))
    next_shut = earliest(window.opens_at for window in shutting if window.opens_at > now)
    opening = [window for window in matching if window.effect is WindowEffect.OPEN and not window.lifts]
    if lifting:
        return _lifted_state(lifting, _timeline(opening, now), next_shut)
    if not opening:
        return _LayerState(until=next_shut)
    return _opening_state(_timeline(opening, now), next_shut)


def _lifted_state(lifting: tuple[Window, ...], line: _Timeline, next_shut: datetime | None) -> _LayerState:
    """Under a timed opening blank cells are open; what was entered when the book or a round closed stays locked.

    It gives time to enter what is missing; what was entered is changed by a correction request (S0 Điều 11.4).
    """
    cutting = _cutting_window(line)
    return _LayerState(
        cut=cutting.closes_at if cutting else None,
        until=earliest([next_shut, *(window.closes_at for window in lifting)]),
        reasons=(_entered_final(cutting),) if cutting else (),
        opened_by=lifting,
    )


def _timeline(windows: Sequence[Window], now: datetime) -> _Timeline:
    return _Timeline(
        closed=tuple(window for window in windows if window.has_closed(now)),
        current=tuple(window for window in windows if window.contains(now)),
        coming=tuple(window for window in windows if window.opens_at > now),
    )


def _opening_state(line: _Timeline, next_shut: datetime | None) -> _LayerState:
    """A layer with opening windows: inside one, before the first, or after.

    After the last one closed, blank cells stay open only where every closed window was of the entered-cells mode.
    """
    if not line.current:
        if not line.closed:
            return _LayerState(locked=True, reasons=(_not_yet(line),))
        if any(window.mode is WindowMode.WHOLE_BOOK for window in line.closed):
            return _LayerState(locked=True, reasons=(_closed(line),))
    cutting = _cutting_window(line)
    return _LayerState(
        cut=cutting.closes_at if cutting else None,
        until=earliest([next_shut, *(window.closes_at for window in line.current)]),
        reasons=(_entered_final(cutting),) if cutting else (),
        opened_by=line.current or ((cutting,) if cutting else ()),
    )


def _cutting_window(line: _Timeline) -> Window | None:
    """The window whose close locks what was entered by then, for good: the last of those that closed the layer's book.

    Every round of entered cells does when it ends; a whole book does unless another window, open already, carries it
    over. Nothing that begins later re-opens what was entered (S0 Điều 11.4).
    """
    opening = (*line.closed, *line.current)
    closing = [
        window
        for window in line.closed
        if window.mode is WindowMode.ENTERED_CELLS or not any(_carries(other, window) for other in opening)
    ]
    return max(closing, key=lambda window: window.closes_at or window.opens_at, default=None)


def _carries(other: Window, closed: Window) -> bool:
    """True when `other` was open already as `closed` closed, and stayed open."""
    end = closed.closes_at
    return end is not None and other.opens_at < end and not other.has_closed(end)


def _reason(window: Window, rule: LockRule, since: datetime | None, until: datetime | None) -> LockReason:
    return LockReason(
        tier=window.tier,
        unit_id=window.unit_id,
        unit_name=window.unit_name,
        window_id=None if window.closing else window.id,
        rule=rule,
        title=window.title,
        reason=window.reason,
        ordered_by=window.ordered_by,
        executed_by=window.executed_by,
        since=since,
        until=until,
        who_can_open=WHO_CAN_OPEN[window.tier],
    )


def _shut(window: Window) -> LockReason:
    rule = LockRule.TERM_CLOSED if window.closing else LockRule.SHUT
    return _reason(window, rule, window.opens_at, window.closes_at)


def _not_yet(line: _Timeline) -> LockReason:
    first = min(line.coming, key=lambda window: window.opens_at)
    return _reason(first, LockRule.NOT_YET, None, first.opens_at)


def _closed(line: _Timeline) -> LockReason:
    """Names the whole-book window that closed last, and the next opening if one is announced."""
    books = [window for window in line.closed if window.mode is WindowMode.WHOLE_BOOK]
    last = max(books, key=lambda window: window.closes_at or window.opens_at)
    return _reason(last, LockRule.CLOSED, last.closes_at, earliest(window.opens_at for window in line.coming))


def _entered_final(window: Window) -> LockReason:
    return _reason(window, LockRule.ENTERED_FINAL, window.closes_at, None)


def _no_window(layers: Sequence[Layer]) -> LockReason:
    """Refusal by default, laid at the door of the unit nearest to the class."""
    tiers = list(Tier)
    nearest = max(layers, key=lambda layer: tiers.index(layer.tier), default=None)
    tier = nearest.tier if nearest else Tier.SCHOOL
    return LockReason(
        tier=tier,
        unit_id=nearest.unit_id if nearest else None,
        unit_name=nearest.unit_name if nearest else "",
        window_id=None,
        rule=LockRule.NO_WINDOW,
        title="",
        reason="",
        ordered_by=None,
        executed_by=None,
        since=None,
        until=None,
        who_can_open=WHO_CAN_OPEN[tier],
    )


def require_aware(moment: datetime) -> None:
    """ValueError for a naive time: a lock must not depend on the server's time zone."""
    if moment.utcoffset() is None:
        raise ValueError("times are aware")


def latest(moments: Iterable[datetime | None]) -> datetime | None:
    """The last of those given, None if none is."""
    return max((moment for moment in moments if moment is not None), default=None)


def earliest(moments: Iterable[datetime | None]) -> datetime | None:
    """The first of those given, None if none is."""
    return min((moment for moment in moments if moment is not None), default=None)


VN_TIME = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")
"""Vietnamese time; a fixed offset since 1975, so that days end alike on every machine."""


def end_of_day(day: date) -> datetime:
    """24:00 of a day in Vietnam, that is 00:00 of the next, in UTC."""
    return datetime.combine(day + timedelta(days=1), time(), VN_TIME).astimezone(UTC)


def entry_date(year: int, month: int, entry_day: int) -> date:
    """The monthly entry day as a date; a month shorter than `entry_day` uses its last day."""
    if not 1 <= entry_day <= 31:
        raise ValueError("an entry day lies between 1 and 31")
    return date(year, month, min(entry_day, monthrange(year, month)[1]))
