"""Timed openings beside the calendar, and windows over single cells: layers hold whatever is opened elsewhere (needs A9)."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.locks import ColumnState, LockRule, Window, column_state
from app.domain.vocabulary import Tier, WindowEffect, WindowMode
from tests.domain.test_locks import START, layer, window

HOUR = timedelta(hours=1)
NOW = START + 10 * HOUR
SHUT = WindowEffect.SHUT


def book(opens: int = 0, closes: int = 5, **more: Any) -> Window:
    """The whole book, closed five hours before NOW."""
    return window(START + opens * HOUR, START + closes * HOUR, **more)


def exception(opens: int = 8, closes: int = 12, columns: tuple[str, ...] = ("final",)) -> Window:
    return window(START + opens * HOUR, START + closes * HOUR, mode=WindowMode.EXCEPTION, columns=columns)


def state(
    *windows: Window, column: str = "final", now: datetime = NOW, student: int | None = None
) -> ColumnState:
    return column_state(column, now, [layer(*windows)], student)


def test_it_opens_exactly_its_column_until_its_end() -> None:
    windows = (book(), exception())
    assert state(*windows).open
    assert state(*windows).until == START + 12 * HOUR
    assert not state(*windows, column="midterm").open
    assert not state(*windows, now=START + 12 * HOUR).open


def test_it_leaves_nothing_behind() -> None:
    """A round of entered cells leaves blank ones open; an exception that ended does not shut them (nor say so)."""
    entered = book(mode=WindowMode.ENTERED_CELLS)
    before, after = state(entered, now=NOW), state(entered, exception(closes=9), now=NOW)
    assert (after.open, after.entered_cut) == (before.open, before.entered_cut) == (True, START + 5 * HOUR)
    alone = state(exception(closes=9))
    assert [reason.rule for reason in alone.reasons] == [LockRule.NO_WINDOW]


@pytest.mark.parametrize("mode", [WindowMode.ENTERED_CELLS, WindowMode.WHOLE_BOOK])
def test_what_was_entered_when_the_book_closed_stays_locked(mode: WindowMode) -> None:
    """Time to enter what is missing, never to change what was entered: that is a correction's (S0 Điều 11.4)."""
    for closes in (5, 9):  # before the opening began, and while it lasts
        found = state(book(closes=closes, mode=mode), exception())
        assert (found.open, found.entered_cut) == (True, START + closes * HOUR)


def test_what_its_unit_shuts_before_it_is_lifted_and_what_it_shuts_later_holds() -> None:
    frozen = window(START + 7 * HOUR, None, effect=SHUT)
    assert state(frozen, book(), exception(opens=8)).open
    later = window(START + 9 * HOUR, None, effect=SHUT)
    assert not state(later, book(), exception(opens=8)).open
    assert state(window(START + 11 * HOUR, None, effect=SHUT), exception(opens=8)).until == START + 11 * HOUR


@pytest.mark.parametrize("rule", [SHUT, WindowEffect.OPEN])
def test_it_never_removes_another_layers_lock(rule: WindowEffect) -> None:
    closes = 9 if rule is WindowEffect.OPEN else 20
    above = layer(book(closes=closes, effect=rule, tier=Tier.DEPARTMENT), tier=Tier.DEPARTMENT)
    found = column_state("final", NOW, [layer(book(), exception()), above])
    assert not found.open
    assert [reason.tier for reason in found.reasons] == [Tier.DEPARTMENT]


def test_a_window_over_one_cell_says_nothing_about_the_others() -> None:
    cell = replace(window(START, None, effect=SHUT, columns=["final"]), students=frozenset({4}))
    everybody = book(closes=20)
    assert not state(cell, everybody, student=4).open
    assert state(cell, everybody, student=5).open
    assert state(cell, everybody).open
    assert state(cell, everybody, column="midterm", student=4).open


@given(st.integers(0, 15), st.integers(1, 15), st.integers(0, 20))
def test_opening_one_layer_never_opens_another(opens: int, length: int, hour: int) -> None:
    """With the exception the cell is locked wherever another layer alone locks it."""
    now = START + hour * HOUR
    above = layer(book(3, 9, tier=Tier.DEPARTMENT), tier=Tier.DEPARTMENT)
    lifted = layer(book(), exception(opens, opens + length))
    if not column_state("final", now, [above]).open:
        assert not column_state("final", now, [lifted, above]).open
