"""The printed class book, read back with poppler: every page's words, order, heads, foot, signatures."""

import unicodedata
from collections import Counter
from dataclasses import replace
from io import BytesIO
from types import SimpleNamespace

import pytest
from pypdf import PdfReader

from app.domain.vocabulary import SubjectKind
from app.reports import forms
from app.reports.contexts import CommentLine, PrintedMark, ScoredLine, Signature, SubjectPage
from app.reports.form import Signatory
from app.reports.papers import digest_of
from app.reports.signing import MissingSignature

pytestmark = pytest.mark.poppler

BOOK = (
    "Sổ theo dõi và đánh giá học sinh (theo lớp học) · Lớp 7A · Năm học 2026-2027 · "
    "Trường Trung học cơ sở Nguyễn Đình Chiểu"
)
FOOT = "In thường xuyên: in ngày 15/01/2027 14:32 bởi Phạm Thị Hoa (tài khoản hoapt.thcsndc), số bản in: 03"


def page_count(pdf: bytes) -> int:
    return len(PdfReader(BytesIO(pdf)).pages)


def flat(text: str) -> str:
    """One line, single spaces: what is said, however it is broken."""
    return " ".join(text.split())


def pages_of(sample: SimpleNamespace, pdf: bytes, *options: str) -> list[str]:
    """Each page's text; poppler ends a page with a form feed."""
    text: str = sample.text(pdf, *options)
    return text.split("\f")[:-1]


def rows_of(sample: SimpleNamespace, pdf: bytes) -> list[list[str]]:
    """The table's rows, as words: a running number, then a name (not a second number, as under ĐĐGtx)."""
    lines = (line.split() for line in sample.text(pdf, "-layout").splitlines())
    return [words for words in lines if len(words) > 2 and words[0].isdigit() and not words[1].isdigit()]


@pytest.fixture(scope="module")
def scored(sample: SimpleNamespace) -> bytes:
    return forms.subject_page(sample.cover, sample.subject(), sample.stamp)


@pytest.fixture(scope="module")
def scored_60(sample: SimpleNamespace) -> bytes:
    return forms.subject_page(sample.cover, sample.subject(60, term=2), sample.stamp)


@pytest.fixture(scope="module")
def students(sample: SimpleNamespace) -> bytes:
    return forms.student_list(sample.cover, sample.roster(), sample.stamp)


def test_cover_says_who_what_when(sample: SimpleNamespace) -> None:
    pdf = forms.class_book_cover(sample.cover, sample.stamp)
    lines = [flat(line) for line in sample.text(pdf, "-layout").splitlines() if line.strip()]
    assert page_count(pdf) == 1
    assert lines == [
        "ỦY BAN NHÂN DÂN XÃ KRÔNG BÚK",
        "TRƯỜNG TRUNG HỌC CƠ SỞ NGUYỄN ĐÌNH CHIỂU",
        "SỔ THEO DÕI",
        "VÀ ĐÁNH GIÁ HỌC SINH",
        "(THEO LỚP HỌC)",
        "Ban hành kèm theo Thông tư số 22/2021/TT-BGDĐT ngày 20 tháng 7 năm 2021",
        "của Bộ trưởng Bộ Giáo dục và Đào tạo",
        "Lớp: 7A",
        "Khối: 7",
        "Giáo viên chủ nhiệm: Hoàng Thị Thuỳ Ương",
        "Hiệu trưởng: Trương Đình Vỹ",
        "Tỉnh (thành phố): Đắk Lắk",
        "NĂM HỌC 2026-2027",
        BOOK,
        FOOT,
    ]


def test_instructions_are_printed_whole(sample: SimpleNamespace) -> None:
    pdf = forms.class_book_instructions(sample.cover, sample.stamp)
    text = flat(sample.text(pdf))
    assert page_count(pdf) == 1
    assert text.startswith(
        "HƯỚNG DẪN SỬ DỤNG SỔ 1. Sổ theo dõi và đánh giá học sinh (theo lớp học) là hồ sơ của"
    )
    assert [number for number in range(1, 10) if f" {number}. " in text] == [1, 2, 3, 4, 5, 6, 7]
    assert (
        "nội dung cũ được gạch ngang bằng mực đỏ, nội dung mới ghi ở phía trên bên phải nội dung cũ" in text
    )


def test_class_of_45_fits_one_sheet_with_its_signatures(sample: SimpleNamespace, scored: bytes) -> None:
    (text,) = pages_of(sample, scored, "-layout")
    said = flat(text)
    assert said.startswith("HỌC KÌ I Môn: Toán Lớp 7A · Năm học 2026-2027 · Giáo viên: Nguyễn Văn Ngữ")
    assert "Danh sách gồm 45 học sinh. Số chỗ sửa chữa trong danh sách: 02 (bằng chữ: hai)." in said
    for words in (
        "GIÁO VIÊN MÔN HỌC",
        "GIÁO VIÊN CHỦ NHIỆM",
        "HIỆU TRƯỞNG",
        "(Ký, ghi rõ họ tên và đóng dấu)",
    ):
        assert words in said
    assert said.endswith(FOOT)
    assert "Trang 1" in said


def test_rows_hold_exactly_the_marks(sample: SimpleNamespace, scored: bytes) -> None:
    page = sample.subject()
    rows = {int(words[0]): words[1:] for words in rows_of(sample, scored)}
    assert sorted(rows) == list(range(1, 46))
    for line in page.lines:
        if line.no in (4, 5, 7):  # corrected, corrected, struck: tested on their own
            continue
        cells = (*line.regular, line.midterm, line.final, line.average)
        assert rows[line.no] == [*line.name.split(), *(cell.text for cell in cells)]


def test_second_term_adds_year_and_retest(sample: SimpleNamespace, scored_60: bytes) -> None:
    head = flat(pages_of(sample, scored_60, "-layout")[0].split(" 1 ")[0])
    for label in ("ĐĐGtx", "ĐĐGgk", "ĐĐGck", "ĐTBmhkII", "ĐTBmcn", "Ghi chú"):
        assert label in head
    assert "Đánh giá lại" in flat(sample.text(scored_60))


def test_first_term_has_no_year_column(sample: SimpleNamespace, scored: bytes) -> None:
    said = flat(sample.text(scored))
    assert "ĐTBmhkI" in said
    assert "ĐTBmcn" not in said
    assert "Đánh giá lại" not in said


def test_head_is_repeated_on_the_second_page(sample: SimpleNamespace, scored_60: bytes) -> None:
    pages = [flat(page) for page in pages_of(sample, scored_60, "-layout")]
    assert len(pages) == 2
    for number, page in enumerate(pages, start=1):
        for label in ("TT", "Họ và tên", "ĐĐGtx", "ĐTBmcn", "Ghi chú", f"Trang {number}", FOOT):
            assert label in page
    assert "HIỆU TRƯỞNG" not in pages[0]
    assert "HIỆU TRƯỞNG" in pages[1]
    assert [int(words[0]) for words in rows_of(sample, scored_60)] == list(range(1, 61))


@pytest.mark.parametrize("kind", [SubjectKind.SCORED, SubjectKind.COMMENT])
@pytest.mark.parametrize("count", [1, 30, 31, 45, 46])
def test_signatures_never_stand_alone(sample: SimpleNamespace, kind: SubjectKind, count: int) -> None:
    pdf = forms.subject_page(sample.cover, sample.subject(count, kind=kind, term=2), sample.stamp)
    last = flat(pages_of(sample, pdf)[-1])
    assert "HIỆU TRƯỞNG" in last
    assert "Họ và tên" in last
    assert page_count(pdf) == (1 if count <= 45 else 2)


def test_students_go_over_with_signatures_that_would_stand_alone(
    sample: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    natural = forms.student_list(sample.cover, sample.roster(30), sample.stamp)
    monkeypatch.setattr(forms, "last_page_lacks", lambda *_: False)
    alone = forms.student_list(sample.cover, sample.roster(30), sample.stamp)
    assert "Họ và tên" not in pages_of(sample, alone)[-1]  # 30 rows fill two sheets to the brim
    last = flat(pages_of(sample, natural)[-1])
    assert "Họ và tên học sinh" in last
    assert "HIỆU TRƯỞNG" in last
    assert [int(words[0]) for words in rows_of(sample, natural)] == list(range(1, 31))


def test_long_notes_move_a_class_of_45_to_two_sheets(sample: SimpleNamespace) -> None:
    note = "Chuyển đến từ trường khác 05/10/2026"
    page = sample.subject(45)
    page = replace(page, lines=tuple(replace(line, note=note) for line in page.lines))
    pdf = forms.subject_page(sample.cover, page, sample.stamp)
    assert page_count(pdf) == 2
    assert Counter(words[0] for words in rows_of(sample, pdf)) == Counter(map(str, range(1, 46)))


def test_comment_page_prints_levels_and_four_regular_columns(sample: SimpleNamespace) -> None:
    page = sample.subject(12, kind=SubjectKind.COMMENT, term=2)
    pdf = forms.subject_page(sample.cover, page, sample.stamp)
    said = flat(sample.text(pdf, "-layout"))
    assert "Môn: Giáo dục thể chất" in said
    for label in (
        "Mức đánh giá: Đạt (Đ), Chưa đạt (CĐ)",
        "Thường xuyên",
        "Giữa kì",
        "Cuối kì",
        "Học kì",
        "Cả năm",
    ):
        assert label in said
    rows = {int(words[0]): words[1:] for words in rows_of(sample, pdf)}
    assert rows[9] == [*sample.name_of(9).split(), "CĐ", "CĐ", "CĐ", "CĐ", "CĐ", "CĐ", "Đ"]
    assert page.regular_columns == 4


def test_correction_prints_old_struck_and_new_above(sample: SimpleNamespace, scored: bytes) -> None:
    rows = {int(words[0]): words for words in rows_of(sample, scored)}
    assert "8,9 5,8 8,5 4,9 5,6" in " ".join(rows[4])
    assert "4,9 9,0 10,0 6,3" in " ".join(rows[5])
    drawn = PdfReader(BytesIO(scored)).pages[0].get_contents()
    assert drawn is not None
    red = drawn.get_data().count(b".752941 0 0 RG")
    assert red == 2  # two strokes in red, one for each correction


def test_student_who_left_is_struck_and_keeps_the_number(sample: SimpleNamespace, scored: bytes) -> None:
    rows = {int(words[0]): flat(" ".join(words)) for words in rows_of(sample, scored)}
    assert rows[7].startswith("7 Lò Văn Hặc")
    assert "Chuyển trường 12/11/2026" in flat(sample.text(scored))
    stayed = replace(
        sample.subject(), lines=tuple(replace(line, struck=False) for line in sample.subject().lines)
    )
    plain = forms.subject_page(sample.cover, stayed, sample.stamp)
    assert _strokes(scored) - _strokes(plain) >= 9  # number, name, six cells, the result


def _strokes(pdf: bytes) -> int:
    contents = PdfReader(BytesIO(pdf)).pages[0].get_contents()
    assert contents is not None
    return contents.get_data().count(b" l S")


def test_longest_name_is_printed_whole(sample: SimpleNamespace) -> None:
    assert len(sample.longest) == 61
    page = sample.subject(3)
    page = replace(page, lines=tuple(replace(line, name=sample.longest) for line in page.lines))
    text = flat(sample.text(forms.subject_page(sample.cover, page, sample.stamp)))
    assert text.count(sample.longest) == 3


def test_personal_sheet_lists_everything(sample: SimpleNamespace, students: bytes) -> None:
    pages = [flat(page) for page in pages_of(sample, students)]
    assert len(pages) == 3
    assert all("Họ và tên học sinh" in page for page in pages)
    assert all("Dân tộc" in page and "Địa chỉ gia đình" in page for page in pages)
    whole = " ".join(pages)
    for number in range(1, 46):
        assert sample.name_of(number) in whole
    for words in (
        "Ê Đê",
        "Gia Rai",
        "Khmer",
        "Người giám hộ: Y Ngông",
        "ông nội, 0905 111 222",
        "Nguyễn Văn Bổng",
    ):
        assert words in whole
    assert "Danh sách gồm 45 học sinh; đang học 44, đã chuyển đi hoặc thôi học 1." in pages[-1]
    assert "GIÁO VIÊN CHỦ NHIỆM" in pages[-1]
    sizes = {tuple(map(round, page.mediabox[2:])) for page in PdfReader(BytesIO(students)).pages}
    assert sizes == {(842, 595)}  # A4, landscape


def test_text_is_nfc_and_free_of_boxes(sample: SimpleNamespace, scored: bytes, students: bytes) -> None:
    for pdf in (scored, students):
        text = sample.text(pdf)
        assert unicodedata.is_normalized("NFC", text)
        assert not set(text) & set("\ufffd■□▯\u25a1")


def test_markup_in_a_name_is_printed_not_obeyed(sample: SimpleNamespace) -> None:
    name = '<b>Đỗ</b> & "Sơn" <img src="x.png">'
    page = sample.subject(1)
    page = replace(page, lines=(replace(page.lines[0], name=name),))
    assert name in flat(sample.text(forms.subject_page(sample.cover, page, sample.stamp)))


def test_several_teachers_sign_under_one_heading(sample: SimpleNamespace) -> None:
    page = sample.subject(3, teachers=("Lê Thị Lí", "Bùi Văn Hóa", "Cao Thị Sinh"))
    deputy = Signature(Signatory.PRINCIPAL, "Ngô Thị Phó", "KT. HIỆU TRƯỞNG\nPHÓ HIỆU TRƯỞNG")
    page = replace(page, signatures=(*page.signatures[:-1], deputy))
    text = sample.text(forms.subject_page(sample.cover, page, sample.stamp))
    assert text.count("GIÁO VIÊN MÔN HỌC") == 1
    for words in (
        "Lê Thị Lí",
        "Bùi Văn Hóa",
        "Cao Thị Sinh",
        "KT. HIỆU TRƯỞNG",
        "PHÓ HIỆU TRƯỞNG",
        "Ngô Thị Phó",
    ):
        assert words in text


def test_a_form_without_a_signatory_is_refused(sample: SimpleNamespace) -> None:
    page = sample.subject(2)
    with pytest.raises(MissingSignature, match="principal"):
        forms.subject_page(sample.cover, replace(page, signatures=page.signatures[:-1]), sample.stamp)
    with pytest.raises(MissingSignature, match="homeroom_teacher"):
        forms.student_list(sample.cover, replace(sample.roster(2), signatures=()), sample.stamp)


def test_an_empty_class_still_prints(sample: SimpleNamespace) -> None:
    pdf = forms.subject_page(sample.cover, sample.subject(1, lines=()), sample.stamp)
    assert "Danh sách gồm 0 học sinh." in flat(sample.text(pdf))


def test_more_than_four_regular_marks_get_their_columns(sample: SimpleNamespace) -> None:
    marks = tuple(PrintedMark(f"{number},0") for number in range(1, 6))
    page = sample.subject(1, regular_count=5, lines=(ScoredLine(1, "Lò Văn Hặc", marks),))
    pdf = forms.subject_page(sample.cover, page, sample.stamp)
    assert rows_of(sample, pdf)[-1] == ["1", "Lò", "Văn", "Hặc", "1,0", "2,0", "3,0", "4,0", "5,0"]


def test_a_page_takes_only_lines_of_its_kind() -> None:
    with pytest.raises(TypeError):
        SubjectPage("Toán", SubjectKind.SCORED, 1, (), 4, (CommentLine(1, "Lò Văn Hặc"),))
    with pytest.raises(ValueError, match="term"):
        SubjectPage("Toán", SubjectKind.SCORED, 3, (), 4, ())


def test_book_is_one_file_numbered_and_bookmarked(sample: SimpleNamespace) -> None:
    book = sample.book(8)
    titles = [title for title, _ in forms.class_book_parts(book)]
    assert titles == [
        "Bìa",
        "Hướng dẫn sử dụng sổ",
        "Sơ yếu lí lịch học sinh",
        "Toán, học kì I",
        "Khoa học tự nhiên, học kì I",
        "Giáo dục thể chất, học kì I",
        "Toán, học kì II",
    ]
    pdf = forms.class_book(book)
    pages = [flat(page) for page in pages_of(sample, pdf, "-layout")]
    assert len(pages) == 7
    assert "Trang" not in pages[0]
    for number, page in enumerate(pages[1:], start=2):
        assert f"Trang {number}/7" in page
        assert page.count("Trang ") == 1
    reader = PdfReader(BytesIO(pdf))
    assert [item.title for item in reader.outline] == titles
    assert reader.metadata is not None
    assert (
        reader.metadata.title == "Sổ theo dõi và đánh giá học sinh (theo lớp học), lớp 7A, năm học 2026-2027"
    )


def test_parts_are_made_one_by_one(sample: SimpleNamespace) -> None:
    title, make = next(forms.class_book_parts(sample.book(1)))
    assert title == "Bìa"
    assert make().startswith(b"%PDF-")


def test_same_data_give_the_same_file(sample: SimpleNamespace) -> None:
    first, second = (forms.class_book(sample.book(2)) for _ in range(2))
    assert first == second


def test_a_centre_has_a_director_and_its_own_circular(sample: SimpleNamespace) -> None:
    law = "Theo Thông tư số 43/2021/TT-BGDĐT ngày 30 tháng 12 năm 2021"
    cover = replace(sample.cover, head_title="Giám đốc", law=law)
    text = flat(sample.text(forms.class_book_cover(cover, sample.stamp)))
    assert "Giám đốc:" in text
    assert law in text
    assert "Hiệu trưởng" not in text
    assert "22/2021" not in text
    assert "Giám đốc kiểm tra" in flat(sample.text(forms.class_book_instructions(cover, sample.stamp)))
    assert digest_of(cover) == digest_of(sample.cover)  # the wording of the paper is no part of the record
