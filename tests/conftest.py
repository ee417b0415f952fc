"""Fixtures every test may use: an application on each engine, a small province, a signed-in client."""

import contextvars
import copy
import gc
import os
import pickle
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
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
from app.jobs import EXTENSION as JOBS
from app.jobs import Jobs
from app.reports import renderer
from app.services.chain import keys
from tests.factories import province as factory
from tests.support.browser import launched
from tests.support.chain import assert_chain_holds
from tests.support.copies import Copy
from tests.support.mariadb import SharedServer, program, shared_server
from tests.support.memory import use_memory
from tests.support.once import Once, once_in

PROVINCE = "province"
ENGINES = ["sqlite", pytest.param("mariadb", marks=pytest.mark.mariadb)]


SLOW = ("faults", "e2e", "test_jobs", "test_support", "test_demo.py")
"""Files of few tests that take minutes: begun first, so that no worker is left alone with them at the end."""


def pytest_configure() -> None:
    """Before the first temporary file."""
    use_memory()


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
    keep_what_is_loaded()
    return application


@cache
def keep_what_is_loaded() -> None:
    """The program stays in memory: looking through all of it for garbage every few tests took a quarter of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


class Standing:
    """An application that stays for all tests of a process; each finds it as it was made, with a folder of its own.

    A new one takes a tenth of a second, and every page and statement compiled anew takes more.
    """

    def __init__(self, folder: Path, url: str) -> None:
        self.app = make_app(folder, url)
        self._config, self._extensions = dict(self.app.config), dict(self.app.extensions)

    def renewed(self, folder: Path) -> Flask:
        """The application as new; its files go into `folder`."""
        app = self.app
        app.config.clear()
        app.config.update(self._config, INSTANCE_DIR=folder, JOBS_QUEUE=f"sqlite:///{folder / 'jobs.db'}")
        app.extensions.clear()
        app.extensions.update(self._extensions | {JOBS: Jobs(app)})
        return app


def initialise(app: Flask) -> None:
    """What `flask init-app` does."""
    result = app.test_cli_runner().invoke(args=["init-app"])
    assert result.exit_code == 0, result.output


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Once:
    """`once(name, fill)`: a folder that one process of the run fills for all."""
    return once_in(tmp_path_factory)


@pytest.fixture(scope="session")
def sqlite_template(once: Once) -> Path:
    """A migrated, seeded SQLite file, copied for each test."""
    return once("sqlite", lambda folder: migrate(folder, f"sqlite:///{folder}/test.db")) / "test.db"


@pytest.fixture(scope="session")
def sqlite_province(once: Once, sqlite_template: Path) -> tuple[Path, factory.Province]:
    """The same file with the small province in it."""

    def fill(folder: Path) -> None:
        shutil.copy(sqlite_template, folder / "test.db")
        add_province(folder, f"sqlite:///{folder}/test.db")

    folder = once("sqlite-province", fill)
    return folder / "test.db", pickle.loads((folder / PROVINCE).read_bytes())


@pytest.fixture(scope="session")
def mariadb(once: Once) -> SharedServer:
    """The run's MariaDB with a migrated, seeded database `template`."""
    server = shared_server()
    once("mariadb", lambda folder: migrate(folder, server.create_database("template")))
    return server


@pytest.fixture(scope="session")
def mariadb_template(mariadb: SharedServer) -> Copy:
    """A copy of it for the tests of this process."""
    return Copy(mariadb, "template", f"template_{os.getpid()}")


@pytest.fixture(scope="session")
def mariadb_province(once: Once, mariadb: SharedServer) -> tuple[Copy, factory.Province]:
    """A copy of one with the small province in it."""
    folder = once(
        "mariadb-province", lambda folder: add_province(folder, Copy(mariadb, "template", PROVINCE).url)
    )
    return Copy(mariadb, PROVINCE, f"province_{os.getpid()}"), pickle.loads((folder / PROVINCE).read_bytes())


def migrate(folder: Path, url: str) -> None:
    """Make the tables of an empty database and what `flask init-app` puts into them."""
    app = make_app(folder, url)
    initialise(app)
    with app.app_context():
        db.engine.dispose()


def add_province(folder: Path, url: str) -> None:
    """Build the small province in a migrated database; a file in `folder` tells its ids."""
    app = make_app(folder, url)
    with app.app_context():
        (folder / PROVINCE).write_bytes(pickle.dumps(factory.build(app)))
        db.engine.dispose()


@pytest.fixture(params=ENGINES)
def engine_name(request: pytest.FixtureRequest) -> str:
    """sqlite or mariadb; a test that asks for `app` runs once on each."""
    if request.param == "mariadb":
        program("mariadbd")
    return request.param


@pytest.fixture(scope="session")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Standing]:
    """`standing(url)`: the application that stays on a database."""
    return cache(lambda url: Standing(tmp_path_factory.mktemp("standing"), url))


@pytest.fixture(scope="session")
def sqlite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the SQLite database of the running test lies."""
    return tmp_path_factory.mktemp("running") / "test.db"


@pytest.fixture
def app(
    engine_name: str,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    sqlite_file: Path,
    standing: Callable[[str], Standing],
    drawn_once: None,
) -> Iterator[Flask]:
    """A ready application with its context pushed; its database is empty, or holds the province if the test asks."""
    with_province = "province" in request.fixturenames
    source = request.getfixturevalue(f"{engine_name}_{'province' if with_province else 'template'}")
    template, province = source if with_province else (source, None)
    if isinstance(template, Copy):
        template.restore()
        url = template.url
    else:
        put(template, sqlite_file)
        url = f"sqlite:///{sqlite_file}"
    application = standing(url).renewed(tmp_path)
    if province is not None:
        application.extensions["hocvu.tests.province"] = copy.deepcopy(province)
    with application.app_context():
        yield application
        db.session.rollback()
        db.session.remove()
        db.engine.dispose()


def put(template: Path, path: Path) -> None:
    """A copy of an SQLite database in place of that of the test before."""
    for part in ("", "-wal", "-shm"):
        Path(f"{path}{part}").unlink(missing_ok=True)
    shutil.copy(template, path)


@pytest.fixture(scope="session", autouse=True)
def one_anchor_key() -> Iterator[None]:
    """The key that signs anchors is worked out once: a quarter of a second for each installation with one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys, "new_key", cache(keys.new_key))
        yield


@pytest.fixture(scope="session")
def drawings() -> Callable[..., bytes]:
    """What `render` draws with, remembering: the same page gives the same bytes (tests/reports sees to that)."""
    return lru_cache(maxsize=500)(renderer._drawn)


@pytest.fixture
def drawn_once(drawings: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that a test before has drawn is not drawn again: half a second each, and bundles are full of them."""
    monkeypatch.setattr(renderer, "_drawn", drawings)


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
