"""Marks shown to families before they are confirmed, their questions, and the comparing with teachers' own books."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Dated, Model, UTCDateTime, Versioned

if TYPE_CHECKING:
    from app.models.gradebook import GradebookSheet
    from app.models.org import OrgUnit
    from app.models.people import Account, Guardian, Person, Student


class FamilyLink(Model, Versioned, Dated):
    """An account of a family and the student whose record it may read; `guardian_id` empty: the student's own account."""

    __tablename__ = "family_link"
    __table_args__ = (sa.UniqueConstraint("user_id", "student_id", name="uq_family_link"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id"), nullable=False)
    student_id: Mapped[int] = mapped_column(sa.ForeignKey("student.id"), nullable=False, index=True)
    guardian_id: Mapped[int | None] = mapped_column(sa.ForeignKey("guardian.id"))
    user: Mapped["Account"] = relationship()
    student: Mapped["Student"] = relationship()
    guardian: Mapped["Guardian | None"] = relationship()


class Publication(Model, Versioned):
    """From `published_at` families see the marks of a term, or of some columns; questions until `questions_until`.

    S0 Điều 8 khoản 1, S1 Điều 3 khoản 5.1, S4 Điều 14 khoản 1. `columns` by their lock names; empty: all of the term.
    Ended, never deleted.
    """

    __tablename__ = "publication"
    __table_args__ = (sa.Index("ix_publication_place", "unit_id", "school_year_id", "term"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"), nullable=False)
    school_year_id: Mapped[int] = mapped_column(sa.ForeignKey("school_year.id"), nullable=False)
    term: Mapped[int] = mapped_column(nullable=False)
    columns: Mapped[list[str]] = mapped_column(sa.JSON, nullable=False, default=list)
    note: Mapped[str | None] = mapped_column(sa.String(300))
    published_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    questions_until: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    published_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), nullable=False)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ended_reason: Mapped[str | None] = mapped_column(sa.String(300))
    unit: Mapped["OrgUnit"] = relationship()
    published_by: Mapped["Person"] = relationship()


class MarkQuestion(Model, Versioned):
    """A family's question about one subject's marks, answered by who teaches it."""

    __tablename__ = "mark_question"
    __table_args__ = (
        sa.Index("ix_mark_question_sheet", "sheet_id", "open"),
        sa.Index("ix_mark_question_student", "student_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"), nullable=False)
    publication_id: Mapped[int] = mapped_column(sa.ForeignKey("publication.id"), nullable=False)
    student_id: Mapped[int] = mapped_column(sa.ForeignKey("student.id"), nullable=False)
    sheet_id: Mapped[int] = mapped_column(sa.ForeignKey("gradebook_sheet.id"), nullable=False)
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    open: Mapped[bool] = mapped_column(nullable=False, default=True)  # waits for the teacher
    student: Mapped["Student"] = relationship()
    sheet: Mapped["GradebookSheet"] = relationship()
    publication: Mapped[Publication] = relationship()


class MarkQuestionMessage(Model):
    """One message of such a thread; `by_family`: from the student or a guardian. Append-only."""

    __tablename__ = "mark_question_message"

    id: Mapped[int] = mapped_column(primary_key=True)
    question_id: Mapped[int] = mapped_column(sa.ForeignKey("mark_question.id"), nullable=False, index=True)
    written_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id"), nullable=False)
    author: Mapped[str] = mapped_column(sa.String(120), nullable=False)
    by_family: Mapped[bool] = mapped_column(nullable=False)
    text: Mapped[str] = mapped_column(sa.String(1000), nullable=False)


class Attestation(Model):
    """A teacher attests that the sheet equals the own book, or a list of one column is compared with it. Append-only.

    S0 Điều 8 khoản 2, Điều 11 khoản 2; S1 Điều 5 khoản 1; S4 Điều 15 khoản 2. `digest` is of the sheet's data as it was.
    `rows`: the list as it was, {student_id, name, sheet, list} of every student compared, with what the sheet held then
    (the column's name is of a time when those that differed were kept alone); `column` empty: the whole sheet.
    """

    __tablename__ = "attestation"
    __table_args__ = (
        sa.Index("ix_attestation_place", "unit_id", "school_year_id", "term"),
        sa.Index("ix_attestation_sheet", "sheet_id", "made_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"), nullable=False)
    school_year_id: Mapped[int] = mapped_column(sa.ForeignKey("school_year.id"), nullable=False)
    term: Mapped[int] = mapped_column(nullable=False)
    sheet_id: Mapped[int] = mapped_column(sa.ForeignKey("gradebook_sheet.id"), nullable=False)
    column: Mapped[str | None] = mapped_column(sa.String(24))
    digest: Mapped[str] = mapped_column(sa.String(64), nullable=False)
    source: Mapped[str] = mapped_column(sa.String(200), nullable=False)  # what it was compared with
    file_digest: Mapped[str | None] = mapped_column(sa.String(64))
    compared: Mapped[int] = mapped_column(nullable=False, default=0)
    rows: Mapped[list[dict[str, Any]]] = mapped_column("differences", sa.JSON, nullable=False, default=list)
    made_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), nullable=False)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id"), nullable=False)
    sheet: Mapped["GradebookSheet"] = relationship()
    person: Mapped["Person"] = relationship()
    notes: Mapped[list["AttestationNote"]] = relationship(order_by="AttestationNote.id")


class AttestationNote(Model):
    """Why one difference of a comparison is as it is: without it, closing is refused (needs A1). Append-only."""

    __tablename__ = "attestation_note"
    __table_args__ = (sa.UniqueConstraint("attestation_id", "student_id", name="uq_attestation_note"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    attestation_id: Mapped[int] = mapped_column(sa.ForeignKey("attestation.id"), nullable=False)
    student_id: Mapped[int] = mapped_column(sa.ForeignKey("student.id"), nullable=False)
    text: Mapped[str] = mapped_column(sa.String(500), nullable=False)
    written_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), nullable=False)
    person: Mapped["Person"] = relationship()
