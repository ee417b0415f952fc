"""confirmations, rounds of closing, publication, reconciliation, incidents, progress checks

Revision ID: 0010
Revises: 0009

"""

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Not offered: records would be lost."""
    raise NotImplementedError("Restore the backup made before this migration instead.")
