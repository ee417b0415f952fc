"""The main school's last year and terms over since: confirmed, printed, proof-read, approved and closed.

Once a book was closed too early: the head reopened the term by decision, and two days later it was closed again.
"""

from datetime import datetime, timedelta
from functools import partial

import sqlalchemy as sa

from app.demo.accounts import act
from app.demo.plan import at
from app.demo.schools import MAIN
from app.demo.world import Member, World
from app.domain.access import Actor
from app.domain.assessment.facts import YEAR
from app.domain.closing import Stage
from app.extensions import db
from app.models import Closing, OrgUnit, SchoolYear
from app.services.clock import local_day
from app.services.closing import signing, steps
from app.services.closing.book import Book
from app.services.closing.load import load_book
from app.services.programme import NewYear
from app.services.unit_of_work import record_event
from app.services.years import TermDates

TERM_CLOSED, YEAR_CLOSED = 9, 10
"""Days after the last one: windows are shut and results on record by then."""

REOPENED, CLOSED_AGAIN = 11, 13
"""Days after last year's term I on which its closing is taken back, and made anew."""

PAUSE = timedelta(minutes=9)
REOPENING = "Trang in lớp 8A thiếu chữ ký giáo viên bộ môn; rà soát, ký và in lại trước khi khóa"
SEALED = "Đã đóng dấu giáp lai từng quyển"
GROUNDS = {1: "Học kì I đã đủ hồ sơ", 2: "Học kì II đã đủ hồ sơ", YEAR: "Năm học đã đủ hồ sơ"}


def plan_closings(world: World, new: NewYear, terms: tuple[TermDates, ...]) -> None:
    """Put the closing of these terms onto the timeline, and of the year where both are among them."""
    for term in terms:
        moment = at(term.ends_on + timedelta(days=TERM_CLOSED), 8)
        world.timeline.add(moment, partial(_close, world, new.start_year, term.number))
    if len(terms) == len(new.terms):
        first = terms[0]
        reopened = at(first.ends_on + timedelta(days=REOPENED), 9)
        world.timeline.add(reopened, partial(_reopen, world, new.start_year, first.number))
        again = at(first.ends_on + timedelta(days=CLOSED_AGAIN), 8)
        world.timeline.add(again, partial(_close, world, new.start_year, first.number))
        world.timeline.add(
            at(new.ends_on + timedelta(days=YEAR_CLOSED), 8), partial(_close, world, new.start_year, YEAR)
        )


def _close(world: World, start_year: int, period: int) -> None:
    _Way(world, world.years[start_year], period).go()


def _reopen(world: World, start_year: int, period: int) -> None:
    _Way(world, world.years[start_year], period).reopen()


class _Way:
    """One school's way to closing a period."""

    def __init__(self, world: World, year_id: int, period: int) -> None:
        self.world, self.year_id, self.period = world, year_id, period
        self.school = world.units[MAIN]
        self.people = {member.person_id: member for member in self.school.staff.values()}

    def go(self) -> None:
        """Every step by whom it falls to (S4 Điều 19 khoản 2)."""
        self._sign()
        self._print()
        self._step("office", Stage.PRINTED)
        self._step("deputy", Stage.PROOF_OPENED)
        self._sign()
        self._step("office", Stage.CHECKED)
        self._approve()
        self._step("office", Stage.SEALED, SEALED)
        self._step("office", Stage.PROPOSED)
        self._later()
        steps.close(
            self._act(self.school.head),
            self.year_id,
            self.period,
            GROUNDS[self.period],
            clock=self.world.clock,
        )
        self.world.count("closings")

    def reopen(self) -> None:
        """The head takes the closing back (S0 Điều 6 khoản 3)."""
        closing = db.session().scalars(
            sa.select(Closing).where(
                Closing.unit_id == self.school.id,
                Closing.school_year_id == self.year_id,
                Closing.term == self.period,
            )
        )
        steps.reopen(self._act(self.school.head), closing.one().id, REOPENING, None, clock=self.world.clock)

    def _later(self) -> datetime:
        self.world.clock.move_to(self.world.clock.now + PAUSE)
        return self.world.clock.now

    def _act(self, member: Member) -> Actor:
        return act(db.session(), member, local_day(self.world.clock.now), fresh=True)

    def _book(self) -> Book:
        session = db.session()
        unit, year = session.get_one(OrgUnit, self.school.id), session.get_one(SchoolYear, self.year_id)
        return load_book(session, unit, year, self.period, self.world.clock.now)

    def _sign(self) -> None:
        """Everybody signs the own sheets and classes."""
        book = self._book()
        sheets: dict[int, dict[int, str]] = {}
        rooms: dict[int, dict[int, str]] = {}
        for line in book.sheets:
            sheets.setdefault(line.signers[0].person_id, {})[line.progress.sheet_id] = line.digest
        for room in book.classes:
            rooms.setdefault(room.homeroom[0][0], {})[room.school_class.id] = room.data.digest
        for person_id in sorted(sheets.keys() | rooms.keys()):
            self._later()
            signed = signing.Signed(sheets.get(person_id, {}), rooms.get(person_id, {}))
            signing.sign(
                self._act(self.people[person_id]), self.year_id, self.period, signed, clock=self.world.clock
            )

    def _print(self) -> None:
        """The register of prints; the paper itself is nobody's here."""
        self._later()
        office = self._act(self.school.staff["office"])
        for room in self._book().classes:
            record_event(office, "print.class_book", clock=self.world.clock, class_id=room.school_class.id)

    def _step(self, key: str, step: Stage, note: str = "") -> None:
        self._later()
        steps.take_step(
            self._act(self.school.staff[key]), self.year_id, self.period, step, note, clock=self.world.clock
        )

    def _approve(self) -> None:
        """The head approves every class, then signs for the school."""
        self._later()
        head = self._act(self.school.head)
        classes = {room.school_class.id: room.digest for room in self._book().classes}
        signing.approve(head, self.year_id, self.period, classes, clock=self.world.clock)
        self._later()
        signing.approve_school(head, self.year_id, self.period, self._book().digest, clock=self.world.clock)
