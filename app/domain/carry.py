"""What a student's marks do when the student changes class (design §4): which values count, and from which day on."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final, Protocol

from app.domain.vocabulary import CELL_COLUMNS

STATES: Final = ("midterm_state", "final_state")
CARRIED: Final = (*CELL_COLUMNS, *STATES)
"""What a row of marks takes along; its average is worked out anew where it arrives."""


class Span(Protocol):
    """A term: both days inclusive."""

    @property
    def starts_on(self) -> date:
        """The term's first day."""

    @property
    def ends_on(self) -> date:
        """The term's last day."""


def too_early(terms: Iterable[Span], last_day: date, day: date, today: date) -> bool:
    """True for a change on a later `day` of a term, while marks may still be entered at the former place.

    `last_day`: the last one there.
    """
    running = any(term.starts_on < day and term.ends_on >= today for term in terms)
    return day > today and last_day >= today and running


def newest(rows: Sequence[Any], carried: Sequence[str] = CARRIED) -> dict[str, Any]:
    """The values of a student's rows of one subject and term, the latest last, by `carried` column.

    A row that came along (`carried_from_id`) began as a copy of those before it and replaces them; one begun anew, on a
    sheet made after the student had come, adds to them. A periodic test and its state belong together.
    """
    values: dict[str, Any] = dict.fromkeys(carried)
    for row in rows:
        for column in (name for name in carried if name not in STATES):
            parts = [part for part in (column, f"{column}_state") if part in carried]
            own = {part: getattr(row, part) for part in parts}
            if row.carried_from_id is not None or any(value is not None for value in own.values()):
                values |= own
    return values
