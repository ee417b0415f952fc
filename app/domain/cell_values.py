"""What a teacher types into a cell of any form of sheet: read, shown and sent in one way everywhere.

Marks keep to `domain/marks`; words of the circulars are typed by their sign or in full and refused otherwise.
"""

import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any, Final

from app.domain.assessment.items import vietnamese
from app.domain.assessment.terms import Conduct, ResultLevel, SubjectLevel, TraitLevel
from app.domain.marks import ParsedMark, format_mark, parse_mark
from app.domain.sheet_forms import Cell, CellKind
from app.domain.vocabulary import N_, Passing, SubjectKind

WORDS: Final[Mapping[CellKind, type[StrEnum]]] = {
    CellKind.LEVEL: SubjectLevel,
    CellKind.TRAIT: TraitLevel,
    CellKind.TRAINING: ResultLevel,
    CellKind.CONDUCT: Conduct,
}
"""The words a cell of the kind takes."""

_SIGNS: Final[Mapping[CellKind, tuple[str, ...]]] = {
    CellKind.LEVEL: ("T", "H", "C"),
    CellKind.TRAIT: ("T", "Đ", "C"),
    CellKind.TRAINING: ("T", "K", "Đ", "CĐ"),
    CellKind.CONDUCT: ("T", "K", "Tb", "Y"),
}
_NOT_A_WORD: Final[Mapping[CellKind, str]] = {
    CellKind.LEVEL: N_("Type T (done well), H (done) or C (not done)."),
    CellKind.TRAIT: N_("Type T (good), Đ (passed) or C (needs effort)."),
    CellKind.TRAINING: N_("Type T (Tốt), K (Khá), Đ (Đạt) or CĐ (Chưa đạt)."),
    CellKind.CONDUCT: N_("Type T (Tốt), K (Khá), Tb (Trung bình) or Y (Yếu)."),
}
NOT_WHOLE: Final = N_("A primary test is marked with whole numbers from 0 to 10.")
NOT_A_COUNT: Final = N_("Type a whole number of sessions, from 0 to 400.")
MOST_SESSIONS: Final = 400


def parse_cell(text: str | None, cell: Cell, kind: SubjectKind, quick_entry: bool = False) -> ParsedMark:
    """Read a typed or pasted cell that isn't free text; blank has no value and no problem."""
    if cell.kind is CellKind.MARK:
        return parse_mark(text, kind=kind, quick_entry=quick_entry)
    cleaned = unicodedata.normalize("NFC", " ".join((text or "").split()))
    if not cleaned:
        return ParsedMark()
    if cell.kind is CellKind.WHOLE_MARK:
        return _whole_mark(cleaned)
    if cell.kind is CellKind.COUNT:
        return _count(cleaned)
    word = _spellings(cell.kind).get(cleaned.casefold())
    return ParsedMark(problem=_NOT_A_WORD[cell.kind]) if word is None else ParsedMark(value=word)


def show_cell(value: Any, kind: CellKind) -> str:
    """As printed: 8,5 · 9 (a primary test) · Đ · T · Khá · text; '' for blank."""
    if value is None:
        return ""
    if kind in WORDS:
        word = WORDS[kind](value)
        return vietnamese(word) if kind in (CellKind.TRAINING, CellKind.CONDUCT) else word.value
    if kind is CellKind.WHOLE_MARK:
        return str(int(value))
    return format_mark(value) if isinstance(value, (Decimal, Passing)) else str(value)


def choices(kind: CellKind) -> list[tuple[str, str]]:
    """(value, word) of a cell that takes words, highest first; empty for others."""
    return [(word.value, vietnamese(word)) for word in WORDS.get(kind, ())]


@cache
def _spellings(kind: CellKind) -> dict[str, str]:
    """Every way to type a word, folded: its sign, its term, its stored value; d stands for đ where that is plain."""
    known: dict[str, str] = {}
    for word, sign in zip(WORDS[kind], _SIGNS[kind], strict=True):
        for spelling in (sign, vietnamese(word), word.value, sign.replace("Đ", "D")):
            known.setdefault(spelling.casefold(), word.value)
    return known


def _whole_mark(text: str) -> ParsedMark:
    """9, and 9,0 or 9.0 as spreadsheets write it."""
    text = text.replace(",", ".").removesuffix(".0")
    if not (text.isascii() and text.isdigit()) or len(text) > 2 or int(text) > 10:
        return ParsedMark(problem=NOT_WHOLE)
    return ParsedMark(value=Decimal(f"{int(text) * 10}E-1"))


def _count(text: str) -> ParsedMark:
    if not (text.isascii() and text.isdigit()) or len(text) > 3 or int(text) > MOST_SESSIONS:
        return ParsedMark(problem=NOT_A_COUNT)
    return ParsedMark(value=int(text))
