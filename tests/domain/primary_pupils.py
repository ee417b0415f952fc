"""Generated primary pupils, as plain figures and as the facts the program judges."""

from dataclasses import replace
from decimal import Decimal
from random import Random
from types import ModuleType

from app.domain.assessment.facts import YEAR, Facts, SubjectFigure
from app.domain.assessment.primary import Trait
from app.domain.assessment.terms import Point, SubjectLevel
from app.domain.vocabulary import Level, SubjectKind
from tests.domain.independent_primary import Pupil

OTHERS = ("ethics", "physical_education", "arts", "experiential_activities")
HEADS_WORDS = ("promoted", "retained", "disability", "outstanding", "recognised")


def pupil(random: Random, rules: ModuleType, blanks: float = 0.01) -> Pupil:
    """A pupil of a random grade: mostly good, often at a boundary, sometimes with something not entered."""
    grade = random.randint(1, 5)
    tested = {subject.name: subject.code for subject in rules.tests_at(grade, Point.YEAR_END)}.values()
    traits: list[Trait] = list(rules.traits_of(grade))
    weakness = random.choice((0.0, 0.0, 0.03, 0.1))
    lower = random.choice((0.0, 0.05, 0.3))

    def letter(letters: str) -> str | None:
        if random.random() < blanks:
            return None
        drawn = random.random()
        return letters[2] if drawn < weakness else letters[1] if drawn < weakness + lower else letters[0]

    def later(value: object) -> object:
        return value if random.random() < 0.7 else None

    scores = random.choice(((9, 10), (7, 8, 9, 10), (5, 6, 9), (4, 5, 9), (0, 4, 10)))
    return {
        "grade": grade,
        "subjects": {
            code: (letter("THC"), later(random.choice("THC" if random.random() < 0.3 else "TH")))
            for code in (*tested, *OTHERS)
        },
        "traits": {
            trait.code: (letter("TĐC"), later(random.choice("TĐC" if random.random() < 0.3 else "TĐ")))
            for trait in traits
        },
        "tests": {
            code: (
                None if random.random() < blanks else random.choice(scores),
                later(random.choice((4, 5, 6, 10))),
            )
            for code in tested
        },
        "said": {word for word in HEADS_WORDS if random.random() < 0.3},
    }


def facts_of(drawn: Pupil, circular: str) -> Facts:
    """The same as the program's facts."""
    return Facts(
        circular=circular,
        level=Level.PRIMARY,
        grade=drawn["grade"],
        period=YEAR,
        subjects=tuple(_figure(code, drawn) for code in drawn["subjects"]),
        traits={code: now for code, (now, _later) in drawn["traits"].items()},
        traits_after={code: later for code, (_now, later) in drawn["traits"].items()},
        decisions=dict.fromkeys(sorted(drawn["said"]), "lí do"),
    )


def _figure(code: str, drawn: Pupil) -> SubjectFigure:
    now, later = drawn["subjects"][code]
    kind = SubjectKind.SCORED if code in drawn["tests"] else SubjectKind.COMMENT
    figure = SubjectFigure(code, code.title(), kind, _level(now), retest=_level(later))
    if code not in drawn["tests"]:
        return figure
    score, again = drawn["tests"][code]
    return replace(figure, has_test=True, test=_score(score), retest_test=_score(again))


def _level(letter: str | None) -> SubjectLevel | None:
    return None if letter is None else SubjectLevel(letter)


def _score(score: int | None) -> Decimal | None:
    return None if score is None else Decimal(score)
