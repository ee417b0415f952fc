"""daily attendance

Revision ID: 0020
Revises: 0019

"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The rows and their history, and how many sessions a day a class is taught."""
    op.create_table(
        "attendance",
        sa.Column("class_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("student_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("school_year_id", sa.Integer(), nullable=False),
        sa.Column("days", sa.String(length=160), nullable=True),
        sa.ForeignKeyConstraint(["class_id"], ["school_class.id"]),
        sa.ForeignKeyConstraint(["student_id"], ["student.id"]),
        sa.ForeignKeyConstraint(["unit_id"], ["org_unit.id"]),
        sa.ForeignKeyConstraint(["school_year_id"], ["school_year.id"]),
        sa.PrimaryKeyConstraint("class_id", "month", "student_id"),
    )
    op.create_index("ix_attendance_student", "attendance", ["student_id", "school_year_id"])
    op.create_table(
        "attendance_version",
        sa.Column("class_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("month", sa.String(length=7), autoincrement=False, nullable=False),
        sa.Column("student_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("unit_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("school_year_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("days", sa.String(length=160), autoincrement=False, nullable=True),
        sa.Column("transaction_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("operation_type", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("class_id", "month", "student_id", "transaction_id"),
    )
    op.create_table(
        "roll_call",
        sa.Column("class_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("school_year_id", sa.Integer(), nullable=False),
        sa.Column("days", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(["class_id"], ["school_class.id"]),
        sa.ForeignKeyConstraint(["unit_id"], ["org_unit.id"]),
        sa.ForeignKeyConstraint(["school_year_id"], ["school_year.id"]),
        sa.PrimaryKeyConstraint("class_id", "month"),
    )
    op.create_table(
        "roll_call_version",
        sa.Column("class_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("month", sa.String(length=7), autoincrement=False, nullable=False),
        sa.Column("unit_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("school_year_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("days", sa.String(length=100), autoincrement=False, nullable=True),
        sa.Column("transaction_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("operation_type", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("class_id", "month", "transaction_id"),
    )
    op.add_column("school_class", sa.Column("sessions", sa.SmallInteger(), nullable=True))
    op.add_column("school_class_version", sa.Column("sessions", sa.SmallInteger(), nullable=True))


def downgrade() -> None:
    """Not offered: the record would forget who was absent."""
    raise NotImplementedError("Restore the backup made before this migration instead.")
