"""A class after its year: the sheets of its subjects, who sits on which, and what the actor is to it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import Action, Actor, Target, may
from app.domain.assessment.facts import YEAR
from app.domain.assessment.terms import Outcome
from app.domain.vocabulary import GroupKind, SubjectKind
from app.models import (
    Enrolment,
    GradebookSheet,
    SchoolClass,
    StudentResult,
    Subject,
    TeachingAssignment,
    TeachingGroup,
    TeachingGroupMember,
)
from app.models.base import in_force
from app.services import scope, sheet_list
from app.services.clock import clamp
from app.services.results.class_page import leads_class
from app.services.results.judging import NO_RESULTS

WAITING: Final = (Outcome.RETEST, Outcome.SUMMER_TRAINING, Outcome.SUPPLEMENT, Outcome.HEAD_DECIDES)
"""Outcomes that wait for something to be entered after the year."""


@dataclass(frozen=True)
class YearPlaces:
    """A class with the sheets of its groups and subjects, the earlier term first.

    `members`: by group that isn't the whole class, its students with the day they joined. `taught`: groups and subjects
    the actor is in charge of, `homeroom`: the actor is the homeroom teacher; today's, or of a year that is over the last.
    """

    school_class: SchoolClass
    sheets: tuple[GradebookSheet, ...]
    members: Mapping[int, Mapping[int, date]]
    taught: frozenset[tuple[int, int]]
    homeroom: bool

    def sheet_of(self, student_id: int, subject_id: int) -> GradebookSheet | None:
        """The last sheet of the subject the student sits on; of several groups the one joined last."""
        mine = [
            (joined, sheet.term, sheet)
            for sheet in self.sheets
            if sheet.subject_id == subject_id and (joined := self._joined(sheet, student_id)) is not None
        ]
        return max(mine, key=lambda found: found[:2])[2] if mine else None

    def of_subject(self, subject_id: int) -> list[int]:
        """All sheets of a subject: a save on any of them writes the same rows of the year."""
        return [sheet.id for sheet in self.sheets if sheet.subject_id == subject_id]

    def _joined(self, sheet: GradebookSheet, student_id: int) -> date | None:
        members = self.members.get(sheet.group_id)
        return date.min if members is None else members.get(student_id)

    def teaches(self, student_id: int, subject_id: int) -> bool:
        """The actor enters the student's retest in the subject."""
        sheet = self.sheet_of(student_id, subject_id)
        return sheet is not None and (sheet.group_id, subject_id) in self.taught

    def target(self, actor: Actor, *, teaches: bool = False) -> Target:
        """The facts the permission table asks for."""
        return Target(
            unit=actor.relation_to(self.school_class.unit_id), teaches=teaches, homeroom=self.homeroom
        )

    def homeroom_sheets(self) -> list[int]:
        """What to hold while the year's decisions change: the homeroom teacher's sheet, else every sheet."""
        own = [sheet.id for sheet in self.sheets if sheet.kind is SubjectKind.HOMEROOM]
        return own or [sheet.id for sheet in self.sheets]


def load_places(session: Session, actor: Actor, class_id: int, day: date) -> YearPlaces:
    """The class within the actor's reach, or NotFound; six statements at most."""
    school_class = scope.get(session, actor, SchoolClass, class_id, day)
    in_order = (Subject.order_no, Subject.id, TeachingGroup.name, GradebookSheet.term)
    sheets = session.scalars(sheet_list.of_class(school_class).order_by(*in_order)).all()
    groups = {sheet.group_id for sheet in sheets}
    year = school_class.school_year
    taught = session.execute(
        sa.select(TeachingAssignment.group_id, TeachingAssignment.subject_id).where(
            TeachingAssignment.group_id.in_(groups),
            TeachingAssignment.person_id == actor.person_id,
            in_force(TeachingAssignment, clamp(day, year.starts_on, year.ends_on)),
            TeachingAssignment.in_charge.is_(True),
        )
    )
    return YearPlaces(
        school_class=school_class,
        sheets=tuple(sheets),
        members=_members(session, sheets),
        taught=frozenset((group, subject) for group, subject in taught),
        homeroom=leads_class(session, actor, school_class, day),
    )


def classes_to_enter(session: Session, actor: Actor, year_id: int, day: date) -> list[SchoolClass]:
    """Classes of the year the actor may have something to enter for: taught whole or in a group, led, or as the head
    every class of the school that ends the year with results; one statement.
    """
    query = (
        scope.scoped(actor, SchoolClass, day)
        .where(
            SchoolClass.school_year_id == year_id,
            SchoolClass.unit_id == actor.unit_id,
            SchoolClass.circular.not_in(sorted(NO_RESULTS)),
        )
        .order_by(SchoolClass.grade, SchoolClass.order_no, SchoolClass.name)
    )
    if not may(actor, Action.HEAD_DECIDE, Target()):
        mixed = (
            sa.select(Enrolment.class_id)
            .join(TeachingGroupMember, TeachingGroupMember.student_id == Enrolment.student_id)
            .join(TeachingGroup, TeachingGroup.id == TeachingGroupMember.group_id)
            .join(TeachingAssignment, TeachingAssignment.group_id == TeachingGroup.id)
            .where(TeachingGroup.school_year_id == year_id, TeachingAssignment.person_id == actor.person_id)
        )
        own = scope.taught_class_ids(actor)
        query = query.where(sa.or_(SchoolClass.id.in_(own), SchoolClass.id.in_(mixed)))
    return list(session.scalars(query))


@dataclass(frozen=True)
class ClassToEnter:
    """A class of the reader's, with how many years on record wait for something, by outcome; None: not judged yet."""

    school_class: SchoolClass
    waiting: Mapping[Outcome | None, int]


def classes_waiting(session: Session, actor: Actor, year_id: int, day: date) -> list[ClassToEnter]:
    """`classes_to_enter` with what their students wait for; two statements."""
    classes = classes_to_enter(session, actor, year_id, day)
    found: dict[int, dict[Outcome | None, int]] = {}
    if classes:
        query = (
            sa.select(StudentResult.class_id, StudentResult.outcome, sa.func.count())
            .where(
                StudentResult.class_id.in_([school_class.id for school_class in classes]),
                StudentResult.period == YEAR,
                sa.or_(StudentResult.outcome.in_(WAITING), StudentResult.outcome.is_(None)),
            )
            .group_by(StudentResult.class_id, StudentResult.outcome)
            .order_by(StudentResult.outcome)
        )
        for class_id, outcome, students in session.execute(query):
            found.setdefault(class_id, {})[Outcome(outcome) if outcome else None] = students
    return [ClassToEnter(school_class, found.get(school_class.id, {})) for school_class in classes]


def _members(session: Session, sheets: Iterable[GradebookSheet]) -> dict[int, dict[int, date]]:
    found: dict[int, dict[int, date]] = {
        sheet.group_id: {} for sheet in sheets if sheet.group.kind is not GroupKind.WHOLE_CLASS
    }
    if found:
        query = sa.select(TeachingGroupMember).where(TeachingGroupMember.group_id.in_(found))
        for row in session.scalars(query.order_by(TeachingGroupMember.starts_on)):
            found[row.group_id][row.student_id] = row.starts_on
    return found
