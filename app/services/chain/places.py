"""Where a fault is: the sheet, class, subject, term, student, table, transaction, time and account, in words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.chain import FaultKind, key_mark
from app.errors import N_
from app.models import (
    Account,
    AuditEvent,
    CorrectionCell,
    CorrectionRequest,
    CorrectionStep,
    GradebookSheet,
    Model,
    OrgUnit,
    Person,
    SchoolYear,
    Student,
    Subject,
    TeachingGroup,
    TxLog,
)
from app.services.chain.rows import CHUNK, HistoryTable, history_tables
from app.services.chain.verify import Fault

TEXTS: Final[dict[FaultKind, str]] = {
    FaultKind.ROW_CHANGED: N_("a row of history was changed"),
    FaultKind.ROW_DELETED: N_("a row of history was deleted"),
    FaultKind.ROW_INSERTED: N_("a row of history was put in from outside"),
    FaultKind.TX_CHANGED: N_("who, when, from where or why was changed in the log of transactions"),
    FaultKind.TX_DELETED: N_("the transaction was deleted from the log"),
    FaultKind.TX_UNLINKED: N_("a transaction is in no chain: put in from outside, or its link was deleted"),
    FaultKind.LINK_CHANGED: N_("the link itself was changed"),
    FaultKind.LINK_MISSING: N_("links are missing from here on"),
    FaultKind.LINK_ORDER: N_("the link is not bound to the one before: reordered or rewritten"),
    FaultKind.TAIL_MISSING: N_("the chain once had a link that is not there any more, or is another"),
    FaultKind.HEAD_CHANGED: N_("the end of the chain is not where it was noted"),
    FaultKind.LIVE_CHANGED: N_("a row in use was changed without any history"),
    FaultKind.LIVE_INSERTED: N_("a row in use was put in without any history"),
    FaultKind.LIVE_DELETED: N_("a row in use was deleted without any history"),
    FaultKind.JOURNAL_SHORT: N_(
        "the journal of this day is missing or shortened: it does not know what was saved"
    ),
    FaultKind.ANCHOR_CHANGED: N_("the anchor was changed"),
    FaultKind.ANCHOR_MISSING: N_("the anchor before this one is missing"),
    FaultKind.ANCHOR_SIGNATURE: N_("the anchor's signature does not hold"),
}
_LEARNERS: Final = ("student_id",)


@dataclass(frozen=True)
class Place:
    """A fault with everything known about where it is; what is not known is empty."""

    fault: Fault
    unit_id: int | None = None
    unit: str = ""
    sheet: str = ""
    subject: str = ""
    term: int | None = None
    year: int | None = None
    table: str = ""
    key: str = ""
    correction: str = ""
    student: str = ""
    at: Any = None
    account: str = ""
    person: str = ""
    action: str = ""


def places(session: Session, faults: Sequence[Fault]) -> list[Place]:
    """The faults with their places; a few statements, whatever their number, and one look at the tables concerned."""
    rows = _Rows(session, faults)
    requests = _requests(session, [rows.of(fault) for fault in faults])
    sheets = sheet_places(session, {s for f in faults if (s := _sheet_of(f, rows)) is not None})
    units = _names(session, OrgUnit, OrgUnit.name, {_unit_of(f) for f in faults})
    transactions = _transactions(session, {f.tx_id for f in faults if f.tx_id})
    students = _names(session, Student, Student.full_name, {rows.student(f) for f in faults})
    found = []
    for fault in faults:
        table, key = rows.of(fault)
        where = _whose(fault, units) | sheets.get(_sheet_of(fault, rows), {}) | requests.get((table, key), {})
        found.append(
            Place(
                fault,
                table=table,
                key=", ".join(map(str, key)),
                student=students.get(rows.student(fault), ""),
                **where,
                **transactions.get(fault.tx_id, {}),
            )
        )
    return found


def _whose(fault: Fault, units: Mapping[int | None, str]) -> dict[str, Any]:
    unit_id = _unit_of(fault)
    return {"unit_id": unit_id or None, "unit": units.get(unit_id, "")}


def _unit_of(fault: Fault) -> int | None:
    chain = fault.chain or ""
    return int(chain[1:]) if chain.startswith("u") else None


def _sheet_of(fault: Fault, rows: "_Rows") -> int | None:
    chain = fault.chain or ""
    if chain.startswith("s"):
        return int(chain[1:])
    table, key = rows.of(fault)
    return key[0] if key and table and _tables()[table].on_sheet else None


def _tables() -> Mapping[str, HistoryTable]:
    return {history.name: history for history in history_tables()}


@dataclass
class _Rows:
    """Which table's row a fault is about, found by the mark of its key."""

    session: Session
    faults: Sequence[Fault]
    _found: dict[int, tuple[str, tuple[Any, ...]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        wanted = {fault.key for fault in self.faults if fault.key is not None}
        touched = {fault.tx_id for fault in self.faults if fault.key is not None and fault.tx_id}
        if not wanted:
            return
        for history in history_tables():
            version = history.table
            written = sa.select(*(version.c[name] for name in history.key)).where(
                history.number.in_(sorted(touched)[:CHUNK])
            )
            self._look(history, wanted, written)
        for history in history_tables():
            if wanted <= self._found.keys():
                return
            self._look(history, wanted, sa.select(*(history.live.c[name] for name in history.key)))

    def _look(self, history: HistoryTable, wanted: set[int], query: sa.Select[Any]) -> None:
        for row in self.session.execute(query.execution_options(yield_per=CHUNK)):
            mark = key_mark(history.name, row)
            if mark in wanted:
                self._found.setdefault(mark, (history.name, tuple(row)))

    def of(self, fault: Fault) -> tuple[str, tuple[Any, ...]]:
        """Table and key of the row; empty where the fault is about no row, or nothing is left of it."""
        if fault.table is not None:
            return fault.table, fault.row
        return self._found.get(fault.key, ("", ())) if fault.key is not None else ("", ())

    def student(self, fault: Fault) -> int | None:
        """The student a row is about."""
        table, key = self.of(fault)
        if not table:
            return None
        if table == "student":
            return int(key[0])
        columns = _tables()[table].key
        return next((int(v) for n, v in zip(columns, key, strict=True) if n in _LEARNERS), None)


def _requests(
    session: Session, rows: Iterable[tuple[str, tuple[Any, ...]]]
) -> dict[tuple[str, tuple[Any, ...]], dict[str, Any]]:
    """Code and school of the correction request that a row of one, of its cells or of its steps belongs to."""
    by_table: dict[str, set[Any]] = {}
    for table, key in rows:
        by_table.setdefault(table, set()).update(key[:1])
    found: dict[tuple[str, tuple[Any, ...]], dict[str, Any]] = {}
    for model in (CorrectionRequest, CorrectionCell, CorrectionStep):
        query = sa.select(model.id, CorrectionRequest, OrgUnit.name).select_from(model)
        if model is not CorrectionRequest:
            query = query.join(CorrectionRequest, CorrectionRequest.id == model.request_id)
        query = query.join(OrgUnit, OrgUnit.id == CorrectionRequest.unit_id)
        for batch in _batches(by_table.get(model.__tablename__, ())):
            for row_id, request, unit in session.execute(query.where(model.id.in_(batch))):
                place = {"correction": request.code, "unit_id": request.unit_id, "unit": unit}
                found[model.__tablename__, (row_id,)] = place
    return found


def sheet_places(session: Session, ids: Iterable[int]) -> dict[int | None, dict[str, Any]]:
    """Unit, class, subject, term and year of sheets, by id."""
    query = (
        sa.select(
            GradebookSheet.id, OrgUnit.id, OrgUnit.name, TeachingGroup.name, Subject.name, GradebookSheet.term,
            SchoolYear.start_year,
        )
        .join(OrgUnit, OrgUnit.id == GradebookSheet.unit_id)
        .join(TeachingGroup, TeachingGroup.id == GradebookSheet.group_id)
        .join(Subject, Subject.id == GradebookSheet.subject_id)
        .join(SchoolYear, SchoolYear.id == GradebookSheet.school_year_id)
    )  # fmt: skip
    return {
        sheet: {"unit_id": key, "unit": unit, "sheet": group, "subject": subject, "term": term, "year": year}
        for batch in _batches(ids)
        for sheet, key, unit, group, subject, term, year in session.execute(
            query.where(GradebookSheet.id.in_(batch))
        )
    }


def _transactions(session: Session, ids: Iterable[int]) -> dict[int | None, dict[str, Any]]:
    """Who, when and what, by the number of a transaction or, below zero, of an event that needed none."""
    kinds = ((TxLog, TxLog.id, TxLog.issued_at), (AuditEvent, -AuditEvent.id, AuditEvent.happened_at))
    return {
        tx: {"at": at, "account": account or "HocVu", "person": person or "", "action": action}
        for batch in _batches(ids)
        for kind, number, moment in kinds
        for tx, at, account, person, action in session.execute(
            sa.select(number, moment, Account.username, Person.full_name, kind.action)
            .outerjoin(Account, Account.id == kind.user_id)
            .outerjoin(Person, Person.id == kind.person_id)
            .where(kind.id.in_([abs(n) for n in batch if (n > 0) == (kind is TxLog)]))
        )
    }


def _names(
    session: Session, model: type[Model], name: Any, ids: Iterable[int | None]
) -> dict[int | None, str]:
    key = sa.inspect(model).primary_key[0]
    return {
        row[0]: row[1]
        for batch in _batches(i for i in ids if i)
        for row in session.execute(sa.select(key, name).where(key.in_(batch)))
    }


def _batches(ids: Iterable[int]) -> Iterable[list[int]]:
    ordered = sorted(set(ids))
    return [ordered[start : start + CHUNK] for start in range(0, len(ordered), CHUNK)]
