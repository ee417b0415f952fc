"""Attendance of the demo: a class's month in one go on its last school day, as homeroom teachers do (S0 Điều 6)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from random import Random

from app.demo.accounts import act
from app.demo.marks import Marker
from app.demo.notes import keeper
from app.demo.plan import ONE_DAY, at
from app.demo.schools import MAIN
from app.demo.world import ClassRoom, Sheet, World
from app.domain.attendance import EXCUSED, UNEXCUSED, Month, months
from app.domain.lock_calendar import TermDates
from app.extensions import db
from app.services.attendance_entry import DayEdit, enter_attendance
from app.services.clock import local_day
from app.services.programme import NewYear
from app.services.years import TermDates as Term

KEPT = {MAIN: None, "thtk": ("5A", "4A"), "mnhb": ("Lá 1",)}
"""Schools, and of some only these classes, in which attendance is taken."""

COUNTED = 7
"""Days before a term's end by which its sessions missed are counted into the book: nobody is absent after."""

SATURDAY = 5
HOLIDAYS = frozenset({(9, 2), (1, 1), (4, 30), (5, 1)})
"""Months and days nobody is at school on (Bộ luật Lao động Điều 112), but for the lunar ones."""

OFTEN = ((0.72, 0), (0.9, 1), (0.97, 2), (1.0, 4))
"""Shares of students who miss at most so many days of a month."""

WITHOUT_LEAVE = 0.15
Missed = dict[int, dict[date, str]]


@dataclass
class Rolls:
    """Puts attendance onto the timeline."""

    world: World
    marker: Marker

    def __post_init__(self) -> None:
        self.rng: Random = self.world.rng("attendance")

    def plan_closed(self, new: NewYear, terms: Sequence[Term]) -> None:
        """Terms that are over: what is counted in the homeroom teacher's book is what was missed day by day."""
        for school in self.world.units.values():
            for (year, name), room in school.classes.items():
                if year != new.start_year or not _kept(school.code, name):
                    continue
                for term in terms:
                    sheet = school.sheets.get((year, term.number, name, "training"))
                    self._plan(room, term, self._as_counted(room, sheet, term), term.ends_on)

    def plan_running(self, new: NewYear, term: Term) -> None:
        """The open term up to the day before the demo is looked at."""
        last = self.world.plan.day - ONE_DAY
        for school in self.world.units.values():
            for (year, name), room in school.classes.items():
                if year == new.start_year and _kept(school.code, name):
                    self._plan(room, term, self._drawn(room, term, last), last)

    def _plan(self, room: ClassRoom, term: Term, missed: Missed, last: date) -> None:
        for month in months([TermDates(term.number, term.starts_on, term.ends_on)]):
            days = [month.on(n) for n in month.days if month.on(n) <= last]
            taught = [day for day in days if _taught(day)]
            if taught and room.homeroom:
                moment = at(taught[-1], 16, self.rng.randrange(2, 55), self.rng.randrange(60))
                self.world.timeline.add(moment, partial(self._enter, room, month, taught, missed))

    def _as_counted(self, room: ClassRoom, sheet: Sheet | None, term: Term) -> Missed:
        """Days for the counts of each student; without a book of them as in a term that runs."""
        if sheet is None:
            return self._drawn(room, term, term.ends_on)
        missed: Missed = {}
        for seat in room.seats:
            days = _days(term, max(seat.starts_on, term.starts_on), term.ends_on - COUNTED * ONE_DAY)
            numbers = self.marker.sessions_of(sheet, seat.student_id)
            chosen = self.rng.sample(days, min(sum(numbers), len(days)))
            signs = EXCUSED * numbers[0] + UNEXCUSED * numbers[1]
            missed[seat.student_id] = dict(zip(chosen, signs, strict=False))
        return missed

    def _drawn(self, room: ClassRoom, term: Term, last: date) -> Missed:
        missed: Missed = {}
        for seat in room.seats:
            days = _days(term, max(seat.starts_on, term.starts_on), min(last, term.ends_on))
            often = sum(self._often() for _month in range(len(days) // 22 + 1))
            chosen = self.rng.sample(days, min(often, len(days)))
            missed[seat.student_id] = {
                day: UNEXCUSED if self.rng.random() < WITHOUT_LEAVE else EXCUSED for day in chosen
            }
        return missed

    def _often(self) -> int:
        drawn = self.rng.random()
        return next(number for share, number in OFTEN if drawn < share)

    def _enter(self, room: ClassRoom, month: Month, days: Sequence[date], missed: Missed) -> None:
        """Everybody who still sits in the class, each day on which they did."""
        edits = [
            DayEdit(seat.student_id, day.day, None, sign)
            for seat in room.seats
            for day, sign in missed.get(seat.student_id, {}).items()
            if day in days and seat.covers(day)
        ]
        today = local_day(self.world.clock.now)
        saved = enter_attendance(
            act(db.session(), keeper(room), today),
            room.id,
            month.code,
            edits,
            called=[day.day for day in days],
            clock=self.world.clock,
        )
        self.world.count("absences", saved.changed)


def _kept(code: str, name: str) -> bool:
    names = KEPT.get(code, ())
    return names is None or name in names


def _days(term: Term, first: date, last: date) -> list[date]:
    """The days of a term taught on between two others: Monday to Friday."""
    known = months([TermDates(term.number, term.starts_on, term.ends_on)])
    days = (month.on(number) for month in known for number in month.days)
    return [day for day in days if first <= day <= last and _taught(day)]


def _taught(day: date) -> bool:
    return day.weekday() < SATURDAY and (day.month, day.day) not in HOLIDAYS
