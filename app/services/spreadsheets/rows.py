"""Rows of a file in the terms of its kind: every cell read by its column, every problem with its place."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from operator import methodcaller
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import Actor
from app.domain.names import name_problem, name_words, nfc, split_suggestion, unicode_problem
from app.errors import N_
from app.models import OrgUnit, SchoolYear
from app.reference.code_lists import match_key
from app.services.people import PersonName
from app.services.spreadsheets.cells import TOO_LONG, CellError, Formula, is_decomposed
from app.services.spreadsheets.columns import EXAMPLE_MARK, STT, Column, Kind
from app.services.spreadsheets.plan import REFUSED, Change, Planned, Problem, Refused, RowVerdict
from app.services.spreadsheets.reading import Row, Table

T = TypeVar("T")

CHUNK: Final = 400
"""Values in one IN (…): far below the limits of both engines."""

REQUIRED: Final = N_("This cell is empty.")
DECOMPOSED: Final = N_("The accents were stored apart from their letters; they are put together.")
EXAMPLE_SKIPPED: Final = N_("Row %(row)s is the template's example (VD in the column STT) and is left out.")
FROM_1904: Final = N_(
    "This file counts its days from 1904. Row %(row)s, column %(column)s reads as %(value)s: compare it with the paper."
)
OTHER_SCHOOL: Final = N_("This row belongs to “%(value)s”; only rows of %(unit)s can be imported here.")
TWICE: Final = N_("The same value stands in row %(rows)s too.")
WORDS_DIFFER: Final = N_("The name as written must have the same words as its parts.")
ORDER_UNKNOWN: Final = N_(
    "Which part of this name is the tên cannot be told. Fill in the columns Họ, Tên đệm and Tên."
)


@dataclass(frozen=True)
class Ground:
    """What a file is judged against: who imports, into which unit and year, on which day."""

    session: Session
    actor: Actor
    unit: OrgUnit
    year: SchoolYear
    day: date


@dataclass
class ParsedRow:
    """A row with its values by field (None: blank) and what was said about it so far."""

    number: int
    values: dict[str, Any]
    problems: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)

    def get(self, name: str) -> Any:
        """The value of a field; None where it is blank or the file has no such column."""
        return self.values.get(name)


class Parsed:
    """All rows of a file, with the kind's headings at hand for naming places."""

    def __init__(self, kind: Kind, table: Table) -> None:
        self.kind = kind
        self.fields = table.fields
        self.notes: list[Problem] = []
        self.rows: list[ParsedRow] = []
        for row in table.rows:
            if _is_example(row):
                self.notes.append(
                    Problem(EXAMPLE_SKIPPED, {"row": row.number}, row.number, kind.heading(STT))
                )
            else:
                self.rows.append(_parse(row, table.columns))
        if table.from_1904:
            self.notes += self._note_1904()

    def refuse(self, row: ParsedRow, name: str, message: str, /, **params: Any) -> None:
        """Refuse a row at one of its cells."""
        column = self.kind.column(name)
        value = row.get(name)
        row.problems.append(
            Problem(
                message, params, row.number, column.heading, column.show(value) if value is not None else ""
            )
        )

    def note(self, row: ParsedRow, name: str, message: str, /, **params: Any) -> None:
        """Say something about a cell without refusing it."""
        column = self.kind.column(name)
        row.notes.append(Problem(message, params, row.number, column.heading, column.show(row.get(name))))

    def change(self, name: str, old: Any, new: Any) -> Change:
        """A change of a field, as shown."""
        column = self.kind.column(name)
        return (
            column.heading,
            column.show(old) if old is not None else "",
            column.show(new) if new is not None else "",
        )

    def refuse_repeated(self, *names: str) -> None:
        """An identifier stands in one row only."""
        for name in names:
            for value, rows in grouped(self.rows, methodcaller("get", name)).items():
                if value is not None and len(rows) > 1:
                    for row in rows:
                        self.refuse(row, name, TWICE, rows=others(rows, row))

    def refuse_other_schools(self, unit: OrgUnit) -> None:
        """A row that names another school is not this school's to import."""
        own = {
            match_key(name)
            for name in (unit.code, unit.name, unit.short_name, unit.ministry_code or unit.code)
        }
        for row in self.rows:
            value = row.get("school")
            if value is not None and match_key(value) not in own:
                self.refuse(row, "school", OTHER_SCHOOL, value=value, unit=unit.short_name)

    def person_name(self, row: ParsedRow, known: PersonName | None) -> PersonName | None:
        """The parts of the row's name: as given, as confirmed before, or (first word, last word) as a suggestion.

        None where nothing changes. Refuses the row where the parts can't be told.
        """
        full = row.get("full_name")
        parts = [row.get(name) or "" for name in ("family_name", "middle_name", "given_name")]
        if full is None or (known is not None and known.written == full and not any(parts)):
            return None
        if any(parts):
            if name_words(" ".join(parts)) != name_words(full) or not parts[2]:
                self.refuse(row, "full_name", WORDS_DIFFER)
        elif _order_unknown(full):
            self.refuse(row, "full_name", ORDER_UNKNOWN)
        else:
            parts = list(split_suggestion(full))
        problem = name_problem(full)
        if problem:
            self.refuse(row, "full_name", problem)
        longest = zip(("family_name", "middle_name", "given_name"), parts, (40, 60, 40), strict=True)
        for part_name, part, most in longest:
            if len(part) > most:
                self.refuse(row, part_name, TOO_LONG, n=len(part), most=most)
        name = PersonName(parts[0], parts[1], parts[2], written=full)
        return None if name == known else name

    def _note_1904(self) -> Iterator[Problem]:
        dated = next((c for c in self.kind.columns if c.is_date and c.field in self.fields), None)
        row = next((r for r in self.rows if dated and isinstance(r.get(dated.field), date)), None)
        if dated and row:
            value = dated.show(row.get(dated.field))
            params = {"row": row.number, "column": dated.heading, "value": value}
            yield Problem(FROM_1904, params, row.number, dated.heading, value)


def _is_example(row: Row) -> bool:
    mark = row.values.get(STT)
    return isinstance(mark, str) and mark.strip().upper() == EXAMPLE_MARK


def _parse(row: Row, columns: Sequence[Column]) -> ParsedRow:
    parsed = ParsedRow(row.number, {}, list(row.problems))
    for column in columns:
        raw = row.values.get(column.field)
        if raw is None:
            if column.required:
                parsed.problems.append(Problem(REQUIRED, {}, row.number, column.heading))
            continue
        if isinstance(raw, (Formula, CellError)) or column.ignored:
            continue
        try:
            parsed.values[column.field] = _value(raw, column)
        except Refused as refusal:
            parsed.problems.append(refusal.at(row.number, column.heading, raw))
        if is_decomposed(raw):
            parsed.notes.append(Problem(DECOMPOSED, {}, row.number, column.heading, nfc(raw)[:80]))
    return parsed


def _value(raw: Any, column: Column) -> Any:
    problem = unicode_problem(raw) if isinstance(raw, str) else None
    if problem:
        raise Refused(problem)
    return column.read(raw)


def _order_unknown(full: str) -> bool:
    """Y Khương Byă, H'Hen Niê, A Lưới: the word order of these peoples does not tell the tên (design §4)."""
    first = full.split(maxsplit=1)[0]
    return first.upper() in ("Y", "H", "A", "K") or first[:2].upper() in ("H'", "H’", "K'", "K’")


def verdict(row: ParsedRow, key: str, kind: str, changes: Iterable[Change] = (), step: Any = None) -> Planned:
    """The verdict of a row: what was meant, or refused where anything is wrong with it."""
    if row.problems:
        return Planned(RowVerdict(row.number, REFUSED, key, (), tuple(row.problems), tuple(row.notes)))
    return Planned(RowVerdict(row.number, kind, key, tuple(changes), (), tuple(row.notes)), step)


def grouped(items: Iterable[T], key: Callable[[T], Any]) -> dict[Any, list[T]]:
    """Items by key, in order."""
    found: dict[Any, list[T]] = defaultdict(list)
    for item in items:
        found[key(item)].append(item)
    return dict(found)


def others(rows: Sequence[ParsedRow], row: ParsedRow) -> str:
    """Numbers of the other rows, for a message."""
    return ", ".join(str(other.number) for other in rows if other is not row)[:60]


def chunks(values: Iterable[Any]) -> Iterator[list[Any]]:
    """Distinct values in lists short enough for one IN (…)."""
    distinct = list(dict.fromkeys(value for value in values if value is not None))
    for start in range(0, len(distinct), CHUNK):
        yield distinct[start : start + CHUNK]


def load_in(
    session: Session, query: sa.Select[*tuple[Any, ...]], column: Any, values: Iterable[Any]
) -> Iterator[Any]:
    """Rows of `query` whose `column` is among the values; one statement a chunk."""
    for some in chunks(values):
        yield from session.execute(query.where(column.in_(some)))
