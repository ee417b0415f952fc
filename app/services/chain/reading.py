"""The record as verification reads it: streams in one snapshot, the whole of it or one unit's part."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.chain import Head, Link, sheet_chain, unit_chain
from app.errors import N_, NotFound
from app.extensions import db
from app.models import (
    AnchorHead,
    AuditEvent,
    ChainAnchor,
    ChainHead,
    ChainLink,
    GradebookSheet,
    OrgUnit,
    SchoolYear,
    TxLog,
)
from app.services.chain.anchors import Heads, by_owner
from app.services.chain.rows import CHUNK, HistoryTable, history_tables, transaction_columns

LINKS = ChainLink.__table__
LINK_COLUMNS = (LINKS.c.chain, LINKS.c.seq, LINKS.c.tx_id, LINKS.c.prev, LINKS.c.digest, LINKS.c.marks)


@dataclass(frozen=True)
class Part:
    """What is verified: everything, or the sheets of a unit and year with the unit's own chain, from an instant on.

    `only`: of the unit these sheets alone, without its own chain: what goes into a class's bundle.
    """

    unit_id: int | None = None
    year: int | None = None
    since: datetime | None = None
    only: tuple[int, ...] | None = None


def part_of(session: Session, unit_code: str | None, year: int | None, since: datetime | None) -> Part:
    """The part of a command's options. Raises NotFound for a code no unit has."""
    unit_id = None
    if unit_code is not None:
        unit_id = session.scalar(sa.select(OrgUnit.id).where(OrgUnit.code == unit_code))
        if unit_id is None:
            raise NotFound(N_("No unit has this code."))
    return Part(unit_id, year, since)


@contextmanager
def snapshot() -> Iterator[sa.Connection]:
    """A connection that sees one state of the database all along, and streams."""
    with db.engine.connect() as plain:
        options: dict[str, Any] = {"stream_results": True, "yield_per": CHUNK, "compiled_cache": None}
        if plain.dialect.name != "sqlite":  # SQLite's transactions are snapshots anyway
            options["isolation_level"] = "REPEATABLE READ"
        yield plain.execution_options(**options)


class Record:
    """Streams of a part of the record, each read to its end before the next begins."""

    def __init__(self, connection: sa.Connection, part: Part) -> None:
        self.connection = connection
        self.part = part

    # -- which part ----------------------------------------------------------------------------------------------

    @cached_property
    def sheets(self) -> list[int] | None:
        """The sheets of the part; None: all."""
        if self.part.only is not None:
            return list(self.part.only)
        if self.part.unit_id is None and self.part.year is None:
            return None
        query = sa.select(GradebookSheet.id)
        if self.part.unit_id is not None:
            query = query.where(GradebookSheet.unit_id == self.part.unit_id)
        if self.part.year is not None:
            query = query.join(SchoolYear, SchoolYear.id == GradebookSheet.school_year_id)
            query = query.where(SchoolYear.start_year == self.part.year)
        return list(self.connection.scalars(query))

    @cached_property
    def chains(self) -> list[str] | None:
        """Names of the chains of the part; None: all. A year alone has its sheets only."""
        if self.sheets is None:
            return None
        whole = self.part.unit_id is not None and self.part.only is None
        own = [unit_chain(self.part.unit_id)] if whole and self.part.unit_id else []
        return own + [sheet_chain(sheet) for sheet in self.sheets]

    def holds(self, chain: str) -> bool:
        """Whether a chain belongs to the part."""
        return self.chains is None or chain in self._chain_set

    @cached_property
    def _chain_set(self) -> frozenset[str]:
        return frozenset(self.chains or ())

    def _of_chains(self, column: Any) -> list[sa.ColumnElement[bool]]:
        return [] if self.chains is None else [column.in_(self.chains)]

    def _recent(self, column: Any) -> list[sa.ColumnElement[bool]]:
        """Transactions from the part's first instant on."""
        if self.part.since is None:
            return []
        alone = sa.select(-AuditEvent.id).where(
            AuditEvent.transaction_id.is_(None), AuditEvent.happened_at >= self.part.since
        )
        written = sa.select(TxLog.id).where(TxLog.issued_at >= self.part.since)
        return [sa.or_(column.in_(written), column.in_(alone))]

    def transactions(self, column: Any) -> list[sa.ColumnElement[bool]]:
        """Transactions with a link in the part."""
        mine = (
            []
            if self.chains is None
            else [column.in_(sa.select(LINKS.c.tx_id).where(*self._of_chains(LINKS.c.chain)))]
        )
        return mine + self._recent(column)

    # -- streams -------------------------------------------------------------------------------------------------

    def stream(self, query: sa.Select[*tuple[Any, ...]]) -> Iterator[Any]:
        """Rows of a query, some at a time."""
        for rows in self.connection.execute(query).partitions(CHUNK):
            yield from rows

    def seals(self) -> Iterator[tuple[int, int, bytes, int]]:
        """Transaction and seal of every history row of the part."""
        for history in history_tables():
            yield from history.seal_raw(self.stream(self.history(history)))

    def history(self, history: HistoryTable, *conditions: sa.ColumnElement[bool]) -> sa.Select[Any]:
        """The part's rows of a history table, as `HistoryTable.values` reads them."""
        number, columns = history.number, history.table.c
        query = sa.select(*history.raw()).where(*conditions)
        if self.sheets is None:
            return query.where(*self._recent(number))
        linked = sa.and_(*self.transactions(number))
        if history.sheet is not None:
            here: sa.ColumnElement[bool] = columns.sheet_id.in_(self.sheets)
        elif history.is_log and self.part.unit_id is not None and self.part.only is None:
            anywhere = sa.select(LINKS.c.tx_id).where(LINKS.c.tx_id == number)
            here = sa.and_(columns.unit_id == self.part.unit_id, ~anywhere.exists())
        else:
            return query.where(linked)
        return query.where(sa.or_(linked, sa.and_(here, *self._recent(number))))

    def links_by_chain(self) -> Iterator[Link]:
        """The part's links, chain after chain, each in order."""
        query = sa.select(*LINK_COLUMNS).where(*self._of_chains(LINKS.c.chain), *self._recent(LINKS.c.tx_id))
        for row in self.stream(query.order_by(LINKS.c.chain, LINKS.c.seq)):
            yield Link(*row)

    def links_by_transaction(self) -> Iterator[tuple[Link, Sequence[Any]]]:
        """All links of transactions that have one in the part, with their tx_log row (empty where it is gone)."""
        query = (
            sa.select(*LINK_COLUMNS, *transaction_columns())
            .outerjoin(TxLog, TxLog.id == LINKS.c.tx_id)
            .where(*self.transactions(LINKS.c.tx_id))
            .order_by(LINKS.c.tx_id, LINKS.c.chain)
        )
        width = len(LINK_COLUMNS)
        for row in self.stream(query):
            yield Link(*row[:width]), row[width:]

    def unlinked(self) -> Iterator[int]:
        """Transactions no chain knows."""
        linked = sa.select(LINKS.c.tx_id).where(LINKS.c.tx_id == TxLog.id)
        query = sa.select(TxLog.id).where(~linked.exists(), *self._recent(TxLog.id))
        if self.part.unit_id is not None:
            query = query.where(TxLog.unit_id == self.part.unit_id)
        for row in self.stream(query):
            yield row.id

    def heads(self) -> dict[str, Head]:
        """The ends the part's chains should have."""
        sheets = sa.select(GradebookSheet.id, GradebookSheet.chain_seq, GradebookSheet.chain_head)
        sheets = sheets.where(sa.or_(GradebookSheet.chain_seq > 0, GradebookSheet.chain_head.is_not(None)))
        found = {
            sheet_chain(row.id): Head(row.chain_seq, row.chain_head or "") for row in self.stream(sheets)
        }
        units = sa.select(ChainHead.unit_id, ChainHead.seq, ChainHead.digest).where(ChainHead.seq > 0)
        found |= {unit_chain(row.unit_id): Head(row.seq, row.digest) for row in self.stream(units)}
        return {chain: head for chain, head in found.items() if self.holds(chain)}

    def anchors(self) -> list[ChainAnchor]:
        """All anchors, oldest first: few, and each chained to the one before."""
        rows = self.connection.execute(sa.select(ChainAnchor.__table__).order_by(ChainAnchor.number))
        return [ChainAnchor(**row._mapping) for row in rows]

    def anchor_heads(self, number: int) -> Heads:
        """The ends one anchor binds, by unit."""
        query = sa.select(AnchorHead.unit_id, AnchorHead.chain, AnchorHead.seq, AnchorHead.digest)
        return by_owner(self.stream(query.where(AnchorHead.number == number)))

    def anchored_but_gone(self) -> Iterator[tuple[int, str, Head]]:
        """Ends an anchor binds that the chains don't have (any more): the anchor's number, the chain, the end."""
        query = (
            sa.select(AnchorHead.number, AnchorHead.chain, AnchorHead.seq, AnchorHead.digest)
            .outerjoin(
                ChainLink, sa.and_(ChainLink.chain == AnchorHead.chain, ChainLink.seq == AnchorHead.seq)
            )
            .where(sa.or_(ChainLink.digest.is_(None), ChainLink.digest != AnchorHead.digest))
            .order_by(AnchorHead.number, AnchorHead.chain)
        )
        for row in self.stream(query):
            if self.holds(row.chain):
                yield row.number, row.chain, Head(row.seq, row.digest)

    def digests(self, ends: Sequence[tuple[str, int]]) -> dict[tuple[str, int], str]:
        """The digests of these links, where they are there."""
        found: dict[tuple[str, int], str] = {}
        for start in range(0, len(ends), 500):
            batch = ends[start : start + 500]
            query = sa.select(LINKS.c.chain, LINKS.c.seq, LINKS.c.digest).where(
                LINKS.c.chain.in_({chain for chain, _seq in batch}),
                LINKS.c.seq.in_({seq for _c, seq in batch}),
            )
            found |= {(row.chain, row.seq): row.digest for row in self.stream(query)}
        return found
