"""A stand-in for the server's side of the gradebook contract, and hands for the grid, for the browser tests."""

import json
import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page, Route, expect

from tests.e2e.conftest import sign_in

TEACHER = "longpd.thcstk"
MARKS = ["regular_1", "regular_2", "regular_3", "regular_4", "midterm", "final"]
DATA = re.compile(r'(<script type="application/json" id="sheet-data">)(.*?)(</script>)', re.DOTALL)
NAMED = re.compile(r"(Control\+|Shift\+)+\w+|Enter|Tab|Escape|Delete|F2|Arrow\w+")
AVERAGE, COMMENT = 7, 9  # places of the columns in the grid, after the name and six marks


class Server:
    """The grid contract, in memory, between the page and the application."""

    def __init__(self, page: Page, kind: str = "scored", rows: int = 45, **sheet: Any) -> None:
        self.page, self.kind = page, kind
        self.saves: list[dict[str, Any]] = []
        self.absences: list[dict[str, Any]] = []
        self.answers: list[Any] = []  # what the next saves are answered, before the usual answer
        self.extra = sheet
        self.revision = 12
        self.columns = [self._column(name) for name in [*MARKS, "comment"]]
        self.rows = [self._row(number) for number in range(1, rows + 1)]
        self.html = ""
        self.history: list[dict[str, Any]] = [
            {
                "at": "03/11/2026 08:41:07",
                "by": "Phạm Đức Long",
                "account": "longpd",
                "on_behalf": None,
                "old": None,
                "new": "5,7",
                "old_state": None,
                "new_state": None,
                "action": "enter",
                "reason": None,
            }
        ]

    def _column(self, name: str) -> dict[str, Any]:
        return {
            "name": name,
            "title": name.upper(),
            "full": name.upper(),
            "group": name[:7],
            "kind": "text" if name == "comment" else "passing" if self.kind == "comment" else "score",
            "weight": {"midterm": 2, "final": 3}.get(name, 1),
            "periodic": name in ("midterm", "final"),
            "open": True,
            "locked": None,
            "due": False,
            "until": None,
        }

    def _row(self, number: int) -> dict[str, Any]:
        return {
            "student": 500 + number,
            "no": number,
            "name": f"Học sinh {number}",
            "note": None,
            "closed": False,
            "marks": {},
            "states": {},
            "locked": [],
            "corrected": [],
            "average": None,
            "year_average": None,
            "level": None,
            "threshold": None,
        }

    def lock(self, *names: str) -> None:
        for column in self.columns:
            if column["name"] in names:
                column.update(
                    open=False, locked={"since": "23/12/2026 17:00", "text": "Khóa theo lịch của Trường"}
                )

    def marks(self, student: int) -> dict[str, str]:
        return next(row["marks"] for row in self.rows if row["student"] == student)

    def install(self, url: str) -> None:
        self.page.route(url, self._draw)
        self.page.route("**/cells", self._save)
        self.page.route("**/cell?*", self._cell)
        self.page.route("**/absence", self._absence)

    def _draw(self, route: Route) -> None:
        if not self.html:
            self.html = route.fetch().text()
        found = DATA.search(self.html)
        assert found, "the page carries no sheet-data"
        real = json.loads(found.group(2))
        sheet = (
            real["sheet"]
            | {
                "kind": self.kind,
                "can_write": True,
                "quick_entry": False,
                "poll_seconds": 0,
                "term": 1,
                "revision": self.revision,
                "finality": "window_close",
            }
            | self.extra
        )
        data = {"sheet": sheet, "columns": self.columns, "rows": self.rows, "texts": real["texts"]}
        text = json.dumps(data).replace("<", "\\u003c")
        route.fulfill(
            body=self.html[: found.start(2)] + text + self.html[found.end(2) :],
            content_type="text/html; charset=utf-8",
        )

    def _save(self, route: Route) -> None:
        body = route.request.post_data_json
        self.saves.append(body)
        answer = self.answers.pop(0) if self.answers else self.accept
        if answer == "network":
            route.abort()
        elif answer == "login":
            route.fulfill(status=302, headers={"location": "/login/"})
        else:
            status, data = answer(body)
            route.fulfill(status=status, json=data)

    def accept(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        self.revision += 1
        for change in body["changes"]:
            marks = self.marks(change["student"])
            marks.pop(change["column"], None)
            if change["new"] is not None:
                marks[change["column"]] = change["new"]
        cells = [{"student": c["student"], "column": c["column"], "value": c["new"]} for c in body["changes"]]
        students = sorted({c["student"] for c in body["changes"]})
        full = [s for s in students if all(name in self.marks(s) for name in MARKS)]
        rows = [
            {
                "student": s,
                "average": "6.6" if s in full else None,
                "threshold": "6.5" if s in full else None,
                "level": None,
                "year_average": None,
            }
            for s in students
        ]
        return 200, {
            "revision": self.revision,
            "saved_at": "14:32:05",
            "cells": cells,
            "rows": rows,
            "locked": [],
        }

    def _cell(self, route: Route) -> None:
        state = {
            "open": False,
            "label": "Khóa",
            "lines": [["Vì sao", "Hết hạn nhập"], ["Mở được", "Hiệu trưởng"]],
        }
        route.fulfill(json={"state": state, "layers": [], "history": self.history, "actions": []})

    def _absence(self, route: Route) -> None:
        asked = route.request.post_data_json
        self.absences.append(asked)
        value = "0.0" if asked["state"] == "recorded_zero" else None
        cell = {"student": asked["student"], "column": asked["column"]}
        route.fulfill(
            json={
                "revision": 99,
                "saved_at": "14:35:00",
                "cells": [cell | {"value": value}],
                "rows": [],
                "states": [cell | {"state": asked["state"]}],
            }
        )


def first_sheet(page: Page, live_server: str) -> str:
    sign_in(page, TEACHER)
    page.goto(f"{live_server}/gradebook/")
    links = page.locator("main a[href]").evaluate_all("links => links.map(link => link.href)")
    return next(link for link in links if re.search(r"/gradebook/\d+$", link))


def open_sheet(page: Page, server: Server, url: str) -> None:
    server.install(url)
    page.goto(url)
    expect(page.locator("table[role=grid]")).to_be_visible()


def at(page: Page, column: int, row: int) -> Locator:
    """Cell by its place: column 0 is the name, 1–6 the marks."""
    return page.locator(f'#hv-grid tbody td[data-x="{column}"][data-y="{row}"]')


def keys(page: Page, *pressed: str) -> None:
    for key in pressed:
        if NAMED.fullmatch(key):
            page.keyboard.press(key)
        else:
            page.keyboard.type(key)


def saved_by(page: Page, server: Server, act: Callable[[], Any]) -> dict[str, Any]:
    """Do it, wait for the save it causes to be answered, give its request."""
    with page.expect_response("**/cells"):
        act()
    return server.saves[-1]


def paste(page: Page, text: str) -> None:
    page.evaluate(
        """text => { const data = new DataTransfer(); data.setData('text/plain', text);
        const event = new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true });
        document.activeElement.dispatchEvent(event); }""",
        text,
    )


def has(name: str) -> re.Pattern[str]:
    return re.compile(rf"\b{name}\b")


def changes(request: dict[str, Any]) -> dict[tuple[int, str], str | None]:
    return {(change["student"], change["column"]): change["new"] for change in request["changes"]}


def refuse(status: int, **data: Any) -> Any:
    return lambda _body: (status, data)


def clash(column: str, theirs: str | None, student: int = 501) -> Any:
    item = {
        "student": student,
        "column": column,
        "yours": "7.0",
        "theirs": theirs,
        "by": "Cô Hà",
        "at": "14:29:40",
    }
    return refuse(409, revision=13, message="Có ô đã đổi.", conflicts=[item])
