"""The question every verb asks before it writes."""

from datetime import date

from sqlalchemy.orm import Session

from app.domain.access import Action, Actor, Target, may
from app.errors import N_, Forbidden
from app.models import OrgUnit
from app.services import scope


def demand(actor: Actor, action: Action, unit_id: int | None, **facts: bool) -> None:
    """Raises Forbidden unless the actor may do the action in this unit; `facts` fill the rest of the Target."""
    if not may(actor, action, Target(unit=actor.relation_to(unit_id), **facts)):
        raise Forbidden(N_("Your role does not include this. Ask your unit's administrators if it should."))


def unit_for(session: Session, actor: Actor, action: Action, unit_id: int, day: date) -> OrgUnit:
    """The unit within reach: NotFound where it isn't, Forbidden without the right there."""
    unit = scope.get(session, actor, OrgUnit, unit_id, day)
    demand(actor, action, unit_id)
    return unit
