"""What must hold before a lock window is ordered: times, scope, words; and the rows held while it is."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import Actor
from app.domain.names import nfc, unicode_problem
from app.domain.units import grades_of, taught_levels
from app.domain.vocabulary import WINDOW_COLUMNS, Book, Level, WindowEffect, WindowMode
from app.errors import N_, Invalid
from app.models import GradebookSheet, LockWindow, OrgUnit, SchoolClass, SchoolYear, Subject, UnitEpoch
from app.services import lock_notices, scope
from app.services.clock import local_day
from app.services.lock_notices import UnitBelow, units_below
from app.services.lock_orders import FieldProblem
from app.services.sheet_reading import load_lines
from app.services.unit_of_work import Work

GRACE = timedelta(minutes=15)
"""A beginning typed a moment ago means now; earlier than this it would rewrite the past."""

BEFORE_YEAR = timedelta(days=120)
"""How long before the school year's first day a window may begin."""

MAX_TITLE, MAX_REASON = 160, 300
BOOKS = (Book.GRADEBOOK,)
"""Books whose entry the windows govern so far."""

REQUIRED = N_("This field is required.")
TOO_LONG = N_("At most %(n)s characters.")
IN_THE_PAST = N_("This time has passed. A window never works backwards: begin it now or later.")
ENDS_FIRST = N_("The end must come after the beginning.")
ENDS_IN_THE_PAST = N_("This time has passed. To stop a window now, end it.")
OUTSIDE_YEAR = N_("This time is too far from the school year %(year)s.")
NEEDS_END = N_("A window that locks entered cells needs an end: they are locked when it closes.")
NOT_TAUGHT = N_("Your unit has no such level or grade.")
NOT_YOUR_CLASSES = N_("Choose classes of your own school and of this school year.")
NOT_YOUR_SHEET = N_("Choose a sheet of your own school, of this year and term.")
NOT_ON_SHEET = N_("Choose students of this sheet.")
NOT_BELOW = N_("Choose schools that stand below your unit today.")
UNKNOWN_CHOICE = N_("Choose one of the values offered.")
HAS_ENDED = N_("This window has ended. Add a new one instead; the old one stays in the list.")
NO_END_TO_EXTEND = N_("This window has no end, so there is nothing to extend.")
NOT_LONGER = N_("The new end must come after %(end)s.")


@dataclass(frozen=True)
class NewWindow:
    """A window to be ordered. Empty tuples mean "all of them"; `closes_at` None: no end; `term` None: both terms."""

    school_year_id: int
    title: str
    reason: str
    effect: WindowEffect
    mode: WindowMode
    opens_at: datetime
    closes_at: datetime | None
    term: int | None = None
    book: Book = Book.GRADEBOOK
    columns: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    grades: tuple[int, ...] = ()
    class_ids: tuple[int, ...] = ()
    unit_ids: tuple[int, ...] = ()
    subject_ids: tuple[int, ...] = ()
    sheet_id: int | None = None  # one sheet of the own school
    student_ids: tuple[int, ...] = ()  # of that sheet: single cells
    ordered_by_id: int | None = None  # None: the leader who acts
    announce: bool = True


@dataclass(frozen=True)
class Held:
    """The owner of a window with everything that stands below it today, epochs taken."""

    owner: OrgUnit
    below: tuple[UnitBelow, ...]
    day: date


def hold(work: Work, owner: OrgUnit, day: date) -> Held:
    """Take the epoch rows of the owner and of all schools below, sorted, exclusively.

    Saves hold their school's row shared: those that run finish first, later ones are judged with the new window.
    """
    below = tuple(units_below(work.session, owner.id, day))
    hold_epochs(work, {owner.id, *(item.unit.id for item in below if item.unit.kind.is_school)})
    return Held(owner, below, day)


def hold_epochs(work: Work, units: Collection[int]) -> None:
    """Take the epoch rows of these units, sorted, exclusively: their saves wait for this transaction."""
    query = (
        sa.select(UnitEpoch)
        .where(UnitEpoch.unit_id.in_(sorted(units)))
        .order_by(UnitEpoch.unit_id)
        .with_for_update()
    )
    for row in work.session.scalars(query):
        row.epoch += 1


def tidy(new: NewWindow, now: datetime) -> NewWindow:
    """Composed letters, single spaces, a beginning of a moment ago as now, a shutting window without a mode."""
    shut = new.effect is WindowEffect.SHUT
    just_now = now - GRACE <= new.opens_at < now
    return replace(
        new,
        title=" ".join(nfc(new.title).split()),
        reason=" ".join(nfc(new.reason).split()),
        mode=WindowMode.WHOLE_BOOK if shut else new.mode,
        opens_at=now if just_now else new.opens_at,
    )


def window_problems(
    session: Session, actor: Actor, held: Held, new: NewWindow, now: datetime
) -> list[FieldProblem]:
    """Everything that speaks against the window, field by field."""
    year = scope.get(session, actor, SchoolYear, new.school_year_id, held.day)
    return [
        *text_problems("title", new.title, MAX_TITLE),
        *text_problems("reason", new.reason, MAX_REASON),
        *_time_problems(new, year, now),
        *_choice_problems(new),
        *_scope_problems(session, held, new),
    ]


def text_problems(field: str, text: str, longest: int) -> list[FieldProblem]:
    """A text that must be there, whole, and not too long."""
    if not text.strip():
        return [FieldProblem(field, REQUIRED)]
    if len(text) > longest:
        return [FieldProblem(field, TOO_LONG, {"n": longest})]
    problem = unicode_problem(text)
    return [FieldProblem(field, problem)] if problem else []


def is_near(year: SchoolYear, day: date) -> bool:
    """True on days a window over the year may begin or end."""
    return year.starts_on - BEFORE_YEAR <= day <= last_day(year)


def last_day(year: SchoolYear) -> date:
    """The last day a window over the year may lie on: late retests are entered in the calendar year it ended in."""
    return date(year.ends_on.year, 12, 31)


def _time_problems(new: NewWindow, year: SchoolYear, now: datetime) -> list[FieldProblem]:
    problems = _year_problems("opens_at", new.opens_at, year)
    if new.opens_at < now:
        problems = [FieldProblem("opens_at", IN_THE_PAST)]
    if new.closes_at is None:
        entered = new.mode is WindowMode.ENTERED_CELLS and new.effect is WindowEffect.OPEN
        return [*problems, FieldProblem("closes_at", NEEDS_END)] if entered else problems
    if new.closes_at <= new.opens_at:
        return [*problems, FieldProblem("closes_at", ENDS_FIRST)]
    if new.closes_at <= now:
        return [*problems, FieldProblem("closes_at", ENDS_IN_THE_PAST)]
    return [*problems, *_year_problems("closes_at", new.closes_at, year)]


def _year_problems(field: str, moment: datetime, year: SchoolYear) -> list[FieldProblem]:
    if is_near(year, local_day(moment)):
        return []
    return [FieldProblem(field, OUTSIDE_YEAR, {"year": year.label})]


def _choice_problems(new: NewWindow) -> list[FieldProblem]:
    problems = []
    if new.term not in (None, 1, 2):
        problems.append(FieldProblem("term", UNKNOWN_CHOICE))
    if not set(new.columns) <= set(WINDOW_COLUMNS):
        problems.append(FieldProblem("columns", UNKNOWN_CHOICE))
    if not set(new.levels) <= set(Level):
        problems.append(FieldProblem("levels", UNKNOWN_CHOICE))
    if new.book not in BOOKS:
        problems.append(FieldProblem("book", UNKNOWN_CHOICE))
    return problems


def _scope_problems(session: Session, held: Held, new: NewWindow) -> list[FieldProblem]:
    """Levels and grades somebody there teaches; classes of the own school; schools that stand below today."""
    schools = (
        [held.owner] if held.owner.kind.is_school else [i.unit for i in held.below if i.unit.kind.is_school]
    )
    levels = {level for school in schools for level in taught_levels(school.kind, school.levels)}
    problems = []
    if not set(new.levels) <= levels:
        problems.append(FieldProblem("levels", NOT_TAUGHT))
    if not set(new.grades) <= {grade for level in levels for grade in grades_of(level)}:
        problems.append(FieldProblem("grades", NOT_TAUGHT))
    if new.class_ids and not _own_classes(session, held.owner, new):
        problems.append(FieldProblem("class_ids", NOT_YOUR_CLASSES))
    if not set(new.unit_ids) <= ({school.id for school in schools} - {held.owner.id}):
        problems.append(FieldProblem("unit_ids", NOT_BELOW))
    return [*problems, *_cell_problems(session, held.owner, new)]


def _cell_problems(session: Session, owner: OrgUnit, new: NewWindow) -> list[FieldProblem]:
    """Subjects there are; a sheet of the own school, year and term; students who stand on it."""
    known = sa.select(sa.func.count()).where(Subject.id.in_(new.subject_ids))
    problems = []
    if new.subject_ids and session.scalar(known) != len(set(new.subject_ids)):
        problems.append(FieldProblem("subject_ids", UNKNOWN_CHOICE))
    sheet = session.get(GradebookSheet, new.sheet_id) if new.sheet_id is not None else None
    own = sheet is not None and (sheet.unit_id, sheet.school_year_id) == (owner.id, new.school_year_id)
    if new.sheet_id is not None and not (own and new.term == (sheet.term if sheet else None)):
        problems.append(FieldProblem("sheet_id", NOT_YOUR_SHEET))
    elif new.student_ids:
        here = {line.student_id for line in load_lines(session, sheet, new.student_ids)} if sheet else set()
        if set(new.student_ids) - here:
            problems.append(FieldProblem("student_ids", NOT_ON_SHEET))
    return problems


def _own_classes(session: Session, owner: OrgUnit, new: NewWindow) -> bool:
    query = sa.select(sa.func.count()).where(
        SchoolClass.id.in_(new.class_ids),
        SchoolClass.unit_id == owner.id,
        SchoolClass.school_year_id == new.school_year_id,
    )
    return session.scalar(query) == len(set(new.class_ids))


def extension_problems(work: Work, window: LockWindow, closes_at: datetime | None) -> list[FieldProblem]:
    """What speaks against a later end."""
    if closes_at is None:
        if window.mode is WindowMode.ENTERED_CELLS and window.effect is WindowEffect.OPEN:
            return [FieldProblem("closes_at", NEEDS_END)]
        return []
    if window.closes_at is not None and closes_at <= window.closes_at:
        end = lock_notices.time_text(window.closes_at, ending=True)
        return [FieldProblem("closes_at", NOT_LONGER, {"end": end})]
    return _year_problems("closes_at", closes_at, work.session.get_one(SchoolYear, window.school_year_id))


def require_running(window: LockWindow, now: datetime) -> None:
    """Invalid when the window has closed or was ended: what has been stays as it was."""
    closes = window.effective_close
    if window.ended_at is not None or (closes is not None and closes <= now):
        raise Invalid(HAS_ENDED)
