"""Whose remarks are whose: months a homeroom teacher still owes (S4 Điều 13 khoản 3), subjects a teacher remarks on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import Actor
from app.domain.assessment import preschool
from app.domain.locks import end_of_day
from app.domain.notes import NoteKind, NotePeriod, Span, homeroom_kind, periods
from app.domain.vocabulary import Level
from app.models import (
    Enrolment,
    HomeroomAssignment,
    SchoolClass,
    StudentNote,
    Subject,
    TeachingAssignment,
    TeachingGroup,
    TeachingGroupMember,
)
from app.models.base import in_force
from app.services.clock import local_day
from app.services.notes import domain_terms
from app.services.years import Period


@dataclass(frozen=True)
class NoteDuty:
    """Remarks of one class and month: how many are wanted and written, and when they are due."""

    class_id: int
    class_name: str
    kind: NoteKind
    period: NotePeriod
    required: int
    filled: int
    due_at: datetime
    late: bool

    @property
    def missing(self) -> int:
        """Remarks still to be written."""
        return max(self.required - self.filled, 0)


def note_duties(session: Session, actor: Actor, chosen: Period, now: datetime) -> tuple[NoteDuty, ...]:
    """Months of the chosen term in which a homeroom class of the actor lacks remarks, oldest first; one statement."""
    day = local_day(now)
    mine = (
        sa.select(HomeroomAssignment.id)
        .where(
            HomeroomAssignment.class_id == SchoolClass.id,
            HomeroomAssignment.person_id == actor.person_id,
            in_force(HomeroomAssignment, day),
        )
        .correlate(SchoolClass)
        .exists()
    )
    months = [month for month in begun_months(chosen, day) if month.term == chosen.term]
    found = month_figures(session, (mine, SchoolClass.unit_id == actor.unit_id), chosen, months, now)
    return tuple(duty for duty in found if duty.missing)


def begun_months(chosen: Period, day: date) -> list[NotePeriod]:
    """Months of the chosen year that have begun by `day`."""
    known = periods(Span.MONTHLY, domain_terms(chosen.terms.values()))
    return [month for month in known if month.starts_on <= day]


def month_figures(
    session: Session,
    where: Sequence[sa.ColumnElement[bool]],
    chosen: Period,
    months: Sequence[NotePeriod],
    now: datetime,
) -> tuple[NoteDuty, ...]:
    """Remarks of the homeroom teachers of these classes (`where` on SchoolClass) in these months; one statement."""
    known = {month.code: month for month in months}
    if not known:
        return ()
    day = min(local_day(now), max(term.ends_on for term in chosen.terms.values()))
    query = _query(where, chosen, months, day)
    return tuple(_duty(row, known[row.period], now) for row in session.execute(query))


def _duty(row: Any, month: NotePeriod, now: datetime) -> NoteDuty:
    kind = homeroom_kind(row.level)
    each = len(preschool.areas_of(row.grade)) if kind is NoteKind.DEVELOPMENT else 1
    due_at = end_of_day(month.ends_on)
    return NoteDuty(
        row.id, row.name, kind, month, row.students * each, row.filled, due_at, late=due_at <= now
    )


def _query(
    where: Sequence[sa.ColumnElement[bool]], chosen: Period, months: Sequence[NotePeriod], day: date
) -> sa.Select[Any]:
    """Per class and month: who is in the class on `day` and was in it that month, and how many remarks they have."""
    spans = sa.union_all(
        *(
            sa.select(
                sa.literal(month.code).label("code"),
                sa.literal(month.starts_on, sa.Date).label("starts_on"),
                sa.literal(month.ends_on, sa.Date).label("ends_on"),
            )
            for month in months
        )
    ).subquery("months")
    of_level = sa.case(
        (SchoolClass.level == Level.PRESCHOOL, NoteKind.DEVELOPMENT.value), else_=NoteKind.MONTHLY.value
    )
    written = sa.and_(
        StudentNote.student_id == Enrolment.student_id,
        StudentNote.school_year_id == SchoolClass.school_year_id,
        StudentNote.period == spans.c.code,
        sa.type_coerce(StudentNote.kind, sa.String) == of_level,
        sa.or_(StudentNote.text.is_not(None), StudentNote.reached.is_not(None)),
    )
    return (
        sa.select(
            SchoolClass.id,
            SchoolClass.name,
            SchoolClass.level,
            SchoolClass.grade,
            spans.c.code.label("period"),
            sa.func.count(sa.distinct(Enrolment.student_id)).label("students"),
            sa.func.count(sa.distinct(StudentNote.cell)).label("filled"),
        )
        .join(Enrolment, sa.and_(Enrolment.class_id == SchoolClass.id, in_force(Enrolment, day)))
        .join(spans, Enrolment.starts_on <= spans.c.ends_on)
        .outerjoin(StudentNote, written)
        .where(*where, SchoolClass.school_year_id == chosen.year_id)
        .group_by(
            SchoolClass.id,
            SchoolClass.name,
            SchoolClass.level,
            SchoolClass.grade,
            SchoolClass.order_no,
            spans.c.code,
        )
        .order_by(spans.c.code, SchoolClass.grade, SchoolClass.order_no, SchoolClass.name)
    )


def own_subjects(
    session: Session, actor: Actor, year_id: int, day: date
) -> list[tuple[SchoolClass, Subject]]:
    """(class, subject) the actor teaches in a year on `day`, a group of several classes in each; one statement."""
    seated = (
        sa.select(Enrolment.class_id)
        .join(TeachingGroupMember, TeachingGroupMember.student_id == Enrolment.student_id)
        .where(
            TeachingGroupMember.group_id == TeachingGroup.id,
            Enrolment.class_id == SchoolClass.id,
            in_force(Enrolment, day),
            in_force(TeachingGroupMember, day),
        )
        .correlate(TeachingGroup, SchoolClass)
    )
    mixed = sa.and_(
        TeachingGroup.class_id.is_(None), TeachingGroup.unit_id == SchoolClass.unit_id, seated.exists()
    )
    query = (
        sa.select(SchoolClass, Subject)
        .select_from(TeachingAssignment)
        .join(TeachingGroup, TeachingGroup.id == TeachingAssignment.group_id)
        .join(Subject, Subject.id == TeachingAssignment.subject_id)
        .join(SchoolClass, sa.or_(SchoolClass.id == TeachingGroup.class_id, mixed))
        .where(
            TeachingAssignment.person_id == actor.person_id,
            in_force(TeachingAssignment, day),
            SchoolClass.unit_id == actor.unit_id,
            SchoolClass.school_year_id == year_id,
            SchoolClass.level != Level.PRESCHOOL,
        )
        .order_by(SchoolClass.grade, SchoolClass.order_no, SchoolClass.name, Subject.order_no)
        .distinct()
    )
    return [(room, subject) for room, subject in session.execute(query)]
