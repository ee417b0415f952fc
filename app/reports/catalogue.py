"""The catalogue of printed forms: official name, legal source, years of use, page format, template, signatories.

Which form a class has follows from the circular that governs it: an old year keeps the form of its circular.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from app.domain.assessment.registry import ASSESSED, CONDUCT, Circular
from app.reports.book_catalogue import BOOK_FORMS
from app.reports.decision_forms import DECISIONS
from app.reports.form import YEAR, DrawnFor, Form, Orientation, Sheet, Signatory
from app.reports.school_forms import SCHOOL_FORMS

CLASS_BOOK_NAME = "Sổ theo dõi và đánh giá học sinh (theo lớp học)"
"""Official name of the class book (TT 22/2021 Điều 18)."""
SECONDARY = frozenset({Circular.TT22_2021, Circular.TT43_2021})
"""Circulars of kết quả học tập and kết quả rèn luyện."""

TT22_FIRST_YEARS: Mapping[int, int] = {6: 2021, 7: 2022, 10: 2022, 8: 2023, 11: 2023, 9: 2024, 12: 2024}
"""Grade → calendar year in which its first school year under TT 22/2021 began (TT 22/2021 Điều 21).

A plain dict: a form goes with its parts to the process that draws them, and a mapping proxy can't be pickled.
"""


_TERMS_AND_YEAR = (1, 2, YEAR)

CLASS_BOOK = Form(
    code="class_book",
    name=CLASS_BOOK_NAME,
    legal_source="TT 22/2021/TT-BGDĐT, Điều 18 và mẫu kèm theo",
    orientation=Orientation.PORTRAIT,
    template="class_book/cover.html",
    first_school_year=2021,
    first_years_by_grade=TT22_FIRST_YEARS,
    circulars=SECONDARY,
    periods=_TERMS_AND_YEAR,
    builder="class_book",
    seam=True,
    short="Sổ theo dõi và đánh giá học sinh",
    replaces="old_book",
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
    seam=True,
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
GRADE_SLIP_A5 = replace(
    GRADE_SLIP,
    code="grade_slip.compact",
    name="Phiếu báo điểm (khổ A5)",
    template="documents/slip_compact.html",
    version_of="grade_slip",
    sheet=Sheet.A5,
)


def _school_record(
    code: str,
    law: str,
    template: str,
    circulars: frozenset[str],
    years: tuple[int, int | None],
    before: str = "",
) -> Form:
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
        replaces=before and f"school_record.{before}",
        first_school_year=years[0],
        last_school_year=years[1],
    )


SCHOOL_RECORDS = (
    _school_record(
        "tt22",
        "Ban hành kèm theo Thông tư số 22/2021/TT-BGDĐT",
        "record_secondary.html",
        frozenset({Circular.TT22_2021}),
        (2021, None),
        "tt58",
    ),
    _school_record(
        "tt43",
        "Theo Thông tư số 43/2021/TT-BGDĐT",
        "record_secondary.html",
        frozenset({Circular.TT43_2021}),
        (2021, None),
    ),
    _school_record(
        "tt58",
        "Theo Thông tư số 58/2011/TT-BGDĐT, sửa đổi tại Thông tư số 26/2020/TT-BGDĐT",
        "record_secondary.html",
        CONDUCT,
        (2011, 2023),
    ),
    _school_record(
        "tt27",
        "Ban hành kèm theo Thông tư số 27/2020/TT-BGDĐT",
        "record_primary.html",
        frozenset({Circular.TT27_2020}),
        (2020, None),
        "tt22_2016",
    ),
    _school_record(
        "tt22_2016",
        "Ban hành kèm theo Thông tư số 22/2016/TT-BGDĐT",
        "record_primary_2016.html",
        frozenset({Circular.TT22_2016}),
        (2016, 2023),
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
    legal_source="TT 27/2020/TT-BGDĐT Điều 10, Phụ lục 2",
    orientation=Orientation.LANDSCAPE,
    template="documents/summary.html",
    signatories=(Signatory.HOMEROOM_TEACHER, Signatory.PRINCIPAL),
    first_school_year=2020,
    circulars=frozenset({Circular.TT27_2020}),
    periods=(1, YEAR),
    builder="class_summary",
    seam=True,
    short="Bảng tổng hợp kết quả đánh giá giáo dục",
    replaces="primary_summary.tt22_2016",
)
PRIMARY_SUMMARY_2016 = replace(
    PRIMARY_SUMMARY,
    code="primary_summary.tt22_2016",
    legal_source="TT 30/2014/TT-BGDĐT, sửa đổi tại TT 22/2016/TT-BGDĐT",
    first_school_year=2016,
    last_school_year=2023,
    circulars=frozenset({Circular.TT22_2016}),
    replaces="",
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
    circulars=SECONDARY,
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
            PRIMARY_SUMMARY_2016,
            *SCHOOL_RECORDS,
            GRADE_SLIP,
            GRADE_SLIP_A5,
            MARK_SHEET,
            CONTACT_BOOK,
            *BOOK_FORMS,
            *SCHOOL_FORMS,
            *DECISIONS,
        )
    }
)
"""Every form a school can order, by its code, in the order people look for it."""


def forms_for(circular: str, school_year: int, grade: int) -> tuple[Form, ...]:
    """The forms of a class of that grade and school year under that circular; those of the whole school apart.

    Of a form with several versions the first: which one is printed is decided elsewhere.
    """
    return tuple(
        form
        for form in CATALOGUE.values()
        if form.drawn_for in (DrawnFor.CLASS, DrawnFor.STUDENT)
        and not form.version_of
        and form.fits(circular, school_year, grade)
    )


def versions_of(form: Form) -> tuple[Form, ...]:
    """The versions of a form of the school's own, the first one first; the form alone where it has no other."""
    first = form.version_of or form.code
    return tuple(found for found in CATALOGUE.values() if first in (found.code, found.version_of))


def unit_forms() -> tuple[Form, ...]:
    """The forms of a school as a whole, its head's decisions apart."""
    return tuple(
        form for form in CATALOGUE.values() if form.drawn_for is DrawnFor.UNIT and not form.is_decision
    )


def teacher_forms() -> tuple[Form, ...]:
    """The forms about one teacher."""
    return tuple(form for form in CATALOGUE.values() if form.drawn_for is DrawnFor.TEACHER)
