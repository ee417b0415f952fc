"""The gradebook: one sheet a teaching group, grade, subject and term; one wide row a student."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from app.domain.assessment.terms import SubjectLevel
from app.domain.sheet_forms import SheetForm
from app.domain.vocabulary import MARK_COLUMNS, MarkState, Passing, SubjectKind
from app.models.base import MarkType, Model, UTCDateTime, Versioned, mark_check, words
from app.models.logged import Logged

if TYPE_CHECKING:
    from app.models.calendar import SchoolYear
    from app.models.classes import SchoolClass, Subject, TeachingGroup
    from app.models.org import OrgUnit
    from app.models.people import Person, Student

Mark = Decimal | Passing
"""What a cell of a secondary subject holds."""
CellValue = Mark | str | int
"""What a cell of any sheet holds: a mark, a word of the circular, a count, or text."""
_MARK = Mapped[Mark | None]


class GradebookSheet(Model):
    """The lock of a save and its revision: taken first, in sorted order. Not versioned: its rows are.

    `closing` sheets of a transferred student keep their rows; `revision` counts saves.
    """

    __tablename__ = "gradebook_sheet"
    __table_args__ = (
        sa.UniqueConstraint(
            "group_id", "subject_id", "grade", "school_year_id", "term", name="uq_gradebook_sheet"
        ),
        sa.Index("ix_gradebook_sheet_unit_year", "unit_id", "school_year_id", "term"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"), nullable=False)
    school_year_id: Mapped[int] = mapped_column(sa.ForeignKey("school_year.id"), nullable=False)
    term: Mapped[int] = mapped_column(nullable=False)
    group_id: Mapped[int] = mapped_column(sa.ForeignKey("teaching_group.id"), nullable=False)
    class_id: Mapped[int | None] = mapped_column(sa.ForeignKey("school_class.id"), index=True)
    subject_id: Mapped[int] = mapped_column(sa.ForeignKey("subject.id"), nullable=False)
    grade: Mapped[int] = mapped_column(nullable=False)
    level: Mapped[str] = mapped_column(sa.String(24), nullable=False)
    kind: Mapped[SubjectKind] = mapped_column(words(SubjectKind), nullable=False)
    circular: Mapped[str] = mapped_column(sa.String(24), nullable=False)
    form: Mapped[SheetForm] = mapped_column(words(SheetForm), nullable=False, default=SheetForm.MARKS)
    regular_count: Mapped[int] = mapped_column(nullable=False)
    periodic_count: Mapped[int] = mapped_column(nullable=False, default=0)  # weight-2 columns (TT 58/2011)
    tests: Mapped[list[str]] = mapped_column(
        sa.JSON, nullable=False, default=list
    )  # points with a test (primary)
    one_term: Mapped[bool] = mapped_column(nullable=False, default=False)  # the term's result is the year's
    revision: Mapped[int] = mapped_column(nullable=False, default=0)
    # The revision the stored results of its students have seen; behind `revision`, they are due (services/results).
    results_revision: Mapped[int] = mapped_column(nullable=False, default=0)
    # The end of the sheet's chain of history (domain/chain.py): moved by each save, which holds the sheet anyway.
    chain_seq: Mapped[int] = mapped_column(nullable=False, default=0)
    chain_head: Mapped[str | None] = mapped_column(sa.String(64))
    unit: Mapped["OrgUnit"] = relationship()
    school_year: Mapped["SchoolYear"] = relationship()
    group: Mapped["TeachingGroup"] = relationship()
    school_class: Mapped["SchoolClass | None"] = relationship()
    subject: Mapped["Subject"] = relationship()


def _sheet_key(model: Any) -> Any:
    """Which of a row's two links to sheets is the one it stands on."""
    return lambda: [model.sheet_id]


class SheetRow(Versioned):
    """A student's line of a sheet. A row that isn't there is wholly blank.

    The key is natural: a class is inserted in one statement, and a sheet's history is a range of the version table.
    """

    @declared_attr
    def sheet_id(cls) -> Mapped[int]:
        return mapped_column(sa.ForeignKey("gradebook_sheet.id"), primary_key=True, autoincrement=False)

    @declared_attr
    def student_id(cls) -> Mapped[int]:
        return mapped_column(sa.ForeignKey("student.id"), primary_key=True, autoincrement=False)

    @declared_attr
    def class_id(cls) -> Mapped[int | None]:
        return mapped_column(sa.ForeignKey("school_class.id"), index=True)

    comment: Mapped[str | None] = mapped_column(sa.String(500))

    # The row came along with the student from this sheet at this instant; its history goes on there.
    @declared_attr
    def carried_from_id(cls) -> Mapped[int | None]:
        return mapped_column(sa.ForeignKey("gradebook_sheet.id"))

    carried_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    @declared_attr
    def sheet(cls) -> Mapped[GradebookSheet]:
        return relationship(foreign_keys=_sheet_key(cls))

    @declared_attr
    def student(cls) -> Mapped["Student"]:
        return relationship()


class RegularMarks:
    """The cells of regular scores (ĐĐGtx, KTtx); a sheet uses the first `regular_count` of them."""

    regular_1: _MARK = mapped_column(MarkType)
    regular_2: _MARK = mapped_column(MarkType)
    regular_3: _MARK = mapped_column(MarkType)
    regular_4: _MARK = mapped_column(MarkType)
    regular_5: _MARK = mapped_column(MarkType)
    regular_6: _MARK = mapped_column(MarkType)
    regular_7: _MARK = mapped_column(MarkType)
    regular_8: _MARK = mapped_column(MarkType)


class Grade(Model, SheetRow, RegularMarks):
    """A student's marks in a subject and term, one printed line.

    Blank, awaiting a made-up test, a recorded zero and zero are four things: the value and `*_state` tell them apart.
    """

    __tablename__ = "grade"
    __table_args__ = (
        sa.Index("ix_grade_student", "student_id"),
        *(mark_check("grade", column) for column in (*MARK_COLUMNS, "average")),
    )

    midterm: _MARK = mapped_column(MarkType)
    final: _MARK = mapped_column(MarkType)
    midterm_state: Mapped[MarkState | None] = mapped_column(words(MarkState))
    final_state: Mapped[MarkState | None] = mapped_column(words(MarkState))
    average: _MARK = mapped_column(MarkType)  # ĐTBmhk, or Đạt / Chưa đạt of the term


class SubjectYear(Model, Versioned):
    """A student's year in a subject: year average, year comment and retest (TT 22/2021 Điều 9, 14)."""

    __tablename__ = "subject_year"
    __table_args__ = (
        *(mark_check("subject_year", column) for column in ("term_1", "term_2", "average")),
        mark_check("subject_year", "retest"),
    )

    student_id: Mapped[int] = mapped_column(
        sa.ForeignKey("student.id"), primary_key=True, autoincrement=False
    )
    school_year_id: Mapped[int] = mapped_column(
        sa.ForeignKey("school_year.id"), primary_key=True, autoincrement=False
    )
    subject_id: Mapped[int] = mapped_column(
        sa.ForeignKey("subject.id"), primary_key=True, autoincrement=False
    )
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"), nullable=False)
    class_id: Mapped[int | None] = mapped_column(sa.ForeignKey("school_class.id"), index=True)
    term_1: _MARK = mapped_column(MarkType)
    term_2: _MARK = mapped_column(MarkType)
    average: _MARK = mapped_column(MarkType)
    retest: _MARK = mapped_column(MarkType)  # kết quả kiểm tra, đánh giá lại
    retest_level: Mapped[SubjectLevel | None] = mapped_column(
        words(SubjectLevel)
    )  # primary: đánh giá bổ sung
    comment: Mapped[str | None] = mapped_column(sa.String(500))
    exemption_id: Mapped[int | None] = mapped_column(sa.ForeignKey("exemption_decision.id"))
    circular: Mapped[str] = mapped_column(sa.String(24), nullable=False)
    student: Mapped["Student"] = relationship()
    subject: Mapped["Subject"] = relationship()


class SheetSubmission(Logged, Model):
    """A teacher's Chốt: what was entered in these columns at this instant is final. Append-only."""

    __tablename__ = "sheet_submission"
    __table_args__ = (sa.Index("ix_sheet_submission", "sheet_id", "submitted_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    sheet_id: Mapped[int] = mapped_column(sa.ForeignKey("gradebook_sheet.id"), nullable=False)
    columns: Mapped[list[str]] = mapped_column(sa.JSON, nullable=False)
    submitted_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), nullable=False)
    person: Mapped["Person"] = relationship()
