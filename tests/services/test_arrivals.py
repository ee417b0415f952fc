"""A student goes from one school of the province to another: who may find whom, and what each school sees afterwards."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from app.domain.access import SYSTEM
from app.errors import Forbidden, Invalid, NotFound
from app.extensions import db
from app.models import AuditEvent, Enrolment, Grade, GradebookSheet, SchoolClass, Student, SubjectYear
from app.services import enrolments, exports, history, scope
from app.services.arrivals import find_released, receive_student
from app.services.book_reading import load_seats
from app.services.enrolments import Leaving
from app.services.searches import MOST_WRONG, WAIT
from app.services.sheet_reading import load_facts, load_lines
from app.services.sign_in import TooManyTries
from app.services.unit_of_work import transaction
from tests.factories.province import Province
from tests.services.carry_helpers import ALL_MARKS, enter, grade, line_of, open_term_two
from tests.services.helpers import acting

OFFICE, OTHER_OFFICE = "hongvt.thcstk", "hongvt.thcsba"
CODE, PERSONAL, BORN = "0661234567", "066214000123", date(2014, 3, 1)
LAST, FIRST = date(2026, 11, 13), date(2026, 11, 16)


@pytest.fixture
def pupil(province: Province) -> int:
    """A student of the first school with both identifiers."""
    with transaction(SYSTEM, "test.pupil", clock=province.clock) as work:
        student = work.session.get_one(Student, province.first.student_ids[0])
        student.student_code, student.national_id = CODE, PERSONAL
    return student.id


def let_go(province: Province, student: int, status: str = "04", day: date = LAST) -> None:
    """The first school records the leaving."""
    enrolments.leave(acting(province, OFFICE), student, Leaving(status, day), clock=province.clock)


def receive(province: Province, day: date = FIRST, identifier: str = CODE) -> int:
    """The second school's office receives the student into 7B."""
    class_id = province.second.class_ids["7B"]
    return receive_student(
        acting(province, OTHER_OFFICE), identifier, BORN, class_id, day, clock=province.clock
    )


def sheet(province: Province, school: str, name: str, term: int = 1) -> int:
    """The mathematics sheet of a class."""
    return getattr(province, school).sheet_ids[name, "math", term]


@pytest.mark.parametrize("identifier", [CODE, f" {PERSONAL[:6]} {PERSONAL[6:]} "])
def test_a_released_student_comes_with_the_marks(province: Province, pupil: int, identifier: str) -> None:
    enter(province, "longpd.thcstk", sheet(province, "first", "7A"), pupil, regular_1="8,5")
    let_go(province, pupil)
    found = find_released(acting(province, OTHER_OFFICE), identifier, BORN, clock=province.clock)
    assert (found.full_name, found.school) == ("Nguyễn Hoàng An", "Trường THCS Thúc Kháng")
    assert (found.class_name, found.last_day) == ("7A", LAST)
    assert receive(province, identifier=identifier) == pupil
    db.session.expire_all()
    student = db.session.get_one(Student, pupil)
    assert (student.unit_id, student.status_code) == (province.second.unit_id, "02")
    places = db.session.query(Enrolment).filter_by(student_id=pupil).order_by(Enrolment.starts_on).all()
    assert [(p.class_id, p.status_code, p.entry_code, p.ends_on, p.other_school) for p in places] == [
        (province.first.class_ids["7A"], "04", None, LAST, None),
        (province.second.class_ids["7B"], "02", "1", None, "THCS Thúc Kháng"),
    ]
    new = sheet(province, "second", "7B")
    assert grade(new, pupil).regular_1 == Decimal("8.5")
    trail = set(db.session.scalars(sa.select(AuditEvent.action).where(AuditEvent.outcome == "done")))
    assert {"student.search", "student.receive", "sheet.carry"} <= trail
    changes = history.cell_history(db.session(), new, pupil, "regular_1")
    assert [(c.account, c.place, c.came_from) for c in changes] == [
        (OTHER_OFFICE, None, "7A, THCS Thúc Kháng"),
        ("longpd.thcstk", "7A, THCS Thúc Kháng", None),
    ]


def test_the_answer_is_the_same_whoever_it_is(province: Province, pupil: int) -> None:
    clerk = acting(province, OTHER_OFFICE)

    def refused(identifier: str, born: date) -> str:
        with pytest.raises(Invalid) as refusal:
            find_released(clerk, identifier, born, clock=province.clock)
        return str(refusal.value)

    unreleased = refused(CODE, BORN)
    let_go(province, pupil, "05")  # stopped learning: not a transfer
    stopped = refused(CODE, BORN)
    assert {
        unreleased,
        stopped,
        refused(CODE, date(2014, 3, 2)),
        refused("nobody", BORN),
        refused(" ", BORN),
    } == {unreleased}
    with pytest.raises(Invalid):
        receive(province)


def test_searching_in_vain_too_often_waits(province: Province, pupil: int) -> None:
    let_go(province, pupil)
    clerk = acting(province, OTHER_OFFICE)
    for number in range(MOST_WRONG):
        with pytest.raises(Invalid):
            find_released(clerk, f"066{number:09d}", BORN, clock=province.clock)
    with pytest.raises(TooManyTries):
        find_released(acting(province, "quantb.thcsba"), CODE, BORN, clock=province.clock)
    with pytest.raises(TooManyTries):
        receive(province)
    province.now += WAIT
    assert find_released(clerk, CODE, BORN, clock=province.clock).last_day == LAST
    tried = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.outcome == "refused")).all()
    assert {(event.action, event.unit_id) for event in tried} == {("student.search", province.second.unit_id)}


def test_only_the_office_searches_and_into_own_classes(province: Province, pupil: int) -> None:
    let_go(province, pupil)
    for username in ("longpd.thcsba", "giangnt.thcsba", "vanlt.sogd"):
        with pytest.raises(Forbidden):
            find_released(acting(province, username), CODE, BORN, clock=province.clock)
    clerk = acting(province, OTHER_OFFICE)
    with pytest.raises(NotFound):
        receive_student(clerk, CODE, BORN, province.first.class_ids["7A"], FIRST, clock=province.clock)
    with pytest.raises(Invalid):  # the own school's students are not looked for here
        find_released(acting(province, OFFICE), CODE, BORN, clock=province.clock)


def test_a_day_before_the_last_one_there_is_refused(province: Province, pupil: int) -> None:
    let_go(province, pupil)
    with pytest.raises(Invalid, match="13/11/2026"):
        receive(province, LAST)
    assert receive(province, LAST + timedelta(days=1)) == pupil
    with pytest.raises(Invalid):  # nobody receives the same student again
        receive_student(
            acting(province, OFFICE), CODE, BORN, province.first.class_ids["7A"], FIRST, clock=province.clock
        )


def test_the_former_school_keeps_its_sheet_and_sees_nothing_newer(province: Province, pupil: int) -> None:
    old, new = sheet(province, "first", "7A", 2), sheet(province, "second", "7B", 2)
    enter(province, "longpd.thcstk", sheet(province, "first", "7A"), pupil, **ALL_MARKS)
    open_term_two(province)
    enter(province, "longpd.thcstk", old, pupil, **{**ALL_MARKS, "final": None})
    let_go(province, pupil, "08", date(2027, 2, 26))
    receive(province, date(2027, 3, 1))
    enter(province, "habtt.thcsba", new, pupil, final="10")
    year = db.session.query(SubjectYear).one()
    assert (year.unit_id, year.term_1, year.average) == (
        province.second.unit_id,
        Decimal("7.8"),
        Decimal("8.2"),
    )
    day = date(2027, 3, 1)
    teacher, theirs = acting(province, "longpd.thcstk"), acting(province, "habtt.thcsba")
    facts = load_facts(db.session(), teacher, old, day)
    line = next(line for line in load_lines(db.session(), facts.sheet) if line.student_id == pupil)
    assert (line.left_on, line.status_code, line.value("final")) == (date(2027, 2, 26), "08", None)
    assert line.year is not None
    assert line.year_at(facts.sheet) is None
    assert line_of(new, pupil).year_at(db.session.get_one(GradebookSheet, new)).average == Decimal("8.2")
    with pytest.raises(NotFound):
        load_facts(db.session(), teacher, new, day)
    with pytest.raises(NotFound):
        load_facts(db.session(), theirs, old, day)
    assert {c.account for c in history.cell_history(db.session(), old, pupil, "regular_1")} == {
        "longpd.thcstk"
    }
    assert history.cell_history(db.session(), old, pupil, "final") == []


def test_each_school_reads_its_own_places(province: Province, pupil: int) -> None:
    let_go(province, pupil)
    receive(province)
    day = FIRST

    def classes_seen(username: str) -> list[str]:
        query = scope.scoped(acting(province, username), Enrolment, day).where(Enrolment.student_id == pupil)
        return sorted(db.session.get_one(SchoolClass, row.class_id).name for row in db.session.scalars(query))

    assert classes_seen(OFFICE) == ["7A"]
    assert classes_seen("longpd.thcstk") == ["7A"]
    assert classes_seen("khuongyb.thcstk") == []
    assert classes_seen(OTHER_OFFICE) == ["7A", "7B"]  # the personal sheet tells where the student comes from
    with pytest.raises(NotFound):
        scope.get(db.session(), acting(province, OFFICE), Student, pupil, day)
    scope.get(db.session(), acting(province, OTHER_OFFICE), Student, pupil, day)
    seats = load_seats(db.session(), province.first.class_ids["7A"])
    assert [seat.enrolments[0].status_code for seat in seats if seat.student.id == pupil] == ["04"]


def test_an_export_has_each_student_in_the_own_class(province: Province, pupil: int) -> None:
    let_go(province, pupil)
    receive(province)
    province.now = datetime(2026, 11, 17, 2, 0, tzinfo=UTC)
    counts = []
    for username in ("quantb.thcstk", "quantb.thcsba"):
        done = exports.export(acting(province, username), "students", clock=province.clock)
        done.file.close()
        counts.append(done.rows)
    assert counts == [15, 17]


def test_marks_of_another_grade_stay_where_they_are(province: Province, pupil: int) -> None:
    enter(province, "longpd.thcstk", sheet(province, "first", "7A"), pupil, regular_1="8")
    with transaction(SYSTEM, "test.grade", clock=province.clock) as work:
        work.session.get_one(GradebookSheet, sheet(province, "second", "7B")).grade = 8
    let_go(province, pupil)
    receive(province)
    assert db.session.query(Grade).filter_by(student_id=pupil).count() == 1
