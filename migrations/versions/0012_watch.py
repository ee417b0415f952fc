"""inspections and exceptions told to the tier above

Revision ID: 0012
Revises: 0011

"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def upgrade() -> None:
    """Five new tables; inspectors of an office reach units from their inspections on, and there are none yet."""
    _inspection()
    _inspection_unit()
    _exception_note()
    _exception_look()
    _access_review()


def _inspection() -> None:
    op.create_table(
        "inspection",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("decision", sa.String(length=120), nullable=False),
        sa.Column("purpose", sa.String(length=300), nullable=False),
        sa.Column("ordered_by_id", sa.Integer(), nullable=False),
        sa.Column("executed_by_id", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["unit_id"], ["org_unit.id"]),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["ordered_by_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["executed_by_id"], ["ab_user.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_inspection_unit", "inspection", ["unit_id", "starts_on"])
    op.create_index("ix_inspection_person_id", "inspection", ["person_id"])
    op.create_table(
        "inspection_version",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("unit_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("person_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("decision", sa.String(length=120), autoincrement=False, nullable=True),
        sa.Column("purpose", sa.String(length=300), autoincrement=False, nullable=True),
        sa.Column("ordered_by_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("executed_by_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("starts_on", sa.Date(), autoincrement=False, nullable=True),
        sa.Column("ends_on", sa.Date(), autoincrement=False, nullable=True),
        sa.Column("transaction_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("operation_type", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", "transaction_id"),
    )
    op.create_index("ix_inspection_version_person_id", "inspection_version", ["person_id"])


def _inspection_unit() -> None:
    op.create_table(
        "inspection_unit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("inspection_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["inspection_id"], ["inspection.id"]),
        sa.ForeignKeyConstraint(["unit_id"], ["org_unit.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("inspection_id", "unit_id", name="uq_inspection_unit"),
    )
    op.create_index("ix_inspection_unit_place", "inspection_unit", ["unit_id"])
    op.create_table(
        "inspection_unit_version",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("inspection_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("unit_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("transaction_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("operation_type", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", "transaction_id"),
    )


def _exception_note() -> None:
    op.create_table(
        "exception_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("happened_at", INSTANT, nullable=False),
        sa.Column("what", sa.String(length=500), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("url", sa.String(length=200), nullable=True),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("transaction_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["unit_id"], ["org_unit.id"]),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"]),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["transaction_id"], ["tx_log.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_exception_note_unit", "exception_note", ["unit_id", "happened_at"])
    op.create_index("ix_exception_note_kind", "exception_note", ["kind", "happened_at"])


def _exception_look() -> None:
    op.create_table(
        "exception_look",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("note_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("looked_at", INSTANT, nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(["note_id"], ["exception_note.id"]),
        sa.ForeignKeyConstraint(["unit_id"], ["org_unit.id"]),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_exception_look_note", "exception_look", ["note_id", "unit_id"])


def _access_review() -> None:
    op.create_table(
        "access_review",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("school_year_id", sa.Integer(), nullable=False),
        sa.Column("term", sa.Integer(), nullable=False),
        sa.Column("reviewed_at", INSTANT, nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["org_unit.id"]),
        sa.ForeignKeyConstraint(["school_year_id"], ["school_year.id"]),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_access_review_unit", "access_review", ["unit_id", "school_year_id", "term"])


def downgrade() -> None:
    """Not offered: records would be lost."""
    raise NotImplementedError("Restore the backup made before this migration instead.")
