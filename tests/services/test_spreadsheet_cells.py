"""What cells mean, and what is written: every sort of bad cell, harmless exports, templates."""

import unicodedata
from datetime import date, datetime, time
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from app.services.spreadsheets import cells, reading, rows, writing
from app.services.spreadsheets.columns import Kind
from app.services.spreadsheets.kinds import CLASSES, KINDS, STUDENTS
from app.services.spreadsheets.plan import BadFile, Problem, Refused
from app.services.spreadsheets.reading import read_table
from app.services.spreadsheets.rows import Parsed
from tests.support.workbooks import (
    STUDENT_HEADINGS,
    STUDENT_ROW,
    students,
    table,
    workbook,
)

# Excel keeps no time zone, so what openpyxl reads has none.
MIDNIGHT = datetime.combine(date(2014, 6, 5), time())
LATE = datetime.combine(date(2014, 6, 5), time(7, 30))
TURNED = datetime.combine(date(2026, 1, 6), time())

TCVN3 = "NguyÔn V¨n §øc"
VNI = "Nguyeãn Vaên Ñöùc"


def refused(data: bytes, kind: Kind = STUDENTS) -> tuple[Problem, ...]:
    """What the reader says about a file it does not take."""
    with pytest.raises(BadFile) as caught:
        read_table(data, kind.columns)
    for problem in caught.value.problems:
        assert "%(" not in problem.text(), problem
    return caught.value.problems


def parsed(data: bytes, kind: Kind = STUDENTS) -> Parsed:
    return Parsed(kind, read_table(data, kind.columns))


def only_problem(data: bytes, kind: Kind = STUDENTS) -> Problem:
    """The one thing wrong with the one bad row."""
    found = [problem for row in parsed(data, kind).rows for problem in row.problems]
    assert len(found) == 1, found
    return found[0]


# -- rows and cells ---------------------------------------------------------------------------------------------


def hide_row_3(sheet: Any) -> None:
    sheet.row_dimensions[3].hidden = True


@pytest.mark.parametrize(
    ("data", "message", "column"),
    [
        (students(STUDENT_ROW, STUDENT_ROW, change=hide_row_3), reading.HIDDEN_ROW, ""),
        (
            students(STUDENT_ROW, STUDENT_ROW, change=lambda s: s.merge_cells("D3:D4")),
            reading.MERGED_CELLS,
            "D",
        ),
        (students(STUDENT_ROW, ("=A2", *STUDENT_ROW[1:])), reading.FORMULA, "Họ và tên"),
        (students(STUDENT_ROW, (*STUDENT_ROW[:3], "#N/A")), reading.EXCEL_ERROR, "Lớp"),
        (students(STUDENT_ROW, ("", *STUDENT_ROW[1:])), rows.REQUIRED, "Họ và tên"),
    ],
)
def test_what_a_cell_may_not_be_is_named_with_row_and_column(data: bytes, message: str, column: str) -> None:
    problem = only_problem(data)
    assert (problem.message, problem.row_no, problem.column) == (message, 3, column)


@pytest.mark.parametrize(
    ("born", "words"),
    [
        ("31/02/2014", "Month 2 of 2014 has no day 31"),
        ("03/25/2014", "no month 25"),
        ("05/06/14", "is not a date"),
        ("hôm qua", "is not a date"),
        (41795, "41795 is a number, not a date"),
        ("41795", "41795 is a number, not a date"),
        (LATE, "Write the day only"),
        (time(7, 30), "is a number, not a date"),
        (True, "is a number, not a date"),
    ],
)
def test_a_wrong_date_is_named_with_row_and_column(born: Any, words: str) -> None:
    problem = only_problem(students(STUDENT_ROW, ("Lê An", born, "Nữ", "7A")))
    assert (problem.row_no, problem.column) == (3, "Ngày sinh")
    assert words in problem.text()


@pytest.mark.parametrize(
    "born", ["05/06/2014", "5-6-2014", "5.6.2014", "2014-06-05", date(2014, 6, 5), MIDNIGHT]
)
def test_dates_are_read_however_they_are_written(born: Any) -> None:
    assert parsed(students(("Lê An", born, "Nữ", "7A"))).rows[0].get("birth_date") == date(2014, 6, 5)


def test_days_counted_from_1904_are_read_right_and_pointed_out() -> None:
    def from_1904(sheet: Any) -> None:
        sheet.parent.epoch = CALENDAR_MAC_1904

    found = parsed(students(("Lê An", date(2014, 6, 5), "Nữ", "7A"), change=from_1904))
    assert found.rows[0].get("birth_date") == date(2014, 6, 5)
    (note,) = found.notes
    assert (note.row_no, note.column, note.value) == (2, "Ngày sinh", "05/06/2014")


@pytest.mark.parametrize("name", [TCVN3, VNI])
def test_old_fonts_are_refused_with_row_and_column(name: str) -> None:
    problem = only_problem(students(STUDENT_ROW, (name, *STUDENT_ROW[1:])))
    assert (problem.row_no, problem.column) == (3, "Họ và tên")
    assert "old font" in problem.text()


def test_decomposed_accents_are_put_together_and_pointed_out() -> None:
    (row,) = parsed(
        students((unicodedata.normalize("NFD", "Lê Thị Ngọc Ánh"), "05/06/2014", "Nữ", "7A"))
    ).rows
    assert row.get("full_name") == unicodedata.normalize("NFC", "Lê Thị Ngọc Ánh")
    assert [(note.row_no, note.column) for note in row.notes] == [(2, "Họ và tên")]


NATIONAL = ("Số định danh cá nhân", *STUDENT_HEADINGS)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (24214000123, "has 11 digits instead of 12"),
        (1.23e25, "digits are lost"),
        ("2,42E+10", "digits are lost"),
        ("02421400012", "does not have 12 digits"),
        ("O24214000123", "does not have 12 digits"),
        (MIDNIGHT, "turned this into a date"),
    ],
)
def test_identity_numbers_that_excel_spoilt_are_refused(value: Any, words: str) -> None:
    problem = only_problem(students((value, *STUDENT_ROW), headings=NATIONAL))
    assert (problem.row_no, problem.column) == (2, "Số định danh cá nhân")
    assert words in problem.text()


def test_identity_numbers_that_lost_nothing_are_taken() -> None:
    def show_zeros(sheet: Any) -> None:
        sheet["A4"].number_format = "0" * 12

    data = students(
        ("024214000123", *STUDENT_ROW),
        (124214000123, *STUDENT_ROW),
        (24214000123, *STUDENT_ROW),
        headings=NATIONAL,
        change=show_zeros,
    )
    assert [row.get("national_id") for row in parsed(data).rows] == [
        "024214000123",
        "124214000123",
        "024214000123",
    ]


def test_a_phone_without_its_zero_and_a_class_turned_date_are_refused() -> None:
    headings = (*STUDENT_HEADINGS, "Điện thoại")
    assert only_problem(students((*STUDENT_ROW, 912345678), headings=headings)).message == cells.PHONE_NUMBER
    turned = workbook(("Tên lớp", "Khối", "Thứ tự"), (TURNED, 6, 1))
    problem = only_problem(turned, CLASSES)
    assert (problem.message, problem.column) == (cells.BECAME_DATE, "Tên lớp")


def test_values_outside_a_list_are_refused_and_other_spellings_understood() -> None:
    headings = (*STUDENT_HEADINGS, "Dân tộc")
    assert only_problem(students((*STUDENT_ROW, "Sao Hỏa"), headings=headings)).message == cells.OUTSIDE_LIST
    spelt = students(*((*STUDENT_ROW, text) for text in ("H'Mông", "08", 8, "hmong")), headings=headings)
    assert {row.get("ethnicity_code") for row in parsed(spelt).rows} == {"08"}


def test_the_order_of_an_ede_name_is_asked_for() -> None:
    found = parsed(
        table(
            [*STUDENT_HEADINGS, "Họ", "Tên đệm", "Tên"],
            dict(zip(STUDENT_HEADINGS, ("Y Khương Byă", *STUDENT_ROW[1:]), strict=True)),
        )
    )
    (row,) = found.rows
    found.person_name(row, None)
    assert [problem.message for problem in row.problems] == [rows.ORDER_UNKNOWN]
    row.problems.clear()
    row.values |= {"family_name": "Byă", "middle_name": "Y", "given_name": "Khương"}
    name = found.person_name(row, None)
    assert name is not None
    assert (name.family, name.middle, name.given, name.written) == ("Byă", "Y", "Khương", "Y Khương Byă")


@pytest.mark.parametrize(
    ("read", "raw", "message"),
    [
        (cells.text(5), "quá dài", cells.TOO_LONG),
        (cells.text(5), True, cells.NOT_TEXT),
        (cells.identifier(), "01 23", cells.INNER_SPACE),
        (cells.identifier(), 123, cells.LOST_ZERO),
        (cells.email, "khong co", cells.NOT_EMAIL),
        (cells.whole(1, 12), "13", cells.NOT_WHOLE),
        (cells.whole(1, 12), 6.5, cells.NOT_WHOLE),
        (cells.whole(1, 12), True, cells.NOT_WHOLE),
        (cells.yes_no, "có lẽ", cells.YES_OR_NO),
        (cells.gradebook_columns, "TX1, TX9", cells.NO_SUCH_COLUMN),
    ],
)
def test_cells_that_are_not_what_their_column_wants(read: cells.Reader, raw: Any, message: str) -> None:
    with pytest.raises(Refused) as caught:
        read(raw)
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("read", "raw", "value"),
    [
        (cells.text(20), 12, "12"),
        (cells.text(20), 12.5, "12,5"),
        (cells.whole(1, 12), "Khối 7", 7),
        (cells.yes_no, "X", True),
        (cells.yes_no, False, False),
        (cells.yes_no, "không", False),
        (cells.gradebook_columns, "CK; TX2,gk", ("regular_2", "midterm", "final")),
        (cells.code("sex"), 2, "02"),
    ],
)
def test_cells_are_understood(read: cells.Reader, raw: Any, value: Any) -> None:
    assert read(raw) == value


def test_numbering_is_not_read_and_numbered_blank_lines_are_no_rows() -> None:
    data = students(("=A1+1", *STUDENT_ROW), (2,), (3,), headings=("STT", *STUDENT_HEADINGS))
    (row,) = parsed(data).rows
    assert (row.number, row.problems) == (2, [])


def test_a_name_longer_than_its_column_is_refused() -> None:
    found = parsed(students(("N" + "ga" * 30 + " Anh", *STUDENT_ROW[1:])))
    found.person_name(found.rows[0], None)
    assert [(p.column, p.message) for p in found.rows[0].problems] == [("Họ", cells.TOO_LONG)]


# -- writing ----------------------------------------------------------------------------------------------------

DANGEROUS = (
    "=1+1",
    "+84 912",
    "-5",
    "@SUM(A1)",
    "'=already",
    "\t=tab",
    "＝wide",
    '=HYPERLINK("http://x")',
    "''-two",
)


@pytest.mark.parametrize("text", DANGEROUS)
def test_nothing_exported_is_ever_a_formula_and_it_comes_back_as_it_was(text: str) -> None:
    stream = BytesIO()
    row = {
        "full_name": "Lê An",
        "birth_date": date(2014, 6, 5),
        "sex_code": "02",
        "class_name": "7A",
        "note": text,
    }
    assert writing.write_export(stream, STUDENTS, [row], {}) == 1
    sheet = load_workbook(BytesIO(stream.getvalue())).worksheets[0]
    written = [cell for line in sheet.iter_rows() for cell in line if isinstance(cell.value, str)]
    assert all(cell.data_type == "s" and cell.value[0] not in cells.HARMFUL for cell in written)
    (back,) = parsed(stream.getvalue()).rows
    assert back.get("note") == " ".join(text.split())
    assert not back.problems


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_a_template_has_its_example_its_lists_and_reads_back_as_empty(kind: Kind) -> None:
    stream = BytesIO()
    writing.write_template(stream, kind, writing.lists_of(kind, {"class_name": ["7A", "7B"]}))
    book = load_workbook(BytesIO(stream.getvalue()))
    assert book.sheetnames == [kind.sheet, writing.LISTS_SHEET, writing.GUIDE_SHEET]
    assert [cell.value for cell in book[kind.sheet][1]] == [column.heading for column in kind.columns]
    assert book[kind.sheet]["A2"].value == "VD"
    found = parsed(stream.getvalue(), kind)
    assert found.rows == []
    assert [note.message for note in found.notes] == [rows.EXAMPLE_SKIPPED]


def test_the_example_row_would_be_sound_if_it_were_a_row() -> None:
    for kind in KINDS.values():
        stream = BytesIO()
        writing.write_template(stream, kind, {})
        book = load_workbook(BytesIO(stream.getvalue()))
        book[kind.sheet]["A2"] = 1
        again = BytesIO()
        book.save(again)
        assert [row.problems for row in parsed(again.getvalue(), kind).rows] == [[]], kind.name


def test_exported_marks_are_exact() -> None:
    assert str(Decimal("7.3")) == "7.3"
    data = workbook(("STT", "Họ và tên", "Ngày sinh"), (Decimal("7.3"), "x", None))
    assert load_workbook(BytesIO(data)).active["A2"].value == 7.3
