"""A small demonstration province in a database of its own."""

import shutil
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from app.demo import seed
from app.demo.plan import at
from app.extensions import db
from tests.conftest import make_app

DAY = date(2026, 11, 23)
SCALE = 0.15


@dataclass(frozen=True)
class DemoDatabase:
    """A seeded SQLite file with the folder it was seeded in."""

    path: Path
    folder: Path
    day: date

    @property
    def now(self) -> datetime:
        """Nine o'clock on the day of seeding."""
        return at(self.day, 9)


def seeded(template: Path, folder: Path, day: date = DAY, scale: float = SCALE) -> DemoDatabase:
    """A demo of its own in `folder`."""
    path = folder / "demo.db"
    shutil.copy(template, path)
    app = make_app(folder, f"sqlite:///{path}")
    with app.app_context():
        seed(day, folder=folder, scale=scale)
        db.session.remove()
        db.engine.dispose()
    return DemoDatabase(path, folder, day)
