"""The shape of an explanation: steps a teacher can follow, each with its article and its figures."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from app.domain.assessment.terms import term

Param = str | int | Decimal | StrEnum | tuple["Param", ...] | None
"""A figure of a step: text as it stands, a number, a mark, a word of the circulars, or several of these."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step: `message` is an English msgid whose `%(name)s` places `params` fill; `article` as printed, in Vietnamese.

    Example: Step("TT 22/2021 Điều 9 khoản 2 điểm b", N_("%(level)s, for %(count)s subjects reach 6.5: %(names)s."), {…}).
    """

    article: str
    message: str
    params: Mapping[str, Param] = field(default_factory=dict)


def figure(value: Param, translate: Callable[[str], str]) -> str:
    """How a figure reads in a sentence: 8,5 · Khá · Toán 8,5, Ngữ văn 7,0 · – for none."""
    if value is None:
        return "–"
    if isinstance(value, StrEnum):
        return translate(term(value))
    if isinstance(value, Decimal):
        return str(value).replace(".", ",")
    if isinstance(value, tuple):
        return ", ".join(figure(part, translate) for part in value)
    return str(value)


def sentence(step: Step, translate: Callable[[str], str]) -> str:
    """The step as a sentence of the reader's language, without its article."""
    return translate(step.message) % {name: figure(value, translate) for name, value in step.params.items()}


def sentences(steps: Iterable[Step], translate: Callable[[str], str]) -> str:
    """All steps in a row, each with its article in brackets: what `flask assess` prints."""
    return " ".join(
        f"{sentence(step, translate)} ({step.article})" if step.article else sentence(step, translate)
        for step in steps
    )
