"""The gradebook grid in a real browser: keyboard, clipboard, what may be typed, locks, absences, accessibility.

The page, its template and its policy come from the running application; what is drawn and how the server answers are
set by the stand-in, cell by cell, so that every answer of the contract can be had at will.
"""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.e2e.gradebook_page import (
    AVERAGE,
    COMMENT,
    MARKS,
    Server,
    at,
    changes,
    clash,
    first_sheet,
    has,
    keys,
    open_sheet,
    paste,
    saved_by,
)


@pytest.fixture
def sheet_url(page: Page, live_server: str) -> str:
    return first_sheet(page, live_server)


@pytest.fixture
def server(page: Page, sheet_url: str) -> Server:
    fake = Server(page)
    open_sheet(page, fake, sheet_url)
    return fake


def test_typing_goes_down_with_enter_and_right_with_tab(page: Page, server: Server) -> None:
    at(page, 1, 0).click()
    sent = saved_by(page, server, lambda: keys(page, "8,5", "Enter", "7.5", "Tab", "10", "Enter"))
    assert changes(sent) == {(501, "regular_1"): "8.5", (502, "regular_1"): "7.5", (502, "regular_2"): "10.0"}
    assert [change["old"] for change in sent["changes"]] == [None, None, None]
    expect(at(page, 1, 0)).to_have_text("8,5")
    expect(at(page, 2, 1)).to_have_text("10,0")
    expect(at(page, 1, 0)).to_have_class(has("is-saved"))


def test_number_pad_and_arrows_finish_a_typed_cell(page: Page, server: Server) -> None:
    at(page, 1, 0).click()
    keys(page, "Shift+Numpad6", "Shift+NumpadDecimal", "Shift+Numpad5")  # the browser driver has NumLock off
    keys(page, "ArrowDown", "7", "ArrowRight")
    sent = saved_by(page, server, lambda: keys(page, "8", "ArrowUp"))
    assert changes(sent) == {(501, "regular_1"): "6.5", (502, "regular_1"): "7.0", (502, "regular_2"): "8.0"}


def test_a_scroll_that_comes_while_a_cell_is_typed_into_keeps_what_was_typed(
    page: Page, server: Server
) -> None:
    at(page, 1, 0).click()
    keys(page, "8")
    page.locator(".jss_content").dispatch_event("scroll")
    sent = saved_by(page, server, lambda: keys(page, ",5", "Enter"))
    assert changes(sent) == {(501, "regular_1"): "8.5"}


@pytest.mark.parametrize(
    ("typed", "offer"),
    [("85", "8,5"), ("7,25", "7,3"), ("11", "1,1"), ("10,5", None), ("tám", None), ("V", None)],
)
def test_what_is_no_mark_stays_red_and_unsent(
    page: Page, server: Server, typed: str, offer: str | None
) -> None:
    at(page, 1, 0).click()
    sent = saved_by(page, server, lambda: keys(page, typed, "Enter", "6", "Enter"))
    assert changes(sent) == {(502, "regular_1"): "6.0"}
    expect(at(page, 1, 0)).to_have_text(typed)
    expect(at(page, 1, 0)).to_have_class(has("is-invalid"))
    expect(at(page, 1, 0)).to_have_attribute("aria-invalid", "true")
    buttons = page.locator("#hv-issues button")
    if offer is None:
        expect(buttons.filter(has_text=re.compile(r"\d,\d$"))).to_have_count(0)
        return
    assert changes(saved_by(page, server, lambda: buttons.filter(has_text=offer).click())) == {
        (501, "regular_1"): offer.replace(",", ".")
    }
    expect(page.locator("#hv-issues")).to_be_hidden()


def test_ctrl_enter_takes_the_suggestion_and_one_button_takes_all(page: Page, server: Server) -> None:
    at(page, 1, 0).click()
    paste(page, "7,25\n6,75\n85\n")
    at(page, 1, 0).click()
    assert changes(saved_by(page, server, lambda: keys(page, "Control+Enter"))) == {(501, "regular_1"): "7.3"}
    sent = saved_by(page, server, lambda: page.locator("#hv-issues .hv-group button").click())
    assert changes(sent) == {(502, "regular_1"): "6.8", (503, "regular_1"): "8.5"}


def test_quick_entry_reads_two_digits_but_asks_about_a_leading_zero(page: Page, sheet_url: str) -> None:
    server = Server(page, quick_entry=True)
    open_sheet(page, server, sheet_url)
    at(page, 1, 0).click()
    sent = saved_by(
        page,
        server,
        lambda: keys(page, "85", "Enter", "100", "Enter", "10", "Enter", "9", "Enter", "08", "Enter"),
    )
    assert list(changes(sent).values()) == ["8.5", "10.0", "10.0", "9.0"]
    expect(at(page, 1, 4)).to_have_class(has("is-invalid"))


def test_a_class_is_pasted_and_undone_in_one_request_each(page: Page, server: Server) -> None:
    block = (
        "\r\n".join("\t".join(f"{(row + column) % 10},{column}" for column in range(6)) for row in range(45))
        + "\r\n"
    )
    at(page, 1, 0).click()
    sent = saved_by(page, server, lambda: paste(page, block))
    assert len(sent["changes"]) == 270
    assert server.marks(545)["final"] == "9.5"
    expect(at(page, AVERAGE, 0)).to_have_text("6,6")  # the server's figure, no ≈
    undone = saved_by(page, server, lambda: keys(page, "Control+z"))
    assert len(undone["changes"]) == 270
    assert {change["new"] for change in undone["changes"]} == {None}
    expect(at(page, 1, 0)).to_have_text("")
    redone = saved_by(page, server, lambda: keys(page, "Control+y"))
    assert changes(redone) == changes(sent)


def test_pasting_leaves_locked_cells_and_says_so(page: Page, sheet_url: str) -> None:
    server = Server(page, rows=3)
    server.lock("regular_2")
    open_sheet(page, server, sheet_url)
    at(page, 1, 1).click()
    sent = saved_by(page, server, lambda: paste(page, "5\t6\t7\n8\t9\t10\n1\t2\t3\n"))
    assert changes(sent) == {
        (502, "regular_1"): "5.0",
        (502, "regular_3"): "7.0",
        (503, "regular_1"): "8.0",
        (503, "regular_3"): "10.0",
    }
    expect(page.locator("#hv-say")).to_contain_text(re.compile("4.*2.*3"))  # pasted, locked, outside
    expect(at(page, 2, 1)).to_have_text("")


def test_one_value_fills_the_selection(page: Page, server: Server) -> None:
    at(page, 1, 0).click()
    keys(page, "Shift+ArrowDown", "Shift+ArrowDown", "Shift+ArrowRight")
    assert list(changes(saved_by(page, server, lambda: paste(page, "9\n"))).values()) == ["9.0"] * 6


def test_fill_down_repeats_the_mark_and_does_not_count_on(page: Page, server: Server) -> None:
    at(page, 1, 0).click()
    saved_by(page, server, lambda: keys(page, "8", "Enter"))
    at(page, 1, 0).click()
    keys(page, "Shift+ArrowDown", "Shift+ArrowDown")
    assert list(changes(saved_by(page, server, lambda: keys(page, "Control+d"))).values()) == ["8.0", "8.0"]


def test_dragging_the_corner_repeats_the_mark(page: Page, server: Server) -> None:
    at(page, 1, 0).click()
    saved_by(page, server, lambda: keys(page, "8", "Enter"))
    at(page, 1, 0).click()

    def drag() -> None:
        page.locator(".jss_corner").hover()
        page.mouse.down()
        at(page, 1, 3).hover()
        page.mouse.up()

    assert list(changes(saved_by(page, server, drag)).values()) == ["8.0"] * 3


def test_a_copied_block_has_decimal_commas(page: Page, sheet_url: str) -> None:
    server = Server(page)
    server.rows[0]["marks"] = dict.fromkeys(MARKS, "7.5") | {"comment": "Chăm, ngoan"}
    server.rows[1]["states"] = {"final": "awaiting"}
    open_sheet(page, server, sheet_url)
    page.evaluate(
        "document.addEventListener('copy', () => { window.copied = document.activeElement.value; })"
    )
    at(page, 5, 0).click()
    keys(page, "Shift+ArrowRight", "Shift+ArrowDown", "Control+c")
    assert page.evaluate("window.copied").replace("\r", "") == "7,5\t7,5\n\t\n"


def test_blank_and_zero_are_different(page: Page, sheet_url: str) -> None:
    server = Server(page)
    server.rows[0]["marks"] = {"regular_1": "7.0", "regular_2": "6.0"}
    open_sheet(page, server, sheet_url)
    at(page, 1, 0).click()
    sent = saved_by(page, server, lambda: keys(page, "Delete", "ArrowRight", "0", "Enter"))
    assert changes(sent) == {(501, "regular_1"): None, (501, "regular_2"): "0.0"}
    expect(at(page, 2, 0)).to_have_text("0,0")


def test_a_locked_cell_takes_nothing_and_says_why(page: Page, sheet_url: str) -> None:
    server = Server(page)
    server.lock("regular_1")
    server.rows[0]["marks"] = {"regular_1": "7.0"}
    open_sheet(page, server, sheet_url)
    at(page, 1, 0).click()
    keys(page, "9")
    expect(page.locator("#hv-say")).to_contain_text("Khóa theo lịch của Trường")
    keys(page, "Delete", "F2")
    expect(page.locator("#hv-grid input")).to_have_count(0)
    expect(at(page, 1, 0)).to_have_text("7,0")
    expect(at(page, 1, 0)).to_have_attribute("aria-readonly", "true")
    expect(at(page, 1, 0)).to_have_attribute("title", re.compile("23/12/2026 17:00"))
    card = page.locator("#hv-cell")
    for word in ("Hết hạn nhập", "Hiệu trưởng", "03/11/2026 08:41:07", "longpd", "5,7"):
        expect(card).to_contain_text(word)


def test_the_panel_shows_the_cell_selected_last(page: Page, server: Server) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/cell?" in request.url else None)
    at(page, 1, 0).click()
    keys(page, *["ArrowDown"] * 6)
    expect(page.locator("#hv-cell .hv-history li")).to_have_count(1)
    expect(page.locator("#hv-cell h2")).to_contain_text("Học sinh 7")
    assert re.search(r"student=507&column=regular_1$", asked[-1])


def test_no_calendar_is_shown_for_a_student_who_left(page: Page, sheet_url: str) -> None:
    server = Server(page)
    server.rows[1].update(closed=True, note="Chuyển đi 02/10/2026")
    open_sheet(page, server, sheet_url)
    at(page, 1, 1).click()
    card = page.locator("#hv-cell")
    expect(card.locator(".hv-history li")).to_have_count(1)
    expect(card).to_contain_text("Chuyển đi 02/10/2026")
    expect(card).not_to_contain_text("Hết hạn nhập")


def test_the_history_tells_an_absence(page: Page, server: Server) -> None:
    server.history[0] |= {"new": None, "new_state": "awaiting"}
    at(page, 6, 0).click()
    expect(page.locator("#hv-cell .hv-history")).to_contain_text(
        re.compile("awaits a make-up|chờ kiểm tra bù")
    )


def test_an_absence_is_a_button_never_a_letter(page: Page, server: Server) -> None:
    card = page.locator("#hv-cell")
    at(page, 6, 0).click()
    card.locator(".hv-row button").first.click()
    expect(at(page, 6, 0)).to_have_text("V")
    expect(at(page, 6, 0)).to_have_class(has("is-special"))
    card.locator(".hv-row button").first.click()  # by decision: asks for its reason
    card.locator("input[name=reason]").fill("QĐ 12/2026")
    card.locator("button[type=submit]").click()
    expect(at(page, 6, 0)).to_have_text("0,0")
    assert [(item["state"], item["reason"]) for item in server.absences] == [
        ("awaiting", ""),
        ("recorded_zero", "QĐ 12/2026"),
    ]
    at(page, 1, 0).click()
    expect(card.locator("h3").filter(has_text=re.compile("test|kiểm tra"))).to_have_count(0)


def test_a_make_up_mark_is_typed_over_the_sign(page: Page, sheet_url: str) -> None:
    server = Server(page)
    server.rows[0]["states"] = {"final": "awaiting"}
    open_sheet(page, server, sheet_url)
    at(page, 6, 0).click()
    keys(page, "Delete")
    expect(at(page, 6, 0)).to_have_text("V")
    assert changes(saved_by(page, server, lambda: keys(page, "7", "Enter"))) == {(501, "final"): "7.0"}
    saved_by(page, server, lambda: keys(page, "Control+z"))
    assert server.saves[-1]["changes"] == [{"student": 501, "column": "final", "old": "7.0", "new": None}]


def test_a_comment_subject_takes_two_values(page: Page, sheet_url: str) -> None:
    server = Server(page, kind="comment")
    open_sheet(page, server, sheet_url)
    at(page, 1, 0).click()
    sent = saved_by(
        page, server, lambda: keys(page, "d", "Enter", "CD", "Enter", "F2", "Đ", "Enter", "8", "Enter")
    )
    assert list(changes(sent).values()) == ["passed", "failed", "passed"]
    expect(at(page, 1, 1)).to_have_text("CĐ")
    expect(at(page, 1, 3)).to_have_class(has("is-invalid"))


def test_a_comment_is_text_and_never_a_formula(page: Page, server: Server) -> None:
    at(page, COMMENT, 0).click()
    sent = saved_by(page, server, lambda: keys(page, "=1+1 <b>", "Enter"))
    assert changes(sent) == {(501, "comment"): "=1+1 <b>"}
    expect(at(page, COMMENT, 0)).to_have_text("=1+1 <b>")


def test_the_keyboard_is_never_trapped(page: Page, server: Server) -> None:
    at(page, 1, 0).click()
    expect(at(page, 1, 0)).to_be_focused()
    keys(page, "85", "Enter", "Escape", "Tab")
    assert not page.evaluate("document.getElementById('hv-grid').contains(document.activeElement)")
    page.locator("#hv-issues button").first.focus()
    sent = saved_by(page, server, lambda: page.keyboard.press("Enter"))  # the grid does not swallow it
    assert changes(sent) == {(501, "regular_1"): "8.5"}
    expect(at(page, 1, 0)).to_be_focused()


def test_the_page_is_accessible_and_breaks_no_policy(page: Page, sheet_url: str) -> None:
    messages: list[str] = []
    page.on("console", lambda message: messages.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: messages.append(str(error)))
    server = Server(page)
    server.lock("regular_2")
    server.rows[1].update(closed=True, note="Chuyển đi 02/10/2026")
    server.answers = [clash("regular_1", "7.5")]
    open_sheet(page, server, sheet_url)
    at(page, 1, 0).click()
    keys(page, "7", "Enter", "ArrowDown", "85", "Enter")
    expect(page.locator("#hv-issues li")).to_have_count(2)
    expect(page.locator("#hv-cell .hv-history li")).to_have_count(1)
    found = [
        item for item in Axe().run(page).response["violations"] if item["impact"] in {"serious", "critical"}
    ]
    assert [(item["id"], [node["html"] for node in item["nodes"]][:3]) for item in found] == []
    assert [text for text in messages if "409" not in text] == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_plain_form_needs_no_script(page: Page, sheet_url: str) -> None:
    context = page.context.browser.new_context(
        java_script_enabled=False, storage_state=page.context.storage_state()
    )
    plain = context.new_page()
    plain.goto(f"{sheet_url}/plain?column=all")
    fields = plain.locator(
        'form input[name^="cell-"]:not([type=hidden]), form select[name^="cell-"], form textarea[name^="cell-"]'
    )
    assert fields.count() == plain.locator('form input[name^="old-"]').count() > 0
    assert plain.locator('form input[name="revision"]').count() == 1
    for field in fields.all()[:5]:
        assert field.get_attribute("aria-label")
    context.close()


def test_the_phone_form_checks_a_mark_when_its_field_is_left(page: Page, sheet_url: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{sheet_url}/plain")
    page.locator('form input[inputmode="decimal"]').first.fill("85")
    field = page.locator('form input[inputmode="decimal"]').first
    field.press("Enter")  # the phone's "next" goes on, it does not send
    expect(field).to_have_attribute("aria-invalid", "true")
    page.locator("form .hv-error button").first.click()
    expect(field).to_have_value("8,5")
    page.locator("form .hv-savebar button").click()
    expect(page.locator(".hv-msg[role=status]")).to_contain_text(re.compile("Đã lưu 1 ô|1 cells saved"))
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
