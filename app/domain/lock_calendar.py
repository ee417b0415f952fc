"""The lock calendar a new school year starts with. A plan only: units change it, services store it.

Choices, all open to change by the unit that owns the window:

- The department opens each term's whole book from the first day to `grace_days` after the last one, for late
  entry and make-up tests; then the book is locked as a whole (S4 Điều 6a "khóa nhập liệu các sổ").
- The school opens regular scores month by month up to the entry day (S1 Điều 5.1, ngày 23). At each close the
  entered cells lock and blank ones stay open. The rounds follow one another without a gap; the last one, from
  the last entry day before the term's end, runs up to the department's close.
- Midterm scores: from `midterm_days_before` the term's middle to `midterm_days_after` it; final scores: from
  `final_days` before the term's end. The leader announces both times (S4 Điều 15.3): this is only a start.
- Comments are open all through the term.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from app.domain.locks import VN_TIME, end_of_day, entry_date
from app.domain.vocabulary import REGULAR_COLUMNS, Tier, WindowEffect, WindowMode

TERM_NAMES = {1: "học kì I", 2: "học kì II"}


@dataclass(frozen=True, slots=True)
class TermDates:
    """First and last day of a term; ValueError when they are the wrong way round."""

    number: int
    starts_on: date
    ends_on: date

    def __post_init__(self) -> None:
        if self.ends_on <= self.starts_on:
            raise ValueError("a term ends after it starts")


@dataclass(frozen=True, slots=True)
class CalendarRules:
    """The figures of the plan, in days; the entry day is a day of the month."""

    entry_day: int = 23
    grace_days: int = 7
    midterm_days_before: int = 14
    midterm_days_after: int = 21
    final_days: int = 21


@dataclass(frozen=True, slots=True)
class PlannedWindow:
    """A window to be made. `title` is the Vietnamese text stored with it; times are UTC, half-open."""

    owner: Tier
    term: int
    effect: WindowEffect
    mode: WindowMode
    opens_at: datetime
    closes_at: datetime
    columns: frozenset[str]
    title: str


def default_windows(
    terms: Sequence[TermDates], rules: CalendarRules | None = None
) -> tuple[PlannedWindow, ...]:
    """The lock calendar of a new school year, term by term (choices: see the module)."""
    rules = rules or CalendarRules()
    return tuple(window for term in terms for window in _term_windows(term, rules))


def _term_windows(term: TermDates, rules: CalendarRules) -> list[PlannedWindow]:
    starts = start_of_day(term.starts_on)
    closes = end_of_day(term.ends_on + timedelta(days=rules.grace_days))
    name = TERM_NAMES[term.number]
    middle = term.starts_on + (term.ends_on - term.starts_on) / 2
    midterm_opens = max(starts, start_of_day(middle - timedelta(days=rules.midterm_days_before)))
    midterm_closes = min(closes, end_of_day(middle + timedelta(days=rules.midterm_days_after)))
    final_opens = max(starts, start_of_day(term.ends_on - timedelta(days=rules.final_days)))
    return [
        _whole_book(term, starts, closes),
        *_monthly_rounds(term, starts, closes, rules.entry_day),
        _entry(term, midterm_opens, midterm_closes, {"midterm"}, f"Nhập điểm giữa kì, {name}"),
        _entry(term, final_opens, closes, {"final"}, f"Nhập điểm cuối kì, {name}"),
        _entry(term, starts, closes, {"comment"}, f"Nhập nhận xét, {name}"),
    ]


def _whole_book(term: TermDates, opens_at: datetime, closes_at: datetime) -> PlannedWindow:
    """The department's window over a term: when it closes, the book is locked."""
    return PlannedWindow(
        owner=Tier.DEPARTMENT,
        term=term.number,
        effect=WindowEffect.OPEN,
        mode=WindowMode.WHOLE_BOOK,
        opens_at=opens_at,
        closes_at=closes_at,
        columns=frozenset(),
        title=f"Mở sổ {TERM_NAMES[term.number]}",
    )


def _monthly_rounds(
    term: TermDates, starts: datetime, closes: datetime, entry_day: int
) -> list[PlannedWindow]:
    """Back-to-back entry rounds for regular scores, cut at each entry day inside the term."""
    days = [day for day in _entry_dates(term, entry_day) if term.starts_on <= day < term.ends_on]
    edges = [starts, *(end_of_day(day) for day in days), closes]
    return [
        _entry(term, opens, shuts, set(REGULAR_COLUMNS), _round_title(shuts, term))
        for opens, shuts in pairwise(edges)
    ]


def _round_title(closes_at: datetime, term: TermDates) -> str:
    last_day = (closes_at.astimezone(VN_TIME) - timedelta(days=1)).date()
    return f"Nhập điểm thường xuyên đến {last_day:%d/%m/%Y}, {TERM_NAMES[term.number]}"


def _entry_dates(term: TermDates, entry_day: int) -> list[date]:
    first = term.starts_on.year * 12 + term.starts_on.month - 1
    last = term.ends_on.year * 12 + term.ends_on.month - 1
    return [entry_date(month // 12, month % 12 + 1, entry_day) for month in range(first, last + 1)]


def _entry(
    term: TermDates, opens_at: datetime, closes_at: datetime, columns: set[str], title: str
) -> PlannedWindow:
    """A school's entry round: when it closes, the entered cells lock."""
    return PlannedWindow(
        owner=Tier.SCHOOL,
        term=term.number,
        effect=WindowEffect.OPEN,
        mode=WindowMode.ENTERED_CELLS,
        opens_at=opens_at,
        closes_at=closes_at,
        columns=frozenset(columns),
        title=title,
    )


def monthly_days(first: date, days: Sequence[int]) -> tuple[date, ...]:
    """These days of the month of `first`; a month that is shorter has its last day."""
    return tuple(entry_date(first.year, first.month, day) for day in days)


def next_monthly_day(today: date, day: int) -> date:
    """That day of this month, or of the next where it is over."""
    (found,) = monthly_days(today, [day])
    return found if found >= today else monthly_days(today.replace(day=1) + timedelta(days=31), [day])[0]


def after_test(test_on: date, days: int) -> tuple[datetime, datetime]:
    """From a test's day to 24:00 of the day so many days after it: when its marks are entered (needs A4)."""
    return start_of_day(test_on), end_of_day(test_on + timedelta(days=days))


def start_of_day(day: date) -> datetime:
    """00:00 of a day in Vietnam, in UTC."""
    return datetime.combine(day, time(), VN_TIME).astimezone(UTC)
