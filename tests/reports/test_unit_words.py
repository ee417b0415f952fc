"""A print in the words of its unit: what the form says changes, what people wrote and their names stay."""

from datetime import date

import pytest

from app.domain.vocabulary import UnitKind
from app.reports.contexts import PrintedMark, Signature
from app.reports.decision_grounds import CHARTERS
from app.reports.figures import Figures, Sheet
from app.reports.form import Signatory
from app.reports.rewording import reworded
from app.reports.summaries import Head, Row, Summary, Table
from app.reports.unit_words import UnitWords

CENTRE, PRESCHOOL, SCHOOL = UnitWords.CENTRE, UnitWords.PRESCHOOL, UnitWords.SCHOOL


@pytest.mark.parametrize(
    ("unit", "said", "says"),
    [
        (CENTRE, "Họ và tên học sinh", "Họ và tên học viên"),
        (CENTRE, "CHA MẸ HỌC SINH", "CHA MẸ HỌC VIÊN"),
        (CENTRE, "Học sinh Giỏi", "Học viên Giỏi"),
        (CENTRE, "PHÊ DUYỆT CỦA HIỆU TRƯỞNG", "PHÊ DUYỆT CỦA GIÁM ĐỐC"),
        (CENTRE, "hồ sơ của nhà trường", "hồ sơ của trung tâm"),
        (CENTRE, "Số HS được đánh giá", "Số HV được đánh giá"),
        (CENTRE, "Trường", "Trung tâm"),
        (CENTRE, "Trường Trung học cơ sở Ví Dụ", "Trường Trung học cơ sở Ví Dụ"),
        (CENTRE, "Trần Học Sinh, Lê Nhà Trường", "Trần Học Sinh, Lê Nhà Trường"),
        (PRESCHOOL, "Học sinh vào trường: 12 học sinh", "Trẻ em vào trường: 12 trẻ em"),
        (PRESCHOOL, "Hiệu trưởng", "Hiệu trưởng"),
        (SCHOOL, "Học sinh của nhà trường", "Học sinh của nhà trường"),
    ],
)
def test_the_words_of_a_unit(unit: UnitWords, said: str, says: str) -> None:
    assert unit.say(said) == says


def test_units_by_their_kind() -> None:
    assert UnitWords.of(UnitKind.VOCATIONAL_CENTRE) is UnitWords.of(UnitKind.PROVINCIAL_CENTRE) is CENTRE
    assert UnitWords.of(UnitKind.PRESCHOOL) is PRESCHOOL
    assert UnitWords.of(UnitKind.MULTI_LEVEL) is SCHOOL
    assert (CENTRE.head, SCHOOL.head) == ("Giám đốc", "Hiệu trưởng")


def test_what_people_wrote_stays() -> None:
    remark = "Học sinh ngoan, được nhà trường khen."
    values = ("Học sinh Giỏi", PrintedMark("Học sinh Xuất sắc", "Học sinh Giỏi"), remark)
    table = Table((Head("Số HS", 10),), (Row(1, "Hoàng Học Sinh", values),))
    signatures = (Signature(Signatory.PARENT), Signature(Signatory.PRINCIPAL, "Ma Thị Ví", "QUYỀN GIÁM ĐỐC"))
    page = reworded(
        Summary("BẢNG CỦA TRƯỜNG", "", (table,), (("Tổng số học sinh", "1"),), "", signatures), CENTRE
    )
    (row,) = page.tables[0].rows
    assert (row.name, row.values[2]) == ("Hoàng Học Sinh", remark)
    assert row.values[:2] == ("Học viên Giỏi", PrintedMark("Học viên Xuất sắc", "Học viên Giỏi"))
    assert page.tables[0].heads[0].label == "Số HV"
    assert (page.title, page.totals) == ("BẢNG CỦA TRUNG TÂM", (("Tổng số học viên", "1"),))
    assert [signature.heading[0] for signature in page.signatures] == ["CHA MẸ HỌC VIÊN", "QUYỀN GIÁM ĐỐC"]


def test_lines_that_are_no_people_are_said_too() -> None:
    table = Table((Head("SL", 10),), (Row(0, "Toàn trường", ("1",)),))
    sheets = (Sheet("Kết quả", "Lớp", table, 24), Sheet("Danh sách", "Họ và tên", table, 24))
    page = reworded(Figures("", "", sheets), CENTRE)
    assert [sheet.table.rows[0].name for sheet in page.sheets] == ["Toàn trung tâm", "Toàn trường"]


def test_a_school_says_it_as_the_form_does() -> None:
    page = Summary("BẢNG CỦA TRƯỜNG", "", (), (), "", (Signature(Signatory.PRINCIPAL),))
    assert reworded(page, SCHOOL) is page


@pytest.mark.parametrize(
    ("kind", "year", "charter"),
    [
        (UnitKind.PROVINCIAL_CENTRE, 2026, "10/2021/TT-BGDĐT"),
        (UnitKind.VOCATIONAL_CENTRE, 2022, "10/2021/TT-BGDĐT"),
        (UnitKind.VOCATIONAL_CENTRE, 2026, "01/2023/TT-BGDĐT"),
    ],
)
def test_each_centre_stands_on_its_own_charter(kind: UnitKind, year: int, charter: str) -> None:
    """TT 10/2021 for GDTX centres, TT 01/2023 for GDNN-GDTX ones (facts D1)."""
    found = [ground.text for ground in CHARTERS if ground.holds(kind, (), date(year, 11, 1))]
    assert len(found) == 1
    assert charter in found[0]
