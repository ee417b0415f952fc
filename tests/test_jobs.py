"""The worker beside the web server: makes what the queue asks for, is started again when it was killed."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from app.extensions import db
from app.jobs import EXTENSION
from app.models import PrintJob
from app.services.print_orders import PrintOrder, create_job
from app.services.spreadsheets.uploads import LIFETIME, Uploads, ticket_for
from tests.factories.province import Province
from tests.services.helpers import acting
from tests.services.print_helpers import OFFICE
from tests.support.server import AppServer

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def engine_name() -> str:
    """The queue is a file of its own on both."""
    return "sqlite"


def processes() -> list[tuple[int, int, str]]:
    """(process, parent, command) of everything that runs."""
    done = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True)
    rows = (line.split(None, 2) for line in done.stdout.splitlines())
    return [(int(row[0]), int(row[1]), row[2]) for row in rows if len(row) == 3]


def worker_of(master: int | None) -> int | None:
    """Process id of the job worker under this master."""
    return next(
        (pid for pid, parent, command in processes() if parent == master and "app.jobs" in command), None
    )


def wait_for(ready: Callable[[], object], server: AppServer, seconds: float = 90) -> None:
    deadline, pause = time.monotonic() + seconds, threading.Event()
    while not ready():
        assert time.monotonic() < deadline, server.output()
        pause.wait(0.1)


def order(app: Flask, province: Province, class_name: str) -> int:
    """A job in the queue the server's worker reads."""
    class_id = province.first.class_ids[class_name]
    made = create_job(acting(province, OFFICE), PrintOrder(class_id, 1), clock=province.clock)
    app.config["JOBS_IN_PROCESS"] = False
    app.extensions[EXTENSION].make_print(made)
    return made


def is_done(job_id: int) -> bool:
    db.session.rollback()
    return db.session.scalar(sa.select(PrintJob.state).where(PrintJob.id == job_id)) == "done"


def test_the_worker_makes_jobs_and_comes_back(app: Flask, province: Province) -> None:
    folder = Path(app.config["INSTANCE_DIR"])
    first = order(app, province, "7A")
    uploads = Uploads(folder)
    forgotten = uploads.keep(ticket_for(1, "students", 2026, "lop-7a.xlsx", LONG_AGO), b"PK", "{}", LONG_AGO)
    server = AppServer({"DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"]}, instance=folder)
    with server:
        wait_for(lambda: is_done(first), server)
        assert (folder / "prints" / str(first) / "book.pdf").stat().st_size > 10_000
        wait_for(lambda: not (folder / "uploads" / f"{forgotten}.xlsx").exists(), server)
        killed = worker_of(server.pid)
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        second = order(app, province, "7B")
        wait_for(lambda: is_done(second), server)
        again = worker_of(server.pid)
        assert again not in (None, killed)
    wait_for(lambda: again not in [pid for pid, _parent, _command in processes()], server)


def test_files_nobody_came_back_for_go_without_another_upload(app: Flask, province: Province) -> None:
    """Names and birth dates sent for a dry run don't lie about until somebody imports again."""
    folder = Path(app.config["INSTANCE_DIR"])
    uploads, now = Uploads(folder), province.clock()
    uploads.keep(ticket_for(1, "students", 2026, "lop-7a.xlsx", now), b"PK", "{}", now)
    queue = app.extensions[EXTENSION]
    queue.keep_order()
    assert len(list((folder / "uploads").iterdir())) == 3
    province.now += LIFETIME + timedelta(minutes=1)
    queue.keep_order()
    assert list((folder / "uploads").iterdir()) == []
