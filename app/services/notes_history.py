"""What Continuum kept of teachers' remarks: who wrote what when, old and new. Never writes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy_continuum import version_class

from app.models import StudentNote
from app.services.writers import WRITER, with_writer

NoteVersion: Any = version_class(StudentNote)


@dataclass(frozen=True)
class NoteChange:
    """One change of a remark."""

    at: datetime
    by: str
    account: str
    old: str | None
    new: str | None
    old_reached: bool | None
    new_reached: bool | None
    session_id: int | None = None  # the sign-in it was written in, and how that ended
    ended_at: datetime | None = None
    last_seen_at: datetime | None = None
    idle_minutes: int | None = None
    on_behalf_of: str | None = None  # who asked for the correction it was
    correction: int | None = None

    @property
    def value(self) -> tuple[str | None, bool | None] | None:
        """Text and level together; None where both were taken back."""
        return (self.new, self.new_reached) if (self.new, self.new_reached) != (None, None) else None


def histories_of(session: Session, cells: Iterable[str]) -> dict[str, tuple[NoteChange, ...]]:
    """By remark, its changes, newest first; one statement."""
    query = with_writer(
        sa.select(NoteVersion.cell, NoteVersion.text, NoteVersion.reached, *WRITER), NoteVersion
    ).where(NoteVersion.cell.in_(sorted(cells)))
    found: dict[str, list[NoteChange]] = {}
    for row in session.execute(query):
        past = found.setdefault(row.cell, [])
        old, old_reached = (past[-1].new, past[-1].new_reached) if past else (None, None)
        if (row.text, row.reached) != (old, old_reached):
            past.append(
                NoteChange(
                    row.issued_at,
                    row.full_name or row.username or "HocVu",
                    row.username or "",
                    old,
                    row.text,
                    old_reached,
                    row.reached,
                    row.session_id,
                    row.ended_at,
                    row.last_seen_at,
                    row.idle_minutes,
                    row.behalf,
                    row.correction,
                )
            )
    return {cell: tuple(reversed(past)) for cell, past in found.items()}
