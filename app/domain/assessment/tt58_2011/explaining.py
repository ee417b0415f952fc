"""Why a student's term or year came out as it did by TT 58/2011, part by part."""

from decimal import Decimal
from typing import Final

from app.domain.assessment.facts import YEAR, Facts, Section, SubjectFigure
from app.domain.assessment.steps import Step
from app.domain.assessment.tt58_2011.judging import judge, retest_of
from app.domain.assessment.tt58_2011.learning import classify, counted
from app.domain.assessment.tt58_2011.learning_steps import learning_steps
from app.domain.assessment.tt58_2011.subject_steps import explain_comment_year, explain_year
from app.domain.assessment.tt58_2011.variant import Variant
from app.domain.assessment.tt58_2011.year_steps import outcome_steps, title_section_steps, training_steps
from app.domain.vocabulary import N_, Passing, SubjectKind

LEARNING: Final = N_("Academic level")
LEARNING_AFTER: Final = N_("Academic level after the retest")
TRAINING: Final = N_("Conduct")
TITLE: Final = N_("Title")
OUTCOME: Final = N_("Outcome of the year")
NOT_COUNTED: Final = N_("Not counted in the average and the level: %(subjects)s.")


def explain(facts: Facts, variant: Variant) -> tuple[Section, ...]:
    """The sections of a term or year; those of the year begin with each subject's and end with the outcome."""
    result = judge(facts, variant)
    found = classify(facts.subjects, facts.specialised_subject, variant)
    steps = learning_steps(facts.subjects, facts.specialised_subject, found, variant)
    sections = (
        Section("learning", LEARNING, result.learning, (*_left_out(facts, variant), *steps)),
        Section("training", TRAINING, result.training, training_steps(facts, variant)),
        Section("title", TITLE, result.title, title_section_steps(facts, result, variant)),
    )
    if facts.period != YEAR:
        return sections
    retest = retest_of(facts, variant) if result.retest_subjects else None
    after: tuple[Section, ...] = ()
    if retest is not None and retest.after is not None and retest.settled:
        special = facts.specialised_subject
        after_steps = learning_steps(facts.subjects, special, retest.after, variant, retested=True)
        after = (Section("learning_after", LEARNING_AFTER, result.learning_after, after_steps),)
    ending = outcome_steps(facts, result, retest, variant)
    subjects = (_subject(subject, variant) for subject in counted(facts.subjects))
    return (*subjects, *sections, *after, Section("outcome", OUTCOME, result.outcome, ending))


def _left_out(facts: Facts, variant: Variant) -> tuple[Step, ...]:
    """Chosen extra subjects; exempt ones are named where the average is written out."""
    extra = tuple(subject.name for subject in facts.subjects if not subject.counts and not subject.exempt)
    return (Step(variant.article("Điều 11"), NOT_COUNTED, {"subjects": extra}),) if extra else ()


def _subject(subject: SubjectFigure, variant: Variant) -> Section:
    """The year result of a subject from its terms'; one with a value from one term only is a subject of one term."""
    one_term = subject.value is not None and (subject.term_1 is None) != (subject.term_2 is None)
    if subject.kind is SubjectKind.COMMENT:
        first, second = (value if isinstance(value, Passing) else None for value in _terms(subject))
        steps = explain_comment_year(first, second, variant, one_term=one_term)
    else:
        one, two = (value if isinstance(value, Decimal) else None for value in _terms(subject))
        steps = explain_year(one, two, variant, one_term=one_term)
    return Section(f"subject:{subject.code}", subject.name, subject.value, steps)


def _terms(subject: SubjectFigure) -> tuple[object, object]:
    return subject.term_1, subject.term_2
