"""register of archive media, large files made in the background, cheap questions about what is to be sealed

Revision ID: 0022
Revises: 0021

"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
LONG = sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")


def upgrade() -> None:
    """Three tables and a history; indexes by which the worker asks what is due."""
    _export_job()
    _archive_medium()
    _medium_check()
    op.drop_index("ix_sealed_bundle_source", "sealed_bundle")
    op.create_index("ix_sealed_bundle_source", "sealed_bundle", ["occasion", "source_id", "class_id"])
    op.create_index("ix_closing_closed", "closing", ["closed_at"])
    op.create_index("ix_correction_request_finished", "correction_request", ["state", "finished_at"])


def _export_job() -> None:
    op.create_table(
        "export_job",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("school_year_id", sa.Integer()),
        sa.Column("term", sa.Integer()),
        sa.Column("title", sa.String(240), nullable=False),
        sa.Column("params", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("file", sa.String(200)),
        sa.Column("size", sa.BigInteger()),
        sa.Column("digest", sa.String(64)),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.Column("message", sa.String(500)),
        sa.Column("claim", sa.String(32)),
        sa.Column("beat_at", INSTANT),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("finished_at", INSTANT),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["org_unit.id"]),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"]),
        sa.ForeignKeyConstraint(["school_year_id"], ["school_year.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_export_job_unit", "export_job", ["unit_id", "created_at"])
    op.create_index("ix_export_job_state", "export_job", ["state"])


def _medium_columns(required: bool) -> list[sa.Column]:
    """The columns of a medium; in its history none is required."""
    needed = [
        ("unit_id", sa.Integer()),
        ("school_year_id", sa.Integer()),
        ("term", sa.Integer()),
        ("job_id", sa.Integer()),
        ("kind", sa.String(24)),
        ("serial", sa.String(40)),
        ("place", sa.String(200)),
        ("on_own_disk", sa.Boolean()),
        ("keeper_id", sa.Integer()),
        ("checker_id", sa.Integer()),
        ("bundles", sa.Integer()),
        ("newest_bundle", sa.Integer()),
        ("digest", sa.String(64)),
        ("made_at", INSTANT),
        ("user_id", sa.Integer()),
    ]
    free = [
        ("seal_number", sa.String(40)),
        ("folder", sa.String(240)),
        ("ended_at", INSTANT),
        ("ended_as", sa.String(24)),
        ("ended_reason", sa.String(300)),
        ("ended_by_id", sa.Integer()),
    ]
    return [
        *(sa.Column(name, kind, nullable=not required) for name, kind in needed),
        *(sa.Column(name, kind) for name, kind in free),
    ]


def _archive_medium() -> None:
    op.create_table(
        "archive_medium",
        sa.Column("id", sa.Integer(), nullable=False),
        *_medium_columns(required=True),
        sa.ForeignKeyConstraint(["unit_id"], ["org_unit.id"]),
        sa.ForeignKeyConstraint(["school_year_id"], ["school_year.id"]),
        sa.ForeignKeyConstraint(["job_id"], ["export_job.id"]),
        sa.ForeignKeyConstraint(["keeper_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["checker_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"]),
        sa.ForeignKeyConstraint(["ended_by_id"], ["ab_user.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("unit_id", "serial", name="uq_archive_medium"),
    )
    op.create_index("ix_archive_medium_year", "archive_medium", ["school_year_id", "unit_id"])
    op.create_table(
        "archive_medium_version",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        *_medium_columns(required=False),
        sa.Column("transaction_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("operation_type", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", "transaction_id"),
    )


def _medium_check() -> None:
    op.create_table(
        "medium_check",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("medium_id", sa.Integer(), nullable=False),
        sa.Column("checked_at", INSTANT, nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("reading", sa.String(24), nullable=False),
        sa.Column("digest", sa.String(64)),
        sa.Column("bundles", sa.Integer()),
        sa.Column("faults", sa.JSON(), nullable=False),
        sa.Column("report", LONG),
        sa.ForeignKeyConstraint(["medium_id"], ["archive_medium.id"]),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_medium_check", "medium_check", ["medium_id", "id"])


def downgrade() -> None:
    """Not offered: records would be lost."""
    raise NotImplementedError("Restore the backup made before this migration instead.")
