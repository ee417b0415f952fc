"""Reading workbooks without a database: every sort of bad file, and what cells mean."""

import unicodedata
import zipfile
from datetime import date, datetime, time
from io import BytesIO
from typing import Any

import pytest
from openpyxl import Workbook

from app.domain.names import OLD_FONT
from app.services.spreadsheets import archive, reading
from app.services.spreadsheets.columns import Kind, heading_key, known_headings
from app.services.spreadsheets.kinds import KINDS, STUDENTS
from app.services.spreadsheets.plan import BadFile, Problem
from app.services.spreadsheets.reading import read_table
from app.services.spreadsheets.rows import Parsed
from tests.support.workbooks import (
    STUDENT_HEADINGS,
    STUDENT_ROW,
    repacked,
    resheeted,
    students,
    with_shared_strings,
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


# -- files that are no workbook ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", archive.EMPTY),
        (b"\0\0\n ", archive.EMPTY),
        (b"%PDF-1.7 no workbook", archive.NOT_XLSX),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"Workbook" * 100, archive.OLD_XLS),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            archive.LOCKED_FILE,
        ),
        ("<html><table><tr><td>Họ và tên</td></tr></table></html>".encode(), archive.WEB_PAGE),
        (b"\xef\xbb\xbf  <!DOCTYPE html>\n<table>", archive.WEB_PAGE),
        (b"<?xml version='1.0'?><Workbook xmlns='urn:schemas-microsoft-com'>", archive.WEB_PAGE),
        ("<html><table></table>".encode("utf-16"), archive.WEB_PAGE),
        ("Họ và tên;Ngày sinh\nA;1/1/2014\n".encode(), archive.PLAIN_TEXT),
        (b"PK\x03\x04 cut off", archive.DAMAGED),
    ],
)
def test_what_is_no_workbook_is_named(data: bytes, message: str) -> None:
    assert [problem.message for problem in refused(data)] == [message]


def test_another_office_file_is_no_workbook() -> None:
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as other:
        other.writestr("[Content_Types].xml", "<Types/>")
        other.writestr("word/document.xml", "<document/>")
    assert refused(stream.getvalue())[0].message == archive.NOT_XLSX


def test_macros_are_not_taken() -> None:
    data = repacked(students(STUDENT_ROW), {}, {"xl/vbaProject.bin": b"\xd0\xcf"})
    assert refused(data)[0].message == archive.MACROS


@pytest.mark.parametrize(
    "part", ["xl/workbook.xml", "xl/styles.xml", "xl/worksheets/sheet1.xml", "[Content_Types].xml"]
)
def test_a_damaged_part_is_told(part: str) -> None:
    data = repacked(students(STUDENT_ROW), {part: lambda xml: xml[: len(xml) // 2]})
    assert refused(data)[0].message == archive.DAMAGED


def test_a_flipped_bit_is_told() -> None:
    data = bytearray(students(STUDENT_ROW))
    data[data.index(b"xl/worksheets/sheet1.xml") + 60] ^= 0xFF
    assert refused(bytes(data))[0].message == archive.DAMAGED


# -- sizes ------------------------------------------------------------------------------------------------------


def test_a_file_that_unpacks_to_60_mb_is_not_opened() -> None:
    data = repacked(students(STUDENT_ROW), {}, {"xl/media/picture.bin": b"\0" * (60 * 1024 * 1024)})
    assert len(data) < 100_000
    assert refused(data)[0].message == archive.TOO_LARGE_INSIDE


def test_a_directory_that_lies_about_sizes_does_not_help() -> None:
    data = bytearray(
        repacked(students(STUDENT_ROW), {}, {"xl/media/picture.bin": b"\0" * (60 * 1024 * 1024)})
    )
    true, false = (60 * 1024 * 1024).to_bytes(4, "little"), (1000).to_bytes(4, "little")
    assert true in data
    data = data.replace(true, false)
    assert refused(bytes(data))[0].message == archive.DAMAGED


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/sharedStrings.xml"])
def test_a_bomb_of_entities_is_not_unfolded(part: str) -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    data = with_shared_strings(students(STUDENT_ROW))
    data = repacked(data, {part: lambda xml: bomb + xml.removeprefix(b'<?xml version="1.0"?>')})
    assert refused(data)[0].message == archive.DAMAGED


def test_50_000_rows_are_refused_at_the_row_where_it_is_too_much() -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(STUDENT_HEADINGS)
    for _number in range(50_000):
        sheet.append(STUDENT_ROW)
    stream = BytesIO()
    book.save(stream)
    problem = refused(stream.getvalue())[0]
    assert problem.message == archive.TOO_MANY_ROWS
    assert problem.row_no == archive.MAX_ROWS + archive.HEADING_ROWS + 1


def test_10_001_rows_are_one_too_many() -> None:
    problem = refused(students(*[STUDENT_ROW] * 10_001))[0]
    assert (problem.message, problem.row_no) == (archive.TOO_MANY_ROWS, 10_002)


def test_101_columns_are_one_too_many() -> None:
    problem = refused(workbook([*STUDENT_HEADINGS, *(f"Cột {n}" for n in range(97))]))[0]
    assert (problem.message, problem.column) == (archive.TOO_MANY_COLUMNS, "CW")


def test_a_row_that_comes_twice_is_not_dropped_silently() -> None:
    data = resheeted(students(STUDENT_ROW, STUDENT_ROW), r'<row r="3">', '<row r="2">')
    assert refused(data)[0].message == archive.DAMAGED


def test_formatted_but_empty_rows_far_below_do_no_harm() -> None:
    data = resheeted(students(STUDENT_ROW), "</sheetData>", '<row r="1048576" ht="15"/></sheetData>')
    assert [row.number for row in read_table(data, STUDENTS.columns).rows] == [2]


# -- headings ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "spelling",
    [
        "HỌ VÀ TÊN",
        " họ  và\ntên ",
        "Họ và tên (*)",
        "Ho va ten",
        unicodedata.normalize("NFD", "Họ và tên"),
        "Họ tên",
    ],
)
def test_headings_are_found_by_text_in_any_spelling_and_order(spelling: str) -> None:
    data = workbook(
        ["DANH SÁCH HỌC SINH"],
        [],
        ["Lớp", "Giới tính", "Ngày sinh (dd/mm/yyyy)", spelling],
        ["7A", "Nam", "05/06/2014", "Trần Văn Bình"],
    )
    (row,) = parsed(data).rows
    assert row.values == {
        "full_name": "Trần Văn Bình",
        "birth_date": date(2014, 6, 5),
        "sex_code": "01",
        "class_name": "7A",
    }


def test_a_workbook_as_excel_writes_it_reads_the_same() -> None:
    data = students(STUDENT_ROW, ("Lê Ánh", "01/02/2014", "Nữ", "7B"))
    assert parsed(with_shared_strings(data)).rows == parsed(data).rows


def test_no_heading_or_alias_means_two_columns() -> None:
    for kind in KINDS.values():
        keys = [heading_key(name) for column in kind.columns for name in {column.heading, *column.aliases}]
        owners = {heading_key(n): c.field for c in kind.columns for n in (c.heading, *c.aliases)}
        assert all(keys)
        assert {known_headings(kind.columns)[key].field for key in keys} == set(owners.values())
        for column in kind.columns:
            for name in (column.heading, *column.aliases):
                assert known_headings(kind.columns)[heading_key(name)].field == column.field, name


@pytest.mark.parametrize(
    ("data", "message", "row", "column"),
    [
        (students(headings=STUDENT_HEADINGS), reading.NO_ROWS, 1, ""),
        (workbook(), reading.NO_TABLE, None, ""),
        (workbook(["một", "hai"], ["ba", "bốn"]), reading.NO_TABLE, None, ""),
        (students(STUDENT_ROW, change=lambda s: s.merge_cells("A1:B1")), reading.MERGED_HEADING, 1, "A"),
        (workbook((*STUDENT_HEADINGS, "Chiều cao"), (*STUDENT_ROW, 150)), reading.UNKNOWN_COLUMN, 1, "E"),
        (workbook((*STUDENT_HEADINGS, "Họ tên"), (*STUDENT_ROW, "x")), reading.SAME_HEADING, 1, "E"),
        (workbook(STUDENT_HEADINGS[:3], STUDENT_ROW[:3]), reading.MISSING_COLUMN, 1, "Lớp"),
        (workbook(("", *STUDENT_HEADINGS), (*STUDENT_ROW, "x")), reading.NO_HEADING, 2, "A"),
        (workbook((*STUDENT_HEADINGS, ""), (*STUDENT_ROW, "x")), reading.NO_HEADING, 2, "E"),
        (
            workbook(["Họ và tên"], ["", *STUDENT_HEADINGS[1:]], STUDENT_ROW),
            reading.SPLIT_HEADINGS,
            1,
            "A",
        ),
        (
            workbook([TCVN3], STUDENT_ROW),
            OLD_FONT,
            1,
            "A",
        ),
    ],
)
def test_wrong_headings_are_named_with_their_place(
    data: bytes, message: str, row: int | None, column: str
) -> None:
    problem = refused(data)[0]
    assert (problem.message, problem.row_no, problem.column) == (message, row, column)


def test_values_under_shifted_headings_are_refused_cell_by_cell() -> None:
    data = students(("x", "Trần Văn Bình", "05/06/2014", "Nam"), headings=STUDENT_HEADINGS)
    problems = parsed(data).rows[0].problems
    assert [(p.row_no, p.column) for p in problems] == [(2, "Ngày sinh"), (2, "Giới tính")]


def test_merged_titles_above_the_headings_are_no_concern() -> None:
    def title(sheet: Any) -> None:
        sheet.insert_rows(1, 2)
        sheet["A1"] = "DANH SÁCH HỌC SINH NĂM HỌC 2026-2027"
        sheet.merge_cells("A1:D2")

    (row,) = parsed(students(STUDENT_ROW, change=title)).rows
    assert (row.number, row.problems) == (4, [])


def test_a_hidden_column_is_named() -> None:
    def hide(sheet: Any) -> None:
        sheet.column_dimensions["B"].hidden = True

    problem = refused(students(STUDENT_ROW, change=hide))[0]
    assert (problem.message, problem.column) == (reading.HIDDEN_COLUMN, "Ngày sinh")


def test_two_tables_and_a_hidden_sheet_are_refused() -> None:
    def another(sheet: Any) -> None:
        other = sheet.parent.create_sheet("7B")
        other.append(list(STUDENT_HEADINGS))

    def hide(sheet: Any) -> None:
        sheet.parent.create_sheet("Trống")
        sheet.sheet_state = "hidden"

    assert refused(students(STUDENT_ROW, change=another))[0].message == reading.TWO_TABLES
    assert refused(students(STUDENT_ROW, change=hide))[0].message == reading.HIDDEN_SHEET
