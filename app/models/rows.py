"""Lines of the sheets that are not of marks alone: weight-2 tests, primary subjects, traits, training results."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.assessment.terms import SubjectLevel, TraitLevel
from app.domain.sheet_forms import PERIODIC_COLUMNS, TRAIT_COLUMNS, SheetForm
from app.domain.vocabulary import REGULAR_COLUMNS, MarkState
from app.models.base import MarkType, Model, mark_check, words
from app.models.gradebook import Grade, Mark, RegularMarks, SheetRow

_MARK = Mapped[Mark | None]
_TESTS = ("midterm", "final")


class WeightedGrade(Model, SheetRow, RegularMarks):
    """Marks of a subject and term with weight-2 tests (TT 58/2011 Điều 7)."""

    __tablename__ = "weighted_grade"
    __table_args__ = (
        sa.Index("ix_weighted_grade_student", "student_id"),
        *(mark_check("weighted_grade", c) for c in (*REGULAR_COLUMNS, *PERIODIC_COLUMNS, "final", "average")),
    )

    periodic_1: _MARK = mapped_column(MarkType)
    periodic_2: _MARK = mapped_column(MarkType)
    periodic_3: _MARK = mapped_column(MarkType)
    periodic_4: _MARK = mapped_column(MarkType)
    periodic_5: _MARK = mapped_column(MarkType)
    periodic_6: _MARK = mapped_column(MarkType)
    periodic_7: _MARK = mapped_column(MarkType)
    periodic_8: _MARK = mapped_column(MarkType)
    final: _MARK = mapped_column(MarkType)
    final_state: Mapped[MarkState | None] = mapped_column(words(MarkState))
    average: _MARK = mapped_column(MarkType)


class PrimaryGrade(Model, SheetRow):
    """Level, test score and comment of a primary subject at the two points of a term (TT 27/2020 Điều 7)."""

    __tablename__ = "primary_grade"
    __table_args__ = (
        sa.Index("ix_primary_grade_student", "student_id"),
        *(mark_check("primary_grade", column) for column in _TESTS),
    )

    midterm_level: Mapped[SubjectLevel | None] = mapped_column(words(SubjectLevel))
    midterm: _MARK = mapped_column(MarkType)
    midterm_state: Mapped[MarkState | None] = mapped_column(words(MarkState))
    midterm_comment: Mapped[str | None] = mapped_column(sa.String(500))
    final_level: Mapped[SubjectLevel | None] = mapped_column(words(SubjectLevel))
    final: _MARK = mapped_column(MarkType)
    final_state: Mapped[MarkState | None] = mapped_column(words(MarkState))


class TraitGrade(Model, SheetRow):
    """Levels of the qualities and competences at the two points of a term, by the circular's list (TT 27/2020 Điều 7 khoản 2).

    `midterm_trait_1` … `final_trait_15`: the numbers count the list of the sheet's circular.
    """

    __tablename__ = "trait_grade"
    __table_args__ = (sa.Index("ix_trait_grade_student", "student_id"),)

    midterm_comment: Mapped[str | None] = mapped_column(sa.String(500))


for _column in (*TRAIT_COLUMNS["midterm"], *TRAIT_COLUMNS["final"]):
    setattr(TraitGrade, _column, mapped_column(words(TraitLevel)))


class TrainingRow(Model, SheetRow):
    """Training result (or hạnh kiểm) of a term with its reason, and the sessions missed in it.

    TT 22/2021 Điều 8 and 12, TT 58/2011 Điều 3, 4 and 15. `training` is a value of ResultLevel or of Conduct, as the
    sheet's circular has it; `comment` gives the reason.
    """

    __tablename__ = "training_row"
    __table_args__ = (
        sa.Index("ix_training_row_student", "student_id"),
        sa.CheckConstraint("excused IS NULL OR excused BETWEEN 0 AND 400", name="ck_training_row_excused"),
        sa.CheckConstraint(
            "unexcused IS NULL OR unexcused BETWEEN 0 AND 400", name="ck_training_row_unexcused"
        ),
    )

    training: Mapped[str | None] = mapped_column(sa.String(16))
    excused: Mapped[int | None] = mapped_column(sa.SmallInteger)
    unexcused: Mapped[int | None] = mapped_column(sa.SmallInteger)


ROWS: dict[SheetForm, type[Any]] = {
    SheetForm.MARKS: Grade,
    SheetForm.WEIGHTED: WeightedGrade,
    SheetForm.PRIMARY: PrimaryGrade,
    SheetForm.TRAITS: TraitGrade,
    SheetForm.TRAINING: TrainingRow,
}
"""The lines of a sheet by its form."""
