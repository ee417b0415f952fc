"""When the demo plays: school years laid around the day of seeding, so that a term is always open.

The usual frame of a year (35 weeks from 05/09) is moved as little as needed until two thirds to three quarters of a
term are over on that day: its midterm marks are locked by then, its finals still to come. Last year moves along with
it. The class of 2023-2024 keeps the real dates of that year.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from heapq import heappop, heappush

from app.domain.locks import end_of_day, entry_date
from app.services.clock import VIETNAM
from app.services.programme import NewYear, usual_year
from app.services.years import TermDates

FIRST_DAY = date(2025, 11, 1)
"""Earliest day of seeding: before it, the running term would begin under the offices abolished on 30/06/2025."""

OLD_YEAR = 2023
"""Start of the last school year in which a grade followed TT 58/2011 as amended by TT 26/2020."""

DISTRICTS_END = date(2025, 6, 30)
ENTRY_DAY = 23
LEAST_DONE, MOST_DONE = 68, 76
"""Per cent of the running term that are over on the day of seeding."""

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Plan:
    """The demo's calendar: the day of seeding, the running term, and the three school years."""

    day: date
    term: int
    current: NewYear
    last: NewYear
    old: NewYear

    @property
    def running(self) -> TermDates:
        """The open term."""
        return self.current.terms[self.term - 1]

    @property
    def end(self) -> datetime:
        """Nothing in the demo happens at or after this instant: the day of seeding belongs to whoever looks at it."""
        return at(self.day, 0) - timedelta(minutes=30)


def plan_for(day: date) -> Plan:
    """The calendar for a day of seeding. ValueError before FIRST_DAY."""
    if day < FIRST_DAY:
        raise ValueError(f"the demo needs a day from {FIRST_DAY:%d/%m/%Y} on")
    choices = [
        (abs(_shift(day, term).days), year.start_year, term.number)
        for year in (usual_year(day.year - 1), usual_year(day.year))
        for term in year.terms
    ]
    _distance, start_year, number = min(choices)
    by = _shift(day, usual_year(start_year).terms[number - 1])
    return Plan(
        day=day,
        term=number,
        current=moved(usual_year(start_year), by),
        last=moved(usual_year(start_year - 1), by),
        old=usual_year(OLD_YEAR),
    )


def _shift(day: date, term: TermDates) -> timedelta:
    """The smallest move of the term after which LEAST_DONE to MOST_DONE per cent of it are over on `day`."""
    length = (term.ends_on - term.starts_on).days
    done = (day - term.starts_on).days
    least, most = length * LEAST_DONE // 100 + 1, length * MOST_DONE // 100
    return timedelta(days=done - min(max(done, least), most))


def moved(year: NewYear, by: timedelta) -> NewYear:
    """The same year, earlier or later."""
    first, second = (replace(t, starts_on=t.starts_on + by, ends_on=t.ends_on + by) for t in year.terms)
    return replace(year, starts_on=year.starts_on + by, ends_on=year.ends_on + by, terms=(first, second))


def at(day: date, hour: int, minute: int = 0, second: int = 0) -> datetime:
    """An instant of a day in Vietnam, in UTC."""
    return datetime.combine(day, time(hour, minute, second), VIETNAM).astimezone(UTC)


def part_of(term: TermDates, per_cent: float) -> date:
    """The day on which so much of the term is over."""
    return term.starts_on + timedelta(days=int((term.ends_on - term.starts_on).days * per_cent / 100))


def next_cut(moment: datetime) -> datetime:
    """When what is entered at `moment` becomes final by the monthly entry day (S1 Điều 5 khoản 1)."""
    day = moment.astimezone(VIETNAM).date()
    cut = end_of_day(entry_date(day.year, day.month, ENTRY_DAY))
    if cut > moment:
        return cut
    later = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return end_of_day(entry_date(later.year, later.month, ENTRY_DAY))


class DemoClock:
    """The clock the demo's verbs read: it is moved forward, never back, and no two readings are the same."""

    def __init__(self) -> None:
        self.now = datetime(2020, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(microseconds=1)
        return self.now

    def move_to(self, moment: datetime) -> None:
        """It is `moment` now, or a second later than the last time it was asked for, whichever is later."""
        self.now = max(moment, self.now + timedelta(seconds=1))


class Timeline:
    """What happens when. An event may add later events; they run in order of time, then of arrival."""

    def __init__(self, clock: DemoClock) -> None:
        self.clock = clock
        self._waiting: list[tuple[datetime, int, Callable[[], None]]] = []
        self._added = 0
        self.done = 0

    def add(self, moment: datetime, event: Callable[[], None]) -> None:
        """Let `event` run when it is `moment`."""
        self._added += 1
        heappush(self._waiting, (moment, self._added, event))

    @property
    def waiting(self) -> int:
        """Events still to come."""
        return len(self._waiting)

    def run(self, after_each: Callable[["Timeline"], None]) -> None:
        """Let everything happen."""
        while self._waiting:
            moment, _order, event = heappop(self._waiting)
            self.clock.move_to(moment)
            event()
            self.done += 1
            after_each(self)
