"""Which bundles are due: of a closing at once, of a correction with its last step, of a round of entry the night after it.

The background worker asks, and makes one at a time; one that can't be made is passed over until the worker starts anew.
"""

import logging
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.domain.assessment.facts import YEAR
from app.domain.bundles import Occasion
from app.domain.corrections import State
from app.domain.vocabulary import Level, WindowEffect
from app.errors import HocVuError
from app.models import Closing, CorrectionRequest, LockWindow, SchoolClass, SealedBundle
from app.services.actors import descendants
from app.services.bundles.make import make_bundle
from app.services.clock import VIETNAM, Clock, local_day

log = logging.getLogger(__name__)

Key = tuple[int, str, int | None]
"""Class, occasion and source of a bundle that is due."""

ROUND_KEPT: Final = timedelta(days=7)
"""A round of entry is sealed in the nights after its close; later closings and corrections seal what followed."""
NIGHT: Final = (22, 5)
"""Hours between which rounds of entry are sealed: a province closes thousands of books on one day."""


def seal_due(session: Session, *, clock: Clock, failed: set[Key] | None = None) -> int | None:
    """Make the next bundle that is due; returns its id, None where none is or it couldn't be made.

    `failed`: what this process couldn't make before and passes over; one more is added here.
    """
    failed = set() if failed is None else failed
    row = next_due(session, clock(), failed)
    if row is None:
        return None
    school_class = session.scalars(
        sa.select(SchoolClass)
        .where(SchoolClass.id == row.class_id)
        .options(joinedload(SchoolClass.unit), joinedload(SchoolClass.school_year))
    ).one()
    try:
        return make_bundle(
            session, school_class, row.term, Occasion(row.occasion), clock=clock, source_id=row.source_id
        )
    except (HocVuError, OSError):
        log.exception("no bundle of class %s for %s %s", row.class_id, row.occasion, row.source_id)
        failed.add(_key(row))
        return None


def _key(row: Any) -> Key:
    return row.class_id, row.occasion, row.source_id


def next_due(session: Session, now: datetime, failed: Collection[Key] = ()) -> Any:
    """The class, term, occasion and source of the bundle that has waited longest, but for those; None for none."""

    def first(query: sa.Select[Any]) -> Any:
        rows = session.execute(query.limit(len(failed) + 1))
        return next((row for row in rows if _key(row) not in failed), None)

    for query in (_closings(now), _corrections()):
        if row := first(query):
            return row
    hour = now.astimezone(VIETNAM).hour
    if not (hour >= NIGHT[0] or hour < NIGHT[1]):
        return None
    windows = session.scalars(
        sa.select(LockWindow)
        .where(
            LockWindow.effect == WindowEffect.OPEN,
            LockWindow.closes_at <= now,
            LockWindow.closes_at > now - ROUND_KEPT,
        )
        .order_by(LockWindow.closes_at, LockWindow.id)
    )
    rows = (first(_round(window, now)) for window in windows)
    return next((row for row in rows if row), None)


def _sealed(occasion: Occasion, source: Any) -> sa.ColumnElement[bool]:
    return (
        sa.select(SealedBundle.id)
        .where(
            SealedBundle.occasion == occasion,
            SealedBundle.source_id == source,
            SealedBundle.class_id == SchoolClass.id,
        )
        .correlate(SchoolClass, Closing, CorrectionRequest)
        .exists()
    )


def _due(term: Any, occasion: Occasion, source: Any) -> sa.Select[Any]:
    return sa.select(
        SchoolClass.id.label("class_id"),
        term.label("term"),
        sa.literal(occasion.value).label("occasion"),
        source.label("source_id"),
    ).where(SchoolClass.level != Level.PRESCHOOL, ~_sealed(occasion, source))


def _closings(now: datetime) -> sa.Select[Any]:
    """Every class of a unit whose term or year is closed."""
    return (
        _due(Closing.term, Occasion.CLOSING, Closing.id)
        .join(
            Closing,
            (Closing.unit_id == SchoolClass.unit_id) & (Closing.school_year_id == SchoolClass.school_year_id),
        )
        .where(Closing.closed_at <= now)
        .order_by(Closing.closed_at, SchoolClass.order_no, SchoolClass.id)
    )


def _corrections() -> sa.Select[Any]:
    """The class whose book a correction has changed."""
    return (
        _due(CorrectionRequest.term, Occasion.CORRECTION, CorrectionRequest.id)
        .join(CorrectionRequest, CorrectionRequest.class_id == SchoolClass.id)
        .where(CorrectionRequest.state == State.APPLIED)
        .order_by(CorrectionRequest.finished_at, CorrectionRequest.id)
    )


def _round(window: LockWindow, now: datetime) -> sa.Select[Any]:
    """Every class whose entry a window, of the school or of a tier above, has just ended."""
    below = descendants(sa.literal(window.owner_id), sa.literal(local_day(now)))
    query = _due(
        sa.literal(YEAR if window.term is None else window.term), Occasion.ENTRY, sa.literal(window.id)
    ).where(
        SchoolClass.school_year_id == window.school_year_id,
        sa.or_(SchoolClass.unit_id == window.owner_id, SchoolClass.unit_id.in_(sa.select(below.c.unit_id))),
    )
    if window.grades:
        query = query.where(SchoolClass.grade.in_(window.grades))
    if window.class_ids:
        query = query.where(SchoolClass.id.in_(window.class_ids))
    return query.order_by(SchoolClass.unit_id, SchoolClass.order_no, SchoolClass.id)
