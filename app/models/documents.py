"""The register of prints: every paper that left the school's printer, and every record issued to a student."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Model, UTCDateTime

if TYPE_CHECKING:
    from app.models.calendar import SchoolYear
    from app.models.classes import SchoolClass
    from app.models.org import OrgUnit
    from app.models.people import Account, Student
    from app.models.rounds import StalePaper


class Document(Model):
    """One paper as it was printed or issued (S0 Điều 9, Điều 14; S4 Điều 18). Append-only.

    `number` counts the unit's prints of a calendar year, `label` as people quote it; `place` tells the papers of one print
    apart (a class's học bạ are one print and a paper a student). `period`: term 1 or 2, 0 the year, empty for neither.
    `read_on`: the day the record was read for, so that it can be read again; `data_digest` of what was printed, empty for a
    paper whose data isn't compared. `file`: where the PDF is kept, for periodic and issued papers.
    """

    __tablename__ = "document"
    __table_args__ = (
        sa.Index("ix_document_unit", "unit_id", "made_at"),
        sa.Index("ix_document_class", "class_id", "form"),
        sa.Index("ix_document_student", "student_id", "form"),
        sa.CheckConstraint("copies > 0", name="ck_document_copies"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"), nullable=False)
    school_year_id: Mapped[int | None] = mapped_column(sa.ForeignKey("school_year.id"))
    class_id: Mapped[int | None] = mapped_column(sa.ForeignKey("school_class.id"))
    student_id: Mapped[int | None] = mapped_column(sa.ForeignKey("student.id"))
    sheet_id: Mapped[int | None] = mapped_column(sa.ForeignKey("gradebook_sheet.id"))
    job_id: Mapped[int | None] = mapped_column(sa.ForeignKey("print_job.id"), index=True)
    form: Mapped[str] = mapped_column(sa.String(40), nullable=False)
    title: Mapped[str] = mapped_column(sa.String(240), nullable=False)
    period: Mapped[int | None] = mapped_column(sa.SmallInteger)
    purpose: Mapped[str] = mapped_column(sa.String(12), nullable=False)  # regular · periodic · issued
    number: Mapped[int] = mapped_column(nullable=False)
    label: Mapped[str] = mapped_column(sa.String(20), nullable=False)
    place: Mapped[int] = mapped_column(nullable=False, default=1)
    copies: Mapped[int] = mapped_column(nullable=False, default=1)
    pages: Mapped[int] = mapped_column(nullable=False)
    read_on: Mapped[date] = mapped_column(sa.Date, nullable=False)
    made_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id"), nullable=False)
    made_by: Mapped[str] = mapped_column(sa.String(120), nullable=False)  # name, as it stands on the paper
    check_code: Mapped[str] = mapped_column(sa.String(12), unique=True, nullable=False)
    pdf_digest: Mapped[str] = mapped_column(sa.String(64), nullable=False)
    data_digest: Mapped[str | None] = mapped_column(sa.String(64))
    file: Mapped[str | None] = mapped_column(sa.String(160))
    recipient: Mapped[str | None] = mapped_column(sa.String(120))  # to whom it was issued
    basis: Mapped[str | None] = mapped_column(sa.String(300))  # the application it was issued on
    details: Mapped[dict[str, Any]] = mapped_column(sa.JSON, nullable=False, default=dict)
    unit: Mapped["OrgUnit"] = relationship()
    school_year: Mapped["SchoolYear | None"] = relationship()
    school_class: Mapped["SchoolClass | None"] = relationship()
    student: Mapped["Student | None"] = relationship()
    user: Mapped["Account"] = relationship()
    stale: Mapped["StalePaper | None"] = relationship(
        foreign_keys="StalePaper.document_id", back_populates="document"
    )
