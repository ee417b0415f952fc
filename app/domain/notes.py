"""Remarks of teachers beside the marks: by month, week or term; which period is due when, and which term holds it.

The homeroom teacher's on each student monthly (S4 Điều 13 khoản 3); subject teachers' on nền nếp, of a class or a
student, weekly or as the school sets (S1 Điều 3 khoản 5.3, S4 Điều 14 khoản 3); preschool's record of a child by area of
development (sổ theo dõi trẻ, TT 52/2020 Điều 21). They count in no result.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from app.domain.lock_calendar import TermDates
from app.domain.vocabulary import Level

LEAST_DAYS: Final = 7
"""A month counts when so many of its days lie within the school's terms: the first days of a term make none."""

MOST_TEXT: Final = 500
_WEEK: Final = timedelta(days=7)
_ONE_DAY: Final = timedelta(days=1)


class NoteKind(StrEnum):
    """Whose remark it is, and about what."""

    MONTHLY = "monthly"  # nhận xét tháng của GVCN (S4 Điều 13 khoản 3)
    DISCIPLINE = "discipline"  # nhận xét nền nếp học tập bộ môn (S1 Điều 3 khoản 5.3, S4 Điều 14 khoản 3)
    DEVELOPMENT = "development"  # sổ theo dõi trẻ, theo lĩnh vực (TT 52/2020 Điều 21)


class Span(StrEnum):
    """How long a period is, loosest first."""

    TERM = "term"  # học kì
    MONTHLY = "monthly"  # tháng
    WEEKLY = "weekly"  # tuần


@dataclass(frozen=True, slots=True)
class NotePeriod:
    """A week, month or term of a school year.

    `code` is what rows keep: 2026-W47 by ISO 8601, 2026-11, T1; a date of a term that is put right later moves none.
    `number`: of the week in the school year, of the month, of the term. `term`: the one it ends in, whose windows hold.
    """

    code: str
    span: Span
    number: int
    starts_on: date
    ends_on: date
    term: int


@dataclass(frozen=True, slots=True)
class Topic:
    """Which of a class's remarks somebody speaks of: a kind, a period by its code, and preschool's area."""

    kind: NoteKind
    period: str
    area: str | None = None

    def __str__(self) -> str:
        """As a request keeps it: monthly/2026-11, development/2026-11/physical."""
        return "/".join(filter(None, (self.kind.value, self.period, self.area)))

    @classmethod
    def read(cls, text: str) -> "Topic | None":
        """The topic of such a text; None for any other."""
        kind, period, area, *more = [*text.split("/"), "", ""]
        if kind not in set(NoteKind) or read_code(period) is None or any(more):
            return None
        return cls(NoteKind(kind), period, area or None)


def homeroom_kind(level: Level) -> NoteKind:
    """What the homeroom teacher of a class keeps each month."""
    return NoteKind.DEVELOPMENT if level is Level.PRESCHOOL else NoteKind.MONTHLY


def periods(span: Span, terms: Sequence[TermDates]) -> tuple[NotePeriod, ...]:
    """The periods of a school year, in order of time; none for a year without terms."""
    ordered = sorted(terms, key=lambda term: term.starts_on)
    if not ordered:
        return ()
    if span is Span.TERM:
        return tuple(
            NotePeriod(f"T{term.number}", span, term.number, term.starts_on, term.ends_on, term.number)
            for term in ordered
        )
    return _months(ordered) if span is Span.MONTHLY else _weeks(ordered)


def period_now(known: Sequence[NotePeriod], day: date) -> NotePeriod | None:
    """The latest period that has begun by a day, None before the first."""
    return max((p for p in known if p.starts_on <= day), key=lambda p: p.starts_on, default=None)


_MONTH_CODE: Final = re.compile(r"(\d{4})-(\d\d)", re.ASCII)
_WEEK_CODE: Final = re.compile(r"(\d{4})-W(\d\d)", re.ASCII)


def read_code(code: str) -> tuple[Span, date | None] | None:
    """Span and first day of a period's code (a term's days stand elsewhere); None for text that is no code."""
    try:
        if found := _MONTH_CODE.fullmatch(code):
            return Span.MONTHLY, date(int(found[1]), int(found[2]), 1)
        if found := _WEEK_CODE.fullmatch(code):
            return Span.WEEKLY, date.fromisocalendar(int(found[1]), int(found[2]), 1)
    except ValueError:
        return None
    return (Span.TERM, None) if code in ("T1", "T2") else None


def _weeks(terms: Sequence[TermDates]) -> tuple[NotePeriod, ...]:
    """Monday to Sunday, numbered through the year; weeks with no day in a term have no number."""
    found: list[NotePeriod] = []
    day = terms[0].starts_on - timedelta(days=terms[0].starts_on.weekday())
    while day <= terms[-1].ends_on:
        last = day + _WEEK - _ONE_DAY
        if _days_within(terms, day, last):
            year, week, _weekday = day.isocalendar()
            number = len(found) + 1
            found.append(
                NotePeriod(f"{year}-W{week:02}", Span.WEEKLY, number, day, last, _term_at(terms, last))
            )
        day += _WEEK
    return tuple(found)


def _months(terms: Sequence[TermDates]) -> tuple[NotePeriod, ...]:
    found: list[NotePeriod] = []
    day = terms[0].starts_on.replace(day=1)
    while day <= terms[-1].ends_on:
        later = (day + timedelta(days=32)).replace(day=1)
        last = later - _ONE_DAY
        if _days_within(terms, day, last) >= LEAST_DAYS:
            code = f"{day:%Y-%m}"
            found.append(NotePeriod(code, Span.MONTHLY, day.month, day, last, _term_at(terms, last)))
        day = later
    return tuple(found)


def _days_within(terms: Sequence[TermDates], first: date, last: date) -> int:
    """Days of a span that lie in a term."""
    return sum(max((min(last, term.ends_on) - max(first, term.starts_on)).days + 1, 0) for term in terms)


def _term_at(terms: Sequence[TermDates], day: date) -> int:
    """The term a period belongs to that ends on `day`: the last begun by then."""
    return max((term for term in terms if term.starts_on <= day), key=lambda term: term.starts_on).number
