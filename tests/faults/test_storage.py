"""A full disk and a read-only database: the teacher is told so in Vietnamese, and nothing is half saved."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from app.errors import N_
from app.extensions import db
from app.models import Grade, TxLog
from tests.conftest import FreshClient, csrf, make_app
from tests.factories.province import Province

FULL = N_("The server's disk is full. Nothing was saved; what you typed is still on this page.")
READ_ONLY = N_("The server is read-only now. Nothing was saved; what you typed is still on this page.")


AFTER_CONTINUUM = pytest.mark.filterwarnings("ignore:transaction already deassociated from connection")
"""Continuum's own session on the same connection has rolled back already when ours does; nothing else is left to do."""


@pytest.fixture
def engine_name() -> str:
    """MariaDB's own full disk needs a file system of its own; its errors are told apart in the unit of work."""
    return "sqlite"


def in_vietnamese(app: Flask, msgid: str) -> str:
    """The catalogue's words for it."""
    from flask_babel import force_locale, gettext

    with app.test_request_context(), force_locale("vi"):
        return gettext(msgid)


@contextmanager
def disk_full() -> Iterator[None]:
    """No page may be added to the database file any more."""

    def limit(connection: Any, _record: Any) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")

    db.session.remove()
    db.engine.dispose()
    event.listen(db.engine, "connect", limit)
    try:
        yield
    finally:
        event.remove(db.engine, "connect", limit)
        db.session.remove()
        db.engine.dispose()


def long_comments(province: Province, text: str, before: str | None = None) -> dict[str, Any]:
    """A save that needs pages: kilobytes in the rows, and as many in their history."""
    changes = [
        {"student": s, "column": "comment", "old": before and before * 480, "new": text * 480}
        for s in province.first.student_ids[:8]
    ]
    return {"revision": 0, "changes": changes}


def counts() -> tuple[int, int]:
    found = tuple(
        db.session.scalar(sa.select(sa.func.count()).select_from(model)) for model in (Grade, TxLog)
    )
    db.session.rollback()
    return found  # type: ignore[return-value]


@AFTER_CONTINUUM
def test_a_full_disk(app: Flask, province: Province, client_for: Callable[[str], FlaskClient]) -> None:
    client = client_for("longpd.thcstk")
    headers, old = {"X-CSRFToken": csrf(client)}, None
    address = f"/gradebook/{province.first.sheet_ids['7A', 'math', 1]}/cells"
    with disk_full():
        for new in "abcdefghijklmnopqrstuvwxyz":
            before = counts()
            answer = client.post(address, json=long_comments(province, new, old), headers=headers)
            if answer.status_code != 200:
                break
            old = new
        assert answer.status_code == 503, answer.text[:500]
        assert answer.json["message"] == in_vietnamese(app, FULL) != FULL
        assert client.get(address.removesuffix("/cells")).status_code == 200, "reading goes on"
    assert counts() == before
    assert client.post(address, json=long_comments(province, new, old), headers=headers).status_code == 200


@AFTER_CONTINUUM
def test_a_read_only_database(
    app: Flask,
    province: Province,
    client_for: Callable[[str], FlaskClient],
    tmp_path: Path,
    sqlite_file: Path,
) -> None:
    """Reading goes on; a save is refused with the reason."""
    signed_in = client_for("longpd.thcstk")
    headers, before = {"X-CSRFToken": csrf(signed_in)}, counts()
    address = f"/gradebook/{province.first.sheet_ids['7A', 'math', 1]}/cells"
    closed = make_app(tmp_path, f"sqlite:///file:{sqlite_file}?mode=ro&uri=true")
    closed.extensions["hocvu.clock"] = province.clock
    client = FreshClient(closed)
    cookie = signed_in.get_cookie("hocvu")
    assert cookie is not None
    client.set_cookie("hocvu", cookie.value)
    try:
        assert client.get(address.removesuffix("/cells")).status_code == 200
        for _try in range(2):
            answer = client.post(address, json=long_comments(province, "b"), headers=headers)
            assert answer.status_code == 503, answer.text
            assert answer.json["message"] == in_vietnamese(app, READ_ONLY) != READ_ONLY
    finally:
        with closed.app_context():
            db.session.remove()
            db.engine.dispose()
    assert counts() == before
