"""Papers of corrections, and the class book that shows a corrected cell struck (TT 22/2021; S4 Điều 20.2)."""

import re
import unicodedata
from io import BytesIO

import pytest
from flask import Flask
from pypdf import PdfReader

from app.errors import Forbidden, Invalid
from app.extensions import db
from app.models import SchoolYear
from app.services import correction_printing as papers
from app.services.printing import print_sheet
from tests.factories.province import Province
from tests.services.correction_helpers import (
    BOARD,
    DEPUTY,
    HEAD,
    LEADER_ABOVE,
    OTHER,
    TEACHER,
    ask,
    enter_and_lock,
    move_homeroom,
    sheet_of,
    sit_all,
)
from tests.services.helpers import acting


@pytest.fixture
def engine_name() -> str:
    """What is printed is the same text on both engines; the verbs' own tests run on both."""
    return "sqlite"


def text_of(pdf: bytes) -> str:
    """All of its text, without line breaks."""
    pages = "".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)
    return re.sub(r"\s+", "", unicodedata.normalize("NFC", pages))


def has(pdf: bytes, *words: str) -> None:
    text = text_of(pdf)
    for word in words:
        assert word.replace(" ", "") in text, word


@pytest.fixture
def applied(app: Flask, province: Province) -> int:
    move_homeroom(province, "7A", "habtt")
    enter_and_lock(province, {"midterm": "6,5", "final": "7"})
    request_id = ask(province)
    sit_all(province, request_id, (OTHER, HEAD, TEACHER, BOARD, DEPUTY))
    return request_id


def test_the_application_and_the_minutes(app: Flask, province: Province, applied: int) -> None:
    made = papers.print_application(acting(province, TEACHER), applied, clock=province.clock)
    has(made.pdf, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "ĐƠN ĐỀ NGHỊ", "Phạm Đức Long", "01 (bằng chữ: một)")
    made = papers.print_minutes(acting(province, HEAD), applied, clock=province.clock)
    has(made.pdf, "BIÊN BẢN", "UBND XÃ THÚC KHÁNG", "Nguyễn Hoàng An", "ĐĐGgk", "6,5", "8,5")
    has(made.pdf, "Giáo viên chủ nhiệm xác nhận", "Bùi Thị Thu Hà", "Trần Bá Quân", "Nhữ Văn Học")
    assert re.fullmatch(r"bien-ban-ĐC-2026-\d{4}", made.name)


def test_minutes_wait_for_the_writing_and_only_the_school_prints(app: Flask, province: Province) -> None:
    enter_and_lock(province, {"midterm": "6,5"})
    request_id = ask(province)
    with pytest.raises(Invalid):
        papers.print_minutes(acting(province, HEAD), request_id, clock=province.clock)
    with pytest.raises(Forbidden):
        papers.print_application(acting(province, LEADER_ABOVE), request_id, clock=province.clock)


def test_the_summary_of_a_term(app: Flask, province: Province, applied: int) -> None:
    year = db.session.get_one(SchoolYear, province.year_id)
    made = papers.print_summary(acting(province, HEAD), year, 1, clock=province.clock)
    has(made.pdf, "TỔNG HỢP SỬA CHỮA DỮ LIỆU", "Học kì I, năm học 2026-2027", "Tổng số chỗ sửa: 01")
    has(made.pdf, "Toán 7A, HK I", "Phạm Đức Long", "Ghi nhầm dòng")
    empty = papers.print_summary(acting(province, HEAD), year, 2, clock=province.clock)
    has(empty.pdf, "Không có điều chỉnh nào")


def test_the_class_book_strikes_the_old_value(app: Flask, province: Province, applied: int) -> None:
    made = print_sheet(acting(province, HEAD), sheet_of(province), clock=province.clock)
    has(made.pdf, "6,5 8,5", "Số chỗ sửa chữa trong danh sách: 01 (bằng chữ: một)")
