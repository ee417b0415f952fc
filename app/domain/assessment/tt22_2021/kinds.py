"""Items of `flask assess` on a student's results, for TT 22/2021 and circulars built the way it is."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any, Final

from app.domain.assessment.decisions import DISABILITY, RETEST_OVER
from app.domain.assessment.facts import YEAR, Facts, Readings, Result, Section, SubjectFigure
from app.domain.assessment.items import (
    NOT_A_LIST,
    Answer,
    Inputs,
    Judge,
    Unjudgeable,
    as_word,
    vietnamese,
)
from app.domain.assessment.steps import Step
from app.domain.assessment.terms import LAST_GRADES, Outcome, ResultLevel
from app.domain.assessment.tt22_2021.explaining import (
    BY_TERMS,
    NO_TRAINING_TERM,
    explain_by,
    title_steps,
)
from app.domain.assessment.tt22_2021.explaining_outcome import outcome_steps
from app.domain.assessment.tt22_2021.judging import SETTINGS, counted_subjects, judge_by
from app.domain.assessment.tt22_2021.kinds_subject import SUBJECT_KINDS, lacking, small_number
from app.domain.assessment.tt22_2021.learning import COMMENT_SUBJECT_COUNTS, REPLACE_SUBJECT
from app.domain.assessment.tt22_2021.scheme import TT22, Scheme
from app.domain.assessment.tt22_2021.year import (
    YearEnd,
    outcome_of,
    title,
    to_be_retested,
    training_year,
)
from app.domain.vocabulary import N_, Passing, SubjectKind

SchemeOf = Callable[[Inputs], Scheme]
"""The figures to judge an item by."""

TOO_FEW: Final = N_(
    "%(count)s scored subjects: the thresholds take %(needed)s, so the result is not classified; the head decides."
)
NOT_RETESTED: Final = N_("%(name)s is not to be retested: its result is neither not passed nor below 5.0.")
NOT_READINGS: Final = N_("readings is not an object of named answers.")
NO_DECISION: Final = N_("head_decision: the head decides for students with a disability only.")
NOT_A_DECISION: Final = N_("head_decision: %(value)s is neither promoted nor retained.")

_TRAINING: Final = ("training_1", "training_2")
_DECISIONS: Final = {True: Outcome.PROMOTED, False: Outcome.RETAINED}


def kinds_by(scheme_of: SchemeOf) -> dict[str, Judge]:
    """The kinds on a student's results, judged by the scheme of each item."""
    return {
        "learning_result": lambda inputs: _learning_result(inputs, scheme_of(inputs)),
        "training_year": lambda inputs: _training_year(inputs, scheme_of(inputs)),
        "title": lambda inputs: _title(inputs, scheme_of(inputs)),
        "promotion": lambda inputs: _promotion(inputs, scheme_of(inputs)),
        "retest": lambda inputs: _retest(inputs, scheme_of(inputs)),
    }


def _learning_result(inputs: Inputs, scheme: Scheme) -> Answer:
    facts = _facts(inputs, _subjects(inputs), 1)
    result = judge_by(facts, scheme)
    _refuse_few(facts, result, scheme)
    values = {"level_before_adjustment": _term(result.learning_before), "level": _term(result.learning)}
    missing = tuple(code for code in result.missing if code != "training")
    return Answer({**values, **lacking(missing)}, _steps(explain_by(facts, scheme), "learning"))


def _facts(
    inputs: Inputs,
    subjects: tuple[SubjectFigure, ...],
    period: int,
    decisions: Iterable[str] = (),
    **more: Any,
) -> Facts:
    readings = _readings(inputs)
    reasons = [*decisions, *((DISABILITY,) if _disability(inputs) else ())]
    return Facts(
        circular="",
        level="",
        grade=inputs.number("grade") if "grade" in inputs else 0,
        period=period,
        subjects=subjects,
        decisions=dict.fromkeys(reasons, ""),
        readings=readings,
        **more,
    )


def _readings(inputs: Inputs) -> Readings:
    """The open readings, in `readings` or beside the other fields."""
    if "readings" in inputs:
        given = inputs.raw("readings")
        if not isinstance(given, Mapping):
            raise Unjudgeable(NOT_READINGS)
        inputs = Inputs(given)
    return Readings(
        inputs.flag(COMMENT_SUBJECT_COUNTS, default=True), inputs.flag(REPLACE_SUBJECT, default=True)
    )


def _disability(inputs: Inputs) -> bool:
    """True for true, and for the reason kept."""
    return DISABILITY in inputs and inputs.raw(DISABILITY) is not False


def _subjects(inputs: Inputs) -> tuple[SubjectFigure, ...]:
    """The subjects of an item: `scored`, and of the comment subjects `comments`, or those in `comment_failed`."""
    listed = isinstance(inputs.raw("scored"), list)
    scored = inputs.named_marks("scored")
    exempt = set(map(str, inputs.list("exempt"))) if "exempt" in inputs else set()
    figures = [
        SubjectFigure(code, f"#{code}" if listed else code, SubjectKind.SCORED, mark, exempt=code in exempt)
        for code, mark in scored.items()
    ]
    comments = _named(inputs, "comments") if "comments" in inputs else _failed(inputs)
    figures += [
        SubjectFigure(code, code, SubjectKind.COMMENT, passing, exempt=code in exempt)
        for code, passing in comments
    ]
    return tuple(figures)


def _failed(inputs: Inputs) -> Iterator[tuple[str, Passing | None]]:
    """Comment subjects that are Chưa đạt: their names, or how many."""
    failed = inputs.raw("comment_failed")
    if not isinstance(failed, list):
        failed = [f"NX {n}" for n in range(1, small_number(inputs, "comment_failed") + 1)]
    return ((str(name), Passing.FAILED) for name in failed)


def _named(inputs: Inputs, field: str) -> Iterator[tuple[str, Passing | None]]:
    """Results of comment subjects by name, or in a row."""
    given = inputs.raw(field)
    if isinstance(given, list):
        given = {f"NX {n}": value for n, value in enumerate(given, start=1)}
    if not isinstance(given, Mapping):
        raise Unjudgeable(NOT_A_LIST, field=field)
    return (
        (name, None if value is None else as_word(f"{field} {name}", value, Passing))
        for name, value in given.items()
    )


def _refuse_few(facts: Facts, result: Result, scheme: Scheme) -> None:
    """Unjudgeable where there are fewer scored subjects than the thresholds ask for."""
    if scheme.few in result.missing and scheme.needed is not None:
        count = sum(s.kind is SubjectKind.SCORED for s in counted_subjects(facts))
        raise Unjudgeable(TOO_FEW, count=count, needed=max(scheme.needed))


def _term(level: Any) -> str | None:
    return None if level is None else vietnamese(level)


def _steps(sections: Iterable[Section], *keys: str) -> tuple[Step, ...]:
    return tuple(step for section in sections if section.key in keys for step in section.steps)


def _training_year(inputs: Inputs, scheme: Scheme) -> Answer:
    term1, term2 = inputs.word_or_none("term1", ResultLevel), inputs.word_or_none("term2", ResultLevel)
    article = scheme.articles.training_year
    if term1 is None or term2 is None:
        missing = tuple(name for name, level in (("term1", term1), ("term2", term2)) if level is None)
        names = tuple("HK I" if name == "term1" else "HK II" for name in missing)
        return Answer(
            {"level": None, **lacking(missing)}, (Step(article, NO_TRAINING_TERM, {"terms": names}),)
        )
    level = training_year(term1, term2)
    step = Step(article, BY_TERMS, {"level": level, "first": term1, "second": term2})
    return Answer({"level": vietnamese(level)}, (step,))


def _title(inputs: Inputs, scheme: Scheme) -> Answer:
    averages = inputs.named_marks("year_averages")
    results = {name: inputs.word_or_none(name, ResultLevel) for name in ("learning", "training")}
    scores = [mark for mark in averages.values() if mark is not None]
    learning, training = results["learning"], results["training"]
    missing = [name for name, level in results.items() if level is None]
    if learning is training is ResultLevel.GOOD:
        missing += [f"{code}:value" for code, mark in averages.items() if mark is None]
    if scheme.title_subjects is None:
        missing.append(SETTINGS)
    found = None
    if learning and training and scheme.title_subjects and not missing:
        found = title(learning, training, scores, scheme.title_subjects)
    steps = title_steps(learning, training, found, scores, scheme)
    return Answer({"title": _term(found), **lacking(tuple(missing))}, steps)


def _promotion(inputs: Inputs, scheme: Scheme) -> Answer:
    year = YearEnd(
        training=inputs.word_or_none("training", ResultLevel),
        learning=inputs.word_or_none("learning", ResultLevel),
        absences=inputs.number("absences") if "absences" in inputs else None,
        training_after=inputs.word_or_none("training_after_summer", ResultLevel),
        learning_after=inputs.word_or_none("learning_after_retest", ResultLevel),
        last_grade="grade" in inputs and inputs.number("grade") in LAST_GRADES,
        disability=_disability(inputs),
        decided=_decided(inputs),
    )
    end = outcome_of(year)
    missing = (
        ()
        if end
        else tuple(name for name in ("learning", "training", "absences") if getattr(year, name) is None)
    )
    steps = outcome_steps(year, end, (), scheme.articles)
    return Answer({"outcome": _plain(end), **lacking(missing)}, steps)


def _decided(inputs: Inputs) -> Outcome | None:
    """What the head decided for a student with a disability: true or false, promoted or retained."""
    if "head_decision" not in inputs:
        return None
    if not _disability(inputs):
        raise Unjudgeable(NO_DECISION)
    given = inputs.raw("head_decision")
    decided = _DECISIONS[given] if isinstance(given, bool) else as_word("head_decision", given, Outcome)
    if decided not in _DECISIONS.values():
        raise Unjudgeable(NOT_A_DECISION, value=given)
    return decided


def _plain(end: StrEnum | None) -> str | None:
    """An outcome as items print it: the last grade of a level is promoted too."""
    return Outcome.PROMOTED.value if end is Outcome.COMPLETED else end and end.value


def _retest(inputs: Inputs, scheme: Scheme) -> Answer:
    """The year's training result stands for both terms: twice the same gives the same (Điều 8)."""
    subjects, complete = _with_retests(inputs, _subjects(inputs))
    training = inputs.word_or_none("training", ResultLevel)
    facts = _facts(
        inputs,
        subjects,
        YEAR,
        (RETEST_OVER,) if complete else (),
        training_1=training,
        training_2=training,
        training_after_summer=inputs.word_or_none("training_after_summer", ResultLevel),
        absences=_absences(inputs),
    )
    result = judge_by(facts, scheme)
    _refuse_few(facts, result, scheme)
    pending = any(code.endswith(":retest") for code in result.missing)
    level = None if pending else result.learning_after or result.learning
    missing = tuple(
        dict.fromkeys(
            "training" if code in _TRAINING else code
            for code in result.missing
            if code != SETTINGS or scheme.needed is None  # titles are not asked for here
        )
    )
    values = {"level": _term(level), "outcome": _plain(result.outcome), **lacking(missing)}
    return Answer(values, _steps(explain_by(facts, scheme), "learning", "learning_after", "outcome"))


def _absences(inputs: Inputs) -> int | None:
    """Absences of a retest's year: null is not noted yet, an item without them is about the retest alone."""
    try:
        given = inputs.raw("absences")
    except Unjudgeable:
        return 0
    return None if given is None else inputs.number("absences")


def _with_retests(
    inputs: Inputs, subjects: tuple[SubjectFigure, ...]
) -> tuple[tuple[SubjectFigure, ...], bool]:
    """The subjects with their retests, and whether what was not named was not retested (null: still to come)."""
    given: dict[str, Any] = {}
    if "retest_scores" in inputs:
        given |= inputs.named_results("retest_scores")
    if "retest_comments" in inputs:
        given |= dict(_named(inputs, "retest_comments"))
    for code in given:
        if not any(subject.code == code and to_be_retested(subject.value) for subject in subjects):
            raise Unjudgeable(NOT_RETESTED, name=code)
    figures = tuple(replace(subject, retest=given.get(subject.code)) for subject in subjects)
    return figures, bool(given) and None not in given.values()


KINDS: Final[Mapping[str, Judge]] = {**SUBJECT_KINDS, **kinds_by(lambda _inputs: TT22)}
