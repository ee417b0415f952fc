"""Fixtures every test may use: an application on each engine, a small province, a signed-in client."""

import contextvars
import copy
import gc
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
from tests.support.chain import assert_chain_holds
from tests.support.copies import Copy
from tests.support.mariadb import program, shared_server

ENGINES = ["sqlite", pytest.param("mariadb", marks=pytest.mark.mariadb)]


SLOW = ("faults", "e2e", "test_jobs", "test_support", "test_demo.py")
"""Files of few tests that take minutes: begun first, so that no worker is left alone with them at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow files first; otherwise as they stand."""
    items.sort(key=lambda item: not any(part in item.nodeid for part in SLOW))


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
    if not gc.get_freeze_count():
        keep_what_is_loaded()
    return application


def keep_what_is_loaded() -> None:
    """The program stays in memory: looking through all of it for garbage every few tests took a quarter of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


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
def sqlite_province(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, factory.Province]:
    """The same file with the small province in it."""
    folder = tmp_path_factory.mktemp("province")
    path = Path(shutil.copy(sqlite_template, folder / "province.db"))
    return path, built(make_app(folder, f"sqlite:///{path}"))


@pytest.fixture(scope="session")
def mariadb_template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copy]:
    """A copy of a migrated, seeded MariaDB database, one for all tests of this process."""
    with mariadb_copy(tmp_path_factory.mktemp("mariadb"), initialise) as (made, _nothing):
        yield made


@pytest.fixture(scope="session")
def mariadb_province(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Copy, factory.Province]]:
    """A copy of one with the small province in it."""

    def fill(app: Flask) -> factory.Province:
        initialise(app)
        return built(app)

    with mariadb_copy(tmp_path_factory.mktemp("mariadb"), fill) as made:
        yield made


def built(app: Flask) -> factory.Province:
    """The small province, built in the database of `app`."""
    with app.app_context():
        province = factory.build(app)
        db.engine.dispose()
    return province


@contextmanager
def mariadb_copy(folder: Path, fill: Callable[[Flask], Any]) -> Iterator[tuple[Copy, Any]]:
    """A template that `fill` made, with its copy; both gone afterwards."""
    server, name = shared_server(), f"template_{uuid.uuid4().hex[:12]}"
    app = make_app(folder, server.create_database(name))
    filled = fill(app)
    with app.app_context():
        db.engine.dispose()
    yield Copy(server, name, f"copy_{name}"), filled
    server.drop_database(f"copy_{name}")
    server.drop_database(name)


@pytest.fixture(params=ENGINES)
def engine_name(request: pytest.FixtureRequest) -> str:
    """sqlite or mariadb; a test that asks for `app` runs once on each."""
    if request.param == "mariadb":
        program("mariadbd")
    return request.param


@pytest.fixture
def app(engine_name: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """A ready application with its context pushed; its database is empty, or holds the province if the test asks."""
    with_province = "province" in request.fixturenames
    source = request.getfixturevalue(f"{engine_name}_{'province' if with_province else 'template'}")
    template, province = source if with_province else (source, None)
    if isinstance(template, Copy):
        template.restore()
        url = template.url
    else:
        url = f"sqlite:///{shutil.copy(template, tmp_path / 'test.db')}"
    application = make_app(tmp_path, url)
    if province is not None:
        application.extensions["hocvu.tests.province"] = copy.deepcopy(province)
    with application.app_context():
        yield application
        db.session.rollback()
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def province(app: Flask) -> factory.Province:
    """The small province, with its clock in the application."""
    found: factory.Province = app.extensions["hocvu.tests.province"]
    app.extensions["hocvu.clock"] = found.clock
    return found


@pytest.fixture
def chain_holds(app: Flask) -> Iterator[None]:
    """Afterwards everything the test wrote stands under its chain; for `usefixtures`."""
    yield
    assert_chain_holds()


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
