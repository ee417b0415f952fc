"""What happened at the schools this term besides the usual: transfers, absences, a sick leave, a busy night."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path

from app.demo.accounts import act
from app.demo.closings import check_and_publish
from app.demo.corrections import ask_for_corrections
from app.demo.extensions import ask_and_answer
from app.demo.families import open_family_accounts
from app.demo.orders import coming_lock, commune_inspection
from app.demo.people import pupil_values
from app.demo.plan import ONE_DAY, at, part_of
from app.demo.scandals import ask_as_the_head, plan_raised_marks
from app.demo.schools import MAIN, SPECS
from app.demo.trail import Trail
from app.demo.watching import watch_over
from app.demo.world import Duty, Member, School, Seat, Sheet, World
from app.domain.access import Actor
from app.domain.vocabulary import MarkState
from app.extensions import db
from app.models import SchoolYear, Student
from app.services.arrivals import receive_student
from app.services.assignments import NewAssignment, assign_teacher
from app.services.clock import local_day
from app.services.enrolments import (
    Admission,
    GuardianSheet,
    Leaving,
    admit_student,
    arrival_code,
    leave,
    leaving_code,
    move_to_class,
)
from app.services.gradebook import record_absence, submit_sheet
from app.services.people import PersonName
from app.services.sheet_orders import NewDelegation, NewExemption, decide_exemption, delegate_entry

EVIDENCE = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>endobj
4 0 obj<</Length 62>>stream
BT /F 14 Tf 60 760 Td (Don xin mien phan thuc hanh GDTC) Tj ET
endstream endobj
5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj
trailer<</Root 1 0 R/Size 6>>
"""
"""A one-page file that stands for a parent's request with the medical record."""

NEXT, LEAVER = "thcssl", 1
"""The school a student of 8B goes to, and the place in the class list."""

NEWCOMER = PersonName("Hoàng", "Minh", "Châu")
MOTHER = GuardianSheet("mother", "Lục Thị Hạnh", 1986, "Thợ may")
"""The student who comes to 7B, and the mother: both have accounts of their own."""

CHANGE_OF_TEACHER = 22
"""Per cent of the term after which Toán 9B has another teacher."""


@dataclass
class Stories:
    """Puts the stories of the running term onto the timeline."""

    world: World
    trail: Trail
    folder: Path
    newcomer: int = 0

    @property
    def school(self) -> School:
        """Where nearly everything happens."""
        return self.world.units[MAIN]

    @property
    def year(self) -> int:
        """Start of the running school year."""
        return self.world.plan.current.start_year

    def plan(self) -> None:
        """All of them, each on its day."""
        for per_cent, hour, story in (
            (9, 10, self.exempt),
            (12, 8, self.arrive),
            (18, 19, self.begin_9b),
            (CHANGE_OF_TEACHER, 16, self.change_teacher),
            (30, 9, self.change_class),
            (44, 15, self.leave_school),
            (46, 8, self.be_received),
            (45, 7, self.delegate),
            (46, 20, self.enter_for_the_sick),
            (47, 19, self.correct_for_the_sick),
            (50, 11, self.miss_the_test),
            (60, 17, self.make_up_the_test),
            (63, 16, self.record_zero),
        ):
            self._on(part_of(self.world.plan.running, per_cent), hour, story)
        self._plan_burst()
        plan_raised_marks(self.world, self.trail)
        self._on(self.world.plan.day - 4 * ONE_DAY, 9, lambda: commune_inspection(self.world))
        self._on(self.world.plan.day - 2 * ONE_DAY, 10, lambda: coming_lock(self.world))
        self._on(self.world.plan.day - ONE_DAY, 10, lambda: ask_for_corrections(self.world, self.folder))
        self._on(self.world.plan.day - 6 * ONE_DAY, 9, lambda: ask_as_the_head(self.world, self.folder))
        self._on(self.world.plan.day - ONE_DAY, 16, lambda: ask_and_answer(self.world))
        self._on(self.world.plan.day - ONE_DAY, 17, lambda: check_and_publish(self.world))
        self._on(self.world.plan.day - 3 * ONE_DAY, 20, self.confirm_entries)
        self._on(self.world.plan.day - ONE_DAY, 17, lambda: watch_over(self.world))
        self._on(
            self.world.plan.day - 9 * ONE_DAY, 8, lambda: open_family_accounts(self.world, self.newcomer)
        )

    def _on(self, day: date, hour: int, story: Callable[[], None]) -> None:
        minute = self.trail.rng.randrange(2, 55)
        self.world.timeline.add(at(day, hour, minute, self.trail.rng.randrange(60)), story)

    def _sheet(self, name: str, subject: str) -> Sheet:
        return self.school.sheets[self.year, self.world.plan.term, name, subject]

    def _act(self, key: str) -> Actor:
        return act(db.session(), self.school.staff[key], local_day(self.world.clock.now))

    def _room(self, name: str) -> list[Seat]:
        return self.school.classes[self.year, name].seats

    def exempt(self) -> None:
        """The head exempts a student of 8A from the practical part of physical education (TT 22/2021 Điều 10)."""
        new = NewExemption(
            student_id=self._room("8A")[3].student_id,
            term=None,
            number="18/QĐ-THCSTK",
            decided_on=local_day(self.world.clock.now),
            reason="Mắc bệnh tim bẩm sinh, có hồ sơ bệnh án",
            evidence_name="don-xin-mien-gdtc.pdf",
            evidence=EVIDENCE,
        )
        sheet = self._sheet("8A", "physical_education")
        decide_exemption(self._act("head"), sheet.id, new, folder=self.folder, clock=self.world.clock)

    def arrive(self) -> None:
        """A student comes to 7B from another province."""
        drawn = self.world.people.student(self.year - 12)
        day = local_day(self.world.clock.now)
        room = self.school.classes[self.year, "7B"]
        code = arrival_code(db.session(), self.school.id, self._year_row(), day)
        student = admit_student(
            self._act("office"),
            self.school.id,
            NEWCOMER,
            pupil_values(drawn),
            Admission(
                room.id, day, entry_code="1", status_code=code, other_school="THCS Lê Lợi, tỉnh Gia Lai"
            ),
            [replace(MOTHER, phone=drawn.parents[0].phone)],
            clock=self.world.clock,
        )
        room.seats.append(Seat(student, day))
        self.newcomer = student
        self.world.count("students")

    def _year_row(self) -> SchoolYear:
        return db.session().get_one(SchoolYear, self.world.years[self.year])

    def begin_9b(self) -> None:
        """The first teacher of Toán 9B enters the first column."""
        self._fill(self.school.staff["long"], self._sheet("9B", "math"), "regular_1")

    def change_teacher(self) -> None:
        """Toán 9B goes from one teacher to the other for good; the sheet keeps both."""
        day = local_day(self.world.clock.now) + ONE_DAY
        room = self.school.classes[self.year, "9B"]
        ha = self.school.staff["ha"]
        new = NewAssignment(
            ha.person_id,
            room.group_id,
            self.world.subjects["math"],
            day,
            decision="Phân công chuyên môn lần 2",
        )
        assign_teacher(self._act("deputy"), new, clock=self.world.clock)

    def change_class(self) -> None:
        """A student goes from 7A to 7B and takes the marks along; the former sheet keeps its line."""
        day = local_day(self.world.clock.now)
        seat, room = self._room("7A")[-2], self.school.classes[self.year, "7B"]
        reason = "Theo nguyện vọng của gia đình"
        move_to_class(
            self._act("office"), seat.student_id, room.id, day, reason=reason, clock=self.world.clock
        )
        self._end_seat("7A", seat, day - ONE_DAY)
        self._take_along(seat.student_id, "7A", self.school, "7B", day)

    def leave_school(self) -> None:
        """A student of 8B moves to the school of the next commune …"""
        day = local_day(self.world.clock.now)
        seat = self._room("8B")[LEAVER]
        code = leaving_code(db.session(), self.school.id, self._year_row(), day, moved=True)
        leaving = Leaving(code, day, other_school=SPECS[NEXT].short_name)
        leave(self._act("office"), seat.student_id, leaving, clock=self.world.clock)
        self._end_seat("8B", seat, day)

    def be_received(self) -> None:
        """… which finds the student by identifier and birth date, and gets the marks of the term."""
        day, school = local_day(self.world.clock.now), self.world.units[NEXT]
        student_id, room = self._room("8B")[LEAVER].student_id, school.classes[self.year, "8A"]
        student = db.session().get_one(Student, student_id)
        code, born = student.student_code or "", student.birth_date
        office = act(db.session(), school.staff["office"], day)
        receive_student(office, code, born, room.id, day, clock=self.world.clock)
        self._take_along(student_id, "8B", school, "8A", day)

    def _take_along(self, student: int, former: str, school: School, name: str, day: date) -> None:
        """Seat the student in the new class, and know what came along with it."""
        school.classes[self.year, name].seats.append(Seat(student, day))
        for sheet in school.sheets_of(self.year, self.world.plan.term, [name]):
            key = self.year, self.world.plan.term, former, sheet.subject
            if key in self.school.sheets:
                self.trail.marker.came_along(student, self.school.sheets[key], sheet)

    def _end_seat(self, name: str, seat: Seat, day: date) -> None:
        seats = self._room(name)
        seats[seats.index(seat)] = replace(seat, ends_on=day)

    def delegate(self) -> None:
        """Two weeks of sick leave: the head lets a colleague enter Toán 7A (S0 Điều 11 khoản 1)."""
        starts_at = self.world.clock.now
        new = NewDelegation(
            person_id=self.school.staff["ha"].person_id,
            on_behalf_of_id=self.school.staff["long"].person_id,
            columns=("regular_3", "regular_2", "comment"),
            starts_at=starts_at,
            ends_at=starts_at + timedelta(days=14),
            reason="Thầy Phạm Đức Long nghỉ ốm 2 tuần, có giấy của bệnh viện",
        )
        delegate_entry(self._act("head"), self._sheet("7A", "math").id, new, clock=self.world.clock)

    def enter_for_the_sick(self) -> None:
        """The colleague enters a column on his behalf."""
        sheet = self._sheet("7A", "math")
        self._fill(self.school.staff["ha"], sheet, "regular_3")

    def correct_for_the_sick(self) -> None:
        """… and puts two slips right the next evening."""
        sheet = self._sheet("7A", "math")
        held = [s for s in sheet.students(self._today()) if self.trail.marker.known(sheet, s, "regular_3")][
            4:6
        ]
        changes = [self.trail.correction(sheet, student, "regular_3") for student in held]
        if changes and self._still_open("regular_3", days=2):
            self.trail.enter(self.school.staff["ha"], sheet, changes)

    def _today(self) -> date:
        return local_day(self.world.clock.now)

    def _still_open(self, column: str, days: int) -> bool:
        """True when what was entered so many days ago may still be changed."""
        now = self.world.clock.now
        return now < self.trail.last_moment(now - timedelta(days=days), [column], self.world.plan.running)

    def _fill(self, member: Member, sheet: Sheet, column: str) -> None:
        """Enter a column for everybody who has nothing there yet."""
        blank = [
            s for s in sheet.students(self._today()) if self.trail.marker.known(sheet, s, column) is None
        ]
        self.trail.enter(member, sheet, [self.trail.entry(sheet, student, column) for student in blank])

    def reserve(self) -> None:
        """Know beforehand, so that the usual entries go round them: blank cells, and who enters Toán 9B when."""
        day = part_of(self.world.plan.running, CHANGE_OF_TEACHER) + ONE_DAY
        duties = self._sheet("9B", "math").duties
        duties[:] = [
            *(replace(duty, ends_on=day - ONE_DAY) for duty in duties),
            Duty(self.school.staff["ha"], starts_on=day),
        ]
        kept = self.trail.marker.kept_blank
        for subject, name, places in self.absences():
            sheet = self._sheet(name, subject)
            kept |= {(sheet.id, self._room(name)[place].student_id, "midterm") for place in places}
        sheet = self._sheet("7A", "math")
        kept |= {(sheet.id, seat.student_id, "regular_3") for seat in self._room("7A")}

    @staticmethod
    def absences() -> tuple[tuple[str, str, tuple[int, ...]], ...]:
        """Who missed a midterm test: (subject, class, places in the class list)."""
        return ("math", "7A", (1, 4)), ("literature", "8A", (2,))

    def miss_the_test(self) -> None:
        """Three students miss a midterm test and are to make it up (TT 22/2021 Điều 7 khoản 4)."""
        for subject, name, places in self.absences():
            for place in places:
                self._note(subject, name, place, MarkState.AWAITING)
                self.world.clock.move_to(self.world.clock.now + timedelta(seconds=41))

    def make_up_the_test(self) -> None:
        """One of them has made it up; one is still awaited on the day of seeding."""
        sheet = self._sheet("7A", "math")
        student = self._room("7A")[1].student_id
        self.trail.enter(self.school.staff["long"], sheet, [self.trail.entry(sheet, student, "midterm")])

    def record_zero(self) -> None:
        """The third did not come again: a recorded 0 (TT 22/2021 Điều 7 khoản 5)."""
        reason = "Không dự kiểm tra bù sau hai lần thông báo cho gia đình"
        self._note("literature", "8A", 2, MarkState.RECORDED_ZERO, reason)

    def _note(self, subject: str, name: str, place: int, state: MarkState, reason: str | None = None) -> None:
        sheet = self._sheet(name, subject)
        teacher = sheet.member_for("midterm", self._today())
        record_absence(
            act(db.session(), teacher, self._today()),
            sheet.id,
            self._room(name)[place].student_id,
            "midterm",
            state,
            clock=self.world.clock,
            reason=reason,
        )

    def _plan_burst(self) -> None:
        """One night a dozen midterm marks rise within minutes: what the watch list is for."""
        sheet = self._sheet("9A", "informatics")
        entered = next(
            b for b in self.trail.planned if b.sheet is sheet and "midterm" in b.columns and not b.corrects
        )
        start = max(at(local_day(entered.moment), 22, 31), entered.moment + timedelta(minutes=20))
        for number in range(12):
            moment = start + timedelta(seconds=27 * number)
            self.world.timeline.add(moment, partial(self._raise, sheet, number))

    def _raise(self, sheet: Sheet, place: int) -> None:
        students = sheet.students(self._today())
        student = students[2 * place % len(students)]
        change = self.trail.correction(sheet, student, "midterm", upward=True)
        self.trail.enter(sheet.member_for("midterm", self._today()), sheet, [change])

    def confirm_entries(self) -> None:
        """Some teachers press Chốt for the midterm column."""
        for subject, name in (
            ("math", "8B"),
            ("math", "9A"),
            ("literature", "7A"),
            ("foreign_language_1", "6A"),
        ):
            sheet = self._sheet(name, subject)
            teacher = sheet.member_for("midterm", self._today())
            submit_sheet(
                act(db.session(), teacher, self._today()), sheet.id, ["midterm"], clock=self.world.clock
            )
