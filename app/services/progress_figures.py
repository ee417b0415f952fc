"""The figures progress is told in: a column, a column group, a sheet, and cells added up."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from app.domain.entry_schedule import ColumnGroup, Deadline, EntryState, worst
from app.domain.sheet_forms import SheetForm
from app.domain.vocabulary import GroupKind, SubjectKind


@dataclass(frozen=True, slots=True)
class Teacher:
    """Who teaches a sheet on the day; `columns` empty means all of them."""

    person_id: int
    full_name: str
    sort_key: str
    columns: frozenset[str] = frozenset()
    in_charge: bool = True

    def covers(self, column: str) -> bool:
        """True when the column is this teacher's to fill."""
        return not self.columns or column in self.columns


@dataclass(frozen=True, slots=True)
class ColumnProgress:
    """One column of a sheet against its deadline."""

    column: str
    required: int
    filled: int
    limit: Deadline
    state: EntryState

    @property
    def missing(self) -> int:
        """Cells still blank."""
        return self.required - self.filled


@dataclass(frozen=True, slots=True)
class GroupProgress:
    """A column group of a sheet: figures added up, the most urgent state and that state's earliest deadline."""

    group: ColumnGroup
    columns: tuple[ColumnProgress, ...]

    @property
    def required(self) -> int:
        """Cells to fill."""
        return sum(c.required for c in self.columns)

    @property
    def filled(self) -> int:
        """Cells filled."""
        return sum(c.filled for c in self.columns)

    @property
    def missing(self) -> int:
        """Cells still blank."""
        return self.required - self.filled

    @property
    def state(self) -> EntryState:
        """The most urgent state of its columns."""
        return worst(c.state for c in self.columns)

    @property
    def due_at(self) -> datetime | None:
        """The earliest deadline among the columns in that state."""
        return earliest_due(c for c in self.columns if c.state is self.state)

    @property
    def open(self) -> bool:
        """True when a blank cell of a column in that state may be entered now."""
        return any(c.limit.open for c in self.columns if c.state is self.state)


@dataclass(frozen=True)
class SheetProgress:
    """A sheet: what it is, who teaches it, and its columns against their deadlines."""

    sheet_id: int
    unit_id: int
    class_id: int | None
    row_name: str  # 7A, or a group's name where students of several classes sit together
    class_name: str  # what tells it apart within its subject: 7A, or the part of the class
    class_order: tuple[int, int, str]
    group_id: int
    group_kind: GroupKind
    subject_id: int
    subject: str
    subject_order: int
    kind: SubjectKind
    form: SheetForm
    level: str
    grade: int
    regular_count: int
    students: int
    last_change: datetime | None
    teachers: tuple[Teacher, ...] = ()
    columns: tuple[ColumnProgress, ...] = ()
    groups: Mapping[ColumnGroup, GroupProgress] = field(default_factory=dict)

    @property
    def marks(self) -> tuple[ColumnProgress, ...]:
        """The columns that hold marks: they make the percentage; comments are shown beside it."""
        return tuple(c for c in self.columns if c.column != ColumnGroup.COMMENT)

    @property
    def late(self) -> tuple[ColumnProgress, ...]:
        """Mark columns whose deadline has passed with blank cells."""
        return tuple(c for c in self.marks if c.state is EntryState.LATE)

    @property
    def state(self) -> EntryState:
        """The most urgent state of its columns."""
        return worst(c.state for c in self.columns)

    @property
    def next_due(self) -> datetime | None:
        """The earliest deadline among columns that are not full."""
        return earliest_due(c for c in self.columns if c.state is not EntryState.DONE)


@dataclass(frozen=True, slots=True)
class Share:
    """Filled of required, and how much of the required was due by now; all in cells that hold marks."""

    required: int = 0
    filled: int = 0
    due: int = 0
    due_filled: int = 0

    def __add__(self, other: "Share") -> "Share":
        return Share(
            self.required + other.required,
            self.filled + other.filled,
            self.due + other.due,
            self.due_filled + other.due_filled,
        )

    @property
    def permille(self) -> int:
        """Filled of all cells of the term, in tenths of a percent, rounded down: 100 % means nothing is missing."""
        return self.filled * 1000 // self.required if self.required else 1000

    @property
    def plan_permille(self) -> int:
        """What should be filled by now, in tenths of a percent of the term."""
        return self.due * 1000 // self.required if self.required else 0

    @property
    def due_permille(self) -> int:
        """Filled of what was due by now, in tenths of a percent; 1000 when nothing was due."""
        return self.due_filled * 1000 // self.due if self.due else 1000

    @property
    def late(self) -> int:
        """Cells that were due and are blank."""
        return self.due - self.due_filled


def share_of(columns: Iterable[ColumnProgress], now: datetime) -> Share:
    """The columns' cells added up."""
    total = Share()
    for column in columns:
        due = column.limit.passed(now)
        total += Share(
            column.required, column.filled, column.required if due else 0, column.filled if due else 0
        )
    return total


def earliest_due(columns: Iterable[ColumnProgress]) -> datetime | None:
    """The first deadline among columns that have one."""
    return min((c.limit.due_at for c in columns if c.limit.due_at is not None), default=None)
