"""A MariaDB of our own: in a temporary folder, on a free port, gone when the tests are.

`MariaDBServer` is one server, for tests that kill or restart it. `shared_server()` is the one that all tests
of a run share, also across pytest-xdist workers: the first caller starts it, and a keeper process ends it
when the run is over, even if pytest was killed.
"""

import fcntl
import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pymysql

from tests.support.processes import ROOT, NotReady, end, free_port, start, tail, wait_until

START_SECONDS = 90
PROGRAMS = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])


class Databases:
    """What tests do with a running server: make, drop and address databases.

    Always without TLS: PyMySQL would read all certificates of the system for each connection, a fiftieth of a second.
    """

    port: int

    def url(self, database: str) -> str:
        """The SQLAlchemy address of a database on this server."""
        return f"mysql+pymysql://root@127.0.0.1:{self.port}/{database}?charset=utf8mb4&ssl_disabled=true"

    def connect(self, **options: Any) -> "pymysql.Connection[Any]":
        """A plain PyMySQL connection, autocommitting unless told otherwise."""
        settings: dict[str, Any] = {"autocommit": True, "charset": "utf8mb4", "connect_timeout": 10} | options
        return pymysql.connect(host="127.0.0.1", port=self.port, user="root", ssl_disabled=True, **settings)

    def create_database(self, name: str, *, collation: str | None = None) -> str:
        """Make an empty utf8mb4 database (the server's default collation unless given); returns its address."""
        collate = f" COLLATE {collation}" if collation else ""
        self._execute(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4{collate}")
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Drop a database; one that isn't there is fine."""
        self._execute(f"DROP DATABASE IF EXISTS `{name}`")

    def _execute(self, statement: str) -> None:
        connection = self.connect()
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement)
        finally:
            connection.close()


class MariaDBServer(Databases):
    """One server in a folder of its own; a context manager.

    `durable=False` gives up what a power cut would lose, and nothing else; `durable=True` flushes at each commit
    and keeps the double-write buffer, as production does (measurements, kill tests).
    """

    def __init__(self, *, durable: bool = False, buffer_pool_mb: int = 256) -> None:
        self.durable = durable
        self.buffer_pool_mb = buffer_pool_mb
        self.port = 0
        self.folder = Path(tempfile.mkdtemp(prefix="hocvu-mariadb-"))
        self.log = self.folder / "server.log"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self._install()
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int | None:
        """The server's process id while it runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> None:
        """Start, or start again, on the data that is there and wait until it answers. Raises NotReady."""
        attempts = 1 if self.port else 3  # a port chosen just now may be taken by someone else in between
        for attempt in range(attempts):
            port = self.port or free_port()
            self._process = start([program("mariadbd"), *self._options(port)], self.log)
            try:
                wait_until(partial(self._answers, port), self._process, self.log, START_SECONDS)
            except NotReady:
                end(self._process, kill=True)
                if attempt + 1 == attempts:
                    raise
            else:
                self.port = port
                return

    def kill9(self) -> None:
        """SIGKILL, as a power cut would; the data stays for `restart`."""
        if self._process:
            end(self._process, kill=True)

    def restart(self) -> None:
        """End the server if it runs (in good order) and start it on the same port and data."""
        if self._process:
            end(self._process)
        self.start()

    def stop(self) -> None:
        """End the server and remove its data. Safe to call twice."""
        if self._process:
            end(self._process, kill=True)  # its data goes anyway
        shutil.rmtree(self.folder, ignore_errors=True)

    def _install(self) -> None:
        command = [
            program("mariadb-install-db"),
            "--no-defaults",
            f"--datadir={self.folder / 'data'}",
            f"--user={_user()}",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise NotReady(f"mariadb-install-db failed:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")

    def _options(self, port: int) -> list[str]:
        fast = [] if self.durable else ["--innodb-flush-log-at-trx-commit=0", "--skip-innodb-doublewrite"]
        return [
            "--no-defaults",
            f"--user={_user()}",
            f"--datadir={self.folder / 'data'}",
            f"--socket={self.folder / 's'}",
            f"--pid-file={self.folder / 'pid'}",
            f"--tmpdir={self.folder}",
            f"--port={port}",
            "--bind-address=127.0.0.1",
            "--skip-name-resolve",
            "--character-set-server=utf8mb4",
            "--transaction-isolation=READ-COMMITTED",
            f"--innodb-buffer-pool-size={self.buffer_pool_mb}M",
            "--innodb-log-file-size=64M",
            "--max-connections=200",
            *fast,
        ]

    def _answers(self, port: int) -> bool:
        """True when the server on `port` is ours: another one would have another data folder."""
        try:
            connection = pymysql.connect(host="127.0.0.1", port=port, user="root", connect_timeout=2)
        except (pymysql.MySQLError, OSError):
            return False
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT @@datadir")
                row = cursor.fetchone()
        finally:
            connection.close()
        return row is not None and Path(row[0]) == self.folder / "data"


class SharedServer(Databases):
    """The server of the whole test run, seen from one worker."""

    def __init__(self, port: int) -> None:
        self.port = port


def shared_server() -> SharedServer:
    """The run's server, started by whoever asks first. Raises NotReady with the keeper's log."""
    owner, folder = _run()
    folder.mkdir(mode=0o700, exist_ok=True)
    state = folder / "state.json"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _is_served(state):
            state.unlink(missing_ok=True)
            _start_keeper(owner, folder, state)
    return SharedServer(json.loads(state.read_text(encoding="utf-8"))["port"])


def program(name: str) -> str:
    """The path of one of MariaDB's programs. Raises NotReady naming the package to install."""
    path = shutil.which(name, path=PROGRAMS)
    if path is None:
        raise NotReady(f"{name} is missing: sudo apt-get install mariadb-server-core mariadb-client-core")
    return path


def _run() -> tuple[int, Path]:
    """Who owns this test run (pytest, or the xdist controller) and the folder its processes share."""
    worker_of = os.environ.get("PYTEST_XDIST_TESTRUNUID")
    owner = os.getppid() if worker_of else os.getpid()
    return owner, Path(tempfile.gettempdir()) / f"hocvu-test-run-{os.getuid()}-{owner}"


def _is_served(state: Path) -> bool:
    """False where there is no server, or only the file of one that was killed."""
    if not state.exists():
        return False
    return Path(f"/proc/{json.loads(state.read_text(encoding='utf-8'))['pid']}").exists()


def _start_keeper(owner: int, folder: Path, state: Path) -> None:
    log = folder / "keeper.log"
    with log.open("ab") as output:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "tests.support.mariadb_keeper", str(owner), str(folder)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    wait_until(state.exists, keeper, log, START_SECONDS + 30)
    _keepers.append(keeper)


_keepers: list[
    "subprocess.Popen[bytes]"
] = []  # referenced, so that Python doesn't warn about an unwaited child


def _user() -> str:
    return pwd.getpwuid(os.getuid()).pw_name


__all__ = ["Databases", "MariaDBServer", "NotReady", "SharedServer", "program", "shared_server", "tail"]
