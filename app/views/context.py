"""Who acts, on which day, and how a domain error is told: what every page asks first."""

from datetime import date
from typing import Any

from flask import abort
from flask_babel import gettext as _

from app.domain.access import Action, Actor, Target, UnitRelation, may
from app.errors import N_, Forbidden, HocVuError
from app.security import current_actor, request_clock
from app.services.clock import local_day
from app.services.unit_of_work import record_event


def actor() -> Actor:
    """Who acts in this request; 401 → the sign-in page when nobody does."""
    found = current_actor()
    if found is None:
        abort(401)
    return found


def today() -> date:
    """The day in Vietnam by this application's clock."""
    return local_day(request_clock()())


def require(action: Action, target: Target) -> None:
    """Raises Forbidden (403 with the reason) when the actor lacks the right on this target."""
    if not may(actor(), action, target):
        raise Forbidden(N_("Your role does not include this. Ask your unit's administrators if it should."))


def note_visit(action: str, unit_id: int, **about: Any) -> None:
    """A look from above into a school leaves a trace; the school's own doesn't."""
    if actor().relation_to(unit_id) is UnitRelation.BELOW:
        record_event(actor(), action, clock=request_clock(), unit=unit_id, **about)


def tell(error: HocVuError) -> str:
    """A domain error in the reader's language."""
    text = _(error.message)
    return text % error.params if error.params else text
