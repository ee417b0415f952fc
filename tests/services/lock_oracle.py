"""Whether a cell could be written at an instant: worked out a second time, from the rows of windows, closings, Chốt and
policies as they lie in the database, by none of the program's code.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, timezone
from typing import Any

import sqlalchemy as sa

from app.extensions import db
from app.models import Closing, GradebookSheet, LockWindow, Policy, SheetSubmission

VIETNAM = timezone(timedelta(hours=7))
LADDER = ("window_close", "entry_day", "on_submit", "on_leaving")
ENTRY_DAY = 23

Cell = tuple[int, int, str]
"""Sheet, student, column."""
Held = Sequence[tuple[datetime, Any]]
"""What a cell held from when on, oldest first."""


@dataclass(frozen=True)
class Facts:
    """What bears on locks, as stored at one moment."""

    units: tuple[int, ...]  # the school, then what stands above it
    sheets: dict[int, Any]
    windows: tuple[Any, ...]
    closings: tuple[Any, ...]
    presses: tuple[Any, ...]
    rule: str  # when values become final
    rule_since: datetime

    def open(self, cell: Cell, at: datetime, held: Held) -> bool:
        """True where the cell took a new value at `at`."""
        sheet = self.sheets[cell[0]]
        if any(_closed(row, sheet, at) for row in self.closings) or self._final(cell, at, held):
            return False
        said = [self._layer(unit, cell, at, held) for unit in self.units]
        return False not in said and True in said

    def _final(self, cell: Cell, at: datetime, held: Held) -> bool:
        """The policy has made final what the cell holds."""
        step = LADDER.index(self.rule)
        moments: list[datetime] = []
        if step >= LADDER.index("entry_day"):
            moments += _entry_days(self.rule_since, at)
        if step >= LADDER.index("on_submit"):
            moments += [
                p.submitted_at for p in self.presses if p.sheet_id == cell[0] and cell[2] in p.columns
            ]
        if step == LADDER.index("on_leaving"):  # the machine's people have no sign-in: they leave at once
            moments += [when for when, _value in held]
        return any(_kept(held, m, at) for m in moments if self.rule_since <= m <= at)

    def _layer(self, unit: int, cell: Cell, at: datetime, held: Held) -> bool | None:
        """What one unit says: open, locked, or nothing."""
        rows = [w for w in self.windows if w.owner_id == unit and self._speaks(w, cell)]
        now = [w for w in rows if w.opens_at <= at and not _over(w, at)]
        lifted = max((w.opens_at for w in now if w.mode == "exception"), default=None)
        if any(w.effect == "shut" and (lifted is None or w.opens_at >= lifted) for w in now):
            return False
        opening = [w for w in rows if w.effect == "open" and w.mode != "exception"]
        current, past = [w for w in opening if w in now], [w for w in opening if _over(w, at)]
        if not opening and lifted is None:
            return None
        if lifted is None and not current and (not past or any(w.mode == "whole_book" for w in past)):
            return False
        # when the unit's book closed: at a round's end, and at a whole book's unless something else was open over it
        closes = [
            end
            for w in past
            if (end := _end(w))
            and (w.mode == "entered_cells" or all(o.opens_at >= end or _over(o, end) for o in opening))
        ]
        return not closes or not _kept(held, max(closes), at)

    def _speaks(self, window: Any, cell: Cell) -> bool:
        sheet = self.sheets[cell[0]]
        wanted = (
            (window.columns, cell[2]), (window.unit_ids, sheet.unit_id), (window.class_ids, sheet.class_id),
            (window.subject_ids, sheet.subject_id), (window.grades, sheet.grade), (window.student_ids, cell[1]),
        )  # fmt: skip
        return all(not some or one in some for some, one in wanted) and window.sheet_id in (None, cell[0])


def read_facts(units: Iterable[int], sheets: Iterable[int]) -> Facts:
    """Everything stored now; the rule of finality is the school's only one."""
    session = db.session()
    session.rollback()
    rows = {row.id: row for row in _plain(GradebookSheet)}
    rule = next((row for row in _plain(Policy) if row.key == "finality"), None)
    windows = [
        w for w in _plain(LockWindow) if w.term in (None, 1) and (_end(w) is None or _end(w) > w.opens_at)
    ]
    found = Facts(
        tuple(units), {key: rows[key] for key in sheets}, tuple(windows), tuple(_plain(Closing)),
        tuple(_plain(SheetSubmission)), rule.value if rule else LADDER[0],
        rule.decided_at if rule else datetime.min.replace(tzinfo=UTC),
    )  # fmt: skip
    session.rollback()
    return found


def _plain(model: Any) -> Sequence[Any]:
    return db.session.execute(sa.select(*model.__table__.columns)).all()


def _end(window: Any) -> datetime | None:
    ends = [end for end in (window.closes_at, window.ended_at) if end is not None]
    return min(ends, default=None)


def _over(window: Any, at: datetime) -> bool:
    end = _end(window)
    return end is not None and end <= at


def _closed(row: Any, sheet: Any, at: datetime) -> bool:
    """A closing holds up to its reopening, and again from the end of that."""
    if row.unit_id != sheet.unit_id or row.term not in (0, sheet.term) or at < row.closed_at:
        return False
    if row.reopened_at is None or at < row.reopened_at:
        return True
    return row.reopened_until is not None and at >= row.reopened_until


def _kept(held: Held, moment: datetime, at: datetime) -> bool:
    """It held a value at `moment` and has not been blank since."""
    then = [value for when, value in held if when <= moment]
    since = [value for when, value in held if moment < when < at]
    return bool(then) and then[-1] is not None and None not in since


def _entry_days(since: datetime, until: datetime) -> list[datetime]:
    """24:00 in Vietnam of each entry day after one instant, up to another."""
    day, found = since.astimezone(VIETNAM).date(), []
    while day <= until.astimezone(VIETNAM).date():
        if day.day == ENTRY_DAY:
            found.append(datetime.combine(day + timedelta(days=1), time(), VIETNAM))
        day += timedelta(days=1)
    return [moment for moment in found if since < moment <= until]
