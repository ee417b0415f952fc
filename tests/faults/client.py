"""A browser as far as saving needs one: signs in, keeps its cookie, sends JSON with the token."""

import http.client
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from typing import Any

from tests.factories.province import PASSWORD

PATIENCE = 60


class Gone(Exception):
    """No answer came: whether the save was made is not known."""


@dataclass(frozen=True)
class Answer:
    """What the server said."""

    status: int
    text: str

    @property
    def json(self) -> Any:
        """The body as data."""
        return json.loads(self.text)


@dataclass(frozen=True)
class Cell:
    """One changed cell as the page sends it."""

    student: int
    column: str
    old: str | None
    new: str | None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_arguments: Any) -> None:
        return None


@dataclass
class Client:
    """One browser; `tab()` gives another page of the same one."""

    base: str
    jar: CookieJar = field(default_factory=CookieJar)
    token: str = ""

    def tab(self) -> "Client":
        """The same session in another tab."""
        return Client(self.base, self.jar, self.token)

    def sign_in(self, username: str) -> "Client":
        """Through the form; afterwards saves carry the session's token."""
        page = self.get("/login/")
        form = {"username": username, "password": PASSWORD, "csrf_token": _token(page.text)}
        answer = self._send("POST", "/login/", urllib.parse.urlencode(form).encode(), {})
        assert answer.status == 302, answer.text[-2000:]
        self.token = _token(self.get("/account/").text)
        return self

    def get(self, path: str) -> Answer:
        """A page."""
        return self._send("GET", path, None, {})

    def post(self, path: str, body: Any) -> Answer:
        """JSON with the token."""
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "X-CSRFToken": self.token,
        }
        return self._send("POST", path, json.dumps(body).encode(), headers)

    def save(self, sheet_id: int, request_id: str, cells: Iterable[Cell]) -> Answer:
        """What the grid sends."""
        changes = [{"student": c.student, "column": c.column, "old": c.old, "new": c.new} for c in cells]
        return self.post(
            f"/gradebook/{sheet_id}/cells", {"request_id": request_id, "revision": 0, "changes": changes}
        )

    def marks(self, sheet_id: int, column: str) -> dict[int, str | None]:
        """What the page of the sheet shows in a column, by student."""
        answer = self.get(f"/gradebook/{sheet_id}")
        assert answer.status == 200, answer.text[-2000:]
        found = re.search(r'<script[^>]*id="sheet-data"[^>]*>(.*?)</script>', answer.text, re.DOTALL)
        assert found, "no sheet-data on the page"
        return {row["student"]: row["marks"].get(column) for row in json.loads(found.group(1))["rows"]}

    def _send(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        opener = urllib.request.build_opener(_NoRedirect, urllib.request.HTTPCookieProcessor(self.jar))
        request = urllib.request.Request(self.base + path, data=body, headers=dict(headers), method=method)
        try:
            with opener.open(request, timeout=PATIENCE) as answer:
                return Answer(answer.status, answer.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.read().decode())
        except (OSError, http.client.HTTPException) as error:
            raise Gone from error


def _token(page: str) -> str:
    found = re.search(r'name="csrf[-_]token"[^>]*(?:value|content)="([^"]+)"', page)
    assert found, page[-2000:]
    return found.group(1)
