"""The tests' own tools work: servers start, die, come back and leave nothing behind."""

import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.support import browser as chromium
from tests.support.mariadb import MariaDBServer, shared_server
from tests.support.processes import NotReady, end, start, wait_until
from tests.support.server import AppServer

SAVE = "INSERT INTO t.a VALUES (%s)"


def is_running(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").exists() and Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"


def rows(server: MariaDBServer, query: str) -> tuple[tuple[object, ...], ...]:
    connection = server.connect()
    try:
        with connection.cursor() as cursor:
            cursor.execute(query)
            return tuple(cursor.fetchall())
    finally:
        connection.close()


@pytest.fixture
def durable_server() -> Iterator[MariaDBServer]:
    with MariaDBServer(durable=True) as server:
        server.create_database("t")
        rows(server, "CREATE TABLE t.a (x VARCHAR(40)) ENGINE=InnoDB")
        yield server


@pytest.mark.mariadb
def test_a_killed_server_comes_back_with_its_committed_rows(durable_server: MariaDBServer) -> None:
    rows(durable_server, "INSERT INTO t.a VALUES ('Nguyễn Thị Ngọc Ánh 👩‍🎓')")
    first = durable_server.pid
    durable_server.kill9()
    assert durable_server.pid is None
    durable_server.start()
    assert durable_server.pid not in {None, first}
    assert rows(durable_server, "SELECT x FROM t.a") == (("Nguyễn Thị Ngọc Ánh 👩‍🎓",),)
    durable_server.restart()
    assert rows(durable_server, "SELECT COUNT(*) FROM t.a") == ((1,),)


@pytest.mark.mariadb
def test_server_settings_and_clean_end(durable_server: MariaDBServer) -> None:
    settings = rows(
        durable_server,
        "SELECT @@tx_isolation, @@innodb_flush_log_at_trx_commit, @@character_set_server, @@bind_address",
    )
    assert settings == (("READ-COMMITTED", 1, "utf8mb4", "127.0.0.1"),)
    pid, folder = durable_server.pid, durable_server.folder
    assert pid is not None
    durable_server.stop()
    assert not is_running(pid)
    assert not folder.exists()


@pytest.mark.mariadb
def test_the_shared_server_is_the_same_for_everyone() -> None:
    server = shared_server()
    name = f"support_{os.getpid()}"
    assert server.create_database(name) == server.url(name)
    server.drop_database(name)
    server.drop_database(name)
    assert shared_server().port == server.port


ORPHAN_MAKER = """
import os, signal, json
from tests.support.mariadb import _run, shared_server
shared_server()
print(json.loads((_run()[1] / "state.json").read_text())["pid"], _run()[1], flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.mariadb
def test_the_shared_server_ends_with_a_killed_test_run() -> None:
    env = {key: value for key, value in os.environ.items() if key != "PYTEST_XDIST_TESTRUNUID"}
    done = subprocess.run(
        [sys.executable, "-c", ORPHAN_MAKER], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == -9, done.stderr
    pid, folder = done.stdout.split()
    watcher = start(["sleep", "60"], Path(os.devnull))
    try:
        wait_until(
            lambda: not is_running(int(pid)) and not Path(folder).exists(), watcher, Path(os.devnull), 30
        )
    finally:
        end(watcher, kill=True)


def test_a_process_that_ends_early_says_why(tmp_path: Path) -> None:
    log = tmp_path / "log"
    process = start([sys.executable, "-c", "print('Hỏng rồi'); raise SystemExit(3)"], log)
    with pytest.raises(NotReady, match=r"(?s)ended with 3.*Hỏng rồi"):
        wait_until(lambda: False, process, log, 30)
    end(process)


@pytest.mark.browser
def test_chromium_draws_a_page_and_complaints_are_heard(browser: Browser) -> None:
    context = chromium.new_context(browser, width=390)
    page = context.new_page()
    found = chromium.complaints(page)
    page.set_content("<h1>Sổ điểm lớp 7A</h1>")
    assert page.get_by_role("heading").inner_text() == "Sổ điểm lớp 7A"
    assert found == []
    with page.expect_console_message():
        page.evaluate("() => console.error('hỏng')")
    context.close()
    assert found == ["console error: hỏng"]


def answer(server: AppServer) -> int:
    with urllib.request.urlopen(f"{server.url}/login/", timeout=10) as response:
        status: int = response.status
        return status


def test_the_application_comes_back_after_kill9_and_ends_for_good() -> None:
    server = AppServer({"WEB_WORKERS": "1"})
    assert "ready" in server.flask("init-app")
    with server:
        assert answer(server) == 200
        first = server.pid
        server.kill9()
        assert server.pid is None
        server.start()
        assert answer(server) == 200
        second = server.pid
    assert first is not None
    assert second is not None
    assert not is_running(first)
    assert not is_running(second)
    assert not server.instance.exists()
