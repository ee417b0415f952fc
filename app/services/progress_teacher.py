"""A teacher's home: own sheets with what is filled, missing and due, as tasks and as a table."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import Actor
from app.domain.entry_schedule import ColumnGroup, EntryState, group_of
from app.models import Delegation, GradebookSheet, HomeroomAssignment, TeachingAssignment
from app.models.base import in_force
from app.services import history, scope
from app.services.clock import local_day
from app.services.notes_duties import NoteDuty, note_duties
from app.services.progress import load_sheets, roll_day
from app.services.progress_calendar import Calendar, ComingClose, load_calendar
from app.services.progress_figures import ColumnProgress, GroupProgress, SheetProgress
from app.services.years import Period

SOON = timedelta(days=10)
"""What falls due within this time is a task of today; later deadlines stand in the table."""


RECENT = 5


@dataclass(frozen=True, slots=True)
class Task:
    """Columns of one sheet to fill by one time: late, or due soon."""

    sheet: SheetProgress
    columns: tuple[str, ...]
    group: ColumnGroup
    state: EntryState
    required: int
    filled: int
    due_at: datetime | None
    open: bool
    unit_name: str

    @property
    def missing(self) -> int:
        """Cells still blank."""
        return self.required - self.filled


@dataclass(frozen=True, slots=True)
class RecentChange:
    """A save in one of the sheets shown."""

    at: datetime
    by: str | None
    action: str
    rows: int
    sheet: SheetProgress


@dataclass(frozen=True, slots=True)
class HomeroomClass:
    """The class one is homeroom teacher of: how many of its sheets are full, and which are late."""

    class_id: int
    name: str
    sheets: tuple[SheetProgress, ...]

    @property
    def full(self) -> int:
        """Sheets with nothing missing among marks."""
        return sum(1 for sheet in self.sheets if all(c.missing <= 0 for c in sheet.marks))

    @property
    def late(self) -> tuple[SheetProgress, ...]:
        """Sheets with columns past their deadline."""
        return tuple(sheet for sheet in self.sheets if sheet.late)


@dataclass(frozen=True)
class TeacherHome:
    """Everything on the page; `sheets` are one's own, cut to the columns one fills."""

    sheets: tuple[SheetProgress, ...]
    late: tuple[Task, ...]
    due: tuple[Task, ...]
    homerooms: tuple[HomeroomClass, ...]
    coming: tuple[ComingClose, ...]
    recent: tuple[RecentChange, ...]
    notes: tuple[NoteDuty, ...] = ()  # months a homeroom class lacks remarks for: late, or ending soon

    @property
    def groups(self) -> tuple[GroupProgress, ...]:
        """The pieces of work of the term: a column group of a sheet each."""
        return tuple(g for sheet in self.sheets for g in sheet.groups.values() if g.columns)

    @property
    def done(self) -> int:
        """Pieces of work with nothing missing."""
        return sum(1 for group in self.groups if group.state is EntryState.DONE)

    @property
    def first_due(self) -> datetime | None:
        """The nearest deadline among the tasks due soon."""
        return min((task.due_at for task in self.due if task.due_at), default=None)


def teacher_home(session: Session, actor: Actor, period: Period, now: datetime) -> TeacherHome:
    """The home page of whoever teaches, is delegated or is homeroom teacher. Six statements, whatever the size."""
    day = roll_day(period, local_day(now))
    where = (_mine(actor, now, day), scope.condition(actor, GradebookSheet, day))
    # Own unit and those above are known from the actor: no recursive query is needed.
    units = [u for u in (actor.unit_id, *actor.above) if u is not None]
    calendar = load_calendar(session, units, period, local_day(now), now)
    sheets = load_sheets(session, calendar, where)
    duties = _duties(session, actor, now, day)
    own = tuple(o for s in sheets if (o := _own_part(s, actor, duties)) is not None)
    tasks = [task for sheet in own for task in _tasks(sheet)]
    return TeacherHome(
        sheets=own,
        late=_sorted(t for t in tasks if t.state is EntryState.LATE),
        due=_sorted(t for t in tasks if t.state is EntryState.DUE and t.due_at and t.due_at - now <= SOON),
        homerooms=_homerooms(sheets, duties.homerooms),
        coming=tuple(_coming(calendar, sheets)),
        recent=tuple(_recent(session, own)),
        notes=tuple(d for d in note_duties(session, actor, period, now) if d.due_at - now <= SOON),
    )


def _mine(actor: Actor, now: datetime, day: date) -> sa.ColumnElement[bool]:
    """Sheets one teaches on the day, is delegated for now, or whose class one is homeroom teacher of."""
    taught = sa.select(TeachingAssignment.id).where(
        TeachingAssignment.person_id == actor.person_id,
        TeachingAssignment.group_id == GradebookSheet.group_id,
        TeachingAssignment.subject_id == GradebookSheet.subject_id,
        in_force(TeachingAssignment, day),
    )
    delegated = sa.select(Delegation.id).where(
        Delegation.sheet_id == GradebookSheet.id, *_delegated_now(actor, now)
    )
    homeroom = sa.select(HomeroomAssignment.id).where(
        HomeroomAssignment.class_id == GradebookSheet.class_id,
        HomeroomAssignment.person_id == actor.person_id,
        in_force(HomeroomAssignment, day),
    )
    return sa.or_(*(rows.correlate(GradebookSheet).exists() for rows in (taught, delegated, homeroom)))


def _delegated_now(actor: Actor, now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (Delegation.person_id == actor.person_id, Delegation.starts_at <= now, Delegation.ends_at > now)


@dataclass(frozen=True, slots=True)
class _Duties:
    """What one has besides assignments: delegated columns by sheet (empty: all), homeroom classes."""

    delegated: Mapping[int, frozenset[str]]
    homerooms: frozenset[int]


def _duties(session: Session, actor: Actor, now: datetime, day: date) -> _Duties:
    delegated = sa.select(
        sa.literal("delegated").label("kind"), Delegation.sheet_id.label("number"), Delegation.columns
    ).where(*_delegated_now(actor, now))
    homeroom = sa.select(sa.literal("homeroom"), HomeroomAssignment.class_id, sa.null()).where(
        HomeroomAssignment.person_id == actor.person_id, in_force(HomeroomAssignment, day)
    )
    rows: Sequence[Any] = session.execute(sa.union_all(delegated, homeroom)).all()
    return _Duties(
        delegated={number: frozenset(columns or ()) for kind, number, columns in rows if kind == "delegated"},
        homerooms=frozenset(number for kind, number, _columns in rows if kind == "homeroom"),
    )


def _own_part(sheet: SheetProgress, actor: Actor, duties: _Duties) -> SheetProgress | None:
    """The sheet cut to the columns the actor fills; None when there are none."""
    own = [t.columns for t in sheet.teachers if t.person_id == actor.person_id]
    if sheet.sheet_id in duties.delegated:
        own.append(duties.delegated[sheet.sheet_id])
    if not own:
        return None
    if frozenset() in own:
        return sheet
    wanted = frozenset().union(*own)
    columns = tuple(c for c in sheet.columns if c.column in wanted)
    groups = {
        name: GroupProgress(name, tuple(c for c in group.columns if c.column in wanted))
        for name, group in sheet.groups.items()
    }
    return replace(sheet, columns=columns, groups=groups)


def _tasks(sheet: SheetProgress) -> list[Task]:
    """Columns of a sheet that are late or due, together where group, deadline and state are the same."""
    together: dict[Any, list[ColumnProgress]] = {}
    for column in sheet.columns:
        if column.state in (EntryState.LATE, EntryState.DUE):
            key = (group_of(column.column), column.state, column.limit.due_at, column.limit.open)
            together.setdefault(key, []).append(column)
    return [
        Task(
            sheet=sheet,
            columns=tuple(c.column for c in columns),
            group=group,
            state=state,
            required=sum(c.required for c in columns),
            filled=sum(c.filled for c in columns),
            due_at=due_at,
            open=is_open,
            unit_name=columns[0].limit.unit_name,
        )
        for (group, state, due_at, is_open), columns in together.items()
    ]


def _sorted(tasks: Iterable[Task]) -> tuple[Task, ...]:
    """The nearest deadline first; then as in the table."""
    return tuple(sorted(tasks, key=lambda t: (t.due_at is None, t.due_at)))


def _homerooms(sheets: Sequence[SheetProgress], class_ids: frozenset[int]) -> tuple[HomeroomClass, ...]:
    by_class: dict[int, list[SheetProgress]] = {}
    for sheet in sheets:
        if sheet.class_id in class_ids:
            by_class.setdefault(sheet.class_id, []).append(sheet)
    return tuple(
        HomeroomClass(number, found[0].class_name, tuple(found)) for number, found in by_class.items()
    )


def _coming(calendar: Calendar, sheets: Sequence[SheetProgress]) -> list[ComingClose]:
    return calendar.coming(
        {calendar.scope_of(s.unit_id, s.level, s.grade, s.class_id, s.subject_id) for s in sheets}
    )


def _recent(session: Session, sheets: Sequence[SheetProgress]) -> list[RecentChange]:
    """The newest saves in one's own sheets."""
    known = {sheet.sheet_id: sheet for sheet in sheets}
    if not known:
        return []
    return [
        RecentChange(row.issued_at, row.full_name, row.action, row.rows, known[row.sheet_id])
        for row in history.recent_changes(session, list(known), limit=RECENT)
    ]
