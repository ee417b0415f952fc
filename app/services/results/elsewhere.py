"""Terms students spent at schools outside the program, which count in their year as those schools' records tell them."""

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.models import CountedTerm


def load_counted(session: Session, year_id: int, students: Iterable[int]) -> dict[int, CountedTerm]:
    """Terms of schools outside that count in a school year, by student; one statement.

    A year ends with its second term, so the first is the only one that can be over while it goes on.
    """
    query = sa.select(CountedTerm).where(
        CountedTerm.school_year_id == year_id,
        CountedTerm.student_id.in_(sorted(students)),
        CountedTerm.ended_at.is_(None),
    )
    return {row.student_id: row for row in session.scalars(query)}
