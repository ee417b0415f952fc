"""Who acts, on which day, and how a domain error is told: what every page asks first."""

from datetime import date

from flask import abort
from flask_babel import gettext as _

from app.domain.access import Action, Actor, Target, may
from app.errors import N_, Forbidden, HocVuError
from app.security import current_actor, request_clock
from app.services.clock import local_day


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


def tell(error: HocVuError) -> str:
    """A domain error in the reader's language."""
    text = _(error.message)
    return text % error.params if error.params else text
