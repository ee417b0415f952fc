"""kill -9 in the middle of saves: each save is there wholly or not at all, and what was acknowledged stays (design §9)."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.client import Client
from tests.faults.seed import Seeded, seed
from tests.faults.writers import check_record, hammer
from tests.support.mariadb import MariaDBServer, program
from tests.support.server import AppServer


@contextmanager
def served(seeded: Seeded, folder: Path) -> Iterator[AppServer]:
    """The application as a process on the seeded database."""
    settings = {"DATABASE_URL": seeded.url, "WEB_WORKERS": "1"}
    with AppServer(settings, instance=folder) as server:
        yield server


@pytest.fixture
def on_sqlite(tmp_path: Path) -> Seeded:
    return seed(f"sqlite:///{tmp_path / 'test.db'}", tmp_path)


@pytest.fixture
def mariadb() -> Iterator[MariaDBServer]:
    program("mariadbd")
    with MariaDBServer(durable=True) as server:
        yield server


@pytest.fixture
def on_mariadb(mariadb: MariaDBServer, tmp_path: Path) -> Seeded:
    return seed(mariadb.create_database("faults"), tmp_path)


def kill_the_application(seeded: Seeded, folder: Path, times: int) -> None:
    with served(seeded, folder) as server:

        def break_it() -> None:
            server.kill9()
            server.start()

        teachers = hammer(seeded, server.url, break_it, times=times)
    check_record(seeded, teachers)


def kill_the_database(seeded: Seeded, mariadb: MariaDBServer, folder: Path, times: int) -> None:
    with served(seeded, folder) as server:
        visitor = Client(server.url).sign_in(seeded.sheets[0].teacher)

        def break_it() -> None:
            mariadb.kill9()
            for path in ("/", "/gradebook/", "/login/"):
                answer = visitor.get(path)
                assert answer.status == 503 or (path == "/login/" and answer.status == 200), path
                assert "Máy chủ" in answer.text or path == "/login/", answer.text[-500:]
            mariadb.start()

        teachers = hammer(seeded, server.url, break_it, times=times)
    check_record(seeded, teachers)


def test_the_application_killed_in_the_middle_of_saves(on_sqlite: Seeded, tmp_path: Path) -> None:
    kill_the_application(on_sqlite, tmp_path, times=5)


@pytest.mark.mariadb
def test_the_application_killed_in_the_middle_of_saves_on_mariadb(on_mariadb: Seeded, tmp_path: Path) -> None:
    kill_the_application(on_mariadb, tmp_path, times=2)


@pytest.mark.mariadb
def test_the_database_killed_in_the_middle_of_saves(
    on_mariadb: Seeded, mariadb: MariaDBServer, tmp_path: Path
) -> None:
    """The application stays up, says that nothing was saved, and goes on when the database is back."""
    kill_the_database(on_mariadb, mariadb, tmp_path, times=2)


@pytest.mark.torture
def test_two_hundred_kills_of_the_application(on_sqlite: Seeded, tmp_path: Path) -> None:
    kill_the_application(on_sqlite, tmp_path, times=200)


@pytest.mark.torture
@pytest.mark.mariadb
def test_two_hundred_kills_of_the_application_on_mariadb(on_mariadb: Seeded, tmp_path: Path) -> None:
    kill_the_application(on_mariadb, tmp_path, times=200)


@pytest.mark.torture
@pytest.mark.mariadb
def test_thirty_kills_of_the_database(on_mariadb: Seeded, mariadb: MariaDBServer, tmp_path: Path) -> None:
    kill_the_database(on_mariadb, mariadb, tmp_path, times=30)
