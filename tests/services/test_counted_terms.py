"""A term at a school outside the program counts in the year, with its source; independent of how it is worked out."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.domain.access import SYSTEM
from app.domain.assessment.facts import YEAR
from app.domain.assessment.terms import ResultLevel
from app.errors import Forbidden, Invalid, NotFound
from app.exchange import records
from app.exchange.codec import to_xml
from app.extensions import db
from app.models import CountedTerm, Enrolment, IncomingRecord, SchoolClass, Student, SubjectYear
from app.reports.contexts import PrintPurpose, PrintStamp
from app.services.clock import local_day
from app.services.documents import builders
from app.services.documents.asked import Asked
from app.services.exchange.counting import count, load_offer
from app.services.exchange.incoming import put_aside, read_row, receive
from app.services.results.student_page import student_year
from app.services.results.why import why_subject
from app.services.unit_of_work import transaction
from tests.conftest import counting
from tests.factories.province import Province
from tests.services.carry_helpers import ALL_MARKS, LATER, enter, open_term_two
from tests.services.helpers import acting
from tests.services.results_helpers import COMMENT, SCORED, YEAR_OVER, Made, fill, judged_of, make_class

OFFICE, OTHER_OFFICE, TEACHER = "hongvt.thcstk", "hongvt.thcsba", "longpd.thcstk"
CODE, BORN = "0669998887", date(2013, 1, 1)
CAME = date(2027, 2, 8)
SCHOOL = records.School("xa-khac", "Trường THCS Nơi Khác", "UBND xã Khác", "Sở GDĐT tỉnh Khác")


def subject_year(code: str, text: str | None, term_2: str | None = None) -> records.SubjectYear:
    """A year row of the file; its key is the file's own."""
    return records.SubjectYear(
        student="x", subject=code, name=code.title(), circular="tt22-2021", term_1=text, term_2=term_2,
        average=None, retest=None, retest_level=None, comment=None,
    )  # fmt: skip


def record_of(
    *lines: records.SubjectYear, grade: int = 8, circular: str = "tt22-2021"
) -> records.StudentRecord:
    """The record of a school outside: term I of 2026-2027."""
    pupil = records.Pupil(
        key="x", name="Lò Thị Mai", family_name="Lò", middle_name="Thị", given_name="Mai", birth_date=BORN,
        sex="01", ethnicity="01", nationality="Việt Nam", student_code=CODE, national_id=None, register_no=None,
        religion=None, birthplace=None, hometown=None, address=None, phone=None, policy=None, disability=None,
        guardians=(),
    )  # fmt: skip
    result = records.Result(
        student="x", period=1, circular=circular, version="1", learning="fair", learning_after=None, training="good",
        average=None, title=None, outcome=None, class_rank=None, absences=7,
    )  # fmt: skip
    year = records.StudentYear(
        school_year="2026-2027", class_name="8/3", grade=grade, level="lower_secondary", circular=circular,
        homeroom="Hà Văn Lâm", head="Lê Thị Bưởi", status="01", starts_on=date(2026, 9, 1), ends_on=date(2027, 1, 20),
        school=SCHOOL, sheets=(), exemptions=(), subject_years=lines, results=(result,), decisions=(), remarks=(),
    )  # fmt: skip
    return records.StudentRecord(
        records.VERSION, datetime(2027, 1, 25, 1, tzinfo=UTC), SCHOOL, pupil, (year,)
    )


def whole() -> records.StudentRecord:
    """Term I of every subject: 6,5 and Đạt."""
    return record_of(
        *(subject_year(code, "6.5") for code, _n in SCORED),
        *(subject_year(code, "passed") for code, _n in COMMENT),
    )


def comes(province: Province, student_id: int, day: date = CAME) -> None:
    """The student sits in the class from that day on only, with the record's identifier."""
    with transaction(SYSTEM, "test.comes", clock=province.clock) as work:
        student = work.session.get_one(Student, student_id)
        student.student_code, student.birth_date = CODE, BORN
        for place in work.session.scalars(sa.select(Enrolment).where(Enrolment.student_id == student_id)):
            place.starts_on = day


def take_in(province: Province, student_id: int, record: records.StudentRecord, folder: Path) -> int:
    """The office takes the record in."""
    return receive(acting(province, OFFICE), student_id, to_xml(record), folder, clock=province.clock)


@pytest.fixture
def late(province: Province) -> tuple[Made, int]:
    """Class 8 of TT 22 with four students; one of them came on 8 February. It is March."""
    province.now = LATER
    made = make_class(province, "8C")
    comes(province, made.students[0])
    fill(province, made, made.students[1:])
    return made, made.students[0]


def office_counts(province: Province, record_id: int) -> int:
    return count(acting(province, OFFICE), record_id, clock=province.clock)


def test_the_year_is_judged_with_the_term_spent_outside(
    province: Province, late: tuple[Made, int], tmp_path: Path
) -> None:
    made, student = late
    fill(province, made, [student], mark="8.0", terms=(2,))
    province.now = YEAR_OVER
    before = judged_of(province, made, YEAR)[student]
    assert before.result.learning is None, "half a year is no year"
    row = take_in(province, student, whole(), tmp_path)
    assert judged_of(province, made, YEAR)[student].result.learning is None, "taking in alone counts nothing"
    assert office_counts(province, row) == len(SCORED) + len(COMMENT)
    after = judged_of(province, made, YEAR)[student]
    figures = {figure.code: figure for figure in after.facts.subjects}
    # (6,5 + 2 × 8,0) / 3 = 7,5: Khá; Tốt takes six subjects at 8,0
    assert {figures[code].value for code, _n in SCORED} == {Decimal("7.5")}
    assert {figures[code].term_1 for code, _n in SCORED} == {Decimal("6.5")}
    assert after.result.learning is ResultLevel.FAIR
    assert after.facts.training_1 == "good"
    assert after.facts.absences == 7 + 4


def test_a_save_of_term_two_and_the_trail_know_it(app: Flask, province: Province, tmp_path: Path) -> None:
    student = province.first.student_ids[0]
    open_term_two(province)
    comes(province, student)
    grade = db.session().get_one(SchoolClass, province.first.class_ids["7A"]).grade
    row = take_in(province, student, record_of(subject_year("math", "5.0"), grade=grade), tmp_path)
    assert office_counts(province, row) == 1
    enter(
        province, TEACHER, province.first.sheet_ids["7A", "math", 2], student, **dict.fromkeys(ALL_MARKS, "8")
    )
    math = province.subject_ids["math"]
    year = db.session().get_one(SubjectYear, (student, province.year_id, math))
    assert (year.term_1, year.term_2, year.average) == (Decimal("5.0"), Decimal("8.0"), Decimal("7.0"))
    why = why_subject(
        db.session(),
        acting(province, TEACHER),
        province.first.sheet_ids["7A", "math", 2],
        student,
        province.now,
    )
    assert (why.elsewhere, why.year) == ("Trường THCS Nơi Khác", Decimal("7.0"))
    put_aside(acting(province, OFFICE), row, "Nộp nhầm hồ sơ", clock=province.clock)
    db.session.expire_all()
    year = db.session().get_one(SubjectYear, (student, province.year_id, math))
    assert (year.term_1, year.term_2, year.average) == (None, Decimal("8.0"), None)
    assert db.session().scalars(sa.select(CountedTerm.ended_at)).one() is not None


def test_what_does_not_fit_does_not_count_and_says_why(
    province: Province, late: tuple[Made, int], tmp_path: Path
) -> None:
    made, student = late
    fill(
        province,
        made,
        [student],
        terms=(1,),
        without=[(code, 1) for code, _n in SCORED + COMMENT if code != "arts"],
    )
    record = record_of(
        subject_year("math", "8.0"), subject_year("latin", "9.0"), subject_year("literature", "passed"),
        subject_year("physical_education", "7.5"), subject_year("arts", "passed"),
    )  # fmt: skip
    row = take_in(province, student, record, tmp_path)
    session = db.session()
    offer = load_offer(session, read_row(session.get_one(IncomingRecord, row)))
    told = {line.name: line.why for line in offer.lines}
    missing = {name for name, why in told.items() if why == "the file has no result of it for term I"}
    assert "Công nghệ" in missing
    assert not missing & {"Toán", "Ngữ văn"}
    assert {name: why for name, why in told.items() if name not in missing} == {
        "Math": "", "Latin": "no such subject in the class", "Literature": "no result of this subject",
        "Physical_Education": "no result of this subject", "Arts": "known here already",
    }  # fmt: skip
    assert office_counts(province, row) == 1
    with pytest.raises(Invalid, match="counted already"):
        office_counts(province, row)
    put_aside(acting(province, OFFICE), row, "Nhầm", clock=province.clock)
    with pytest.raises(Invalid, match="put aside"):
        office_counts(province, row)


@pytest.mark.parametrize(
    ("record", "came", "why"),
    [
        (record_of(subject_year("math", "8.0"), grade=7), CAME, "another grade"),
        (record_of(subject_year("math", "8.0"), circular="tt58-2011"), CAME, "another circular"),
        (record_of(subject_year("math", None, "8.0")), CAME, "no result of term I"),
        (record_of(subject_year("math", "8.0")), date(2026, 11, 2), "not over when the student came"),
        (replace(whole(), years=()), CAME, "in no class"),
    ],
    ids=["grade", "circular", "empty", "early", "year"],
)
def test_a_record_that_cannot_count_is_refused(
    province: Province, late: tuple[Made, int], tmp_path: Path, record: Any, came: date, why: str
) -> None:
    _made, student = late
    comes(province, student, came)
    row = take_in(province, student, record, tmp_path)
    with pytest.raises(Invalid, match=why):
        office_counts(province, row)
    assert not db.session().scalar(sa.select(sa.func.count()).select_from(CountedTerm))


def test_only_the_school_that_has_the_student_counts(
    province: Province, late: tuple[Made, int], tmp_path: Path
) -> None:
    _made, student = late
    row = take_in(province, student, whole(), tmp_path)
    with pytest.raises(NotFound):
        count(acting(province, OTHER_OFFICE), row, clock=province.clock)
    with pytest.raises((NotFound, Forbidden)):
        count(acting(province, TEACHER), row, clock=province.clock)


def test_the_pages_and_the_school_record_name_the_former_school(
    app: Flask, province: Province, late: tuple[Made, int], tmp_path: Path
) -> None:
    made, student = late
    office_counts(province, take_in(province, student, whole(), tmp_path))
    page = student_year(db.session(), acting(province, TEACHER), student, made.year_id, YEAR, YEAR_OVER)
    assert page.elsewhere is not None
    assert page.elsewhere.source_name == "Trường THCS Nơi Khác"
    room = db.session().get_one(SchoolClass, made.class_id)
    from app.reports.catalogue import CATALOGUE

    form = next(
        f for f in CATALOGUE.values() if f.code.startswith("school_record") and "tt22-2021" in f.circulars
    )
    asked = Asked(form, room.unit, room.school_year, room, YEAR, student, local_day(YEAR_OVER))
    stamp = PrintStamp(YEAR_OVER, "a", "A", 1, PrintPurpose.REGULAR)
    paper: Any = builders.build(db.session(), asked, stamp)
    record = paper.parts[0].page
    assert (record.path[0].class_name, record.path[0].school) == ("8/3", "Trường THCS Nơi Khác")
    (year,) = record.years
    assert (year.training[0], year.learning[0]) == ("Tốt", "Khá")
    assert {line.term_1 for line in year.subjects} == {"6,5", "Đ"}


def test_reading_a_class_costs_the_same_for_more_who_came(
    app: Flask, province: Province, late: tuple[Made, int], tmp_path: Path
) -> None:
    made, student = late

    def statements() -> int:
        db.session.expire_all()
        with counting(app) as seen:
            judged_of(province, made, YEAR)
        return len(seen)

    before = statements()
    office_counts(province, take_in(province, student, whole(), tmp_path))
    assert statements() == before
