"""`python -m bench.history read|verify DATABASE FOLDER`: one measured process, with nothing in it but the program."""

import sys
import time
from pathlib import Path

import sqlalchemy as sa

from app import create_app
from app.services.chain.reading import Part, Record, snapshot
from app.services.chain.rows import history_tables
from app.services.chain.verify import verify

MEGABYTE = 1024


def read() -> None:
    """Every history row once, as the program reads rows; nothing done with them."""
    with snapshot() as connection:
        record = Record(connection, Part())
        for history in history_tables():
            for _row in record.stream(sa.select(history.table)):
                pass


def check() -> None:
    """Verify all of it."""
    found = verify(Part())
    if found.faults:
        raise SystemExit(f"the history made for the bench does not hold: {found.faults[:3]}")


def highest() -> float:
    """The most memory this program ever held, in MB; getrusage would tell its parent's where that is more."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / MEGABYTE


def main(what: str, url: str, folder: str) -> None:
    """Print the seconds it took and the megabytes the whole process held."""
    app = create_app(INSTANCE_DIR=Path(folder), SQLALCHEMY_DATABASE_URI=url)
    with app.app_context():
        start = time.perf_counter()
        read() if what == "read" else check()
        seconds = time.perf_counter() - start
    sys.stdout.write(f"{seconds} {highest()}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
