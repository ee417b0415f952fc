"""The year's outcome, titles, hạnh kiểm and class rank: TT 58/2011 Điều 3, 15, 16, 17 and 18."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from app.domain.assessment.terms import AcademicLevel, Conduct, Outcome, Title

MOST_ABSENCES: Final = 45
"""Sessions of a year a promoted student may miss, with leave or without (Điều 15 khoản 1 điểm b)."""

_ENOUGH: Final = frozenset({AcademicLevel.EXCELLENT, AcademicLevel.FAIR, AcademicLevel.AVERAGE})


def promotion(
    learning: AcademicLevel,
    training: Conduct,
    absences: int,
    *,
    learning_after: AcademicLevel | None = None,
    training_after: Conduct | None = None,
) -> Outcome:
    """Lên lớp, kiểm tra lại, rèn luyện hè or ở lại lớp (Điều 15, 16, 17).

    `learning_after`: học lực after the retest; `training_after`: hạnh kiểm after the summer. Neither helps who isn't
    admitted to it.
    """
    if not may_pass(learning, training, absences):
        return Outcome.RETAINED
    if learning is AcademicLevel.WEAK:
        if learning_after is None:
            return Outcome.RETEST
        return Outcome.PROMOTED if learning_after in _ENOUGH else Outcome.RETAINED
    if training is Conduct.WEAK:
        if training_after is None:
            return Outcome.SUMMER_TRAINING
        return Outcome.RETAINED if training_after is Conduct.WEAK else Outcome.PROMOTED
    return Outcome.PROMOTED


def may_pass(learning: AcademicLevel, training: Conduct, absences: int) -> bool:
    """False where nothing more can be done: over 45 sessions, học lực Kém, both Yếu (Điều 15 khoản 2 điểm a, b)."""
    both_weak = learning is AcademicLevel.WEAK and training is Conduct.WEAK
    return absences <= MOST_ABSENCES and learning is not AcademicLevel.POOR and not both_weak


def may_retest(learning: AcademicLevel, training: Conduct, absences: int) -> bool:
    """Kiểm tra lại: hạnh kiểm from Trung bình and học lực Yếu, where absences don't rule it out (Điều 16)."""
    return learning is AcademicLevel.WEAK and may_pass(learning, training, absences)


def reaches_average(learning: AcademicLevel) -> bool:
    """Học lực from Trung bình upward (Điều 15 khoản 1 điểm a)."""
    return learning in _ENOUGH


def title(learning: AcademicLevel, training: Conduct) -> Title | None:
    """Học sinh giỏi or học sinh tiên tiến of a term or year; None for neither (Điều 18 khoản 1, 2)."""
    if learning is AcademicLevel.EXCELLENT and training is Conduct.GOOD:
        return Title.HONOURS
    fair = learning in (AcademicLevel.EXCELLENT, AcademicLevel.FAIR)
    return Title.ADVANCED if fair and training in (Conduct.GOOD, Conduct.FAIR) else None


def proposed_conduct_year(term1: Conduct | None, term2: Conduct) -> Conduct:
    """Hạnh kiểm of the year, proposed as that of term II, which mainly decides it (Điều 3 khoản 2).

    A proposal only: the circular has no arithmetic here, the homeroom teacher weighs the progress since `term1`.
    """
    del term1  # progress or decline is in term II's level; how much it weighs is the teacher's judgement
    return term2


def rank(averages: Sequence[Decimal]) -> list[int]:
    """Place in class by ĐTB, 1 the highest; equal averages share a place and the next one is skipped.

    Custom of the years under TT 58/2011; later circulars know no ranking.
    """
    first: dict[Decimal, int] = {}
    for place, average in enumerate(sorted(averages, reverse=True), start=1):
        first.setdefault(average, place)
    return [first[average] for average in averages]
