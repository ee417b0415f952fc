"""history and chain of correction requests, their cells and steps

Revision ID: 0019
Revises: 0018

"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def upgrade() -> None:
    """Two histories, and steps that name their transaction; rows of before are bound by `begin_logs`."""
    _history(
        "correction_request",
        sa.Column("unit_id", sa.Integer()),
        sa.Column("school_year_id", sa.Integer()),
        sa.Column("term", sa.Integer()),
        sa.Column("place", sa.String(24)),
        sa.Column("sheet_id", sa.Integer()),
        sa.Column("class_id", sa.Integer()),
        sa.Column("subject_id", sa.Integer()),
        sa.Column("topic", sa.String(60)),
        sa.Column("requested_by_id", sa.Integer()),
        sa.Column("requested_as", sa.String(12)),
        sa.Column("requested_at", INSTANT),
        sa.Column("reason", sa.String(500)),
        sa.Column("evidence", sa.String(100)),
        sa.Column("evidence_name", sa.String(160)),
        sa.Column("preset", sa.String(24)),
        sa.Column("seats", sa.JSON()),
        sa.Column("seats_above", sa.JSON()),
        sa.Column("upper_unit_id", sa.Integer()),
        sa.Column("certifier_id", sa.Integer()),
        sa.Column("closed", sa.String(4)),
        sa.Column("state", sa.String(24)),
        sa.Column("expires_at", INSTANT),
        sa.Column("finished_at", INSTANT),
        sa.Column("applied_tx_id", sa.BigInteger()),
    )
    _history(
        "correction_cell",
        sa.Column("request_id", sa.Integer()),
        sa.Column("student_id", sa.Integer()),
        sa.Column("column", sa.String(60)),
        sa.Column("old", sa.String(500)),
        sa.Column("new", sa.String(500)),
    )
    for name, column in (
        ("correction_request", "requested_by_id"),
        ("correction_request", "upper_unit_id"),
        ("correction_cell", "student_id"),
    ):
        op.create_index(f"ix_{name}_version_{column}", f"{name}_version", [column])
    op.add_column("correction_step", sa.Column("transaction_id", sa.BigInteger(), nullable=True))


def _history(table: str, *columns: sa.Column) -> None:
    op.create_table(
        f"{table}_version",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        *columns,
        sa.Column("transaction_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("operation_type", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", "transaction_id"),
    )


def downgrade() -> None:
    """Not offered: records would be lost."""
    raise NotImplementedError("Restore the backup made before this migration instead.")
