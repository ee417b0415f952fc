"""the number in a school's register stays with the place a student left for another school

Revision ID: 0021
Revises: 0020

"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """On the place in a class; the student's own sheet keeps the number of the present school, and is found by it."""
    for table in ("enrolment", "enrolment_version"):
        op.add_column(table, sa.Column("register_no", sa.String(length=20), nullable=True))
    op.create_index("ix_student_register", "student", ["unit_id", "register_no"])


def downgrade() -> None:
    """Not offered: records would be lost."""
    raise NotImplementedError("Restore the backup made before this migration instead.")
