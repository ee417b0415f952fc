"""Reading what an item of `flask assess` says about a subject, a student's subjects and lessons (TT 58/2011)."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any, Final

from app.domain.assessment.facts import SubjectFigure, Value
from app.domain.assessment.items import (
    NOT_A_LIST,
    NOT_A_NUMBER,
    NOT_THERE,
    Inputs,
    Unjudgeable,
    as_result,
    as_word,
)
from app.domain.assessment.tt58_2011.averages import required_scores
from app.domain.assessment.tt58_2011.learning import needs_retest
from app.domain.assessment.tt58_2011.variant import KEY_CODES, WEEKS, Variant
from app.domain.rounding import half_up
from app.domain.vocabulary import N_, Passing, SubjectKind

NO_NAMES: Final = N_("%(field)s needs the subjects' names: Toán and Ngữ văn are judged apart.")
NO_SUCH_RETEST: Final = N_("%(field)s: %(value)s is no subject of the item under 5,0 or not passed.")
ONE_MIDTERM: Final = N_("%(field)s: a term has exactly one midterm score.")
NOT_LESSONS: Final = N_("%(field)s: %(value)s is not a number of lessons.")

_LEAST_LESSONS: Final = Decimal("0.01")
_MOST_LESSONS: Final = 200
_MOST_SUBJECTS: Final = 30


def lessons_of(inputs: Inputs) -> Fraction:
    """Lessons a week: `weekly_lessons`, or `annual_lessons` over 35 weeks."""
    if "annual_lessons" in inputs:
        return _lessons("annual_lessons", inputs.raw("annual_lessons")) / WEEKS
    return _lessons("weekly_lessons", inputs.raw("weekly_lessons"))


def _lessons(field: str, value: Any) -> Fraction:
    try:
        number = Decimal("NaN" if isinstance(value, bool) else str(value).replace(",", "."))
    except InvalidOperation as error:
        raise Unjudgeable(NOT_LESSONS, field=field, value=value) from error
    if (
        not number.is_finite()
        or not _LEAST_LESSONS <= number <= _MOST_LESSONS
        or number != half_up(number, 2)
    ):
        raise Unjudgeable(NOT_LESSONS, field=field, value=value)
    return Fraction(number)


def required_of(inputs: Inputs, given: int, variant: Variant) -> int:
    """How many regular scores the term needs: as said, by the lessons, or else as many cells as are given."""
    if "required" in inputs:
        number = inputs.number("required")
        if number > _MOST_SUBJECTS:
            raise Unjudgeable(NOT_A_NUMBER, field="required", value=number)
        return number
    if "annual_lessons" in inputs or "weekly_lessons" in inputs:
        return required_scores(lessons_of(inputs), variant)
    return given


def tests_of(inputs: Inputs, variant: Variant) -> list[Any]:
    """The cells of the periodic tests: `periodic`, a list, or `midterm` alone."""
    cells = list(inputs.list("periodic")) if "periodic" in inputs else [inputs.raw("midterm")]
    if variant.one_midterm and len(cells) != 1:
        raise Unjudgeable(ONE_MIDTERM, field="periodic")
    return cells


def checks_of(inputs: Inputs) -> list[Passing | None]:
    """All tests of a comment subject but the term test: `checks`, or `regular` with `periodic` or `midterm`."""
    if "checks" in inputs:
        return [passing("checks", value) for value in inputs.list("checks")]
    cells = list(inputs.list("regular"))
    if "periodic" in inputs:
        cells += inputs.list("periodic")
    elif not inputs.flag("no_midterm"):
        cells.append(inputs.raw("midterm"))
    return [passing("regular", value) for value in cells]


def passing(field: str, value: Any) -> Passing | None:
    """Đ or CĐ; None for null."""
    return None if value is None else as_word(field, value, Passing)


def code_of(name: str) -> str:
    """The code of a key subject by its Vietnamese name; any other name stands for itself."""
    folded = " ".join(unicodedata.normalize("NFC", name).split()).casefold()
    return KEY_CODES.get(folded, name)


def subjects_of(inputs: Inputs) -> tuple[SubjectFigure, ...]:
    """The student's subjects: `scored` by name, `comments` by name, `comment_failed` a number or names, `exempt` names."""
    if isinstance(inputs.raw("scored"), list):
        raise Unjudgeable(NO_NAMES, field="scored")
    scored = (
        SubjectFigure(code_of(name), name, SubjectKind.SCORED, value)
        for name, value in inputs.named_marks("scored").items()
    )
    results: dict[str, Passing | None] = {
        name: passing("comments", value) for name, value in _object(inputs, "comments").items()
    }
    results.update(dict.fromkeys(_failed(inputs), Passing.FAILED))
    comments = (SubjectFigure(name, name, SubjectKind.COMMENT, value) for name, value in results.items())
    out = {str(name) for name in inputs.list("exempt")} if "exempt" in inputs else set()
    return tuple(replace(subject, exempt=subject.name in out) for subject in (*scored, *comments))


def _failed(inputs: Inputs) -> Iterable[str]:
    if "comment_failed" not in inputs:
        return ()
    if isinstance(inputs.raw("comment_failed"), list):
        return [str(name) for name in inputs.list("comment_failed")]
    number = inputs.number("comment_failed")
    if number > _MOST_SUBJECTS:
        raise Unjudgeable(NOT_A_NUMBER, field="comment_failed", value=number)
    return [f"môn đánh giá bằng nhận xét {n}" for n in range(1, number + 1)]


def _object(inputs: Inputs, field: str) -> Mapping[str, Any]:
    values = inputs.raw(field) if field in inputs else {}
    if not isinstance(values, Mapping):
        raise Unjudgeable(NOT_A_LIST, field=field)
    return values


def retested(inputs: Inputs, subjects: Iterable[SubjectFigure]) -> Iterator[SubjectFigure]:
    """The subjects with the results of `retest_scores` and `retest_comments`; `missing` marks a null one."""
    scores: dict[str, Value | None] = {
        name: as_result(f"retest_scores {name}", value)
        for name, value in _object(inputs, "retest_scores").items()
    }
    comments = {
        name: passing("retest_comments", value) for name, value in _object(inputs, "retest_comments").items()
    }
    results = {**scores, **comments}
    subjects = tuple(subjects)
    astray = set(results) - {subject.name for subject in subjects if needs_retest(subject.value)}
    if astray:
        raise Unjudgeable(NO_SUCH_RETEST, field="retest", value=min(astray))
    for subject in subjects:
        if subject.name not in results:
            yield subject
        elif results[subject.name] is None:
            yield replace(subject, missing=("retest",))
        else:
            yield replace(subject, retest=results[subject.name])


def specialised_of(inputs: Inputs, subjects: Iterable[SubjectFigure]) -> str | None:
    """The code of `specialised_subject`, which must be one of the scored subjects."""
    if "specialised_subject" not in inputs:
        return None
    code = code_of(str(inputs.raw("specialised_subject")))
    if code not in {subject.code for subject in subjects if subject.kind is SubjectKind.SCORED}:
        raise Unjudgeable(NOT_THERE, field=f"scored {inputs.raw('specialised_subject')}")
    return code
