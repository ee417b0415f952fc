"""After a school year in a real browser: the book opened for retests, results typed, decisions taken, lists that follow."""

from dataclasses import dataclass
from decimal import Decimal

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from app.domain.access import SYSTEM
from app.domain.assessment.terms import SubjectLevel, TraitLevel
from app.domain.vocabulary import Book, Level, UnitKind, WindowEffect, WindowMode
from app.extensions import db
from app.models import Account, LockWindow, OrgUnit, SubjectYear, YearDecision
from app.services.results.refresh import refresh
from app.services.unit_of_work import transaction
from tests.e2e.conftest import LiveServer, Person, save
from tests.e2e.test_pages import unsound
from tests.factories.province import Province
from tests.services.results_helpers import YEAR_OVER, Made, fill, lines_of, make_class, put
from tests.services.test_results_primary import GRADE_4, fill_primary
from tests.services.year_helpers import teach

pytestmark = pytest.mark.browser

HEAD, HOMEROOM, TEACHER = "giangnt.thcstk", "longpd.thcstk", "habtt.thcstk"
LINES = lines_of(
    ("literature", 140), ("math", 140), ("foreign_language_1", 105), ("history_geography", 105), ("natural_science", 140),
    ("civic_education", 35), ("physical_education", 70),
)  # fmt: skip
OLD_LINES = lines_of(
    ("literature", 140), ("math", 140), ("physics", 35), ("history", 35), ("geography", 35), ("physical_education", 70),
)  # fmt: skip


@dataclass
class YearEnd:
    """Classes whose year is over: 8A waits for a window, the others are open."""

    retests: Made  # 8A: the second student has 3,0 in mathematics and literature
    summer: Made  # 8B: the first student's training result of term II is Chưa đạt
    conduct: Made  # 9A under TT 26/2020: hạnh kiểm of the year is still to be decided
    primary: Made  # 4A: one Hoàn thành tốt, one short in mathematics, one in a quality


@pytest.fixture(scope="module")
def year_end(live_server: LiveServer) -> YearEnd:
    """The classes in June, with the results of the year on record."""
    province = live_server.province
    with live_server.app.app_context():
        with transaction(SYSTEM, "test.levels", clock=province.clock) as work:
            unit = work.session.get_one(OrgUnit, province.first.unit_id)
            unit.kind, unit.levels = UnitKind.MULTI_LEVEL, [Level.PRIMARY.value, Level.LOWER_SECONDARY.value]
        made = YearEnd(
            make_class(province, "8A", LINES, pupils=2),
            make_class(province, "8B", LINES, pupils=1),
            make_class(province, "9A", OLD_LINES, circular="tt26-2020", grade=9, pupils=3),
            make_class(province, "4A", GRADE_4, circular="tt27-2020", level=Level.PRIMARY, grade=4, pupils=3),
        )
        _fill(province, made)
        province.now = YEAR_OVER
        _open(province, [made.summer, made.conduct, made.primary])
        classes = [room.class_id for room in (made.retests, made.summer, made.conduct, made.primary)]
        refresh(province.first.unit_id, classes, clock=province.clock)
        db.session.remove()
    return made


def _fill(province: Province, made: YearEnd) -> None:
    for room in (made.retests, made.summer, made.conduct):
        fill(province, room, mark="7.0")
    low, three = made.retests.students[1], Decimal("3.0")
    for code in ("math", "literature"):
        for term in (1, 2):
            cells = dict.fromkeys([f"regular_{n}" for n in range(1, 5)], three)
            put(province, made.retests, low, code, term, **cells, midterm=three, final=three)
        teach(province, made.retests, code, "habtt")
    put(province, made.summer, made.summer.students[0], "training", 2, training="not_passed")
    well, short, effort = made.primary.students
    fill_primary(province, made.primary, well, SubjectLevel.WELL, "8", TraitLevel.GOOD)
    for student in (short, effort):
        fill_primary(province, made.primary, student, SubjectLevel.DONE, "6", TraitLevel.PASSED)
    put(province, made.primary, short, "math", 2, final_level=SubjectLevel.NOT_DONE, final=Decimal("3"))
    put(province, made.primary, effort, "traits", 2, final_trait_1=TraitLevel.NEEDS_EFFORT)
    teach(province, made.primary, "math", "habtt")


def _open(province: Province, rooms: list[Made]) -> None:
    """The head has opened the end of the year and what comes after it for these classes."""
    admin = db.session.scalar(sa.select(Account.id).where(Account.username == "quantb.thcstk"))
    with transaction(SYSTEM, "test.window", clock=province.clock) as work:
        work.session.add(
            LockWindow(
                owner_id=province.first.unit_id, school_year_id=province.year_id, term=2, book=Book.GRADEBOOK,
                effect=WindowEffect.OPEN, mode=WindowMode.WHOLE_BOOK, title="Hoàn tất sổ", reason="Kế hoạch hè",
                opens_at=province.now, columns=["final", "retest"], class_ids=[room.class_id for room in rooms],
                ordered_by_id=province.first.person_ids["giangnt"], executed_by_id=admin,
            )
        )  # fmt: skip


def test_the_head_opens_the_book_and_a_teacher_enters_retests(
    live_server: LiveServer, year_end: YearEnd, person: Person
) -> None:
    made = year_end.retests
    address, lists = (f"{live_server}/results/{part}/{made.class_id}" for part in ("year", "lists"))
    teacher = person(TEACHER, 390)
    teacher.goto(address)
    expect(teacher.locator(".hv-msg.is-lock")).to_contain_text("Chưa có lịch nào mở cột này")
    assert teacher.locator("input[name^=new-]").count() == 0

    head = person(HEAD)
    head.goto(lists)
    expect(head.locator("#list-retest")).to_contain_text("Ngữ văn 3,0, Toán 3,0 · Kiểm tra, đánh giá lại")
    head.get_by_role("link", name="Đánh giá lại, quyết định").click()
    head.get_by_role("link", name="Mở sổ cho đánh giá lại").click()
    head.get_by_label("Tên gọi").fill("Kiểm tra lại, rèn luyện hè")
    head.get_by_role("textbox", name="Từ").fill("15/06/2027 09:00")
    head.get_by_role("textbox", name="Đến").fill("31/07/2027 24:00")
    head.get_by_label("Căn cứ").fill("Kế hoạch số 12")
    expect(head.get_by_label("Kiểm tra, đánh giá lại")).to_be_checked()
    save(head, "Lưu lịch")
    expect(head.locator(".hv-kv")).to_contain_text("Học kì II · Kiểm tra, đánh giá lại")
    head.goto(f"{live_server}/locks/")
    expect(head.locator("main")).to_contain_text("Tháng 06/2027")
    expect(head.get_by_role("link", name="Kiểm tra lại, rèn luyện hè").first).to_be_visible()

    teacher.goto(f"{live_server}/")
    teacher.locator("section[aria-labelledby=after-year]").get_by_role("link", name="Lớp 8A").click()
    student = "Phạm Thị Vân Anh 1"
    math, literature = (
        teacher.get_by_label(f"{student}, {name}", exact=True) for name in ("Toán", "Ngữ văn")
    )
    math.fill("11,5")
    literature.fill("6")
    save(teacher, "Lưu kết quả đánh giá lại")
    expect(teacher.get_by_role("alert")).to_contain_text("Chưa lưu gì")
    expect(math).to_have_value("11,5")
    expect(math).to_have_accessible_description(teacher.locator(".hv-error").inner_text())
    expect(literature).to_have_value("6")
    with live_server.app.app_context():
        mine = sa.select(SubjectYear.retest).where(SubjectYear.class_id == made.class_id)
        assert set(db.session.scalars(mine)) <= {None}
    math.fill("6,5")
    save(teacher, "Lưu kết quả đánh giá lại")
    told = teacher.locator(".hv-msg.is-ok")
    expect(told).to_contain_text("Toán – → 6,5")
    expect(told.locator("del")).to_have_text("Kiểm tra, đánh giá lại")
    expect(told.locator("ins")).to_have_text("Được lên lớp")
    assert unsound(teacher, "", 390) == []
    teacher.get_by_role("link", name="Học kì I", exact=True).click()  # the answer's address, read again
    expect(math).to_have_value("6,5")

    head.goto(lists)
    expect(head.locator("#list-retest")).to_contain_text("Ngữ văn 3,0 → 6,0, Toán 3,0 → 6,5 · Được lên lớp")
    expect(head.locator("#list-promoted")).to_contain_text(student)


def test_a_homeroom_teacher_enters_summer_training_and_conduct_with_their_reasons(
    live_server: LiveServer, year_end: YearEnd, person: Person
) -> None:
    """Hạnh kiểm of the year as proposed needs none."""
    made, student = year_end.summer, "Nguyễn Hoàng An 0"
    page = person(HOMEROOM)
    page.goto(f"{live_server}/results/year/{made.class_id}")
    page.get_by_label(student, exact=True).select_option(label="Đạt")
    save(page, "Lưu phần của giáo viên chủ nhiệm")
    expect(page.locator(".hv-error")).to_contain_text("Ghi lí do")
    expect(page.get_by_label(student, exact=True)).to_have_value("passed")
    page.get_by_label(f"Lí do: {student}").fill("Hoàn thành kế hoạch rèn luyện hè")
    save(page, "Lưu phần của giáo viên chủ nhiệm")
    expect(page.locator(".hv-msg.is-ok")).to_contain_text("Sau rèn luyện trong kì nghỉ hè – → Đạt")
    expect(page.locator(".hv-msg.is-ok").locator("ins")).to_have_text("Được lên lớp")
    page.get_by_text("Các lần thay đổi (1)").click()
    expect(page.locator(".hv-history")).to_contain_text("Lí do: Hoàn thành kế hoạch rèn luyện hè")
    page.get_by_role("link", name="Danh sách cuối năm").click()
    expect(page.locator("#list-summer")).to_contain_text("Được lên lớp")

    made, student = year_end.conduct, "Phạm Thị Vân Anh 1"
    page.goto(f"{live_server}/results/year/{made.class_id}")
    assert unsound(page, "", 1366) == []
    page.get_by_label(student, exact=True).select_option(label="Khá")
    save(page, "Lưu, dòng chưa chọn lấy theo đề xuất")
    expect(page.locator(".hv-error")).to_have_count(1)
    expect(page.get_by_label(student, exact=True)).to_have_value("fair")
    with live_server.app.app_context():
        taken = sa.select(YearDecision.student_id).where(YearDecision.class_id == made.class_id)
        assert db.session.scalars(taken).all() == []
    page.get_by_label(f"Lí do: {student}").fill("Nhiều lần vi phạm nội quy")
    save(page, "Lưu, dòng chưa chọn lấy theo đề xuất")
    expect(page.locator(".hv-msg.is-ok")).to_contain_text("Đã lưu cho 3 học sinh")
    for number, word in enumerate(("good", "fair", "good")):
        expect(page.locator("select[name$=training_year]").nth(number)).to_have_value(word)
    expect(page.get_by_role("button", name="Lưu, dòng chưa chọn lấy theo đề xuất")).to_have_count(0)
    page.get_by_role("link", name="Danh sách cuối năm").click()
    expect(page.locator("#list-completed tbody tr")).to_have_count(3)


def test_a_primary_year_is_assessed_again_awarded_and_decided(
    live_server: LiveServer, year_end: YearEnd, person: Person
) -> None:
    well, short, effort = "Nguyễn Hoàng An 0", "Phạm Thị Vân Anh 1", "Trần Đức Anh 2"
    address = f"{live_server}/results/year/{year_end.primary.class_id}"
    teacher = person(TEACHER)
    teacher.goto(address)
    teacher.get_by_label(f"{short}, Toán", exact=True).select_option(label="Hoàn thành")
    teacher.get_by_label(f"{short}, Toán, điểm KTĐK", exact=True).fill("6")
    save(teacher, "Lưu kết quả đánh giá lại")
    expect(teacher.locator(".hv-msg.is-ok").locator("ins")).to_have_text("Được lên lớp")

    page = person(HOMEROOM, 390)
    page.goto(address)
    assert unsound(page, "", 390) == []
    expect(page.locator("section[aria-labelledby=b-outstanding] tbody tr")).to_have_count(1)
    page.get_by_label(f"{well}, Thành tích nổi bật").fill("Giải Nhất viết chữ đẹp cấp trường")
    page.get_by_role("checkbox", name=f"{well}, Được tập thể lớp công nhận").check()
    page.get_by_label(f"{effort}, Yêu nước").select_option(label="Cần cố gắng")
    save(page, "Lưu phần của giáo viên chủ nhiệm")
    expect(page.locator(".hv-msg.is-ok").locator("ins")).to_have_text("Hiệu trưởng quyết định")
    page.get_by_role("link", name="Danh sách cuối năm").click()
    expect(page.locator("#list-title-0-exemplary")).to_contain_text(well)

    head = person(HEAD)
    head.goto(address)
    head.get_by_label(effort, exact=True).select_option(label="Không cho lên lớp")
    save(head, "Lưu quyết định")
    expect(head.locator(".hv-error")).to_contain_text("Ghi lí do")
    head.get_by_label(f"Lí do: {effort}").fill("Cần học thêm một năm")
    save(head, "Lưu quyết định")
    expect(head.locator(".hv-msg.is-ok").locator("ins")).to_have_text("Không được lên lớp")
    page.reload()
    expect(page.locator("#list-retained")).to_contain_text(effort)
