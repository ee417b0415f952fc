"""Attendance in the reader's words: days, months, what a mark says. Nothing here asks the database."""

from collections.abc import Mapping
from datetime import date

from flask_babel import gettext as _

from app.domain.attendance import EXCUSED, TWO, UNEXCUSED, Counts, Month


def month_title(month: Month) -> str:
    """Tháng 11/2026."""
    return _("Month %(month)s", month=f"{month.first:%m/%Y}")


def code_title(code: str) -> str:
    """The same for a code as rows keep it."""
    year, _dash, number = code.partition("-")
    return _("Month %(month)s", month=f"{number}/{year}")


def weekday(day: date) -> str:
    """Thứ Hai … Chủ nhật."""
    return [
        _("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"),
    ][day.weekday()]  # fmt: skip


def day_title(day: date) -> str:
    """Thứ Hai, 16/11/2026."""
    text = _("%(weekday)s, %(date)s", weekday=weekday(day), date=f"{day:%d/%m/%Y}")
    return text[:1].upper() + text[1:]


def session_title(place: int, sessions: int) -> str:
    """Sáng, Chiều; nothing where the day is one session."""
    return "" if sessions < TWO else (_("Morning"), _("Afternoon"))[place]


def mark_title(sign: str) -> str:
    """What a sign of a mark says."""
    return {EXCUSED: _("absent with leave"), UNEXCUSED: _("absent without leave")}.get(sign, _("present"))


def mark_words(mark: str | None) -> str:
    """A mark in words, for history: có phép; buổi sáng có phép, buổi chiều có mặt."""
    if not mark:
        return _("present")
    if len(set(mark)) == 1:
        return mark_title(mark[0])
    return _(
        "morning %(morning)s, afternoon %(afternoon)s",
        morning=mark_title(mark[0]),
        afternoon=mark_title(mark[1]),
    )


def count_words(counts: Counts) -> str:
    """4 buổi (2 có phép, 2 không phép)."""
    if not counts.total:
        return _("no session missed")
    return _(
        "%(n)s sessions missed: %(excused)s with leave, %(unexcused)s without",
        n=counts.total,
        excused=counts.excused,
        unexcused=counts.unexcused,
    )


def days_words(marks: Mapping[int, str]) -> str:
    """3 (P), 17 (-K)."""
    return ", ".join(f"{day} ({mark})" for day, mark in sorted(marks.items()))
