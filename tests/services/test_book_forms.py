"""A teacher's own book, the confirmation of a class's results, papers of corrections, and struck places: said and registered."""

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.domain.access import SYSTEM
from app.domain.assessment.terms import SubjectLevel, TraitLevel
from app.domain.corrections import Place, Preset, State
from app.domain.vocabulary import Level
from app.errors import Forbidden, Invalid, NotFound
from app.extensions import db
from app.models import (
    CorrectionCell,
    CorrectionRequest,
    Document,
    GradebookSheet,
    PrintJob,
    SchoolClass,
    SchoolYear,
    TeachingAssignment,
)
from app.reports import drawing
from app.reports.book_catalogue import CORRECTION_SUMMARY
from app.reports.catalogue import CATALOGUE
from app.reports.contexts import PrintedMark, PrintPurpose, PrintStamp
from app.reports.form import YEAR
from app.services import correction_printing
from app.services.clock import local_day
from app.services.documents import builders
from app.services.documents.asked import Asked
from app.services.documents.before import places
from app.services.documents.checking import Standing, check_paper
from app.services.print_jobs import run_job
from app.services.print_orders import PrintOrder, create_job, fetch_file, printable_teachers
from app.services.unit_of_work import transaction
from tests.conftest import counting
from tests.factories.province import FIRST_DAY, Province
from tests.services.correction_helpers import (
    BOARD,
    DEPUTY,
    HEAD,
    OTHER,
    TEACHER,
    ask,
    enter_and_lock,
    move_homeroom,
    sit_all,
)
from tests.services.helpers import acting
from tests.services.print_helpers import OFFICE, plain_text_of
from tests.services.results_helpers import YEAR_OVER, Made, fill, make_class, put
from tests.services.test_results_circulars import GDPT_2006
from tests.services.test_results_primary import GRADE_4, fill_primary

ROOM_TEACHER = "habtt"


def teach(province: Province, made: Made, *codes: str, who: str = ROOM_TEACHER) -> int:
    """Give somebody these subjects of a class; the person's id."""
    person = province.first.person_ids[who]
    with transaction(SYSTEM, "test.teach", clock=province.clock) as work:
        for code in codes:
            sheet = work.session.get_one(GradebookSheet, made.sheets[code, 1])
            work.session.add(
                TeachingAssignment(
                    person_id=person,
                    group_id=sheet.group_id,
                    subject_id=sheet.subject_id,
                    starts_on=FIRST_DAY,
                )
            )
    return person


def correct(
    province: Province, made: Made, student: int, code: str, term: int, column: str, old: str
) -> None:
    """A correction as it is once applied, without its steps."""
    with transaction(SYSTEM, "test.correct", clock=province.clock) as work:
        sheet = work.session.get_one(GradebookSheet, made.sheets[code, term])
        request = CorrectionRequest(
            unit_id=made.unit_id,
            school_year_id=made.year_id,
            term=term,
            place=Place.SHEET,
            sheet=sheet,
            class_id=made.class_id,
            requested_by_id=province.first.person_ids["longpd"],
            requested_as="teacher",
            requested_at=province.now,
            reason="Ghi nhầm",
            preset=Preset.S1,
            seats=[],
            seats_above=[],
            state=State.APPLIED,
            expires_at=province.now,
            finished_at=province.now,
        )
        work.session.add(request)
        work.session.add(CorrectionCell(request=request, student_id=student, column=column, old=old, new="8"))


def asked(province: Province, form: str, period: int, made: Made | None = None, **details: Any) -> Asked:
    year = db.session.get_one(SchoolYear, province.year_id)
    room = db.session.get_one(SchoolClass, made.class_id) if made else None
    unit = db.session.get_one(SchoolClass, province.first.class_ids["7A"]).unit
    return Asked(CATALOGUE[form], unit, year, room, period, None, local_day(province.now), details)


def filled(province: Province, wanted: Asked) -> Any:
    stamp = PrintStamp(province.now, OFFICE, "Vũ Thị Hồng", 1, seed="s", site="https://hocvu.test")
    return builders.build(db.session(), wanted, stamp)


def said(paper: Any, parts: int = 40) -> str:
    drawn = list(drawing.parts_of(paper))[:parts]
    text = plain_text_of(drawing.file_of(paper, [t for t, _d in drawn], [d() for _t, d in drawn]))
    assert "\u25a0" not in text
    assert "\u25a1" not in text
    return text


def holds(text: str, *words: str) -> None:
    assert [word for word in words if word not in text] == [], text


def printed(province: Province, folder: Path, order: PrintOrder, who: str = OFFICE) -> Document:
    """Ordered, made and fetched; its line of the register."""
    job_id = create_job(acting(province, who), order, clock=province.clock, site="https://hocvu.test")
    run_job(job_id, folder, clock=province.clock)
    db.session.rollback()
    job = db.session.get_one(PrintJob, job_id)
    assert job.state == "done", job.message
    assert fetch_file(acting(province, who), job_id, folder, clock=province.clock)[0]
    return db.session.scalars(sa.select(Document).order_by(Document.id.desc())).first() or pytest.fail(
        "no line"
    )


def standing(line: Document) -> Standing:
    db.session.rollback()
    found = check_paper(db.session(), line.check_code)
    assert found is not None
    return found.standing


# -- a teacher's own book ----------------------------------------------------------------------------------------


@pytest.fixture
def made(province: Province) -> Made:
    found = make_class(province, "8A")
    fill(province, found)
    return found


def test_a_teachers_book_is_in_the_register(province: Province, made: Made, tmp_path: Path) -> None:
    person = teach(province, made, "math", "technology")
    order = PrintOrder(None, 1, form="teacher_book", year_id=province.year_id, teacher_id=person)
    line = printed(province, tmp_path / "prints", order)
    assert (line.class_id, line.period, line.details["teacher_id"]) == (None, 1, person)
    assert line.details["teacher"] in line.title
    assert standing(line) is Standing.SAME
    put(province, made, made.students[0], "math", 1, final=None)
    assert standing(line) is Standing.CHANGED


def test_who_may_print_whose_book(province: Province, made: Made) -> None:
    """A teacher her own for daily use; the blank one, a periodic one and everybody else's belong to the school's office."""
    person = teach(province, made, "math")
    own = acting(province, OTHER)
    assert own.person_id == person
    names = [key for key, _name in printable_teachers(db.session(), own, province.year_id)]
    assert names == [person]
    others = {
        key for key, _name in printable_teachers(db.session(), acting(province, OFFICE), province.year_id)
    }
    assert others >= {person, province.first.person_ids["longpd"]}
    wanted: dict[str, Any] = {"term": 1, "form": "teacher_book", "year_id": province.year_id}
    assert create_job(own, PrintOrder(**wanted, teacher_id=person), clock=province.clock)
    for refused in (
        {"teacher_id": province.first.person_ids["longpd"]},
        {"teacher_id": person, "form": "teacher_book.blank"},
        {"teacher_id": person, "purpose": PrintPurpose.PERIODIC},
    ):
        with pytest.raises(Forbidden):
            create_job(own, PrintOrder(**{**wanted, **refused}), clock=province.clock)
    office = acting(province, OFFICE)
    with pytest.raises(Invalid):
        create_job(office, PrintOrder(**wanted), clock=province.clock)
    stranger = next(iter(province.second.person_ids.values()))
    with pytest.raises(NotFound):
        create_job(office, PrintOrder(**wanted, teacher_id=stranger), clock=province.clock)


@pytest.mark.parametrize("form", ["teacher_book", "teacher_book.blank"])
def test_no_statement_a_sheet_or_student(app: Flask, province: Province, form: str) -> None:
    counts = []
    for name, pupils, codes in (("8A", 3, ("math",)), ("8B", 9, ("math", "technology", "arts"))):
        room = make_class(province, name, pupils=pupils)
        fill(province, room)
        person = teach(province, room, *codes, who="habtt" if name == "8A" else "khuongyb")
        wanted = asked(province, form, YEAR, teacher_id=person, teacher="Bùi Thị Thu Hà")
        with counting(app) as statements:
            filled(province, wanted)
        counts.append(len(statements))
    assert counts[0] == counts[1]
    assert counts[0] <= 16


@pytest.mark.poppler
def test_what_a_teachers_book_says(province: Province, made: Made) -> None:
    person = teach(province, made, "math", "arts")
    put(province, made, made.students[0], "math", 1, comment="Có tiến bộ rõ, cần cẩn thận khi tính toán.")
    correct(province, made, made.students[1], "math", 1, "final", "2.0")
    wanted: dict[str, Any] = {"teacher_id": person, "teacher": "Bùi Thị Thu Hà"}
    paper = filled(province, asked(province, "teacher_book", YEAR, **wanted))
    holds(
        said(paper), "(CỦA GIÁO VIÊN)", "CÁC LỚP, MÔN HỌC TRONG SỔ", "HỌC KÌ I · MÔN: TOÁN", "HỌC KÌ II · MÔN: TOÁN",
        "MÔN: NGHỆ THUẬT", "ĐĐG", "tx", "mhkI", "mcn", "Thường xuyên", "Nguyễn Hoàng An 0", "8,0", "Có tiến bộ rõ",
        "Nhận xét sự tiến bộ", "02 (bằng chữ: hai)", "2,0", "giáp",
    )  # fmt: skip
    blank = said(filled(province, asked(province, "teacher_book.blank", 1, **wanted)))
    holds(blank, "Phôi in đầu năm học", "Nguyễn Hoàng An 0", "đóng dấu giáp lai", "ĐĐG")
    assert "8,0" not in blank
    assert "MÔN: TOÁN" in blank
    assert "HỌC KÌ II" not in blank


@pytest.mark.poppler
def test_columns_of_other_circulars(province: Province) -> None:
    old = make_class(province, "9A", GDPT_2006, circular="tt58-2011", grade=9, pupils=1)
    fill(province, old, mark="9.0")
    primary = make_class(
        province, "4A", GRADE_4, circular="tt27-2020", level=Level.PRIMARY, grade=4, pupils=1
    )
    fill_primary(province, primary, primary.students[0], SubjectLevel.WELL, "9", TraitLevel.GOOD)
    person = teach(province, old, "math")
    teach(province, primary, "math")
    paper = filled(
        province, asked(province, "teacher_book", YEAR, teacher_id=person, teacher="Bùi Thị Thu Hà")
    )
    holds(said(paper), "Giữa học kì I", "Cuối năm", "Mức đạt được", "Điểm KTĐK", "KT", "đk", "9,0")


# -- the confirmation --------------------------------------------------------------------------------------------


@pytest.mark.poppler
def test_the_confirmation_has_room_for_every_teacher(province: Province, made: Made) -> None:
    province.now = YEAR_OVER
    teach(province, made, "math")
    correct(province, made, made.students[1], "training", 2, "excused", "9")
    text = said(filled(province, asked(province, "confirmation", YEAR, made)))
    holds(
        text, "BẢNG XÁC NHẬN KẾT QUẢ HỌC TẬP, RÈN LUYỆN", "Nguyễn Hoàng An 0", "TS: tổng số", "Đã kiểm dò, ký tên",
        "Bùi Thị Thu Hà", "4/4", "NHÂN VIÊN PHỤ TRÁCH", "GIÁO VIÊN CHỦ NHIỆM", "HIỆU TRƯỞNG", "giáp", "02 (bằng chữ: hai)",
    )  # fmt: skip


@pytest.mark.poppler
def test_the_confirmation_of_a_primary_class(province: Province) -> None:
    room = make_class(province, "4A", GRADE_4, circular="tt27-2020", level=Level.PRIMARY, grade=4, pupils=1)
    fill_primary(province, room, room.students[0], SubjectLevel.WELL, "9", TraitLevel.GOOD)
    province.now = YEAR_OVER
    for period, word in ((1, "HỌC KÌ I"), (2, "CẢ NĂM"), (YEAR, "Hoàn thành xuất sắc")):
        holds(
            said(filled(province, asked(province, "confirmation", period, room))),
            "PHẨM CHẤT VÀ NĂNG LỰC",
            word,
        )


# -- corrections on paper ----------------------------------------------------------------------------------------


@pytest.fixture
def applied(app: Flask, province: Province) -> int:
    move_homeroom(province, "7A", "habtt")
    enter_and_lock(province, {"midterm": "6,5", "final": "7"})
    request_id = ask(province)
    sit_all(province, request_id, (OTHER, HEAD, TEACHER, BOARD, DEPUTY))
    return request_id


@pytest.mark.poppler
def test_papers_of_corrections_are_in_the_register(province: Province, applied: int) -> None:
    site = "https://hocvu.test"
    head = acting(province, HEAD)
    year = db.session.get_one(SchoolYear, province.year_id)
    made = [
        correction_printing.print_application(head, applied, clock=province.clock, site=site),
        correction_printing.print_minutes(head, applied, clock=province.clock, site=site),
        correction_printing.print_summary(head, year, 1, clock=province.clock, site=site),
    ]
    db.session.rollback()
    lines = db.session.scalars(sa.select(Document).order_by(Document.id)).all()
    assert [line.form for line in lines] == [
        "correction.application",
        "correction.minutes",
        CORRECTION_SUMMARY.code,
    ]
    assert [line.number for line in lines] == [1, 2, 3]
    for paper, line in zip(made, lines, strict=True):
        code = line.check_code
        holds(
            plain_text_of(paper.pdf),
            f"{code[:4]}-{code[4:8]}-{code[8:]}",
            f"số bản in: {line.number:02}",
            HEAD,
        )
        assert standing(line) is Standing.SAME
    with transaction(SYSTEM, "test.reason", clock=province.clock) as work:
        work.session.get_one(CorrectionRequest, applied).reason = "Lí do khác"
    assert [standing(line) for line in lines] == [Standing.CHANGED] * 3


def test_an_application_says_the_same_whatever_comes_of_it(province: Province) -> None:
    move_homeroom(province, "7A", "habtt")
    enter_and_lock(province, {"midterm": "6,5"})
    request_id = ask(province)
    correction_printing.print_application(acting(province, TEACHER), request_id, clock=province.clock)
    db.session.rollback()
    (line,) = db.session.scalars(sa.select(Document)).all()
    sit_all(province, request_id, (OTHER,))
    assert standing(line) is Standing.SAME


@pytest.mark.poppler
def test_the_summary_of_a_class_is_ordered_like_any_form(
    province: Province, applied: int, tmp_path: Path
) -> None:
    order = PrintOrder(province.first.class_ids["7A"], 1, form="correction_summary.class")
    line = printed(province, tmp_path / "prints", order, HEAD)
    assert standing(line) is Standing.SAME
    other = asked(province, "correction_summary.class", 1, Made(province.first.class_ids["7B"], 0, 0))
    holds(said(filled(province, other)), "Lớp 7B", "Không có điều chỉnh nào")
    school = asked(province, "correction_summary", 1)
    holds(said(filled(province, school)), "Toán 7A, HK I", "Tổng số chỗ sửa: 01", "Vũ Thị Hồng")


# -- struck places -----------------------------------------------------------------------------------------------


def test_what_a_correction_changed_is_struck_everywhere(province: Province, made: Made) -> None:
    """The mark of a year that is over was 0: its averages, and what came of them, stand struck."""
    province.now = YEAR_OVER
    correct(province, made, made.students[1], "math", 2, "final", "0")
    (part,) = filled(province, asked(province, "class_summary", YEAR, made)).parts
    rows = part.page.tables[0].rows
    struck = [mark for mark in rows[1].values if isinstance(mark, PrintedMark)]
    assert PrintedMark("8,0", "6,2") in struck
    assert PrintedMark("Tốt", "Khá") in struck
    assert places(rows[0]) == places(rows[2]) == 0
    assert part.page.tally.endswith(f"{places(part.page.tables):02d} (bằng chữ: ba).")
    record = filled(province, asked(province, "school_record.tt22", YEAR, made)).parts[1].page.years[-1]
    line = next(line for line in record.subjects if line.subject == "Toán")
    assert (line.term_1, line.term_2, line.year) == (
        "8,0",
        PrintedMark("8,0", "5,3"),
        PrintedMark("8,0", "6,2"),
    )
    assert record.corrections == "02 (bằng chữ: hai) chỗ, thuộc các môn: Toán"
    assert record.learning[2] == PrintedMark("Tốt", "Khá")


def test_the_old_book_strikes_too(province: Province) -> None:
    old = make_class(province, "9A", GDPT_2006, circular="tt58-2011", grade=9, pupils=2)
    fill(province, old, mark="9.0")
    province.now = YEAR_OVER
    correct(province, old, old.students[0], "math", 1, "final", "1.0")
    paper = filled(province, asked(province, "old_book", 1, old))
    (page,) = [part.page for part in paper.parts if part.title.startswith("Toán")]
    marks = [mark for mark in page.tables[0].rows[0].values if isinstance(mark, PrintedMark)]
    assert marks[0] == PrintedMark("9,0", "1,0")
    assert marks[1].text == "9,0"
    assert page.tally.startswith("Danh sách gồm 2 học sinh. Số chỗ sửa chữa trong danh sách: 02")


def test_levels_of_a_primary_record_are_struck(province: Province) -> None:
    room = make_class(province, "4A", GRADE_4, circular="tt27-2020", level=Level.PRIMARY, grade=4, pupils=1)
    student = room.students[0]
    fill_primary(province, room, student, SubjectLevel.WELL, "9", TraitLevel.GOOD)
    province.now = YEAR_OVER
    correct(province, room, student, "math", 2, "final_level", "C")
    correct(province, room, student, "math", 2, "final", "4")
    correct(province, room, student, "traits", 2, "final_trait_1", "C")
    record = filled(province, asked(province, "school_record.tt27", YEAR, room)).parts[0].page.years[-1]
    line = next(line for line in record.subjects if line.subject == "Toán")
    assert (line.level, line.test) == (PrintedMark("T", "C"), PrintedMark("9", "4"))
    assert record.corrections.startswith("02")
    assert record.traits[0][1][0][1] == PrintedMark("T", "C")
    assert record.learning[2] == PrintedMark("Hoàn thành xuất sắc", "Chưa hoàn thành")
