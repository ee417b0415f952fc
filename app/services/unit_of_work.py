"""The only place that commits. Every write verb runs inside `transaction(...)` (design §6)."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy_continuum import versioning_manager

from app.domain.access import Actor
from app.domain.chain import Head, Link
from app.errors import N_, Forbidden, HocVuError, Invalid, Locked, Unavailable, Uncertain
from app.extensions import db
from app.models import AuditEvent, Confirmation, GradebookSheet, TxLog, UnitEpoch
from app.services.chain import journal
from app.services.chain.append import add_links, sheet_head
from app.services.clock import Clock
from app.services.guards import lifted
from app.services.held_rows import hold_changed
from app.versioning import HISTORY_INFO, LOGGED_INFO, TX_INFO, write_history

log = logging.getLogger(__name__)

CORRECTION = "correction.apply"
"""What tx_log calls the one write that passes the locks (services/gradebook.apply_correction_cells)."""

CLOCK_BEHIND = N_(
    "The server's clock is behind the last saved change. Nothing was saved; tell the administrator."
)


class Work:
    """A running write: its session, its actor and the instant it is judged by."""

    def __init__(self, session: Session, actor: Actor, clock: Clock) -> None:
        self.session = session
        self.actor = actor
        self._clock = clock
        self._now: datetime | None = None
        self.sheet_heads: dict[int, Head] = {}  # ends of the chains of the sheets held
        self.signed: set[int] = set()  # of the sheets held, those signed by themselves or with their class
        self._known: set[Any] = set()  # rows held or added

    @property
    def now(self) -> datetime:
        """The server's clock, read once, on first use: read it only after taking the locks.

        Raises Unavailable when the clock stands behind the last recorded transaction.
        """
        return self._now or self.stamp()

    def stamp(self) -> datetime:
        """Read the clock for this transaction, unless it has been read."""
        if self._now is not None:
            return self._now
        # The newest transaction first, the clock after it: the other way round a save elsewhere that commits in
        # between would look as if the clock ran backwards.
        last = self.session.scalar(sa.select(TxLog.issued_at).order_by(TxLog.id.desc()).limit(1))
        moment = self._clock()
        if last is not None and moment < last:
            raise Unavailable(CLOCK_BEHIND)
        self.session.info[TX_INFO]["issued_at"] = moment
        self._now = moment
        return moment

    def on_behalf_of(self, person_id: int) -> None:
        """Record for whom the actor writes: a delegation never hides who really wrote (needs A5)."""
        self.session.info[TX_INFO]["on_behalf_of_id"] = person_id

    def name_correction(self, reason: str, on_behalf_of_id: int) -> int:
        """Make this the transaction of a correction, for who asked for it; its id in tx_log, known before the flush."""
        self.stamp()
        self.session.info[TX_INFO] |= {
            "action": CORRECTION,
            "reason": reason,
            "on_behalf_of_id": on_behalf_of_id,
        }
        running: Any = versioning_manager.unit_of_work(self.session)
        return int(running.create_transaction(self.session).id)

    def flush(self) -> None:
        """Send new rows now, where their ids are needed; marks are never written in two flushes."""
        self.stamp()
        hold_changed(self.session, self.sheet_heads, self._known)
        self.session.flush()

    def share_epoch(self, unit_id: int) -> None:
        """Hold the unit's epoch shared: windows, rules and closings wait for this transaction, other saves don't."""
        self.session.execute(
            sa.select(UnitEpoch.epoch).where(UnitEpoch.unit_id == unit_id).with_for_update(read=True)
        )

    def lock_sheets(self, unit_id: int, sheet_ids: Sequence[int]) -> dict[int, int]:
        """Hold the unit's epoch shared and the sheets exclusively, sorted, so that saves never interleave.

        Returns the present revision of each sheet held; a sheet of another unit is not held.
        """
        self.share_epoch(unit_id)
        query = (
            sa.select(
                GradebookSheet.id,
                GradebookSheet.revision,
                GradebookSheet.chain_seq,
                GradebookSheet.chain_head,
                sa.or_(
                    sa.exists().where(Confirmation.sheet_id == GradebookSheet.id),
                    sa.exists().where(Confirmation.class_id == GradebookSheet.class_id),
                ).label("signed"),
            )
            .where(GradebookSheet.id.in_(sheet_ids), GradebookSheet.unit_id == unit_id)
            .order_by(GradebookSheet.id)
            .with_for_update()
        )
        held = self.session.execute(query).all()
        self.sheet_heads |= {row.id: sheet_head(row) for row in held}
        self.signed |= {row.id for row in held if row.signed}
        return {row.id: row.revision for row in held}

    def close_epoch(self, unit_id: int) -> None:
        """Take the unit's epoch row exclusively: waits for running saves, and later ones wait for this."""
        row = self.session.scalars(
            sa.select(UnitEpoch).where(UnitEpoch.unit_id == unit_id).with_for_update()
        ).one()
        row.epoch += 1

    def audit(self, action: str, *, target: Any = None, reason: str | None = None, **details: Any) -> None:
        """Add a human-readable event to this same transaction."""
        self.session.add(_event(self.actor, action, "done", self.now, target, reason, details))


def begin_write(session: Session) -> None:
    """Start a writing transaction at once: SQLite takes the write lock before the first read (trap 21)."""
    session.rollback()
    for key in (HISTORY_INFO, LOGGED_INFO):  # of a write that failed
        session.info.pop(key, None)
    session.connection(execution_options={"hocvu_write": True})


@contextmanager
def transaction(
    actor: Actor,
    action: str,
    *,
    clock: Clock,
    reason: str | None = None,
    request_id: str | None = None,
) -> Iterator[Work]:
    """One write verb: begin, let the block work, flush once, commit once; or roll back and log the refusal.

    Raises what the block raises; Unavailable when the database can't write; Invalid on a broken constraint.
    """
    session = db.session()
    try:
        begin_write(session)
        session.info[TX_INFO] = {
            "user_id": actor.user_id,
            "person_id": actor.person_id,
            "on_behalf_of_id": None,
            "session_id": actor.session_id,
            "unit_id": actor.unit_id,
            "address": actor.address,
            "action": action,
            "reason": reason,
            "request_id": request_id,
        }
        work = Work(session, actor, clock)
        with session.no_autoflush:  # one flush a transaction: a second one rewrites the version rows (trap 8)
            yield work
            work.flush()
            links = _keep_history(session, work.sheet_heads)
            _commit(session)
        journal.note(links, work.now)
    except HocVuError as error:
        session.rollback()
        if isinstance(error, (Forbidden, Locked)):
            _log_refusal(session, actor, action, error, clock)
        raise
    except DBAPIError as error:
        session.rollback()
        raise _translate(error) from error
    except BaseException:
        session.rollback()
        raise
    finally:
        for key in (TX_INFO, HISTORY_INFO, LOGGED_INFO):
            session.info.pop(key, None)


def _keep_history(session: Session, sheet_heads: Mapping[int, Head]) -> list[Link]:
    """Write the history of what was flushed, and bind it into the chains; what the program holds last."""
    with lifted("history is written behind the last flush, in one insert a table"):
        transaction, written = write_history(session) or (None, [])
        logged = session.info.pop(LOGGED_INFO, [])
        if transaction is None and not logged:
            return []
        return add_links(session, transaction, written, logged, sheet_heads)


def record_event(
    actor: Actor,
    action: str,
    *,
    clock: Clock,
    outcome: str = "done",
    target: Any = None,
    reason: str | None = None,
    **details: Any,
) -> None:
    """Write one event in a transaction of its own: exports, prints, views by inspectors, sign-ins."""
    with plain_write() as session:
        session.add(_event(actor, action, outcome, clock(), target, reason, details))


@contextmanager
def plain_write() -> Iterator[Session]:
    """A write that touches no versioned row: sign-ins, read marks, job progress. Commits once, or rolls back.

    What it adds to a log is bound into the chains of the units it speaks of.
    """
    session = db.session()
    try:
        begin_write(session)
        yield session
        session.flush()
        moment = max((row.happened_at for row in session.info.get(LOGGED_INFO, ())), default=None)
        links = _keep_history(session, {})
        _commit(session)
        if moment is not None:
            journal.note(links, moment)
    except DBAPIError as error:
        session.rollback()
        raise _translate(error) from error
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info.pop(LOGGED_INFO, None)


def _commit(session: Session) -> None:
    """Commit what has been flushed. Raises Uncertain when the connection broke before the database answered."""
    try:
        session.commit()
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
        log.exception("the connection broke during a commit")
        raise Uncertain(
            N_(
                "The connection broke while saving, so it is not known whether it was saved. Look again in a moment."
            )
        ) from error


def _event(
    actor: Actor,
    action: str,
    outcome: str,
    moment: datetime,
    target: Any,
    reason: str | None,
    details: dict[str, Any],
) -> AuditEvent:
    return AuditEvent(
        happened_at=moment,
        user_id=actor.user_id,
        person_id=actor.person_id,
        unit_id=actor.unit_id,
        action=action,
        outcome=outcome,
        target_type=getattr(target, "__tablename__", None),
        target_id=getattr(target, "id", None),
        reason=reason[:500] if reason else None,
        address=actor.address,
        details=details,
    )


def _log_refusal(session: Session, actor: Actor, action: str, error: HocVuError, clock: Clock) -> None:
    try:
        record_event(actor, action, clock=clock, outcome="refused", reason=str(error))
    except (Unavailable, DBAPIError):
        log.exception("a refusal of %s could not be recorded", action)
        session.rollback()


def _translate(error: DBAPIError) -> HocVuError:
    """What the database said, as something a teacher can act on. Nothing was saved in any of these cases."""
    if isinstance(error, IntegrityError):
        log.warning("constraint refused a write: %s", error.orig)
        return Invalid(
            N_("Another record already has this value, or a linked record is missing. Nothing was saved.")
        )
    text = str(error.orig).lower()
    log.error("the database refused a write: %s", error.orig)
    if "full" in text or "no space" in text:
        return Unavailable(
            N_("The server's disk is full. Nothing was saved; what you typed is still on this page.")
        )
    if "readonly" in text or "read-only" in text or "read only" in text:
        return Unavailable(
            N_("The server is read-only now. Nothing was saved; what you typed is still on this page.")
        )
    if isinstance(error, OperationalError):
        return Unavailable(N_("The server is busy. Nothing was saved; what you typed is still on this page."))
    return Unavailable(
        N_("The server could not save this. Nothing was saved; what you typed is still on this page.")
    )
