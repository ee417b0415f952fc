"""Keeping results: the stored rows brought up to what the present marks give, history only where something changed.

It is the program's own work, in one pass over classes of a unit: read, judge, compare, one flush. A save that comes in
between raises its sheet's revision beyond the one read here, so that the class is due again.
"""

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from app.domain.access import SYSTEM
from app.domain.assessment.registry import Circular
from app.domain.assessment.regulations import rules_of
from app.errors import HocVuError
from app.models import GradebookSheet, SchoolClass, SchoolYear, StudentResult
from app.services.clock import Clock, local_day
from app.services.results.due import due, member_classes
from app.services.results.judging import NO_RESULTS, WORDS, Judged, judge_class
from app.services.results.lines import Finding, recheck
from app.services.results.places import PERIODS
from app.services.results.reading import Reading, read_classes
from app.services.unit_of_work import Work, transaction

log = logging.getLogger(__name__)

MOST_BATCHES: Final = 20
"""Batches of one round: whoever waits for a book to be printed doesn't wait long."""

KEPT: Final = (
    "unit_id", "class_id", "circular", "version", *WORDS, "average", "class_rank", "absences", "missing", "figures",
)  # fmt: skip
"""What a stored result says; it is written again when any of it has changed."""


@dataclass(frozen=True)
class Refreshed:
    """What a pass did: results written (new or changed), and term results that don't fit their marks."""

    written: int
    findings: tuple[Finding, ...]


def refresh(
    unit_id: int, class_ids: Iterable[int], *, clock: Clock, periods: Collection[int] = PERIODS
) -> Refreshed:
    """Bring the stored results of some classes of a unit up to their present marks.

    All of one school year. Without anything changed nothing is written but the sheets' `results_revision`.
    """
    with transaction(SYSTEM, "result.refresh", clock=clock) as work:
        classes = _classes(work.session, unit_id, class_ids)
        if not classes:
            return Refreshed(0, ())
        sheets = _sheets(work.session, classes)
        judged = [c for c in classes if c.circular not in NO_RESULTS]
        done = _brought_up(work, judged, local_day(clock()), periods) if judged else Refreshed(0, ())
        for sheet, revision in sheets:
            if sheet.results_revision != revision:
                sheet.results_revision = revision
    for finding in done.findings:
        log.warning("sheet %s, student %s: term result %s on record, %s by the rule",
                    finding.sheet_id, finding.student_id, finding.stored, finding.now)  # fmt: skip
    return done


def refresh_due(session: Session, *, clock: Clock, most: int = MOST_BATCHES) -> int:
    """The background worker's round: batches of classes whose marks are newer than their results; how many it did.

    A batch that can't be written (a save holds the database) or judged is left for the next round, and keeps no other.
    """
    batches = due(session)[:most]
    for batch in batches:
        try:
            refresh(batch.unit_id, batch.class_ids, clock=clock)
        except HocVuError as error:
            log.warning("unit %s: results are brought up to date later (%s)", batch.unit_id, error)
        except (ArithmeticError, LookupError, TypeError, ValueError):
            log.exception("unit %s, classes %s: results can't be judged", batch.unit_id, batch.class_ids)
    return len(batches)


def _classes(session: Session, unit_id: int, class_ids: Iterable[int]) -> Sequence[SchoolClass]:
    query = sa.select(SchoolClass).where(
        SchoolClass.unit_id == unit_id, SchoolClass.id.in_(sorted(set(class_ids)))
    )
    return session.scalars(query.order_by(SchoolClass.id)).all()


def _sheets(session: Session, classes: Sequence[SchoolClass]) -> list[tuple[GradebookSheet, int]]:
    """Sheets whose students are all in these classes, each with the revision that is read now, before its marks."""
    ids = {c.id for c in classes}
    mixed = member_classes(session, classes[0])
    covered = sorted(sheet for sheet, members in mixed.items() if members <= ids)
    query = (
        sa.select(GradebookSheet)
        .where(sa.or_(GradebookSheet.class_id.in_(sorted(ids)), GradebookSheet.id.in_(covered)))
        .order_by(GradebookSheet.id)
        .execution_options(populate_existing=True)
    )
    return [(sheet, sheet.revision) for sheet in session.scalars(query)]


def _brought_up(
    work: Work, classes: Sequence[SchoolClass], today: date, periods: Collection[int]
) -> Refreshed:
    year = work.session.get_one(SchoolYear, classes[0].school_year_id)
    reading = read_classes(work.session, classes, year, today, periods=periods)
    return Refreshed(store(work, classes, year, reading), tuple(recheck(reading.lines)))


def store(work: Work, classes: Sequence[SchoolClass], year: SchoolYear, reading: Reading) -> int:
    """Inside a transaction: write the results of classes of one unit and year where they differ; not flushed.

    How many were new or changed.
    """
    stored = _stored(work.session, year.id, reading)
    changed: list[StudentResult] = []
    for school_class in classes:
        for period in reading.days:
            for judged in judge_class(reading, school_class.id, period):
                row = stored.get((judged.pupil.student_id, period))
                if row is not None or judged.reached:
                    _keep(
                        work,
                        row,
                        _values(school_class, judged),
                        (judged.pupil.student_id, year.id, period),
                        changed,
                    )
    _align(changed)
    return len(changed)


def _stored(session: Session, year_id: int, reading: Reading) -> dict[tuple[int, int], StudentResult]:
    students = sorted({pupil.student_id for pupils in reading.pupils.values() for pupil in pupils})
    query = sa.select(StudentResult).where(
        StudentResult.school_year_id == year_id, StudentResult.student_id.in_(students)
    )
    found = session.scalars(query.execution_options(populate_existing=True))
    return {(row.student_id, row.period): row for row in found}


def _keep(
    work: Work,
    row: StudentResult | None,
    values: Mapping[str, Any],
    key: tuple[int, int, int],
    changed: list[StudentResult],
) -> None:
    """A new row, or the new values where they differ."""
    if row is None:
        student_id, year_id, period = key
        row = StudentResult(student_id=student_id, school_year_id=year_id, period=period)
        work.session.add(row)
    elif all(getattr(row, name) == value for name, value in values.items()):
        return
    for name, value in values.items():
        setattr(row, name, value)
    row.computed_at = work.now
    changed.append(row)


def _values(school_class: SchoolClass, judged: Judged) -> dict[str, Any]:
    """The stored columns of a judged period.

    A result not there yet keeps neither figures nor columns, only which subjects it lacks: they change with every mark
    that is entered, and nothing has been judged from them.
    """
    result = judged.result
    words = {name: word.value if (word := getattr(result, name)) is not None else None for name in WORDS}
    lacking = list(dict.fromkeys(code.partition(":")[0] for code in result.missing))
    return {
        "unit_id": school_class.unit_id,
        "class_id": school_class.id,
        "circular": school_class.circular,
        "version": rules_of(Circular(school_class.circular)).version,
        **words,
        "average": result.average,
        "class_rank": judged.rank,
        "absences": judged.facts.absences,
        "missing": lacking,
        "figures": judged.facts.to_json() if result.learning is not None else {},
    }


def _align(rows: Iterable[StudentResult]) -> None:
    """Give every changed row the same set of columns: one executemany (design §5, trap 8)."""
    for row in rows:
        state: Any = sa.inspect(row)
        if state.persistent:
            for name in (*KEPT, "computed_at"):
                flag_modified(row, name)
