"""Cells changed after they had held a value, in sheets of every form: each version beside the one before it.

Averages follow by themselves and don't count; nor does a row that came along from another class or school, where its
changes were counted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased, joinedload

from app.domain.sheet_forms import SheetForm
from app.models import (
    Account,
    GradebookSheet,
    Person,
    SchoolClass,
    Student,
    Subject,
    TeachingGroup,
    TxLog,
)
from app.models.gradebook import CellValue
from app.services.history import versions_of
from app.services.sheet_cells import row_cells
from app.services.unit_of_work import CORRECTION

Condition = sa.ColumnElement[bool]
ROW_CAP: Final = 4000
"""Rows read of each form; of more, the newest are told."""
FORTNIGHT: Final = timedelta(days=14)
SHOWN_CAP: Final = 300
"""Rows of each form read for a short list; a longer fortnight shows its newest part and says "more than"."""
_CORRECTED: Final = TxLog.action == CORRECTION
_AUTHOR: Final = sa.case(
    (_CORRECTED, sa.func.coalesce(TxLog.on_behalf_of_id, TxLog.person_id)), else_=TxLog.person_id
)
"""SQL: whose change it is. A correction is written by whoever takes its last seat, and is who asked for it's."""
_OTHER: Final = sa.case((_CORRECTED, TxLog.person_id), else_=TxLog.on_behalf_of_id)


@dataclass(frozen=True, slots=True)
class Change:
    """One cell another value was written into, or none; `old` is None where it was filled in."""

    tx_id: int
    at: datetime
    unit_id: int
    sheet_id: int
    form: SheetForm
    term: int
    place: str
    subject: str
    student_id: int
    student: str
    column: str
    old: CellValue | None
    new: CellValue | None
    person_id: int | None
    by: str
    account: str
    behalf: str | None
    action: str
    reason: str | None
    address: str | None
    last_step: str | None = None  # of a correction: who took its last seat; `by` is who asked for it


@dataclass(frozen=True, slots=True)
class Changes:
    """The newest changes; `more` when only the newest part was read."""

    items: tuple[Change, ...] = ()
    more: bool = False

    @property
    def count(self) -> int:
        """Cells changed, as far as read."""
        return len(self.items)


@cache
def pair_of(form: SheetForm) -> tuple[Any, Any]:
    """Two views of a form's history: a version and the one before it."""
    version = versions_of(form)
    return aliased(version, name="current"), aliased(version, name="earlier")


@cache
def is_one_before(form: SheetForm) -> Condition:
    """SQL: joins a version with the one of the same student and sheet right before it."""
    current, before = pair_of(form)
    older = aliased(versions_of(form), name="older")
    newest = (
        sa.select(sa.func.max(older.transaction_id))
        .where(
            older.sheet_id == current.sheet_id,
            older.student_id == current.student_id,
            older.transaction_id < current.transaction_id,
        )
        .correlate(current)
        .scalar_subquery()
    )
    return sa.and_(
        before.sheet_id == current.sheet_id,
        before.student_id == current.student_id,
        before.transaction_id == newest,
    )


def replaced(form: SheetForm, column: str) -> Condition:
    """SQL: the cell held a value before, and holds another or none now."""
    current, before = pair_of(form)
    old, new = getattr(before, column), getattr(current, column)
    held = old.is_not(None)
    if isinstance(old.type, sa.String) and not isinstance(old.type, sa.Enum):
        held = sa.and_(held, old != "")
    return sa.and_(held, sa.or_(new.is_(None), new != old))


@cache
def changed_columns(form: SheetForm) -> Any:
    """SQL, over the rows of a save: which of the form's cells it changed in any row, as bits in the order of `row_cells`."""
    current, before = pair_of(form)
    bits: Any = sa.literal(0)
    for place, column in enumerate(row_cells(form)):
        old, new = (_filled(getattr(version, column)) for version in (before, current))
        bits += sa.func.max(sa.case((old.is_distinct_from(new), 1), else_=0)) * 2**place
    return bits


def _filled(column: Any) -> Any:
    """A cell as it is compared: text byte by byte, blank text as nothing."""
    if isinstance(column.type, sa.String) and not isinstance(column.type, sa.Enum):
        return sa.cast(sa.func.nullif(column, ""), sa.LargeBinary)
    return column


def came_along(form: SheetForm) -> Condition:
    """SQL: this version brought the row from another sheet; nobody changed its values."""
    current, _before = pair_of(form)
    return sa.and_(current.carried_at.is_not(None), current.carried_at == TxLog.issued_at)


def replaced_cells(
    session: Session,
    where: Sequence[Condition],
    since: datetime,
    until: datetime | None = None,
    forms: Iterable[SheetForm] = SheetForm,
    *,
    cap: int = ROW_CAP,
) -> tuple[list[Change], bool]:
    """Cells that held a value and were given another, in the sheets that fit, newest first; whether there are more.

    One statement a form.
    """
    found: list[Change] = []
    more = False
    for form in forms:
        touched = sa.or_(*(replaced(form, column) for column in row_cells(form)))
        query = _select(form).where(*where, *_between(form, since, until), touched, ~came_along(form))
        current, _before = pair_of(form)
        rows = session.execute(
            query.order_by(current.transaction_id.desc(), current.student_id).limit(cap + 1)
        ).all()
        more = more or len(rows) > cap
        found.extend(change for row in rows[:cap] for change in cells_of(form, row) if not _blank(change.old))
    return sorted(found, key=lambda change: (-change.tx_id, change.student_id)), more


def changes_of_fortnight(
    session: Session, where: Sequence[Condition], now: datetime, forms: Iterable[SheetForm]
) -> Changes:
    """What changed after it had been entered in the last fourteen days, newest first; one statement a form."""
    found, more = replaced_cells(session, where, now - FORTNIGHT, None, forms, cap=SHOWN_CAP)
    return Changes(tuple(found), more)


def sheets_of(session: Session, changes: Iterable[Change]) -> dict[int, GradebookSheet]:
    """The sheets of these changes with their subjects, for the names of their columns; one statement."""
    keys = {change.sheet_id for change in changes}
    query = sa.select(GradebookSheet).options(joinedload(GradebookSheet.subject))
    return (
        {sheet.id: sheet for sheet in session.scalars(query.where(GradebookSheet.id.in_(keys)))}
        if keys
        else {}
    )


def count_of_fortnight(session: Session, where: Sequence[Condition], now: datetime) -> dict[int, int]:
    """How many cells of every kind of data changed in the last fourteen days, by school; one statement."""
    counts = []
    for form in SheetForm:
        current, before = pair_of(form)
        cells: Any = sum((sa.case((replaced(form, c), 1), else_=0) for c in row_cells(form)), sa.literal(0))
        counts.append(
            sa.select(GradebookSheet.unit_id, sa.func.sum(cells).label("cells"))
            .select_from(GradebookSheet)
            .join(current, current.sheet_id == GradebookSheet.id)
            .join(TxLog, TxLog.id == current.transaction_id)
            .join(before, is_one_before(form))
            .where(*where, *_between(form, now - FORTNIGHT, None), ~came_along(form))
            .group_by(GradebookSheet.unit_id)
        )
    found = sa.union_all(*counts).subquery()
    rows = session.execute(sa.select(found.c.unit_id, sa.func.sum(found.c.cells)).group_by(found.c.unit_id))
    return {unit_id: int(cells) for unit_id, cells in rows if cells}


def written_cells(session: Session, form: SheetForm, keys: Sequence[tuple[int, int]]) -> list[Change]:
    """Every cell these transactions changed in these sheets, filled-in ones too; `keys`: (transaction, sheet)."""
    current, _before = pair_of(form)
    query = _select(form).where(
        current.transaction_id.in_({tx for tx, _sheet in keys}),
        current.sheet_id.in_({sheet for _tx, sheet in keys}),
        ~came_along(form),
    )
    wanted = set(keys)
    return [
        change
        for row in session.execute(query)
        if (row.tx_id, row.sheet_id) in wanted
        for change in cells_of(form, row)
    ]


def entered_by(
    session: Session, where: Sequence[Condition], since: datetime, until: datetime
) -> dict[int, int]:
    """How many cells each person filled in for the first time, or anew after they were blank; one statement."""
    counts = []
    for form in SheetForm:
        current, before = pair_of(form)
        cells: Any = sum(
            (
                sa.case((sa.and_(getattr(before, c).is_(None), getattr(current, c).is_not(None)), 1), else_=0)
                for c in row_cells(form)
            ),
            sa.literal(0),
        )
        counts.append(
            sa.select(_AUTHOR.label("person"), sa.func.sum(cells).label("cells"))
            .select_from(GradebookSheet)
            .join(current, current.sheet_id == GradebookSheet.id)
            .join(TxLog, TxLog.id == current.transaction_id)
            .outerjoin(before, is_one_before(form))
            .where(*where, *_between(form, since, until), ~came_along(form))
            .group_by(_AUTHOR)
        )
    found = sa.union_all(*counts).subquery()
    rows = session.execute(sa.select(found.c.person, sa.func.sum(found.c.cells)).group_by(found.c.person))
    return {person: int(cells or 0) for person, cells in rows if person is not None}


def _between(form: SheetForm, since: datetime, until: datetime | None) -> list[Condition]:
    """SQL: the version was written in the span; by number too, which the history's key knows."""
    current, _before = pair_of(form)
    first = sa.select(sa.func.min(TxLog.id)).where(TxLog.issued_at >= since).scalar_subquery()
    # Without any transaction since then: a number nobody has reached.
    begin = sa.select(sa.func.coalesce(first, sa.literal(2**62))).scalar_subquery()
    found = [current.transaction_id >= begin, TxLog.issued_at >= since]
    return found if until is None else [*found, TxLog.issued_at < until]


def _select(form: SheetForm) -> sa.Select[Any]:
    current, before = pair_of(form)
    behalf = aliased(Person, name="behalf")
    return (
        sa.select(
            current.transaction_id.label("tx_id"),
            GradebookSheet.id.label("sheet_id"),
            GradebookSheet.unit_id,
            GradebookSheet.term,
            sa.func.coalesce(SchoolClass.name, TeachingGroup.name).label("place"),
            Subject.short_name.label("subject"),
            current.student_id,
            Student.full_name.label("student"),
            TxLog.issued_at,
            TxLog.action,
            TxLog.reason,
            TxLog.address,
            _AUTHOR.label("person_id"),
            sa.func.coalesce(Person.full_name, "HocVu").label("by"),
            sa.func.coalesce(Account.username, "").label("account"),
            behalf.full_name.label("behalf"),
            *(getattr(before, column).label(f"old_{column}") for column in row_cells(form)),
            *(getattr(current, column).label(f"new_{column}") for column in row_cells(form)),
        )
        .select_from(GradebookSheet)
        .join(current, current.sheet_id == GradebookSheet.id)
        .outerjoin(before, is_one_before(form))
        .join(TxLog, TxLog.id == current.transaction_id)
        .join(TeachingGroup, TeachingGroup.id == GradebookSheet.group_id)
        .join(Subject, Subject.id == GradebookSheet.subject_id)
        .join(Student, Student.id == current.student_id)
        .outerjoin(SchoolClass, SchoolClass.id == GradebookSheet.class_id)
        .outerjoin(Person, Person.id == _AUTHOR)
        .outerjoin(Account, Account.id == TxLog.user_id)
        .outerjoin(behalf, behalf.id == _OTHER)
    )


def cells_of(form: SheetForm, row: Any) -> list[Change]:
    """The cells a pair of versions differs in."""
    values = row._mapping
    corrected = row.action == CORRECTION
    behalf, last_step = (None, row.behalf) if corrected else (row.behalf, None)
    return [
        Change(
            row.tx_id, row.issued_at, row.unit_id, row.sheet_id, form, row.term, row.place, row.subject,
            row.student_id, row.student, column, old, new, row.person_id, row.by, row.account, behalf,
            row.action, row.reason, row.address, last_step,
        )
        for column in row_cells(form)
        if not _same(old := values[f"old_{column}"], new := values[f"new_{column}"])
    ]  # fmt: skip


def _blank(value: object) -> bool:
    return value is None or value == ""


def _same(old: object, new: object) -> bool:
    return old == new or (_blank(old) and _blank(new))
