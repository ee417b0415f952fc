"""What a dry run shows and applying does: a verdict for each row, and one digest over all of them."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from app.errors import Invalid

NEW: Final = "new"
CHANGED: Final = "changed"
SAME: Final = "same"
REFUSED: Final = "refused"
VERDICTS: Final = (NEW, CHANGED, SAME, REFUSED)


@dataclass(frozen=True)
class Problem:
    """Something to say about a cell, a row or the file; `message` is a msgid that `params` fill.

    `row_no` and `column` are what the user sees in Excel: the row's number, the column's heading or letter.
    """

    message: str
    params: Mapping[str, Any] = field(default_factory=dict)
    row_no: int | None = None
    column: str = ""
    value: str = ""

    def text(self, translate: Callable[[str], str] = str) -> str:
        """The sentence in the reader's language."""
        sentence = translate(self.message)
        return sentence % self.params if self.params else sentence


class BadFile(Invalid):
    """The file can't be used as it is. `problems` say where; nothing was saved."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(problems[0].message, problems=problems, **problems[0].params)


class Refused(Exception):
    """A cell's value can't be taken; `message` is a msgid."""

    def __init__(self, message: str, /, **params: Any) -> None:
        super().__init__(message)
        self.message = message
        self.params = params

    def at(self, row_no: int, column: str, value: Any = "") -> Problem:
        """The same, with its place."""
        return Problem(self.message, self.params, row_no, column, str(value)[:80])


Change = tuple[str, str, str]
"""Heading of the column, old value, new value, as shown."""


@dataclass(frozen=True)
class RowVerdict:
    """What would become of one row of the file."""

    row_no: int
    verdict: str
    key: str  # whom or what the row is about, as shown
    changes: tuple[Change, ...] = ()
    problems: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Planned:
    """A verdict with what its kind of file needs to carry it out; `step` is None where nothing is to be done."""

    verdict: RowVerdict
    step: Any = None


@dataclass(frozen=True)
class Plan:
    """A dry run. `digest` covers the file, the place it goes to and every verdict: applying must find the same."""

    kind: str
    rows: tuple[RowVerdict, ...]
    digest: str
    notes: tuple[Problem, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """Rows by verdict, every verdict named."""
        found = Counter(row.verdict for row in self.rows)
        return {verdict: found[verdict] for verdict in VERDICTS}

    @property
    def applicable(self) -> bool:
        """True when no row is refused and there is something to write."""
        counts = self.counts
        return not counts[REFUSED] and bool(counts[NEW] or counts[CHANGED])

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Every reason a row is refused, in the order of the file."""
        return tuple(problem for row in self.rows for problem in row.problems)


def make_plan(
    kind: str, planned: Sequence[Planned], *, bound_to: Sequence[Any], notes: Sequence[Problem] = ()
) -> Plan:
    """The plan of these rows; `bound_to` (unit, year, file digest) is part of what the digest covers."""
    rows = tuple(item.verdict for item in planned)
    facts = [kind, list(bound_to), [asdict(row) for row in rows]]
    text = json.dumps(facts, ensure_ascii=False, sort_keys=True, default=str)
    return Plan(kind, rows, hashlib.sha256(text.encode()).hexdigest(), tuple(notes))


def file_digest(data: bytes) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(data).hexdigest()


def to_json(plan: Plan) -> str:
    """A plan as text, for paging through it without reading the file again."""
    return json.dumps(asdict(plan), ensure_ascii=False, default=str)


def from_json(text: str) -> Plan:
    """The plan `to_json` wrote."""
    facts = json.loads(text)
    rows = tuple(
        RowVerdict(
            row["row_no"],
            row["verdict"],
            row["key"],
            tuple((label, old, new) for label, old, new in row["changes"]),
            _problems(row["problems"]),
            _problems(row["notes"]),
        )
        for row in facts["rows"]
    )
    return Plan(facts["kind"], rows, facts["digest"], _problems(facts["notes"]))


def _problems(items: Sequence[Mapping[str, Any]]) -> tuple[Problem, ...]:
    return tuple(Problem(**item) for item in items)
