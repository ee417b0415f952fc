"""The question every verb asks before it writes."""

from app.domain.access import Action, Actor, Target, may
from app.errors import N_, Forbidden


def demand(actor: Actor, action: Action, unit_id: int | None, **facts: bool) -> None:
    """Raises Forbidden unless the actor may do the action in this unit; `facts` fill the rest of the Target."""
    if not may(actor, action, Target(unit=actor.relation_to(unit_id), **facts)):
        raise Forbidden(N_("Your role does not include this. Ask your unit's administrators if it should."))
