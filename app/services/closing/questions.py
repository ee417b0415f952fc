"""Families' questions that wait for an answer: they come before approval (S0 Điều 8 khoản 1)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.errors import N_, Invalid
from app.models import MarkQuestion, Publication
from app.services.lock_notices import time_text

ASKED = N_(
    "%(n)s questions of families about marks of %(name)s wait for an answer, and families may still ask until %(until)s:"
    " they are answered before approval."
)
WHY = N_(
    "%(n)s questions of families about marks of %(name)s wait for an answer: give the reason for approving all the same."
)


@dataclass(frozen=True)
class Questions:
    """Of a sheet: how many questions wait, and until when families may ask."""

    count: int = 0
    until: datetime | None = None


def open_questions(session: Session, unit_id: int) -> dict[int, Questions]:
    """By sheet of the unit; one statement."""
    query = (
        sa.select(MarkQuestion.sheet_id, sa.func.count(), sa.func.max(Publication.questions_until))
        .join(Publication, Publication.id == MarkQuestion.publication_id)
        .where(MarkQuestion.unit_id == unit_id, MarkQuestion.open)
        .group_by(MarkQuestion.sheet_id)
    )
    return {sheet_id: Questions(count, until) for sheet_id, count, until in session.execute(query)}


def require_answered(name: str, questions: Iterable[Questions], reason: str, now: datetime) -> None:
    """Raises Invalid while questions wait that families may still add to, and after that without the head's reason."""
    waiting = [item for item in questions if item.count]
    if not waiting:
        return
    number = sum(item.count for item in waiting)
    until = max(item.until for item in waiting if item.until)
    if until > now:
        raise Invalid(ASKED, n=number, name=name, until=time_text(until))
    if not reason:
        raise Invalid(WHY, n=number, name=name)
