"""Background work: a huey queue that only wakes whoever makes a job, and the process that does (`python -m app.jobs`).

The queue is a SQLite file in the instance folder. Losing it loses nothing: the worker keeps looking for jobs that
nobody makes. With JOBS_IN_PROCESS (tests, single-process use) a job is made at once, in the caller's thread.
"""

import logging
import os
import subprocess
import sys
import time
from functools import cached_property
from pathlib import Path
from typing import Any

from flask import Flask, current_app

from app.extensions import db
from app.security import request_clock
from app.services import print_jobs
from app.services.bundles.check import check_due
from app.services.bundles.rounds import seal_due
from app.services.chain.anchors import nightly
from app.services.corrections import expire_due
from app.services.results.refresh import refresh_due
from app.services.signing.expiry import warn_expiring
from app.services.spreadsheets.uploads import Uploads

EXTENSION = "hocvu.jobs"
LOOK_EVERY = 10.0
"""Seconds between two looks for jobs whose wake-up was lost or whose worker was killed."""
PATIENCE = 3.0
"""Seconds the worker has to end; a job it leaves goes on at the next start."""


class Jobs:
    """The queue of one application. Nothing is opened before it is used."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._unsealed: set[tuple[int, str, int | None]] = set()

    @property
    def prints(self) -> Path:
        """Folder of the print jobs' files."""
        return Path(self._app.config["INSTANCE_DIR"]) / "prints"

    def make_print(self, job_id: int) -> None:
        """Have a print job made soon."""
        self._queue[1]["run_print"](job_id)

    def keep_order(self) -> None:
        """Have jobs taken up that nobody makes, results brought up to new marks, and old files removed: books, and
        files kept for a dry run.

        Nothing while there is other work.
        """
        huey, tasks = self._queue
        if not len(huey):
            tasks["keep_order"]()

    @cached_property
    def _queue(self) -> tuple[Any, dict[str, Any]]:
        """huey with its tasks by name."""
        from huey import SqliteHuey

        settings = self._app.config
        huey = SqliteHuey(
            "hocvu",
            filename=settings["JOBS_DATABASE"],
            immediate=settings["JOBS_IN_PROCESS"],
            results=False,
        )
        return huey, {
            "run_print": huey.task(name="run_print")(self._run_print),
            "keep_order": huey.task(name="keep_order")(self._keep_order),
        }

    def _run_print(self, job_id: int) -> None:
        with self._app.app_context():
            print_jobs.run_job(job_id, self.prints, clock=request_clock())

    def _keep_order(self) -> None:
        """Here, one after the other, and not through the queue: a busy queue would fill with the same wake-ups.

        Files sent for a dry run that nobody came back to hold names and birth dates: they go after their hour.
        """
        with self._app.app_context():
            clock = request_clock()
            for job_id in print_jobs.forgotten(db.session(), clock()):
                print_jobs.run_job(job_id, self.prints, clock=clock)
            refresh_due(db.session(), clock=clock)
            nightly(db.session(), clock=clock)
            expire_due(clock=clock)
            seal_due(db.session(), clock=clock, failed=self._unsealed)
            check_due(db.session(), clock=clock)
            warn_expiring(db.session(), clock=clock)
            print_jobs.purge(self.prints, clock=clock)
            Uploads(Path(self._app.config["INSTANCE_DIR"])).clear(clock())

    def consume(self, parent: int | None = None) -> None:
        """Work until told to stop, or until the process `parent` is gone."""
        from huey.consumer import Consumer

        queue = self

        class Worker(Consumer):
            looked_at = -LOOK_EVERY

            def loop(self, health_check_ts: Any = None) -> Any:
                """Called ten times a second."""
                if (
                    parent is not None and os.getppid() != parent
                ):  # a server killed hard leaves no worker behind
                    self.stop()
                if time.monotonic() - self.looked_at > LOOK_EVERY:
                    self.looked_at = time.monotonic()
                    queue.keep_order()
                return super().loop(health_check_ts)

        # SIGINT ends at once (a job goes on where it stopped), SIGTERM after the job at hand.
        options = {"workers": 1, "periodic": False, "initial_delay": 0.1, "max_delay": 1}
        Worker(self._queue[0], graceful_signal="TERM", **options).run()


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
