"""Domain errors and how the web answers them: one family, each with a message key the view translates."""

from collections.abc import Mapping
from typing import Any

from app.domain.vocabulary import N_

__all__ = [
    "N_",
    "Forbidden",
    "HocVuError",
    "Invalid",
    "Locked",
    "NotFound",
    "Stale",
    "Unavailable",
    "Uncertain",
]


class HocVuError(Exception):
    """Something the user can understand and act on. `message` is an English msgid, `params` fill it."""

    status = 400

    def __init__(self, message: str, **params: Any) -> None:
        super().__init__(message % params if params else message)
        self.message = message
        self.params = params

    @property
    def facts(self) -> Mapping[str, Any]:
        """Plain data for a JSON answer."""
        return {}


class NotFound(HocVuError):
    """Outside the actor's scope, or not there: the two look the same from outside."""

    status = 404

    def __init__(self, message: str = N_("There is no such record in your unit."), **params: Any) -> None:
        super().__init__(message, **params)


class Forbidden(HocVuError):
    """Inside the scope, without the right; says why."""

    status = 403


class Locked(HocVuError):
    """The cell is locked or final; `reasons` are LockReason facts, one per layer that holds."""

    status = 423

    def __init__(self, message: str, *, reasons: tuple[Any, ...] = (), **params: Any) -> None:
        super().__init__(message, **params)
        self.reasons = reasons


class Stale(HocVuError):
    """Somebody saved first: both values are told, nothing is overwritten."""

    status = 409

    def __init__(self, message: str, *, conflicts: tuple[Any, ...] = (), **params: Any) -> None:
        super().__init__(message, **params)
        self.conflicts = conflicts


class Invalid(HocVuError):
    """Input outside the domain; `problems` name the row, column and reason of each."""

    status = 422

    def __init__(self, message: str, *, problems: tuple[Any, ...] = (), **params: Any) -> None:
        super().__init__(message, **params)
        self.problems = problems


class Unavailable(HocVuError):
    """The database can't take the write now (full, read-only, busy); nothing was saved."""

    status = 503


class Uncertain(Unavailable):
    """The connection broke during the commit: saved or not, nobody knows yet. The same request id may be sent again."""

    @property
    def facts(self) -> Mapping[str, Any]:
        return {"uncertain": True}
