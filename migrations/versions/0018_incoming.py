"""school records from other schools, sealed bundles

Revision ID: 0018
Revises: 0017

"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def upgrade() -> None:
    """New tables."""
    _incoming_record()
    _sealed_bundle()
    _bundle_check()


def _incoming_record() -> None:
    op.create_table(
        "incoming_record",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("source_code", sa.String(40), nullable=False),
        sa.Column("source_name", sa.String(300), nullable=False),
        sa.Column("taken_at", INSTANT, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("content", sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb"), nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("aside_at", INSTANT),
        sa.Column("aside_by_id", sa.Integer()),
        sa.Column("aside_reason", sa.String(300)),
        sa.ForeignKeyConstraint(["aside_by_id"], ["ab_user.id"]),
        sa.ForeignKeyConstraint(["student_id"], ["student.id"]),
        sa.ForeignKeyConstraint(["unit_id"], ["org_unit.id"]),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("student_id", "digest", name="uq_incoming_record"),
    )
    op.create_index("ix_incoming_record_unit_id", "incoming_record", ["unit_id"])


def _sealed_bundle() -> None:
    op.create_table(
        "sealed_bundle",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("school_year_id", sa.Integer(), nullable=False),
        sa.Column("class_id", sa.Integer(), nullable=False),
        sa.Column("term", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("occasion", sa.String(24), nullable=False),
        sa.Column("source_id", sa.Integer()),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("user_id", sa.Integer()),
        sa.Column("folder", sa.String(240), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("previous", sa.String(64)),
        sa.ForeignKeyConstraint(["class_id"], ["school_class.id"]),
        sa.ForeignKeyConstraint(["school_year_id"], ["school_year.id"]),
        sa.ForeignKeyConstraint(["unit_id"], ["org_unit.id"]),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("class_id", "number", name="uq_sealed_bundle"),
    )
    op.create_index("ix_sealed_bundle_unit", "sealed_bundle", ["unit_id", "school_year_id", "term"])
    op.create_index("ix_sealed_bundle_source", "sealed_bundle", ["occasion", "source_id"])


def _bundle_check() -> None:
    op.create_table(
        "bundle_check",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bundle_id", sa.Integer(), nullable=False),
        sa.Column("checked_at", INSTANT, nullable=False),
        sa.Column("faults", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["bundle_id"], ["sealed_bundle.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_bundle_check", "bundle_check", ["bundle_id", "checked_at"])


def downgrade() -> None:
    """Not offered: records would be lost."""
    raise NotImplementedError("Restore the backup made before this migration instead.")
