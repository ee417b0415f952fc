"""a sheet says whether its subject is taught in that term only

Revision ID: 0007
Revises: 0006

"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One column, added in place; sheets of before count as taught in both terms until their plan is edited."""
    op.add_column(
        "gradebook_sheet", sa.Column("one_term", sa.Boolean(), nullable=False, server_default=sa.false())
    )


def downgrade() -> None:
    """Not offered: year results of subjects of one term would be lost."""
    raise NotImplementedError("Restore the backup made before this migration instead.")
