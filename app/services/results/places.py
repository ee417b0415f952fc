"""Who belongs to a class in a term and in the year: whoever sits there on the period's last day, today while it runs."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.assessment.facts import YEAR
from app.domain.assessment.registry import PRIMARY
from app.models import Enrolment, SchoolClass, Student
from app.services.clock import clamp
from app.services.years import TermDates

PERIODS = (1, 2, YEAR)
"""Both terms, then the year."""

MIDTERMS: Final = {3: 1, 4: 2}
"""Giữa học kì I and II of a primary class → their term. Only looked at: no result comes of them and none is kept."""

POINTS: Final = (3, 1, 4, YEAR)
"""The four assessment points of a primary year (TT 27/2020 Điều 7); its last term ends with the year."""


def periods_of(circular: str) -> tuple[int, ...]:
    """What a class under the circular is looked at by, in the order of the year."""
    return POINTS if circular in PRIMARY else PERIODS


def term_of(period: int) -> int:
    """The term a mid-term point belongs to; any other period is itself."""
    return MIDTERMS.get(period, period)


def fitting(circular: str, period: int) -> int:
    """The period itself where the circular has it; else the end of its term, which in primary school may be the year's."""
    known = periods_of(circular)
    return next((p for p in (period, term_of(period)) if p in known), YEAR)


@dataclass(frozen=True, slots=True)
class Pupil:
    """A student of a class."""

    student_id: int
    full_name: str
    sort_key: str


def days_of(terms: Mapping[int, TermDates], today: date) -> dict[int, date]:
    """The day each period is seen on: its last one, today while it runs, its first one before."""
    spans = {number: (term.starts_on, term.ends_on) for number, term in terms.items()}
    if spans:
        spans[YEAR] = (min(first for first, _l in spans.values()), max(last for _f, last in spans.values()))
    return {period: clamp(today, first, last) for period, (first, last) in spans.items()}


def load_pupils(
    session: Session,
    class_ids: Iterable[int],
    days: Mapping[int, date],
    students: Collection[int] | None = None,
) -> dict[tuple[int, int], list[Pupil]]:
    """Students by (class, period), in Vietnamese name order; one statement."""
    query = (
        sa.select(
            Enrolment.class_id,
            Enrolment.starts_on,
            Enrolment.ends_on,
            Student.id,
            Student.full_name,
            Student.sort_key,
        )
        .join(Student, Student.id == Enrolment.student_id)
        .where(Enrolment.class_id.in_(sorted(class_ids)))
        .order_by(Student.sort_key, Student.id)
    )
    if students is not None:
        query = query.where(Student.id.in_(sorted(students)))
    found: dict[tuple[int, int], dict[int, Pupil]] = {}
    for class_id, first, last, student_id, name, key in session.execute(query):
        for period, day in days.items():
            if first <= day and (last is None or last >= day):
                found.setdefault((class_id, period), {})[student_id] = Pupil(student_id, name, key)
    return {place: list(pupils.values()) for place, pupils in found.items()}


def classes_of(session: Session, student_id: int, year_id: int) -> Sequence[tuple[Enrolment, SchoolClass]]:
    """The student's places of a school year, oldest first, wherever they were; one statement."""
    query = (
        sa.select(Enrolment, SchoolClass)
        .join(SchoolClass, SchoolClass.id == Enrolment.class_id)
        .where(Enrolment.student_id == student_id, SchoolClass.school_year_id == year_id)
        .order_by(Enrolment.starts_on, Enrolment.id)
    )
    return [(place, school_class) for place, school_class in session.execute(query)]
