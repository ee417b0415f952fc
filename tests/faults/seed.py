"""A small province around the real day, for servers that read the real clock.

`python -m tests.faults.seed DATABASE_URL FOLDER` migrates, seeds and prints the sheets to try by hand.
"""

import shutil
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask

from app.domain.access import SYSTEM
from app.extensions import db
from app.models import GradebookSheet, TeachingAssignment
from app.services.clock import local_day, system_clock
from app.services.unit_of_work import transaction
from tests.conftest import initialise, make_app
from tests.factories.province import Province, School, build
from tests.support.copies import Copy
from tests.support.mariadb import SharedServer, program


@dataclass(frozen=True)
class Sheet:
    """A class's mathematics of the first term, who teaches it and who sits in it."""

    id: int
    teacher: str
    students: tuple[int, ...]


@dataclass(frozen=True)
class Seeded:
    """A database with data in it, an application of this process on it, and what to write to."""

    app: Flask
    url: str
    province: Province
    sheets: tuple[Sheet, ...]
    helper: str
    """A second teacher of the first sheet."""


def seed(url: str, folder: Path, *, pupils: int = 12, migrate: bool = True) -> Seeded:
    """Fill the database at `url`; `migrate=False` when it was made from a template."""
    app = make_app(folder, url)
    if migrate:
        initialise(app)
    now = system_clock()
    with app.app_context():
        province = build(app, pupils=pupils, around=now)
        del app.extensions["hocvu.clock"]
        sheet_id = province.first.sheet_ids["7A", "math", 1]
        with transaction(SYSTEM, "test.second_teacher", clock=system_clock) as work:
            work.session.add(
                TeachingAssignment(
                    person_id=province.first.person_ids["habtt"],
                    group_id=work.session.get_one(GradebookSheet, sheet_id).group_id,
                    subject_id=province.subject_ids["math"],
                    starts_on=local_day(now),
                    in_charge=False,
                )
            )
        db.session.remove()
        db.engine.dispose()
    sheets = tuple(sheet for school in (province.first, province.second) for sheet in _sheets(school, pupils))
    return Seeded(app, url, province, sheets, f"habtt.{province.first.code}")


@contextmanager
def migrated(request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    """The address of a database of the engine in `request.param`, copied from the template of all tests."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), folder / "test.db")
        yield f"sqlite:///{folder / 'test.db'}"
        return
    program("mariadbd")
    server: SharedServer = request.getfixturevalue("mariadb")
    name = f"faults_{uuid.uuid4().hex[:12]}"
    try:
        yield Copy(server, "template", name).url
    finally:
        server.drop_database(name)


@contextmanager
def seeded_at(url: str, folder: Path, *, pupils: int = 12) -> Iterator[Seeded]:
    """A migrated database filled; its connections are given back in the end."""
    seeded = seed(url, folder, pupils=pupils, migrate=False)
    yield seeded
    with seeded.app.app_context():
        db.engine.dispose()


def _sheets(school: School, pupils: int) -> tuple[Sheet, Sheet]:
    students = tuple(school.student_ids)
    return (
        Sheet(school.sheet_ids["7A", "math", 1], f"longpd.{school.code}", students[:pupils]),
        Sheet(school.sheet_ids["7B", "math", 1], f"habtt.{school.code}", students[pupils:]),
    )


if __name__ == "__main__":
    for sheet in seed(sys.argv[1], Path(sys.argv[2])).sheets:
        sys.stdout.write(f"{sheet}\n")
