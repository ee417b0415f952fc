"""What Continuum kept of attendance: who marked which day when, old and new; when a class was called. Never writes."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy_continuum import version_class

from app.domain.attendance import column_of, read_called, read_days
from app.models import Attendance, RollCall
from app.services.writers import WRITER, with_writer

AttendanceVersion: Any = version_class(Attendance)
RollVersion: Any = version_class(RollCall)
DAYS = range(1, 32)


@dataclass(frozen=True)
class MonthVersion:
    """A student's month as one save left it; reads like a row of a sheet for the rules on final values."""

    class_id: int
    month: str
    student_id: int
    days: str | None
    issued_at: datetime
    person_id: int | None
    by: str
    session_id: int | None
    ended_at: datetime | None
    last_seen_at: datetime | None
    idle_minutes: int | None
    on_behalf_of: str | None
    correction: int | None
    marks: dict[int, str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "marks", read_days(self.days))

    @property
    def _mapping(self) -> dict[str, object]:
        return {column_of(day): self.marks.get(day) for day in DAYS}


@dataclass(frozen=True)
class MarkChange:
    """One change of one day."""

    day: int
    old: str | None
    new: str | None
    at: datetime
    by: str  # whose doing it was: of a correction, who asked for it
    person_id: int | None
    correction: int | None


@dataclass(frozen=True)
class Calling:
    """When, and by whom, a class was first called on a day."""

    at: datetime
    by: str


def versions_of(session: Session, *where: tuple[Any, Any]) -> list[MonthVersion]:
    """Every version of the months in which these columns hold these values, by month, oldest first; one statement."""
    months = (AttendanceVersion.class_id, AttendanceVersion.month, AttendanceVersion.student_id)
    query = with_writer(sa.select(*months, AttendanceVersion.days, *WRITER), AttendanceVersion)
    query = query.where(*(getattr(AttendanceVersion, column.key) == value for column, value in where))
    query = query.order_by(None).order_by(*months, AttendanceVersion.transaction_id)
    return [
        MonthVersion(
            row.class_id,
            row.month,
            row.student_id,
            row.days,
            row.issued_at,
            row.person_id,
            row.full_name or row.username or "HocVu",
            row.session_id,
            row.ended_at,
            row.last_seen_at,
            row.idle_minutes,
            row.behalf,
            row.correction,
        )
        for row in session.execute(query)
    ]


def changes_of(versions: Iterable[MonthVersion]) -> dict[tuple[int, str, int], tuple[MarkChange, ...]]:
    """By class, month and student, each change of a day, newest first."""
    found = {}
    for key, past in groupby(versions, key=lambda v: (v.class_id, v.month, v.student_id)):
        changes: list[MarkChange] = []
        before: dict[int, str] = {}
        for version in past:
            for day in sorted(before.keys() | version.marks.keys()):
                old, new = before.get(day), version.marks.get(day)
                if old != new:
                    by = version.on_behalf_of or version.by
                    changes.append(
                        MarkChange(
                            day, old, new, version.issued_at, by, version.person_id, version.correction
                        )
                    )
            before = version.marks
        found[key] = tuple(reversed(changes))
    return found


def callings_of(session: Session, class_id: int, month: str) -> dict[int, Calling]:
    """By day of a class's month, when it was first called; one statement."""
    query = with_writer(sa.select(RollVersion.days, *WRITER), RollVersion)
    found: dict[int, Calling] = {}
    for row in session.execute(query.where(RollVersion.class_id == class_id, RollVersion.month == month)):
        for day in read_called(row.days):
            found.setdefault(day, Calling(row.issued_at, row.full_name or row.username or "HocVu"))
    return found
