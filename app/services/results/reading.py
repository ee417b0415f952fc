"""The Facts of every student of some classes in a term or year, read in sets: statements grow with classes, if at all.

What counts is each student's own: the compulsory subjects and those chosen and marked to count; marks and absences
wherever the student sat in the year; the homeroom teacher's training results or traits; the decisions of the year.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.assessment.decisions import DISABILITY
from app.domain.assessment.facts import YEAR, Facts, Readings
from app.domain.assessment.primary_plan import traits_of
from app.domain.assessment.registry import PRIMARY, Circular
from app.domain.sheet_forms import SheetForm
from app.domain.vocabulary import Level
from app.domain.year_decisions import decided
from app.models import CountedTerm, SchoolClass, SchoolYear, YearDecision
from app.services.policies import centre_settings, readings_of
from app.services.programme import terms_of
from app.services.results.elsewhere import load_counted
from app.services.results.figures import Figures, Plans, load_plans
from app.services.results.lines import Lines, load_lines
from app.services.results.places import MIDTERMS, PERIODS, Pupil, days_of, load_pupils, term_of
from app.services.sheets import FORMS, HOMEROOM_SUBJECTS, homeroom_form


@dataclass(frozen=True)
class Reading:
    """What was read of classes of one unit and year. `days`: the day each period is seen on."""

    classes: Mapping[int, SchoolClass]
    days: Mapping[int, date]
    pupils: Mapping[tuple[int, int], Sequence[Pupil]]
    plans: Plans
    lines: Lines
    decisions: Mapping[int, YearDecision]
    readings: Mapping[int, Readings]
    settings: Mapping[int, Mapping[str, str]]  # of a centre (TT 43/2021)
    homeroom: Mapping[SheetForm, int]
    elsewhere: Mapping[int, CountedTerm] = field(default_factory=dict)  # by student
    figures: Mapping[int, Figures] = field(default_factory=dict)

    def of_class(self, class_id: int, period: int) -> Sequence[Pupil]:
        """Who belongs to the class in the period, by name."""
        return self.pupils.get((class_id, period), ())

    def facts(self, class_id: int, student_id: int, period: int) -> Facts:
        """All the circular of the class asks of the student's period; of a mid-term point (`MIDTERMS`) what stands there."""
        school_class = self.classes[class_id]
        facts = Facts(
            circular=school_class.circular,
            level=school_class.level.value,
            grade=school_class.grade,
            period=term_of(period),
            subjects=self.figures[class_id].of(student_id, period, self.days[period]),
            readings=self.readings[period],
            settings=self.settings[period] if school_class.circular == Circular.TT43_2021 else {},
            specialised_subject=self._specialised(school_class),
            **self._by_homeroom(school_class, student_id, period),
        )
        return _decided(facts, self.decisions.get(student_id))

    def _specialised(self, school_class: SchoolClass) -> str | None:
        """Code of the môn chuyên of an upper secondary class (TT 58/2011 Điều 13)."""
        key = school_class.specialised_subject_id
        if key is None or school_class.level is not Level.UPPER_SECONDARY:
            return None
        return self.plans.subjects[key].code

    def _by_homeroom(self, school_class: SchoolClass, student_id: int, period: int) -> dict[str, Any]:
        if school_class.circular in PRIMARY:
            return {"traits": self.traits(school_class, student_id, period)}
        terms = (1, 2) if period == YEAR else (period,)
        levels = [self._training(student_id, term) for term in terms]
        found: dict[str, Any] = {"absences": self._absences(student_id, terms)}
        if period == YEAR:
            return {**found, "training_1": levels[0], "training_2": levels[1]}
        return {**found, "training": levels[0]}

    def traits(self, school_class: SchoolClass, student_id: int, period: int) -> dict[str, str | None]:
        """Levels of a primary student's qualities and competences at an assessment point, by code."""
        term = 2 if period == YEAR else term_of(period)
        point = "midterm" if period in MIDTERMS else "final"
        line = self.lines.newest(student_id, self.homeroom[SheetForm.TRAITS], term)
        values = {
            trait.code: getattr(line, f"{point}_trait_{number}", None)
            for number, trait in traits_of(school_class.circular)
        }
        return {code: value and value.value for code, value in values.items()}

    def spent_elsewhere(self, student_id: int, term: int) -> CountedTerm | None:
        """The record of a school outside by which a term counts; None where it was spent in the program."""
        counted = self.elsewhere.get(student_id)
        return counted if counted is not None and counted.term == term else None

    def _training(self, student_id: int, term: int) -> str | None:
        line = self.lines.newest(student_id, self.homeroom[SheetForm.TRAINING], term)
        counted = self.spent_elsewhere(student_id, term) if line is None else None
        found: str | None = counted.training if counted else getattr(line, "training", None)
        return found

    def _absences(self, student_id: int, terms: Sequence[int]) -> int | None:
        """Sessions missed, with leave or without, in every class and school; None while a term's counts are missing."""
        total = 0
        for term in terms:
            lines = self.lines.live(student_id, self.homeroom[SheetForm.TRAINING], term)
            counted = self.spent_elsewhere(student_id, term)
            if not lines and counted is not None and counted.absences is not None:
                total += counted.absences
                continue
            if not lines or lines[-1].excused is None or lines[-1].unexcused is None:
                return None
            total += sum((line.excused or 0) + (line.unexcused or 0) for line in lines)
        return total


def _decided(facts: Facts, row: YearDecision | None) -> Facts:
    """With what people decided of the year; of a term only that the student is assessed by a plan of the student's own."""
    if row is None:
        return facts
    if facts.period == YEAR:
        return decided(facts, row)
    return replace(facts, decisions={DISABILITY: row.disability_reason}) if row.disability_reason else facts


def read_classes(
    session: Session,
    classes: Sequence[SchoolClass],
    year: SchoolYear,
    today: date,
    *,
    periods: Collection[int] = PERIODS,
    students: Collection[int] | None = None,
) -> Reading:
    """What Facts are made of, for classes of one unit and school year; `students`: only these.

    About fifteen statements whatever the number of students and subjects. Preschool classes have no results: leave them out.
    """
    unit_id = classes[0].unit_id
    seen = days_of(terms_of(session, unit_id, year), today)
    days = {p: seen[term_of(p)] for p in periods if term_of(p) in seen}
    pupils = load_pupils(session, [c.id for c in classes], days, students)
    everybody = {pupil.student_id for some in pupils.values() for pupil in some}
    forms = {FORMS[c.circular] for c in classes} | {
        form for c in classes if (form := homeroom_form(c.circular))
    }
    plans = load_plans(session, classes, year, everybody)
    lines = load_lines(session, classes, everybody, forms)
    codes = {subject.code: subject.id for subject in plans.subjects.values()}
    by_day = {day: readings_of(session, unit_id, year, day) for day in sorted(set(days.values()))}
    centre = any(c.circular == Circular.TT43_2021 for c in classes)
    confirmed = {day: centre_settings(session, unit_id, year, day) for day in by_day if centre}
    return Reading(
        classes={c.id: c for c in classes},
        days=days,
        pupils=pupils,
        plans=plans,
        lines=lines,
        decisions=_decisions(session, year.id, everybody),
        readings={period: by_day[day] for period, day in days.items()},
        settings={period: confirmed.get(day, {}) for period, day in days.items()},
        elsewhere=load_counted(session, year.id, everybody),
        homeroom={form: codes.get(code, 0) for form, code in HOMEROOM_SUBJECTS.items()},
        figures={c.id: Figures(c, plans, lines, FORMS[c.circular]) for c in classes},
    )


def _decisions(session: Session, year_id: int, students: Collection[int]) -> dict[int, YearDecision]:
    query = sa.select(YearDecision).where(
        YearDecision.school_year_id == year_id, YearDecision.student_id.in_(sorted(students))
    )
    return {row.student_id: row for row in session.scalars(query)}
