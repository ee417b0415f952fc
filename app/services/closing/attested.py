"""What comparisons with teachers' own books and posted lists have left open: it blocks closing (needs A1)."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.models import Attestation, AttestationNote


def unexplained(
    session: Session, unit_id: int, year_id: int, *where: sa.ColumnElement[bool]
) -> dict[int, int]:
    """By sheet, differences nobody has explained: of each column's newest comparison; two statements."""
    query = (
        sa.select(Attestation.id, Attestation.sheet_id, Attestation.column, Attestation.differences)
        .where(Attestation.unit_id == unit_id, Attestation.school_year_id == year_id, *where)
        .order_by(Attestation.id)
    )
    newest = {(row.sheet_id, row.column): row for row in session.execute(query)}
    open_rows = [row for row in newest.values() if row.differences]
    if not open_rows:
        return {}
    notes = sa.select(AttestationNote.attestation_id, AttestationNote.student_id).where(
        AttestationNote.attestation_id.in_([row.id for row in open_rows])
    )
    explained = {tuple(row) for row in session.execute(notes)}
    found: dict[int, int] = {}
    for row in open_rows:
        left = sum((row.id, item["student_id"]) not in explained for item in row.differences)
        if left:
            found[row.sheet_id] = found.get(row.sheet_id, 0) + left
    return found
