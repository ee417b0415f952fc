"""Subjects and columns of TT 58/2011 as they stand in a sentence."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final

from app.domain.assessment.facts import Value
from app.domain.marks import format_mark
from app.domain.vocabulary import Passing


def named(name: str, value: Value | None) -> str:
    """A subject with its result: Toán 7,9 · Thể dục CĐ."""
    mark = format_mark(value) if isinstance(value, (Decimal, Passing)) else str(value or "–")
    return f"{name} {mark}"


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
