"""a row of marks says from which sheet it came along with its student

Revision ID: 0002
Revises: 0001

"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def upgrade() -> None:
    """Two nullable columns; written inline, so that SQLite need not copy the table and lose its checks."""
    key = sa.ForeignKey("gradebook_sheet.id", name="fk_grade_carried_from")
    op.add_column("grade", sa.Column("carried_from_id", sa.Integer(), key), inline_references=True)
    op.add_column("grade", sa.Column("carried_at", INSTANT))
    op.add_column("grade_version", sa.Column("carried_from_id", sa.Integer()))
    op.add_column("grade_version", sa.Column("carried_at", INSTANT))


def downgrade() -> None:
    """Not offered: the record would forget where marks were first written."""
    raise NotImplementedError("Restore the backup made before this migration instead.")
