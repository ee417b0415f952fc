"""Persons, their positions and accounts; students, guardians and enrolments."""

from datetime import date, datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import User as FabUser
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.vocabulary import Role
from app.models.base import Dated, Model, Named, UTCDateTime, Versioned, words

if TYPE_CHECKING:
    from app.models.classes import SchoolClass
    from app.models.org import Department, OrgUnit


class Person(Model, Versioned, Named):
    """A member of staff: one row a human, with positions at one or more units."""

    __tablename__ = "person"
    __table_args__ = (
        sa.Index("ix_person_unit_sort", "unit_id", "sort_key"),
        sa.Index("ix_person_folded", "name_folded"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(
        sa.ForeignKey("org_unit.id"), nullable=False
    )  # keeps the personal file
    department_id: Mapped[int | None] = mapped_column(sa.ForeignKey("department.id"))
    staff_code: Mapped[str | None] = mapped_column(sa.String(20), unique=True)
    national_id: Mapped[str | None] = mapped_column(sa.String(12), unique=True)
    birth_date: Mapped[date | None] = mapped_column(sa.Date)
    sex_code: Mapped[str | None] = mapped_column(sa.String(4))
    ethnicity_code: Mapped[str | None] = mapped_column(sa.String(4))
    phone: Mapped[str | None] = mapped_column(sa.String(20))
    email: Mapped[str | None] = mapped_column(sa.String(120))
    title: Mapped[str | None] = mapped_column(sa.String(80))  # chức vụ as printed
    main_subject: Mapped[str | None] = mapped_column(sa.String(80))
    status_code: Mapped[str] = mapped_column(sa.String(4), nullable=False, default="01")
    unit: Mapped["OrgUnit"] = relationship(foreign_keys=[unit_id])
    department: Mapped["Department | None"] = relationship()

    def __str__(self) -> str:
        return self.full_name


class Position(Model, Versioned, Dated):
    """A role a person holds at a unit for a time: the one source of rights (design §7)."""

    __tablename__ = "position"
    __table_args__ = (sa.Index("ix_position_unit_role", "unit_id", "role"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), nullable=False, index=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"), nullable=False)
    role: Mapped[Role] = mapped_column(words(Role), nullable=False)
    title: Mapped[str] = mapped_column(sa.String(80), nullable=False)
    decision: Mapped[str | None] = mapped_column(sa.String(120))
    granted_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    person: Mapped[Person] = relationship(foreign_keys=[person_id])
    unit: Mapped["OrgUnit"] = relationship()
    granted_by: Mapped[Person | None] = relationship(foreign_keys=[granted_by_id])


class Account(FabUser):
    """An account: a person at a unit, or a unit's administrator account with one named holder at a time.

    FAB's first_name is họ và tên lót, last_name is tên (design §5, trap 23).
    """

    __tablename__ = "ab_user"

    unit_id: Mapped[int | None] = mapped_column(sa.ForeignKey("org_unit.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"), index=True)
    is_unit_admin: Mapped[bool] = mapped_column(nullable=False, default=False)
    session_epoch: Mapped[int] = mapped_column(nullable=False, default=0)
    must_change_password: Mapped[bool] = mapped_column(nullable=False, default=False)
    disabled_reason: Mapped[str | None] = mapped_column(sa.String(200))
    last_seen_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    unit: Mapped["OrgUnit | None"] = relationship(foreign_keys=[unit_id])
    person: Mapped[Person | None] = relationship(foreign_keys=[person_id])

    def get_id(self) -> str:
        """Session key: a reset or a disable raises the epoch and every older cookie is dead."""
        return f"{self.id}.{self.session_epoch}"

    def get_full_name(self) -> str:
        """Name as written, e.g. on the account menu."""
        return self.person.full_name if self.person else f"{self.first_name} {self.last_name}".strip()


Account.__table__.c.email.nullable = True  # most staff have no e-mail (design §5, trap 22)


class AccountHolder(Model, Versioned, Dated):
    """Who holds a unit's administrator account, one named person at a time (S4 Điều 3.2b; S0 Điều 10)."""

    __tablename__ = "account_holder"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id"), nullable=False, index=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), nullable=False)
    decision: Mapped[str | None] = mapped_column(sa.String(120))
    user: Mapped[Account] = relationship()
    person: Mapped[Person] = relationship()


class Student(Model, Versioned, Named):
    """A student's personal sheet (sơ yếu lí lịch; facts F3). Never deleted: a status ends the enrolment."""

    __tablename__ = "student"
    __table_args__ = (
        sa.Index("ix_student_unit_sort", "unit_id", "sort_key"),
        sa.Index("ix_student_sort", "sort_key", "id", "unit_id"),  # a far page is found in the index alone
        sa.Index("ix_student_folded", "name_folded"),
        sa.Index("ix_student_unit_folded", "unit_id", "name_folded"),
        sa.Index("ix_student_register", "unit_id", "register_no"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"), nullable=False)
    student_code: Mapped[str | None] = mapped_column(sa.String(20), unique=True)  # mã định danh của Bộ
    national_id: Mapped[str | None] = mapped_column(sa.String(12), unique=True)  # số định danh cá nhân
    register_no: Mapped[str | None] = mapped_column(sa.String(20))  # số đăng bộ of the present school
    birth_date: Mapped[date] = mapped_column(sa.Date, nullable=False)
    sex_code: Mapped[str] = mapped_column(sa.String(4), nullable=False)
    ethnicity_code: Mapped[str] = mapped_column(sa.String(4), nullable=False, default="01")
    religion_code: Mapped[str | None] = mapped_column(sa.String(4))
    nationality: Mapped[str] = mapped_column(sa.String(40), nullable=False, default="Việt Nam")
    birthplace: Mapped[str | None] = mapped_column(sa.String(160))
    hometown: Mapped[str | None] = mapped_column(sa.String(160))
    address: Mapped[str | None] = mapped_column(sa.String(200))
    phone: Mapped[str | None] = mapped_column(sa.String(20))
    priority: Mapped[str | None] = mapped_column(sa.String(120))
    policy_code: Mapped[str | None] = mapped_column(sa.String(4))
    disability_code: Mapped[str | None] = mapped_column(sa.String(4))
    blood_group_code: Mapped[str | None] = mapped_column(sa.String(4))
    health_note: Mapped[str | None] = mapped_column(sa.String(200))
    status_code: Mapped[str] = mapped_column(sa.String(4), nullable=False, default="01")
    note: Mapped[str | None] = mapped_column(sa.String(300))
    unit: Mapped["OrgUnit"] = relationship()
    guardians: Mapped[list["Guardian"]] = relationship(back_populates="student")

    def __str__(self) -> str:
        return self.full_name


class Guardian(Model, Versioned):
    """Father, mother or guardian of a student."""

    __tablename__ = "guardian"
    __table_args__ = (sa.UniqueConstraint("student_id", "relation", name="uq_guardian_relation"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[int] = mapped_column(sa.ForeignKey("student.id"), nullable=False)
    relation: Mapped[str] = mapped_column(sa.String(12), nullable=False)  # father · mother · guardian
    full_name: Mapped[str] = mapped_column(sa.String(120), nullable=False)
    birth_year: Mapped[int | None] = mapped_column()
    job: Mapped[str | None] = mapped_column(sa.String(80))
    phone: Mapped[str | None] = mapped_column(sa.String(20))
    email: Mapped[str | None] = mapped_column(sa.String(120))
    student: Mapped[Student] = relationship(back_populates="guardians")

    def __str__(self) -> str:
        return self.full_name


class Enrolment(Model, Versioned, Dated):
    """A student in a class for a time; a transfer ends one row and starts another (facts F4, status codes)."""

    __tablename__ = "enrolment"
    __table_args__ = (
        sa.Index("ix_enrolment_class_student", "class_id", "student_id"),
        sa.UniqueConstraint("student_id", "class_id", "starts_on", name="uq_enrolment"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[int] = mapped_column(sa.ForeignKey("student.id"), nullable=False, index=True)
    class_id: Mapped[int] = mapped_column(sa.ForeignKey("school_class.id"), nullable=False)
    order_no: Mapped[int | None] = mapped_column()
    status_code: Mapped[str] = mapped_column(sa.String(4), nullable=False, default="01")
    status_date: Mapped[date | None] = mapped_column(sa.Date)
    entry_code: Mapped[str | None] = mapped_column(sa.String(4))
    leave_reason_code: Mapped[str | None] = mapped_column(sa.String(4))
    other_school: Mapped[str | None] = mapped_column(sa.String(160))
    # số đăng bộ of this school, once another one has received the student and gave a number of its own
    register_no: Mapped[str | None] = mapped_column(sa.String(20))
    student: Mapped[Student] = relationship()
    school_class: Mapped["SchoolClass"] = relationship()
