"""What terms and years come to: the stored results, and the decisions only people make."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import MarkType, Model, UTCDateTime, Versioned, mark_check

if TYPE_CHECKING:
    from app.models.calendar import SchoolYear
    from app.models.classes import SchoolClass
    from app.models.people import Student

_WORD = Mapped[str | None]


class StudentResult(Model, Versioned):
    """A student's result of a term (`period` 1, 2) or year (0), with the circular, its version and the figures.

    The words are values of the circular's enums (`domain/assessment/terms`); `figures` are the Facts it was judged from
    as JSON, so that the same result can be reached again years later. `missing`: what a result not there yet lacks.
    """

    __tablename__ = "student_result"
    __table_args__ = (
        mark_check("student_result", "average"),
        sa.Index("ix_student_result_class", "class_id", "period"),
        sa.Index("ix_student_result_unit", "unit_id", "school_year_id", "period"),
    )

    student_id: Mapped[int] = mapped_column(
        sa.ForeignKey("student.id"), primary_key=True, autoincrement=False
    )
    school_year_id: Mapped[int] = mapped_column(
        sa.ForeignKey("school_year.id"), primary_key=True, autoincrement=False
    )
    period: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"), nullable=False)
    class_id: Mapped[int] = mapped_column(sa.ForeignKey("school_class.id"), nullable=False)
    circular: Mapped[str] = mapped_column(sa.String(24), nullable=False)
    version: Mapped[str] = mapped_column(sa.String(16), nullable=False)
    learning: _WORD = mapped_column(sa.String(16))
    learning_before: _WORD = mapped_column(sa.String(16))
    learning_after: _WORD = mapped_column(sa.String(16))  # after kiểm tra lại
    average: Mapped[Decimal | None] = mapped_column(MarkType)  # ĐTB các môn (TT 58/2011)
    training: _WORD = mapped_column(sa.String(16))
    title: _WORD = mapped_column(sa.String(16))
    outcome: _WORD = mapped_column(sa.String(16))
    class_rank: Mapped[int | None] = mapped_column()  # TT 58/2011 only
    absences: Mapped[int | None] = mapped_column()
    missing: Mapped[list[str]] = mapped_column(sa.JSON, nullable=False, default=list)
    figures: Mapped[dict[str, Any]] = mapped_column(sa.JSON, nullable=False)
    computed_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    student: Mapped["Student"] = relationship()
    school_class: Mapped["SchoolClass"] = relationship()
    school_year: Mapped["SchoolYear"] = relationship()


class YearDecision(Model, Versioned):
    """What people decide of a student's year, each with its reason: no rule can work it out.

    `training_year`: hạnh kiểm of the year, a judgement (TT 58/2011 Điều 3 khoản 2). `training_after`: after summer
    training (TT 22/2021 Điều 13). `head`: promoted or retained, by the head (TT 27/2020 Điều 11, TT 22/2021 Điều 12
    khoản 4 for a student with a disability). `outstanding`, `recognised`: for titles of primary students (Điều 13).
    `traits_after`: levels of qualities and competences after supplementary assessment, by code (TT 27/2020 Điều 11).
    `retest_over`: why retests not taken are not taken any more, so that the year's results stand (TT 22/2021 Điều 14).
    """

    __tablename__ = "year_decision"

    student_id: Mapped[int] = mapped_column(
        sa.ForeignKey("student.id"), primary_key=True, autoincrement=False
    )
    school_year_id: Mapped[int] = mapped_column(
        sa.ForeignKey("school_year.id"), primary_key=True, autoincrement=False
    )
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"), nullable=False)
    class_id: Mapped[int] = mapped_column(sa.ForeignKey("school_class.id"), nullable=False, index=True)
    training_year: _WORD = mapped_column(sa.String(16))
    training_year_reason: Mapped[str | None] = mapped_column(sa.String(500))
    training_after: _WORD = mapped_column(sa.String(16))
    training_after_reason: Mapped[str | None] = mapped_column(sa.String(500))
    head: _WORD = mapped_column(sa.String(16))
    head_reason: Mapped[str | None] = mapped_column(sa.String(500))
    disability_reason: Mapped[str | None] = mapped_column(sa.String(500))
    outstanding: Mapped[str | None] = mapped_column(sa.String(500))
    recognised: Mapped[bool] = mapped_column(nullable=False, default=False)
    traits_after: Mapped[dict[str, str] | None] = mapped_column(sa.JSON)
    retest_over: Mapped[str | None] = mapped_column(sa.String(500))
    student: Mapped["Student"] = relationship()
    school_class: Mapped["SchoolClass"] = relationship()
