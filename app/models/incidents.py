"""Reports of trouble from teachers to the board, and the frozen results of progress checks."""

from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.closing import CheckKind, IncidentState
from app.models.base import Model, UTCDateTime, Versioned, words

if TYPE_CHECKING:
    from app.models.gradebook import GradebookSheet
    from app.models.people import Person


class Incident(Model, Versioned):
    """A teacher reports trouble with the system or the data to Ban quản trị (S0 Điều 7 khoản 4, Điều 8 khoản 3)."""

    __tablename__ = "incident"
    __table_args__ = (
        sa.Index("ix_incident_unit", "unit_id", "state"),
        sa.Index("ix_incident_reporter", "reported_by_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"), nullable=False)
    title: Mapped[str] = mapped_column(sa.String(160), nullable=False)
    state: Mapped[IncidentState] = mapped_column(words(IncidentState), nullable=False)
    sheet_id: Mapped[int | None] = mapped_column(sa.ForeignKey("gradebook_sheet.id"))
    reported_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    reported_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), nullable=False)
    sheet: Mapped["GradebookSheet | None"] = relationship()
    reported_by: Mapped["Person"] = relationship()


class IncidentMessage(Model):
    """One message of a report, with the state it left the report in. Append-only."""

    __tablename__ = "incident_message"

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(sa.ForeignKey("incident.id"), nullable=False, index=True)
    written_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), nullable=False)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id"), nullable=False)
    state: Mapped[IncidentState] = mapped_column(words(IncidentState), nullable=False)
    text: Mapped[str] = mapped_column(sa.String(2000), nullable=False)
    person: Mapped["Person"] = relationship()


class ProgressCheck(Model):
    """The result of a month's or term's check of who entered what, frozen (S0 Điều 11 khoản 3, S1 Điều 5 khoản 3).

    It is the ground on which teachers are rated, so a second check adds a row and changes none. Append-only.
    """

    __tablename__ = "progress_check"
    __table_args__ = (sa.Index("ix_progress_check_place", "unit_id", "school_year_id", "term"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"), nullable=False)
    school_year_id: Mapped[int] = mapped_column(sa.ForeignKey("school_year.id"), nullable=False)
    term: Mapped[int] = mapped_column(nullable=False)
    kind: Mapped[CheckKind] = mapped_column(words(CheckKind), nullable=False)
    title: Mapped[str] = mapped_column(sa.String(160), nullable=False)
    as_of: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    made_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), nullable=False)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id"), nullable=False)
    person: Mapped["Person"] = relationship()
    rows: Mapped[list["ProgressCheckRow"]] = relationship(order_by="ProgressCheckRow.order_no")


class ProgressCheckRow(Model):
    """A teacher's part of a check in one class and subject: cells required by then, entered, in time, late. Append-only."""

    __tablename__ = "progress_check_row"

    check_id: Mapped[int] = mapped_column(sa.ForeignKey("progress_check.id"), primary_key=True)
    order_no: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    class_id: Mapped[int | None] = mapped_column(sa.ForeignKey("school_class.id"))
    teacher: Mapped[str] = mapped_column(sa.String(120), nullable=False)
    class_name: Mapped[str] = mapped_column(sa.String(80), nullable=False)
    subject: Mapped[str] = mapped_column(sa.String(160), nullable=False)
    required: Mapped[int] = mapped_column(nullable=False)
    entered: Mapped[int] = mapped_column(nullable=False)
    on_time: Mapped[int] = mapped_column(nullable=False)
    late: Mapped[int] = mapped_column(nullable=False)
