"""The record as open files: a class's book and a student's record hold what the database holds, and come back equal."""

from datetime import date
from decimal import Decimal

import sqlalchemy as sa
from flask import Flask

from app.domain.access import SYSTEM
from app.domain.vocabulary import Passing
from app.exchange import values
from app.exchange.codec import from_xml, to_xml
from app.exchange.records import Gradebook, Row, Sheet, StudentRecord
from app.extensions import db
from app.models import OrgUnit, SchoolClass, Student
from app.services import enrolments
from app.services.book_reading import load_seats
from app.services.enrolments import Leaving
from app.services.exchange.gradebook import class_record
from app.services.exchange.student import student_record
from app.services.unit_of_work import transaction
from tests.conftest import counting
from tests.factories.province import Province
from tests.services.carry_helpers import enter
from tests.services.helpers import acting

TEACHER = "longpd.thcstk"


def class_book(province: Province, name: str = "7A", term: int = 1) -> Gradebook:
    """The open record of a class, by way of its file."""
    found = db.session().get_one(SchoolClass, province.first.class_ids[name])
    record = class_record(db.session(), found, term, province.clock())
    assert from_xml(to_xml(record), Gradebook) == record
    return record


def pupils(province: Province) -> list[int]:
    """Students of 7A in the order of the class."""
    return [seat.student.id for seat in load_seats(db.session(), province.first.class_ids["7A"])]


def sheet_of(record: Gradebook, subject: str) -> Sheet:
    """The sheet of a subject."""
    return next(sheet for sheet in record.sheets if sheet.subject == subject)


def cells(row: Row) -> dict[str, object]:
    """A line's cells as values."""
    return {cell.column: values.read(cell.kind, cell.value) for cell in row.cells}


def test_a_class_book_holds_what_was_entered(province: Province) -> None:
    first, second, *_rest = pupils(province)
    math, arts = (province.first.sheet_ids["7A", subject, 1] for subject in ("math", "art"))
    enter(province, TEACHER, math, first, regular_1="8,5", regular_2="0", comment="Chăm học")
    enter(province, TEACHER, math, second, regular_1="10")
    enter(province, TEACHER, arts, second, regular_1="CĐ")
    record = class_book(province)
    names = [place.name for place in record.places]
    assert len(names) == len(pupils(province))
    assert record.school.name in {unit.name for unit in db.session.scalars(sa.select(OrgUnit))}
    rows = sheet_of(record, "math").rows
    assert [cells(row) for row in rows] == [
        {"regular_1": Decimal("8.5"), "regular_2": Decimal("0.0"), "comment": "Chăm học"},
        {"regular_1": Decimal("10.0")},
    ], "zero stands there, blank does not, in the order of the class"
    assert [cells(row) for row in sheet_of(record, "arts").rows] == [{"regular_1": Passing.FAILED}]
    assert sheet_of(record, "math").teachers[0].in_charge


def test_a_book_costs_the_same_for_more_students(app: Flask, province: Province) -> None:
    def statements() -> int:
        db.session.expire_all()
        with counting(app) as seen:
            class_book(province)
        return len(seen)

    first, *others = pupils(province)
    math = province.first.sheet_ids["7A", "math", 1]
    enter(province, TEACHER, math, first, regular_1="7")
    few = statements()
    for student in others:
        enter(province, TEACHER, math, student, regular_1="7")
    assert statements() == few <= 22


def test_a_student_who_left_keeps_the_record_and_carried_marks_stand_once(province: Province) -> None:
    student_id = pupils(province)[0]
    enter(province, TEACHER, province.first.sheet_ids["7A", "math", 1], student_id, regular_1="8,5")
    with transaction(SYSTEM, "test.name", clock=province.clock) as work:
        student = work.session.get_one(Student, student_id)
        student.student_code, student.birthplace = "0661234567", 'Buôn "Ea Tul" & <Cư M’gar>'
    enrolments.leave(
        acting(province, "hongvt.thcstk"), student_id, Leaving("04", date(2026, 11, 13)), clock=province.clock
    )
    found = db.session().get_one(Student, student_id)
    record = student_record(
        db.session(), found, db.session().get_one(OrgUnit, province.first.unit_id), province.clock()
    )
    assert from_xml(to_xml(record), StudentRecord) == record
    assert record.student.key == "0661234567"
    assert record.student.birthplace == 'Buôn "Ea Tul" & <Cư M’gar>'
    (year,) = record.years
    assert (year.class_name, year.ends_on, year.status) == ("7A", date(2026, 11, 13), "04")
    marks = [cells(row) for sheet in year.sheets if sheet.subject == "math" for row in sheet.rows]
    assert marks == [{"regular_1": Decimal("8.5")}]
