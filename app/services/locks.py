"""The only lock check: which cells of a sheet may be written at an instant, and why not (design §4, §6).

Windows and rules of the school and every unit above it come in two statements; windows may single out students of a
sheet, whose cells then have a state of their own. Cells that were entered when a round closed, when the teacher
pressed Chốt or when its author left come from history: the record itself says what was entered when, and
domain/finality.py by which rule that made it final.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from app.domain import finality
from app.domain.assessment.facts import YEAR
from app.domain.finality import Cell, Event, Segment, Write
from app.domain.locks import ColumnState, Layer, LockReason, Window, column_states, singled_out
from app.domain.policies import DEFAULTS, PolicyKey
from app.domain.vocabulary import Book, Finality
from app.models import (
    Account,
    Closing,
    GradebookSheet,
    LockWindow,
    OrgUnit,
    Person,
)
from app.services import history
from app.services.actors import ancestors
from app.services.clock import local_day
from app.services.closing_state import HOLDS, closing_layers
from app.services.sign_in import left_at
from app.services.unit_rules import Policies, load_rules, policies_on

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
    subject_id: int | None = None
    sheet_id: int | None = None

    @classmethod
    def of(cls, sheet: GradebookSheet) -> "BookScope":
        """The scope of a sheet."""
        return cls(
            unit_id=sheet.unit_id,
            school_year_id=sheet.school_year_id,
            term=sheet.term,
            level=sheet.level,
            grade=sheet.grade,
            class_id=sheet.class_id,
            subject_id=sheet.subject_id,
            sheet_id=sheet.id,
        )


@dataclass(frozen=True)
class SheetLocks:
    """State of every column and the cells locked one by one."""

    now: datetime
    columns: Mapping[str, ColumnState]
    policies: Policies
    final: Mapping[Cell, LockReason] = field(default_factory=dict)
    layers: tuple[Layer, ...] = ()
    cells: Mapping[int, Mapping[str, ColumnState]] = field(default_factory=dict)

    def state(self, student_id: int, column: str) -> ColumnState:
        """State of the cell: its column's, or its own where a window singles the student out."""
        return self.cells.get(student_id, self.columns)[column]

    def reasons(self, student_id: int, column: str) -> tuple[LockReason, ...]:
        """Why the cell is locked; empty when it is open."""
        state = self.state(student_id, column)
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
    cells = {student: column_states(columns, now, layers, student) for student in singled_out(layers)}
    segments = finality.timeline(rules, now)
    final = _final_cells(session, sheet, _by_students(states, cells), segments, now)
    return SheetLocks(now, states, policies_on(rules, day), final, layers, cells)


def load_layers(session: Session, scope: BookScope, day: date) -> tuple[Layer, ...]:
    """The layers over a school's book, school first, each with the windows that match, then its closings; one statement."""
    values = {
        "unit": scope.unit_id,
        "year": scope.school_year_id,
        "term": scope.term,
        "book": scope.book,
        "sheet": scope.sheet_id,
        "day": day,
    }
    return layers_of(session.execute(_layers_query(), values).all(), scope)


def load_layer_rows(session: Session, unit_id: int, year_id: int, term: int, day: date) -> Sequence[Any]:
    """Rows for `layers_of` that serve every sheet of a school in a term; one statement."""
    values = {"unit": unit_id, "year": year_id, "term": term, "book": Book.GRADEBOOK, "day": day}
    return session.execute(_layers_query(whole=True), values).all()


def layers_of(rows: Iterable[Any], scope: BookScope) -> tuple[Layer, ...]:
    """Rows of windows and closings as the layers over one book: those of windows that match, then its closings."""
    rows = list(rows)
    of_windows = {(row[0].id, row[1].id if row[1] else None): row[:4] for row in rows}
    closings = {row[5].id: (row[0], *row[5:8]) for row in rows if row[5] and scope.book is Book.GRADEBOOK}
    return (*layers_from(of_windows.values(), scope), *closing_layers(closings.values()))


@cache
def _layers_query(whole: bool = False) -> sa.Select[*tuple[Any, ...]]:
    """Parameters: unit, year, term, book, day, and sheet unless `whole`, for every sheet of the unit.

    Built once: every save and every open sheet asks it.
    """
    unit = sa.bindparam("unit", type_=sa.Integer)
    above = ancestors(unit, sa.bindparam("day", type_=sa.Date))
    of_sheets = (
        LockWindow.sheet_id.in_(sa.select(GradebookSheet.id).where(GradebookSheet.unit_id == unit))
        if whole
        else LockWindow.sheet_id == sa.bindparam("sheet", type_=sa.Integer)
    )
    of_this_book = sa.and_(
        LockWindow.owner_id == OrgUnit.id,
        LockWindow.school_year_id == sa.bindparam("year"),
        LockWindow.book == sa.bindparam("book"),
        sa.or_(LockWindow.term.is_(None), LockWindow.term == sa.bindparam("term")),
        sa.or_(LockWindow.sheet_id.is_(None), of_sheets),
    )
    closed = sa.and_(
        Closing.unit_id == OrgUnit.id,
        Closing.school_year_id == sa.bindparam("year"),
        Closing.term.in_((sa.bindparam("term"), YEAR)),
        HOLDS,
    )
    closer, its_account = aliased(Person), aliased(Account)
    depth = sa.func.coalesce(above.c.depth, 0).label("depth")
    return (
        sa.select(
            OrgUnit,
            LockWindow,
            Person.full_name,
            Account.username,
            depth,
            Closing,
            closer.full_name,
            its_account.username,
        )
        .select_from(OrgUnit)
        .outerjoin(above, above.c.unit_id == OrgUnit.id)
        .outerjoin(LockWindow, of_this_book)
        .outerjoin(Person, Person.id == LockWindow.ordered_by_id)
        .outerjoin(Account, Account.id == LockWindow.executed_by_id)
        .outerjoin(Closing, closed)
        .outerjoin(closer, closer.id == Closing.closed_by_id)
        .outerjoin(its_account, its_account.id == Closing.executed_by_id)
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
        and (not window.subject_ids or scope.subject_id in window.subject_ids)
        and window.sheet_id in (None, scope.sheet_id)
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
        students=frozenset(window.student_ids),
    )


Alike = tuple[Mapping[str, ColumnState], Callable[[int], bool]]
"""Column states, and for which students they hold."""


def _by_students(
    states: Mapping[str, ColumnState], cells: Mapping[int, Mapping[str, ColumnState]]
) -> list[Alike]:
    """Who stands alike: each student singled out alone, everybody else together."""
    return [
        (states, lambda s: s not in cells),
        *((own, frozenset({s}).__contains__) for s, own in cells.items()),
    ]


def _final_cells(
    session: Session,
    sheet: GradebookSheet,
    groups: Sequence[Alike],
    segments: Sequence[Segment],
    now: datetime,
) -> dict[Cell, LockReason]:
    """Cells of open columns that are final all the same: entered when a round closed, submitted, or left behind."""
    monthly = finality.entry_days(segments, now)
    known = [
        ({column: [*rounds(state), *monthly] for column, state in states.items() if state.open}, theirs)
        for states, theirs in groups
    ]
    first = min((e.at for events, _t in known for found in events.values() for e in found), default=None)
    personal = any(segment.finality.strictness >= Finality.ON_SUBMIT.strictness for segment in segments)
    final: dict[Cell, LockReason] = {}
    if personal and any(events for events, _theirs in known):
        rows, presses = history.sheet_past(session, sheet.id, sheet.form)
        past = list(left_writes(rows, segments, now))
        for events, theirs in known:
            elsewhere = [press for press in presses if press.pressed_for and theirs(press.pressed_for)]
            _add_presses(events, [press for press in presses if not press.pressed_for], segments)
            mine = [write for write in past if theirs(write.student_id)]
            final |= finality.final_cells(mine, events) | _final_elsewhere(mine, elsewhere, events, segments)
    elif first is not None:
        writes = history.sheet_writes(session, sheet.id, first, sheet.form)
        past = [Write(w.student_id, w.issued_at, w._mapping) for w in writes]
        for events, theirs in known:
            final |= finality.final_cells([write for write in past if theirs(write.student_id)], events)
    return final


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
