"""Inspections, what is told to the tier above, and reviews of who has access."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.exceptions import ExceptionKind
from app.models.base import Dated, Model, UTCDateTime, Versioned, words
from app.versioning import running_transaction

if TYPE_CHECKING:
    from app.models.calendar import SchoolYear
    from app.models.org import OrgUnit
    from app.models.people import Account, Person


class Inspection(Model, Versioned, Dated):
    """An office sends an inspector into some units for some days, by decision (S0 Điều 13). Ended, never deleted."""

    __tablename__ = "inspection"
    __table_args__ = (sa.Index("ix_inspection_unit", "unit_id", "starts_on"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"), nullable=False)  # the office
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), nullable=False, index=True)
    decision: Mapped[str] = mapped_column(sa.String(120), nullable=False)
    purpose: Mapped[str] = mapped_column(sa.String(300), nullable=False)
    ordered_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), nullable=False)
    executed_by_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id"), nullable=False)
    unit: Mapped["OrgUnit"] = relationship()
    person: Mapped["Person"] = relationship(foreign_keys=[person_id])
    ordered_by: Mapped["Person"] = relationship(foreign_keys=[ordered_by_id])
    places: Mapped[list["InspectionUnit"]] = relationship(back_populates="inspection")


class InspectionUnit(Model, Versioned):
    """A unit an inspection may look into."""

    __tablename__ = "inspection_unit"
    __table_args__ = (
        sa.UniqueConstraint("inspection_id", "unit_id", name="uq_inspection_unit"),
        sa.Index("ix_inspection_unit_place", "unit_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    inspection_id: Mapped[int] = mapped_column(sa.ForeignKey("inspection.id"), nullable=False)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"), nullable=False)
    inspection: Mapped[Inspection] = relationship(back_populates="places")
    unit: Mapped["OrgUnit"] = relationship()


class ExceptionNote(Model):
    """Something the tiers above a unit should see: written with the thing it tells, never changed. Append-only.

    `what` is in the language of the record. `transaction_id`: the history of the thing, where it has one.
    """

    __tablename__ = "exception_note"
    __table_args__ = (
        sa.Index("ix_exception_note_unit", "unit_id", "happened_at"),
        sa.Index("ix_exception_note_kind", "kind", "happened_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"), nullable=False)
    kind: Mapped[ExceptionKind] = mapped_column(words(ExceptionKind), nullable=False)
    happened_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    what: Mapped[str] = mapped_column(sa.String(500), nullable=False)
    reason: Mapped[str | None] = mapped_column(sa.String(500))
    url: Mapped[str | None] = mapped_column(sa.String(200))
    details: Mapped[dict[str, Any]] = mapped_column(sa.JSON, nullable=False, default=dict)
    action: Mapped[str] = mapped_column(sa.String(64), nullable=False)
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("ab_user.id"))
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    transaction_id: Mapped[int | None] = mapped_column(sa.BigInteger, sa.ForeignKey("tx_log.id"))
    unit: Mapped["OrgUnit"] = relationship()
    user: Mapped["Account | None"] = relationship()
    person: Mapped["Person | None"] = relationship()


@sa.event.listens_for(ExceptionNote, "before_insert")
def _tie_to_history(_mapper: Any, connection: sa.Connection, note: ExceptionNote) -> None:
    """The history transaction of the same flush, which has its number by now."""
    note.transaction_id = running_transaction(connection)


class ExceptionLook(Model):
    """An office has looked at a line of the feed, with its words. Append-only; the line itself stays as it is."""

    __tablename__ = "exception_look"
    __table_args__ = (sa.Index("ix_exception_look_note", "note_id", "unit_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    note_id: Mapped[int] = mapped_column(sa.ForeignKey("exception_note.id"), nullable=False)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"), nullable=False)
    looked_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id"), nullable=False)
    text: Mapped[str] = mapped_column(sa.String(500), nullable=False)
    unit: Mapped["OrgUnit"] = relationship()
    person: Mapped["Person | None"] = relationship()


class AccessReview(Model):
    """The head has gone through who has access to the unit in a term, and signs it. Append-only (needs A3)."""

    __tablename__ = "access_review"
    __table_args__ = (sa.Index("ix_access_review_unit", "unit_id", "school_year_id", "term"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"), nullable=False)
    school_year_id: Mapped[int] = mapped_column(sa.ForeignKey("school_year.id"), nullable=False)
    term: Mapped[int] = mapped_column(nullable=False)
    reviewed_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), nullable=False)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id"), nullable=False)
    note: Mapped[str] = mapped_column(sa.String(500), nullable=False)
    digest: Mapped[str] = mapped_column(sa.String(64), nullable=False)  # of the list as it was signed
    figures: Mapped[dict[str, int]] = mapped_column(sa.JSON, nullable=False)
    unit: Mapped["OrgUnit"] = relationship()
    school_year: Mapped["SchoolYear"] = relationship()
    person: Mapped["Person"] = relationship()
