"""Daily attendance: what a student missed in a month, and on which days a class was called."""

from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Model, Versioned

if TYPE_CHECKING:
    from app.models.classes import SchoolClass
    from app.models.people import Student


class Attendance(Model, Versioned):
    """A student's absences in a class and month, in one wide row: `days` holds "3P 17-K" (`domain/attendance`).

    The key is natural, so that a class is written in one statement. There is no row for who missed nothing.
    """

    __tablename__ = "attendance"
    __table_args__ = (sa.Index("ix_attendance_student", "student_id", "school_year_id"),)

    class_id: Mapped[int] = mapped_column(
        sa.ForeignKey("school_class.id"), primary_key=True, autoincrement=False
    )
    month: Mapped[str] = mapped_column(sa.String(7), primary_key=True)
    student_id: Mapped[int] = mapped_column(
        sa.ForeignKey("student.id"), primary_key=True, autoincrement=False
    )
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"), nullable=False)
    school_year_id: Mapped[int] = mapped_column(sa.ForeignKey("school_year.id"), nullable=False)
    days: Mapped[str | None] = mapped_column(sa.String(160))
    school_class: Mapped["SchoolClass"] = relationship()
    student: Mapped["Student"] = relationship()


class RollCall(Model, Versioned):
    """The days of a month on which a class's attendance was taken: without it "nobody missed" would look like "not taken"."""

    __tablename__ = "roll_call"

    class_id: Mapped[int] = mapped_column(
        sa.ForeignKey("school_class.id"), primary_key=True, autoincrement=False
    )
    month: Mapped[str] = mapped_column(sa.String(7), primary_key=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"), nullable=False)
    school_year_id: Mapped[int] = mapped_column(sa.ForeignKey("school_year.id"), nullable=False)
    days: Mapped[str] = mapped_column(sa.String(100), nullable=False)  # "2 3 4"
    school_class: Mapped["SchoolClass"] = relationship()
