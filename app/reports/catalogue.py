"""The catalogue of printed forms: official name, legal source, years of use, page format, template, signatories."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

CLASS_BOOK_NAME = "Sổ theo dõi và đánh giá học sinh (theo lớp học)"
"""Official name of the class book (TT 22/2021 Điều 18)."""

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
    }
)


@dataclass(frozen=True, slots=True)
class Form:
    """One printed form. School years are named by the calendar year they begin in: 2026 is 2026-2027."""

    code: str
    name: str
    legal_source: str
    first_school_year: int
    last_school_year: int | None  # None: in use
    orientation: Orientation
    template: str  # below app/templates/reports
    signatories: tuple[Signatory, ...] = ()
    first_years_by_grade: Mapping[int, int] = field(default_factory=dict)

    def valid_for(self, school_year: int, grade: int) -> bool:
        """True when this form is the one to use for that grade in that school year."""
        first = self.first_years_by_grade.get(grade)
        if self.first_years_by_grade and first is None:
            return False
        begins = max(self.first_school_year, first or 0)
        return begins <= school_year and (
            self.last_school_year is None or school_year <= self.last_school_year
        )


def _class_book(
    code: str, name: str, orientation: Orientation, template: str, signatories: tuple[Signatory, ...]
) -> Form:
    return Form(
        code=f"class_book.{code}",
        name=name,
        legal_source="TT 22/2021/TT-BGDĐT, Điều 18 và mẫu kèm theo",
        first_school_year=2021,
        last_school_year=None,
        orientation=orientation,
        template=f"class_book/{template}",
        signatories=signatories,
        first_years_by_grade=TT22_FIRST_YEARS,
    )


_SUBJECT_SIGNATORIES = (Signatory.SUBJECT_TEACHER, Signatory.HOMEROOM_TEACHER, Signatory.PRINCIPAL)

COVER = _class_book("cover", f"Bìa {CLASS_BOOK_NAME}", Orientation.PORTRAIT, "cover.html", ())
INSTRUCTIONS = _class_book(
    "instructions", f"Hướng dẫn sử dụng {CLASS_BOOK_NAME}", Orientation.PORTRAIT, "instructions.html", ()
)
STUDENT_LIST = _class_book(
    "student_list",
    "Sơ yếu lí lịch học sinh",
    Orientation.LANDSCAPE,
    "student_list.html",
    (Signatory.HOMEROOM_TEACHER, Signatory.PRINCIPAL),
)
SUBJECT_SCORED = _class_book(
    "subject_scored",
    "Bảng điểm môn học đánh giá bằng nhận xét kết hợp đánh giá bằng điểm số",
    Orientation.PORTRAIT,
    "subject.html",
    _SUBJECT_SIGNATORIES,
)
SUBJECT_COMMENT = _class_book(
    "subject_comment",
    "Bảng đánh giá môn học đánh giá bằng nhận xét",
    Orientation.PORTRAIT,
    "subject.html",
    _SUBJECT_SIGNATORIES,
)

CATALOGUE: Mapping[str, Form] = MappingProxyType(
    {form.code: form for form in (COVER, INSTRUCTIONS, STUDENT_LIST, SUBJECT_SCORED, SUBJECT_COMMENT)}
)
"""Every printed form by its code, in the order of the book."""


def forms_for(school_year: int, grade: int) -> tuple[Form, ...]:
    """The forms in use for a grade in the school year that begins in `school_year`, in printed order."""
    return tuple(form for form in CATALOGUE.values() if form.valid_for(school_year, grade))
