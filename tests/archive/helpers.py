"""Installations that stand empty beside the one under test, and what a database holds as an archive would say it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from flask import Flask

from app.domain.access import SYSTEM
from app.extensions import db
from app.services import sheets
from app.services.archive.backup import backup
from app.services.archive.tables import all_shapes, digest_of
from app.services.cells import CellChange
from app.services.chain.reading import snapshot
from app.services.gradebook import enter_scores
from app.services.unit_of_work import transaction
from config import ROOT
from tests.conftest import make_app
from tests.factories.province import Province
from tests.services.helpers import acting
from tests.support.mariadb import Databases, SharedServer

PASSPHRASE = "sông Thái Bình chảy về biển"
MIGRATIONS = ROOT / "migrations"


@contextmanager
def empty_place(folder: Path, server: Databases | None = None) -> Iterator[Flask]:
    """An application on an empty database of a server, or of SQLite, in a folder of its own, its context pushed."""
    folder.mkdir()
    name = f"empty_{uuid4().hex[:12]}"
    url = server.create_database(name) if server else f"sqlite:///{folder / 'hocvu.db'}"
    application = make_app(folder, url)
    try:
        with application.app_context():
            yield application
            db.session.remove()
            db.engine.dispose()
    finally:
        if server:
            server.drop_database(name)


def server_of(mariadb: SharedServer, engine: str, elsewhere: bool) -> Databases | None:
    """Where a test goes from an engine: to the same or to the other."""
    return mariadb if (engine == "mariadb") != elsewhere else None


def tables() -> dict[str, str]:
    """Digest of every table."""
    db.session.rollback()
    with snapshot() as connection:
        return {shape.name: digest_of(connection, shape) for shape in all_shapes()}


def complete(province: Province) -> None:
    """Homeroom teachers' sheets, which `flask init-app` would add after a restore."""
    with transaction(SYSTEM, "setup.homeroom_sheets", clock=province.clock) as work:
        sheets.add_missing_homeroom_sheets(work)


def enter_mark(province: Province, value: str = "8", old: str | None = None) -> None:
    """A mark of the first student of 7A in mathematics."""
    change = CellChange(province.first.student_ids[0], "regular_1", old, value)
    sheet = province.first.sheet_ids["7A", "math", 1]
    enter_scores(acting(province, "longpd.thcstk"), sheet, [change], clock=province.clock)


def save_backup(app: Flask, path: Path, province: Province) -> Path:
    """A backup of the application under test."""
    return backup(path, PASSPHRASE, Path(app.config["INSTANCE_DIR"]), 30, clock=province.clock).path
