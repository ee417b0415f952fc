"""A gradebook sheet out to Excel and back: keyed by number and name, through the one path of every mark."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from openpyxl import load_workbook

from app.errors import Forbidden, Invalid, NotFound, Stale, Unavailable
from app.extensions import db
from app.models import AuditEvent, Grade, TxLog
from app.services import sheet_files
from app.services.cells import CellChange
from app.services.gradebook import enter_scores
from app.services.imports import past_imports
from app.services.spreadsheets import gradebook
from app.services.spreadsheets.plan import BadFile, RowVerdict
from app.services.spreadsheets.rows import REQUIRED
from tests.factories.province import Province
from tests.services.helpers import acting

ON_SQLITE = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
"""For judgements, which no engine does differently."""

TEACHER = "longpd.thcstk"
HEADING_ROW, FIRST = 4, 5
TX1, TX2, COMMENT = 5, 6, 12


def sheet_of(province: Province, subject: str = "math") -> int:
    return province.first.sheet_ids["7A", subject, 1]


def exported(province: Province, subject: str = "math", account: str = TEACHER) -> bytes:
    return sheet_files.export_sheet(
        acting(province, account), sheet_of(province, subject), clock=province.clock
    )[1]


def edited(data: bytes, edit: Callable[[Any], None]) -> bytes:
    book = load_workbook(BytesIO(data))
    edit(book.worksheets[0])
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def written(*cells: tuple[int, int, Any]) -> Callable[[Any], None]:
    def write(sheet: Any) -> None:
        for row, column, value in cells:
            sheet.cell(row, column).value = value

    return write


def dry(
    province: Province, data: bytes, subject: str = "math", account: str = TEACHER
) -> gradebook.SheetPlan:
    return sheet_files.dry_run_sheet(
        acting(province, account), sheet_of(province, subject), data, clock=province.clock
    )


def carry_out(province: Province, data: bytes, digest: str | None = None) -> Any:
    digest = digest or dry(province, data).plan.digest
    return sheet_files.import_sheet(
        acting(province, TEACHER), sheet_of(province), data, digest, "Điểm tuần 10", clock=province.clock
    )


def refused(plan: gradebook.SheetPlan) -> list[RowVerdict]:
    return [row for row in plan.plan.rows if row.verdict == "refused"]


def grades(province: Province) -> list[tuple[int, Any, Any]]:
    rows = sa.select(Grade).where(Grade.sheet_id == sheet_of(province)).order_by(Grade.student_id)
    return [(g.student_id, g.regular_1, g.comment) for g in db.session.scalars(rows)]


def enter(province: Province, student: int, column: str, old: str | None, new: str) -> None:
    change = CellChange(student, column, old, new)
    enter_scores(acting(province, TEACHER), sheet_of(province), [change], clock=province.clock)


def first_in_file(data: bytes) -> int:
    return load_workbook(BytesIO(data)).worksheets[0].cell(FIRST, 2).value


def test_marks_go_out_and_come_back_and_again_change_nothing(app: Flask, province: Province) -> None:
    student = province.first.student_ids[0]
    enter(province, student, "regular_1", None, "7,3")
    enter(province, student, "comment", None, "-Cố gắng hơn")
    data = exported(province)
    assert not dry(province, data).changes
    assert {row.verdict for row in dry(province, data).plan.rows} == {"same"}

    filled = edited(data, written((FIRST, TX1, 8.5), (FIRST, TX2, "9,0"), (FIRST + 1, TX1, 10)))
    found = dry(province, filled)
    assert len(found.changes) == 3
    assert ("TX2", "", "9,0") in found.plan.rows[0].changes
    saved = carry_out(province, filled, found.plan.digest)
    assert len(saved.cells) == 3
    logged = db.session.scalars(sa.select(TxLog).where(TxLog.action == "sheet.import")).one()
    assert logged.reason == "Điểm tuần 10"
    listed = past_imports(db.session(), acting(province, "quantb.thcstk"), date(2026, 11, 16), limit=5)
    assert [(line.name, line.by, line.sheet.id if line.sheet else None) for line in listed] == [
        ("Điểm tuần 10", "Phạm Đức Long", sheet_of(province))
    ]
    assert listed[0].counts == found.plan.counts
    with pytest.raises(Invalid):
        carry_out(province, filled)
    event = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "sheet.export")).first()
    assert event is not None
    assert event.target_id == sheet_of(province)


@ON_SQLITE
def test_saved_marks_are_never_called_unsaved(
    app: Flask, province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line in the list of imports is written after them: when it can't be, they stand all the same."""

    def full_disk(*_arguments: Any, **_facts: Any) -> None:
        raise Unavailable("The server's disk is full.")

    data = edited(exported(province), written((FIRST, TX1, 8.5)))
    found = dry(province, data)
    monkeypatch.setattr(sheet_files, "record_event", full_disk)
    assert len(carry_out(province, data, found.plan.digest).cells) == 1
    assert [str(mark) for _student, mark, _comment in grades(province)] == ["8.5"]


@ON_SQLITE
def test_a_comment_is_no_formula_and_comes_back_as_it_was(app: Flask, province: Province) -> None:
    enter(province, province.first.student_ids[0], "comment", None, "=HYPERLINK(1)")
    data = exported(province)
    cells = [cell for row in load_workbook(BytesIO(data)).worksheets[0].iter_rows() for cell in row]
    assert all(cell.data_type != "f" for cell in cells)
    assert not dry(province, data).changes


def test_a_shifted_block_is_refused_whole(app: Flask, province: Province) -> None:
    data = exported(province)

    def shift_names(sheet: Any) -> None:
        last = sheet.max_row
        names = [sheet.cell(row, 3).value for row in range(FIRST, last + 1)]
        for row, name in zip(range(FIRST, last + 1), [*names[1:], names[0]], strict=True):
            sheet.cell(row, 3).value = name
            sheet.cell(row, TX1).value = 8

    found = dry(province, edited(data, shift_names))
    assert len(refused(found)) == len(found.plan.rows)
    assert {(p.column, p.message) for p in found.plan.problems} == {("Họ và tên", gradebook.SHIFTED)}
    with pytest.raises(Invalid):
        carry_out(province, edited(data, shift_names))
    assert grades(province) == []


@ON_SQLITE
def test_marks_that_slid_below_the_last_student_are_refused(app: Flask, province: Province) -> None:
    data = exported(province)
    last = FIRST + len(dry(province, data).plan.rows)
    (row,) = refused(dry(province, edited(data, written((last, TX1, 8)))))
    assert [(p.row_no, p.column, p.message) for p in row.problems] == [
        (last, "Mã HS", REQUIRED),
        (last, "Họ và tên", REQUIRED),
    ]


@ON_SQLITE
@pytest.mark.parametrize(
    ("cell", "column", "message"),
    [
        ((FIRST, 2, 987654), "Mã HS", gradebook.NO_SUCH_STUDENT),
        ((FIRST, 4, date(2010, 1, 1)), "Ngày sinh", gradebook.OTHER_BIRTH),
        ((FIRST, TX1, 85), "TX1", "The decimal comma is missing."),
        ((FIRST, TX1, 7.25), "TX1", "A mark has one decimal at most."),
        ((FIRST, TX1, 120), "TX1", "A mark lies between 0 and 10."),
        ((FIRST, TX1, "vắng"), "TX1", "Type a number from 0 to 10, for example 8,5."),
        ((FIRST, TX1, date(2026, 5, 7)), "TX1", gradebook.BECAME_DATE),
        ((FIRST, TX1, True), "TX1", gradebook.NOT_TEXT),
    ],
)
def test_what_is_no_mark_of_this_student_is_named(
    app: Flask, province: Province, cell: tuple[int, int, Any], column: str, message: str
) -> None:
    (row,) = refused(dry(province, edited(exported(province), written(cell))))
    assert (row.problems[0].row_no, row.problems[0].column, row.problems[0].message) == (
        FIRST,
        column,
        message,
    )


@ON_SQLITE
def test_the_same_student_twice_is_refused(app: Flask, province: Province) -> None:
    def twice(sheet: Any) -> None:
        for column in (2, 3, 4):
            sheet.cell(FIRST + 1, column).value = sheet.cell(FIRST, column).value

    assert len(refused(dry(province, edited(exported(province), twice)))) == 2


@ON_SQLITE
def test_files_of_other_sheets_and_without_their_number_are_refused(app: Flask, province: Province) -> None:
    with pytest.raises(BadFile) as caught:
        dry(province, edited(exported(province), written((2, 1, "Mã sổ: 999999 · bản 0"))))
    assert caught.value.problems[0].message == gradebook.OTHER_SHEET
    with pytest.raises(BadFile) as caught:
        dry(province, edited(exported(province), lambda sheet: sheet.delete_rows(2)))
    assert caught.value.problems[0].message == gradebook.NO_SHEET_LINE
    with pytest.raises(BadFile):
        dry(province, exported(province, "art"))


@ON_SQLITE
def test_an_older_file_says_so_and_empties_nothing(app: Flask, province: Province) -> None:
    data = exported(province)
    student = first_in_file(data)
    enter(province, student, "regular_1", None, "9")
    found = dry(province, data)
    assert [note.message for note in found.plan.notes] == [gradebook.OLDER]
    assert not found.changes


def test_a_save_in_between_is_never_overwritten(app: Flask, province: Province) -> None:
    data = exported(province)
    student = first_in_file(data)
    filled = edited(data, written((FIRST, TX1, 6)))
    digest = dry(province, filled).plan.digest
    enter(province, student, "regular_1", None, "9")
    with pytest.raises(Stale):
        carry_out(province, filled, digest)
    assert grades(province) == [(student, Decimal("9.0"), None)]


@ON_SQLITE
def test_locked_cells_are_told_in_the_dry_run(app: Flask, province: Province) -> None:
    filled = edited(exported(province), written((FIRST, TX1, 6)))
    province.now += timedelta(days=90)
    (row,) = refused(dry(province, filled))
    assert [problem.message for problem in row.problems] == [gradebook.LOCKED_CELL]


@ON_SQLITE
def test_only_the_assigned_teacher_imports_and_exporting_has_its_own_right(
    app: Flask, province: Province
) -> None:
    data = exported(province)
    assert exported(province, account="giangnt.thcstk")
    with pytest.raises(Forbidden):
        dry(province, data, account="giangnt.thcstk")
    for stranger in ("habtt.thcstk", "longpd.thcsba"):
        with pytest.raises(NotFound):
            exported(province, account=stranger)
        with pytest.raises(NotFound):
            dry(province, data, account=stranger)


@ON_SQLITE
def test_a_comment_subject_takes_its_two_words(app: Flask, province: Province) -> None:
    data = exported(province, "art")
    found = dry(province, edited(data, written((FIRST, TX1, "Đ"), (FIRST, TX2, "chưa đạt"))), "art")
    assert [change.new for change in found.changes] == ["Đ", "CĐ"]
