"""What the chain costs a save, and what verifying a long history takes in time and memory."""

import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session
from sqlalchemy_continuum import version_class

from app.domain.chain import EMPTY, Head, Link, make_link, sheet_chain
from app.extensions import db
from app.models import ChainLink, Grade, GradebookSheet, TxLog
from app.services import unit_of_work
from app.services.chain.rows import history_table, raw_transaction_text, transaction_columns
from app.services.guards import lifted
from app.versioning import write_history
from bench.result import Line
from bench.sheet import SheetBench, timed
from tests.conftest import counting
from tests.factories import province as factory

PAIRS = 200
QUICK = 20
ROWS_A_SAVE = 45
BATCH = 200
"""Saves written in one transaction."""


@contextmanager
def _without_chain() -> Iterator[None]:
    """History as before: written, and bound to nothing."""
    kept = unit_of_work._keep_history

    def history_alone(session: Session, _sheet_heads: Any) -> list[Link]:
        with lifted("bench: the same save without its chain"):
            write_history(session)
        return []

    unit_of_work._keep_history = history_alone
    try:
        yield
    finally:
        unit_of_work._keep_history = kept


def measure(app: Flask, engine: str, pairs: int = PAIRS) -> list[Line]:
    """Pairs of saves with and without the chain, alternating: what it adds in statements and time."""
    with app.app_context():
        province = factory.build(app, pupils=45)
    bench = SheetBench(app, province, 45)
    bench.save(lambda _s, _c: "5.0")
    added, longer, plain = [], [], []
    for number in range(pairs):
        marks = (f"{6 + number % 3}.0", f"{6 + number % 3}.5")
        with _without_chain():
            before, time_before = _save(app, bench, marks[0])
        after, time_after = _save(app, bench, marks[1])
        added.append(after - before)
        longer.append(time_after - time_before)
        plain.append(time_before)
    return [
        Line(
            engine, f"chain: statements added to a save, {pairs} pairs", statistics.median(added), "", most=2
        ),
        Line(engine, "chain: save without it", statistics.median(plain), "ms"),
        Line(engine, "chain: time added to a save", statistics.median(longer), "ms"),
    ]


def _save(app: Flask, bench: SheetBench, mark: str) -> tuple[int, float]:
    with counting(app) as statements:
        milliseconds = timed(lambda: bench.save(lambda _s, _c: mark))
    return len(statements), milliseconds


# -- a long history ----------------------------------------------------------------------------------------------------


def measure_history(app: Flask, engine: str, rows: int) -> list[Line]:
    """Reading every history row, and verifying them: each in a process of its own, so that its memory is seen."""
    with app.app_context():
        fill_history(factory.build(app, pupils=ROWS_A_SAVE), rows)
        url = db.engine.url.render_as_string(hide_password=False)
        db.session.remove()
    folder = str(app.config["INSTANCE_DIR"])
    reading, _memory = _apart("read", url, folder)
    verifying, memory = _apart("verify", url, folder)
    return [
        Line(engine, f"history: read {rows:,} rows", reading, "s"),
        Line(engine, "history: verify them", verifying, "s"),
        Line(engine, "history: verify / read", verifying / reading, "×", most=3),
        Line(engine, "history: memory of verifying", memory, "MB", most=200),
    ]


def fill_history(province: factory.Province, rows: int) -> None:
    """Saves of 45 rows each, one a minute, spread over the sheets, bound into their chains as `flask init-app` would."""
    session, history = db.session(), history_table(version_class(Grade).__table__)
    sheets = list(session.scalars(sa.select(GradebookSheet.id)))
    students = province.first.student_ids[:ROWS_A_SAVE]
    first = (session.scalar(sa.select(sa.func.max(TxLog.id))) or 0) + 1
    heads: dict[int, Head] = {}
    newest: dict[int, list[dict[str, Any]]] = {}
    begun = province.clock() - timedelta(minutes=rows // ROWS_A_SAVE + BATCH)
    session.rollback()
    with lifted("bench: a long history"), db.engine.connect() as plain:
        connection = plain.execution_options(hocvu_write=True)
        for start in range(0, rows // ROWS_A_SAVE, BATCH):
            with connection.begin():
                since = begun + timedelta(minutes=start)
                _saves(connection, history, first + start, sheets, students, heads, newest, since)
        with connection.begin():
            live = [{name: row[name] for name in history.columns} for rows in newest.values() for row in rows]
            connection.execute(sa.insert(history.live), live)
            sheet = GradebookSheet.__table__
            for number, head in heads.items():
                connection.execute(
                    sa.update(sheet)
                    .where(sheet.c.id == number)
                    .values(chain_seq=head.seq, chain_head=head.digest)
                )


def _saves(
    connection: sa.Connection,
    history: Any,
    first: int,
    sheets: list[int],
    students: list[int],
    heads: dict[int, Head],
    newest: dict[int, list[dict[str, Any]]],
    since: datetime,
) -> None:
    numbers = range(first, first + BATCH)
    connection.execute(
        sa.insert(TxLog.__table__),
        [
            {"id": n, "issued_at": since + timedelta(minutes=n - first), "action": "sheet.enter"}
            for n in numbers
        ],
    )
    texts = {
        row.tx_id: raw_transaction_text(row)
        for row in connection.execute(sa.select(*transaction_columns()).where(TxLog.id >= first))
    }
    links, written = [], []
    blank = dict.fromkeys(history.columns)
    for n in numbers:
        sheet = sheets[n % len(sheets)]
        rows = [
            blank
            | {"sheet_id": sheet, "student_id": s, "operation_type": 1, "transaction_id": n}
            | {column: _mark(n + s) for column in ("regular_1", "regular_2", "midterm", "final", "average")}
            for s in students
        ]
        written += rows
        newest[sheet] = rows
        link = make_link(
            sheet_chain(sheet), heads.get(sheet, EMPTY), n, texts[n], (history.seal(row) for row in rows)
        )
        heads[sheet] = Head(link.seq, link.digest)
        links.append(vars(link))
    connection.execute(sa.insert(history.table), written)
    connection.execute(sa.insert(ChainLink.__table__), links)


def _mark(number: int) -> Any:
    return Decimal(number % 101) / 10


def _apart(what: str, url: str, folder: str) -> tuple[float, float]:
    """Seconds and megabytes of `python -m bench.history WHAT`, which prints them."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.history", what, url, folder],
        capture_output=True, text=True, check=True, env=os.environ | {"FAB_UPDATE_PERMS": "0"},
    )  # fmt: skip
    seconds, memory = done.stdout.split()[-2:]
    return float(seconds), float(memory)
