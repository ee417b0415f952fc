"""Accounts somebody has just had in hand: created, enabled or given a new password by another person within some days.

Whoever resets a password can act for its owner for a while. So nobody sits in one correction with a person whose account
they have just had in hand, and where such an account acts at all the tier above reads it (needs A2, A3; S0 Điều 10).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.corrections import IN_HAND
from app.models import Account, AuditEvent, Person

BY_ANOTHER: Final = ("account.create", "account.enable", "account.reset")
"""Events after which somebody else than the owner knows, or has known, the password."""


@dataclass(frozen=True)
class Handled:
    """An account that was handled, by whom and until when that counts."""

    account_id: int
    username: str
    owner_id: int | None
    by_id: int | None
    by: str
    unit_id: int | None  # of who did it
    until: datetime


def handled_accounts(session: Session, accounts: Collection[int], now: datetime) -> Sequence[Handled]:
    """What others did to these accounts within the days that count, the latest first; one statement."""
    query = (
        sa.select(AuditEvent, Account.username, Account.person_id.label("owner_id"), Person.full_name)
        .join(Account, Account.id == AuditEvent.target_id)
        .outerjoin(Person, Person.id == AuditEvent.person_id)
        .where(
            AuditEvent.action.in_(BY_ANOTHER),
            AuditEvent.target_type == Account.__tablename__,
            AuditEvent.target_id.in_(sorted(accounts)),
            AuditEvent.outcome == "done",
            AuditEvent.happened_at > now - IN_HAND,
            AuditEvent.person_id.is_distinct_from(Account.person_id),
        )
        .order_by(AuditEvent.happened_at.desc(), AuditEvent.id.desc())
    )
    return [
        Handled(
            account_id=row.AuditEvent.target_id,
            username=row.username,
            owner_id=row.owner_id,
            by_id=row.AuditEvent.person_id,
            by=row.full_name or "",
            unit_id=row.AuditEvent.unit_id,
            until=row.AuditEvent.happened_at + IN_HAND,
        )
        for row in session.execute(query)
    ]


def in_one_hand(found: Collection[Handled], person: int, others: Collection[int]) -> Handled | None:
    """What `person` did to the account of one of the `others`, or one of them to theirs; None where there is none."""
    return next(
        (
            h
            for h in found
            if (h.owner_id == person and h.by_id in others) or (h.by_id == person and h.owner_id in others)
        ),
        None,
    )
