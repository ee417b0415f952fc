"""The second net: the database itself refuses to change or delete history, whoever asks."""

import logging
from typing import Final

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from app.extensions import db
from app.services.chain.rows import SUFFIX
from app.services.guards import APPEND_ONLY, protected_tables
from app.services.unit_of_work import plain_write

log = logging.getLogger(__name__)

SAID: Final = "history is never changed"
_SQLITE: Final = "CREATE TRIGGER {name} BEFORE {verb} ON {table} BEGIN SELECT RAISE(ABORT, '{said}'); END"
_MARIADB: Final = (
    "CREATE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH ROW "
    "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{said}'"
)
_IN_SQLITE: Final = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
_IN_MARIADB: Final = "SELECT trigger_name FROM information_schema.triggers WHERE trigger_schema = database()"


def kept_tables() -> list[str]:
    """Tables whose rows are added and never changed: histories, logs, links, anchors."""
    logs = {model.__tablename__ for model in APPEND_ONLY}
    return sorted(name for name in protected_tables() if name.endswith(SUFFIX) or name in logs)


def _names() -> dict[str, tuple[str, str]]:
    return {
        f"keep_{table}_{verb.lower()}": (table, verb)
        for table in kept_tables()
        for verb in ("UPDATE", "DELETE")
    }


def ensure_triggers() -> bool:
    """Make the triggers that are missing; False where the account may not, and the net is not there."""
    with plain_write() as session:
        connection = session.connection()
        there = _present(connection)
        pattern = _SQLITE if connection.dialect.name == "sqlite" else _MARIADB
        for name, (table, verb) in _names().items():
            if name in there:
                continue
            try:
                connection.exec_driver_sql(pattern.format(name=name, table=table, verb=verb, said=SAID))
            except DBAPIError as error:
                log.warning("no triggers on history: %s", error.orig)
                return False
    return True


def drop_triggers() -> None:
    """Take them away for a migration, which may have to copy a table; `ensure_triggers` follows it."""
    with plain_write() as session:
        connection = session.connection()
        for name in sorted(_present(connection) & _names().keys()):
            connection.exec_driver_sql(f"DROP TRIGGER {name}")


def _present(connection: sa.Connection) -> set[str]:
    found = _IN_SQLITE if connection.dialect.name == "sqlite" else _IN_MARIADB
    return {row[0] for row in connection.exec_driver_sql(found)}


def grants(database: str, account: str) -> list[str]:
    """The rights the program's own account needs on MariaDB: history may be read and added to, nothing more."""
    tables = sorted(sa.inspect(db.engine).get_table_names())
    kept = set(kept_tables())
    return [
        f"GRANT SELECT, INSERT{'' if table in kept else ', UPDATE, DELETE'} ON `{database}`.`{table}` TO {account};"
        for table in tables
    ]
