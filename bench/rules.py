"""The pure classification of students' years, against a loop that only sums the same marks."""

import statistics
import time
from decimal import Decimal
from random import Random

from app.domain.assessment.facts import YEAR, Facts, SubjectFigure
from app.domain.assessment.registry import Circular
from app.domain.assessment.regulations import rules_of
from app.domain.marks import tenths
from app.domain.vocabulary import Passing, SubjectKind
from bench.result import Line

STUDENTS = 1_000
SCORED = ("math", "literature", "foreign_language_1", "civic_education", "history_geography", "natural_science",
          "technology", "informatics")  # fmt: skip
COMMENT = ("physical_education", "arts", "experiential_career", "local_education")
MOST_MICROSECONDS = 50
CIRCULARS = (Circular.TT22_2021, Circular.TT26_2020)


def measure(rounds: int) -> list[Line]:
    """Microseconds a student beyond summing, for each circular of secondary schools."""
    return [_measure(circular, rounds) for circular in CIRCULARS]


def _measure(circular: Circular, rounds: int) -> Line:
    rng = Random(circular.value)
    students = [_student(circular, rng) for _n in range(STUDENTS)]
    judge = rules_of(circular).judge
    beyond = []
    for _n in range(rounds):
        start = time.perf_counter()
        for facts in students:
            _sum(facts)
        middle = time.perf_counter()
        for facts in students:
            judge(facts)
        beyond.append(time.perf_counter() - middle - (middle - start))
    microseconds = statistics.median(beyond) / STUDENTS * 1e6
    return Line(
        "-",
        f"{circular.value}: a student's year judged, beyond summing",
        microseconds,
        "µs",
        most=MOST_MICROSECONDS,
    )


def _sum(facts: Facts) -> int:
    return sum(tenths(s.value) for s in facts.subjects if isinstance(s.value, Decimal))


def _student(circular: Circular, rng: Random) -> Facts:
    scored = (
        SubjectFigure(code, code, SubjectKind.SCORED, Decimal(rng.randrange(30, 101)).scaleb(-1))
        for code in SCORED
    )
    passed = (
        SubjectFigure(
            code, code, SubjectKind.COMMENT, Passing.PASSED if rng.random() < 0.97 else Passing.FAILED
        )
        for code in COMMENT
    )
    return Facts(
        circular=circular,
        level="lower_secondary",
        grade=7,
        period=YEAR,
        subjects=(*scored, *passed),
        training_1="good",
        training_2=rng.choice(["good", "fair"]),
        absences=rng.randrange(60),
    )
