"""A whole class between two instants: the cells of all its sheets that differ, a statement or two for each form."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import Action, Actor
from app.domain.carry import STATES
from app.domain.sheet_forms import SheetForm
from app.models import GradebookSheet, SchoolClass, Student, TxLog
from app.models.gradebook import CellValue
from app.services import scope
from app.services.clock import local_day
from app.services.history import versions_of
from app.services.rights import demand
from app.services.sheet_cells import has_average, sheet_cells
from app.services.sheet_list import of_class


@dataclass(frozen=True, slots=True)
class CellDifference:
    """A cell that differs between the two instants."""

    student: str
    student_id: int
    column: str
    old: CellValue | None
    new: CellValue | None


@dataclass(frozen=True)
class SheetDifferences:
    """The differences of one sheet, in the order of its lines."""

    sheet: GradebookSheet
    cells: Sequence[CellDifference]


@dataclass(frozen=True)
class ClassDifferences:
    """Every sheet of a class in a term; those without a difference too, so that it is plain they were read."""

    school_class: SchoolClass
    sheets: Sequence[SheetDifferences]

    @property
    def count(self) -> int:
        """Cells that differ in all."""
        return sum(len(found.cells) for found in self.sheets)


def compare_class(
    session: Session, actor: Actor, class_id: int, term: int, start: datetime, end: datetime
) -> ClassDifferences:
    """What changed in a class's sheets of a term from `start` to `end`; at most 13 statements.

    NotFound out of reach; Forbidden without the right to inspect.
    """
    school_class = scope.get(session, actor, SchoolClass, class_id, local_day(end))
    demand(actor, Action.INSPECT, school_class.unit_id)
    query = of_class(school_class).where(
        GradebookSheet.term == term, scope.condition(actor, GradebookSheet, local_day(end))
    )
    sheets = session.scalars(query.order_by(GradebookSheet.id)).unique().all()
    before, after = (_as_of(session, sheets, moment) for moment in (start, end))
    names = _names(session, {student for _sheet, student in (*before, *after)})
    return ClassDifferences(
        school_class,
        [SheetDifferences(sheet, list(_differences(sheet, before, after, names))) for sheet in sheets],
    )


def _as_of(
    session: Session, sheets: Iterable[GradebookSheet], moment: datetime
) -> dict[tuple[int, int], Any]:
    """Rows of these sheets as they stood, by sheet and student; one statement a form (see history.sheet_as_of)."""
    by_form: dict[SheetForm, list[int]] = {}
    for sheet in sheets:
        by_form.setdefault(sheet.form, []).append(sheet.id)
    found: dict[tuple[int, int], Any] = {}
    for form, keys in by_form.items():
        version = versions_of(form)
        newest = (
            sa.select(version.sheet_id, version.student_id, sa.func.max(version.transaction_id).label("tx"))
            .join(TxLog, TxLog.id == version.transaction_id)
            .where(version.sheet_id.in_(keys), TxLog.issued_at <= moment)
            .group_by(version.sheet_id, version.student_id)
            .subquery()
        )
        same = sa.and_(
            version.sheet_id == newest.c.sheet_id,
            version.student_id == newest.c.student_id,
            version.transaction_id == newest.c.tx,
        )
        for row in session.execute(sa.select(*version.__table__.columns).join(newest, same)):
            found[row.sheet_id, row.student_id] = row
    return found


def _names(session: Session, students: set[int]) -> dict[int, tuple[str, str]]:
    rows = session.execute(
        sa.select(Student.id, Student.sort_key, Student.full_name).where(Student.id.in_(students))
    )
    return {key: (sort, name) for key, sort, name in rows}


def _differences(
    sheet: GradebookSheet,
    before: Mapping[tuple[int, int], Any],
    after: Mapping[tuple[int, int], Any],
    names: Mapping[int, tuple[str, str]],
) -> Iterable[CellDifference]:
    columns = [cell.name for cell in sheet_cells(sheet)]
    columns += ["average"] if has_average(sheet.form) else []
    students = {student for key, student in (*before, *after) if key == sheet.id}
    for student in sorted(students, key=lambda key: names[key]):
        old, new = before.get((sheet.id, student)), after.get((sheet.id, student))
        for column in (*columns, *(state for state in STATES if hasattr(old or new, state))):
            values = getattr(old, column, None), getattr(new, column, None)
            if values[0] != values[1]:
                yield CellDifference(names[student][1], student, column, *values)
