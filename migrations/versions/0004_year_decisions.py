"""what is assessed again of qualities and competences, and that retests are over

Revision ID: 0004
Revises: 0003

"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = ("year_decision", "year_decision_version")


def upgrade() -> None:
    """Two nullable columns, in the rows and in their history."""
    for table in TABLES:
        op.add_column(table, sa.Column("traits_after", sa.JSON()))
        op.add_column(table, sa.Column("retest_over", sa.String(500)))


def downgrade() -> None:
    """Not offered: the record would forget what was decided."""
    raise NotImplementedError("Restore the backup made before this migration instead.")
