"""The catalogue of printed forms: official name, legal source, years of use, page format, template, signatories.

Which form a class has follows from the circular that governs it: an old year keeps the form of its circular.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from app.domain.assessment.registry import CONDUCT, PRIMARY, Circular

CLASS_BOOK_NAME = "Sổ theo dõi và đánh giá học sinh (theo lớp học)"
"""Official name of the class book (TT 22/2021 Điều 18)."""
SECONDARY = frozenset({Circular.TT22_2021, Circular.TT43_2021})
"""Circulars of kết quả học tập and kết quả rèn luyện."""
ASSESSED = SECONDARY | CONDUCT | PRIMARY
"""Circulars with marks or levels: all but preschool's."""
YEAR = 0
"""`periods`: the year as a whole beside the terms 1 and 2."""

TT22_FIRST_YEARS: Mapping[int, int] = MappingProxyType(
    {6: 2021, 7: 2022, 10: 2022, 8: 2023, 11: 2023, 9: 2024, 12: 2024}
)
"""Grade → calendar year in which its first school year under TT 22/2021 began (TT 22/2021 Điều 21)."""


class Orientation(StrEnum):
    """How an A4 sheet lies."""

    PORTRAIT = "portrait"  # khổ dọc
    LANDSCAPE = "landscape"  # khổ ngang


class Signatory(StrEnum):
    """Who signs a form."""

    SUBJECT_TEACHER = "subject_teacher"
    HOMEROOM_TEACHER = "homeroom_teacher"
    PRINCIPAL = "principal"
    PARENT = "parent"
    MAKER = "maker"

    @property
    def heading(self) -> str:
        """Title as it is printed above the signature."""
        return _SIGNATURES[self][0]

    @property
    def instruction(self) -> str:
        """What the signatory does there, printed in italics under the title."""
        return _SIGNATURES[self][1]


_SIGNATURES: Mapping[Signatory, tuple[str, str]] = MappingProxyType(
    {
        Signatory.SUBJECT_TEACHER: ("GIÁO VIÊN MÔN HỌC", "(Ký và ghi rõ họ tên)"),
        Signatory.HOMEROOM_TEACHER: ("GIÁO VIÊN CHỦ NHIỆM", "(Ký và ghi rõ họ tên)"),
        Signatory.PRINCIPAL: ("HIỆU TRƯỞNG", "(Ký, ghi rõ họ tên và đóng dấu)"),
        Signatory.PARENT: ("CHA MẸ HỌC SINH", "(Ký và ghi rõ họ tên)"),
        Signatory.MAKER: ("NGƯỜI LẬP", "(Ký và ghi rõ họ tên)"),
    }
)


class DrawnFor(StrEnum):
    """What one print of a form is about."""

    CLASS = "class"  # một lớp
    STUDENT = "student"  # từng học sinh của một lớp, hoặc một học sinh
    UNIT = "unit"  # cả trường


@dataclass(frozen=True, slots=True)
class Form:
    """One printed form. School years are named by the calendar year they begin in: 2026 is 2026-2027.

    `circulars`: those that may govern a class the form is for, empty for any. `periods`: the terms it can be printed for,
    YEAR among them; empty for a form that knows none. `builder`: the key of what fills it (`services/documents`), empty
    for a page that is printed inside another form.
    """

    code: str
    name: str
    legal_source: str
    orientation: Orientation
    template: str  # below app/templates/reports
    first_school_year: int = 2011
    last_school_year: int | None = None  # None: in use
    signatories: tuple[Signatory, ...] = ()
    first_years_by_grade: Mapping[int, int] = field(default_factory=dict)
    circulars: frozenset[str] = frozenset()
    drawn_for: DrawnFor = DrawnFor.CLASS
    periods: tuple[int, ...] = ()
    builder: str = ""
    short: str = ""

    @property
    def short_name(self) -> str:
        """What a print of it is called in lists and notices."""
        return self.short or self.name

    def valid_for(self, school_year: int, grade: int) -> bool:
        """True when this form is the one to use for that grade in that school year."""
        first = self.first_years_by_grade.get(grade)
        if self.first_years_by_grade and first is None:
            return False
        begins = max(self.first_school_year, first or 0)
        return begins <= school_year and (
            self.last_school_year is None or school_year <= self.last_school_year
        )

    def fits(self, circular: str, school_year: int, grade: int) -> bool:
        """True for a class of that grade and year under that circular."""
        governed = not self.circulars or circular in self.circulars
        return governed and self.valid_for(school_year, grade)


_TERMS_AND_YEAR = (1, 2, YEAR)

CLASS_BOOK = Form(
    code="class_book",
    name=CLASS_BOOK_NAME,
    legal_source="TT 22/2021/TT-BGDĐT, Điều 18 và mẫu kèm theo",
    orientation=Orientation.PORTRAIT,
    template="class_book/cover.html",
    first_school_year=2021,
    first_years_by_grade=TT22_FIRST_YEARS,
    periods=_TERMS_AND_YEAR,
    builder="class_book",
    short="Sổ theo dõi và đánh giá học sinh",
)

OLD_BOOK = Form(
    code="old_book",
    name="Sổ gọi tên và ghi điểm",
    legal_source="TT 58/2011/TT-BGDĐT Điều 19; TT 26/2020/TT-BGDĐT",
    orientation=Orientation.LANDSCAPE,
    template="documents/summary.html",
    last_school_year=2023,
    signatories=(Signatory.SUBJECT_TEACHER, Signatory.HOMEROOM_TEACHER, Signatory.PRINCIPAL),
    circulars=CONDUCT,
    periods=_TERMS_AND_YEAR,
    builder="old_book",
)
GRADE_SLIP = Form(
    code="grade_slip",
    name="Phiếu báo điểm",
    legal_source="TT 22/2021/TT-BGDĐT Điều 19; TT 27/2020/TT-BGDĐT Điều 7; mẫu của nhà trường",
    orientation=Orientation.PORTRAIT,
    template="documents/slip.html",
    signatories=(Signatory.PARENT, Signatory.HOMEROOM_TEACHER, Signatory.PRINCIPAL),
    circulars=ASSESSED,
    drawn_for=DrawnFor.STUDENT,
    periods=_TERMS_AND_YEAR,
    builder="grade_slip",
)


def _school_record(code: str, law: str, template: str, circulars: frozenset[str]) -> Form:
    return Form(
        code=f"school_record.{code}",
        name="Học bạ",
        legal_source=law,
        orientation=Orientation.PORTRAIT,
        template=f"documents/{template}",
        signatories=(Signatory.HOMEROOM_TEACHER, Signatory.PRINCIPAL),
        circulars=circulars,
        drawn_for=DrawnFor.STUDENT,
        periods=(1, YEAR),
        builder="school_record",
    )


SCHOOL_RECORDS = (
    _school_record(
        "tt22",
        "Ban hành kèm theo Thông tư số 22/2021/TT-BGDĐT",
        "record_secondary.html",
        frozenset({Circular.TT22_2021}),
    ),
    _school_record(
        "tt43",
        "Theo Thông tư số 43/2021/TT-BGDĐT",
        "record_secondary.html",
        frozenset({Circular.TT43_2021}),
    ),
    _school_record(
        "tt58",
        "Theo Thông tư số 58/2011/TT-BGDĐT, sửa đổi tại Thông tư số 26/2020/TT-BGDĐT",
        "record_secondary.html",
        CONDUCT,
    ),
    _school_record(
        "tt27",
        "Ban hành kèm theo Thông tư số 27/2020/TT-BGDĐT",
        "record_primary.html",
        PRIMARY,
    ),
)

CLASS_SUMMARY = Form(
    code="class_summary",
    name="Bảng điểm tổng hợp của lớp",
    legal_source="TT 22/2021/TT-BGDĐT Điều 18, 20; TT 58/2011/TT-BGDĐT Điều 19",
    orientation=Orientation.LANDSCAPE,
    template="documents/summary.html",
    signatories=(Signatory.HOMEROOM_TEACHER, Signatory.PRINCIPAL),
    circulars=SECONDARY | CONDUCT,
    periods=_TERMS_AND_YEAR,
    builder="class_summary",
)
PRIMARY_SUMMARY = Form(
    code="primary_summary",
    name="Bảng tổng hợp kết quả đánh giá giáo dục của lớp",
    legal_source="TT 27/2020/TT-BGDĐT Điều 10, Phụ lục 2; TT 22/2016/TT-BGDĐT",
    orientation=Orientation.LANDSCAPE,
    template="documents/summary.html",
    signatories=(Signatory.HOMEROOM_TEACHER, Signatory.PRINCIPAL),
    circulars=PRIMARY,
    periods=(1, YEAR),
    builder="class_summary",
    short="Bảng tổng hợp kết quả đánh giá giáo dục",
)

CLASS_MARKS = Form(
    code="class_marks",
    name="Bảng điểm theo môn của lớp",
    legal_source="TT 22/2021/TT-BGDĐT, Điều 18 và mẫu kèm theo",
    orientation=Orientation.PORTRAIT,
    template="class_book/subject.html",
    signatories=(Signatory.SUBJECT_TEACHER, Signatory.HOMEROOM_TEACHER, Signatory.PRINCIPAL),
    first_school_year=2021,
    first_years_by_grade=TT22_FIRST_YEARS,
    periods=_TERMS_AND_YEAR,
    builder="class_marks",
)
CONTACT_BOOK = Form(
    code="contact_book",
    name="Sổ liên lạc",
    legal_source="TT 22/2021/TT-BGDĐT Điều 19 khoản 2; TT 27/2020/TT-BGDĐT Điều 7; mẫu của nhà trường",
    orientation=Orientation.PORTRAIT,
    template="documents/contact_book.html",
    signatories=(Signatory.PARENT, Signatory.HOMEROOM_TEACHER, Signatory.PRINCIPAL),
    circulars=ASSESSED,
    drawn_for=DrawnFor.STUDENT,
    periods=(1, YEAR),
    builder="contact_book",
)
MARK_SHEET = Form(
    code="mark_sheet",
    name="Bảng điểm theo môn của học sinh",
    legal_source="TT 22/2021/TT-BGDĐT Điều 9, 18; TT 58/2011/TT-BGDĐT Điều 19; mẫu của nhà trường",
    orientation=Orientation.LANDSCAPE,
    template="documents/mark_sheet.html",
    signatories=(Signatory.HOMEROOM_TEACHER, Signatory.PRINCIPAL),
    circulars=SECONDARY | CONDUCT,
    drawn_for=DrawnFor.STUDENT,
    periods=(YEAR,),
    builder="mark_sheet",
)

CATALOGUE: Mapping[str, Form] = MappingProxyType(
    {
        form.code: form
        for form in (
            CLASS_BOOK,
            OLD_BOOK,
            CLASS_MARKS,
            CLASS_SUMMARY,
            PRIMARY_SUMMARY,
            *SCHOOL_RECORDS,
            GRADE_SLIP,
            MARK_SHEET,
            CONTACT_BOOK,
        )
    }
)
"""Every form a school can order, by its code, in the order people look for it."""


def forms_for(circular: str, school_year: int, grade: int) -> tuple[Form, ...]:
    """The forms of a class of that grade and school year under that circular; those of the whole school apart."""
    return tuple(
        form
        for form in CATALOGUE.values()
        if form.drawn_for is not DrawnFor.UNIT and form.fits(circular, school_year, grade)
    )


def unit_forms() -> tuple[Form, ...]:
    """The forms of a school as a whole."""
    return tuple(form for form in CATALOGUE.values() if form.drawn_for is DrawnFor.UNIT)
