"""What differs between TT 58/2011 as issued and as amended by TT 26/2020: data, so that each rule stands once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from app.domain.vocabulary import N_

WEEKS: Final = 35
"""Weeks of a school year: lessons a year are 35 times lessons a week."""

EXEMPTIBLE: Final = frozenset({"physical_training", "physical_education", "music", "fine_arts", "arts"})
"""Codes of Thể dục, Âm nhạc and Mĩ thuật, from which a student may be exempted altogether (Điều 12)."""

_MATH, _LITERATURE = "math", "literature"
_LANGUAGE: Final = "foreign_language"

KEY_CODES: Final[Mapping[str, str]] = {
    "toán": _MATH,
    "toán học": _MATH,
    "ngữ văn": _LITERATURE,
    "văn": _LITERATURE,
    "ngoại ngữ": _LANGUAGE,
    "ngoại ngữ 1": _LANGUAGE,
    "tiếng anh": _LANGUAGE,
    "tiếng nga": _LANGUAGE,
    "tiếng pháp": _LANGUAGE,
    "tiếng đức": _LANGUAGE,
    "tiếng trung": _LANGUAGE,
    "tiếng trung quốc": _LANGUAGE,
    "tiếng nhật": _LANGUAGE,
    "tiếng hàn": _LANGUAGE,
}
"""Names by which an item of `flask assess` calls a subject that may be a key subject."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One of the two texts.

    `lesson_bands`: (lessons a week up to, whether that many still belong, regular scores a term). `one_midterm`: a
    term has exactly one ĐĐGgk instead of several KTđk. `commends`: a giấy khen for outstanding achievement or
    progress. `head_decides`: promotion of a student with disability is the head's. `amended`: article of TT 58 →
    how it is cited where the amendment changed it.
    """

    version: str
    key_codes: frozenset[str]
    key_names: tuple[str, ...]
    lesson_bands: tuple[tuple[Fraction, bool, int], ...]
    most_scores: int
    adjusted: str
    one_midterm: bool = False
    commends: bool = False
    head_decides: bool = False
    amended: Mapping[str, str] = field(default_factory=dict)

    def article(self, place: str) -> str:
        """An article as printed in this variant: 'Điều 13 khoản 6' → 'TT 58/2011 Điều 13 khoản 6 (sửa bởi …)'."""
        changed = self.amended.get(place)
        return f"TT 58/2011 {place}" if changed is None else f"TT 58/2011 {changed} (sửa bởi TT 26/2020)"


TT58: Final = Variant(
    version="2011.1",
    key_codes=frozenset({_MATH, _LITERATURE}),
    key_names=("Toán", "Ngữ văn"),
    lesson_bands=((Fraction(1), True, 2), (Fraction(3), False, 3)),
    most_scores=4,
    adjusted=N_(
        "The average reaches %(reached)s, but the result of one subject, %(subject)s, pulls the level down to"
        " %(before)s: it is adjusted to %(level)s."
    ),
)
"""TT 58/2011 as issued, for the school years 2011-12 to 2019-20."""

_CHANGED = ("Điều 10 khoản 1", *(f"Điều 13 khoản {n}" for n in range(1, 7)))

TT26: Final = Variant(
    version="2020.1",
    key_codes=frozenset({_MATH, _LITERATURE, _LANGUAGE, "foreign_language_1"}),
    key_names=("Toán", "Ngữ văn", "Ngoại ngữ"),
    lesson_bands=((Fraction(1), True, 2), (Fraction(2), True, 3)),
    most_scores=4,
    adjusted=N_(
        "The average reaches %(reached)s, but the result of one single subject, %(subject)s, pulls the level down"
        " to %(before)s: it is adjusted to %(level)s."
    ),
    one_midterm=True,
    commends=True,
    head_decides=True,
    # Where the khoản of the amended text is not on file, the whole article is cited.
    amended={
        **{place: place for place in _CHANGED},
        "Điều 8 khoản 2": "Điều 8",
        "Điều 8 khoản 5": "Điều 8",
        "Điều 15": "Điều 15",
        "Điều 18": "Điều 18",
    },
)
"""TT 58/2011 as amended by TT 26/2020, for the school years from 2020-21 until TT 22/2021 reached the grade."""
