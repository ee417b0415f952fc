"""Students for the tests of TT 22/2021 and TT 43/2021: generated years, as facts and as the second working out has them."""

import random
from decimal import Decimal
from fractions import Fraction
from typing import Any

from app.domain.assessment.facts import YEAR, Facts, Readings, Result, SubjectFigure, Value
from app.domain.vocabulary import Passing, SubjectKind
from tests.domain import independent_tt22_2021 as independent

D = Decimal
COMMENTS = ("GDTC", "NT", "DP", "HDTN")


def subject(code: str, value: Value | None, **more: Any) -> SubjectFigure:
    comment = isinstance(value, Passing) or code in COMMENTS
    return SubjectFigure(code, code, SubjectKind.COMMENT if comment else SubjectKind.SCORED, value, **more)


EDGES = (34, 35, 49, 50, 64, 65, 79, 80, 89, 90)


def a_mark(chance: random.Random, around: int) -> Fraction:
    if chance.random() < 0.5:
        return Fraction(min(EDGES, key=lambda edge: abs(edge - around) + chance.randrange(12)), 10)
    return Fraction(max(0, min(100, around + chance.randrange(-9, 10))), 10)


def a_student(chance: random.Random) -> independent.Student:
    around = chance.choice((33, 45, 52, 60, 66, 72, 81, 88, 93))
    names = [f"S{n}" for n in range(chance.randrange(6, 11))]
    scores = {name: a_mark(chance, around) for name in names}
    if chance.random() < 0.4:  # one subject far below the others
        scores[chance.choice(names)] = a_mark(chance, chance.choice((20, 34, 42, 50, 60)))
    comments = {code: chance.random() > 0.08 for code in COMMENTS}
    retests: dict[str, Fraction | bool] = {name: a_mark(chance, 50) for name in names}
    retests |= {code: chance.random() > 0.3 for code in COMMENTS}
    return independent.Student(
        scores=scores,
        comments=comments,
        terms=(chance.choice((0, 1, 2, 3, 3, 3)), chance.choice((0, 1, 2, 3, 3, 3))),
        absences=chance.choice((0, 10, 44, 45, 45, 46)),
        grade=chance.randrange(6, 13),
        summer=chance.choice((None, 0, 1, 3)),
        retests=retests if chance.random() < 0.7 else {},
        comment_counts=chance.random() < 0.8,
        replaced=chance.random() < 0.8,
    )


DECIMALS = {Fraction(tenths, 10): D(tenths).scaleb(-1) for tenths in range(101)}


def decimal(value: Fraction) -> Decimal:
    return DECIMALS[value]


def as_facts(year: independent.Student) -> Facts:
    subjects = [
        subject(
            name,
            decimal(score),
            retest=decimal(Fraction(year.retests[name])) if name in year.retests else None,
        )
        for name, score in year.scores.items()
    ]
    word = {True: Passing.PASSED, False: Passing.FAILED}
    subjects += [
        subject(code, word[passed], retest=word[bool(year.retests[code])] if code in year.retests else None)
        for code, passed in year.comments.items()
    ]
    training = [independent.WORDS[level].value for level in year.terms]
    return Facts(
        "tt22-2021",
        "lower_secondary",
        year.grade,
        YEAR,
        tuple(subjects),
        training_1=training[0],
        training_2=training[1],
        training_after_summer=None if year.summer is None else independent.WORDS[year.summer].value,
        absences=year.absences,
        readings=Readings(year.comment_counts, year.replaced),
    )


def in_its_words(found: Result) -> independent.Year:
    return independent.Year(
        found.learning_before,
        found.learning,
        found.learning_after,
        found.training,
        found.title,
        found.outcome,
        set(found.retest_subjects),
    )
