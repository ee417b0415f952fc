"""What a year ends with: kết quả rèn luyện, retest, promotion, titles (TT 22/2021 Điều 8, 12–15)."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from app.domain.assessment.facts import SubjectFigure, Value
from app.domain.assessment.terms import Outcome, ResultLevel, Title
from app.domain.vocabulary import Passing

ABSENCES_MAX: Final = 45
"""Sessions a student may miss in a year and still be promoted (Điều 12 khoản 1 điểm c)."""

RETEST_BELOW: Final = Decimal("5.0")
EXCELLENT_FROM: Final = Decimal("9.0")

_GOOD, _FAIR, _PASSED, _NOT = ResultLevel

_TRAINING_YEAR: Final = {
    _GOOD: {_GOOD: _GOOD, _FAIR: _FAIR, _PASSED: _FAIR, _NOT: _NOT},
    _FAIR: {_GOOD: _GOOD, _FAIR: _FAIR, _PASSED: _PASSED, _NOT: _NOT},
    _PASSED: {_GOOD: _FAIR, _FAIR: _FAIR, _PASSED: _PASSED, _NOT: _NOT},
    _NOT: {_GOOD: _FAIR, _FAIR: _PASSED, _PASSED: _PASSED, _NOT: _NOT},
}
"""Term I → term II → year."""


def training_year(term1: ResultLevel, term2: ResultLevel) -> ResultLevel:
    """Kết quả rèn luyện of the year, fixed by those of the terms (Điều 8 khoản 2 điểm b)."""
    return _TRAINING_YEAR[term1][term2]


def title(
    learning: ResultLevel, training: ResultLevel, averages: Iterable[Decimal], needed: int = 6
) -> Title | None:
    """Học sinh Xuất sắc, Học sinh Giỏi or none, at the end of the year only (Điều 15 khoản 1 điểm a).

    `averages`: ĐTBmcn of the counted scored subjects; `needed` of them from 9.0 for Xuất sắc. The results are those of
    the year as it ended: a retest or a summer's training counts for promotion only (Điều 13, 14).
    """
    if learning is not ResultLevel.GOOD or training is not ResultLevel.GOOD:
        return None
    return Title.EXCELLENT if excellent(averages) >= needed else Title.GOOD


def excellent(averages: Iterable[Decimal]) -> int:
    """How many averages are 9.0 or more."""
    return sum(average >= EXCELLENT_FROM for average in averages)


def to_be_retested(value: Value | None) -> bool:
    """A year result that is to be assessed again: Chưa đạt, or ĐTBmcn below 5.0 (Điều 14)."""
    return value is Passing.FAILED or (isinstance(value, Decimal) and value < RETEST_BELOW)


def after_retest(subject: SubjectFigure) -> Value | None:
    """The year result of a subject after the retest: the new result stands for the year's, be it lower (Điều 14).

    A result where nothing was to be retested is not taken.
    """
    if subject.retest is not None and to_be_retested(subject.value):
        return subject.retest
    return subject.value


def outcome(
    training: ResultLevel,
    learning: ResultLevel,
    absences: int,
    training_after: ResultLevel | None = None,
    learning_after: ResultLevel | None = None,
    last_grade: bool = False,
) -> Outcome:
    """What follows from the year's results, and from those after summer training and retest where they are there.

    Promotion takes all three: kết quả rèn luyện and kết quả học tập Đạt or higher, 45 absences at most (Điều 12 khoản
    1). More absences can't be made up for. Both results Chưa đạt: Điều 14 offers a retest only to those whose kết quả
    rèn luyện of the year is Đạt or higher, and summer training alone does not make up for the rest.
    """
    bad_training, bad_learning = training is _NOT, learning is _NOT
    if absences > ABSENCES_MAX or (bad_training and bad_learning):
        return Outcome.RETAINED
    if bad_training and training_after is None:
        return Outcome.SUMMER_TRAINING
    if bad_learning and learning_after is None:
        return Outcome.RETEST
    if (bad_training and training_after is _NOT) or (bad_learning and learning_after is _NOT):
        return Outcome.RETAINED
    return Outcome.COMPLETED if last_grade else Outcome.PROMOTED


@dataclass(frozen=True, slots=True)
class YearEnd:
    """What the outcome of a year is judged from; None: not there yet.

    `disability`: by the individual plan (Điều 11); `few`: too few scored subjects for a learning result; in either
    case `decided` is what the head decided, once it is on record (Điều 12 khoản 4).
    """

    training: ResultLevel | None
    learning: ResultLevel | None
    absences: int | None
    training_after: ResultLevel | None = None
    learning_after: ResultLevel | None = None
    last_grade: bool = False
    disability: bool = False
    few: bool = False
    decided: Outcome | None = None


def outcome_of(year: YearEnd) -> Outcome | None:
    """The outcome by the articles, or by the head where it is his to decide; None while something is missing."""
    if year.decided is not None and (year.disability or year.few):
        return year.decided
    if year.training is None or year.absences is None:
        return None
    if year.learning is None:
        return Outcome.HEAD_DECIDES if year.few else None
    end = outcome(
        year.training,
        year.learning,
        year.absences,
        year.training_after,
        year.learning_after,
        year.last_grade,
    )
    passed = end in (Outcome.PROMOTED, Outcome.COMPLETED)
    return Outcome.HEAD_DECIDES if year.disability and not passed else end
