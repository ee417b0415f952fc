"""How marks come into the books: which teacher enters which columns of which sheet when, and what is corrected later.

Everything is planned first, so that each evening at the computer is one sign-in session; then it is entered at its
time, by its teacher's own account, through the one write path.
"""

import secrets
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import partial
from random import Random

from app.demo.accounts import act
from app.demo.classes import TAUGHT_BY_HEAD
from app.demo.marks import Marker
from app.demo.plan import ONE_DAY, at, next_cut, part_of
from app.demo.schools import MAIN, PILOT
from app.demo.world import Member, Sheet, World
from app.domain.lock_calendar import TermDates as CalendarTerm
from app.domain.lock_calendar import default_windows
from app.domain.sheet_forms import CellKind, SheetForm
from app.extensions import db
from app.models import AuditEvent, LoginSession
from app.services.cells import CellChange, Saved
from app.services.clock import VIETNAM, local_day
from app.services.gradebook import enter_scores
from app.services.unit_of_work import plain_write
from app.services.years import TermDates

AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/126.0"
RICH = ("7A", "7B", "8A")
"""Classes of THCS Thúc Kháng whose running term is entered column by column."""

RAISED_AT, RAISED = "thptbg", {("10A1", "math"), ("10A2", "math"), ("11A1", "math")}
"""Sheets whose marks are raised after they were posted."""

TOLD = {
    TAUGHT_BY_HEAD,
    ("6A", "foreign_language_1"),
    ("8B", "math"),
    ("9A", "informatics"),
    ("9A", "math"),
    ("9B", "math"),
    ("9B", "technology"),
}
TOLD_SUBJECTS = ("math", "literature", "natural_science", "technology", "physical_education")
"""Sheets of it that the stories need at every scale, and subjects of the rich classes."""

FINAL_ON_LEAVING = "thcssl"
"""Here nothing is corrected afterwards: what is entered is final as soon as the teacher leaves."""

LATE = {("technology", "midterm"), ("technology", "regular_2"), ("natural_science", "regular_2")}
LATE_IN = ("7A", "8A", "9B")
"""What the late teacher still owes, and where."""

FULL, LAGGING = (PILOT, "5A"), {"A": 1.0, "B": 0.75, "C": 0.4}
"""The primary class entered at every scale; shares of the sheets of other primary classes that are, by their letter."""

COUNTED_MONTHLY, COUNTING = {"thptbg": 0.8, "gdnnbg": 0.7}, ("10A1", SheetForm.TRAINING)
"""Schools whose homeroom teachers count missed sessions during the term, how many of them have begun, and one who has."""

BLANK, COMMENTED = 0.0012, {SheetForm.MARKS: 0.35, SheetForm.PRIMARY: 0.5}
"""Shares of regular cells left blank (absent), and of students commented on; homeroom teachers leave none out."""


@dataclass
class Batch:
    """Columns of a sheet one teacher enters in one go; a correction changes a few cells of an earlier batch."""

    moment: datetime
    member: Member
    sheet: Sheet
    columns: tuple[str, ...]
    complete: bool = False  # a closed term: nothing is left blank
    corrects: "Batch | None" = None
    entered: list[tuple[int, str]] = field(default_factory=list)  # (student, column)
    session_id: int | None = None


@dataclass
class Desk:
    """A teacher's evenings: where the last sheet of a stage ended, so that the next one follows it."""

    rng: Random
    free: dict[tuple[str, str, str], datetime] = field(default_factory=dict)

    def next(self, member: Member, stage: str, first: date, last: date) -> datetime:
        """When the member gets to the next sheet of this stage."""
        key = member.unit, member.key, f"{stage} {first}"
        if key not in self.free:
            day = first + timedelta(days=self.rng.randrange(max((last - first).days, 1)))
            self.free[key] = _sits_down(self.rng, day)
        moment = self.free[key]
        self.free[key] = moment + timedelta(seconds=self.rng.randrange(180, 540))
        if moment.astimezone(VIETNAM).hour >= 22 and moment.astimezone(VIETNAM).minute > 40:
            self.free[key] = _sits_down(self.rng, local_day(moment) + ONE_DAY)
        return moment


def _sits_down(rng: Random, day: date) -> datetime:
    """Mostly in the evening, now and then in a break or a free hour; hardly on a Sunday."""
    if day.weekday() == 6 and rng.random() < 0.8:
        day -= ONE_DAY
    hour = rng.choice((9, 14, 15, 19, 19, 20, 20, 20, 21))
    return at(day, hour, rng.randrange(3, 50), rng.randrange(60))


class Trail:
    """Plans and enters marks."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.marker = Marker(world)
        self.rng = world.rng("trail")
        self.planned: list[Batch] = []
        self._desk = Desk(self.rng)

    def plan_closed_term(
        self, sheets: Iterable[Sheet], term: TermDates, share: float = 1, told: Container[int] = ()
    ) -> None:
        """A term that is over: every column, in the last two weeks, each sheet in one go (primary: at its two points).

        `told`: sheets that are entered whatever the share.
        """
        for sheet in sheets:
            if sheet.id in told or self.rng.random() < share:
                for columns, first, last in closed_stages(sheet, term):
                    self._plan(sheet, columns, "closed", first, last, complete=True)

    def plan_running_term(self, sheets: Iterable[Sheet], term: TermDates, share: float = 1) -> None:
        """The open term up to the day of seeding: a few classes column by column, the others in two goes."""
        for sheet in sheets:
            rich = sheet.school == MAIN and sheet.name in RICH
            if not _is_told(sheet) and self.rng.random() >= share * _diligence(sheet):
                continue
            for number, (columns, least, most) in enumerate(stages(sheet, rich=rich)):
                before = len(self.planned)
                self._plan(sheet, columns, f"{least} {number}", part_of(term, least), part_of(term, most))
                if sheet.school != FINAL_ON_LEAVING:
                    self._plan_corrections(self.planned[before:], term, 0.5 if rich else 0.2)

    def _plan(
        self,
        sheet: Sheet,
        columns: Sequence[str],
        stage: str,
        first: date,
        last: date,
        *,
        complete: bool = False,
    ) -> None:
        """One batch for each teacher of these columns."""
        by_member: dict[str, tuple[Member, list[str]]] = {}
        for column in columns:
            member = sheet.member_for(column, last)
            if complete or not _owed(member, sheet, column):
                by_member.setdefault(member.key, (member, []))[1].append(column)
        for member, mine in by_member.values():
            moment = self._desk.next(member, stage, first, last)
            then = sheet.member_for(mine[0], local_day(moment))
            self.planned.append(Batch(moment, then, sheet, tuple(mine), complete=complete))

    def _plan_corrections(self, batches: Sequence[Batch], term: TermDates, chance: float) -> None:
        for batch in batches:
            columns = tuple(c for c in batch.columns if batch.sheet.cell(c).kind is CellKind.MARK)
            if not columns or self.rng.random() >= chance:
                continue
            moment = batch.moment + timedelta(seconds=self.rng.randrange(600, 3 * 86400))
            if moment.astimezone(VIETNAM).hour < 6:
                moment += timedelta(hours=8)
            if moment < self.last_moment(batch.moment, columns, term):
                self.planned.append(Batch(moment, batch.member, batch.sheet, columns, corrects=batch))

    def last_moment(self, entered: datetime, columns: Iterable[str], term: TermDates) -> datetime:
        """Until when what was entered may still be changed: the entry day, the round's end, the demo's end."""
        limits = [next_cut(entered), self.world.plan.end]
        if "midterm" in columns:
            limits.append(midterm_closes(term))
        return min(limits) - timedelta(minutes=5)

    def settle(self) -> None:
        """Open a sign-in session for every evening that was planned, and put the batches onto the timeline."""
        evenings: dict[tuple[int, date], list[Batch]] = {}
        for batch in sorted(self.planned, key=lambda b: b.moment):
            evenings.setdefault((batch.member.account_id, local_day(batch.moment)), []).append(batch)
        logins = [(self._login(batches), batches) for batches in evenings.values()]
        with plain_write() as session:
            session.add_all(login for login, _batches in logins)
            session.add_all(_signed_in(login, batches[0].member, self.world) for login, batches in logins)
            session.flush()
            for login, batches in logins:
                for batch in batches:
                    batch.session_id = login.id
        for batch in self.planned:
            self.world.timeline.add(batch.moment, partial(self.perform, batch))
        self.world.count("sign-ins", len(evenings))
        self.planned = []

    def _login(self, batches: Sequence[Batch]) -> LoginSession:
        last = batches[-1].moment + timedelta(seconds=self.rng.randrange(60, 400))
        return LoginSession(
            token=secrets.token_urlsafe(32),
            user_id=batches[0].member.account_id,
            started_at=batches[0].moment - timedelta(seconds=self.rng.randrange(40, 200)),
            last_seen_at=last,
            ended_at=last,
            end_reason="sign_out",
            address=batches[0].member.address,
            agent=AGENT,
        )

    def perform(self, batch: Batch) -> None:
        """Enter a batch now."""
        day = local_day(self.world.clock.now)
        changes = self._corrections(batch.corrects, day) if batch.corrects else self._entries(batch, day)
        if changes:
            self.enter(batch.member, batch.sheet, changes, session_id=batch.session_id)
            batch.entered = [(change.student_id, change.column) for change in changes]
            self.world.count("corrections" if batch.corrects else "marks", len(changes))

    def _entries(self, batch: Batch, day: date) -> list[CellChange]:
        entries = (
            self.entry(batch.sheet, student, column)
            for student in batch.sheet.students(day)
            for column in batch.columns
            if self.marker.is_free(batch.sheet, student, column) and not self._left_out(batch, column)
        )
        return [entry for entry in entries if entry.new is not None]

    def _left_out(self, batch: Batch, column: str) -> bool:
        if batch.sheet.cell(column).kind is CellKind.TEXT:
            return self.rng.random() >= COMMENTED.get(batch.sheet.form, 1)
        return not batch.complete and column in batch.sheet.regular and self.rng.random() < BLANK

    def _corrections(self, batch: Batch, day: date) -> list[CellChange]:
        here = set(batch.sheet.students(day))
        kind = {column: batch.sheet.cell(column).kind for column in batch.columns}
        held = [cell for cell in batch.entered if cell[0] in here and kind.get(cell[1]) is CellKind.MARK]
        chosen = self.rng.sample(held, min(self.rng.randint(3, 9), len(held)))
        return [self.correction(batch.sheet, student, column) for student, column in chosen]

    def entry(self, sheet: Sheet, student: int, column: str) -> CellChange:
        """A first value for a blank cell, remembered for the comment beside it; blank where there is nothing to say."""
        text = self.marker.draw(sheet, student, column)
        self.marker.remember(sheet, student, column, text)
        return CellChange(student, column, None, text)

    def correction(self, sheet: Sheet, student: int, column: str, *, upward: bool = False) -> CellChange:
        """Another value for a cell that holds one."""
        old = self.marker.known(sheet, student, column)
        return CellChange(student, column, old, self.marker.corrected(sheet, student, column, upward=upward))

    def enter(
        self, member: Member, sheet: Sheet, changes: Sequence[CellChange], *, session_id: int | None = None
    ) -> Saved:
        """Save changes as the member, now."""
        actor = act(db.session(), member, local_day(self.world.clock.now))
        saved = enter_scores(replace(actor, session_id=session_id), sheet.id, changes, clock=self.world.clock)
        for change in changes:
            self.marker.remember(sheet, change.student_id, change.column, change.new)
        return saved


def closed_stages(sheet: Sheet, term: TermDates) -> list[tuple[tuple[str, ...], date, date]]:
    """(columns, first day, last day) of a term that is over; training results come after the marks."""
    first, last = term.ends_on - timedelta(days=14), term.ends_on - timedelta(days=3)
    if sheet.form is SheetForm.TRAINING:
        return [(tuple(cell.name for cell in sheet.cells), last - 2 * ONE_DAY, last)]
    if sheet.form in (SheetForm.PRIMARY, SheetForm.TRAITS):
        midterm = sheet.at_point("midterm"), part_of(term, 51), part_of(term, 58)
        return [midterm, (sheet.at_point("final"), first, last)]
    return [(sheet.columns, first, last)]


def stages(sheet: Sheet, *, rich: bool) -> list[tuple[tuple[str, ...], int, int]]:
    """(columns, from, to) of the running term, in per cent of it: a third of the marks by the middle, midterm after."""
    if sheet.form in (SheetForm.PRIMARY, SheetForm.TRAITS):
        return [(sheet.at_point("midterm"), 51, 61)]
    if sheet.form is SheetForm.TRAINING:
        return [(("excused", "unexcused"), 58, 65)] if sheet.school in COUNTED_MONTHLY else []
    regular = sheet.regular
    if sheet.school in ("gdnnbg", "gdtxtl"):
        return [((*regular[:-1], "midterm"), 50, 60)]
    half = (len(regular) + 1) // 2
    if not rich:
        return [(tuple(regular[:half]), 32, 42), ((*regular[half : half + 1], "midterm"), 51, 61)]
    *early, last = regular
    width = 30 // len(early)
    begun = [((column,), 15 + n * width, 19 + n * width) for n, column in enumerate(early)]
    return [*begun, (("midterm",), 51, 58), ((last, "comment"), 62, 66)]


def _is_told(sheet: Sheet) -> bool:
    """True for what is entered at every scale."""
    rich = sheet.name in RICH and sheet.subject in TOLD_SUBJECTS
    told = sheet.school == MAIN and (rich or (sheet.name, sheet.subject) in TOLD)
    told = told or (sheet.school == RAISED_AT and (sheet.name, sheet.subject) in RAISED)
    return told or (sheet.school, sheet.name) == FULL or (sheet.name, sheet.form) == COUNTING


def _diligence(sheet: Sheet) -> float:
    """How likely a sheet is entered by its usual time: some primary classes are done, others behind."""
    if sheet.form in (SheetForm.PRIMARY, SheetForm.TRAITS) and sheet.school == PILOT:
        return LAGGING[sheet.name[-1]]
    return COUNTED_MONTHLY.get(sheet.school, 1) if sheet.form is SheetForm.TRAINING else 1


def _owed(member: Member, sheet: Sheet, column: str) -> bool:
    """True for what the late teacher has not entered yet."""
    return member.key == "late" and sheet.name in LATE_IN and (sheet.subject, column) in LATE


def midterm_closes(term: TermDates) -> datetime:
    """When the round for midterm scores closes in the default calendar."""
    windows = default_windows([CalendarTerm(term.number, term.starts_on, term.ends_on)])
    return next(window.closes_at for window in windows if window.columns == {"midterm"})


def _signed_in(login: LoginSession, member: Member, world: World) -> AuditEvent:
    return AuditEvent(
        happened_at=login.started_at,
        user_id=member.account_id,
        person_id=member.person_id,
        unit_id=world.units[member.unit].id,
        action="sign_in",
        outcome="done",
        address=member.address,
        details={"username": member.username, "agent": AGENT},
    )
