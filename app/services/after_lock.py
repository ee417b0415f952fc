"""Changes of cells that were locked or final when they were made, each with the request that allowed it (needs A3).

Only a correction and a row that comes along with its student are written past the locks. A change without a request is
impossible through the program; one that stands in the history all the same was written some other way.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from app.domain.access import Action, Actor
from app.domain.corrections import Seat
from app.domain.locks import singled_out
from app.domain.sheet_forms import SheetForm
from app.models import CorrectionRequest, CorrectionStep, GradebookSheet, LoginSession, SheetSubmission, TxLog
from app.services import scope
from app.services.changes import (
    Change,
    came_along,
    changed_columns,
    is_one_before,
    pair_of,
    replaced_cells,
    written_cells,
)
from app.services.clock import local_day
from app.services.history import versions_of
from app.services.locks import BookScope
from app.services.past_locks import PastLocks, load_past, was_final
from app.services.rights import unit_for
from app.services.sheet_cells import row_cells, sheet_cells
from app.services.unit_of_work import CORRECTION

PAGE: Final = 50
APPROVING: Final = frozenset({Seat.APPROVER, Seat.CONSENT})
WITNESSING: Final = frozenset({Seat.CERTIFIER, Seat.LEADER, Seat.BOARD, Seat.ATTENDEE})


@dataclass(frozen=True, slots=True)
class LockedChange:
    """A change past a lock; `request` None: nobody had asked for it."""

    change: Change
    sheet: GradebookSheet
    request: CorrectionRequest | None
    approved_by: tuple[str, ...] = ()
    witnesses: tuple[str, ...] = ()


@dataclass(frozen=True)
class AfterLock:
    """One page of the changes, newest first, how many there are in all, and how many of them without a request."""

    lines: Sequence[LockedChange] = ()
    number: int = 1
    total: int = 0
    without: int = 0
    more: bool = False

    @property
    def has_next(self) -> bool:
        """True when another page follows."""
        return self.number * PAGE < self.total


@dataclass
class _Books:
    """The sheets that were written in the span, and how each of them stood."""

    sheets: Mapping[int, GradebookSheet]
    past: PastLocks
    places: dict[int, tuple[BookScope, tuple[str, ...]]] = field(default_factory=dict)

    def place(self, sheet_id: int) -> tuple[BookScope, tuple[str, ...]]:
        """Where a sheet stands, and its columns."""
        if sheet_id not in self.places:
            sheet = self.sheets[sheet_id]
            columns = tuple(cell.name for cell in sheet_cells(sheet))
            self.places[sheet_id] = self.past.scope_of(sheet), columns
        return self.places[sheet_id]

    def states(self, sheet_id: int, at: datetime, student: int | None = None) -> Mapping[str, Any]:
        """State of the sheet's columns at that instant."""
        return self.past.states(*self.place(sheet_id), at, student)


def changes_after_lock(
    session: Session,
    actor: Actor,
    unit_id: int,
    year_id: int,
    term: int,
    since: datetime,
    until: datetime,
    *,
    class_id: int | None = None,
    number: int = 1,
    only_without: bool = False,
) -> AfterLock:
    """Changes of a school's sheets of a term made in [since, until) on cells that were locked or final just then.

    At most 28 statements, however many changes. NotFound out of reach; Forbidden without the right to inspect.
    """
    unit_for(session, actor, Action.INSPECT, unit_id, local_day(until))
    where = [
        GradebookSheet.unit_id == unit_id,
        GradebookSheet.school_year_id == year_id,
        GradebookSheet.term == term,
        scope.condition(actor, GradebookSheet, local_day(until)),
    ]
    if class_id is not None:
        where.append(GradebookSheet.class_id == class_id)
    saves = _saves(session, where, since, until)
    if not saves:
        return AfterLock(number=number)
    sheets = _sheets(session, {save.sheet_id for save in saves})
    books = _Books(sheets, load_past(session, unit_id, year_id, term, local_day(until)))
    forms = sorted({SheetForm(save.form) for save in saves})
    locked = {
        form: [
            (save.tx_id, save.sheet_id)
            for save in saves
            if save.form == form and (save.action == CORRECTION or _any_locked(books, save))
        ]
        for form in forms
    }
    found: dict[tuple[int, int, int, str], Change] = {}
    for form in forms:
        if locked[form]:
            for change in written_cells(session, form, locked[form]):
                if change.action == CORRECTION or _is_locked(books, change):
                    found[_key(change)] = change
    overwritten, more = replaced_cells(session, where, since, until, forms)
    for change in _final_ones(session, books, [c for c in overwritten if _key(c) not in found]):
        found[_key(change)] = change
    lines = _with_requests(session, books, list(found.values()))
    wrong = [line for line in lines if line.request is None]
    shown = wrong if only_without else lines
    number = max(1, number)
    return AfterLock(shown[(number - 1) * PAGE : number * PAGE], number, len(shown), len(wrong), more)


def _key(change: Change) -> tuple[int, int, int, str]:
    return change.tx_id, change.sheet_id, change.student_id, change.column


def _saves(
    session: Session, where: Sequence[sa.ColumnElement[bool]], since: datetime, until: datetime
) -> Sequence[Any]:
    """Every save in the span: form, transaction, sheet, when, by which verb and which columns; one statement."""
    queries = []
    for form in SheetForm:
        current, before = pair_of(form)
        queries.append(
            sa.select(
                sa.literal(form.value).label("form"),
                current.transaction_id.label("tx_id"),
                current.sheet_id,
                TxLog.issued_at.label("at"),
                TxLog.action,
                changed_columns(form).label("changed"),
            )
            .select_from(current)
            .outerjoin(before, is_one_before(form))
            .join(TxLog, TxLog.id == current.transaction_id)
            .join(GradebookSheet, GradebookSheet.id == current.sheet_id)
            .where(*where, TxLog.issued_at >= since, TxLog.issued_at < until, ~came_along(form))
            .group_by(current.transaction_id, current.sheet_id, TxLog.issued_at, TxLog.action)
        )
    return session.execute(sa.union_all(*queries)).all()


def _sheets(session: Session, keys: Iterable[int]) -> dict[int, GradebookSheet]:
    query = (
        sa.select(GradebookSheet)
        .where(GradebookSheet.id.in_(set(keys)))
        .options(joinedload(GradebookSheet.subject), joinedload(GradebookSheet.group))
    )
    return {sheet.id: sheet for sheet in session.scalars(query)}


def _any_locked(books: _Books, save: Any) -> bool:
    """Some column it changed was locked then, or a window spoke of single cells: these are asked cell by cell."""
    states = books.states(save.sheet_id, save.at)
    for place, column in enumerate(row_cells(SheetForm(save.form))):
        if save.changed >> place & 1 and ((state := states.get(column)) is None or not state.open):
            return True
    return bool(singled_out(books.past.layers(books.place(save.sheet_id)[0], save.at)))


def _is_locked(books: _Books, change: Change) -> bool:
    state = books.states(change.sheet_id, change.at, change.student_id).get(change.column)
    return state is None or not state.open


def _final_ones(session: Session, books: _Books, changes: Sequence[Change]) -> list[Change]:
    """Of changes in open columns those whose former value had become final by then."""
    asked = []
    for change in changes:
        state = books.states(change.sheet_id, change.at, change.student_id).get(change.column)
        if state is not None and (state.entered_cut or books.past.segments(change.at)):
            asked.append((change, state))
    if not asked:
        return []
    writes = _writes(session, [change for change, _state in asked])
    presses: dict[int, list[SheetSubmission]] = {}
    of_sheets = SheetSubmission.sheet_id.in_({change.sheet_id for change, _state in asked})
    for press in session.scalars(sa.select(SheetSubmission).where(of_sheets)):
        presses.setdefault(press.sheet_id, []).append(press)
    return [
        change
        for change, state in asked
        if was_final(
            books.past,
            state,
            change.column,
            change.at,
            [
                w
                for w in writes.get((change.sheet_id, change.student_id), ())
                if w.transaction_id < change.tx_id
            ],
            presses.get(change.sheet_id, ()),
        )
    ]


def _writes(session: Session, changes: Sequence[Change]) -> dict[tuple[int, int], list[Any]]:
    """Every version of the rows in question with the sign-in it came from, oldest first; one statement a form."""
    found: dict[tuple[int, int], list[Any]] = {}
    for form in sorted({change.form for change in changes}):
        mine = [change for change in changes if change.form is form]
        version = versions_of(form)
        rows = session.execute(
            sa.select(
                version.transaction_id,
                version.sheet_id,
                version.student_id,
                TxLog.issued_at,
                TxLog.session_id,
                LoginSession.ended_at,
                LoginSession.last_seen_at,
                LoginSession.idle_minutes,
                *(getattr(version, column) for column in row_cells(form)),
            )
            .join(TxLog, TxLog.id == version.transaction_id)
            .outerjoin(LoginSession, LoginSession.id == TxLog.session_id)
            .where(
                version.sheet_id.in_({change.sheet_id for change in mine}),
                version.student_id.in_({change.student_id for change in mine}),
            )
            .order_by(version.transaction_id)
        )
        for row in rows:
            found.setdefault((row.sheet_id, row.student_id), []).append(row)
    return found


def _with_requests(session: Session, books: _Books, changes: Sequence[Change]) -> list[LockedChange]:
    """The changes, newest first, each with its request if that names the very cell; at most four statements."""
    query = (
        sa.select(CorrectionRequest)
        .where(CorrectionRequest.applied_tx_id.in_({change.tx_id for change in changes}))
        .options(
            selectinload(CorrectionRequest.cells),
            selectinload(CorrectionRequest.steps).joinedload(CorrectionStep.person),
        )
    )
    requests: dict[int, list[CorrectionRequest]] = {}
    for request in session.scalars(query) if changes else ():
        requests.setdefault(request.applied_tx_id or 0, []).append(request)
    ordered = sorted(changes, key=lambda c: (-c.tx_id, c.sheet_id, c.student, c.student_id, c.column))
    return [
        _line(books.sheets[change.sheet_id], change, requests.get(change.tx_id, ())) for change in ordered
    ]


def _line(sheet: GradebookSheet, change: Change, requests: Iterable[CorrectionRequest]) -> LockedChange:
    for request in requests:
        asked = {(cell.student_id, cell.column) for cell in request.cells}
        if request.sheet_id == change.sheet_id and (change.student_id, change.column) in asked:
            return LockedChange(
                change,
                sheet,
                request,
                _names(request, APPROVING),
                _names(request, WITNESSING),
            )
    return LockedChange(change, sheet, None)


def _names(request: CorrectionRequest, seats: frozenset[Seat]) -> tuple[str, ...]:
    found = [step.person.full_name for step in request.steps if step.seat in seats and step.person]
    return tuple(dict.fromkeys(found))
