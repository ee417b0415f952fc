"""The demonstration province on a small scale, seeded once for all workers and copied for each test that asks for it.

`pytest_plugins = ["tests.demo_fixture"]` in a test file brings the fixtures; the class is in `tests.factories.demo`.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from app.extensions import db
from tests.conftest import make_app
from tests.factories.demo import DAY, DemoDatabase, seeded


@pytest.fixture(scope="session")
def demo_db(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> DemoDatabase:
    """The demo, seeded by whichever worker asks first: copy it before you write (`demo_app` does)."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "demo"
    folder.mkdir(exist_ok=True)
    done = folder / "done"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            seeded(sqlite_template, folder)
            done.touch()
    return DemoDatabase(folder / "demo.db", folder, DAY)


@pytest.fixture
def demo_app(demo_db: DemoDatabase, tmp_path: Path) -> Iterator[Flask]:
    """An application on a copy of the demo, its clock at nine on the day of seeding, with its context pushed."""
    shutil.copy(demo_db.path, tmp_path / "test.db")
    application = make_app(tmp_path, f"sqlite:///{tmp_path / 'test.db'}")
    application.extensions["hocvu.clock"] = lambda: demo_db.now
    with application.app_context():
        yield application
        db.session.rollback()
        db.session.remove()
        db.engine.dispose()
