"""What a school's rows refer to beyond the school: the officer who consented, the school a student came from.

Of such a row goes along only what it can't be without: every column that may be empty is. No personal data of others.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final

import sqlalchemy as sa

from app.models import Model
from app.services.archive import scopes
from app.services.archive.tables import Key, Shape, key_is, rows

BATCH: Final = 200
TX_LOG: Final = "tx_log"
RESET: Final = {("gradebook_sheet", "chain_seq"): 0}
"""A sheet whose chain stays where it is has none here."""

WITHHELD: Final = {("ab_user", "password"): "!", ("login_session", "token"): None}
"""What nobody else may have: passwords, and what lets a browser in. None: the row's own number below zero."""


def companion_member(table: str) -> str:
    """The member with a table's rows of others."""
    return f"companions/{table}.jsonl"


class Companions:
    """Watches the school's rows go by, and then finds what they refer to that was not among them."""

    def __init__(self, connection: sa.Connection, shapes: Sequence[Shape]) -> None:
        self.connection = connection
        self.shapes = {shape.name: shape for shape in shapes}
        self.transactions: set[int] = set()
        self._there: dict[str, set[Key]] = defaultdict(set)
        self._wanted: dict[str, set[Key]] = defaultdict(set)
        tables = [Model.metadata.tables[name] for name in self.shapes]
        self._referred = {key.column.table.name for table in tables for key in table.foreign_keys}
        self._histories = scopes.histories()

    def watching(self, shape: Shape, found: Iterable[list[Any]]) -> Iterator[list[Any]]:
        """The rows, noted as they go by."""
        history = self._histories.get(shape.name)
        if history is not None and not history.is_log:
            yield from self._versions(shape, history, found)
            return
        keeps = shape.name in self._referred or shape.name in {h.name for h in self._histories.values()}
        places = [shape.columns.index(name) for name in shape.key]
        noted = self._references(shape)
        for row in found:
            if keeps:
                self._there[shape.name].add(tuple(row[place] for place in places))
            self._note(row, noted)
            yield row

    def _versions(self, shape: Shape, history: Any, found: Iterable[list[Any]]) -> Iterator[list[Any]]:
        number = shape.columns.index("transaction_id")
        places = [shape.columns.index(name) for name in history.key]
        for row in found:
            self.transactions.add(row[number])
            self._wanted[history.name].add(tuple(row[place] for place in places))
            yield row

    def _references(self, shape: Shape) -> list[tuple[int, str]]:
        """Place of each column that refers to another table, with that table's name."""
        table = Model.metadata.tables[shape.name]
        found = [(shape.columns.index(key.parent.name), key.column.table.name) for key in table.foreign_keys]
        history = self._histories.get(shape.name)
        if shape.name == "chain_link":
            found.append((shape.columns.index("tx_id"), TX_LOG))
        elif history is not None and (shape.columns.index("transaction_id"), TX_LOG) not in found:
            found.append((shape.columns.index("transaction_id"), TX_LOG))
        return found

    def _note(self, row: Sequence[Any], noted: Iterable[tuple[int, str]]) -> None:
        for place, table in noted:
            if row[place] is None:
                continue
            if table == TX_LOG:
                self.transactions.add(row[place])
            else:
                self._wanted[table].add((row[place],))

    def complete(self) -> dict[str, list[list[Any]]]:
        """The rows of others by table, with everything those refer to in turn; tables in the order they can be filled."""
        found: dict[str, list[list[Any]]] = defaultdict(list)
        while missing := {n: k for n, keys in self._wanted.items() if (k := keys - self._there[n])}:
            for name, keys in missing.items():
                self._there[name] |= keys
                shape = self.shapes[name]
                noted = self._references(shape)
                for row in self._bare(shape, keys):
                    self._note(row, noted)
                    found[name].append(row)
        return {name: found[name] for name in self.shapes if found[name]}

    def _bare(self, shape: Shape, keys: Iterable[Key]) -> Iterator[list[Any]]:
        """Rows without whatever may be empty."""
        columns = Model.metadata.tables[shape.name].c
        empty = [place for place, name in enumerate(shape.columns) if columns[name].nullable]
        reset = [
            (shape.columns.index(column), value) for (t, column), value in RESET.items() if t == shape.name
        ]
        ordered, table = iter(sorted(keys)), shape.table()
        while batch := list(islice(ordered, BATCH)):
            for row in withheld(shape, rows(self.connection, shape, key_is(table, shape.key, batch), table)):
                for place in empty:
                    row[place] = None
                for place, value in reset:
                    row[place] = value
                yield row


def withheld(shape: Shape, found: Iterable[list[Any]]) -> Iterator[list[Any]]:
    """Rows without what is nobody else's."""
    places = [
        (shape.columns.index(column), value)
        for (table, column), value in WITHHELD.items()
        if table == shape.name
    ]
    number = shape.columns.index(shape.key[0])
    for row in found:
        for place, value in places:
            row[place] = value if value is not None else f"-{row[number]}"
        yield row
