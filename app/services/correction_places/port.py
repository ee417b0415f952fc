"""What a correction asks of the place its cells lie in: a sheet, a class's year, a class's remarks of a period."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from sqlalchemy.orm import Session

from app.domain.access import Actor, Target
from app.domain.corrections import Place
from app.domain.locks import LockReason
from app.errors import N_, Invalid, Stale
from app.models import CorrectionRequest, GradebookSheet, SchoolClass, SchoolYear, Subject
from app.services.cells import CONFLICT, INVALID, CellChange, CellProblem, Parsed
from app.services.clock import clamp
from app.services.unit_of_work import Work

NO_SUCH_CELL = N_("This student has nothing to be corrected there.")
MOVED = N_("This student is in another class now. Ask for the correction there.")

Cell = tuple[int, str]
"""Student (0: the whole class) and column."""


@dataclass(frozen=True)
class PlaceRef:
    """Which place; what names it by its kind is set (`models.CorrectionRequest`)."""

    place: Place
    sheet_id: int | None = None
    class_id: int | None = None
    subject_id: int | None = None
    topic: str | None = None

    @classmethod
    def of(cls, request: CorrectionRequest) -> "PlaceRef":
        """Where a request's cells lie."""
        if request.place is Place.SHEET:
            return on_sheet(request.sheet_id)
        return cls(request.place, None, request.class_id, request.subject_id, request.topic)


def on_sheet(sheet_id: int | None) -> PlaceRef:
    """A sheet."""
    return PlaceRef(Place.SHEET, sheet_id)


@dataclass(frozen=True)
class PlaceFacts:
    """What a request keeps of its place, under the names it keeps it by."""

    place: Place
    unit_id: int
    school_year: SchoolYear
    term: int  # 0: the year
    circular: str
    today: date
    sheet: GradebookSheet | None = None
    school_class: SchoolClass | None = None
    subject: Subject | None = None
    topic: str | None = None

    @property
    def day(self) -> date:
        """Today, or the nearest day of the place's year: teachers of its own days, in a past year too."""
        return clamp(self.today, self.school_year.starts_on, self.school_year.ends_on)

    @property
    def is_past(self) -> bool:
        """True for a year that is over."""
        return self.school_year.ends_on < self.today


class PlaceCells(Protocol):
    """The cells of a place as they stand at one instant."""

    @property
    def people(self) -> Mapping[int, str]:
        """Whose cells there are, by name."""

    @property
    def columns(self) -> Sequence[str]:
        """Columns somebody has a cell of, in order."""

    def has(self, student: int, column: str) -> bool:
        """True where this student has such a cell."""

    def gone(self, student: int) -> str | None:
        """Why nothing of this student is corrected here, as a msgid; None where it may be."""

    def value(self, student: int, column: str) -> Any:
        """What the cell holds; None for blank. As text it is what a request keeps."""

    def reasons(self, student: int, column: str) -> tuple[LockReason, ...]:
        """What locks the cell; empty for an open one."""

    def wrote(self, actor: Actor, cells: Iterable[Cell]) -> bool:
        """True where what each of these cells holds is the actor's own entry."""

    def parse(self, changes: Sequence[CellChange]) -> list[Parsed]:
        """Typed texts as values. Raises Invalid naming every cell that can't hold its value."""


class CorrectionPlace(Protocol):
    """One place, within reach of whoever opened it."""

    facts: PlaceFacts

    def hold(self, work: Work) -> None:
        """Take the locks the area's own save takes; what is read afterwards stays so."""

    def read(self, session: Session, now: datetime, students: Sequence[int] | None = None) -> PlaceCells:
        """The cells, of some students or of all."""

    def target(self, actor: Actor, now: datetime, cells: Iterable[Cell]) -> Target:
        """What the actor is to these cells: enters all of them, leads the class."""

    def write(self, work: Work, request: CorrectionRequest) -> None:
        """Write a decided request through the area's own path, past the locks, with the place held.

        Raises Stale naming the cells where one no longer holds its old value, or can't hold the new one any more.
        """


def changes_of(request: CorrectionRequest) -> list[CellChange]:
    """The cells of a request as they were typed."""
    return [CellChange(cell.student_id or 0, cell.column, cell.old, cell.new) for cell in request.cells]


def unchanged(cells: PlaceCells, request: CorrectionRequest) -> list[Parsed]:
    """The cells of a request as values, if each still holds its old one. Raises Stale naming those that don't."""
    wanted = changes_of(request)
    gone = tuple((c.student_id, c.column) for c in wanted if not cells.has(c.student_id, c.column))
    if gone:
        raise Stale(CONFLICT, conflicts=gone)
    with stale_if_refused(request):
        parsed = cells.parse(wanted)
    moved = [p.change for p in parsed if cells.value(p.change.student_id, p.change.column) != p.old]
    if moved:
        raise Stale(CONFLICT, conflicts=tuple((change.student_id, change.column) for change in moved))
    return parsed


@contextmanager
def stale_if_refused(request: CorrectionRequest) -> Iterator[None]:
    """What could be asked for when the request was made, and can't be written any more, has become stale."""
    try:
        yield
    except (Invalid, Stale) as error:
        cells = tuple((change.student_id, change.column) for change in changes_of(request))
        raise Stale(CONFLICT, conflicts=cells) from error


def parse_each(
    changes: Iterable[CellChange], read: Callable[[CellChange, str | None], tuple[Any, str | None]]
) -> list[Parsed]:
    """Each cell's old and new text read; Invalid naming every one whose new text is no value, or that isn't there."""
    found, problems = [], []
    for change in changes:
        new, problem = read(change, change.new)
        if problem is not None:
            problems.append(CellProblem(change.student_id, change.column, problem))
        found.append(Parsed(change, read(change, change.old)[0], new))
    if problems:
        raise Invalid(INVALID, problems=tuple(problems))
    return found
