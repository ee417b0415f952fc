"""A class after its year: the sheets of its subjects, who sits on which, and what the actor is to it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager

from app.domain.access import Actor, Target
from app.domain.vocabulary import GroupKind, Role, SubjectKind
from app.models import (
    Enrolment,
    GradebookSheet,
    SchoolClass,
    Subject,
    TeachingAssignment,
    TeachingGroup,
    TeachingGroupMember,
)
from app.models.base import in_force
from app.services import scope
from app.services.results.class_page import leads_class


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
        if sheet.group.kind is GroupKind.WHOLE_CLASS:
            return date.min
        return self.members.get(sheet.group_id, {}).get(student_id)

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
    """The class within the actor's reach, or NotFound; five statements."""
    school_class = scope.get(session, actor, SchoolClass, class_id, day)
    sheets = _sheets(session, school_class)
    groups = {sheet.group_id for sheet in sheets}
    year = school_class.school_year
    taught = session.execute(
        sa.select(TeachingAssignment.group_id, TeachingAssignment.subject_id).where(
            TeachingAssignment.group_id.in_(groups),
            TeachingAssignment.person_id == actor.person_id,
            in_force(TeachingAssignment, min(max(day, year.starts_on), year.ends_on)),
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
    every class of the school; one statement.
    """
    query = (
        scope.scoped(actor, SchoolClass, day)
        .where(SchoolClass.school_year_id == year_id, SchoolClass.unit_id == actor.unit_id)
        .order_by(SchoolClass.grade, SchoolClass.order_no, SchoolClass.name)
    )
    if Role.PRINCIPAL not in actor.roles:
        mixed = (
            sa.select(Enrolment.class_id)
            .join(TeachingGroupMember, TeachingGroupMember.student_id == Enrolment.student_id)
            .join(TeachingAssignment, TeachingAssignment.group_id == TeachingGroupMember.group_id)
            .where(TeachingAssignment.person_id == actor.person_id)
        )
        own = scope.taught_class_ids(actor)
        query = query.where(sa.or_(SchoolClass.id.in_(own), SchoolClass.id.in_(mixed)))
    return list(session.scalars(query))


def _sheets(session: Session, school_class: SchoolClass) -> list[GradebookSheet]:
    shared = (
        sa.select(TeachingGroupMember.group_id)
        .join(Enrolment, Enrolment.student_id == TeachingGroupMember.student_id)
        .where(Enrolment.class_id == school_class.id)
    )
    query = (
        sa.select(GradebookSheet)
        .join(GradebookSheet.subject)
        .join(GradebookSheet.group)
        .where(
            GradebookSheet.unit_id == school_class.unit_id,
            GradebookSheet.school_year_id == school_class.school_year_id,
            GradebookSheet.grade == school_class.grade,
            sa.or_(
                GradebookSheet.class_id == school_class.id,
                sa.and_(GradebookSheet.class_id.is_(None), GradebookSheet.group_id.in_(shared)),
            ),
        )
        .options(contains_eager(GradebookSheet.subject), contains_eager(GradebookSheet.group))
        .order_by(Subject.order_no, Subject.id, TeachingGroup.name, GradebookSheet.term)
    )
    return list(session.scalars(query))


def _members(session: Session, sheets: Iterable[GradebookSheet]) -> dict[int, dict[int, date]]:
    groups = {sheet.group_id for sheet in sheets if sheet.group.kind is not GroupKind.WHOLE_CLASS}
    found: dict[int, dict[int, date]] = defaultdict(dict)
    if groups:
        query = sa.select(TeachingGroupMember).where(TeachingGroupMember.group_id.in_(groups))
        for row in session.scalars(query.order_by(TeachingGroupMember.starts_on)):
            found[row.group_id][row.student_id] = row.starts_on
    return found
