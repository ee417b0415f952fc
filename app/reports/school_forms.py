"""The school's forms of figures and registers: ratings of the year, rates by subject, registers of students and of quality.

Most cover a class and, as a form of its own, the whole school; no circular gives them a model, so their columns are the
school's own, made of what the circulars name (S4 Điều 6 khoản d, Điều 19).
"""

from app.domain.assessment.registry import ASSESSED
from app.reports.form import YEAR, DrawnFor, Form, Orientation, Signatory

_FIGURES = "documents/figures.html"
_OF_CLASS = (Signatory.HOMEROOM_TEACHER, Signatory.PRINCIPAL)
_OF_SCHOOL = (Signatory.MAKER, Signatory.PRINCIPAL)
_RATING_LAW = (
    "TT 22/2021/TT-BGDĐT Điều 9, 20; TT 43/2021/TT-BGDĐT; TT 58/2011/TT-BGDĐT Điều 11, 13; TT 27/2020/TT-BGDĐT Điều 9; "
    "mẫu của nhà trường"
)
_QUALITY_LAW = "TT 27/2020/TT-BGDĐT Điều 7, 9; TT 22/2021/TT-BGDĐT Điều 8, 9, 20; TT 58/2011/TT-BGDĐT; mẫu của nhà trường"

YEAR_RATINGS = Form(
    code="year_ratings",
    name="Điểm bình quân, xếp loại cả năm của lớp",
    legal_source=_RATING_LAW,
    orientation=Orientation.LANDSCAPE,
    template=_FIGURES,
    signatories=_OF_CLASS,
    circulars=ASSESSED,
    periods=(YEAR,),
    builder="year_ratings",
)
SUBJECT_RATES = Form(
    code="subject_rates",
    name="Tỷ lệ xếp loại văn hóa theo môn của lớp",
    legal_source=_RATING_LAW,
    orientation=Orientation.LANDSCAPE,
    template=_FIGURES,
    signatories=_OF_CLASS,
    circulars=ASSESSED,
    periods=(1, 2, YEAR),
    builder="subject_rates",
)
CLASS_QUALITY = Form(
    code="class_quality",
    name="Theo dõi chất lượng giáo dục của lớp",
    legal_source=_QUALITY_LAW,
    orientation=Orientation.LANDSCAPE,
    template=_FIGURES,
    signatories=_OF_CLASS,
    circulars=ASSESSED,
    periods=(1, YEAR),
    builder="quality_book",
    seam=True,
)
SCHOOL_RATINGS = Form(
    code="school_ratings",
    name="Tổng hợp xếp loại toàn trường",
    legal_source=_RATING_LAW,
    orientation=Orientation.LANDSCAPE,
    template=_FIGURES,
    signatories=_OF_SCHOOL,
    circulars=ASSESSED,
    drawn_for=DrawnFor.UNIT,
    periods=(1, 2, YEAR),
    builder="school_ratings",
)
SCHOOL_SUBJECT_RATES = Form(
    code="school_subject_rates",
    name="Tỷ lệ xếp loại văn hóa theo môn của trường",
    legal_source=_RATING_LAW,
    orientation=Orientation.LANDSCAPE,
    template=_FIGURES,
    signatories=_OF_SCHOOL,
    circulars=ASSESSED,
    drawn_for=DrawnFor.UNIT,
    periods=(1, 2, YEAR),
    builder="subject_rates",
)
QUALITY_BOOK = Form(
    code="quality_book",
    name="Sổ theo dõi chất lượng giáo dục",
    legal_source=_QUALITY_LAW,
    orientation=Orientation.LANDSCAPE,
    template=_FIGURES,
    signatories=_OF_SCHOOL,
    circulars=ASSESSED,
    drawn_for=DrawnFor.UNIT,
    periods=(1, YEAR),
    builder="quality_book",
    seam=True,
)
REGISTER_BOOK = Form(
    code="register_book",
    name="Sổ đăng bộ",
    legal_source=(
        "TT 32/2020/TT-BGDĐT Điều 21, TT 28/2020/TT-BGDĐT Điều 21, TT 10/2021/TT-BGDĐT Điều 14 (từ 10/5/2026: TT 15/2026/"
        "TT-BGDĐT Điều 21); mẫu của nhà trường"
    ),
    orientation=Orientation.LANDSCAPE,
    template=_FIGURES,
    signatories=_OF_SCHOOL,
    drawn_for=DrawnFor.UNIT,
    builder="register_book",
    seam=True,
)

SCHOOL_FORMS = (
    YEAR_RATINGS,
    SUBJECT_RATES,
    CLASS_QUALITY,
    REGISTER_BOOK,
    QUALITY_BOOK,
    SCHOOL_RATINGS,
    SCHOOL_SUBJECT_RATES,
)
