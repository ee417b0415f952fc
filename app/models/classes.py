"""Subjects and plans, classes, teaching groups and who teaches them."""

from datetime import date, datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.vocabulary import GroupKind, Level, SubjectKind
from app.models.base import Dated, Model, UTCDateTime, Versioned, words

if TYPE_CHECKING:
    from app.models.calendar import SchoolYear
    from app.models.org import OrgUnit
    from app.models.people import Person, Student


class Subject(Model, Versioned):
    """A subject or compulsory activity of the programme."""

    __tablename__ = "subject"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(40), unique=True, nullable=False)
    name: Mapped[str] = mapped_column(sa.String(120), nullable=False)
    short_name: Mapped[str] = mapped_column(sa.String(40), nullable=False)
    kind: Mapped[SubjectKind] = mapped_column(words(SubjectKind), nullable=False)
    order_no: Mapped[int] = mapped_column(nullable=False, default=0)
    parts: Mapped[list["SubjectPart"]] = relationship(
        back_populates="subject", order_by="SubjectPart.order_no"
    )

    def __str__(self) -> str:
        return self.name


class SubjectPart(Model, Versioned):
    """A part taught by its own teacher: Vật lí, Hóa học, Sinh học in KHTN; one subject, one average (facts A1)."""

    __tablename__ = "subject_part"
    __table_args__ = (sa.UniqueConstraint("subject_id", "code", name="uq_subject_part"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    subject_id: Mapped[int] = mapped_column(sa.ForeignKey("subject.id"), nullable=False)
    code: Mapped[str] = mapped_column(sa.String(40), nullable=False)
    name: Mapped[str] = mapped_column(sa.String(120), nullable=False)
    order_no: Mapped[int] = mapped_column(nullable=False, default=0)
    subject: Mapped[Subject] = relationship(back_populates="parts")

    def __str__(self) -> str:
        return self.name


class SubjectPlan(Model, Versioned):
    """Annual lessons of a subject in a grade: the province's line, or a school's own that replaces it (facts F2)."""

    __tablename__ = "subject_plan"
    __table_args__ = (
        sa.UniqueConstraint(
            "unit_id", "school_year_id", "level", "grade", "subject_id", "status", name="uq_subject_plan"
        ),
        sa.CheckConstraint("annual_lessons > 0", name="ck_subject_plan_lessons"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"), nullable=False)
    school_year_id: Mapped[int] = mapped_column(sa.ForeignKey("school_year.id"), nullable=False, index=True)
    level: Mapped[Level] = mapped_column(words(Level), nullable=False)
    grade: Mapped[int] = mapped_column(nullable=False)
    subject_id: Mapped[int] = mapped_column(sa.ForeignKey("subject.id"), nullable=False)
    annual_lessons: Mapped[int] = mapped_column(nullable=False)
    # compulsory · elective · optional · cluster (cụm chuyên đề học tập)
    status: Mapped[str] = mapped_column(sa.String(12), nullable=False, default="compulsory")
    terms: Mapped[list[int]] = mapped_column(sa.JSON, nullable=False, default=lambda: [1, 2])
    # weight-2 tests a term, 1 to 8 (TT 58/2011 Điều 8); empty: the usual number
    weighted_tests: Mapped[int | None] = mapped_column()
    unit: Mapped["OrgUnit"] = relationship()
    school_year: Mapped["SchoolYear"] = relationship()
    subject: Mapped[Subject] = relationship()


class SchoolClass(Model, Versioned):
    """A class of a school in a school year, with the circular that governs it kept beside it."""

    __tablename__ = "school_class"
    __table_args__ = (sa.UniqueConstraint("unit_id", "school_year_id", "name", name="uq_school_class"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"), nullable=False)
    school_year_id: Mapped[int] = mapped_column(sa.ForeignKey("school_year.id"), nullable=False, index=True)
    level: Mapped[Level] = mapped_column(words(Level), nullable=False)
    grade: Mapped[int] = mapped_column(nullable=False)
    name: Mapped[str] = mapped_column(sa.String(40), nullable=False)
    circular: Mapped[str] = mapped_column(sa.String(24), nullable=False)
    order_no: Mapped[int] = mapped_column(nullable=False, default=0)
    specialised_subject_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("subject.id")
    )  # môn chuyên of a lớp chuyên
    sessions: Mapped[int | None] = mapped_column(sa.SmallInteger)  # taught a day: 1 or 2; empty: one
    unit: Mapped["OrgUnit"] = relationship()
    school_year: Mapped["SchoolYear"] = relationship()
    specialised_subject: Mapped[Subject | None] = relationship()

    def __str__(self) -> str:
        return self.name


class HomeroomAssignment(Model, Versioned, Dated):
    """Who is homeroom teacher (GVCN) of a class, and when."""

    __tablename__ = "homeroom_assignment"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), nullable=False, index=True)
    class_id: Mapped[int] = mapped_column(sa.ForeignKey("school_class.id"), nullable=False, index=True)
    decision: Mapped[str | None] = mapped_column(sa.String(120))
    person: Mapped["Person"] = relationship()
    school_class: Mapped[SchoolClass] = relationship()


class TeachingGroup(Model, Versioned):
    """Who is taught together: a class, a part of one, or students of several (chosen subjects, chuyên đề)."""

    __tablename__ = "teaching_group"
    __table_args__ = (sa.UniqueConstraint("unit_id", "school_year_id", "name", name="uq_teaching_group"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"), nullable=False)
    school_year_id: Mapped[int] = mapped_column(sa.ForeignKey("school_year.id"), nullable=False, index=True)
    kind: Mapped[GroupKind] = mapped_column(words(GroupKind), nullable=False)
    name: Mapped[str] = mapped_column(sa.String(60), nullable=False)
    class_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("school_class.id"), index=True
    )  # empty: several classes
    unit: Mapped["OrgUnit"] = relationship()
    school_year: Mapped["SchoolYear"] = relationship()
    school_class: Mapped[SchoolClass | None] = relationship()

    def __str__(self) -> str:
        return self.name


class TeachingGroupMember(Model, Versioned, Dated):
    """A student of a group that is not a whole class (whole classes follow their enrolments)."""

    __tablename__ = "teaching_group_member"
    __table_args__ = (sa.Index("ix_teaching_group_member", "group_id", "student_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    group_id: Mapped[int] = mapped_column(sa.ForeignKey("teaching_group.id"), nullable=False)
    student_id: Mapped[int] = mapped_column(sa.ForeignKey("student.id"), nullable=False, index=True)
    group: Mapped[TeachingGroup] = relationship()
    student: Mapped["Student"] = relationship()


class StudentSubject(Model, Versioned):
    """A student's own chosen subject or chuyên đề in a year, and whether it counts in the result.

    Dropping a choice ends it: `ends_on` is its last day, empty while it holds.
    """

    __tablename__ = "student_subject"
    __table_args__ = (
        sa.UniqueConstraint(
            "student_id", "school_year_id", "subject_id", "status", name="uq_student_subject"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[int] = mapped_column(sa.ForeignKey("student.id"), nullable=False)
    school_year_id: Mapped[int] = mapped_column(sa.ForeignKey("school_year.id"), nullable=False)
    subject_id: Mapped[int] = mapped_column(sa.ForeignKey("subject.id"), nullable=False)
    # elective · optional · cluster (cụm chuyên đề học tập), as in the plan's line
    status: Mapped[str] = mapped_column(sa.String(12), nullable=False, default="elective")
    counts: Mapped[bool] = mapped_column(nullable=False, default=True)
    ends_on: Mapped[date | None] = mapped_column(sa.Date)
    student: Mapped["Student"] = relationship()
    school_year: Mapped["SchoolYear"] = relationship()
    subject: Mapped[Subject] = relationship()


class TeachingAssignment(Model, Versioned, Dated):
    """Who teaches a group a subject, or a part of it with its columns, and when; one is in charge and confirms."""

    __tablename__ = "teaching_assignment"
    __table_args__ = (sa.Index("ix_teaching_assignment_group", "group_id", "subject_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), nullable=False, index=True)
    group_id: Mapped[int] = mapped_column(sa.ForeignKey("teaching_group.id"), nullable=False)
    subject_id: Mapped[int] = mapped_column(sa.ForeignKey("subject.id"), nullable=False)
    part_id: Mapped[int | None] = mapped_column(sa.ForeignKey("subject_part.id"))
    columns: Mapped[list[str]] = mapped_column(sa.JSON, nullable=False, default=list)  # empty: every column
    in_charge: Mapped[bool] = mapped_column(nullable=False, default=True)
    decision: Mapped[str | None] = mapped_column(sa.String(120))
    person: Mapped["Person"] = relationship()
    group: Mapped[TeachingGroup] = relationship()
    subject: Mapped[Subject] = relationship()
    part: Mapped[SubjectPart | None] = relationship()


class Delegation(Model, Versioned):
    """The leader lets a named person enter a sheet for a period (S0 Điều 11 khoản 1)."""

    __tablename__ = "delegation"

    id: Mapped[int] = mapped_column(primary_key=True)
    sheet_id: Mapped[int] = mapped_column(sa.ForeignKey("gradebook_sheet.id"), nullable=False, index=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), nullable=False, index=True)
    on_behalf_of_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), nullable=False)
    columns: Mapped[list[str]] = mapped_column(sa.JSON, nullable=False, default=list)
    starts_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    ends_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    ordered_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), nullable=False)
    reason: Mapped[str] = mapped_column(sa.String(300), nullable=False)
    person: Mapped["Person"] = relationship(foreign_keys=[person_id])
    on_behalf_of: Mapped["Person"] = relationship(foreign_keys=[on_behalf_of_id])
    ordered_by: Mapped["Person"] = relationship(foreign_keys=[ordered_by_id])


class ExemptionDecision(Model, Versioned):
    """The head exempts a student, with the file, from the practical part of a subject (TT 22/2021 Điều 10), or from all
    of it (TT 58/2011 Điều 12).
    """

    __tablename__ = "exemption_decision"

    id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[int] = mapped_column(sa.ForeignKey("student.id"), nullable=False, index=True)
    school_year_id: Mapped[int] = mapped_column(sa.ForeignKey("school_year.id"), nullable=False)
    subject_id: Mapped[int] = mapped_column(sa.ForeignKey("subject.id"), nullable=False)
    term: Mapped[int | None] = mapped_column()  # empty: the whole year
    number: Mapped[str] = mapped_column(sa.String(60), nullable=False)
    decided_on: Mapped[date] = mapped_column(sa.Date, nullable=False)
    decided_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), nullable=False)
    evidence: Mapped[str] = mapped_column(sa.String(300), nullable=False)  # the file's name or what it is
    reason: Mapped[str] = mapped_column(sa.String(300), nullable=False)
    student: Mapped["Student"] = relationship()
    subject: Mapped[Subject] = relationship()
    school_year: Mapped["SchoolYear"] = relationship()
    decided_by: Mapped["Person"] = relationship()
