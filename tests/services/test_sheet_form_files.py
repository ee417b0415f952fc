"""Files of sheets of every form: out, filled in, back, and the same again."""

from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from openpyxl import load_workbook

from app.domain.sheet_forms import SheetForm
from app.extensions import db
from app.models import GradebookSheet
from app.services import sheet_files
from app.services.sheet_cells import row_cells
from app.services.sheet_reading import load_lines
from tests.factories import sheet_forms
from tests.factories.province import Province
from tests.services.helpers import acting
from tests.services.test_sheet_files import FIRST, HEADING_ROW, edited

FIRST_CELL = 5
"""The first column after number, student number, name and birth date."""

FORMS: dict[str, tuple[tuple[str, ...], tuple[Any, ...], tuple[str | None, ...], tuple[str, ...]]] = {
    # headings, what is typed into the first row, what the dry run shows, what the row then holds (as its table has it)
    SheetForm.WEIGHTED: (
        ("TX1", "TX2", "TX3", "TX4", "KTđk1", "KTđk2", "KThk", "ĐTBmhk", "Nhận xét"),
        (7, "8,5", 6.5, 9, "7,5", 8, 7, None, "Có tiến bộ"),
        ("7,0", "8,5", "6,5", "9,0", "7,5", "8,0", "7,0", None, "Có tiến bộ"),
        ("7.0", "8.5", "6.5", "9.0", "7.0", "7.5", "8.0", "Có tiến bộ"),
    ),
    SheetForm.PRIMARY: (
        (
            "Mức đạt được giữa HKI", "Điểm KTĐK giữa HKI", "Nhận xét giữa HKI",
            "Mức đạt được cuối HKI", "Điểm KTĐK cuối HKI", "Nhận xét cuối HKI",
        ),
        ("T", 9, "Tính nhanh", "hoàn thành", "10", "-Tốt"),
        ("T", "9", "Tính nhanh", "H", "10", "-Tốt"),
        ("9.0", "10.0", "T", "H", "Tính nhanh", "-Tốt"),
    ),
    SheetForm.TRAINING: (
        ("Kết quả rèn luyện", "Nghỉ có phép", "Nghỉ không phép", "Nhận xét"),
        ("cđ", 3, 0, "Vi phạm nội quy"),
        ("Chưa đạt", "3", "0", "Vi phạm nội quy"),
        ("not_passed", "3", "0", "Vi phạm nội quy"),
    ),
    sheet_forms.CONDUCT: (
        ("Hạnh kiểm", "Nghỉ có phép", "Nghỉ không phép", "Nhận xét"),
        ("Tb", 12, "1", None),
        ("Trung bình", "12", "1", None),
        ("average", "12", "1"),
    ),
}  # fmt: skip


@pytest.fixture
def sheets(app: Flask, province: Province) -> dict[str, int]:
    return sheet_forms.build(province)


class File:
    """A sheet's file in the hands of its teacher."""

    def __init__(self, province: Province, sheets: dict[str, int], form: str) -> None:
        self.sheet_id, self.clock = sheets[form], province.clock
        self.actor = acting(province, sheet_forms.TEACHERS[form])

    def exported(self) -> bytes:
        return sheet_files.export_sheet(self.actor, self.sheet_id, clock=self.clock)[1]

    def dry(self, data: bytes) -> Any:
        return sheet_files.dry_run_sheet(self.actor, self.sheet_id, data, clock=self.clock)

    def carry_out(self, data: bytes) -> Any:
        digest = self.dry(data).plan.digest
        return sheet_files.import_sheet(self.actor, self.sheet_id, data, digest, "Tuần 10", clock=self.clock)

    def line(self) -> Any:
        sheet = db.session.get_one(GradebookSheet, self.sheet_id)
        return load_lines(db.session(), sheet)[0]


def row_of(data: bytes, row: int) -> list[Any]:
    page = load_workbook(BytesIO(data)).worksheets[0]
    return [cell.value for cell in page[row]][FIRST_CELL - 1 :]


def filled(data: bytes, values: tuple[Any, ...]) -> bytes:
    def fill(page: Any) -> None:
        for place, value in enumerate(values, start=FIRST_CELL):
            page.cell(FIRST, place).value = value

    return edited(data, fill)


@pytest.mark.parametrize("form", FORMS)
def test_a_sheet_goes_out_comes_back_filled_and_then_changes_nothing(
    province: Province, sheets: dict[str, int], form: str
) -> None:
    headings, typed, shown, kept = FORMS[form]
    file = File(province, sheets, form)
    blank = file.exported()
    assert tuple(row_of(blank, HEADING_ROW)) == headings
    found = file.dry(filled(blank, typed))
    assert [change.new for change in found.changes] == [text for text in shown if text is not None]
    file.carry_out(filled(blank, typed))
    line = file.line()
    columns = [name for name in row_cells(line.grade.sheet.form) if line.value(name) is not None]
    assert [str(line.value(name)) for name in columns] == list(kept)
    again = file.exported()
    assert not file.dry(again).changes
    assert {row.verdict for row in file.dry(again).plan.rows} == {"same"}


def test_traits_stand_under_their_names_at_both_points(province: Province, sheets: dict[str, int]) -> None:
    file = File(province, sheets, SheetForm.TRAITS)
    blank = file.exported()
    headings = row_of(blank, HEADING_ROW)
    assert (len(headings), len(set(headings))) == (32, 32)
    assert (headings[0], headings[15], headings[16], headings[31]) == (
        "Yêu nước giữa HKI", "Nhận xét giữa HKI", "Yêu nước cuối HKI", "Nhận xét cuối HKI",
    )  # fmt: skip
    values = tuple("TĐC"[place % 3] for place in range(15)) + ("Ngoan", "t") + ("d",) * 14
    file.carry_out(filled(blank, values))
    line = file.line()
    assert (line.value("midterm_trait_2"), line.value("final_trait_15")) == ("Đ", "Đ")
    assert (line.value("midterm_comment"), line.value("comment")) == ("Ngoan", None)
    assert not file.dry(file.exported()).changes


@pytest.mark.parametrize(
    ("form", "place", "typed", "says"),
    [
        (SheetForm.PRIMARY, 0, "Đ", "done well"),
        (SheetForm.PRIMARY, 1, 8.5, "whole numbers"),
        (SheetForm.TRAITS, 0, "H", "needs effort"),
        (SheetForm.TRAINING, 0, "Trung bình", "Chưa đạt"),
        (SheetForm.TRAINING, 1, "nhiều", "whole number of sessions"),
        (SheetForm.TRAINING, 2, 401, "whole number of sessions"),
        (SheetForm.WEIGHTED, 4, 85, "decimal comma"),
    ],
)
def test_what_a_cell_cannot_hold_is_named(
    province: Province, sheets: dict[str, int], form: str, place: int, typed: Any, says: str
) -> None:
    file = File(province, sheets, form)
    blank = file.exported()
    values = (None,) * place + (typed,)
    (problem, *_more) = file.dry(filled(blank, values)).plan.problems
    assert says in problem.message
    assert problem.column == row_of(blank, HEADING_ROW)[place]
