"""Reading what Continuum kept: one cell's changes, a sheet as it stood, two instants compared. Never writes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased
from sqlalchemy_continuum import version_class

from app.models import Account, Grade, LoginSession, Person, TxLog
from app.models.gradebook import Mark

GradeVersion: Any = version_class(Grade)


@dataclass(frozen=True)
class CellChange:
    """One change of one cell."""

    at: datetime
    by: str
    account: str
    on_behalf_of: str | None
    old: Mark | str | None
    new: Mark | str | None
    old_state: str | None
    new_state: str | None
    action: str
    reason: str | None
    address: str | None


@dataclass(frozen=True)
class Difference:
    """A cell that differs between two instants."""

    student_id: int
    column: str
    old: Mark | str | None
    new: Mark | str | None


def sheet_as_of(session: Session, sheet_id: int, moment: datetime) -> dict[int, Any]:
    """Rows of a sheet as they stood at `moment`, by student id; one statement.

    Each version is asked for its own instant: ids of transactions that overlapped on other sheets don't follow the
    clock, so no id stands for an instant; on one sheet, which a save holds, the two orders agree.
    """
    newest = (
        sa.select(GradeVersion.student_id, sa.func.max(GradeVersion.transaction_id).label("tx"))
        .join(TxLog, TxLog.id == GradeVersion.transaction_id)
        .where(GradeVersion.sheet_id == sheet_id, TxLog.issued_at <= moment)
        .group_by(GradeVersion.student_id)
        .subquery()
    )
    rows = session.execute(
        sa.select(*GradeVersion.__table__.columns)
        .join(
            newest,
            sa.and_(
                GradeVersion.student_id == newest.c.student_id, GradeVersion.transaction_id == newest.c.tx
            ),
        )
        .where(GradeVersion.sheet_id == sheet_id)
    )
    return {row.student_id: row for row in rows}


def compare(
    session: Session, sheet_id: int, columns: Iterable[str], start: datetime, end: datetime
) -> list[Difference]:
    """Cells of a sheet that differ between two instants."""
    before, after = sheet_as_of(session, sheet_id, start), sheet_as_of(session, sheet_id, end)
    columns = tuple(columns)
    return [
        Difference(student, column, old, new)
        for student in sorted(set(before) | set(after))
        for column in columns
        if (old := getattr(before.get(student), column, None))
        != (new := getattr(after.get(student), column, None))
    ]


def cell_history(session: Session, sheet_id: int, student_id: int, column: str) -> list[CellChange]:
    """Every change of one cell, newest first, with who, when, from where and why; one statement."""
    behalf = aliased(Person)
    state = getattr(GradeVersion, f"{column}_state", sa.null())
    rows = session.execute(
        sa.select(
            getattr(GradeVersion, column).label("value"),
            sa.type_coerce(state, sa.String).label("state"),
            TxLog.issued_at,
            TxLog.action,
            TxLog.reason,
            TxLog.address,
            Person.full_name,
            Account.username,
            behalf.full_name.label("behalf"),
        )
        .join(TxLog, TxLog.id == GradeVersion.transaction_id)
        .outerjoin(Person, Person.id == TxLog.person_id)
        .outerjoin(Account, Account.id == TxLog.user_id)
        .outerjoin(behalf, behalf.id == TxLog.on_behalf_of_id)
        .where(GradeVersion.sheet_id == sheet_id, GradeVersion.student_id == student_id)
        .order_by(GradeVersion.transaction_id)
    ).all()
    changes: list[CellChange] = []
    old = old_state = None
    for row in rows:
        if (row.value, row.state) != (old, old_state):
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
                    action=row.action,
                    reason=row.reason,
                    address=row.address,
                )
            )
        old, old_state = row.value, row.state
    return changes[::-1]


def _sheet_versions(session: Session, sheet_id: int) -> Sequence[Any]:
    return session.execute(
        sa.select(
            *GradeVersion.__table__.columns, TxLog.issued_at, TxLog.session_id, TxLog.user_id, TxLog.person_id
        )
        .join(TxLog, TxLog.id == GradeVersion.transaction_id)
        .where(GradeVersion.sheet_id == sheet_id)
        .order_by(GradeVersion.transaction_id)
    ).all()


def last_writers(
    session: Session, sheet_id: int, cells: Iterable[tuple[int, str]]
) -> dict[tuple[int, str], tuple[str, datetime]]:
    """Who wrote each of these cells last, and when: what a conflict tells both teachers."""
    wanted = set(cells)
    found: dict[tuple[int, str], tuple[int | None, datetime]] = {}
    for cell, row in _last_changes(
        _sheet_versions(session, sheet_id), {column for _s, column in wanted}
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


def cells_left_behind(
    session: Session,
    sheet_id: int,
    columns: Iterable[str],
    now: datetime,
    idle: timedelta = timedelta(minutes=30),
) -> Mapping[tuple[int, str], datetime]:
    """Entered cells whose author has left the system since (S4 Điều 16 khoản 2), with when the session ended.

    A session ends by signing out, by idling, by a reset or a disabled account; one that was simply closed counts as
    ended once it has idled. A value written without a session (set-up, import by a command) is left behind at once.
    """
    last = _last_changes(_sheet_versions(session, sheet_id), tuple(columns))
    ids = {row.session_id for row in last.values() if row.session_id}
    sessions = (
        {s.id: s for s in session.scalars(sa.select(LoginSession).where(LoginSession.id.in_(ids)))}
        if ids
        else {}
    )
    left: dict[tuple[int, str], datetime] = {}
    for cell, row in last.items():
        login = sessions.get(row.session_id)
        ended = row.issued_at if login is None else login.ended_at or login.last_seen_at + idle
        if ended <= now and getattr(row, cell[1]) is not None:
            left[cell] = ended
    return left


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


def recent_changes(session: Session, sheet_ids: Sequence[int], limit: int = 20) -> list[Any]:
    """The newest transactions that touched these sheets: (at, by, action, sheet id, rows touched)."""
    return list(
        session.execute(
            sa.select(
                TxLog.issued_at,
                Person.full_name,
                TxLog.action,
                GradeVersion.sheet_id,
                sa.func.count().label("rows"),
            )
            .join(TxLog, TxLog.id == GradeVersion.transaction_id)
            .outerjoin(Person, Person.id == TxLog.person_id)
            .where(GradeVersion.sheet_id.in_(sheet_ids))
            .group_by(TxLog.id, TxLog.issued_at, Person.full_name, TxLog.action, GradeVersion.sheet_id)
            .order_by(TxLog.id.desc())
            .limit(limit)
        )
    )
