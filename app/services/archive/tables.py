"""Rows as an archive holds them: exact, and the same text from either engine.

A row is read as the driver gives it and written back so; nothing is interpreted on the way. What the engines store
differently has one text: days and instants as SQLite writes them, bytes in base64.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any, Final

import sqlalchemy as sa

from app.models import Model
from app.models.base import UTCDateTime

CHUNK: Final = 1_000
LINES: Final = 200
Key = tuple[Any, ...]
ENCODE: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True)
class Shape:
    """What an archive says about a table, enough to read it back with any later version of the program."""

    name: str
    columns: tuple[str, ...]
    kinds: tuple[str, ...]
    key: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """As the manifest holds it."""
        return {"columns": list(self.columns), "kinds": list(self.kinds), "key": list(self.key)}

    @staticmethod
    def of_manifest(name: str, held: Mapping[str, Any]) -> "Shape":
        """Back from the manifest. Raises KeyError or TypeError where something is missing."""
        return Shape(name, tuple(held["columns"]), tuple(held["kinds"]), tuple(held["key"]))

    def table(self) -> Any:
        """The table without types, so that values go through as they are."""
        return sa.table(self.name, *(sa.column(name) for name in self.columns))

    def values(self, line: bytes) -> dict[str, Any]:
        """A line back as values for an INSERT. Raises ValueError for one that is none."""
        row = json.loads(line)
        if not isinstance(row, list) or len(row) != len(self.columns):
            raise ValueError(f"{self.name}: not a row")
        return {
            name: b64decode(value) if kind == "bytes" and value is not None else value
            for name, kind, value in zip(self.columns, self.kinds, row, strict=True)
        }


def shape_of(table: sa.Table) -> Shape:
    """The shape of a table as it is now, its columns in a fixed order."""
    key = tuple(column.name for column in table.primary_key)
    names = (*key, *sorted(column.name for column in table.columns if column.name not in key))
    return Shape(table.name, names, tuple(_kind(table.c[name].type) for name in names), key)


def all_shapes() -> list[Shape]:
    """Every table of the program, those others refer to first."""
    return [shape_of(table) for table in Model.metadata.sorted_tables]


def _kind(column: Any) -> str:
    plain = getattr(column, "impl", column)
    if isinstance(column, UTCDateTime):
        return "instant"
    if isinstance(plain, sa.LargeBinary):
        return "bytes"
    for kind, classes in _KINDS.items():
        if isinstance(plain, classes):
            return kind
    raise TypeError(f"an archive has no text for {column!r}")


_KINDS: Final[dict[str, tuple[type, ...]]] = {
    "boolean": (sa.Boolean,),
    "integer": (sa.Integer,),
    "json": (sa.JSON,),
    "text": (sa.String,),
    "second": (sa.DateTime,),  # of FAB's own tables: MariaDB keeps no more than the second
    "day": (sa.Date,),
}


def rows(
    connection: sa.Connection, shape: Shape, condition: Any = None, table: Any = None
) -> Iterator[list[Any]]:
    """The rows of a table as plain JSON values, by key; `condition`: these only, said of `table`."""
    table = shape.table() if table is None else table
    query = sa.select(*(sa.type_coerce(table.c[n], sa.types.NullType()).label(n) for n in shape.columns))
    if condition is not None:
        query = query.where(condition)
    query = query.order_by(*(_in_bytes(connection, shape, table.c[name]) for name in shape.key))
    plain = [_TEXTS.get(kind) for kind in shape.kinds]
    special = [(place, text) for place, text in enumerate(plain) if text is not None]
    result = connection.execution_options(stream_results=True, yield_per=CHUNK).execute(query)
    for part in result.partitions(CHUNK):
        for row in part:
            values = list(row)
            for place, text in special:
                if values[place] is not None:
                    values[place] = text(values[place])
            yield values


def _in_bytes(connection: sa.Connection, shape: Shape, column: Any) -> Any:
    """A key in the order of its bytes, which is SQLite's: MariaDB's depends on the collation."""
    is_text = shape.kinds[shape.columns.index(column.name)] == "text"
    return sa.cast(column, sa.LargeBinary) if is_text and connection.dialect.name != "sqlite" else column


def _instant(value: Any) -> str:
    return value if isinstance(value, str) else value.isoformat(sep=" ", timespec="microseconds")


def _second(value: Any) -> str:
    text = value if isinstance(value, str) else value.isoformat(sep=" ")
    return f"{text[:19]}.000000"


def _day(value: date | str) -> str:
    return value if isinstance(value, str) else value.isoformat()


def _base64(value: bytes) -> str:
    return b64encode(value).decode()


_TEXTS: Final[dict[str, Any]] = {"instant": _instant, "second": _second, "day": _day, "bytes": _base64}


class Counted:
    """Rows that are counted as they go by."""

    def __init__(self, found: Iterable[list[Any]]) -> None:
        self._found = found
        self.number = 0

    def __iter__(self) -> Iterator[list[Any]]:
        for row in self._found:
            self.number += 1
            yield row


def as_lines(found: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """Rows as lines of JSON, many a piece."""
    lines: list[str] = []
    for row in found:
        lines.append(ENCODE(row))
        if len(lines) == LINES:
            yield ("\n".join(lines) + "\n").encode()
            lines.clear()
    if lines:
        yield ("\n".join(lines) + "\n").encode()


def digest_of(connection: sa.Connection, shape: Shape, but: Sequence[Key] = ()) -> str:
    """SHA-256 of a table as an archive would hold it; `but`: without the rows of these keys."""
    table = shape.table()
    condition = sa.not_(key_is(table, shape.key, but)) if but else None
    digest = sha256()
    for piece in as_lines(rows(connection, shape, condition, table)):
        digest.update(piece)
    return digest.hexdigest()


def key_is(table: Any, names: Sequence[str], keys: Sequence[Key]) -> Any:
    """SQL: a row of the table has one of these keys."""
    if len(names) == 1:
        return table.c[names[0]].in_([key[0] for key in keys])
    return sa.or_(*(sa.and_(*(table.c[n] == v for n, v in zip(names, key, strict=True))) for key in keys))


def moment_text(moment: datetime) -> str:
    """An instant as the manifest holds it."""
    return moment.isoformat(timespec="seconds")
