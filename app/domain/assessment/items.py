"""Reading the `inputs` of an item of `flask assess`: strict, with a reason in the reader's language for a refusal."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from app.domain.assessment.steps import Step
from app.domain.assessment.terms import term
from app.domain.marks import format_mark, parse_mark
from app.domain.rounding import half_up
from app.domain.vocabulary import N_, Passing, SubjectKind

W = TypeVar("W", bound=StrEnum)

NOT_THERE = N_("The field %(field)s is missing.")
NOT_A_MARK = N_("%(field)s: %(value)s is not a mark from 0 to 10 with one decimal at most.")
NOT_A_WORD = N_("%(field)s: %(value)s is none of %(words)s.")
NOT_A_NUMBER = N_("%(field)s: %(value)s is not a whole number of 0 or more.")
NOT_A_LIST = N_("%(field)s is not a list.")
NOT_TRUE_OR_FALSE = N_("%(field)s is neither true nor false.")


class Unjudgeable(ValueError):
    """An item that can't be judged; `message` is a msgid, `params` fill it."""

    def __init__(self, message: str, **params: Any) -> None:
        self.message, self.params = message, params
        super().__init__(message % params if params else message)


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to an item: the keys of `expected`, as they are printed, and the steps to it."""

    values: Mapping[str, Any]
    steps: tuple[Step, ...]


Judge = Callable[["Inputs"], Answer]
"""What a circular's module offers for a kind, in its KINDS: {kind: Judge}."""


class Inputs:
    """The fields of an item, read by what they must be; every refusal is Unjudgeable and names the field."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def __contains__(self, name: str) -> bool:
        return self._values.get(name) is not None

    def raw(self, name: str) -> Any:
        """The field as it stands, which may be null but not absent."""
        if name not in self._values:
            raise Unjudgeable(NOT_THERE, field=name)
        return self._values[name]

    def mark(self, name: str) -> Decimal | None:
        """A mark 0–10 with one decimal at most; None for null."""
        return as_mark(name, self.raw(name))

    def marks(self, name: str) -> list[Decimal | None]:
        """A list of marks, null for a blank."""
        return [as_mark(name, value) for value in self.list(name)]

    def list(self, name: str) -> Sequence[Any]:
        """A list as it stands."""
        values = self.raw(name)
        if not isinstance(values, list):
            raise Unjudgeable(NOT_A_LIST, field=name)
        return values

    def named_marks(self, name: str) -> dict[str, Decimal | None]:
        """Marks by subject: an object, or a list whose subjects are numbered "1", "2", …."""
        values = self.raw(name)
        if isinstance(values, list):
            values = {str(n): value for n, value in enumerate(values, start=1)}
        if not isinstance(values, dict):
            raise Unjudgeable(NOT_A_LIST, field=name)
        return {subject: as_mark(f"{name} {subject}", value) for subject, value in values.items()}

    def named_results(self, name: str) -> dict[str, Decimal | Passing | None]:
        """Marks or Đ / CĐ by subject, as results of a retest are."""
        values = self.raw(name)
        if not isinstance(values, dict):
            raise Unjudgeable(NOT_A_LIST, field=name)
        return {subject: as_result(f"{name} {subject}", value) for subject, value in values.items()}

    def number(self, name: str) -> int:
        """A whole number of 0 or more."""
        value = self.raw(name)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise Unjudgeable(NOT_A_NUMBER, field=name, value=value)
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        """True or false; `default` where the field is absent or null."""
        value = self._values.get(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise Unjudgeable(NOT_TRUE_OR_FALSE, field=name)
        return value

    def word(self, name: str, words: type[W]) -> W:
        """A word of the circulars by its Vietnamese term (Tốt, Chưa đạt, …) or its sign (T, Đ)."""
        found = self.word_or_none(name, words)
        if found is None:
            raise Unjudgeable(NOT_THERE, field=name)
        return found

    def word_or_none(self, name: str, words: type[W]) -> W | None:
        """The same; None for null or an absent field."""
        value = self._values.get(name)
        return None if value is None else as_word(name, value, words)


def as_mark(field: str, value: Any) -> Decimal | None:
    """A mark as a number or as text, comma or point; None for null. Unjudgeable for anything else, a float included."""
    if value is None:
        return None
    written = isinstance(value, (str, int, Decimal)) and not isinstance(value, bool)
    mark = parse_mark(str(value), kind=SubjectKind.SCORED).value if written else None
    if not isinstance(mark, Decimal):
        raise Unjudgeable(NOT_A_MARK, field=field, value=value)
    return half_up(mark)


def as_result(field: str, value: Any) -> Decimal | Passing | None:
    """A mark, or Đ / CĐ of a comment subject; None for null."""
    try:
        return as_word(field, value, Passing)
    except Unjudgeable:
        return as_mark(field, value)


def as_word(field: str, value: Any, words: type[W]) -> W:
    """The member whose term or sign `value` is; Unjudgeable for none."""
    wanted = " ".join(str(value).split()).casefold()
    for word in words:
        if wanted in {spelling.casefold() for spelling in spellings(word)}:
            return word
    raise Unjudgeable(
        NOT_A_WORD, field=field, value=value, words=", ".join(vietnamese(word) for word in words)
    )


def vietnamese(word: StrEnum) -> str:
    """The official term of a word, as the circulars write it: what `flask assess` prints as a value."""
    return term(word).rpartition("(")[2].rstrip(")")


def spellings(word: StrEnum) -> tuple[str, ...]:
    """How a word may be written in an item: the term, the stored value, and Đ / CĐ for the two of a comment subject."""
    signs = (format_mark(word),) if isinstance(word, Passing) else ()
    return (vietnamese(word), word.value, *signs)
