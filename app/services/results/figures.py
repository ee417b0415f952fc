"""A student's subjects as figures of a period: which ones they are, what each has come to, what it lacks."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.assessment.exemptions import exempts_whole
from app.domain.assessment.facts import YEAR, SubjectFigure
from app.domain.assessment.registry import CONDUCT
from app.domain.assessment.subjects import year_result
from app.domain.sheet_forms import SheetForm
from app.domain.vocabulary import Level
from app.models import (
    ExemptionDecision,
    SchoolClass,
    SchoolYear,
    StudentSubject,
    Subject,
    SubjectYear,
)
from app.models.gradebook import Mark
from app.reference.curriculum import LineStatus
from app.services.programme import plan_lines
from app.services.results.lines import Lines, lacking
from app.services.results.places import MIDTERMS, term_of

BOTH = (1, 2)


class Taken(NamedTuple):
    """A subject a student takes, in which terms, and whether it counts in the result."""

    subject: Subject
    terms: tuple[int, ...]
    counts: bool = True


@dataclass(frozen=True)
class Choice:
    """A chosen subject; `ends_on`: its last day where it was dropped."""

    subject_id: int
    status: str
    counts: bool
    ends_on: date | None


@dataclass(frozen=True)
class Plans:
    """Subjects of the programme by level and grade, in printed order, and each student's choices and exemptions."""

    subjects: Mapping[int, Subject]
    lines: Mapping[tuple[Level, int], Sequence[tuple[str, Taken]]]  # each with its status
    choices: Mapping[int, Sequence[Choice]]
    exempt: Mapping[tuple[int, int], frozenset[int | None]]  # terms, None: the whole year
    years: Mapping[tuple[int, int], Any]

    def taken(self, school_class: SchoolClass, student_id: int, day: date) -> list[Taken]:
        """The student's own subjects on that day: the compulsory ones, and those chosen and not dropped before."""
        mine = {
            (choice.subject_id, choice.status): choice
            for choice in self.choices.get(student_id, ())
            if choice.status != LineStatus.CLUSTER and (choice.ends_on is None or choice.ends_on >= day)
        }
        found = []
        for status, line in self.lines[school_class.level, school_class.grade]:
            choice = mine.pop((line.subject.id, status), None) if mine else None
            if choice:
                found.append(line._replace(counts=choice.counts))
            elif status == LineStatus.COMPULSORY:
                found.append(line)
        found += [
            Taken(self.subjects[c.subject_id], BOTH, c.counts) for c in mine.values()
        ]  # gone from the plan
        return found

    def printed_order(self, *classes: SchoolClass) -> dict[str, int]:
        """The place of every subject by its code: those of the classes' plan first, as it has them.

        Classes with different plans follow the department's list of subjects.
        """
        plans = {tuple(line.subject.code for _status, line in self.lines[c.level, c.grade]) for c in classes}
        first = plans.pop() if len(plans) == 1 else ()
        listed = sorted(self.subjects.values(), key=lambda subject: (subject.order_no, subject.id))
        codes = dict.fromkeys((*first, *(subject.code for subject in listed)))
        return {code: place for place, code in enumerate(codes)}


def load_plans(
    session: Session, classes: Sequence[SchoolClass], year: SchoolYear, students: Collection[int]
) -> Plans:
    """Five statements, one of them for each grade."""
    ids = sorted(students)
    subjects = {subject.id: subject for subject in session.scalars(sa.select(Subject))}
    unit_id = classes[0].unit_id
    lines = {
        (level, grade): [
            (line.status, Taken(subjects[line.subject_id], tuple(line.terms)))
            for line in plan_lines(session, unit_id, year, level, grade)
        ]
        for level, grade in sorted({(c.level, c.grade) for c in classes})
    }
    return Plans(
        subjects,
        lines,
        _choices(session, year.id, ids),
        _exempt(session, year.id, ids),
        _years(session, year.id, ids),
    )


def _choices(session: Session, year_id: int, students: list[int]) -> dict[int, list[Choice]]:
    rows = session.execute(
        sa.select(
            StudentSubject.student_id,
            StudentSubject.subject_id,
            StudentSubject.status,
            StudentSubject.counts,
            StudentSubject.ends_on,
        )
        .where(StudentSubject.school_year_id == year_id, StudentSubject.student_id.in_(students))
        .order_by(StudentSubject.id)
    )
    found: dict[int, list[Choice]] = defaultdict(list)
    for student, subject, status, counts, ends_on in rows:
        found[student].append(Choice(subject, status, counts, ends_on))
    return found


def _exempt(
    session: Session, year_id: int, students: list[int]
) -> dict[tuple[int, int], frozenset[int | None]]:
    rows = session.execute(
        sa.select(ExemptionDecision.student_id, ExemptionDecision.subject_id, ExemptionDecision.term).where(
            ExemptionDecision.school_year_id == year_id, ExemptionDecision.student_id.in_(students)
        )
    )
    found: dict[tuple[int, int], frozenset[int | None]] = {}
    for student, subject, term in rows:
        found[student, subject] = found.get((student, subject), frozenset()) | {term}
    return found


def _years(session: Session, year_id: int, students: list[int]) -> dict[tuple[int, int], Any]:
    columns = ("student_id", "subject_id", "term_1", "term_2", "average", "retest", "retest_level")
    rows = session.execute(
        sa.select(*(getattr(SubjectYear, name) for name in columns)).where(
            SubjectYear.school_year_id == year_id, SubjectYear.student_id.in_(students)
        )
    )
    return {(row.student_id, row.subject_id): row for row in rows}


class Figures:
    """The figures of students of one class."""

    def __init__(self, school_class: SchoolClass, plans: Plans, lines: Lines, form: SheetForm) -> None:
        self._class = school_class
        self._plans = plans
        self._lines = lines
        self._primary = form is SheetForm.PRIMARY
        self._old = school_class.circular in CONDUCT

    def of(self, student_id: int, period: int, day: date) -> tuple[SubjectFigure, ...]:
        """The student's subjects in the period, in printed order."""
        figure = self._year if period == YEAR else self._term
        return tuple(
            figure(student_id, taken, period)
            for taken in self._plans.taken(self._class, student_id, day)
            if period == YEAR or term_of(period) in taken.terms
        )

    def _term(self, student_id: int, taken: Taken, period: int) -> SubjectFigure:
        term = term_of(period)
        exempt = bool(self._exempt(student_id, taken) & {None, term})
        if self._primary:
            return self._point(student_id, taken, period, exempt)
        value, missing = self._result(student_id, taken, term)
        return _figure(taken, value=value, exempt=exempt, missing=() if value is not None else missing)

    def _result(self, student_id: int, taken: Taken, term: int) -> tuple[Mark | None, tuple[str, ...]]:
        """The term's result as it is stored, else what the line lacks; a term spent elsewhere stands in the year row."""
        line = self._lines.newest(student_id, taken.subject.id, term)
        value = line.average if line is not None else None
        if value is None and line is None:
            year = self._plans.years.get((student_id, taken.subject.id))
            value = getattr(year, f"term_{term}", None)
        if value is not None:
            return value, ()
        return None, lacking(self._lines.sheet_for(line, self._class, taken.subject.id, term), line)

    def _year(self, student_id: int, taken: Taken, _period: int) -> SubjectFigure:
        year = self._plans.years.get((student_id, taken.subject.id))
        if self._primary:
            return self._primary_year(student_id, taken, year)
        free = self._exempt(student_id, taken)
        terms = [t for t in taken.terms if not (self._old and free & {None, t})]
        results = {term: self._result(student_id, taken, term)[0] for term in terms}
        value = year_result(
            self._class.circular, taken.subject.kind, results.get(1), results.get(2), one_term=len(terms) == 1
        )
        if value is None and not any(results.values()):
            value = year.average if year else None
        lacks = tuple(f"term_{term}" for term in terms if results[term] is None) if value is None else ()
        return _figure(
            taken,
            value=value,
            exempt=not terms or None in free,
            retest=year.retest if year else None,
            term_1=results.get(1),
            term_2=results.get(2),
            missing=lacks,
        )

    def _point(self, student_id: int, taken: Taken, period: int, exempt: bool) -> SubjectFigure:
        """Level and test of a primary subject at the end of a term or in its middle (TT 27/2020 Điều 7)."""
        term, point = term_of(period), "midterm" if period in MIDTERMS else "final"
        line = self._lines.newest(student_id, taken.subject.id, term)
        sheet = self._lines.sheet_for(line, self._class, taken.subject.id, term)
        return _figure(
            taken,
            value=getattr(line, f"{point}_level", None),
            test=_score(getattr(line, point, None)),
            has_test=sheet is not None and point in sheet.tests,
            exempt=exempt,
        )

    def _primary_year(self, student_id: int, taken: Taken, year: Any) -> SubjectFigure:
        """The year ends with the last of the four points; both ends of term stand beside it."""
        points = {term: self._point(student_id, taken, term, False) for term in taken.terms}
        last = points[max(points)]
        return _figure(
            taken,
            value=last.value,
            test=last.test,
            has_test=last.has_test,
            exempt=None in self._exempt(student_id, taken),
            retest=year.retest_level if year else None,
            retest_test=_score(year.retest) if year else None,
            term_1=points[1].value if 1 in points else None,
            term_2=points[2].value if 2 in points else None,
        )

    def _exempt(self, student_id: int, taken: Taken) -> frozenset[int | None]:
        """Terms, None for the whole year. By the old circulars a subject stays whose practical part alone is exempted."""
        if self._old and not exempts_whole(self._class.circular, taken.subject.code):
            return frozenset()
        return self._plans.exempt.get((student_id, taken.subject.id), frozenset())


def _figure(taken: Taken, **values: Any) -> SubjectFigure:
    subject = taken.subject
    return SubjectFigure(subject.code, subject.name, subject.kind, counts=taken.counts, **values)


def _score(mark: Mark | None) -> Decimal | None:
    return mark if isinstance(mark, Decimal) else None
