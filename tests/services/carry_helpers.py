"""What the tests of travelling marks share: entering, moving, reading rows of the small province."""

from datetime import UTC, date, datetime
from typing import Any

from app.domain.access import SYSTEM
from app.extensions import db
from app.models import (
    Grade,
    GradebookSheet,
    LockWindow,
)
from app.services import enrolments
from app.services.cells import CellChange
from app.services.gradebook import enter_scores
from app.services.sheet_reading import load_lines
from app.services.unit_of_work import transaction
from tests.factories.province import Province
from tests.services.helpers import acting

DAY = date(2026, 11, 16)
LATER = datetime(2027, 3, 1, 2, 0, tzinfo=UTC)
ALL_MARKS = {
    "regular_1": "8",
    "regular_2": "8",
    "regular_3": "8",
    "regular_4": "8",
    "midterm": "7",
    "final": "8",
}


def enter(province: Province, username: str, sheet: int, student: int, **cells: str | None) -> None:
    """Enter cells over whatever stands there now."""
    row = grade(sheet, student)

    def held(column: str) -> str | None:
        value = getattr(row, column) if row else None
        return None if value is None else str(value)

    changes = [CellChange(student, column, held(column), text) for column, text in cells.items()]
    enter_scores(acting(province, username), sheet, changes, clock=province.clock)


def grade(sheet: int, student: int) -> Grade | None:
    """The row as it stands now."""
    db.session.expire_all()
    return db.session.get(Grade, (sheet, student))


def move(province: Province, student: int, name: str, day: date = DAY) -> None:
    """Into another class of the first school."""
    office = acting(province, "hongvt.thcstk")
    enrolments.move_to_class(office, student, province.first.class_ids[name], day, clock=province.clock)


def open_term_two(province: Province) -> None:
    """From now on term II is open for entry, for everybody, and it is March."""
    province.now = LATER
    with transaction(SYSTEM, "test.window", clock=province.clock) as work:
        first = work.session.get_one(LockWindow, province.first.window_ids[0])
        work.session.add(
            LockWindow(
                owner_id=first.owner_id, school_year_id=province.year_id, term=2, book=first.book, effect=first.effect,
                mode=first.mode, title="Mở sổ học kì II", reason="Kế hoạch năm học", ordered_by_id=first.ordered_by_id,
                opens_at=datetime(2027, 1, 17, 17, tzinfo=UTC), closes_at=datetime(2027, 6, 30, 17, tzinfo=UTC),
                executed_by_id=first.executed_by_id,
            )
        )  # fmt: skip


def sheet_of(province: Province, name: str, subject: str = "math", term: int = 1) -> int:
    """A sheet of the first school."""
    return province.first.sheet_ids[name, subject, term]


def revisions(*sheets: int) -> list[int]:
    """How often the sheets were saved."""
    db.session.expire_all()
    return [db.session.get_one(GradebookSheet, sheet).revision for sheet in sheets]


def line_of(sheet: int, student: int) -> Any:
    """The student's line on a sheet."""
    (line,) = load_lines(db.session(), db.session.get_one(GradebookSheet, sheet), [student])
    return line
