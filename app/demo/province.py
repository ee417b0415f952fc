"""Makes the demonstration province: lays its years around the day of seeding and lets everything happen in order."""

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import sqlalchemy as sa

from app.demo import accounts, classes, offices, orders
from app.demo.attendance import Rolls
from app.demo.closed_books import plan_closings
from app.demo.notes import Remarks
from app.demo.people import add_staff
from app.demo.plan import DISTRICTS_END, DemoClock, Plan, Timeline, at, plan_for
from app.demo.schools import MAIN, OLD_CLASSES, SCHOOLS, SPECS, UnitSpec
from app.demo.stories import Stories
from app.demo.summer import CLOSED, YearEnd, keep_results
from app.demo.trail import Trail
from app.demo.world import World, chance
from app.domain.access import SYSTEM
from app.domain.vocabulary import UnitKind
from app.extensions import db
from app.models import Account, Installation, LoginSession, Notice, NoticeRead, OrgUnit, StudentResult
from app.reference.people import PeopleDrawer
from app.services.programme import NewYear
from app.services.sign_in import hash_password
from app.services.unit_of_work import plain_write, transaction
from app.services.years import TermDates

KEY = "demo"
BEGUN = "begun"
"""Value of the installation's row while the demo is being made."""

KEEPS_BOOKS = tuple(spec for spec in SCHOOLS if spec.kind is not UnitKind.PRESCHOOL)
"""Schools with term sheets; what a preschool observes is in the teachers' remarks."""

_OLD = [SPECS[code] for code in OLD_CLASSES]
"""Schools that have kept their books with HocVu since 2023-2024."""

BOARD_DAY = date(2024, 3, 1)
TOLD_EVERY = 100
NOTICES_UNREAD = timedelta(days=14)
FIRST_ADMIN_FILE = "first_admin.txt"

Say = Callable[[str], None]


class DemoExists(RuntimeError):
    """The database has units already: the demo is never mixed with anything."""


class HalfDone(RuntimeError):
    """A seeding was interrupted here; what it left is no demo."""


def seed(day: date, *, folder: Path, scale: float = 1, say: Say = lambda _text: None) -> World:
    """Make the demo for a day of seeding in an empty, initialised database; the list of accounts goes to `folder`.

    `scale` below 1 makes smaller classes and fewer sheets (tests). Raises DemoExists, HalfDone, and ValueError for a
    day before `plan.FIRST_DAY`. Everything happens before that day begins.
    """
    plan = plan_for(day)
    refuse_second()
    _remember(BEGUN)
    world = _world(plan, scale)
    with _few_collections():
        _Director(world, folder, say).run()
        _finish(world, folder)
    _remember(day.isoformat())
    return world


def refuse_second() -> None:
    """Raises HalfDone after an interrupted seeding, DemoExists where any unit is."""
    session = db.session()
    row = session.get(Installation, KEY)
    if row is not None and row.value == BEGUN:
        raise HalfDone("a seeding of the demo was interrupted in this database")
    if session.scalar(sa.select(OrgUnit.id).limit(1)) is not None:
        raise DemoExists("the database has units already")


def _world(plan: Plan, scale: float) -> World:
    clock = DemoClock()
    drawer = PeopleDrawer(chance(plan.day, "people"))
    return World(plan, clock, Timeline(clock), scale, hash_password(accounts.PASSWORD), drawer)


def _remember(value: str) -> None:
    with plain_write() as session:
        row = session.get(Installation, KEY)
        if row is None:
            session.add(Installation(key=KEY, value=value))
        else:
            row.value = value


@contextmanager
def _few_collections() -> Iterator[None]:
    """What is in memory now stays there: looking at it again and again costs a tenth of the time."""
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


class _Director:
    """Puts everything onto the timeline and runs it."""

    def __init__(self, world: World, folder: Path, say: Say) -> None:
        self.world = world
        self.say = say
        self.trail = Trail(world)
        self.rolls = Rolls(world, self.trail.marker)
        self.stories = Stories(world, self.trail, folder / "evidence")

    def run(self) -> None:
        """Everything, in order of time."""
        plan, timeline = self.world.plan, self.world.timeline
        timeline.add(at(date(2023, 7, 10), 8), self._found)
        timeline.add(at(date(2023, 8, 10), 8), lambda: self._open(plan.old, _OLD))
        timeline.add(at(BOARD_DAY, 9), self._appoint_boards)
        timeline.add(at(DISTRICTS_END - timedelta(days=3), 8), self._reorganise)
        for new in (plan.last, plan.current):
            timeline.add(at(new.starts_on - timedelta(days=25), 8), partial(self._prepare, new))
        timeline.run(self._tell_progress)

    def _tell_progress(self, timeline: Timeline) -> None:
        if timeline.done % TOLD_EVERY == 0:
            self.say(f"{timeline.clock.now:%m/%Y}: {self.world.counts.get('marks', 0):,} marks entered")

    def _found(self) -> None:
        offices.found(self.world)
        self.say("Department, district office and seven schools, as of 2023")
        for spec in _OLD:
            self._join(spec)

    def _appoint_boards(self) -> None:
        orders.appoint_boards(self.world, list(OLD_CLASSES), BOARD_DAY)

    def _join(self, spec: UnitSpec) -> None:
        """A school begins to use HocVu: its staff is filed and gets accounts."""
        day = self.world.clock.now.date()
        with transaction(SYSTEM, "demo.staff", clock=self.world.clock) as work:
            unit = work.session.get_one(OrgUnit, self.world.units[spec.code].id)
            school = add_staff(work, self.world, unit, spec)
            accounts.add_accounts(work, self.world, unit, school, spec, day)

    def _reorganise(self) -> None:
        offices.reorganise(self.world)
        self.say("Two commune offices take over from the district office (01/07/2025)")

    def _prepare(self, new: NewYear) -> None:
        """The summer before a year: schools join, last year's leavers leave."""
        joining = [s for s in SCHOOLS if s not in _OLD and s.since_last_year == (new is self.world.plan.last)]
        for spec in joining:
            self._join(spec)
        orders.appoint_boards(self.world, [s.code for s in joining], self.world.clock.now.date())
        self._open(new, SCHOOLS if new is self.world.plan.current else [*_OLD, *joining])

    def _open(self, new: NewYear, specs: Sequence[UnitSpec]) -> None:
        """The department opens a year; classes and lock calendars; then what will be entered in it is planned."""
        self._forget_rights()
        classes.open_year(self.world, new)
        orders.default_windows(self.world, "sogd", new)
        for spec in specs:
            classes.build_year(self.world, spec, new, self._classes_of(spec, new))
        for spec in specs:
            if spec in KEEPS_BOOKS and new is not self.world.plan.old:
                orders.default_windows(self.world, spec.code, new)
        if new is self.world.plan.current:
            self._plan_running_year(new)
        else:
            self._plan_closed_year(new, specs)
        self.trail.settle()
        label = f"{new.start_year}-{new.start_year + 1}"
        self.say(f"School year {label}: classes, teachers and lock calendars, {len(specs)} of 7 schools")

    def _classes_of(self, spec: UnitSpec, new: NewYear) -> tuple[tuple[str, int], ...]:
        if new is self.world.plan.old:
            return OLD_CLASSES[spec.code]
        return spec.pilot if spec.pilot and new is self.world.plan.last else spec.classes

    def _forget_rights(self) -> None:
        """Everybody's rights are looked up anew once a year."""
        for school in self.world.units.values():
            for member in school.staff.values():
                member.actor = None

    def _plan_closed_year(self, new: NewYear, specs: Sequence[UnitSpec]) -> None:
        end = YearEnd(self.world, self.trail.marker, new, specs)
        for spec in specs:
            told = end.told(spec.code)
            for term in new.terms:
                sheets = self.world.units[spec.code].sheets_of(new.start_year, term.number)
                self.trail.plan_closed_term(sheets, term, self._share(spec), told)
        self.rolls.plan_closed(new, new.terms)
        self._keep_results_after(new.terms[0])
        end.plan()
        if new is self.world.plan.last:
            plan_closings(self.world, new, new.terms)

    def _share(self, spec: UnitSpec) -> float:
        """How many sheets of a term that is over are entered; all of them where it is closed."""
        return 1 if spec.code == MAIN else self.world.scale

    def _keep_results_after(self, term: TermDates) -> None:
        self.world.timeline.add(
            at(term.ends_on + timedelta(days=CLOSED), 2), partial(keep_results, self.world)
        )

    def _plan_running_year(self, new: NewYear) -> None:
        orders.set_policies(self.world)
        orders.printing_section(self.world)
        self.stories.reserve()
        for spec in KEEPS_BOOKS:
            school = self.world.units[spec.code]
            for term in new.terms[: self.world.plan.term - 1]:
                sheets = school.sheets_of(new.start_year, term.number)
                self.trail.plan_closed_term(sheets, term, self._share(spec))
            running = school.sheets_of(new.start_year, self.world.plan.term)
            self.trail.plan_running_term(running, self.world.plan.running, self.world.scale)
        over = new.terms[: self.world.plan.term - 1]
        self.rolls.plan_closed(new, over)
        self.rolls.plan_running(new, self.world.plan.running)
        for term in over:
            self._keep_results_after(term)
        plan_closings(self.world, new, over)
        self.stories.plan()
        Remarks(self.world).plan()
        self.world.timeline.add(self.world.plan.end, partial(keep_results, self.world))


def _finish(world: World, folder: Path) -> None:
    """The list of accounts; when each was last used; old notices are read; the installer's password is void; results told."""
    query = sa.select(LoginSession.user_id, sa.func.max(LoginSession.started_at), sa.func.count())
    with plain_write() as session:
        for user_id, last, times in session.execute(query.group_by(LoginSession.user_id)).all():
            account = session.get_one(Account, user_id)
            account.login_count, account.last_login = times, last.replace(tzinfo=None)
            account.last_seen_at = last
        recent = at(world.plan.day - NOTICES_UNREAD, 0)
        old = sa.select(Account.id, Notice.id).where(Notice.created_at < recent)
        mine = sa.or_(Notice.unit_id == Account.unit_id, Notice.person_id == Account.person_id)
        for account_id, notice_id in session.execute(old.where(mine)).all():
            session.add(NoticeRead(notice_id=notice_id, user_id=account_id, read_at=recent))
        world.count("results", session.scalar(sa.select(sa.func.count()).select_from(StudentResult)) or 0)
    accounts.write_list(world, folder)
    (folder / FIRST_ADMIN_FILE).unlink(missing_ok=True)
