"""What each form says: the columns of its circular, the names and marks of a class, drawn and read back."""

from typing import Any

import pytest

from app.domain.assessment.terms import SubjectLevel, TraitLevel
from app.domain.vocabulary import Level
from app.extensions import db
from app.models import SchoolClass
from app.reports import drawing
from app.reports.catalogue import CATALOGUE
from app.reports.contexts import PrintStamp
from app.reports.form import YEAR, DrawnFor
from app.services.clock import local_day
from app.services.documents import builders
from app.services.documents.asked import Asked
from tests.factories.province import Province
from tests.services.print_helpers import plain_text_of
from tests.services.results_helpers import YEAR_OVER, Made, fill, make_class
from tests.services.test_results_circulars import GDPT_2006
from tests.services.test_results_primary import GRADE_4, fill_primary

pytestmark = pytest.mark.poppler


@pytest.fixture
def engine_name() -> str:
    """What is read has its tests on both; here it matters what is printed."""
    return "sqlite"


def said(province: Province, made: Made, form: str, period: int = YEAR, parts: int = 40) -> str:
    """The words of the form's first parts."""
    room = db.session.get_one(SchoolClass, made.class_id)
    wanted = CATALOGUE[form]
    of = None if wanted.drawn_for is DrawnFor.UNIT else room
    asked = Asked(wanted, room.unit, room.school_year, of, period, None, local_day(province.now))
    stamp = PrintStamp(province.now, "hongvt.thcstk", "Vũ Thị Hồng", 1, seed="s", site="https://hocvu.test")
    paper = builders.build(db.session(), asked, stamp)
    drawn = list(drawing.parts_of(paper))[:parts]
    return plain_text_of(
        drawing.file_of(paper, [title for title, _draw in drawn], [draw() for _title, draw in drawn])
    )


def holds(text: str, *words: str) -> None:
    missing = [word for word in words if word not in text]
    assert missing == [], text
    assert "\u25a0" not in text
    assert "\u25a1" not in text


TT22 = {
    "school_record.tt22": (
        "HỌC BẠ", "TRUNG HỌC CƠ SỞ", "QUÁ TRÌNH HỌC TẬP", "Học kì I", "Học kì II", "Cả năm", "Được lên lớp",
        "Kết quả rèn luyện", "Kết quả học tập", "Học sinh Giỏi", "8,0", "có phép: 6; không phép: 2",
        "PHÊ DUYỆT CỦA HIỆU TRƯỞNG", "sửa chữa ở: không có",
    ),
    "mark_sheet": ("BẢNG ĐIỂM THEO MÔN CỦA HỌC SINH", "ĐĐG", "ĐTB", "Đánh giá lại", "Khoa học tự nhiên", "8,0"),
    "class_summary": (
        "BẢNG ĐIỂM TỔNG HỢP CỦA LỚP, CẢ NĂM", "Môn học đánh giá bằng nhận xét", "Kết quả học tập", "Khen thưởng",
        "Sau đánh giá lại", "Được lên lớp, hoàn thành chương trình: 2", "Không được lên lớp: 0",
    ),
    "contact_book": ("SỔ LIÊN LẠC", "Nhận xét hằng tháng", "9/2026", "5/2027", "Ý kiến của cha mẹ học sinh"),
    "class_marks": ("HỌC KÌ I", "Môn: Toán", "ĐĐG", "Danh sách gồm 2 học sinh"),
    "grade_slip": ("PHIẾU BÁO ĐIỂM", "CẢ NĂM", "Học kì II", "Kết quả cuối năm", "Được lên lớp"),
}  # fmt: skip


@pytest.mark.parametrize("form", TT22)
def test_forms_of_circular_22(province: Province, form: str) -> None:
    made = make_class(province, "8A", pupils=2)
    fill(province, made)
    province.now = YEAR_OVER
    text = said(province, made, form)
    holds(text, "8A", "2026-2027", *TT22[form])
    name = "Nguyễn Hoàng An 0"
    assert name in text or name.upper() in text


def test_the_class_book_is_complete(province: Province) -> None:
    made = make_class(province, "8A", pupils=2)
    fill(province, made)
    province.now = YEAR_OVER
    text = said(province, made, "class_book", 1)
    holds(
        text, "SƠ YẾU LÍ LỊCH", "ĐIỂM DANH: THÁNG 9 NĂM 2026", "ĐIỂM DANH: THÁNG 1 NĂM 2027", "Môn: Toán", "HỌC KÌ I",
        "TỔNG HỢP KẾT QUẢ ĐÁNH GIÁ, HỌC KÌ I", "NHẬN XÉT CỦA HIỆU TRƯỞNG",
    )  # fmt: skip
    assert "ĐIỂM DANH: THÁNG 2" not in text
    assert "ĐÁNH GIÁ, CẢ NĂM" not in text


OLD = {
    "old_book": (
        "SỔ GỌI TÊN VÀ GHI ĐIỂM", "Theo Thông tư số 58/2011/TT-BGDĐT", "SƠ YẾU LÍ LỊCH HỌC SINH", "KT thường xuyên (hệ số 1)",
        "KT định kì (hệ số 2)", "Kiểm tra lại", "TỔNG HỢP KẾT QUẢ XẾP LOẠI, CẢ NĂM", "Học lực", "NHẬN XÉT CỦA HIỆU TRƯỞNG",
    ),
    "school_record.tt58": ("HỌC BẠ", "Hạnh kiểm", "Học lực", "Điểm trung bình các môn", "Giỏi"),
    "class_summary": ("Học lực: Giỏi: 1; Khá: 0", "Hạnh kiểm", "Học sinh giỏi: 0"),  # hạnh kiểm of the year is not judged yet
}  # fmt: skip


@pytest.mark.parametrize("form", OLD)
def test_forms_of_circular_58(province: Province, form: str) -> None:
    made = make_class(province, "9A", GDPT_2006, circular="tt58-2011", grade=9, pupils=1)
    fill(province, made, mark="9.0")
    province.now = YEAR_OVER
    holds(said(province, made, form, parts=60), "9,0", *OLD[form])


PRIMARY: dict[str, tuple[str, ...]] = {
    "school_record.tt27": (
        "TIỂU HỌC", "Chiều cao", "1. Các môn học và hoạt động giáo dục", "Mức đạt được", "Điểm KTĐK",
        "2. Những phẩm chất chủ yếu", "Yêu nước", "3.1. Năng lực chung", "3.2. Năng lực đặc thù", "Công nghệ",
        "4. Đánh giá kết quả giáo dục: Hoàn thành xuất sắc", "5. Khen thưởng: Học sinh Xuất sắc",
    ),
    "primary_summary": (
        "BẢNG TỔNG HỢP KẾT QUẢ ĐÁNH GIÁ GIÁO DỤC, CUỐI NĂM", "Mức", "Phẩm chất chủ yếu", "Năng lực chung",
        "Năng lực đặc thù", "Hoàn thành xuất sắc", "Đánh giá kết quả giáo dục",
    ),
    "grade_slip": ("PHIẾU BÁO ĐIỂM", "Mức đạt được", "2. Phẩm chất và năng lực", "Hoàn thành xuất sắc"),
    "contact_book": ("SỔ LIÊN LẠC", "Điểm KTĐK"),
}  # fmt: skip


@pytest.mark.parametrize("form", PRIMARY)
def test_forms_of_primary_school(province: Province, form: str) -> None:
    made = make_class(province, "4A", GRADE_4, circular="tt27-2020", level=Level.PRIMARY, grade=4, pupils=1)
    fill_primary(province, made, made.students[0], SubjectLevel.WELL, "9", TraitLevel.GOOD)
    province.now = YEAR_OVER
    holds(said(province, made, form), "4A", *PRIMARY[form])


def test_a_record_of_a_term_has_nothing_of_the_year(province: Province) -> None:
    made = make_class(province, "8A", pupils=1)
    fill(province, made)
    province.now = YEAR_OVER
    record: Any = said(province, made, "school_record.tt22", 1)
    holds(record, "8,0", "Tốt")
    assert "Được lên lớp" not in record.replace("Được lên lớp hoặc", "")
    assert "Học sinh Giỏi" not in record


SCHOOL: dict[str, tuple[str, ...]] = {
    "year_ratings": ("ĐIỂM BÌNH QUÂN, XẾP LOẠI CẢ NĂM", "Kết quả cả năm của các môn học", "HK II", "Số lượng và tỷ lệ của lớp"),
    "subject_rates": ("TỶ LỆ XẾP LOẠI VĂN HÓA THEO MÔN, CẢ NĂM", "≥ 8,0", "6,5 – < 8,0", "5,0 trở lên", "Miễn"),
    "class_quality": ("SỔ THEO DÕI CHẤT LƯỢNG GIÁO DỤC: LỚP 8A", "Kết quả rèn luyện: Tốt", "Học sinh cần hỗ trợ"),
    "school_ratings": ("TỔNG HỢP XẾP LOẠI TOÀN TRƯỜNG, CẢ NĂM", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Chưa có", "Toàn trường"),
    "school_subject_rates": ("Khối 8 (1 lớp)", "Toàn trường (", "Hoạt động trải nghiệm"),
    "quality_book": ("SỔ THEO DÕI CHẤT LƯỢNG GIÁO DỤC, CẢ NĂM", "Khối 7", "LỚP 8A"),
    "register_book": (
        "SỔ ĐĂNG BỘ", "Số đăng bộ", "Con ông, bà", "Vào trường", "Ra trường", "Lý do, nơi đến", "I. Học sinh vào trường",
        "II. Học sinh của các năm trước", "Không có học sinh.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("form", SCHOOL)
def test_the_schools_own_forms(province: Province, form: str) -> None:
    made = make_class(province, "8A", pupils=2)
    fill(province, made)
    province.now = YEAR_OVER
    holds(said(province, made, form), "2026-2027", *SCHOOL[form])
