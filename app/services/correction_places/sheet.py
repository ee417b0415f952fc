"""Cells of a gradebook sheet, of whatever form."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from app.domain.access import Actor, Target
from app.domain.corrections import Place
from app.domain.locks import LockReason
from app.errors import NotFound
from app.models import CorrectionRequest, GradebookSheet, SchoolYear
from app.services import history, scope
from app.services.cells import CellChange, Parsed
from app.services.clock import clamp
from app.services.correction_places.port import MOVED, Cell, PlaceFacts, PlaceRef
from app.services.enrolments import is_studying
from app.services.gradebook import apply_correction_cells, parse_changes
from app.services.locks import SheetLocks, sheet_locks
from app.services.sheet_reading import Line, SheetFacts, load_facts, load_lines
from app.services.unit_of_work import Work


class SheetCells:
    """A sheet's lines with their locks."""

    def __init__(
        self, session: Session, facts: SheetFacts, day: date, lines: Iterable[Line], locks: SheetLocks
    ) -> None:
        self._session, self._facts, self._day, self._locks = session, facts, day, locks
        self._lines = {line.student_id: line for line in lines}

    @property
    def people(self) -> Mapping[int, str]:
        """Everybody on the sheet."""
        return {student: line.full_name for student, line in self._lines.items()}

    @property
    def columns(self) -> Sequence[str]:
        """The sheet's columns."""
        return self._facts.columns

    def has(self, student: int, column: str) -> bool:
        """Every line has every column."""
        return student in self._lines and column in self._facts.cells

    def gone(self, student: int) -> str | None:
        """A student who moved on takes the marks along: they are corrected there."""
        line = self._lines[student]
        left = line.left_on is not None and line.left_on < self._day
        return MOVED if left and is_studying(line.status_code) else None

    def value(self, student: int, column: str) -> Any:
        """The mark, level, count or text."""
        return self._lines[student].value(column)

    def reasons(self, student: int, column: str) -> tuple[LockReason, ...]:
        """As for typing into the sheet."""
        return self._locks.reasons(student, column)

    def wrote(self, actor: Actor, cells: Iterable[Cell]) -> bool:
        """By the history of the sheet."""
        wanted, sheet = list(cells), self._facts.sheet
        writers = history.writer_ids(self._session, sheet.id, {column for _s, column in wanted}, sheet.form)
        return all(writers.get(cell) == actor.person_id for cell in wanted)

    def parse(self, changes: Sequence[CellChange]) -> list[Parsed]:
        """As typed into the sheet, but never a quick entry."""
        return parse_changes(changes, self._facts, quick_entry=False)


class SheetPlace:
    """A sheet within the actor's reach, with the teachers of its own time."""

    def __init__(self, session: Session, actor: Actor, ref: PlaceRef, today: date, *, to_write: bool) -> None:
        sheet = scope.get(session, actor, GradebookSheet, ref.sheet_id, today)
        year = session.get_one(SchoolYear, sheet.school_year_id)
        day = clamp(today, year.starts_on, year.ends_on)
        self.sheet_facts = load_facts(session, actor, sheet.id, day, to_write=to_write)
        self.facts = PlaceFacts(
            Place.SHEET,
            sheet.unit_id,
            year,
            sheet.term,
            sheet.circular,
            today,
            sheet=sheet,
            school_class=sheet.school_class,
            subject=sheet.subject,
        )

    def hold(self, work: Work) -> None:
        """The epoch shared and the sheet exclusively."""
        sheet = self.sheet_facts.sheet
        if sheet.id not in work.lock_sheets(sheet.unit_id, [sheet.id]):
            raise NotFound

    def read(self, session: Session, now: datetime, students: Sequence[int] | None = None) -> SheetCells:
        """Its lines and locks."""
        facts = self.sheet_facts
        lines = load_lines(session, facts.sheet, students)
        locks = sheet_locks(session, facts.sheet, facts.columns, now)
        return SheetCells(session, facts, self.facts.day, lines, locks)

    def target(self, actor: Actor, now: datetime, cells: Iterable[Cell]) -> Target:
        """A teacher of part of the columns enters those alone."""
        found = self.sheet_facts.target(actor, now)
        covered = {column for _s, column in cells} <= self.sheet_facts.writable_columns(actor, now)
        return replace(found, teaches=found.teaches and covered)

    def write(self, work: Work, request: CorrectionRequest) -> None:
        """The gradebook's one path."""
        apply_correction_cells(work, request)
