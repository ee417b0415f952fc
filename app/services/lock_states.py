"""Lock state of many sheets of a school at once: what is open on a day, for whom, and why."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import Actor
from app.domain.locks import ColumnState, Layer, column_states
from app.models import GradebookSheet, HomeroomAssignment, TeachingAssignment
from app.models.base import in_force
from app.services.clock import local_day
from app.services.lock_view import SheetChoice, sheet_choices
from app.services.locks import BookScope, layers_of, load_layer_rows


@dataclass(frozen=True)
class SheetState:
    """A sheet with the state of every column it has, by what lock windows call it."""

    choice: SheetChoice
    states: Mapping[str, ColumnState]


class Lookup:
    """The layers over any sheet of one school and term, from rows read once; sheets that stand alike share theirs."""

    def __init__(self, rows: Sequence[Any]) -> None:
        self._rows = rows
        windows = [row[1] for row in rows if row[1] is not None]
        self._classes = {key for window in windows for key in window.class_ids}
        self._subjects = {key for window in windows for key in window.subject_ids}
        self._sheets = {window.sheet_id for window in windows}
        self._layers: dict[BookScope, tuple[Layer, ...]] = {}
        self._states: dict[tuple[BookScope, tuple[str, ...], datetime], dict[str, ColumnState]] = {}

    def layers_at(self, scope: BookScope) -> tuple[Layer, ...]:
        """The layers over the sheet of this scope, school first."""
        scope = self._asked(scope)
        if scope not in self._layers:
            self._layers[scope] = layers_of(self._rows, scope)
        return self._layers[scope]

    def states(
        self, sheet: GradebookSheet, columns: tuple[str, ...], now: datetime
    ) -> dict[str, ColumnState]:
        """State of these columns of a sheet."""
        scope = BookScope.of(sheet)
        key = (self._asked(scope), columns, now)
        if key not in self._states:
            self._states[key] = column_states(columns, now, self.layers_at(scope))
        return self._states[key]

    def _asked(self, scope: BookScope) -> BookScope:
        """Where the sheet stands, as far as any window asks."""
        return replace(
            scope,
            class_id=scope.class_id if scope.class_id in self._classes else None,
            subject_id=scope.subject_id if scope.subject_id in self._subjects else None,
            sheet_id=scope.sheet_id if scope.sheet_id in self._sheets else None,
        )


def load_lookup(session: Session, unit_id: int, year_id: int, term: int, now: datetime) -> Lookup:
    """Windows and closings over every sheet of a school and term, by the tree of that day; one statement."""
    return Lookup(load_layer_rows(session, unit_id, year_id, term, local_day(now)))


def school_states(
    session: Session, actor: Actor, unit_id: int, year_id: int, term: int, now: datetime
) -> list[SheetState]:
    """Every sheet of a school within reach with the state of its columns at `now`; two statements."""
    choices = sheet_choices(session, actor, unit_id, year_id, term, local_day(now))
    lookup = load_lookup(session, unit_id, year_id, term, now)
    return states_of(choices, lookup, now)


def states_of(choices: Iterable[SheetChoice], lookup: Lookup, now: datetime) -> list[SheetState]:
    """The state of these sheets; no statement."""
    return [SheetState(choice, lookup.states(choice.sheet, choice.columns, now)) for choice in choices]


def taught_sheets(session: Session, person_id: int, sheet_ids: Sequence[int], now: datetime) -> set[int]:
    """Of these sheets, those a teacher enters on that day: taught, or of the own homeroom class; one statement."""
    day = local_day(now)
    taught = (
        sa.select(TeachingAssignment.id)
        .where(
            TeachingAssignment.person_id == person_id,
            TeachingAssignment.group_id == GradebookSheet.group_id,
            TeachingAssignment.subject_id == GradebookSheet.subject_id,
            in_force(TeachingAssignment, day),
        )
        .correlate(GradebookSheet)
    )
    homeroom = (
        sa.select(HomeroomAssignment.id)
        .where(
            HomeroomAssignment.person_id == person_id,
            HomeroomAssignment.class_id == GradebookSheet.class_id,
            in_force(HomeroomAssignment, day),
        )
        .correlate(GradebookSheet)
    )
    query = sa.select(GradebookSheet.id).where(
        GradebookSheet.id.in_(sheet_ids), sa.or_(taught.exists(), homeroom.exists())
    )
    return set(session.scalars(query))
