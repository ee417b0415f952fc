"""What teachers remark in the running year: monthly, on nền nếp, and a preschool's record, through the verb of the pages."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from random import Random

from app.demo.accounts import act
from app.demo.plan import ONE_DAY, at
from app.demo.schools import MAIN
from app.demo.world import ClassRoom, Member, School, World
from app.domain.assessment import preschool
from app.domain.lock_calendar import TermDates
from app.domain.notes import NoteKind, NotePeriod, Span, periods
from app.extensions import db
from app.reference.notes_bank import FAIR, GOOD, NOT_YET, OF_CLASS, WEAK, remarks
from app.services.clock import local_day
from app.services.notes import WHOLE_CLASS
from app.services.notes_entry import NoteEdit, enter_notes

MONTHLY = ((MAIN, "7A"), (MAIN, "7B"), ("thtk", "5A"))
PRESCHOOL = (("mnhb", "Lá 1"), ("mnhb", "Nhà trẻ 24–36 tháng"))
WEEKLY = (("7A", "math"), ("7B", "math"), ("8A", "literature"))
"""Classes with remarks: of homeroom teachers, of preschool, and of subject teachers at THCS Thúc Kháng."""

BEHIND = (MAIN, "7B")
"""Whose homeroom teacher still owes part of the last month."""

WEEKS, REMARKED_ON = 4, 3
"""Weeks back from the day of seeding with remarks on nền nếp, and students named in each."""

SHARES = ((0.55, GOOD), (0.9, FAIR), (1.0, WEAK))
REACHED = 0.85
BREAK = 0.15
"""Shares of good and fair students, of goals reached, and of remarks put into other words the next day."""


@dataclass
class Remarks:
    """Puts the remarks of the running year onto the timeline."""

    world: World

    def __post_init__(self) -> None:
        self.rng: Random = self.world.rng("remarks")

    @property
    def year(self) -> int:
        """Start of the running school year."""
        return self.world.plan.current.start_year

    def plan(self) -> None:
        """Months that are over by the day of seeding, and the last weeks."""
        for code, name in MONTHLY:
            for month in self._over(Span.MONTHLY):
                self._evening(month.ends_on, partial(self._monthly, self._school(code), name, month))
        for code, name in PRESCHOOL:
            for month in self._over(Span.MONTHLY)[-2:]:
                self._evening(month.ends_on, partial(self._development, self._school(code), name, month))
        for name, subject in WEEKLY:
            for week in self._over(Span.WEEKLY)[-WEEKS:]:
                self._evening(week.ends_on - ONE_DAY, partial(self._weekly, name, subject, week))

    def _over(self, span: Span) -> list[NotePeriod]:
        """Periods of the running term that ended before the day of seeding."""
        plan = self.world.plan
        terms = [TermDates(term.number, term.starts_on, term.ends_on) for term in plan.current.terms]
        return [p for p in periods(span, terms) if p.term == plan.term and p.ends_on < plan.day - ONE_DAY]

    def _evening(self, day: date, event: Callable[[], None]) -> None:
        self.world.timeline.add(at(day, 20, self.rng.randrange(2, 50), self.rng.randrange(60)), event)

    def _school(self, code: str) -> School:
        return self.world.units[code]

    def _monthly(self, school: School, name: str, month: NotePeriod) -> None:
        """A whole class in one go; some remarks get other words a day later."""
        room = school.classes[self.year, name]
        students = room.students(self._today())
        late = (school.code, name) == BEHIND and month == self._over(Span.MONTHLY)[-1]
        texts = {
            s: self._text(NoteKind.MONTHLY) for s in (students[: len(students) // 2] if late else students)
        }
        self._enter(
            keeper(room), room, NoteKind.MONTHLY, month, [NoteEdit(s, None, t) for s, t in texts.items()]
        )
        again = [s for s in texts if self.rng.random() < BREAK]
        edits = [
            NoteEdit(s, texts[s], other) for s in again if (other := self._text(NoteKind.MONTHLY)) != texts[s]
        ]
        if edits and month.ends_on + 2 * ONE_DAY < self.world.plan.day:
            later = self.world.clock.now + timedelta(hours=23)
            self.world.timeline.add(later, partial(self._mend, room, month, edits))

    def _mend(self, room: ClassRoom, month: NotePeriod, edits: Sequence[NoteEdit]) -> None:
        """What was thought better of the next day, of those who are still in the class then."""
        here = set(room.students(self._today()))
        still = [edit for edit in edits if edit.student_id in here]
        self._enter(keeper(room), room, NoteKind.MONTHLY, month, still)

    def _development(self, school: School, name: str, month: NotePeriod) -> None:
        """Every area of every child, an area at a time."""
        room = school.classes[self.year, name]
        for area in preschool.areas_of(room.grade):
            edits = list(self._observed(room.students(self._today()), area.code))
            self._enter(keeper(room), room, NoteKind.DEVELOPMENT, month, edits, area=area.code)
            self.world.clock.move_to(self.world.clock.now + timedelta(minutes=4))

    def _observed(self, children: Sequence[int], area: str) -> Iterator[NoteEdit]:
        for child in children:
            reached = self.rng.random() < REACHED
            text = self.rng.choice(remarks(NoteKind.DEVELOPMENT, area if reached else f"{area}{NOT_YET}"))
            yield NoteEdit(child, None, text, None, reached)

    def _weekly(self, name: str, subject: str, week: NotePeriod) -> None:
        """The class, and a few students by name."""
        school = self._school(MAIN)
        room = school.classes[self.year, name]
        teacher = school.sheets[self.year, self.world.plan.term, name, subject].member_for(
            "comment", self._today()
        )
        students = room.students(self._today())
        named = self.rng.sample(students, min(REMARKED_ON, len(students)))
        edits = [NoteEdit(WHOLE_CLASS, None, self.rng.choice(remarks(NoteKind.DISCIPLINE, OF_CLASS)))]
        edits += [NoteEdit(student, None, self._text(NoteKind.DISCIPLINE)) for student in named]
        self._enter(teacher, room, NoteKind.DISCIPLINE, week, edits, subject=subject)

    def _text(self, kind: NoteKind) -> str:
        drawn = self.rng.random()
        return self.rng.choice(remarks(kind, next(about for share, about in SHARES if drawn < share)))

    def _today(self) -> date:
        return local_day(self.world.clock.now)

    def _enter(
        self,
        member: Member,
        room: ClassRoom,
        kind: NoteKind,
        period: NotePeriod,
        edits: Sequence[NoteEdit],
        *,
        subject: str | None = None,
        area: str | None = None,
    ) -> None:
        saved = enter_notes(
            act(db.session(), member, self._today()),
            room.id,
            kind,
            period.code,
            edits,
            subject_id=self.world.subjects[subject] if subject else None,
            area=area,
            clock=self.world.clock,
        )
        self.world.count("remarks", saved.changed)


def keeper(room: ClassRoom) -> Member:
    """The class's homeroom teacher."""
    if room.homeroom is None:
        raise LookupError(f"nobody is homeroom teacher of {room.name}")
    return room.homeroom
