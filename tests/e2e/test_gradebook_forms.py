"""Sheets of the other forms in a real browser, all the way to the database: a primary subject, traits, training results."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from app.domain.cell_values import parse_cell, show_cell
from app.domain.sheet_forms import Cell, CellKind, SheetForm
from app.domain.vocabulary import SubjectKind
from app.views.sheet_page import raw
from tests.e2e.conftest import LiveServer, sign_in
from tests.e2e.gradebook_page import at, has, keys, paste
from tests.factories import sheet_forms
from tests.support.browser import complaints

TYPED = (
    "T", "t", "H", "h", "C", "c", "Đ", "đ", "d", "D", "K", "k", "CĐ", "cd", "cđ", "Tb", "TB", "tb", "Y", "Tốt",
    "tốt", "Khá", "khá", "Đạt", "Chưa  đạt", "Trung bình", "yếu", "Hoàn thành tốt", "hoàn thành", "Cần cố gắng",
    "good", "fair", "Dat", "0", "9", "09", "10", "11", "9.0", "9,5", "400", "401", "0400", "-1", "V", "vắng", "x", "  T ",
)  # fmt: skip
PRIMARY = {"level": 1, "test": 2, "comment": 3, "final_level": 4}
TRAINING = {"training": 1, "excused": 2, "unexcused": 3, "comment": 4}
"""Places of the columns in the grid."""


@pytest.fixture(scope="module")
def sheets(live_server: LiveServer) -> dict[str, int]:
    with live_server.app.app_context():
        return sheet_forms.build(live_server.province)


def opened(page: Page, live_server: LiveServer, sheets: dict[str, int], form: str, query: str = "") -> Page:
    sign_in(page, sheet_forms.TEACHERS[form])
    page.goto(f"{live_server}/gradebook/{sheets[form]}{query}")
    expect(page.locator("table[role=grid]")).to_be_visible()
    return page


def counted(page: Page, name: str, block: int = 0) -> Locator:
    return page.locator("#hv-summary [data-columns]").nth(block).locator(f'[data-count="{name}"]')


def after_saving(page: Page, *pressed: str) -> None:
    with page.expect_response(lambda answer: answer.url.endswith("/cells") and answer.ok):
        keys(page, *pressed)


def test_the_page_reads_and_shows_a_cell_as_the_server_does(
    page: Page, live_server: LiveServer, sheets: dict[str, int]
) -> None:
    opened(page, live_server, sheets, SheetForm.PRIMARY)
    kinds = [kind for kind in CellKind if kind not in (CellKind.MARK, CellKind.TEXT)]
    read = page.evaluate(
        """([kinds, typed]) => kinds.flatMap(kind => typed.map(text => {
        const found = HocVu.marks.parse(text, kind, false);
        return [kind, text, found.reason ? null : [found.value, HocVu.marks.show(found.value, kind)]]; }))""",
        [[kind.value for kind in kinds], list(TYPED)],
    )
    expected = []
    for kind in kinds:
        for text in TYPED:
            found = parse_cell(text, Cell("any", kind, "any"), SubjectKind.SCORED)
            pair = None if found.problem else [raw(found.value, kind), show_cell(found.value, kind)]
            expected.append([kind.value, text, pair])
    assert read == expected


def test_a_primary_subject_is_typed_saved_and_read_again(
    page: Page, live_server: LiveServer, sheets: dict[str, int]
) -> None:
    opened(page, live_server, sheets, SheetForm.PRIMARY)
    at(page, PRIMARY["level"], 0).click()
    after_saving(page, "h", "Enter", "T", "Enter")
    expect(at(page, PRIMARY["level"], 0)).to_have_class(has("is-saved"))
    at(page, PRIMARY["test"], 0).click()
    after_saving(page, "9", "Enter", "9,5", "Enter")
    expect(at(page, PRIMARY["test"], 1)).to_have_class(has("is-invalid"))
    expect(page.locator("#hv-issues")).to_contain_text("9,5")
    keys(page, "ArrowUp", "Delete")
    expect(page.locator("#hv-issues")).to_be_hidden()
    at(page, PRIMARY["level"], 0).click()
    after_saving(page, "T", "Tab", "8", "Enter")  # over what the first save answered
    page.reload()
    for column, row, text in (
        (PRIMARY["level"], 0, "T"),
        (PRIMARY["level"], 1, "T"),
        (PRIMARY["test"], 0, "8"),
    ):
        expect(at(page, column, row)).to_have_text(text)
    expect(counted(page, "T")).to_have_text("2")
    expect(counted(page, "none", 1)).to_have_text("45")
    at(page, PRIMARY["level"], 0).click()
    history = page.locator("#hv-cell .hv-history li").first
    expect(history).to_contain_text(re.compile(r"H.*T"))
    expect(history).to_contain_text("longpd.thcstk")


def test_a_missed_primary_test_is_noted_but_no_level_is(
    page: Page, live_server: LiveServer, sheets: dict[str, int]
) -> None:
    opened(page, live_server, sheets, SheetForm.PRIMARY)
    card = page.locator("#hv-cell")
    at(page, PRIMARY["final_level"], 5).click()
    expect(card.locator(".hv-meta").last).to_be_visible()
    expect(card.locator(".hv-row button")).to_have_count(0)
    at(page, PRIMARY["test"], 5).click()
    card.locator(".hv-row button").first.click()
    expect(at(page, PRIMARY["test"], 5)).to_have_text("V")


def test_a_class_of_traits_is_pasted_at_one_point_of_the_term(
    page: Page, live_server: LiveServer, sheets: dict[str, int]
) -> None:
    opened(page, live_server, sheets, SheetForm.TRAITS)
    points = page.locator(".hv-points a")
    expect(points).to_have_count(2)
    expect(points.first).to_have_attribute("aria-current", "true")
    expect(page.locator("thead .hv-upright")).to_have_count(15)
    at(page, 1, 0).click()
    with page.expect_response(lambda answer: answer.url.endswith("/cells") and answer.ok):
        paste(page, "\r\n".join("\t".join(["T", "đ", "c", "Tốt"]) for _row in range(3)) + "\r\n")
    expect(at(page, 2, 2)).to_have_text("Đ")
    expect(counted(page, "T")).to_have_text("6")
    at(page, 5, 0).click()
    keys(page, "H", "Enter")
    expect(at(page, 5, 0)).to_have_class(has("is-invalid"))
    keys(page, "ArrowUp", "Delete")
    points.last.click()
    expect(points.last).to_have_attribute("aria-current", "true")
    expect(at(page, 1, 0)).to_have_text("")
    at(page, 1, 0).click()
    after_saving(page, "d", "Enter")
    page.goto(f"{live_server}/gradebook/{sheets[SheetForm.TRAITS]}?point=midterm")
    expect(at(page, 1, 0)).to_have_text("T")
    expect(at(page, 3, 0)).to_have_text("C")


@pytest.mark.parametrize(
    ("form", "typed", "shown"),
    [(SheetForm.TRAINING, "cd", "Chưa đạt"), (sheet_forms.CONDUCT, "tb", "Trung bình")],
)
def test_training_results_are_words_of_the_circular_with_sessions_and_a_reason(
    page: Page, live_server: LiveServer, sheets: dict[str, int], form: str, typed: str, shown: str
) -> None:
    opened(page, live_server, sheets, form)
    at(page, TRAINING["training"], 0).click()
    after_saving(page, typed, "Tab", "3", "Tab", "0", "Tab", "Chưa đều", "Enter")
    expect(at(page, TRAINING["training"], 0)).to_have_text(shown)
    at(page, TRAINING["unexcused"], 1).click()
    keys(page, "nhiều", "Enter")
    expect(at(page, TRAINING["unexcused"], 1)).to_have_class(has("is-invalid"))
    keys(page, "ArrowUp", "Delete")
    after_saving(page, "1", "Enter")
    page.reload()
    for name, text in (("training", shown), ("excused", "3"), ("unexcused", "0"), ("comment", "Chưa đều")):
        expect(at(page, TRAINING[name], 0)).to_have_text(text)
    at(page, TRAINING["training"], 0).click()
    expect(page.locator("#hv-cell .hv-history li").first).to_contain_text(shown)


def test_weight_two_tests_count_twice_before_the_server_says_so(
    page: Page, live_server: LiveServer, sheets: dict[str, int]
) -> None:
    opened(page, live_server, sheets, SheetForm.WEIGHTED)
    page.route("**/cells", lambda route: route.abort())
    at(page, 1, 0).click()
    keys(page, "7", "Tab", "8", "Tab", "6", "Tab", "7", "Tab", "7,5", "Tab", "8", "Tab", "7", "Enter")
    expect(at(page, 8, 0)).to_have_text("≈ 7,3")  # (28 + 2 × 15,5 + 3 × 7) / 11 = 7,27…
    page.unroute("**/cells")
    expect(at(page, 8, 0)).to_have_text("7,3")


def test_traits_are_chosen_one_by_one_on_a_phone(
    page: Page, live_server: LiveServer, sheets: dict[str, int]
) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    sign_in(page, sheet_forms.TEACHERS[SheetForm.TRAITS])
    page.goto(f"{live_server}/gradebook/{sheets[SheetForm.TRAITS]}/plain?column=final_trait_3")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    expect(page.locator(".hv-points a").last).to_have_attribute("aria-current", "true")
    page.locator("form select").first.select_option("Đ")
    page.locator("form [type=submit]").last.click()
    expect(page.locator(".hv-msg.is-ok")).to_be_visible()
    expect(page.locator("form select").first).to_have_value("Đ")
    expect(page.locator(".hv-points a").last).to_have_attribute("aria-current", "true")


@pytest.mark.parametrize("form", [SheetForm.PRIMARY, SheetForm.TRAITS, SheetForm.TRAINING])
def test_the_page_of_a_form_is_accessible_breaks_no_policy_and_fits(
    page: Page, live_server: LiveServer, sheets: dict[str, int], form: str
) -> None:
    wrong = complaints(page)
    opened(page, live_server, sheets, form)
    found = [item for item in Axe().run(page).response["violations"] if item["impact"] != "minor"]
    assert [(item["id"], [node["html"] for node in item["nodes"]][:3]) for item in found] == []
    assert wrong == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
