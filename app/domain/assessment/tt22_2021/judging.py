"""A student's term or year judged from the stored figures, by TT 22/2021 or a circular built the way it is."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from app.domain.assessment.decisions import DISABILITY, PROMOTED, RETAINED, RETEST_OVER
from app.domain.assessment.facts import YEAR, Facts, Result, SubjectFigure, Value
from app.domain.assessment.terms import LAST_GRADES, Outcome, ResultLevel
from app.domain.assessment.tt22_2021.learning import Learning, learning_result
from app.domain.assessment.tt22_2021.scheme import Scheme
from app.domain.assessment.tt22_2021.year import (
    YearEnd,
    after_retest,
    outcome,
    outcome_of,
    title,
    to_be_retested,
    training_year,
)
from app.domain.vocabulary import Passing, SubjectKind

SETTINGS: Final = "settings"
"""Code of `missing`: a centre's leader has settings to confirm."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What the learning result is judged from: the counted subjects, and the value each is judged by.

    `failed`: comment subjects Chưa đạt; `few`: too few scored subjects; `missing`: codes "subject:column".
    """

    counted: tuple[SubjectFigure, ...]
    values: tuple[Value | None, ...]
    scores: tuple[Decimal, ...]
    failed: int
    few: bool
    missing: tuple[str, ...]


def counted_subjects(facts: Facts) -> tuple[SubjectFigure, ...]:
    """The subjects the result is judged by.

    Exemption is from the practical part only, so an exempt subject stays (Điều 10), unless the individual plan of a
    student with a disability takes it out (Điều 11).
    """
    planned = DISABILITY in facts.decisions
    return tuple(s for s in facts.subjects if s.counts and not (s.exempt and planned))


def figures_of(facts: Facts, scheme: Scheme) -> Figures:
    """The figures of the period as it ended."""
    counted = counted_subjects(facts)
    return _figures(counted, tuple(s.value for s in counted), scheme, _lacking(counted))


def figures_after(facts: Facts, scheme: Scheme) -> Figures | None:
    """The figures of the year after the retests; None where there are none to judge by.

    Some results there and others not: not yet, until the rest is there or is recorded as not taken (RETEST_OVER).
    """
    counted = counted_subjects(facts)
    over = RETEST_OVER in facts.decisions
    asked = [subject for subject in counted if to_be_retested(subject.value)]
    if not over and all(subject.retest is None for subject in asked):
        return None
    pending = () if over else tuple(f"{subject.code}:retest" for subject in asked if subject.retest is None)
    return _figures(counted, tuple(after_retest(s) for s in counted), scheme, pending)


def _figures(
    counted: tuple[SubjectFigure, ...],
    values: tuple[Value | None, ...],
    scheme: Scheme,
    missing: tuple[str, ...],
) -> Figures:
    scores, failed = [], 0
    for value in values:
        if isinstance(value, Decimal):
            scores.append(value)
        elif value is Passing.FAILED:
            failed += 1
    scored = sum(subject.kind is SubjectKind.SCORED for subject in counted)
    few = scheme.needed is not None and scored < max(scheme.needed)
    return Figures(counted, values, tuple(scores), failed, few, missing)


def _lacking(counted: tuple[SubjectFigure, ...]) -> tuple[str, ...]:
    return tuple(
        f"{subject.code}:{column}"
        for subject in counted
        if subject.value is None
        for column in subject.missing or ("value",)
    )


def learning_of(figures: Figures, facts: Facts, scheme: Scheme) -> Learning | None:
    """The learning result, None where it can't be judged yet or not at all."""
    if scheme.needed is None or figures.few or figures.missing:
        return None
    return learning_result(figures.scores, figures.failed, facts.readings, scheme.needed, scheme.adjusts)


def reached(learning: Learning | None) -> ResultLevel | None:
    """The level of a learning result that may not be there."""
    return learning.level if learning else None


def level(text: str | None) -> ResultLevel | None:
    """A stored training level. ValueError for a text that is none."""
    return None if text is None else ResultLevel(text)


def training_of(facts: Facts) -> tuple[ResultLevel | None, tuple[str, ...]]:
    """The training result of the period and what is missing for it; the year's is fixed by the terms' (Điều 8)."""
    if facts.period != YEAR:
        return level(facts.training), () if facts.training else ("training",)
    term1, term2 = level(facts.training_1), level(facts.training_2)
    if term1 is None or term2 is None:
        terms = (("training_1", term1), ("training_2", term2))
        return None, tuple(name for name, result in terms if result is None)
    return training_year(term1, term2), ()


def judge_by(facts: Facts, scheme: Scheme) -> Result:
    """What comes of a term or year. A value that can't be judged yet is None, and `missing` says why."""
    figures = figures_of(facts, scheme)
    learning = learning_of(figures, facts, scheme)
    training, untrained = training_of(facts)
    missing = (
        *figures.missing,
        *((scheme.few,) if figures.few else ()),
        *((SETTINGS,) if _unconfirmed(facts, scheme) else ()),
        *untrained,
    )
    if facts.period == YEAR:
        return _year(facts, scheme, figures, learning, training, missing)
    return Result(
        learning=reached(learning),
        learning_before=learning.before if learning else None,
        training=training,
        missing=missing,
        flags=learning.flags if learning else (),
    )


def _unconfirmed(facts: Facts, scheme: Scheme) -> bool:
    """A setting this period is judged by is still to be confirmed."""
    return scheme.needed is None or (facts.period == YEAR and scheme.title_subjects is None)


def _year(
    facts: Facts,
    scheme: Scheme,
    figures: Figures,
    learning: Learning | None,
    training: ResultLevel | None,
    missing: tuple[str, ...],
) -> Result:
    ended = reached(learning)
    asked = asks_retest(facts, ended, training)
    after = figures_after(facts, scheme) if asked else None
    again = learning_of(after, facts, scheme) if after else None
    honours = None
    if ended and training and scheme.title_subjects:
        honours = title(ended, training, figures.scores, scheme.title_subjects)
    end = outcome_of(year_end(facts, figures, training, ended, reached(again)))
    return Result(
        learning=ended,
        learning_before=learning.before if learning else None,
        learning_after=reached(again),
        training=training,
        title=honours,
        outcome=end,
        retest_subjects=tuple(s.code for s in figures.counted if asked and to_be_retested(s.value)),
        missing=(
            *missing,
            *(("absences",) if facts.absences is None else ()),
            *(after.missing if after else ()),
        ),
        flags=_flags(learning, again),
    )


def _flags(learning: Learning | None, again: Learning | None) -> tuple[str, ...]:
    """Open readings that change the year's result, then those that change the one after the retest alone."""
    first = learning.flags if learning else ()
    return (*first, *(flag for flag in (again.flags if again else ()) if flag not in first))


def asks_retest(facts: Facts, learning: ResultLevel | None, training: ResultLevel | None) -> bool:
    """Điều 14: the year's learning result is Chưa đạt, the training result Đạt or higher, and the absences allow it."""
    if learning is None or training is None or facts.absences is None:
        return False
    return outcome(training, learning, facts.absences) is Outcome.RETEST


def year_end(
    facts: Facts,
    figures: Figures,
    training: ResultLevel | None,
    learning: ResultLevel | None,
    learning_after: ResultLevel | None,
) -> YearEnd:
    """What the outcome is judged from."""
    last = facts.grade in LAST_GRADES
    decided = None
    if PROMOTED in facts.decisions:
        decided = Outcome.COMPLETED if last else Outcome.PROMOTED
    elif RETAINED in facts.decisions:
        decided = Outcome.RETAINED
    return YearEnd(
        training,
        learning,
        facts.absences,
        level(facts.training_after_summer),
        learning_after,
        last,
        disability=DISABILITY in facts.decisions,
        few=figures.few and not figures.missing,
        decided=decided,
    )
