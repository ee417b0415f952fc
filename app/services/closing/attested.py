"""What comparisons with teachers' own books and posted lists leave open now: it blocks closing (needs A1).

A list is kept as it was and matched with the sheet of now, so that a mark changed later differs from it again. A newer
list of a column takes the place of an older one only from the same side: the teacher's, or the school's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.cell_values import show_cell
from app.models import ROWS, Attestation, AttestationNote, GradebookSheet, TeachingAssignment
from app.services.sheet_cells import sheet_cells


@dataclass(frozen=True)
class Listed:
    """A student of a list: what the list says, what the sheet held when they were compared, and what it holds now."""

    student_id: int
    name: str
    listed: str
    then: str
    now: str


_TAUGHT: Final = (
    sa.select(TeachingAssignment.id)
    .where(
        TeachingAssignment.person_id == Attestation.person_id,
        TeachingAssignment.group_id == GradebookSheet.group_id,
        TeachingAssignment.subject_id == GradebookSheet.subject_id,
    )
    .correlate(Attestation, GradebookSheet)
    .exists()
)


def counting(session: Session, *where: sa.ColumnElement[bool]) -> list[tuple[Attestation, GradebookSheet]]:
    """Of every sheet's column and side the newest list, with its sheet; one statement."""
    query = (
        sa.select(Attestation, GradebookSheet, _TAUGHT)
        .join(GradebookSheet, GradebookSheet.id == Attestation.sheet_id)
        .where(Attestation.column.is_not(None), *where)
        .order_by(Attestation.id)
    )
    rows = session.execute(query).all()
    return list({(row.sheet_id, row.column, side): (row, sheet) for row, sheet, side in rows}.values())


def differing(
    session: Session, lists: Sequence[tuple[Attestation, GradebookSheet]]
) -> dict[int, list[Listed]]:
    """By comparison, the students whose cell is not what the list says; a statement for each form of sheet."""
    held = _held(session, lists)
    found = {}
    for row, sheet in lists:
        cell = next((cell for cell in sheet_cells(sheet) if cell.name == row.column), None)
        items = row.rows if cell else []
        shown = [
            Listed(
                item["student_id"], item["name"], item["list"], item["sheet"],
                show_cell(held.get((sheet.id, item["student_id"], row.column)), cell.kind) if cell else "",
            )
            for item in items
        ]  # fmt: skip
        found[row.id] = [item for item in shown if item.now != item.listed]
    return found


def _held(session: Session, lists: Sequence[tuple[Attestation, GradebookSheet]]) -> dict[Any, Any]:
    """What the cells of these columns hold, by sheet, student and column."""
    found: dict[Any, Any] = {}
    for form in {sheet.form for row, sheet in lists if row.rows}:
        table = ROWS[form]
        own = [(row, sheet) for row, sheet in lists if row.rows and sheet.form is form]
        names = sorted({str(row.column) for row, _sheet in own if hasattr(table, str(row.column))})
        query = sa.select(table.sheet_id, table.student_id, *(getattr(table, name) for name in names)).where(
            table.sheet_id.in_({sheet.id for _row, sheet in own})
        )
        for sheet_id, student_id, *values in session.execute(query):
            found |= {(sheet_id, student_id, name): value for name, value in zip(names, values, strict=True)}
    return found


def unexplained(session: Session, *where: sa.ColumnElement[bool]) -> dict[int, int]:
    """By sheet, differences of now that nobody has explained; two statements and one for each form."""
    lists = counting(session, *where)
    open_rows = {key: items for key, items in differing(session, lists).items() if items}
    if not open_rows:
        return {}
    notes = sa.select(AttestationNote.attestation_id, AttestationNote.student_id).where(
        AttestationNote.attestation_id.in_(open_rows)
    )
    explained = {tuple(row) for row in session.execute(notes)}
    found: dict[int, int] = {}
    for row, sheet in lists:
        left = sum((row.id, item.student_id) not in explained for item in open_rows.get(row.id, ()))
        if left:
            found[sheet.id] = found.get(sheet.id, 0) + left
    return found
