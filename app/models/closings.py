"""Confirmations of books, the steps that close a term or year, its closings, and requests to reopen one.

`period` and `term`: 1, 2, or 0 for the year (`domain/assessment/facts.YEAR`).
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.closing import Act, ConfirmationKind, ReopenState, Stage
from app.models.base import Model, UTCDateTime, Versioned, words

if TYPE_CHECKING:
    from app.models.calendar import SchoolYear
    from app.models.classes import SchoolClass
    from app.models.gradebook import GradebookSheet
    from app.models.org import OrgUnit
    from app.models.people import Account, Person


class Confirmation(Model):
    """One act of signing, or of taking a signature back: who, when, and the digest of the exact data signed.

    Append-only. Whether it still holds is found by comparing digests, never stored (S0 Điều 8 khoản 4, Điều 9; S4 Điều
    13 khoản 7, Điều 14 khoản 5).
    """

    __tablename__ = "confirmation"
    __table_args__ = (
        sa.Index("ix_confirmation_place", "unit_id", "school_year_id", "period"),
        sa.Index("ix_confirmation_sheet", "sheet_id", "signed_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[ConfirmationKind] = mapped_column(words(ConfirmationKind), nullable=False)
    act: Mapped[Act] = mapped_column(words(Act), nullable=False)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"), nullable=False)
    school_year_id: Mapped[int] = mapped_column(sa.ForeignKey("school_year.id"), nullable=False)
    period: Mapped[int] = mapped_column(nullable=False)
    sheet_id: Mapped[int | None] = mapped_column(sa.ForeignKey("gradebook_sheet.id"))
    class_id: Mapped[int | None] = mapped_column(sa.ForeignKey("school_class.id"), index=True)
    turn: Mapped[int] = mapped_column(nullable=False)
    digest: Mapped[str] = mapped_column(sa.String(64), nullable=False)
    figures: Mapped[dict[str, Any]] = mapped_column(sa.JSON, nullable=False, default=dict)
    signed_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), nullable=False)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id"), nullable=False)
    authority: Mapped[str | None] = mapped_column(sa.String(160))  # a deputy's: "KT. HIỆU TRƯỞNG", by what
    reason: Mapped[str | None] = mapped_column(sa.String(500))
    sheet: Mapped["GradebookSheet | None"] = relationship()
    school_class: Mapped["SchoolClass | None"] = relationship()
    person: Mapped["Person"] = relationship()


class ClosingStep(Model):
    """A step on the way to closing a unit's term or year, done once a round (S3 section 3, S4 Điều 19). Append-only."""

    __tablename__ = "closing_step"
    __table_args__ = (sa.Index("ix_closing_step_place", "unit_id", "school_year_id", "term", "turn"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"), nullable=False)
    school_year_id: Mapped[int] = mapped_column(sa.ForeignKey("school_year.id"), nullable=False)
    term: Mapped[int] = mapped_column(nullable=False)
    turn: Mapped[int] = mapped_column(nullable=False)
    step: Mapped[Stage] = mapped_column(words(Stage), nullable=False)
    done_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), nullable=False)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id"), nullable=False)
    note: Mapped[str | None] = mapped_column(sa.String(500))
    figures: Mapped[dict[str, Any]] = mapped_column(sa.JSON, nullable=False, default=dict)
    person: Mapped["Person"] = relationship()


class Closing(Model, Versioned):
    """A unit's term or year is closed (khóa sổ; S0 Điều 14, S1 Điều 7 khoản 2, S4 Điều 19 khoản 2). Never deleted.

    Reopened without `reopened_until` it is over, and closing goes through its steps again as a new round. Reopened
    until a time the closing stays: its lock is lifted from `reopened_at` up to then, and comes back by itself.
    """

    __tablename__ = "closing"
    __table_args__ = (
        sa.Index("ix_closing_place", "unit_id", "school_year_id", "term"),
        sa.Index("ix_closing_closed", "closed_at"),
        sa.CheckConstraint(
            "reopened_until IS NULL OR reopened_until > reopened_at", name="ck_closing_reopening"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"), nullable=False)
    school_year_id: Mapped[int] = mapped_column(sa.ForeignKey("school_year.id"), nullable=False)
    term: Mapped[int] = mapped_column(nullable=False)
    turn: Mapped[int] = mapped_column(nullable=False)
    reason: Mapped[str] = mapped_column(sa.String(500), nullable=False)
    closed_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    closed_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), nullable=False)
    executed_by_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id"), nullable=False)
    reopened_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    reopened_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    reopened_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    reopened_reason: Mapped[str | None] = mapped_column(sa.String(500))
    unit: Mapped["OrgUnit"] = relationship()
    school_year: Mapped["SchoolYear"] = relationship()
    closed_by: Mapped["Person"] = relationship(foreign_keys=[closed_by_id])
    executed_by: Mapped["Account"] = relationship()
    reopened_by: Mapped["Person | None"] = relationship(foreign_keys=[reopened_by_id])

    @property
    def is_over(self) -> bool:
        """Reopened for good: the term counts as open until it is closed anew."""
        return self.reopened_at is not None and self.reopened_until is None


class ReopenRequest(Model, Versioned):
    """A head asks the tier above to let a closed past year, or what is shut from above, be reopened until a time."""

    __tablename__ = "reopen_request"
    __table_args__ = (sa.Index("ix_reopen_request_unit", "unit_id", "state"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    closing_id: Mapped[int] = mapped_column(sa.ForeignKey("closing.id"), nullable=False, index=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"), nullable=False)
    state: Mapped[ReopenState] = mapped_column(words(ReopenState), nullable=False)
    reason: Mapped[str] = mapped_column(sa.String(500), nullable=False)
    until: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    asked_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), nullable=False)
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    decided_unit_id: Mapped[int | None] = mapped_column(sa.ForeignKey("org_unit.id"))
    decided_reason: Mapped[str | None] = mapped_column(sa.String(500))
    closing: Mapped[Closing] = relationship()
    unit: Mapped["OrgUnit"] = relationship(foreign_keys=[unit_id])
    asked_by: Mapped["Person"] = relationship(foreign_keys=[asked_by_id])
    decided_by: Mapped["Person | None"] = relationship(foreign_keys=[decided_by_id])
