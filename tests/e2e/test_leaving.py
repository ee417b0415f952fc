"""On leaving the system what was entered is final, said beforehand: two tabs of a real browser (S4 Điều 16 khoản 2)."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from app.domain.policies import PolicyKey
from app.extensions import db
from app.services.clock import local_day
from app.services.policies import set_policy
from tests.e2e.conftest import LiveServer, sign_in
from tests.services.helpers import acting

pytestmark = pytest.mark.browser

TEACHER, HEAD = "longpd.thcstk", "giangnt.thcstk"


@pytest.fixture
def strict(live_server: LiveServer) -> LiveServer:
    """The school's rule from today on."""
    province = live_server.province
    with live_server.app.app_context():
        day, reason = local_day(province.now), "Quy chế"
        set_policy(
            acting(province, HEAD), province.first.unit_id, PolicyKey.FINALITY, "on_leaving", day, reason,
            clock=province.clock,
        )  # fmt: skip
        db.session.remove()
    return live_server


def test_signing_out_in_one_tab_makes_final_in_all(
    context: BrowserContext, page: Page, strict: LiveServer
) -> None:
    school = strict.province.first
    book = f"{strict}/gradebook/{school.sheet_ids['7A', 'math', 1]}/plain?column=final"
    field = page.locator(f"input[name='cell-{school.student_ids[0]}-final']")
    sign_in(page, TEACHER)
    page.goto(book)
    expect(page.locator("[data-hv-leaving]")).to_be_visible()
    for mark in ("8", "9"):  # while she is there, it is a draft
        field.fill(mark)
        page.locator("form:has(input[name^=cell-]) button[type=submit]").first.click()
        expect(field).to_have_value(f"{mark},0")
    other = context.new_page()
    other.goto(f"{strict}/logout/")
    page.goto(book)
    expect(page).to_have_url(re.compile("/login/"))
    sign_in(page, TEACHER)
    page.goto(book)
    expect(page.locator("[data-hv-leaving]")).to_be_visible()
    expect(field).to_have_count(0)
