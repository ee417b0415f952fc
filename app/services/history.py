"""Reading what Continuum kept: one cell's changes, a sheet as it stood, two instants compared. Never writes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased
from sqlalchemy_continuum import version_class

from app.domain.sheet_forms import SheetForm
from app.models import (
    ROWS,
    Account,
    CorrectionRequest,
    Grade,
    GradebookSheet,
    LoginSession,
    OrgUnit,
    Person,
    SheetSubmission,
    TeachingGroup,
    TxLog,
)
from app.models.gradebook import CellValue
from app.services.sheet_cells import row_cells

GradeVersion: Any = version_class(Grade)
CARRY = "sheet.carry"
MARKS = SheetForm.MARKS


@cache
def versions_of(form: SheetForm) -> Any:
    """The history table of a form's lines."""
    return version_class(ROWS[form])


@dataclass(frozen=True)
class CellChange:
    """One change of one cell."""

    at: datetime
    by: str
    account: str
    on_behalf_of: str | None
    old: CellValue | None
    new: CellValue | None
    old_state: str | None
    new_state: str | None
    action: str
    reason: str | None
    address: str | None
    place: str | None = None  # the class it was made in, where that is another
    correction: int | None = None  # the request it was applied for
    came_from: str | None = None  # nobody changed the value: the row came along from this class


@dataclass(frozen=True)
class Difference:
    """A cell that differs between two instants."""

    student_id: int
    column: str
    old: CellValue | None
    new: CellValue | None


def sheet_as_of(session: Session, sheet_id: int, moment: datetime, form: SheetForm = MARKS) -> dict[int, Any]:
    """Rows of a sheet as they stood at `moment`, by student id; one statement.

    Each version is asked for its own instant: ids of transactions that overlapped on other sheets don't follow the
    clock, so no id stands for an instant; on one sheet, which a save holds, the two orders agree.
    """
    version = versions_of(form)
    newest = (
        sa.select(version.student_id, sa.func.max(version.transaction_id).label("tx"))
        .join(TxLog, TxLog.id == version.transaction_id)
        .where(version.sheet_id == sheet_id, TxLog.issued_at <= moment)
        .group_by(version.student_id)
        .subquery()
    )
    rows = session.execute(
        sa.select(*version.__table__.columns)
        .join(
            newest,
            sa.and_(version.student_id == newest.c.student_id, version.transaction_id == newest.c.tx),
        )
        .where(version.sheet_id == sheet_id)
    )
    return {row.student_id: row for row in rows}


def compare(
    session: Session,
    sheet_id: int,
    columns: Iterable[str],
    start: datetime,
    end: datetime,
    form: SheetForm = MARKS,
) -> list[Difference]:
    """Cells of a sheet that differ between two instants."""
    before, after = (sheet_as_of(session, sheet_id, moment, form) for moment in (start, end))
    columns = tuple(columns)
    return [
        Difference(student, column, old, new)
        for student in sorted(set(before) | set(after))
        for column in columns
        if (old := getattr(before.get(student), column, None))
        != (new := getattr(after.get(student), column, None))
    ]


def cell_history(
    session: Session, sheet_id: int, student_id: int, column: str, form: SheetForm = MARKS
) -> list[CellChange]:
    """Every change of one cell, newest first, with who, when, from where and why; one statement.

    Where the row came along from other sheets, their changes up to then follow, each with the class it was made in.
    """
    version = versions_of(form)
    behalf = aliased(Person)
    state = getattr(version, f"{column}_state", sa.null())
    query = (
        sa.select(
            getattr(version, column).label("value"),
            sa.type_coerce(state, sa.String).label("state"),
            version.transaction_id,
            version.sheet_id,
            version.carried_from_id,
            version.carried_at,
            TxLog.issued_at,
            TxLog.action,
            TxLog.reason,
            TxLog.address,
            Person.full_name,
            Account.username,
            behalf.full_name.label("behalf"),
            TeachingGroup.name.label("group_name"),
            OrgUnit.id.label("unit_id"),
            OrgUnit.short_name.label("unit_name"),
            CorrectionRequest.id.label("correction"),
        )
        .join(TxLog, TxLog.id == version.transaction_id)
        .outerjoin(CorrectionRequest, CorrectionRequest.applied_tx_id == TxLog.id)
        .join(GradebookSheet, GradebookSheet.id == version.sheet_id)
        .join(TeachingGroup, TeachingGroup.id == GradebookSheet.group_id)
        .join(OrgUnit, OrgUnit.id == GradebookSheet.unit_id)
        .outerjoin(Person, Person.id == TxLog.person_id)
        .outerjoin(Account, Account.id == TxLog.user_id)
        .outerjoin(behalf, behalf.id == TxLog.on_behalf_of_id)
        .where(version.student_id == sa.bindparam("student"))
    )
    here = query.where(version.sheet_id == sa.bindparam("sheet"))
    rows = session.execute(
        sa.union_all(here, _came_along(query, _origins(form), form)).order_by("transaction_id"),
        {"sheet": sheet_id, "student": student_id},
    )
    known = {
        (row.transaction_id, row.sheet_id): row for row in rows
    }  # who came back finds the own rows twice
    return _cell_changes(list(known.values()), sheet_id)[::-1]


def _cell_changes(rows: Sequence[Any], sheet_id: int) -> list[CellChange]:
    """The versions that changed the cell, and those that carried its value along; oldest first."""
    places = {row.sheet_id: row for row in rows}
    changes: list[CellChange] = []
    old = old_state = None
    for row in rows:
        carried = row.carried_at == row.issued_at and row.value is not None
        if carried or (row.value, row.state) != (old, old_state):
            changes.append(
                CellChange(
                    at=row.issued_at,
                    by=row.full_name or row.username or "HocVu",
                    account=row.username or "",
                    on_behalf_of=row.behalf,
                    old=old,
                    new=row.value,
                    old_state=old_state,
                    new_state=row.state,
                    action=CARRY if carried else row.action,
                    reason=row.reason,
                    address=row.address,
                    place=_place(row, places.get(sheet_id)),
                    correction=row.correction,
                    came_from=_place(places.get(row.carried_from_id), row) if carried else None,
                )
            )
        old, old_state = row.value, row.state
    return changes


def _place(row: Any, seen_from: Any) -> str | None:
    """The class a version was written in, with its school where that is another; None where it is the same sheet."""
    if row is None or seen_from is None or row.sheet_id == seen_from.sheet_id:
        return None
    return row.group_name if row.unit_id == seen_from.unit_id else f"{row.group_name}, {row.unit_name}"


def _came_along(query: sa.Select[Any], steps: sa.CTE, form: SheetForm) -> sa.Select[Any]:
    """Of versions joined with TxLog: those written elsewhere before their row came onto the sheet of `_origins`."""
    version = versions_of(form)
    return query.join(
        steps,
        sa.and_(
            steps.c.sheet_id == version.sheet_id,
            steps.c.student_id == version.student_id,
            TxLog.issued_at < steps.c.before,
        ),
    )


def _origins(form: SheetForm) -> sa.CTE:
    """Student, sheet and until when: where rows of a sheet stood before they came onto it. Parameter: sheet.

    A row may have come a long way and back: each step ends with the instant of the next carry.
    """
    version = versions_of(form)
    first, older = aliased(version), aliased(version)
    steps = (
        sa.select(first.student_id, first.carried_from_id.label("sheet_id"), first.carried_at.label("before"))
        .where(first.sheet_id == sa.bindparam("sheet"), first.carried_from_id.is_not(None))
        .cte("origins", recursive=True)
    )
    return steps.union(
        sa.select(older.student_id, older.carried_from_id, older.carried_at)
        .join(steps, sa.and_(older.sheet_id == steps.c.sheet_id, older.student_id == steps.c.student_id))
        .where(older.carried_from_id.is_not(None), older.carried_at < steps.c.before)
    )


def _sheet_versions(session: Session, sheet_id: int, form: SheetForm) -> Sequence[Any]:
    version = versions_of(form)
    return session.execute(
        sa.select(
            *version.__table__.columns, TxLog.issued_at, TxLog.session_id, TxLog.user_id, TxLog.person_id
        )
        .join(TxLog, TxLog.id == version.transaction_id)
        .where(version.sheet_id == sheet_id)
        .order_by(version.transaction_id)
    ).all()


def last_writers(
    session: Session, sheet_id: int, cells: Iterable[tuple[int, str]], form: SheetForm = MARKS
) -> dict[tuple[int, str], tuple[str, datetime]]:
    """Who wrote each of these cells last, and when: what a conflict tells both teachers."""
    wanted = set(cells)
    found: dict[tuple[int, str], tuple[int | None, datetime]] = {}
    for cell, row in _last_changes(
        _sheet_versions(session, sheet_id, form), {column for _s, column in wanted}
    ).items():
        if cell in wanted:
            found[cell] = (row.person_id, row.issued_at)
    names = dict(
        session.execute(
            sa.select(Person.id, Person.full_name).where(Person.id.in_({p for p, _at in found.values() if p}))
        ).all()
    )
    return {
        cell: (names.get(person, "HocVu") if person else "HocVu", at) for cell, (person, at) in found.items()
    }


def writer_ids(
    session: Session, sheet_id: int, columns: Iterable[str], form: SheetForm = MARKS
) -> dict[tuple[int, str], int | None]:
    """The person who wrote what each cell of these columns holds; one statement."""
    found = _last_changes(_sheet_versions(session, sheet_id, form), columns)
    return {cell: row.person_id for cell, row in found.items()}


def sheet_writes(session: Session, sheet_id: int, since: datetime, form: SheetForm = MARKS) -> Sequence[Any]:
    """Rows of a sheet as they stood at `since`, and what each save has left in them later; oldest first; one statement.

    Of a row that came along also what was written elsewhere before: its values are as old as they are.
    """
    return session.execute(_writes_query(form), {"sheet": sheet_id, "since": since}).all()


@cache
def _writes_query(form: SheetForm) -> sa.CompoundSelect[*tuple[Any, ...]]:
    """Parameters: sheet, since. Built once: a save asks it wherever what was entered may be final."""
    version = versions_of(form)
    stood = (
        sa.select(version.student_id, sa.func.max(version.transaction_id).label("tx"))
        .join(TxLog, TxLog.id == version.transaction_id)
        .where(version.sheet_id == sa.bindparam("sheet"), TxLog.issued_at <= sa.bindparam("since"))
        .group_by(version.student_id)
        .subquery()
    )
    here = (
        _all_writes(form)
        .outerjoin(stood, stood.c.student_id == version.student_id)
        .where(sa.or_(stood.c.tx.is_(None), version.transaction_id >= stood.c.tx))
        .where(version.sheet_id == sa.bindparam("sheet"))
    )
    return sa.union_all(here, _came_along(_all_writes(form), _origins(form), form)).order_by("transaction_id")


def _all_writes(form: SheetForm) -> sa.Select[*tuple[Any, ...]]:
    version = versions_of(form)
    cells = (getattr(version, column) for column in row_cells(form))
    columns = (version.transaction_id, version.student_id, TxLog.issued_at, *cells)
    return sa.select(*columns).join(TxLog, TxLog.id == version.transaction_id)


def sheet_past(session: Session, sheet_id: int, form: SheetForm = MARKS) -> tuple[list[Any], list[Any]]:
    """What each save left in each row, oldest first, with the sign-in it came from; and each Chốt; one statement.

    A Chốt is a row with `issued_at` and the columns it was pressed for, `submitted`; one pressed elsewhere, for a row
    that came along later, names its student in `pressed_for`.
    """
    rows = session.execute(_past_query(form), {"sheet": sheet_id}).all()
    return [row for row in rows if row.student_id], [row for row in rows if not row.student_id]


@cache
def _past_query(form: SheetForm) -> sa.CompoundSelect[*tuple[Any, ...]]:
    """Parameter: sheet."""
    version = versions_of(form)
    login = (TxLog.session_id, LoginSession.ended_at, LoginSession.last_seen_at, LoginSession.idle_minutes)
    writes = (
        _all_writes(form)
        .add_columns(*login, sa.type_coerce(sa.null(), sa.JSON).label("submitted"))
        .add_columns(sa.type_coerce(sa.null(), sa.Integer).label("pressed_for"))
        .outerjoin(LoginSession, LoginSession.id == TxLog.session_id)
    )
    nothing = [sa.null() for _column in writes.selected_columns[3:-2]]
    presses = sa.select(sa.null(), sa.null(), SheetSubmission.submitted_at, *nothing, SheetSubmission.columns)
    steps = _origins(form)
    elsewhere = sa.and_(
        steps.c.sheet_id == SheetSubmission.sheet_id, SheetSubmission.submitted_at < steps.c.before
    )
    return sa.union_all(
        writes.where(version.sheet_id == sa.bindparam("sheet")),
        _came_along(writes, steps, form),
        presses.add_columns(sa.null()).where(SheetSubmission.sheet_id == sa.bindparam("sheet")),
        presses.add_columns(steps.c.student_id).join(steps, elsewhere),
    ).order_by("transaction_id")


def _last_changes(versions: Sequence[Any], columns: Iterable[str]) -> dict[tuple[int, str], Any]:
    """For each cell the version row in which its present value was written."""
    columns = tuple(columns)
    previous: dict[int, Any] = {}
    last: dict[tuple[int, str], Any] = {}
    for row in versions:
        before = previous.get(row.student_id)
        for column in columns:
            if getattr(row, column) != (getattr(before, column) if before is not None else None):
                last[row.student_id, column] = row
        previous[row.student_id] = row
    return last


def recent_changes(session: Session, sheet_ids: Sequence[int], limit: int = 20) -> Sequence[Any]:
    """The newest transactions that touched these sheets: (at, by, action, sheet id, rows touched); one statement."""
    found = sa.union_all(*(_touched(versions_of(form), sheet_ids, limit) for form in SheetForm)).subquery()
    return session.execute(sa.select(found).order_by(found.c.tx.desc()).limit(limit)).all()


def _touched(version: Any, sheet_ids: Sequence[int], limit: int) -> sa.Select[Any]:
    newest = (
        sa.select(
            TxLog.id.label("tx"),
            TxLog.issued_at,
            Person.full_name,
            TxLog.action,
            version.sheet_id,
            sa.func.count().label("rows"),
        )
        .join(TxLog, TxLog.id == version.transaction_id)
        .outerjoin(Person, Person.id == TxLog.person_id)
        .where(version.sheet_id.in_(sheet_ids))
        .group_by(TxLog.id, TxLog.issued_at, Person.full_name, TxLog.action, version.sheet_id)
        .order_by(TxLog.id.desc())
        .limit(limit)
        .subquery()
    )
    return sa.select(newest)
