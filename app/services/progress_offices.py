"""Progress of every school under an office, the neediest first; added up in the database, a few rows a school.

Per sheet, a bit mask tells which columns have blanks; sheets with the same place, shape and mask come as one row with
their number. A deadline is worked out once a place, so a sheet is late when a blank column of its mask is due.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import Action, Actor, Target, UnitRelation, may
from app.domain.entry_schedule import Deadline, mark_columns
from app.domain.vocabulary import MARK_COLUMNS, Tier
from app.errors import Forbidden
from app.models import GradebookSheet, OrgUnit
from app.services.changes import count_of_fortnight
from app.services.clock import local_day
from app.services.progress import figures_query, of_period, roll_day
from app.services.progress_calendar import Calendar, ComingClose, load_calendar
from app.services.progress_figures import Share
from app.services.progress_schools import NOT_YOURS
from app.services.years import Period

BEHIND = 50
"""Tenths of a percent of the term's cells behind plan from which a school needs a look at once."""
MANY_LATE = 100
"""Late sheets in a thousand from which it does."""
KEEP = timedelta(minutes=5)
"""How long a school's count stands while none of its sheets is saved."""


class Need(StrEnum):
    """How much attention a school needs, most first."""

    NOW = "now"  # cần xem ngay
    WATCH = "watch"  # theo dõi
    FINE = "fine"  # ổn
    NO_BOOK = "no_book"  # chưa có sổ điểm


@dataclass
class GradeFigures:
    """One grade of a school."""

    grade: int
    sheets: int = 0
    late_sheets: int = 0
    share: Share = field(default_factory=Share)

    def add(self, sheets: int, late: bool, share: Share) -> None:
        """Count so many like sheets in."""
        self.sheets += sheets
        self.late_sheets += sheets if late else 0
        self.share += share


@dataclass(frozen=True)
class SchoolLine:
    """A school in the office's list."""

    unit: OrgUnit
    parent_id: int | None
    parent: str
    grades: tuple[GradeFigures, ...]
    changes: int

    @property
    def sheets(self) -> int:
        """Sheets of the term."""
        return sum(g.sheets for g in self.grades)

    @property
    def late_sheets(self) -> int:
        """Sheets with mark columns past their deadline."""
        return sum(g.late_sheets for g in self.grades)

    @property
    def share(self) -> Share:
        """All its cells."""
        return sum((g.share for g in self.grades), Share())

    @property
    def behind(self) -> int:
        """Tenths of a percent of the term's cells that were due and are blank."""
        share = self.share
        return share.late * 1000 // share.required if share.required else 0

    @property
    def need(self) -> Need:
        """How much attention it needs."""
        if not self.sheets:
            return Need.NO_BOOK
        if self.late_sheets * 1000 > self.sheets * MANY_LATE or self.behind >= BEHIND:
            return Need.NOW
        return Need.WATCH if self.late_sheets else Need.FINE

    @property
    def rank(self) -> tuple[Any, ...]:
        """Sort key: need, late sheets in proportion, what is filled, changes after entry, name."""
        late = self.late_sheets * 1000 // self.sheets if self.sheets else 0
        return (list(Need).index(self.need), -late, self.share.permille, -self.changes, self.unit.name_folded)


@dataclass(frozen=True)
class OfficeProgress:
    """Everything on an office's page."""

    schools: tuple[SchoolLine, ...]
    coming: tuple[ComingClose, ...]
    parents: tuple[tuple[int, str], ...]  # units of the middle tier the schools stand under

    @property
    def share(self) -> Share:
        """All cells of all schools."""
        return sum((s.share for s in self.schools), Share())

    @property
    def late_sheets(self) -> int:
        """Late sheets of all schools."""
        return sum(s.late_sheets for s in self.schools)

    @property
    def sheets(self) -> int:
        """Sheets of all schools."""
        return sum(s.sheets for s in self.schools)

    @property
    def changes(self) -> int:
        """Cells changed after entry in the last fourteen days."""
        return sum(s.changes for s in self.schools)

    def counted(self, need: Need) -> int:
        """Schools in that need."""
        return sum(1 for s in self.schools if s.need is need)


def office_progress(session: Session, actor: Actor, period: Period, now: datetime) -> OfficeProgress:
    """Every school in the actor's reach, the neediest first. At most four statements, however many."""
    if not may(actor, Action.PROGRESS_VIEW, Target(unit=UnitRelation.BELOW)):
        raise Forbidden(NOT_YOURS)
    today = local_day(now)
    units = sorted(u for u in {actor.unit_id, *actor.below, *actor.above} if u is not None)
    calendar = load_calendar(session, units, period, today, now)
    schools = {u.id: u for u in calendar.units.values() if u.kind.is_school and u.id in actor.below}
    where = (*of_period(period), GradebookSheet.unit_id.in_(sorted(schools)))
    grades = _grades(session, calendar, schools, roll_day(period, today))
    changes = count_of_fortnight(session, where, now)
    lines = [
        _line(unit, calendar, grades.get(unit.id, {}), changes.get(unit.id, 0)) for unit in schools.values()
    ]
    return OfficeProgress(
        schools=tuple(sorted((s for s in lines if s.sheets or _stands(s.unit, today)), key=lambda s: s.rank)),
        coming=tuple(calendar.own_coming(actor.unit_id or 0)),
        parents=_parents(calendar, schools),
    )


def _line(unit: OrgUnit, calendar: Calendar, grades: Mapping[int, GradeFigures], changes: int) -> SchoolLine:
    return SchoolLine(
        unit=unit,
        parent_id=calendar.parents.get(unit.id),
        parent=calendar.parent_name(unit.id),
        grades=tuple(figures for _grade, figures in sorted(grades.items())),
        changes=changes,
    )


def _stands(unit: OrgUnit, day: date) -> bool:
    return unit.starts_on <= day and (unit.ends_on is None or unit.ends_on >= day)


def _parents(calendar: Calendar, schools: Mapping[int, OrgUnit]) -> tuple[tuple[int, str], ...]:
    ids = {calendar.parents[s] for s in schools if s in calendar.parents}
    units = [
        calendar.units[i] for i in ids if i in calendar.units and calendar.units[i].tier is Tier.DISTRICT
    ]
    return tuple((u.id, u.short_name) for u in sorted(units, key=lambda u: u.name_folded))


def _grades(
    session: Session, calendar: Calendar, schools: Collection[int], day: date
) -> dict[int, dict[int, GradeFigures]]:
    """Figures by school and grade."""
    found: dict[int, dict[int, GradeFigures]] = {}
    for row in place_figures(session, calendar, schools, day):
        place = calendar.scope_of(row.unit_id, row.level, row.grade, row.class_id)
        limits = calendar.deadlines(place, row.regular_count, row.form)
        grade = found.setdefault(row.unit_id, {}).setdefault(row.grade, GradeFigures(row.grade))
        grade.add(row.sheets, _is_late(row, limits, calendar.now), _share(row, limits, calendar.now))
    return found


@dataclass(frozen=True, slots=True)
class _Kept:
    """A school's counted rows, the stamp of its sheets they were counted at, and when."""

    stamp: tuple[int, int]
    taken_at: datetime
    rows: tuple[Any, ...]


_kept: WeakKeyDictionary[Any, dict[tuple[Any, ...], _Kept]] = WeakKeyDictionary()
"""Counted rows by database: counting a province's two million cells takes seconds, and few schools change at a time."""


def place_figures(session: Session, calendar: Calendar, schools: Collection[int], day: date) -> list[Any]:
    """Rows of `_masked` for every school; only schools that changed are counted again. One or two statements.

    A save raises its sheet's revision, so marks are always those of now; a changed class list shows within KEEP.
    """
    where, now = of_period(calendar.period), calendar.now
    known = _kept.setdefault(session.get_bind(), {})
    about = (calendar.period.year_id, calendar.period.term, day, calendar.class_ids)
    stamps = _stamps(session, (*where, GradebookSheet.unit_id.in_(sorted(schools))))
    keys = {unit_id: (unit_id, *about) for unit_id in stamps}
    stale = [unit_id for unit_id, stamp in stamps.items() if not _holds(known.get(keys[unit_id]), stamp, now)]
    if stale:
        counted: dict[int, list[Any]] = {unit_id: [] for unit_id in stale}
        fresh = (*where, GradebookSheet.unit_id.in_(sorted(stale)))
        for row in session.execute(_masked(fresh, day, calendar.class_ids)):
            counted[row.unit_id].append(row)
        known.update({keys[u]: _Kept(stamps[u], now, tuple(rows)) for u, rows in counted.items()})
    rows = [row for key in keys.values() for row in known[key].rows]
    for key in [key for key, kept in known.items() if now - kept.taken_at > 2 * KEEP]:
        del known[key]
    return rows


def _holds(kept: _Kept | None, stamp: tuple[int, int], now: datetime) -> bool:
    return kept is not None and kept.stamp == stamp and timedelta() <= now - kept.taken_at <= KEEP


def _stamps(session: Session, where: Sequence[sa.ColumnElement[bool]]) -> dict[int, tuple[int, int]]:
    """Number of sheets and sum of their revisions, by school."""
    revisions = sa.func.coalesce(sa.func.sum(GradebookSheet.revision), 0)
    rows = session.execute(
        sa.select(GradebookSheet.unit_id, sa.func.count(), revisions)
        .where(*where)
        .group_by(GradebookSheet.unit_id)
    )
    return {unit_id: (sheets, int(total)) for unit_id, sheets, total in rows}


_PLACE = ("unit_id", "level", "grade", "regular_count", "form", "class_id", "mask")
"""What sheets must have in common to be counted together."""


def _masked(where: Sequence[sa.ColumnElement[bool]], day: date, class_ids: frozenset[int]) -> sa.Select[Any]:
    figures = figures_query(where, day)
    students = sa.func.coalesce(figures.c.students, 0)
    filled = {column: sa.func.coalesce(figures.c[column], 0) for column in MARK_COLUMNS}
    mask: Any = sum(
        (sa.case((filled[c] < students, 2**n), else_=0) for n, c in enumerate(MARK_COLUMNS)), sa.literal(0)
    )
    special = sa.case((GradebookSheet.class_id.in_(sorted(class_ids)), GradebookSheet.class_id), else_=None)
    per_sheet = (
        sa.select(
            GradebookSheet.unit_id,
            GradebookSheet.level,
            GradebookSheet.grade,
            GradebookSheet.regular_count,
            GradebookSheet.form,
            (special if class_ids else sa.null()).label("class_id"),
            mask.label("mask"),
            students.label("students"),
            *(count.label(column) for column, count in filled.items()),
        )
        .outerjoin(figures, figures.c.sheet_id == GradebookSheet.id)
        .where(*where)
        .subquery("per_sheet")
    )
    place = [per_sheet.c[name] for name in _PLACE]
    totals = [sa.func.sum(per_sheet.c[name]).label(name) for name in ("students", *MARK_COLUMNS)]
    return sa.select(*place, sa.func.count().label("sheets"), *totals).group_by(*place)


def _is_late(row: Any, limits: Mapping[str, Deadline], now: datetime) -> bool:
    return any(
        row.mask & 2 ** MARK_COLUMNS.index(column) and limits[column].passed(now)
        for column in mark_columns(row.regular_count, row.form)
    )


def _share(row: Any, limits: Mapping[str, Deadline], now: datetime) -> Share:
    columns = mark_columns(row.regular_count, row.form)
    filled = {column: int(getattr(row, column)) for column in columns}
    due = [column for column in columns if limits[column].passed(now)]
    students = int(row.students)
    return Share(
        students * len(columns),
        sum(filled.values()),
        students * len(due),
        sum(filled[column] for column in due),
    )
