"""rounds of signing anew after a change

Revision ID: 0023
Revises: 0022

"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def upgrade() -> None:
    """New tables."""
    op.create_table(
        "signing_round",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("school_year_id", sa.Integer(), nullable=True),
        sa.Column("class_id", sa.Integer(), nullable=True),
        sa.Column("form", sa.String(length=40), nullable=False),
        sa.Column("period", sa.SmallInteger(), nullable=True),
        sa.Column("purpose", sa.String(length=12), nullable=False),
        sa.Column("correction_id", sa.Integer(), nullable=True),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("job_id", sa.Integer(), nullable=True),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["unit_id"], ["org_unit.id"]),
        sa.ForeignKeyConstraint(["school_year_id"], ["school_year.id"]),
        sa.ForeignKeyConstraint(["class_id"], ["school_class.id"]),
        sa.ForeignKeyConstraint(["correction_id"], ["correction_request.id"]),
        sa.ForeignKeyConstraint(["job_id"], ["print_job.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_signing_round_unit", "signing_round", ["unit_id", "closed_at"])
    op.create_index("ix_signing_round_open", "signing_round", ["closed_at"])
    for column in ("class_id", "correction_id", "job_id"):
        op.create_index(f"ix_signing_round_{column}", "signing_round", [column])
    op.create_table(
        "stale_paper",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("correction_id", sa.Integer(), nullable=True),
        sa.Column("replaced_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["round_id"], ["signing_round.id"]),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"]),
        sa.ForeignKeyConstraint(["correction_id"], ["correction_request.id"]),
        sa.ForeignKeyConstraint(["replaced_by_id"], ["document.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("document_id", name="uq_stale_paper"),
    )
    for column in ("round_id", "correction_id", "replaced_by_id"):
        op.create_index(f"ix_stale_paper_{column}", "stale_paper", [column])


def downgrade() -> None:
    """Not offered: records would be lost."""
    raise NotImplementedError("Restore the backup made before this migration instead.")
