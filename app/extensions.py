"""Extensions, unbound: `create_app` binds them. The AppBuilder is made anew inside every `create_app`."""

import sqlite3
from typing import Any

import sqlalchemy as sa
from flask_appbuilder import Model
from flask_appbuilder.models.sqla.base import SQLA
from flask_migrate import Migrate
from flask_wtf.csrf import CSRFProtect
from sqlalchemy import event

db = SQLA(model_class=Model)
migrate = Migrate(render_as_batch=True, compare_type=True)
csrf = CSRFProtect()


@event.listens_for(sa.engine.Engine, "connect")
def _set_up_sqlite(connection: Any, _record: Any) -> None:
    """WAL, foreign keys, full durability; and no implicit BEGIN, so that `_begin` decides how one begins."""
    if not isinstance(connection, sqlite3.Connection):
        return
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=FULL"):
        try:
            cursor.execute(f"PRAGMA {pragma}")
        except sqlite3.OperationalError:  # a read-only file keeps the mode it has
            continue
    cursor.close()


@event.listens_for(sa.engine.Engine, "begin")
def _begin(connection: sa.Connection) -> None:
    """SQLite: a transaction that will write takes the write lock at once (design §5, trap 21)."""
    if connection.dialect.name != "sqlite":
        return
    write = connection.get_execution_options().get("hocvu_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
