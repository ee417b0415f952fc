"""The real application as a process of its own (`python run.py`), for browser and kill tests."""

import os
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.processes import ROOT, end, free_port, start, tail, wait_until

START_SECONDS = 60


class AppServer:
    """`python run.py` on a free port with its own instance folder; a context manager.

    `env` is laid over the environment (DATABASE_URL, PASSWORD_HASH_METHOD, WEB_WORKERS …). The database must be
    there: call `flask("init-app")` before `start()`, or give one that was made from a template.
    """

    def __init__(
        self, env: Mapping[str, str] | None = None, *, instance: Path | None = None, path: str = "/login/"
    ) -> None:
        self._temporary = None if instance else tempfile.TemporaryDirectory(prefix="hocvu-app-")
        self.instance = instance or Path(self._temporary.name)  # type: ignore[union-attr]
        self.path = path
        self.port = free_port()
        self.log = self.instance / "server.log"
        self.env = {
            **{
                key: value for key, value in os.environ.items() if key not in {"DATABASE_URL", "INSTANCE_DIR"}
            },
            "SECRET_KEY": "only-for-tests-" * 4,
            "HOST": "127.0.0.1",
            **(env or {}),
            "INSTANCE_DIR": str(self.instance),
            "PORT": str(self.port),
        }
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Address without a slash at its end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        """Process id of the server (gunicorn's master) while it runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def flask(self, *arguments: str) -> str:
        """Run `flask ARGUMENTS` with this server's settings; returns its output. Raises RuntimeError with it."""
        command = [sys.executable, "-m", "flask", "--app", "app:create_app", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self.env, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(
                f"flask {' '.join(arguments)} failed:\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
            )
        return done.stdout

    def start(self) -> Self:
        """Start and wait for the first answer; also after `kill9`, on the same port and data. Raises NotReady."""
        self._process = start([sys.executable, "run.py"], self.log, self.env)
        wait_until(self._answers, self._process, self.log, START_SECONDS)
        return self

    def kill9(self) -> None:
        """SIGKILL to the server and all its workers."""
        if self._process:
            end(self._process, kill=True)

    def stop(self) -> None:
        """End it in good order and remove a temporary instance folder. Safe to call twice."""
        if self._process:
            end(self._process)
        if self._temporary:
            self._temporary.cleanup()

    def output(self) -> str:
        """The end of what the server printed."""
        return tail(self.log)

    def _answers(self) -> bool:
        """True for an answer below 500: one that starts but fails on every page is not ready."""
        try:
            with urllib.request.urlopen(self.url + self.path, timeout=10):
                return True
        except urllib.error.HTTPError as error:
            error.close()
            return error.code < 500
        except OSError:
            return False
