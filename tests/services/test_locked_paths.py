"""Whatever way something is written, a locked cell keeps its value: grid, form, import, API, absence, Chốt, recomputation,
change of class and back, roll-over into another year (needs A7); drawn at random by hypothesis.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from app.domain.notes import NoteKind
from app.domain.vocabulary import MarkState, WindowEffect, WindowMode
from app.errors import HocVuError
from app.extensions import db
from app.models import ROWS, GradebookSheet, StudentNote
from app.services import sheet_files
from app.services.cells import CellChange
from app.services.enrolments import move_to_class
from app.services.gradebook import enter_scores, record_absence, submit_sheet
from app.services.lock_windows import NewWindow, add_window
from app.services.locks import sheet_locks
from app.services.notes_entry import NoteEdit, enter_notes
from app.services.programme import open_school_year, usual_year
from app.services.results.recompute import recompute
from app.services.sheet_cells import row_cells, sheet_cells
from tests.conftest import csrf
from tests.factories.province import PASSWORD, Province
from tests.services.helpers import acting

TEACHER, HEAD, BOARD = "longpd.thcstk", "giangnt.thcstk", "quantb.thcstk"
OFFICE_ABOVE = "daoct.sogd"
COLUMNS = ("regular_1", "regular_2", "midterm", "final")
MOST_MOVES = 8
TYPED = ("grid", "form", "api", "import", "service")
WAYS = (*TYPED, "absence", "submit", "recompute", "move", "roll_over", "notes")


@pytest.fixture
def engine_name() -> str:
    """One verb decides for both engines; what they lock is asked in faults/test_lock_race."""
    return "sqlite"


class Writer:
    """Writes one cell of mathematics 7A in each of the ways there are; a refusal is as good as none."""

    def __init__(self, app: Flask, province: Province, client_for: Callable[[str], FlaskClient]) -> None:
        self.app, self.province, self.client_for = app, province, client_for
        self.sheet = province.first.sheet_ids["7A", "math", 1]
        self.moves = 0
        self.sign_in()

    def sign_in(self) -> None:
        """A browser and a program of the teacher's."""
        self.client = self.client_for(TEACHER)
        login = {"username": TEACHER, "password": PASSWORD, "provider": "db"}
        token = self.app.test_client().post("/api/v1/security/login", json=login).json
        assert token is not None
        self.headers = {"X-CSRFToken": csrf(self.client), "Content-Type": "application/json"}
        bearer = f"Bearer {token['access_token']}"
        self.bearer = {"Authorization": bearer, "Content-Type": "application/json"}

    def write(self, way: str, pupil: int, column: str, value: str) -> None:
        with suppress(HocVuError):
            getattr(self, way)(self.province.first.student_ids[pupil], column, value)
        db.session.rollback()

    def _shown(self, student: int, column: str) -> str | None:
        found = held(self.sheet).get((student, column))
        return str(found) if found is not None else None

    def _body(self, student: int, column: str, value: str) -> str:
        change = {"student": student, "column": column, "old": self._shown(student, column), "new": value}
        return json.dumps({"revision": 0, "changes": [change]})

    def grid(self, student: int, column: str, value: str) -> None:
        self.client.post(
            f"/gradebook/{self.sheet}/cells", data=self._body(student, column, value), headers=self.headers
        )

    def api(self, student: int, column: str, value: str) -> None:
        client = self.app.test_client()
        body = self._body(student, column, value)
        answer = client.post(f"/api/v1/sheets/{self.sheet}/cells", data=body, headers=self.bearer)
        assert answer.status_code in (200, 409, 423), answer.text

    def form(self, student: int, column: str, value: str) -> None:
        data = {
            "csrf_token": self.headers["X-CSRFToken"],
            f"old-{student}-{column}": self._shown(student, column) or "",
            f"cell-{student}-{column}": value,
        }
        self.client.post(f"/gradebook/{self.sheet}/form", data=data)

    def service(self, student: int, column: str, value: str) -> None:
        change = CellChange(student, column, self._shown(student, column), value)
        enter_scores(acting(self.province, TEACHER), self.sheet, [change], clock=self.province.clock)

    def _import(self, student: int, column: str, value: str) -> None:
        teacher, clock = acting(self.province, TEACHER), self.province.clock
        book = load_workbook(BytesIO(sheet_files.export_sheet(teacher, self.sheet, clock=clock)[1]))
        row = 5 + self.province.first.student_ids.index(student)
        book.worksheets[0].cell(
            row, {"regular_1": 5, "regular_2": 6, "midterm": 9, "final": 10}[column]
        ).value = value
        stream = BytesIO()
        book.save(stream)
        plan = sheet_files.dry_run_sheet(teacher, self.sheet, stream.getvalue(), clock=clock)
        sheet_files.import_sheet(
            teacher, self.sheet, stream.getvalue(), plan.plan.digest, "sổ.xlsx", clock=clock
        )

    def absence(self, student: int, column: str, _value: str) -> None:
        record_absence(
            acting(self.province, TEACHER), self.sheet, student, column, MarkState.RECORDED_ZERO,
            clock=self.province.clock, reason="QĐ 12",
        )  # fmt: skip

    def submit(self, _student: int, column: str, _value: str) -> None:
        submit_sheet(acting(self.province, TEACHER), self.sheet, [column], clock=self.province.clock)

    def recompute(self, _student: int, _column: str, _value: str) -> None:
        school = self.province.first.unit_id
        recompute(school, self.province.year_id, reason="Tính lại", clock=self.province.clock)

    def move(self, student: int, _column: str, _value: str) -> None:
        """To 7B and back: the row goes along and comes again as it was."""
        rooms, board = self.province.first.class_ids, acting(self.province, BOARD)
        if self.moves == MOST_MOVES:  # each takes two days of the term
            return
        self.moves += 1
        for name in ("7B", "7A"):
            self.province.now += timedelta(days=1)
            day = self.province.now.date()
            move_to_class(board, student, rooms[name], day, clock=self.province.clock)
        self.sign_in()

    def roll_over(self, _student: int, _column: str, _value: str) -> None:
        """The department opens the next year, with the plans and terms of this one."""
        new = usual_year(self.province.now.year + 1)
        open_school_year(
            acting(self.province, OFFICE_ABOVE), self.province.department_id, new, clock=self.province.clock
        )

    def notes(self, student: int, _column: str, value: str) -> None:
        edits = [NoteEdit(student, None, value)]
        room = self.province.first.class_ids["7A"]
        enter_notes(
            acting(self.province, TEACHER),
            room,
            NoteKind.MONTHLY,
            "2026-11",
            edits,
            clock=self.province.clock,
        )


setattr(Writer, "import", Writer._import)


def held(sheet_id: int) -> dict[tuple[int, str], Any]:
    """Every cell of the sheet that holds something."""
    db.session.rollback()
    sheet = db.session.get_one(GradebookSheet, sheet_id)
    model = ROWS[sheet.form]
    rows = db.session.scalars(sa.select(model).where(model.sheet_id == sheet_id)).all()
    found = {(r.student_id, c): getattr(r, c) for r in rows for c in row_cells(sheet.form)}
    return {key: value for key, value in found.items() if value is not None}


def locked(province: Province, sheet_id: int) -> Iterator[tuple[int, str]]:
    """Cells of the sheet that can't be written now."""
    sheet = db.session.get_one(GradebookSheet, sheet_id)
    columns = [cell.name for cell in sheet_cells(sheet)]
    state = sheet_locks(db.session(), sheet, columns, province.now)
    for student in province.first.student_ids[:8]:
        yield from ((student, column) for column in columns if state.reasons(student, column))


STEPS = st.lists(
    st.tuples(
        st.sampled_from(WAYS), st.integers(0, 2), st.sampled_from(COLUMNS), st.sampled_from(["0", "4,5", "8", "10"])
    ),
    min_size=2, max_size=5,
)  # fmt: skip


def test_no_way_of_writing_changes_a_locked_cell(
    app: Flask, province: Province, client_for: Callable[[str], FlaskClient]
) -> None:
    writer = Writer(app, province, client_for)
    for pupil, column in ((0, "regular_1"), (1, "midterm"), (2, "final")):
        writer.write("service", pupil, column, "7")
    before = held(writer.sheet)
    assert len(before) == 3
    lock(province, columns=("regular_1", "midterm"))
    lock(province, columns=("final",), sheet_id=writer.sheet, student_ids=(province.first.student_ids[2],))
    changed: set[str] = set()

    def attempt(way: str, *what: Any) -> None:
        earlier, shut = held(writer.sheet), set(locked(province, writer.sheet))
        writer.write(way, *what)
        later = held(writer.sheet)
        assert {c: later.get(c) for c in shut} == {c: earlier.get(c) for c in shut}, way
        if later != earlier:
            changed.add(way)

    @settings(max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(STEPS)
    def run(steps: list[tuple[str, int, str, str]]) -> None:
        for way, *what in steps:
            attempt(way, *what)

    for mark, way in enumerate(TYPED, start=4):
        attempt(way, 0, "regular_2", str(mark))
    assert changed == set(TYPED), "the test writes nothing where it may"
    run()
    lock(province, columns=("comment",))
    written = db.session.scalar(sa.select(sa.func.count()).select_from(StudentNote))
    writer.write("notes", 0, "comment", "Ngoan hơn")
    assert db.session.scalar(sa.select(sa.func.count()).select_from(StudentNote)) == written


def lock(province: Province, **scope: Any) -> None:
    """The head shuts part of the book from now on."""
    head = acting(province, HEAD)
    assert head.unit_id is not None
    new = NewWindow(
        province.year_id, "Khóa", "Kiểm tra", WindowEffect.SHUT, WindowMode.WHOLE_BOOK, province.now, None, term=1,
        **scope,
    )  # fmt: skip
    add_window(head, head.unit_id, new, clock=province.clock)
