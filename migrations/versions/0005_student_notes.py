"""remarks of teachers beside the marks

Revision ID: 0005
Revises: 0004

"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

KINDS = sa.Enum("monthly", "discipline", "development", name="notekind", native_enum=False, length=24)


def upgrade() -> None:
    """The rows and their history."""
    op.create_table(
        "student_note",
        sa.Column("cell", sa.String(length=80), autoincrement=False, nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("school_year_id", sa.Integer(), nullable=False),
        sa.Column("class_id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=True),
        sa.Column("kind", KINDS, nullable=False),
        sa.Column("period", sa.String(length=8), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=True),
        sa.Column("area", sa.String(length=24), nullable=True),
        sa.Column("reached", sa.Boolean(), nullable=True),
        sa.Column("text", sa.String(length=500), nullable=True),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["unit_id"], ["org_unit.id"]),
        sa.ForeignKeyConstraint(["school_year_id"], ["school_year.id"]),
        sa.ForeignKeyConstraint(["class_id"], ["school_class.id"]),
        sa.ForeignKeyConstraint(["student_id"], ["student.id"]),
        sa.ForeignKeyConstraint(["subject_id"], ["subject.id"]),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("cell"),
    )
    op.create_index("ix_student_note_class", "student_note", ["class_id", "kind", "period"])
    op.create_index("ix_student_note_student", "student_note", ["student_id", "school_year_id"])
    op.create_table(
        "student_note_version",
        sa.Column("cell", sa.String(length=80), autoincrement=False, nullable=False),
        sa.Column("unit_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("school_year_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("class_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("student_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("kind", KINDS, autoincrement=False, nullable=True),
        sa.Column("period", sa.String(length=8), autoincrement=False, nullable=True),
        sa.Column("subject_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("area", sa.String(length=24), autoincrement=False, nullable=True),
        sa.Column("reached", sa.Boolean(), autoincrement=False, nullable=True),
        sa.Column("text", sa.String(length=500), autoincrement=False, nullable=True),
        sa.Column("author_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("transaction_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("operation_type", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("cell", "transaction_id"),
    )


def downgrade() -> None:
    """Not offered: the record would forget what was written."""
    raise NotImplementedError("Restore the backup made before this migration instead.")
