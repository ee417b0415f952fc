"""Students whose result of a term or year cannot be worked out yet: of such a class nothing is approved (S4 Điều 12.7)."""

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.assessment.facts import YEAR
from app.models import Enrolment, SchoolClass, StudentResult, YearDecision
from app.models.base import in_force
from app.services.results.counting import measures


def result_gaps(
    session: Session, rooms: Sequence[SchoolClass], year_id: int, period: int, day: date
) -> dict[int, int]:
    """By class, students on the roll of `day` without a result; one statement. Not those of circulars without one.

    Of a term learning and training are asked for (no learning of a student whose disability is on file: TT 22/2021
    Điều 11 judges by subject), of the year what comes of it.
    """
    judged = [room.id for room in rooms if measures(room.circular, period)]
    if not judged:
        return {}
    result, here = StudentResult, sa.orm.aliased(Enrolment)
    there = result.outcome.is_not(None) if period == YEAR else _term_result()
    query = (
        sa.select(here.class_id, sa.func.count(sa.distinct(here.student_id)))
        .outerjoin(
            result,
            sa.and_(
                result.student_id == here.student_id,
                result.class_id == here.class_id,
                result.school_year_id == year_id,
                result.period == period,
            ),
        )
        .outerjoin(
            YearDecision,
            sa.and_(YearDecision.student_id == here.student_id, YearDecision.school_year_id == year_id),
        )
        .where(
            here.class_id.in_(judged),
            in_force(here, day),
            sa.or_(result.student_id.is_(None), sa.not_(there)),
        )
        .group_by(here.class_id)
    )
    return dict(session.execute(query).all())


def _term_result() -> sa.ColumnElement[bool]:
    learnt = sa.or_(StudentResult.learning.is_not(None), YearDecision.disability_reason.is_not(None))
    return sa.and_(StudentResult.training.is_not(None), learnt)
