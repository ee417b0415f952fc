"""Turns SQLAlchemy-Continuum on. Must be imported before any model class exists (design §5, trap 1).

Strategy `subquery`: five statements a save instead of 139. The transaction row is ours: `tx_log`, with microseconds,
the account and the person behind it, the address, the action, the reason and the request.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from operator import attrgetter
from typing import Any

import sqlalchemy as sa
from flask_appbuilder import Model
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import Session, configure_mappers
from sqlalchemy.orm.attributes import get_history
from sqlalchemy.orm.base import NEVER_SET, NO_VALUE
from sqlalchemy_continuum import (
    make_versioned,
    manager,
    utils,
    version_class,
    versioning_manager,
)
from sqlalchemy_continuum.operation import Operation, Operations
from sqlalchemy_continuum.plugins.base import Plugin
from sqlalchemy_continuum.transaction import TransactionFactory
from sqlalchemy_continuum.unit_of_work import UnitOfWork

TX_INFO = "hocvu.tx"
"""Key of `session.info` under which the unit of work leaves who, why and from where."""
HISTORY_INFO = "hocvu.history"
"""Key under which a flush leaves the history that is still to be written."""
LOGGED_INFO = "hocvu.logged"
"""Key under which a flush leaves the rows of logs that are still to be bound into the chains (models/logged.py)."""


class UTCDateTime(sa.types.TypeDecorator[datetime]):
    """An instant: stored as naive UTC with microseconds on both engines, aware UTC in Python.

    Raises ValueError for a naive value, so that local time never slips in.
    """

    impl = sa.DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        if dialect.name in ("mysql", "mariadb"):
            return dialect.type_descriptor(mysql.DATETIME(fsp=6))
        return dialect.type_descriptor(sa.DateTime())

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime: give an aware one")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


class _TxLogFactory(TransactionFactory):
    """Builds the transaction class Continuum writes one row of per versioned transaction."""

    def create_class(self, manager: Any) -> type:
        class TxLog(manager.declarative_base):
            """Who changed versioned rows, when, from where and why. Append-only."""

            __tablename__ = "tx_log"
            __versioning_manager__ = manager

            id = sa.Column(sa.types.BigInteger, primary_key=True, autoincrement=True)
            issued_at = sa.Column(UTCDateTime, nullable=False, index=True)
            user_id = sa.Column(sa.Integer, sa.ForeignKey("ab_user.id"), index=True)
            person_id = sa.Column(sa.Integer, sa.ForeignKey("person.id"), index=True)
            on_behalf_of_id = sa.Column(sa.Integer, sa.ForeignKey("person.id"))
            session_id = sa.Column(sa.Integer, sa.ForeignKey("login_session.id"))
            unit_id = sa.Column(sa.Integer, sa.ForeignKey("org_unit.id"), index=True)
            address = sa.Column(sa.String(45))
            action = sa.Column(sa.String(64), nullable=False)
            reason = sa.Column(sa.String(500))
            request_id = sa.Column(sa.String(36), unique=True)

        return TxLog


class _TxInfoPlugin(Plugin):
    """Fills the tx_log row from what the unit of work left on the session; refuses a write without it."""

    def transaction_args(self, uow: Any, session: Any) -> Mapping[str, Any]:
        info = session.info.get(TX_INFO)
        if info is None:
            raise RuntimeError("a versioned row changed outside services.unit_of_work")
        return dict(info)


class _Operations(Operations):
    """The rows of a flush by class and primary key: Continuum's, which looks up the columns of each row's class anew."""

    def format_key(self, target: Any) -> tuple[type, Any]:
        """What tells a row from the others of its transaction."""
        model: type = type(target)
        return model, _key_of(model)(target)


class _UnitOfWork(UnitOfWork):
    """Keeps what the history rows of a transaction will hold; `write_history` writes each of them once.

    Continuum writes them with every flush, through an object each, and rewrites those of rows that change again: the
    history would need a right to be changed.
    """

    def reset(self, session: Session | None = None) -> None:
        """As new."""
        super().reset(session)
        self.operations = _Operations()

    def is_modified(self, session: Session) -> bool:
        """Whether a flush will write history: asked of what was set, where Continuum asks every row that was read."""
        if any(_needs_transaction(row.__class__) for row in (*session.new, *session.deleted)):
            return True
        return any(_is_kept(row.__class__) and _is_modified(row) for row in session.dirty)

    def create_transaction(self, session: Session) -> Any:
        """The transaction's row; `write_history` finds it even where no row is left to be kept."""
        session.info[HISTORY_INFO] = self
        return super().create_transaction(session)

    def create_version_objects(self, session: Session) -> None:
        """Note the rows of a flush as they are now."""
        for key, operation in list(self.operations.items()):
            if operation.processed:
                continue
            operation.processed = True
            table, row = self._history_row(operation)
            known = self.version_objs.get(key)
            if known and (known[1]["operation_type"], operation.type) == (Operation.INSERT, Operation.UPDATE):
                row["operation_type"] = Operation.INSERT
            self.version_objs[key] = table, row

    def _history_row(self, operation: Any) -> tuple[sa.Table, dict[str, Any]]:
        target = operation.target
        model: type = type(target)
        table, names, values = _history_of(model)
        row = dict(zip(names, values(target), strict=True))
        row |= {"transaction_id": self.current_transaction.id, "operation_type": operation.type}
        return table, row


def running_transaction(connection: sa.Connection) -> int | None:
    """The id of the history transaction that is being written on a connection; None where there is none yet."""
    unit = versioning_manager.units_of_work.get(connection)
    current = unit.current_transaction if unit is not None else None
    return None if current is None else int(current.id)


def changed_rows(session: Session) -> list[Any]:
    """Rows with a history that the next flush will change."""
    return [row for row in session.dirty if _is_kept(row.__class__) and _is_modified(row)]


def kept_attributes(model: type) -> tuple[str, ...]:
    """Everything the history of a model keeps."""
    return _attributes_of(model)


def loaded_values(row: Any) -> dict[str, Any]:
    """What a row held when it was read, of the attributes that are kept and were read."""
    model: type = type(row)
    before, now = sa.inspect(row).committed_state, row.__dict__
    found = {name: before.get(name, now.get(name, NO_VALUE)) for name in _attributes_of(model)}
    return {name: value for name, value in found.items() if value not in (NO_VALUE, NEVER_SET)}


def write_history(session: Session) -> tuple[Any, list[tuple[sa.Table, dict[str, Any]]]] | None:
    """Write the history rows of the transaction's flushes, one INSERT a table, behind the last flush.

    Returns the transaction's row and every history row with its table; None where nothing versioned changed.
    """
    unit = session.info.pop(HISTORY_INFO, None)
    if unit is None:
        return None
    written: list[tuple[sa.Table, dict[str, Any]]] = list(unit.version_objs.values())
    by_table: dict[sa.Table, list[dict[str, Any]]] = {}
    for table, row in written:
        by_table.setdefault(table, []).append(row)
    connection = session.connection()
    for table, rows in by_table.items():
        connection.execute(sa.insert(table), rows)
    return unit.current_transaction, written


def _track_insert(mapper: Any, connection: sa.Connection, row: Any) -> None:
    """Continuum's listener, without asking the row's session for the connection that is given."""
    if _is_kept(mapper.class_):
        versioning_manager.units_of_work[connection].operations.add_insert(row)


def _track_update(mapper: Any, connection: sa.Connection, row: Any) -> None:
    """The same for a changed row: only where something that is kept has changed."""
    if _is_kept(mapper.class_) and _is_modified(row):
        versioning_manager.units_of_work[connection].operations.add(Operation(row, Operation.UPDATE))


def _forget(session: Session) -> None:
    """After a commit or rollback: drop this session's unit of work, and nobody else's.

    Continuum's own walks over those of all threads and asks each connection whether it is this one; a connection that
    its thread closes meanwhile raises then, after the commit, and the teacher would be told that nothing was saved.
    """
    if not session.in_nested_transaction():
        connection = versioning_manager.session_connection_map.pop(session, None)
        _drop(connection, session)


def _forget_connection(connection: Any) -> None:
    """After a rollback below the session; see `_forget`."""
    _drop(connection, None)
    for session, known in list(versioning_manager.session_connection_map.items()):
        if known is connection:
            versioning_manager.session_connection_map.pop(session, None)


@cache
def _is_kept(model: type) -> bool:
    """Whether its rows have a history."""
    return bool(utils.is_versioned(model))


@cache
def _needs_transaction(model: type) -> bool:
    """Whether a new row of it makes the transaction one that is kept."""
    return _is_kept(model) or getattr(model, "needs_transaction", False)


@cache
def _key_of(model: type) -> Callable[[Any], Any]:
    """Reads the primary key of a row, also of one whose identity isn't set yet."""
    mapper: Any = sa.inspect(model)
    return attrgetter(*(mapper.get_property_by_column(column).key for column in mapper.primary_key))


@cache
def _attributes_of(model: type) -> tuple[str, ...]:
    """Everything the history keeps; worked out once, not for each row of a flush."""
    return tuple(prop.key for prop in utils.versioned_column_properties(model))


@cache
def _history_of(model: type) -> tuple[sa.Table, tuple[str, ...], Callable[[Any], Any]]:
    """The history's table, its columns, and what reads their values from a row."""
    columns = tuple(prop.columns[0].name for prop in utils.versioned_column_properties(model))
    return version_class(model).__table__, columns, attrgetter(*_attributes_of(model))


def _is_modified(row: Any) -> bool:
    """Continuum's question, asked of the values that were set alone."""
    model: type = type(row)
    kept = _attributes_of(model)
    return any(key in kept and get_history(row, key).has_changes() for key in sa.inspect(row).committed_state)


def _drop(connection: Any, session: Session | None) -> None:
    unit = versioning_manager.units_of_work.pop(connection, None)
    if unit is not None:
        unit.reset(session)


if versioning_manager.declarative_base is None:
    versioning_manager.transaction_cls = _TxLogFactory()
    versioning_manager.uow_class = _UnitOfWork
    utils.is_modified = manager.is_modified = _is_modified
    versioning_manager.mapper_listeners.update(after_insert=_track_insert, after_update=_track_update)
    versioning_manager.session_listeners.update(after_commit=_forget, after_rollback=_forget)
    make_versioned(
        plugins=[_TxInfoPlugin()],
        user_cls=None,
        options={"strategy": "subquery", "create_composite_index": False},
    )
    sa.event.remove(sa.engine.Engine, "rollback", versioning_manager.clear_connection)
    sa.event.listen(sa.engine.Engine, "rollback", _forget_connection)
    # Looks for clones of a connection, which SQLAlchemy 2 doesn't make any more, in the connections of all threads.
    sa.event.remove(
        sa.engine.Engine, "set_connection_execution_options", versioning_manager.track_cloned_connections
    )


def finish_mapping() -> None:
    """Configure all mappers and drop what MariaDB and our own indexes don't want. Call after the last model.

    Sequences: MariaDB would have FAB's as SEQUENCE objects that no migration makes (design §5, trap 3).
    Continuum's single-column indexes double the insert time and none of our queries uses them.
    """
    configure_mappers()
    metadata = Model.metadata
    for table in metadata.tables.values():
        for column in table.columns:
            if isinstance(column.default, sa.Sequence):
                column.default = None
        if table.name.endswith("_version"):
            unused = {"operation_type", "end_transaction_id", "transaction_id"}
            for index in list(table.indexes):
                if {c.name for c in index.columns} <= unused:
                    table.indexes.discard(index)
    metadata._sequences.clear()


def tx_log_class() -> Any:
    """The mapped class of tx_log (exists once the mappers are configured)."""
    return versioning_manager.transaction_cls
