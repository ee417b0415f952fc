"""What follows a closed year: results on record, hạnh kiểm of the year, retests and summer training, who repeats a grade."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import partial

import sqlalchemy as sa

from app.demo import orders
from app.demo.accounts import act
from app.demo.endings import PASSED, endings_of
from app.demo.marks import Marker
from app.demo.plan import at
from app.demo.schools import UnitSpec
from app.demo.world import ClassRoom, Member, World
from app.domain.access import SYSTEM, Actor
from app.domain.assessment.facts import YEAR
from app.domain.assessment.primary import LAST_GRADE
from app.domain.assessment.registry import CONDUCT, PRIMARY
from app.domain.assessment.terms import Conduct, Outcome, ResultLevel
from app.domain.vocabulary import SubjectKind, UnitKind
from app.domain.year_decisions import Field
from app.extensions import db
from app.models import Enrolment, StudentResult
from app.services.clock import local_day
from app.services.programme import NewYear
from app.services.results.refresh import refresh_due
from app.services.retests import LEVEL, SCORE, RetestChange, cells_asked, enter_retests
from app.services.unit_of_work import transaction
from app.services.year_book import YearBook, open_book
from app.services.year_decisions import DecisionChange, decide, proposed_conduct
from app.services.year_places import load_places

CLOSED = 8
"""Days after a term's end on which its books are locked: the worker has brought the results up to date by then."""

UNFINISHED = (Outcome.RETEST, Outcome.SUMMER_TRAINING, Outcome.SUPPLEMENT)
USUAL_RETEST = {LEVEL: "H", SCORE: "5"}
"""What comes of it where no story says otherwise."""

SUMMER_REASON = "Hoàn thành nhiệm vụ rèn luyện hè tại nơi cư trú, có xác nhận của địa phương"
RECOGNISED = "1"


def keep_results(world: World) -> None:
    """The background worker's rounds, until nothing is due."""
    while refresh_due(db.session(), clock=world.clock):
        pass


class YearEnd:
    """The end of a closed year at some schools, on the timeline."""

    def __init__(self, world: World, marker: Marker, new: NewYear, specs: Sequence[UnitSpec]) -> None:
        self.world = world
        self.new = new
        self.specs = specs
        self.endings = {spec.code: endings_of(spec.code, old=new is world.plan.old) for spec in specs}
        self._know(marker)

    def told(self, code: str) -> set[int]:
        """Sheets of classes with a story: they are entered at every scale."""
        rooms = {ending.room for ending in self.endings[code]}
        sheets = self.world.units[code].sheets.values()
        return {s.id for s in sheets if s.year == self.new.start_year and s.name in rooms}

    def _know(self, marker: Marker) -> None:
        """Which student each story is about."""
        for code, endings in self.endings.items():
            school = self.world.units[code]
            for ending in endings:
                student = ending.student(school.classes[self.new.start_year, ending.room].seats)
                for sheet in school.sheets.values():
                    if (sheet.year, sheet.name) == (self.new.start_year, ending.room):
                        marker.endings[sheet.id, student] = ending

    def plan(self) -> None:
        """Everything, each on its day."""
        day, add = self.new.ends_on, self.world.timeline.add
        for spec in self.specs:
            for number, room in enumerate(self._rooms(spec)):
                add(at(day - timedelta(days=1), 19, number * 4), partial(self._close_class, spec, room))
        add(at(day + timedelta(days=5), 8), self._say_goodbye)
        add(at(day + timedelta(days=CLOSED), 2), partial(keep_results, self.world))
        add(at(day + timedelta(days=12), 9), self._order_retests)
        add(at(day + timedelta(days=50), 9), self._assess_again)
        add(at(day + timedelta(days=62), 2), partial(keep_results, self.world))
        add(at(day + timedelta(days=64), 8), self._note_retained)

    def _rooms(self, spec: UnitSpec) -> list[ClassRoom]:
        classes = self.world.units[spec.code].classes
        return [room for (year, _name), room in classes.items() if year == self.new.start_year]

    def _close_class(self, spec: UnitSpec, room: ClassRoom) -> None:
        """Before the book is locked: hạnh kiểm of the year as the rule proposes it, outstanding achievements."""
        stories = [e for e in self.endings[spec.code] if e.outstanding and e.room == room.name]
        if room.homeroom is None or not (stories or room.circular in CONDUCT):
            return
        changes = []
        for ending in stories:
            student = ending.student(room.seats)
            changes.append(DecisionChange(student, Field.OUTSTANDING, "", ending.outstanding))
            changes.append(DecisionChange(student, Field.RECOGNISED, "", RECOGNISED))
        if room.circular in CONDUCT:
            for student, judged in self._book(room.homeroom, room).judged.items():
                if (word := proposed_conduct(judged.facts)) is not None:
                    changes.append(DecisionChange(student, Field.TRAINING_YEAR, "", word.value))
        self._decide(room.homeroom, room, changes)

    def _say_goodbye(self) -> None:
        """Whoever finished the school's last grade leaves its class with the year."""
        rooms = [room for spec in self.specs for room in self._rooms(spec) if _ends_school(spec, room)]
        with transaction(SYSTEM, "demo.graduates", clock=self.world.clock) as work:
            ids = [room.id for room in rooms]
            for row in work.session.scalars(sa.select(Enrolment).where(Enrolment.class_id.in_(ids))):
                row.ends_on = self.new.ends_on

    def _order_retests(self) -> None:
        """The heads open the weeks of kiểm tra lại and rèn luyện hè where somebody needs them."""
        rooms = self._unfinished()
        for spec in self.specs:
            if rooms.keys() & {room.id for room in self._rooms(spec)}:
                orders.retest_window(self.world, self.world.units[spec.code], self.new)

    def _unfinished(self) -> dict[int, list[StudentResult]]:
        """Results of the year that ask for more, by class."""
        query = sa.select(StudentResult).where(
            StudentResult.school_year_id == self.world.years[self.new.start_year],
            StudentResult.period == YEAR,
            StudentResult.outcome.in_(UNFINISHED),
        )
        found: dict[int, list[StudentResult]] = {}
        for row in db.session().scalars(query.order_by(StudentResult.class_id, StudentResult.student_id)):
            found.setdefault(row.class_id, []).append(row)
        return found

    def _assess_again(self) -> None:
        """Teachers enter the retests, homeroom teachers what became of the summer's training."""
        rooms = self._unfinished()
        for spec in self.specs:
            for room in self._rooms(spec):
                if room.id in rooms and room.homeroom is not None:
                    book = self._book(room.homeroom, room)
                    students = [row.student_id for row in rooms[room.id]]
                    self._enter_retests(spec, room, book, students)
                    self._end_training(room, book, students)

    def _enter_retests(
        self, spec: UnitSpec, room: ClassRoom, book: YearBook, students: Iterable[int]
    ) -> None:
        again = self._again(spec, room)
        sheets = {sheet.id: sheet for sheet in self.world.units[spec.code].sheets.values()}
        by_teacher: dict[str, tuple[Member, list[RetestChange]]] = {}
        for student in students:
            for subject in book.subjects.values():
                for cell in cells_asked(room.circular, book.asked[student], subject.code):
                    checked = subject.kind is SubjectKind.COMMENT and room.circular not in PRIMARY
                    text = again.get((student, subject.code), PASSED if checked else USUAL_RETEST[cell])
                    stands = book.places.sheet_of(student, subject.id)
                    if stands is not None:
                        member = sheets[stands.id].duties[0].member
                        mine = by_teacher.setdefault(member.key, (member, []))[1]
                        mine.append(RetestChange(student, subject.id, cell, None, text))
        for member, changes in by_teacher.values():
            self.world.clock.move_to(self.world.clock.now + timedelta(minutes=7))
            enter_retests(self._act(member), room.id, changes, clock=self.world.clock)
            self.world.count("retests", len(changes))

    def _again(self, spec: UnitSpec, room: ClassRoom) -> dict[tuple[int, str], str]:
        """What the stories say of retests, by student and subject."""
        return {
            (ending.student(room.seats), subject): text
            for ending in self.endings[spec.code]
            if ending.room == room.name
            for subject, text in ending.again.items()
        }

    def _end_training(self, room: ClassRoom, book: YearBook, students: Iterable[int]) -> None:
        word = Conduct.AVERAGE if room.circular in CONDUCT else ResultLevel.PASSED
        changes = [
            DecisionChange(student, Field.TRAINING_AFTER, "", word.value, SUMMER_REASON)
            for student in students
            if book.asked[student].summer
        ]
        if room.homeroom is not None:
            self._decide(room.homeroom, room, changes)

    def _note_retained(self) -> None:
        """Who sits in the same grade again next year."""
        query = sa.select(StudentResult.unit_id, StudentResult.student_id).where(
            StudentResult.school_year_id == self.world.years[self.new.start_year],
            StudentResult.period == YEAR,
            StudentResult.outcome == Outcome.RETAINED,
        )
        schools = {school.id: school for school in self.world.units.values()}
        for unit_id, student_id in db.session().execute(query):
            schools[unit_id].retained.add(student_id)

    def _book(self, member: Member, room: ClassRoom) -> YearBook:
        session, now = db.session(), self.world.clock.now
        places = load_places(session, self._act(member), room.id, local_day(now))
        return open_book(session, places, now)

    def _act(self, member: Member) -> Actor:
        return act(db.session(), member, local_day(self.world.clock.now))

    def _decide(self, member: Member, room: ClassRoom, changes: Sequence[DecisionChange]) -> None:
        if changes:
            decide(self._act(member), room.id, changes, clock=self.world.clock)
            self.world.count("decisions", len(changes))


def _ends_school(spec: UnitSpec, room: ClassRoom) -> bool:
    """True for the last grade the school teaches."""
    return room.grade in (9, 12) or (spec.kind is UnitKind.PRIMARY and room.grade == LAST_GRADE)
