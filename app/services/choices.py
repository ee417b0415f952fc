"""Chosen subjects and chuyên đề of a student (TT 13/2022): part of the plan, different for each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager

from app.domain.access import Action, Actor
from app.errors import N_, Invalid
from app.models import Enrolment, SchoolClass, SchoolYear, Student, StudentSubject, Subject, SubjectPlan
from app.reference.curriculum import LineStatus
from app.services import scope
from app.services.clock import Clock, local_day
from app.services.programme import plan_lines
from app.services.results.due import touch
from app.services.rights import demand
from app.services.rows import is_saved
from app.services.unit_of_work import Work, transaction

ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class Choice:
    """A chosen subject: elective, optional or cluster (cụm chuyên đề), and whether it counts in the result."""

    subject_id: int
    status: str = LineStatus.ELECTIVE.value
    counts: bool = True


def choose_subjects(
    actor: Actor, student_id: int, year_id: int, choices: Sequence[Choice], day: date, *, clock: Clock
) -> None:
    """The student's chosen subjects and chuyên đề of a year are exactly these from `day`; dropped ones end.

    Invalid for a subject that is no such choice in the plan of the student's grade.
    """
    with transaction(actor, "student_subject.choose", clock=clock) as work:
        student = scope.get(work.session, actor, Student, student_id, local_day(clock()))
        demand(actor, Action.STUDENT_MANAGE, student.unit_id)
        year = work.session.get_one(SchoolYear, year_id)
        _check_choices(work.session, student, year, choices)
        place_choices(work, student, year, choices, day)
        if (home := _class_in(work.session, student, year)) is not None:
            touch(work, home.unit_id, [home.id])
        work.audit("student_subject.choose", target=student, year=year.label, chosen=len(choices))


def place_choices(
    work: Work, student: Student, year: SchoolYear, choices: Sequence[Choice], day: date
) -> None:
    """Inside a transaction: write the choices, unchecked (see choose_subjects)."""
    known: dict[tuple[int, str], StudentSubject] = {}
    if is_saved(student):
        mine = StudentSubject.student_id == student.id, StudentSubject.school_year_id == year.id
        known = {
            (r.subject_id, r.status): r for r in work.session.scalars(sa.select(StudentSubject).where(*mine))
        }
    wanted = {(choice.subject_id, choice.status): choice for choice in choices}
    for key, row in known.items():
        if key not in wanted and row.ends_on is None:
            row.ends_on = day - ONE_DAY
    for key, choice in wanted.items():
        held = known.get(key)
        if held is None:
            work.session.add(
                StudentSubject(
                    student=student,
                    school_year=year,
                    subject_id=choice.subject_id,
                    status=choice.status,
                    counts=choice.counts,
                )
            )
        elif (held.ends_on, held.counts) != (None, choice.counts):
            held.ends_on, held.counts = None, choice.counts


def _check_choices(session: Session, student: Student, year: SchoolYear, choices: Sequence[Choice]) -> None:
    found = _class_in(session, student, year)
    if found is None:
        raise Invalid(N_("%(name)s is in no class of %(year)s."), name=student.full_name, year=year.label)
    lines = plan_lines(session, found.unit_id, year, found.level, found.grade)
    allowed = {(line.subject_id, line.status) for line in lines if line.status != LineStatus.COMPULSORY}
    if any((choice.subject_id, choice.status) not in allowed for choice in choices):
        raise Invalid(
            N_("One of the subjects is no choice in the plan of grade %(grade)s."), grade=found.grade
        )


def chosen_by(session: Session, student_id: int) -> list[StudentSubject]:
    """Everything a student has chosen, newest year first, in printed order; ended choices too."""
    query = (
        sa.select(StudentSubject)
        .join(SchoolYear, SchoolYear.id == StudentSubject.school_year_id)
        .join(Subject, Subject.id == StudentSubject.subject_id)
        .where(StudentSubject.student_id == student_id)
        .options(contains_eager(StudentSubject.school_year), contains_eager(StudentSubject.subject))
        .order_by(SchoolYear.start_year.desc(), StudentSubject.status, Subject.order_no)
    )
    return list(session.scalars(query))


def offered_to(session: Session, student: Student, year: SchoolYear) -> list[SubjectPlan]:
    """Lines of the student's grade in that year that are a choice; empty without a class in that year."""
    found = _class_in(session, student, year)
    if found is None:
        return []
    lines = plan_lines(session, found.unit_id, year, found.level, found.grade)
    return [line for line in lines if line.status != LineStatus.COMPULSORY]


def _class_in(session: Session, student: Student, year: SchoolYear) -> SchoolClass | None:
    query = (
        sa.select(SchoolClass)
        .join(Enrolment, Enrolment.class_id == SchoolClass.id)
        .where(Enrolment.student_id == student.id, SchoolClass.school_year_id == year.id)
        .order_by(Enrolment.starts_on.desc())
    )
    return session.scalars(query).first()
