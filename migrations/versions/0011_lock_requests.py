"""requests to open a locked book for a while; windows over subjects, sheets and single cells

Revision ID: 0011
Revises: 0010

"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
SCOPES = ("subject_ids", "student_ids")


def upgrade() -> None:
    """Windows of before speak about every subject, sheet and student; no request exists yet."""
    for name in SCOPES:
        op.add_column(
            "lock_window", sa.Column(name, sa.JSON(), nullable=False, server_default=sa.text("('[]')"))
        )
        op.add_column("lock_window_version", sa.Column(name, sa.JSON(), nullable=True))
    key = sa.ForeignKey("gradebook_sheet.id", name="fk_lock_window_sheet")
    op.add_column("lock_window", sa.Column("sheet_id", sa.Integer(), key), inline_references=True)
    op.add_column("lock_window_version", sa.Column("sheet_id", sa.Integer(), nullable=True))
    op.create_index("ix_lock_window_sheet", "lock_window", ["sheet_id"])
    _request()
    _seat()


def _request() -> None:
    op.create_table(
        "extension_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("sheet_id", sa.Integer(), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("student_ids", sa.JSON(), nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=False),
        sa.Column("withdrawn_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["unit_id"], ["org_unit.id"]),
        sa.ForeignKeyConstraint(["sheet_id"], ["gradebook_sheet.id"]),
        sa.ForeignKeyConstraint(["asked_by_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_extension_request_sheet", "extension_request", ["sheet_id", "asked_at"])
    op.create_index("ix_extension_request_unit", "extension_request", ["unit_id", "asked_at"])
    op.create_table(
        "extension_request_version",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("unit_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("sheet_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("columns", sa.JSON(), autoincrement=False, nullable=True),
        sa.Column("student_ids", sa.JSON(), autoincrement=False, nullable=True),
        sa.Column("until", INSTANT, autoincrement=False, nullable=True),
        sa.Column("reason", sa.String(length=300), autoincrement=False, nullable=True),
        sa.Column("asked_at", INSTANT, autoincrement=False, nullable=True),
        sa.Column("asked_by_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("withdrawn_at", INSTANT, autoincrement=False, nullable=True),
        *_version_key(),
    )


def _seat() -> None:
    op.create_table(
        "extension_seat",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.Column("granted", sa.Boolean(), nullable=True),
        sa.Column("answer", sa.String(length=300), nullable=True),
        sa.Column("ordered_by_id", sa.Integer(), nullable=True),
        sa.Column("executed_by_id", sa.Integer(), nullable=True),
        sa.Column("window_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["request_id"], ["extension_request.id"]),
        sa.ForeignKeyConstraint(["unit_id"], ["org_unit.id"]),
        sa.ForeignKeyConstraint(["ordered_by_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["executed_by_id"], ["ab_user.id"]),
        sa.ForeignKeyConstraint(["window_id"], ["lock_window.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("request_id", "unit_id", name="uq_extension_seat"),
    )
    op.create_index("ix_extension_seat_unit", "extension_seat", ["unit_id", "decided_at"])
    op.create_table(
        "extension_seat_version",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("request_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("unit_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("decided_at", INSTANT, autoincrement=False, nullable=True),
        sa.Column("granted", sa.Boolean(), autoincrement=False, nullable=True),
        sa.Column("answer", sa.String(length=300), autoincrement=False, nullable=True),
        sa.Column("ordered_by_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("executed_by_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("window_id", sa.Integer(), autoincrement=False, nullable=True),
        *_version_key(),
    )


def _version_key() -> tuple[sa.Column, sa.Column, sa.PrimaryKeyConstraint]:
    return (
        sa.Column("transaction_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("operation_type", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", "transaction_id"),
    )


def downgrade() -> None:
    """Not offered: records would be lost."""
    raise NotImplementedError("Restore the backup made before this migration instead.")
