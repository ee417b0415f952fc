"""TT 27/2020/TT-BGDĐT: assessment in primary school.

Subjects and activities T / H / C and qualities and competences T / Đ / C at four points of the year; periodic tests in whole
numbers; one educational result at the end of the year. The articles are those of the Quy định the circular issues.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from app.domain.assessment.facts import YEAR, Facts, Result, Section
from app.domain.assessment.items import Answer, Inputs, Judge, vietnamese
from app.domain.assessment.primary import (
    COMPLETING,
    Need,
    Tested,
    Trait,
    TraitGroup,
    figures_of,
    missing,
    recognition,
    result_of,
    tests_of,
    year_of,
)
from app.domain.assessment.primary_items import (
    grade_of,
    point_of,
    promotion_answer,
    tests_answer,
    year_answer,
    year_figures,
)
from app.domain.assessment.primary_steps import NO_OUTCOME, TITLE, Articles, term_sections, year_sections
from app.domain.assessment.steps import Step
from app.domain.assessment.terms import Point, PrimaryLevel, SubjectLevel, Title, TraitLevel
from app.domain.vocabulary import N_

CODE: Final = "tt27-2020"
VERSION: Final = "2020.1"

SCORES: Final = range(11)
"""Periodic tests score in whole numbers from 0 to 10 (Điều 7 khoản 1 điểm d)."""

GROUPS: Final[Mapping[TraitGroup, str]] = {
    TraitGroup.QUALITY: "Phẩm chất chủ yếu",
    TraitGroup.COMPETENCE: "Năng lực chung",
    TraitGroup.ABILITY: "Năng lực đặc thù",
}

TRAITS: Final = (
    Trait("quality_patriotism", "Yêu nước", TraitGroup.QUALITY),
    Trait("quality_compassion", "Nhân ái", TraitGroup.QUALITY),
    Trait("quality_diligence", "Chăm chỉ", TraitGroup.QUALITY),
    Trait("quality_honesty", "Trung thực", TraitGroup.QUALITY),
    Trait("quality_responsibility", "Trách nhiệm", TraitGroup.QUALITY),
    Trait("competence_self_study", "Tự chủ và tự học", TraitGroup.COMPETENCE),
    Trait("competence_communication", "Giao tiếp và hợp tác", TraitGroup.COMPETENCE),
    Trait("competence_problem_solving", "Giải quyết vấn đề và sáng tạo", TraitGroup.COMPETENCE),
    Trait("ability_language", "Ngôn ngữ", TraitGroup.ABILITY),
    Trait("ability_calculation", "Tính toán", TraitGroup.ABILITY),
    Trait("ability_science", "Khoa học", TraitGroup.ABILITY),
    Trait("ability_technology", "Công nghệ", TraitGroup.ABILITY, from_grade=3),
    Trait("ability_informatics", "Tin học", TraitGroup.ABILITY, from_grade=3),
    Trait("ability_aesthetics", "Thẩm mĩ", TraitGroup.ABILITY),
    Trait("ability_physical", "Thể chất", TraitGroup.ABILITY),
)
"""Qualities and competences in printed order (Điều 5 khoản 1). Công nghệ and Tin học are taught, and asked for by the
sector database, from grade 3 on; where a school assesses them earlier they count."""

_TESTED: Final = (
    Tested("vietnamese", "Tiếng Việt"),
    Tested("math", "Toán"),
    Tested("foreign_language_1", "Ngoại ngữ 1", from_grade=3),
    Tested("history_geography", "Lịch sử và Địa lí", from_grade=4),
    Tested("science", "Khoa học", from_grade=4),
    Tested("informatics_technology", "Tin học và Công nghệ", from_grade=3),
)
"""Subjects with periodic tests, from the grade each is compulsory in (Điều 7 khoản 1; programme 2018)."""

LADDER: Final = (
    Need(PrimaryLevel.EXCELLENT, SubjectLevel.WELL, TraitLevel.GOOD, Decimal(9)),
    Need(PrimaryLevel.WELL, SubjectLevel.WELL, TraitLevel.GOOD, Decimal(7)),
    COMPLETING,
)
"""The levels of the educational result, best first (Điều 9 khoản 2)."""

ARTICLES: Final = Articles(
    result="TT 27/2020 Điều 9 khoản 2",
    tests="TT 27/2020 Điều 7 khoản 1",
    completion="TT 27/2020 Điều 11 khoản 1 điểm a",
    supplement="TT 27/2020 Điều 11 khoản 1 điểm b",
    head="TT 27/2020 Điều 11 khoản 1 điểm c",
    programme="TT 27/2020 Điều 11 khoản 2",
    disability="TT 27/2020 Điều 8",
)
_AWARDS: Final = "TT 27/2020 Điều 13 khoản 1 điểm a"

RULES: Final[Mapping[str, str]] = {
    "TT 27/2020 Điều 5 khoản 1": N_("Qualities and competences that are assessed"),
    "TT 27/2020 Điều 7 khoản 1": N_(
        "Levels of subjects; periodic tests by grade and point, in whole numbers"
    ),
    "TT 27/2020 Điều 7 khoản 2": N_("Levels of qualities and competences"),
    "TT 27/2020 Điều 8": N_("Students with a disability"),
    "TT 27/2020 Điều 9 khoản 2": N_("Educational result of the year"),
    "TT 27/2020 Điều 11 khoản 1": N_("Class completed, supplementary assessment, the head's decision"),
    "TT 27/2020 Điều 11 khoản 2": N_("Primary school completed"),
    "TT 27/2020 Điều 13 khoản 1": N_("Titles at the end of the year"),
}

TITLE_EXCELLENT: Final = N_("%(title)s: the educational result is %(level)s.")
TITLE_EXEMPLARY: Final = N_(
    "%(title)s: the educational result is %(level)s, with outstanding results in a subject or marked progress in a"
    " quality or competence, recognised by the class."
)
NO_TITLE_LEVEL: Final = N_("No title: one is given for %(excellent)s or %(well)s.")
NO_OUTSTANDING: Final = N_(
    "No title yet: %(title)s also needs outstanding results in at least one subject or marked progress in at least one"
    " quality or competence."
)
NOT_RECOGNISED: Final = N_("No title yet: %(title)s also needs to be recognised by the class.")


def tests_at(grade: int, point: Point) -> tuple[Tested, ...]:
    """Subjects with a periodic test in a grade at a point, in printed order (Điều 7 khoản 1 điểm b).

    A subject taken by choice has no test.
    """
    return tests_of(_TESTED, grade, point)


def traits_of(grade: int) -> tuple[Trait, ...]:
    """Qualities and competences that have to be assessed in a grade, in printed order (Điều 5 khoản 1)."""
    return tuple(trait for trait in TRAITS if trait.from_grade <= grade)


def title_of(level: PrimaryLevel | None, outstanding: bool, recognised: bool) -> Title | None:
    """Title of the year (Điều 13 khoản 1 điểm a).

    Hoàn thành xuất sắc is enough for the first; Hoàn thành tốt needs outstanding results in a subject or marked progress
    in a quality or competence, and recognition by the class.
    """
    if level is PrimaryLevel.EXCELLENT:
        return Title.EXCELLENT
    return Title.EXEMPLARY if level is PrimaryLevel.WELL and outstanding and recognised else None


def judge(facts: Facts) -> Result:
    """A student's year; of a term only what is missing, since the circular knows no result of a term.

    `learning`: the educational result at the year's end, which the title goes by. `learning_after`: Hoàn thành or Chưa
    hoàn thành after supplementary assessment, which decides class completion only (Điều 11 khoản 1 điểm b).
    """
    if facts.period != YEAR:
        return Result(missing=missing(figures_of(facts, TRAITS)))
    year = year_of(facts, TRAITS, LADDER)
    return result_of(facts, year, title_of(year.level, *recognition(facts)))


def explain(facts: Facts) -> tuple[Section, ...]:
    """The same, step by step."""
    if facts.period != YEAR:
        return term_sections(figures_of(facts, TRAITS), ARTICLES)
    year = year_of(facts, TRAITS, LADDER)
    outstanding, recognised = recognition(facts)
    title = title_of(year.level, outstanding, recognised)
    step = _title_step(year.level, title, outstanding)
    return year_sections(facts, year, LADDER, ARTICLES, Section("title", TITLE, title, (step,)))


def _title_step(level: PrimaryLevel | None, title: Title | None, outstanding: bool) -> Step:
    if level is None:
        return Step(_AWARDS, NO_OUTCOME)
    if title is not None:
        message = TITLE_EXCELLENT if title is Title.EXCELLENT else TITLE_EXEMPLARY
        return Step(_AWARDS, message, {"title": title, "level": level})
    if level is PrimaryLevel.WELL:
        return Step(_AWARDS, NOT_RECOGNISED if outstanding else NO_OUTSTANDING, {"title": Title.EXEMPLARY})
    return Step(_AWARDS, NO_TITLE_LEVEL, {"excellent": PrimaryLevel.EXCELLENT, "well": PrimaryLevel.WELL})


def _year_item(inputs: Inputs) -> Answer:
    return year_answer(year_figures(inputs, TRAITS, _TESTED, SCORES), LADDER, ARTICLES)


def _tests_item(inputs: Inputs) -> Answer:
    grade, point = grade_of(inputs), point_of(inputs)
    return tests_answer(grade, point, tests_at(grade, point), ARTICLES.tests)


def _title_item(inputs: Inputs) -> Answer:
    level = inputs.word_or_none("level", PrimaryLevel)
    outstanding = inputs.flag("outstanding")
    title = title_of(level, outstanding, inputs.flag("class_recognised"))
    values = {"title": None if title is None else vietnamese(title)}
    lacking = {} if level else {"missing": ["level"]}
    return Answer(values | lacking, (_title_step(level, title, outstanding),))


def _promotion_item(inputs: Inputs) -> Answer:
    return promotion_answer(inputs, ARTICLES)


KINDS: Final[Mapping[str, Judge]] = {
    "primary_year": _year_item,
    "primary_tests": _tests_item,
    "title": _title_item,
    "promotion": _promotion_item,
}
