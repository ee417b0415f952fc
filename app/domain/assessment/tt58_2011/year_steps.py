"""Why a student has this hạnh kiểm, title and outcome."""

from typing import Final

from app.domain.assessment.decisions import OUTSTANDING, PROMOTED, RETAINED
from app.domain.assessment.facts import YEAR, Facts, Result
from app.domain.assessment.steps import Param, Step
from app.domain.assessment.terms import AcademicLevel, Conduct, Outcome, Title
from app.domain.assessment.tt58_2011.judging import Retest, conduct, decided_by_head
from app.domain.assessment.tt58_2011.subject_steps import NOT_YET
from app.domain.assessment.tt58_2011.variant import Variant
from app.domain.assessment.tt58_2011.wording import column_names, named
from app.domain.assessment.tt58_2011.year import (
    MOST_ABSENCES,
    may_pass,
    proposed_conduct_year,
    reaches_average,
)
from app.domain.vocabulary import N_

JUDGED: Final = N_("%(level)s, judged by the homeroom teacher.")
PROPOSED: Final = N_(
    "Proposed: %(level)s, as in term II, which with the student's progress mainly decides the year. This is only a"
    " proposal: the homeroom teacher judges."
)
HONOURS: Final = N_("%(title)s: academic level Giỏi and conduct Tốt.")
ADVANCED: Final = N_("%(title)s: academic level %(learning)s and conduct %(training)s, both from Khá up.")
NO_TITLE: Final = N_(
    "No title with academic level %(learning)s and conduct %(training)s: both would have to be from Khá up."
)
NO_HONOURS: Final = N_(
    "Học sinh giỏi needs academic level Giỏi and conduct Tốt; they are %(learning)s and %(training)s."
)
COMMENDED: Final = N_("Commended by the head for outstanding achievement or progress.")
COMMENDED_WHY: Final = N_("Commended by the head for outstanding achievement or progress: %(reason)s.")
LEARNING_HOLDS: Final = N_("Academic level %(learning)s: from Trung bình up, as needed.")
LEARNING_FAILS: Final = N_("Academic level %(learning)s: below Trung bình.")
TRAINING_HOLDS: Final = N_("Conduct %(training)s: from Trung bình up, as needed.")
TRAINING_FAILS: Final = N_("Conduct %(training)s: below Trung bình.")
ABSENCES_HOLD: Final = N_("Absent %(count)s sessions: not more than %(most)s.")
ABSENCES_FAIL: Final = N_("Absent %(count)s sessions: more than %(most)s.")
NO_WAY: Final = N_("No retest and no summer training is open to the student: %(outcome)s.")
ENDS: Final = N_("So the year ends with: %(outcome)s.")
RETEST_ALLOWED: Final = N_(
    "Conduct is from Trung bình up and academic level Yếu: subjects under 5,0 or not passed may be tested again: %(subjects)s."
)
AFTER_RETEST: Final = N_("After the retest academic level is %(learning)s.")
RETESTED: Final = N_(
    "Results of the retest (%(subjects)s) replace those of the year: average %(average)s, academic level %(learning)s."
)
RETEST_GOES_ON: Final = N_("Not tested again yet: %(subjects)s.")
SUMMER: Final = N_("Academic level is from Trung bình up and conduct Yếu: the student trains in the summer.")
AFTER_SUMMER: Final = N_("After the summer conduct is %(training)s.")
DISABILITY_OPEN: Final = N_("Student with disability: the head decides by the individual education plan.")
DISABILITY_DECIDED: Final = N_(
    "Student with disability: the head has decided by the individual education plan: %(reason)s."
)


def training_steps(facts: Facts, variant: Variant) -> tuple[Step, ...]:
    """Hạnh kiểm as judged, for the year beside what the two terms propose."""
    article = variant.article("Điều 3 khoản 2" if facts.period == YEAR else "Điều 4")
    level, term2 = conduct(facts.training), conduct(facts.training_2)
    steps = []
    if facts.period == YEAR and term2 is not None:
        proposal = proposed_conduct_year(conduct(facts.training_1), term2)
        steps.append(Step(article, PROPOSED, {"level": proposal}))
    if level is None:
        return (*steps, Step(article, NOT_YET, {"missing": column_names(("training",))}))
    return (*steps, Step(article, JUDGED, {"level": level}))


def title_steps(
    learning: AcademicLevel,
    training: Conduct,
    found: Title | None,
    variant: Variant,
    reason: str | None = None,
) -> tuple[Step, ...]:
    """Why this title, or why none; `reason` is the head's for a giấy khen."""
    levels: dict[str, Param] = {"learning": learning, "training": training, "title": found}
    if found is Title.HONOURS:
        return (Step(variant.article("Điều 18 khoản 1"), HONOURS, levels),)
    not_honours = Step(variant.article("Điều 18 khoản 1"), NO_HONOURS, levels)
    if found is Title.ADVANCED:
        return (Step(variant.article("Điều 18 khoản 2"), ADVANCED, levels), not_honours)
    none = Step(variant.article("Điều 18 khoản 2"), NO_TITLE, levels)
    if found is None:
        return (none,)
    message = COMMENDED_WHY if reason else COMMENDED
    return (none, Step(variant.article("Điều 18"), message, {"reason": reason}))


def title_section_steps(facts: Facts, result: Result, variant: Variant) -> tuple[Step, ...]:
    """Why this title, from the facts: nothing to say while the levels aren't there."""
    if not isinstance(result.learning, AcademicLevel) or not isinstance(result.training, Conduct):
        return (
            Step(
                variant.article("Điều 18 khoản 1"),
                NOT_YET,
                {"missing": column_names(result.missing, subject_names(facts))},
            ),
        )
    found = result.title if isinstance(result.title, Title) else None
    return title_steps(result.learning, result.training, found, variant, facts.decisions.get(OUTSTANDING))


def condition_steps(
    learning: AcademicLevel, training: Conduct, absences: int, variant: Variant
) -> tuple[Step, ...]:
    """Each of the three conditions of lên lớp, and whether it holds (Điều 15 khoản 1)."""
    article = variant.article("Điều 15 khoản 1")
    return (
        Step(
            article,
            LEARNING_HOLDS if reaches_average(learning) else LEARNING_FAILS,
            {"learning": learning},
        ),
        Step(
            article,
            TRAINING_FAILS if training is Conduct.WEAK else TRAINING_HOLDS,
            {"training": training},
        ),
        Step(
            article,
            ABSENCES_HOLD if absences <= MOST_ABSENCES else ABSENCES_FAIL,
            {"count": absences, "most": MOST_ABSENCES},
        ),
    )


def retest_steps(retest: Retest, variant: Variant) -> tuple[Step, ...]:
    """Which subjects may be tested again, and what the results change (Điều 16)."""
    article = variant.article("Điều 16")
    names = tuple(named(subject.name, subject.value) for subject in retest.subjects)
    allowed = Step(article, RETEST_ALLOWED, {"subjects": names})
    if retest.after is None:
        return (allowed,)
    done = tuple(named(s.name, s.retest) for s in retest.subjects if s.retest is not None)
    open_ones = tuple(subject.name for subject in retest.subjects if subject.retest is None)
    params: dict[str, Param] = {
        "subjects": done,
        "average": retest.after.average,
        "learning": retest.after.level,
    }
    replaced = Step(article, RETESTED, params)
    if retest.settled or not open_ones:
        return (allowed, replaced)
    return (allowed, replaced, Step(article, RETEST_GOES_ON, {"subjects": open_ones}))


def summer_steps(training: Conduct, after: Conduct | None, variant: Variant) -> tuple[Step, ...]:
    """Rèn luyện trong kì nghỉ hè and what comes of it (Điều 17); nothing for who needs none."""
    if training is not Conduct.WEAK:
        return ()
    article = variant.article("Điều 17")
    later = () if after is None else (Step(article, AFTER_SUMMER, {"training": after}),)
    return (Step(article, SUMMER), *later)


def end_step(
    learning: AcademicLevel, training: Conduct, absences: int, outcome: Outcome, variant: Variant
) -> Step:
    """The last step of an outcome."""
    if not may_pass(learning, training, absences):
        return Step(variant.article("Điều 15 khoản 2"), NO_WAY, {"outcome": outcome})
    place = "Điều 15 khoản 2" if outcome is Outcome.RETAINED else "Điều 15 khoản 1"
    place = {Outcome.RETEST: "Điều 16", Outcome.SUMMER_TRAINING: "Điều 17"}.get(outcome, place)
    return Step(variant.article(place), ENDS, {"outcome": outcome})


def head_steps(facts: Facts, outcome: Outcome, variant: Variant) -> tuple[Step, ...]:
    """The head's decision on a student with disability, still open or taken."""
    article = variant.article("Điều 15")
    reason = facts.decisions.get(PROMOTED) or facts.decisions.get(RETAINED)
    if outcome is Outcome.HEAD_DECIDES:
        return (Step(article, DISABILITY_OPEN),)
    return (
        Step(article, DISABILITY_DECIDED, {"reason": reason}),
        Step(article, ENDS, {"outcome": outcome}),
    )


def outcome_steps(facts: Facts, result: Result, retest: Retest | None, variant: Variant) -> tuple[Step, ...]:
    """How the year ends, condition by condition; `retest` for a student admitted to one."""
    if isinstance(result.outcome, Outcome) and decided_by_head(facts, variant) is not None:
        return head_steps(facts, result.outcome, variant)
    learning, training, absences, outcome = result.learning, result.training, facts.absences, result.outcome
    if (
        not isinstance(learning, AcademicLevel)
        or not isinstance(training, Conduct)
        or not isinstance(outcome, Outcome)
        or absences is None
    ):
        missing = column_names(result.missing, subject_names(facts))
        return (Step(variant.article("Điều 15 khoản 1"), NOT_YET, {"missing": missing}),)
    summer = conduct(facts.training_after_summer)
    return (
        *condition_steps(learning, training, absences, variant),
        *(retest_steps(retest, variant) if retest is not None else ()),
        *(summer_steps(training, summer, variant) if may_pass(learning, training, absences) else ()),
        end_step(learning, training, absences, outcome, variant),
    )


def subject_names(facts: Facts) -> dict[str, str]:
    """Names of the subjects by code."""
    return {subject.code: subject.name for subject in facts.subjects}
