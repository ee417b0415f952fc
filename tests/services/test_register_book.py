"""Số đăng bộ, one running series a school; and the register of who came and went in a year."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from app.domain.access import SYSTEM
from app.errors import Invalid
from app.extensions import db
from app.models import Enrolment, OrgUnit, SchoolClass, SchoolYear, Student
from app.reports.catalogue import CATALOGUE
from app.reports.contexts import PrintStamp
from app.reports.figures import Figures
from app.reports.form import YEAR
from app.services import enrolments
from app.services.arrivals import receive_student
from app.services.clock import local_day
from app.services.documents import builders
from app.services.documents.asked import Asked
from app.services.enrolments import Admission, Leaving, admit_student
from app.services.people import PersonName
from app.services.register_numbers import number_students
from app.services.unit_of_work import transaction
from tests.factories.province import Province, School
from tests.services.helpers import acting

OFFICE, OTHER_OFFICE = "hongvt.thcstk", "hongvt.thcsba"
CODE, BORN = "0661234567", date(2014, 3, 1)
LAST, FIRST = date(2026, 11, 13), date(2026, 11, 16)


def admit(province: Province, given: str, number: str | None = None, **admission: Any) -> int:
    """A new student in 7A of the first school."""
    values = {"birth_date": date(2014, 5, 2), "sex_code": "02", "register_no": number}
    place = Admission(province.first.class_ids["7A"], date(2026, 11, 10), **admission)
    return admit_student(
        acting(province, OFFICE), province.first.unit_id, PersonName("Lê", "Thị", given), values, place,
        clock=province.clock,
    )  # fmt: skip


def number_of(student: int) -> str | None:
    db.session.rollback()
    return db.session.get_one(Student, student).register_no


def register(province: Province, school: School | None = None) -> Figures:
    """The register of the year as it is read today, its parts on one page."""
    session = db.session()
    session.rollback()
    unit = session.get_one(OrgUnit, (school or province.first).unit_id)
    year = session.get_one(SchoolYear, province.year_id)
    asked = Asked(CATALOGUE["register_book"], unit, year, None, YEAR, None, local_day(province.now))
    stamp = PrintStamp(province.now, OFFICE, "Vũ Thị Hồng", 1, seed="s", site="https://hocvu.test")
    pages = [part.page for part in builders.build(session, asked, stamp).parts]
    assert [bool(page.signatures) for page in pages] == [False] * (len(pages) - 1) + [True]
    return replace(pages[-1], sheets=tuple(sheet for page in pages for sheet in page.sheets))


def line(page: Figures, name: str, sheet: int = 0) -> dict[str, str]:
    """A student's line, by the heads."""
    table = page.sheets[sheet].table
    heads = [f"{head.group}: {head.label}" if head.group else head.label for head in table.heads]
    (row,) = [row for row in table.rows if row.name == name]
    return dict(zip(heads, row.values, strict=True))


# -- the number --------------------------------------------------------------------------------------------------


def test_who_is_admitted_gets_the_next_number(province: Province) -> None:
    first, second = admit(province, "Lan"), admit(province, "Huệ")
    assert (number_of(first), number_of(second)) == ("1", "2")
    assert number_of(admit(province, "Cúc", " 40 ")) == "40"
    assert number_of(admit(province, "Mai", "12/2020")) == "12/2020"
    assert number_of(admit(province, "Đào")) == "41"


def test_a_number_is_one_students(province: Province) -> None:
    admit(province, "Lan", "40")
    with pytest.raises(Invalid) as caught:
        admit(province, "Huệ", "40")
    assert caught.value.problems[0][0] == "register_no"


def test_the_series_is_the_schools_own(province: Province) -> None:
    admit(province, "Lan", "40")
    with transaction(SYSTEM, "test.number", clock=province.clock) as work:
        student = work.session.get_one(Student, province.second.student_ids[0])
        student.register_no = "40"
    assert number_of(province.second.student_ids[0]) == "40"


def test_those_on_file_are_numbered_in_the_order_they_came(province: Province) -> None:
    late = admit(province, "An")
    office = acting(province, OFFICE)
    done = number_students(office, province.first.unit_id, clock=province.clock)
    assert done == len(province.first.student_ids)
    assert sorted(int(number_of(s) or 0) for s in province.first.student_ids) == list(range(2, done + 2))
    assert number_of(late) == "1"
    assert number_students(office, province.first.unit_id, clock=province.clock) == 0


def transferred(province: Province) -> int:
    """A numbered student of the first school goes to the second."""
    student_id = province.first.student_ids[0]
    with transaction(SYSTEM, "test.pupil", clock=province.clock) as work:
        student = work.session.get_one(Student, student_id)
        student.student_code, student.birth_date, student.register_no = CODE, BORN, "17"
        student.full_name = "Hoàng Thị Út"
    enrolments.leave(
        acting(province, OFFICE),
        student_id,
        Leaving("04", LAST, other_school="THCS Bình An"),
        clock=province.clock,
    )
    return receive_student(
        acting(province, OTHER_OFFICE),
        CODE,
        BORN,
        province.second.class_ids["7B"],
        FIRST,
        clock=province.clock,
    )


def test_another_school_gives_its_own_and_the_old_one_stays(province: Province) -> None:
    student = transferred(province)
    assert number_of(student) == "1"
    name = db.session.get_one(Student, student).full_name
    here, there = line(register(province), name), line(register(province, province.second), name)
    assert (here["Số đăng bộ"], there["Số đăng bộ"]) == ("17", "1")
    assert here["Ra trường: Ngày"] == "13/11/2026"
    assert here["Ra trường: Lý do, nơi đến"] == "Chuyển đi kỳ 1, đến THCS Bình An"
    assert there["Vào trường: Ngày"] == "16/11/2026"
    assert there["Vào trường: Lớp, từ nơi nào"].startswith("Lớp 7B, Chuyển đến từ ")
    assert there["Ra trường: Ngày"] == ""
    with pytest.raises(Invalid):
        admit(province, "Lan", "17")
    assert number_of(admit(province, "Huệ")) == "18"


def test_who_comes_back_has_the_old_number_and_a_line_a_stay(province: Province) -> None:
    student = transferred(province)
    enrolments.leave(
        acting(province, OTHER_OFFICE), student, Leaving("04", date(2026, 11, 20)), clock=province.clock
    )
    province.now += timedelta(days=14)
    receive_student(
        acting(province, OFFICE),
        CODE,
        BORN,
        province.first.class_ids["7A"],
        date(2026, 11, 30),
        clock=province.clock,
    )
    assert number_of(student) == "17"
    name = db.session.get_one(Student, student).full_name
    rows = [row for row in register(province).sheets[0].table.rows if row.name == name]
    assert [(row.values[0], row.values[7], row.values[9]) for row in rows] == [
        ("17", "01/09/2026", "13/11/2026"),
        ("17", "30/11/2026", ""),
    ]


# -- the register ------------------------------------------------------------------------------------------------


def test_the_columns_of_the_register(province: Province) -> None:
    admit(province, "Lan", entry_code="1", other_school="THCS Nguyễn Du", status_code="02")
    found = line(register(province), "Lê Thị Lan")
    assert found["Số đăng bộ"] == "1"
    assert found["Ngày sinh"] == "02/05/2014"
    assert (found["Nam, nữ"], found["Dân tộc"]) == ("Nữ", "Kinh")
    assert found["Vào trường: Lớp, từ nơi nào"] == "Lớp 7A, Chuyển đến từ THCS Nguyễn Du"


def earlier(province: Province, grade: int, status: str = "01") -> str:
    """A student who came a year before, and sits in a class of that grade this year."""
    with transaction(SYSTEM, "test.earlier", clock=province.clock) as work:
        department = work.session.get_one(SchoolYear, province.year_id).department_id
        old = SchoolYear(
            department_id=department, start_year=2025, starts_on=date(2025, 9, 5), ends_on=date(2026, 5, 31)
        )
        work.session.add(old)
        work.flush()
        student = Student(
            unit_id=province.first.unit_id, given_name="Ký", full_name="Hoàng Văn Ký", name_folded="hoang van ky",
            sort_key="ky", birth_date=date(2013, 2, 3), sex_code="01", register_no="7",
        )  # fmt: skip
        work.session.add(student)
        common = {"unit_id": province.first.unit_id, "level": "lower_secondary", "circular": "tt22-2021"}
        last = SchoolClass(**common, school_year_id=old.id, grade=grade - 1, name=f"{grade - 1}X")
        now = SchoolClass(**common, school_year_id=province.year_id, grade=grade, name=f"{grade}X")
        work.session.add_all(
            [
                Enrolment(student=student, school_class=last, starts_on=date(2025, 9, 1), ends_on=date(2026, 8, 31)),
                Enrolment(
                    student=student, school_class=now, starts_on=date(2026, 9, 1), status_code=status,
                    ends_on=None if status == "01" else LAST, leave_reason_code=None if status == "01" else "03",
                ),
            ]
        )  # fmt: skip
        return str(student.full_name)


def test_who_left_in_the_year_stands_in_the_second_part(province: Province) -> None:
    name = earlier(province, 8, "05")
    page = register(province)
    assert name not in [row.name for row in page.sheets[0].table.rows]
    found = line(page, name, 1)
    assert found["Vào trường: Ngày"] == "01/09/2025"
    assert found["Ra trường: Ngày"] == "13/11/2026"
    assert found["Ra trường: Lý do, nơi đến"] == "Thôi học kỳ 1, Xa trường, đi lại khó khăn"
    assert "ra trường 1 học sinh" in page.notes[0]


def test_who_goes_on_is_no_line_of_the_year(province: Province) -> None:
    name = earlier(province, 8)
    assert name not in [row.name for sheet in register(province).sheets for row in sheet.table.rows]
