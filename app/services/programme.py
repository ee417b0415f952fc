"""School years, terms and subject plans: a department opens a year for its province, a school may differ (F1, F2)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import Action, Actor
from app.domain.assessment.registry import GRADES, Circular, NotCovered, circular_for
from app.domain.vocabulary import Level
from app.errors import N_, Invalid
from app.models import OrgUnit, SchoolYear, Subject, SubjectPlan, Term
from app.reference.curriculum import LineStatus, PlanLine, Programme, plan
from app.services.clock import Clock
from app.services.rights import demand
from app.services.unit_of_work import Work, transaction
from app.services.years import TermDates

LAST_WEIGHTED = 2019
"""First calendar year of the last school year with classes under TT 58/2011 as issued, which has weight-2 tests."""

LATER_PROGRAMME = frozenset({Circular.TT22_2021, Circular.TT27_2020, Circular.TT43_2021})
"""Circulars that came with the programme of 2018, grade by grade."""


@dataclass(frozen=True)
class NewYear:
    """A school year to be opened: its first and last day and its two terms."""

    start_year: int
    starts_on: date
    ends_on: date
    terms: tuple[TermDates, TermDates]


def usual_year(start_year: int) -> NewYear:
    """The frame a province starts from: 35 weeks from 05/09, 18 and 17 (facts F1). Every date may be changed."""
    first = date(start_year, 9, 5)
    return NewYear(
        start_year,
        first,
        date(start_year + 1, 5, 31),
        (
            TermDates(1, first, date(start_year + 1, 1, 17), 18),
            TermDates(2, date(start_year + 1, 1, 18), date(start_year + 1, 5, 31), 17),
        ),
    )


def open_school_year(actor: Actor, department_id: int, new: NewYear, *, clock: Clock) -> int:
    """Open a year for a province: the year, its two terms, and the plans of the programme. Returns the year's id.

    Forbidden without year.manage; Invalid when the year exists or its dates don't fit together.
    """
    with transaction(actor, "school_year.open", clock=clock) as work:
        demand(actor, Action.YEAR_MANAGE, department_id)
        department = work.session.get_one(OrgUnit, department_id)
        year = add_school_year(work, department, new)
        work.audit("school_year.open", target=year, year=year.label)
        return year.id


def add_school_year(work: Work, department: OrgUnit, new: NewYear) -> SchoolYear:
    """Inside a transaction: the year, the province's terms and its plans. Flushes, so that the id is there."""
    year = SchoolYear(
        department=department, start_year=new.start_year, starts_on=new.starts_on, ends_on=new.ends_on
    )
    return settle_year(work, year, department, new.terms)


def settle_year(work: Work, year: SchoolYear, department: OrgUnit, terms: Sequence[TermDates]) -> SchoolYear:
    """Fill what a new year's row needs beside its form: terms and the programme's plans."""
    check_dates(year.starts_on, year.ends_on, terms)
    same = sa.select(SchoolYear.id).where(
        SchoolYear.department_id == department.id, SchoolYear.start_year == year.start_year
    )
    if work.session.scalar(same):
        raise Invalid(N_("The school year %(year)s has been opened already."), year=year.label)
    work.session.add(year)
    for term in terms:
        work.session.add(
            Term(
                unit=department,
                school_year=year,
                number=term.number,
                starts_on=term.starts_on,
                ends_on=term.ends_on,
                weeks=term.weeks,
            )
        )
    work.session.add_all(_default_plans(work.session, department, year))
    work.flush()
    return year


def check_dates(starts_on: date, ends_on: date, terms: Iterable[TermDates]) -> None:
    """Invalid unless the terms lie in the year, in order, without overlapping."""
    if ends_on <= starts_on:
        raise Invalid(N_("The last day comes before the first."))
    before = None
    for term in sorted(terms, key=lambda t: t.number):
        if term.ends_on <= term.starts_on:
            raise Invalid(N_("Term %(n)s ends before it begins."), n=term.number)
        if term.starts_on < starts_on or term.ends_on > ends_on:
            raise Invalid(N_("Term %(n)s lies outside the school year."), n=term.number)
        if before is not None and term.starts_on <= before:
            raise Invalid(N_("The two terms overlap."))
        before = term.ends_on


def set_term(actor: Actor, unit_id: int, year_id: int, dates: TermDates, *, clock: Clock) -> int:
    """Dates of a term for a province or for one school; the school's own win. Returns the term row's id."""
    with transaction(actor, "term.set", clock=clock) as work:
        demand(actor, Action.TERM_MANAGE, unit_id)
        year = work.session.get_one(SchoolYear, year_id)
        mine = Term.unit_id == unit_id, Term.school_year_id == year_id, Term.number == dates.number
        row = work.session.scalars(sa.select(Term).where(*mine)).one_or_none()
        if row is None:
            row = Term(unit_id=unit_id, school_year_id=year_id, number=dates.number)
            work.session.add(row)
        row.starts_on, row.ends_on, row.weeks = dates.starts_on, dates.ends_on, dates.weeks
        check_dates(year.starts_on, year.ends_on, [*_other_terms(work.session, row, year), dates])
        work.flush()
        work.audit("term.set", target=row, term=dates.number)
        return row.id


def check_term(session: Session, term: Term, year: SchoolYear) -> None:
    """Invalid unless the term's dates fit into the year beside the other term that binds the same unit."""
    own = TermDates(term.number, term.starts_on, term.ends_on, term.weeks)
    check_dates(year.starts_on, year.ends_on, [*_other_terms(session, term, year), own])


def terms_of(session: Session, unit_id: int, year: SchoolYear) -> dict[int, TermDates]:
    """Term dates that bind a unit: its own, else the province's."""
    owners = (unit_id, year.department_id)
    query = sa.select(Term).where(Term.school_year_id == year.id, Term.unit_id.in_(owners))
    rows = sorted(session.scalars(query), key=lambda t: t.unit_id == unit_id)  # own rows last: they win
    return {t.number: TermDates(t.number, t.starts_on, t.ends_on, t.weeks) for t in rows}


def plan_lines(
    session: Session, unit_id: int, year: SchoolYear, level: Level, grade: int
) -> list[SubjectPlan]:
    """The plan that binds a unit for a grade: its own line of a subject, else the province's; in printed order.

    That is the order in which the programme's plan was written (`reference/data/plans.csv`), a subject with its clusters and
    the unit's own lines of it in one place: books of a class follow it.
    """
    query = (
        sa.select(SubjectPlan)
        .where(
            SubjectPlan.school_year_id == year.id,
            SubjectPlan.unit_id.in_((unit_id, year.department_id)),
            SubjectPlan.level == level,
            SubjectPlan.grade == grade,
        )
        .order_by(SubjectPlan.id)
    )
    found: dict[tuple[int, str], SubjectPlan] = {}
    place: dict[int, int] = {}
    for line in session.scalars(query):
        key = line.subject_id, line.status
        place.setdefault(line.subject_id, len(place))
        if key not in found or line.unit_id == unit_id:
            found[key] = line
    return sorted(found.values(), key=lambda line: place[line.subject_id])


def has_weighted_tests(line: SubjectPlan) -> bool:
    """Whether classes of the line's grade are assessed by TT 58/2011 in that year, with weight-2 tests."""
    try:
        circular = circular_for(line.level, line.grade, line.school_year.start_year, line.unit.kind)
    except NotCovered:
        return False
    return circular is Circular.TT58_2011


def subject_line(
    session: Session, unit_id: int, year: SchoolYear, level: Level, grade: int, subject_id: int
) -> SubjectPlan | None:
    """The line that gives a subject's own lessons in a grade; a chuyên đề cluster is not the subject itself."""
    lines = plan_lines(session, unit_id, year, level, grade)
    return next((x for x in lines if x.subject_id == subject_id and x.status != LineStatus.CLUSTER), None)


def _other_terms(session: Session, term: Term, year: SchoolYear) -> list[TermDates]:
    binding = terms_of(session, term.unit_id, year)
    return [dates for number, dates in binding.items() if number != term.number]


def _default_plans(session: Session, department: OrgUnit, year: SchoolYear) -> list[SubjectPlan]:
    subjects = {subject.code: subject for subject in session.scalars(sa.select(Subject))}
    return [
        SubjectPlan(
            unit=department,
            school_year=year,
            level=level,
            grade=grade,
            subject=subjects[line.subject_code],
            annual_lessons=line.annual_lessons,
            status=line.status.value,
            terms=list(line.terms),
        )
        for level, grades in GRADES.items()
        for grade in grades
        for line in _programme_lines(level, grade, year.start_year)
    ]


def _programme_lines(level: Level, grade: int, start_year: int) -> tuple[PlanLine, ...]:
    """Lines of the programme that grade follows in that year; none where we keep no plan."""
    try:
        circular = circular_for(level, grade, start_year)
    except NotCovered:
        return ()
    programme = Programme.GDPT_2018 if circular in LATER_PROGRAMME else Programme.GDPT_2006
    try:
        return plan(grade, level, programme)
    except KeyError:
        return ()
