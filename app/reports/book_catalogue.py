"""Forms about a teacher's own book, the confirmation of a class's results, and corrections, as the catalogue has them."""

from typing import Final

from app.domain.assessment.registry import Circular
from app.reports.form import YEAR, DrawnFor, Form, Orientation, Signatory

_MARKED: Final = frozenset(Circular) - {Circular.PRESCHOOL}
_TERMS_AND_YEAR: Final = (1, 2, YEAR)
_OWN_BOOK: Final = "Sổ theo dõi và đánh giá học sinh (của giáo viên)"
_OWN_LAW: Final = (
    "TT 22/2021/TT-BGDĐT, Điều 18; quy định của Sở GDĐT (như QĐ 150/QĐ-SGDĐT ngày 24/3/2018, Điều 18–20). Từ 10/5/2026,"
    " TT 15/2026/TT-BGDĐT không còn nêu sổ này trong hồ sơ của giáo viên: nhà trường dùng theo quy chế của mình"
)

TEACHER_BOOK = Form(
    code="teacher_book",
    name=_OWN_BOOK,
    legal_source=_OWN_LAW,
    orientation=Orientation.PORTRAIT,
    template="documents/summary.html",
    signatories=(Signatory.SUBJECT_TEACHER, Signatory.PRINCIPAL),
    drawn_for=DrawnFor.TEACHER,
    periods=_TERMS_AND_YEAR,
    builder="teacher_book",
    short="Sổ điểm cá nhân của giáo viên",
    seam=True,
)
TEACHER_BOOK_BLANK = Form(
    code="teacher_book.blank",
    name=f"{_OWN_BOOK}, phôi đầu năm",
    legal_source=_OWN_LAW,
    orientation=Orientation.PORTRAIT,
    template="documents/summary.html",
    signatories=(Signatory.SUBJECT_TEACHER, Signatory.PRINCIPAL),
    drawn_for=DrawnFor.TEACHER,
    periods=_TERMS_AND_YEAR,
    builder="teacher_book_blank",
    short="Phôi sổ điểm cá nhân (in đầu năm để đóng dấu)",
    seam=True,
)
CONFIRMATION = Form(
    code="confirmation",
    name="Bảng xác nhận kết quả học tập, hạnh kiểm",
    legal_source="Hướng dẫn của Phòng GDĐT (như CV 95/GDĐT ngày 28/4/2020, mục 3); mẫu của nhà trường",
    orientation=Orientation.PORTRAIT,
    template="documents/confirmation.html",
    signatories=(Signatory.OFFICER, Signatory.HOMEROOM_TEACHER, Signatory.PRINCIPAL),
    circulars=_MARKED,
    periods=_TERMS_AND_YEAR,
    builder="confirmation",
    seam=True,
)


def _summary(code: str, name: str, drawn_for: DrawnFor) -> Form:
    return Form(
        code=code,
        name=name,
        legal_source="Quy định của Sở GDĐT (như QĐ 150/QĐ-SGDĐT ngày 24/3/2018, Điều 15, 20); mẫu của nhà trường",
        orientation=Orientation.LANDSCAPE,
        template="corrections/summary.html",
        signatories=(Signatory.MAKER, Signatory.PRINCIPAL),
        drawn_for=drawn_for,
        periods=_TERMS_AND_YEAR,
        builder="correction_summary",
        short=name,
    )


CORRECTION_SUMMARY = _summary("correction_summary", "Mẫu tổng hợp sửa chữa dữ liệu của trường", DrawnFor.UNIT)
CORRECTION_SUMMARY_OF_CLASS = _summary(
    "correction_summary.class", "Mẫu tổng hợp sửa chữa dữ liệu của lớp", DrawnFor.CLASS
)
BOOK_FORMS: Final = (
    TEACHER_BOOK,
    TEACHER_BOOK_BLANK,
    CONFIRMATION,
    CORRECTION_SUMMARY,
    CORRECTION_SUMMARY_OF_CLASS,
)


def _paper(code: str, name: str, law: str, template: str, signatories: tuple[Signatory, ...]) -> Form:
    return Form(
        code=code,
        name=name,
        legal_source=law,
        orientation=Orientation.PORTRAIT,
        template=f"corrections/{template}",
        signatories=signatories,
    )


CORRECTION_APPLICATION = _paper(
    "correction.application",
    "Đơn đề nghị mở khóa, điều chỉnh dữ liệu",
    "Quy chế của nhà trường (S1 Điều 7 khoản 7.2)",
    "application.html",
    (),
)
CORRECTION_MINUTES = _paper(
    "correction.minutes",
    "Biên bản điều chỉnh dữ liệu",
    "Quy chế của Sở GDĐT (S0 Điều 11 khoản 4; S4 Điều 15 khoản 4)",
    "minutes.html",
    (),
)
