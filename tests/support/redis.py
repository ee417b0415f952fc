"""A Redis of our own: in memory, on a free port, gone when the test is."""

import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.processes import NotReady, end, free_port, start, wait_until

START_SECONDS = 30


def program() -> str:
    """The server's program. Debian's redis-tools has it under another name, without the service that runs it.

    Raises NotReady naming the package to install.
    """
    path = shutil.which("redis-server") or shutil.which("redis-check-rdb")
    if path is None:
        raise NotReady("redis-server is missing: sudo apt-get install redis-tools")
    return path


class RedisServer:
    """One server; a context manager."""

    def __init__(self) -> None:
        self.port = free_port()
        self._folder = Path(tempfile.mkdtemp(prefix="hocvu-redis-"))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Address of its first database."""
        return f"redis://127.0.0.1:{self.port}/0"

    def __enter__(self) -> Self:
        log = self._folder / "server.log"
        options = f'--port {self.port} --bind 127.0.0.1 --save "" --dir {self._folder}'
        # the program looks at its own name to see what it is
        self._process = start(["bash", "-c", f"exec -a redis-server {program()} {options}"], log)
        wait_until(self._answers, self._process, log, START_SECONDS)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process:
            end(self._process, kill=True)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False
