"""Requests to open locked columns of a sheet for a while, and what each unit that locks them answered."""

from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Model, UTCDateTime, Versioned

if TYPE_CHECKING:
    from app.models.gradebook import GradebookSheet
    from app.models.locks import LockWindow
    from app.models.org import OrgUnit
    from app.models.people import Account, Person


class ExtensionRequest(Model, Versioned):
    """Who asks for which cells of a sheet, until when and why (đơn đề nghị mở khóa, S1 Điều 7.2).

    `student_ids` empty: of every student. Its state is read off its seats; nothing is deleted.
    """

    __tablename__ = "extension_request"
    __table_args__ = (
        sa.Index("ix_extension_request_sheet", "sheet_id", "asked_at"),
        sa.Index("ix_extension_request_unit", "unit_id", "asked_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"), nullable=False)
    sheet_id: Mapped[int] = mapped_column(sa.ForeignKey("gradebook_sheet.id"), nullable=False)
    columns: Mapped[list[str]] = mapped_column(sa.JSON, nullable=False)
    student_ids: Mapped[list[int]] = mapped_column(sa.JSON, nullable=False)
    until: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    reason: Mapped[str] = mapped_column(sa.String(300), nullable=False)
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    asked_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), nullable=False)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    sheet: Mapped["GradebookSheet"] = relationship()
    asked_by: Mapped["Person"] = relationship()
    seats: Mapped[list["ExtensionSeat"]] = relationship(back_populates="request", order_by="ExtensionSeat.id")


class ExtensionSeat(Model, Versioned):
    """One unit whose layer holds the cells: its leader orders, an administrator executes. Blank until it has answered."""

    __tablename__ = "extension_seat"
    __table_args__ = (
        sa.UniqueConstraint("request_id", "unit_id", name="uq_extension_seat"),
        sa.Index("ix_extension_seat_unit", "unit_id", "decided_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(sa.ForeignKey("extension_request.id"), nullable=False)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"), nullable=False)
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    granted: Mapped[bool | None] = mapped_column()
    answer: Mapped[str | None] = mapped_column(sa.String(300))
    ordered_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    executed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("ab_user.id"))
    window_id: Mapped[int | None] = mapped_column(sa.ForeignKey("lock_window.id"))
    request: Mapped[ExtensionRequest] = relationship(back_populates="seats")
    unit: Mapped["OrgUnit"] = relationship()
    ordered_by: Mapped["Person | None"] = relationship()
    executed_by: Mapped["Account | None"] = relationship()
    window: Mapped["LockWindow | None"] = relationship()
