"""Wake-ups wait in a SQLite file, in MariaDB or in Redis, by one setting; a wrong one is told at the start."""

from pathlib import Path

import pytest

from app.jobs.queues import WrongQueue, check_queue, open_queue
from tests.conftest import make_app
from tests.support.queues import address_of

KINDS = [
    "sqlite",
    pytest.param("mysql", marks=pytest.mark.mariadb),
    pytest.param("redis", marks=pytest.mark.redis),
]


@pytest.mark.parametrize("kind", KINDS)
def test_a_wake_up_goes_from_one_process_to_another(kind: str, tmp_path: Path) -> None:
    woken: list[int] = []

    def wake(job_id: int) -> None:
        woken.append(job_id)

    with address_of(kind, tmp_path) as address:
        asking, working = open_queue(address, immediate=False), open_queue(address, immediate=False)
        ask, _work = (queue.task(name="run_print")(wake) for queue in (asking, working))
        try:
            ask(7)
            ask(8)
            assert len(working) == 2
            while (task := working.dequeue()) is not None:
                working.execute(task)
            assert woken == [7, 8]
            assert len(asking) == 0
        finally:
            for queue in (asking, working):
                queue.storage.close()


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("amqp://guest@localhost/", "begins with amqp://"),
        ("jobs.db", "begins with nothing://"),
        ("sqlite:///", "names no file"),
        ("mysql://hocvu@localhost", "names no database"),
        ("redis:///0", "names no host"),
        ("mysql://hocvu@db.local:3307/hocvu", "one of its own"),
    ],
)
def test_a_queue_that_cannot_be_is_refused(address: str, said: str) -> None:
    with pytest.raises(WrongQueue, match=said):
        check_queue(address, "mysql+pymysql://hocvu:secret@db.local/hocvu?charset=utf8mb4")


def test_the_program_does_not_start_with_it(tmp_path: Path, sqlite_file: Path) -> None:
    with pytest.raises(WrongQueue, match="it may be sqlite"):
        make_app(tmp_path, f"sqlite:///{sqlite_file}", JOBS_QUEUE="rabbit://localhost")
    with pytest.raises(WrongQueue, match="JOBS_WORKERS"):
        make_app(tmp_path, f"sqlite:///{sqlite_file}", JOBS_WORKERS=0)
