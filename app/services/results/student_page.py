"""A student's year: every subject, what came of the terms and the year, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import Action, Actor, UnitRelation
from app.domain.assessment.facts import YEAR, Section, SubjectFigure
from app.domain.assessment.primary_plan import traits_shown
from app.domain.assessment.registry import PRIMARY, Circular
from app.domain.assessment.regulations import rules_of
from app.errors import NotFound
from app.models import CountedTerm, Enrolment, SchoolClass, SchoolYear, Student, StudentResult
from app.services import scope
from app.services.clock import local_day
from app.services.programme import terms_of
from app.services.results.class_page import leads_class, load_stored, usual_period
from app.services.results.judging import NO_RESULTS, Judged, differs, judge_class
from app.services.results.places import classes_of, days_of, fitting, periods_of, term_of
from app.services.results.reading import Reading, read_classes
from app.services.rights import demand


@dataclass(frozen=True)
class Subject:
    """A subject of the year with the sheets of its terms, where the reader may open them; in primary school by point."""

    figure: SubjectFigure
    sheets: Mapping[int, int]
    points: Mapping[int, SubjectFigure]


@dataclass(frozen=True)
class StudentYear:
    """A student's year as its page shows it. `judged` None: the student sat in no class in that period.

    `traits`: levels of a primary student's qualities and competences, by name and assessment point.
    """

    student: Student
    year: SchoolYear
    period: int
    periods: tuple[int, ...]
    school_class: SchoolClass
    judged: Judged | None
    subjects: tuple[Subject, ...]
    traits: Mapping[str, Mapping[int, str | None]]
    sections: tuple[Section, ...]
    stored: StudentResult | None
    stale: bool
    elsewhere: CountedTerm | None = None  # a term at a school outside, which counts here


def student_year(
    session: Session, actor: Actor, student_id: int, year_id: int, period: int | None, now: datetime
) -> StudentYear:
    """NotFound out of reach, or where the student was in no class of that year; Forbidden without the right.

    Who has the student sees the whole year, wherever it was spent; a former school the periods that ended there.
    """
    today = local_day(now)
    year = scope.get(session, actor, SchoolYear, year_id, today)
    student, places, here = _places(session, actor, student_id, year, today)
    homes = _homes(session, places, year, today)
    own = {
        p: home
        for p, home in homes.items()
        if here or actor.relation_to(home.unit_id) is not UnitRelation.OTHER
    }
    if not own:
        raise NotFound
    last = list(own.values())[-1]
    _demand(session, actor, student, last, places, here, today)
    periods = tuple(p for p in periods_of(last.circular) if term_of(p) in own)
    if not periods:
        raise NotFound
    period = fitting(last.circular, period) if period is not None else period
    if period not in periods:
        usual = fitting(last.circular, usual_period(session, last, year, today))
        period = usual if usual in periods else periods[0]
    home, whole = own[term_of(period)], YEAR if YEAR in own else period
    if home.circular in NO_RESULTS:
        raise NotFound
    points = periods if home.circular in PRIMARY else ()
    reading = read_classes(
        session, [home], year, today, periods={period, whole, *points}, students={student_id}
    )
    judged = next((j for j in judge_class(reading, home.id, period)), None)
    stored = load_stored(session, year.id, period, [student_id]).get(student_id)
    return StudentYear(
        student=student,
        year=year,
        period=period,
        periods=periods,
        school_class=home,
        judged=judged,
        subjects=_subjects(actor, reading, judged, home, whole),
        traits=_traits(reading, student_id, home, points),
        sections=rules_of(Circular(home.circular)).explain(judged.facts) if judged else (),
        stored=stored,
        stale=judged is not None and differs(stored, judged),
        elsewhere=reading.elsewhere.get(student_id),
    )


Places = Sequence[tuple[Enrolment, SchoolClass]]


def _places(
    session: Session, actor: Actor, student_id: int, year: SchoolYear, day: date
) -> tuple[Student, Places, bool]:
    """The student, the places of the year, and whether the student is within reach or only a former place is."""
    reach = sa.case((scope.condition(actor, Student, day), 1), else_=0)
    row = session.execute(sa.select(Student, reach).where(Student.id == student_id)).one_or_none()
    if row is None:
        raise NotFound
    places = classes_of(session, student_id, year.id)
    if not row[1]:
        reached = scope.scoped(actor, Enrolment, day).where(Enrolment.student_id == student_id)
        ids = {place.id for place in session.scalars(reached)}
        places = [place for place in places if place[0].id in ids]
    if not places:
        raise NotFound
    return row[0], places, bool(row[1])


def _homes(session: Session, places: Places, year: SchoolYear, today: date) -> dict[int, SchoolClass]:
    """By period the class whose results the student's are: the one of the period's day."""
    found: dict[int, SchoolClass] = {}
    for place, school_class in places:
        days = days_of(terms_of(session, school_class.unit_id, year), today)
        for period, day in days.items():
            if place.starts_on <= day and (place.ends_on is None or place.ends_on >= day):
                found[period] = school_class
    return dict(sorted(found.items(), key=lambda item: item[0] or 3))


def _demand(
    session: Session,
    actor: Actor,
    student: Student,
    last: SchoolClass,
    places: Places,
    here: bool,
    today: date,
) -> None:
    """The right is that of the class's results; who has the student has it for years spent elsewhere, too."""
    now_in = [
        c
        for place, c in places
        if place.starts_on <= today and (place.ends_on is None or place.ends_on >= today)
    ]
    classes = {c.id: c for c in (*now_in, last)}.values()
    homeroom = any(leads_class(session, actor, school_class, today) for school_class in classes)
    demand(actor, Action.RESULT_VIEW, student.unit_id if here else last.unit_id, homeroom=homeroom)


def _subjects(
    actor: Actor, reading: Reading, judged: Judged | None, home: SchoolClass, period: int
) -> tuple[Subject, ...]:
    """The subjects of the year, where it is the reader's to see, else of the period."""
    if judged is None:
        return ()
    student = judged.pupil.student_id
    figures = reading.facts(home.id, student, period).subjects
    points = {p: reading.figures[home.id].of(student, p, day) for p, day in reading.days.items()}
    ids = {subject.code: subject.id for subject in reading.plans.subjects.values()}
    found = []
    for figure in figures:
        sheets = {}
        for term in (1, 2):
            line = reading.lines.newest(student, ids[figure.code], term)
            if (
                line is not None
                and actor.relation_to(reading.lines.sheets[line.sheet_id].unit_id) is not UnitRelation.OTHER
            ):
                sheets[term] = line.sheet_id
        own = {p: f for p, some in points.items() for f in some if f.code == figure.code}
        found.append(Subject(figure, sheets, own))
    return tuple(found)


def _traits(
    reading: Reading, student_id: int, home: SchoolClass, points: Sequence[int]
) -> dict[str, dict[int, str | None]]:
    """Levels by name and point, of what the grade is assessed in and what has a level."""
    if not points:
        return {}
    levels = {p: reading.traits(home, student_id, p) for p in points}
    assessed = {code for some in levels.values() for code, level in some.items() if level}
    shown = traits_shown(home.circular, home.grade, assessed)
    return {trait.name: {p: some[trait.code] for p, some in levels.items()} for trait in shown}
