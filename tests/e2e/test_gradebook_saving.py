"""Autosave in a real browser: conflicts, refusals, lost connections, signing out; nothing lost or overwritten.

As in test_gradebook_grid, the server's answers are set by the stand-in; the last test goes all the way.
"""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.gradebook_page import (
    AVERAGE,
    Server,
    at,
    changes,
    clash,
    first_sheet,
    has,
    keys,
    open_sheet,
    refuse,
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


def test_only_what_changed_is_sent(page: Page, server: Server) -> None:
    at(page, 1, 0).click()
    saved_by(page, server, lambda: keys(page, "8,5", "Enter"))
    sent = saved_by(page, server, lambda: keys(page, "7", "Enter"))
    assert changes(sent) == {(502, "regular_1"): "7.0"}
    assert sent["revision"] == 13
    assert sent["request_id"] != server.saves[0]["request_id"]


def test_the_average_follows_and_is_confirmed(page: Page, sheet_url: str) -> None:
    server = Server(page)
    server.rows[0]["marks"] = {
        "regular_1": "7.0",
        "regular_2": "7.0",
        "regular_3": "8.0",
        "regular_4": "7.0",
        "midterm": "6.0",
    }
    server.answers = ["network"]
    open_sheet(page, server, sheet_url)
    at(page, 6, 0).click()
    keys(page, "6,1", "Enter")
    expect(at(page, AVERAGE, 0)).to_have_text("≈ 6,6")  # (29 + 12 + 18,3) / 9 = 6,588…
    expect(at(page, AVERAGE, 0)).to_have_text("6,6")


def test_a_conflict_shows_both_values_and_the_rest_is_saved(page: Page, server: Server) -> None:
    server.answers = [clash("regular_1", "7.5")]
    at(page, 1, 0).click()
    keys(page, "7", "Enter", "8", "Enter")
    expect(at(page, 1, 0)).to_have_class(has("is-conflict"))
    issue = page.locator("#hv-issues li").first
    for word in ("7,5", "7,0", "Cô Hà", "14:29:40"):
        expect(issue).to_contain_text(word)
    expect(at(page, 1, 1)).to_have_class(has("is-saved"))
    assert [sorted(changes(sent)) for sent in server.saves] == [
        [(501, "regular_1"), (502, "regular_1")],
        [(502, "regular_1")],
    ]
    sent = saved_by(page, server, lambda: issue.get_by_role("button").nth(1).click())  # mine
    assert sent["changes"] == [{"student": 501, "column": "regular_1", "old": "7.5", "new": "7.0"}]
    expect(page.locator("#hv-issues")).to_be_hidden()


def test_in_a_conflict_theirs_can_be_kept(page: Page, server: Server) -> None:
    server.answers = [clash("regular_1", None)]
    at(page, 1, 0).click()
    keys(page, "7", "Enter")
    page.locator("#hv-issues li").first.get_by_role("button").first.click()
    expect(at(page, 1, 0)).to_have_text("")
    expect(at(page, 1, 0)).not_to_have_class(has("is-conflict"))
    assert len(server.saves) == 1


def test_retyping_a_cell_in_conflict_does_not_overwrite(page: Page, server: Server) -> None:
    server.answers = [clash("regular_1", "7.5")]
    at(page, 1, 0).click()
    keys(page, "7", "Enter")
    expect(at(page, 1, 0)).to_have_class(has("is-conflict"))
    at(page, 1, 0).click()
    sent = saved_by(page, server, lambda: keys(page, "6", "Enter", "9", "Enter"))
    assert changes(sent) == {(502, "regular_1"): "9.0"}
    expect(at(page, 1, 0)).to_have_class(has("is-conflict"))


def test_what_the_server_finds_invalid_steps_aside(page: Page, server: Server) -> None:
    problem = {
        "student": 501,
        "column": "regular_1",
        "reason": "Máy chủ không nhận 9,9.",
        "suggestion": "9.8",
    }
    server.answers = [refuse(422, message="Chưa lưu ô nào.", problems=[problem])]
    at(page, 1, 0).click()
    keys(page, "9,9", "Enter", "8", "Enter")
    expect(at(page, 1, 1)).to_have_class(has("is-saved"))
    expect(at(page, 1, 0)).to_have_class(has("is-invalid"))
    expect(page.locator("#hv-issues")).to_contain_text("Máy chủ không nhận 9,9.")


def test_a_lock_that_fell_meanwhile_is_told_and_shown(page: Page, server: Server) -> None:
    reason = {"student": 501, "column": "regular_1", "text": "Sở khóa từ 17:00."}
    server.answers = [refuse(423, message="Có ô đã khóa.", reasons=[reason])]
    at(page, 1, 0).click()
    server.lock("regular_1")
    keys(page, "7", "Tab", "8", "Enter")
    expect(at(page, 2, 0)).to_have_class(has("is-saved"))
    expect(at(page, 1, 0)).to_have_class(has("is-invalid"))
    expect(at(page, 1, 0)).to_have_class(has("readonly"))
    expect(at(page, 1, 0)).to_have_text("7,0")
    expect(page.locator("#hv-issues")).to_contain_text("Sở khóa từ 17:00.")
    expect(page.locator('#hv-grid thead td[data-x="1"]').last).to_have_class(has("is-locked"))


def test_a_lost_connection_keeps_the_cells_and_repeats_the_same_request(page: Page, server: Server) -> None:
    server.answers = ["network"]
    at(page, 1, 0).click()
    keys(page, "7", "Enter")
    notice = page.locator("#hv-notice [role=alert]")
    expect(notice).to_be_visible()
    expect(at(page, 1, 0)).to_have_class(has("is-dirty"))
    expect(at(page, 1, 0)).to_have_class(has("is-saved"))
    expect(notice).to_have_count(0)
    assert server.saves[0] == server.saves[1]


def test_a_reload_offers_the_unsaved_cells_back(page: Page, server: Server) -> None:
    page.on("dialog", lambda dialog: dialog.accept())
    server.answers = ["network", "network"]
    at(page, 1, 0).click()
    keys(page, "7", "Enter", "85", "Enter")
    expect(page.locator("#hv-notice [role=alert]")).to_be_visible()
    page.reload()
    offer = page.locator("#hv-notice [role=group]")
    expect(offer).to_contain_text("2")
    expect(at(page, 1, 0)).to_have_text("")
    server.answers = []
    sent = saved_by(page, server, offer.get_by_role("button").first.click)
    assert changes(sent) == {(501, "regular_1"): "7.0"}
    expect(at(page, 1, 1)).to_have_class(has("is-invalid"))


def test_restored_cells_that_changed_meanwhile_are_a_conflict(page: Page, server: Server) -> None:
    page.on("dialog", lambda dialog: dialog.accept())
    server.answers = ["network", "network"]
    at(page, 1, 0).click()
    keys(page, "7", "Enter")
    expect(page.locator("#hv-notice [role=alert]")).to_be_visible()
    server.rows[0]["marks"] = {"regular_1": "9.0"}
    page.reload()
    page.locator("#hv-notice [role=group] button").first.click()
    expect(at(page, 1, 0)).to_have_class(has("is-conflict"))
    expect(page.locator("#hv-issues")).to_contain_text("9,0")


def test_leaving_with_unsaved_cells_warns(page: Page, server: Server) -> None:
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    at(page, 1, 0).click()
    keys(page, "85", "Enter")
    page.reload()
    assert asked == ["beforeunload"]


def test_signed_out_is_said_and_nothing_is_lost(page: Page, server: Server) -> None:
    server.answers = ["login"]
    at(page, 1, 0).click()
    keys(page, "7", "Enter")
    notice = page.locator("#hv-notice [role=alert]")
    expect(notice.locator("a[target=_blank]")).to_be_visible()
    expect(at(page, 1, 0)).to_have_class(has("is-dirty"))
    sent = saved_by(page, server, notice.get_by_role("button").last.click)  # signed in again elsewhere
    assert changes(sent) == {(501, "regular_1"): "7.0"}
    expect(notice).to_have_count(0)


def test_a_mark_is_really_saved(page: Page, sheet_url: str) -> None:
    """Nothing set here: the application's own page, save, and history. Changes one comment."""
    page.goto(sheet_url)
    expect(page.locator("table[role=grid]")).to_be_visible()
    cell = page.locator("#hv-grid td.hv-note:not(.readonly)").first
    cell.click()
    with page.expect_response("**/cells") as answer:
        keys(page, "Tiến bộ rõ", "Enter")
    assert answer.value.ok
    page.reload()
    expect(page.locator("#hv-grid td.hv-note", has_text="Tiến bộ rõ").first).to_be_visible()


def test_an_expired_token_is_renewed_unseen(page: Page, server: Server) -> None:
    server.answers = [refuse(400)]
    at(page, 1, 0).click()
    keys(page, "7", "Enter")
    expect(at(page, 1, 0)).to_have_class(has("is-saved"))
    assert server.saves[0] == server.saves[1]


def test_a_refusal_for_good_stops_saving_and_keeps_the_cells(page: Page, server: Server) -> None:
    page.on("dialog", lambda dialog: dialog.accept())
    server.answers = [refuse(403, message="Sổ này do cô Hà phụ trách.")]
    at(page, 1, 0).click()
    keys(page, "7", "Enter")
    expect(page.locator("#hv-notice [role=alert]")).to_contain_text("Sổ này do cô Hà phụ trách.")
    expect(at(page, 1, 0)).to_have_class(has("is-dirty"))
    expect(at(page, 1, 0)).to_have_text("7,0")


def test_a_cell_that_is_final_once_entered_closes(page: Page, server: Server) -> None:
    final = {"student": 501, "column": "regular_1"}
    server.answers = [lambda body: (200, server.accept(body)[1] | {"locked": [final]})]
    at(page, 1, 0).click()
    keys(page, "7", "Enter")
    expect(at(page, 1, 0)).to_have_class(has("is-locked"))
    expect(at(page, 1, 0)).to_have_class(has("readonly"))


def test_somebody_elses_saves_appear_but_never_over_unsaved_cells(page: Page, sheet_url: str) -> None:
    server = Server(page, rows=3)
    open_sheet(page, server, sheet_url)
    at(page, 1, 0).click()
    keys(page, "85", "Enter")
    server.marks(501)["regular_1"] = "6.0"
    server.marks(502)["regular_2"] = "9.0"
    page.evaluate("HocVu.page.saver.reread()")
    expect(at(page, 2, 1)).to_have_text("9,0")
    expect(at(page, 1, 0)).to_have_text("85")
