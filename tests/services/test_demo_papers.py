"""What the demo's classes are printed as: every form has something of it, each in the columns and words of its circular."""

import pytest
import sqlalchemy as sa
from flask import Flask

from app.extensions import db
from app.models import Enrolment, OrgUnit, SchoolClass, SchoolYear
from app.reports.catalogue import CATALOGUE
from app.reports.contexts import ClassBook
from app.reports.form import YEAR, DrawnFor
from app.reports.papers import Paper
from app.reports.summaries import Summary
from app.services.documents import builders
from app.services.documents.asked import Asked
from scripts.form_pictures import STAMP, asked_for

pytest_plugins = ["tests.demo_fixture"]

PROGRAMME_2006 = [
    *("Toán", "Vật lí", "Hóa học", "Sinh học", "Ngữ văn", "Lịch sử", "Địa lí", "Ngoại ngữ"),
    *("Giáo dục công dân", "Công nghệ", "Thể dục", "Âm nhạc", "Mĩ thuật"),
]
PRIMARY_2006 = [
    *("Tiếng Việt", "Toán", "Khoa học", "Lịch sử và Địa lí", "Ngoại ngữ"),
    *("Đạo đức", "Âm nhạc", "Mĩ thuật", "Kĩ thuật", "Thể dục"),
]


def paper(code: str, unit: str, start_year: int, name: str, period: int = YEAR) -> Paper:
    """The form of a class of the demo, or of its first student."""
    form = CATALOGUE[code]
    query = sa.select(SchoolClass).join(SchoolClass.unit).join(SchoolClass.school_year)
    found = OrgUnit.code == unit, SchoolYear.start_year == start_year, SchoolClass.name == name
    room = db.session.scalars(query.where(*found)).one()
    places = sa.select(Enrolment.student_id).where(Enrolment.class_id == room.id)
    student = db.session.scalar(places.limit(1)) if form.drawn_for is DrawnFor.STUDENT else None
    ends = room.school_year.ends_on
    made = builders.build(
        db.session(), Asked(form, room.unit, room.school_year, room, period, student, ends), STAMP
    )
    assert isinstance(made, Paper)
    return made


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_form_has_something_of_the_demo_to_print(demo_app: Flask, code: str) -> None:
    assert asked_for(db.session(), CATALOGUE[code]) is not None


@pytest.mark.parametrize(
    ("code", "school", "name", "subjects"),
    [
        ("school_record.tt58", "thcstk", "9A", PROGRAMME_2006),
        ("school_record.tt22_2016", "thtk", "5A", PRIMARY_2006),
    ],
)
def test_a_record_lists_the_subjects_in_the_order_of_its_programme(
    demo_app: Flask, code: str, school: str, name: str, subjects: list[str]
) -> None:
    (year,) = paper(code, school, 2023, name).parts[0].page.years
    assert [line.subject for line in year.subjects] == subjects


def test_the_book_of_an_upper_class_has_its_subjects_in_the_order_of_the_plan(demo_app: Flask) -> None:
    """A subject with clusters (chuyên đề) stands where the subject does."""
    query = sa.select(SchoolClass).join(SchoolClass.unit).join(SchoolClass.school_year)
    found = OrgUnit.code == "thptbg", SchoolYear.start_year == 2026, SchoolClass.name == "10A1"
    room = db.session.scalars(query.where(*found)).one()
    form, ends = CATALOGUE["class_book"], room.school_year.ends_on
    book = builders.build(db.session(), Asked(form, room.unit, room.school_year, room, 1, None, ends), STAMP)
    assert isinstance(book, ClassBook)
    names = list(dict.fromkeys(page.subject for page in book.subjects))
    assert names[:6] == [
        "Ngữ văn", "Toán", "Ngoại ngữ 1", "Lịch sử", "Giáo dục thể chất", "Giáo dục quốc phòng và an ninh",
    ]  # fmt: skip


def summary(period: int) -> Summary:
    """Bảng tổng hợp of the class of 2023-2024 under TT 22/2016."""
    page = paper("primary_summary.tt22_2016", "thtk", 2023, "5A", period).parts[0].page
    assert isinstance(page, Summary)
    return page


def test_a_class_under_the_circular_of_2016_is_completed_or_not(demo_app: Flask) -> None:
    page = summary(YEAR)
    subjects, traits = (table.heads for table in page.tables)
    tested = {head.group for head in subjects if head.label == "Đ."}
    assert tested == {"Tiếng Việt", "Toán", "Khoa học", "LS và ĐL", "Ngoại ngữ"}
    assert {head.group for head in traits} == {"Năng lực", "Phẩm chất", ""}
    assert [head.label for head in traits if not head.group] == [
        "HTCTLH", "HTCTTH, lên lớp", "Khen thưởng", "Ghi chú",
    ]  # fmt: skip
    told = dict(page.totals)["Hoàn thành chương trình lớp học"]
    assert told == f"Hoàn thành: {len(page.tables[1].rows) - 1}; Chưa hoàn thành: 1"
    values = {value for row in page.tables[1].rows for value in row.values}
    assert {"Chưa hoàn thành → Hoàn thành", "HTXS các nội dung", "Vượt trội, tiến bộ vượt bậc"} < values


def test_a_term_under_the_circular_of_2016_comes_to_nothing_of_its_own(demo_app: Flask) -> None:
    page = summary(1)
    assert [head.label for head in page.tables[1].heads if not head.group] == ["Ghi chú"]
    assert [name for name, _value in page.totals] == ["Tổng số học sinh"]
