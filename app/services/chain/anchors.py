"""Anchors (mốc niêm phong): the ends of all chains that moved, bound under one signature, to be kept outside."""

from base64 import b64decode
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import Actor
from app.domain.chain import (
    START,
    Head,
    anchor_text,
    head_line,
    sheet_chain,
    text_digest,
    unit_chain,
)
from app.errors import NotFound
from app.models import AnchorHead, ChainAnchor, ChainHead, GradebookSheet, OrgUnit
from app.services.chain import keys
from app.services.clock import Clock, local_day
from app.services.unit_of_work import plain_write

BEGIN: Final = "begin"
NIGHT: Final = "night"
CLOSING: Final = "closing"
ORDER: Final = "order"
FORMAT: Final = "hocvu-anchor-1"


def make_anchor(kind: str, *, clock: Clock, unit_id: int | None = None) -> ChainAnchor | None:
    """Bind every end that moved since the anchor before. Commits by itself.

    None where none moved; a quiet night has its anchor all the same: it says that nothing was written.

    After a closing call it behind the closing's transaction, with the unit: what that wrote is under it then.
    """
    with plain_write() as session:
        last = session.scalar(
            sa.select(ChainAnchor).order_by(ChainAnchor.number.desc()).limit(1).with_for_update()
        )
        heads = _moved(session)
        if not heads and (kind != NIGHT or last is None):
            return None
        anchor = ChainAnchor(
            number=last.number + 1 if last else 1,
            made_at=clock(),
            kind=kind,
            unit_id=unit_id,
            heads=len(heads),
            previous=last.digest if last else START,
        )
        text = text_of(anchor, by_owner(heads))
        key, signature = keys.sign(text)
        anchor.digest, anchor.signature, anchor.key_id = text_digest(text), signature, key.key_id
        session.add(anchor)
        session.flush()
        for head in heads:
            head.number = anchor.number
        session.add_all(heads)
        return anchor


def nightly(session: Session, *, clock: Clock) -> ChainAnchor | None:
    """The anchor of a day: the first call of each day makes it."""
    last = session.scalar(
        sa.select(sa.func.max(ChainAnchor.made_at)).where(ChainAnchor.kind.in_((NIGHT, BEGIN)))
    )
    if last is not None and local_day(last) >= local_day(clock()):
        return None
    return make_anchor(NIGHT, clock=clock)


def _moved(session: Session) -> list[AnchorHead]:
    """Ends no anchor holds yet, without number."""
    held = dict(
        session.execute(
            sa.select(AnchorHead.chain, sa.func.max(AnchorHead.seq)).group_by(AnchorHead.chain)
        ).all()
    )
    sheets = sa.select(
        GradebookSheet.id, GradebookSheet.unit_id, GradebookSheet.chain_seq, GradebookSheet.chain_head
    ).where(GradebookSheet.chain_seq > 0)
    found = [
        AnchorHead(chain=chain, unit_id=row.unit_id, seq=row.chain_seq, digest=row.chain_head)
        for row in session.execute(sheets)
        if row.chain_seq > held.get(chain := sheet_chain(row.id), 0)
    ]
    units = sa.select(ChainHead.unit_id, ChainHead.seq, ChainHead.digest).where(ChainHead.seq > 0)
    return found + [
        AnchorHead(chain=chain, unit_id=row.unit_id, seq=row.seq, digest=row.digest)
        for row in session.execute(units)
        if row.seq > held.get(chain := unit_chain(row.unit_id), 0)
    ]


Heads = dict[int, list[tuple[str, Head]]]
"""The ends of chains by the unit whose they are (0: the installation's)."""


def text_of(anchor: ChainAnchor, heads: Heads) -> str:
    """What the anchor's signature stands under."""
    fields = (
        ("number", str(anchor.number)),
        ("made_at", anchor.made_at.isoformat(timespec="microseconds")),
        ("kind", anchor.kind),
        ("closing_of", str(anchor.unit_id or "")),
        ("previous", anchor.previous),
        ("heads", str(sum(map(len, heads.values())))),
    )
    return anchor_text(fields, heads)


def by_owner(rows: Iterable[Any]) -> Heads:
    """Rows with unit, chain, number and digest, as ends by unit."""
    found: Heads = {}
    for row in rows:
        found.setdefault(row.unit_id, []).append((row.chain, Head(row.seq, row.digest)))
    return found


def heads_of(session: Session, number: int, units: Collection[int] | None = None) -> Heads:
    """The ends an anchor binds; `units`: theirs only."""
    query = sa.select(AnchorHead.unit_id, AnchorHead.chain, AnchorHead.seq, AnchorHead.digest)
    query = query.where(AnchorHead.number == number)
    return by_owner(session.execute(query if units is None else query.where(AnchorHead.unit_id.in_(units))))


def as_file(session: Session, anchor: ChainAnchor, units: Collection[int] | None = None) -> dict[str, Any]:
    """The anchor as it is kept outside: its text, signature and key, and the ends themselves.

    `units`: the ends of these only; the text stands for all units, so the signature can be checked all the same.
    """
    heads = heads_of(session, anchor.number)
    key = keys.public_keys().get(anchor.key_id)
    return {
        "format": FORMAT,
        "number": anchor.number,
        "digest": anchor.digest,
        "text": text_of(anchor, heads),
        "signature": anchor.signature,
        "key_id": anchor.key_id,
        "public_key": {"n": f"{key.n:x}", "e": f"{key.e:x}"} if key else None,
        "heads": {
            str(unit): [head_line(chain, head) for chain, head in sorted(ends)]
            for unit, ends in sorted(heads.items())
            if units is None or unit in units
        },
    }


def signed(anchor: ChainAnchor, text: str) -> bool:
    """Whether its signature is by a key of this installation, over this text."""
    key = keys.public_keys().get(anchor.key_id)
    return key is not None and key.holds(text, b64decode(anchor.signature))


# -- for the page ----------------------------------------------------------------------------------------------------


def recent(session: Session, actor: Actor, limit: int = 60) -> Sequence[Any]:
    """The newest anchors with the number of ends in the actor's reach: (anchor, ends); one statement."""
    mine = (
        sa.select(sa.func.count())
        .where(AnchorHead.number == ChainAnchor.number, AnchorHead.unit_id.in_(reach(actor)))
        .correlate(ChainAnchor)
        .scalar_subquery()
    )
    query = sa.select(ChainAnchor, mine.label("ends")).order_by(ChainAnchor.number.desc()).limit(limit)
    return session.execute(query).all()


def by_unit(session: Session, actor: Actor) -> Sequence[Any]:
    """For each unit in reach: (unit id, name, anchored ends, newest anchor's time); one statement."""
    query = (
        sa.select(
            OrgUnit.id,
            OrgUnit.name,
            sa.func.count(sa.distinct(AnchorHead.chain)).label("ends"),
            sa.func.max(ChainAnchor.made_at).label("last"),
        )
        .join(AnchorHead, AnchorHead.unit_id == OrgUnit.id)
        .join(ChainAnchor, ChainAnchor.number == AnchorHead.number)
        .where(OrgUnit.id.in_(reach(actor)))
        .group_by(OrgUnit.id, OrgUnit.name)
        .order_by(OrgUnit.name)
    )
    return session.execute(query).all()


def newest(session: Session) -> ChainAnchor | None:
    """The last one."""
    found: ChainAnchor | None = session.scalar(
        sa.select(ChainAnchor).order_by(ChainAnchor.number.desc()).limit(1)
    )
    return found


def get(session: Session, number: int) -> ChainAnchor:
    """Raises NotFound."""
    found = session.get(ChainAnchor, number)
    if found is None:
        raise NotFound
    return found


def reach(actor: Actor) -> list[int]:
    """The units whose ends an actor may see: the own one and those below."""
    return sorted(unit for unit in {actor.unit_id, *actor.below} if unit is not None)
