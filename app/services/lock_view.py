"""Reading the lock calendar: windows of a tier and those above, a month of bars, and what is open when, and why."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased
from sqlalchemy_continuum import version_class

from app.domain.access import Actor
from app.domain.lock_calendar import start_of_day
from app.domain.locks import ColumnState, Layer, Window, column_states, end_of_day
from app.domain.vocabulary import Tier, WindowEffect
from app.models import (
    Account,
    GradebookSheet,
    LockWindow,
    OrgUnit,
    Person,
    SchoolClass,
    Student,
    Subject,
    TeachingGroup,
    TxLog,
)
from app.services import scope
from app.services.actors import ancestors
from app.services.clock import local_day
from app.services.lock_notices import binds
from app.services.locks import BookScope, as_window, load_layers, matches
from app.services.sheet_cells import sheet_cells
from app.services.unit_rules import Policies, load_policies

LockWindowVersion: Any = version_class(LockWindow)

MAX_BARS = 8
"""Bars drawn in a week; the list below the month has them all."""


@dataclass(frozen=True)
class WindowRow:
    """A window as the calendar shows it: whose it is, on whose order and by which account."""

    window: LockWindow
    owner: OrgUnit
    ordered_by: str
    executed_by: str

    @property
    def shut(self) -> bool:
        """True for a window that shuts the book."""
        return self.window.effect is WindowEffect.SHUT

    @property
    def called_off(self) -> bool:
        """True when it was ended before it began: it never had an effect."""
        closes = self.window.effective_close
        return closes is not None and closes <= self.window.opens_at

    def touches(self, start: datetime, end: datetime) -> bool:
        """True when it is in force at some time of [start, end)."""
        closes = self.window.effective_close
        return not self.called_off and self.window.opens_at < end and (closes is None or closes > start)


@dataclass(frozen=True)
class Bar:
    """A window's part of one week: first column 1 to 7, how many days, and whether it ends there."""

    row: WindowRow
    column: int
    days: int
    ends: bool


@dataclass(frozen=True)
class Week:
    """Seven days from Monday with their bars; `hidden` counts bars beyond MAX_BARS."""

    days: tuple[date, ...]
    bars: tuple[Bar, ...]
    hidden: int


@dataclass(frozen=True)
class SheetChoice:
    """A sheet one can ask about."""

    id: int
    label: str
    sheet: GradebookSheet
    group: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """What lock windows call the columns the sheet has, in printed order."""
        return tuple(dict.fromkeys(cell.lock for cell in sheet_cells(self.sheet)))


@dataclass(frozen=True)
class Answer:
    """What is open on a sheet at a time: each column's state, the layers behind it, and windows that look elsewhere."""

    now: datetime
    states: Mapping[str, ColumnState]
    layers: tuple[Layer, ...]
    policies: Policies
    elsewhere: Mapping[int, Sequence[Window]] = field(default_factory=dict)


@dataclass(frozen=True)
class WindowChange:
    """One version of a window: who made it when, on whose order, and what it said from then on."""

    at: datetime
    by: str
    account: str
    ordered_by: str
    action: str
    reason: str
    closes_at: datetime | None
    ended_at: datetime | None


# -- windows -----------------------------------------------------------------------------------------------------


def load_windows(session: Session, unit_id: int, year_id: int, day: date) -> list[WindowRow]:
    """Windows of a school year that the unit or a unit above it set, highest tier first; one statement."""
    above = ancestors(unit_id, day)
    query = (
        sa.select(LockWindow, OrgUnit, Person.full_name, Account.username)
        .join(OrgUnit, OrgUnit.id == LockWindow.owner_id)
        .join(Person, Person.id == LockWindow.ordered_by_id)
        .join(Account, Account.id == LockWindow.executed_by_id)
        .outerjoin(above, above.c.unit_id == LockWindow.owner_id)
        .where(
            LockWindow.school_year_id == year_id,
            sa.or_(LockWindow.owner_id == unit_id, above.c.unit_id.is_not(None)),
        )
    )
    tiers = list(Tier)
    rows = [WindowRow(*found) for found in session.execute(query)]
    return sorted(rows, key=lambda row: (tiers.index(row.owner.tier), row.window.opens_at, row.window.id))


def binding(rows: Iterable[WindowRow], unit: OrgUnit) -> list[WindowRow]:
    """Of a school's list, those that speak about it; an office sees all there are."""
    if not unit.kind.is_school:
        return list(rows)
    return [row for row in rows if row.owner.id == unit.id or binds(row.window, unit)]


def in_month(rows: Iterable[WindowRow], first: date) -> list[WindowRow]:
    """Those in force at some time of the month, and those called off that were to begin in it."""
    start, end = start_of_day(first), start_of_day(next_month(first))
    return [
        row
        for row in rows
        if row.touches(start, end) or (row.called_off and start <= row.window.opens_at < end)
    ]


@dataclass(frozen=True)
class ScopeNames:
    """Names of the classes and schools that windows are limited to."""

    classes: Mapping[int, str]
    units: Mapping[int, str]
    subjects: Mapping[int, str]
    sheets: Mapping[int, str]
    students: Mapping[int, str]


def scope_names(session: Session, windows: Iterable[LockWindow]) -> ScopeNames:
    """Names for the scope of these windows; a statement for each kind of limit they have, none without any."""
    listed = list(windows)
    return ScopeNames(
        _names(session, SchoolClass.id, SchoolClass.name, {k for w in listed for k in w.class_ids}),
        _names(session, OrgUnit.id, OrgUnit.short_name, {k for w in listed for k in w.unit_ids}),
        _names(session, Subject.id, Subject.short_name, {k for w in listed for k in w.subject_ids}),
        sheet_names(session, {w.sheet_id for w in listed if w.sheet_id is not None}),
        _names(session, Student.id, Student.full_name, {k for w in listed for k in w.student_ids}),
    )


def sheet_names(session: Session, sheet_ids: set[int]) -> dict[int, str]:
    """Subject and group of these sheets; one statement, none without any."""
    if not sheet_ids:
        return {}
    query = (
        sa.select(GradebookSheet.id, Subject.short_name, TeachingGroup.name)
        .join(TeachingGroup, TeachingGroup.id == GradebookSheet.group_id)
        .join(Subject, Subject.id == GradebookSheet.subject_id)
        .where(GradebookSheet.id.in_(sorted(sheet_ids)))
    )
    return {key: f"{subject} {group}" for key, subject, group in session.execute(query)}


def load_window(session: Session, actor: Actor, window_id: int, day: date) -> WindowRow:
    """One window within the actor's reach, or NotFound; at most three statements."""
    window = scope.get(session, actor, LockWindow, window_id, day)
    return WindowRow(window, window.owner, window.ordered_by.full_name, window.executed_by.username)


def _names(session: Session, key: Any, name: Any, ids: set[int]) -> dict[int, str]:
    if not ids:
        return {}
    return {row[0]: row[1] for row in session.execute(sa.select(key, name).where(key.in_(sorted(ids))))}


def window_history(session: Session, window_id: int) -> list[WindowChange]:
    """Every version of a window, newest first: its extensions and its end; one statement."""
    version, leader = LockWindowVersion, aliased(Person)
    query = (
        sa.select(
            TxLog, Person.full_name, Account.username, leader.full_name, version.closes_at, version.ended_at
        )
        .join(version, version.transaction_id == TxLog.id)
        .outerjoin(Person, Person.id == TxLog.person_id)
        .outerjoin(Account, Account.id == TxLog.user_id)
        .outerjoin(leader, leader.id == version.ordered_by_id)
        .where(version.id == window_id)
        .order_by(TxLog.id.desc())
    )
    return [
        WindowChange(
            log.issued_at,
            name or "",
            account or "",
            ordered_by or "",
            log.action,
            log.reason or "",
            closes,
            ended,
        )
        for log, name, account, ordered_by, closes, ended in session.execute(query)
    ]


# -- the month ---------------------------------------------------------------------------------------------------


def next_month(first: date) -> date:
    """The first day of the next month."""
    return (first.replace(day=1) + timedelta(days=32)).replace(day=1)


def previous_month(first: date) -> date:
    """The first day of the month before."""
    return (first.replace(day=1) - timedelta(days=1)).replace(day=1)


def month_weeks(rows: Sequence[WindowRow], first: date) -> list[Week]:
    """The month's weeks from Monday to Sunday, each with the bars of the windows in force in it."""
    monday = first - timedelta(days=first.weekday())
    weeks = []
    while monday < next_month(first):
        weeks.append(_week(rows, monday))
        monday += timedelta(days=7)
    return weeks


def _week(rows: Sequence[WindowRow], monday: date) -> Week:
    days = tuple(monday + timedelta(days=n) for n in range(7))
    start, end = start_of_day(monday), end_of_day(days[-1])
    bars = [_bar(row, monday, start, end) for row in rows if row.touches(start, end)]
    return Week(days, tuple(bars[:MAX_BARS]), max(0, len(bars) - MAX_BARS))


def _bar(row: WindowRow, monday: date, start: datetime, end: datetime) -> Bar:
    closes = row.window.effective_close
    ends = closes is not None and closes <= end
    first = local_day(max(row.window.opens_at, start))
    last = local_day((closes if closes is not None and ends else end) - timedelta(microseconds=1))
    return Bar(row, (first - monday).days + 1, (last - first).days + 1, ends)


# -- what is open when, and why ----------------------------------------------------------------------------------


def sheet_choices(
    session: Session, actor: Actor, unit_id: int, year_id: int, term: int, day: date
) -> list[SheetChoice]:
    """Sheets of a school and term within the actor's reach, by grade, group and subject; one statement."""
    query = (
        sa.select(GradebookSheet, TeachingGroup.name, Subject)
        .join(TeachingGroup, TeachingGroup.id == GradebookSheet.group_id)
        .join(Subject, Subject.id == GradebookSheet.subject_id)
        .where(
            scope.condition(actor, GradebookSheet, day),
            GradebookSheet.unit_id == unit_id,
            GradebookSheet.school_year_id == year_id,
            GradebookSheet.term == term,
        )
    )
    found = sorted(session.execute(query).all(), key=lambda r: (r[0].grade, r[1], r[2].order_no, r[0].id))
    return [
        SheetChoice(sheet.id, f"{subject.short_name} {group}", sheet, group)
        for sheet, group, subject in found
    ]


def answer(session: Session, choice: SheetChoice, moment: datetime, rows: Sequence[WindowRow]) -> Answer:
    """State of every column of a sheet at a time, by the tree and the rules of that day; two statements."""
    day = local_day(moment)
    book = BookScope.of(choice.sheet)
    layers = load_layers(session, book, day)
    return Answer(
        now=moment,
        states=column_states(choice.columns, moment, layers),
        layers=layers,
        policies=load_policies(session, choice.sheet.unit_id, day),
        elsewhere=_elsewhere(rows, book, moment),
    )


def _elsewhere(rows: Sequence[WindowRow], book: BookScope, moment: datetime) -> dict[int, list[Window]]:
    """By unit, windows in force at the time that speak about other classes: why they don't bind here."""
    found: dict[int, list[Window]] = {}
    for row in rows:
        window = row.window
        if row.called_off or window.term not in (None, book.term) or matches(window, book):
            continue
        seen = as_window(window, row.owner, row.ordered_by, row.executed_by)
        if seen.contains(moment):
            found.setdefault(row.owner.id, []).append(seen)
    return found


def moment_of(day: date, at: time) -> datetime:
    """A day and a time in Vietnam as an instant."""
    return (start_of_day(day) + timedelta(hours=at.hour, minutes=at.minute)).astimezone(UTC)
