"""The demonstration province on a small scale, seeded once a session and copied for each test that asks for it.

`pytest_plugins = ["tests.demo_fixture"]` in a test file brings the fixtures; the class is in `tests.factories.demo`.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from app.extensions import db
from tests.conftest import make_app
from tests.factories.demo import DemoDatabase, seeded


@pytest.fixture(scope="session")
def demo_db(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> DemoDatabase:
    """The demo, seeded once: copy it before you write (`demo_app` does)."""
    return seeded(sqlite_template, tmp_path_factory.mktemp("demo"))


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
