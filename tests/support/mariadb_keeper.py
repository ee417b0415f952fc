"""Keeps the run's MariaDB: starts it, then waits for the end of the test run and removes everything.

A process of its own, because xdist workers end in any order and pytest itself may be killed.
Usage: python -m tests.support.mariadb_keeper OWNER_PID FOLDER
"""

import json
import os
import select
import shutil
import sys
from pathlib import Path

from tests.support.mariadb import MariaDBServer


def keep(owner: int, folder: Path) -> None:
    """Serve until the process `owner` is gone or the server ended."""
    owner_ended = os.pidfd_open(owner)
    try:
        with MariaDBServer() as server:
            draft = folder / "state.draft"
            draft.write_text(json.dumps({"port": server.port, "pid": server.pid}), encoding="utf-8")
            draft.rename(folder / "state.json")
            assert server.pid is not None
            select.select([owner_ended, os.pidfd_open(server.pid)], [], [])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    keep(int(sys.argv[1]), Path(sys.argv[2]))
