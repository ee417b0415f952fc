"""Where a student stands, and which day a change of class may be recorded for."""

from dataclasses import dataclass
from datetime import date

import pytest

from app.domain.carry import too_early
from app.domain.enrolment import Standing, standing
from app.domain.vocabulary import Level

TODAY = date(2026, 11, 22)
BEFORE = date(2026, 5, 31)


@pytest.mark.parametrize(
    ("studying", "level", "grade", "ends_on", "expected"),
    [
        (True, Level.LOWER_SECONDARY, 7, None, Standing.SEATED),
        (True, Level.LOWER_SECONDARY, 7, TODAY, Standing.SEATED),
        (True, Level.LOWER_SECONDARY, 8, BEFORE, Standing.UNPLACED),
        (True, Level.LOWER_SECONDARY, 9, BEFORE, Standing.FINISHED),
        (True, Level.PRIMARY, 5, BEFORE, Standing.FINISHED),
        (True, Level.UPPER_SECONDARY, 12, BEFORE, Standing.FINISHED),
        (False, Level.LOWER_SECONDARY, 9, BEFORE, Standing.GONE),
        (True, None, None, None, Standing.UNPLACED),
        (False, None, None, None, Standing.GONE),
    ],
)
def test_where_a_student_stands(
    studying: bool, level: Level | None, grade: int | None, ends_on: date | None, expected: Standing
) -> None:
    assert standing(studying, level, grade, ends_on, TODAY) is expected


@dataclass
class Term:
    starts_on: date
    ends_on: date


TERM = Term(date(2026, 9, 5), date(2027, 1, 3))


@pytest.mark.parametrize(
    ("last_day", "day", "expected"),
    [
        (date.max, TODAY, False),  # on the day itself nothing more is entered at the former place
        (date.max, date(2026, 11, 23), True),
        (date(2026, 11, 20), date(2026, 11, 23), False),  # has left there already
        (date.max, date(2026, 9, 5), False),
        # the running term's marks would still be entered after the change was recorded
        (date.max, date(2027, 1, 18), True),
    ],
)
def test_when_a_change_of_class_is_recorded_too_early(last_day: date, day: date, expected: bool) -> None:
    assert too_early([TERM], last_day, day, TODAY) is expected
