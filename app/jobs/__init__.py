"""Background work: a huey queue that only wakes whoever makes a job, and the process that does (`python -m app.jobs`).

Losing the queue loses nothing: the worker keeps looking for jobs that nobody makes. With JOBS_IN_PROCESS (tests,
single-process use) a job is made at once, in the caller's thread.
"""

import logging
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from flask import Flask, current_app
from huey import Huey
from huey.consumer import Consumer

from app.extensions import db
from app.jobs.queues import WrongQueue, check_queue, open_queue
from app.reports.drawers import Draw, Drawers, in_turn
from app.security import request_clock
from app.services import print_jobs
from app.services.bundles.check import check_due
from app.services.bundles.rounds import TIME, Sealing, seal_due
from app.services.chain.anchors import nightly
from app.services.clock import Clock
from app.services.corrections import expire_due
from app.services.media.export_jobs import forgotten_exports, purge_exports, run_export
from app.services.results.refresh import refresh_due
from app.services.signing.expiry import warn_expiring
from app.services.signing.stale import look_for_stale
from app.services.spreadsheets.uploads import Uploads

log = logging.getLogger(__name__)

EXTENSION = "hocvu.jobs"
LOOK_EVERY = 10.0
"""Seconds between two looks for jobs whose wake-up was lost or whose worker was killed."""
CHECKING = 3
"""Seconds of a look in which sealed bundles are checked again; a province has a hundred thousand to check in a week."""
PATIENCE = 3.0
"""Seconds the worker has to end; a job it leaves goes on at the next start."""


class Jobs:
    """The queue of one application. Nothing is opened before it is used. Raises WrongQueue for its setting."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._sealing = Sealing()
        check_queue(app.config["JOBS_QUEUE"], app.config["SQLALCHEMY_DATABASE_URI"])
        if app.config["JOBS_WORKERS"] < 1:
            raise WrongQueue("JOBS_WORKERS is the number of processes that draw prints: at least 1")
        self._drawers = Drawers(app.config["JOBS_WORKERS"])

    @property
    def prints(self) -> Path:
        """Folder of the print jobs' files."""
        return self._folder / "prints"

    @property
    def _folder(self) -> Path:
        return Path(self._app.config["INSTANCE_DIR"])

    def make_print(self, job_id: int) -> None:
        """Have a print job made soon. A queue that is away only delays it: the worker finds the job by itself."""
        try:
            self._queue[1](job_id)
        except Exception:
            log.exception("no wake-up for print job %s", job_id)

    def make_export(self, job_id: int) -> None:
        """The same for an image of sealed bundles, a collection, a hand-over."""
        try:
            self._queue[2](job_id)
        except Exception:
            log.exception("no wake-up for export job %s", job_id)

    def close(self) -> None:
        """Give back this thread's connection to the queue."""
        if "_queue" in self.__dict__:
            self._queue[0].storage.close()

    def keep_order(self) -> None:
        """The duties: jobs taken up that nobody makes, results brought up to new marks, bundles sealed, old files removed.

        One process at a time has them; where another is at it, nothing is done here.
        """
        with alone(self._folder / "duties.lock") as ours:
            if not ours:
                return
            with self._app.app_context():
                clock = request_clock()
            for duty in self._duties(clock):
                with self._app.app_context():
                    try:
                        duty()
                    except Exception:
                        log.exception("a duty was not done; it comes again in %s s", LOOK_EVERY)

    def _duties(self, clock: Clock) -> tuple[Callable[[], object], ...]:
        """Each by itself: one that fails holds up no other.

        Files sent for a dry run that nobody came back to hold names and birth dates: they go after their hour.
        """
        return (
            lambda: self._wake_forgotten(clock()),
            lambda: refresh_due(db.session(), clock=clock),
            lambda: nightly(db.session(), clock=clock),
            lambda: expire_due(clock=clock),
            lambda: seal_due(
                db.session(), clock=clock, sealing=self._sealing, seconds=TIME, busy=self._waited_for
            ),
            lambda: check_due(db.session(), clock=clock, seconds=CHECKING),
            lambda: look_for_stale(db.session(), clock=clock),
            lambda: warn_expiring(db.session(), clock=clock),
            lambda: print_jobs.purge(self.prints, clock=clock),
            lambda: purge_exports(self._folder, clock=clock),
            lambda: Uploads(self._folder).clear(clock()),
        )

    def _wake_forgotten(self, now: datetime) -> None:
        """Not while others wait: a busy queue would fill with the same wake-ups."""
        if not len(self._queue[0]):
            for job_id in print_jobs.forgotten(db.session(), now):
                self.make_print(job_id)
            for job_id in forgotten_exports(db.session(), now):
                self.make_export(job_id)

    def _waited_for(self) -> bool:
        return bool(len(self._queue[0]))

    @cached_property
    def _queue(self) -> tuple[Huey, Callable[[int], object], Callable[[int], object]]:
        """huey, and its tasks that make a print job and an export."""
        settings = self._app.config
        queue = open_queue(settings["JOBS_QUEUE"], immediate=settings["JOBS_IN_PROCESS"])
        return (
            queue,
            queue.task(name="run_print")(self._run_print),
            queue.task(name="run_export")(self._run_export),
        )

    @property
    def _draw(self) -> Draw:
        """Who draws: nobody else where one process has to do."""
        alone = self._app.config["JOBS_IN_PROCESS"] or self._app.config["JOBS_WORKERS"] < 2
        return in_turn if alone else self._drawers

    def _run_print(self, job_id: int) -> None:
        with self._app.app_context():
            print_jobs.run_job(job_id, self.prints, clock=request_clock(), draw=self._draw)

    def _run_export(self, job_id: int) -> None:
        with self._app.app_context():
            run_export(job_id, self._folder, clock=request_clock())

    def consume(self, parent: int | None = None) -> None:
        """Work until told to stop, or until the process `parent` is gone.

        Jobs are made by as many threads as there are processes that draw, and by two at least: nobody's page waits for a
        hand-over. The duties have a thread of their own, so that neither waits for the other.
        """
        ended = threading.Event()

        class Worker(Consumer):
            def loop(self, health_check_ts: Any = None) -> Any:
                """Called ten times a second."""
                if (
                    parent is not None and os.getppid() != parent
                ):  # a server killed hard leaves no worker behind
                    self.stop()
                return super().loop(health_check_ts)

        # SIGINT ends at once (a job goes on where it stopped), SIGTERM after the job at hand.
        count = max(2, self._app.config["JOBS_WORKERS"])
        options = {"workers": count, "periodic": False, "initial_delay": 0.1, "max_delay": 1}
        worker = Worker(self._queue[0], graceful_signal="TERM", **options)
        threading.Thread(target=self._keep_order_until, args=(ended,), daemon=True).start()
        try:
            worker.run()
        finally:
            ended.set()
            self.close()

    def _keep_order_until(self, ended: threading.Event) -> None:
        while not ended.is_set():
            try:
                self.keep_order()
            except Exception:
                log.exception("the duties were not begun; they come again in %s s", LOOK_EVERY)
            ended.wait(LOOK_EVERY)


@contextmanager
def alone(path: Path) -> Iterator[bool]:
    """True where no other process or thread is inside with the same file; its end frees the place, however it ends.

    A SQLite file held by a transaction: a lock that every system has and none forgets to give back.
    """
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as lock:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            yield False
        else:
            yield True


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
