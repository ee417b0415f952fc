"""The demonstration province on a small scale, seeded once for all workers and copied for each test that asks for it.

`pytest_plugins = ["tests.demo_fixture"]` in a test file brings the fixtures; the class is in `tests.factories.demo`.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from app.extensions import db
from tests.conftest import Standing, put
from tests.factories.demo import DAY, DemoDatabase, seeded
from tests.support.once import Once


@pytest.fixture(scope="session")
def demo_db(sqlite_template: Path, once: Once) -> DemoDatabase:
    """The demo: copy it before you write (`demo_app` does)."""

    def fill(folder: Path) -> None:
        seeded(sqlite_template, folder)

    folder = once("demo", fill)
    return DemoDatabase(folder / "demo.db", folder, DAY)


@pytest.fixture
def demo_app(
    demo_db: DemoDatabase, tmp_path: Path, sqlite_file: Path, standing: Callable[[str], Standing]
) -> Iterator[Flask]:
    """An application on a copy of the demo, its clock at nine on the day of seeding, with its context pushed."""
    put(demo_db.path, sqlite_file)
    application = standing(f"sqlite:///{sqlite_file}").renewed(tmp_path)
    application.extensions["hocvu.clock"] = lambda: demo_db.now
    with application.app_context():
        yield application
        db.session.rollback()
        db.session.remove()
        db.engine.dispose()
