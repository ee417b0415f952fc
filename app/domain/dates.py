"""Dates as people type them: day, month, year, leniently written; the day is always checked against the calendar."""

import re
from calendar import monthrange
from datetime import date
from typing import Final

from app.domain.vocabulary import N_

NOT_A_DATE: Final = N_("“%(text)s” is not a date. Write day/month/year, e.g. 05/09/2026.")
NO_SUCH_MONTH: Final = N_("There is no month %(month)s. Write day/month/year.")
NO_SUCH_DAY: Final = N_("Month %(month)s of %(year)s has no day %(day)s. Write day/month/year.")

_WRITTEN = re.compile(r"(\d{1,2})[\s/.\-]+(\d{1,2})[\s/.\-]+(\d{4})")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_FIRST_YEAR, _LAST_YEAR = 1900, 2199


class BadDate(ValueError):
    """Text that names no day. `message` is a msgid, `params` fill it."""

    def __init__(self, message: str, **params: object) -> None:
        super().__init__(message % params)
        self.message = message
        self.params = params


def parse_date(text: str) -> date:
    """The day `text` names: 5/9/2026, 05-09-2026, 05.09.2026, 5 9 2026, or 2026-09-05. BadDate otherwise."""
    typed = " ".join(text.split())
    if found := _WRITTEN.fullmatch(typed):
        day, month, year = (int(part) for part in found.groups())
    elif found := _ISO.fullmatch(typed):
        year, month, day = (int(part) for part in found.groups())
    else:
        raise BadDate(NOT_A_DATE, text=typed)
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise BadDate(NOT_A_DATE, text=typed)
    if not 1 <= month <= 12:
        raise BadDate(NO_SUCH_MONTH, month=month)
    if not 1 <= day <= monthrange(year, month)[1]:
        raise BadDate(NO_SUCH_DAY, day=day, month=month, year=year)
    return date(year, month, day)


def format_date(day: date | None) -> str:
    """dd/mm/yyyy; empty for None."""
    return "" if day is None else f"{day.day:02}/{day.month:02}/{day.year}"
