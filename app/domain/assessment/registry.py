"""Which circular governs a grade in a school year, by the roll-out of each (TT 22/2021 Điều 21, TT 27/2020,
TT 43/2021 Điều 19). Every stored result carries this code, since one student's file crosses several systems.
"""

from enum import StrEnum
from typing import Final

from app.domain.vocabulary import N_, Level, UnitKind

NOT_COVERED: Final = N_(
    "No assessment circular is on file for %(level)s, grade %(grade)s, school year %(year)s."
)


class Circular(StrEnum):
    """A circular on assessment, by number and year."""

    TT22_2021 = "tt22-2021"  # THCS, THPT
    TT58_2011 = "tt58-2011"  # THCS, THPT before
    TT26_2020 = "tt26-2020"  # TT 58/2011 as amended by TT 26/2020
    TT27_2020 = "tt27-2020"  # tiểu học
    TT22_2016 = "tt22-2016"  # TT 30/2014 as amended by TT 22/2016, tiểu học before
    TT43_2021 = "tt43-2021"  # GDTX cấp THCS, THPT
    PRESCHOOL = "preschool"  # mầm non: observation, no marks


CONDUCT: Final = frozenset({Circular.TT58_2011, Circular.TT26_2020})
"""Circulars that judge học lực and hạnh kiểm; later ones judge kết quả học tập and kết quả rèn luyện."""

PRIMARY: Final = frozenset({Circular.TT27_2020, Circular.TT22_2016})
"""Circulars of primary school: levels at four points of the year instead of averages."""

ASSESSED: Final = frozenset(Circular) - {Circular.PRESCHOOL}
"""Circulars with marks or levels: all but preschool's."""


class NotCovered(ValueError):
    """No circular on file for this grade and year. `message` is a msgid, `params` fill it."""

    def __init__(self, level: Level, grade: int, start_year: int) -> None:
        self.message = NOT_COVERED
        self.params = {"level": level.value, "grade": grade, "year": f"{start_year}-{start_year + 1}"}
        super().__init__(self.message % self.params)


GRADES: Final = {
    Level.PRIMARY: range(1, 6),
    Level.LOWER_SECONDARY: range(6, 10),
    Level.UPPER_SECONDARY: range(10, 13),
    Level.CONTINUING_LOWER: range(6, 10),
    Level.CONTINUING_UPPER: range(10, 13),
}

_LAST_YEAR: Final = 2099
"""A start year beyond is a typing error, not a plan."""

_TT27_FROM = {1: 2020, 2: 2021, 3: 2022, 4: 2023, 5: 2024}
_PROGRAMME_2018_FROM = {6: 2021, 7: 2022, 10: 2022, 8: 2023, 11: 2023, 9: 2024, 12: 2024}
"""First school year of TT 22/2021 and, in continuing education, TT 43/2021, by grade."""

_CENTRES = frozenset({UnitKind.VOCATIONAL_CENTRE, UnitKind.PROVINCIAL_CENTRE})
_CONTINUING = {
    Level.LOWER_SECONDARY: Level.CONTINUING_LOWER,
    Level.UPPER_SECONDARY: Level.CONTINUING_UPPER,
}


def circular_for(level: Level, grade: int, start_year: int, kind: UnitKind | None = None) -> Circular:
    """The circular for a grade of a level in the school year that starts in `start_year`.

    In a centre (`kind`) secondary grades follow the continuing-education programme. Preschool has no grades to
    check. NotCovered outside the table, as for GDTX under TT 02/2007 or primary under TT 30/2014 and before.
    """
    if kind in _CENTRES:
        level = _CONTINUING.get(level, level)
    circular = None
    if level is Level.PRESCHOOL:
        circular = Circular.PRESCHOOL
    elif grade in GRADES[level] and start_year <= _LAST_YEAR:
        circular = _by_level(level, grade, start_year)
    if circular is None:
        raise NotCovered(level, grade, start_year)
    return circular


def _by_level(level: Level, grade: int, start_year: int) -> Circular | None:
    if level is Level.PRIMARY:
        return _primary(grade, start_year)
    if level in (Level.CONTINUING_LOWER, Level.CONTINUING_UPPER):
        return Circular.TT43_2021 if start_year >= _PROGRAMME_2018_FROM[grade] else None
    return _secondary(grade, start_year)


def _primary(grade: int, start_year: int) -> Circular | None:
    """TT 22/2016 came into force on 06/11/2016, so the results of 2016-17 are its own."""
    if start_year >= _TT27_FROM[grade]:
        return Circular.TT27_2020
    return Circular.TT22_2016 if start_year >= 2016 else None


def _secondary(grade: int, start_year: int) -> Circular | None:
    """TT 26/2020 came into force on 11/10/2020, so the results of 2020-21 are its own."""
    if start_year >= _PROGRAMME_2018_FROM[grade]:
        return Circular.TT22_2021
    if start_year >= 2020:
        return Circular.TT26_2020
    return Circular.TT58_2011 if start_year >= 2011 else None
