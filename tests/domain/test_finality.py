from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.locks import VN_TIME, end_of_day, entry_date, finality_cut, left_since, tighten
from app.domain.vocabulary import Finality

TICK = timedelta(microseconds=1)


def vn(year: int, month: int, day: int, hour: int = 0) -> datetime:
    return datetime(year, month, day, hour, tzinfo=VN_TIME)


def cut(now: datetime, entry_day: int = 23) -> datetime | None:
    return finality_cut(Finality.ENTRY_DAY, entry_day=entry_day, now=now, submitted_at=None)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (vn(2026, 9, 24) - TICK, vn(2026, 8, 24)),  # the last instant of the entry day: not yet
        (vn(2026, 9, 24), vn(2026, 9, 24)),  # 24:00 of the 23rd
        (vn(2026, 9, 24) + TICK, vn(2026, 9, 24)),
        (vn(2026, 9, 23, 12), vn(2026, 8, 24)),
        (vn(2026, 9, 1), vn(2026, 8, 24)),
        (vn(2027, 1, 5), vn(2026, 12, 24)),  # over the turn of the year
    ],
)
def test_entry_day_ends_at_24_hours_in_vietnam(now: datetime, expected: datetime) -> None:
    assert cut(now) == expected
    assert cut(now.astimezone(UTC)) == expected


def test_the_vietnamese_day_counts_not_the_utc_day() -> None:
    assert cut(datetime(2026, 9, 23, 16, 59, 59, tzinfo=UTC)) == vn(2026, 8, 24)
    assert cut(datetime(2026, 9, 23, 17, tzinfo=UTC)) == vn(2026, 9, 24)


@pytest.mark.parametrize(
    ("now", "entry_day", "expected"),
    [
        (vn(2027, 3, 1), 31, vn(2027, 3, 1)),  # February's last day
        (vn(2027, 3, 1) - TICK, 31, vn(2027, 2, 1)),
        (vn(2028, 2, 29, 23), 30, vn(2028, 1, 31)),
        (vn(2028, 3, 1), 30, vn(2028, 3, 1)),  # leap year
        (vn(2026, 10, 1), 31, vn(2026, 10, 1)),  # September has 30 days
        (vn(2026, 9, 2), 1, vn(2026, 9, 2)),
        (vn(2026, 9, 1, 23), 1, vn(2026, 8, 2)),
        (vn(2026, 12, 31, 23), 31, vn(2026, 12, 1)),
    ],
)
def test_short_months_use_their_last_day(now: datetime, entry_day: int, expected: datetime) -> None:
    assert cut(now, entry_day) == expected


def test_the_other_policies() -> None:
    now, submitted = vn(2026, 9, 24), vn(2026, 9, 20)
    for policy in (Finality.WINDOW_CLOSE, Finality.ON_LEAVING):
        assert finality_cut(policy, entry_day=23, now=now, submitted_at=submitted) is None
    assert finality_cut(Finality.ON_SUBMIT, entry_day=23, now=now, submitted_at=submitted) == submitted
    assert finality_cut(Finality.ON_SUBMIT, entry_day=None, now=now, submitted_at=None) is None


def test_bad_input() -> None:
    with pytest.raises(ValueError, match="needs an entry day"):
        finality_cut(Finality.ENTRY_DAY, entry_day=None, now=vn(2026, 9, 1), submitted_at=None)
    with pytest.raises(ValueError, match="aware"):
        cut(vn(2026, 9, 1).replace(tzinfo=None))
    for entry_day in (0, 32):
        with pytest.raises(ValueError, match="between 1 and 31"):
            entry_date(2026, 9, entry_day)


def test_left_since() -> None:
    entered = vn(2026, 9, 10, 14)
    assert not left_since(None, entered)
    assert not left_since(entered - TICK, entered)
    assert left_since(entered, entered)
    assert left_since(entered + TICK, entered)


@pytest.mark.parametrize("parent", list(Finality))
def test_a_unit_only_tightens(parent: Finality) -> None:
    assert tighten(parent, None) is parent
    for own in Finality:
        if own.strictness >= parent.strictness:
            assert tighten(parent, own) is own
        else:
            with pytest.raises(ValueError, match="only tighten"):
                tighten(parent, own)


@given(st.integers(0, 365 * 24 * 20), st.integers(1, 31))
def test_the_cut_is_the_latest_past_one(hours: int, entry_day: int) -> None:
    now = vn(2020, 1, 1) + timedelta(hours=hours)
    found = cut(now, entry_day)
    assert found is not None
    assert found <= now
    assert now - found <= timedelta(days=31)
    assert cut(found, entry_day) == found
    assert cut(found - TICK, entry_day) != found


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)))
def test_a_day_ends_when_the_next_begins_in_vietnam(day: date) -> None:
    end = end_of_day(day)
    assert end.astimezone(VN_TIME).date() == day + timedelta(days=1)
    assert (end - TICK).astimezone(VN_TIME).date() == day
