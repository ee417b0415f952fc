"""Background work: a huey queue that only wakes whoever makes a job, and the process that does (`python -m app.jobs`).

The queue is a SQLite file in the instance folder. Losing it loses nothing: every minute the consumer takes up jobs
that nobody makes. With JOBS_IN_PROCESS (tests, single-process use) a job is made at once, in the caller's thread.
"""

import logging
import os
import subprocess
import sys
from functools import cached_property
from pathlib import Path
from typing import Any

from flask import Flask, current_app

from app.extensions import db
from app.security import request_clock
from app.services import print_jobs

EXTENSION = "hocvu.jobs"
PATIENCE = 3.0
"""Seconds the worker has to end; a job it leaves goes on at the next start."""


class Jobs:
    """The queue of one application. Nothing is opened before it is used."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    @property
    def prints(self) -> Path:
        """Folder of the print jobs' files."""
        return Path(self._app.config["INSTANCE_DIR"]) / "prints"

    def make_print(self, job_id: int) -> None:
        """Have a print job made soon."""
        self._queue[1]["run_print"](job_id)

    def make_forgotten(self) -> None:
        """Have the jobs taken up that nobody makes."""
        self._queue[1]["keep_order"]()

    @cached_property
    def _queue(self) -> tuple[Any, dict[str, Any]]:
        """huey with its tasks by name."""
        from huey import SqliteHuey, crontab

        settings = self._app.config
        huey = SqliteHuey(
            "hocvu",
            filename=settings["JOBS_DATABASE"],
            immediate=settings["JOBS_IN_PROCESS"],
            results=False,
        )
        every_minute = crontab(minute="*")
        return huey, {
            "run_print": huey.task(name="run_print")(self._run_print),
            "keep_order": huey.periodic_task(every_minute, name="keep_order")(self._keep_order),
        }

    def _run_print(self, job_id: int) -> None:
        with self._app.app_context():
            print_jobs.run_job(job_id, self.prints, clock=request_clock())

    def _keep_order(self) -> None:
        """Here, one after the other, and not through the queue: a busy queue would fill with the same wake-ups."""
        with self._app.app_context():
            clock = request_clock()
            for job_id in print_jobs.forgotten(db.session(), clock()):
                print_jobs.run_job(job_id, self.prints, clock=clock)
            print_jobs.purge(self.prints, clock=clock)

    def consume(self, parent: int | None = None) -> None:
        """Work until told to stop, or until the process `parent` is gone."""
        from huey.consumer import Consumer

        class ChildConsumer(Consumer):  # a server killed hard leaves no worker behind
            def loop(self, health_check_ts: Any = None) -> Any:
                if parent is not None and os.getppid() != parent:
                    self.stop()
                return super().loop(health_check_ts)

        self.make_forgotten()  # what an earlier server left behind
        # SIGINT ends at once (a job goes on where it stopped), SIGTERM after the job at hand.
        ChildConsumer(self._queue[0], workers=1, initial_delay=0.1, max_delay=1, graceful_signal="TERM").run()


def install(app: Flask) -> None:
    """Give the application its queue: the printing pages do, for they need it."""
    app.extensions.setdefault(EXTENSION, Jobs(app))


def jobs() -> Jobs:
    """The queue of the current application."""
    found: Jobs = current_app.extensions[EXTENSION]
    return found


# -- the process -------------------------------------------------------------------------------------------------


def start_worker() -> subprocess.Popen[bytes]:
    """The process that makes the jobs; it ends by itself when this one is gone."""
    command = [sys.executable, "-m", "app.jobs", f"--parent={os.getpid()}"]
    return subprocess.Popen(command)  # noqa: S603 (our own module)


def end_worker(process: subprocess.Popen[bytes]) -> None:
    """End it, hard if it does not go by itself."""
    process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def main(arguments: list[str]) -> None:
    """`python -m app.jobs [--parent=PID]`: work; with a parent, end when it is gone."""
    from app import create_app

    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    parent = next((int(a.partition("=")[2]) for a in arguments if a.startswith("--parent=")), None)
    create_app().extensions[EXTENSION].consume(parent)


if __name__ == "__main__":
    main(sys.argv[1:])
