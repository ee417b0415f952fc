"""history digests of audit rows and submissions

Revision ID: 0014
Revises: 0013

"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Rows of logs name their transaction; those of before are bound by `begin_logs` behind this migration."""
    for table in ("audit_event", "sheet_submission"):
        op.add_column(table, sa.Column("transaction_id", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    """Not offered: records would be lost."""
    raise NotImplementedError("Restore the backup made before this migration instead.")
