"""Attendance as text and figures: what a day holds, what is counted, which days are school days."""

from datetime import date

import pytest

from app.domain.attendance import (
    ONE,
    TWO,
    Counts,
    column_of,
    count,
    day_of,
    is_code,
    month_now,
    months,
    read_called,
    read_days,
    read_mark,
    write_called,
    write_days,
)
from app.domain.lock_calendar import TermDates

TERMS = (
    TermDates(1, date(2026, 9, 7), date(2027, 1, 16)),
    TermDates(2, date(2027, 1, 18), date(2027, 5, 29)),
)


def test_days_are_kept_in_order_and_come_back() -> None:
    marks = {17: "-K", 3: "P", 28: "PP"}
    assert write_days(marks) == "3P 17-K 28PP"
    assert read_days("3P 17-K 28PP") == marks
    assert write_days({3: None}) is None
    assert read_days(None) == {}
    assert len(write_days(dict.fromkeys(range(1, 32), "PK")) or "") <= 160


def test_called_days_come_back() -> None:
    assert write_called({12, 3, 4}) == "3 4 12"
    assert read_called("3 4 12") == {3, 4, 12}
    assert read_called(None) == frozenset()
    assert len(write_called(range(1, 32))) <= 100


@pytest.mark.parametrize(
    ("typed", "sessions", "kept"),
    [
        ("p", ONE, "P"), (" K ", ONE, "K"), ("", ONE, None), (None, TWO, None), ("-", ONE, None), ("--", TWO, None),
        ("p", TWO, "PP"), ("k", TWO, "KK"), ("p-", TWO, "P-"), (".k", TWO, "-K"), ("kp", TWO, "KP"),
    ],
)  # fmt: skip
def test_what_is_typed_is_kept_one_way(typed: str | None, sessions: int, kept: str | None) -> None:
    assert read_mark(typed, sessions) == kept


@pytest.mark.parametrize(
    ("typed", "sessions"), [("x", ONE), ("PP", ONE), ("P-", ONE), ("PPP", TWO), ("XK", TWO)]
)
def test_anything_else_is_refused(typed: str, sessions: int) -> None:
    with pytest.raises(ValueError, match="Write P"):
        read_mark(typed, sessions)


def test_sessions_are_counted() -> None:
    assert count(["P", "-K", "PK", None]) == Counts(2, 2)
    assert (Counts(1, 2) + Counts(3, 0)).total == 6


def test_months_have_school_days_with_their_terms() -> None:
    found = {month.code: month for month in months(TERMS)}
    assert list(found) == [f"2026-{n:02}" for n in range(9, 13)] + [f"2027-{n:02}" for n in range(1, 6)]
    september, january = found["2026-09"], found["2027-01"]
    assert min(september.days) == 7
    assert 13 not in september.days, "a Sunday"
    assert january.days[16] == 1
    assert january.days[18] == 2
    assert 17 not in january.days
    assert january.length == 31
    assert september.until(date(2026, 9, 9)) == [7, 8, 9]
    assert month_now(months(TERMS), date(2026, 11, 16)) == found["2026-11"]
    assert month_now(months(TERMS), date(2026, 8, 16)) is None


def test_cells_of_corrections_name_their_day() -> None:
    assert day_of(column_of(17)) == 17
    assert [day_of(text) for text in ("day_0", "day_32", "comment", "day_017")] == [None] * 4
    assert is_code("2026-11")
    assert not any(map(is_code, ("2026-13", "2026-W47", "T1")))
