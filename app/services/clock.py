"""The only reading of the wall clock, and the province's time zone."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

Clock = Callable[[], datetime]
VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")


def system_clock() -> datetime:
    """Now, aware, UTC."""
    return datetime.now(UTC)


def local_day(moment: datetime) -> date:
    """The calendar day in Vietnam at that moment."""
    return moment.astimezone(VIETNAM).date()


def clamp(day: date, first: date, last: date) -> date:
    """The day, or the nearest one within first…last: what a past or coming term or year is read by."""
    return min(max(day, first), last)
