"""The items of `flask assess` by TT 58/2011, in both variants: generous in shape, strict in what stands there."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

from app.domain.assessment.decisions import DISABILITY, OUTSTANDING
from app.domain.assessment.facts import YEAR, Facts
from app.domain.assessment.items import Answer, Inputs, Judge, Unjudgeable, as_mark, vietnamese
from app.domain.assessment.steps import Step
from app.domain.assessment.terms import LAST_GRADES, AcademicLevel, Conduct, Outcome
from app.domain.assessment.tt58_2011.averages import (
    comment_term,
    comment_year,
    required_scores,
    term_average,
    year_average,
)
from app.domain.assessment.tt58_2011.explaining import explain
from app.domain.assessment.tt58_2011.judging import (
    decided_by_head,
    judge,
    retest_of,
    title_of,
)
from app.domain.assessment.tt58_2011.learning import NO_KEY_SUBJECT, NO_SUBJECT, classify
from app.domain.assessment.tt58_2011.learning_steps import learning_steps
from app.domain.assessment.tt58_2011.reading import (
    checks_of,
    lessons_of,
    passing,
    required_of,
    retested,
    specialised_of,
    subjects_of,
    tests_of,
)
from app.domain.assessment.tt58_2011.subject_steps import (
    NOT_YET,
    count_step,
    explain_comment_term,
    explain_comment_year,
    explain_term,
    explain_year,
)
from app.domain.assessment.tt58_2011.variant import WEEKS, Variant
from app.domain.assessment.tt58_2011.wording import column_names
from app.domain.assessment.tt58_2011.year import may_pass, may_retest, promotion, proposed_conduct_year
from app.domain.assessment.tt58_2011.year_steps import (
    AFTER_RETEST,
    PROPOSED,
    condition_steps,
    end_step,
    head_steps,
    summer_steps,
    title_steps,
)
from app.domain.assessment.weighted import missing_columns, quotient
from app.domain.vocabulary import N_

NO_KEY: Final = N_("None of %(keys)s is among the subjects: without one the level can't be judged.")
NO_SCORES: Final = N_("There is no scored subject to take an average of.")
NOT_A_DECISION: Final = N_("%(field)s: %(value)s is neither promoted nor retained.")


def kinds_of(variant: Variant) -> Mapping[str, Judge]:
    """The judges of a variant by kind."""
    judges: Mapping[str, Callable[[Inputs, Variant], Answer]] = {
        "required_regular_scores": _required,
        "subject_term_average": _term,
        "subject_year_average": _year,
        "comment_subject_term": _comment_term,
        "comment_subject_year": _comment_year,
        "learning_result": _learning,
        "training_year": _training,
        "title": _title,
        "promotion": _promotion,
        "retest": _retest,
    }
    return {kind: _of(judged, variant) for kind, judged in judges.items()}


def _of(judged: Callable[[Inputs, Variant], Answer], variant: Variant) -> Judge:
    return lambda inputs: judged(inputs, variant)


def _required(inputs: Inputs, variant: Variant) -> Answer:
    weekly = lessons_of(inputs)
    count = required_scores(weekly, variant)
    lessons = weekly * WEEKS if variant.one_midterm else weekly
    return Answer({"count": count}, (count_step(quotient(lessons), count, variant),))


def _term(inputs: Inputs, variant: Variant) -> Answer:
    regular = inputs.marks("regular")
    periodic = [as_mark("periodic", value) for value in tests_of(inputs, variant)]
    final, closed = inputs.mark("final"), inputs.flag("closed")
    required = required_of(inputs, len(regular), variant)
    found = term_average(regular, periodic, final, required, variant, closed=closed)
    steps = explain_term(regular, periodic, final, required, variant, closed=closed)
    return _answer({"average": None if found.value is None else str(found.value)}, found.missing, steps)


def _year(inputs: Inputs, variant: Variant) -> Answer:
    term1, term2 = inputs.mark("term1"), inputs.mark("term2")
    one_term = _one_term(inputs, term1, term2)
    average = year_average(term1, term2, one_term=one_term)
    steps = explain_year(term1, term2, variant, one_term=one_term)
    missing = _missing_terms(term1, term2) if average is None else ()
    return _answer({"average": None if average is None else str(average)}, missing, steps)


def _comment_term(inputs: Inputs, variant: Variant) -> Answer:
    checks, final = checks_of(inputs), passing("final", inputs.raw("final"))
    required, closed = required_of(inputs, len(checks), variant), inputs.flag("closed")
    level = comment_term(checks, final, required, closed=closed)
    missing = missing_columns(checks, {"final": final}, required) if level is None else ()
    steps = explain_comment_term(checks, final, required, variant, closed=closed)
    return _answer({"level": _printed(level)}, missing, steps)


def _comment_year(inputs: Inputs, variant: Variant) -> Answer:
    term1, term2 = passing("term1", inputs.raw("term1")), passing("term2", inputs.raw("term2"))
    one_term = _one_term(inputs, term1, term2)
    level = comment_year(term1, term2, one_term=one_term)
    steps = explain_comment_year(term1, term2, variant, one_term=one_term)
    missing = _missing_terms(term1, term2) if level is None else ()
    return _answer({"level": _printed(level)}, missing, steps)


def _one_term(inputs: Inputs, term1: object | None, term2: object | None) -> bool:
    """A term given as null is one the subject isn't taught in, unless `one_term` is false: then it is to come."""
    return inputs.flag("one_term", default=True) and (term1 is None or term2 is None)


def _missing_terms(term1: object | None, term2: object | None) -> tuple[str, ...]:
    return tuple(name for name, value in (("term_1", term1), ("term_2", term2)) if value is None)


def _learning(inputs: Inputs, variant: Variant) -> Answer:
    subjects = subjects_of(inputs)
    specialised = specialised_of(inputs, subjects)
    found = classify(subjects, specialised, variant)
    _refuse_unjudgeable(found.missing, variant)
    names = {subject.code: subject.name for subject in subjects}
    values = {
        "average": None if found.average is None else str(found.average),
        "level_before_adjustment": _printed(found.before),
        "level": _printed(found.level),
    }
    missing = tuple(names.get(code, code) for code in found.missing)
    return _answer(values, missing, learning_steps(subjects, specialised, found, variant))


def _refuse_unjudgeable(missing: Sequence[str], variant: Variant) -> None:
    if NO_SUBJECT in missing:
        raise Unjudgeable(NO_SCORES)
    if NO_KEY_SUBJECT in missing:
        raise Unjudgeable(NO_KEY, keys=", ".join(variant.key_names))


def _training(inputs: Inputs, variant: Variant) -> Answer:
    term1, term2 = inputs.word_or_none("term1", Conduct), inputs.word_or_none("term2", Conduct)
    article = variant.article("Điều 3 khoản 2")
    missing = _missing_terms(term1, term2)
    if missing or term2 is None:
        step = Step(article, NOT_YET, {"missing": column_names(missing)})
        return _answer({"level": None}, missing, (step,))
    level = proposed_conduct_year(term1, term2)
    return _answer({"level": vietnamese(level)}, (), (Step(article, PROPOSED, {"level": level}),))


def _title(inputs: Inputs, variant: Variant) -> Answer:
    learning, training = (
        inputs.word_or_none("learning", AcademicLevel),
        inputs.word_or_none("training", Conduct),
    )
    if learning is None or training is None:
        return _not_yet(
            "title", {"learning": learning, "training": training}, variant.article("Điều 18 khoản 1")
        )
    decisions = {OUTSTANDING: ""} if inputs.flag("outstanding") else {}
    found = title_of(_facts(inputs, decisions=decisions), learning, training, variant)
    return _answer({"title": _printed(found)}, (), title_steps(learning, training, found, variant))


def _promotion(inputs: Inputs, variant: Variant) -> Answer:
    decided = _by_head(inputs, variant)
    if decided is not None:
        return decided
    learning, training = (
        inputs.word_or_none("learning", AcademicLevel),
        inputs.word_or_none("training", Conduct),
    )
    absences = inputs.number("absences") if "absences" in inputs else None
    article = variant.article("Điều 15 khoản 1")
    if learning is None or training is None or absences is None:
        needed = {"learning": learning, "training": training, "absences": absences}
        return _not_yet("outcome", needed, article)
    after = inputs.word_or_none("learning_after_retest", AcademicLevel)
    summer = inputs.word_or_none("training_after_summer", Conduct)
    outcome = promotion(learning, training, absences, learning_after=after, training_after=summer)
    tested: tuple[Step, ...] = ()
    if after is not None and may_retest(learning, training, absences):
        tested = (Step(variant.article("Điều 16"), AFTER_RETEST, {"learning": after}),)
    trained = summer_steps(training, summer, variant) if may_pass(learning, training, absences) else ()
    last = _last_grade(inputs, outcome)
    steps = (
        *condition_steps(learning, training, absences, variant),
        *tested,
        *trained,
        end_step(learning, training, absences, last, variant),
    )
    return _answer({"outcome": outcome.value}, (), steps)


def _by_head(inputs: Inputs, variant: Variant) -> Answer | None:
    """What the head decides on a student with disability; None where the head has nothing to decide."""
    if not inputs.flag(DISABILITY):
        return None
    decision = inputs.word_or_none("head_decision", Outcome)
    if decision not in (None, Outcome.PROMOTED, Outcome.RETAINED):
        raise Unjudgeable(NOT_A_DECISION, field="head_decision", value=inputs.raw("head_decision"))
    decisions = {DISABILITY: "", **({decision.value: ""} if decision is not None else {})}
    facts = _facts(inputs, decisions=decisions)
    outcome = decided_by_head(facts, variant)
    if outcome is None:
        return None
    return _answer({"outcome": outcome.value}, (), head_steps(facts, _last_grade(inputs, outcome), variant))


def _last_grade(inputs: Inputs, outcome: Outcome) -> Outcome:
    """The outcome as explained: grades 9 and 12 end with hoàn thành chương trình."""
    grade = inputs.number("grade") if "grade" in inputs else 0
    return Outcome.COMPLETED if outcome is Outcome.PROMOTED and grade in LAST_GRADES else outcome


def _retest(inputs: Inputs, variant: Variant) -> Answer:
    subjects = tuple(retested(inputs, subjects_of(inputs)))
    training = inputs.word_or_none("training", Conduct)
    facts = _facts(
        inputs,
        subjects=subjects,
        training=None if training is None else training.value,
        absences=inputs.number("absences") if "absences" in inputs else 0,
        specialised_subject=specialised_of(inputs, subjects),
        closed=True,
    )
    result = judge(facts, variant)
    _refuse_unjudgeable(result.missing, variant)
    names = {subject.code: subject.name for subject in subjects}
    waiting = tuple(f"{s.name}:retest" for s in subjects if "retest" in s.missing)
    missing = (*(names.get(code, code) for code in result.missing), *waiting)
    parts = ("learning", "learning_after", "outcome")
    steps = [step for section in explain(facts, variant) if section.key in parts for step in section.steps]
    if missing:
        steps.append(Step(variant.article("Điều 16"), NOT_YET, {"missing": column_names(missing)}))
        return _answer({"level": None, "average": None, "outcome": None}, missing, steps)
    after = retest_of(facts, variant).after if result.learning_after is not None else None
    average = result.average if after is None else after.average
    outcome = Outcome.PROMOTED if result.outcome is Outcome.COMPLETED else result.outcome
    values = {
        "level": _printed(result.learning_after or result.learning),
        "average": None if average is None else str(average),
        "outcome": None if outcome is None else outcome.value,
    }
    return _answer(values, (), steps)


def _facts(inputs: Inputs, **given: Any) -> Facts:
    """Facts of a year, of what an item says."""
    grade = inputs.number("grade") if "grade" in inputs else 0
    return Facts(**{"circular": "", "level": "", "grade": grade, "period": YEAR, "subjects": (), **given})


def _not_yet(key: str, needed: Mapping[str, object | None], article: str) -> Answer:
    missing = tuple(name for name, value in needed.items() if value is None)
    return _answer({key: None}, missing, (Step(article, NOT_YET, {"missing": column_names(missing)}),))


def _printed(word: StrEnum | None) -> str | None:
    return None if word is None else vietnamese(word)


def _answer(values: Mapping[str, Any], missing: Sequence[str], steps: Sequence[Step]) -> Answer:
    return Answer({**values, "missing": list(missing)} if missing else values, tuple(steps))
