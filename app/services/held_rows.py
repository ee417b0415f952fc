"""Rows about to be changed are held first, as they were read: two changes of one row never run into each other.

Without it MariaDB merges the columns of two changes made at once, while each history row tells only what its own
transaction knew: the row in use would be none of its versions. SQLite's writers wait before they read.
"""

from collections.abc import Collection, Iterable
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy_continuum import version_class

from app.errors import N_, Stale
from app.models import GradebookSheet
from app.versioning import changed_rows, kept_attributes, loaded_values, running_transaction

CHUNK: Final = 500
CHANGED_MEANWHILE: Final = N_(
    "Somebody else changed this record at the same moment. Nothing was saved; open it again and repeat the change."
)


def hold_changed(session: Session, sheets: Collection[int], known: set[Any]) -> None:
    """Hold the rows this flush will change; one statement a table. Raises Stale where one is not as it was read.

    `sheets`: held already, with their lines. `known`: rows this transaction has held or added before, to which it adds.
    """
    if session.get_bind().dialect.name != "sqlite":
        by_model: dict[type, list[Any]] = {}
        for row in changed_rows(session):
            if row not in known and not _on_sheet(row, sheets):
                by_model.setdefault(type(row), []).append(row)
        for model in sorted(by_model, key=lambda found: found.__name__):
            rows = by_model[model]
            for start in range(0, len(rows), CHUNK):
                _hold(session, model, rows[start : start + CHUNK])
            known.update(rows)
    known.update(session.new)


def _on_sheet(row: Any, sheets: Collection[int]) -> bool:
    return (row.id if isinstance(row, GradebookSheet) else getattr(row, "sheet_id", None)) in sheets


def _hold(session: Session, model: type[Any], rows: Iterable[Any]) -> None:
    key = sa.inspect(model).primary_key
    read = {sa.inspect(row).identity: loaded_values(row) for row in rows}
    names = kept_attributes(model)
    wanted = sa.tuple_(*key).in_(sorted(read))
    query = sa.select(*key, *(getattr(model, name) for name in names)).where(wanted).order_by(*key)
    found = {tuple(row[: len(key)]): row[len(key) :] for row in session.execute(query.with_for_update())}
    for identity, values in read.items():
        now = dict(zip(names, found.get(identity, ()), strict=False))
        if not now or any(now[name] != value for name, value in values.items()):
            raise Stale(CHANGED_MEANWHILE)
    running = running_transaction(session.connection())
    if running is not None and session.scalar(_newer(model, key, read, running)):
        raise Stale(CHANGED_MEANWHILE)


def _newer(model: type[Any], key: Iterable[Any], read: Iterable[Any], running: int) -> sa.Select[Any]:
    """Whether a transaction that began after this one has changed one of the rows: its version would count as newest."""
    version: Any = version_class(model).__table__.c
    rows = sa.tuple_(*(version[column.name] for column in key)).in_(sorted(read))
    return sa.select(sa.literal(1)).where(rows, version.transaction_id > running).limit(1)
