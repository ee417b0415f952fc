"""What Continuum kept of teachers' remarks: who wrote what when, old and new. Never writes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy_continuum import version_class

from app.models import Account, Person, StudentNote, TxLog

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


def histories_of(session: Session, cells: Iterable[str]) -> dict[str, tuple[NoteChange, ...]]:
    """By remark, its changes, newest first; one statement."""
    query = (
        sa.select(
            NoteVersion.cell,
            NoteVersion.text,
            NoteVersion.reached,
            TxLog.issued_at,
            Person.full_name,
            Account.username,
        )
        .join(TxLog, TxLog.id == NoteVersion.transaction_id)
        .outerjoin(Person, Person.id == TxLog.person_id)
        .outerjoin(Account, Account.id == TxLog.user_id)
        .where(NoteVersion.cell.in_(sorted(cells)))
        .order_by(NoteVersion.cell, NoteVersion.transaction_id)
    )
    found: dict[str, list[NoteChange]] = {}
    for cell, text, reached, at, name, account in session.execute(query):
        past = found.setdefault(cell, [])
        old, old_reached = (past[-1].new, past[-1].new_reached) if past else (None, None)
        if (text, reached) != (old, old_reached):
            past.append(
                NoteChange(at, name or account or "HocVu", account or "", old, text, old_reached, reached)
            )
    return {cell: tuple(reversed(past)) for cell, past in found.items()}


def stood_at(past: Sequence[NoteChange], moment: datetime) -> bool:
    """Whether a remark had a text or level at `moment`. `past`: newest first."""
    change = next((change for change in past if change.at <= moment), None)
    return change is not None and (change.new, change.new_reached) != (None, None)
