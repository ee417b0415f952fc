"""Why this outcome of the year: the three conditions, and what follows (TT 22/2021 Điều 12–14)."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from app.domain.assessment.decisions import RETEST_OVER
from app.domain.assessment.facts import Facts, SubjectFigure
from app.domain.assessment.steps import Param, Step
from app.domain.assessment.terms import Outcome, ResultLevel
from app.domain.assessment.tt22_2021.judging import Figures, counted_subjects
from app.domain.assessment.tt22_2021.scheme import Articles
from app.domain.assessment.tt22_2021.year import ABSENCES_MAX, YearEnd, to_be_retested
from app.domain.marks import format_mark
from app.domain.vocabulary import N_

MET: Final = {
    "training": N_("Training result %(level)s: met, %(least)s or higher."),
    "learning": N_("Learning result %(level)s: met, %(least)s or higher."),
}
NOT_MET: Final = {
    "training": N_("Training result %(level)s: not met, it takes %(least)s or higher."),
    "learning": N_("Learning result %(level)s: not met, it takes %(least)s or higher."),
}
ABSENCES_MET: Final = N_("Absent %(count)s sessions: met, %(most)s at most.")
ABSENCES_NOT_MET: Final = N_("Absent %(count)s sessions: not met, %(most)s at most.")
AFTER_SUMMER: Final = N_("After summer training %(after)s stands for %(before)s.")
AFTER_RETEST: Final = N_("After the retest %(after)s stands for %(before)s.")

ALL_MET: Final = N_("%(outcome)s: all three conditions are met.")
TO_RETEST: Final = N_(
    "%(outcome)s: the training result allows it; subjects not passed or below 5.0: %(names)s."
)
TO_RETEST_UNNAMED: Final = N_(
    "%(outcome)s: the training result allows it, in the subjects not passed or below 5.0."
)
TO_TRAIN: Final = N_("%(outcome)s: only the training result is missing; the head decides the form.")
TOO_ABSENT: Final = N_("%(outcome)s: absences can't be made up for.")
BOTH_MISSED: Final = N_(
    "%(outcome)s: a retest takes a training result of %(least)s or higher, so nothing can be made up for."
)
STILL_MISSED: Final = N_("%(outcome)s: what was made up for is still not enough.")
BY_HEAD: Final = N_("%(outcome)s: decided by the head, with the reason on record.")
HEAD_OPEN: Final = N_(
    "%(outcome)s: the conditions don't settle it; the decision and its reason are still to be noted."
)
NO_TRAINING: Final = N_("Not yet: the training result of the year is missing.")
NO_LEARNING: Final = N_("Not yet: the learning result of the year is missing.")
NO_ABSENCES: Final = N_("Not yet: nobody has noted the absences of the year.")

REPLACED: Final = N_("%(name)s: the retest's %(after)s stands for %(before)s.")
KEPT: Final = N_("%(name)s: not retested, %(before)s stays.")
PENDING: Final = N_("%(name)s: the retest's result is still missing.")


def outcome_steps(
    year: YearEnd, end: Outcome | None, names: tuple[str, ...], articles: Articles
) -> tuple[Step, ...]:
    """The three conditions one by one, and the outcome they lead to. `names`: subjects to be retested."""
    if end is None:
        return tuple(_open(year, articles))
    return (*_conditions(year, articles), _conclusion(year, end, names, articles))


def _open(year: YearEnd, articles: Articles) -> Iterator[Step]:
    for part, message in (
        (year.training, NO_TRAINING),
        (year.learning, NO_LEARNING),
        (year.absences, NO_ABSENCES),
    ):
        if part is None:
            yield Step(articles.promotion, message)


def _conditions(year: YearEnd, articles: Articles) -> Iterator[Step]:
    yield from _condition("training", year.training, year.training_after, articles)
    yield from _condition("learning", year.learning, year.learning_after, articles)
    if year.absences is not None:
        message = ABSENCES_MET if year.absences <= ABSENCES_MAX else ABSENCES_NOT_MET
        yield Step(articles.promotion, message, {"count": year.absences, "most": ABSENCES_MAX})


def _condition(
    name: str, level: ResultLevel | None, after: ResultLevel | None, articles: Articles
) -> Iterator[Step]:
    """A result of the year, what stands for it since where it was Chưa đạt, and whether that is enough."""
    if level is None:
        return
    if level is ResultLevel.NOT_PASSED and after is not None:
        article, message = (
            (articles.summer, AFTER_SUMMER) if name == "training" else (articles.retest, AFTER_RETEST)
        )
        yield Step(article, message, {"after": after, "before": level})
        level = after
    message = NOT_MET[name] if level is ResultLevel.NOT_PASSED else MET[name]
    yield Step(articles.promotion, message, {"level": level, "least": ResultLevel.PASSED})


def _conclusion(year: YearEnd, end: Outcome, names: tuple[str, ...], articles: Articles) -> Step:
    params: dict[str, Param] = {"outcome": end, "names": names, "least": ResultLevel.PASSED}
    if year.decided is not None and (year.disability or year.few):
        return Step(articles.head, BY_HEAD, params)
    article, message = {
        Outcome.HEAD_DECIDES: (articles.head, HEAD_OPEN),
        Outcome.RETEST: (articles.retest, TO_RETEST if names else TO_RETEST_UNNAMED),
        Outcome.SUMMER_TRAINING: (articles.summer, TO_TRAIN),
        Outcome.RETAINED: _retained(year, articles),
    }.get(end, (articles.promotion, ALL_MET))
    return Step(article, message, params)


def _retained(year: YearEnd, articles: Articles) -> tuple[str, str]:
    if year.absences is not None and year.absences > ABSENCES_MAX:
        return articles.promotion, TOO_ABSENT
    if year.training is year.learning is ResultLevel.NOT_PASSED:
        return articles.retest, BOTH_MISSED
    return articles.promotion, STILL_MISSED


def retest_names(figures: Figures) -> tuple[str, ...]:
    """Subjects to be retested, with the score of the year."""
    return tuple(_written(subject) for subject in figures.counted if to_be_retested(subject.value))


def _written(subject: SubjectFigure) -> str:
    score = subject.value
    return f"{subject.name} {format_mark(score)}" if isinstance(score, Decimal) else subject.name


def retest_steps(facts: Facts, articles: Articles) -> tuple[Step, ...]:
    """What each retest replaces."""
    return tuple(
        _retest(subject, RETEST_OVER in facts.decisions, articles)
        for subject in counted_subjects(facts)
        if to_be_retested(subject.value)
    )


def _retest(subject: SubjectFigure, over: bool, articles: Articles) -> Step:
    line = {"name": subject.name, "before": subject.value, "after": subject.retest}
    if subject.retest is not None:
        return Step(articles.retest, REPLACED, line)
    return Step(articles.retest, KEPT if over else PENDING, line)
