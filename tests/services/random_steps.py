"""Steps of all roles at random over one school's term I, each watched (random_watch)."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from app.domain.closing import Stage
from app.domain.corrections import Preset
from app.domain.policies import PolicyKey
from app.domain.vocabulary import WindowEffect, WindowMode
from app.models import (
    CorrectionRequest,
    ExtensionRequest,
    ReopenRequest,
)
from app.services import corrections, lock_requests
from app.services.cells import CellChange
from app.services.clock import local_day
from app.services.closing import steps
from app.services.correction_places.port import on_sheet
from app.services.correction_requests import NewCorrection, request_correction
from app.services.gradebook import enter_scores, submit_sheet
from app.services.lock_requests import NewExtension
from app.services.lock_windows import NewWindow, add_window, end_window, extend_window
from app.services.policies import set_policy
from tests.services.closing_helpers import approve_all, book, print_all, sign_own, step
from tests.services.correction_helpers import (
    ADMIN_ABOVE,
    BOARD,
    DEPUTY,
    HEAD,
    LEADER_ABOVE,
    OFFICE,
    OTHER,
    TEACHER,
    THIRD,
    set_preset,
)
from tests.services.helpers import acting
from tests.services.random_watch import TEACHERS, TICKED, Watched

DEPARTMENT = "binhhv.sogd"
EVERYBODY = (
    TEACHER, OTHER, THIRD, HEAD, DEPUTY, BOARD, OFFICE, LEADER_ABOVE, ADMIN_ABOVE, DEPARTMENT, "daoct.sogd",
    "giangnt.thcsba", "longpd.thcsba",
)  # fmt: skip
COLUMNS = ("regular_1", "midterm", "final")
VALUES = {"math": ("0", "4.5", "8", "10"), "art": ("Đ", "CĐ")}
LAST_DAY = timedelta(days=400)
"""From the start; windows of the year end soon after."""

MOST_ROUNDS = 1
"""Each takes as long as twenty other steps."""

IN_TURN = (THIRD, OTHER, TEACHER, HEAD, LEADER_ABOVE, DEPUTY, BOARD, OTHER, TEACHER)
"""All who may sit in a correction, certifiers first."""

WHO = st.one_of(st.none(), st.none(), st.sampled_from(EVERYBODY))
"""None: whoever has the right."""
ROOM, PUPIL, COLUMN, WHICH = (
    st.sampled_from(("7A", "7B")),
    st.integers(0, 1),
    st.sampled_from(COLUMNS),
    st.integers(0, 7),
)
SUBJECT = st.sampled_from(("math", "math", "art"))
HOURS = st.sampled_from((0, 0, 1, 26, 24 * 9))


class RandomSteps(Watched):
    """Enter, order, ask, answer, correct, sign, close, reopen, wait: by whoever has the right, or by anybody."""

    @initialize(
        finality=st.sampled_from((None, None, "entry_day", "on_submit", "on_leaving")),
        preset=st.sampled_from((None, *Preset)),
        begins=st.sampled_from(("open", "locked", "locked", "closed")),
    )
    def how_the_school_stands(self, finality: str | None, preset: Preset | None, begins: str) -> None:
        """Its settings; perhaps with marks entered and the department's window over, or with the term closed."""
        with self.watched("settings"):
            if preset:
                set_preset(self.province, preset)
            if finality:
                head, day = acting(self.province, HEAD), local_day(self.province.now)
                set_policy(
                    head,
                    self.units[0],
                    PolicyKey.FINALITY,
                    finality,
                    day,
                    "Quy chế",
                    clock=self.province.clock,
                )

        if begins == "locked":
            for room in TEACHERS:
                for pupil in (0, 1):
                    self.enter(None, room, "math", pupil, "midterm", 2)
            self.change_window(None, 0, 0)
        elif begins == "closed":
            self.whole_round(None)

    # -- what everybody may try --------------------------------------------------------------------------------------

    @rule(who=WHO, room=ROOM, subject=SUBJECT, pupil=PUPIL, column=COLUMN, value=WHICH)
    def enter(self, who: str | None, room: str, subject: str, pupil: int, column: str, value: int) -> None:
        cell = self.cell(room, subject, pupil, column)
        new: str | None = [None, *VALUES[subject]][value % (len(VALUES[subject]) + 1)]
        held = self.held.get(cell, [])
        may = (who or TEACHERS[room]) == TEACHERS[room] and self.facts.open(cell, self.province.now, held)
        with self.watched("enter") as came:
            change = CellChange(cell[1], column, self.shown(cell), new)
            actor = acting(self.province, who or TEACHERS[room])
            enter_scores(actor, cell[0], [change], clock=self.province.clock)
        assert came == ([True] if may else []), f"may: {may}, came through: {came}"

    @rule(who=WHO, room=ROOM, subject=SUBJECT, columns=st.sets(COLUMN, min_size=1))
    def submit(self, who: str | None, room: str, subject: str, columns: set[str]) -> None:
        with self.watched("submit"):
            actor = acting(self.province, who or TEACHERS[room])
            submit_sheet(actor, self.sheets[room, subject, 1], sorted(columns), clock=self.province.clock)

    @rule(hours=st.sampled_from((1, 5, 30, 24 * 6, 24 * 20, 24 * 60)))
    def time_passes(self, hours: int) -> None:
        with self.watched("time"):
            if self.province.now - self.start < LAST_DAY:
                self.province.now += timedelta(hours=hours)

    # -- windows -----------------------------------------------------------------------------------------------------

    @rule(
        who=WHO, tier=st.integers(0, 2), shut=st.booleans(), cells=st.booleans(), columns=st.sets(COLUMN, max_size=2),
        where=st.sampled_from(("all", "class", "subject", "cell")), starts=HOURS, lasts=st.sampled_from((3, 50, 24 * 30, 0)),
    )  # fmt: skip
    def order_window(
        self, who: str | None, tier: int, shut: bool, cells: bool, columns: set[str], where: str, starts: int, lasts: int
    ) -> None:  # fmt: skip
        opens = self.province.now + timedelta(hours=starts)
        school, scope = self.province.first, {}
        if tier == 0 and where == "class":
            scope = {"class_ids": (school.class_ids["7A"],)}
        elif tier == 0 and where == "cell":
            scope = {
                "sheet_id": self.sheets["7A", "math", 1],
                "student_ids": (self.cell("7A", "math", 0, "")[1],),
            }
        elif where == "subject":
            scope = {"subject_ids": (self.province.subject_ids["math"],)}
        elif tier:
            scope = {"unit_ids": (school.unit_id,)}
        new = NewWindow(
            self.province.year_id, "Lịch", "Kế hoạch", WindowEffect.SHUT if shut else WindowEffect.OPEN,
            WindowMode.ENTERED_CELLS if cells and not shut else WindowMode.WHOLE_BOOK, opens,
            opens + timedelta(hours=lasts) if lasts else None, term=1, columns=tuple(columns), **scope,
        )  # fmt: skip
        with self.watched("order"):
            actor = acting(self.province, who or (HEAD, LEADER_ABOVE, DEPARTMENT)[tier])
            add_window(actor, self.units[tier], new, clock=self.province.clock)

    @rule(who=WHO, which=WHICH, longer=st.sampled_from((0, 0, 7, 40)))
    def change_window(self, who: str | None, which: int, longer: int) -> None:
        """Ended now, or extended by so many days."""
        rows = self.facts.windows
        window = rows[which % len(rows)]
        owner = (HEAD, LEADER_ABOVE, DEPARTMENT)[self.units.index(window.owner_id)]
        with self.watched("extend" if longer else "end"):
            actor, clock = acting(self.province, who or owner), self.province.clock
            if longer:
                end = (window.closes_at or self.province.now) + timedelta(days=longer)
                extend_window(actor, window.id, end, "Kéo dài", clock=clock)
            else:
                end_window(actor, window.id, "Xong", clock=clock)

    @rule(who=WHO, room=ROOM, columns=st.sets(COLUMN, min_size=1), days=st.integers(1, 12), one=st.booleans())
    def ask_for_opening(self, who: str | None, room: str, columns: set[str], days: int, one: bool) -> None:
        until = self.province.now + timedelta(days=days)
        students = (self.cell(room, "math", 0, "")[1],) if one else ()
        new = NewExtension(tuple(columns), until, "Học sinh ốm", students)
        with self.watched("ask opening"):
            actor = acting(self.province, who or TEACHERS[room])
            lock_requests.ask(actor, self.sheets[room, "math", 1], new, clock=self.province.clock)

    @precondition(lambda self: self.seen[ExtensionRequest])
    @rule(who=WHO, which=WHICH, answer=st.sampled_from(("grant", "grant", "refuse", "withdraw")))
    def answer_opening(self, who: str | None, which: int, answer: str) -> None:
        request = self.one(ExtensionRequest, which)
        for username in [who] if who else (HEAD, LEADER_ABOVE, DEPARTMENT, *TEACHERS.values()):
            with self.watched(f"{answer} opening"):
                actor, clock = acting(self.province, username), self.province.clock
                if answer == "withdraw":
                    lock_requests.withdraw(actor, request, clock=clock)
                else:
                    lock_requests.decide(actor, request, answer == "grant", "Ý kiến", clock=clock)

    # -- corrections -------------------------------------------------------------------------------------------------

    @rule(
        who=WHO, room=ROOM, pupil=PUPIL, column=st.one_of(st.just("midterm"), COLUMN), value=WHICH,
        through=st.booleans(),
    )  # fmt: skip
    def ask_for_correction(
        self, who: str | None, room: str, pupil: int, column: str, value: int, through: bool
    ) -> None:
        """And perhaps at once through all its seats."""
        cell = self.cell(room, "math", pupil, column)
        new = [*VALUES["math"], None][value % 5]
        with self.watched("ask correction") as came:
            changes = (CellChange(cell[1], column, self.shown(cell), new),)
            wanted = NewCorrection(on_sheet(cell[0]), changes, "Ghi nhầm")
            actor = acting(self.province, who or TEACHERS[room])
            request_correction(actor, wanted, folder=Path("unused"), clock=self.province.clock)
        if came and through:
            self.move_correction(None, 0, "sit", through)

    @precondition(lambda self: self.seen[CorrectionRequest])
    @rule(
        who=WHO, which=WHICH, through=st.sampled_from((True, True, False)),
        verb=st.sampled_from(("sit",) * 4 + ("refuse", "withdraw", "name", "expire")),
    )  # fmt: skip
    def move_correction(self, who: str | None, which: int, verb: str, through: bool) -> None:
        """By one person; or `through`, by all whose turn it is."""
        number = self.one(CorrectionRequest, which)
        if verb == "sit" and through:
            self.move_correction(None, which, "name", False)
        for username in [who] if who and not through else IN_TURN:
            with self.watched(f"{verb} correction") as came:
                actor, clock = acting(self.province, username), self.province.clock
                if verb == "sit":
                    corrections.take_seat(actor, number, clock=clock)
                elif verb == "refuse":
                    corrections.refuse(actor, number, "Không đủ căn cứ", clock=clock)
                elif verb == "withdraw":
                    corrections.withdraw(actor, number, clock=clock)
                elif verb == "name":
                    third = self.province.first.person_ids["khuongyb"]
                    corrections.name_certifier(actor, number, third, clock=clock)
                else:
                    corrections.expire_due(clock=clock)
            if came and (verb != "sit" or not through):
                return

    # -- signing, closing, reopening ---------------------------------------------------------------------------------

    @precondition(lambda self: self.rounds)
    @rule(who=st.sampled_from((*TEACHERS.values(), HEAD)))
    def sign(self, who: str) -> None:
        with self.watched("sign"):
            sign_own(self.province, who)

    @precondition(lambda self: self.rounds)
    @rule(who=WHO, stage=st.sampled_from((*TICKED, Stage.CLOSED)))
    def tick(self, who: str | None, stage: Stage) -> None:
        right = {Stage.PROOF_OPENED: DEPUTY, Stage.PROPOSED: BOARD, Stage.CLOSED: HEAD}.get(stage, OFFICE)
        with self.watched("close" if stage is Stage.CLOSED else "tick"):
            if stage is Stage.CLOSED:
                self.close(who or right)
            else:
                step(self.province, who or right, stage)

    def close(self, who: str) -> None:
        steps.close(acting(self.province, who), self.province.year_id, 1, "Đủ", clock=self.province.clock)

    @precondition(lambda self: self.rounds < MOST_ROUNDS)
    @rule(left_out=st.one_of(st.none(), st.none(), st.integers(0, 9)))
    def whole_round(self, left_out: int | None) -> None:
        """Everything up to closing, one of it left out perhaps."""
        self.rounds += 1
        way: list[Callable[[], Any]] = [
            *(lambda who=who: sign_own(self.province, who) for who in TEACHERS.values()),
            lambda: print_all(self.province),
            lambda: step(self.province, OFFICE, Stage.PRINTED),
            lambda: step(self.province, DEPUTY, Stage.PROOF_OPENED),
            *(lambda who=who: sign_own(self.province, who) for who in TEACHERS.values()),
            lambda: step(self.province, OFFICE, Stage.CHECKED),
            lambda: approve_all(self.province),
            lambda: step(self.province, OFFICE, Stage.SEALED),
            lambda: step(self.province, BOARD, Stage.PROPOSED),
        ]
        if book(self.province).closing is None:
            self.fill_blanks()
            for number, act in enumerate(way):
                if number != left_out:
                    with self.watched("round"):
                        act()
        with self.watched("close"):
            self.close(HEAD)

    def fill_blanks(self) -> None:
        half = len(self.province.first.student_ids) // 2
        for (room, subject, _term), sheet in self.sheets.items():
            students = (
                self.province.first.student_ids[:half]
                if room == "7A"
                else self.province.first.student_ids[half:]
            )
            regular = 4 if subject == "math" else 2
            names = [*(f"regular_{n + 1}" for n in range(regular)), "midterm", "final"]
            blank = [(s, c) for s in students for c in names if self.shown((sheet, s, c)) is None]
            with self.watched("fill"):
                changes = [CellChange(s, c, None, VALUES[subject][-2]) for s, c in blank]
                enter_scores(acting(self.province, TEACHERS[room]), sheet, changes, clock=self.province.clock)

    @precondition(lambda self: self.facts.closings)
    @rule(who=WHO, days=st.sampled_from((0, 2, 20)), ask=st.booleans())
    def reopen(self, who: str | None, days: int, ask: bool) -> None:
        closing = self.facts.closings[-1].id
        until = self.province.now + timedelta(days=days) if days else None
        with self.watched("ask to reopen" if ask else "reopen"):
            actor, clock = acting(self.province, who or HEAD), self.province.clock
            if ask and until:
                steps.ask_to_reopen(actor, closing, "Sót điểm", until, clock=clock)
            else:
                steps.reopen(actor, closing, "Sót điểm", until, clock=clock)

    @precondition(lambda self: self.seen[ReopenRequest])
    @rule(who=WHO, which=WHICH, consent=st.sampled_from((True, False, None)))
    def decide_reopening(self, who: str | None, which: int, consent: bool | None) -> None:
        number = self.one(ReopenRequest, which)
        with self.watched("withdraw reopening" if consent is None else "decide reopening"):
            actor = acting(self.province, who or (HEAD if consent is None else LEADER_ABOVE))
            if consent is None:
                steps.withdraw_request(actor, number, clock=self.province.clock)
            else:
                steps.decide_request(actor, number, consent, "Ý kiến", clock=self.province.clock)
