"""Papers that no longer say what the record says, and the rounds in which they are printed and signed anew."""

from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Model, UTCDateTime

if TYPE_CHECKING:
    from app.models.audit import PrintJob
    from app.models.calendar import SchoolYear
    from app.models.classes import SchoolClass
    from app.models.corrections import CorrectionRequest
    from app.models.documents import Document
    from app.models.org import OrgUnit


class SigningRound(Model):
    """One form of a class (or a school) whose kept papers have to be printed and signed again, from change to last signature.

    `correction_id`: what opened it, empty where the data changed otherwise. `job_id`: the print that was ordered for it.
    """

    __tablename__ = "signing_round"
    __table_args__ = (
        sa.Index("ix_signing_round_unit", "unit_id", "closed_at"),
        sa.Index("ix_signing_round_open", "closed_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"), nullable=False)
    school_year_id: Mapped[int | None] = mapped_column(sa.ForeignKey("school_year.id"))
    class_id: Mapped[int | None] = mapped_column(sa.ForeignKey("school_class.id"), index=True)
    form: Mapped[str] = mapped_column(sa.String(40), nullable=False)
    period: Mapped[int | None] = mapped_column(sa.SmallInteger)
    purpose: Mapped[str] = mapped_column(sa.String(12), nullable=False)
    correction_id: Mapped[int | None] = mapped_column(sa.ForeignKey("correction_request.id"), index=True)
    opened_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    job_id: Mapped[int | None] = mapped_column(sa.ForeignKey("print_job.id"), index=True)
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    unit: Mapped["OrgUnit"] = relationship()
    school_year: Mapped["SchoolYear | None"] = relationship()
    school_class: Mapped["SchoolClass | None"] = relationship()
    correction: Mapped["CorrectionRequest | None"] = relationship()
    job: Mapped["PrintJob | None"] = relationship()
    papers: Mapped[list["StalePaper"]] = relationship(
        back_populates="signing_round", order_by="StalePaper.id"
    )


class StalePaper(Model):
    """A kept paper the record has moved away from: since when, by which correction, and which paper stands in its place.

    The paper and its signatures stay on record as they are.
    """

    __tablename__ = "stale_paper"
    __table_args__ = (sa.UniqueConstraint("document_id", name="uq_stale_paper"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(sa.ForeignKey("signing_round.id"), nullable=False, index=True)
    document_id: Mapped[int] = mapped_column(sa.ForeignKey("document.id"), nullable=False)
    since: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    correction_id: Mapped[int | None] = mapped_column(sa.ForeignKey("correction_request.id"), index=True)
    replaced_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("document.id"), index=True)
    signing_round: Mapped["SigningRound"] = relationship(back_populates="papers")
    document: Mapped["Document"] = relationship(foreign_keys=[document_id], back_populates="stale")
    correction: Mapped["CorrectionRequest | None"] = relationship()
    replaced_by: Mapped["Document | None"] = relationship(foreign_keys=[replaced_by_id])
