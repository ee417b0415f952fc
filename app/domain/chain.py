"""The hash chain of history: how a transaction becomes text, the text a digest, and digests a chain.

Two kinds of chain: one per gradebook sheet (`s12`), and one per unit (`u3`; `u0`: the installation itself) for what
touches no sheet. A transaction has one link in each sheet chain it touches, or one in its unit's. Rows that stand on no
sheet go with the first sheet of their transaction. `scripts/check_history.py` says the same rules again, with nothing
but the standard library; a test compares the two.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final, NamedTuple
from zlib import crc32

START: Final = "0" * 64
"""What the first link of a chain is bound to."""
MARK_BYTES: Final = 12
ANCHOR_HEADING: Final = "HocVu anchor 1"

encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Head(NamedTuple):
    """The end of a chain: number and digest of its newest link."""

    seq: int
    digest: str


EMPTY: Final = Head(0, START)


class FaultKind(StrEnum):
    """What a verification can find."""

    ROW_CHANGED = "row_changed"
    ROW_DELETED = "row_deleted"
    ROW_INSERTED = "row_inserted"
    TX_CHANGED = "tx_changed"
    TX_DELETED = "tx_deleted"
    TX_UNLINKED = "tx_unlinked"
    LINK_CHANGED = "link_changed"
    LINK_MISSING = "link_missing"
    LINK_ORDER = "link_order"
    TAIL_MISSING = "tail_missing"
    HEAD_CHANGED = "head_changed"
    LIVE_CHANGED = "live_changed"
    LIVE_INSERTED = "live_inserted"
    LIVE_DELETED = "live_deleted"
    JOURNAL_SHORT = "journal_short"
    ANCHOR_CHANGED = "anchor_changed"
    ANCHOR_MISSING = "anchor_missing"
    ANCHOR_SIGNATURE = "anchor_signature"


class Sealed(NamedTuple):
    """A history row as the chain sees it: the sheet it stands on (0: none), its digest, and what tells its key."""

    sheet: int
    digest: bytes
    key: int


@dataclass(frozen=True)
class Link:
    """One link: `marks` holds twelve bytes a row (key, begin of the digest), which locate a row that was tampered with."""

    chain: str
    seq: int
    tx_id: int
    prev: str
    digest: str
    marks: bytes

    @property
    def line(self) -> str:
        """As the journal and the anchors write it."""
        return head_line(self.chain, Head(self.seq, self.digest))


def sheet_chain(sheet_id: int) -> str:
    """Name of a sheet's chain."""
    return f"s{sheet_id}"


def unit_chain(unit_id: int | None) -> str:
    """Name of a unit's chain; without a unit: the installation's."""
    return f"u{unit_id or 0}"


def row_text(table: str, operation: int, values: Mapping[str, Any]) -> str:
    """A history row as text: its table, what was done (0 added, 1 changed, 2 deleted), what it held.

    `values`: as SQLite stores them, sorted by column, without the empty ones; so a column that is added later changes no
    text of before.
    """
    return encode([table, operation, values])


def key_mark(table: str, key: Iterable[Any]) -> int:
    """Four bytes that tell a row's key from the others of its transaction; they locate, they prove nothing."""
    return crc32("|".join((table, *map(str, key))).encode())


def seal_row(table: str, operation: int, values: Mapping[str, Any], key: Sequence[Any], sheet: int) -> Sealed:
    """A history row, ready for its link."""
    return Sealed(sheet, sha256(row_text(table, operation, values).encode()).digest(), key_mark(table, key))


def head_text(values: Mapping[str, Any]) -> str:
    """Who, when, from where and why as text: the columns of tx_log, sorted, without the empty ones."""
    return encode(values)


def make_link(chain: str, head: Head, tx_id: int, transaction: str, rows: Iterable[Sealed]) -> Link:
    """The link after `head` for the rows of a transaction that belong to the chain."""
    ordered = sorted((row.digest, row.key) for row in rows)
    digests = "\n".join(digest.hex() for digest, _key in ordered)
    text = f"{head.digest}\n{chain} {head.seq + 1}\n{transaction}\n{digests}"
    marks = b"".join(key.to_bytes(4, "big") + digest[:8] for digest, key in ordered)
    return Link(chain, head.seq + 1, tx_id, head.digest, sha256(text.encode()).hexdigest(), marks)


def split_marks(marks: bytes) -> list[tuple[int, bytes]]:
    """Key and begin of the digest of each row of a link."""
    return [
        (int.from_bytes(marks[i : i + 4], "big"), marks[i + 4 : i + MARK_BYTES])
        for i in range(0, len(marks), MARK_BYTES)
    ]


def shares(rows: Iterable[Sealed], unit_id: int | None) -> dict[str, list[Sealed]]:
    """The rows of a transaction by the chain they belong to, sheets in the order of their ids."""
    by_sheet: dict[int, list[Sealed]] = {}
    for row in rows:
        by_sheet.setdefault(row.sheet, []).append(row)
    loose = by_sheet.pop(0, [])
    if not by_sheet:
        return {unit_chain(unit_id): loose}
    first = min(by_sheet)
    by_sheet[first] = by_sheet[first] + loose
    return {sheet_chain(sheet): by_sheet[sheet] for sheet in sorted(by_sheet)}


def heads_digest(heads: Iterable[tuple[str, Head]]) -> str:
    """One digest for the ends of a unit's chains."""
    return text_digest("\n".join(head_line(chain, head) for chain, head in sorted(heads)))


def head_line(chain: str, head: Head) -> str:
    """An end as the journal and the anchors write it."""
    return f"{chain} {head.seq} {head.digest}"


def anchor_text(fields: Sequence[tuple[str, str]], heads: Mapping[int, Sequence[tuple[str, Head]]]) -> str:
    """What an anchor's signature stands under: its fields, then for each unit the number and digest of its ends.

    So the text stays small, and a unit's ends can be checked against it without anybody else's.
    """
    lines = [f"unit {unit} {len(heads[unit])} {heads_digest(heads[unit])}" for unit in sorted(heads)]
    return "\n".join([ANCHOR_HEADING, *(f"{name}: {value}" for name, value in fields), *lines]) + "\n"


def differences(link: Link, rows: Iterable[Sealed]) -> list[tuple[FaultKind, int, bytes]]:
    """Which rows of a link were tampered with, by its marks: what happened, the mark of the row's key, its digest.

    Of a deleted row only the begin of the digest is left.
    """
    left = split_marks(link.marks)
    found: list[Sealed] = []
    for row in rows:
        mark = (row.key, row.digest[:8])
        if mark in left:
            left.remove(mark)
        else:
            found.append(row)
    gone = dict(left)
    faults = []
    for row in found:
        changed = gone.pop(row.key, None) is not None
        faults.append((FaultKind.ROW_CHANGED if changed else FaultKind.ROW_INSERTED, row.key, row.digest))
    return faults + [(FaultKind.ROW_DELETED, key, digest) for key, digest in gone.items()]


def text_digest(text: str) -> str:
    """SHA-256 of a text."""
    return sha256(text.encode()).hexdigest()
