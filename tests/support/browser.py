"""Chromium through Playwright: the system's own, or the one Playwright has; nothing is fetched.

`python -m tests.support.browser` prints what would be started, or fails when there is none.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    "--no-sandbox",  # CI and containers run as root
    "--disable-dev-shm-usage",  # /dev/shm is small in containers
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    # no connection but to the page under test
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-domain-reliability",
    "--disable-features=OptimizationHints,MediaRouter,Translate",
    # the same pixels everywhere
    "--force-color-profile=srgb",
    "--font-render-hinting=none",
    "--lang=vi",
)


def chromium_path() -> str | None:
    """The system's Chromium that really starts (Ubuntu's stub for the snap doesn't), CHROMIUM= first; None if none."""
    for name in filter(None, (os.environ.get("CHROMIUM"), *NAMES)):
        path = shutil.which(name)
        if (
            path
            and subprocess.run([path, "--version"], capture_output=True, check=False, timeout=60).returncode
            == 0
        ):
            return path
    return None


@contextmanager
def launched(*, headless: bool = True) -> Iterator[Browser]:
    """A running browser. Start one a session and take a fresh context for each test."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path(), args=list(ARGUMENTS), headless=headless
        )
        try:
            yield browser
        finally:
            browser.close()


def new_context(
    browser: Browser, *, width: int = 1366, height: int = 900, javascript: bool = True
) -> BrowserContext:
    """A fresh profile as a Vietnamese user has it; width 390 makes it a phone."""
    phone = width < 600
    return browser.new_context(
        viewport={"width": width, "height": height},
        locale="vi-VN",
        timezone_id="Asia/Ho_Chi_Minh",
        java_script_enabled=javascript,
        has_touch=phone,
        is_mobile=phone,
        reduced_motion="reduce",
    )


def complaints(page: Page) -> list[str]:
    """A list that grows with whatever goes wrong on the page from now on: script errors, CSP, requests elsewhere."""
    found: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            found.append(f"console {message.type}: {message.text}")

    page.on("console", on_console)
    page.on("pageerror", lambda error: found.append(f"script error: {error}"))

    def on_failure(request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # the page was left before it was loaded
            found.append(f"request failed: {request.url}: {request.failure}")

    page.on("requestfailed", on_failure)
    return found


def _available() -> str | None:
    path = chromium_path()
    if path:
        return path
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


if __name__ == "__main__":
    executable = _available()
    if executable is None:
        sys.exit("no Chromium: sudo apt-get install chromium")
    sys.stdout.write(executable + "\n")
