"""Whether a cell was locked or final at an instant gone by: the same rules as a save's, on what was known then."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy_continuum import version_class

from app.domain import finality
from app.domain.assessment.facts import YEAR
from app.domain.finality import Event, Rule, Segment, Write
from app.domain.locks import ColumnState, Layer, column_states, singled_out
from app.domain.vocabulary import Book, Finality
from app.models import Account, Closing, GradebookSheet, LockWindow, OrgUnit, Person, TxLog
from app.services.actors import ancestors
from app.services.closing_state import closing_layers
from app.services.locks import BookScope, layers_from, left_writes, rounds
from app.services.unit_rules import load_rules

WindowVersion: Any = version_class(LockWindow)
_COLUMNS = tuple(column.key for column in LockWindow.__table__.columns)
_LISTS = frozenset(c.key for c in LockWindow.__table__.columns if isinstance(c.type, sa.JSON))


class PastLocks:
    """Windows, closings and rules over the books of one school, year and term, each as it stood at any instant.

    Between two instants at which some window begins or ends nothing changes, and books no window tells apart share
    their state: what is worked out once serves every save of such a stretch.
    """

    def __init__(
        self,
        owners: Sequence[OrgUnit],
        versions: Sequence[Any],
        closings: Sequence[Any],
        rules: Sequence[Rule],
    ) -> None:
        self._owners = owners
        self._versions = versions
        self._times = [version.issued_at for version in versions]
        self._closed = closing_layers(row for row in closings)
        self._rules = rules
        self._classes = {key for version in versions for key in version.class_ids or ()}
        self._subjects = {key for version in versions for key in version.subject_ids or ()}
        self._sheets = {version.sheet_id for version in versions}
        self._rows: dict[int, list[Any]] = {}
        self._layers: dict[tuple[int, BookScope], tuple[tuple[Layer, ...], list[datetime]]] = {}
        self._states: dict[Any, dict[str, ColumnState]] = {}
        self._segments: tuple[Segment, ...] | None = None

    def instants(self, scope: BookScope, until: datetime) -> list[datetime]:
        """When something over a book may have turned: its windows were set or changed, began or ended; in order."""
        found = {at for at in self._times if at <= until} | {until}
        for at in tuple(found):
            found |= {edge for edge in self._stood(scope, at)[1] if edge <= until}
        return sorted(found)

    def layers(self, scope: BookScope, at: datetime) -> tuple[Layer, ...]:
        """The layers over a book as they stood at `at`."""
        return self._stood(scope, at)[0]

    def states(
        self, scope: BookScope, columns: tuple[str, ...], at: datetime, student: int | None = None
    ) -> dict[str, ColumnState]:
        """State of these columns at `at`; of one student's cells where a window speaks of single ones."""
        layers, edges = self._stood(scope, at)
        single = student if student in singled_out(layers) else None
        key = (bisect_right(self._times, at), scope, columns, bisect_right(edges, at), single)
        if key not in self._states:
            self._states[key] = column_states(columns, at, layers, single)
        return self._states[key]

    def segments(self, at: datetime) -> tuple[Segment, ...]:
        """The stretches of time up to `at` in which more than the windows made final."""
        if self._segments is None:
            self._segments = finality.timeline(self._rules, datetime.max.replace(tzinfo=UTC))
        return tuple(segment for segment in self._segments if segment.starts <= at)

    def scope_of(self, sheet: GradebookSheet) -> BookScope:
        """Where a sheet stands, as far as any window asks: what the other questions take."""
        return self.narrowed(BookScope.of(sheet))

    def narrowed(self, scope: BookScope) -> BookScope:
        """A scope without what no window asks for."""
        return replace(
            scope,
            class_id=scope.class_id if scope.class_id in self._classes else None,
            subject_id=scope.subject_id if scope.subject_id in self._subjects else None,
            sheet_id=scope.sheet_id if scope.sheet_id in self._sheets else None,
        )

    def _stood(self, scope: BookScope, at: datetime) -> tuple[tuple[Layer, ...], list[datetime]]:
        """The layers over a book, and every instant at which one of their windows begins or ends."""
        epoch = bisect_right(self._times, at)
        if (epoch, scope) not in self._layers:
            layers = (*layers_from(self._known(epoch), scope), *self._closed)
            windows = [window for layer in layers for window in layer.windows]
            edges = {edge for window in windows for edge in (window.opens_at, window.closes_at) if edge}
            self._layers[epoch, scope] = layers, sorted(edges)
        return self._layers[epoch, scope]

    def _known(self, epoch: int) -> list[Any]:
        """Rows (unit, window, who ordered, who executed): every window by its newest version of then."""
        if epoch not in self._rows:
            newest = {version.id: version for version in self._versions[:epoch]}
            by_owner: dict[int, list[Any]] = {}
            for version in newest.values():
                by_owner.setdefault(version.owner_id, []).append(version)
            self._rows[epoch] = [
                (unit, _window(version) if version else None, *_people(version))
                for unit in self._owners
                for version in by_owner.get(unit.id) or [None]
            ]
        return self._rows[epoch]


def load_past(session: Session, unit_id: int, year_id: int, term: int, day: date) -> PastLocks:
    """What locked the books of a school in a term, at any instant up to `day`; four statements."""
    above = ancestors(unit_id, day)
    owners = session.scalars(
        sa.select(OrgUnit)
        .outerjoin(above, above.c.unit_id == OrgUnit.id)
        .where(sa.or_(OrgUnit.id == unit_id, above.c.unit_id.is_not(None)))
        .order_by(sa.func.coalesce(above.c.depth, 0))
    ).all()
    keys = [unit.id for unit in owners]
    versions = session.execute(
        sa.select(*WindowVersion.__table__.columns, TxLog.issued_at, Person.full_name, Account.username)
        .join(TxLog, TxLog.id == WindowVersion.transaction_id)
        .outerjoin(Person, Person.id == WindowVersion.ordered_by_id)
        .outerjoin(Account, Account.id == WindowVersion.executed_by_id)
        .where(
            WindowVersion.owner_id.in_(keys),
            WindowVersion.school_year_id == year_id,
            WindowVersion.book == Book.GRADEBOOK,
            sa.or_(WindowVersion.term.is_(None), WindowVersion.term == term),
        )
        .order_by(TxLog.issued_at, WindowVersion.transaction_id)
    ).all()
    closings = session.execute(
        sa.select(OrgUnit, Closing, Person.full_name, Account.username)
        .join(Closing, Closing.unit_id == OrgUnit.id)
        .outerjoin(Person, Person.id == Closing.closed_by_id)
        .outerjoin(Account, Account.id == Closing.executed_by_id)
        .where(Closing.unit_id.in_(keys), Closing.school_year_id == year_id, Closing.term.in_((term, YEAR)))
    ).all()
    return PastLocks(owners, versions, closings, load_rules(session, unit_id))


def was_final(
    past: PastLocks,
    state: ColumnState,
    column: str,
    at: datetime,
    writes: Sequence[Any],
    presses: Sequence[Any],
) -> bool:
    """True when what an open cell held at `at` had become final by then.

    `writes`: what each save before left in the row, oldest first, as `history.sheet_past` has them; `presses`: each
    Chốt of the sheet.
    """
    segments = past.segments(at)
    events = [*rounds(state), *finality.entry_days(segments, at)]
    events += [
        event
        for press in presses
        if press.submitted_at <= at
        and column in press.columns
        and (event := finality.event_at(segments, Finality.ON_SUBMIT, press.submitted_at))
    ]
    known = [_left_by_then(write, at) for write in left_writes(writes, segments, at)]
    return bool(finality.final_cells(known, {column: events}))


def _left_by_then(write: Write, at: datetime) -> Write:
    """A sign-in that ended later had not ended then."""
    left: Event | None = write.left if write.left and write.left.at <= at else None
    return Write(write.student_id, write.at, write.values, left)


def _window(version: Any) -> LockWindow:
    """A version as the window it was; never added to a session."""
    values: Mapping[str, Any] = version._mapping
    return LockWindow(
        **{key: values[key] if values[key] is not None or key not in _LISTS else [] for key in _COLUMNS}
    )


def _people(version: Any) -> tuple[str | None, str | None]:
    return (version.full_name, version.username) if version else (None, None)
