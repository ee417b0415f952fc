"""Which cells are final, since when; and what must hold whatever is entered and decided."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.finality import Event, Rule, Write, entry_days, event_at, final_cells, timeline
from app.domain.locks import VN_TIME
from app.domain.vocabulary import Finality
from tests.domain.test_finality import ENTRY_DAY, FINALITY, NOV, TICK, always, rule


def at(hours: int) -> datetime:
    return NOV + timedelta(hours=hours)


def event(hours: int) -> Event:
    made = event_at(always("on_leaving"), Finality.ON_SUBMIT, at(hours))
    assert made is not None
    return made


def since(writes: list[tuple[int, str | None, int | None]], events: Sequence[int]) -> int | None:
    """Since which hour a cell is final: `writes` are (hour, value, hour at which the author left or None)."""
    rows = [
        Write(7, at(h), {"final": value}, event(left) if left is not None else None)
        for h, value, left in writes
    ]
    found = final_cells(rows, {"final": [event(hour) for hour in events]})
    if not found:
        return None
    began = found[7, "final"].since
    assert began is not None
    return int((began - NOV) / timedelta(hours=1))  # fmt: skip


@pytest.mark.parametrize(
    ("writes", "events", "expected"),
    [
        ([], [5], None),
        ([(1, "8", None)], [], None),
        ([(1, "8", None)], [5], 5),
        ([(5, "8", None)], [5], 5),  # entered at the instant itself
        ([(6, "8", None)], [5], None),  # after it
        ([(6, "8", None)], [5, 9], 9),  # the next one
        ([(1, "8", None)], [5, 9], 5),  # the first one
        (
            [(1, "8", None), (3, "9", None)],
            [2, 5],
            2,
        ),  # only a correction can have changed it since: it stays final
        ([(1, "8", None), (3, "9", None)], [5], 5),
        ([(1, None, None), (6, "8", None)], [5], None),  # blank then, entered after it
        ([(1, "8", None), (3, None, None)], [5], None),  # emptied before it
        ([(1, "8", None), (3, None, None), (6, "7", None)], [5], None),  # emptied before, entered again after
        ([(1, "8", None), (3, None, None), (6, "7", None)], [5, 9], 9),
        ([(1, "8", None), (6, None, None)], [5], None),  # a correction emptied it: blank like any other
        (
            [(1, "8", None), (6, None, None), (7, "9", None)],
            [5],
            None,
        ),  # what is entered then has its own time
        ([(1, "8", None), (6, None, None), (7, "9", None)], [5, 9], 9),
        ([(1, "8", 4)], [], 4),  # its author left
        ([(1, "8", 4)], [2], 2),
        ([(1, "8", 4)], [6], 4),
        ([(1, "8", 4), (3, "9", None)], [], None),  # somebody else changed it before its author left
        ([(1, "8", 4), (3, "9", 6)], [], 6),
        ([(1, "8", 4), (3, "8", None)], [], 4),  # another column of the row was written: not this cell
        ([(1, "8", 4), (5, "9", None)], [], 4),  # a correction after its author had left
    ],
)
def test_since_when_a_cell_is_final(
    writes: list[tuple[int, str | None, int | None]], events: list[int], expected: int | None
) -> None:
    assert since(writes, events) == expected


def test_cells_are_judged_one_by_one() -> None:
    rows = [
        Write(7, at(1), {"final": "8", "midterm": None}),
        Write(9, at(2), {"final": "6", "midterm": "5"}),
        Write(7, at(4), {"final": "8", "midterm": "7"}),
    ]
    found = final_cells(rows, {"final": [event(1)], "midterm": [event(3)]})
    assert set(found) == {(7, "final"), (9, "midterm")}
    assert final_cells(rows, {}) == {}


# -- what must hold for every history -----------------------------------------------------------------------------

HOURS = st.integers(0, 24 * 60)
VALUES = st.sampled_from([None, "7", "8"])
HISTORY = st.lists(st.tuples(HOURS, VALUES, st.integers(0, 100)), max_size=6).map(
    lambda found: sorted(found, key=lambda item: item[0])
)


def judged(
    rules: Sequence[Rule], history: list[tuple[int, str | None, int]], chot: list[int], now: datetime
) -> set[tuple[int, str]]:
    """The final cells at `now`: every write's author left some hours later, Chốt was pressed at these hours."""
    segments = timeline(rules, now)
    writes = []
    for hour, value, stayed in history:
        left = at(hour + stayed) if at(hour + stayed) <= now else None
        leaving = event_at(segments, Finality.ON_LEAVING, left) if left else None
        if at(hour) <= now:
            writes.append(Write(7, at(hour), {"final": value}, leaving))
    pressed = [event_at(segments, Finality.ON_SUBMIT, at(hour)) for hour in chot if at(hour) <= now]
    known = [*entry_days(segments, now), *(item for item in pressed if item)]
    return set(final_cells(writes, {"final": sorted(known, key=lambda item: item.at)}))


@given(HISTORY, st.lists(HOURS, max_size=3), st.integers(1, 28))
def test_tightening_never_leaves_open_what_the_looser_rule_closed(
    history: list[tuple[int, str | None, int]], chot: list[int], entry_day: int
) -> None:
    now = at(24 * 70)
    by_rule = [
        judged([rule(FINALITY, value), rule(ENTRY_DAY, str(entry_day), number=2)], history, chot, now)
        for value in Finality
    ]
    for looser, stricter in pairwise(by_rule):
        assert looser <= stricter


@given(HISTORY, st.lists(HOURS, max_size=3), st.lists(st.tuples(HOURS, st.sampled_from(list(Finality)))))
def test_what_is_final_stays_final_whatever_is_decided_later(
    history: list[tuple[int, str | None, int]], chot: list[int], decisions: list[tuple[int, Finality]]
) -> None:
    rules: list[Rule] = []
    last = max((hour for hour, _value, _left in history), default=0)
    final: set[tuple[int, str]] = set()
    for number, (hour, value) in enumerate(sorted(decisions, key=lambda item: item[0])):
        before = judged(rules, history, chot, at(hour) - TICK)
        if hour > last:  # nothing is written any more: what was final may only grow
            assert final <= before
            final = before
        day = at(hour).astimezone(VN_TIME).date()
        rules = [r if r.ends_on else _ended(r, day) for r in rules]
        rules.append(rule(FINALITY, value, day, number=number, decided_at=at(hour)))
    assert final <= judged(rules, history, chot, at(24 * 90))


def _ended(former: Rule, day: date) -> Rule:
    """As services.policies ends it: the day before, even where it had begun on that day."""
    ends_on = day - timedelta(days=1)
    return rule(
        FINALITY, former.value, former.starts_on, ends_on, number=former.id, decided_at=former.decided_at
    )
