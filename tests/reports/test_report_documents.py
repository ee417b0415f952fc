"""Papers of one student with more than a form was made for: thirty subjects, names of sixty letters, nothing at all."""

from dataclasses import make_dataclass, replace
from io import BytesIO
from types import SimpleNamespace

import pytest
from pypdf import PdfReader

from app.reports import drawing
from app.reports.catalogue import CATALOGUE
from app.reports.contexts import PrintedMark, Signature
from app.reports.form import YEAR, Form, Signatory
from app.reports.learners import (
    Learner,
    PathLine,
    RecordLine,
    RecordYear,
    SchoolRecord,
    Slip,
    SlipLine,
)
from app.reports.papers import Paper, Part, digest_of, digests_of
from app.reports.summaries import Head, Row, Summary, Table, fitted

LONG_SUBJECT = "Hoạt động trải nghiệm, hướng nghiệp và nội dung giáo dục của địa phương"
REMARK = "Chăm chỉ, tiến bộ rõ trong học kì II; cần luyện thêm cách trình bày bài giải và đọc kĩ đề."
SIGNATURES = (
    Signature(Signatory.PARENT),
    Signature(Signatory.HOMEROOM_TEACHER, "Hoàng Thị Thuỳ Ương"),
    Signature(Signatory.PRINCIPAL, "Trương Đình Vỹ"),
)


def slip(name: str, subjects: int) -> Slip:
    cells = tuple(PrintedMark(f"{mark},5") for mark in (6, 7, 8, 9))
    lines = tuple(
        SlipLine(f"{LONG_SUBJECT} {n}", cells, PrintedMark("10"), PrintedMark("9,5"), "8,8", remark=REMARK)
        for n in range(1, subjects + 1)
    )
    facts = (("Kết quả học tập", "Tốt"), ("Kết quả rèn luyện", "Tốt"), ("Số buổi nghỉ học", "3"))
    return Slip(
        Learner(name, "01/02/2014", "Nữ"), "HỌC KÌ I", "marks", 4, lines, (), facts, REMARK, SIGNATURES
    )


def record(name: str, subjects: int, *, primary: bool = False) -> SchoolRecord:
    lines = tuple(
        RecordLine(f"{LONG_SUBJECT} {n}", "8,5", "9,0", "8,8", "", REMARK, name, "T", "10")
        for n in range(1, subjects + 1)
    )
    blank = ("", "", "")
    traits = (("Phẩm chất chủ yếu", (("Yêu nước", "T"), ("Nhân ái", "T"))),) if primary else ()
    year = RecordYear(
        year="2026-2027", class_name="7A", grade=7, school="Trường THCS Nguyễn Đình Chiểu", place="UBND xã Krông Búk",
        subjects=lines, corrections="không có", learning=blank, training=blank, average=blank, absences="",
        excused="", unexcused="", learning_after="", training_after="", outcome="", completed="", title="",
        remark="", remark_after="", homeroom=name, head=name, head_title=("HIỆU TRƯỞNG",), traits=traits,
    )  # fmt: skip
    path = (PathLine("2026-2027", "7A", "Trường THCS Nguyễn Đình Chiểu"),)
    return SchoolRecord(
        Learner(name, "01/02/2014", "Nữ", birthplace=LONG_SUBJECT), "TRUNG HỌC CƠ SỞ", "Thông tư", "12",
        "Trường THCS Nguyễn Đình Chiểu", "UBND xã Krông Búk", path, (year,), name, ("HIỆU TRƯỞNG",),
    )  # fmt: skip


def paper(sample: SimpleNamespace, code: str, page: object) -> Paper:
    stamp = replace(sample.stamp, seed="seed", site="https://hocvu.test")
    return Paper(CATALOGUE[code], sample.cover, "Bản in", (Part("Bản in", page, 7),), stamp)


def drawn(sample: SimpleNamespace, code: str, page: object) -> tuple[int, str]:
    """Pages and words of a paper."""
    found = paper(sample, code, page)
    pdf = drawing.draw(found, found.parts[0], 1)
    return len(PdfReader(BytesIO(pdf)).pages), " ".join(sample.text(pdf, "-layout").split())


@pytest.mark.poppler
@pytest.mark.parametrize(
    ("code", "page", "pages"),
    [
        ("grade_slip", slip, (1, 3)),
        ("school_record.tt22", record, (3, 5)),
        ("school_record.tt58", lambda n, s: replace(record(n, s), old=True), (3, 5)),
        ("school_record.tt27", lambda n, s: record(n, s, primary=True), (3, 5)),
    ],
)
@pytest.mark.parametrize("subjects", [0, 13, 30])
def test_papers_hold_whatever_there_is(
    sample: SimpleNamespace, code: str, page: object, pages: tuple[int, int], subjects: int
) -> None:
    count, said = drawn(sample, code, page(sample.longest, subjects))  # type: ignore[operator]
    assert pages[0] <= count <= pages[1]
    last_name = sample.longest.split()[-2]
    assert last_name in said or last_name.upper() in said
    assert "\u25a0" not in said
    assert "\ufffd" not in said
    assert said.count("8,8") >= (subjects if "tt27" not in code else 0)
    assert "Mã " in said


@pytest.mark.poppler
def test_a_summary_never_ends_with_signatures_alone(sample: SimpleNamespace) -> None:
    heads = fitted(tuple(Head(f"Môn {n}", 12.0, "Các môn học") for n in range(12)))
    for count in (1, 30, 34, 36, 38, 45):
        rows = tuple(Row(n, sample.name_of(n), ("8,5",) * 12) for n in range(1, count + 1))
        page = Summary("TỔNG HỢP", "Lớp 7A", (Table(heads, rows),), (("Tổng số", "45"),), "", SIGNATURES[1:])
        found = paper(sample, "class_summary", page)
        pdf = drawing.draw(found, found.parts[0], 1)
        last = PdfReader(BytesIO(pdf)).pages[-1].extract_text()
        assert "Họ và tên" in " ".join(last.split()) or "Họvàtên" in "".join(last.split())


@pytest.mark.parametrize("code", ["class_summary", "primary_summary.tt22_2016"])
def test_a_class_without_subjects_still_has_its_students(sample: SimpleNamespace, code: str) -> None:
    table = Table(fitted(()), (Row(1, "Nguyễn Văn An", ()), Row(2, "H'Duyên Niê", ())))
    page = Summary("TỔNG HỢP", "Lớp 5A", (table,), (("Tổng số", "2"),), "", SIGNATURES[1:])
    found = paper(sample, code, page)
    said = " ".join(
        PdfReader(BytesIO(drawing.draw(found, found.parts[0], 1))).pages[0].extract_text().split()
    )
    assert "Văn An" in said


def test_a_digest_is_of_the_data_and_nothing_else(sample: SimpleNamespace) -> None:
    first = paper(sample, "grade_slip", slip("Nguyễn Văn An", 3))
    later = replace(first, stamp=replace(first.stamp, number=9, account="khac"))
    assert digests_of(first) == digests_of(later)
    other = paper(sample, "grade_slip", slip("Nguyễn Văn Ân", 3))
    assert digests_of(first) != digests_of(other)
    assert digest_of({"b": 1, "a": (1, None)}) == digest_of({"a": [1, None], "b": 1})


def test_a_field_added_later_leaves_earlier_papers_as_they_were() -> None:
    printed = make_dataclass("Line", [("name", str), ("mark", str)], frozen=True)
    later = make_dataclass("Line", [("name", str), ("mark", str), ("note", str, "")], frozen=True)
    before = digest_of([printed("An", "8,5")])
    assert digest_of([later("An", "8,5")]) == before
    assert digest_of([later("An", "8,5", "Miễn")]) != before


@pytest.mark.parametrize("form", CATALOGUE.values(), ids=lambda form: form.code)
def test_forms_name_their_time_and_signatories(form: Form) -> None:
    assert set(form.periods) <= {1, 2, YEAR}
    assert form.name
    assert form.first_school_year <= (form.last_school_year or 9999)
