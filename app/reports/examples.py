"""An invented class of two circulars each, so that a form can be seen beside the one it replaced.

Plain contexts, drawn by the same templates: for previews, tests and pictures. Whoever it names does not exist.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from app.domain.vocabulary import SubjectKind
from app.reports.catalogue import CATALOGUE
from app.reports.contexts import (
    BookCover,
    PrintedMark,
    PrintStamp,
    ScoredLine,
    Signature,
    SubjectPage,
)
from app.reports.decisions import Article, Decision, Grid
from app.reports.form import Form, Signatory
from app.reports.learners import (
    Learner,
    PathLine,
    RecordLine,
    RecordYear,
    SchoolRecord,
    Slip,
    SlipLine,
)
from app.reports.papers import Paper, Part
from app.reports.summaries import UPRIGHT, Head, Row, Summary, Table, fitted

_HOMEROOM: Final = Signature(Signatory.HOMEROOM_TEACHER, "Trần Thị Bích")
_HEAD: Final = Signature(Signatory.PRINCIPAL, "Lê Văn Đạt")
_SCHOOL: Final = "Trường Trung học cơ sở Ví Dụ"
_PRIMARY_SCHOOL: Final = "Trường Tiểu học Ví Dụ"
_ABOVE: Final = "Ủy ban nhân dân xã Ví Dụ"
_NAMES: Final = (
    "Nguyễn Thị Minh Anh", "Y Blơm Byă", "H'Duyên Niê", "Lò Văn Đức", "Trần Quốc Hưng", "Giàng A Páo", "Phạm Ngọc Quyên",
    "Đặng Thị Thủy", "Nông Văn Uyên", "Vũ Hải Yến",
)  # fmt: skip
_SCORED: Final = ("Ngữ văn", "Toán", "Ngoại ngữ 1", "Giáo dục công dân", "Khoa học tự nhiên", "Lịch sử và Địa lí",
                  "Công nghệ", "Tin học")  # fmt: skip
_COMMENT: Final = ("Giáo dục thể chất", "Nghệ thuật")
_PRIMARY: Final = ("Tiếng Việt", "Toán", "Tự nhiên và Xã hội", "Đạo đức", "Nghệ thuật", "Giáo dục thể chất")
_REMARK: Final = "Chăm học, tiến bộ rõ; cần mạnh dạn phát biểu hơn."


def example_of(form: Form, stamp: PrintStamp) -> Paper | None:
    """The form filled with the example; None for one that has none."""
    made = EXAMPLES.get(form.code)
    return None if made is None else made(form, stamp)


def _cover(year: str, grade: int = 7, *, primary: bool = False) -> BookCover:
    return BookCover(
        province="Ví Dụ",
        authority_above=_ABOVE,
        school=_PRIMARY_SCHOOL if primary else _SCHOOL,
        class_name=f"{grade}A",
        school_year=year,
        grade=grade,
        homeroom_teacher=_HOMEROOM.name,
        principal=_HEAD.name,
    )


def _mark(number: int) -> PrintedMark:
    tenths = number * 7 % 46 + 50
    return PrintedMark(f"{tenths // 10},{tenths % 10}")


def _text(number: int) -> str:
    return _mark(number).text


def _learner(*, primary: bool = False) -> Learner:
    return Learner(
        full_name=_NAMES[0],
        birth_date="14/03/2017" if primary else "14/03/2013",
        sex="Nữ",
        code="001122334455",
        birthplace="Xã Ví Dụ",
        ethnicity="Kinh",
        nationality="Việt Nam",
        hometown="Xã Ví Dụ",
        address="Thôn 3, xã Ví Dụ",
        register_no="125",
        father="Nguyễn Văn Bình",
        father_job="Làm rẫy",
        mother="Trần Thị Cúc",
        mother_job="Giáo viên",
    )


# -- class book and its forerunner -------------------------------------------------------------------------------


def _class_book(form: Form, stamp: PrintStamp) -> Paper:
    lines = tuple(
        ScoredLine(no, name, tuple(_mark(no + step) for step in range(4)), _mark(no + 4), _mark(no + 5), _mark(no + 6))
        for no, name in enumerate(_NAMES, start=1)
    )  # fmt: skip
    page = SubjectPage(
        subject="Toán",
        kind=SubjectKind.SCORED,
        term=1,
        teachers=("Phạm Đức Giang",),
        regular_count=4,
        lines=lines,
        signatures=(Signature(Signatory.SUBJECT_TEACHER, "Phạm Đức Giang"), _HOMEROOM, _HEAD),
    )
    return Paper(form, _cover("2026-2027"), form.name, (Part("Toán, học kì I", page),), stamp)


def _old_book(form: Form, stamp: PrintStamp) -> Paper:
    first, second = "KT thường xuyên (hệ số 1)", "KT định kì (hệ số 2)"
    heads = [Head(str(n), 9, first) for n in range(1, 5)] + [Head(str(n), 10, second) for n in range(1, 4)]
    heads += [Head("KT học kì (hệ số 3)", 14), Head("TB môn HKI", 14)]
    page = Summary(
        title="HỌC KÌ I · MÔN: TOÁN",
        under="Lớp 7A · Năm học 2020-2021 · Giáo viên: Phạm Đức Giang",
        tables=(Table(fitted(tuple(heads), UPRIGHT), _rows(len(heads))),),
        totals=(),
        note="",
        signatures=(Signature(Signatory.SUBJECT_TEACHER, "Phạm Đức Giang"), _HOMEROOM, _HEAD),
    )
    part = Part("Toán, học kì I", page, template="documents/summary_upright.html")
    return Paper(form, _cover("2020-2021"), form.name, (part,), stamp)


def _rows(columns: int) -> tuple[Row, ...]:
    return tuple(
        Row(no, name, tuple(_text(no + column) for column in range(columns)))
        for no, name in enumerate(_NAMES, start=1)
    )


def _primary_summary(form: Form, stamp: PrintStamp) -> Paper:
    new = form.code == "primary_summary"
    heads = [Head(part, 10, name) for name in _PRIMARY[:2] for part in ("Mức", "Đ.")]
    heads += [Head(name, 14) for name in _PRIMARY[2:]]
    traits = _traits(new=new)
    heads += [Head(name, 11, group) for group, rows in traits for name, _level in rows]
    heads += [Head("Đánh giá KQGD", 18)] if new else []
    heads.append(Head("Khen thưởng", 18))
    values = (*("T", "9") * 2, *("T", "H", "T", "H"), *("T" for _g, rows in traits for _row in rows))
    ending = ("Hoàn thành tốt", "Học sinh Tiêu biểu") if new else ("",)
    rows = tuple(Row(no, name, (*values, *ending)) for no, name in enumerate(_NAMES, start=1))
    year = "2026-2027" if new else "2019-2020"
    page = Summary(
        title="BẢNG TỔNG HỢP KẾT QUẢ ĐÁNH GIÁ GIÁO DỤC, CUỐI NĂM",
        under=f"Lớp 3A · Năm học {year} · {_PRIMARY_SCHOOL}",
        tables=(Table(fitted(tuple(heads)), rows),),
        totals=(("Tổng số học sinh", f"{len(_NAMES)}"),),
        note="T: Hoàn thành tốt (phẩm chất, năng lực: Tốt); H: Hoàn thành; Đ: Đạt; C: Chưa hoàn thành.",
        signatures=(_HOMEROOM, _HEAD),
    )
    return Paper(form, _cover(year, 3, primary=True), form.name, (Part(page.title, page),), stamp)


# -- papers of a student -----------------------------------------------------------------------------------------


def _slip(form: Form, stamp: PrintStamp) -> Paper:
    lines = [
        SlipLine(
            name,
            tuple(_mark(no + step) for step in range(4)),
            _mark(no + 4),
            _mark(no + 5),
            _text(no + 6),
            remark=_REMARK,
        )
        for no, name in enumerate(_SCORED, start=1)
    ]
    passed = PrintedMark("Đ")
    lines += [SlipLine(name, (passed, passed), passed, passed, "Đ", remark=_REMARK) for name in _COMMENT]
    facts = (("Kết quả học tập", "Khá"), ("Kết quả rèn luyện", "Tốt"), ("Số buổi nghỉ học", "2"))
    page = Slip(
        learner=_learner(),
        heading="HỌC KÌ I",
        kind="marks",
        regular_columns=4,
        lines=tuple(lines),
        traits=(),
        facts=facts,
        remark=_REMARK,
        signatures=(Signature(Signatory.PARENT), _HOMEROOM, _HEAD),
    )
    return Paper(form, _cover("2026-2027"), form.name, (Part(form.name, page, 1),), stamp)


def _record(form: Form, stamp: PrintStamp) -> Paper:
    """Học bạ, with one year of it."""
    primary, old = form.code in _PRIMARY_RECORDS, form.code == "school_record.tt58"
    earlier = old or form.code == "school_record.tt22_2016"
    year = ("2019-2020" if primary else "2020-2021") if earlier else "2026-2027"
    cover = _cover(year, 3 if primary else 7, primary=primary)
    page = SchoolRecord(
        learner=_learner(primary=primary),
        level="TIỂU HỌC" if primary else "TRUNG HỌC CƠ SỞ",
        law=form.legal_source,
        number="125",
        school=cover.school,
        authority=_ABOVE,
        path=(PathLine(year, cover.class_name, cover.school),),
        years=(_record_year(form, cover, primary=primary, old=old),),
        head=_HEAD.name,
        head_title=("HIỆU TRƯỞNG",),
        old=old,
    )
    return Paper(form, cover, form.name, (Part("Học bạ", page, 1),), stamp)


_PRIMARY_RECORDS: Final = ("school_record.tt27", "school_record.tt22_2016")


def _record_year(form: Form, cover: BookCover, *, primary: bool, old: bool) -> RecordYear:
    new = form.code == "school_record.tt27"
    levels = ("Khá", "Giỏi", "Giỏi") if old else ("Khá", "Tốt", "Tốt")
    learning = ("", "", "Hoàn thành tốt" if new else "") if primary else levels
    return RecordYear(
        year=cover.school_year,
        class_name=cover.class_name,
        grade=cover.grade,
        school=cover.school,
        place=_ABOVE,
        subjects=_record_lines(primary=primary),
        corrections="không có",
        learning=learning,
        training=("", "", "") if primary else ("Tốt", "Tốt", "Tốt"),
        average=("7,8", "8,2", "8,1") if old else ("", "", ""),
        absences="2",
        excused="2",
        unexcused="0",
        learning_after="",
        training_after="",
        outcome="Hoàn thành chương trình lớp học" if primary else "Được lên lớp",
        completed="",
        title="Học sinh Tiêu biểu hoàn thành tốt" if new else "",
        remark=_REMARK,
        remark_after="",
        homeroom=_HOMEROOM.name,
        head=_HEAD.name,
        head_title=("HIỆU TRƯỞNG",),
        traits=_traits(new=new) if primary else (),
    )


def _record_lines(*, primary: bool) -> tuple[RecordLine, ...]:
    if primary:
        return tuple(
            RecordLine(name, level="T", test="9" if no < 2 else "", remark=_REMARK)
            for no, name in enumerate(_PRIMARY)
        )
    scored = [
        RecordLine(name, _text(no), _text(no + 1), _text(no + 2), "", _REMARK, "Phạm Đức Giang")
        for no, name in enumerate(_SCORED)
    ]
    return (
        *scored,
        *(RecordLine(name, "Đ", "Đ", "Đ", "", _REMARK, "Ngô Thị Hà") for name in _COMMENT),
    )


def _traits(*, new: bool) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    groups: tuple[tuple[str, tuple[str, ...]], ...] = (
        (
            ("Phẩm chất chủ yếu", ("Yêu nước", "Nhân ái", "Chăm chỉ", "Trung thực", "Trách nhiệm")),
            ("Năng lực chung", ("Tự chủ và tự học", "Giao tiếp và hợp tác", "Giải quyết vấn đề và sáng tạo")),
            ("Năng lực đặc thù", ("Ngôn ngữ", "Tính toán", "Khoa học", "Thẩm mĩ", "Thể chất")),
        )
        if new
        else (
            ("Năng lực", ("Tự phục vụ, tự quản", "Hợp tác", "Tự học và giải quyết vấn đề")),
            (
                "Phẩm chất",
                ("Chăm học, chăm làm", "Tự tin, trách nhiệm", "Trung thực, kỉ luật", "Đoàn kết, yêu thương"),
            ),
        )
    )
    return tuple((group, tuple((name, "T") for name in names)) for group, names in groups)


# -- decisions ---------------------------------------------------------------------------------------------------


def _decision(form: Form, stamp: PrintStamp) -> Paper:
    heads = (Head("TT", 10), Head("Họ và tên", 60), Head("Nhiệm vụ", 95))
    rows = (("1", _HEAD.name, "Trưởng ban"), ("2", _HOMEROOM.name, "Thành viên"))
    page = Decision(
        authority_above=_ABOVE,
        school=_SCHOOL,
        number="…/QĐ-…",
        place="Ví Dụ",
        day="ngày 05 tháng 9 năm 2026",
        about=form.name.replace("Quyết định ", "Về việc ", 1),
        issuer=f"HIỆU TRƯỞNG {_SCHOOL.upper()}",
        grounds=("Căn cứ Điều lệ nhà trường;", "Theo yêu cầu công tác quản lí của nhà trường."),
        articles=(
            Article("Nội dung quyết định, lấy từ dữ liệu trên hệ thống:", grid=Grid(heads, rows)),
            Article("Quyết định này có hiệu lực kể từ ngày ký."),
            Article(
                "Văn phòng và các ông (bà) có tên tại Điều 1 chịu trách nhiệm thi hành Quyết định này./."
            ),
        ),
        recipients=("Như Điều 3;", "Lưu: VT."),
        title=("HIỆU TRƯỞNG",),
        signer=_HEAD.name,
    )
    return Paper(form, _cover("2026-2027"), form.name, (Part(form.name, page),), stamp)


Example = Callable[[Form, PrintStamp], Paper]
EXAMPLES: Mapping[str, Example] = MappingProxyType(
    {
        "class_book": _class_book,
        "old_book": _old_book,
        "primary_summary": _primary_summary,
        "primary_summary.tt22_2016": _primary_summary,
        "grade_slip": _slip,
        "grade_slip.compact": _slip,
        **{
            f"school_record.{circular}": _record for circular in ("tt22", "tt43", "tt58", "tt27", "tt22_2016")
        },
        **{code: _decision for code, form in CATALOGUE.items() if form.is_decision},
    }
)
"""Forms shown with the example, by code: those with a forerunner, and whatever is drawn up only once it is ordered."""
