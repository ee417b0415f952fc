"""The school's forms of figures: what they count, that class and school agree, and what they cost to read."""

from collections.abc import Iterable
from datetime import date
from typing import Any

import pytest
from flask import Flask

from app.domain.access import SYSTEM
from app.domain.assessment.terms import SubjectLevel, TraitLevel
from app.domain.vocabulary import Level
from app.errors import Invalid
from app.extensions import db
from app.models import ExemptionDecision, OrgUnit, SchoolClass, SchoolYear
from app.reports.catalogue import CATALOGUE
from app.reports.contexts import PrintStamp
from app.reports.figures import Figures, Sheet
from app.reports.form import YEAR, DrawnFor
from app.reports.school_forms import SCHOOL_FORMS
from app.services.clock import local_day
from app.services.documents import builders
from app.services.documents.asked import Asked
from app.services.print_orders import PrintOrder, create_job
from app.services.results.recompute import recompute
from app.services.results.unit_page import read_unit
from app.services.unit_of_work import transaction
from tests.conftest import counting
from tests.factories.province import Province
from tests.services.helpers import acting
from tests.services.print_helpers import OFFICE
from tests.services.results_helpers import SCORED, YEAR_OVER, Made, fill, lines_of, make_class, put
from tests.services.test_results_circulars import GDPT_2006
from tests.services.test_results_primary import GRADE_4, fill_primary


def build(province: Province, form: str, made: Made | None = None, period: int = YEAR) -> Any:
    """The paper of a class, or of the first school."""
    session = db.session()
    session.rollback()
    unit, year = (
        session.get_one(OrgUnit, province.first.unit_id),
        session.get_one(SchoolYear, province.year_id),
    )
    room = session.get_one(SchoolClass, made.class_id) if made else None
    asked = Asked(CATALOGUE[form], unit, year, room, period, None, local_day(province.now))
    stamp = PrintStamp(province.now, OFFICE, "Vũ Thị Hồng", 1, seed="s", site="https://hocvu.test")
    return builders.build(session, asked, stamp)


def pages(province: Province, form: str, made: Made | None = None, period: int = YEAR) -> list[Figures]:
    return [part.page for part in build(province, form, made, period).parts]


def line(sheets: Iterable[Sheet], name: str) -> tuple[str, ...]:
    """The values of the first line of that name."""
    return next(row.values for sheet in sheets for row in sheet.table.rows if row.name == name)


def heads(sheet: Sheet) -> list[str]:
    return [f"{head.group}|{head.label}" if head.group else head.label for head in sheet.table.heads]


@pytest.fixture
def made(province: Province) -> Made:
    """8A: an average of 9, of 7, of 4,5 in every subject, and a student without marks; the year is over."""
    found = make_class(province, "8A")
    for student, mark in zip(found.students, ("9.0", "7.0", "4.5"), strict=False):
        fill(province, found, [student], mark)
    province.now = YEAR_OVER
    return found


# -- rates by subject --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("period", [1, 2, YEAR])
def test_rates_are_of_the_students_assessed(province: Province, made: Made, period: int) -> None:
    (page,) = pages(province, "subject_rates", made, period)
    scored, comment = page.sheets
    assert heads(scored)[:4] == ["Số HS học", "Số HS được đánh giá", "≥ 8,0|SL", "≥ 8,0|%"]
    assert line([scored], "Toán") == (
        "4", "3", "1", "33,3", "1", "33,3", "0", "0,0", "1", "33,3", "0", "0,0", "2", "66,7", "1", "0",
    )  # fmt: skip
    assert line([comment], "Giáo dục thể chất") == ("4", "3", "3", "100,0", "0", "0,0", "1", "0")
    assert "Toán" not in [row.name for row in comment.table.rows]


def test_limits_belong_to_the_range_above(province: Province) -> None:
    made = make_class(province, "8B", pupils=5)
    for student, mark in zip(made.students, ("8.0", "6.5", "5.0", "3.5", "3.4"), strict=True):
        fill(province, made, [student], mark)
    assert line(pages(province, "subject_rates", made, 1)[0].sheets, "Toán")[2:12:2] == ("1",) * 5


def test_the_exempted_are_no_part_of_the_shares(province: Province) -> None:
    made = make_class(province, "9A", GDPT_2006, circular="tt58-2011", grade=9, pupils=2)
    fill(province, made, [made.students[0]])
    with transaction(SYSTEM, "test.exempt", clock=province.clock) as work:
        work.session.add(
            ExemptionDecision(
                student_id=made.students[1], school_year_id=made.year_id, subject_id=province_subject(work, "physical_training"),
                number="12", decided_on=date(2026, 9, 10), decided_by_id=province.first.person_ids["giangnt"],
                evidence="Giấy bệnh viện", reason="Khuyết tật vận động",
            )
        )  # fmt: skip
    comment = pages(province, "subject_rates", made, 1)[0].sheets[1]
    name = next(row.name for row in comment.table.rows if "hể dục" in row.name or "thể chất" in row.name)
    assert line([comment], name) == ("2", "1", "1", "100,0", "0", "0,0", "0", "1")


def province_subject(work: Any, code: str) -> int:
    from app.models import Subject

    return int(work.session.query(Subject.id).filter_by(code=code).scalar())


def primary(province: Province, name: str = "4A", pupils: int = 3) -> Made:
    return make_class(
        province, name, GRADE_4, circular="tt27-2020", level=Level.PRIMARY, grade=4, pupils=pupils
    )


def test_primary_rates_by_level_and_test(province: Province) -> None:
    made = primary(province)
    fill_primary(province, made, made.students[0], SubjectLevel.WELL, "9", TraitLevel.GOOD)
    fill_primary(province, made, made.students[1], SubjectLevel.NOT_DONE, "4", TraitLevel.PASSED)
    levels, tests = pages(province, "subject_rates", made, 1)[0].sheets
    assert line([levels], "Toán") == ("3", "2", "1", "50,0", "0", "0,0", "1", "50,0", "1", "0")
    assert line([tests], "Toán") == ("2", "1", "50,0", "0", "0,0", "0", "0,0", "1", "50,0", "1")
    assert "Đạo đức" not in [row.name for row in tests.table.rows]


def test_the_school_adds_its_classes_up(province: Province, made: Made) -> None:
    other = make_class(province, "8B", pupils=2)
    fill(province, other, mark="9.0")
    (page,) = pages(province, "school_subject_rates")
    grade_8 = next(sheet for sheet in page.sheets if sheet.caption.startswith("Khối 8 (2 lớp)"))
    assert line([grade_8], "Toán")[:6] == ("6", "5", "3", "60,0", "1", "20,0")


# -- ratings -----------------------------------------------------------------------------------------------------


def test_a_class_has_terms_and_year_side_by_side(province: Province, made: Made) -> None:
    (page,) = pages(province, "year_ratings", made)
    students, counted = page.sheets
    assert not [head for head in heads(students) if "ĐTB" in head]
    assert "không quy định điểm trung bình chung" in page.notes[0]
    best = students.table.rows[0].values
    found = dict(zip(heads(students), best, strict=True))
    assert [found[f"Kết quả học tập|{p}"] for p in ("HK I", "HK II", "Cả năm")] == ["Tốt"] * 3
    assert found["Kết quả cuối năm"] == "Được lên lớp"
    assert line([counted], "Kết quả học tập: Tốt") == ("1", "25,0", "1", "25,0", "1", "25,0")
    assert line([counted], "Kết quả cuối năm: Đánh giá lại")[-2:] == ("1", "25,0")


def test_only_circular_58_knows_an_average_over_subjects(province: Province) -> None:
    made = make_class(province, "9A", GDPT_2006, circular="tt58-2011", grade=9, pupils=1)
    fill(province, made, mark="9.0")
    province.now = YEAR_OVER
    students = pages(province, "year_ratings", made)[0].sheets[0]
    found = dict(zip(heads(students), students.table.rows[0].values, strict=True))
    assert [found[f"ĐTB các môn|{p}"] for p in ("HK I", "HK II", "Cả năm")] == ["9,0"] * 3
    assert found["Học lực|Cả năm"] == "Giỏi"


def test_a_primary_year_by_levels_alone(province: Province) -> None:
    made = primary(province)
    for student in made.students:
        fill_primary(province, made, student, SubjectLevel.WELL, "9", TraitLevel.GOOD)
    province.now = YEAR_OVER
    students, counted = pages(province, "year_ratings", made)[0].sheets
    values = students.table.rows[0].values
    assert heads(students)[:2] == ["Tiếng Việt|HK I", "Tiếng Việt|CN"]
    assert (values[:2], values[-3:]) == (
        ("T", "T"), ("Hoàn thành xuất sắc", "Được lên lớp", "Học sinh Xuất sắc"),
    )  # fmt: skip
    assert line([counted], "Đánh giá kết quả giáo dục: Hoàn thành xuất sắc") == ("3", "100,0")


def test_the_school_counts_what_the_results_page_counts(province: Province, made: Made) -> None:
    fill(province, made, [made.students[3]], "6.0")
    recompute(made.unit_id, made.year_id, reason="Kiểm tra", clock=province.clock)
    db.session.rollback()
    day = local_day(province.now)
    unit, year = db.session.get_one(OrgUnit, made.unit_id), db.session.get_one(SchoolYear, made.year_id)
    found = read_unit(db.session(), unit, year, YEAR, None, day)
    block = next(block for block in found.blocks if block.grade == 8)
    (page,) = pages(province, "school_ratings")
    values = line(page.sheets, "8A")
    learning = [count.number for count in block.lines[0].counts("learning", block.words("learning"))]
    assert values[0] == str(block.lines[0].students) == "4"
    assert [int(values[place]) for place in (1, 3, 5, 7, 9)] == learning
    assert sum(learning) == 4
    assert values[2] == "25,0"


# -- the quality book --------------------------------------------------------------------------------------------


def test_the_class_page_names_who_needs_support(province: Province, made: Made) -> None:
    put(province, made, made.students[2], "training", 2, comment="Cần kèm thêm môn Toán vào buổi chiều.")
    (page,) = pages(province, "class_quality", made)
    results, support = page.sheets
    assert line([results], "Kết quả học tập: Chưa đạt") == ("1", "25,0", "1", "25,0", "1", "25,0")
    (row,) = support.table.rows
    needs, remark = row.values
    assert needs.startswith("Kết quả học tập: Chưa đạt; Dưới 5,0: Ngữ văn 4,5, Toán 4,5")
    assert remark == "Cần kèm thêm môn Toán vào buổi chiều."
    assert "HK I: 4, HK II: 4, Cả năm: 4" in page.under


def test_a_primary_page_has_every_point_there_is(province: Province) -> None:
    made = primary(province)
    fill_primary(province, made, made.students[0], SubjectLevel.WELL, "9", TraitLevel.GOOD)
    fill_primary(province, made, made.students[1], SubjectLevel.NOT_DONE, "4", TraitLevel.NEEDS_EFFORT)
    subjects, traits, support = pages(province, "class_quality", made, 1)[0].sheets
    assert {head.group for head in subjects.table.heads} == {"Cuối HK I", "Tỷ lệ thời điểm cuối"}
    assert line([subjects], "Toán") == ("1", "0", "1", "1", "50,0", "0,0", "50,0")
    assert line([traits], "Yêu nước") == ("1", "0", "1", "1", "50,0", "0,0", "50,0")
    assert support.table.rows[0].values[0].startswith("Chưa hoàn thành: Tiếng Việt, Toán")
    assert "Cần cố gắng: Yêu nước" in support.table.rows[0].values[0]
    put(province, made, made.students[0], "math", 1, midterm_level=SubjectLevel.DONE)
    subjects = pages(province, "class_quality", made, 1)[0].sheets[0]
    assert line([subjects], "Toán")[:4] == ("0", "1", "0", "2")


def test_the_school_book_compares_and_holds_each_class(province: Province, made: Made) -> None:
    paper = build(province, "quality_book")
    titles = [part.title for part in paper.parts]
    assert titles[0] == "Tổng hợp theo lớp"
    assert "Lớp 8A" in titles
    assert line(paper.parts[0].page.sheets, "8A")[:3] == ("4", "1", "25,0")
    assert paper.parts[titles.index("Lớp 8A")].page.signatures[0].name == "Phạm Đức Long"


# -- what they cost, and what they can't be ----------------------------------------------------------------------


@pytest.mark.parametrize("form", [form.code for form in SCHOOL_FORMS if form.drawn_for is DrawnFor.UNIT])
def test_twice_the_classes_the_same_statements(app: Flask, province: Province, form: str) -> None:
    counts = []
    for names in (("8A",), ("8B", "8C", "8D")):
        for name in names:
            fill(province, make_class(province, name, pupils=3))
        db.session.rollback()
        with counting(app) as statements:
            build(province, form)
        counts.append(len(statements))
    assert counts[0] == counts[1]
    assert counts[0] <= 30


def test_thirty_subjects_go_onto_two_tables(province: Province) -> None:
    more = lines_of(
        *SCORED, ("physics", 70), ("chemistry", 70), ("biology", 70), ("history", 70), ("geography", 70),
        ("economics_law", 70), ("defence_security", 35), ("foreign_language_2", 105),
        ("physical_education", 70), ("arts", 70),
    )  # fmt: skip
    made = make_class(province, "8A", more, pupils=1)
    fill(province, made)
    province.now = YEAR_OVER
    subjects, results, _counted = pages(province, "year_ratings", made)[0].sheets
    assert len(subjects.table.heads) == len(more)
    assert results.apart
    assert sum(head.width for head in subjects.table.heads) == pytest.approx(273 - 8 - 44, abs=1)


def test_a_school_without_marks_has_no_such_forms(province: Province) -> None:
    """The second school has only its register once its classes are preschool's."""
    with transaction(SYSTEM, "test.preschool", clock=province.clock) as work:
        for key in province.first.class_ids.values():
            work.session.get_one(SchoolClass, key).circular = "preschool"
    office = acting(province, OFFICE)
    for form in SCHOOL_FORMS:
        if form.drawn_for is DrawnFor.UNIT and form.circulars:
            with pytest.raises(Invalid, match="no class with marks"):
                create_job(office, PrintOrder(form=form.code, year_id=province.year_id), clock=province.clock)
        elif form.drawn_for is DrawnFor.CLASS:
            with pytest.raises(Invalid):
                create_job(
                    office,
                    PrintOrder(province.first.class_ids["7A"], form=form.code),
                    clock=province.clock,
                )
    assert create_job(
        office, PrintOrder(form="register_book", year_id=province.year_id), clock=province.clock
    )


def test_nothing_yet_is_no_fault(province: Province) -> None:
    """A class of one without a mark, and shares of nobody."""
    made = make_class(province, "8Z", pupils=1)
    for form in ("subject_rates", "year_ratings", "class_quality"):
        assert pages(province, form, made)
    assert line(pages(province, "subject_rates", made, 1)[0].sheets, "Toán")[:4] == ("1", "0", "0", "")
