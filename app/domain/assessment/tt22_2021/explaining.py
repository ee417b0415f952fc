"""Why a student's term or year came out as it did, part by part (TT 22/2021 Điều 8–15)."""

from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Final

from app.domain.assessment.decisions import DISABILITY, PROMOTED, RETAINED
from app.domain.assessment.facts import YEAR, Facts, Result, Section, SubjectFigure
from app.domain.assessment.steps import Param, Step
from app.domain.assessment.terms import ResultLevel, Title
from app.domain.assessment.tt22_2021.explaining_learning import learning_steps
from app.domain.assessment.tt22_2021.explaining_outcome import (
    outcome_steps,
    retest_names,
    retest_steps,
)
from app.domain.assessment.tt22_2021.judging import (
    Figures,
    figures_after,
    figures_of,
    judge_by,
    year_end,
)
from app.domain.assessment.tt22_2021.scheme import Articles, Scheme
from app.domain.assessment.tt22_2021.sums import explain_comment_year, explain_year
from app.domain.assessment.tt22_2021.year import EXCELLENT_FROM, excellent, outcome_of
from app.domain.vocabulary import N_, Passing, SubjectKind

LEARNING: Final = N_("Learning result")
LEARNING_AFTER: Final = N_("Learning result after the retest")
TRAINING: Final = N_("Training result")
TITLE: Final = N_("Title")
OUTCOME: Final = N_("Outcome of the year")

REASON: Final = N_("Reason on record: %(reason)s.")
BY_HOMEROOM: Final = N_("%(level)s, decided by the homeroom teacher with the subject teachers' comments.")
BY_TERMS: Final = N_("%(level)s, from %(first)s in term I and %(second)s in term II.")
NO_TRAINING: Final = N_("Not yet: the training result of the term is missing.")
NO_TRAINING_TERM: Final = N_("Not yet: the training result is missing for %(terms)s.")
PRACTICE: Final = N_(
    "%(names)s: exempt from the practical part only; the subject keeps its result and counts."
)
PLANNED: Final = N_("Left out by the individual plan: %(names)s. Reason kept: %(reason)s.")
NOT_CHOSEN: Final = N_("Not counted in the result: %(names)s.")

TITLE_EXCELLENT: Final = N_(
    "%(title)s: learning result and training result %(level)s, and %(count)s subjects with %(mark)s or more "
    "(%(needed)s are needed)."
)
TITLE_GOOD: Final = N_(
    "%(title)s: learning result and training result %(level)s. Subjects with %(mark)s or more: %(count)s; the higher "
    "title needs %(needed)s."
)
NO_TITLE: Final = N_(
    "No title: it takes %(level)s in both; the learning result is %(learning)s, the training result %(training)s."
)
TITLE_OPEN: Final = N_("Not yet: the title needs the learning result and the training result of the year.")
AVERAGES_OPEN: Final = N_("Not yet: the title needs the year average of every scored subject.")
NO_TITLES: Final = N_("The centre gives no titles.")
TITLES_OPEN: Final = N_("Not yet: a leader of the centre has to confirm whether titles are given.")


def explain_by(facts: Facts, scheme: Scheme) -> tuple[Section, ...]:
    """The sections of a term or year; those of the year begin with each subject's."""
    result = judge_by(facts, scheme)
    figures = figures_of(facts, scheme)
    learning = learning_steps(facts, figures, scheme)
    sections = [
        Section(
            "learning", LEARNING, result.learning, (*_left_out(facts, figures, scheme.articles), *learning)
        ),
        Section("training", TRAINING, result.training, _training(facts, result, scheme.articles)),
    ]
    if facts.period != YEAR:
        return tuple(sections)
    subjects = (_subject(subject, scheme.articles) for subject in facts.subjects)
    return (*subjects, *sections, *_ending(facts, result, figures, scheme))


def _ending(facts: Facts, result: Result, figures: Figures, scheme: Scheme) -> tuple[Section, ...]:
    """The sections of what the year ends with."""
    articles = scheme.articles
    honours = title_steps(result.learning, result.training, result.title, figures.scores, scheme)
    ending = [Section("title", TITLE, result.title, honours)]
    after = figures_after(facts, scheme) if result.retest_subjects else None
    if after:
        steps = (*retest_steps(facts, articles), *learning_steps(facts, after, scheme))
        ending.append(Section("learning_after", LEARNING_AFTER, result.learning_after, steps))
    learning, training, again = (
        ResultLevel(found) if found else None
        for found in (result.learning, result.training, result.learning_after)
    )
    year = year_end(facts, figures, training, learning, again)
    reasons = tuple(
        Step(articles.head, REASON, {"reason": facts.decisions[name]})
        for name in (DISABILITY, PROMOTED, RETAINED)
        if name in facts.decisions and (year.disability or year.few)
    )
    steps = (*outcome_steps(year, outcome_of(year), retest_names(figures), articles), *reasons)
    ending.append(Section("outcome", OUTCOME, result.outcome, steps))
    return tuple(ending)


def _subject(subject: SubjectFigure, articles: Articles) -> Section:
    """The year result of a subject from its terms'; one with a value from one term only is a subject of one term."""
    one_term = subject.value is not None and (subject.term_1 is None) != (subject.term_2 is None)
    if subject.kind is SubjectKind.COMMENT:
        passing = [
            value if isinstance(value, Passing) else None for value in (subject.term_1, subject.term_2)
        ]
        steps = explain_comment_year(passing[0], passing[1], articles, one_term=one_term)
    else:
        scores = [value if isinstance(value, Decimal) else None for value in (subject.term_1, subject.term_2)]
        steps = explain_year(scores[0], scores[1], articles, one_term=one_term)
    return Section(f"subject:{subject.code}", subject.name, subject.value, steps)


def _left_out(facts: Facts, figures: Figures, articles: Articles) -> tuple[Step, ...]:
    """Subjects that don't count, and exempt ones that do."""
    steps = []
    unchosen = tuple(s.name for s in facts.subjects if not s.counts)
    planned = tuple(s.name for s in facts.subjects if s.counts and s not in figures.counted)
    practice = tuple(s.name for s in figures.counted if s.exempt)
    if unchosen:
        steps.append(Step(articles.learning, NOT_CHOSEN, {"names": unchosen}))
    if planned:
        reason = facts.decisions[DISABILITY]
        steps.append(Step(articles.disability, PLANNED, {"names": planned, "reason": reason}))
    if practice:
        steps.append(Step(articles.practice, PRACTICE, {"names": practice}))
    return tuple(steps)


def _training(facts: Facts, result: Result, articles: Articles) -> tuple[Step, ...]:
    if facts.period != YEAR:
        message = NO_TRAINING if result.training is None else BY_HOMEROOM
        return (Step(articles.training_term, message, {"level": result.training}),)
    terms = {"HK I": facts.training_1, "HK II": facts.training_2}
    if result.training is None:
        missing = tuple(name for name, level in terms.items() if level is None)
        return (Step(articles.training_year, NO_TRAINING_TERM, {"terms": missing}),)
    first, second = (ResultLevel(level) for level in terms.values() if level is not None)
    return (
        Step(articles.training_year, BY_TERMS, {"level": result.training, "first": first, "second": second}),
    )


def title_steps(
    learning: StrEnum | None,
    training: StrEnum | None,
    found: StrEnum | None,
    scores: Sequence[Decimal],
    scheme: Scheme,
) -> tuple[Step, ...]:
    """Why the title `found`, or why none. `scores`: the year averages of the counted scored subjects."""
    article = scheme.articles.title
    if not scheme.title_subjects:
        return (Step(article, TITLES_OPEN if scheme.title_subjects is None else NO_TITLES),)
    if learning is None or training is None:
        return (Step(article, TITLE_OPEN),)
    if found is None:
        if learning is training is ResultLevel.GOOD:
            return (Step(article, AVERAGES_OPEN),)
        params = {"level": ResultLevel.GOOD, "learning": learning, "training": training}
        return (Step(article, NO_TITLE, params),)
    line: dict[str, Param] = {
        "title": found,
        "level": ResultLevel.GOOD,
        "count": excellent(scores),
        "mark": EXCELLENT_FROM,
        "needed": scheme.title_subjects,
    }
    return (Step(article, TITLE_EXCELLENT if found is Title.EXCELLENT else TITLE_GOOD, line),)
