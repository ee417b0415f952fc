"""Alembic environment: runs inside the application, on FAB's one metadata (design §5, trap 2)."""

from alembic import context
from flask import current_app

from app.versioning import UTCDateTime


def _type_as_plain_sqlalchemy(type_: str, column_type: object, _autogen: object) -> str | bool:
    """Migrations keep standing when our column types move: write what the database stores."""
    if type_ != "type" or type(column_type).__module__ not in ("app.models.base", "app.versioning"):
        return False
    if isinstance(column_type, UTCDateTime):
        return 'sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")'
    return f"sa.{type(column_type.impl).__name__}()"


def run_migrations() -> None:
    """Bring the database of the current application to the newest migration."""
    database = current_app.extensions["migrate"].db
    with database.engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=database.metadata,
            render_item=_type_as_plain_sqlalchemy,
            **current_app.extensions["migrate"].configure_args,
        )
        with context.begin_transaction():
            context.run_migrations()


run_migrations()
