"""The record on paper: contexts out of rows, who prints, and the running number of a print."""

import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.domain.access import SYSTEM
from app.domain.sheet_forms import SheetForm
from app.domain.vocabulary import GroupKind, SubjectKind
from app.errors import Forbidden, Invalid, NotFound
from app.extensions import db
from app.models import (
    AuditEvent,
    Enrolment,
    ExemptionDecision,
    Grade,
    GradebookSheet,
    SchoolClass,
    SubjectYear,
    TeachingAssignment,
    TeachingGroup,
    TeachingGroupMember,
)
from app.reports.contexts import ClassBook, CommentLine, PrintedMark, PrintStamp, SubjectPage
from app.services.clock import local_day
from app.services.print_orders import PrintOrder, create_job
from app.services.printing import print_sheet, printable_class, printable_classes, read_class_book
from app.services.setup import seed_homeroom_sheets
from app.services.unit_of_work import transaction
from tests.conftest import counting
from tests.factories import province as factory
from tests.factories.province import Province
from tests.services.helpers import acting
from tests.services.print_helpers import (
    HOMEROOM,
    NAMES,
    OFFICE,
    Draws,
    blank_forms,
    change,
    enter,
    name_class,
    pages_of,
    prints,
    text_of,
)


@pytest.fixture
def seventh(app: Flask, province: Province) -> SchoolClass:
    return name_class(province)


@pytest.fixture
def draws(monkeypatch: pytest.MonkeyPatch) -> Draws:
    return blank_forms(monkeypatch)


def book_of(province: Province, *terms: int, class_name: str = "7A") -> ClassBook:
    actor, day = acting(province, HOMEROOM), local_day(province.now)
    found = printable_class(db.session(), actor, province.first.class_ids[class_name], day)
    return read_class_book(db.session(), found, terms, PrintStamp(province.now, "a", "A", 1), day)


def page(book: ClassBook, subject: str, term: int) -> SubjectPage:
    return next(p for p in book.subjects if p.subject == subject and p.term == term)


# -- contexts ----------------------------------------------------------------------------------------------------


def test_a_book_holds_the_whole_class(province: Province, seventh: SchoolClass) -> None:
    book = book_of(province, 1, 2)
    assert (book.cover.province, book.cover.authority_above) == ("Bình Giang", "UBND xã Thúc Kháng")
    assert (book.cover.school, book.cover.class_name, book.cover.school_year) == (
        "Trường THCS Thúc Kháng", "7A", "2026-2027",
    )  # fmt: skip
    assert (book.cover.homeroom_teacher, book.cover.principal) == ("Phạm Đức Long", "Nguyễn Thị Giang")
    assert [(p.term, p.subject, p.kind) for p in book.subjects] == [
        (1, "Toán", SubjectKind.SCORED), (1, "Nghệ thuật", SubjectKind.COMMENT),
        (2, "Toán", SubjectKind.SCORED), (2, "Nghệ thuật", SubjectKind.COMMENT),
    ]  # fmt: skip
    assert sorted(line.full_name for line in book.students.lines) == sorted(NAMES)
    second = next(line for line in book.students.lines if line.full_name == NAMES[1])
    assert (second.birth_date, second.sex, second.ethnicity, second.mother) == (
        "02/03/2014", "Nam", "Ê-đê", f"Mẹ {NAMES[1]}, làm rẫy, 0912",
    )  # fmt: skip


def test_marks_come_as_they_are_printed(province: Province, seventh: SchoolClass) -> None:
    enter(province, ("regular_1", "CĐ"), student=2, subject="art")
    book = book_of(province, 1)
    math = next(line for line in page(book, "Toán", 1).lines if line.name == NAMES[0])
    assert math.regular == (PrintedMark("8,5"), None, None, None)
    assert (math.midterm, math.final, math.results[0]) == (PrintedMark("10,0"), PrintedMark("7,0"), None)
    art = next(line for line in page(book, "Nghệ thuật", 1).lines if line.name == NAMES[2])
    assert isinstance(art, CommentLine)
    assert art.regular == (PrintedMark("CĐ"), None)
    assert page(book, "Toán", 1).teachers == ("Phạm Đức Long",)
    assert [block.name for block in page(book, "Toán", 1).signatures] == [
        "Phạm Đức Long", "Phạm Đức Long", "Nguyễn Thị Giang",
    ]  # fmt: skip


def test_who_left_is_struck_with_the_reason_and_stays_on_the_list(
    province: Province, seventh: SchoolClass
) -> None:
    one, two, three = province.first.student_ids[:3]

    def leave(work: Any) -> None:
        rows = {
            e.student_id: e
            for e in work.session.scalars(sa.select(Enrolment).where(Enrolment.class_id == seventh.id))
        }
        rows[one].ends_on, rows[one].status_code = date(2026, 11, 12), "04"
        rows[two].ends_on = date(2026, 11, 9)
        rows[three].ends_on, rows[three].status_code = date(2026, 12, 1), "05"  # announced, still here

    change(province, leave)
    book = book_of(province, 1)
    notes = {line.name: (line.struck, line.note) for line in page(book, "Toán", 1).lines}
    assert notes[NAMES[0]] == (True, "Chuyển trường 12/11/2026")
    assert notes[NAMES[1]] == (True, "Chuyển lớp 10/11/2026")
    assert notes[NAMES[2]] == (False, "")
    assert book.students.staying == len(NAMES) - 2
    assert len(page(book, "Toán", 1).lines) == len(NAMES)


def test_who_came_back_stands_once(province: Province, seventh: SchoolClass) -> None:
    one = province.first.student_ids[0]

    def come_back(work: Any) -> None:
        row = work.session.scalars(sa.select(Enrolment).where(Enrolment.student_id == one)).one()
        row.ends_on, row.status_code = date(2026, 10, 1), "05"
        work.session.add(
            Enrolment(student_id=one, class_id=seventh.id, starts_on=date(2026, 11, 2), status_code="03")
        )

    change(province, come_back)
    book = book_of(province, 1)
    assert [(line.struck, line.notes) for line in book.students.lines if line.full_name == NAMES[0]] == [
        (False, "")
    ]
    assert [line.struck for line in page(book, "Toán", 1).lines if line.name == NAMES[0]] == [False]


def test_an_exemption_and_an_awaited_test_are_noted(province: Province, seventh: SchoolClass) -> None:
    school = province.first

    def exempt(work: Any) -> None:
        work.session.add(
            ExemptionDecision(
                student_id=school.student_ids[0], school_year_id=province.year_id,
                subject_id=province.subject_ids["math"], number="12/QĐ-THCS", decided_on=date(2026, 9, 20),
                decided_by_id=school.person_ids["giangnt"], evidence="a.pdf", reason="Ốm",
            )
        )  # fmt: skip
        work.session.add(
            Grade(
                sheet_id=school.sheet_ids["7A", "art", 1],
                student_id=school.student_ids[1],
                midterm_state="awaiting",
            )
        )

    change(province, exempt)
    book = book_of(province, 1)
    math = {line.name: line.note for line in page(book, "Toán", 1).lines}
    art = {line.name: line.note for line in page(book, "Nghệ thuật", 1).lines}
    assert math[NAMES[0]] == "Miễn phần thực hành, QĐ số 12/QĐ-THCS"
    assert art[NAMES[1]] == "Chờ kiểm tra bù giữa kì"


def test_an_exemption_from_a_whole_subject_is_noted(province: Province, seventh: SchoolClass) -> None:
    """TT 58/2011 Điều 12: Âm nhạc and Mĩ thuật altogether, not a practical part."""
    school = province.first

    def exempt(work: Any) -> None:
        work.session.get_one(GradebookSheet, school.sheet_ids["7A", "art", 1]).circular = "tt26-2020"
        work.session.add(
            ExemptionDecision(
                student_id=school.student_ids[0], school_year_id=province.year_id,
                subject_id=province.subject_ids["art"], number="12/QĐ-THCS", decided_on=date(2026, 9, 20),
                decided_by_id=school.person_ids["giangnt"], evidence="a.pdf", reason="Ốm",
            )
        )  # fmt: skip

    change(province, exempt)
    art = {line.name: line.note for line in page(book_of(province, 1), "Nghệ thuật", 1).lines}
    assert art[NAMES[0]] == "Miễn học, QĐ số 12/QĐ-THCS"


def test_a_group_of_several_classes_prints_this_class_alone(province: Province, seventh: SchoolClass) -> None:
    school = province.first
    mine, other = school.student_ids[0], school.student_ids[len(NAMES)]

    def group(work: Any) -> None:
        row = TeachingGroup(
            unit_id=school.unit_id, school_year_id=province.year_id, kind=GroupKind.MIXED, name="Mĩ thuật 7"
        )
        work.session.add(row)
        work.flush()
        for student in (mine, other):
            work.session.add(
                TeachingGroupMember(group_id=row.id, student_id=student, starts_on=date(2026, 9, 7))
            )
        teacher, subject = school.person_ids["khuongyb"], province.subject_ids["art"]
        work.session.add(
            TeachingAssignment(
                person_id=teacher, group_id=row.id, subject_id=subject, starts_on=date(2026, 9, 7)
            )
        )
        work.session.add(
            GradebookSheet(
                unit_id=school.unit_id, school_year_id=province.year_id, term=1, group_id=row.id, subject_id=subject,
                grade=7, level="lower_secondary", circular="tt22-2021", kind=SubjectKind.COMMENT, regular_count=2,
            )
        )  # fmt: skip

    change(province, group)
    found = page(book_of(province, 1), "Nghệ thuật (Mĩ thuật 7)", 1)
    assert [line.name for line in found.lines] == [NAMES[0]]
    assert found.teachers == ("Y Khương Byă",)


def test_the_second_term_has_the_year(province: Province, seventh: SchoolClass) -> None:
    def year(work: Any) -> None:
        work.session.add(
            SubjectYear(
                student_id=province.first.student_ids[0], school_year_id=province.year_id,
                subject_id=province.subject_ids["math"], unit_id=province.first.unit_id, average=Decimal("4.9"),
                retest=Decimal("6.5"), circular="tt22-2021",
            )
        )  # fmt: skip

    change(province, year)
    book = book_of(province, 1, 2)
    first, second = (page(book, "Toán", term).lines for term in (1, 2))
    assert [line.results[1:] for line in first if line.name == NAMES[0]] == [(None, None)]
    assert [line.results[1:] for line in second if line.name == NAMES[0]] == [
        (PrintedMark("4,9"), PrintedMark("6,5"))
    ]


def test_a_teacher_of_part_of_the_year_signs_for_that_part(province: Province, seventh: SchoolClass) -> None:
    def hand_over(work: Any) -> None:
        group = work.session.scalars(
            sa.select(TeachingGroup).where(TeachingGroup.class_id == seventh.id)
        ).one()
        subject = province.subject_ids["math"]
        row = work.session.scalars(
            sa.select(TeachingAssignment).where(
                TeachingAssignment.group_id == group.id, TeachingAssignment.subject_id == subject
            )
        ).one()
        row.ends_on = date(2027, 1, 17)
        work.session.add(
            TeachingAssignment(
                person_id=province.first.person_ids["habtt"], group_id=group.id, subject_id=subject,
                starts_on=date(2027, 1, 18),
            )
        )  # fmt: skip

    change(province, hand_over)
    province.now = datetime(2027, 3, 1, 2, tzinfo=UTC)
    book = book_of(province, 1, 2)
    assert page(book, "Toán", 1).teachers == ("Phạm Đức Long",)
    assert page(book, "Toán", 2).teachers == ("Bùi Thị Thu Hà",)


def test_a_class_is_read_in_few_statements_however_large(
    app: Flask, province: Province, seventh: SchoolClass
) -> None:
    actor, day = acting(province, HOMEROOM), local_day(province.now)

    def statements() -> int:
        db.session.remove()
        with counting(app) as seen:
            found = printable_class(db.session(), actor, province.first.class_ids["7A"], day)
            read_class_book(db.session(), found, (1, 2), PrintStamp(province.now, "a", "A", 1), day)
        return len(seen)

    few = statements()
    with transaction(SYSTEM, "test.more", clock=province.clock) as work:
        builder = factory._Builder(0)
        builder.work = work
        for number in range(8, 45):
            builder.student(province.first.unit_id, province.first.class_ids["7A"], number)
    assert len(book_of(province, 1).students.lines) == 45
    assert statements() == few
    assert few <= 15


# -- who prints --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("username", ["vanlt.sogd", "binhhv.sogd", "sonlv.xatk", "maipt.xatk"])
def test_offices_read_on_the_screen_and_print_nothing(app: Flask, province: Province, username: str) -> None:
    """S0 Điều 12 khoản 3."""
    sheet, school_class = province.first.sheet_ids["7A", "math", 1], province.first.class_ids["7A"]
    with pytest.raises(Forbidden, match="only at the school"):
        print_sheet(acting(province, username), sheet, clock=province.clock)
    with pytest.raises(Forbidden, match="only at the school"):
        create_job(acting(province, username), PrintOrder(school_class), clock=province.clock)
    assert prints() == []
    assert db.session.scalar(sa.select(sa.func.count()).where(AuditEvent.outcome == "refused")) == 2


def test_a_teacher_prints_what_she_teaches_and_her_own_class(app: Flask, province: Province) -> None:
    actor, day, ids = acting(province, HOMEROOM), local_day(province.now), province.first.class_ids
    assert [row.id for row in printable_classes(db.session(), actor, province.year_id, day)] == [ids["7A"]]
    with pytest.raises(Forbidden):
        create_job(actor, PrintOrder(ids["7B"]), clock=province.clock)
    office = printable_classes(db.session(), acting(province, OFFICE), province.year_id, day)
    assert [row.name for row in office] == ["7A", "7B"]


def test_another_school_looks_like_none(app: Flask, province: Province) -> None:
    with pytest.raises(NotFound):
        create_job(
            acting(province, "hongvt.thcsba"),
            PrintOrder(province.first.class_ids["7A"]),
            clock=province.clock,
        )
    with pytest.raises(NotFound):
        print_sheet(
            acting(province, "hongvt.thcsba"), province.first.sheet_ids["7A", "art", 1], clock=province.clock
        )


def test_a_grade_without_a_form_is_refused(app: Flask, province: Province) -> None:
    """Lớp 7 has been under TT 22/2021 since 2022-2023."""

    def back(work: Any) -> None:
        work.session.get_one(SchoolClass, province.first.class_ids["7A"]).grade = 5

    change(province, back)
    with pytest.raises(Invalid, match="no printed form for grade 5"):
        create_job(acting(province, OFFICE), PrintOrder(province.first.class_ids["7A"]), clock=province.clock)


# -- one subject, and the number ---------------------------------------------------------------------------------


@pytest.mark.poppler
def test_a_sheet_prints_with_its_day_account_and_number(province: Province, seventh: SchoolClass) -> None:
    sheet = province.first.sheet_ids["7A", "math", 1]
    made = print_sheet(acting(province, HOMEROOM), sheet, clock=province.clock)
    said = text_of(made.pdf)
    assert pages_of(made.pdf) == 1
    assert (made.number, made.name) == ("1/2026", "Toán 7A HK1 2026-2027")
    for name in NAMES:
        assert unicodedata.normalize("NFC", name) in said
    assert "HỌC KÌ I Môn: Toán Lớp 7A · Năm học 2026-2027 · Giáo viên: Phạm Đức Long" in said
    assert "8,5" in said
    assert (
        "In thường xuyên: in ngày 16/11/2026 09:00 bởi Phạm Đức Long (tài khoản longpd.thcstk), số bản in: 01"
        in said
    )
    assert not set(said) & {"\ufffd", "■", "□"}


def test_a_sheet_is_read_in_few_statements(
    app: Flask, province: Province, seventh: SchoolClass, draws: Draws
) -> None:
    actor = acting(province, HOMEROOM)
    with counting(app) as statements:
        print_sheet(actor, province.first.sheet_ids["7A", "math", 1], clock=province.clock)
    assert len(statements) <= 16  # the page, its event under the chain, its line of the register


def test_numbers_run_by_school_and_year(app: Flask, province: Province, draws: Draws) -> None:
    sheet, other = (s.sheet_ids["7A", "math", 1] for s in (province.first, province.second))
    print_sheet(acting(province, HOMEROOM), sheet, clock=province.clock)
    create_job(acting(province, OFFICE), PrintOrder(province.first.class_ids["7A"]), clock=province.clock)
    print_sheet(acting(province, "longpd.thcsba"), other, clock=province.clock)
    province.now = datetime(2026, 12, 31, 17, 0, tzinfo=UTC)  # midnight in Vietnam
    made = print_sheet(acting(province, HOMEROOM), sheet, clock=province.clock)
    assert made.number == "1/2027"
    assert prints() == ["1/2026", "2/2026", "1/2026", "1/2027"]


def test_a_sheet_without_a_page_in_the_book_says_so(province: Province) -> None:
    seed_homeroom_sheets()
    query = sa.select(GradebookSheet.id).where(
        GradebookSheet.class_id == province.first.class_ids["7A"], GradebookSheet.form == SheetForm.TRAINING
    )
    with pytest.raises(Invalid, match="no page"):
        print_sheet(acting(province, HOMEROOM), db.session.scalars(query).first(), clock=province.clock)
