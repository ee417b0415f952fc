"""What has changed since something was signed: the cells of a sheet, the students of a class."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.closing import Act, ConfirmationKind, Standing
from app.models import Confirmation, GradebookSheet, Student
from app.services import history
from app.services.closing.book import ClassLine, SheetLine
from app.services.sheet_cells import sheet_cells


@dataclass(frozen=True)
class ChangedCell:
    """A cell of a signed sheet: what it held when it was signed, and now."""

    student_id: int
    full_name: str
    column: str
    old: Any
    new: Any


def changed_cells(
    session: Session, sheet: GradebookSheet, line: SheetLine | None, now: datetime
) -> list[ChangedCell]:
    """Cells that differ from when the sheet was signed, by name; three statements, none where the signature holds."""
    if line is None or line.signature is None or line.standing is not Standing.STALE:
        return []
    columns = [cell.name for cell in sheet_cells(sheet)]
    found = history.compare(session, sheet.id, columns, line.signature.signed_at, now, sheet.form)
    names = _names(session, {item.student_id for item in found})
    cells = [
        ChangedCell(d.student_id, names.get(d.student_id, ""), d.column, d.old, d.new)
        for d in found
        if (d.old or None) != (d.new or None) or 0 in (d.old, d.new)
    ]
    order = list(names)
    return sorted(cells, key=lambda cell: order.index(cell.student_id) if cell.student_id in names else -1)


def changed_students(session: Session, room: ClassLine | None, period: int) -> list[str]:
    """Names of students whose part of the class's summary is another than when it was signed; two statements."""
    if room is None or room.standing is not Standing.STALE:
        return []
    row = Confirmation
    query = (
        sa.select(row.figures)
        .where(
            row.kind == ConfirmationKind.CLASS_SUMMARY,
            row.act == Act.CONFIRMED,
            row.class_id == room.school_class.id,
            row.period == period,
        )
        .order_by(row.id.desc())
        .limit(1)
    )
    figures = session.scalar(query) or {}
    before = {int(key): value for key, value in figures.get("students", {}).items()}
    now = room.data.students
    differing = {key for key in before.keys() | now.keys() if before.get(key) != now.get(key)}
    return list(_names(session, differing).values())


def _names(session: Session, students: Iterable[int]) -> dict[int, str]:
    """In the order of names."""
    query = sa.select(Student.id, Student.full_name).where(Student.id.in_(sorted(students)))
    return dict(session.execute(query.order_by(Student.sort_key, Student.id)).all())
