"""Students: admission, moves, leaving, coming back, chosen subjects."""

from datetime import UTC, date, datetime

import pytest

from app.domain.access import SYSTEM
from app.errors import Forbidden, Invalid, NotFound
from app.extensions import db
from app.models import Enrolment, Guardian, SchoolYear, Student, StudentSubject
from app.services import choices, classes, enrolments
from app.services.choices import Choice
from app.services.classes import NewGroup
from app.services.enrolments import Admission, GuardianSheet, Leaving
from app.services.people import PersonName
from tests.factories.province import Province
from tests.services.helpers import acting, plan_for

DAY = date(2026, 11, 16)
SHEET = {
    "birth_date": date(2014, 7, 1),
    "sex_code": "02",
    "ethnicity_code": "12",
    "national_id": "066314000123",
}
NAME = PersonName("Byă", "H'", "Linh", "H' Linh Byă")


def admit(province: Province, username: str = "hongvt.thcstk", **values: object) -> int:
    """Admit H' Linh Byă into 7A as that account."""
    actor = acting(province, username)
    admission = Admission(province.first.class_ids["7A"], DAY, entry_code="1", status_code="02")
    guardians = [GuardianSheet("mother", "H' Bia  Byă", 1988, "Làm nông", "0912345678")]
    return enrolments.admit_student(
        actor, actor.unit_id, NAME, {**SHEET, **values}, admission, guardians, clock=province.clock
    )


def open_rows(student_id: int) -> list[tuple[int, str, date | None]]:
    """(class, status, last day) of a student's places, oldest first."""
    rows = db.session.query(Enrolment).filter_by(student_id=student_id).order_by(Enrolment.starts_on)
    return [(row.class_id, row.status_code, row.ends_on) for row in rows]


def test_an_admitted_student_is_folded_sorted_and_enrolled(province: Province) -> None:
    student = db.session.get(Student, admit(province))
    assert (student.full_name, student.name_folded) == ("H' Linh Byă", "h' linh bya")
    assert student.status_code == "02"
    assert open_rows(student.id) == [(province.first.class_ids["7A"], "02", None)]
    assert db.session.query(Guardian).filter_by(student_id=student.id).one().full_name == "H' Bia Byă"


@pytest.mark.parametrize(
    "values",
    [
        {"national_id": "066314"},
        {"ethnicity_code": "77"},
        {"birth_date": date(2027, 1, 1)},
        {"birth_date": date(1814, 1, 1)},
    ],
)
def test_a_sheet_that_cannot_be_right_is_refused(province: Province, values: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        admit(province, **values)
    assert db.session.query(Student).filter_by(given_name="Linh").count() == 0


def test_an_identifier_is_given_once(province: Province) -> None:
    admit(province)
    with pytest.raises(Invalid, match="066314000123"):
        admit(province, username="hongvt.thcstk")


def test_a_teacher_admits_nobody_and_no_class_of_another_school_takes_one(province: Province) -> None:
    with pytest.raises(Forbidden):
        admit(province, username="longpd.thcstk")
    office = acting(province, "hongvt.thcsba")
    with pytest.raises(NotFound):
        enrolments.admit_student(
            office,
            office.unit_id,
            NAME,
            SHEET,
            Admission(province.first.class_ids["7A"], DAY),
            clock=province.clock,
        )


def test_a_move_ends_one_place_and_begins_another(province: Province) -> None:
    student, office = province.first.student_ids[0], acting(province, "hongvt.thcstk")
    old, new = province.first.class_ids["7A"], province.first.class_ids["7B"]
    part = classes.create_group(
        office, office.unit_id, province.year_id, NewGroup("7A nhóm 1", old), clock=province.clock
    )
    classes.set_members(office, part, [student], date(2026, 9, 7), clock=province.clock)
    enrolments.move_to_class(office, student, new, DAY, clock=province.clock)
    assert open_rows(student) == [(old, "01", date(2026, 11, 15)), (new, "01", None)]
    seat = db.session.query(classes.TeachingGroupMember).one()
    assert seat.ends_on == date(2026, 11, 15)
    with pytest.raises(Invalid, match="that class already"):
        enrolments.move_to_class(office, student, new, date(2026, 12, 1), clock=province.clock)
    with pytest.raises(Invalid, match="16/11/2026"):
        enrolments.move_to_class(office, student, old, DAY, clock=province.clock)


def test_leaving_keeps_everything_and_coming_back_is_a_new_place(province: Province) -> None:
    student, office = province.first.student_ids[1], acting(province, "hongvt.thcstk")
    year = db.session.get(SchoolYear, province.year_id)
    code = enrolments.leaving_code(db.session(), office.unit_id, year, DAY, moved=True)
    assert code == "04"
    leaving = Leaving(code, DAY, other_school="THCS Bình An")
    enrolments.leave(office, student, leaving, clock=province.clock)
    assert db.session.get(Student, student).status_code == "04"
    assert open_rows(student) == [(province.first.class_ids["7A"], "04", DAY)]
    province.now = datetime(2027, 3, 1, 2, 0, tzinfo=UTC)
    back = Admission(province.first.class_ids["7B"], date(2027, 3, 1), "1", "06")
    enrolments.readmit(office, student, back, clock=province.clock)
    assert [row[1] for row in open_rows(student)] == ["04", "06"]
    with pytest.raises(Invalid, match="in a class already"):
        enrolments.readmit(office, student, back, clock=province.clock)


@pytest.mark.parametrize(
    ("day", "moved", "code"),
    [
        (date(2026, 9, 5), True, "04"),
        (date(2027, 1, 16), False, "05"),
        (date(2027, 1, 17), True, "08"),
        (date(2027, 5, 29), False, "09"),
        (date(2027, 6, 1), True, "11"),
        (date(2027, 7, 1), False, "12"),
    ],
)
def test_the_status_code_says_when(province: Province, day: date, moved: bool, code: str) -> None:
    year = db.session.get(SchoolYear, province.year_id)
    assert enrolments.leaving_code(db.session(), province.first.unit_id, year, day, moved=moved) == code


def test_a_status_that_ends_is_not_a_change_of_status(province: Province) -> None:
    student, office = province.first.student_ids[2], acting(province, "hongvt.thcstk")
    with pytest.raises(Invalid, match="leaving"):
        enrolments.change_status(office, student, "05", DAY, clock=province.clock)
    with pytest.raises(Invalid, match="moved or left"):
        enrolments.leave(office, student, Leaving("01", DAY), clock=province.clock)
    enrolments.change_status(office, student, "03", DAY, clock=province.clock)
    assert open_rows(student)[0][1] == "03"


def test_the_homeroom_teacher_keeps_the_sheet_of_the_own_class_only(province: Province) -> None:
    long = province.first.person_ids["longpd"]
    in_7a, in_7b = province.first.student_ids[0], province.first.student_ids[8]
    assert enrolments.homeroom_of(db.session(), in_7a, long, DAY)
    assert not enrolments.homeroom_of(db.session(), in_7b, long, DAY)
    assert not enrolments.homeroom_of(db.session(), in_7a, None, DAY)


def test_chosen_subjects_end_and_come_back(province: Province) -> None:
    plan_for(province, [("math", 140, "compulsory"), ("art", 70, "elective"), ("art", 35, "cluster")])
    student, art = province.first.student_ids[0], province.subject_ids["art"]
    office = acting(province, "hongvt.thcstk")

    def choose(*wanted: Choice) -> None:
        choices.choose_subjects(office, student, province.year_id, wanted, DAY, clock=province.clock)

    choose(Choice(art), Choice(art, "cluster"))
    choose(Choice(art, counts=False))
    rows = {r.status: (r.counts, r.ends_on) for r in db.session.query(StudentSubject)}
    assert rows == {"elective": (False, None), "cluster": (True, date(2026, 11, 15))}
    choose(Choice(art, "cluster"))
    assert db.session.query(StudentSubject).filter_by(status="cluster").one().ends_on is None
    with pytest.raises(Invalid, match="no choice"):
        choose(Choice(province.subject_ids["math"], "compulsory"))


def test_a_class_list_is_numbered_by_name(province: Province) -> None:
    class_id = province.first.class_ids["7A"]
    admit(province)
    assert enrolments.renumber(SYSTEM, class_id, DAY, clock=province.clock) == 9
    rows = db.session.query(Enrolment).filter_by(class_id=class_id).order_by(Enrolment.order_no).all()
    assert [row.student.given_name for row in rows] == [
        "An",
        "Anh",
        "Anh",
        "Ánh",
        "Bảo",
        "Bích",
        "Chiến",
        "Chở",
        "Linh",
    ]
