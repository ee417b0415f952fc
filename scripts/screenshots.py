"""make screenshots: pictures of the demo's pages, as each role sees them, into docs/screenshots/.

Serves a fresh demo province from a temporary folder, signs in with the accounts of its demo_accounts.txt, and saves the
first page of every account (wide, and some on a phone), the grid with a locked cell and its history, the sheet's history,
the lock calendar, two pages of the printed book, the two scandals (from the tier above and by the offline checker), the page
of forms with a preview, and one page of every form (`form_pictures`).
"""

import re
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from html import escape
from pathlib import Path
from zipfile import ZipFile

from playwright.sync_api import Browser, Page

from tests.support.browser import complaints, launched, new_context
from tests.support.server import AppServer

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "screenshots"
ACCOUNT = re.compile(r"^\s*(?P<name>\S+) / (?P<password>\S+)(?:\s|$)", re.MULTILINE)
TEACHER, HEAD, PRIMARY = "longpd.thcstk", "giangnt.thcstk", "duyendt.thtk"
ABOVE, DEPARTMENT = "sonlv.xael", "binhhv.sogd"
MAIN, RAISED_AT, POSTED = "thcstk", "THPT Bình Giang", "sau khi công khai"
"""Where marks rise in several classes after they were posted (app/demo/scandals)."""
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


def seal_first_class(page: Page) -> None:
    """From the tracking book into the first class, where a bundle is made and looked at."""
    page.locator("main table a").first.click()
    page.locator("form[action$='/make'] button").click()
    page.locator("form[action$='/check'] button").first.click()
    page.locator("main tbody .hv-tag.is-ok").first.wait_for()


def open_first_sheet(page: Page) -> None:
    """From the list of sheets into the first one."""
    page.locator("main a[href^='/gradebook/']").first.click()
    page.locator("table[role=grid] tbody td").first.wait_for()


def open_watched_school(page: Page) -> None:
    """From the department's list of schools to the prompts of the one where posted marks were raised."""
    page.get_by_role("link", name=RAISED_AT).first.click()
    page.wait_for_load_state("networkidle")


def open_raised_marks(page: Page) -> None:
    """And on to the changes one of them rests on."""
    open_watched_school(page)
    page.locator("main tr", has_text=POSTED).first.get_by_role("link").click()
    page.wait_for_load_state("networkidle")


def open_refused_request(page: Page) -> None:
    """The head's request to raise a mark, which was the first of the year, as the unit that refused it reads it."""
    page.locator("main tbody tr").last.get_by_role("link").first.click()
    page.wait_for_load_state("networkidle")


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
        Shot("closing-closed", HEAD, "/closing/?year=2025"),
        Shot("bundles", HEAD, "/bundles/?year=2025", prepare=seal_first_class),
        Shot("bundles", HEAD, "/bundles/?year=2025", PHONE, prepare=seal_first_class),
        Shot("printing", HEAD, "/print/"),
        Shot("print-register", HEAD, "/print-register/"),
        Shot("paper-check", HEAD, "/check/"),
        Shot("certificates", HEAD, "/certificates/"),
        Shot("forms", HEAD, "/forms/"),
        Shot("form-versions", HEAD, "/forms/grade_slip"),
        Shot("form-versions", HEAD, "/forms/grade_slip", PHONE),
        Shot("decisions", HEAD, "/decisions/?year=2025"),
        Shot("decision", HEAD, "/decisions/closing?year=2025"),
        Shot("backups", DEPARTMENT, "/backups/"),
        Shot("changes-after-lock", ABOVE, "/inspect/after-lock/3"),
        Shot("lock-rehearsal", HEAD, "/lock-rehearsal/"),
        Shot("watch-list", HEAD, "/watch/"),
        Shot("watch-list-above", ABOVE, "/watch/"),
        Shot("exceptions-above", ABOVE, "/exceptions/"),
        Shot("anchors", ABOVE, "/anchors/"),
        Shot("scandal-1-schools", DEPARTMENT, "/watch/"),
        Shot("scandal-1-prompts", DEPARTMENT, "/watch/", prepare=open_watched_school),
        Shot("scandal-1-changes", DEPARTMENT, "/watch/", prepare=open_raised_marks),
        Shot("scandal-2-locked", HEAD, "/corrections/?tab=mine", prepare=open_refused_request),
        Shot("scandal-2-refused", ABOVE, "/corrections/?tab=below", prepare=open_refused_request),
        Shot("scandal-2-refused", ABOVE, "/corrections/?tab=below", PHONE, prepare=open_refused_request),
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


def raise_past_the_program(server: AppServer) -> None:
    """Scandal 2 by somebody with the database in hand: a low midterm mark of the main school becomes a 9."""
    with closing(sqlite3.connect(server.instance / "hocvu.db")) as database, database:
        database.execute(
            "UPDATE grade SET midterm = 90 WHERE (sheet_id, student_id) = (SELECT sheet_id, student_id FROM grade "
            "JOIN gradebook_sheet ON gradebook_sheet.id = sheet_id JOIN org_unit ON org_unit.id = unit_id "
            "WHERE org_unit.code = ? AND midterm < 60 ORDER BY sheet_id DESC, student_id LIMIT 1)",
            [MAIN],
        )


def checker_page(browser: Browser, server: AppServer) -> None:
    """What the offline checker says of it, from the exported bundle alone."""
    raise_past_the_program(server)
    with tempfile.TemporaryDirectory() as folder:
        bundle = Path(folder) / "lich-su.zip"
        server.flask("export-history", str(bundle), "--unit", MAIN)
        with ZipFile(bundle) as packed:
            script = packed.extract("check_history.py", folder)
        command = [sys.executable, script, bundle.name]
        told = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if not told.returncode:
        raise SystemExit("the checker found nothing")
    shown = f"$ python check_history.py {bundle.name}\n{told.stdout}"
    context = new_context(browser, width=WIDE, height=240)
    page = context.new_page()
    page.set_content(
        f'<pre style="font:15px/1.5 sans-serif;white-space:pre-wrap;margin:24px">{escape(shown)}</pre>'
    )
    page.screenshot(path=FOLDER / f"scandal-2-checker-{WIDE}.png", full_page=True)
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
        subprocess.run([sys.executable, "-m", "scripts.form_pictures"], env=server.env, check=True)
        known = accounts(server)
        with launched() as browser:
            first = {who: readable_sheets(browser, server, who, known[who])[0] for who in PRINTS}
            for shot in shots(list(known), first[TEACHER]):
                problems += take(browser, server, shot, known[shot.account])
            for who, name in PRINTS.items():
                print_page(browser, server, name, first[who], who, known[who])
            checker_page(browser, server)
    finally:
        server.stop()
    sys.stdout.writelines(f"{problem}\n" for problem in problems)
    sys.stdout.write(f"{len(list(FOLDER.glob('*.png')))} pictures in docs/screenshots\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
