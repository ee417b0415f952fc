"""A sheet as of a day, among a million rows of history, beside the sheet of now: both as pages."""

import statistics
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import Flask

from app.extensions import db
from app.models import GradebookSheet, Subject
from app.services.clock import VIETNAM
from app.services.guards import lifted
from bench.chain import ROWS_A_SAVE, fill_history
from bench.result import Line
from bench.sheet import SheetBench, timed
from tests.factories import province as factory
from tests.factories.province import Province

SAVES_A_SHEET = 100
"""As many as a busy sheet sees in a term."""


def measure(app: Flask, engine: str, rows: int, rounds: int) -> list[Line]:
    """Median times of the two pages, opened in turn."""
    with app.app_context():
        province = factory.build(app, pupils=ROWS_A_SAVE)
        sheets = _add_sheets(province, rows // ROWS_A_SAVE // SAVES_A_SHEET)
        fill_history(province, rows)
        db.session.remove()
    bench = SheetBench(app, province, ROWS_A_SAVE)
    middle = province.now - timedelta(minutes=rows // ROWS_A_SAVE // 2)
    earlier = [_open_as_of(bench, middle) for _n in range(2)]
    now = [timed(bench.open) for _n in range(2)]
    earlier.clear()
    now.clear()
    for _n in range(rounds):
        now.append(timed(bench.open))
        earlier.append(_open_as_of(bench, middle))
    current, then = statistics.median(now), statistics.median(earlier)
    return [
        Line(engine, f"the sheet of now, among {rows:,} rows on {sheets} sheets", current, "ms"),
        Line(engine, "the sheet as of a day", then, "ms"),
        Line(engine, "as of a day / now", then / current, "×", most=2),
    ]


def _open_as_of(bench: SheetBench, moment: datetime) -> float:
    at = moment.astimezone(VIETNAM).strftime("%Y-%m-%dT%H:%M")
    path = f"/gradebook/{bench.sheet}/history?at={at}"
    return timed(lambda: bench.open(path))


def _add_sheets(province: Province, wanted: int) -> int:
    """More sheets, for a history as wide as a province's; returns how many there are."""
    session = db.session()
    like = session.get_one(GradebookSheet, province.first.sheet_ids["7A", "math", 1]).__dict__
    known = {(s.group_id, s.subject_id, s.term, s.grade) for s in session.scalars(sa.select(GradebookSheet))}
    kept = {c.key: like[c.key] for c in GradebookSheet.__table__.columns if c.key != "id"}
    places = [
        (group, subject, term, grade)
        for grade in (7, 6, 8, 9)
        for group in sorted({group for group, *_rest in known})
        for subject in session.scalars(sa.select(Subject.id).order_by(Subject.id))
        for term in (1, 2)
    ]
    new = [place for place in places if place not in known][: max(0, wanted - len(known))]
    rows = [
        kept | {"group_id": group, "subject_id": subject, "term": term, "grade": grade}
        for group, subject, term, grade in new
    ]
    session.rollback()
    if rows:
        with lifted("bench: more sheets"), db.engine.connect() as plain:
            connection = plain.execution_options(hocvu_write=True)
            with connection.begin():
                connection.execute(sa.insert(GradebookSheet.__table__), rows)
    return len(known) + len(rows)
