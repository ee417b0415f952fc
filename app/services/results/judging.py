"""Judging what was read: each student by the circular of the class, and the place in class where one is given."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from app.domain.assessment.facts import Facts, Result
from app.domain.assessment.registry import CONDUCT, Circular
from app.domain.assessment.regulations import rules_of
from app.domain.assessment.tt58_2011.year import rank
from app.models import StudentResult
from app.services.results.places import Pupil
from app.services.results.reading import Reading

NO_RESULTS: Final = frozenset({Circular.PRESCHOOL})
"""Circulars without a result of term or year."""

WORDS: Final = ("learning", "learning_before", "learning_after", "training", "title", "outcome")
"""Fields of a result that hold a word of the circular."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A student's period: the figures, what comes of them, and the place in class (TT 58/2011 only)."""

    pupil: Pupil
    facts: Facts
    result: Result
    rank: int | None = None

    @property
    def reached(self) -> bool:
        """True once anything has come of the period: until then there is nothing to keep."""
        found = self.result
        return any(getattr(found, name) is not None for name in WORDS) or found.average is not None


def judge_class(reading: Reading, class_id: int, period: int) -> list[Judged]:
    """Every student of the class in the period, by name."""
    judge = rules_of(Circular(reading.classes[class_id].circular)).judge
    found = []
    for pupil in reading.of_class(class_id, period):
        facts = reading.facts(class_id, pupil.student_id, period)
        found.append(Judged(pupil, facts, judge(facts)))
    return _ranked(found) if reading.classes[class_id].circular in CONDUCT else found


def _ranked(found: Sequence[Judged]) -> list[Judged]:
    """With the place by ĐTB các môn; who has none yet has no place."""
    averages: list[Decimal] = [j.result.average for j in found if j.result.average is not None]
    places = iter(rank(averages))
    return [
        Judged(j.pupil, j.facts, j.result, None if j.result.average is None else next(places)) for j in found
    ]


def differs(stored: StudentResult | None, judged: Judged) -> bool:
    """Whether the words on record are not what the present marks give."""
    if stored is None:
        return judged.reached
    mine = (*(getattr(judged.result, name) for name in WORDS), judged.result.average)
    kept = (*(getattr(stored, name) for name in WORDS), stored.average)
    return mine != kept
