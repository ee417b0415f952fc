"""What a teacher types into a mark cell: read, shown and stored in one way everywhere.

Nothing is changed silently: whatever isn't a mark as it stands is refused, with a suggestion where one is
plain.
"""

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Final

from app.domain.rounding import half_up
from app.domain.vocabulary import N_, Passing, SubjectKind

MARK_MIN: Final = Decimal(0)
MARK_MAX: Final = Decimal(10)
MARK_STEP: Final = Decimal("0.1")
"""Thang điểm 10, one decimal at most (TT 22/2021 Điều 5 khoản 3)."""

Mark = Decimal | Passing
"""A score, or the result of a check in a comment subject."""

NOT_A_NUMBER: Final = N_("Type a number from 0 to 10, for example 8,5.")
OUT_OF_RANGE: Final = N_("A mark lies between 0 and 10.")
TOO_FINE: Final = N_("A mark has one decimal at most.")
NO_COMMA: Final = N_("The decimal comma is missing.")
LEADING_ZERO: Final = N_("A mark does not begin with 0; type 5 or 0,5.")
NOT_PASSING: Final = N_("Type Đ (đạt) or CĐ (chưa đạt).")

FAILED_CODE: Final = 200
PASSED_CODE: Final = 201
"""Storage codes of a comment subject's result; scores are stored as tenths, 0 to 100."""

_FULL_WIDTH = str.maketrans("０１２３４５６７８９，．", "0123456789,.")
_NUMBER = re.compile(r"([0-9]{1,4})(?:[.,]([0-9]{1,6}))?", re.ASCII)
_LOOKALIKES = str.maketrans({"ð": "đ", "ɖ": "đ"})
_PASSING = {
    **dict.fromkeys(("đ", "d", "đạt", "dat", "passed"), Passing.PASSED),
    **dict.fromkeys(("cđ", "cd", "chưa đạt", "chua dat", "failed"), Passing.FAILED),
}
LONGEST: Final = 16
"""Characters of a text worth remembering; no mark is longer."""
_INVISIBLE = "\u200b\u200c\u200d\ufeff"


@dataclass(frozen=True, slots=True)
class ParsedMark:
    """Outcome of reading one cell: a value, blank (all None), or a problem with perhaps a suggested score.

    `value`: a mark; of other cells the stored text of a circular's word, or a count (domain/cell_values).
    """

    value: Mark | str | int | None = None
    problem: str | None = None
    suggestion: Decimal | None = None

    @property
    def ok(self) -> bool:
        """True when the cell may be saved, blank included."""
        return self.problem is None


def parse_mark(text: str | None, *, kind: SubjectKind, quick_entry: bool = False) -> ParsedMark:
    """Read a typed or pasted cell of a scored or a comment subject.

    `quick_entry` reads two digits without a comma as tenths (85 is 8,5; 05 is 0,5; 100 is 10), the habit of
    teachers coming from other systems; without it the same is refused with a suggestion.
    """
    cleaned = " ".join((text or "").translate(_FULL_WIDTH).strip(_INVISIBLE).split())
    if not cleaned:
        return ParsedMark()
    parse = _parse if len(cleaned) <= LONGEST else _parse.__wrapped__
    return parse(cleaned, kind, quick_entry)


@lru_cache(maxsize=4096)
def _parse(cleaned: str, kind: SubjectKind, quick_entry: bool) -> ParsedMark:
    """Remembered: a class is sent with a few dozen different texts, each old and new."""
    return _parse_passing(cleaned) if kind is SubjectKind.COMMENT else _parse_score(cleaned, quick_entry)


def _parse_passing(text: str) -> ParsedMark:
    word = unicodedata.normalize("NFC", text).lower().translate(_LOOKALIKES)
    value = _PASSING.get(word)
    return ParsedMark(value=value) if value else ParsedMark(problem=NOT_PASSING)


def _parse_score(text: str, quick_entry: bool) -> ParsedMark:
    match = _NUMBER.fullmatch(text)
    if match is None:
        return ParsedMark(problem=NOT_A_NUMBER)
    whole, decimals = match.groups()
    if decimals is None:
        return _parse_digits(whole, quick_entry)
    return _check(Decimal(f"{whole}.{decimals}"))


def _parse_digits(digits: str, quick_entry: bool) -> ParsedMark:
    """Digits without a comma: a whole mark, or tenths where the comma was left out."""
    number = int(digits)
    if (len(digits) == 1 or digits == "10") or (len(digits) == 2 and number == 0):
        return ParsedMark(value=_score(10 * number))
    if not (len(digits) == 2 or digits == "100"):
        return ParsedMark(problem=LEADING_ZERO if digits.startswith("0") else OUT_OF_RANGE)
    if quick_entry:
        return ParsedMark(value=_score(number))
    if digits.startswith("0"):  # on paper 05 is a careful 5, in quick entry 0,5: the teacher must say which
        return ParsedMark(problem=LEADING_ZERO, suggestion=_score(10 * number))
    return ParsedMark(problem=NO_COMMA, suggestion=_score(number))


def _check(number: Decimal) -> ParsedMark:
    if number > MARK_MAX:
        return ParsedMark(problem=OUT_OF_RANGE)
    rounded = half_up(number)
    if rounded != number:
        return ParsedMark(problem=TOO_FINE, suggestion=rounded)
    return ParsedMark(value=rounded)


def _score(tenths: int) -> Decimal:
    return Decimal(f"{tenths}E-1")


_SCORES: Final = tuple(_score(tenths) for tenths in range(101))
_CODES: Final = {score: tenths for tenths, score in enumerate(_SCORES)}
"""Every score there is, made once: a save of a class binds some 800 of them."""


def format_mark(value: Mark | None) -> str:
    """As printed: 8.5 → '8,5', 10 → '10,0', đạt → 'Đ', chưa đạt → 'CĐ', blank → ''."""
    if value is None:
        return ""
    if isinstance(value, Passing):
        return "Đ" if value is Passing.PASSED else "CĐ"
    return str(half_up(value)).replace(".", ",")


def encode(value: Mark | None) -> int | None:
    """Storage code of a mark: tenths 0–100, 200 chưa đạt, 201 đạt. ValueError outside the scale or step."""
    if value is None:
        return None
    if isinstance(value, Passing):
        return PASSED_CODE if value is Passing.PASSED else FAILED_CODE
    return tenths(value)


def tenths(score: Decimal) -> int:
    """A score as a whole number of tenths, 0–100, for exact sums. ValueError outside the scale or step."""
    if not isinstance(score, Decimal):
        raise TypeError(f"a mark is Decimal or Passing, not {type(score).__name__}")
    code = _CODES.get(score) if score.is_finite() else None
    if code is None:
        raise ValueError(f"{score} is not a mark from 0 to 10 in steps of 0.1")
    return code


def decode(code: int | None) -> Mark | None:
    """The mark a storage code stands for; ValueError for a code that stands for none."""
    if code is None:
        return None
    if code == PASSED_CODE:
        return Passing.PASSED
    if code == FAILED_CODE:
        return Passing.FAILED
    if not 0 <= code <= 100:
        raise ValueError(f"{code} is not the code of a mark")
    return _SCORES[code]
