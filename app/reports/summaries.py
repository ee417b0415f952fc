"""What the summaries of a class print: a line a student, the subjects across; every value is ready text."""

from dataclasses import dataclass, replace

from app.reports.contexts import Signature

ACROSS = 273.0
"""Millimetres between the margins of a landscape sheet."""
UPRIGHT = 180.0
"""The same of an upright one."""
_NUMBER, _NAME = 8.0, 44.0


@dataclass(frozen=True, slots=True)
class Head:
    """A column: its words, its width in millimetres, and a second line below it where it is split."""

    label: str
    width: float
    group: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A student's line; `struck`: has left, printed struck through."""

    no: int
    name: str
    values: tuple[str, ...]
    struck: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """One sheet across: the columns after the name, and what every student has there."""

    heads: tuple[Head, ...]
    rows: tuple[Row, ...]

    @property
    def grouped(self) -> bool:
        """True where some heads stand under a common one."""
        return any(head.group for head in self.heads)

    @property
    def groups(self) -> tuple[tuple[str, int, Head | None], ...]:
        """Upper line of the head: (words, columns, the head itself where it stands alone)."""
        found: list[tuple[str, int, Head | None]] = []
        for head in self.heads:
            if not head.group:
                found.append((head.label, 1, head))
            elif found and found[-1][2] is None and found[-1][0] == head.group:
                found[-1] = (head.group, found[-1][1] + 1, None)
            else:
                found.append((head.group, 1, None))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Summary:
    """A summary of a class: one table or several, one below the other on sheets of their own, then the totals."""

    title: str
    under: str
    tables: tuple[Table, ...]
    totals: tuple[tuple[str, str], ...]
    note: str
    signatures: tuple[Signature, ...]


def parted(page: Summary, last: int = 5) -> Summary:
    """The same with its last students on a sheet of their own, so that no signature stands without one."""
    *others, table = page.tables
    if len(table.rows) <= last:
        return page
    halves = (replace(table, rows=table.rows[:-last]), replace(table, rows=table.rows[-last:]))
    return replace(page, tables=(*others, *halves))


def fitted(heads: tuple[Head, ...], across: float = ACROSS) -> tuple[Head, ...]:
    """The heads as wide in proportion as the sheet allows beside number and name."""
    room = across - _NUMBER - _NAME
    factor = room / sum(head.width for head in heads)
    return tuple(Head(head.label, round(head.width * factor, 2), head.group) for head in heads)
