"""Every role's main pages in a real browser: nothing for the console, nothing serious for axe, no sideways scroll."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.e2e.conftest import LiveServer, sign_in
from tests.support.browser import complaints, new_context

pytestmark = pytest.mark.browser

PAGES = {
    "longpd.thcstk": [
        "/",
        "/gradebook/",
        "/gradebook/{sheet}",
        "/gradebook/{sheet}/plain",
        "/notes/",
        "/notes/monthly/{class_id}",
        "/notes/discipline/{class_id}",
        "/notes/student/{student}",
        "/attendance/",
        "/attendance/day/{class_id}",
        "/attendance/month/{class_id}",
        "/attendance/term/{class_id}",
        "/attendance/student/{student}",
        "/locks/",
        "/account/",
        "/notices/",
    ],
    "giangnt.thcstk": [
        "/",
        "/progress/",
        "/gradebook/{sheet}/history",
        "/locks/",
        "/audit/list/",
        "/delegations/sheet/{sheet}",
        "/results/",
        "/results/class/{class_id}",
        "/decisions/",
        "/forms/",
        "/forms/grade_slip",
        "/media/",
        "/bundles/",
        "/backups/",
        "/signing-rounds/",
    ],
    "quantb.thcstk": ["/", "/accounts/", "/locks/"],
    "hongvt.thcstk": [
        "/",
        "/imports/",
        "/staff/list/",
        "/staff/bring-in",
        "/print/?student_id={student}",
        "/print-register/",
        "/check/",
        "/students/numbers",
        "/exchange/student/{student}",
    ],
    "vanlt.sogd": ["/", "/progress/", "/results/"],
    "sonlv.xatk": ["/", "/progress/"],
}


WIDTHS = (1366, 390)
ONE_OF_EACH = {"exclude": [["tbody tr:nth-child(n+7)"]]}
"""Rows of a table are made alike: axe needs minutes for a month of forty-five students and finds what six rows show."""


@pytest.mark.parametrize("username", sorted(PAGES))
def test_pages_are_sound_on_desk_and_phone(browser: Browser, live_server: LiveServer, username: str) -> None:
    context = new_context(browser, width=WIDTHS[0], height=844)
    page = context.new_page()
    found = complaints(page)
    page.goto(f"{live_server}/login/")
    sign_in(page, username)
    problems: list[str] = []
    for pattern in PAGES[username]:
        school = live_server.province.first
        path = pattern.format(
            sheet=school.sheet_ids["7A", "math", 1],
            class_id=school.class_ids["7A"],
            student=school.student_ids[0],
        )
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 844})
            answer = page.goto(live_server + path)
            page.wait_for_load_state("networkidle")
            assert answer is not None
            if answer.status != 200:
                problems.append(f"{path}: {answer.status}")
            problems += [f"{path} at {width}: {problem}" for problem in unsound(page, path, width)]
    context.close()
    assert not problems + found


def unsound(page: Page, path: str, width: int) -> list[str]:
    """What is wrong with the page as it stands: too wide, or something serious for axe."""
    page.wait_for_load_state()  # a page just come to by a link has no content yet
    wide = page.evaluate("document.documentElement.scrollWidth") > width
    # The save bar sticks over the list's last field until one scrolls: not a small target.
    listed = path.endswith("/plain") or "/notes/" in path or "/attendance/" in path
    rules = {"target-size": {"enabled": not listed}}
    results = Axe().run(
        page,
        context=ONE_OF_EACH,
        options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"], "rules": rules},
    )
    serious = [v for v in results.response["violations"] if v["impact"] in ("serious", "critical")]
    return (["too wide"] if wide else []) + [f"{v['id']}: {v['nodes'][0]['html'][:120]}" for v in serious]


def test_two_teachers_on_one_sheet_see_both_values_and_choose(
    browser: Browser, live_server: LiveServer
) -> None:
    """The same teacher in two tabs, against the real server: no silent overwrite."""
    sheet = live_server.province.first.sheet_ids["7A", "math", 1]
    context = new_context(browser)
    first, second = context.new_page(), context.new_page()
    first.goto(f"{live_server}/login/")
    sign_in(first, "longpd.thcstk")
    for page in (first, second):
        page.goto(f"{live_server}/gradebook/{sheet}")
        page.locator("table[role=grid]").wait_for()
    for page, mark in ((first, "7,5"), (second, "7")):
        cell = page.locator("table[role=grid] tbody tr").nth(1).locator("td").nth(7)
        cell.click()
        page.keyboard.type(mark)
        page.keyboard.press("Enter")
        page.locator("#hv-saved:not(:empty), #hv-issues:not([hidden])").first.wait_for()
    issues = second.locator("#hv-issues")
    issues.wait_for()
    assert "7,5" in issues.inner_text()
    assert "7,0" in issues.inner_text()
    with second.expect_response(lambda answer: answer.url.endswith("/cells") and answer.ok):
        issues.get_by_role("button", name="7,0").click()
    first.goto(f"{live_server}/gradebook/{sheet}/plain?column=final")
    assert first.locator("input[name^=cell-]").nth(1).input_value() == "7,0"
    context.close()


def test_a_suggestion_is_written_into_the_field_and_saved_as_changed(
    browser: Browser, live_server: LiveServer
) -> None:
    school = live_server.province.first
    field = f"#text-{school.student_ids[3]}"
    context = new_context(browser)
    page = context.new_page()
    page.goto(f"{live_server}/login/")
    sign_in(page, "longpd.thcstk")
    page.goto(f"{live_server}/notes/monthly/{school.class_ids['7A']}")
    pick = page.locator(f"select[data-fills='{field[1:]}']")
    pick.select_option(index=1)
    suggested = page.input_value(field)
    assert suggested
    assert pick.input_value() == ""
    page.fill(field, f"{suggested} Tiến bộ.")
    page.locator("#hv-notes button[type=submit]").click()
    page.wait_for_load_state("networkidle")
    assert page.input_value(field) == f"{suggested} Tiến bộ."
    context.close()


def test_a_month_is_typed_with_arrow_keys(browser: Browser, live_server: LiveServer) -> None:
    school = live_server.province.first
    one = school.student_ids[4]
    context = new_context(browser)
    page = context.new_page()
    page.goto(f"{live_server}/login/")
    sign_in(page, "longpd.thcstk")
    page.goto(f"{live_server}/attendance/month/{school.class_ids['7A']}")
    cells = page.locator("tr", has=page.locator(f"[name=old-{one}]")).locator("input.hv-cell")
    cells.first.focus()
    page.keyboard.type("p")
    page.keyboard.press("ArrowRight")
    page.keyboard.type("k")
    page.keyboard.press("Enter")
    below = page.evaluate("document.activeElement.name")
    assert below.endswith("-3"), "the same day"
    assert not below.startswith(f"c-{one}-"), "of the student below"
    page.locator("#hv-attendance button[type=submit]").click()
    page.wait_for_load_state("networkidle")
    assert [cell.input_value() for cell in cells.all()[:2]] == ["P", "K"]
    context.close()
