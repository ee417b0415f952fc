"""`make run` prepares a database of DATABASE_URL at each start, and then goes on to serve it."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def ready(verb: str, folder: Path, url: str = "") -> int:
    env = os.environ | {"INSTANCE_DIR": str(folder), "DATABASE_URL": url}
    return subprocess.run(
        [sys.executable, "scripts/ready.py", verb], cwd=ROOT, env=env, check=False
    ).returncode


def test_another_database_is_never_ready_and_marking_it_stops_nothing(tmp_path: Path) -> None:
    url = "mysql+pymysql://hocvu@127.0.0.1/hocvu"
    assert ready("check", tmp_path, url) == 1
    assert ready("mark", tmp_path, url) == 0
    assert list(tmp_path.iterdir()) == []


def test_nothing_prepared_is_not_ready(tmp_path: Path) -> None:
    assert ready("check", tmp_path) == 1
    assert ready("mark", tmp_path) == 0
    assert ready("check", tmp_path) == 1
