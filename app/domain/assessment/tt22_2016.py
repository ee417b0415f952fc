"""TT 30/2014/TT-BGDĐT as amended by TT 22/2016/TT-BGDĐT: assessment in primary school before TT 27/2020.

Subjects and activities T / H / C and qualities and competences T / Đ / C at four points of the year; periodic tests in whole
numbers. There is no educational result of four levels: the class is completed or not. Articles are those of the Quy định
of TT 30/2014 in the wording of TT 22/2016, cited as schools do. Not in the facts, from own knowledge: the wording of Điều
14 and of Điều 10 khoản 2 điểm d (no score of 0), and the subjects of grades 1 to 3.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from app.domain.assessment.facts import YEAR, Facts, Result, Section
from app.domain.assessment.items import Answer, Inputs, Judge, vietnamese
from app.domain.assessment.primary import (
    COMPLETING,
    Figures,
    Need,
    Tested,
    Trait,
    TraitGroup,
    below,
    figures_of,
    missing,
    recognition,
    result_of,
    tests_of,
    year_of,
)
from app.domain.assessment.primary_items import (
    grade_of,
    missing_of,
    point_of,
    promotion_answer,
    tests_answer,
    year_answer,
    year_figures,
)
from app.domain.assessment.primary_steps import (
    NO_OUTCOME,
    TITLE,
    Articles,
    short_steps,
    term_sections,
    year_sections,
)
from app.domain.assessment.steps import Step
from app.domain.assessment.terms import Point, PrimaryLevel, SubjectLevel, Title, TraitLevel
from app.domain.vocabulary import N_

CODE: Final = "tt22-2016"
VERSION: Final = "2016.1"

SCORES: Final = range(1, 11)
"""Periodic tests score in whole numbers from 1 to 10, never 0 (Điều 10 khoản 2 điểm d)."""

GROUPS: Final[Mapping[TraitGroup, str]] = {
    TraitGroup.COMPETENCE: "Năng lực",
    TraitGroup.QUALITY: "Phẩm chất",
}

TRAITS: Final = (
    Trait("competence_self_service", "Tự phục vụ, tự quản", TraitGroup.COMPETENCE),
    Trait("competence_cooperation", "Hợp tác", TraitGroup.COMPETENCE),
    Trait("competence_self_learning", "Tự học và giải quyết vấn đề", TraitGroup.COMPETENCE),
    Trait("quality_hard_work", "Chăm học, chăm làm", TraitGroup.QUALITY),
    Trait("quality_confidence", "Tự tin, trách nhiệm", TraitGroup.QUALITY),
    Trait("quality_discipline", "Trung thực, kỉ luật", TraitGroup.QUALITY),
    Trait("quality_solidarity", "Đoàn kết, yêu thương", TraitGroup.QUALITY),
)
"""Competences and qualities in printed order."""

_TESTED: Final = (
    Tested("vietnamese", "Tiếng Việt"),
    Tested("math", "Toán"),
    Tested("science", "Khoa học", from_grade=4),
    Tested("history_geography", "Lịch sử và Địa lí", from_grade=4),
)
_TESTED_WHERE_STUDIED: Final = (
    Tested("foreign_language", "Ngoại ngữ"),
    Tested("foreign_language_1", "Ngoại ngữ"),
    Tested("informatics", "Tin học"),
    Tested("ethnic_language", "Tiếng dân tộc"),
)
"""Taken by choice in the programme of 2006; tested where studied (Điều 10 khoản 2 điểm b)."""

LADDER: Final = (COMPLETING,)
AWARD: Final = Need(PrimaryLevel.EXCELLENT, SubjectLevel.WELL, TraitLevel.GOOD, Decimal(9))
"""What the award for all content asks for (Điều 16 khoản 1 điểm a)."""

ARTICLES: Final = Articles(
    result="TT 22/2016 Điều 14 khoản 1 điểm a",
    tests="TT 22/2016 Điều 10 khoản 2",
    completion="TT 22/2016 Điều 14 khoản 1 điểm a",
    supplement="TT 22/2016 Điều 14 khoản 1 điểm b",
    head="TT 22/2016 Điều 14 khoản 1 điểm c",
    programme="TT 22/2016 Điều 14 khoản 2",
    disability="TT 22/2016 Điều 11",
    name=N_("Class programme completed"),
)
_AWARDS: Final = "TT 22/2016 Điều 16 khoản 1 điểm a"

RULES: Final[Mapping[str, str]] = {
    "TT 22/2016 Điều 10 khoản 2": N_(
        "Levels of subjects; periodic tests by grade and point, in whole numbers"
    ),
    "TT 22/2016 Điều 10 khoản 3": N_("Levels of qualities and competences"),
    "TT 22/2016 Điều 11": N_("Students with a disability"),
    "TT 22/2016 Điều 14 khoản 1": N_("Class completed, supplementary assessment, the head's decision"),
    "TT 22/2016 Điều 14 khoản 2": N_("Primary school completed"),
    "TT 22/2016 Điều 16 khoản 1": N_("Titles at the end of the year"),
}

AWARD_ALL: Final = N_(
    "%(title)s: every subject and activity is at T, every quality and competence at T, every year-end test scores 9 or"
    " more."
)
AWARD_OUTSTANDING: Final = N_("%(title)s, proposed by the teacher and recognised by the class.")
NO_AWARD: Final = N_(
    "No title: something falls short of %(title)s, and no outstanding progress is recognised by the class."
)


def tests_at(grade: int, point: Point) -> tuple[Tested, ...]:
    """Subjects with a periodic test in a grade at a point, in printed order (Điều 10 khoản 2 điểm b).

    At the end of a term, foreign language, informatics and an ethnic language among them: tested where studied.
    """
    return tests_of((*_TESTED, *_TESTED_WHERE_STUDIED), grade, point)


def traits_of(grade: int) -> tuple[Trait, ...]:
    """Competences and qualities that have to be assessed in a grade: all, in every grade (Điều 10 khoản 3)."""
    return tuple(trait for trait in TRAITS if trait.from_grade <= grade)


def title_of(figures: Figures, outstanding: bool, recognised: bool) -> Title | None:
    """Award at the end of the year (Điều 16 khoản 1 điểm a), the higher of the two.

    For all content: every subject T, every competence and quality T, every year-end test 9 or more. For outstanding results
    or progress in at least one of them: proposed by the teacher and recognised by the class. None over missing figures.
    """
    if missing(figures):
        return None
    if not any(below(figures, AWARD)):
        return Title.ALL_CONTENT
    return Title.OUTSTANDING if outstanding and recognised else None


def judge(facts: Facts) -> Result:
    """A student's year; of a term only what is missing, since the circular knows no result of a term.

    `learning`: Hoàn thành where the class is completed at the year's end, else Chưa hoàn thành. `learning_after`: the same
    after supplementary assessment.
    """
    if facts.period != YEAR:
        return Result(missing=missing(figures_of(facts, TRAITS)))
    year = year_of(facts, TRAITS, LADDER)
    return result_of(facts, year, title_of(year.figures, *recognition(facts)))


def explain(facts: Facts) -> tuple[Section, ...]:
    """The same, step by step."""
    if facts.period != YEAR:
        return term_sections(figures_of(facts, TRAITS), ARTICLES)
    year = year_of(facts, TRAITS, LADDER)
    title = title_of(year.figures, *recognition(facts))
    section = Section("title", TITLE, title, _title_steps(year.figures, title))
    return year_sections(facts, year, LADDER, ARTICLES, section)


def _title_steps(figures: Figures, title: Title | None) -> tuple[Step, ...]:
    if missing(figures):
        return (Step(_AWARDS, NO_OUTCOME),)
    if title is Title.ALL_CONTENT:
        return (Step(_AWARDS, AWARD_ALL, {"title": title}),)
    if title is not None:
        return (Step(_AWARDS, AWARD_OUTSTANDING, {"title": title}),)
    short = short_steps(figures, AWARD, _AWARDS, Title.ALL_CONTENT)
    return (Step(_AWARDS, NO_AWARD, {"title": Title.ALL_CONTENT}), *short)


def _figures(inputs: Inputs) -> Figures:
    return year_figures(inputs, TRAITS, (*_TESTED, *_TESTED_WHERE_STUDIED), SCORES)


def _year_item(inputs: Inputs) -> Answer:
    return year_answer(_figures(inputs), LADDER, ARTICLES)


def _tests_item(inputs: Inputs) -> Answer:
    """`studied`: true lists the subjects taken by choice as well."""
    grade, point = grade_of(inputs), point_of(inputs)
    tested = tests_at(grade, point)
    if not inputs.flag("studied"):
        tested = tuple(subject for subject in tested if subject in _TESTED)
    return tests_answer(grade, point, tested, ARTICLES.tests)


def _title_item(inputs: Inputs) -> Answer:
    figures = _figures(inputs)
    title = title_of(figures, inputs.flag("outstanding"), inputs.flag("class_recognised"))
    lacking = missing_of(figures)
    values = {"title": None if title is None or lacking else vietnamese(title)}
    return Answer(values | ({"missing": lacking} if lacking else {}), _title_steps(figures, title))


def _promotion_item(inputs: Inputs) -> Answer:
    return promotion_answer(inputs, ARTICLES)


KINDS: Final[Mapping[str, Judge]] = {
    "primary_year": _year_item,
    "primary_tests": _tests_item,
    "title": _title_item,
    "promotion": _promotion_item,
}
