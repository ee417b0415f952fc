"""Browser tests: the real application behind a real socket, the small province in it, real Chromium before it."""

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page
from waitress import create_server

from app.extensions import db
from tests.conftest import make_app
from tests.factories import province as factory
from tests.support.browser import complaints, new_context

REFUSAL = "Failed to load resource: the server responded with a status of 422"

Person = Callable[..., Page]
"""`person(username, width)`: somebody's signed-in page."""


class LiveServer(str):
    """The address of the running application, with the application and the province behind it."""

    app: Flask
    province: factory.Province


@pytest.fixture(scope="module")
def live_server(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """The application on SQLite, served by threads of this process for the tests of one module."""
    folder = tmp_path_factory.mktemp("live")
    shutil.copy(sqlite_template, folder / "live.db")
    app = make_app(folder, f"sqlite:///{folder / 'live.db'}")
    with app.app_context():
        province = factory.build(app, pupils=45)
    server = create_server(app, host="127.0.0.1", port=0, threads=8)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    address = LiveServer(f"http://127.0.0.1:{server.effective_port}")
    address.app, address.province = app, province
    yield address
    server.trigger.pull_trigger(server.close)  # by its own thread: select must not find its sockets gone
    thread.join(timeout=10)
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def context(browser: Browser, live_server: LiveServer) -> Iterator[BrowserContext]:
    """A fresh profile, at desk size."""
    fresh = new_context(browser)
    fresh.set_default_timeout(15_000)
    fresh.grant_permissions(["clipboard-read", "clipboard-write"], origin=live_server)
    yield fresh
    fresh.close()


@pytest.fixture
def page(context: BrowserContext, live_server: LiveServer) -> Page:
    """A page whose relative addresses go to the application."""
    opened = context.new_page()
    opened.goto(f"{live_server}/login/")
    return opened


def sign_in(page: Page, username: str, password: str = factory.PASSWORD) -> Page:
    """Sign in by the form, as a person does."""
    address = page.url.split("/login/")[0] if "/login/" in page.url else page.url
    page.goto(f"{address.rstrip('/')}/login/" if "/login/" not in page.url else page.url)
    page.fill("#username", username)
    page.fill("#password", password)
    page.click("[type=submit]")
    page.wait_for_url(lambda url: "/login/" not in url)
    return page


@pytest.fixture
def person(browser: Browser, live_server: LiveServer) -> Iterator[Person]:
    """`person(username, width)`: somebody's signed-in page; at the end nothing may have gone wrong on any of them."""
    with ExitStack() as open_pages:
        wrong: list[list[str]] = []

        def enter(username: str, width: int = 1366) -> Page:
            context = new_context(browser, width=width, height=844 if width < 600 else 768)
            open_pages.callback(context.close)
            page = context.new_page()
            page.goto(f"{live_server}/login/")
            wrong.append(complaints(page))
            return sign_in(page, username)

        yield enter
        assert [found for page in wrong for found in page if REFUSAL not in found] == []


def save(page: Page, button: str) -> None:
    """Press a button of the form and wait for the answer."""
    with page.expect_navigation():
        page.get_by_role("button", name=button, exact=True).click()
