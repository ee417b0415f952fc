"""A class's judged year with what may be entered after it: what the page of retests and decisions and its verbs share."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from app.domain.assessment.facts import YEAR, Facts, Result
from app.domain.assessment.registry import Circular
from app.domain.assessment.regulations import rules_of
from app.domain.vocabulary import RETEST
from app.domain.year_decisions import Asked, Judge, asked_of
from app.errors import N_, Invalid, Locked, NotFound, Stale
from app.models import GradebookSheet, Subject
from app.services.clock import local_day
from app.services.results.judging import NO_RESULTS, Judged, judge_class
from app.services.results.reading import Reading, read_classes
from app.services.unit_of_work import Work
from app.services.year_locks import HEADS_OWN, Key, YearLocks, last_change, load_writes, year_locks
from app.services.year_places import YearPlaces

NO_YEAR_RESULT: Final = N_("A class of this level ends the year without results to decide on.")
NOT_OF_CLASS: Final = N_("This student did not end the year in this class.")
WRONG: Final = N_("Some values are not valid. Nothing was saved.")
HELD: Final = N_("Some of this is locked. Nothing was saved.")
CLASH: Final = N_("Somebody saved some of this first. Nothing was saved; look at both values and decide.")


@dataclass(frozen=True)
class YearProblem:
    """Why a value was refused: a msgid, with whose and which it was."""

    key: Key
    name: str
    message: str


@dataclass(frozen=True)
class YearConflict:
    """Both values of something somebody else saved first."""

    key: Key
    name: str
    yours: Any
    theirs: Any
    by: str
    at: datetime | None


@dataclass(frozen=True)
class YearHeld:
    """What is locked, and each thing that holds it."""

    key: Key
    name: str
    reasons: tuple[Any, ...]


@dataclass(frozen=True)
class Entered:
    """One value that was saved."""

    key: Key
    old: Any
    new: Any


@dataclass(frozen=True)
class Effect:
    """What a student's year was before and is after: "Kiểm tra lại → Được lên lớp"."""

    student_id: int
    name: str
    entered: tuple[Entered, ...]
    before: Result
    after: Result


@dataclass(frozen=True)
class YearBook:
    """Every student of the class as judged now, with what may be entered, what was, and what is locked."""

    places: YearPlaces
    reading: Reading
    judged: Mapping[int, Judged]
    asked: Mapping[int, Asked]
    writes: Sequence[Any]
    locks: YearLocks

    @property
    def subjects(self) -> Mapping[int, Subject]:
        """The subjects of the school's plans, by id."""
        return self.reading.plans.subjects

    @property
    def judge(self) -> Judge:
        """The rules of the class's circular."""
        return rules_of(Circular(self.places.school_class.circular)).judge

    def name(self, student_id: int) -> str:
        """A student's name; Invalid for who did not end the year here."""
        if student_id not in self.judged:
            raise Invalid(NOT_OF_CLASS)
        return self.judged[student_id].pupil.full_name

    def facts(self, student_id: int) -> Facts:
        """The figures the student's year is judged from."""
        return self.judged[student_id].facts


def open_book(session: Session, places: YearPlaces, now: datetime) -> YearBook:
    """Read and judge the class's year; about twenty statements. NotFound for a circular without results."""
    school_class = places.school_class
    if school_class.circular in NO_RESULTS:
        raise NotFound(NO_YEAR_RESULT)
    year = school_class.school_year
    reading = read_classes(session, [school_class], year, local_day(now), periods=(YEAR,))
    judge = rules_of(Circular(school_class.circular)).judge
    judged = {found.pupil.student_id: found for found in judge_class(reading, school_class.id, YEAR)}
    writes = load_writes(session, year.id, judged) if judged else []
    return YearBook(
        places=places,
        reading=reading,
        judged=judged,
        asked={student: asked_of(found.facts, judge) for student, found in judged.items()},
        writes=writes,
        locks=year_locks(session, school_class, writes, now),
    )


def hold(work: Work, places: YearPlaces, sheet_ids: Iterable[int]) -> list[GradebookSheet]:
    """Hold the epoch and these sheets, sorted, with their present revisions: results stored from them fall due."""
    ids = sorted(set(sheet_ids))
    held = work.lock_sheets(places.school_class.unit_id, ids)
    sheets = [sheet for sheet in places.sheets if sheet.id in held]
    for sheet in sheets:
        set_committed_value(sheet, "revision", held[sheet.id])
    return sheets


class Checks:
    """What speaks against a save, collected over all of its values; `refuse` raises the first kind there is."""

    def __init__(self, book: YearBook) -> None:
        self.book = book
        self.problems: list[YearProblem] = []
        self.held: list[YearHeld] = []
        self.conflicts: list[YearConflict] = []

    def problem(self, key: Key, message: str) -> None:
        """A value that can't stand."""
        self.problems.append(YearProblem(key, self.book.name(key[1]), message))

    def lock(self, key: Key, column: str = RETEST, *, final: bool = True) -> None:
        """Note what holds a cell; `final`: what was entered may be final by itself, else it is the head's to decide."""
        state = self.book.locks
        reasons = state.reasons(key if final else HEADS_OWN, column)
        if reasons:
            self.held.append(YearHeld(key, self.book.name(key[1]), reasons))

    def stale(self, key: Key, shown: Any, wanted: Any, present: Any) -> bool:
        """True when there is something to change: not so already, and still as the page showed it."""
        if present == wanted:
            return False
        if present == shown:
            return True
        last = last_change(self.book.writes, key)
        by, at = (last.by, last.at) if last else ("HocVu", None)
        self.conflicts.append(YearConflict(key, self.book.name(key[1]), wanted, present, by, at))
        return False

    def refuse(self) -> None:
        """Invalid, Locked or Stale where anything speaks against the save."""
        if self.problems:
            raise Invalid(WRONG, problems=tuple(self.problems))
        if self.held:
            raise Locked(HELD, reasons=tuple(self.held))
        if self.conflicts:
            raise Stale(CLASH, conflicts=tuple(self.conflicts))
