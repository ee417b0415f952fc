"""A term confirmed, approved, closed and reopened in a real browser; what families see; what is asked from a locked page."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from app.domain.closing import Stage
from app.services.cells import CellChange
from app.services.clock import VIETNAM
from app.services.gradebook import enter_scores
from tests.e2e.conftest import LiveServer, Person, save
from tests.e2e.test_pages import unsound
from tests.services.closing_helpers import (
    BOARD,
    HEAD,
    OFFICE,
    TEACHERS,
    VICE,
    family,
    fill,
    print_all,
    sign_all,
    step,
)
from tests.services.correction_helpers import lock
from tests.services.helpers import acting

pytestmark = pytest.mark.browser

TEACHER, PUPIL = TEACHERS[0], "Nguyễn Hoàng An"


@pytest.fixture(scope="module")
def full(live_server: LiveServer) -> LiveServer:
    """The school's term I, entered but for one test of the first student of 7A."""
    with live_server.app.app_context():
        fill(live_server.province)
        enter(live_server, "8", None)
    return live_server


def enter(server: LiveServer, old: str | None, new: str | None) -> None:
    """The first student's last test in mathematics."""
    province = server.province
    sheet, student = province.first.sheet_ids["7A", "math", 1], province.first.student_ids[0]
    enter_scores(
        acting(province, TEACHER), sheet, [CellChange(student, "final", old, new)], clock=province.clock
    )


def sound(page: Page) -> None:
    """Nothing serious on the page, at both widths."""
    for width in (390, 1366):
        page.set_viewport_size({"width": width, "height": 844})
        assert unsound(page, "", width) == [], (page.url, width)


def test_a_term_is_signed_approved_closed_and_reopened(full: LiveServer, person: Person) -> None:
    province = full.province
    school = province.first
    sheet, room = school.sheet_ids["7A", "math", 1], school.class_ids["7A"]
    teacher = person(TEACHER)
    teacher.goto(f"{full}/signatures/sheet/{sheet}")
    expect(teacher.locator("section[aria-labelledby=h-blank]")).to_contain_text(PUPIL)
    expect(teacher.get_by_role("button", name="Ký xác nhận sổ")).to_have_count(0)
    sound(teacher)
    with full.app.app_context():
        enter(full, None, "8")
    teacher.reload()
    save(teacher, "Ký xác nhận sổ")
    expect(teacher.locator("section[aria-labelledby=h-now]")).to_contain_text("Đã xác nhận")
    teacher.goto(f"{full}/signatures/class/{room}?period=1")
    save(teacher, "Ký xác nhận tổng hợp")
    sound(teacher)

    with full.app.app_context():
        sign_all(province)
        print_all(province)
        step(province, OFFICE, Stage.PRINTED)
        step(province, VICE, Stage.PROOF_OPENED)
        sign_all(province)
        step(province, OFFICE, Stage.CHECKED)
    head, address = person(HEAD), f"{full}/closing/unit/{school.unit_id}?period=1"
    head.goto(address)
    sound(head)
    save(head, "Duyệt các lớp đã chọn")
    save(head, "Ký duyệt toàn trường")
    with full.app.app_context():
        step(province, OFFICE, Stage.SEALED)
        step(province, BOARD, Stage.PROPOSED)
    head.goto(address)
    head.get_by_label("Căn cứ").fill("Đủ hồ sơ học kì I")
    save(head, "Khóa sổ")
    expect(head.locator(".hv-msg.is-ok").filter(has_text="khóa sổ lúc")).to_contain_text("Đủ hồ sơ học kì I")

    teacher.goto(f"{full}/gradebook/{sheet}")
    row = teacher.locator("table[role=grid] tbody tr").first
    row.locator("td.is-locked", has_text="8,0").first.click()
    expect(teacher.locator("#hv-cell")).to_contain_text("Nguyễn Thị Giang đã khóa sổ học kì I")
    sound(teacher)

    head.get_by_label("Lí do").fill("Nhập sót một bài kiểm tra bù")
    save(head, "Mở lại sổ")
    sound(head)
    expect(head.locator("section[aria-labelledby=h-past]")).to_contain_text("Nhập sót một bài kiểm tra bù")
    teacher.reload()
    row.locator("td", has_text="8,0").first.click()
    expect(teacher.locator("#hv-cell .hv-history li").first).to_be_visible()
    expect(teacher.locator("#hv-cell")).not_to_contain_text("đã khóa sổ")


def test_a_family_sees_what_the_school_has_published(full: LiveServer, person: Person) -> None:
    with full.app.app_context():
        username = family(full.province, full.province.first.student_ids[1])
    parent = person(username, 390)
    expect(parent.locator("main")).to_contain_text("Chưa công khai điểm")
    head = person(HEAD)
    head.goto(f"{full}/publications/")
    sound(head)
    save(head, "Công khai")
    parent.reload()
    expect(parent.locator("main")).to_contain_text("Toán")
    sound(parent)


def test_a_teacher_asks_from_the_locked_page_to_have_it_opened(full: LiveServer, person: Person) -> None:
    province = full.province
    with full.app.app_context():
        lock(province)
    until = (province.now + timedelta(days=3)).astimezone(VIETNAM)
    teacher = person(TEACHER, 390)
    teacher.goto(f"{full}/gradebook/{province.first.sheet_ids['7A', 'math', 1]}/plain?column=final")
    teacher.get_by_role("link", name="Đề nghị mở khóa").first.click()
    expect(teacher.get_by_label("Mở đến")).to_be_visible()
    sound(teacher)
    teacher.get_by_label("Mở đến").fill(f"{until:%d/%m/%Y %H:%M}")
    teacher.get_by_label("Lí do").fill("Lớp kiểm tra bù sau bão")
    save(teacher, "Gửi đề nghị")
    expect(teacher.locator("main")).to_contain_text("Lớp kiểm tra bù sau bão")
    sound(teacher)
