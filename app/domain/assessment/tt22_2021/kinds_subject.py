"""Items of `flask assess` on one subject: regular scores asked for, averages, results of comment subjects."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from app.domain.assessment.items import Answer, Inputs, Judge, Unjudgeable, as_word, vietnamese
from app.domain.assessment.steps import Step
from app.domain.assessment.tt22_2021.averages import (
    REGULAR_COMMENT_CHECKS,
    comment_term,
    comment_year,
    missing_columns,
    required_regular_scores,
    term_average,
    year_average,
)
from app.domain.assessment.tt22_2021.scheme import Articles
from app.domain.assessment.tt22_2021.sums import (
    explain_comment_term,
    explain_comment_year,
    explain_term,
    explain_year,
)
from app.domain.vocabulary import N_, Passing, SubjectKind

Asked = Callable[[Inputs, int], int]

TOO_MANY: Final = N_("%(field)s: %(most)s at most.")
NO_LESSONS: Final = N_("annual_lessons: a subject has at least one lesson a year.")
BY_LESSONS: Final = N_(
    "%(lessons)s lessons a year: %(count)s regular scores a term (35 at most: 2, 70 at most: 3, above: 4)."
)
CHECKS: Final = N_("A comment subject: %(count)s regular checks a term.")

_ARTICLES: Final = Articles()
_MOST: Final = 40
_LEAST_REGULAR: Final = 2
"""No subject has fewer regular scores (Điều 6 khoản 2): where an item doesn't say how many are asked for, those given."""


def annual_lessons(inputs: Inputs) -> int:
    """Lessons a year of the subject, at least one."""
    lessons = inputs.number("annual_lessons")
    if lessons == 0:
        raise Unjudgeable(NO_LESSONS)
    return lessons


def small_number(inputs: Inputs, name: str) -> int:
    """A count of columns or subjects. Unjudgeable above what any programme has."""
    number = inputs.number(name)
    if number > _MOST:
        raise Unjudgeable(TOO_MANY, field=name, most=_MOST)
    return number


def _required_regular_scores(inputs: Inputs) -> Answer:
    if "subject_kind" in inputs and inputs.raw("subject_kind") == SubjectKind.COMMENT.value:
        step = Step(_ARTICLES.regular_checks, CHECKS, {"count": REGULAR_COMMENT_CHECKS})
        return Answer({"count": REGULAR_COMMENT_CHECKS}, (step,))
    lessons = annual_lessons(inputs)
    count = required_regular_scores(lessons)
    step = Step(_ARTICLES.regular_scores, BY_LESSONS, {"lessons": lessons, "count": count})
    return Answer({"count": count}, (step,))


def subject_averages(articles: Articles, asked: Asked) -> dict[str, Judge]:
    """The kinds on a subject's results. `asked`: regular scores the term needs, of the item and those it has room for."""
    return {
        "subject_term_average": lambda inputs: _term_average(inputs, articles, asked),
        "subject_year_average": lambda inputs: _year_average(inputs, articles),
        "comment_subject_term": lambda inputs: _comment_term(inputs, articles),
        "comment_subject_year": lambda inputs: _comment_year(inputs, articles),
    }


def _term_average(inputs: Inputs, articles: Articles, asked: Asked) -> Answer:
    regular, midterm, final = inputs.marks("regular"), inputs.mark("midterm"), inputs.mark("final")
    figures = (regular, midterm, final, asked(inputs, len(regular)), inputs.flag("closed"))
    found = term_average(*figures)
    values = _average(None if found.value is None else str(found.value), found.missing)
    return Answer(values, explain_term(*figures, articles))


def _asked(inputs: Inputs, given: int) -> int:
    """As said, by the lessons, or as many as have a place in the item."""
    if "required" in inputs:
        return small_number(inputs, "required")
    if "annual_lessons" in inputs:
        return required_regular_scores(annual_lessons(inputs))
    return max(_LEAST_REGULAR, given)


def _year_average(inputs: Inputs, articles: Articles) -> Answer:
    term1, term2 = inputs.mark("term1"), inputs.mark("term2")
    average = year_average(term1, term2)
    missing = tuple(name for name, value in (("term1", term1), ("term2", term2)) if value is None)
    values = _average(None if average is None else str(average), missing)
    return Answer(values, explain_year(term1, term2, articles))


def _average(value: str | None, missing: tuple[str, ...]) -> dict[str, Any]:
    return {"average": value, **lacking(missing)}


def lacking(missing: tuple[str, ...]) -> dict[str, Any]:
    """The key `missing` of an answer that is not there yet."""
    return {"missing": list(missing)} if missing else {}


def _comment_term(inputs: Inputs, articles: Articles) -> Answer:
    regular = [
        None if value is None else as_word("regular", value, Passing) for value in inputs.list("regular")
    ]
    midterm, final = inputs.word_or_none("midterm", Passing), inputs.word_or_none("final", Passing)
    asked = small_number(inputs, "required") if "required" in inputs else REGULAR_COMMENT_CHECKS
    figures = (regular, midterm, final, asked, inputs.flag("closed"))
    level = comment_term(*figures)
    missing = () if level else missing_columns(regular, midterm, final, asked)
    return Answer(_level(level, missing), explain_comment_term(*figures, articles))


def _comment_year(inputs: Inputs, articles: Articles) -> Answer:
    term1, term2 = inputs.word_or_none("term1", Passing), inputs.word_or_none("term2", Passing)
    level = comment_year(term1, term2)
    return Answer(_level(level, () if level else ("term2",)), explain_comment_year(term1, term2, articles))


def _level(level: Passing | None, missing: tuple[str, ...]) -> dict[str, Any]:
    return {"level": vietnamese(level) if level else None, **lacking(missing)}


SUBJECT_KINDS: Final[Mapping[str, Judge]] = {
    "required_regular_scores": _required_regular_scores,
    **subject_averages(_ARTICLES, _asked),
}
