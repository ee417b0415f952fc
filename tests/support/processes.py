"""Child processes that never outlive the tests, and waiting for a condition with a deadline."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class NotReady(RuntimeError):
    """A server did not answer in time, or ended; the message holds the end of its log."""


def _die_with_parent() -> None:
    """In the child: the kernel kills it when the thread that started it is gone, however that ended."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def start(command: Sequence[str], log: Path, env: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
    """Start `command` in the project's folder, in a group of its own, with its output appended to `log`.

    Call it from a thread that lives as long as the process should (the main thread).
    """
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            cwd=ROOT,
            env=None if env is None else dict(env),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_die_with_parent,
        )


def end(process: subprocess.Popen[bytes], *, kill: bool = False, patience: float = 15.0) -> None:
    """End the process and its whole group: SIGTERM, then SIGKILL after `patience` seconds; with `kill` at once."""
    if process.poll() is None and not kill:
        process.terminate()
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            kill = True
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)  # also what a dead leader left behind
    process.wait()


def wait_until(
    ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path, seconds: float
) -> None:
    """Ask `ready` until it says yes. Raises NotReady when the process ends first or the time is up."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not ready():
        if process.poll() is not None:
            raise NotReady(f"{process.args!r} ended with {process.returncode}:\n{tail(log)}")
        if time.monotonic() > deadline:
            raise NotReady(f"{process.args!r} did not answer in {seconds} s:\n{tail(log)}")
        pause.wait(0.05)


def tail(log: Path, size: int = 4000) -> str:
    """The last `size` characters of a log, "" if there is none."""
    return log.read_text(encoding="utf-8", errors="replace")[-size:] if log.exists() else ""


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
