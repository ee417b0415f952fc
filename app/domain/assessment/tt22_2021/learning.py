"""Kết quả học tập of a term or year (TT 22/2021 Điều 9 khoản 2, 3), from the scored subjects' averages and the number
of comment subjects that are Chưa đạt.

With the averages in ascending order a level asks two things of them: the lowest, and the sixth from above.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, NamedTuple

from app.domain.assessment.facts import Readings
from app.domain.assessment.terms import ResultLevel
from app.domain.assessment.tt22_2021.scheme import SIX, Needed

COMMENT_SUBJECT_COUNTS: Final = "comment_subject_counts"
REPLACE_SUBJECT: Final = "replace_subject"
"""The open readings of khoản 3, as Result.flags names them."""

READINGS: Final = (COMMENT_SUBJECT_COUNTS, REPLACE_SUBJECT)
DEFAULT_READINGS: Final = Readings()

_BEST: Final = Decimal("10.0")


class Condition(NamedTuple):
    """What a level asks for: enough averages from `reach`, none below `floor`, comment subjects Chưa đạt at most."""

    level: ResultLevel
    reach: Decimal
    floor: Decimal
    failures: int


CONDITIONS: Final = (
    Condition(ResultLevel.GOOD, Decimal("8.0"), Decimal("6.5"), 0),
    Condition(ResultLevel.FAIR, Decimal("6.5"), Decimal("5.0"), 0),
    Condition(ResultLevel.PASSED, Decimal("5.0"), Decimal("3.5"), 1),
)
"""Điều 9 khoản 2 điểm a, b, c; everything else is Chưa đạt (điểm d)."""

_RANK: Final = {level: level.rank for level in ResultLevel}
_NEXT: Final = {ResultLevel.PASSED: ResultLevel.FAIR, ResultLevel.NOT_PASSED: ResultLevel.PASSED}


@dataclass(frozen=True, slots=True)
class Learning:
    """A learning result: by khoản 2 (`before`), after khoản 3 (`level`).

    `would`: the level but for the one subject, where that raised it; `by_comment`: that subject is a comment subject.
    `flags`: the open readings whose other answer gives another level.
    """

    before: ResultLevel
    level: ResultLevel
    would: ResultLevel | None = None
    by_comment: bool = False
    flags: tuple[str, ...] = ()


def level_of(scores: Sequence[Decimal], failed: int, needed: Needed = SIX) -> ResultLevel:
    """The level by khoản 2. `scores`: averages in ascending order; `failed`: comment subjects Chưa đạt."""
    for (level, reach, floor, failures), count in zip(CONDITIONS, needed, strict=True):
        if failed <= failures and len(scores) >= count and scores[-count] >= reach and scores[0] >= floor:
            return level
    return ResultLevel.NOT_PASSED


def learning_result(
    scores: Iterable[Decimal],
    failed: int,
    readings: Readings = DEFAULT_READINGS,
    needed: Needed = SIX,
    adjusts: bool = True,
) -> Learning:
    """Kết quả học tập by khoản 2, raised by khoản 3 where a single subject holds it down by two levels or more.

    `scores`: the averages of the counted scored subjects; ValueError where they are fewer than a level asks for.
    `adjusts`: khoản 3 applies.
    """
    ordered = sorted(scores)
    if len(ordered) < max(needed):
        raise ValueError("fewer scored subjects than a level asks for are not classified")
    before = level_of(ordered, failed, needed)
    if not adjusts or before not in _NEXT:
        return Learning(before, before)
    level, would, by_comment = _adjusted(before, ordered, failed, readings, needed)
    flags = tuple(
        name
        for name in READINGS
        if _adjusted(before, ordered, failed, other_reading(readings, name), needed)[0] is not level
    )
    return Learning(before, level, would, by_comment, flags)


def other_reading(readings: Readings, name: str) -> Readings:
    """The readings with the other answer to the open one `name`."""
    comment, replace = readings.comment_subject_counts, readings.replace_subject
    return (
        Readings(not comment, replace) if name == COMMENT_SUBJECT_COUNTS else Readings(comment, not replace)
    )


def _adjusted(
    before: ResultLevel, scores: Sequence[Decimal], failed: int, readings: Readings, needed: Needed
) -> tuple[ResultLevel, ResultLevel | None, bool]:
    """The level after khoản 3, the level but for the one subject, and whether that is a comment subject.

    Of the scored subjects only the lowest can be the one: whatever another one would give, it gives as well.
    """
    others = (*scores[1:], _BEST) if readings.replace_subject else scores[1:]
    would, by_comment = level_of(others, failed, needed), False
    if failed and readings.comment_subject_counts:
        other = level_of(scores, failed - 1, needed)
        if _RANK[other] > _RANK[would]:
            would, by_comment = other, True
    if _RANK[would] - _RANK[before] >= 2:
        return _NEXT[before], would, by_comment
    return before, None, False
