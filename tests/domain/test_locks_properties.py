"""Properties of the lock rules that hold for any windows and layers."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.domain.locks import (
    Layer,
    LockRule,
    Window,
    column_state,
)
from app.domain.vocabulary import WindowEffect, WindowMode
from tests.domain.test_locks import SHUT, START, TICK, layer, rules, window


def _windows() -> st.SearchStrategy[Window]:
    hours = st.integers(0, 40)

    def build(
        opens: int, length: int | None, effect: WindowEffect, mode: WindowMode, columns: list[str]
    ) -> Window:
        begins = START + timedelta(hours=opens)
        ends = None if length is None else begins + timedelta(hours=length + 1)
        return window(begins, ends, effect=effect, mode=mode, columns=columns)

    columns = st.sampled_from([[], ["final"], ["final", "midterm"], ["midterm"]])
    return st.builds(
        build, hours, st.none() | hours, st.sampled_from(WindowEffect), st.sampled_from(WindowMode), columns
    )


def _layers() -> st.SearchStrategy[list[Layer]]:
    one = st.lists(_windows(), max_size=5).map(lambda found: layer(*found))
    return st.lists(one, max_size=3)


NOW = st.integers(-2, 90).map(lambda hour: START + timedelta(hours=hour))


@given(_layers(), NOW)
def test_locked_always_has_a_reason_and_open_always_an_opener(layers: list[Layer], now: datetime) -> None:
    found = column_state("final", now, layers)
    if found.open:
        assert found.opened_by
        assert found.until is None or found.until > now
        assert (found.entered_cut is not None) == bool(found.reasons)
    else:
        assert found.reasons
        assert not found.opened_by
    assert found.entered_cut is None or found.entered_cut <= now


@given(_layers(), NOW, st.data())
def test_order_of_windows_and_layers_does_not_matter(
    layers: list[Layer], now: datetime, data: st.DataObject
) -> None:
    turned = [layer(*data.draw(st.permutations(one.windows))) for one in data.draw(st.permutations(layers))]
    first, second = column_state("final", now, layers), column_state("final", now, turned)
    assert (first.open, first.entered_cut, first.until) == (second.open, second.entered_cut, second.until)
    assert sorted(rules(first)) == sorted(rules(second))


@given(_layers(), _windows(), NOW)
def test_a_further_layer_never_loosens(layers: list[Layer], further: Window, now: datetime) -> None:
    """Where some unit has opened the cell, one more layer can only lock or cut later."""
    before = column_state("final", now, layers)
    after = column_state("final", now, [*layers, layer(further)])
    if rules(before) == [LockRule.NO_WINDOW]:
        return
    assert before.open or not after.open
    if before.entered_cut is not None:
        assert after.entered_cut is not None
        assert after.entered_cut >= before.entered_cut


@given(_layers(), NOW)
def test_until_is_a_time_when_the_state_may_change_and_none_before(
    layers: list[Layer], now: datetime
) -> None:
    """Between now and `until` an open cell stays writable, unless a round that was not open yet intervenes."""
    found = column_state("final", now, layers)
    edges = [
        edge
        for one in layers
        for w in one.windows
        for edge in (w.opens_at, w.closes_at)
        if edge and edge > now
    ]
    if found.open and edges:
        just_before = min(edges) - TICK
        assert column_state("final", just_before, layers) == found


@given(_layers(), _windows(), NOW)
def test_adding_a_shutting_window_never_opens(layers: list[Layer], extra: Window, now: datetime) -> None:
    if extra.effect is not SHUT or not layers:
        return
    widened = [layer(*layers[0].windows, extra), *layers[1:]]
    assert column_state("final", now, layers).open or not column_state("final", now, widened).open


@given(_layers(), _windows())
def test_a_window_over_what_had_closed_opens_blank_cells_only(layers: list[Layer], late: Window) -> None:
    """At its first instant it never unlocks what was entered, whatever its mode and the unit's other windows."""
    if late.effect is SHUT or not layers:
        return
    widened = [layer(*layers[0].windows, late), *layers[1:]]
    before, after = (column_state("final", late.opens_at, found) for found in (layers, widened))
    if after.open and not before.open and LockRule.CLOSED in rules(before):
        assert after.entered_cut is not None
    if after.open and before.entered_cut is not None:
        assert after.entered_cut is not None
        assert after.entered_cut >= before.entered_cut
