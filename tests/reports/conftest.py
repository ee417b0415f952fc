"""Class 7A of an invented school, and tools that read a PDF back. No database: the contexts are built by hand."""

import re
import shutil
import subprocess
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from app.domain.vocabulary import SubjectKind
from app.reports.contexts import (
    BookCover,
    ClassBook,
    CommentLine,
    PrintedMark,
    PrintStamp,
    ScoredLine,
    Signature,
    StudentLine,
    StudentList,
    SubjectPage,
)
from app.reports.form import Signatory

NAMES = (
    ("Nguyễn Thị Phương Thảo", "Kinh"),
    ("Trần Quốc Ưởng", "Kinh"),
    ("Y Khương Byă", "Ê Đê"),
    ("H'Nhuôn Niê Kđăm", "Ê Đê"),
    ("Vừ A Dính", "Mông"),
    ("Giàng Thị Mỷ", "Mông"),
    ("Lò Văn Hặc", "Thái"),
    ("Cầm Thị Nguyệt Ế", "Thái"),
    ("Nông Đức Ngữ", "Tày"),
    ("Đặng Ỷ Nhi", "Dao"),
    ("Y Ƀlŏ Mlô", "Ê Đê"),
    ("K'Brối Srê", "Cơ Ho"),
    ("Thạch Thị Sà Rôth", "Khmer"),
    ("Rơ Châm Hyưk", "Gia Rai"),
    ("Công Tằng Tôn Nữ Ỹ Lan", "Kinh"),
    ("Phạm Hoàng Ngọc Ẩn", "Kinh"),
)
LONGEST = "Công Huyền Tôn Nữ Nguyễn Thị Hoàng Phương Thảo Quỳnh Trường A"
SIGNATURES = (
    Signature(Signatory.HOMEROOM_TEACHER, "Hoàng Thị Thuỳ Ương"),
    Signature(Signatory.PRINCIPAL, "Trương Đình Vỹ"),
)
COVER = BookCover(
    province="Đắk Lắk",
    authority_above="Ủy ban nhân dân xã Krông Búk",
    school="Trường Trung học cơ sở Nguyễn Đình Chiểu",
    class_name="7A",
    school_year="2026-2027",
    grade=7,
    homeroom_teacher="Hoàng Thị Thuỳ Ương",
    principal="Trương Đình Vỹ",
)
STAMP = PrintStamp(datetime(2027, 1, 15, 7, 32, tzinfo=UTC), "hoapt.thcsndc", "Phạm Thị Hoa", 3)


def name_of(number: int) -> str:
    """An invented name; the list turns over after 16, with a second middle name so that none is twice."""
    turn, at = divmod(number - 1, len(NAMES))
    family, _, rest = NAMES[at][0].partition(" ")
    return unicodedata.normalize("NFC", f"{family} {('', 'Ánh ', 'Bằng ', 'Diễm ')[turn]}{rest}")


def mark(number: int) -> PrintedMark:
    return PrintedMark(f"{(number * 7 % 61 + 40) // 10},{(number * 7 % 61 + 40) % 10}")


def scored_line(number: int, term: int = 1) -> ScoredLine:
    regular = tuple(mark(number + step) for step in range(4))
    line = ScoredLine(number, name_of(number), regular, mark(number + 5), mark(number + 6), mark(number + 7))
    return line if term == 1 else replace(line, year_average=mark(number + 8))


def comment_line(number: int, term: int = 1) -> CommentLine:
    level = PrintedMark("CĐ" if number % 9 == 0 else "Đ")
    line = CommentLine(number, name_of(number), (level, level), level, level, level)
    return (
        line
        if term == 1
        else replace(line, year_result=level, retest=PrintedMark("Đ") if number % 9 == 0 else None)
    )


def subject(
    count: int = 45, *, kind: SubjectKind = SubjectKind.SCORED, term: int = 1, **values: Any
) -> SubjectPage:
    """A page with `count` students; term 2 has corrections, a student who left and one who was tested again."""
    build: Callable[..., Any] = scored_line if kind is SubjectKind.SCORED else comment_line
    lines = [build(number, term) for number in range(1, count + 1)]
    if count > 6:
        scored = kind is SubjectKind.SCORED
        midterm, final = (("8,5", "5,8"), ("10,0", "9,0")) if scored else (("Đ", "CĐ"), ("CĐ", "Đ"))
        lines[3] = replace(lines[3], midterm=PrintedMark(*midterm), note="Nhập nhầm, ĐN số 12")
        lines[4] = replace(lines[4], final=PrintedMark(*final))
        lines[6] = replace(lines[6], struck=True, final=None, note="Chuyển trường 12/11/2026")
    teachers = values.pop("teachers", ("Nguyễn Văn Ngữ",))
    blocks = tuple(Signature(Signatory.SUBJECT_TEACHER, teacher) for teacher in teachers)
    page = SubjectPage(
        subject="Toán" if kind is SubjectKind.SCORED else "Giáo dục thể chất",
        kind=kind,
        term=term,
        teachers=teachers,
        regular_count=4 if kind is SubjectKind.SCORED else 2,
        lines=tuple(lines),
        corrections=2 if count > 6 else 0,
        signatures=(*blocks, *SIGNATURES),
    )
    return replace(page, **values)


def student(number: int) -> StudentLine:
    ethnicity = NAMES[(number - 1) % len(NAMES)][1]
    return StudentLine(
        no=number,
        full_name=name_of(number),
        birth_date=f"{number % 28 + 1:02d}/{number % 12 + 1:02d}/2014",
        birthplace="Xã Krông Búk, tỉnh Đắk Lắk",
        sex="Nữ" if number % 2 else "Nam",
        ethnicity=ethnicity,
        priority="" if ethnicity == "Kinh" else "Người DTTS, hộ nghèo",
        address="Buôn Ea Krôm, xã Krông Búk",
        father="Nguyễn Văn Bổng, làm rẫy, 0912 345 678" if number % 5 else "",
        mother="Trần Thị Ngỡi, giáo viên, 0987 654 321",
        guardian="" if number % 5 else "Y Ngông Niê, ông nội, 0905 111 222",
        notes="Chuyển trường 12/11/2026" if number == 7 else "",
        struck=number == 7,
    )


def roster(count: int = 45) -> StudentList:
    return StudentList(tuple(student(number) for number in range(1, count + 1)), SIGNATURES)


def book(count: int = 45) -> ClassBook:
    science = subject(
        count, subject="Khoa học tự nhiên", teachers=("Lê Thị Lí", "Bùi Văn Hóa", "Cao Thị Sinh")
    )
    pages = (subject(count), science, subject(count, kind=SubjectKind.COMMENT), subject(count, term=2))
    return ClassBook(COVER, roster(count), pages, STAMP)


def pdf_text(pdf: bytes, *options: str) -> str:
    """Text of a PDF as poppler reads it, without the mark for the seal in the margin."""
    tool = shutil.which("pdftotext")
    assert tool, "poppler-utils is needed: apt-get install poppler-utils"
    done = subprocess.run([tool, *options, "-", "-"], input=pdf, capture_output=True, check=True)
    return re.sub(r"^(.*?)[ \t]+(?:dấu|giáp|lai)$", r"\1", done.stdout.decode("utf-8"), flags=re.MULTILINE)


@pytest.fixture(scope="session")
def sample() -> SimpleNamespace:
    """Builders of contexts and readers of PDFs."""
    return SimpleNamespace(
        cover=COVER,
        stamp=STAMP,
        longest=LONGEST,
        subject=subject,
        roster=roster,
        book=book,
        name_of=name_of,
        text=pdf_text,
    )
