"""A class's results of a term or year for those who may see them: judged live, beside what is on record."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer

from app.domain.access import Action, Actor, Target, may
from app.domain.assessment.facts import YEAR
from app.domain.assessment.primary import Trait
from app.domain.assessment.primary_plan import traits_shown
from app.domain.assessment.registry import PRIMARY
from app.domain.vocabulary import SubjectKind
from app.models import HomeroomAssignment, SchoolClass, SchoolYear, StudentResult
from app.models.base import in_force
from app.services import scope
from app.services.clock import clamp, local_day
from app.services.programme import terms_of
from app.services.results.judging import NO_RESULTS, Judged, differs, judge_class
from app.services.results.lines import Finding, recheck
from app.services.results.places import days_of, fitting
from app.services.results.reading import read_classes
from app.services.rights import demand


@dataclass(frozen=True)
class Column:
    """A subject of the summary; `tested`: its periodic test stands beside the level (primary)."""

    code: str
    name: str
    short: str
    kind: SubjectKind
    tested: bool


@dataclass(frozen=True)
class Summary:
    """Bảng tổng hợp of a class. `stale`: students whose result on record is another one; `stored_at`: its newest day."""

    school_class: SchoolClass
    year: SchoolYear
    period: int
    columns: tuple[Column, ...]
    traits: tuple[Trait, ...]
    rows: tuple[Judged, ...]
    stale: int
    stored_at: datetime | None
    findings: tuple[Finding, ...]
    may_export: bool


def open_class(
    session: Session, actor: Actor, class_id: int, action: Action, day: date
) -> tuple[SchoolClass, Target]:
    """The class with the facts rights depend on. NotFound out of reach, Forbidden without the right to its results."""
    found = scope.get(session, actor, SchoolClass, class_id, day)
    homeroom = leads_class(session, actor, found, day)
    demand(actor, action, found.unit_id, homeroom=homeroom)
    return found, Target(unit=actor.relation_to(found.unit_id), homeroom=homeroom)


def leads_class(session: Session, actor: Actor, school_class: SchoolClass, day: date) -> bool:
    """True for the homeroom teacher of the class: today's, or of a year that is over the last one."""
    year = school_class.school_year
    held = sa.select(HomeroomAssignment.id).where(
        HomeroomAssignment.class_id == school_class.id,
        HomeroomAssignment.person_id == actor.person_id,
        in_force(HomeroomAssignment, clamp(day, year.starts_on, year.ends_on)),
    )
    return actor.person_id is not None and session.scalar(held.limit(1)) is not None


def sees_results(session: Session, actor: Actor, school_class: SchoolClass, day: date) -> bool:
    """Whether the actor may open the results of a class that has any: what other pages ask before they link there."""
    own = Target(unit=actor.relation_to(school_class.unit_id))
    return school_class.circular not in NO_RESULTS and (
        may(actor, Action.RESULT_VIEW, own)
        or may(
            actor,
            Action.RESULT_VIEW,
            replace(own, homeroom=leads_class(session, actor, school_class, day)),
        )
    )


def own_classes(session: Session, actor: Actor, year_id: int, day: date) -> list[SchoolClass]:
    """Classes of the year whose homeroom teacher the actor is, as `leads_class` has it; two statements."""
    year = session.get_one(SchoolYear, year_id)
    query = (
        scope.scoped(actor, SchoolClass, day)
        .join(HomeroomAssignment, HomeroomAssignment.class_id == SchoolClass.id)
        .where(
            SchoolClass.school_year_id == year_id,
            HomeroomAssignment.person_id == actor.person_id,
            in_force(HomeroomAssignment, clamp(day, year.starts_on, year.ends_on)),
        )
        .order_by(SchoolClass.grade, SchoolClass.order_no, SchoolClass.name)
    )
    return list(session.scalars(query).unique())


def class_summary(
    session: Session,
    actor: Actor,
    class_id: int,
    period: int | None,
    now: datetime,
    action: Action = Action.RESULT_VIEW,
) -> Summary:
    """The summary of a class; without a `period` that of the term running, or of the year once it is over.

    A period the class's circular doesn't have becomes the one it belongs to (`fitting`).
    """
    today = local_day(now)
    school_class, target = open_class(session, actor, class_id, action, today)
    year = school_class.school_year
    if period is None:
        period = usual_period(session, school_class, year, today)
    period = fitting(school_class.circular, period)
    rows: list[Judged] = []
    findings: list[Finding] = []
    columns: tuple[Column, ...] = ()
    if school_class.circular not in NO_RESULTS:
        reading = read_classes(session, [school_class], year, today, periods=(period,))
        rows = judge_class(reading, class_id, period) if period in reading.days else []
        order = reading.plans.printed_order(school_class)
        columns = _columns(
            rows, {s.code: (order[s.code], s.short_name) for s in reading.plans.subjects.values()}
        )
        findings = recheck(reading.lines)
    stored = load_stored(session, year.id, period, [row.pupil.student_id for row in rows])
    return Summary(
        school_class=school_class,
        year=year,
        period=period,
        columns=columns,
        traits=_traits(school_class, rows),
        rows=tuple(rows),
        stale=sum(differs(stored.get(row.pupil.student_id), row) for row in rows),
        stored_at=max((row.computed_at for row in stored.values()), default=None),
        findings=tuple(findings),
        may_export=may(actor, Action.RESULT_EXPORT, target),
    )


def usual_period(session: Session, school_class: SchoolClass, year: SchoolYear, today: date) -> int:
    """Term I until it ends, then term II, and the year from its last term's end on."""
    days = days_of(terms_of(session, school_class.unit_id, year), date.max)
    return next((term for term in (1, 2) if term in days and today < days[term]), YEAR)


def load_stored(
    session: Session, year_id: int, period: int, students: list[int]
) -> Mapping[int, StudentResult]:
    """Results on record by student, without their figures; one statement."""
    query = (
        sa.select(StudentResult)
        .where(
            StudentResult.school_year_id == year_id,
            StudentResult.period == period,
            StudentResult.student_id.in_(students),
        )
        .options(defer(StudentResult.figures))
    )
    return {row.student_id: row for row in session.scalars(query)}


def _columns(rows: list[Judged], known: Mapping[str, tuple[int, str]]) -> tuple[Column, ...]:
    """Every subject somebody of the class takes, in printed order."""
    found: dict[str, Column] = {}
    for row in rows:
        for figure in row.facts.subjects:
            tested = figure.has_test or (figure.code in found and found[figure.code].tested)
            found[figure.code] = Column(figure.code, figure.name, known[figure.code][1], figure.kind, tested)
    return tuple(sorted(found.values(), key=lambda column: known[column.code][0]))


def _traits(school_class: SchoolClass, rows: list[Judged]) -> tuple[Trait, ...]:
    if school_class.circular not in PRIMARY:
        return ()
    assessed = {code for row in rows for code, level in row.facts.traits.items() if level}
    return traits_shown(school_class.circular, school_class.grade, assessed)
