"""Kinds of data that lie on no sheet, each entered and locked: what tests of their corrections begin with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import sqlalchemy as sa

from app.domain.access import SYSTEM
from app.domain.corrections import Place
from app.domain.notes import NoteKind, Topic
from app.domain.vocabulary import WindowEffect
from app.domain.year_decisions import Field
from app.extensions import db
from app.models import (
    Attendance,
    LockWindow,
    SchoolClass,
    StudentNote,
    SubjectYear,
    YearDecision,
)
from app.services.attendance_entry import DayEdit, enter_attendance
from app.services.correction_places.port import PlaceRef
from app.services.notes_entry import NoteEdit, enter_notes
from app.services.retests import RetestChange, enter_retests
from app.services.unit_of_work import transaction
from app.services.year_decisions import DecisionChange, decide
from tests.factories.province import Province
from tests.services.correction_helpers import (
    HEAD,
    LEADER_ABOVE,
    OTHER,
    TEACHER,
)
from tests.services.helpers import acting
from tests.services.results_helpers import YEAR_OVER, Made, fill, make_class, put
from tests.services.year_helpers import teach

NOVEMBER = "2026-11"
GOOD, BETTER, BEST = "Ngoan, chăm học.", "Chăm học, tiến bộ rõ.", "Chăm chỉ, tiến bộ."


@dataclass
class Case:
    """One kind of data: what was entered and locked, who asks for what, and how the same is typed while it is open."""

    ref: PlaceRef
    student: int
    column: str
    values: tuple[str, str, str]  # as entered, as somebody types it meanwhile, as it shall be
    who: str
    certifier: str
    way: tuple[str, ...]  # after the certificate
    type_it: Callable[[str | None, str], object]
    stored: Callable[[], object]
    right: object


def close_windows(province: Province) -> None:
    """Whatever the school and the department have opened ends now."""
    with transaction(SYSTEM, "test.close", clock=province.clock) as work:
        for row in work.session.scalars(sa.select(LockWindow)):
            if row.effect is WindowEffect.OPEN and (row.closes_at is None or row.closes_at > province.now):
                row.closes_at = province.now
    province.now += timedelta(minutes=5)


def year_class(province: Province) -> Made:
    """8A, homeroom teacher longpd; the first student has to retest mathematics, the second to train in the summer."""
    made = make_class(province, "8A", pupils=2)
    fill(province, made, mark="7.0")
    low, untrained = made.students
    for term in (1, 2):
        for code in ("math", "literature"):
            cells = {f"regular_{n}": Decimal("3.0") for n in range(1, 5)}
            put(province, made, low, code, term, **cells, midterm=Decimal("3.0"), final=Decimal("3.0"))
    put(province, made, untrained, "training", 2, training="not_passed")
    province.now = YEAR_OVER
    return made


def retest_case(province: Province) -> Case:
    made = year_class(province)
    math = teach(province, made, "math", "habtt")
    student = made.students[0]

    def type_it(old: str | None, new: str) -> object:
        change = RetestChange(student, math, "retest", old, new)
        return enter_retests(acting(province, OTHER), made.class_id, [change], clock=province.clock)

    def stored() -> object:
        return db.session.get_one(SubjectYear, (student, made.year_id, math)).retest

    return Case(
        PlaceRef(Place.YEAR, None, made.class_id, math), student, "retest", ("6", "7", "6,5"),
        OTHER, TEACHER, (HEAD, LEADER_ABOVE), type_it, stored, Decimal("6.5"),
    )  # fmt: skip


def decision_case(province: Province) -> Case:
    made = year_class(province)
    student = made.students[1]

    def type_it(old: str | None, new: str) -> object:
        change = DecisionChange(student, Field.TRAINING_AFTER, old or "", new, reason="Kế hoạch rèn luyện hè")
        return decide(acting(province, TEACHER), made.class_id, [change], clock=province.clock)

    def stored() -> object:
        return db.session.get_one(YearDecision, (student, made.year_id)).training_after

    return Case(
        PlaceRef(Place.YEAR, None, made.class_id), student, "training_after", ("passed", "good", "fair"),
        TEACHER, OTHER, (HEAD, LEADER_ABOVE), type_it, stored, "fair",
    )  # fmt: skip


def notes_case(province: Province) -> Case:
    room, student = province.first.class_ids["7A"], province.first.student_ids[0]

    def type_it(old: str | None, new: str) -> object:
        edit = NoteEdit(student, old, new)
        return enter_notes(
            acting(province, TEACHER), room, NoteKind.MONTHLY, NOVEMBER, [edit], clock=province.clock
        )

    def stored() -> object:
        return db.session.scalars(sa.select(StudentNote)).one().text

    topic = str(Topic(NoteKind.MONTHLY, NOVEMBER))
    return Case(
        PlaceRef(Place.NOTES, None, room, None, topic), student, "text", (GOOD, BETTER, BEST),
        TEACHER, OTHER, (HEAD,), type_it, stored, BEST,
    )  # fmt: skip


def attendance_case(province: Province) -> Case:
    room, student = province.first.class_ids["7A"], province.first.student_ids[0]
    with transaction(SYSTEM, "test.sessions", clock=province.clock) as work:
        work.session.get_one(SchoolClass, room).sessions = 2

    def type_it(old: str | None, new: str) -> object:
        edit = DayEdit(student, 3, old, new)
        return enter_attendance(acting(province, TEACHER), room, NOVEMBER, [edit], clock=province.clock)

    def stored() -> object:
        return db.session.scalars(sa.select(Attendance)).one().days

    return Case(
        PlaceRef(Place.ATTENDANCE, None, room, None, NOVEMBER), student, "day_3", ("PP", "P-", "KP"),
        TEACHER, OTHER, (HEAD,), type_it, stored, "3KP",
    )  # fmt: skip


CASES = {
    "retest": retest_case,
    "decision": decision_case,
    "notes": notes_case,
    "attendance": attendance_case,
}
