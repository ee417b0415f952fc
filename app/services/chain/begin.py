"""The chain of an installation that has a history already: made once, when it is brought to this version."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy_continuum import version_class

from app.domain.access import SYSTEM
from app.domain.chain import EMPTY, Head, Link, Sealed, make_link, shares
from app.extensions import db
from app.models import ChainLink, CorrectionCell, CorrectionRequest, Installation, TxLog
from app.services.chain import anchors, journal
from app.services.chain.append import add_links, hold_unit_heads, move_heads, save_links
from app.services.chain.reading import Part, Record, snapshot
from app.services.chain.rows import (
    ADDED,
    LOGS,
    logged_row,
    raw_transaction_text,
    transaction_columns,
    transaction_values,
)
from app.services.chain.spool import Spool
from app.services.clock import Clock
from app.services.guards import lifted
from app.services.unit_of_work import plain_write, record_event

KEY: Final = "chain"
LOGS_KEY: Final = "chain.logs"
BEGINNING: Final = "beginning"
BATCH: Final = 2_000
KEPT_LATER: Final = (CorrectionRequest, CorrectionCell)
"""Tables that got a history later than the chains began."""


def begin_chains(*, clock: Clock) -> int:
    """Bind the history of before into chains, oldest transaction first; returns the number of links made.

    Does nothing the second time; interrupted, it goes on where it stopped. Nobody else may write meanwhile. What was
    changed before this moment can't be found; the anchor made at the end says when it was.
    """
    session = db.session()
    state = session.get(Installation, KEY)
    if state is None and session.scalar(sa.select(ChainLink.seq).limit(1)) is not None:
        raise RuntimeError("links without their beginning: somebody changed the database by hand")
    if state is not None and state.value != BEGINNING:
        return 0
    _remember(KEY, BEGINNING)
    made = 0
    with Spool() as spool:
        with snapshot() as connection:
            record = Record(connection, Part())
            heads = record.heads()
            spool.add(record.seals())
            linked = set(connection.scalars(sa.select(ChainLink.tx_id).distinct()))
            unlinked = list(connection.scalars(sa.select(TxLog.id).order_by(TxLog.id)))
        waiting = _links((tx for tx in unlinked if tx not in linked), spool, heads)
        while batch := list(islice(waiting, BATCH)):
            _save([link for links in batch for link in links])
            made += sum(map(len, batch))
    if made:
        anchors.make_anchor(anchors.BEGIN, clock=clock)
        record_event(SYSTEM, "chain.begin", clock=clock, links=made)
    _remember(KEY, str(max(unlinked, default=0)))
    return made


def begin_logs(*, clock: Clock) -> int:
    """Bind the rows of logs of before these stood in the chains, each log by one transaction; returns their number.

    Rows of tables that got a history later begin it there, as they stand. Does nothing the second time: rows that come
    in later without a transaction are not the program's.
    """
    if db.session().get(Installation, LOGS_KEY) is not None:
        return 0
    bound = sum(_bind_log(log, clock) for log in LOGS) + sum(_bind_rows(kept, clock) for kept in KEPT_LATER)
    _remember(LOGS_KEY, str(bound))
    return bound


def _bind_log(log: Any, clock: Clock) -> int:
    linked = sa.select(ChainLink.seq).where(ChainLink.tx_id == -log.id)
    old = sa.and_(log.transaction_id.is_(None), ~linked.exists())
    with plain_write() as session, lifted("rows of logs of before the chain name their transaction"):
        rows = [logged_row(row) for row in session.scalars(sa.select(log).where(old).order_by(log.id))]
        if not rows:
            return 0
        transaction = TxLog(issued_at=clock(), action=LOGS_KEY)
        session.add(transaction)
        session.flush()
        session.execute(sa.update(log.__table__).where(old).values(transaction_id=transaction.id))
        links = add_links(session, transaction, rows, [], {})
    journal.note(links, clock())
    return len(rows)


def _bind_rows(model: Any, clock: Clock) -> int:
    version = version_class(model).__table__
    with plain_write() as session, lifted("rows of before their table had a history begin it"):
        old = session.scalars(
            sa.select(model).where(~sa.select(1).where(version.c.id == model.id).exists()).order_by(model.id)
        ).all()
        if not old:
            return 0
        transaction = TxLog(issued_at=clock(), action=LOGS_KEY)
        session.add(transaction)
        session.flush()
        own = {"transaction_id": transaction.id, "operation_type": ADDED}
        rows = [{c.name: getattr(row, c.name) for c in model.__table__.columns} | own for row in old]
        session.execute(sa.insert(version), rows)
        links = add_links(session, transaction, [(version, row) for row in rows], [], {})
    journal.note(links, clock())
    return len(old)


def _links(numbers: Iterable[int], spool: Spool, heads: dict[str, Head]) -> Iterator[list[Link]]:
    """The links of each transaction, in order."""
    written = spool.transactions()
    ahead = next(written, None)
    waiting = iter(numbers)
    while batch := list(islice(waiting, BATCH)):
        for tx_id, (text, unit_id) in _texts(batch).items():
            while ahead is not None and ahead[0] < tx_id:
                ahead = next(written, None)
            mine = ahead[1] if ahead is not None and ahead[0] == tx_id else []
            rows = [Sealed(*row) for row in mine]
            links = []
            for chain, share in shares(rows, unit_id).items():
                link = make_link(chain, heads.get(chain, EMPTY), tx_id, text, share)
                heads[chain] = Head(link.seq, link.digest)
                links.append(link)
            yield links


def _texts(numbers: list[int]) -> dict[int, tuple[str, int | None]]:
    query = sa.select(*transaction_columns()).where(TxLog.id.in_(numbers)).order_by(TxLog.id)
    found: dict[int, tuple[str, int | None]] = {}
    with db.engine.connect() as connection:
        for row in connection.execute(query):
            values: dict[str, Any] = transaction_values(row)
            found[values["id"]] = raw_transaction_text(row), values.get("unit_id")
    return found


def _save(links: list[Link]) -> None:
    newest = {link.chain: link for link in links}
    with plain_write() as session, lifted("links for the history of before the chain"):
        save_links(session, links)
        units = {int(chain[1:]) for chain in newest if chain.startswith("u")}
        if units:
            hold_unit_heads(session, units)
        move_heads(session, newest.values())


def _remember(key: str, value: str) -> None:
    with plain_write() as session:
        row = session.get(Installation, key)
        if row is None:
            session.add(Installation(key=key, value=value))
        else:
            row.value = value
