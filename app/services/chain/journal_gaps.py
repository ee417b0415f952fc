"""Days of the journal that are missing or shortened: what was written since the last anchor must stand in it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime

import sqlalchemy as sa

from app.domain.archive import ArchiveKind, ArchiveOutcome
from app.domain.chain import Head
from app.models import AnchorHead, ArchiveRun, AuditEvent, ChainAnchor, ChainLink, TxLog
from app.services.chain.rows import CHUNK
from app.services.clock import local_day

BROUGHT_BACK = (ArchiveKind.RESTORE, ArchiveKind.TAKEOVER)
"""Runs that put a record into place which was written elsewhere, with the journal of then."""


def days_short(
    connection: sa.Connection, ends: Mapping[str, Head], journal: Mapping[str, Head]
) -> list[tuple[date, int]]:
    """Days on which chains ended that the journal doesn't know so far, with their number; oldest first.

    `ends`: where the chains end. Nothing is asked of what the last anchor binds, and before the first anchor; nor of
    what a backup brought back, as the run that restored it says. Four statements at most, and one more for each
    thousand chains that are short.
    """
    if connection.scalar(sa.select(sa.func.max(ChainAnchor.number))) is None:
        return []
    query = sa.select(AnchorHead.chain, sa.func.max(AnchorHead.seq)).group_by(AnchorHead.chain)
    bound = dict(connection.execute(query).all())
    short = [
        (chain, end.seq)
        for chain, end in ends.items()
        if end.seq > max(bound.get(chain, 0), journal[chain].seq if chain in journal else 0)
    ]
    since = _brought_back(connection) if short else None
    moments = _moments(connection, short)
    days = Counter(local_day(moment) for moment in moments if since is None or moment > since)
    return sorted(days.items())


def _brought_back(connection: sa.Connection) -> datetime | None:
    return connection.scalar(
        sa.select(sa.func.max(ArchiveRun.happened_at)).where(
            ArchiveRun.kind.in_(BROUGHT_BACK), ArchiveRun.outcome == ArchiveOutcome.DONE
        )
    )


def _moments(connection: sa.Connection, ends: Iterable[tuple[str, int]]) -> list[datetime]:
    """When these links were made."""
    wanted, found = sorted(ends), []
    made_at = sa.func.coalesce(TxLog.issued_at, AuditEvent.happened_at, type_=TxLog.issued_at.type)
    query = (
        sa.select(ChainLink.chain, ChainLink.seq, made_at)
        .outerjoin(TxLog, TxLog.id == ChainLink.tx_id)
        .outerjoin(AuditEvent, AuditEvent.id == -ChainLink.tx_id)
    )
    for start in range(0, len(wanted), CHUNK):
        batch = wanted[start : start + CHUNK]
        rows = connection.execute(
            query.where(
                ChainLink.chain.in_({chain for chain, _seq in batch}),
                ChainLink.seq.in_({seq for _chain, seq in batch}),
            )
        )
        known = set(batch)
        found += [at for chain, seq, at in rows if (chain, seq) in known and at is not None]
    return found
