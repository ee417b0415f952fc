"""History rows as the chain sees them: the same whether they are just being written or read back, on either engine."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from hashlib import sha256
from json.encoder import encode_basestring
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from app.domain.chain import Sealed, encode, head_text, key_mark, seal_row
from app.models import AuditEvent, CorrectionStep, Model, SheetSubmission, TxLog

SUFFIX: Final = "_version"
OWN: Final = ("transaction_id", "operation_type")
CHUNK: Final = 2_000
_DIALECT: Final = sqlite.dialect()

LOGS: Final = (AuditEvent, SheetSubmission, CorrectionStep)
"""Logs that stand in the chains as they are: each row is its own only version."""
ADDED: Final = 0

Convert = Callable[[Any], Any]


@dataclass(frozen=True)
class HistoryTable:
    """A history table: the name of the table whose rows it keeps, its columns in order, and its keys."""

    name: str
    table: sa.Table
    columns: tuple[str, ...]
    key: tuple[str, ...]
    converters: tuple[Convert | None, ...]

    @property
    def on_sheet(self) -> bool:
        """True where each row is a student's line of a sheet."""
        return self.key[0] == "sheet_id"

    @property
    def is_log(self) -> bool:
        """True where the rows are a log's own, not versions of others."""
        return self.table.name == self.name

    @property
    def sheet(self) -> str | None:
        """The column that names the sheet whose chain a row belongs to; None: it goes with its transaction."""
        return "sheet_id" if self.on_sheet or (self.is_log and "sheet_id" in self.columns) else None

    @property
    def number(self) -> sa.ColumnElement[int]:
        """The transaction of a row; below zero for a row of a log that was written without one."""
        number: sa.ColumnElement[int] = self.table.c.transaction_id
        return sa.func.coalesce(number, -self.table.c.id) if self.is_log else number

    @property
    def live(self) -> sa.Table:
        """The table whose rows it keeps."""
        found: sa.Table = Model.metadata.tables[self.name]
        return found

    def seal(self, row: Mapping[str, Any]) -> Sealed:
        """A row that is being written, as Python values."""
        values = {
            name: value if convert is None else convert(value)
            for name, convert in zip(self.columns, self.converters, strict=True)
            if (value := row[name]) is not None or convert is _json_of_nothing
        }
        key = [row[name] for name in self.key]
        return seal_row(self.name, row["operation_type"], values, key, row[self.sheet] if self.sheet else 0)

    def raw(self) -> list[sa.ColumnElement[Any]]:
        """What to select: transaction, operation, then the columns, as the driver gives them."""
        operation: Any = sa.literal(ADDED) if self.is_log else self.table.c.operation_type
        own = [self.number.label("transaction_id"), operation.label("operation_type")]
        return [
            *own,
            *(sa.type_coerce(self.table.c[name], sa.types.NullType()).label(name) for name in self.columns),
        ]

    def values(self, row: Sequence[Any]) -> dict[str, Any]:
        """The filled columns of a row read with `raw`, as SQLite stores them."""
        found = {n: v for n, v in zip(self.columns, row[2:], strict=True) if v is not None}
        for name in self._dated & found.keys():
            found[name] = _as_stored(found[name])
        return found

    @property
    def _dated(self) -> frozenset[str]:
        return _dated_columns(self.table)

    def seal_raw(self, rows: Iterator[Sequence[Any]]) -> Iterator[tuple[int, int, bytes, int]]:
        """Transaction, sheet, digest and mark of the key of each row read with `raw`: `Sealed` behind its transaction.

        A million of them go through here, so the text of `domain.chain.row_text` is put together by hand.
        """
        begins = {operation: f"[{encode(self.name)},{operation},{{" for operation in (0, 1, 2)}
        names = [f"{encode(name)}:" for name in self.columns]
        places = [self.columns.index(name) + 2 for name in self.key]
        on_sheet, table = self.columns.index(self.sheet) + 2 if self.sheet else 0, self.name
        for row in rows:
            values = ",".join(
                [
                    f"{name}{value}" if type(value) is int else name + encode_basestring(_as_stored(value))
                    for name, value in zip(names, row[2:], strict=True)
                    if value is not None
                ]
            )
            digest = sha256(f"{begins[row[1]]}{values}}}]".encode()).digest()
            key = [row[place] for place in places]
            yield row[0], row[on_sheet] if on_sheet else 0, digest, key_mark(table, key)


def _as_stored(value: Any) -> Any:
    """A day or an instant as SQLite stores it; MariaDB's driver gives objects."""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="microseconds")
    return value.isoformat() if isinstance(value, date) else value


def _json_of_nothing(value: Any) -> Any:
    return _JSON(value)


_JSON: Final[Convert] = sa.JSON().dialect_impl(_DIALECT).bind_processor(_DIALECT) or str


def _converter(column: sa.Column[Any]) -> Convert | None:
    """What turns a Python value into what SQLite stores. Raises TypeError for a type the chain has no text for."""
    plain = column.type.impl if isinstance(column.type, sa.types.TypeDecorator) else column.type
    if isinstance(plain, sa.JSON):
        return _json_of_nothing  # nothing is stored as the text "null"
    if not isinstance(plain, (sa.Integer, sa.String, sa.Boolean, sa.Date, sa.DateTime)):
        raise TypeError(f"{column}: the chain knows no text for {column.type!r}")
    found: Convert | None = column.type.dialect_impl(_DIALECT).bind_processor(_DIALECT)
    return found


@cache
def _dated_columns(table: sa.Table) -> frozenset[str]:
    return frozenset(
        c.name
        for c in table.columns
        if isinstance(getattr(c.type, "impl", c.type), (sa.Date, sa.DateTime))
        or isinstance(c.type, (sa.Date, sa.DateTime))
    )


@cache
def history_table(table: sa.Table) -> HistoryTable:
    """What the chain needs to know about a history table."""
    name = table.name.removesuffix(SUFFIX)
    columns = tuple(sorted(c.name for c in table.columns if c.name not in OWN))
    key = tuple(c.name for c in Model.metadata.tables[name].primary_key)
    return HistoryTable(name, table, columns, key, tuple(_converter(table.c[column]) for column in columns))


@cache
def history_tables() -> tuple[HistoryTable, ...]:
    """All of them, the logs behind the histories."""
    tables = Model.metadata.tables
    return tuple(
        history_table(tables[name])
        for name in [*sorted(n for n in tables if n.endswith(SUFFIX)), *(log.__tablename__ for log in LOGS)]
    )


def logged_row(row: Any) -> tuple[sa.Table, dict[str, Any]]:
    """A row of a log that has just been written, as `HistoryTable.seal` takes it, with its table."""
    table: sa.Table = row.__table__
    return table, {c.name: getattr(row, c.name) for c in table.columns} | {"operation_type": ADDED}


# -- the transaction's own row ---------------------------------------------------------------------------------------


@cache
def _tx_converters() -> tuple[tuple[str, Convert | None], ...]:
    table = TxLog.__table__
    return tuple((name, _converter(table.c[name])) for name in sorted(c.name for c in table.columns))


def transaction_text(transaction: Any) -> str:
    """Who, when, from where and why of a transaction that is being written."""
    return head_text(
        {
            name: value if convert is None else convert(value)
            for name, convert in _tx_converters()
            if (value := getattr(transaction, name)) is not None
        }
    )


def transaction_columns() -> list[sa.ColumnElement[Any]]:
    """What to select for `raw_transaction_text`, sorted, as the driver gives it."""
    table = TxLog.__table__
    return [
        sa.type_coerce(table.c[name], sa.types.NullType()).label(f"tx_{name}")
        for name, _c in _tx_converters()
    ]


def transaction_values(row: Sequence[Any]) -> dict[str, Any]:
    """The filled columns of a tx_log row read with `transaction_columns`."""
    names = [name for name, _convert in _tx_converters()]
    return {n: _as_stored(v) for n, v in zip(names, row, strict=True) if v is not None}


def raw_transaction_text(row: Sequence[Any]) -> str:
    """The same text as `transaction_text`, of a row read back."""
    return head_text(transaction_values(row))
