"""A school's progress: classes × subjects against the schedule, who is late, what changed after entry."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.domain.access import Action, Actor, Target, UnitRelation, may
from app.domain.entry_schedule import EntryState
from app.errors import N_, Forbidden, NotFound
from app.models import GradebookSheet, OrgUnit
from app.services import scope
from app.services.changes import Changes, changes_of_fortnight
from app.services.clock import local_day
from app.services.progress import load_sheets, of_period
from app.services.progress_calendar import Calendar, ComingClose, load_calendar, with_above
from app.services.progress_figures import ColumnProgress, Share, SheetProgress, Teacher, share_of
from app.services.years import Period

SOON = timedelta(days=10)
NOT_YOURS = N_("Progress is shown to leaders, the board of administrators and the offices above the school.")


@dataclass(frozen=True, slots=True)
class SubjectHead:
    """A column of the matrix."""

    subject_id: int
    name: str
    share: Share
    late: int


@dataclass(frozen=True, slots=True)
class MatrixCell:
    """A class in a subject: its sheets (several where the class is split), their cells together."""

    sheets: tuple[SheetProgress, ...]
    share: Share

    @property
    def late(self) -> bool:
        """True when a mark column's deadline has passed with blanks."""
        return any(sheet.late for sheet in self.sheets)

    @property
    def worst(self) -> SheetProgress:
        """The sheet to open: the one with most late cells, then most missing."""
        return max(
            self.sheets, key=lambda s: (sum(c.missing for c in s.late), sum(c.missing for c in s.marks))
        )


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """A class with its cell per subject; None where it has no such subject."""

    name: str
    class_id: int | None
    cells: tuple[MatrixCell | None, ...]
    share: Share
    late: int


@dataclass(frozen=True, slots=True)
class TeacherProgress:
    """A teacher's sheets of the term, and what is late among the columns that are the teacher's."""

    person_id: int
    full_name: str
    sort_key: str
    sheets: tuple[SheetProgress, ...]
    share: Share
    late: tuple[tuple[SheetProgress, tuple[ColumnProgress, ...]], ...]

    @property
    def missing(self) -> int:
        """Cells past their deadline."""
        return sum(c.missing for _sheet, columns in self.late for c in columns)

    @property
    def since(self) -> datetime | None:
        """The oldest deadline missed."""
        return min(
            (c.limit.due_at for _s, columns in self.late for c in columns if c.limit.due_at), default=None
        )


@dataclass(frozen=True)
class SchoolProgress:
    """Everything on a school's progress page."""

    unit: OrgUnit
    sheets: tuple[SheetProgress, ...]
    subjects: tuple[SubjectHead, ...]
    rows: tuple[MatrixRow, ...]
    teachers: tuple[TeacherProgress, ...]
    share: Share
    changes: Changes
    coming: tuple[ComingClose, ...]
    unassigned: tuple[SheetProgress, ...]
    due_soon: int  # blank cells of open columns due within ten days
    last_close: datetime | None

    @property
    def late_teachers(self) -> tuple[TeacherProgress, ...]:
        """Teachers with columns past their deadline: the longest first, then the most cells."""
        late = [t for t in self.teachers if t.late]
        return tuple(sorted(late, key=lambda t: (t.since is None, t.since, -t.missing, t.sort_key)))

    @property
    def late_sheets(self) -> int:
        """Sheets with mark columns past their deadline."""
        return sum(1 for sheet in self.sheets if sheet.late)


def school_progress(
    session: Session, actor: Actor, unit_id: int, period: Period, now: datetime
) -> SchoolProgress:
    """The progress of one school in the chosen term: three statements and one for each kind of sheet, whatever the size.

    NotFound outside the actor's reach or for an office; Forbidden without the right to progress there.
    """
    today = local_day(now)
    calendar, unit = _school(session, actor, unit_id, period, now)
    within = (GradebookSheet.unit_id == unit_id, scope.condition(actor, GradebookSheet, today))
    sheets = load_sheets(session, calendar, within)
    forms = sorted({sheet.form for sheet in sheets})
    changes = changes_of_fortnight(session, (*of_period(period), *within), now, forms)
    return _assemble(unit, sheets, calendar, changes)


def sheets_of_school(
    session: Session, actor: Actor, unit_id: int, period: Period, now: datetime
) -> tuple[OrgUnit, list[SheetProgress]]:
    """The school and its sheets one by one, for the list behind a cell, a class or a teacher. Three statements."""
    today = local_day(now)
    calendar, unit = _school(session, actor, unit_id, period, now)
    within = (GradebookSheet.unit_id == unit_id, scope.condition(actor, GradebookSheet, today))
    return unit, load_sheets(session, calendar, within)


def _school(
    session: Session, actor: Actor, unit_id: int, period: Period, now: datetime
) -> tuple[Calendar, OrgUnit]:
    relation = actor.relation_to(unit_id)
    if relation is UnitRelation.OTHER:
        raise NotFound
    if not may(actor, Action.PROGRESS_VIEW, Target(unit=relation)):
        raise Forbidden(NOT_YOURS)
    today = local_day(now)
    calendar = load_calendar(session, with_above(unit_id, today), period, today, now)
    unit = calendar.units.get(unit_id)
    if unit is None or not unit.kind.is_school:
        raise NotFound
    return calendar, unit


def _assemble(
    unit: OrgUnit, sheets: Sequence[SheetProgress], calendar: Calendar, changes: Changes
) -> SchoolProgress:
    now = calendar.now
    shares = {sheet.sheet_id: share_of(sheet.marks, now) for sheet in sheets}
    scopes = {calendar.scope_of(s.unit_id, s.level, s.grade, s.class_id, s.subject_id) for s in sheets}
    open_columns = [c for sheet in sheets for c in sheet.marks if c.state is EntryState.DUE]
    return SchoolProgress(
        unit=unit,
        sheets=tuple(sheets),
        subjects=_subjects(sheets, shares),
        rows=_rows(sheets, shares),
        teachers=_teachers(sheets, now),
        share=sum(shares.values(), Share()),
        changes=changes,
        coming=tuple(calendar.coming(scopes)),
        unassigned=tuple(sheet for sheet in sheets if not sheet.teachers),
        due_soon=sum(c.missing for c in open_columns if c.limit.due_at and c.limit.due_at - now <= SOON),
        last_close=max((c.limit.due_at for s in sheets for c in s.marks if c.limit.due_at), default=None),
    )


def _subjects(sheets: Iterable[SheetProgress], shares: Mapping[int, Share]) -> tuple[SubjectHead, ...]:
    """The matrix's columns, in the programme's order."""
    grouped: dict[tuple[int, str, int], list[SheetProgress]] = {}
    for sheet in sheets:
        grouped.setdefault((sheet.subject_order, sheet.subject, sheet.subject_id), []).append(sheet)
    return tuple(
        SubjectHead(number, name, _together(found, shares), sum(1 for s in found if s.late))
        for (_order, name, number), found in sorted(grouped.items())
    )


def _rows(sheets: Sequence[SheetProgress], shares: Mapping[int, Share]) -> tuple[MatrixRow, ...]:
    """The matrix: parts of a class stand in the class's row, students of several classes in their group's."""
    subjects = [s.subject_id for s in _subjects(sheets, shares)]
    grouped: dict[tuple[int | None, str], list[SheetProgress]] = {}
    for sheet in sheets:
        key = (None, sheet.row_name) if sheet.class_id is None else (sheet.class_id, "")
        grouped.setdefault(key, []).append(sheet)
    return tuple(_row(key[0], found, subjects, shares) for key, found in grouped.items())


def _row(
    class_id: int | None,
    sheets: Sequence[SheetProgress],
    subjects: Sequence[int],
    shares: Mapping[int, Share],
) -> MatrixRow:
    by_subject: dict[int, list[SheetProgress]] = {}
    for sheet in sheets:
        by_subject.setdefault(sheet.subject_id, []).append(sheet)
    cells = [by_subject.get(number, []) for number in subjects]
    return MatrixRow(
        name=sheets[0].row_name,
        class_id=class_id,
        cells=tuple(MatrixCell(tuple(found), _together(found, shares)) if found else None for found in cells),
        share=_together(sheets, shares),
        late=sum(1 for sheet in sheets if sheet.late),
    )


def _together(sheets: Iterable[SheetProgress], shares: Mapping[int, Share]) -> Share:
    return sum((shares[sheet.sheet_id] for sheet in sheets), Share())


def _teachers(sheets: Sequence[SheetProgress], now: datetime) -> tuple[TeacherProgress, ...]:
    """Each teacher with the columns that are the teacher's; sheets nobody teaches are listed apart."""
    people: dict[int, Teacher] = {}
    theirs: dict[int, list[tuple[SheetProgress, tuple[ColumnProgress, ...]]]] = {}
    for sheet in sheets:
        for person_id in {t.person_id for t in sheet.teachers}:
            parts = [t for t in sheet.teachers if t.person_id == person_id]
            people[person_id] = parts[0]
            columns = tuple(c for c in sheet.marks if any(t.covers(c.column) for t in parts))
            theirs.setdefault(person_id, []).append((sheet, columns))
    found = [_teacher(people[person_id], pairs, now) for person_id, pairs in theirs.items()]
    return tuple(sorted(found, key=lambda t: t.sort_key))


def _teacher(
    person: Teacher, pairs: Sequence[tuple[SheetProgress, tuple[ColumnProgress, ...]]], now: datetime
) -> TeacherProgress:
    late = [(sheet, tuple(c for c in columns if c.state is EntryState.LATE)) for sheet, columns in pairs]
    return TeacherProgress(
        person_id=person.person_id,
        full_name=person.full_name,
        sort_key=person.sort_key,
        sheets=tuple(sheet for sheet, _columns in pairs),
        share=sum((share_of(columns, now) for _sheet, columns in pairs), Share()),
        late=tuple((sheet, columns) for sheet, columns in late if columns),
    )
