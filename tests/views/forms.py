"""Filling a form as a browser does: what the page holds, with some fields changed."""

from html.parser import HTMLParser
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse


class _Form(HTMLParser):
    """Values of the page's POST form with a CSRF token."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, list[str]] = {}
        self._inside = False
        self._select: str | None = None
        self._area: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self._inside = (given.get("method") or "").lower() == "post"
        if not self._inside:
            return
        name = given.get("name")
        if tag == "input" and name and (given.get("type") not in ("checkbox", "radio") or "checked" in given):
            self.values.setdefault(name, []).append(given.get("value") or ("y" if "checked" in given else ""))
        elif tag == "select":
            self._select = name
            self.values.setdefault(name or "", [])
        elif tag == "option" and self._select and "selected" in given:
            self.values[self._select].append(given.get("value") or "")
        elif tag == "textarea":
            self._area = name
            self.values[name or ""] = [""]

    def handle_data(self, data: str) -> None:
        if self._area:
            self.values[self._area] = [data.strip("\r\n")]

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._area = None


def values_on(client: FlaskClient, path: str) -> dict[str, list[str]]:
    """What the form of a page holds."""
    page = client.get(path)
    assert page.status_code == 200, f"{path}: {page.status_code}"
    reader = _Form()
    reader.feed(page.text)
    assert "csrf_token" in reader.values, f"no form on {path}"
    return reader.values


def submit(client: FlaskClient, path: str, **changes: Any) -> TestResponse:
    """Open a page, change some fields, send it. A list sends a field several times, None leaves it out."""
    values = values_on(client, path)
    for name, value in changes.items():
        if value is None:
            values.pop(name, None)
        else:
            values[name] = [str(item) for item in value] if isinstance(value, list) else [str(value)]
    return client.post(path, data=values)
