"""The only lock check: which cells of a sheet may be written at an instant, and why not (design §4, §6).

Windows and policies of the school and every unit above it come in two statements; cells that were entered when a
round closed, or when the teacher pressed Chốt, come from history: the record itself says what was entered when.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.locks import (
    WHO_CAN_OPEN,
    ColumnState,
    Layer,
    LockReason,
    LockRule,
    Window,
    column_states,
    finality_cut,
)
from app.domain.policies import PolicyKey, strictest
from app.domain.vocabulary import Book, Finality, Tier
from app.models import Account, GradebookSheet, LockWindow, OrgUnit, Person, Policy, SheetSubmission
from app.models.base import in_force
from app.services import history
from app.services.actors import ancestors
from app.services.clock import local_day

DEFAULT_IDLE_MINUTES = 30
"""As config.IDLE_MINUTES: a session that idles this long has left the system."""

Cell = tuple[int, str]
"""A cell of a sheet: student id and column."""


@dataclass(frozen=True)
class BookScope:
    """What a window must match: where the cells in question stand."""

    unit_id: int
    school_year_id: int
    term: int
    level: str
    grade: int
    class_id: int | None
    book: Book = Book.GRADEBOOK

    @classmethod
    def of(cls, sheet: GradebookSheet) -> "BookScope":
        """The scope of a sheet."""
        return cls(sheet.unit_id, sheet.school_year_id, sheet.term, sheet.level, sheet.grade, sheet.class_id)


@dataclass(frozen=True)
class Policies:
    """The dated settings in force for a school, nearest unit first where it may decide."""

    finality: Finality = Finality.WINDOW_CLOSE
    finality_unit: str = ""
    entry_day: int | None = None
    quick_entry: bool = False
    idle_minutes: int | None = None


@dataclass(frozen=True)
class SheetLocks:
    """State of every column and the cells locked one by one."""

    now: datetime
    columns: Mapping[str, ColumnState]
    policies: Policies
    final: Mapping[Cell, LockReason] = field(default_factory=dict)
    layers: tuple[Layer, ...] = ()

    def reasons(self, student_id: int, column: str) -> tuple[LockReason, ...]:
        """Why the cell is locked; empty when it is open."""
        state = self.columns[column]
        if not state.open:
            return state.reasons
        final = self.final.get((student_id, column))
        return (final,) if final else ()


def sheet_locks(session: Session, sheet: GradebookSheet, columns: Sequence[str], now: datetime) -> SheetLocks:
    """Lock state of a sheet at `now`. Call it with the sheet row held when deciding a write."""
    day = local_day(now)
    layers = load_layers(session, BookScope.of(sheet), day)
    policies = load_policies(session, sheet.unit_id, day)
    states = column_states(columns, now, layers)
    final = _final_cells(session, sheet, columns, states, policies, now)
    return SheetLocks(now, states, policies, final, layers)


def load_layers(session: Session, scope: BookScope, day: date) -> tuple[Layer, ...]:
    """The layers over a school's book, school first, each with the windows that match; one statement."""
    values = {
        "unit": scope.unit_id,
        "year": scope.school_year_id,
        "term": scope.term,
        "book": scope.book,
        "day": day,
    }
    return layers_from(session.execute(_layers_query(), values).all(), scope)


@cache
def _layers_query() -> sa.Select[*tuple[Any, ...]]:
    """Parameters: unit, year, term, book, day. Built once: every save and every open sheet asks it."""
    unit = sa.bindparam("unit", type_=sa.Integer)
    above = ancestors(unit, sa.bindparam("day", type_=sa.Date))
    of_this_book = sa.and_(
        LockWindow.owner_id == OrgUnit.id,
        LockWindow.school_year_id == sa.bindparam("year"),
        LockWindow.book == sa.bindparam("book"),
        sa.or_(LockWindow.term.is_(None), LockWindow.term == sa.bindparam("term")),
    )
    depth = sa.func.coalesce(above.c.depth, 0).label("depth")
    return (
        sa.select(OrgUnit, LockWindow, Person.full_name, Account.username, depth)
        .select_from(OrgUnit)
        .outerjoin(above, above.c.unit_id == OrgUnit.id)
        .outerjoin(LockWindow, of_this_book)
        .outerjoin(Person, Person.id == LockWindow.ordered_by_id)
        .outerjoin(Account, Account.id == LockWindow.executed_by_id)
        .where(sa.or_(OrgUnit.id == unit, above.c.unit_id.is_not(None)))
        .order_by("depth", LockWindow.opens_at)
    )


def layers_from(rows: Iterable[Any], scope: BookScope) -> tuple[Layer, ...]:
    """Rows (unit, window or None, who ordered, who executed, …) as layers, keeping the windows that match `scope`."""
    units: dict[int, OrgUnit] = {}
    windows: dict[int, list[Window]] = {}
    for unit, window, ordered_by, executed_by, *_depth in rows:
        units[unit.id] = unit
        found = windows.setdefault(unit.id, [])
        if window is not None and matches(window, scope):
            closes = window.effective_close
            if closes is None or closes > window.opens_at:
                found.append(as_window(window, unit, ordered_by, executed_by))
    return tuple(Layer(u.tier, u.id, u.short_name, tuple(windows[u.id])) for u in units.values())


def matches(window: LockWindow, scope: BookScope) -> bool:
    """True when the window speaks about this book; an empty list means all."""
    return (
        (not window.levels or scope.level in window.levels)
        and (not window.grades or scope.grade in window.grades)
        and (not window.class_ids or scope.class_id in window.class_ids)
        and (not window.unit_ids or scope.unit_id in window.unit_ids)
    )


def as_window(window: LockWindow, unit: OrgUnit, ordered_by: str | None, executed_by: str | None) -> Window:
    """The stored window as the domain sees it."""
    return Window(
        id=window.id,
        tier=unit.tier,
        unit_id=unit.id,
        unit_name=unit.short_name,
        effect=window.effect,
        mode=window.mode,
        opens_at=window.opens_at,
        closes_at=window.effective_close,
        columns=frozenset(window.columns),
        title=window.title,
        reason=window.reason,
        ordered_by=ordered_by,
        executed_by=executed_by,
    )


def load_policies(session: Session, unit_id: int, day: date) -> Policies:
    """Settings in force on `day`: of every key the strictest value of all tiers, whoever set it last."""
    rows = session.execute(_policies_query(), {"unit": unit_id, "day": day}).all()
    finality, finality_unit = Finality.WINDOW_CLOSE, ""
    values: dict[str, list[str]] = {}
    for key, value, unit_name, _depth in rows:
        values.setdefault(key, []).append(value)
        if key == "finality" and Finality(value).strictness > finality.strictness:
            finality, finality_unit = Finality(value), unit_name
    entry_day = strictest(PolicyKey.ENTRY_DAY, values.get("entry_day", ()))
    idle_minutes = strictest(PolicyKey.IDLE_MINUTES, values.get("idle_minutes", ()))
    return Policies(
        finality=finality,
        finality_unit=finality_unit,
        entry_day=int(entry_day) if entry_day else None,
        quick_entry=strictest(PolicyKey.QUICK_ENTRY, values.get("quick_entry", ())) == "on",
        idle_minutes=int(idle_minutes) if idle_minutes else None,
    )


@cache
def _policies_query() -> sa.Select[*tuple[Any, ...]]:
    """Parameters: unit, day."""
    unit, day = sa.bindparam("unit", type_=sa.Integer), sa.bindparam("day", type_=sa.Date)
    above = ancestors(unit, day)
    depth = sa.func.coalesce(above.c.depth, 0).label("depth")
    return (
        sa.select(Policy.key, Policy.value, OrgUnit.short_name, depth)
        .join(OrgUnit, OrgUnit.id == Policy.unit_id)
        .outerjoin(above, above.c.unit_id == Policy.unit_id)
        .where(sa.or_(Policy.unit_id == unit, above.c.unit_id.is_not(None)), in_force(Policy, day))
        .order_by(sa.desc("depth"), Policy.starts_on)
    )


def _final_cells(
    session: Session,
    sheet: GradebookSheet,
    columns: Sequence[str],
    states: Mapping[str, ColumnState],
    policies: Policies,
    now: datetime,
) -> dict[Cell, LockReason]:
    """Cells of open columns that are final all the same: entered when a round closed, submitted, or left behind."""
    final: dict[Cell, LockReason] = {}
    for moment, reasons in _cuts(session, sheet, columns, states, policies, now).items():
        for student_id, row in history.sheet_as_of(session, sheet.id, moment).items():
            final.update({(student_id, c): reasons[c] for c in reasons if getattr(row, c) is not None})
    if policies.finality is Finality.ON_LEAVING:
        idle = timedelta(minutes=policies.idle_minutes or DEFAULT_IDLE_MINUTES)
        for cell, left_at in history.cells_left_behind(session, sheet.id, columns, now, idle).items():
            final.setdefault(cell, _policy_reason(policies, left_at))
    return final


def _cuts(
    session: Session,
    sheet: GradebookSheet,
    columns: Sequence[str],
    states: Mapping[str, ColumnState],
    policies: Policies,
    now: datetime,
) -> dict[datetime, dict[str, LockReason]]:
    """Instants at which what was entered became final, each with its columns and the reason."""
    cuts: dict[datetime, dict[str, LockReason]] = {}
    for column in columns:
        state = states[column]
        if state.open and state.entered_cut is not None:
            cuts.setdefault(state.entered_cut, {})[column] = state.reasons[0]
    for moment, names in _policy_cuts(session, sheet, columns, policies, now).items():
        for column in names:
            cuts.setdefault(moment, {}).setdefault(column, _policy_reason(policies, moment))
    return cuts


def _policy_cuts(
    session: Session, sheet: GradebookSheet, columns: Sequence[str], policies: Policies, now: datetime
) -> dict[datetime, set[str]]:
    """Instants at which entered cells became final by policy, with the columns each speaks about."""
    if policies.finality is Finality.ENTRY_DAY:
        cut = finality_cut(policies.finality, entry_day=policies.entry_day or 23, now=now, submitted_at=None)
        return {cut: set(columns)} if cut else {}
    if policies.finality is not Finality.ON_SUBMIT:
        return {}
    cuts: dict[datetime, set[str]] = {}
    for submission in session.scalars(sa.select(SheetSubmission).where(SheetSubmission.sheet_id == sheet.id)):
        cuts.setdefault(submission.submitted_at, set()).update(set(submission.columns) & set(columns))
    return cuts


def _policy_reason(policies: Policies, since: datetime) -> LockReason:
    return LockReason(
        tier=Tier.SCHOOL,
        unit_id=None,
        unit_name=policies.finality_unit,
        window_id=None,
        rule=LockRule.ENTERED_FINAL,
        title=policies.finality.value,
        reason="",
        ordered_by=None,
        executed_by=None,
        since=since,
        until=None,
        who_can_open=WHO_CAN_OPEN[Tier.SCHOOL],
    )
