"""the chain of history and its anchors

The triggers that keep history are made by `flask init-app` after all migrations: later tables need them too.

Revision ID: 0008
Revises: 0007

"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
BYTES = sa.LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql", "mariadb")


def upgrade() -> None:
    """Empty chains; `flask init-app` binds the history of before."""
    op.add_column("gradebook_sheet", sa.Column("chain_seq", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("gradebook_sheet", sa.Column("chain_head", sa.String(length=64), nullable=True))
    op.create_table(
        "chain_link",
        sa.Column("chain", sa.String(length=16), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("tx_id", sa.BigInteger(), nullable=False),
        sa.Column("prev", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("marks", BYTES, nullable=False),
        sa.PrimaryKeyConstraint("chain", "seq"),
    )
    op.create_index("ix_chain_link_tx_id", "chain_link", ["tx_id"])
    op.create_table(
        "chain_head",
        sa.Column("unit_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("unit_id"),
    )
    _anchors()


def _anchors() -> None:
    op.create_table(
        "chain_anchor",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("heads", sa.Integer(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("key_id", sa.String(length=64), nullable=False),
        sa.Column("signature", sa.String(length=700), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["org_unit.id"]),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("previous"),
    )
    op.create_table(
        "anchor_head",
        sa.Column("chain", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["number"], ["chain_anchor.number"]),
        sa.PrimaryKeyConstraint("chain", "number"),
    )
    op.create_index("ix_anchor_head_number", "anchor_head", ["number"])
    op.create_index("ix_anchor_head_unit", "anchor_head", ["unit_id", "number"])


def downgrade() -> None:
    """Not offered: records would be lost."""
    raise NotImplementedError("Restore the backup made before this migration instead.")
