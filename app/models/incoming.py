"""School records that came from other schools, what of them counts here, and those given to students who leave."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Model, UTCDateTime, Versioned

if TYPE_CHECKING:
    from app.models.documents import Document
    from app.models.org import OrgUnit
    from app.models.people import Account, Student


class IncomingRecord(Model):
    """A student's record of another school, as its file says it. Append-only: a mistake is put aside, with a reason.

    `content` is the open record itself (`exchange/records.StudentRecord`), `digest` the SHA-256 of it.
    """

    __tablename__ = "incoming_record"
    __table_args__ = (sa.UniqueConstraint("student_id", "digest", name="uq_incoming_record"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[int] = mapped_column(sa.ForeignKey("student.id"), nullable=False)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"), nullable=False, index=True)
    source_code: Mapped[str] = mapped_column(sa.String(40), nullable=False)
    source_name: Mapped[str] = mapped_column(sa.String(300), nullable=False)
    taken_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)  # when the source wrote it
    digest: Mapped[str] = mapped_column(sa.String(64), nullable=False)
    content: Mapped[str] = mapped_column(
        sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb"), nullable=False
    )
    received_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id"), nullable=False)
    aside_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    aside_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("ab_user.id"))
    aside_reason: Mapped[str | None] = mapped_column(sa.String(300))
    student: Mapped["Student"] = relationship()
    unit: Mapped["OrgUnit"] = relationship()
    user: Mapped["Account"] = relationship(foreign_keys=[user_id])
    aside_by: Mapped["Account | None"] = relationship(foreign_keys=[aside_by_id])


class CountedTerm(Model, Versioned):
    """A term spent at a school outside the program, which counts in the student's year as its record tells it.

    `results`: the term's result by subject id, as text, written into the year rows (SubjectYear) when it was counted;
    `training`, `absences`: what the year is judged from beside them; `learning`, `average`: what the term came to.
    Ended, never deleted, when the record is put aside.
    """

    __tablename__ = "counted_term"
    __table_args__ = (sa.Index("ix_counted_term_student", "student_id", "school_year_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"), nullable=False)
    record_id: Mapped[int] = mapped_column(sa.ForeignKey("incoming_record.id"), nullable=False, index=True)
    student_id: Mapped[int] = mapped_column(sa.ForeignKey("student.id"), nullable=False)
    school_year_id: Mapped[int] = mapped_column(sa.ForeignKey("school_year.id"), nullable=False)
    term: Mapped[int] = mapped_column(sa.SmallInteger, nullable=False)
    source_name: Mapped[str] = mapped_column(sa.String(300), nullable=False)
    class_name: Mapped[str] = mapped_column(sa.String(60), nullable=False)  # there
    results: Mapped[dict[str, Any]] = mapped_column(sa.JSON, nullable=False)
    training: Mapped[str | None] = mapped_column(sa.String(24))
    learning: Mapped[str | None] = mapped_column(sa.String(24))
    average: Mapped[str | None] = mapped_column(sa.String(8))  # ĐTB các môn (TT 58/2011)
    absences: Mapped[int | None] = mapped_column()
    counted_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id"), nullable=False)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Transfer(Model):
    """The papers a student takes to another school, offered and, once the other school says so, received.

    `document_id`: the first paper (the record as XML) in the register of prints; the others have its number. `receipt`:
    the file the receiving school gave, empty where it works in this installation.
    """

    __tablename__ = "transfer"
    __table_args__ = (sa.Index("ix_transfer_student", "student_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"), nullable=False, index=True)
    student_id: Mapped[int] = mapped_column(sa.ForeignKey("student.id"), nullable=False)
    document_id: Mapped[int] = mapped_column(sa.ForeignKey("document.id"), nullable=False)
    made_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id"), nullable=False)
    received_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    received_by: Mapped[str | None] = mapped_column(sa.String(120))
    received_school: Mapped[str | None] = mapped_column(sa.String(300))
    receipt: Mapped[str | None] = mapped_column(sa.Text)
    unit: Mapped["OrgUnit"] = relationship()
    student: Mapped["Student"] = relationship()
    document: Mapped["Document"] = relationship()
    user: Mapped["Account"] = relationship()
