"""Results of a school, and of the schools under an office, from what is on record: a few statements however many."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import Action, Actor
from app.domain.vocabulary import Level, UnitKind
from app.models import Enrolment, OrgUnit, SchoolClass, SchoolYear, StudentResult
from app.models.base import in_force
from app.services import scope
from app.services.clock import local_day
from app.services.programme import terms_of
from app.services.results.counting import Count, counts, measures, word_of
from app.services.results.due import waiting
from app.services.results.judging import NO_RESULTS
from app.services.results.places import days_of
from app.services.rights import demand

MEASURES: Final = ("learning", "training", "outcome", "title")


@dataclass(frozen=True)
class ClassLine:
    """A class, or a grade or school (no `school_class`), with its numbers by measure and word."""

    name: str
    students: int
    numbers: Mapping[str, Mapping[StrEnum | None, int]]
    school_class: SchoolClass | None = None

    def counts(self, measure: str, words: tuple[StrEnum, ...]) -> list[Count]:
        """The words of a measure with numbers and shares."""
        return counts(words, self.numbers.get(measure, {}), self.students)


@dataclass(frozen=True)
class Block:
    """Classes of one grade under one circular, with what is counted there."""

    level: Level
    grade: int
    circular: str
    measures: Mapping[str, tuple[StrEnum, ...]]
    lines: tuple[ClassLine, ...]
    total: ClassLine

    def words(self, measure: str) -> tuple[StrEnum, ...]:
        """The words of a measure; of outcomes, which are many, those somebody has."""
        numbers = self.total.numbers.get(measure, {})
        known = self.measures[measure]
        return tuple(word for word in known if numbers.get(word)) if measure == "outcome" else known


@dataclass(frozen=True)
class UnitResults:
    """A school's results of a period. `due`: classes with marks newer than their results on record."""

    unit: OrgUnit
    year: SchoolYear
    period: int
    grades: tuple[int, ...]
    blocks: tuple[Block, ...]
    stored_at: datetime | None
    due: frozenset[int] = field(default=frozenset())


@dataclass(frozen=True)
class SchoolLine:
    """A school under an office: results on record of a period, and when the newest of them was made."""

    unit: OrgUnit
    results: int
    stored_at: datetime | None


def unit_results(
    session: Session, actor: Actor, unit_id: int, year_id: int, period: int, grade: int | None, now: datetime
) -> UnitResults:
    """Numbers by class and grade, from the results on record. NotFound out of reach, Forbidden without the right."""
    today = local_day(now)
    unit = scope.get(session, actor, OrgUnit, unit_id, today)
    demand(actor, Action.RESULT_VIEW, unit.id)
    year = scope.get(session, actor, SchoolYear, year_id, today)
    return read_unit(session, unit, year, period, grade, today)


def read_unit(
    session: Session, unit: OrgUnit, year: SchoolYear, period: int, grade: int | None, today: date
) -> UnitResults:
    """The same for who has the right already: page and paper show the same numbers."""
    classes = _classes(session, unit.id, year.id)
    days = days_of(terms_of(session, unit.id, year), today)
    chosen = [c for c in classes if grade is None or c.grade == grade]
    students, numbers, stored_at = _numbers(
        session, unit.id, year.id, period, days.get(period, today), chosen
    )
    return UnitResults(
        unit=unit,
        year=year,
        period=period,
        grades=tuple(sorted({c.grade for c in classes})),
        blocks=tuple(_blocks(chosen, students, numbers, period)),
        stored_at=stored_at,
        due=waiting(session, unit.id, year.id),
    )


def schools_below(
    session: Session, actor: Actor, year_id: int, period: int, now: datetime
) -> list[SchoolLine]:
    """Schools under an office by name, with how many results they have on record; two statements."""
    day = local_day(now)
    kinds = [kind for kind in UnitKind if kind.is_school and kind is not UnitKind.PRESCHOOL]
    units = session.scalars(
        scope.scoped(actor, OrgUnit, day)
        .where(OrgUnit.kind.in_(kinds))
        .order_by(OrgUnit.name_folded, OrgUnit.id)
    ).all()
    query = (
        sa.select(StudentResult.unit_id, sa.func.count(), sa.func.max(StudentResult.computed_at))
        .where(
            StudentResult.unit_id.in_([unit.id for unit in units]),
            StudentResult.school_year_id == year_id,
            StudentResult.period == period,
        )
        .group_by(StudentResult.unit_id)
    )
    found = {unit: (number, at) for unit, number, at in session.execute(query)}
    return [SchoolLine(unit, *found.get(unit.id, (0, None))) for unit in units]


def _classes(session: Session, unit_id: int, year_id: int) -> Sequence[SchoolClass]:
    query = (
        sa.select(SchoolClass)
        .where(
            SchoolClass.unit_id == unit_id,
            SchoolClass.school_year_id == year_id,
            SchoolClass.circular.not_in(sorted(NO_RESULTS)),
        )
        .order_by(SchoolClass.grade, SchoolClass.order_no, SchoolClass.name)
    )
    return session.scalars(query).all()


Numbers = Mapping[int, Mapping[str, Counter[StrEnum | None]]]


def _numbers(
    session: Session, unit_id: int, year_id: int, period: int, day: date, classes: Sequence[SchoolClass]
) -> tuple[Mapping[int, int], Numbers, datetime | None]:
    """Students by class on that day; of them the words on record by class and measure; the newest result. Two statements."""
    ids = [c.id for c in classes]
    here = sa.and_(Enrolment.class_id.in_(ids), in_force(Enrolment, day))
    students = dict(
        session.execute(
            sa.select(Enrolment.class_id, sa.func.count(sa.distinct(Enrolment.student_id)))
            .where(here)
            .group_by(Enrolment.class_id)
        ).all()
    )
    still = sa.select(Enrolment.id).where(
        Enrolment.student_id == StudentResult.student_id,
        Enrolment.class_id == StudentResult.class_id,
        in_force(Enrolment, day),
    )
    words = [getattr(StudentResult, measure) for measure in MEASURES]
    rows = session.execute(
        sa.select(StudentResult.class_id, *words, sa.func.count(), sa.func.max(StudentResult.computed_at))
        .where(
            StudentResult.unit_id == unit_id,
            StudentResult.school_year_id == year_id,
            StudentResult.period == period,
            StudentResult.class_id.in_(ids),
            still.exists(),
        )
        .group_by(StudentResult.class_id, *words)
    )
    circulars = {c.id: c.circular for c in classes}
    numbers: dict[int, dict[str, Counter[StrEnum | None]]] = defaultdict(lambda: defaultdict(Counter))
    newest: datetime | None = None
    for class_id, *found, number, at in rows:
        newest = at if newest is None else max(newest, at)
        for measure, text in zip(MEASURES, found, strict=True):
            numbers[class_id][measure][word_of(circulars[class_id], measure, text)] += number
    return students, numbers, newest


def _blocks(
    classes: Iterable[SchoolClass], students: Mapping[int, int], numbers: Numbers, period: int
) -> list[Block]:
    groups: dict[tuple[Level, int, str], list[ClassLine]] = {}
    for school_class in classes:
        line = ClassLine(
            school_class.name,
            students.get(school_class.id, 0),
            numbers.get(school_class.id, {}),
            school_class,
        )
        groups.setdefault((school_class.level, school_class.grade, school_class.circular), []).append(line)
    return [
        Block(*key, measures(key[2], period), tuple(lines), total_of(lines)) for key, lines in groups.items()
    ]


def total_of(lines: Iterable[ClassLine]) -> ClassLine:
    """All of them together."""
    lines = list(lines)
    numbers: dict[str, Counter[Any]] = defaultdict(Counter)
    for line in lines:
        for measure, words in line.numbers.items():
            numbers[measure].update(words)
    return ClassLine("", sum(line.students for line in lines), numbers)
