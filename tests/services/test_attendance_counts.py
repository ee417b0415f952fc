"""What attendance comes to: beside the counts of the book, taken over, across classes, in the papers, in the chains."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from app.domain.assessment.facts import YEAR
from app.domain.attendance import Counts
from app.domain.chain import FaultKind as F
from app.errors import Forbidden, Invalid, NotFound
from app.exchange.codec import from_xml, to_xml
from app.exchange.records import Gradebook, StudentRecord
from app.extensions import db
from app.models import Attendance, SchoolClass, SchoolYear, Student, TrainingRow
from app.reports.catalogue import CATALOGUE
from app.reports.contexts import PrintStamp
from app.services.attendance_counts import TermCounts, take_over, term_counts, unlike_noted
from app.services.attendance_entry import DayEdit, enter_attendance
from app.services.attendance_lists import classes_on, months_of, student_attendance
from app.services.attendance_totals import read_absences
from app.services.clock import local_day
from app.services.documents import builders
from app.services.documents.asked import Asked
from app.services.enrolments import move_to_class
from app.services.exchange.gradebook import class_record
from app.services.exchange.student import student_record
from app.services.programme import terms_of
from tests.conftest import counting
from tests.factories.province import Province
from tests.services.helpers import acting
from tests.services.place_cases import close_windows
from tests.services.results_helpers import Made, fill, judged_of, make_class, put
from tests.support.chain import assert_chain_holds, by_hand, found_places, kinds

TEACHER, HEAD = "longpd.thcstk", "giangnt.thcstk"


@pytest.fixture
def made(app: Flask, province: Province) -> Made:
    """8A, homeroom teacher longpd."""
    return make_class(province, "8A", pupils=3)


def mark(
    province: Province, class_id: int, *edits: DayEdit, month: str = "2026-11", called: tuple[int, ...] = ()
) -> None:
    enter_attendance(acting(province, TEACHER), class_id, month, edits, called=called, clock=province.clock)


def counts(province: Province, made: Made, term: int = 1) -> TermCounts:
    db.session.rollback()
    room = db.session.get_one(SchoolClass, made.class_id)
    return term_counts(db.session(), room, term, local_day(province.now))


def of_year(province: Province, student: int) -> Counts | None:
    db.session.rollback()
    year = db.session.get_one(SchoolYear, province.year_id)
    terms = terms_of(db.session(), province.first.unit_id, year)
    return read_absences(db.session(), [student], year, terms, local_day(province.now)).of(student, [1])


def built(province: Province, made: Made, form: str, period: int = 1) -> object:
    db.session.rollback()
    room = db.session.get_one(SchoolClass, made.class_id)
    day = local_day(province.now)
    stamp = PrintStamp(province.now, "hongvt.thcstk", "Vũ Thị Hồng", 1)
    return builders.build(
        db.session(), Asked(CATALOGUE[form], room.unit, room.school_year, room, period, None, day), stamp
    )


def test_counts_are_taken_over_into_the_book(app: Flask, province: Province, made: Made) -> None:
    one, two, three = made.students
    mark(
        province,
        made.class_id,
        DayEdit(one, 3, None, "P"),
        DayEdit(one, 4, None, "K"),
        DayEdit(two, 3, None, "P"),
    )
    found = counts(province, made)
    assert [(line.kept, line.noted, line.differs) for line in found.lines] == [
        (Counts(1, 1), None, False),
        (Counts(1, 0), None, False),
        (Counts(), None, False),
    ]
    assert take_over(acting(province, TEACHER), made.class_id, 1, clock=province.clock) == 6
    rows = {r.student_id: (r.excused, r.unexcused) for r in db.session.scalars(sa.select(TrainingRow))}
    assert rows == {one: (1, 1), two: (1, 0), three: (0, 0)}
    assert judged_of(province, made, 1)[one].facts.absences == 2
    with pytest.raises(Invalid):
        take_over(acting(province, TEACHER), made.class_id, 1, clock=province.clock)
    mark(province, made.class_id, DayEdit(one, 5, None, "K"))
    assert counts(province, made).differing == 1
    assert take_over(acting(province, TEACHER), made.class_id, 1, clock=province.clock) == 1
    assert counts(province, made).differing == 0


def test_only_whoever_keeps_the_book_takes_over(app: Flask, province: Province, made: Made) -> None:
    mark(province, made.class_id, called=(3,))
    for username in ("habtt.thcstk", HEAD):
        with pytest.raises((Forbidden, NotFound)):
            take_over(acting(province, username), made.class_id, 1, clock=province.clock)
    close_windows(province)
    with pytest.raises(Invalid):
        take_over(acting(province, TEACHER), made.class_id, 1, clock=province.clock)


def test_what_differs_is_told_and_nothing_changes(app: Flask, province: Province, made: Made) -> None:
    one, two, three = made.students
    fill(province, made, terms=(1,))  # three with leave and one without each
    mark(
        province, made.class_id, *(DayEdit(one, day, None, "P") for day in (3, 4, 5, 6)), called=(3, 4, 5, 6)
    )
    room = db.session.get_one(SchoolClass, made.class_id)
    rows = list(judged_of(province, made, 1).values())
    day = local_day(province.now)
    assert unlike_noted(db.session(), room, 1, rows, day) == {two: 0, three: 0}
    assert counts(province, made).differing == 3, "with leave and without are told apart there"
    assert {row.facts.absences for row in rows} == {4}
    put(province, made, two, "training", 1, excused=0, unexcused=0)
    rows = list(judged_of(province, made, 1).values())
    assert unlike_noted(db.session(), room, 1, rows, day) == {three: 0}
    assert unlike_noted(db.session(), room, YEAR, list(judged_of(province, made, YEAR).values()), day) == {}


def test_sessions_of_two_classes_add_up(app: Flask, province: Province, made: Made) -> None:
    other = make_class(province, "8B", pupils=1)
    one = made.students[0]
    mark(province, made.class_id, DayEdit(one, 3, None, "P"))
    put(province, made, one, "training", 1, excused=1, unexcused=0)
    move_to_class(
        acting(province, "hongvt.thcstk"), one, other.class_id, date(2026, 11, 16), reason="Chuyển lớp",
        clock=province.clock,
    )  # fmt: skip
    assert of_year(province, one) is None, "nobody has called the new class yet"
    province.now += timedelta(days=1)
    mark(province, other.class_id, DayEdit(one, 17, None, "K"))
    assert of_year(province, one) == Counts(1, 1)
    with pytest.raises(Invalid):
        mark(province, other.class_id, DayEdit(one, 13, None, "K"))
    line = next(line for line in counts(province, other).lines if line.student_id == one)
    assert (line.noted, line.wanted) == (Counts(1, 0), (1, 1)), "the count came along"
    year = student_attendance(
        db.session(), acting(province, HEAD), one, province.year_id, local_day(province.now)
    )
    assert [(m.row.school_class.name, m.marks) for m in year.months] == [("8A", {3: "P"}), ("8B", {17: "K"})]


def test_the_book_prints_the_days(app: Flask, province: Province, made: Made) -> None:
    one, two, _three = made.students
    mark(province, made.class_id, DayEdit(one, 3, None, "P"), DayEdit(one, 13, None, "K"))
    book = built(province, made, "class_book")
    pages = next(sheet for sheet in book.before if sheet.title == "Điểm danh").page  # type: ignore[attr-defined]
    month = next(month for month in pages.months if month.title == "Tháng 11 năm 2026")
    assert (month.rows[0].days[2], month.rows[0].days[12], month.rows[0].totals) == (
        "P",
        "K",
        ("2", "1", "1"),
    )
    assert month.rows[1].totals == ("0", "", "")
    blank = next(month for month in pages.months if month.title == "Tháng 12 năm 2026")
    assert {row.totals for row in blank.rows} == {("", "", "")}
    slip = built(province, made, "grade_slip").parts[0].page  # type: ignore[attr-defined]
    assert ("Số buổi nghỉ học", "2 (có phép: 1; không phép: 1)") in slip.facts
    assert two in made.students


def test_classes_of_a_day(app: Flask, province: Province, made: Made) -> None:
    mark(province, made.class_id, DayEdit(made.students[0], 3, None, "P"), called=(3, 4))
    with counting(app) as statements:
        rooms = classes_on(
            db.session(), [SchoolClass.unit_id == made.unit_id], made.year_id, date(2026, 11, 3)
        )
    assert len(statements) <= 4
    room = next(room for room in rooms if room.class_id == made.class_id)
    assert (room.called, room.students, room.absent, room.counts.excused) == (True, 3, 1, 1)
    rooms = classes_on(db.session(), [SchoolClass.unit_id == made.unit_id], made.year_id, date(2026, 11, 5))
    assert not any(room.called or room.absent for room in rooms)


def test_statements_do_not_grow(app: Flask, province: Province) -> None:
    found = []
    for name, pupils in (("8A", 3), ("8B", 9)):
        some = make_class(province, name, pupils=pupils)
        mark(province, some.class_id, *(DayEdit(s, 3, None, "P") for s in some.students))
        db.session.rollback()
        with counting(app) as statements:
            counts(province, some)
        found.append(len(statements))
    assert found[0] == found[1]
    assert found[0] <= 14


CHANGES = (
    "UPDATE attendance SET days = NULL",
    "UPDATE attendance SET days = '3P'",
    "UPDATE roll_call SET days = '3'",
    "DELETE FROM attendance",
)


@pytest.mark.parametrize("change", CHANGES)
def test_changes_in_the_database_are_found(app: Flask, province: Province, made: Made, change: str) -> None:
    mark(province, made.class_id, DayEdit(made.students[0], 3, None, "K"), called=(3, 4))
    assert_chain_holds()
    with by_hand() as hand:
        hand(change)
    places = found_places()
    deleted = change.startswith("DELETE")
    assert kinds(places) == {F.LIVE_DELETED if deleted else F.LIVE_CHANGED}
    if "attendance" in change:
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Attendance)) == (0 if deleted else 1)
        assert places[0].student


def test_the_open_record_has_the_days(app: Flask, province: Province, made: Made) -> None:
    one, two, _three = made.students
    mark(province, made.class_id, DayEdit(one, 3, None, "P"), DayEdit(two, 13, None, "K"))
    db.session.rollback()
    room = db.session.get_one(SchoolClass, made.class_id)
    content = to_xml(class_record(db.session(), room, 1, province.now))
    found = from_xml(content, Gradebook).attendance
    assert [(a.month, a.days, a.excused, a.unexcused) for a in found] == [
        ("2026-11", "3P", 1, 0),
        ("2026-11", "13K", 0, 1),
    ]
    assert from_xml(to_xml(class_record(db.session(), room, 2, province.now)), Gradebook).attendance == ()
    record = student_record(db.session(), db.session.get_one(Student, one), room.unit, province.now)
    assert [a.days for year in from_xml(to_xml(record), StudentRecord).years for a in year.attendance] == [
        "3P"
    ]


def test_the_family_sees_them(app: Flask, province: Province, made: Made) -> None:
    one = made.students[0]
    mark(province, made.class_id, DayEdit(one, 3, None, "P"))
    assert [(m.row.month, m.marks) for m in months_of(db.session(), one, made.year_id)] == [
        ("2026-11", {3: "P"})
    ]
