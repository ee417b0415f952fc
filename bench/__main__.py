"""`python -m bench [--engine sqlite|mariadb|both] [--quick] [--only GROUP …] [--history ROWS] [--json FILE]`.

What is fast enough, measured, with its target; `make bench ARGS="--only chain locks"` measures these groups alone.
"""

import argparse
import gc
import json
import logging
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from flask import Flask

from app.extensions import db
from bench import as_of, chain, lists, locks, printing, results, rules, sheet
from bench.result import Line, table
from tests.conftest import initialise, make_app
from tests.support.mariadb import MariaDBServer

GROUPS = ("start", "rules", "printing", "sheet", "chain", "history", "as-of", "locks", "lists", "results")

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


def sheets(new: Callable[[], Flask], engine: str, rounds: int) -> list[Line]:
    """A class of 45, and that one of ten takes no fewer statements."""
    lines = sheet.measure(new(), engine, rounds)
    return lines + sheet.measure_growth(new(), engine, lines)


def run(engine: str, options: argparse.Namespace) -> list[Line]:
    """The chosen groups of one engine, each on databases of its own."""
    rounds, many = (10, 20_000) if options.quick else (30, 200_000)
    history, pairs = options.history, chain.QUICK if options.quick else chain.PAIRS
    groups: dict[str, Callable[[Callable[[], Flask]], list[Line]]] = {
        "sheet": lambda new: sheets(new, engine, rounds),
        "chain": lambda new: chain.measure(new(), engine, pairs),
        "history": lambda new: chain.measure_history(new(), engine, history),
        "as-of": lambda new: as_of.measure(new(), engine, history, rounds),
        "locks": lambda new: locks.measure(new(), engine),
        "lists": lambda new: lists.measure(new(), engine, rounds, many),
        "results": lambda new: [
            *results.measure(new(), engine, max(3, rounds // 6)),
            results.measure_growth(new(), engine),
        ],
    }
    lines: list[Line] = []
    with ExitStack() as stack:
        server = stack.enter_context(MariaDBServer(durable=True)) if engine == "mariadb" else None
        for name, measure in groups.items():
            if name in options.only:
                with ExitStack() as group:
                    lines += measure(lambda group=group: group.enter_context(application(server)))
    return lines


def main() -> int:
    """Print the table; exit status 1 when a target is passed."""
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("--engine", choices=["sqlite", "mariadb", "both"], default="both")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, fewer students")
    parser.add_argument("--json", type=Path, help="also write the lines here")
    parser.add_argument(
        "--history", type=int, default=300_000, help="rows of history to verify and look into"
    )
    parser.add_argument("--only", nargs="+", choices=GROUPS, default=GROUPS, help="these groups alone")
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    engines = ["sqlite", "mariadb"] if options.engine == "both" else [options.engine]
    lines: list[Line] = []
    if "start" in options.only:
        lines.append(worker_start())
    if "rules" in options.only:
        lines += rules.measure(10 if options.quick else 30)
    if "printing" in options.only:
        lines += printing.measure(options.quick)
    for engine in engines:
        lines += run(engine, options)
    sys.stdout.write(table(lines) + "\n")
    text = json.dumps([line.plain() for line in lines], ensure_ascii=False, indent=1)
    if options.json:
        options.json.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text + "\n")
    return int(any(line.verdict == "OVER" for line in lines))


if __name__ == "__main__":
    sys.exit(main())
