"""Daily attendance (điểm danh) of a class, month by month: how days are kept, typed and counted.

The circular's class book counts sessions missed, with leave (P) and without (K), day by day (TT 22/2021, sổ theo dõi và
đánh giá học sinh: Điểm danh). A day has one session, or a morning and an afternoon. Days nobody missed hold nothing.
"""

import re
from calendar import monthrange
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from app.domain.lock_calendar import TermDates
from app.domain.vocabulary import N_

EXCUSED, UNEXCUSED, THERE = "P", "K", "-"
ONE, TWO = 1, 2
"""Sessions a day."""

_SUNDAY: Final = 6
_ONE_DAY: Final = timedelta(days=1)
_MONTH: Final = re.compile(r"(\d{4})-(\d\d)", re.ASCII)
_DAY: Final = re.compile(r"(\d{1,2})([PK-]{1,2})", re.ASCII)
_COLUMN: Final = re.compile(r"day_([1-9]|[12]\d|3[01])", re.ASCII)

NO_MARK: Final = N_("Write P for an absence with leave, K for one without, nothing for present.")
NO_SESSIONS: Final = N_(
    "Write P or K for the whole day, or a sign for the morning and one for the afternoon: P- is the morning with leave, "
    "-K the afternoon without."
)


@dataclass(frozen=True, slots=True)
class Counts:
    """Sessions missed, with leave and without."""

    excused: int = 0
    unexcused: int = 0

    @property
    def total(self) -> int:
        """All of them, as the limit of 45 counts (TT 22/2021 Điều 12)."""
        return self.excused + self.unexcused

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.excused + other.excused, self.unexcused + other.unexcused)


NONE: Final = Counts()


@dataclass(frozen=True, slots=True)
class Month:
    """A month of a school year: `days` are its school days (Monday to Saturday within a term), each with its term."""

    year: int
    number: int
    days: Mapping[int, int]

    @property
    def code(self) -> str:
        """What rows keep: 2026-11."""
        return f"{self.year}-{self.number:02}"

    @property
    def length(self) -> int:
        """How many days the month has."""
        return monthrange(self.year, self.number)[1]

    @property
    def first(self) -> date:
        """Its first day."""
        return self.on(1)

    @property
    def last(self) -> date:
        """Its last day."""
        return self.on(self.length)

    def on(self, day: int) -> date:
        """The date of a day of it."""
        return date(self.year, self.number, day)

    def until(self, today: date) -> list[int]:
        """School days that have begun by `today`, in order."""
        return [day for day in self.days if self.on(day) <= today]


def months(terms: Iterable[TermDates]) -> tuple[Month, ...]:
    """The months a school year's terms lie in, in order; Sundays and days between the terms are no school days."""
    found: dict[tuple[int, int], dict[int, int]] = {}
    for term in sorted(terms, key=lambda term: term.starts_on):
        day = term.starts_on
        while day <= term.ends_on:
            days = found.setdefault((day.year, day.month), {})
            if day.weekday() != _SUNDAY:
                days[day.day] = term.number
            day += _ONE_DAY
    return tuple(Month(year, number, days) for (year, number), days in found.items())


def month_now(known: Sequence[Month], day: date) -> Month | None:
    """The latest month that has begun by a day; None before the first."""
    return max((month for month in known if month.first <= day), key=lambda month: month.first, default=None)


def code_of(day: date) -> str:
    """The month a date lies in."""
    return f"{day:%Y-%m}"


def is_code(text: str) -> bool:
    """True for what names a month: 2026-11."""
    found = _MONTH.fullmatch(text)
    return found is not None and 1 <= int(found[2]) <= 12


def read_days(kept: str | None) -> dict[int, str]:
    """The marks of a student's month by day, from the text a row keeps: "3P 17-K"."""
    found = (_DAY.fullmatch(part) for part in (kept or "").split())
    return {int(match[1]): match[2] for match in found if match}


def write_days(marks: Mapping[int, str | None]) -> str | None:
    """The text a row keeps; None where nothing was missed."""
    return " ".join(f"{day}{mark}" for day, mark in sorted(marks.items()) if mark) or None


def read_called(kept: str | None) -> frozenset[int]:
    """The days on which attendance was taken, from the text a class's row keeps: "2 3 4"."""
    return frozenset(int(part) for part in (kept or "").split())


def write_called(days: Collection[int]) -> str:
    """The text a class's row keeps."""
    return " ".join(str(day) for day in sorted(days))


def read_mark(typed: str | None, sessions: int) -> str | None:
    """What was typed for a day as it is kept: P, K; with two sessions PP, P-, -K, KP. None for present.

    ValueError with what to write where it is none of these.
    """
    text = (typed or "").strip().upper().replace(".", THERE)
    if not text.strip(THERE):
        return None
    if sessions == TWO and text in (EXCUSED, UNEXCUSED):
        text *= TWO
    allowed = {EXCUSED, UNEXCUSED} if sessions == ONE else {EXCUSED, UNEXCUSED, THERE}
    if len(text) != sessions or not set(text) <= allowed:
        raise ValueError(NO_MARK if sessions == ONE else NO_SESSIONS)
    return text


def count(marks: Iterable[str | None]) -> Counts:
    """The sessions missed in these marks."""
    text = "".join(mark or "" for mark in marks)
    return Counts(text.count(EXCUSED), text.count(UNEXCUSED))


def column_of(day: int) -> str:
    """The name of a day's cell in corrections: day_17."""
    return f"day_{day}"


def day_of(column: str) -> int | None:
    """The day of a cell's name; None for any other."""
    found = _COLUMN.fullmatch(column)
    return int(found[1]) if found else None
