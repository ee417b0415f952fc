"""What the summaries of a class print: a line a student, the subjects across; every value is ready text."""

from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from math import ceil

from app.reports.contexts import Signature, Text

ACROSS = 273.0
"""Millimetres between the margins of a landscape sheet."""
UPRIGHT = 180.0
"""The same of an upright one."""
NUMBER, NAME = 8.0, 44.0
_NARROWEST, _EASY = (
    0.6,
    0.8,
)  # of its usual width a column may have at least, and has after its table was parted


@dataclass(frozen=True, slots=True)
class Head:
    """A column: its words, its width in millimetres, and a second line below it where it is split.

    What comes after an underscore is set low: ĐĐG_tx. `wordy`: holds sentences, not marks.
    """

    label: str
    width: float
    group: str = ""
    wordy: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A student's line; `struck`: has left, printed struck through."""

    no: int
    name: str
    values: tuple[Text, ...]
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
    """A summary of a class: one table or several, one below the other on sheets of their own, then the totals.

    `tally`: how many places of it were corrected.
    """

    title: str
    under: str
    tables: tuple[Table, ...]
    totals: tuple[tuple[str, str], ...]
    note: str
    signatures: tuple[Signature, ...]
    tally: str = ""
    density: str = "across"  # how its rows are set: across, close or roomy


@dataclass(frozen=True, slots=True)
class OwnPage:
    """A line of the contents of a teacher's own book."""

    room: str
    subject: str
    term: str
    students: int


@dataclass(frozen=True, slots=True)
class OwnBook:
    """Cover and contents of a teacher's own book; a `blank` one is stamped before it is written in."""

    teacher: str
    when: str
    blank: bool
    pages: tuple[OwnPage, ...]
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """A subject in the confirmation of a class: who checks its results and signs for them."""

    subject: str
    teachers: str
    reached: str  # 44/45: how many have a result


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Bảng xác nhận kết quả of a class: every student's results, then the subjects with room for their teachers."""

    title: str
    under: str
    table: Table
    subjects: tuple[Checked, ...]
    note: str
    tally: str
    signatures: tuple[Signature, ...]


def parted(page: Summary, last: int = 5) -> Summary:
    """The same with its last students on a sheet of their own, so that no signature stands without one."""
    *others, table = page.tables
    if len(table.rows) <= last:
        return page
    halves = (replace(table, rows=table.rows[:-last]), replace(table, rows=table.rows[-last:]))
    return replace(page, tables=(*others, *halves))


def sheets(heads: tuple[Head, ...], rows: tuple[Row, ...]) -> tuple[Table, ...]:
    """The table on one sheet across, or its columns on several where they would get too narrow to be read."""
    room = ACROSS - NUMBER - NAME
    wide = sum(head.width for head in heads)
    if wide * _NARROWEST <= room:
        return (Table(fitted(heads), rows),)
    count = ceil(wide * _EASY / room)
    cuts = [0, *(_cut(heads, wide * part / count) for part in range(1, count)), len(heads)]
    return tuple(
        Table(fitted(heads[first:end]), tuple(replace(row, values=row.values[first:end]) for row in rows))
        for first, end in pairwise(cuts)
    )


def _cut(heads: tuple[Head, ...], wide: float) -> int:
    """How many columns are `wide` millimetres."""
    taken = list(accumulate(head.width for head in heads))
    return sum(width <= wide for width in taken)


def fitted(heads: tuple[Head, ...], across: float = ACROSS, name: float = NAME) -> tuple[Head, ...]:
    """The heads as wide in proportion as the sheet allows beside number and name; none of a class without subjects."""
    if not heads:
        return ()
    factor = (across - NUMBER - name) / sum(head.width for head in heads)
    return tuple(replace(head, width=round(head.width * factor, 2)) for head in heads)
