"""Comments as teachers write them, for the demonstration data and as suggestions to start from."""

from collections import defaultdict
from functools import cache
from random import Random

from app.domain.assessment.terms import SubjectLevel, TraitLevel
from app.domain.vocabulary import Passing, Threshold
from app.reference.resources import read_rows

Result = Threshold | Passing | SubjectLevel | TraitLevel
"""What a comment is about: the threshold an average reaches, Đạt / Chưa đạt of a comment subject, or a primary level.

Levels of `traits` are of qualities and competences; comments on `training` are reasons for a low training result.
"""

OWN_WEIGHT = 3
"""How many times likelier a comment of the subject's own is drawn than a general one."""

# subjects of the other programme, or under another name, that are commented on alike
_ALIKE = {
    "foreign_language": "foreign_language_1",
    "foreign_language_2": "foreign_language_1",
    "vietnamese": "literature",
    "informatics_technology": "informatics",
    "science": "natural_science",
}


@cache
def _bank() -> dict[tuple[Result, str], tuple[str, ...]]:
    held: dict[tuple[Result, str], list[str]] = defaultdict(list)
    for row in read_rows("comments.csv"):
        held[_result(row["result"]), row["subject"]].append(row["text"])
    return {key: tuple(texts) for key, texts in held.items()}


def _result(value: str) -> Result:
    kinds: tuple[type[Result], ...] = (Passing, SubjectLevel, TraitLevel)
    return next((kind(value) for kind in kinds if value in set(kind)), None) or Threshold(value)


def general_comments(result: Result) -> tuple[str, ...]:
    """Comments that fit every subject."""
    return _bank()[result, ""]


def subject_comments(result: Result, subject_code: str) -> tuple[str, ...]:
    """Comments of one subject only; empty where the bank has none."""
    return _bank().get((result, _ALIKE.get(subject_code, subject_code)), ())


def comments_for(result: Result, subject_code: str = "") -> tuple[str, ...]:
    """Every comment that fits, the subject's own first."""
    return (*subject_comments(result, subject_code), *general_comments(result))


def draw_comment(rng: Random, result: Result, subject_code: str = "") -> str:
    """One comment for a pupil of this result."""
    own = subject_comments(result, subject_code)
    return rng.choice(own * OWN_WEIGHT + general_comments(result))
