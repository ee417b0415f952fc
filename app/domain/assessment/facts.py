"""What a student's term or year is judged from, and what comes of it: one shape for every circular.

`Facts` are plain figures: they are stored beside the result as JSON, so that it can be judged again years later.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from enum import StrEnum
from functools import cache
from types import NoneType
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
        """As plain JSON: marks as text, words by their value; defaults too, for a default may change and the record may not."""
        return _plain_fields(self)

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


@cache
def _names(shape: type[Any]) -> tuple[str, ...]:
    return tuple(part.name for part in fields(shape))


_PLAIN: Final = frozenset({str, int, bool, NoneType})
"""Types that are JSON as they stand: most fields are, and thousands of figures are kept at once."""


def _plain_fields(part: Any) -> dict[str, Any]:
    names = _names(part.__class__)
    return {name: value if type(value := getattr(part, name)) in _PLAIN else _plain(value) for name in names}


def _plain(value: Any) -> Any:
    if isinstance(value, (StrEnum, Decimal)):
        return str(value)
    if type(value) in _PLAIN:
        return value
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return dict(value) if isinstance(value, Mapping) else _plain_fields(value)


def _mark(text: str | None) -> Value | None:
    if text is None:
        return None
    if text in set(Passing):
        return Passing(text)
    return SubjectLevel(text) if text in set(SubjectLevel) else Decimal(text)


_READ: Final[Mapping[str, Callable[[Any], Any]]] = {
    "kind": SubjectKind,
    "missing": tuple,
    **dict.fromkeys(("value", "retest", "term_1", "term_2"), _mark),
    **dict.fromkeys(("test", "retest_test"), lambda text: None if text is None else Decimal(text)),
}
"""How a field of a stored subject is read; the others as they stand."""


def _subject(stored: Mapping[str, Any]) -> SubjectFigure:
    return SubjectFigure(**{name: _READ.get(name, _as_is)(value) for name, value in stored.items()})


def _as_is(value: Any) -> Any:
    return value
