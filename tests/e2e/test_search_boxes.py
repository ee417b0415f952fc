"""A search box of a form in a real browser: whoever opens it types, and the list follows."""

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import LiveServer, Person

pytestmark = pytest.mark.browser

OFFICE = "hongvt.thcstk"


@pytest.mark.parametrize("key", ["", "Enter"], ids=["mouse", "keyboard"])
def test_what_is_typed_into_an_open_list_searches_it(
    live_server: LiveServer, person: Person, key: str
) -> None:
    page = person(OFFICE)
    page.goto(f"{live_server}/students/add")
    box = page.locator("#school_class + .select2 .select2-selection")
    if key:
        box.focus()
        page.keyboard.press(key)
    else:
        box.click()
    expect(page.locator(".select2-results__option").nth(1)).to_be_visible()  # several classes
    page.keyboard.type("7A")
    expect(page.locator(".select2-results__option")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(box).to_contain_text("7A")
