"""Lists of a year's end: promoted, to be assessed again, summer training, retained, titles (TT 22/2021 Điều 20).

A class is judged live; a whole school is told from the stored results, with how many classes are still being brought up
to date.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager

from app.domain.access import Action, Actor, may
from app.domain.assessment.facts import YEAR, Facts, Result
from app.domain.assessment.registry import CONDUCT, Circular
from app.domain.assessment.regulations import rules_of
from app.domain.assessment.terms import Outcome, Title
from app.domain.year_decisions import Asked, asked_of
from app.errors import N_, NotFound
from app.models import OrgUnit, SchoolClass, Student, StudentResult
from app.services import scope
from app.services.results.class_page import open_class
from app.services.results.due import waiting
from app.services.results.judging import NO_RESULTS, Judged, judge_class
from app.services.results.places import Pupil
from app.services.results.reading import read_classes
from app.services.rights import demand

NO_LISTS: Final = N_("A class of this level ends the year without results, so there are no lists.")


class ListKind(StrEnum):
    """A list of the year's end."""

    PROMOTED = "promoted"  # được lên lớp
    COMPLETED = "completed"  # hoàn thành chương trình cấp học
    RETEST = "retest"  # phải kiểm tra, đánh giá lại; đánh giá bổ sung
    SUMMER = "summer"  # rèn luyện trong kì nghỉ hè
    HEAD = "head"  # hiệu trưởng xét, quyết định
    RETAINED = "retained"  # không được lên lớp
    NOT_YET = "not_yet"  # chưa đủ căn cứ


_BY_OUTCOME: Final[Mapping[Outcome | None, ListKind]] = {
    Outcome.PROMOTED: ListKind.PROMOTED,
    Outcome.COMPLETED: ListKind.COMPLETED,
    Outcome.HEAD_DECIDES: ListKind.HEAD,
    Outcome.RETAINED: ListKind.RETAINED,
    None: ListKind.NOT_YET,
}


@dataclass(frozen=True, slots=True)
class ListLine:
    """A student of a list: with what the year came to, and what is or was to be assessed again."""

    judged: Judged
    class_id: int
    class_name: str
    asked: Asked = field(default_factory=Asked)

    @property
    def student_id(self) -> int:
        """The student's id."""
        return self.judged.pupil.student_id

    @property
    def name(self) -> str:
        """The student's full name."""
        return self.judged.pupil.full_name

    @property
    def facts(self) -> Facts:
        """The figures of the period."""
        return self.judged.facts

    @property
    def result(self) -> Result:
        """What comes of them."""
        return self.judged.result

    @property
    def kinds(self) -> tuple[ListKind, ...]:
        """The lists the student stands on: who was assessed again stays on that one and stands on the next as well."""
        asked, outcome = self.asked, self.result.outcome
        again = asked.subjects or asked.tests or asked.traits
        now = _BY_OUTCOME.get(outcome if isinstance(outcome, Outcome) else None)
        found = (ListKind.RETEST if again else None, ListKind.SUMMER if asked.summer else None, now)
        return tuple(kind for kind in found if kind)


Titles = Mapping[tuple[int, Title], Sequence[ListLine]]
"""By period and title."""


@dataclass(frozen=True)
class YearLists:
    """The lists of a class, or of a grade, and its titles by period."""

    lines: tuple[ListLine, ...]
    titles: Titles

    def of(self, kind: ListKind) -> list[ListLine]:
        """A list, by class and name."""
        return [line for line in self.lines if kind in line.kinds]

    @property
    def counts(self) -> dict[ListKind, int]:
        """Students by list."""
        found = Counter(kind for line in self.lines for kind in line.kinds)
        return {kind: found[kind] for kind in ListKind}


@dataclass(frozen=True)
class ClassLists:
    """The lists of one class."""

    school_class: SchoolClass
    lists: YearLists
    may_export: bool


@dataclass(frozen=True)
class ClassCounts:
    """How many students of a class ended the year how, by the stored results."""

    class_id: int
    name: str
    grade: int
    students: int
    outcomes: Mapping[Outcome | None, int]
    titles: Mapping[Title, int]


@dataclass(frozen=True)
class SchoolLists:
    """A school's year by class, and the lists of the chosen grade. `waiting`: classes whose results are not up to date."""

    unit: OrgUnit
    classes: tuple[ClassCounts, ...]
    grade: int | None
    lists: YearLists | None
    waiting: int

    @property
    def outcomes(self) -> list[Outcome]:
        """What some student's year came to, in the order of the articles."""
        return [outcome for outcome in Outcome if self.whole.outcomes.get(outcome)]

    @property
    def titles(self) -> list[Title]:
        """Titles somebody has, the highest first."""
        return [title for title in Title if self.whole.titles.get(title)]

    @property
    def whole(self) -> ClassCounts:
        """The school as a whole."""
        outcomes: Counter[Outcome | None] = Counter()
        titles: Counter[Title] = Counter()
        for line in self.classes:
            outcomes.update(line.outcomes)
            titles.update(line.titles)
        return ClassCounts(0, "", 0, outcomes.total(), outcomes, titles)


def class_lists(
    session: Session, actor: Actor, class_id: int, day: date, action: Action = Action.RESULT_VIEW
) -> ClassLists:
    """The lists of a class as judged now. NotFound out of reach, or in preschool; Forbidden without the right."""
    school_class, target = open_class(session, actor, class_id, action, day)
    if school_class.circular in NO_RESULTS:
        raise NotFound(NO_LISTS)
    periods = (1, 2, YEAR) if school_class.circular in CONDUCT else (YEAR,)
    reading = read_classes(session, [school_class], school_class.school_year, day, periods=periods)
    judge = rules_of(Circular(school_class.circular)).judge
    found = {
        period: [
            ListLine(
                judged,
                class_id,
                school_class.name,
                asked_of(judged.facts, judge) if period == YEAR else Asked(),
            )
            for judged in judge_class(reading, class_id, period)
        ]
        for period in periods
    }
    return ClassLists(school_class, _lists(found), may(actor, Action.RESULT_EXPORT, target))


def _lists(found: Mapping[int, Sequence[ListLine]]) -> YearLists:
    titles: dict[tuple[int, Title], list[ListLine]] = {}
    for period, lines in found.items():
        for line in lines:
            if isinstance(line.result.title, Title):
                titles.setdefault((period, line.result.title), []).append(line)
    return YearLists(tuple(found.get(YEAR, ())), titles)


def school_lists(
    session: Session, actor: Actor, unit_id: int, year_id: int, day: date, grade: int | None = None
) -> SchoolLists:
    """The year of a school by class, and the lists of a grade; at most five statements. Forbidden without result.view."""
    unit = scope.get(session, actor, OrgUnit, unit_id, day)
    demand(actor, Action.RESULT_VIEW, unit_id)
    return SchoolLists(
        unit=unit,
        classes=tuple(_counts(session, unit_id, year_id)),
        grade=grade,
        lists=_grade(session, unit_id, year_id, grade) if grade is not None else None,
        waiting=len(waiting(session, unit_id, year_id)),
    )


def _counts(session: Session, unit_id: int, year_id: int) -> list[ClassCounts]:
    """Every class with results of the year; one statement."""
    query = (
        sa.select(
            SchoolClass.id,
            SchoolClass.name,
            SchoolClass.grade,
            StudentResult.outcome,
            StudentResult.title,
            sa.func.count().label("students"),
        )
        .join(StudentResult, StudentResult.class_id == SchoolClass.id)
        .where(
            SchoolClass.unit_id == unit_id,
            SchoolClass.school_year_id == year_id,
            StudentResult.period == YEAR,
        )
        .group_by(
            SchoolClass.id,
            SchoolClass.name,
            SchoolClass.grade,
            SchoolClass.order_no,
            StudentResult.outcome,
            StudentResult.title,
        )
        .order_by(SchoolClass.grade, SchoolClass.order_no, SchoolClass.name)
    )
    rows: dict[int, list[Any]] = {}
    for row in session.execute(query):
        rows.setdefault(row.id, []).append(row)
    return [_class_counts(found) for found in rows.values()]


def _class_counts(rows: Sequence[Any]) -> ClassCounts:
    outcomes: Counter[Outcome | None] = Counter()
    titles: Counter[Title] = Counter()
    for row in rows:
        outcomes[Outcome(row.outcome) if row.outcome else None] += row.students
        if row.title:
            titles[Title(row.title)] += row.students
    first = rows[0]
    return ClassCounts(first.id, first.name, first.grade, sum(outcomes.values()), outcomes, titles)


def _grade(session: Session, unit_id: int, year_id: int, grade: int) -> YearLists:
    """The lists of a grade from the figures on record; one statement."""
    query = (
        sa.select(StudentResult)
        .join(StudentResult.student)
        .join(StudentResult.school_class)
        .where(
            StudentResult.unit_id == unit_id,
            StudentResult.school_year_id == year_id,
            SchoolClass.grade == grade,
        )
        .options(contains_eager(StudentResult.student), contains_eager(StudentResult.school_class))
        .order_by(SchoolClass.order_no, SchoolClass.name, Student.sort_key, Student.id)
    )
    found: dict[int, list[ListLine]] = {}
    for row in session.scalars(query):
        found.setdefault(row.period, []).append(_stored_line(row))
    return _lists(found)


def _stored_line(row: StudentResult) -> ListLine:
    """A stored result as a line; its figures are judged again by the same rules, for what was to be assessed again."""
    school_class = row.school_class
    level, grade = school_class.level.value, school_class.grade
    facts = Facts.from_json(row.figures) if row.figures else Facts(row.circular, level, grade, row.period, ())
    judge = rules_of(Circular(row.circular)).judge
    result = judge(facts) if row.figures else Result(missing=tuple(row.missing))
    asked = asked_of(facts, judge) if row.figures and row.period == YEAR else Asked()
    pupil = Pupil(row.student_id, row.student.full_name, row.student.sort_key)
    return ListLine(Judged(pupil, facts, result), row.class_id, school_class.name, asked)
