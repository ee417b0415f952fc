"""Preschool: the record of a child's development by area (sổ theo dõi trẻ, TT 52/2020 Điều 21). No marks, no levels.

Areas are those of the preschool programme (VBHN 01/VBHN-BGDĐT of 2021, own knowledge). By law nobody is marked, ranked or
tested to move up: the group follows the child's age, and the class of five-year-olds ends with the programme completed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from app.domain.assessment.facts import YEAR, Facts, Result, Section
from app.domain.assessment.items import NOT_A_LIST, Answer, Inputs, Judge, Unjudgeable
from app.domain.assessment.steps import Step
from app.domain.assessment.terms import Outcome
from app.domain.units import KINDERGARTEN_GRADE, NURSERY_GRADE
from app.domain.vocabulary import N_

CODE: Final = "preschool"
VERSION: Final = "2021.1"

FIVE_YEARS: Final = "five_years"
"""Name in `Facts.decisions` of what says that the child is in its last year of preschool."""

_FIVE: Final = 5


@dataclass(frozen=True, slots=True)
class Area:
    """Lĩnh vực phát triển, by its official name."""

    code: str
    name: str


AREAS: Final = (
    Area("physical", "Phát triển thể chất"),
    Area("cognitive", "Phát triển nhận thức"),
    Area("language", "Phát triển ngôn ngữ"),
    Area("social", "Phát triển tình cảm và kĩ năng xã hội"),
    Area("aesthetic", "Phát triển thẩm mĩ"),
)
"""Areas of the kindergarten programme in printed order."""

NURSERY_AREAS: Final = (
    *AREAS[:3],
    Area("social_aesthetic", "Phát triển tình cảm, kĩ năng xã hội và thẩm mĩ"),
)
"""Areas of the nursery programme: the last two are one."""

_RECORD: Final = "TT 52/2020 Điều 21"
_PROGRAMME: Final = "Chương trình giáo dục mầm non"

RULES: Final[Mapping[str, str]] = {
    _RECORD: N_("The record of a child's development, by area"),
    _PROGRAMME: N_("No marks and no promotion test; the programme is completed at five"),
}

LEARNING: Final = N_("Development of the child")
OUTCOME: Final = N_("At the end of the year")
NO_MARKS: Final = N_(
    "Preschool gives no marks and no levels: the teacher watches the child and writes what is seen, by area."
)
RECORDED: Final = N_("Recorded: %(names)s.")
NOT_RECORDED: Final = N_("Not recorded yet: %(names)s.")
NO_TEST: Final = N_("No test and no condition to move up: the child goes on to the group of its age.")
COMPLETED: Final = N_("%(outcome)s: the last year of preschool is over and recorded in every area.")
NOT_TEXT: Final = N_("%(field)s is not text.")
NOT_YET: Final = N_("The completion of the programme is confirmed once every area is recorded.")


def areas_of(grade: int) -> tuple[Area, ...]:
    """Areas of a group, in printed order: five in kindergarten, four in nursery (grade 16)."""
    return NURSERY_AREAS if grade == NURSERY_GRADE else AREAS


def last_year(born: date, start_year: int) -> bool:
    """True from the school year on that starts in the calendar year of the child's fifth birthday."""
    return start_year - born.year >= _FIVE


def judge(facts: Facts) -> Result:
    """The record of a term or year: which areas are still empty, and for a five-year-old the end of the programme.

    `facts.traits` holds what is recorded of each area, whatever its words. No level and no title exist; `outcome` is
    COMPLETED at the end of the last year, and None for younger children: nothing is decided on them.
    """
    missing = tuple(f"areas:{area.code}" for area in _empty(facts))
    over = facts.period == YEAR and FIVE_YEARS in facts.decisions and not missing
    return Result(outcome=Outcome.COMPLETED if over else None, missing=missing)


def explain(facts: Facts) -> tuple[Section, ...]:
    """Why there are no marks, what is recorded, and how the year ends."""
    outcome = judge(facts).outcome
    empty = _empty(facts)
    written = [area for area in areas_of(facts.grade) if area not in empty]
    steps = [Step(_PROGRAMME, NO_MARKS)]
    for message, areas in ((RECORDED, written), (NOT_RECORDED, empty)):
        if areas:
            steps.append(Step(_RECORD, message, {"names": tuple(area.name for area in areas)}))
    sections = [Section("learning", LEARNING, None, tuple(steps))]
    if facts.period == YEAR:
        sections.append(Section("outcome", OUTCOME, outcome, (_outcome_step(facts, outcome),)))
    return tuple(sections)


def _empty(facts: Facts) -> list[Area]:
    return [area for area in areas_of(facts.grade) if not (facts.traits.get(area.code) or "").strip()]


def _outcome_step(facts: Facts, outcome: StrEnum | None) -> Step:
    if FIVE_YEARS not in facts.decisions:
        return Step(_PROGRAMME, NO_TEST)
    return Step(_PROGRAMME, COMPLETED, {"outcome": outcome}) if outcome else Step(_PROGRAMME, NOT_YET)


def _year_item(inputs: Inputs) -> Answer:
    """`areas`: {name or code: what is recorded}; `age` at the end of the calendar year the school year starts in."""
    areas = inputs.raw("areas")
    if not isinstance(areas, Mapping):
        raise Unjudgeable(NOT_A_LIST, field="areas")
    age = inputs.number("age") if "age" in inputs else 0
    grade = NURSERY_GRADE if 0 < age < 3 else KINDERGARTEN_GRADE
    recorded = {area.code: _text(area, areas) for area in areas_of(grade)}
    decisions = {FIVE_YEARS: ""} if age >= _FIVE else {}
    facts = Facts(CODE, CODE, grade, YEAR, (), traits=recorded, decisions=decisions)
    result = judge(facts)
    values = {"level": None, "outcome": "completed" if result.outcome else None}
    lacking = {"missing": list(result.missing)} if result.missing else {}
    return Answer(values | lacking, tuple(step for section in explain(facts) for step in section.steps))


def _text(area: Area, areas: Mapping[str, Any]) -> str | None:
    text = areas.get(area.name, areas.get(area.code))
    if text is not None and not isinstance(text, str):
        raise Unjudgeable(NOT_TEXT, field=f"areas {area.name}")
    return text


KINDS: Final[Mapping[str, Judge]] = {"preschool_year": _year_item}
