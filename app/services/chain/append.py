"""Adding a transaction's links: the last thing it does before it commits."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.chain import EMPTY, Head, Link, Sealed, make_link, shares, sheet_chain, unit_chain
from app.models import ChainHead, ChainLink, GradebookSheet
from app.services.chain.rows import history_table, logged_row, transaction_text


def sheet_head(row: Any) -> Head:
    """The end of a sheet's chain, of a row with `chain_seq` and `chain_head`."""
    return Head(row.chain_seq, row.chain_head) if row.chain_head else EMPTY


def add_links(
    session: Session,
    transaction: Any,
    written: Sequence[tuple[sa.Table, dict[str, Any]]],
    logged: Sequence[Any],
    known: Mapping[int, Head],
) -> list[Link]:
    """Bind the history rows and rows of logs just written into the chains they belong to; returns the links.

    `transaction`: None where nothing but a log was written. A row of a log goes with its transaction, one without has
    a link of its own in the chain of its unit, under its own number below zero. `known`: ends of the chains of sheets
    that are held. Sheets come before units, whose ends are held last of all, so nobody who waits for one holds up
    anybody else, and saves of two sheets never meet here.
    """
    joined = [*written, *(logged_row(row) for row in logged if row.transaction_id is not None)]
    alone = [row for row in logged if row.transaction_id is None]
    parts: list[tuple[str, int, str, list[Sealed]]] = []
    if transaction is not None:
        text = transaction_text(transaction)
        seals = (history_table(table).seal(row) for table, row in joined)
        parts = [(c, transaction.id, text, rows) for c, rows in shares(seals, transaction.unit_id).items()]
    for row in alone:
        table, values = logged_row(row)
        parts.append((unit_chain(row.unit_id), -row.id, "", [history_table(table).seal(values)]))
    heads = _hold_heads(session, {chain for chain, *_rest in parts}, known)
    links: list[Link] = []
    for chain, number, text, rows in parts:
        links.append(make_link(chain, heads[chain], number, text, rows))
        heads[chain] = Head(links[-1].seq, links[-1].digest)
    if links:
        save_links(session, links)
        move_heads(session, {link.chain: link for link in links}.values())
    return links


def _hold_heads(session: Session, chains: Iterable[str], known: Mapping[int, Head]) -> dict[str, Head]:
    sheets = [int(chain[1:]) for chain in chains if chain.startswith("s")]
    units = [int(chain[1:]) for chain in chains if chain.startswith("u")]
    heads = _sheet_heads(session, sheets, known) if sheets else {}
    held = hold_unit_heads(session, units) if units else {}
    return heads | {unit_chain(unit): head for unit, head in held.items()}


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


def hold_unit_heads(session: Session, units: Collection[int]) -> dict[int, Head]:
    """The ends of units' chains, held to the end of the transaction; the first one of a unit makes its row."""
    rows = session.execute(_UNIT_HEADS, {"units": sorted(units)}).all()
    if len(rows) < len(set(units)):
        missing = sorted(set(units) - {row.unit_id for row in rows})
        session.execute(_FIRST, [{"unit_id": unit, "seq": 0, "digest": EMPTY.digest} for unit in missing])
        rows = session.execute(_UNIT_HEADS, {"units": sorted(units)}).all()
    return {row.unit_id: Head(row.seq, row.digest) for row in rows}


_HEADS: sa.Table = ChainHead.__table__
_LINKS: sa.Table = ChainLink.__table__
_SHEETS: sa.Table = GradebookSheet.__table__
_UNIT_HEADS = (
    sa.select(_HEADS.c.unit_id, _HEADS.c.seq, _HEADS.c.digest)
    .where(_HEADS.c.unit_id.in_(sa.bindparam("units", expanding=True)))
    .order_by(_HEADS.c.unit_id)
    .with_for_update()
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
