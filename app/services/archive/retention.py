"""How long each kind of record is kept, and whose time is over: data for people to decide by. Nothing is deleted here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.policies import NEVER, RETENTION, PolicyKey
from app.models import Enrolment, Student
from app.services.policies import Setting, settings_of

STILL_HERE: Final = date.max


@dataclass(frozen=True)
class Retention:
    """A kind of record: its rule, and of how many students who left the time is over."""

    key: PolicyKey
    setting: Setting
    over: int


@dataclass(frozen=True)
class Retained:
    """The rules of a unit, and the hold that stops all of them."""

    hold: Setting
    rules: Sequence[Retention]


def retention_of(session: Session, unit_id: int, day: date) -> Retained:
    """The rules that hold for a unit on a day, with the students whose time is over; two statements."""
    settings = settings_of(session, unit_id, day)
    left = _left(session, unit_id)
    held = settings[PolicyKey.LEGAL_HOLD].value == "on"
    rules = [
        Retention(key, settings[key], 0 if held else _over(left, settings[key].value, day))
        for key in RETENTION
    ]
    return Retained(settings[PolicyKey.LEGAL_HOLD], rules)


def _left(session: Session, unit_id: int) -> Mapping[date, int]:
    """Students of a unit by the day their last enrolment ended."""
    last = sa.func.max(sa.func.coalesce(Enrolment.ends_on, STILL_HERE))
    each = (
        sa.select(last.label("day"))
        .join(Student, Student.id == Enrolment.student_id)
        .where(Student.unit_id == unit_id)
        .group_by(Enrolment.student_id)
        .subquery()
    )
    day = sa.type_coerce(each.c.day, sa.Date())
    return {row[0]: row[1] for row in session.execute(sa.select(day, sa.func.count()).group_by(each.c.day))}


def _over(left: Mapping[date, int], years: str, day: date) -> int:
    """Students who left so many years before a day, or earlier."""
    if years == NEVER:
        return 0
    until = day.replace(year=day.year - int(years), day=min(day.day, 28))
    return sum(number for last, number in left.items() if last < until)
