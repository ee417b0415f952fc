"""`flask verify-history`: works every digest out again and names what does not agree."""

import json
from base64 import b64decode
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

from app.domain.chain import (
    START,
    FaultKind,
    Head,
    Link,
    Sealed,
    differences,
    heads_digest,
    make_link,
    sheet_chain,
    text_digest,
)
from app.models import AuditEvent
from app.services.chain import journal, keys, live
from app.services.chain.anchors import FORMAT, signed, text_of
from app.services.chain.journal_gaps import days_short
from app.services.chain.reading import Part, Record, snapshot
from app.services.chain.rows import raw_transaction_text
from app.services.chain.spool import Spool

MOST = 5_000
"""Faults that are kept; what comes after them is counted."""


@dataclass(frozen=True)
class Fault:
    """One thing that does not agree, and where. `key`: the mark of a row's key; `digest`: of the row as it is now."""

    kind: FaultKind
    chain: str | None = None
    seq: int | None = None
    tx_id: int | None = None
    key: int | None = None
    digest: bytes = b""
    table: str | None = None
    row: tuple[Any, ...] = ()
    source: str = ""


@dataclass
class Findings:
    """What a verification saw."""

    rows: int = 0
    links: int = 0
    anchors: int = 0
    faults: list[Fault] = field(default_factory=list)
    more: int = 0

    def add(self, fault: Fault) -> None:
        """Keep it, or count it where there are too many."""
        if len(self.faults) < MOST:
            self.faults.append(fault)
        else:
            self.more += 1


def verify(part: Part, outside: Sequence[Path] = (), *, own_journal: bool = True) -> Findings:
    """Verify a part of the record; `outside`: files of anchors that were kept elsewhere.

    `own_journal` False for a record just brought back: its journal was copied before it and may end earlier.
    Reads in one snapshot, so saves may go on meanwhile; what it needs of memory does not grow with the history.
    """
    known = dict(_journal())  # first: what is written down now is committed, so the snapshot holds it
    findings = Findings()
    with snapshot() as connection, Spool() as spool:
        check = _Check(Record(connection, part), findings)
        findings.rows = spool.add(check.record.seals())
        check.chains()
        check.transactions(spool)
        check.ends(known)
        check.anchors()
        for path in outside:
            check.outside(path)
        for fault in live.faults(connection, check.record.sheets, part.unit_id):
            findings.add(Fault(fault.kind, table=fault.table, row=fault.key))
        if own_journal:
            check.journal()
    return findings


def _journal() -> Iterator[tuple[str, tuple[Head, str]]]:
    """The newest end of each chain the journal knows, and the file that says so."""
    newest: dict[str, tuple[Head, str]] = {}
    for chain, head, path in journal.read(journal.folder()):
        if chain not in newest or newest[chain][0].seq <= head.seq:
            newest[chain] = head, path.name
    yield from newest.items()


class _Check:
    def __init__(self, record: Record, findings: Findings) -> None:
        self.record = record
        self.findings = findings
        self.rewritten: set[tuple[str, int]] = (
            set()
        )  # links whose digest is not what their neighbour was bound to

    # -- chains --------------------------------------------------------------------------------------------------

    def chains(self) -> None:
        """Each chain without a gap, each link bound to the one before, the end where it should be."""
        heads = self.record.heads()
        for chain, links in groupby(self.record.links_by_chain(), key=lambda link: link.chain):
            last = self._chain(links)
            self._end(chain, last, heads.pop(chain, None))
        for chain, head in heads.items():  # chains with an end and no link
            if self.record.part.since is None:
                self._end(chain, None, head)

    def _chain(self, links: Iterator[Link]) -> Link | None:
        last: Link | None = None
        for link in links:
            self.findings.links += 1
            if last is None and self.record.part.since is None:
                before = Head(0, START)
            else:
                before = Head(last.seq, last.digest) if last else Head(link.seq - 1, link.prev)
            if link.seq != before.seq + 1:
                self._fault(FaultKind.LINK_MISSING, link, seq=before.seq + 1)
            elif link.prev != before.digest:
                self._fault(FaultKind.LINK_ORDER, link)
                self.rewritten |= {(link.chain, before.seq), (link.chain, link.seq)}
            last = link
        return last

    def _end(self, chain: str, last: Link | None, head: Head | None) -> None:
        seq = last.seq if last else 0
        if head is not None and head.seq > seq:
            self.findings.add(Fault(FaultKind.TAIL_MISSING, chain, seq + 1, source="head"))
        elif last is not None and (head is None or head != (last.seq, last.digest)):
            self.rewritten.add((chain, seq))
            self.findings.add(Fault(FaultKind.HEAD_CHANGED, chain, seq, last.tx_id))

    def _fault(self, kind: FaultKind, link: Link, **more: Any) -> None:
        place: dict[str, Any] = {"chain": link.chain, "seq": link.seq, "tx_id": link.tx_id}
        place |= _alone(link.tx_id)
        self.findings.add(Fault(kind, **(place | more)))

    # -- transactions --------------------------------------------------------------------------------------------

    def transactions(self, spool: Spool) -> None:
        """Each transaction's text under its links; nothing written that no link knows."""
        written = spool.transactions()
        ahead = next(written, None)
        known = groupby(self.record.links_by_transaction(), key=lambda pair: pair[0].tx_id)
        for tx_id, pairs in known:
            while ahead is not None and ahead[0] < tx_id:
                self._unlinked(ahead[0])
                ahead = next(written, None)
            rows: list[Sealed] = []
            if ahead is not None and ahead[0] == tx_id:
                rows, ahead = [Sealed(*row) for row in ahead[1]], next(written, None)
            self._transaction(tx_id, list(pairs), rows)
        while ahead is not None:
            self._unlinked(ahead[0])
            ahead = next(written, None)
        for tx_id in self.record.unlinked():
            self._unlinked(tx_id)

    def _unlinked(self, tx_id: int) -> None:
        fault = Fault(FaultKind.TX_UNLINKED, tx_id=tx_id, **_alone(tx_id))
        if fault not in self.findings.faults[-1:]:
            self.findings.add(fault)

    def _transaction(
        self, tx_id: int, pairs: Sequence[tuple[Link, Sequence[Any]]], rows: list[Sealed]
    ) -> None:
        values = pairs[0][1]
        text = raw_transaction_text(values) if any(v is not None for v in values) else None
        if tx_id < 0:  # a row of a log that needs no transaction
            text = ""
        shares = share_out([link for link, _tx in pairs], rows)
        for link, _tx in pairs:
            if self.record.holds(link.chain):
                self._link(link, text, shares[link.chain])

    def _link(self, link: Link, text: str | None, rows: list[Sealed]) -> None:
        again = make_link(link.chain, Head(link.seq - 1, link.prev), link.tx_id, text or "", rows)
        if text is not None and again == link:
            return
        found = differences(link, rows)
        for kind, key, digest in found:
            self._fault(kind, link, key=key, digest=digest)
        if text is None:
            self._fault(FaultKind.TX_DELETED, link)
        elif not found:
            rewritten = (link.chain, link.seq) in self.rewritten or again.digest == link.digest
            self._fault(FaultKind.LINK_CHANGED if rewritten else FaultKind.TX_CHANGED, link)

    # -- journal and anchors -------------------------------------------------------------------------------------

    def ends(self, known: Mapping[str, tuple[Head, str]], kind: FaultKind = FaultKind.TAIL_MISSING) -> None:
        """What a witness outside the database has seen must still be there."""
        mine = {chain: seen for chain, seen in known.items() if self.record.holds(chain)}
        there = self.record.digests([(chain, head.seq) for chain, (head, _file) in mine.items()])
        for chain, (head, file) in mine.items():
            if there.get((chain, head.seq)) != head.digest:
                self.findings.add(Fault(kind, chain, head.seq, source=file))

    def journal(self) -> None:
        """Every day since the last anchor whole. Read anew: saves are committed before their lines are written."""
        known = {chain: head for chain, (head, _file) in _journal()}
        for day, ends in days_short(self.record.connection, self.record.heads(), known):
            source = f"{day.isoformat()}.log ({ends})"
            self.findings.add(Fault(FaultKind.JOURNAL_SHORT, source=source))

    def anchors(self) -> None:
        """Each anchor whole, signed, chained to the one before, and its ends still there."""
        before = Head(0, START)
        for anchor in self.record.anchors():
            self.findings.anchors += 1
            text = text_of(anchor, self.record.anchor_heads(anchor.number))
            number = str(anchor.number)
            if anchor.number != before.seq + 1 or anchor.previous != before.digest:
                self.findings.add(Fault(FaultKind.ANCHOR_MISSING, source=number))
            if text_digest(text) != anchor.digest:
                self.findings.add(Fault(FaultKind.ANCHOR_CHANGED, source=number))
            elif not signed(anchor, text):
                self.findings.add(Fault(FaultKind.ANCHOR_SIGNATURE, source=number))
            before = Head(anchor.number, anchor.digest)
        for bound_by, chain, head in self.record.anchored_but_gone():
            self.findings.add(Fault(FaultKind.TAIL_MISSING, chain, head.seq, source=f"#{bound_by}"))

    def outside(self, path: Path) -> None:
        """An anchor that was kept elsewhere: its signature, and every end it binds."""
        read = read_anchor(path)
        if read is None:
            self.findings.add(Fault(FaultKind.ANCHOR_SIGNATURE, source=path.name))
            return
        self.ends({chain: (head, path.name) for chain, head in read})


def _alone(tx_id: int | None) -> dict[str, Any]:
    """Table and key of a row of a log that was written without a transaction, by its number below zero."""
    return {} if tx_id is None or tx_id > 0 else {"table": AuditEvent.__tablename__, "row": (-tx_id,)}


def share_out(links: Sequence[Link], rows: Iterable[Sealed]) -> dict[str, list[Sealed]]:
    """The rows of a transaction by its links; what stands on no sheet, or on one without a link, goes to the first."""
    chains = {link.chain for link in links}
    first = min(chains, key=lambda chain: (chain[0] != "s", int(chain[1:])))
    found: dict[str, list[Sealed]] = defaultdict(list)
    for row in rows:
        chain = sheet_chain(row.sheet)
        found[chain if chain in chains else first].append(row)
    return found


def read_anchor(path: Path) -> list[tuple[str, Head]] | None:
    """The ends a file of an anchor binds; None where its signature does not hold."""
    kept = json.loads(path.read_text(encoding="utf-8"))
    if kept.get("format") != FORMAT or not kept.get("public_key"):
        return None
    key = keys.PublicKey(int(kept["public_key"]["n"], 16), int(kept["public_key"]["e"], 16))
    if not key.holds(kept["text"], b64decode(kept["signature"])):
        return None
    found: list[tuple[str, Head]] = []
    bound = {line.split(" ")[1]: line for line in kept["text"].splitlines() if line.startswith("unit ")}
    for unit, lines in kept["heads"].items():
        ends = [(chain, Head(int(seq), digest)) for chain, seq, digest in (line.split(" ") for line in lines)]
        if bound.get(unit) != f"unit {unit} {len(ends)} {heads_digest(ends)}":
            return None
        found += ends
    return found
