"""Figures of TT 58/2011 as they stand in a sentence: decimal comma, sums and quotients written out."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final

from app.domain.assessment.facts import Value
from app.domain.assessment.tt58_2011.averages import FINAL_WEIGHT, PERIODIC_WEIGHT, TERM_2_WEIGHT
from app.domain.marks import format_mark
from app.domain.vocabulary import Passing

_DIGITS: Final = 3


def short(score: Decimal) -> str:
    """A score in a sum: 8.0 → 8, 7.5 → 7,5."""
    return format_mark(score).removesuffix(",0")


def named(name: str, value: Value | None) -> str:
    """A subject with its result: Toán 7,9 · Thể dục CĐ."""
    mark = format_mark(value) if isinstance(value, (Decimal, Passing)) else str(value or "–")
    return f"{name} {mark}"


def quotient(value: Fraction) -> str:
    """An exact quotient: 7,25, or 7,857… where more decimals follow."""
    thousandths, rest = divmod(value.numerator * 10**_DIGITS, value.denominator)
    digits = f"{thousandths // 10**_DIGITS},{thousandths % 10**_DIGITS:0{_DIGITS}d}"
    return f"{digits}…" if rest else digits.rstrip("0").removesuffix(",")


def term_sum(regular: Iterable[Decimal], periodic: Iterable[Decimal], final: Decimal) -> str:
    """The sum above the line of ĐTBmhk: 7 + 8 + 6 + 2 × 7,5 + 3 × 7."""
    return " + ".join(
        (
            *map(short, regular),
            *(f"{PERIODIC_WEIGHT} × {short(score)}" for score in periodic),
            f"{FINAL_WEIGHT} × {short(final)}",
        )
    )


def year_sum(term1: Decimal, term2: Decimal) -> str:
    """The sum above the line of ĐTBmcn: 7,2 + 2 × 8,1."""
    return f"{short(term1)} + {TERM_2_WEIGHT} × {short(term2)}"


def plain_sum(scores: Sequence[Decimal]) -> str:
    """The sum above the line of ĐTB of the subjects: 7,2 + 8,1 + 6."""
    return " + ".join(map(short, scores))


_COLUMNS: Final = {
    "midterm": "ĐĐGgk",
    "final": "điểm cuối học kì",
    "term_1": "học kì I",
    "term_2": "học kì II",
    "training": "hạnh kiểm",
    "absences": "số buổi nghỉ",
    "learning": "học lực",
    "subjects": "môn học có điểm trung bình",
    "key_subject": "môn Toán hoặc Ngữ văn",
}
_NUMBERED: Final = {"regular": "điểm thường xuyên", "periodic": "điểm kiểm tra định kì"}


def column_name(code: str) -> str:
    """A code of `missing` as the book names it: periodic_2 → điểm kiểm tra định kì 2, math:final → math: …."""
    subject, colon, column = code.rpartition(":")
    kind, _underscore, number = column.rpartition("_")
    word = f"{_NUMBERED[kind]} {number}" if kind in _NUMBERED else _COLUMNS.get(column, column)
    return f"{subject}: {word}" if colon else word


def column_names(codes: Iterable[str], names: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Codes of `missing` in words; `names` are those of the subjects by code."""
    called = names or {}
    parts = (code.partition(":") for code in codes)
    return tuple(
        column_name(f"{called.get(subject, subject)}{colon}{column}") for subject, colon, column in parts
    )
