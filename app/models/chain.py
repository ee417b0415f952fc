"""The chain over the history, and the signed anchors that bind its ends. Append-only but for the heads of units.

The head of a sheet's chain stands on the sheet itself, which each save holds anyway.
"""

from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Model, UTCDateTime

if TYPE_CHECKING:
    from app.models.org import OrgUnit


class ChainLink(Model):
    """A transaction's link in one chain; see `domain/chain.py`."""

    __tablename__ = "chain_link"

    chain: Mapped[str] = mapped_column(sa.String(16), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    tx_id: Mapped[int] = mapped_column(sa.BigInteger, nullable=False, index=True)
    prev: Mapped[str] = mapped_column(sa.String(64), nullable=False)
    digest: Mapped[str] = mapped_column(sa.String(64), nullable=False)
    marks: Mapped[bytes] = mapped_column(
        sa.LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql", "mariadb"), nullable=False
    )


class ChainHead(Model):
    """The end of a unit's chain (0: the installation's): held last of all in a transaction that adds to it."""

    __tablename__ = "chain_head"

    unit_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(nullable=False)
    digest: Mapped[str] = mapped_column(sa.String(64), nullable=False)


class ChainAnchor(Model):
    """All ends that moved since the anchor before, under one signature (mốc niêm phong)."""

    __tablename__ = "chain_anchor"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    made_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    kind: Mapped[str] = mapped_column(sa.String(16), nullable=False)  # begin · night · closing · order
    unit_id: Mapped[int | None] = mapped_column(sa.ForeignKey("org_unit.id"))  # whose closing it was made for
    heads: Mapped[int] = mapped_column(nullable=False)
    previous: Mapped[str] = mapped_column(sa.String(64), unique=True, nullable=False)
    digest: Mapped[str] = mapped_column(sa.String(64), nullable=False)
    key_id: Mapped[str] = mapped_column(sa.String(64), nullable=False)
    signature: Mapped[str] = mapped_column(sa.String(700), nullable=False)
    unit: Mapped["OrgUnit | None"] = relationship()


class AnchorHead(Model):
    """The end of one chain as an anchor binds it, with the unit whose chain it is (0: the installation's)."""

    __tablename__ = "anchor_head"
    __table_args__ = (sa.Index("ix_anchor_head_unit", "unit_id", "number"),)

    chain: Mapped[str] = mapped_column(sa.String(16), primary_key=True)
    number: Mapped[int] = mapped_column(
        sa.ForeignKey("chain_anchor.number"), primary_key=True, autoincrement=False, index=True
    )
    unit_id: Mapped[int] = mapped_column(nullable=False)
    seq: Mapped[int] = mapped_column(nullable=False)
    digest: Mapped[str] = mapped_column(sa.String(64), nullable=False)
