"""the specialised subject of a class, and how many weight-2 tests a plan asks for (TT 58/2011 Điều 8, 13)

Revision ID: 0006
Revises: 0005

"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two nullable columns, in the rows and in their history; the key inline, so that SQLite copies no table."""
    key = sa.ForeignKey("subject.id", name="fk_school_class_specialised_subject")
    op.add_column(
        "school_class", sa.Column("specialised_subject_id", sa.Integer(), key), inline_references=True
    )
    op.add_column("school_class_version", sa.Column("specialised_subject_id", sa.Integer()))
    op.add_column("subject_plan", sa.Column("weighted_tests", sa.Integer()))
    op.add_column("subject_plan_version", sa.Column("weighted_tests", sa.Integer()))


def downgrade() -> None:
    """Not offered: the record would forget by what results were judged."""
    raise NotImplementedError("Restore the backup made before this migration instead.")
