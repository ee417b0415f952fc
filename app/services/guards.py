"""Last line of defence: protected rows change only inside the unit of work, and history never changes at all.

Continuum does not version Core, bulk and query-level writes (design §5, trap 9); here they are refused.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session

from app import models
from app.models.base import Versioned
from app.versioning import TX_INFO

_flushing: ContextVar[bool] = ContextVar("hocvu_flushing", default=False)
_lifted: ContextVar[bool] = ContextVar("hocvu_guards_lifted", default=False)

APPEND_ONLY = (
    models.AccessReview,
    models.AnchorHead,
    models.ArchiveRun,
    models.Attestation,
    models.AttestationNote,
    models.AuditEvent,
    models.BundleCheck,
    models.BundleSignature,
    models.SealedBundle,
    models.ChainAnchor,
    models.ChainLink,
    models.ClosingStep,
    models.Confirmation,
    models.CorrectionCell,
    models.CorrectionStep,
    models.Document,
    models.ExceptionLook,
    models.ExceptionNote,
    models.IncidentMessage,
    models.MarkQuestionMessage,
    models.ProgressCheck,
    models.ProgressCheckRow,
    models.SheetSubmission,
    models.Signature,
    models.TxLog,
)


class ProtectedWrite(RuntimeError):
    """A protected row was about to change outside the one write path. A programming error, never the user's."""


def protected_tables() -> frozenset[str]:
    """Names of tables whose rows are the record: versioned ones, their histories and append-only logs."""
    versioned = {
        m.class_.__tablename__ for m in models.Model.registry.mappers if issubclass(m.class_, Versioned)
    }
    histories = {name for name in models.Model.metadata.tables if name.endswith("_version")}
    return frozenset(versioned | histories | {c.__tablename__ for c in APPEND_ONLY})


@contextmanager
def lifted(reason: str) -> Iterator[None]:
    """Allow Core writes to protected tables: only for migrations, the bench's seeding and restore. Say why."""
    if not reason:
        raise ValueError("say why the guards are lifted")
    token = _lifted.set(True)
    try:
        yield
    finally:
        _lifted.reset(token)


@event.listens_for(Session, "before_flush", insert=True)
def _check_flush(session: Session, _context: Any, _instances: Any) -> None:
    """First of all listeners: nothing is sent, not even Continuum's transaction row, for a write that is refused."""
    for row in session.deleted:
        if isinstance(row, (Versioned, *APPEND_ONLY)):
            raise ProtectedWrite(f"{type(row).__name__} rows are ended or reversed, never deleted")
    for row in session.dirty:
        if isinstance(row, APPEND_ONLY) and session.is_modified(row):
            raise ProtectedWrite(f"{type(row).__name__} is append-only")
    if TX_INFO in session.info:
        return
    changed = (*session.new, *(row for row in session.dirty if session.is_modified(row)))
    if any(isinstance(row, Versioned) for row in changed):
        raise ProtectedWrite("a protected row changed outside services.unit_of_work")


@event.listens_for(Session, "before_flush")
def _begin_flush(_session: Session, _context: Any, _instances: Any) -> None:
    """Last of all listeners: Continuum's flushes inside its own."""
    _flushing.set(True)


@event.listens_for(Session, "after_flush_postexec")
def _after_flush(_session: Session, _context: Any) -> None:
    _flushing.set(False)


@event.listens_for(Session, "after_soft_rollback")
def _after_rollback(_session: Session, _previous: Any) -> None:
    _flushing.set(False)


@event.listens_for(Session, "do_orm_execute")
def _orm_execute(state: ORMExecuteState) -> None:
    if (state.is_update or state.is_delete or state.is_insert) and not _lifted.get():
        table = getattr(state.statement, "table", None)
        if table is not None and table.name in protected_tables():
            raise ProtectedWrite(f"bulk write to {table.name}: Continuum would not version it")


@event.listens_for(sa.engine.Engine, "before_execute")
def _before_execute(_connection: Any, element: Any, _multiparams: Any, _params: Any, _options: Any) -> None:
    if _flushing.get() or _lifted.get() or not isinstance(element, (sa.Insert, sa.Update, sa.Delete)):
        return
    name = getattr(element.table, "name", "")
    if name in protected_tables():
        raise ProtectedWrite(f"Core write to {name}: Continuum would not version it")
