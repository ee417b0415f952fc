"""How many students of a class, a grade or a school reached what: the words of each circular, counted."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from app.domain.assessment.facts import YEAR
from app.domain.assessment.registry import CONDUCT, PRIMARY, Circular
from app.domain.assessment.terms import AcademicLevel, Conduct, Outcome, PrimaryLevel, ResultLevel, Title

_TT22: Final = (Circular.TT22_2021, Circular.TT43_2021)

LEARNING: Final[Mapping[str, type[StrEnum]]] = {
    **dict.fromkeys(_TT22, ResultLevel),
    **dict.fromkeys(CONDUCT, AcademicLevel),
    **dict.fromkeys(PRIMARY, PrimaryLevel),
}
TRAINING: Final[Mapping[str, type[StrEnum]]] = {
    **dict.fromkeys(_TT22, ResultLevel),
    **dict.fromkeys(CONDUCT, Conduct),
}
_FEWER_LEVELS: Final[Mapping[str, tuple[PrimaryLevel, ...]]] = {
    Circular.TT22_2016: (PrimaryLevel.DONE, PrimaryLevel.NOT_DONE),
}
"""Where a year comes to fewer levels than there are (TT 22/2016 Điều 14)."""
PRIMARY_LEVEL_NAME: Final[Mapping[str, str]] = {
    Circular.TT27_2020: "Đánh giá kết quả giáo dục",
    Circular.TT22_2016: "Hoàn thành chương trình lớp học",
}
"""What the level of a primary year is called (TT 27/2020 Điều 9, TT 22/2016 Điều 14)."""
TITLES: Final[Mapping[str, tuple[Title, ...]]] = {
    **dict.fromkeys(_TT22, (Title.EXCELLENT, Title.GOOD)),
    Circular.TT58_2011: (Title.HONOURS, Title.ADVANCED),
    Circular.TT26_2020: (Title.HONOURS, Title.ADVANCED, Title.OUTSTANDING),
    Circular.TT27_2020: (Title.EXCELLENT, Title.EXEMPLARY),
    Circular.TT22_2016: (Title.ALL_CONTENT, Title.OUTSTANDING),
}
_SECONDARY_OUTCOMES: Final = (
    Outcome.PROMOTED,
    Outcome.COMPLETED,
    Outcome.RETEST,
    Outcome.SUMMER_TRAINING,
    Outcome.HEAD_DECIDES,
    Outcome.RETAINED,
)
_PRIMARY_OUTCOMES: Final = (
    Outcome.PROMOTED,
    Outcome.COMPLETED,
    Outcome.SUPPLEMENT,
    Outcome.HEAD_DECIDES,
    Outcome.RETAINED,
)


@dataclass(frozen=True)
class Count:
    """How many students have the word; None: not there yet, or none given. `permille` of all of them."""

    word: StrEnum | None
    number: int
    permille: int


def measures(circular: str, period: int) -> dict[str, tuple[StrEnum, ...]]:
    """What is counted in a period under a circular: field of a result → its words in order, best first."""
    found: dict[str, tuple[StrEnum, ...]] = {}
    year = period == YEAR
    if circular in LEARNING and (year or circular not in PRIMARY):
        found["learning"] = _FEWER_LEVELS.get(circular) or tuple(LEARNING[circular])
    if circular in TRAINING:
        found["training"] = tuple(TRAINING[circular])
    if year and circular in LEARNING:
        found["outcome"] = _PRIMARY_OUTCOMES if circular in PRIMARY else _SECONDARY_OUTCOMES
    if (year or circular in CONDUCT) and circular in TITLES:
        found["title"] = TITLES[circular]
    return found


def primary_heads(circular: str) -> tuple[str, str]:
    """Heads of narrow columns for a primary year's level, and for what becomes of the student."""
    if circular == Circular.TT22_2016:
        return "HTCTLH", "HTCTTH, lên lớp"
    return "Đánh giá KQGD", "HTCTLH, lên lớp"


def word_of(circular: str, measure: str, text: str | None) -> StrEnum | None:
    """A stored word as the circular's own; KeyError for one it doesn't have."""
    if text is None:
        return None
    if measure == "learning":
        return LEARNING[circular](text)
    if measure == "training":
        return TRAINING[circular](text)
    return Outcome(text) if measure == "outcome" else Title(text)


def tally(words: tuple[StrEnum, ...], values: Iterable[StrEnum | None]) -> list[Count]:
    """Each word with its number, then how many have none."""
    numbers = Counter(values)
    return counts(words, numbers, numbers.total())


def counts(words: tuple[StrEnum, ...], numbers: Mapping[StrEnum | None, int], total: int) -> list[Count]:
    """The same from numbers already made; who has no word makes up the rest of `total`."""
    found = [Count(word, numbers.get(word, 0), share(numbers.get(word, 0), total)) for word in words]
    rest = total - sum(count.number for count in found)
    return [*found, Count(None, rest, share(rest, total))]


def share(number: int, total: int) -> int:
    """Thousandths, half up; 0 of nothing."""
    return (2000 * number + total) // (2 * total) if total else 0
