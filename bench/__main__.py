"""`python -m bench [--engine sqlite|mariadb|both] [--quick] [--json FILE]`: what is fast enough, measured, with its target."""

import argparse
import gc
import json
import logging
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from flask import Flask

from app.extensions import db
from bench import chain, lists, results, rules, sheet
from bench.result import Line, table
from tests.conftest import initialise, make_app
from tests.support.mariadb import MariaDBServer

START = """
import time
from importlib import import_module
import app
from app import cli, models, security, views, web
for feature in views.FEATURES:
    import_module(f"app.views.{feature}")
start = time.perf_counter()
app.create_app()
print(time.perf_counter() - start)
"""


@contextmanager
def application(server: MariaDBServer | None) -> Iterator[Flask]:
    """A fresh application on a durable database of its own."""
    with tempfile.TemporaryDirectory() as folder:
        name = Path(folder).name.replace("-", "_")
        url = server.create_database(name) if server else f"sqlite:///{folder}/bench.db"
        app = make_app(Path(folder), url)
        initialise(app)
        gc.collect()
        gc.freeze()  # as app/serving.py does before it forks
        yield app
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def worker_start() -> Line:
    """Seconds create_app takes in a served worker, imports aside; best of three."""
    times = [
        float(
            subprocess.run([sys.executable, "-c", START], capture_output=True, text=True, check=True).stdout
        )
        for _n in range(3)
    ]
    return Line("-", "start of a served worker, after imports", min(times), "s", most=0.5)


def run(engine: str, rounds: int, many: int, history: int) -> list[Line]:
    """All lines of one engine."""
    with ExitStack() as stack:
        server = stack.enter_context(MariaDBServer(durable=True)) if engine == "mariadb" else None
        with application(server) as app:
            lines = sheet.measure(app, engine, rounds)
        with application(server) as app:
            lines += sheet.measure_growth(app, engine, lines)
        with application(server) as app:
            lines += chain.measure(app, engine, chain.PAIRS if rounds > chain.QUICK else chain.QUICK)
        with application(server) as app:
            lines += chain.measure_history(app, engine, history)
        with application(server) as app:
            lines += lists.measure(app, engine, rounds, many)
        with application(server) as app:
            lines += results.measure(app, engine, max(3, rounds // 6))
        with application(server) as app:
            lines.append(results.measure_growth(app, engine))
    return lines


def main() -> int:
    """Print the table; exit status 1 when a target is passed."""
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("--engine", choices=["sqlite", "mariadb", "both"], default="both")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, fewer students")
    parser.add_argument("--json", type=Path, help="also write the lines here")
    parser.add_argument("--history", type=int, default=300_000, help="rows of history to verify")
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    engines = ["sqlite", "mariadb"] if options.engine == "both" else [options.engine]
    rounds, many = (10, 20_000) if options.quick else (30, 200_000)
    lines = [worker_start(), *rules.measure(rounds)]
    for engine in engines:
        lines += run(engine, rounds, many, options.history)
    sys.stdout.write(table(lines) + "\n")
    text = json.dumps([line.plain() for line in lines], ensure_ascii=False, indent=1)
    if options.json:
        options.json.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text + "\n")
    return int(any(line.verdict == "OVER" for line in lines))


if __name__ == "__main__":
    sys.exit(main())
