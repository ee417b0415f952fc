"""What the two circulars of primary school share: T / H / C and T / Đ / C, the test of a level, and class completion.

A level asks three things of the year's end: of every subject and activity, of every quality and competence, and of every
year-end test (`Need`). A circular is a ladder of such needs, best first; its last step is what completes the class.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final, NamedTuple

from app.domain.assessment.decisions import DISABILITY, OUTSTANDING, PROMOTED, RECOGNISED, RETAINED
from app.domain.assessment.facts import Facts, Result, Value
from app.domain.assessment.terms import Outcome, Point, PrimaryLevel, SubjectLevel, Title, TraitLevel

FIRST_GRADE: Final = 1
LAST_GRADE: Final = 5
"""Primary school has five grades; the last completes the programme."""


class TraitGroup(StrEnum):
    """What a quality or competence belongs to; the circular names its groups."""

    QUALITY = "quality"  # phẩm chất
    COMPETENCE = "competence"  # năng lực, năng lực chung
    ABILITY = "ability"  # năng lực đặc thù


@dataclass(frozen=True, slots=True)
class Trait:
    """A quality or competence by its official name; assessed `from_grade` on, and before where a level is given."""

    code: str
    name: str
    group: TraitGroup
    from_grade: int = FIRST_GRADE


@dataclass(frozen=True, slots=True)
class Tested:
    """A subject with periodic tests, and the first grade it is taught in."""

    code: str
    name: str
    from_grade: int = FIRST_GRADE


class Need(NamedTuple):
    """What a level asks of every subject, every quality and competence, and every year-end test."""

    level: PrimaryLevel
    subject: SubjectLevel
    trait: TraitLevel
    test: Decimal


class Entry(NamedTuple):
    """What stands for one subject, quality, competence or test; None: not there yet."""

    code: str
    name: str
    value: Value | TraitLevel | None


class Figures(NamedTuple):
    """All that a year's level is judged from."""

    subjects: Sequence[Entry]
    traits: Sequence[Entry]
    tests: Sequence[Entry]


class Year(NamedTuple):
    """A judged year. `after`: the figures after supplementary assessment, None unless all of it is made."""

    figures: Figures
    level: PrimaryLevel | None
    after: Figures | None = None

    @property
    def level_after(self) -> PrimaryLevel | None:
        """Hoàn thành or Chưa hoàn thành once the supplementary assessment is made, which is all it decides."""
        if self.after is None:
            return None
        return PrimaryLevel.NOT_DONE if any(below(self.after, COMPLETING)) else PrimaryLevel.DONE


COMPLETING: Final = Need(PrimaryLevel.DONE, SubjectLevel.DONE, TraitLevel.PASSED, Decimal(5))
"""What completes the class, in both circulars (TT 27/2020 Điều 9 khoản 2, Điều 11; TT 22/2016 Điều 14)."""

_RANKS: Final[Mapping[object, int]] = {"T": 2, "H": 1, "Đ": 1, "C": 0}
_TRAIT_LEVELS: Final = {level.value: level for level in TraitLevel}
_ABOVE_ALL: Final = 11
_MID_TERM_FROM: Final = 4
_MID_TERM: Final = ("vietnamese", "math")


def tests_of(tested: Iterable[Tested], grade: int, point: Point) -> tuple[Tested, ...]:
    """Of a circular's subjects those with a periodic test in a grade at a point, in printed order.

    At the end of a term the ones taught in the grade; at mid-term only Tiếng Việt and Toán, and only in grades 4 and 5
    (TT 27/2020 Điều 7 khoản 1 điểm b, TT 22/2016 Điều 10 khoản 2 điểm b).
    """
    taught = (subject for subject in tested if subject.from_grade <= grade)
    if point in (Point.END_TERM1, Point.YEAR_END):
        return tuple(taught)
    return tuple(subject for subject in taught if grade >= _MID_TERM_FROM and subject.code in _MID_TERM)


def recognition(facts: Facts) -> tuple[bool, bool]:
    """Whether something outstanding was proposed, and whether the class has recognised it."""
    return OUTSTANDING in facts.decisions, RECOGNISED in facts.decisions


def figures_of(facts: Facts, traits: Iterable[Trait]) -> Figures:
    """The figures of a student's own counted subjects. ValueError for a trait's level other than T, Đ, C."""
    counted = [subject for subject in facts.subjects if subject.counts and not subject.exempt]
    given = facts.traits
    return Figures(
        [Entry(subject.code, subject.name, subject.value) for subject in counted],
        [
            Entry(trait.code, trait.name, _trait_level(given.get(trait.code)))
            for trait in traits
            if trait.from_grade <= facts.grade or given.get(trait.code) is not None
        ],
        [Entry(subject.code, subject.name, subject.test) for subject in counted if subject.has_test],
    )


def missing(figures: Figures) -> tuple[str, ...]:
    """What is still to be entered: "math:level", "math:test", "traits:quality_honesty"; "subjects" for none at all."""
    if not figures.subjects:
        return ("subjects",)
    return (
        *(f"{entry.code}:level" for entry in figures.subjects if entry.value is None),
        *(f"traits:{entry.code}" for entry in figures.traits if entry.value is None),
        *(f"{entry.code}:test" for entry in figures.tests if entry.value is None),
    )


def level_of(figures: Figures, ladder: Iterable[Need]) -> PrimaryLevel | None:
    """The first level of the ladder whose every need holds, else Chưa hoàn thành; None while something is missing."""
    if missing(figures):
        return None
    subject, trait, test = (lowest(entries) for entries in figures)
    for need in ladder:
        if subject >= _RANKS[need.subject] and trait >= _RANKS[need.trait] and test >= need.test:
            return need.level
    return PrimaryLevel.NOT_DONE


def lowest(entries: Iterable[Entry]) -> int | Decimal:
    """Rank of the lowest level, or the lowest score; above all for no entries. All must be there."""
    return min((_rank(entry.value) for entry in entries), default=_ABOVE_ALL)


def below(figures: Figures, need: Need) -> Figures:
    """The entries that keep the need from holding; those not there yet are left out."""
    needed: tuple[int | Decimal, ...] = (_RANKS[need.subject], _RANKS[need.trait], need.test)
    return Figures(
        *(
            [entry for entry in entries if entry.value is not None and _rank(entry.value) < least]
            for entries, least in zip(figures, needed, strict=True)
        )
    )


def year_of(facts: Facts, traits: Iterable[Trait], ladder: Iterable[Need]) -> Year:
    """The year judged, and judged again by the results of supplementary assessment where it fell short."""
    figures = figures_of(facts, traits)
    level = level_of(figures, ladder)
    if level is not PrimaryLevel.NOT_DONE:
        return Year(figures, level)
    return Year(figures, level, None if awaiting(figures, facts) else _replaced(figures, facts))


def awaiting(figures: Figures, facts: Facts) -> tuple[str, ...]:
    """Names of what fell short and is not assessed again yet: a level by a level, a test by a test."""
    pairs = zip(below(figures, COMPLETING), _again(facts), strict=True)
    return tuple(
        dict.fromkeys(
            entry.name for entries, again in pairs for entry in entries if again.get(entry.code) is None
        )
    )


def result_of(facts: Facts, year: Year, title: Title | None) -> Result:
    """The year's result. `learning_after` is there once all that fell short has been assessed again."""
    short = below(year.figures, COMPLETING) if year.level is PrimaryLevel.NOT_DONE else Figures((), (), ())
    return Result(
        learning=year.level,
        learning_after=year.level_after,
        title=title,
        outcome=outcome_of(year.level, year.level_after, facts.grade, facts.decisions),
        retest_subjects=tuple(dict.fromkeys(entry.code for entry in (*short.subjects, *short.tests))),
        missing=missing(year.figures) if year.level is None else (),
    )


def outcome_of(
    level: PrimaryLevel | None, level_after: PrimaryLevel | None, grade: int, decisions: Mapping[str, str]
) -> Outcome | None:
    """Class completion (TT 27/2020 Điều 11; TT 22/2016 Điều 14), the same in both circulars.

    Hoàn thành or better is promoted, in the last grade with the programme completed. Otherwise supplementary assessment
    comes first; where that is not enough the head decides, `decisions` holding "promoted" or "retained". Of a student
    assessed by a plan of their own ("disability", Điều 8) the head may decide without it, also where figures the plan
    leaves out are missing: the program's reading, the articles say nothing on it. No rule on absences. None while the
    year has no level.
    """
    promoted = Outcome.COMPLETED if grade == LAST_GRADE else Outcome.PROMOTED
    if completes(level) or completes(level_after):
        return promoted
    head = promoted if PROMOTED in decisions else Outcome.RETAINED
    decided = (PROMOTED in decisions) != (RETAINED in decisions)
    if DISABILITY in decisions and decided:
        return head
    if level is None:
        return None
    if level_after is None:
        return Outcome.SUPPLEMENT
    return head if decided else Outcome.HEAD_DECIDES


def completes(level: PrimaryLevel | None) -> bool:
    """True for a level that completes the class."""
    return level is not None and level is not PrimaryLevel.NOT_DONE


def _trait_level(text: str | None) -> TraitLevel | None:
    if text is None:
        return None
    return _TRAIT_LEVELS.get(text) or TraitLevel(text)


def _rank(value: Value | TraitLevel | None) -> int | Decimal:
    """Levels by rank, scores as they are."""
    return value if isinstance(value, Decimal) else _RANKS[value]


def _again(facts: Facts) -> tuple[Mapping[str, Value | TraitLevel | None], ...]:
    """Results of supplementary assessment by code: levels, qualities and competences, tests."""
    return (
        {subject.code: subject.retest for subject in facts.subjects},
        {code: _trait_level(text) for code, text in facts.traits_after.items()},
        {subject.code: subject.retest_test for subject in facts.subjects},
    )


def _replaced(figures: Figures, facts: Facts) -> Figures:
    """The figures with the results of supplementary assessment in their place."""
    return Figures(
        *(
            [
                entry if again.get(entry.code) is None else entry._replace(value=again[entry.code])
                for entry in entries
            ]
            for entries, again in zip(figures, _again(facts), strict=True)
        )
    )
