"""Retests and decisions of a school's year that were corrected, or entered after the next school year had begun."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.locks import end_of_day
from app.domain.year_decisions import last_of_summer
from app.models import CorrectionRequest, SchoolClass, SchoolYear, Student, Subject
from app.services.year_locks import (
    RETEST_CELLS,
    SubjectYearVersion,
    YearChange,
    YearDecisionVersion,
    changes_of,
    load_writes,
)


@dataclass(frozen=True)
class LateChange:
    """One change; `request` None: it was entered in a window over the year that was over, of which the tier above read."""

    change: YearChange
    student: str
    school_class: SchoolClass
    subject: str | None
    request: CorrectionRequest | None


def year_changes_after_lock(
    session: Session,
    unit_id: int,
    year: SchoolYear,
    since: datetime,
    until: datetime,
    *,
    class_id: int | None = None,
) -> Sequence[LateChange]:
    """Such changes made in [since, until), the newest first; at most seven statements. The caller asks for the right."""
    places = _places(session, unit_id, year.id)
    if class_id is not None:
        places = {student: room for student, room in places.items() if room == class_id}
    if not places:
        return ()
    over = end_of_day(last_of_summer(year.ends_on))
    found = [
        change
        for change in changes_of(load_writes(session, year.id, places))
        if since <= change.at < until and (change.correction is not None or change.at >= over)
    ]
    students = {change.key[1] for change in found}
    names = _by_id(session, Student, students)
    rooms = _by_id(session, SchoolClass, {places[student] for student in students})
    subjects = _by_id(session, Subject, {change.key[0] for change in found if change.key[0]})
    requests = _by_id(session, CorrectionRequest, {c.correction for c in found if c.correction})
    return [
        LateChange(
            change,
            names[change.key[1]].full_name,
            rooms[places[change.key[1]]],
            subjects[change.key[0]].name if change.key[0] else None,
            requests.get(change.correction),
        )
        for change in found
    ]


def _places(session: Session, unit_id: int, year_id: int) -> dict[int, int]:
    """Students of whose year something was ever entered after the marks, each with the class; one statement."""
    subject, decision = SubjectYearVersion, YearDecisionVersion
    queries = [
        sa.select(version.student_id, version.class_id).where(
            version.unit_id == unit_id, version.school_year_id == year_id, *where
        )
        for version, where in (
            (subject, [sa.or_(*(getattr(subject, cell).is_not(None) for cell in RETEST_CELLS))]),
            (decision, []),
        )
    ]
    return {row.student_id: row.class_id for row in session.execute(sa.union(*queries))}


def _by_id(session: Session, model: Any, keys: set[Any]) -> dict[Any, Any]:
    if not keys:
        return {}
    return {row.id: row for row in session.scalars(sa.select(model).where(model.id.in_(keys)))}
