"""Saving and opening a class sheet over HTTP, against the floor taken between the calls."""

import re
import statistics
import time
from collections.abc import Callable
from typing import Any

from flask import Flask

from bench.floor import raw_save
from bench.result import Line
from tests.conftest import counting, sign_in
from tests.factories import province as factory

CELLS = ("regular_1", "regular_2", "regular_3", "regular_4", "midterm", "final")


class SheetBench:
    """One class of a given size, its teacher signed in."""

    def __init__(self, app: Flask, province: factory.Province, pupils: int) -> None:
        self.app, self.province = app, province
        self.sheet = province.first.sheet_ids["7A", "math", 1]
        self.students = province.first.student_ids[:pupils]
        self.client = sign_in(app.test_client(), "longpd.thcstk")
        page = self.client.get(f"/gradebook/{self.sheet}").text
        self.token = re.search(r'name="csrf-token" content="([^"]+)"', page)[1]
        self.held: dict[tuple[int, str], str | None] = {}

    def save(self, marks: Callable[[int, str], str | None]) -> None:
        """One whole HTTP request that saves what `marks` says; cells it leaves None don't change."""
        changes = [
            {"student": s, "column": c, "old": self.held.get((s, c)), "new": new}
            for s in self.students
            for c in CELLS
            if (new := marks(s, c)) is not None
        ]
        answer = self.client.post(
            f"/gradebook/{self.sheet}/cells", json={"changes": changes}, headers={"X-CSRFToken": self.token}
        )
        assert answer.status_code == 200, answer.text
        self.held |= {(c["student"], c["column"]): c["new"] for c in changes}

    def counts(self) -> tuple[int, int, int]:
        """Statements of a save with one changed cell a row, each row's another; statements and bytes of opening."""
        with counting(self.app) as saving:
            self.save(lambda s, c: "9.1" if CELLS[s % len(CELLS)] == c else None)
        with counting(self.app) as reading:
            size = self.open()
        return len(saving), len(reading), size

    def open(self, path: str = "") -> int:
        """One whole HTTP request for the grid, or another page of the teacher's; returns bytes."""
        answer = self.client.get(path or f"/gradebook/{self.sheet}")
        assert answer.status_code == 200
        return len(answer.data)


def timed(run: Callable[[], Any]) -> float:
    """Milliseconds of one call."""
    start = time.perf_counter()
    run()
    return (time.perf_counter() - start) * 1000


def measure(app: Flask, engine: str, rounds: int) -> list[Line]:
    """Lines of the class-of-45 measurements on one engine."""
    with app.app_context():
        province = factory.build(app, pupils=45)
    bench = SheetBench(app, province, 45)
    bench.save(lambda _s, _c: "5.0")
    saves, floors, opens = [], [], []
    for number in range(rounds):
        mark = f"{6 + number % 3}.0"
        saves.append(timed(lambda mark=mark: bench.save(lambda _s, _c: mark)))
        with app.app_context():
            now = province.clock()
            floors.append(
                timed(
                    lambda mark=mark, now=now: raw_save(
                        bench.sheet, bench.students, int(float(mark) * 10), now
                    )
                )
            )
        opens.append(timed(bench.open))
    save, floor, opened = map(statistics.median, (saves, floors, opens))
    ragged, reading, size = bench.counts()
    return [
        Line(engine, "save 270 marks, HTTP", save, "ms"),
        Line(engine, "floor: same rows and history, raw", floor, "ms"),
        Line(engine, "save / floor", save / floor, "×", most=20 if engine == "sqlite" else 5),
        Line(engine, "statements, 45 ragged rows", ragged, "", most=17),
        Line(engine, "open the sheet, HTTP", opened, "ms"),
        Line(engine, "open / save", opened / save, "×", most=1),
        Line(engine, "statements to open", reading, "", most=10),
        Line(engine, "HTML and data", size / 1000, "kB", most=120),
    ]


def measure_growth(app: Flask, engine: str, lines: list[Line]) -> list[Line]:
    """A class of ten takes as many statements as one of 45: neither saving nor opening asks once a student."""
    with app.app_context():
        province = factory.build(app, pupils=10)
    bench = SheetBench(app, province, 10)
    bench.save(lambda _s, _c: "5.0")
    small = dict(zip(("statements, 45 ragged rows", "statements to open"), bench.counts(), strict=False))
    return [
        Line(engine, f"{line.name}, more than for 10 students", line.value - small[line.name], "", most=0)
        for line in lines
        if line.name in small
    ]
