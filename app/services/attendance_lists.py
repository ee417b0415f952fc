"""Attendance across classes and months: classes on a day, a student's year with what was changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.domain.access import Actor, Target
from app.domain.attendance import NONE, Counts, code_of, count, read_called, read_days
from app.models import Attendance, Enrolment, RollCall, SchoolClass, Student
from app.models.base import in_force
from app.services import scope
from app.services.attendance_history import MarkChange, changes_of, versions_of
from app.services.notes_year import year_target


@dataclass(frozen=True)
class ClassDay:
    """A class on one day: whether it was called, how many sit in it, what they missed."""

    class_id: int
    class_name: str
    students: int
    called: bool
    absent: int
    counts: Counts


@dataclass(frozen=True)
class StudentMonth:
    """A student's month in a class: the marks by day, and each change of one."""

    row: Attendance
    marks: dict[int, str]
    history: tuple[MarkChange, ...]

    @property
    def counts(self) -> Counts:
        """The month's sessions."""
        return count(self.marks.values())


@dataclass(frozen=True)
class StudentAttendance:
    """A student's school year."""

    student: Student
    target: Target
    months: tuple[StudentMonth, ...]

    @property
    def counts(self) -> Counts:
        """The year's sessions, in every class and school."""
        return sum((month.counts for month in self.months), NONE)


def classes_on(
    session: Session, where: Sequence[sa.ColumnElement[bool]], year_id: int, day: date
) -> tuple[ClassDay, ...]:
    """The classes of a year (`where` on SchoolClass) on a day, in printed order; three statements."""
    query = (
        sa.select(SchoolClass.id, SchoolClass.name, sa.func.count(sa.distinct(Enrolment.student_id)))
        .join(Enrolment, sa.and_(Enrolment.class_id == SchoolClass.id, in_force(Enrolment, day)))
        .where(*where, SchoolClass.school_year_id == year_id)
        .group_by(SchoolClass.id, SchoolClass.name, SchoolClass.grade, SchoolClass.order_no)
        .order_by(SchoolClass.grade, SchoolClass.order_no, SchoolClass.name)
    )
    rooms = session.execute(query).all()
    ids, month = [row[0] for row in rooms], code_of(day)
    rolls = sa.select(RollCall.class_id, RollCall.days).where(
        RollCall.class_id.in_(ids), RollCall.month == month
    )
    called = {class_id for class_id, days in session.execute(rolls) if day.day in read_called(days)}
    marks = sa.select(Attendance.class_id, Attendance.days).where(
        Attendance.class_id.in_(ids), Attendance.month == month
    )
    missed: dict[int, list[str]] = {}
    for class_id, days in session.execute(marks):
        if mark := read_days(days).get(day.day):
            missed.setdefault(class_id, []).append(mark)
    return tuple(
        ClassDay(
            class_id,
            name,
            students,
            class_id in called,
            len(missed.get(class_id, ())),
            count(missed.get(class_id, ())),
        )
        for class_id, name, students in rooms
    )


def months_of(session: Session, student_id: int, year_id: int) -> tuple[StudentMonth, ...]:
    """What a student missed in a year, for the family; whose child it is, is the caller's to ask. One statement."""
    query = (
        sa.select(Attendance)
        .where(
            Attendance.student_id == student_id,
            Attendance.school_year_id == year_id,
            Attendance.days.is_not(None),
        )
        .order_by(Attendance.month, Attendance.class_id)
    )
    return tuple(StudentMonth(row, read_days(row.days), ()) for row in session.scalars(query))


def student_attendance(
    session: Session, actor: Actor, student_id: int, year_id: int | None, day: date
) -> StudentAttendance:
    """What a student missed in a year, in every class and school. NotFound out of reach; six statements."""
    student = scope.get(session, actor, Student, student_id, day)
    query = (
        scope.scoped(actor, Attendance, day)
        .where(Attendance.student_id == student_id, Attendance.school_year_id == year_id)
        .options(joinedload(Attendance.school_class).joinedload(SchoolClass.unit))
        .order_by(Attendance.month, Attendance.class_id)
    )
    rows = session.scalars(query).all()
    histories = changes_of(
        versions_of(session, (Attendance.student_id, student_id), (Attendance.school_year_id, year_id))
    )
    return StudentAttendance(
        student,
        year_target(session, actor, student, year_id, day),
        tuple(
            StudentMonth(
                row, read_days(row.days), histories.get((row.class_id, row.month, row.student_id), ())
            )
            for row in rows
        ),
    )
