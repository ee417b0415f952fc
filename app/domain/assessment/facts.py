"""What a student's term or year is judged from, and what comes of it: one shape for every circular.

`Facts` are plain figures: they are stored beside the result as JSON, so that it can be judged again years later.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, Self

from app.domain.assessment.steps import Param, Step
from app.domain.assessment.terms import SubjectLevel
from app.domain.vocabulary import Passing, SubjectKind

YEAR: Final = 0
"""`period` of the whole year; 1 and 2 are the terms."""

Value = Decimal | Passing | SubjectLevel
"""What a subject ends a term or year with: ĐTBm, Đạt / Chưa đạt, or T / H / C."""


@dataclass(frozen=True, slots=True)
class SubjectFigure:
    """A subject of the student in the period.

    `value` None: not there yet, `missing` names what is lacking (column names). `counts`: False for a chosen extra
    subject that is left out of the result. `retest`: result after kiểm tra lại. `test`: periodic test score of the
    point (primary). `term_1`, `term_2`: the terms a year value came from. `exempt`: not assessed, by decision.
    `retest_test`: score of a test taken again in supplementary assessment (primary).
    """

    code: str
    name: str
    kind: SubjectKind
    value: Value | None = None
    counts: bool = True
    exempt: bool = False
    retest: Value | None = None
    test: Decimal | None = None
    has_test: bool = False
    term_1: Value | None = None
    term_2: Value | None = None
    missing: tuple[str, ...] = ()
    retest_test: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Readings:
    """The open readings of TT 22/2021 Điều 9 khoản 3 (facts A6); a unit may set the other one."""

    comment_subject_counts: bool = True  # a comment subject may be the "duy nhất 01 môn học"
    replace_subject: bool = (
        True  # judge as if only this subject were different (False: as if it were not there)
    )


@dataclass(frozen=True, slots=True)
class Facts:
    """All a circular asks of a student's term (`period` 1, 2) or year (`period` YEAR).

    `training`: the level of the term, or the two terms' levels of a year, as value text of ResultLevel or Conduct.
    `absences`: sessions of the year, None where nobody has noted them. `decisions`: what the head decided, by name
    (`disability`, `promoted`, `outstanding`, `recognised`), each with its reason. `closed`: the term is closed.
    `traits`: levels T, Đ, C by code of quality or competence (primary); `traits_after`: after supplementary assessment.
    `settings`: what a centre's leader confirmed, by name (TT 43/2021).
    """

    circular: str
    level: str
    grade: int
    period: int
    subjects: tuple[SubjectFigure, ...]
    training: str | None = None
    training_1: str | None = None
    training_2: str | None = None
    training_after_summer: str | None = None
    absences: int | None = None
    specialised_subject: str | None = None
    traits: Mapping[str, str | None] = field(default_factory=dict)
    decisions: Mapping[str, str] = field(default_factory=dict)
    readings: Readings = field(default_factory=Readings)
    closed: bool = False
    traits_after: Mapping[str, str | None] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON: marks as text, words by their value."""
        plain: dict[str, Any] = _plain(asdict(self))
        return plain

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """The facts `to_json` wrote. KeyError, TypeError or ValueError for anything else."""
        values = dict(stored)
        subjects = tuple(_subject(subject) for subject in values.pop("subjects"))
        readings = Readings(**values.pop("readings"))
        return cls(subjects=subjects, readings=readings, **values)


@dataclass(frozen=True, slots=True)
class Result:
    """What comes of it. A field is None where the circular knows no such thing, or `missing` says what is lacking.

    `learning`: ResultLevel, AcademicLevel or PrimaryLevel. `average`: ĐTB các môn (TT 58 only). `flags`: names of open
    readings that changed the result. `retest_subjects`: codes. `version` of the rules as implemented.
    """

    learning: StrEnum | None = None
    learning_before: StrEnum | None = None
    learning_after: StrEnum | None = None
    average: Decimal | None = None
    training: StrEnum | None = None
    title: StrEnum | None = None
    outcome: StrEnum | None = None
    retest_subjects: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A part of an explanation: what it is about (`heading` a msgid), the value reached, and the steps to it."""

    key: str
    heading: str
    value: Param
    steps: tuple[Step, ...]


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    if isinstance(value, Decimal):
        return str(value)
    return value.value if isinstance(value, StrEnum) else value


_MARKS: Final = ("value", "retest", "term_1", "term_2")


def _subject(stored: Mapping[str, Any]) -> SubjectFigure:
    values = dict(stored)
    values["kind"] = SubjectKind(values["kind"])
    values["missing"] = tuple(values["missing"])
    for name in _MARKS:
        values[name] = _mark(values[name])
    for name in ("test", "retest_test"):
        values[name] = None if values.get(name) is None else Decimal(values[name])
    return SubjectFigure(**values)


def _mark(text: str | None) -> Value | None:
    if text is None:
        return None
    if text in set(Passing):
        return Passing(text)
    return SubjectLevel(text) if text in set(SubjectLevel) else Decimal(text)
