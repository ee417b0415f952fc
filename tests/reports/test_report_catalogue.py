"""The catalogue of forms, the fixed words, the heads of the columns."""

import pickle
from datetime import datetime
from types import SimpleNamespace

import pytest

from app.domain.vocabulary import SubjectKind
from app.reports import wording
from app.reports.book_forms import COVER, PAGES
from app.reports.catalogue import CATALOGUE, CLASS_BOOK, forms_for
from app.reports.columns import head_rows
from app.reports.contexts import PrintPurpose, PrintStamp
from app.reports.form import Orientation
from app.reports.renderer import TEMPLATES
from scripts.form_pictures import FOLDER


def test_every_form_has_its_template_and_source() -> None:
    for code, form in (CATALOGUE | PAGES).items():
        assert form.code == code
        assert (TEMPLATES / form.template).is_file()
        assert "/20" in form.legal_source
        assert bool(form.builder) == (code in CATALOGUE)
    assert PAGES["class_book.student_list"].orientation is Orientation.LANDSCAPE


@pytest.mark.parametrize(
    ("grade", "first"), [(6, 2021), (7, 2022), (10, 2022), (8, 2023), (11, 2023), (9, 2024), (12, 2024)]
)
def test_forms_begin_with_the_roadmap(grade: int, first: int) -> None:
    assert not COVER.valid_for(first - 1, grade)
    assert COVER.valid_for(first, grade)
    assert COVER.valid_for(first + 5, grade)
    assert CLASS_BOOK in forms_for("tt22-2021", first, grade)
    assert CLASS_BOOK not in forms_for("tt26-2020", first - 1, grade)


def test_every_form_has_its_picture() -> None:
    """`python -m scripts.form_pictures` against a demo draws them, also as a part of `make screenshots`."""
    assert {path.stem for path in FOLDER.glob("*.png")} == set(CATALOGUE)


def test_a_form_reaches_the_process_that_draws_it() -> None:
    for form in CATALOGUE.values():
        assert pickle.loads(pickle.dumps(form)) == form


def test_primary_grades_have_other_forms() -> None:
    assert CLASS_BOOK not in forms_for("tt27-2020", 2026, 5)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "không"), (1, "một"), (4, "bốn"), (5, "năm"), (10, "mười"), (11, "mười một"), (14, "mười bốn"),
        (15, "mười lăm"), (20, "hai mươi"), (21, "hai mươi mốt"), (24, "hai mươi bốn"), (55, "năm mươi lăm"),
        (99, "chín mươi chín"),
    ],
)  # fmt: skip
def test_counts_are_written_out(number: int, words: str) -> None:
    assert wording.in_words(number) == words


@pytest.mark.parametrize("number", [-1, 100])
def test_counts_beyond_the_words_are_refused(number: int) -> None:
    with pytest.raises(ValueError, match="0 to 99"):
        wording.in_words(number)


def test_many_corrections_are_told_in_figures(sample: SimpleNamespace) -> None:
    line = wording.corrections_tally(sample.subject(3, corrections=120))
    assert line == "Danh sách gồm 3 học sinh. Số chỗ sửa chữa trong danh sách: 120."


def test_personal_sheet_fills_the_page() -> None:
    assert sum(width for _, width in wording.STUDENT_LIST_COLUMNS) == 273


@pytest.mark.parametrize("term", [1, 2])
@pytest.mark.parametrize("kind", [SubjectKind.SCORED, SubjectKind.COMMENT])
def test_subject_columns_fill_the_page(sample: SimpleNamespace, kind: SubjectKind, term: int) -> None:
    page = sample.subject(1, kind=kind, term=term)
    rows = head_rows(page)
    assert sum(cell.colspan for cell in rows[0]) == (10 if term == 1 else 12)
    assert all(cell.width > 0 for row in rows for cell in row if cell.colspan == 1)


def test_scored_heads_in_official_order(sample: SimpleNamespace) -> None:
    first, second = head_rows(sample.subject(1, term=2))
    assert [cell.label + cell.index for cell in first] == [
        "TT", "Họ và tên", "ĐĐGtx", "ĐĐGgk", "ĐĐGck", "ĐTBmhkII", "ĐTBmcn", "Đánh giá lại", "Ghi chú",
    ]  # fmt: skip
    assert [cell.label for cell in second] == ["1", "2", "3", "4"]


def test_a_stamp_needs_a_time_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        PrintStamp(datetime(2027, 1, 15, 14, 32), "hoapt", "Phạm Thị Hoa", 1)  # noqa: DTZ001 (the point)
    assert PrintPurpose.PERIODIC.label == "In định kỳ"
