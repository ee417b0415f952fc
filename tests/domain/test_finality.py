"""The timeline of rules on final marks, and the events that count in it."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.finality import Rule, Segment, entry_days, event_at, timeline
from app.domain.locks import VN_TIME, end_of_day, entry_date
from app.domain.policies import PolicyKey
from app.domain.vocabulary import Finality

TICK = timedelta(microseconds=1)
FINALITY, ENTRY_DAY = PolicyKey.FINALITY, PolicyKey.ENTRY_DAY
DEPARTMENT, SCHOOL = 1, 3
LONG_AGO = date(2020, 1, 1)


def vn(year: int, month: int, day: int, hour: int = 0) -> datetime:
    return datetime(year, month, day, hour, tzinfo=VN_TIME)


def rule(
    key: PolicyKey,
    value: str,
    starts_on: date = LONG_AGO,
    ends_on: date | None = None,
    *,
    number: int = 1,
    unit: int = SCHOOL,
    decided_at: datetime | None = None,
    over: tuple[date | None, date | None] = (None, None),
) -> Rule:
    decided = decided_at or vn(2019, 12, 1)
    return Rule(number, unit, f"unit {unit}", key, value, starts_on, ends_on, decided, *over)


def always(value: str, entry_day: int = 23, now: datetime | None = None) -> tuple[Segment, ...]:
    """The timeline of a school that has had one rule since 2020."""
    rules = [rule(FINALITY, value), rule(ENTRY_DAY, str(entry_day), number=2)]
    return timeline(rules, now or vn(2100, 1, 1))


# -- entry days ---------------------------------------------------------------------------------------------------


def cut(now: datetime, entry_day: int = 23) -> datetime:
    """The latest instant at which the monthly entry day made values final."""
    return entry_days(always("entry_day", entry_day), now)[-1].at


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


@pytest.mark.parametrize("entry_day", [0, 32])
def test_an_entry_day_is_a_day_of_the_month(entry_day: int) -> None:
    with pytest.raises(ValueError, match="between 1 and 31"):
        entry_date(2026, 9, entry_day)


@given(st.integers(24 * 62, 365 * 24 * 10), st.integers(1, 31))
def test_every_month_has_one_entry_day_and_none_is_to_come(hours: int, entry_day: int) -> None:
    now = vn(2020, 1, 1) + timedelta(hours=hours)
    found = [event.at for event in entry_days(always("entry_day", entry_day), now)]
    assert found[-1] <= now < found[-1] + timedelta(days=32)
    days = [(moment - TICK).astimezone(VN_TIME).date() for moment in found]
    assert [(day.year * 12 + day.month) - 2020 * 12 for day in days] == list(range(1, len(days) + 1))


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)))
def test_a_day_ends_when_the_next_begins_in_vietnam(day: date) -> None:
    end = end_of_day(day)
    assert end.astimezone(VN_TIME).date() == day + timedelta(days=1)
    assert (end - TICK).astimezone(VN_TIME).date() == day


# -- the timeline -------------------------------------------------------------------------------------------------

NOV = vn(2026, 11, 16)
NOON = vn(2026, 11, 16, 12)
DEC = vn(2026, 12, 1)
AUTUMN = date(2026, 9, 1)

Seen = list[tuple[datetime, datetime | None, str, int]]


def seen(rules: Sequence[Rule]) -> Seen:
    return [(s.starts, s.ends, s.finality.value, s.entry_day) for s in timeline(rules, vn(2027, 5, 1))]


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([], []),
        ([rule(FINALITY, "window_close"), rule(ENTRY_DAY, "20")], []),  # the windows alone
        ([rule(ENTRY_DAY, "20")], []),  # an entry day by itself makes nothing final
        (
            [rule(FINALITY, "on_submit", AUTUMN)],
            [(vn(2026, 9, 1), None, "on_submit", 23)],
        ),
        (  # loosened from a day on
            [
                rule(FINALITY, "on_leaving", AUTUMN, date(2026, 11, 30)),
                rule(FINALITY, "window_close", date(2026, 12, 1), number=2),
            ],
            [(vn(2026, 9, 1), DEC, "on_leaving", 23)],
        ),
        (  # decided at noon: what it replaces held until then
            [
                rule(FINALITY, "on_submit", AUTUMN, date(2026, 11, 15)),
                rule(FINALITY, "window_close", date(2026, 11, 16), number=2, decided_at=NOON),
            ],
            [(vn(2026, 9, 1), NOON, "on_submit", 23)],
        ),
        (  # decided at noon: nothing before it
            [rule(FINALITY, "on_submit", date(2026, 11, 16), decided_at=NOON)],
            [(NOON, None, "on_submit", 23)],
        ),
        (  # replaced on its first day: it held for an hour
            [
                rule(FINALITY, "on_submit", date(2026, 11, 16), date(2026, 11, 15), decided_at=NOON),
                rule(
                    FINALITY,
                    "window_close",
                    date(2026, 11, 16),
                    number=2,
                    decided_at=NOON + timedelta(hours=1),
                ),
            ],
            [(NOON, NOON + timedelta(hours=1), "on_submit", 23)],
        ),
        (  # replaced before it began: it never held
            [
                rule(FINALITY, "on_submit", date(2026, 12, 1), date(2026, 11, 30), decided_at=NOON),
                rule(FINALITY, "window_close", date(2026, 12, 1), number=2, decided_at=NOON + TICK),
            ],
            [],
        ),
        (  # ended, and nothing after it
            [rule(FINALITY, "on_submit", AUTUMN, date(2026, 11, 30))],
            [(vn(2026, 9, 1), DEC, "on_submit", 23)],
        ),
        (  # ended, and the next one begins much later
            [
                rule(FINALITY, "on_submit", AUTUMN, date(2026, 11, 30)),
                rule(FINALITY, "on_leaving", date(2027, 1, 10), number=2),
            ],
            [(vn(2026, 9, 1), DEC, "on_submit", 23), (vn(2027, 1, 10), None, "on_leaving", 23)],
        ),
        (  # one that begins earlier, decided later, gives way where the other begins
            [
                rule(FINALITY, "entry_day", date(2026, 11, 20), date(2026, 11, 30), number=2, decided_at=NOON),
                rule(FINALITY, "on_submit", date(2026, 12, 1), number=1, decided_at=NOV),
            ],
            [(vn(2026, 11, 20), DEC, "entry_day", 23), (DEC, None, "on_submit", 23)],
        ),
        (  # the strictest of all tiers holds, whoever set it last
            [
                rule(FINALITY, "on_submit", date(2026, 12, 1), unit=DEPARTMENT),
                rule(ENTRY_DAY, "20", date(2026, 12, 1), unit=DEPARTMENT, number=2),
                rule(FINALITY, "entry_day", AUTUMN, number=3),
                rule(ENTRY_DAY, "25", AUTUMN, number=4),
            ],
            [(vn(2026, 9, 1), DEC, "entry_day", 25), (DEC, None, "on_submit", 20)],
        ),
        (  # a unit's rule binds while it stands above the school
            [rule(FINALITY, "on_submit", over=(LONG_AGO, date(2026, 11, 30)))],
            [(vn(2020, 1, 1), DEC, "on_submit", 23)],
        ),
        (
            [rule(FINALITY, "on_submit", over=(date(2026, 12, 1), None))],
            [(DEC, None, "on_submit", 23)],
        ),
        ([rule(FINALITY, "on_leaving", date(2027, 6, 1))], []),  # still to come
    ],
)  # fmt: skip
def test_the_timeline(rules: list[Rule], expected: Seen) -> None:
    assert seen(rules) == expected


def test_a_rule_holds_on_its_days_while_the_unit_stands_above() -> None:
    dated = rule(
        FINALITY, "on_submit", AUTUMN, date(2026, 11, 30), over=(date(2026, 9, 5), date(2026, 10, 31))
    )
    days = (date(2026, 9, 4), date(2026, 9, 5), date(2026, 10, 31), date(2026, 11, 1))
    assert [dated.in_force(day) for day in days] == [False, True, True, False]
    replaced = rule(FINALITY, "on_submit", AUTUMN, AUTUMN - timedelta(days=1))
    assert not any(replaced.in_force(AUTUMN + timedelta(days=n)) for n in (-1, 0, 1))


@pytest.mark.parametrize("strict", list(Finality))
@pytest.mark.parametrize("kind", [Finality.ENTRY_DAY, Finality.ON_SUBMIT, Finality.ON_LEAVING])
def test_a_stricter_rule_includes_the_looser_ones(strict: Finality, kind: Finality) -> None:
    counts = (
        bool(entry_days(always(strict), NOV))
        if kind is Finality.ENTRY_DAY
        else bool(event_at(always(strict), kind, NOV))
    )
    assert counts is (strict.strictness >= kind.strictness)  # fmt: skip


def test_entry_days_are_those_of_the_rule_of_their_own_day() -> None:
    rules = [
        rule(FINALITY, "entry_day", AUTUMN),
        rule(ENTRY_DAY, "23", AUTUMN, date(2026, 11, 23), number=2),
        rule(ENTRY_DAY, "20", date(2026, 11, 24), number=3),
    ]
    found = [event.at for event in entry_days(timeline(rules, vn(2027, 1, 1)), vn(2027, 1, 1))]
    assert found == [vn(2026, 9, 24), vn(2026, 10, 24), vn(2026, 11, 24), vn(2026, 12, 21)]


def test_an_entry_day_before_the_rule_began_makes_nothing_final() -> None:
    begun = timeline([rule(FINALITY, "entry_day", date(2026, 11, 24))], vn(2027, 1, 1))
    assert [event.at for event in entry_days(begun, vn(2027, 1, 1))] == [vn(2026, 12, 24)]


def test_the_reason_names_the_highest_unit_that_asks_for_so_much() -> None:
    rules = [
        rule(FINALITY, "entry_day", AUTUMN, unit=DEPARTMENT),
        rule(FINALITY, "on_leaving", AUTUMN, unit=SCHOOL, number=2),
    ]
    segments = timeline(rules, DEC)
    (first, *_later) = entry_days(segments, DEC)
    submitted = event_at(segments, Finality.ON_SUBMIT, NOV)
    assert submitted is not None
    assert (first.reason.unit_id, first.reason.title, first.reason.since) == (
        DEPARTMENT, "entry_day", vn(2026, 9, 24),
    )  # fmt: skip
    assert (submitted.reason.unit_id, submitted.reason.title, submitted.reason.since) == (
        SCHOOL,
        "on_submit",
        NOV,
    )


def test_a_segment_is_half_open() -> None:
    rules = [rule(FINALITY, "on_submit", AUTUMN, date(2026, 11, 30))]
    segments = timeline(rules, DEC)
    found = [
        event_at(segments, Finality.ON_SUBMIT, moment)
        for moment in (vn(2026, 9, 1) - TICK, vn(2026, 9, 1), DEC - TICK, DEC)
    ]
    assert [event is not None for event in found] == [False, True, True, False]  # fmt: skip
