"""Papers beside their circulars: a centre's words, corrected sentences struck, columns of the books, nothing left out."""

from typing import Any

import pytest
import sqlalchemy as sa

from app.domain.access import SYSTEM
from app.domain.assessment.terms import SubjectLevel, TraitLevel
from app.domain.vocabulary import Level, Role, UnitKind
from app.extensions import db
from app.models import ROWS, GradebookSheet, OrgUnit, Position
from app.reports import drawing
from app.reports.contexts import PrintedMark
from app.reports.form import YEAR
from app.reports.renderer import page_count
from app.services import boards, decisions
from app.services.unit_of_work import transaction
from tests.factories.province import Province
from tests.services.helpers import acting
from tests.services.results_helpers import YEAR_OVER, Made, fill, make_class
from tests.services.test_boards import NUMBER, TODAY, seats
from tests.services.test_book_forms import asked, correct, filled, holds, said, teach
from tests.services.test_results_circulars import GDPT_2006
from tests.services.test_results_primary import GRADE_4, fill_primary

pytestmark = pytest.mark.poppler
REMARK, OLD_REMARK = "Tiến bộ rõ, tự tin hơn", "Còn rụt rè"


def put(province: Province, query: Any, **values: Any) -> None:
    """Other values in the rows of a query."""
    with transaction(SYSTEM, "test.put", clock=province.clock) as work:
        for row in work.session.scalars(query).all():
            for name, value in values.items():
                setattr(row, name, value)
    db.session.rollback()


@pytest.fixture
def engine_name() -> str:
    """What is read has its tests on both; here it matters what is printed."""
    return "sqlite"


@pytest.fixture
def made(province: Province) -> Made:
    """Class 8A with a whole year of marks; the year is over."""
    found = make_class(province, "8A", pupils=2)
    fill(province, found)
    province.now = YEAR_OVER
    return found


# -- a centre ----------------------------------------------------------------------------------------------------


@pytest.fixture
def centre(province: Province) -> Made:
    """The unit as a GDNN-GDTX centre whose head's position has no title of its own, with a class of TT 43/2021."""
    room = make_class(province, "10", circular="tt43-2021", level=Level.CONTINUING_UPPER, grade=10, pupils=2)
    fill(province, room)
    board = boards.appoint_board(
        acting(province, "giangnt.thcstk"), NUMBER, TODAY, seats(province), clock=province.clock
    )
    head = sa.select(Position).where(Position.unit_id == room.unit_id, Position.role == Role.PRINCIPAL)
    put(province, head, title="")
    unit = sa.select(OrgUnit).where(OrgUnit.id == room.unit_id)
    put(province, unit, kind=UnitKind.VOCATIONAL_CENTRE, name="Trung tâm Ví Dụ")
    province.now = YEAR_OVER
    room.sheets["board", 0] = board
    return room


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ("class_book", ("VÀ ĐÁNH GIÁ HỌC VIÊN", "Giám đốc:", "hồ sơ của trung tâm", "NHẬN XÉT CỦA GIÁM ĐỐC")),
        ("class_summary", ("Tổng số học viên: 2", "GIÁM ĐỐC")),
        (
            "school_record.tt43",
            ("PHÊ DUYỆT CỦA GIÁM ĐỐC", "Trung tâm: Trung tâm Ví Dụ", "Tên cơ sở giáo dục"),
        ),
        ("grade_slip", ("Họ và tên học viên", "CHA MẸ HỌC VIÊN", "Ý kiến của cha mẹ học viên", "GIÁM ĐỐC")),
        ("contact_book", ("Họ và tên học viên", "chữ ký của cha mẹ học viên")),
        ("mark_sheet", ("BẢNG ĐIỂM THEO MÔN CỦA HỌC VIÊN", "Bảng điểm theo môn của học viên")),
        ("confirmation", ("Kết quả của học viên", "Số HV có kết", "GIÁM ĐỐC")),
        ("class_quality", ("Số học viên", "Học viên cần hỗ trợ")),
        ("correction_summary.class", ("GIÁM ĐỐC",)),
    ],
)
def test_a_centre_has_learners_and_a_director(
    province: Province, centre: Made, form: str, words: tuple[str, ...]
) -> None:
    text = said(filled(province, asked(province, form, YEAR, centre)), 60)
    holds(text, *words)
    small = text.lower()
    assert [word for word in ("học sinh", "hiệu trưởng", "nhà trường") if word in small] == []


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ("register_book", ("Học viên vào trung tâm trong năm học", "GIÁM ĐỐC")),
        ("school_ratings", ("TỔNG HỢP XẾP LOẠI TOÀN TRUNG TÂM",)),
        (
            "teacher_book",
            ("VÀ ĐÁNH GIÁ HỌC VIÊN", "Trung tâm:", "Số học viên", "trung tâm đóng dấu giáp lai"),
        ),
        ("decision.board", ("GIÁM ĐỐC TRUNG TÂM VÍ DỤ", "lãnh đạo trung tâm", "hệ thống của trung tâm")),
    ],
)
def test_a_centres_own_papers_too(
    province: Province, centre: Made, form: str, words: tuple[str, ...]
) -> None:
    details: dict[str, Any] = {}
    if form == "teacher_book":
        details = {"teacher": "Bùi Thị Thu Hà", "teacher_id": teach(province, centre, "math")}
    if form == decisions.BOARD:
        details = {"number": NUMBER, "signed_on": "2026-11-16", "place": "Ea Lĩnh", "as_of": "2026-11-16"}
        details |= {"grounds": [], "source": [centre.sheets["board", 0]]}
    paper = filled(province, asked(province, form, YEAR, None, **details))
    holds(said(paper, 60), *words)


def test_a_preschool_registers_children(province: Province) -> None:
    unit = sa.select(OrgUnit).where(OrgUnit.id == province.first.unit_id)
    put(province, unit, kind=UnitKind.PRESCHOOL)
    holds(
        said(filled(province, asked(province, "register_book", YEAR))),
        "Trẻ em vào trường trong năm học",
        "trẻ em",
    )


# -- corrected sentences -----------------------------------------------------------------------------------------


def write(province: Province, made: Made, code: str, term: int, text: str) -> None:
    """What the teacher wrote of the first student, corrected later."""
    sheet = made.sheets[code, term]
    model = ROWS[db.session.get_one(GradebookSheet, sheet).form]
    row = sa.select(model).where(model.sheet_id == sheet, model.student_id == made.students[0])
    put(province, row, comment=text)
    correct(province, made, made.students[0], code, term, "comment", OLD_REMARK)


def test_a_corrected_sentence_stands_struck(province: Province, made: Made) -> None:
    """TT 22/2021, instructions of the book: what is corrected is struck, whatever it is; it counts as a place."""
    write(province, made, "math", 2, REMARK)
    write(province, made, "training", 2, REMARK)
    fixed = PrintedMark(REMARK, OLD_REMARK)
    paper = filled(province, asked(province, "school_record.tt22", YEAR, made))
    record = paper.parts[0].page.years[-1]
    line = next(line for line in record.subjects if line.subject == "Toán")
    assert (line.remark, record.remark) == (fixed, fixed)
    assert record.corrections == "01 (bằng chữ: một) chỗ, thuộc các môn: Toán"
    assert paper.parts[1].page.years[-1].remark == ""
    holds(said(paper), f"{OLD_REMARK} {REMARK}")
    slip = filled(province, asked(province, "grade_slip", 2, made))
    assert next(line for line in slip.parts[0].page.lines if line.subject == "Toán").remark == fixed
    assert slip.parts[0].page.remark == fixed
    for form in ("grade_slip", "grade_slip.compact", "contact_book"):
        holds(said(filled(province, asked(province, form, YEAR, made))), f"{OLD_REMARK} {REMARK}")


def test_a_teachers_own_book_strikes_its_sentences(province: Province, made: Made) -> None:
    person = teach(province, made, "math")
    write(province, made, "math", 1, REMARK)
    wanted = asked(province, "teacher_book", 1, None, teacher="Bùi Thị Thu Hà", teacher_id=person)
    (page,) = [part.page for part in filled(province, wanted).parts if part.title.startswith("Toán 8A")]
    assert page.tables[0].rows[0].values[-1] == PrintedMark(REMARK, OLD_REMARK)
    holds(said(filled(province, wanted)), f"{OLD_REMARK} {REMARK}")


# -- columns, teachers, pages ------------------------------------------------------------------------------------


def test_the_years_summary_has_the_columns_of_the_book(province: Province, made: Made) -> None:
    """All sessions missed; who goes up and who doesn't in columns of their own (facts A12 item 6)."""
    (part,) = filled(province, asked(province, "class_summary", YEAR, made)).parts
    (table,) = part.page.tables
    named = dict(zip([head.label for head in table.heads], table.rows[0].values, strict=True))
    assert (named["TS"], named["P"], named["K"]) == ("8", "6", "2")
    assert (named["Được lên lớp"], named["Không được lên lớp"], named["Ghi chú"]) == ("x", "", "")


def test_a_primary_class_stands_a_line_a_student(province: Province) -> None:
    room = make_class(province, "4A", GRADE_4, circular="tt27-2020", level=Level.PRIMARY, grade=4, pupils=1)
    fill_primary(province, room, room.students[0], SubjectLevel.WELL, "9", TraitLevel.GOOD)
    province.now = YEAR_OVER
    page = filled(province, asked(province, "primary_summary", YEAR, room)).parts[0].page
    heads = [head.label for head in page.tables[-1].heads]
    assert heads[-4:] == ["Đánh giá KQGD", "HTCTLH, lên lớp", "Khen thưởng", "Ghi chú"]
    assert page.tables[-1].rows[0].values[-2] == "HS Xuất sắc"
    assert "HTCTTH: hoàn thành chương trình tiểu học" in page.note


def test_a_subject_of_term_one_alone_keeps_its_teacher_in_the_record(province: Province) -> None:
    old = make_class(province, "9A", GDPT_2006, circular="tt58-2011", grade=9, pupils=1)
    fill(province, old, mark="9.0")
    teach(province, old, "fine_arts")
    province.now = YEAR_OVER
    record = filled(province, asked(province, "school_record.tt58", YEAR, old)).parts[0].page.years[-1]
    line = next(line for line in record.subjects if line.subject == "Mĩ thuật")
    assert (line.term_1, line.term_2, line.teacher) == ("Đ", "", "Bùi Thị Thu Hà")


def test_the_records_of_circular_58_have_their_own_heads(province: Province) -> None:
    old = make_class(province, "9A", GDPT_2006, circular="tt58-2011", grade=9, pupils=1)
    fill(province, old, mark="9.0")
    province.now = YEAR_OVER
    text = said(filled(province, asked(province, "school_record.tt58", YEAR, old)))
    holds(text, "Điểm trung bình hoặc xếp", "chữ ký xác nhận của giáo viên bộ")
    assert "hạn chế chủ yếu" not in text


def test_a_compact_slip_is_one_page(province: Province) -> None:
    """Thirteen subjects and everything a year of TT 58/2011 comes to, signatures with them."""
    more = [*GDPT_2006, *(("geography", 35), ("chemistry", 70), ("biology", 70))]
    lines = [(*line, *("compulsory", (1, 2))[len(line) - 2 :])[:4] for line in more]
    known = {line[0]: line for line in lines}
    old = make_class(province, "9A", known.values(), circular="tt58-2011", grade=9, pupils=1)
    fill(province, old, mark="9.0")
    province.now = YEAR_OVER
    paper = filled(province, asked(province, "grade_slip.compact", YEAR, old))
    ((_title, draw),) = drawing.parts_of(paper)
    assert page_count(draw()) == 1


def test_before_the_years_end_no_sessions_stand_without_their_sum(province: Province, made: Made) -> None:
    record = filled(province, asked(province, "school_record.tt22", 1, made))
    assert "(có phép" not in said(record)
    holds(
        said(filled(province, asked(province, "school_record.tt22", YEAR, made))),
        "8 (có phép: 6; không phép: 2)",
    )
