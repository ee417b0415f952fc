"""The only lock check: which cells of a sheet may be written at an instant, and why not (design §4, §6).

Windows and rules of the school and every unit above it come in two statements; cells that were entered when a round
closed, when the teacher pressed Chốt or when its author left come from history: the record itself says what was
entered when, and domain/finality.py by which rule that made it final.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain import finality
from app.domain.finality import Cell, Event, Rule, Segment, Write
from app.domain.locks import ColumnState, Layer, LockReason, Window, column_states
from app.domain.policies import DEFAULTS, PolicyKey, strictest
from app.domain.vocabulary import Book, Finality
from app.models import (
    Account,
    GradebookSheet,
    LockWindow,
    OrgParent,
    OrgUnit,
    Person,
    Policy,
)
from app.services import history
from app.services.actors import MOST_TIERS, ancestors
from app.services.clock import local_day
from app.services.sign_in import left_at

USUAL_IDLE = timedelta(minutes=int(DEFAULTS[PolicyKey.IDLE_MINUTES]))
"""For a sign-in that noted no rule of its own."""


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
    rules = load_rules(session, sheet.unit_id)
    states = column_states(columns, now, layers)
    final = _final_cells(session, sheet, states, finality.timeline(rules, now), now)
    return SheetLocks(now, states, _policies_on(rules, day), final, layers)


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
    return _policies_on(load_rules(session, unit_id), day)


def _policies_on(rules: Sequence[Rule], day: date) -> Policies:
    held = [rule for rule in rules if rule.in_force(day)]
    values = {key: strictest(key, [rule.value for rule in held if rule.key is key]) for key in PolicyKey}
    final = Finality(values[PolicyKey.FINALITY] or Finality.WINDOW_CLOSE)
    by = (r.unit_name for r in held if r.key is PolicyKey.FINALITY and r.value == final)
    entry_day, idle_minutes = values[PolicyKey.ENTRY_DAY], values[PolicyKey.IDLE_MINUTES]
    return Policies(
        finality=final,
        finality_unit="" if final is Finality.WINDOW_CLOSE else next(by),
        entry_day=int(entry_day) if entry_day else None,
        quick_entry=values[PolicyKey.QUICK_ENTRY] == "on",
        idle_minutes=int(idle_minutes) if idle_minutes else None,
    )


def load_rules(session: Session, unit_id: int) -> list[Rule]:
    """Every decision of a school and of the units that ever stood above it, the highest first; one statement."""
    rows = session.execute(_rules_query(), {"unit": unit_id})
    return [Rule(key, unit, name, PolicyKey(what), *rest) for key, unit, name, what, *rest in rows]


@cache
def _rules_query() -> sa.Select[*tuple[Any, ...]]:
    """Parameters: unit. Columns as the fields of Rule."""
    unit = sa.bindparam("unit", type_=sa.Integer)
    above = _ever_above(unit)
    return (
        sa.select(
            Policy.id,
            Policy.unit_id,
            OrgUnit.short_name,
            Policy.key,
            Policy.value,
            Policy.starts_on,
            Policy.ends_on,
            Policy.decided_at,
            above.c.starts_on,
            above.c.ends_on,
        )
        .join(OrgUnit, OrgUnit.id == Policy.unit_id)
        .outerjoin(above, above.c.unit_id == Policy.unit_id)
        .where(sa.or_(Policy.unit_id == unit, above.c.unit_id.is_not(None)))
        .order_by(sa.func.coalesce(above.c.depth, 0).desc(), Policy.starts_on, Policy.id)
    )


def _ever_above(unit: sa.BindParameter[int]) -> sa.CTE:
    """Units that stand or stood above one, with depth and the days: starts_on, ends_on of the whole chain of links."""
    columns = (OrgParent.parent_id.label("unit_id"), OrgParent.starts_on, OrgParent.ends_on)
    links = (
        sa.select(*columns, sa.literal(1).label("depth"))
        .where(OrgParent.unit_id == unit)
        .cte("ever_above", recursive=True)
    )
    below = links.c
    starts = sa.case((OrgParent.starts_on > below.starts_on, OrgParent.starts_on), else_=below.starts_on)
    ends = sa.case(
        (sa.or_(below.ends_on.is_(None), OrgParent.ends_on < below.ends_on), OrgParent.ends_on),
        else_=below.ends_on,
    )
    together = sa.and_(
        sa.or_(below.ends_on.is_(None), OrgParent.starts_on <= below.ends_on),
        sa.or_(OrgParent.ends_on.is_(None), OrgParent.ends_on >= below.starts_on),
    )
    return links.union_all(
        sa.select(OrgParent.parent_id, starts, ends, below.depth + 1).where(
            OrgParent.unit_id == below.unit_id, together, below.depth < MOST_TIERS
        )
    )


def _final_cells(
    session: Session,
    sheet: GradebookSheet,
    states: Mapping[str, ColumnState],
    segments: Sequence[Segment],
    now: datetime,
) -> dict[Cell, LockReason]:
    """Cells of open columns that are final all the same: entered when a round closed, submitted, or left behind."""
    monthly = finality.entry_days(segments, now)
    events = {column: [*rounds(state), *monthly] for column, state in states.items() if state.open}
    first = min((event.at for known in events.values() for event in known), default=None)
    personal = any(segment.finality.strictness >= Finality.ON_SUBMIT.strictness for segment in segments)
    if events and personal:
        rows, presses = history.sheet_past(session, sheet.id, sheet.form)
        past = list(left_writes(rows, segments, now))
        elsewhere = [press for press in presses if press.pressed_for]
        _add_presses(events, [press for press in presses if not press.pressed_for], segments)
        return finality.final_cells(past, events) | _final_elsewhere(past, elsewhere, events, segments)
    if first is None:
        return {}
    writes = history.sheet_writes(session, sheet.id, first, sheet.form)
    return finality.final_cells([Write(w.student_id, w.issued_at, w._mapping) for w in writes], events)


def rounds(state: ColumnState) -> list[Event]:
    """The closes that locked entered cells of an open column, each with the layer it belongs to."""
    return [Event(reason.since, reason) for reason in state.reasons if reason.since is not None]


def _add_presses(
    events: Mapping[str, list[Event]], presses: Iterable[Any], segments: Sequence[Segment]
) -> None:
    for press in presses:
        if event := finality.event_at(segments, Finality.ON_SUBMIT, press.issued_at):
            for column in events.keys() & set(press.submitted):
                events[column].append(event)


def _final_elsewhere(
    writes: Sequence[Write],
    presses: Iterable[Any],
    events: Mapping[str, Sequence[Event]],
    segments: Sequence[Segment],
) -> dict[Cell, LockReason]:
    """Cells of students who came with marks that Chốt had made final on their former sheets."""
    final: dict[Cell, LockReason] = {}
    for student in {press.pressed_for for press in presses}:
        known = {column: [*found] for column, found in events.items()}
        _add_presses(known, [press for press in presses if press.pressed_for == student], segments)
        final |= finality.final_cells([w for w in writes if w.student_id == student], known)
    return final


def left_writes(rows: Iterable[Any], segments: Sequence[Segment], now: datetime) -> Iterator[Write]:
    """Rows with their author's leaving the system, where that made final (S4 Điều 16.2).

    A sign-in ends by signing out, by idling, by a reset or a disabled account; one that was simply closed counts as
    ended once it has idled. What was written without one (set-up, import by a command) is left behind at once.
    """
    known: dict[datetime, Event | None] = {}
    for row in rows:
        left = left_at(row, now, USUAL_IDLE) if row.session_id else row.issued_at
        moment = max(left, row.issued_at) if left else None
        if moment and moment not in known:
            known[moment] = finality.event_at(segments, Finality.ON_LEAVING, moment)
        yield Write(row.student_id, row.issued_at, row._mapping, known[moment] if moment else None)
