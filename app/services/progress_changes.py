"""Cells changed after they had been entered, read from history: every version beside the one before it.

A first entry is no change; overwriting or emptying a cell that held a value is one. Averages follow by themselves and
don't count; nor does a row that came along from another class, where its changes were counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from app.domain.vocabulary import CELL_COLUMNS, MARK_COLUMNS
from app.models import GradebookSheet, Person, SchoolClass, Student, Subject, TeachingGroup, TxLog
from app.models.gradebook import CellValue
from app.services.history import GradeVersion

WINDOW = timedelta(days=14)
ROW_CAP = 300
"""Rows read for a list; a longer fortnight shows its newest part and says "more than"."""

Condition = sa.ColumnElement[bool]
_Current, _Before = aliased(GradeVersion, name="current"), aliased(GradeVersion, name="earlier")


@dataclass(frozen=True, slots=True)
class Change:
    """One cell that held a value and got another, or none."""

    sheet_id: int
    class_name: str
    subject: str
    student_id: int
    student: str
    column: str
    old: CellValue | None
    new: CellValue | None
    at: datetime
    by: str
    action: str


@dataclass(frozen=True, slots=True)
class Changes:
    """The newest changes and how many there were; `more` when only the newest part was read."""

    items: tuple[Change, ...] = ()
    more: bool = False

    @property
    def count(self) -> int:
        """Cells changed, as far as read."""
        return len(self.items)


def changes_after_entry(session: Session, where: Sequence[Condition], now: datetime) -> Changes:
    """Changes in the sheets that fit, of the last fourteen days, newest first; one statement."""
    rows = session.execute(
        sa.select(
            GradebookSheet.id.label("sheet_id"),
            sa.func.coalesce(SchoolClass.name, TeachingGroup.name).label("class_name"),
            Subject.short_name.label("subject"),
            _Current.student_id,
            Student.full_name.label("student"),
            TxLog.issued_at,
            TxLog.action,
            sa.func.coalesce(Person.full_name, "HocVu").label("by"),
            *(getattr(_Before, column).label(f"old_{column}") for column in CELL_COLUMNS),
            *(getattr(_Current, column).label(f"new_{column}") for column in CELL_COLUMNS),
        )
        .select_from(GradebookSheet)
        .join(_Current, _Current.sheet_id == GradebookSheet.id)
        .join(_Before, _is_one_before())
        .join(TxLog, TxLog.id == _Current.transaction_id)
        .join(TeachingGroup, TeachingGroup.id == GradebookSheet.group_id)
        .join(Subject, Subject.id == GradebookSheet.subject_id)
        .join(Student, Student.id == _Current.student_id)
        .outerjoin(SchoolClass, SchoolClass.id == GradebookSheet.class_id)
        .outerjoin(Person, Person.id == TxLog.person_id)
        .where(*where, _Current.transaction_id >= _first_since(now), sa.or_(*map(_changed, CELL_COLUMNS)))
        .order_by(_Current.transaction_id.desc(), Student.sort_key, _Current.student_id)
        .limit(ROW_CAP + 1)
    ).all()
    found = [change for row in rows[:ROW_CAP] for change in _cells(row)]
    return Changes(tuple(found), len(rows) > ROW_CAP)


def count_changes(session: Session, where: Sequence[Condition], now: datetime) -> dict[int, int]:
    """How many cells changed in the last fourteen days, by school; one statement."""
    cells: Any = sum((sa.case((_changed(column), 1), else_=0) for column in CELL_COLUMNS), sa.literal(0))
    rows = session.execute(
        sa.select(GradebookSheet.unit_id, sa.func.sum(cells))
        .join(_Current, _Current.sheet_id == GradebookSheet.id)
        .join(_Before, _is_one_before())
        .where(*where, _Current.transaction_id >= _first_since(now))
        .group_by(GradebookSheet.unit_id)
    )
    return {unit_id: int(count) for unit_id, count in rows if count}


def _first_since(now: datetime) -> sa.ScalarSelect[Any]:
    """The first transaction of the last fourteen days; without any, an id nobody has reached."""
    first = sa.select(sa.func.min(TxLog.id)).where(TxLog.issued_at >= now - WINDOW)
    return sa.select(sa.func.coalesce(first.scalar_subquery(), sa.literal(2**62))).scalar_subquery()


def _is_one_before() -> Condition:
    """Joins a version with the one of the same student and sheet right before it."""
    older = aliased(GradeVersion, name="older")
    newest = (
        sa.select(sa.func.max(older.transaction_id))
        .where(
            older.sheet_id == _Current.sheet_id,
            older.student_id == _Current.student_id,
            older.transaction_id < _Current.transaction_id,
        )
        .correlate(_Current)
        .scalar_subquery()
    )
    return sa.and_(
        _Before.sheet_id == _Current.sheet_id,
        _Before.student_id == _Current.student_id,
        _Before.transaction_id == newest,
        sa.or_(_Current.carried_at.is_(None), _Before.carried_at == _Current.carried_at),
    )


def _changed(column: str) -> Condition:
    """SQL: the cell held a value before, and holds another or none now."""
    old, new = getattr(_Before, column), getattr(_Current, column)
    blank = "" if column not in MARK_COLUMNS else None
    held = old.is_not(None) if blank is None else sa.and_(old.is_not(None), old != blank)
    return sa.and_(held, sa.or_(new.is_(None), new != old))


def _cells(row: Any) -> list[Change]:
    values = row._mapping
    return [
        Change(
            row.sheet_id, row.class_name, row.subject, row.student_id, row.student,
            column, values[f"old_{column}"], values[f"new_{column}"], row.issued_at, row.by, row.action,
        )
        for column in CELL_COLUMNS
        if values[f"old_{column}"] not in (None, "") and values[f"old_{column}"] != values[f"new_{column}"]
    ]  # fmt: skip
