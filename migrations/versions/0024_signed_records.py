"""signatures of bundles, terms of other schools that count, transfers with their receipts

Revision ID: 0024
Revises: 0023

"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def upgrade() -> None:
    """New tables."""
    _counted_term()
    _transfer()
    _bundle_signature()


def _counted_term() -> None:
    op.create_table(
        "counted_term",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("school_year_id", sa.Integer(), nullable=False),
        sa.Column("term", sa.SmallInteger(), nullable=False),
        sa.Column("source_name", sa.String(300), nullable=False),
        sa.Column("class_name", sa.String(60), nullable=False),
        sa.Column("results", sa.JSON(), nullable=False),
        sa.Column("training", sa.String(24)),
        sa.Column("learning", sa.String(24)),
        sa.Column("average", sa.String(8)),
        sa.Column("absences", sa.Integer()),
        sa.Column("counted_at", INSTANT, nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("ended_at", INSTANT),
        sa.ForeignKeyConstraint(["unit_id"], ["org_unit.id"]),
        sa.ForeignKeyConstraint(["record_id"], ["incoming_record.id"]),
        sa.ForeignKeyConstraint(["student_id"], ["student.id"]),
        sa.ForeignKeyConstraint(["school_year_id"], ["school_year.id"]),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_counted_term_student", "counted_term", ["student_id", "school_year_id"])
    op.create_index("ix_counted_term_record_id", "counted_term", ["record_id"])
    op.create_table(
        "counted_term_version",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("unit_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("record_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("student_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("school_year_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("term", sa.SmallInteger(), autoincrement=False, nullable=True),
        sa.Column("source_name", sa.String(300), autoincrement=False, nullable=True),
        sa.Column("class_name", sa.String(60), autoincrement=False, nullable=True),
        sa.Column("results", sa.JSON(), autoincrement=False, nullable=True),
        sa.Column("training", sa.String(24), autoincrement=False, nullable=True),
        sa.Column("learning", sa.String(24), autoincrement=False, nullable=True),
        sa.Column("average", sa.String(8), autoincrement=False, nullable=True),
        sa.Column("absences", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("counted_at", INSTANT, autoincrement=False, nullable=True),
        sa.Column("user_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("ended_at", INSTANT, autoincrement=False, nullable=True),
        sa.Column("transaction_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("operation_type", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", "transaction_id"),
    )
    op.create_index("ix_counted_term_version_record_id", "counted_term_version", ["record_id"])


def _transfer() -> None:
    op.create_table(
        "transfer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("received_at", INSTANT),
        sa.Column("received_by", sa.String(120)),
        sa.Column("received_school", sa.String(300)),
        sa.Column("receipt", sa.Text()),
        sa.ForeignKeyConstraint(["unit_id"], ["org_unit.id"]),
        sa.ForeignKeyConstraint(["student_id"], ["student.id"]),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"]),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_transfer_unit_id", "transfer", ["unit_id"])
    op.create_index("ix_transfer_student", "transfer", ["student_id"])


def _bundle_signature() -> None:
    op.create_table(
        "bundle_signature",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("bundle_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(24), nullable=False),
        sa.Column("certificate_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("signed_at", INSTANT, nullable=False),
        sa.Column("manifest_digest", sa.String(64), nullable=False),
        sa.Column("file", sa.String(280), nullable=False),
        sa.Column("file_digest", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["org_unit.id"]),
        sa.ForeignKeyConstraint(["bundle_id"], ["sealed_bundle.id"]),
        sa.ForeignKeyConstraint(["certificate_id"], ["certificate.id"]),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("bundle_id", "role", name="uq_bundle_signature"),
    )
    op.create_index("ix_bundle_signature_unit", "bundle_signature", ["unit_id", "signed_at"])


def downgrade() -> None:
    """Not offered: records would be lost."""
    raise NotImplementedError("Restore the backup made before this migration instead.")
