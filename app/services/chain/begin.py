"""The chain of an installation that has a history already: made once, when it is brought to this version."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final

import sqlalchemy as sa

from app.domain.access import SYSTEM
from app.domain.chain import EMPTY, Head, Link, Sealed, make_link, shares
from app.extensions import db
from app.models import ChainLink, Installation, TxLog
from app.services.chain import anchors
from app.services.chain.append import hold_unit_head, move_heads, save_links
from app.services.chain.reading import Part, Record, snapshot
from app.services.chain.rows import raw_transaction_text, transaction_columns, transaction_values
from app.services.chain.spool import Spool
from app.services.clock import Clock
from app.services.guards import lifted
from app.services.unit_of_work import plain_write, record_event

KEY: Final = "chain"
BEGINNING: Final = "beginning"
BATCH: Final = 2_000


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
    _remember(BEGINNING)
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
    _remember(str(max(unlinked, default=0)))
    return made


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
        for unit in sorted(units):
            hold_unit_head(session, unit)
        move_heads(session, newest.values())


def _remember(value: str) -> None:
    with plain_write() as session:
        row = session.get(Installation, KEY)
        if row is None:
            session.add(Installation(key=KEY, value=value))
        else:
            row.value = value
