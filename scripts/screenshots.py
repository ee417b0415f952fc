"""make screenshots: pictures of the demo's pages, as each role sees them, into docs/screenshots/.

Serves a fresh demo province from a temporary folder, signs in with the accounts of its demo_accounts.txt, and saves the
first page of every account (wide, and some on a phone), the grid with a locked cell and its history, the sheet's history,
the lock calendar and two pages of the printed book.
"""

import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.support.browser import complaints, launched, new_context
from tests.support.server import AppServer

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "screenshots"
ACCOUNT = re.compile(r"^\s*(?P<name>\S+) / (?P<password>\S+)(?:\s|$)", re.MULTILINE)
TEACHER, HEAD, PRIMARY = "longpd.thcstk", "giangnt.thcstk", "duyendt.thtk"
ABOVE = "sonlv.xael"
WIDE, PHONE = 1366, 390
PRINTS = {TEACHER: "print-scored", "khuongyb.thcstk": "print-comment"}
"""Whose first sheet is printed: one with marks, one with comments."""


@dataclass(frozen=True)
class Shot:
    """One picture: who looks at what, how wide, and what is done before the shutter."""

    name: str
    account: str
    path: str
    width: int = WIDE
    prepare: Callable[[Page], None] | None = None


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


def select_locked_cell(page: Page) -> None:
    """Click a locked midterm mark, so that the panel tells why it is locked and how it came to be."""
    page.locator("table[role=grid] tbody td.is-locked.is-one").nth(3).click()
    page.locator("#hv-cell .hv-history li").first.wait_for()


def open_first_sheet(page: Page) -> None:
    """From the list of sheets into the first one."""
    page.locator("main a[href^='/gradebook/']").first.click()
    page.locator("table[role=grid] tbody td").first.wait_for()


def shots(names: list[str], sheet: str) -> list[Shot]:
    """Every picture of the documentation."""
    pages = [Shot(f"home-{name.replace('.', '-')}", name, "/") for name in names]
    pages += [Shot(f"home-{name.replace('.', '-')}", name, "/", PHONE) for name in (TEACHER, HEAD, names[0])]
    return [
        *pages,
        Shot("gradebook", TEACHER, sheet, prepare=select_locked_cell),
        Shot("gradebook", TEACHER, sheet, PHONE),
        Shot("gradebook-plain", TEACHER, f"{sheet}/plain", PHONE),
        Shot("gradebook-history", HEAD, f"{sheet}/history"),
        Shot("lock-calendar", HEAD, "/locks/"),
        Shot("lock-calendar", HEAD, "/locks/", PHONE),
        Shot("gradebook-primary", PRIMARY, "/gradebook/", prepare=open_first_sheet),
        Shot("results", HEAD, "/results/"),
        Shot("remarks", TEACHER, "/notes/"),
        Shot("regulations", HEAD, "/regulations/"),
        Shot("progress", HEAD, "/progress/"),
        Shot("students", HEAD, "/students/list/"),
        Shot("corrections", HEAD, "/corrections/?tab=unit"),
        Shot("correction", HEAD, "/corrections/1"),
        Shot("correction", HEAD, "/corrections/1", PHONE),
        Shot("closing", HEAD, "/closing/"),
        Shot("lock-rehearsal", HEAD, "/lock-rehearsal/"),
        Shot("watch-list", HEAD, "/watch/"),
        Shot("watch-list-above", ABOVE, "/watch/"),
        Shot("exceptions-above", ABOVE, "/exceptions/"),
        Shot("anchors", ABOVE, "/anchors/"),
    ]


def take(browser: Browser, server: AppServer, shot: Shot, password: str) -> Iterator[str]:
    """Save one picture; yields what the browser complained about."""
    context = new_context(browser, width=shot.width, height=844 if shot.width == PHONE else 768)
    page = context.new_page()
    found = complaints(page)
    sign_in(page, server, shot.account, password)
    page.goto(server.url + shot.path, wait_until="networkidle")
    if shot.prepare:
        shot.prepare(page)
    page.screenshot(path=FOLDER / f"{shot.name}-{shot.width}.png")
    yield from (f"{shot.name} ({shot.width}): {problem}" for problem in found)
    context.close()


def readable_sheets(browser: Browser, server: AppServer, teacher: str, password: str) -> list[str]:
    """Paths of the sheets a teacher may read: own ones first, then those of the homeroom class."""
    context = new_context(browser)
    page = context.new_page()
    sign_in(page, server, teacher, password)
    page.goto(f"{server.url}/gradebook/")
    links = page.locator("main a[href^='/gradebook/']").evaluate_all(
        "all => all.map(a => a.getAttribute('href'))"
    )
    context.close()
    if not links:
        raise SystemExit("the demo's teacher has no sheet")
    return links


def print_page(
    browser: Browser, server: AppServer, name: str, sheet: str, teacher: str, password: str
) -> None:
    """The first printed page of a sheet, as a picture."""
    context = new_context(browser)
    sign_in(context.new_page(), server, teacher, password)
    answer = context.request.get(f"{server.url}{sheet.replace('/gradebook/', '/print/sheet/')}.pdf")
    if not answer.ok:
        raise SystemExit(f"printing answered {answer.status}")
    with tempfile.TemporaryDirectory() as folder:
        pdf = Path(folder) / "page.pdf"
        pdf.write_bytes(answer.body())
        picture = ["pdftoppm", "-r", "80", "-png", "-singlefile", "-f", "1", str(pdf), str(FOLDER / name)]
        subprocess.run(picture, check=True)
    context.close()


def main() -> int:
    """Exit status 1 if any page made the browser complain."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    server = AppServer()
    problems: list[str] = []
    try:
        server.flask("init-app")
        server.flask("demo", "--if-empty")
        server.start()
        known = accounts(server)
        with launched() as browser:
            first = {who: readable_sheets(browser, server, who, known[who])[0] for who in PRINTS}
            for shot in shots(list(known), first[TEACHER]):
                problems += take(browser, server, shot, known[shot.account])
            for who, name in PRINTS.items():
                print_page(browser, server, name, first[who], who, known[who])
    finally:
        server.stop()
    sys.stdout.writelines(f"{problem}\n" for problem in problems)
    sys.stdout.write(f"{len(list(FOLDER.glob('*.png')))} pictures in docs/screenshots\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
