"""The lock windows over all schools shown, in one statement, and the deadlines they set; worked out once a scope."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.entry_schedule import Deadline, deadlines
from app.domain.locks import Layer
from app.domain.sheet_forms import SheetForm
from app.domain.vocabulary import Book, WindowEffect
from app.models import Account, GradebookSheet, LockWindow, OrgParent, OrgUnit, Person
from app.models.base import in_force
from app.services.actors import ancestors
from app.services.locks import BookScope, layers_from, matches
from app.services.years import Period

Row = tuple[OrgUnit, LockWindow | None, str | None, str | None]


@dataclass(frozen=True, slots=True)
class ComingClose:
    """A window that will close (or a shutting one that will begin): what people plan by."""

    at: datetime
    title: str
    unit_name: str
    columns: tuple[str, ...]
    shuts: bool


class Calendar:
    """Units and their windows; answers for any sheet under them without asking the database again."""

    def __init__(self, rows: Sequence[Any], period: Period, now: datetime) -> None:
        self.period, self.now = period, now
        self.units: dict[int, OrgUnit] = {}
        self.parents: dict[int, int] = {}
        self._rows: dict[int, list[Row]] = {}
        for unit, parent_id, window, ordered_by, executed_by in rows:
            self.units[unit.id] = unit
            if parent_id is not None:
                self.parents.setdefault(unit.id, parent_id)
            self._rows.setdefault(unit.id, []).append((unit, window, ordered_by, executed_by))
        self._layers: dict[BookScope, tuple[Layer, ...]] = {}
        self._deadlines: dict[tuple[BookScope, int, SheetForm], dict[str, Deadline]] = {}

    @property
    def class_ids(self) -> frozenset[int]:
        """Classes some window singles out; sheets of all others of a grade share their deadlines."""
        windows = (w for rows in self._rows.values() for _u, w, *_who in rows if w is not None)
        return frozenset(class_id for window in windows for class_id in window.class_ids)

    @property
    def subject_ids(self) -> frozenset[int]:
        """Subjects some window singles out, as one that follows a test does."""
        windows = (w for rows in self._rows.values() for _u, w, *_who in rows if w is not None)
        return frozenset(subject_id for window in windows for subject_id in window.subject_ids)

    def chain(self, unit_id: int) -> list[int]:
        """The unit and those above it, nearest first."""
        found = [unit_id]
        while (parent := self.parents.get(found[-1])) is not None and parent not in found:
            found.append(parent)
        return found

    def parent_name(self, unit_id: int) -> str:
        """The unit right above, as shown beside a school."""
        parent = self.units.get(self.parents.get(unit_id, 0))
        return parent.short_name if parent else ""

    def scope_of(
        self, unit_id: int, level: str, grade: int, class_id: int | None, subject_id: int | None = None
    ) -> BookScope:
        """Where a sheet stands; class and subject only where a window asks for them.

        A province's figures are counted by class, without subjects: windows over one subject don't move them.
        """
        return BookScope(
            unit_id=unit_id,
            school_year_id=self.period.year_id,
            term=self.period.term,
            level=level,
            grade=grade,
            class_id=class_id if class_id in self.class_ids else None,
            subject_id=subject_id if subject_id in self.subject_ids else None,
        )

    def scope_of_sheet(self, sheet: GradebookSheet) -> BookScope:
        """`scope_of` a sheet's row."""
        return self.scope_of(sheet.unit_id, sheet.level, sheet.grade, sheet.class_id, sheet.subject_id)

    def layers(self, scope: BookScope) -> tuple[Layer, ...]:
        """The layers over a scope, school first."""
        if scope not in self._layers:
            rows = [row for unit_id in self.chain(scope.unit_id) for row in self._rows.get(unit_id, [])]
            self._layers[scope] = layers_from(rows, scope)
        return self._layers[scope]

    def deadlines(
        self, scope: BookScope, regular_count: int, form: SheetForm = SheetForm.MARKS
    ) -> Mapping[str, Deadline]:
        """The deadline of every column of a sheet of this form with so many regular columns."""
        key = (scope, regular_count, form)
        if key not in self._deadlines:
            self._deadlines[key] = deadlines(regular_count, self.now, self.layers(scope), form)
        return self._deadlines[key]

    def coming(self, scopes: Iterable[BookScope], limit: int = 4) -> list[ComingClose]:
        """The next closes and shuts over these scopes, soonest first, each once."""
        found: dict[int, ComingClose] = {}
        for scope in scopes:
            for unit_id in self.chain(scope.unit_id):
                for unit, window, *_who in self._rows.get(unit_id, []):
                    if window is not None and matches(window, scope):
                        close = self._as_coming(unit, window)
                        if close:
                            found[window.id] = close
        return sorted(found.values(), key=lambda c: (c.at, c.title))[:limit]

    def own_coming(self, unit_id: int, limit: int = 4) -> list[ComingClose]:
        """The next closes and shuts the unit itself has set."""
        closes = (self._as_coming(unit, w) for unit, w, *_who in self._rows.get(unit_id, []) if w is not None)
        return sorted((c for c in closes if c), key=lambda c: (c.at, c.title))[:limit]

    def _as_coming(self, unit: OrgUnit, window: LockWindow) -> ComingClose | None:
        shuts = window.effect is WindowEffect.SHUT
        at = window.opens_at if shuts else window.effective_close
        if at is None or at <= self.now:
            return None
        return ComingClose(at, window.title, unit.short_name, tuple(window.columns), shuts)


def load_calendar(
    session: Session, units: sa.Select[Any] | Sequence[int], period: Period, day: date, now: datetime
) -> Calendar:
    """Units (ids, or a select of them) with parents and the windows of the chosen year and term; one statement."""
    query = (
        sa.select(OrgUnit, OrgParent.parent_id, LockWindow, Person.full_name, Account.username)
        .outerjoin(OrgParent, sa.and_(OrgParent.unit_id == OrgUnit.id, in_force(OrgParent, day)))
        .outerjoin(
            LockWindow,
            sa.and_(
                LockWindow.owner_id == OrgUnit.id,
                LockWindow.school_year_id == period.year_id,
                LockWindow.book == Book.GRADEBOOK,
                sa.or_(LockWindow.term.is_(None), LockWindow.term == period.term),
                LockWindow.sheet_id.is_(None),  # of one sheet alone: an exception, not the calendar
            ),
        )
        .outerjoin(Person, Person.id == LockWindow.ordered_by_id)
        .outerjoin(Account, Account.id == LockWindow.executed_by_id)
        .where(OrgUnit.id.in_(units))
        .order_by(OrgUnit.id, LockWindow.opens_at, LockWindow.id)
    )
    return Calendar(session.execute(query).all(), period, now)


def with_above(unit_id: int, day: date) -> sa.Select[Any]:
    """A school and every unit above it on `day`, as a select of ids."""
    above = ancestors(unit_id, day)
    own_and_above = sa.union(
        sa.select(sa.literal(unit_id).label("unit_id")), sa.select(above.c.unit_id)
    ).subquery()
    return sa.select(own_and_above.c.unit_id)
