"""What papers call a unit, its head and those who learn there, by the kind of unit.

A centre has học viên and a giám đốc (TT 43/2021; TT 10/2021 and TT 01/2023 Điều 14), a preschool trẻ em (TT 52/2020
Điều 21), a school học sinh and a hiệu trưởng. Forms are written with the words of a school.
"""

import re
from collections.abc import Mapping
from enum import Enum
from functools import cache
from typing import Final

from app.domain.units import CENTRES
from app.domain.vocabulary import UnitKind

_CENTRE: Final = {
    "học sinh": "học viên",
    "hiệu trưởng": "giám đốc",
    "nhà trường": "trung tâm",
    "toàn trường": "toàn trung tâm",
    "của trường": "của trung tâm",
    "vào trường": "vào trung tâm",
    "ra trường": "rời trung tâm",
    "tên trường": "tên cơ sở giáo dục",
    "HS": "HV",
}
_PRESCHOOL: Final = {"học sinh": "trẻ em", "số HS": "số trẻ"}
_ALONE: Final = {"Trường": "Trung tâm"}
"""A label of one word; within a sentence it belongs to a school's name."""


class UnitWords(Enum):
    """The words of a kind of unit."""

    SCHOOL = "school"
    CENTRE = "centre"
    PRESCHOOL = "preschool"

    @classmethod
    def of(cls, kind: UnitKind) -> "UnitWords":
        """The words of units of this kind."""
        if kind in CENTRES:
            return cls.CENTRE
        return cls.PRESCHOOL if kind is UnitKind.PRESCHOOL else cls.SCHOOL

    @property
    def head(self) -> str:
        """The usual title of its head."""
        return self.say("Hiệu trưởng")

    def say(self, text: str) -> str:
        """Words of a form in those of the unit, set as they were: small, with a capital, or in capitals.

        Names, which have a capital in every word, stay as they are.
        """
        if self is UnitWords.SCHOOL:
            return text
        if self is UnitWords.CENTRE and text in _ALONE:
            return _ALONE[text]
        known, pattern = _known(self)
        return pattern.sub(lambda found: known[found[0]], text)


@cache
def _known(unit: UnitWords) -> tuple[Mapping[str, str], re.Pattern[str]]:
    known: dict[str, str] = {}
    for old, new in (_CENTRE if unit is UnitWords.CENTRE else _PRESCHOOL).items():
        known |= {old: new, old[0].upper() + old[1:]: new[0].upper() + new[1:], old.upper(): new.upper()}
    return known, re.compile(rf"\b(?:{'|'.join(known)})\b")
