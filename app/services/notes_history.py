"""What Continuum kept of teachers' remarks: who wrote what when, old and new. Never writes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased
from sqlalchemy_continuum import version_class

from app.models import Account, CorrectionRequest, LoginSession, Person, StudentNote, TxLog

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
    behalf = aliased(Person)
    query = (
        sa.select(
            NoteVersion.cell,
            NoteVersion.text,
            NoteVersion.reached,
            TxLog.issued_at,
            Person.full_name,
            Account.username,
            TxLog.session_id,
            LoginSession.ended_at,
            LoginSession.last_seen_at,
            LoginSession.idle_minutes,
            behalf.full_name,
            CorrectionRequest.id,
        )
        .join(TxLog, TxLog.id == NoteVersion.transaction_id)
        .outerjoin(LoginSession, LoginSession.id == TxLog.session_id)
        .outerjoin(Person, Person.id == TxLog.person_id)
        .outerjoin(Account, Account.id == TxLog.user_id)
        .outerjoin(behalf, behalf.id == TxLog.on_behalf_of_id)
        .outerjoin(CorrectionRequest, CorrectionRequest.applied_tx_id == TxLog.id)
        .where(NoteVersion.cell.in_(sorted(cells)))
        .order_by(NoteVersion.cell, NoteVersion.transaction_id)
    )
    found: dict[str, list[NoteChange]] = {}
    for cell, text, reached, at, name, account, *login in session.execute(query):
        past = found.setdefault(cell, [])
        old, old_reached = (past[-1].new, past[-1].new_reached) if past else (None, None)
        if (text, reached) != (old, old_reached):
            past.append(
                NoteChange(
                    at, name or account or "HocVu", account or "", old, text, old_reached, reached, *login
                )
            )
    return {cell: tuple(reversed(past)) for cell, past in found.items()}
