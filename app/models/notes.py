"""Remarks of teachers beside the marks: monthly, on nền nếp, and preschool's record of a child's development."""

from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.notes import MOST_TEXT, NoteKind
from app.models.base import Model, Versioned, words

if TYPE_CHECKING:
    from app.models.calendar import SchoolYear
    from app.models.classes import SchoolClass, Subject
    from app.models.people import Person, Student


class StudentNote(Model, Versioned):
    """What a teacher says of a student, or of the whole class (`student_id` empty), in one period.

    S4 Điều 13 khoản 3, Điều 14 khoản 3; S1 Điều 3 khoản 5.3. `period`: a code of `domain/notes`. A subject teacher's
    has its subject, preschool's its area and whether the goal is reached. The key is natural, so that a class is inserted
    in one statement; it is one text, as some of its parts may be empty (`services/notes.NoteBook.cell`).
    """

    __tablename__ = "student_note"
    __table_args__ = (
        sa.Index("ix_student_note_class", "class_id", "kind", "period"),
        sa.Index("ix_student_note_student", "student_id", "school_year_id"),
    )

    cell: Mapped[str] = mapped_column(sa.String(80), primary_key=True, autoincrement=False)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"), nullable=False)
    school_year_id: Mapped[int] = mapped_column(sa.ForeignKey("school_year.id"), nullable=False)
    class_id: Mapped[int] = mapped_column(sa.ForeignKey("school_class.id"), nullable=False)
    student_id: Mapped[int | None] = mapped_column(sa.ForeignKey("student.id"))
    kind: Mapped[NoteKind] = mapped_column(words(NoteKind), nullable=False)
    period: Mapped[str] = mapped_column(sa.String(8), nullable=False)
    subject_id: Mapped[int | None] = mapped_column(sa.ForeignKey("subject.id"))
    area: Mapped[str | None] = mapped_column(sa.String(24))
    reached: Mapped[bool | None] = mapped_column()
    text: Mapped[str | None] = mapped_column(sa.String(MOST_TEXT))
    author_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))  # who wrote it last
    student: Mapped["Student | None"] = relationship()
    school_class: Mapped["SchoolClass"] = relationship()
    school_year: Mapped["SchoolYear"] = relationship()
    subject: Mapped["Subject | None"] = relationship()
    author: Mapped["Person | None"] = relationship()
