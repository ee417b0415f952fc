"""Sign-ins, human-readable events, notices, jobs and import batches. Append-only unless said otherwise."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Model, UTCDateTime
from app.models.logged import Logged

if TYPE_CHECKING:
    from app.models.org import OrgUnit
    from app.models.people import Account, Person


class LoginSession(Model):
    """One signed-in browser or token: when it began, was last seen and ended, and how (S4 Điều 16.2 needs its end)."""

    __tablename__ = "login_session"
    __table_args__ = (
        sa.Index("ix_login_session_user", "user_id", "started_at"),
        sa.Index("ix_login_session_open", "ended_at", "last_seen_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(sa.String(43), unique=True, nullable=False)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id"), nullable=False)
    started_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    last_seen_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    end_reason: Mapped[str | None] = mapped_column(
        sa.String(16)
    )  # sign_out · idle · reset · disabled · password · elsewhere
    address: Mapped[str | None] = mapped_column(sa.String(45))
    agent: Mapped[str | None] = mapped_column(sa.String(200))
    idle_minutes: Mapped[int | None] = mapped_column()  # the unit's rule when it began; empty: the program's
    user: Mapped["Account"] = relationship()


class SignInAttempt(Model):
    """A try to sign in, kept so that limits hold across processes; old rows may be purged."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (
        sa.Index("ix_sign_in_attempt_name", "username", "tried_at"),
        sa.Index("ix_sign_in_attempt_address", "address", "tried_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(sa.String(128), nullable=False)
    address: Mapped[str] = mapped_column(sa.String(45), nullable=False)
    tried_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    succeeded: Mapped[bool] = mapped_column(nullable=False)


class AuditEvent(Logged, Model):
    """What somebody did or was refused, for people to read: exports, prints, sign-ins, refusals, grants."""

    __tablename__ = "audit_event"
    needs_transaction = False
    __table_args__ = (
        sa.Index("ix_audit_event_unit", "unit_id", "happened_at"),
        sa.Index("ix_audit_event_target", "target_type", "target_id"),
        sa.Index(
            "ix_audit_event_action", "unit_id", "action", "happened_at"
        ),  # the running number of a print
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    happened_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False, index=True)
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("ab_user.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    unit_id: Mapped[int | None] = mapped_column(sa.ForeignKey("org_unit.id"))
    action: Mapped[str] = mapped_column(sa.String(64), nullable=False)
    outcome: Mapped[str] = mapped_column(sa.String(8), nullable=False)  # done · refused
    target_type: Mapped[str | None] = mapped_column(sa.String(40))
    target_id: Mapped[int | None] = mapped_column()
    reason: Mapped[str | None] = mapped_column(sa.String(500))
    address: Mapped[str | None] = mapped_column(sa.String(45))
    request_id: Mapped[str | None] = mapped_column(sa.String(36))
    details: Mapped[dict[str, Any]] = mapped_column(sa.JSON, nullable=False, default=dict)
    user: Mapped["Account | None"] = relationship()
    person: Mapped["Person | None"] = relationship()
    unit: Mapped["OrgUnit | None"] = relationship()


class Notice(Model):
    """Something a unit's people, or one person, should know, e.g. a lock window that binds them (S4 Điều 15.3)."""

    __tablename__ = "notice"
    __table_args__ = (
        sa.Index("ix_notice_unit", "unit_id", "created_at"),
        sa.Index("ix_notice_person", "person_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int | None] = mapped_column(sa.ForeignKey("org_unit.id"))  # everybody of this unit
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))  # or one person
    title: Mapped[str] = mapped_column(sa.String(200), nullable=False)
    body: Mapped[str] = mapped_column(sa.String(1000), nullable=False)
    url: Mapped[str | None] = mapped_column(sa.String(200))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    created_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("ab_user.id"))


class NoticeRead(Model):
    """A person has read a notice."""

    __tablename__ = "notice_read"

    notice_id: Mapped[int] = mapped_column(sa.ForeignKey("notice.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id"), primary_key=True)
    read_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)


class PrintJob(Model):
    """A long print: the row the page polls is the truth, the queue only wakes a worker. Mutable."""

    __tablename__ = "print_job"
    __table_args__ = (sa.Index("ix_print_job_owner", "user_id", "created_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id"), nullable=False)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"), nullable=False)
    form: Mapped[str] = mapped_column(sa.String(40), nullable=False)
    title: Mapped[str] = mapped_column(sa.String(200), nullable=False)
    params: Mapped[dict[str, Any]] = mapped_column(sa.JSON, nullable=False)
    state: Mapped[str] = mapped_column(
        sa.String(12), nullable=False
    )  # waiting · running · done · failed · cancelled
    done: Mapped[int] = mapped_column(nullable=False, default=0)
    total: Mapped[int] = mapped_column(nullable=False, default=0)
    file: Mapped[str | None] = mapped_column(sa.String(120))
    digest: Mapped[str | None] = mapped_column(sa.String(64))
    message: Mapped[str | None] = mapped_column(sa.String(300))
    claim: Mapped[str | None] = mapped_column(sa.String(32))
    beat_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    attempts: Mapped[int] = mapped_column(nullable=False, default=0)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)


class ImportBatch(Model):
    """A file applied all or nothing, exactly as its dry run showed."""

    __tablename__ = "import_batch"
    __table_args__ = (sa.Index("ix_import_batch_unit", "unit_id", "created_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"), nullable=False)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id"), nullable=False)
    kind: Mapped[str] = mapped_column(sa.String(24), nullable=False)
    name: Mapped[str] = mapped_column(sa.String(160), nullable=False)
    file_digest: Mapped[str] = mapped_column(sa.String(64), nullable=False)
    plan_digest: Mapped[str] = mapped_column(sa.String(64), nullable=False)
    counts: Mapped[dict[str, int]] = mapped_column(sa.JSON, nullable=False)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    user: Mapped["Account"] = relationship()
