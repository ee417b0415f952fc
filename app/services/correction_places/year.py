"""A class's year: the retests of one subject, or without a subject what people decide of it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from app.domain.access import Action, Actor, Target, may
from app.domain.assessment.facts import YEAR
from app.domain.assessment.registry import PRIMARY
from app.domain.corrections import Place
from app.domain.locks import LockReason
from app.domain.vocabulary import RETEST
from app.domain.year_decisions import PART, REASON, Field, by_head, column_of, field_of, fields_of
from app.errors import N_, Forbidden, Invalid, NotFound
from app.models import CorrectionRequest, GradebookSheet, Subject
from app.services import scope
from app.services.cells import INVALID, CellChange, CellProblem, Parsed
from app.services.correction_places.port import (
    NO_SUCH_CELL,
    Cell,
    PlaceFacts,
    PlaceRef,
    parse_each,
    stale_if_refused,
    unchanged,
)
from app.services.retests import (
    LEVEL,
    SCORE,
    RetestChange,
    cells_asked,
    parse_retest,
    write_retests,
)
from app.services.unit_of_work import Work
from app.services.year_book import YearBook, hold, open_book
from app.services.year_decisions import (
    DecisionChange,
    check_decisions,
    reason_of,
    tidy_text,
    value_of,
    write_decisions,
)
from app.services.year_locks import HEADS_OWN, NO_SUBJECT, changes_of
from app.services.year_places import YearPlaces, load_places

NO_PART: Final = N_("You neither teach this class nor are its homeroom teacher.")


class _YearCells:
    """What both kinds of cells of a year share."""

    def __init__(self, book: YearBook) -> None:
        self.book = book
        self._circular = book.places.school_class.circular

    @property
    def people(self) -> Mapping[int, str]:
        """Everybody who ended the year in the class."""
        return {student: judged.pupil.full_name for student, judged in self.book.judged.items()}

    def gone(self, _student: int) -> str | None:
        """Who ended the year here is corrected here."""
        return None

    def _authors(self) -> Mapping[tuple[int, int, str], int | None]:
        found: dict[tuple[int, int, str], int | None] = {}
        for change in changes_of(self.book.writes):  # the newest first
            found.setdefault(change.key, change.person_id)
        return found


class RetestCells(_YearCells):
    """Results assessed again in one subject."""

    def __init__(self, book: YearBook, subject: Subject) -> None:
        super().__init__(book)
        self._subject = subject

    @property
    def columns(self) -> Sequence[str]:
        """The result; of primary school the level and the test."""
        return (LEVEL, SCORE) if self._circular in PRIMARY else (SCORE,)

    def has(self, student: int, column: str) -> bool:
        """What the year's rules let be assessed again."""
        asked = self.book.asked.get(student)
        return asked is not None and column in cells_asked(self._circular, asked, self._subject.code)

    def value(self, student: int, column: str) -> Any:
        """The level or mark."""
        return getattr(self.book.reading.plans.years.get((student, self._subject.id)), column, None)

    def reasons(self, student: int, column: str) -> tuple[LockReason, ...]:
        """As for entering it."""
        return self.book.locks.reasons((self._subject.id, student, column), RETEST)

    def wrote(self, actor: Actor, cells: Iterable[Cell]) -> bool:
        """By the history of the year."""
        authors = self._authors()
        return all(authors.get((self._subject.id, *cell)) == actor.person_id for cell in cells)

    def parse(self, changes: Sequence[CellChange]) -> list[Parsed]:
        """As typed on the page of the year."""
        return parse_each(changes, self._read)

    def _read(self, change: CellChange, typed: str | None) -> tuple[Any, str | None]:
        if not self.has(change.student_id, change.column):
            return None, NO_SUCH_CELL
        return parse_retest(self._circular, self._subject, change.column, typed)

    def write(self, work: Work, request: CorrectionRequest, _held: Sequence[GradebookSheet]) -> None:
        """The path of retests."""
        unchanged(self, request)
        changes = [
            RetestChange(cell.student_id or 0, self._subject.id, cell.column, cell.old, cell.new)
            for cell in request.cells
        ]
        with stale_if_refused(request):
            write_retests(work, self.book, changes, request)


class DecisionCells(_YearCells):
    """What people decide of the year; a reason is a cell of its own beside its decision."""

    def __init__(self, session: Session, book: YearBook) -> None:
        super().__init__(book)
        self._session = session

    @property
    def columns(self) -> Sequence[str]:
        """Fields some year of the class is open to, each with its reason and its parts."""
        open_to = {field for student in self.book.judged for field in self._open_to(student)}
        traits = sorted({part for asked in self.book.asked.values() for part in asked.traits})
        found: list[str] = []
        for field in Field:
            if field in open_to:
                parts = traits if field is Field.TRAITS_AFTER else [""]
                found += [column_of(field, part) for part in parts]
                found += [field.value + REASON] if field.reasoned else []
        return found

    def _open_to(self, student: int) -> tuple[Field, ...]:
        asked = self.book.asked.get(student)
        return () if asked is None else fields_of(self.book.facts(student), asked)

    def has(self, student: int, column: str) -> bool:
        """What the year's rules leave to be decided, and what was decided before they did not any more."""
        known = field_of(column)
        if known is None or student not in self.book.judged:
            return False
        field, part, _is_reason = known
        if field is Field.TRAITS_AFTER and part not in self.book.asked[student].traits:
            return False
        return field in self._open_to(student)

    def value(self, student: int, column: str) -> str | None:
        """The word, text or mark of a list, as a form shows it."""
        known = field_of(column)
        row = self.book.reading.decisions.get(student)
        if known is None:
            return None
        field, part, is_reason = known
        return (reason_of(row, field) if is_reason else value_of(row, field, part)) or None

    def reasons(self, student: int, column: str) -> tuple[LockReason, ...]:
        """As for deciding it; a reason is locked with its decision."""
        known = field_of(column)
        if known is None:
            return ()
        field = known[0]
        final = not by_head(field, self._circular)
        return self.book.locks.reasons((NO_SUBJECT, student, field.value) if final else HEADS_OWN, field.lock)

    def wrote(self, actor: Actor, cells: Iterable[Cell]) -> bool:
        """By the history of the year; the head's decisions are the head's own."""
        authors, head = self._authors(), may(actor, Action.HEAD_DECIDE, self.book.places.target(actor))
        for student, column in cells:
            known = field_of(column)
            heads_own = known is not None and head and by_head(known[0], self._circular)
            author = authors.get((NO_SUBJECT, student, known[0].value)) if known else None
            if not heads_own and author != actor.person_id:
                return False
        return True

    def parse(self, changes: Sequence[CellChange]) -> list[Parsed]:
        """As typed on the page of the year: words of the circular, and a reason where the decision needs one."""
        parsed = parse_each(changes, self._read)
        self._check(parsed)
        return parsed

    def _read(self, change: CellChange, typed: str | None) -> tuple[str | None, str | None]:
        known = self.has(change.student_id, change.column)
        return tidy_text(typed or "") or None, None if known else NO_SUCH_CELL

    def _check(self, parsed: Sequence[Parsed]) -> None:
        """Raise Invalid where the decisions can't stand as they would then be."""
        try:
            check_decisions(self._session, self.book, self._decisions(parsed))
        except Invalid as error:
            asked = {(p.change.student_id, p.change.column.partition(PART)[0]): p.change for p in parsed}
            problems = []
            for item in getattr(error, "problems", ()):
                _subject, student, field = item.key
                change = asked.get((student, field)) or asked.get((student, field + REASON))
                if change is not None:
                    problems.append(CellProblem(student, change.column, item.message))
            raise Invalid(INVALID, problems=tuple(problems)) from error

    def _decisions(self, parsed: Iterable[Parsed]) -> list[DecisionChange]:
        """Whole decisions with these cells changed and what belongs to them as it is."""
        wanted: dict[tuple[int, Field, str], dict[bool, str | None]] = {}
        for item in parsed:
            known = field_of(item.change.column)
            if known is not None:
                field, part, is_reason = known
                wanted.setdefault((item.change.student_id, field, part), {})[is_reason] = (
                    None if item.new is None else str(item.new)
                )
        found = []
        for (student, field, part), cells in wanted.items():
            row = self.book.reading.decisions.get(student)
            old, reason = value_of(row, field, part), reason_of(row, field)
            found.append(
                DecisionChange(
                    student, field, old, cells.get(False, old) or "", cells.get(True, reason) or "", part
                )
            )
        return found

    def write(self, work: Work, request: CorrectionRequest, held: Sequence[GradebookSheet]) -> None:
        """The path of decisions."""
        changes = self._decisions(unchanged(self, request))
        with stale_if_refused(request):
            write_decisions(work, self.book, held, changes, request)


class YearPlace:
    """A class's year within the actor's reach, for who has a part in it."""

    def __init__(self, session: Session, actor: Actor, ref: PlaceRef, today: date) -> None:
        if ref.class_id is None:
            raise NotFound
        self.places: YearPlaces = load_places(session, actor, ref.class_id, today)
        room = self.places.school_class
        subject = (
            None if ref.subject_id is None else scope.get(session, actor, Subject, ref.subject_id, today)
        )
        self.facts = PlaceFacts(
            Place.YEAR,
            room.unit_id,
            room.school_year,
            YEAR,
            room.circular,
            today,
            school_class=room,
            subject=subject,
        )
        self._cells: RetestCells | DecisionCells | None = None
        self._require_part(actor)

    def _require_part(self, actor: Actor) -> None:
        target = self.places.target(actor, teaches=bool(self.places.taught))
        rights = (Action.RETEST_ENTER, Action.YEAR_DECIDE, Action.HEAD_DECIDE, Action.RESULT_VIEW)
        if not any(may(actor, right, target) for right in rights):
            raise Forbidden(NO_PART)

    def hold(self, work: Work) -> None:
        """The epoch shared; the subject's sheets, or the homeroom teacher's."""
        subject, places = self.facts.subject, self.places
        ids = places.of_subject(subject.id) if subject else places.homeroom_sheets()
        self._held = hold(work, places, ids)
        self._cells = None

    def target(self, actor: Actor, _now: datetime, cells: Iterable[Cell]) -> Target:
        """In charge of the subject for all these students; the homeroom teacher."""
        subject = self.facts.subject
        teaches = subject is not None and all(self.places.teaches(s, subject.id) for s, _column in cells)
        return self.places.target(actor, teaches=teaches)

    def write(self, work: Work, request: CorrectionRequest) -> None:
        """The path of the year's own verbs."""
        self.read(work.session, work.now).write(work, request, self._held)

    def read(
        self, session: Session, now: datetime, _students: Sequence[int] | None = None
    ) -> RetestCells | DecisionCells:
        """The year as judged at the first call. Raises NotFound for a class without results."""
        if self._cells is None:
            book, subject = open_book(session, self.places, now), self.facts.subject
            self._cells = RetestCells(book, subject) if subject else DecisionCells(session, book)
        return self._cells
