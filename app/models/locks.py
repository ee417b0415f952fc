"""Lock windows: who opened or shut which book for whom, from when to when, and why."""

from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.vocabulary import Book, WindowEffect, WindowMode
from app.models.base import Model, UTCDateTime, Versioned, words

if TYPE_CHECKING:
    from app.models.calendar import SchoolYear
    from app.models.gradebook import GradebookSheet
    from app.models.org import OrgUnit
    from app.models.people import Account, Person


class LockWindow(Model, Versioned):
    """A half-open interval [opens_at, closes_at) a unit sets over its own books or those below it.

    An empty list in a scope column means "all of them". A leader orders, an administrator executes (S0 Điều 13.2b).
    Ending early fills `ended_at`; nothing is deleted. Extending keeps the old time as a version.
    """

    __tablename__ = "lock_window"
    __table_args__ = (
        sa.Index("ix_lock_window_owner", "owner_id", "school_year_id", "term"),
        sa.Index("ix_lock_window_sheet", "sheet_id"),
        sa.CheckConstraint("closes_at IS NULL OR closes_at > opens_at", name="ck_lock_window_interval"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"), nullable=False)
    school_year_id: Mapped[int] = mapped_column(sa.ForeignKey("school_year.id"), nullable=False)
    term: Mapped[int | None] = mapped_column()  # empty: both terms
    book: Mapped[Book] = mapped_column(words(Book), nullable=False, default=Book.GRADEBOOK)
    effect: Mapped[WindowEffect] = mapped_column(words(WindowEffect), nullable=False)
    mode: Mapped[WindowMode] = mapped_column(words(WindowMode), nullable=False)
    columns: Mapped[list[str]] = mapped_column(sa.JSON, nullable=False, default=list)
    levels: Mapped[list[str]] = mapped_column(sa.JSON, nullable=False, default=list)
    grades: Mapped[list[int]] = mapped_column(sa.JSON, nullable=False, default=list)
    class_ids: Mapped[list[int]] = mapped_column(sa.JSON, nullable=False, default=list)
    unit_ids: Mapped[list[int]] = mapped_column(sa.JSON, nullable=False, default=list)
    subject_ids: Mapped[list[int]] = mapped_column(sa.JSON, nullable=False, default=list)
    sheet_id: Mapped[int | None] = mapped_column(sa.ForeignKey("gradebook_sheet.id"))
    student_ids: Mapped[list[int]] = mapped_column(
        sa.JSON, nullable=False, default=list
    )  # of one sheet: cells
    title: Mapped[str] = mapped_column(sa.String(160), nullable=False)
    reason: Mapped[str] = mapped_column(sa.String(300), nullable=False)
    opens_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    closes_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ended_reason: Mapped[str | None] = mapped_column(sa.String(300))
    announced_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ordered_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), nullable=False)
    executed_by_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id"), nullable=False)
    owner: Mapped["OrgUnit"] = relationship()
    school_year: Mapped["SchoolYear"] = relationship()
    ordered_by: Mapped["Person"] = relationship()
    executed_by: Mapped["Account"] = relationship()
    sheet: Mapped["GradebookSheet | None"] = relationship()

    @property
    def effective_close(self) -> datetime | None:
        """When it really closes: its plan, or its early end."""
        ends = [t for t in (self.closes_at, self.ended_at) if t is not None]
        return min(ends) if ends else None
