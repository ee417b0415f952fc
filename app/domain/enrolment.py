"""Where a student stands: in a class, between two, at the end of a level, or gone (facts F4)."""

from datetime import date
from enum import StrEnum

from app.domain.units import grades_of
from app.domain.vocabulary import Level


class Standing(StrEnum):
    """What a list says of a student."""

    SEATED = "seated"  # sits in a class on that day
    UNPLACED = "unplaced"  # chưa xếp lớp: the sector's code says studying, no class does
    FINISHED = "finished"  # học xong lớp cuối cấp
    GONE = "gone"  # chuyển đi, thôi học: as the sector's code says


def standing(
    studying: bool, level: Level | None, grade: int | None, ends_on: date | None, day: date
) -> Standing:
    """The standing on `day`, from the latest place in a class (`level` None: there was none) and the sector's code.

    The code has nothing for those whose year has ended: without a next place they are not "studying" any more.
    """
    if level is not None and (ends_on is None or ends_on >= day):
        return Standing.SEATED
    if not studying:
        return Standing.GONE
    return Standing.FINISHED if level is not None and grade == max(grades_of(level)) else Standing.UNPLACED
