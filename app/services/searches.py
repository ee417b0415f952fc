"""Looking for somebody whose record another unit keeps, by identifier and birth date: who is wrong too often waits."""

from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import Actor
from app.errors import N_
from app.models import AuditEvent
from app.services.clock import Clock
from app.services.sign_in import TooManyTries
from app.services.unit_of_work import record_event

MOST_WRONG: Final = 10
WAIT: Final = timedelta(minutes=15)
"""Wrong tries of a unit's people in this time: a few typing errors, not the 15,000 days somebody may be born on."""


def slow_down(session: Session, actor: Actor, action: str, now: datetime) -> None:
    """Raises TooManyTries when people of the unit have searched in vain too often; counted from the trail itself."""
    in_vain = sa.select(sa.func.count()).where(
        AuditEvent.unit_id == actor.unit_id,
        AuditEvent.action == action,
        AuditEvent.outcome == "refused",
        AuditEvent.happened_at > now - WAIT,
    )
    if (session.scalar(in_vain) or 0) >= MOST_WRONG:
        raise TooManyTries(N_("Too many wrong identifiers were tried in this unit. Try again in 15 minutes."))


def note_search(actor: Actor, action: str, identifier: str, found: Any, *, clock: Clock) -> None:
    """Put a search into the trail, whom it found (a row) or that it was in vain: that is what `slow_down` counts."""
    outcome = "refused" if found is None else "done"
    record_event(actor, action, clock=clock, outcome=outcome, target=found, identifier=identifier[:20])
