"""Students under TT 58/2011, as the tests write them."""

from decimal import Decimal

from app.domain.assessment.facts import YEAR, Facts, SubjectFigure
from app.domain.vocabulary import Passing, SubjectKind

SCORED = ("math", "literature", "foreign_language", "physics", "chemistry", "biology", "history", "geography")
SCORED += ("technology", "civic_education")
COMMENTS = ("physical_training", "music", "fine_arts")


def tenths(code: int) -> Decimal:
    return Decimal(f"{code}E-1")


def score(code: str, value: str | Decimal | None, **more: object) -> SubjectFigure:
    mark = Decimal(value) if isinstance(value, str) else value
    return SubjectFigure(code, code, SubjectKind.SCORED, mark, **more)


def comment(code: str, value: Passing | None, **more: object) -> SubjectFigure:
    return SubjectFigure(code, code, SubjectKind.COMMENT, value, **more)


def facts(*subjects: SubjectFigure, **more: object) -> Facts:
    given = {"circular": "", "level": "lower_secondary", "grade": 8, "period": YEAR, "training": "good"}
    return Facts(**{**given, "absences": 0, "subjects": subjects, **more})


def marks(*values: str) -> list[SubjectFigure]:
    return [score(code, value) for code, value in zip(SCORED, values, strict=False)]
