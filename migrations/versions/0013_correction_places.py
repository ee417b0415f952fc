"""corrections of records that lie on no sheet

Revision ID: 0013
Revises: 0012

"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

PLACE = sa.Enum("sheet", "year", "notes", name="place", native_enum=False, length=24)
# SQLite copies a table to alter it, and doesn't drop the old one while rows refer to it.
SET_ASIDE = (
    "CREATE TABLE aside_cell AS SELECT * FROM correction_cell",
    "CREATE TABLE aside_step AS SELECT * FROM correction_step",
    "DELETE FROM correction_cell",
    "DELETE FROM correction_step",
)
PUT_BACK = (
    "INSERT INTO correction_cell SELECT * FROM aside_cell",
    "INSERT INTO correction_step SELECT * FROM aside_step",
    "DROP TABLE aside_cell",
    "DROP TABLE aside_step",
)


def upgrade() -> None:
    """Requests so far are of sheets."""
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    if on_sqlite:
        _run(SET_ASIDE)
    with op.batch_alter_table("correction_request") as batch:
        batch.add_column(sa.Column("place", PLACE, nullable=False, server_default="sheet"))
        batch.add_column(sa.Column("topic", sa.String(length=60), nullable=True))
        batch.alter_column("sheet_id", existing_type=sa.Integer(), nullable=True)
        batch.alter_column("subject_id", existing_type=sa.Integer(), nullable=True)
    with op.batch_alter_table("correction_cell") as batch:
        batch.alter_column("student_id", existing_type=sa.Integer(), nullable=True)
        batch.alter_column(
            "column", existing_type=sa.String(length=24), type_=sa.String(length=60), nullable=False
        )
    if on_sqlite:
        _run(PUT_BACK)


def _run(statements: tuple[str, ...]) -> None:
    for statement in statements:
        op.execute(statement)


def downgrade() -> None:
    """Not offered: records would be lost."""
    raise NotImplementedError("Restore the backup made before this migration instead.")
