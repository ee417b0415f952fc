"""A student's term or year by TT 58/2011: the rules brought together, without a word of explanation."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from app.domain.assessment.decisions import DISABILITY, OUTSTANDING, PROMOTED, RETAINED
from app.domain.assessment.facts import YEAR, Facts, Result, SubjectFigure
from app.domain.assessment.terms import LAST_GRADES, AcademicLevel, Conduct, Outcome, Title
from app.domain.assessment.tt58_2011.learning import Classified, classify, counted, needs_retest
from app.domain.assessment.tt58_2011.variant import Variant
from app.domain.assessment.tt58_2011.year import may_retest, promotion, reaches_average, title


@dataclass(frozen=True, slots=True)
class Retest:
    """Kiểm tra lại (Điều 16): `subjects` that may be tested, `after` the result with what is there, None before any.

    `settled`: nothing more is to come, or học lực reaches Trung bình already. A student may choose some of the
    subjects, so that the others wait until the results are closed.
    """

    subjects: tuple[SubjectFigure, ...]
    after: Classified | None
    settled: bool

    @property
    def level(self) -> AcademicLevel | None:
        """Học lực after a retest that is settled."""
        return self.after.level if self.after is not None and self.settled else None


def judge(facts: Facts, variant: Variant) -> Result:
    """Học lực, hạnh kiểm, title and, for the year, outcome (TT 58/2011 Điều 11–18); nothing is guessed.

    Hạnh kiểm of the year is what the homeroom teacher has judged (`training`), never computed. Titles rest on the
    results before any retest.
    """
    found = classify(facts.subjects, facts.specialised_subject, variant)
    training = conduct(facts.training)
    missing = found.missing if training is not None else (*found.missing, "training")
    result = Result(
        learning=found.level,
        learning_before=found.before,
        average=found.average,
        training=training,
        title=title_of(facts, found.level, training, variant),
        missing=missing,
        flags=found.flags,
    )
    return _year(facts, result, variant) if facts.period == YEAR else result


def conduct(word: str | None) -> Conduct | None:
    """Hạnh kiểm by its stored word."""
    return None if word is None else Conduct(word)


def title_of(
    facts: Facts, learning: AcademicLevel | None, training: Conduct | None, variant: Variant
) -> Title | None:
    """Title of the term or year; by TT 26/2020 also the giấy khen the head decided on (Điều 18)."""
    by_rule = title(learning, training) if learning is not None and training is not None else None
    commended = variant.commends and OUTSTANDING in facts.decisions
    return Title.OUTSTANDING if by_rule is None and commended else by_rule


def retest_of(facts: Facts, variant: Variant) -> Retest:
    """What the retests of a student who is admitted to them come to (Điều 16)."""
    subjects = retest_subjects(facts.subjects)
    done = sum(subject.retest is not None for subject in subjects)
    if not done:
        return Retest(subjects, None, False)
    after = classify(facts.subjects, facts.specialised_subject, variant, retested=True)
    passed = after.level is not None and reaches_average(after.level)
    return Retest(subjects, after, passed or facts.closed or done == len(subjects))


def retest_subjects(subjects: Iterable[SubjectFigure]) -> tuple[SubjectFigure, ...]:
    """Counted subjects under 5.0 or Chưa đạt (Điều 16)."""
    return tuple(subject for subject in counted(subjects) if needs_retest(subject.value))


def decided_by_head(facts: Facts, variant: Variant) -> Outcome | None:
    """Outcome of a student with disability, None for others (Điều 15 as amended by TT 26/2020)."""
    if not variant.head_decides or DISABILITY not in facts.decisions:
        return None
    if PROMOTED in facts.decisions:
        return Outcome.PROMOTED
    return Outcome.RETAINED if RETAINED in facts.decisions else Outcome.HEAD_DECIDES


def _year(facts: Facts, result: Result, variant: Variant) -> Result:
    """The result with the year's outcome, as far as everything it needs is there."""
    outcome = decided_by_head(facts, variant)
    missing = result.missing
    level_after: AcademicLevel | None = None
    subjects: tuple[str, ...] = ()
    if facts.absences is None and outcome is None:
        missing = (*missing, "absences")
    if outcome is None and not missing:
        outcome, level_after, subjects = _outcome(facts, result, variant)
    if outcome is Outcome.PROMOTED and facts.grade in LAST_GRADES:
        outcome = Outcome.COMPLETED
    return replace(
        result, learning_after=level_after, outcome=outcome, retest_subjects=subjects, missing=missing
    )


def _outcome(
    facts: Facts, result: Result, variant: Variant
) -> tuple[Outcome | None, AcademicLevel | None, tuple[str, ...]]:
    """Outcome, học lực after the retest, and codes of the subjects to be tested again."""
    learning, training, absences = result.learning, result.training, facts.absences
    if not isinstance(learning, AcademicLevel) or not isinstance(training, Conduct) or absences is None:
        return None, None, ()
    level_after: AcademicLevel | None = None
    subjects: tuple[str, ...] = ()
    if may_retest(learning, training, absences):
        retest = retest_of(facts, variant)
        level_after, subjects = retest.level, tuple(subject.code for subject in retest.subjects)
    summer = conduct(facts.training_after_summer)
    outcome = promotion(learning, training, absences, learning_after=level_after, training_after=summer)
    return outcome, level_after, subjects
