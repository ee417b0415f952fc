"""Teachers' remarks on a class in one period: monthly, on study habits, preschool's record of development."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from app.domain.access import Action, Actor, Target, may
from app.domain.corrections import Place
from app.domain.locks import LockReason
from app.domain.notes import NoteKind, Topic
from app.errors import Forbidden, Invalid, NotFound
from app.models import CorrectionRequest, SchoolClass
from app.services import scope
from app.services.cells import CellChange, Parsed
from app.services.clock import clamp
from app.services.correction_places.port import (
    MOVED,
    NO_SUCH_CELL,
    Cell,
    PlaceFacts,
    PlaceRef,
    parse_each,
    stale_if_refused,
    unchanged,
)
from app.services.notes import NoteBook, NotePage, load_book, read_page
from app.services.notes_entry import (
    NOT_BEGUN,
    NOT_YOURS,
    REACHED,
    TEXT,
    WRITTEN_ELSEWHERE,
    NoteEdit,
    hold_class,
    text_problem,
    tidy_text,
    write_notes,
)
from app.services.unit_of_work import Work

LEVELS = {None: None, "yes": True, "no": False}
"""Whether a goal is reached, as a request keeps it."""
_WORDS = {level: word for word, level in LEVELS.items()}


class NoteCells:
    """The lines of a page of remarks; one lock holds a line's text and level."""

    def __init__(self, page: NotePage, day: date) -> None:
        self._page, self._day = page, day
        self._lines = {line.student_id: line for line in page.lines}

    @property
    def people(self) -> Mapping[int, str]:
        """The class itself, where it is remarked on, and everybody in it during the period."""
        return {student: line.full_name for student, line in self._lines.items()}

    @property
    def columns(self) -> Sequence[str]:
        """The text, and of preschool whether the goal is reached."""
        return (TEXT, REACHED) if self._page.book.kind is NoteKind.DEVELOPMENT else (TEXT,)

    def has(self, student: int, column: str) -> bool:
        """Every line has every column."""
        return student in self._lines and column in self.columns

    def gone(self, student: int) -> str | None:
        """A remark stays with the class it was written in."""
        line = self._lines[student]
        if line.elsewhere:
            return WRITTEN_ELSEWHERE
        return None if line.present(self._day) else MOVED

    def value(self, student: int, column: str) -> str | None:
        """The text, or yes and no."""
        line = self._lines[student]
        return line.text if column == TEXT else _WORDS[line.reached]

    def wrote(self, actor: Actor, cells: Iterable[Cell]) -> bool:
        """By the author kept with each remark."""
        notes = [self._lines[student].note for student, _column in cells]
        return all(note is not None and note.author_id == actor.person_id for note in notes)

    def reasons(self, student: int, _column: str) -> tuple[LockReason, ...]:
        """The window over remarks, or the remark is final."""
        return self._lines[student].reasons

    def parse(self, changes: Sequence[CellChange]) -> list[Parsed]:
        """Texts as they are kept, levels by their word."""
        return parse_each(changes, self._read)

    def _read(self, change: CellChange, typed: str | None) -> tuple[str | None, str | None]:
        if change.column not in self.columns:
            return None, NO_SUCH_CELL
        if change.column == REACHED:
            return typed or None, None if (typed or None) in LEVELS else NO_SUCH_CELL
        text = tidy_text(typed)
        return text, text_problem(text)

    def edits(self, changes: Iterable[Parsed]) -> list[NoteEdit]:
        """Whole lines with these cells changed and the others as they are."""
        wanted: dict[int, dict[str, str | None]] = {}
        for item in changes:
            wanted.setdefault(item.change.student_id, {})[item.change.column] = (
                None if item.new is None else str(item.new)
            )
        found = []
        for student, cells in wanted.items():
            line = self._lines[student]
            level = LEVELS[cells.get(REACHED, _WORDS[line.reached])]
            found.append(NoteEdit(student, line.text, cells.get(TEXT, line.text), line.reached, level))
        return found


class NotesPlace:
    """A class's remarks of one kind, subject or area, and period; as of the class's own days."""

    def __init__(self, session: Session, actor: Actor, ref: PlaceRef, today: date) -> None:
        topic = Topic.read(ref.topic or "")
        if topic is None:
            raise NotFound
        room = scope.get(session, actor, SchoolClass, ref.class_id, today)
        day = clamp(today, room.school_year.starts_on, room.school_year.ends_on)
        self.book: NoteBook = load_book(
            session, actor, room.id, topic.kind, day, subject_id=ref.subject_id, area=topic.area
        )
        self.period = self.book.period(topic.period)
        if not may(actor, Action.NOTE_VIEW, self.book.target(actor)):
            raise Forbidden(NOT_YOURS)
        self.facts = PlaceFacts(
            Place.NOTES,
            room.unit_id,
            room.school_year,
            self.period.term,
            room.circular,
            today,
            school_class=room,
            subject=self.book.subject,
            topic=str(Topic(topic.kind, topic.period, self.book.area)),
        )

    def hold(self, work: Work) -> None:
        """The epoch shared and the class exclusively."""
        hold_class(work, self.book.school_class)

    def read(self, session: Session, now: datetime, _students: Sequence[int] | None = None) -> NoteCells:
        """The page of the period. Raises Invalid for one that hasn't begun."""
        if self.period.starts_on > self.facts.today:
            raise Invalid(NOT_BEGUN)
        return NoteCells(read_page(session, self.book, self.period.code, now), self.facts.day)

    def target(self, actor: Actor, _now: datetime, _cells: Iterable[Cell]) -> Target:
        """Who writes such remarks, and the homeroom teacher of the class."""
        entry = self.book.entry_target(actor)
        return Target(entry.unit, teaches=entry.teaches, homeroom=actor.person_id in self.book.homeroom_ids)

    def write(self, work: Work, request: CorrectionRequest) -> None:
        """The remarks' one path."""
        cells = self.read(work.session, work.now)
        edits = cells.edits(unchanged(cells, request))
        with stale_if_refused(request):
            write_notes(work, self.book, self.period, edits, request)
