"""Fixtures every test may use: an application on each engine, a small province, a signed-in client."""

import contextvars
import os
import re
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask, has_app_context
from flask.testing import FlaskClient
from playwright.sync_api import Browser
from sqlalchemy import event

from app import create_app
from app.extensions import db
from tests.factories import province as factory
from tests.support.browser import launched
from tests.support.mariadb import program, shared_server

ENGINES = ["sqlite", pytest.param("mariadb", marks=pytest.mark.mariadb)]


class FreshClient(FlaskClient):
    """Sends each request in a context of its own, as a server does.

    Under a pushed application context Flask would reuse it, and `g` (the actor, the period) of one request would be
    there in the next. The test's own session starts anew afterwards, so that it sees what the request committed.
    """

    def open(self, *args: Any, **kwargs: Any) -> Any:
        """Send the request."""
        answer = contextvars.Context().run(super().open, *args, **kwargs)
        if has_app_context():
            db.session.rollback()
        return answer


def make_app(folder: Path, url: str, **settings: Any) -> Flask:
    """An application of its own on an empty or copied database."""
    application = create_app(
        INSTANCE_DIR=folder,
        SQLALCHEMY_DATABASE_URI=url,
        SECRET_KEY="for tests only, and long enough for tokens",
        FAB_PASSWORD_HASH_METHOD="pbkdf2:sha256:1",
        JOBS_IN_PROCESS=True,
        **settings,
    )
    application.test_client_class = FreshClient
    return application


def initialise(app: Flask) -> None:
    """What `flask init-app` does."""
    result = app.test_cli_runner().invoke(args=["init-app"])
    assert result.exit_code == 0, result.output


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, seeded SQLite file, copied for each test."""
    folder = tmp_path_factory.mktemp("template")
    path = folder / "template.db"
    app = make_app(folder, f"sqlite:///{path}")
    initialise(app)
    with app.app_context():
        db.engine.dispose()
    return path


@pytest.fixture(scope="session")
def mariadb_template() -> Iterator[str]:
    """The name of a migrated, seeded MariaDB database, cloned for each test."""
    server = shared_server()
    name = f"template_{os.getpid()}"
    url = server.create_database(name)
    folder = Path(os.environ.get("TMPDIR", "/tmp")) / f"hocvu-template-{uuid.uuid4().hex}"
    app = make_app(folder, url)
    initialise(app)
    with app.app_context():
        db.engine.dispose()
    shutil.rmtree(folder)
    yield name
    server.drop_database(name)


def _clone_mariadb(template: str) -> tuple[str, str]:
    server = shared_server()
    name = f"test_{uuid.uuid4().hex[:12]}"
    url = server.create_database(name)
    with server.connect(database=name) as connection, connection.cursor() as cursor:
        cursor.execute("SET foreign_key_checks = 0")
        cursor.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = %s", (template,)
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f"SHOW CREATE TABLE `{template}`.`{table}`")
            cursor.execute(cursor.fetchone()[1])
            cursor.execute(f"INSERT INTO `{table}` SELECT * FROM `{template}`.`{table}`")
    return name, url


@pytest.fixture(params=ENGINES)
def engine_name(request: pytest.FixtureRequest) -> str:
    """sqlite or mariadb; a test that asks for `app` runs once on each."""
    if request.param == "mariadb":
        program("mariadbd")
    return request.param


@pytest.fixture
def app(engine_name: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """A ready application on an empty, migrated database of its own, with its context pushed."""
    if engine_name == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "test.db")
        database, url = None, f"sqlite:///{tmp_path / 'test.db'}"
    else:
        database, url = _clone_mariadb(request.getfixturevalue("mariadb_template"))
    application = make_app(tmp_path, url)
    with application.app_context():
        yield application
        db.session.rollback()
        db.session.remove()
        db.engine.dispose()
    if database:
        shared_server().drop_database(database)


@pytest.fixture
def province(app: Flask) -> factory.Province:
    """The small province, with its clock in the application."""
    return factory.build(app)


def sign_in(client: FlaskClient, username: str, password: str = factory.PASSWORD) -> FlaskClient:
    """Sign in through the real form."""
    page = client.get("/login/")
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
    assert found, page.text
    answer = client.post(
        "/login/", data={"username": username, "password": password, "csrf_token": found.group(1)}
    )
    assert answer.status_code == 302, answer.text
    return client


@pytest.fixture
def client_for(app: Flask, province: factory.Province) -> Callable[[str], FlaskClient]:
    """`client_for("longpd.thcstk")`: a client signed in as that account of the small province."""
    return lambda username: sign_in(app.test_client(), username)


def csrf(client: FlaskClient, path: str = "/account/") -> str:
    """A CSRF token of this client's session, read from a page as a browser would."""
    page = client.get(path).text
    found = re.search(r'name="csrf[-_]token"[^>]*(?:value|content)="([^"]+)"', page)
    assert found, f"no CSRF token on {path}"
    return found.group(1)


@contextmanager
def counting(app: Flask) -> Iterator[list[str]]:
    """Statements sent while inside: `with counting(app) as statements: …; assert len(statements) <= 12`."""
    statements: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, _p: Any, _context: Any, _many: bool) -> None:
        if not statement.startswith(("BEGIN", "SAVEPOINT", "PRAGMA")):
            statements.append(statement)

    with app.app_context():
        engine: sa.Engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the session: Playwright runs only once in a process."""
    with launched() as running:
        yield running
