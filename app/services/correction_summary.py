"""Corrections of a year counted by term, teacher and school: the form for the record (S4 Điều 20 khoản 2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import Actor
from app.domain.corrections import State
from app.models import CorrectionCell, CorrectionRequest, OrgUnit, Person
from app.services import scope
from app.services.correction_lists import shown_with

MOST: Final = 500
"""Applied requests listed one by one at most."""


@dataclass(frozen=True)
class Tally:
    """Requests of one teacher (or school) in a term, by how they ended; and the cells changed."""

    term: int
    key: int
    name: str
    requests: int
    applied: int
    cells: int
    refused: int
    waiting: int


@dataclass(frozen=True)
class Summary:
    """A year's corrections: per term, per teacher and (for offices) per school; the applied ones."""

    teachers: tuple[Tally, ...]
    units: tuple[Tally, ...]
    applied: tuple[CorrectionRequest, ...]

    def term(self, number: int) -> Tally:
        """All of a term; 0: the year."""
        rows = [row for row in self.teachers if number in (0, row.term)]
        figures = (sum(getattr(row, field) for row in rows) for field in _FIGURES)
        return Tally(number, 0, "", *figures)


_FIGURES = ("requests", "applied", "cells", "refused", "waiting")


def summary(
    session: Session,
    actor: Actor,
    year_id: int,
    day: date,
    *,
    unit_id: int | None = None,
    term: int = 0,
    class_id: int | None = None,
) -> Summary:
    """The corrections of a year within reach; `unit_id`: of one school, `class_id`: of one class,
    `term` 1 or 2: of one term. Three statements."""
    where = [
        scope.condition(actor, CorrectionRequest, day),
        CorrectionRequest.school_year_id == year_id,
        *([CorrectionRequest.unit_id == unit_id] if unit_id else []),
        *([CorrectionRequest.term == term] if term else []),
        *([CorrectionRequest.class_id == class_id] if class_id else []),
    ]
    return Summary(
        teachers=_tallies(session, where, Person.id, Person.full_name, Person.sort_key),
        units=_tallies(session, where, OrgUnit.id, OrgUnit.short_name, OrgUnit.short_name),
        applied=_applied(session, where),
    )


def _tallies(session: Session, where: Sequence[Any], key: Any, name: Any, order: Any) -> tuple[Tally, ...]:
    state, request = CorrectionRequest.state, CorrectionRequest
    cells = (
        sa.select(CorrectionCell.request_id, sa.func.count().label("cells"))
        .group_by(CorrectionCell.request_id)
        .subquery()
    )

    def counted(*states: State) -> Any:
        return sa.func.coalesce(sa.func.sum(sa.case((state.in_(states), 1), else_=0)), 0)

    query = (
        sa.select(
            request.term,
            key,
            name,
            sa.func.count(request.id),
            counted(State.APPLIED),
            sa.func.coalesce(sa.func.sum(sa.case((state == State.APPLIED, cells.c.cells), else_=0)), 0),
            counted(State.REFUSED, State.STALE, State.EXPIRED, State.WITHDRAWN),
            counted(*(s for s in State if not s.over)),
        )
        .select_from(request)
        .join(cells, cells.c.request_id == request.id)
        .join(Person, Person.id == request.requested_by_id)
        .join(OrgUnit, OrgUnit.id == request.unit_id)
        .where(*where)
        .group_by(request.term, key, name, order)
        .order_by(request.term, order)
    )
    return tuple(Tally(*map(_plain, row)) for row in session.execute(query))


def _plain(value: Any) -> Any:
    """MariaDB sums to Decimal."""
    return value if isinstance(value, str) else int(value)


def _applied(session: Session, where: Sequence[Any]) -> tuple[CorrectionRequest, ...]:
    query = (
        sa.select(CorrectionRequest)
        .where(*where, CorrectionRequest.state == State.APPLIED)
        .options(*shown_with())
        .order_by(CorrectionRequest.finished_at, CorrectionRequest.id)
        .limit(MOST)
    )
    return tuple(session.scalars(query).unique())
