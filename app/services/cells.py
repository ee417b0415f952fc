"""What a save of a sheet is made of: the typed cells, and every way one can be refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.domain.vocabulary import MarkState, SubjectKind
from app.errors import N_, Forbidden
from app.models import CorrectionRequest
from app.models.gradebook import CellValue, Mark

MAX_COMMENT = 500
NOT_YOURS = N_("You are not assigned to this sheet today, or not to these columns.")
LOCKED = N_("Some cells are locked. Nothing was saved.")
CONFLICT = N_("Somebody saved these cells first. Nothing was saved; choose which value is right.")
INVALID = N_("Some values are not valid. Nothing was saved.")
TOO_LONG = N_("A comment has at most 500 characters.")
NOT_HERE = N_("This student is not in the class any more.")
NOT_DECIDED = N_("This correction request still waits for somebody.")
UNKNOWN_CELL = N_("This sheet has no such cell.")


@dataclass(frozen=True)
class CellChange:
    """One typed cell: what the page showed before and what it holds now, both as text (None: blank)."""

    student_id: int
    column: str
    old: str | None
    new: str | None


@dataclass(frozen=True)
class CellProblem:
    """Why a cell was refused; `suggestion` is a mark that would be accepted, `params` fill the reason."""

    student_id: int
    column: str
    reason: str
    suggestion: Mark | None = None
    params: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Conflict:
    """Both values of a cell somebody else saved first."""

    student_id: int
    column: str
    yours: CellValue | None
    theirs: CellValue | None
    by: str
    at: datetime


@dataclass(frozen=True)
class LockedCell:
    """A cell that can't be written, with each thing that holds it."""

    student_id: int
    column: str
    reasons: tuple[Any, ...]


@dataclass(frozen=True)
class Saved:
    """What the server now holds: changed cells and the recomputed averages of their rows."""

    kind: SubjectKind
    revision: int
    saved_at: datetime
    cells: Mapping[tuple[int, str], CellValue | None]
    averages: Mapping[int, Mark | None]
    years: Mapping[int, Mark | None]
    states: Mapping[tuple[int, str], MarkState | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Parsed:
    """A typed cell, read: the mark or comment the page showed before, and the one it holds now."""

    change: CellChange
    old: CellValue | None
    new: CellValue | None


def require_decided(request: CorrectionRequest) -> None:
    """What lets a write past the locks: a request whose every seat is filled. Raises Forbidden before."""
    if request.state.over or request.seats_left:
        raise Forbidden(NOT_DECIDED)
