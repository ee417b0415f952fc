"""make screenshots: pictures of the demo's pages, as each role sees them, into docs/screenshots/.

Serves a fresh demo province from a temporary folder; the accounts are those of its demo_accounts.txt
(lines "user name / password  description"). Without arguments: the first page of every account, wide and on a phone.
Arguments name further pages: ACCOUNT=PATH, e.g. gv.toan=/gradebook/1
"""

import argparse
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.support.browser import complaints, launched, new_context
from tests.support.server import AppServer

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "screenshots"
ACCOUNT = re.compile(r"^\s*(?P<name>\S+) / (?P<password>\S+)(?:\s|$)", re.MULTILINE)
WIDTHS = (1366, 390)


def accounts(server: AppServer) -> dict[str, str]:
    """User name → password of the demo accounts."""
    text = (server.instance / "demo_accounts.txt").read_text(encoding="utf-8")
    return {match["name"]: match["password"] for match in ACCOUNT.finditer(text)}


def sign_in(page: Page, server: AppServer, name: str, password: str) -> None:
    """Through the sign-in page, as a person does."""
    page.goto(f"{server.url}/login/")
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", password)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(lambda url: "/login" not in url)


def shoot(
    browser: Browser, server: AppServer, account: tuple[str, str], paths: Iterable[str], width: int
) -> Iterator[str]:
    """Save a picture of each page; yields what the browser complained about."""
    name, password = account
    context = new_context(browser, width=width)
    page = context.new_page()
    found = complaints(page)
    sign_in(page, server, name, password)
    for path in paths:
        page.goto(server.url + path, wait_until="networkidle")
        label = "-".join(filter(None, re.split(r"\W+", f"{name} {path}")))
        page.screenshot(path=FOLDER / f"{label}-{width}.png", full_page=True)
        yield from (f"{name} {path} ({width}): {problem}" for problem in found)
        found.clear()
    context.close()


def main() -> int:
    """Exit status 1 if any page made the browser complain."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.screenshots", description="Pictures of the demo's pages."
    )
    parser.add_argument("pages", nargs="*", metavar="ACCOUNT=PATH")
    options = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    server = AppServer()
    problems: list[str] = []
    try:
        server.flask("init-app")
        server.flask("demo", "--if-empty")
        server.start()
        with launched() as browser:
            for account in accounts(server).items():
                paths = [
                    "/",
                    *(page.split("=", 1)[1] for page in options.pages if page.startswith(account[0] + "=")),
                ]
                for width in WIDTHS:
                    problems += shoot(browser, server, account, paths, width)
    finally:
        server.stop()
    print("\n".join(problems) or f"Pictures in {FOLDER}, no complaints.")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
