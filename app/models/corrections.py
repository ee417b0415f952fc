"""Requests to correct what is final: the cells, who takes part, each step; and a head's authorisation of a deputy."""

from datetime import date, datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.corrections import STEP_OF, Place, Preset, Seat, State, Step, left
from app.models.base import Dated, Model, UTCDateTime, Versioned, words
from app.models.logged import Logged

if TYPE_CHECKING:
    from app.models.calendar import SchoolYear
    from app.models.classes import SchoolClass, Subject
    from app.models.gradebook import GradebookSheet
    from app.models.org import OrgUnit
    from app.models.people import Account, Person, Student


class CorrectionRequest(Model, Versioned):
    """Old → new values of some cells, asked for and decided upon; the way it must go is fixed when it is made.

    `state` is what its steps, which are append-only, come to; `expires_at` ends it whoever looks (domain/corrections).
    Where its cells lie: on `sheet`; in the year (`term` 0) of `school_class`, the retests of `subject` or without one
    its decisions; or among the remarks of `school_class` that `topic` names (`domain/notes.Topic`), or its
    attendance of the month `topic`.
    """

    __tablename__ = "correction_request"
    __table_args__ = (
        sa.Index("ix_correction_request_unit", "unit_id", "school_year_id", "state"),
        sa.Index("ix_correction_request_sheet", "sheet_id"),
        sa.Index("ix_correction_request_state", "state", "expires_at"),
        sa.Index("ix_correction_request_finished", "state", "finished_at"),
        sa.Index("ix_correction_request_tx", "applied_tx_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"), nullable=False)
    school_year_id: Mapped[int] = mapped_column(sa.ForeignKey("school_year.id"), nullable=False)
    term: Mapped[int] = mapped_column(nullable=False)
    place: Mapped[Place] = mapped_column(words(Place), nullable=False)
    sheet_id: Mapped[int | None] = mapped_column(sa.ForeignKey("gradebook_sheet.id"))
    class_id: Mapped[int | None] = mapped_column(sa.ForeignKey("school_class.id"))
    subject_id: Mapped[int | None] = mapped_column(sa.ForeignKey("subject.id"))
    topic: Mapped[str | None] = mapped_column(sa.String(60))
    requested_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), nullable=False, index=True)
    requested_as: Mapped[str] = mapped_column(sa.String(12), nullable=False)  # teacher · homeroom · author
    requested_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    reason: Mapped[str] = mapped_column(sa.String(500), nullable=False)
    evidence: Mapped[str | None] = mapped_column(sa.String(100))  # the file's name in the evidence folder
    evidence_name: Mapped[str | None] = mapped_column(sa.String(160))  # as it was called
    preset: Mapped[Preset] = mapped_column(words(Preset), nullable=False)
    seats: Mapped[list[str]] = mapped_column(sa.JSON, nullable=False)  # to be filled, in order
    seats_above: Mapped[list[str]] = mapped_column(sa.JSON, nullable=False)  # of these, by the tier above
    upper_unit_id: Mapped[int | None] = mapped_column(sa.ForeignKey("org_unit.id"), index=True)
    certifier_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))  # named by the head
    closed: Mapped[str | None] = mapped_column(sa.String(4))  # term · year: what was closed when it was made
    state: Mapped[State] = mapped_column(words(State), nullable=False)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    applied_tx_id: Mapped[int | None] = mapped_column(sa.BigInteger, sa.ForeignKey("tx_log.id"))
    unit: Mapped["OrgUnit"] = relationship(foreign_keys=[unit_id])
    upper_unit: Mapped["OrgUnit | None"] = relationship(foreign_keys=[upper_unit_id])
    school_year: Mapped["SchoolYear"] = relationship()
    sheet: Mapped["GradebookSheet | None"] = relationship()
    school_class: Mapped["SchoolClass | None"] = relationship()
    subject: Mapped["Subject | None"] = relationship()
    requested_by: Mapped["Person"] = relationship(foreign_keys=[requested_by_id])
    certifier: Mapped["Person | None"] = relationship(foreign_keys=[certifier_id])
    cells: Mapped[list["CorrectionCell"]] = relationship(
        back_populates="request", order_by="CorrectionCell.id"
    )
    steps: Mapped[list["CorrectionStep"]] = relationship(
        back_populates="request", order_by="CorrectionStep.id"
    )

    @property
    def filled(self) -> dict[Seat, "CorrectionStep"]:
        """The seats taken so far, each with its step."""
        taking = set(STEP_OF.values())
        return {row.seat: row for row in self.steps if row.seat and row.step in taking}

    @property
    def seats_left(self) -> tuple[Seat, ...]:
        """The seats still to be taken, in order."""
        return left(map(Seat, self.seats), self.filled.keys(), [Seat(s) for s in self.seats_above])

    @property
    def code(self) -> str:
        """As people quote it: ĐC-2027-0007."""
        return f"ĐC-{self.requested_at.year}-{self.id:04d}"


class CorrectionCell(Model, Versioned):
    """One cell of a request: the value it held when asked, and the one it shall hold, as the place reads them.

    Without a student it is on the whole class: a remark.
    """

    __tablename__ = "correction_cell"
    __table_args__ = (sa.UniqueConstraint("request_id", "student_id", "column", name="uq_correction_cell"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(sa.ForeignKey("correction_request.id"), nullable=False)
    student_id: Mapped[int | None] = mapped_column(sa.ForeignKey("student.id"), index=True)
    column: Mapped[str] = mapped_column(sa.String(60), nullable=False)
    old: Mapped[str | None] = mapped_column(sa.String(500))
    new: Mapped[str | None] = mapped_column(sa.String(500))
    request: Mapped[CorrectionRequest] = relationship(back_populates="cells")
    student: Mapped["Student | None"] = relationship()


class CorrectionStep(Logged, Model):
    """Who did what to a request, in which seat, from which account, when and with what words. Append-only."""

    __tablename__ = "correction_step"
    __table_args__ = (sa.Index("ix_correction_step_request", "request_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(sa.ForeignKey("correction_request.id"), nullable=False)
    step: Mapped[Step] = mapped_column(words(Step), nullable=False)
    seat: Mapped[Seat | None] = mapped_column(words(Seat))
    happened_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("ab_user.id"))
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"), index=True)
    unit_id: Mapped[int | None] = mapped_column(sa.ForeignKey("org_unit.id"))
    title: Mapped[str] = mapped_column(
        sa.String(160), nullable=False, default=""
    )  # position then, as printed
    authorisation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("authorisation.id"))
    note: Mapped[str | None] = mapped_column(sa.String(500))
    request: Mapped[CorrectionRequest] = relationship(back_populates="steps")
    user: Mapped["Account | None"] = relationship()
    person: Mapped["Person | None"] = relationship()
    unit: Mapped["OrgUnit | None"] = relationship()
    authorisation: Mapped["Authorisation | None"] = relationship()


class Authorisation(Model, Versioned, Dated):
    """The head lets a deputy sign for the head on some days ("KT. HIỆU TRƯỞNG"). Ended, never deleted."""

    __tablename__ = "authorisation"
    __table_args__ = (sa.Index("ix_authorisation_unit", "unit_id", "starts_on"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"), nullable=False)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), nullable=False)
    given_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), nullable=False)
    number: Mapped[str] = mapped_column(sa.String(60), nullable=False)  # of the written authorisation
    signed_on: Mapped[date] = mapped_column(sa.Date, nullable=False)
    reason: Mapped[str] = mapped_column(sa.String(300), nullable=False)
    unit: Mapped["OrgUnit"] = relationship()
    person: Mapped["Person"] = relationship(foreign_keys=[person_id])
    given_by: Mapped["Person"] = relationship(foreign_keys=[given_by_id])
