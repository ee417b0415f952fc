"""Reading the items of `flask assess` on primary students: generous in shape, strict in what stands there.

`subjects`: {name: T, H or C}. `qualities_competences` and `year_end_tests`: an object by name, or a list in printed order;
null is a blank, and what the grade asks for and isn't given is missing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import zip_longest
from typing import Any, Final

from app.domain.assessment.decisions import DISABILITY
from app.domain.assessment.items import (
    NOT_A_LIST,
    Answer,
    Inputs,
    Unjudgeable,
    as_mark,
    as_word,
    spellings,
    vietnamese,
)
from app.domain.assessment.primary import (
    FIRST_GRADE,
    LAST_GRADE,
    Entry,
    Figures,
    Need,
    Tested,
    Trait,
    Year,
    level_of,
    missing,
    outcome_of,
)
from app.domain.assessment.primary_steps import (
    NO_FIGURES,
    Articles,
    ending_steps,
    result_steps,
    tests_section,
)
from app.domain.assessment.steps import Step
from app.domain.assessment.terms import Outcome, Point, PrimaryLevel, SubjectLevel, TraitLevel
from app.domain.vocabulary import N_

NOT_A_GRADE: Final = N_("%(field)s: %(value)s is not a grade from 1 to 5.")
NOT_A_SCORE: Final = N_("%(field)s: %(value)s is not a whole number from %(least)s to %(most)s.")
NOT_A_DECISION: Final = N_("%(field)s: %(value)s is neither promoted nor retained.")
TESTED: Final = N_("%(point)s, grade %(grade)s: periodic tests in %(names)s.")
NOT_TESTED: Final = N_("%(point)s, grade %(grade)s: no periodic tests.")

_POINTS: Final = {
    "gk1": Point.MID_TERM1,
    "ck1": Point.END_TERM1,
    "gk2": Point.MID_TERM2,
    "ck2": Point.YEAR_END,
    "end_term2": Point.YEAR_END,
}
"""Codes of the sector database (facts F3), and the year's end by its other name."""

_SPELLINGS: Final = (("lý", "lí"), ("mỹ", "mĩ"), ("kỹ", "kĩ"), ("kỷ", "kỉ"), ("tiếng anh", "ngoại ngữ 1"))
_ASSUMED_GRADE: Final = 4
"""Where an item names no grade: one with every test and every quality and competence."""


def grade_of(inputs: Inputs) -> int:
    """The grade, 1 to 5."""
    grade = inputs.number("grade")
    if not FIRST_GRADE <= grade <= LAST_GRADE:
        raise Unjudgeable(NOT_A_GRADE, field="grade", value=grade)
    return grade


def point_of(inputs: Inputs) -> Point:
    """The assessment point, by its value, its Vietnamese name or its code in the sector database."""
    value = inputs.raw("point")
    known = _POINTS.get(str(value).strip().casefold())
    return known or as_word("point", value, Point)


def tests_answer(grade: int, point: Point, tested: Sequence[Tested], article: str) -> Answer:
    """The subjects with a test, in printed order."""
    names = tuple(dict.fromkeys(subject.name for subject in tested))
    message = TESTED if names else NOT_TESTED
    step = Step(article, message, {"point": point, "grade": grade, "names": names})
    return Answer({"subjects": list(names)}, (step,))


def year_answer(figures: Figures, ladder: Sequence[Need], articles: Articles) -> Answer:
    """The level the figures come to; null, and what is missing, where they are not complete."""
    lacking = missing_of(figures)
    level = None if lacking else level_of(figures, ladder)
    steps = tuple(result_steps(Year(figures, level), ladder, articles.result))
    if level is not None:
        scores = tests_section(figures, articles.tests).steps
        return Answer({"level": vietnamese(level)}, (*steps, *scores))
    fields = tuple(name for name in lacking if ":" not in name)
    if fields:
        steps = (*steps, Step(articles.result, NO_FIGURES, {"names": fields}))
    return Answer({"level": None, "missing": lacking}, steps)


def promotion_answer(inputs: Inputs, articles: Articles) -> Answer:
    """How the year ends by its level, the level after supplementary assessment and the head's decision."""
    level = inputs.word_or_none("level", PrimaryLevel)
    after = inputs.word_or_none("after_supplement", PrimaryLevel)
    grade = grade_of(inputs) if "grade" in inputs else FIRST_GRADE
    decisions = decisions_of(inputs)
    outcome = outcome_of(level, after, grade, decisions)
    steps = tuple(ending_steps(outcome, (level, after), grade, decisions, articles))
    if outcome is None:
        return Answer({"outcome": None, "missing": ["level"]}, steps)
    printed = Outcome.PROMOTED if outcome is Outcome.COMPLETED else outcome
    return Answer({"outcome": printed.value}, steps)


def year_figures(inputs: Inputs, traits: Iterable[Trait], tested: Iterable[Tested], scores: range) -> Figures:
    """The figures of an item: its subjects, the qualities and competences of the grade, the tests of its subjects.

    `tested`: the subjects with a year-end test. Those not among the item's subjects are not asked for.
    """
    grade = grade_of(inputs) if "grade" in inputs else _ASSUMED_GRADE
    subjects = [
        Entry(name, name, None if value is None else as_word(f"subjects {name}", value, SubjectLevel))
        for name, value in _named(inputs.raw("subjects"), "subjects", ())
    ]
    taken = {_plain(entry.name) for entry in subjects}
    by_name = isinstance(inputs.raw("subjects"), Mapping)
    names = dict.fromkeys(subject.name for subject in tested if subject.from_grade <= grade)
    asked = [(name, name) for name in names if not by_name or _plain(name) in taken]
    return Figures(
        subjects,
        list(_traits(inputs, list(traits), grade)),
        list(_tests(inputs, asked, scores)),
    )


def missing_of(figures: Figures) -> list[str]:
    """What an item lacks; without any test its result would be a guess."""
    return [*missing(figures), *([] if figures.tests else ["year_end_tests"])]


def decisions_of(inputs: Inputs) -> dict[str, str]:
    """What the head decided, as the facts hold it: by name, with the reason where one is given."""
    reason = str(inputs.raw("reason")) if "reason" in inputs else "–"
    decisions = {DISABILITY: reason} if inputs.flag(DISABILITY) else {}
    if "head_decision" not in inputs:
        return decisions
    value = inputs.raw("head_decision")
    decision = next((one for one in (Outcome.PROMOTED, Outcome.RETAINED) if value in spellings(one)), None)
    if decision is None:
        raise Unjudgeable(NOT_A_DECISION, field="head_decision", value=value)
    return {**decisions, decision.value: reason}


def _traits(inputs: Inputs, traits: Sequence[Trait], grade: int) -> Iterator[Entry]:
    field = "qualities_competences"
    values = inputs.raw(field)
    if isinstance(values, Mapping) and values and all(isinstance(part, list) for part in values.values()):
        values = [level for part in values.values() for level in part]  # one list per group
    asked = [trait for trait in traits if trait.from_grade <= grade]
    if isinstance(values, (list, Mapping)) and len(values) > len(asked):
        asked = list(traits)
    for name, value in _named(values, field, [(trait.code, trait.name) for trait in asked]):
        level = None if value is None else as_word(f"{field} {name}", value, TraitLevel)
        yield Entry(name, name, level)


def _tests(inputs: Inputs, asked: Sequence[tuple[str, str]], scores: range) -> Iterator[Entry]:
    field = "year_end_tests"
    for name, value in _named(inputs.raw(field) if field in inputs else [], field, asked):
        yield Entry(name, name, None if value is None else as_score(f"{field} {name}", value, scores))


def as_score(field: str, value: Any, scores: range) -> Decimal:
    """A periodic test's score, a whole number of the scale. Unjudgeable for anything else."""
    try:
        mark = value if isinstance(value, Decimal) else as_mark(field, value)
    except Unjudgeable:
        mark = None
    found = next((Decimal(score) for score in scores if mark == score), None)
    if found is None:
        raise Unjudgeable(NOT_A_SCORE, field=field, value=value, least=scores[0], most=scores[-1])
    return found


def _named(values: Any, field: str, asked: Sequence[tuple[str, str]]) -> Iterator[tuple[str, Any]]:
    """(name, value) of an object or a list; what was asked for, as (code, name), comes first and None where not given."""
    if isinstance(values, Mapping):
        given = {_plain(name): (name, value) for name, value in values.items()}
        for code, name in asked:
            found = given.pop(_plain(name), None) or given.pop(_plain(code), None)
            yield name, found[1] if found else None
        yield from given.values()
        return
    if not isinstance(values, list):
        raise Unjudgeable(NOT_A_LIST, field=field)
    names = [name for _code, name in asked]
    for number, (name, value) in enumerate(zip_longest(names, values), start=1):
        yield name or str(number), value


def _plain(name: str) -> str:
    """A name as it is compared: without capitals and old spellings."""
    plain = " ".join(name.split()).casefold()
    for old, new in _SPELLINGS:
        plain = plain.replace(old, new)
    return plain
