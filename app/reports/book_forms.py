"""The pages of the class book, each a form of its own inside it."""

from collections.abc import Mapping
from types import MappingProxyType

from app.reports.catalogue import CLASS_BOOK, CLASS_BOOK_NAME
from app.reports.form import Form, Orientation, Signatory


def _class_book(
    code: str, name: str, orientation: Orientation, template: str, signatories: tuple[Signatory, ...]
) -> Form:
    return Form(
        code=f"class_book.{code}",
        name=name,
        legal_source=CLASS_BOOK.legal_source,
        first_school_year=CLASS_BOOK.first_school_year,
        orientation=orientation,
        template=f"class_book/{template}",
        signatories=signatories,
        first_years_by_grade=CLASS_BOOK.first_years_by_grade,
        seam=CLASS_BOOK.seam,
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

UPRIGHT = _class_book("remarks", "Nhận xét của hiệu trưởng", Orientation.PORTRAIT, "remarks.html", ())
ACROSS = _class_book("attendance", "Điểm danh, tổng hợp", Orientation.LANDSCAPE, "attendance.html", ())

PAGES: Mapping[str, Form] = MappingProxyType(
    {
        form.code: form
        for form in (
            COVER,
            INSTRUCTIONS,
            STUDENT_LIST,
            ACROSS,
            SUBJECT_SCORED,
            SUBJECT_COMMENT,
            UPRIGHT,
        )
    }
)
"""Every page by its code, in the order of the book."""
