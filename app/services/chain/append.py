"""Adding a transaction's links: the last thing it does before it commits."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.chain import EMPTY, Head, Link, make_link, shares, sheet_chain, unit_chain
from app.models import ChainHead, ChainLink, GradebookSheet
from app.services.chain.rows import history_table, transaction_text


def sheet_head(row: Any) -> Head:
    """The end of a sheet's chain, of a row with `chain_seq` and `chain_head`."""
    return Head(row.chain_seq, row.chain_head) if row.chain_head else EMPTY


def add_links(
    session: Session,
    transaction: Any,
    written: Sequence[tuple[sa.Table, dict[str, Any]]],
    known: Mapping[int, Head],
) -> list[Link]:
    """Bind the history rows just written into the chains they belong to; returns the links.

    `known`: ends of the chains of sheets that are held. Sheets come before the unit, whose end is held last of all, so
    nobody who waits for it holds up anybody else, and saves of two sheets never meet here.
    """
    parts = shares((history_table(table).seal(row) for table, row in written), transaction.unit_id)
    text = transaction_text(transaction)
    sheets = {int(chain[1:]): chain for chain in parts if chain.startswith("s")}
    if sheets:
        heads = _sheet_heads(session, sheets, known)
    else:
        unit = transaction.unit_id or 0
        heads = {unit_chain(unit): hold_unit_head(session, unit)}
    links = [make_link(chain, heads[chain], transaction.id, text, rows) for chain, rows in parts.items()]
    save_links(session, links)
    move_heads(session, links)
    return links


def _sheet_heads(session: Session, sheets: Iterable[int], known: Mapping[int, Head]) -> dict[str, Head]:
    heads = {sheet: known[sheet] for sheet in sheets if sheet in known}
    unheld = sorted(set(sheets) - heads.keys())
    if unheld:
        query = (
            sa.select(GradebookSheet.id, GradebookSheet.chain_seq, GradebookSheet.chain_head)
            .where(GradebookSheet.id.in_(unheld))
            .order_by(GradebookSheet.id)
            .with_for_update()
        )
        heads |= {row.id: sheet_head(row) for row in session.execute(query)}
    return {sheet_chain(sheet): head for sheet, head in heads.items()}


def hold_unit_head(session: Session, unit_id: int) -> Head:
    """The end of a unit's chain, held to the end of the transaction; the first one makes the row."""
    row = session.execute(_UNIT_HEAD, {"unit": unit_id}).one_or_none()
    if row is None:
        session.execute(_FIRST, {"unit_id": unit_id, "seq": 0, "digest": EMPTY.digest})
        row = session.execute(_UNIT_HEAD, {"unit": unit_id}).one()
    return Head(row.seq, row.digest)


_HEADS: sa.Table = ChainHead.__table__
_LINKS: sa.Table = ChainLink.__table__
_SHEETS: sa.Table = GradebookSheet.__table__
_UNIT_HEAD = (
    sa.select(_HEADS.c.seq, _HEADS.c.digest).where(_HEADS.c.unit_id == sa.bindparam("unit")).with_for_update()
)
_FIRST = (
    sa.insert(_HEADS).prefix_with("OR IGNORE", dialect="sqlite").prefix_with("IGNORE", dialect="mysql")
)  # two first transactions of a unit at once: the second finds the row of the first


def save_links(session: Session, links: Sequence[Link]) -> None:
    """Insert them."""
    session.execute(
        sa.insert(_LINKS),
        [
            {
                "chain": link.chain,
                "seq": link.seq,
                "tx_id": link.tx_id,
                "prev": link.prev,
                "digest": link.digest,
                "marks": link.marks,
            }
            for link in links
        ],
    )


_MOVE_SHEETS = (
    sa.update(_SHEETS)
    .where(_SHEETS.c.id == sa.bindparam("owner"))
    .values(chain_seq=sa.bindparam("to_seq"), chain_head=sa.bindparam("to_digest"))
)
_MOVE_UNITS = (
    sa.update(_HEADS)
    .where(_HEADS.c.unit_id == sa.bindparam("owner"))
    .values(seq=sa.bindparam("to_seq"), digest=sa.bindparam("to_digest"))
)


def move_heads(session: Session, links: Iterable[Link]) -> None:
    """Let the chains end with these links, of which each chain has one."""
    by_kind: dict[str, list[dict[str, Any]]] = {}
    for link in links:
        move = {"owner": int(link.chain[1:]), "to_seq": link.seq, "to_digest": link.digest}
        by_kind.setdefault(link.chain[0], []).append(move)
    connection = session.connection()
    for kind, moves in by_kind.items():
        connection.execute(_MOVE_SHEETS if kind == "s" else _MOVE_UNITS, moves)
