"""Which bundles are due: of a closing at once, of a correction with its last step, of a round of entry the night after it.

The background worker asks every few seconds and makes some at a time; one that can't be made is passed over until the
worker starts anew. Between two looks at everything only what closed since the last empty look is asked for.
"""

import logging
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.domain.assessment.facts import YEAR
from app.domain.bundles import Occasion
from app.domain.corrections import State
from app.domain.vocabulary import Level, WindowEffect
from app.errors import HocVuError
from app.models import Closing, CorrectionRequest, LockWindow, OrgUnit, SchoolClass, SealedBundle
from app.services.actors import descendants
from app.services.bundles.make import make_bundle, sealed_before
from app.services.clock import VIETNAM, Clock, local_day

log = logging.getLogger(__name__)

Key = tuple[int, str, int | None]
"""Class, occasion and source of a bundle that is due."""

ROUND_KEPT: Final = timedelta(days=7)
"""A round of entry is sealed in the nights after its close; later closings and corrections seal what followed."""
NIGHT: Final = (22, 5)
"""Hours between which rounds of entry are sealed: a province closes thousands of books on one day."""
WHOLE_LOOK: Final = timedelta(hours=6)
"""How often everything is asked for, and not only what is new: a class may have been added to a closed year."""
OVERLAP: Final = timedelta(hours=1)
"""What closed shortly before an empty look is asked for again: a transaction may have been slow to commit."""
BATCH: Final = 50
TIME: Final = 15
"""Seconds sealing goes on in one look: the worker's other duties wait no longer."""


@dataclass
class Sealing:
    """What a process remembers from look to look: what it couldn't make, and where nothing is left to do."""

    failed: set[Key] = field(default_factory=set)
    since: datetime | None = None
    whole_at: datetime | None = None
    settled: set[int] = field(default_factory=set)

    def look(self, now: datetime) -> None:
        """Start a look: from time to time at everything."""
        if self.whole_at is None or now - self.whole_at > WHOLE_LOOK or now < self.whole_at:
            self.since, self.whole_at = None, now
            self.settled.clear()

    def nothing_closed(self, now: datetime) -> None:
        """No closing and no correction is left."""
        self.since = now - OVERLAP


def seal_due(
    session: Session,
    *,
    clock: Clock,
    sealing: Sealing | None = None,
    seconds: int = 0,
    busy: Callable[[], bool] = lambda: False,
) -> list[int]:
    """Make the bundles that have waited longest, one at least, for so many seconds; returns their ids.

    `sealing`: what this process remembers, and what it couldn't make before and passes over. `busy`: whether somebody
    waits for other work of this process; one bundle is made then.
    """
    known, made, begun = sealing or Sealing(), list[int](), time.monotonic()
    for row in due(session, clock(), known):
        found = _seal(session, row, known, clock)
        if found is not None:
            made.append(found)
        if time.monotonic() - begun >= seconds or busy():
            break
    return made


def _seal(session: Session, row: Any, known: Sealing, clock: Clock) -> int | None:
    if sealed_before(session, row.class_id, Occasion(row.occasion), row.source_id) is not None:
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
        known.failed.add(_key(row))
        return None


def _key(row: Any) -> Key:
    return row.class_id, row.occasion, row.source_id


def due(session: Session, now: datetime, sealing: Sealing) -> list[Any]:
    """The class, term, occasion and source of the bundles that have waited longest, but for those that failed."""
    sealing.look(now)
    for query in (_closings(sealing.since, now), _corrections(sealing.since)):
        if rows := _some(session, query, sealing.failed):
            return rows
    sealing.nothing_closed(now)
    hour = now.astimezone(VIETNAM).hour
    if not (hour >= NIGHT[0] or hour < NIGHT[1]):
        return []
    return _rounds(session, now, sealing)


def _rounds(session: Session, now: datetime, sealing: Sealing) -> list[Any]:
    """Rounds of entry: those of the schools' own windows in one question, those of offices one by one."""
    windows = [window for window in _windows(session, now) if window.id not in sealing.settled]
    own = {window.id: window for window in windows if window.kind.is_school}
    if own:
        found = [row for row in session.execute(_own_rounds(own)) if _fits(own[row.source_id], row)]
        if rows := [row for row in found if _key(row) not in sealing.failed]:
            return rows[:BATCH]
        sealing.settled |= own.keys()
    for window in windows:
        if window.id not in own:
            if rows := _some(session, _round(window, now), sealing.failed):
                return rows
            sealing.settled.add(window.id)
    return []


def _fits(window: Any, row: Any) -> bool:
    return (not window.grades or row.grade in window.grades) and (
        not window.class_ids or row.class_id in window.class_ids
    )


def _some(session: Session, query: sa.Select[Any], failed: Collection[Key]) -> list[Any]:
    rows = session.execute(query.limit(BATCH + len(failed)))
    return [row for row in rows if _key(row) not in failed]


def _windows(session: Session, now: datetime) -> Any:
    """Windows of entry that closed in the last days, as plain rows: nothing of them is held between two bundles."""
    columns = ("id", "owner_id", "school_year_id", "term", "grades", "class_ids")
    query = (
        sa.select(*(getattr(LockWindow, name) for name in columns), OrgUnit.kind)
        .join(OrgUnit, OrgUnit.id == LockWindow.owner_id)
        .where(
            LockWindow.effect == WindowEffect.OPEN,
            LockWindow.closes_at <= now,
            LockWindow.closes_at > now - ROUND_KEPT,
        )
        .order_by(LockWindow.closes_at, LockWindow.id)
    )
    return session.execute(query).all()


def _due(term: Any, occasion: Occasion, source: Any) -> sa.Select[Any]:
    """Classes without a bundle of that source: an anti-join over the index of sources."""
    sealed = sa.and_(
        SealedBundle.occasion == occasion,
        SealedBundle.source_id == source,
        SealedBundle.class_id == SchoolClass.id,
    )
    return (
        sa.select(
            SchoolClass.id.label("class_id"),
            term.label("term"),
            sa.literal(occasion.value).label("occasion"),
            source.label("source_id"),
        )
        .where(SchoolClass.level != Level.PRESCHOOL)
        .where(
            ~sa.select(SealedBundle.id)
            .where(sealed)
            .correlate(SchoolClass, Closing, CorrectionRequest, LockWindow)
            .exists()
        )
    )


def _closings(since: datetime | None, now: datetime) -> sa.Select[Any]:
    """Every class of a unit whose term or year is closed."""
    query = (
        _due(Closing.term, Occasion.CLOSING, Closing.id)
        .join(
            Closing,
            (Closing.unit_id == SchoolClass.unit_id) & (Closing.school_year_id == SchoolClass.school_year_id),
        )
        .where(Closing.closed_at <= now)
        .order_by(Closing.closed_at, SchoolClass.order_no, SchoolClass.id)
    )
    return query if since is None else query.where(Closing.closed_at > since)


def _corrections(since: datetime | None) -> sa.Select[Any]:
    """The class whose book a correction has changed."""
    query = (
        _due(CorrectionRequest.term, Occasion.CORRECTION, CorrectionRequest.id)
        .join(CorrectionRequest, CorrectionRequest.class_id == SchoolClass.id)
        .where(CorrectionRequest.state == State.APPLIED)
        .order_by(CorrectionRequest.finished_at, CorrectionRequest.id)
    )
    return query if since is None else query.where(CorrectionRequest.finished_at > since)


def _own_rounds(windows: Collection[int]) -> sa.Select[Any]:
    """Every class of a school whose entry a window of the school itself has just ended."""
    return (
        _due(sa.func.coalesce(LockWindow.term, YEAR), Occasion.ENTRY, LockWindow.id)
        .add_columns(SchoolClass.grade)
        .join(
            LockWindow,
            (LockWindow.owner_id == SchoolClass.unit_id)
            & (LockWindow.school_year_id == SchoolClass.school_year_id),
        )
        .where(LockWindow.id.in_(windows))
        .order_by(LockWindow.closes_at, LockWindow.id, SchoolClass.order_no, SchoolClass.id)
    )


def _round(window: Any, now: datetime) -> sa.Select[Any]:
    """Every class below an office whose entry a window of the office has just ended."""
    below = descendants(sa.literal(window.owner_id), sa.literal(local_day(now)))
    query = _due(
        sa.literal(YEAR if window.term is None else window.term), Occasion.ENTRY, sa.literal(window.id)
    ).where(
        SchoolClass.school_year_id == window.school_year_id,
        SchoolClass.unit_id.in_(sa.select(below.c.unit_id)),
    )
    if window.grades:
        query = query.where(SchoolClass.grade.in_(window.grades))
    if window.class_ids:
        query = query.where(SchoolClass.id.in_(window.class_ids))
    return query.order_by(SchoolClass.unit_id, SchoolClass.order_no, SchoolClass.id)
