"""Which terms of a unit are closed, and the layer a closing lays over the books: what everybody else asks.

A closing holds on its own, whatever windows the school opens: it is a layer beside them. Reopened until a time, it lets
go and takes hold again by the server's clock, without any job.
"""

from collections.abc import Iterable
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.assessment.facts import YEAR
from app.domain.locks import Layer, Window
from app.domain.vocabulary import CELL_COLUMNS, WindowEffect, WindowMode
from app.models import Closing, OrgUnit

HOLDS: Final = sa.or_(Closing.reopened_at.is_(None), Closing.reopened_until.is_not(None))
"""SQL: the closing is not over, though it may be lifted for a time."""

TITLES: Final = {1: "Khóa sổ học kì I", 2: "Khóa sổ học kì II", YEAR: "Khóa sổ năm học"}


def closed_terms(session: Session, unit_id: int, school_year_id: int) -> frozenset[int]:
    """Terms of a unit that are closed, YEAR (0) for the year as a whole; one statement.

    The year's closing closes no term by itself: its terms are closed before it. One reopened for a time counts as closed.
    """
    query = sa.select(Closing.term).where(
        Closing.unit_id == unit_id, Closing.school_year_id == school_year_id, HOLDS
    )
    return frozenset(session.scalars(query))


def closing_layers(rows: Iterable[tuple[OrgUnit, Closing, str | None, str | None]]) -> tuple[Layer, ...]:
    """A layer for each closing (unit, closing, who closed, by which account): whatever a teacher writes is shut.

    Retests are left to their windows: they come after the year is closed (TT 22/2021 Điều 14).
    """
    return tuple(
        Layer(unit.tier, unit.id, unit.short_name, _windows(unit, closing, closed_by, account))
        for unit, closing, closed_by, account in rows
    )


def _windows(
    unit: OrgUnit, closing: Closing, closed_by: str | None, account: str | None
) -> tuple[Window, ...]:
    """The spans in which a closing holds: up to its reopening, and again from the end of it."""
    spans = [(closing.closed_at, closing.reopened_at)]
    if closing.reopened_until is not None:
        spans.append((closing.reopened_until, None))
    common: dict[str, Any] = {
        "id": closing.id,
        "tier": unit.tier,
        "unit_id": unit.id,
        "unit_name": unit.short_name,
        "effect": WindowEffect.SHUT,
        "mode": WindowMode.WHOLE_BOOK,
        "columns": frozenset(CELL_COLUMNS),
        "title": TITLES[closing.term],
        "reason": closing.reason,
        "ordered_by": closed_by,
        "executed_by": account,
        "closing": True,
    }
    return tuple(
        Window(opens_at=start, closes_at=end, **common) for start, end in spans if end is None or end > start
    )
