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

from app import jobs as background
from app.extensions import db
from app.jobs import EXTENSION, alone
from app.models import PrintJob
from app.services.print_jobs import SILENT
from app.services.print_orders import PrintOrder, create_job
from app.services.spreadsheets.uploads import LIFETIME, Uploads, ticket_for
from app.services.unit_of_work import plain_write
from tests.factories.province import Province
from tests.services.helpers import acting
from tests.services.print_helpers import OFFICE
from tests.support.processes import free_port
from tests.support.queues import address_of
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


def children(parent: int | None) -> set[int]:
    return {pid for pid, its_parent, _command in processes() if its_parent == parent}


def progress(job_id: int) -> PrintJob:
    db.session.rollback()
    return db.session.get_one(PrintJob, job_id, populate_existing=True)


def make_long_ago(job_id: int) -> None:
    """The job's last sign of life: nobody has to wait half a minute until it is taken for forgotten."""
    with plain_write() as session:
        job = session.get_one(PrintJob, job_id, populate_existing=True)
        assert job.beat_at is not None
        job.beat_at -= SILENT + timedelta(seconds=1)


def test_a_worker_killed_in_the_middle_of_a_job(app: Flask, province: Province) -> None:
    """The processes that drew leave with it; the next one goes on with the parts that are there."""
    folder = Path(app.config["INSTANCE_DIR"])
    settings = {"DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"], "JOBS_WORKERS": "2"}
    with AppServer(settings, instance=folder) as server:
        made = order(app, province, "7A")
        wait_for(lambda: progress(made).done >= 2, server)
        killed = worker_of(server.pid)
        assert killed is not None
        drew = children(killed)
        os.kill(killed, signal.SIGKILL)
        row = progress(made)
        assert (row.state, row.attempts) == ("running", 1), "it was quicker than its murder"
        printed_at, done = row.params["printed_at"], row.done
        wait_for(lambda: not drew & {pid for pid, _parent, _command in processes()}, server)
        # the process that draws is started by another one that keeps watch over shared memory: three in all
        assert 2 <= len(drew) <= 3
        make_long_ago(made)
        wait_for(lambda: is_done(made), server)
    row = progress(made)
    assert (row.attempts, row.done, row.params["printed_at"]) == (2, row.total, printed_at)
    assert row.total > done


@pytest.mark.parametrize(
    "kind",
    [pytest.param("mysql", marks=pytest.mark.mariadb), pytest.param("redis", marks=pytest.mark.redis)],
)
def test_a_worker_is_woken_through_another_queue(app: Flask, province: Province, kind: str) -> None:
    """The duties, which would find the job too, are held here: as by a worker of another server."""
    folder = Path(app.config["INSTANCE_DIR"])
    with address_of(kind, folder) as address, alone(folder / "duties.lock") as ours:
        assert ours
        app.config["JOBS_QUEUE"] = address
        made = order(app, province, "7A")
        settings = {"DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"], "JOBS_QUEUE": address}
        with AppServer(settings, instance=folder) as server:
            wait_for(lambda: is_done(made), server)
        app.extensions[EXTENSION].close()


def test_prints_do_not_wait_for_the_duties_nor_these_for_anyone_twice(
    app: Flask, province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bundle that takes long to seal: prints are made meanwhile, and no second worker begins the duties too."""
    sealing, sealed, begun = threading.Event(), threading.Event(), []

    def seal(*_anything: object, **_options: object) -> None:
        begun.append(threading.get_ident())
        sealing.set()
        assert sealed.wait(60)

    monkeypatch.setattr(background, "seal_due", seal)
    queue = app.extensions[EXTENSION]
    busy = threading.Thread(target=queue.keep_order)
    busy.start()
    try:
        assert sealing.wait(60)
        queue.keep_order()
        assert len(begun) == 1
        made = create_job(
            acting(province, OFFICE), PrintOrder(province.first.class_ids["7A"], 1), clock=province.clock
        )
        queue.make_print(made)
        assert is_done(made)
    finally:
        sealed.set()
        busy.join()
    queue.keep_order()
    assert len(begun) == 2


def test_a_duty_that_fails_holds_up_no_other(
    app: Flask, province: Province, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_anything: object, **_options: object) -> None:
        raise RuntimeError("cannot be judged")

    done: list[str] = []
    monkeypatch.setattr(background, "refresh_due", fail)
    monkeypatch.setattr(background, "seal_due", lambda *_anything, **_options: done.append("sealed"))
    app.extensions[EXTENSION].keep_order()
    assert done == ["sealed"]
    assert "cannot be judged" in caplog.text


def test_a_queue_that_is_away_only_delays_a_print(
    app: Flask, province: Province, caplog: pytest.LogCaptureFixture
) -> None:
    """The job is in the record: whoever works finds it there."""
    app.config.update(JOBS_QUEUE=f"redis://127.0.0.1:{free_port()}/0", JOBS_IN_PROCESS=False)
    app.extensions[EXTENSION].make_print(1)
    assert "no wake-up for print job 1" in caplog.text


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
