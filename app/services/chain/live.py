"""The rows people see against the newest of their history: a mark raised in the database leaves no version."""

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from app.domain.chain import FaultKind
from app.models import CorrectionCell, CorrectionRequest
from app.services.chain.rows import HistoryTable, history_tables

DELETED = 2


class LiveFault(NamedTuple):
    """A row that is not what its history says."""

    kind: FaultKind
    table: str
    key: tuple[Any, ...]


def faults(
    connection: sa.Connection, sheets: list[int] | None = None, unit_id: int | None = None
) -> Iterator[LiveFault]:
    """Rows that differ from the newest version of them, that have none, and versions whose row is gone.

    Two statements a table; the database compares. With sheets: theirs, and the unit's rows where a table names it.
    """
    for history in history_tables():
        if history.is_log:
            continue
        kept = _of_part(history, sheets, unit_id)
        if kept is None:
            continue
        for row in connection.execute(_unlike(history).where(*kept(history.live))):
            kind = FaultKind.LIVE_INSERTED if row[-1] is None else FaultKind.LIVE_CHANGED
            yield LiveFault(kind, history.name, tuple(row[:-1]))
        for row in connection.execute(_gone(history).where(*kept(history.table))):
            yield LiveFault(FaultKind.LIVE_DELETED, history.name, tuple(row))


@cache
def _unlike(history: HistoryTable) -> sa.Select[Any]:
    """Keys of rows that are not as their newest version says, with its transaction; none where there is no version."""
    live, newest = history.live, _newest(history)
    same = sa.and_(*(live.c[name] == newest.c[name] for name in history.key))
    differ = sa.or_(newest.c.transaction_id.is_(None), *_differ(history, newest))
    query = sa.select(*(live.c[name] for name in history.key), newest.c.transaction_id)
    return query.select_from(live.outerjoin(newest, same)).where(differ)


@cache
def _gone(history: HistoryTable) -> sa.Select[Any]:
    """Keys of newest versions whose row is gone."""
    live, version = history.live, history.table
    there = sa.select(1).where(*(live.c[name] == version.c[name] for name in history.key)).exists()
    later = version.alias("later")
    superseded = (
        sa.select(1)
        .where(*(later.c[name] == version.c[name] for name in history.key))
        .where(later.c.transaction_id > version.c.transaction_id)
        .exists()
    )
    query = sa.select(*(version.c[name] for name in history.key))
    return query.where(version.c.operation_type != DELETED, ~there, ~superseded)


def _newest(history: HistoryTable) -> Any:
    """The newest version of each row."""
    version = history.table
    last = (
        sa.select(
            *(version.c[name] for name in history.key), sa.func.max(version.c.transaction_id).label("tx")
        )
        .group_by(*(version.c[name] for name in history.key))
        .subquery()
    )
    same = sa.and_(*(last.c[name] == version.c[name] for name in history.key))
    return (
        sa.select(version)
        .join(last, sa.and_(same, last.c.tx == version.c.transaction_id))
        .where(version.c.operation_type != DELETED)
        .subquery("newest")
    )


def _differ(history: HistoryTable, newest: Any) -> list[sa.ColumnElement[bool]]:
    """For each column: the row has something else than its newest version."""
    found = []
    for name in history.columns:
        if name in history.key:
            continue
        column, kept = history.live.c[name], newest.c[name]
        differs = _exact(column).is_distinct_from(_exact(kept))
        if not column.nullable:  # a column that was added later: versions of before don't have it
            differs = sa.and_(kept.is_not(None), differs)
        found.append(differs)
    return found


def _exact(column: Any) -> Any:
    """Text byte by byte, whatever the collation; nothing in a JSON column in its two ways of being stored."""
    if isinstance(column.type, sa.JSON):
        return sa.func.coalesce(sa.cast(column, sa.LargeBinary), sa.cast(sa.literal("null"), sa.LargeBinary))
    if isinstance(column.type, sa.String):
        return sa.cast(column, sa.LargeBinary)
    return sa.type_coerce(column, sa.types.NullType())


def _of_part(history: HistoryTable, sheets: list[int] | None, unit_id: int | None) -> Any:
    """Conditions for a table of this kind, by table or alias; None where none of its rows belong to the part."""
    if sheets is None:
        return lambda _table: []
    if history.on_sheet:
        return lambda table: [table.c.sheet_id.in_(sheets)]
    if unit_id is not None and "unit_id" in history.columns:
        return lambda table: [table.c.unit_id == unit_id]
    if unit_id is not None and history.name == CorrectionCell.__tablename__:
        mine = sa.select(CorrectionRequest.id).where(CorrectionRequest.unit_id == unit_id)
        return lambda table: [table.c.request_id.in_(mine)]
    return None
