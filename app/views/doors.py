"""Addresses of this program as a reader meets them: which page one is, and whether it opens for them."""

from collections.abc import Iterable, Iterator
from typing import Any

from flask import current_app, request
from flask_appbuilder.const import PERMISSION_PREFIX
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException


def opens(address: str) -> bool:
    """False where the page behind a path asks for a right the reader has nowhere, or there is none."""
    adapter = current_app.url_map.bind("localhost")
    try:
        endpoint, _values = adapter.match(address.partition("?")[0], method="GET")
    except HTTPException:
        return False
    permission = getattr(current_app.view_functions[endpoint], "_permission_name", None)
    if permission is None:
        return True
    return bool(
        current_app.appbuilder.sm.has_access(f"{PERMISSION_PREFIX}{permission}", endpoint.partition(".")[0])
    )


def page_names() -> dict[str, str]:
    """Begin of a path → what the menu calls the pages there, in the reader's language."""
    found = {"": _("Today's work")}
    for item in _items(current_app.appbuilder.menu.menu):
        begin = _begin(item.get_url() or "")
        if begin:
            found.setdefault(begin, str(item.label or item.name))
    return found


def page_name(path: str, names: dict[str, str]) -> str:
    """What a page of the trail is called; '' for one the menu doesn't know."""
    return names.get(_begin(path), "")


def _begin(path: str) -> str:
    path = path.partition("?")[0].removeprefix(request.script_root)
    return path.strip("/").partition("/")[0]


def _items(items: Iterable[Any]) -> Iterator[Any]:
    for item in items:
        if item.childs:
            yield from _items(item.childs)
        else:
            yield item
