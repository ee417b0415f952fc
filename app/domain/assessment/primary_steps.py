"""The explanations of a primary student's term or year: the same sentences for both circulars, each by its article."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from app.domain.assessment.decisions import DISABILITY, PROMOTED, RETAINED
from app.domain.assessment.facts import Facts, Section
from app.domain.assessment.primary import (
    COMPLETING,
    LAST_GRADE,
    Entry,
    Figures,
    Need,
    Year,
    awaiting,
    below,
    completes,
    outcome_of,
)
from app.domain.assessment.steps import Step
from app.domain.assessment.terms import Outcome, PrimaryLevel, SubjectLevel, Title
from app.domain.vocabulary import N_

LEARNING: Final = N_("Educational result")
TESTS: Final = N_("Periodic tests")
OUTCOME: Final = N_("At the end of the year")
TITLE: Final = N_("Title of the year")

NOT_YET_LEVELS: Final = N_("Not yet entered, levels of subjects and activities: %(names)s.")
NOT_YET_TRAITS: Final = N_("Not yet entered, levels of qualities and competences: %(names)s.")
NOT_YET_TESTS: Final = N_("Not yet entered, scores of periodic tests: %(names)s.")
NOTHING: Final = N_("No subject of the student is assessed.")
NO_FIGURES: Final = N_("Not yet judged, for this is missing: %(names)s.")
YEAR_ONLY: Final = N_("A term has levels and tests only; the result of the year is judged at its end.")
LEVELS: Final = N_("%(level)s: %(names)s.")
REACHED_BEST: Final = N_(
    "%(level)s: every subject and activity is at %(subject)s, every quality and competence at %(trait)s, every"
    " year-end test scores %(test)s or more."
)
REACHED: Final = N_(
    "%(level)s: every subject and activity is at %(subject)s or better, every quality and competence at %(trait)s or"
    " better, every year-end test scores %(test)s or more."
)
NOT_REACHED: Final = N_("%(level)s: something falls short of what %(next)s needs.")
SHORT_SUBJECTS: Final = N_("For %(level)s these subjects and activities have to reach %(needed)s: %(names)s.")
SHORT_TRAITS: Final = N_("For %(level)s these qualities and competences have to reach %(needed)s: %(names)s.")
SHORT_TESTS: Final = N_("For %(level)s these year-end tests have to score %(needed)s or more: %(names)s.")
SCORES: Final = N_("Scores of the tests: %(names)s.")
NO_TESTS: Final = N_("No subject has a periodic test at this point.")
CLASS_COMPLETED: Final = N_("%(outcome)s: the class is completed with the result %(level)s.")
COMPLETED: Final = N_(
    "%(outcome)s: grade 5 is completed, which is entered in the school record as primary school completed."
)
AFTER: Final = N_("After supplementary assessment: %(level)s.")
SUPPLEMENT: Final = N_("%(outcome)s, with a plan and help from the teacher.")
HEAD_DECIDES: Final = N_(
    "%(outcome)s whether the student moves up: supplementary assessment did not suffice."
)
TO_ASSESS: Final = N_("To be assessed again: %(names)s.")
HEAD_DECIDED: Final = N_("%(outcome)s, by decision of the head: %(reason)s.")
OWN_PLAN: Final = N_("The student is assessed by a plan of their own: %(reason)s.")
NO_OUTCOME: Final = N_("Not decided yet: the result of the year is not there.")


@dataclass(frozen=True, slots=True)
class Articles:
    """Where a circular says what, as printed; `name`: what it calls the level of a year."""

    result: str
    tests: str
    completion: str  # the class is completed
    supplement: str
    head: str
    programme: str  # the programme of primary school is completed
    disability: str
    name: str = LEARNING


def result_steps(year: Year, ladder: Sequence[Need], article: str) -> Iterator[Step]:
    """Which level holds and why, and what keeps the next one from holding, by name."""
    if year.level is None:
        yield from missing_steps(year.figures, article)
        return
    levels = [need.level for need in ladder]
    position = levels.index(year.level) if year.level in levels else len(ladder)
    above = ladder[position - 1] if position else None
    if year.level in levels:
        yield _reached(ladder[position], article)
    else:
        yield Step(article, NOT_REACHED, {"level": year.level, "next": ladder[-1].level})
    if above is not None:
        yield from short_steps(year.figures, above, article)


def _reached(need: Need, article: str) -> Step:
    message = REACHED_BEST if need.subject is SubjectLevel.WELL else REACHED
    return Step(
        article,
        message,
        {"level": need.level, "subject": need.subject, "trait": need.trait, "test": score(need.test)},
    )


def missing_steps(figures: Figures, article: str) -> Iterator[Step]:
    """What is still to be entered, by name."""
    if not figures.subjects:
        yield Step(article, NOTHING)
    messages = (NOT_YET_LEVELS, NOT_YET_TRAITS, NOT_YET_TESTS)
    for message, entries in zip(messages, figures, strict=True):
        names = tuple(entry.name for entry in entries if entry.value is None)
        if names:
            yield Step(article, message, {"names": names})


def short_steps(
    figures: Figures, need: Need, article: str, goal: PrimaryLevel | Title | None = None
) -> Iterator[Step]:
    """What falls short of a level, or of another `goal` of the same needs, by name and with what stands there."""
    short = below(figures, need)
    messages = (SHORT_SUBJECTS, SHORT_TRAITS, SHORT_TESTS)
    needed = (need.subject, need.trait, score(need.test))
    for message, entries, least in zip(messages, short, needed, strict=True):
        if entries:
            yield Step(
                article, message, {"level": goal or need.level, "needed": least, "names": shown(entries)}
            )


def shown(entries: Iterable[Entry]) -> tuple[str, ...]:
    """Names with what stands there: Toán (H), Khoa học 8."""
    return tuple(
        f"{entry.name} {score(entry.value)}"
        if isinstance(entry.value, Decimal)
        else f"{entry.name} ({entry.value})"
        for entry in entries
    )


def score(mark: Decimal) -> str:
    """A periodic test's score as written in primary school: 8, not 8,0."""
    return str(int(mark)) if mark == int(mark) else str(mark).replace(".", ",")


def tests_section(figures: Figures, article: str) -> Section:
    """The scores there are, and those still to come."""
    there = [entry for entry in figures.tests if entry.value is not None]
    awaited = Figures((), (), figures.tests)
    steps = [Step(article, SCORES, {"names": shown(there)})] if there else []
    steps += [step for step in missing_steps(awaited, article) if step.message == NOT_YET_TESTS]
    return Section("tests", TESTS, shown(there), tuple(steps or [Step(article, NO_TESTS)]))


def term_sections(figures: Figures, articles: Articles) -> tuple[Section, ...]:
    """A term: the levels as they are and what is missing; there is no educational result."""
    steps = [Step(articles.result, YEAR_ONLY)]
    for level in SubjectLevel:
        names = tuple(entry.name for entry in figures.subjects if entry.value is level)
        if names:
            steps.append(Step(articles.tests, LEVELS, {"level": level, "names": names}))
    steps += missing_steps(Figures(figures.subjects, figures.traits, ()), articles.tests)
    return (Section("learning", articles.name, None, tuple(steps)), tests_section(figures, articles.tests))


def year_sections(
    facts: Facts, year: Year, ladder: Sequence[Need], articles: Articles, title: Section
) -> tuple[Section, ...]:
    """A year: the result and what the next level lacks, the tests, how the year ends, the title."""
    outcome = outcome_of(year.level, year.level_after, facts.grade, facts.decisions)
    steps = list(
        ending_steps(outcome, (year.level, year.level_after), facts.grade, facts.decisions, articles)
    )
    awaited = awaiting(year.figures, facts) if outcome is Outcome.SUPPLEMENT else ()
    if awaited:
        steps.append(Step(articles.supplement, TO_ASSESS, {"names": awaited}))
    if year.after is not None:
        steps += short_steps(year.after, COMPLETING, articles.result)
    return (
        Section("learning", articles.name, year.level, tuple(result_steps(year, ladder, articles.result))),
        tests_section(year.figures, articles.tests),
        Section("outcome", OUTCOME, outcome, tuple(steps)),
        title,
    )


def ending_steps(
    outcome: Outcome | None,
    levels: tuple[PrimaryLevel | None, PrimaryLevel | None],
    grade: int,
    decisions: Mapping[str, str],
    articles: Articles,
) -> Iterator[Step]:
    """Why a year ends as it does; `levels` at the year's end and after supplementary assessment."""
    level, level_after = levels
    if outcome is None:
        yield Step(articles.completion, NO_OUTCOME)
        return
    if level_after is not None and not completes(level):
        yield Step(articles.supplement, AFTER, {"level": level_after})
    completing = next((reached for reached in levels if completes(reached)), None)
    if completing is not None and grade == LAST_GRADE:
        yield Step(articles.programme, COMPLETED, {"outcome": outcome})
    elif completing is not None:
        yield Step(articles.completion, CLASS_COMPLETED, {"outcome": outcome, "level": completing})
    elif outcome is Outcome.SUPPLEMENT:
        yield Step(articles.supplement, SUPPLEMENT, {"outcome": outcome})
    else:
        yield from _head_steps(outcome, decisions, articles)


def _head_steps(outcome: Outcome, decisions: Mapping[str, str], articles: Articles) -> Iterator[Step]:
    own_plan = decisions.get(DISABILITY)
    if own_plan is not None:
        yield Step(articles.disability, OWN_PLAN, {"reason": own_plan})
    if outcome is not Outcome.HEAD_DECIDES:
        reason = decisions[RETAINED if outcome is Outcome.RETAINED else PROMOTED]
        yield Step(articles.head, HEAD_DECIDED, {"outcome": outcome, "reason": reason})
    else:
        yield Step(articles.head, HEAD_DECIDES, {"outcome": outcome})
