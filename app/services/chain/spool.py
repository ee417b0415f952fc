"""Rows of all history tables in the order of their transactions: sorted in a file, whatever their number."""

import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path
from types import TracebackType
from typing import Final, Self

BATCH: Final = 5_000
WINDOW: Final = 100_000
"""Rows sorted at a time, about."""


class Spool:
    """A temporary file of rows; a context manager. Its memory does not grow with what it holds."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="hocvu-spool-")
        self._file = sqlite3.connect(Path(self._folder.name) / "spool", isolation_level=None)
        self._rows = 0

    def __enter__(self) -> Self:
        for statement in (
            "PRAGMA journal_mode=OFF",
            "PRAGMA synchronous=OFF",
            "CREATE TABLE seal (tx INTEGER, sheet INTEGER, digest BLOB, key INTEGER)",
            "BEGIN",
        ):
            self._file.execute(statement)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        self._folder.cleanup()

    def add(self, rows: Iterable[tuple[int, int, bytes, int]]) -> int:
        """Take rows: transaction, sheet, digest (or text), mark of the key; returns how many."""
        number, waiting = 0, iter(rows)
        while batch := list(islice(waiting, BATCH)):
            self._file.executemany("INSERT INTO seal VALUES (?, ?, ?, ?)", batch)
            number += len(batch)
        self._rows += number
        return number

    def transactions(self) -> Iterator[tuple[int, list[tuple[int, bytes, int]]]]:
        """Each transaction with its rows, in the order of the ids.

        Sorted a window of ids at a time: SQLite would map all of a long sort into memory.
        """
        first, last = self._file.execute("SELECT min(tx), max(tx) FROM seal").fetchone()
        if first is None:
            return
        wide = (last - first) // (self._rows // WINDOW + 1) + 1
        for start in range(first, last + 1, wide):
            found = self._file.execute(
                "SELECT tx, sheet, digest, key FROM seal WHERE tx >= ? AND tx < ? ORDER BY tx",
                (start, start + wide),
            )
            for tx, rows in groupby(found, key=itemgetter(0)):
                yield tx, [row[1:] for row in rows]
