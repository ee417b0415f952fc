"""A window tried out before it is saved: which sheets it would close, and how many unfinished cells with them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.domain.entry_schedule import used_columns
from app.domain.locks import ColumnState, Layer, Window, column_state
from app.domain.vocabulary import WindowEffect, WindowMode
from app.models import GradebookSheet, LockWindow, OrgUnit
from app.services import late_windows
from app.services.clock import local_day
from app.services.lock_checks import NewWindow
from app.services.lock_notices import binds, units_below
from app.services.lock_states import Lookup, load_lookup
from app.services.locks import BookScope, as_window, matches
from app.services.progress import load_sheets, of_period
from app.services.progress_calendar import load_calendar, with_above
from app.services.progress_figures import SheetProgress
from app.services.progress_offices import place_figures
from app.services.years import Period

TICK = timedelta(microseconds=1)


@dataclass(frozen=True)
class Closed:
    """A sheet, or the sheets of a school, that the window would close: its columns, blank and entered cells in them."""

    title: str
    who: str
    sheets: int
    columns: tuple[str, ...]
    blank: int
    entered: int


@dataclass(frozen=True)
class Simulation:
    """What a new window would do at the instant it shuts or ends; `at` None: it has no end, so it closes nothing."""

    at: datetime | None
    entered_only: bool  # blank cells stay open: only what was entered is locked
    lines: tuple[Closed, ...] = ()
    reopens: late_windows.Closed | None = None  # what had closed before it: blank cells only

    @property
    def sheets(self) -> int:
        """Sheets it would close."""
        return sum(line.sheets for line in self.lines)

    @property
    def blank(self) -> int:
        """Unfinished cells among them, as they stand now."""
        return sum(line.blank for line in self.lines)

    @property
    def entered(self) -> int:
        """Entered cells it would lock."""
        return sum(line.entered for line in self.lines)


def simulate(session: Session, owner: OrgUnit, new: NewWindow, period: Period, now: datetime) -> Simulation:
    """The window against the calendar as it is; nothing is written. A school sees its sheets, an office its schools."""
    at = max(new.opens_at, now) if new.effect is WindowEffect.SHUT else new.closes_at
    entered_only = new.effect is WindowEffect.OPEN and new.mode is WindowMode.ENTERED_CELLS
    trial = _Trial(owner, new, at or now)
    reopens = late_windows.closed_before(session, trial.row, now)
    if at is None:
        return Simulation(None, entered_only, reopens=reopens)
    period = replace(period, term=new.term or period.term)
    if owner.kind.is_school:
        lines = _own_sheets(session, owner, period, trial, now)
    else:
        lines = _schools(session, owner, period, trial, now)
    found = sorted((line for line in lines if line.columns), key=lambda line: (-line.blank, line.title))
    return Simulation(at, entered_only, tuple(found), reopens)


class _Trial:
    """The new window, laid over the layers of any sheet."""

    def __init__(self, owner: OrgUnit, new: NewWindow, at: datetime) -> None:
        self.owner, self.new, self.at = owner, new, at
        self.row = LockWindow(
            id=0, owner_id=owner.id, school_year_id=new.school_year_id, term=new.term, book=new.book, effect=new.effect,
            mode=new.mode,
            columns=list(new.columns), levels=list(new.levels), grades=list(new.grades),
            class_ids=list(new.class_ids), unit_ids=list(new.unit_ids), subject_ids=list(new.subject_ids),
            sheet_id=new.sheet_id, student_ids=list(new.student_ids), title=new.title, reason=new.reason,
            opens_at=new.opens_at, closes_at=new.closes_at,
        )  # fmt: skip

    def closes(self, scope: BookScope, layers: Sequence[Layer], columns: Iterable[str]) -> tuple[str, ...]:
        """Columns that can be written just before, and not (or not where entered) from then on because of it."""
        if not matches(self.row, scope):
            return ()
        window = as_window(self.row, self.owner, None, None)
        with_it = _laid_over(layers, window, self.owner)
        shut = self.new.effect is WindowEffect.SHUT
        student = self.new.student_ids[0] if self.new.student_ids else None

        def closing(column: str) -> bool:
            before = column_state(column, self.at - TICK, layers if shut else with_it, student)
            return before.open and _tighter(before, column_state(column, self.at, with_it, student))

        return tuple(column for column in columns if window.covers(column, student) and closing(column))


def _tighter(before: ColumnState, after: ColumnState) -> bool:
    return not after.open or (after.entered_cut is not None and after.entered_cut != before.entered_cut)


def _laid_over(layers: Sequence[Layer], window: Window, owner: OrgUnit) -> list[Layer]:
    """The layers with the window in its unit's own."""
    known = [layer for layer in layers if layer.unit_id == owner.id]
    mine = known[0] if known else Layer(owner.tier, owner.id, owner.short_name)
    return [*(x for x in layers if x is not mine), replace(mine, windows=(*mine.windows, window))]


def _own_sheets(
    session: Session, owner: OrgUnit, period: Period, trial: _Trial, now: datetime
) -> list[Closed]:
    day = local_day(now)
    calendar = load_calendar(session, with_above(owner.id, day), period, day, now)
    lookup = load_lookup(session, owner.id, period.year_id, period.term, now)
    where = (*of_period(period), GradebookSheet.unit_id == owner.id)
    return [_sheet(sheet, lookup, trial, period) for sheet in load_sheets(session, calendar, where)]


def _sheet(sheet: SheetProgress, lookup: Lookup, trial: _Trial, period: Period) -> Closed:
    scope = BookScope(
        unit_id=sheet.unit_id, school_year_id=period.year_id, term=period.term, level=sheet.level, grade=sheet.grade,
        class_id=sheet.class_id, subject_id=sheet.subject_id, sheet_id=sheet.sheet_id,
    )  # fmt: skip
    columns = trial.closes(scope, lookup.layers_at(scope), (c.column for c in sheet.columns))
    closing = [c for c in sheet.columns if c.column in columns]
    return Closed(
        title=f"{sheet.subject} {sheet.class_name}",
        who=", ".join(teacher.full_name for teacher in sheet.teachers),
        sheets=1,
        columns=columns,
        blank=sum(c.missing for c in closing),
        entered=sum(c.filled for c in closing),
    )


def _schools(session: Session, owner: OrgUnit, period: Period, trial: _Trial, now: datetime) -> list[Closed]:
    """By school, from the counts an office's page is drawn from."""
    day = local_day(now)
    below = [item.unit for item in units_below(session, owner.id, day) if binds(trial.row, item.unit)]
    schools = {unit.id: unit for unit in below}
    units = sorted({owner.id, *schools, *(item.parent_id for item in units_below(session, owner.id, day))})
    calendar = load_calendar(session, units, period, day, now)
    found: dict[int, list[tuple[Any, tuple[str, ...]]]] = {}
    for row in place_figures(session, calendar, schools, day):
        scope = calendar.scope_of(row.unit_id, row.level, row.grade, row.class_id)
        marks = [c for c in used_columns(row.regular_count, row.form) if hasattr(row, c)]
        columns = trial.closes(scope, calendar.layers(scope), marks)
        if columns:
            found.setdefault(row.unit_id, []).append((row, columns))
    return [_school(schools[unit_id], rows) for unit_id, rows in found.items()]


def _school(unit: OrgUnit, rows: Sequence[tuple[Any, tuple[str, ...]]]) -> Closed:
    entered = sum(int(getattr(row, column)) for row, columns in rows for column in columns)
    required = sum(int(row.students) * len(columns) for row, columns in rows)
    return Closed(
        title=unit.short_name,
        who="",
        sheets=sum(int(row.sheets) for row, _columns in rows),
        columns=tuple(dict.fromkeys(column for _row, columns in rows for column in columns)),
        blank=required - entered,
        entered=entered,
    )
