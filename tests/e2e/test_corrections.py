"""A locked mark corrected in a real browser: asked for with evidence, certified, approved, witnessed, written; or refused."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.services.cells import CellChange
from app.services.gradebook import enter_scores
from tests.e2e.conftest import LiveServer, Person, save
from tests.e2e.test_pages import unsound
from tests.services.correction_helpers import (
    BOARD,
    DEPUTY,
    HEAD,
    OTHER,
    TEACHER,
    ask,
    found,
    lock,
    move_homeroom,
    sheet_of,
    sit,
    student_of,
)
from tests.services.helpers import acting

pytestmark = pytest.mark.browser

PUPIL, LOCKED = "Nguyễn Hoàng An", "midterm"
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


@pytest.fixture(scope="module")
def locked(live_server: LiveServer) -> LiveServer:
    """Marks of the first student of 7A, whose book is locked; the class is led by another teacher."""
    province = live_server.province
    with live_server.app.app_context():
        move_homeroom(province, "7A", "habtt")
        marks = {LOCKED: "6,5", "regular_1": "7"}
        changes = [CellChange(student_of(province), column, None, text) for column, text in marks.items()]
        enter_scores(acting(province, TEACHER), sheet_of(province), changes, clock=province.clock)
        lock(province)
    return live_server


def tell(page: Page, widths: tuple[int, ...] = (1366,)) -> list[str]:
    """What is wrong with the page as it stands, at these widths."""
    problems = []
    for width in widths:
        page.set_viewport_size({"width": width, "height": 844})
        problems += [f"{page.url} at {width}: {problem}" for problem in unsound(page, "", width)]
    return problems


def test_a_teacher_asks_from_the_locked_cell_and_the_mark_is_corrected(
    locked: LiveServer, person: Person, tmp_path: Path
) -> None:
    evidence = tmp_path / "bai-kiem-tra.pdf"
    evidence.write_bytes(PDF)
    sheet = f"{locked}/gradebook/{sheet_of(locked.province)}"
    teacher = person(TEACHER)
    teacher.goto(sheet)
    cell = teacher.locator("table[role=grid] tbody tr").first.locator("td.is-locked", has_text="6,5")
    cell.click()
    teacher.locator("#hv-cell").get_by_role("link", name="Đề nghị điều chỉnh").click()
    teacher.get_by_label(f"{PUPIL}, ").first.fill("8,5")
    teacher.get_by_label("Lí do").fill("Ghi nhầm dòng; bài kiểm tra ghi 8,5")
    teacher.locator("#evidence").set_input_files(evidence)
    assert tell(teacher) == []
    save(teacher, "Gửi đề nghị")
    here = teacher.url
    expect(teacher.locator(".hv-big")).to_contain_text("6,5")
    expect(teacher.get_by_role("link", name="bai-kiem-tra.pdf")).to_be_visible()

    homeroom = person(OTHER, 390)
    homeroom.goto(f"{locked}/corrections/")
    homeroom.locator("tbody a").first.click()
    assert tell(homeroom, (390, 1366)) == []
    homeroom.locator("button[value=sit]").click()
    expect(homeroom.locator("button[value=sit]")).to_have_count(0)

    head = person(HEAD)
    head.goto(here)
    head.locator("button[value=sit]").click()
    expect(head.locator("button[value=sit]")).to_have_count(0)
    teacher.goto(here)
    teacher.locator("button[value=sit]").click()
    request_id = int(here.rsplit("/", 1)[1])
    with locked.app.app_context():
        sit(locked.province, request_id, BOARD)
    witness = person(DEPUTY)
    witness.goto(here)
    expect(witness.locator("main")).to_contain_text("Đây là bước cuối")
    witness.locator("button[value=sit]").click()
    expect(witness.locator(".hv-steps .is-now")).to_have_count(0)
    assert tell(witness, (1366, 390)) == []

    teacher.goto(sheet)
    cell = teacher.locator("table[role=grid] tbody tr").first.locator("td", has_text="8,5").first
    cell.click()
    expect(teacher.locator("#hv-cell .hv-history del").first).to_have_text("6,5")
    teacher.goto(f"{sheet}/plain?column={LOCKED}")
    assert tell(teacher, (390,)) == []
    head.goto(here)
    link = head.locator("a[href$='minutes.pdf']").get_attribute("href")
    minutes = head.context.request.get(f"{locked}{link}")
    assert (minutes.status, minutes.body()[:5]) == (200, b"%PDF-")


def test_a_refusal_is_read_with_its_reason_by_who_asked(locked: LiveServer, person: Person) -> None:
    with locked.app.app_context():
        request_id = ask(locked.province, column="regular_1", old="7", new="10")
        sit(locked.province, request_id, OTHER)
        state = found(request_id).state
    assert not state.over
    head = person(HEAD, 390)
    head.goto(f"{locked}/corrections/{request_id}")
    head.locator("#note").fill("Bài kiểm tra ghi đúng 7")
    save(head, "Từ chối")
    assert tell(head, (390,)) == []
    teacher = person(TEACHER)
    teacher.goto(f"{locked}/corrections/?tab=mine")
    teacher.locator(f"a[href$='/corrections/{request_id}']").click()
    expect(teacher.locator(".hv-history")).to_contain_text("Bài kiểm tra ghi đúng 7")
    assert tell(teacher, (1366,)) == []
