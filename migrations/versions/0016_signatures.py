"""certificates and signatures

Revision ID: 0016
Revises: 0015

"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def upgrade() -> None:
    """Certificates with their history, and signatures."""
    _certificate()
    _signature()


def _certificate() -> None:
    op.create_table(
        "certificate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("key_kind", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("issuer", sa.String(length=200), nullable=False),
        sa.Column("serial", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("not_before", INSTANT, nullable=False),
        sa.Column("not_after", INSTANT, nullable=False),
        sa.Column("pem", sa.Text(), nullable=False),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.Column("added_at", INSTANT, nullable=False),
        sa.Column("warned_at", INSTANT, nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("ended_why", sa.String(length=300), nullable=True),
        sa.ForeignKeyConstraint(["unit_id"], ["org_unit.id"]),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("fingerprint", name="uq_certificate_fingerprint"),
    )
    op.create_index("ix_certificate_unit", "certificate", ["unit_id", "not_after"])
    op.create_index("ix_certificate_person_id", "certificate", ["person_id"])
    op.create_table(
        "certificate_version",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("unit_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("person_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("key_kind", sa.String(length=8), autoincrement=False, nullable=True),
        sa.Column("name", sa.String(length=200), autoincrement=False, nullable=True),
        sa.Column("issuer", sa.String(length=200), autoincrement=False, nullable=True),
        sa.Column("serial", sa.String(length=64), autoincrement=False, nullable=True),
        sa.Column("fingerprint", sa.String(length=64), autoincrement=False, nullable=True),
        sa.Column("not_before", INSTANT, autoincrement=False, nullable=True),
        sa.Column("not_after", INSTANT, autoincrement=False, nullable=True),
        sa.Column("pem", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("is_demo", sa.Boolean(), autoincrement=False, nullable=True),
        sa.Column("added_at", INSTANT, autoincrement=False, nullable=True),
        sa.Column("warned_at", INSTANT, autoincrement=False, nullable=True),
        sa.Column("ended_at", INSTANT, autoincrement=False, nullable=True),
        sa.Column("ended_why", sa.String(length=300), autoincrement=False, nullable=True),
        sa.Column("transaction_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("operation_type", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", "transaction_id"),
    )
    op.create_index("ix_certificate_version_person_id", "certificate_version", ["person_id"])


def _signature() -> None:
    op.create_table(
        "signature",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.SmallInteger(), nullable=False),
        sa.Column("role", sa.String(length=24), nullable=False),
        sa.Column("certificate_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("signed_at", INSTANT, nullable=False),
        sa.Column("source_digest", sa.String(length=64), nullable=False),
        sa.Column("file_digest", sa.String(length=64), nullable=False),
        sa.Column("data_digest", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["unit_id"], ["org_unit.id"]),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"]),
        sa.ForeignKeyConstraint(["certificate_id"], ["certificate.id"]),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("document_id", "place", name="uq_signature_place"),
    )
    op.create_index("ix_signature_file", "signature", ["file_digest"])
    op.create_index("ix_signature_unit", "signature", ["unit_id", "signed_at"])
    op.create_index("ix_signature_certificate_id", "signature", ["certificate_id"])


def downgrade() -> None:
    """Not offered: records would be lost."""
    raise NotImplementedError("Restore the backup made before this migration instead.")
