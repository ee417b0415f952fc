"""Deadlines read off lock windows."""

from datetime import UTC, datetime, timedelta

import pytest

from app.domain.entry_schedule import (
    ColumnGroup,
    Deadline,
    EntryState,
    deadline,
    deadlines,
    group_of,
    state_of,
    used_columns,
    worst,
)
from app.domain.locks import Layer, Window
from app.domain.vocabulary import REGULAR_COLUMNS, Tier, WindowEffect, WindowMode

START = datetime(2026, 9, 7, tzinfo=UTC)
NOW = START + timedelta(days=45)


def window(
    number: int, opens: int, closes: int | None, *columns: str, effect: WindowEffect = WindowEffect.OPEN
) -> Window:
    """A window from day `opens` to day `closes` of the term."""
    return Window(
        id=number,
        tier=Tier.SCHOOL,
        unit_id=1,
        unit_name="THCS Thúc Kháng",
        effect=effect,
        mode=WindowMode.ENTERED_CELLS,
        opens_at=START + timedelta(days=opens),
        closes_at=None if closes is None else START + timedelta(days=closes),
        columns=frozenset(columns),
        title=f"đợt {number}",
    )


def school(*windows: Window) -> list[Layer]:
    """The school's layer alone."""
    return [Layer(Tier.SCHOOL, 1, "THCS Thúc Kháng", windows)]


def due_day(column: str, layers: list[Layer], regular_count: int = 4) -> int | None:
    """The day of the term on which the column is due."""
    found = deadline(column, regular_count, NOW, layers).due_at
    return None if found is None else (found - START).days


def test_a_single_window_is_the_deadline_of_every_column() -> None:
    found = deadlines(3, NOW, school(window(1, 0, 130)))
    assert set(found) == {"regular_1", "regular_2", "regular_3", "midterm", "final", "comment"}
    assert {d.due_at for d in found.values()} == {START + timedelta(days=130)}
    assert {d.title for d in found.values()} == {"đợt 1"}


@pytest.mark.parametrize(
    ("count", "days"), [(4, [60, 90, 120, 150]), (2, [90, 150]), (3, [60, 120, 150])], ids=["4", "2", "3"]
)
def test_monthly_rounds_ask_for_the_regular_scores_evenly(count: int, days: list[int]) -> None:
    rounds = [window(n, (n - 1) * 30, n * 30, *REGULAR_COLUMNS) for n in range(1, 6)]
    assert [due_day(column, school(*rounds), count) for column in REGULAR_COLUMNS[:count]] == days


def test_rounds_over_the_whole_book_ask_for_the_midterm_half_way() -> None:
    rounds = [window(n, (n - 1) * 30, n * 30) for n in range(1, 5)]
    layers = school(*rounds)
    assert [due_day(column, layers) for column in ("midterm", "final", "comment")] == [60, 120, 120]


def test_a_window_that_names_the_column_wins_over_the_rounds() -> None:
    rounds = [window(n, (n - 1) * 30, n * 30, *REGULAR_COLUMNS) for n in range(1, 5)]
    assert due_day("regular_4", school(*rounds, window(9, 40, 50, "regular_4"))) == 50
    assert due_day("regular_3", school(*rounds, window(9, 40, 50, "regular_4"))) == 90


@pytest.mark.parametrize(
    ("windows", "day"),
    [
        ([(30, 40), (44, 50)], 50),  # open again now
        ([(20, 30), (30, 40)], 40),  # both over: the last close has passed
        ([(30, 40), (60, 70)], 40),  # over, another to come: late until it opens
        ([(50, 60), (70, 80)], 60),  # all to come: the first
    ],
    ids=["reopened", "over", "between", "to come"],
)
def test_named_windows_bind_by_the_one_nearest_to_now(windows: list[tuple[int, int]], day: int) -> None:
    layers = school(*(window(n, *span, "midterm") for n, span in enumerate(windows)))
    assert due_day("midterm", layers) == day


def test_the_earliest_layer_binds() -> None:
    department = Layer(Tier.DEPARTMENT, 2, "Sở GDĐT", (window(1, 0, 130),))
    found = deadline("midterm", 4, NOW, [*school(window(2, 30, 80, "midterm")), department])
    assert (found.due_at, found.title) == (START + timedelta(days=80), "đợt 2")


def test_windows_without_an_end_and_shutting_ones_set_no_deadline() -> None:
    shut = window(2, 60, 70, effect=WindowEffect.SHUT)
    found = deadline("final", 4, NOW, school(window(1, 0, None), shut))
    assert (found.due_at, found.open) == (None, True)


def test_a_locked_column_names_who_keeps_it_locked_now() -> None:
    commune = Layer(Tier.DISTRICT, 3, "UBND xã", (window(1, 44, 47, effect=WindowEffect.SHUT),))
    found = deadline("midterm", 4, NOW, [commune, *school(window(2, 20, 40, "midterm"))])
    assert found.shut is not None
    assert found.due_at == START + timedelta(days=40)
    assert (found.shut.window_id, found.shut.until) == (1, START + timedelta(days=47))


def test_without_windows_nothing_is_due_and_nothing_is_open() -> None:
    assert deadline("final", 4, NOW, []) == Deadline(None)


@pytest.mark.parametrize(
    ("missing", "limit", "state"),
    [
        (0, Deadline(NOW), EntryState.DONE),
        (1, Deadline(NOW), EntryState.LATE),
        (1, Deadline(NOW + timedelta(microseconds=1), open=True), EntryState.DUE),
        (1, Deadline(NOW + timedelta(days=1)), EntryState.NOT_YET),
        (1, Deadline(None), EntryState.NOT_YET),
        (1, Deadline(None, open=True), EntryState.DUE),
    ],
)
def test_states(missing: int, limit: Deadline, state: EntryState) -> None:
    assert state_of(missing, limit, NOW) is state


def test_the_most_urgent_state_speaks() -> None:
    assert worst([EntryState.DONE, EntryState.NOT_YET, EntryState.LATE, EntryState.DUE]) is EntryState.LATE
    assert worst([]) is EntryState.DONE


def test_columns_and_their_groups() -> None:
    assert used_columns(2) == ("regular_1", "regular_2", "midterm", "final", "comment")
    assert [group_of(c) for c in used_columns(1)] == list(ColumnGroup)
