"""An import in a real browser: the page says that it works, and a second press sends nothing."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import LiveServer, sign_in
from tests.support.browser import complaints
from tests.support.workbooks import STUDENT_ROW, students

pytestmark = pytest.mark.browser

PRESSES = """button => {
  const form = button.form, sent = [];
  form.addEventListener('submit', event => sent.push(!event.defaultPrevented));
  button.click();
  form.requestSubmit();  // Enter in the field of the name
  button.click();
  return { sent, disabled: button.disabled, busy: form.getAttribute('aria-busy'),
           told: form.querySelector('[role=status]').textContent !== '' };
}"""


def test_an_import_shows_that_it_works_and_is_sent_once(
    page: Page, live_server: LiveServer, tmp_path: Path
) -> None:
    file = tmp_path / "lop-7a.xlsx"
    file.write_bytes(students(STUDENT_ROW))
    found = complaints(page)
    sign_in(page, "quantb.thcstk")
    page.goto(f"{live_server}/imports/")
    page.set_input_files("#hv-file", file)
    page.get_by_role("button", name="Kiểm tra tệp").click()
    # With its scripts: a page that is still loading shows its button already.
    page.wait_for_url("**/imports/check/**")
    button = page.locator("form[data-busy] [type=submit]")
    state = button.evaluate(PRESSES)
    assert state == {"sent": [True, False], "disabled": True, "busy": "true", "told": True}
    page.wait_for_url("**/imports/**")
    expect(page.get_by_role("row", name="lop-7a.xlsx")).to_have_count(1)
    assert found == []
