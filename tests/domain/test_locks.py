"""Every lock window at its edges: the instant before, at, after; first and last; in Vietnamese time."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.locks import (
    VN_TIME,
    ColumnState,
    Layer,
    LockRule,
    Window,
    cell_locked,
    column_state,
    column_states,
)
from app.domain.vocabulary import (
    CELL_COLUMNS,
    REGULAR_COLUMNS,
    RETEST,
    Role,
    Tier,
    WindowEffect,
    WindowMode,
)

TICK = timedelta(microseconds=1)
OPEN, SHUT = WindowEffect.OPEN, WindowEffect.SHUT
ENTERED, WHOLE = WindowMode.ENTERED_CELLS, WindowMode.WHOLE_BOOK
UNITS = {Tier.DEPARTMENT: (1, "Sở GDĐT"), Tier.DISTRICT: (2, "UBND xã"), Tier.SCHOOL: (3, "THCS Thúc Kháng")}
LEADERS = {
    Tier.DEPARTMENT: Role.DEPARTMENT_LEADER,
    Tier.DISTRICT: Role.DISTRICT_LEADER,
    Tier.SCHOOL: Role.PRINCIPAL,
}


def vn(month: int, day: int, hour: int = 0, minute: int = 0, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=VN_TIME)


def window(
    opens: datetime,
    closes: datetime | None,
    *,
    tier: Tier = Tier.SCHOOL,
    effect: WindowEffect = OPEN,
    mode: WindowMode = WHOLE,
    columns: Sequence[str] = (),
    number: int = 7,
) -> Window:
    unit_id, unit_name = UNITS[tier]
    return Window(
        number, tier, unit_id, unit_name, effect, mode, opens, closes, frozenset(columns),
        "Lịch", "Theo quy chế", "Bà Nguyễn Thị Giang", "Ông Nhữ Văn Học",
    )  # fmt: skip


def layer(*windows: Window, tier: Tier = Tier.SCHOOL) -> Layer:
    unit_id, unit_name = UNITS[tier]
    return Layer(tier, unit_id, unit_name, windows)


def state(now: datetime, *layers: Layer, column: str = "regular_1") -> ColumnState:
    return column_state(column, now, layers)


def rules(found: ColumnState) -> list[LockRule]:
    return [reason.rule for reason in found.reasons]


START, END = vn(9, 5), vn(9, 24)
TERM_END = vn(1, 26, year=2027)


class TestOneOpeningWindow:
    whole = layer(window(START, END))
    entered = layer(window(START, END, mode=ENTERED))

    @pytest.mark.parametrize("mode", [WHOLE, ENTERED])
    def test_before_the_first_opens(self, mode: WindowMode) -> None:
        found = state(START - TICK, layer(window(START, END, mode=mode)))
        assert not found.open
        assert rules(found) == [LockRule.NOT_YET]
        assert found.reasons[0].since is None
        assert found.reasons[0].until == START

    @pytest.mark.parametrize("mode", [WHOLE, ENTERED])
    @pytest.mark.parametrize("now", [START, START + TICK, END - TICK])
    def test_inside_from_the_first_instant_to_the_last(self, now: datetime, mode: WindowMode) -> None:
        opening = window(START, END, mode=mode)
        assert state(now, layer(opening)) == ColumnState(True, None, END, (), (opening,))

    @pytest.mark.parametrize("now", [END, END + TICK, END + timedelta(days=900)])
    def test_whole_book_is_locked_from_the_close_on(self, now: datetime) -> None:
        found = state(now, self.whole)
        assert not found.open
        assert rules(found) == [LockRule.CLOSED]
        assert found.reasons[0].since == END
        assert found.reasons[0].until is None

    @pytest.mark.parametrize("now", [END, END + TICK, END + timedelta(days=900)])
    def test_entered_cells_lock_at_the_close_and_blank_ones_stay_open(self, now: datetime) -> None:
        found = state(now, self.entered)
        assert found.open
        assert found.entered_cut == END
        assert found.until is None
        assert rules(found) == [LockRule.ENTERED_FINAL]
        assert cell_locked(found, entered_at_cut=True)
        assert not cell_locked(found, entered_at_cut=False)

    def test_no_end(self) -> None:
        found = state(START + timedelta(days=9000), layer(window(START, None)))
        assert found.open
        assert found.until is None

    def test_the_same_instant_in_another_zone(self) -> None:
        assert not state((END).astimezone(UTC), self.whole).open
        assert state((END - TICK).astimezone(UTC), self.whole).open
        assert state(datetime(2026, 9, 23, 16, 59, 59, 999999, tzinfo=UTC), self.whole).open
        assert not state(datetime(2026, 9, 23, 17, tzinfo=UTC), self.whole).open


class TestDefault:
    def test_without_any_layer_nothing_is_open(self) -> None:
        found = state(START)
        assert not found.open
        assert rules(found) == [LockRule.NO_WINDOW]
        assert found.reasons[0].unit_id is None
        assert found.reasons[0].who_can_open is Role.PRINCIPAL

    def test_layers_without_windows_open_nothing_and_the_nearest_unit_is_named(self) -> None:
        found = state(START, layer(tier=Tier.DEPARTMENT), layer(), layer(tier=Tier.DISTRICT))
        assert rules(found) == [LockRule.NO_WINDOW]
        assert (found.reasons[0].unit_id, found.reasons[0].unit_name) == UNITS[Tier.SCHOOL]
        assert found.reasons[0].window_id is None

    def test_a_window_for_another_column_opens_nothing(self) -> None:
        only_final = layer(window(START, END, columns=["final"]))
        assert rules(state(START, only_final)) == [LockRule.NO_WINDOW]
        assert state(START, only_final, column="final").open

    def test_a_shutting_window_that_is_over_opens_nothing(self) -> None:
        assert rules(state(END, layer(window(START, END, effect=SHUT)))) == [LockRule.NO_WINDOW]


class TestShutting:
    book = window(START, TERM_END)
    seal = window(vn(10, 1), vn(10, 3), effect=SHUT, number=8)

    @pytest.mark.parametrize("now", [vn(10, 1), vn(10, 1) + TICK, vn(10, 3) - TICK])
    def test_shut_beats_open(self, now: datetime) -> None:
        found = state(now, layer(self.book, self.seal))
        assert not found.open
        assert rules(found) == [LockRule.SHUT]
        assert (found.reasons[0].since, found.reasons[0].until) == (vn(10, 1), vn(10, 3))

    @pytest.mark.parametrize("now", [vn(10, 1) - TICK, vn(10, 3), vn(10, 3) + TICK])
    def test_outside_it_the_book_is_open(self, now: datetime) -> None:
        assert state(now, layer(self.book, self.seal)).open

    def test_an_announced_shutting_ends_the_opening(self) -> None:
        assert state(START, layer(self.book, self.seal)).until == vn(10, 1)
        assert state(vn(10, 3), layer(self.book, self.seal)).until == TERM_END

    def test_an_announced_shutting_of_another_layer_ends_it_too(self) -> None:
        audit = window(vn(9, 20), vn(9, 21), tier=Tier.DEPARTMENT, effect=SHUT)
        assert state(START, layer(audit, tier=Tier.DEPARTMENT), layer(self.book)).until == vn(9, 20)

    def test_only_its_columns(self) -> None:
        partial = window(vn(10, 1), vn(10, 3), effect=SHUT, columns=["midterm"])
        shut_layer = layer(self.book, partial)
        assert not state(vn(10, 2), shut_layer, column="midterm").open
        assert state(vn(10, 2), shut_layer, column="final").open

    def test_shut_without_end(self) -> None:
        forever = window(vn(10, 1), None, effect=SHUT)
        assert state(vn(1, 1, year=2030), layer(self.book, forever)).reasons[0].until is None


class TestLayers:
    def test_a_layer_without_opening_windows_does_not_restrict(self) -> None:
        school = layer(window(START, END))
        assert state(START, layer(tier=Tier.DEPARTMENT), school).open

    def test_opening_one_layer_never_removes_another_layers_lock(self) -> None:
        department = layer(window(START, END, tier=Tier.DEPARTMENT), tier=Tier.DEPARTMENT)
        school = layer(window(END, TERM_END, number=9))
        found = state(END, department, school)
        assert not found.open
        assert rules(found) == [LockRule.CLOSED]
        assert found.reasons[0].who_can_open is Role.DEPARTMENT_LEADER

    def test_every_layer_that_holds_gives_its_reason(self) -> None:
        sealed = layer(window(START, None, tier=Tier.DISTRICT, effect=SHUT), tier=Tier.DISTRICT)
        department = layer(window(START, END, tier=Tier.DEPARTMENT), tier=Tier.DEPARTMENT)
        found = state(END, department, sealed, layer(window(TERM_END, None)))
        assert rules(found) == [LockRule.CLOSED, LockRule.SHUT, LockRule.NOT_YET]
        assert [reason.who_can_open for reason in found.reasons] == [
            Role.DEPARTMENT_LEADER, Role.DISTRICT_LEADER, Role.PRINCIPAL,
        ]  # fmt: skip

    def test_until_is_the_earliest_close_and_the_cut_the_latest(self) -> None:
        department = layer(
            window(START, vn(10, 1), tier=Tier.DEPARTMENT, mode=ENTERED),
            window(vn(10, 1), vn(12, 1), tier=Tier.DEPARTMENT, mode=ENTERED),
            tier=Tier.DEPARTMENT,
        )
        school = layer(window(START, vn(10, 5), mode=ENTERED), window(vn(10, 5), vn(11, 1), mode=ENTERED))
        found = state(vn(10, 10), department, school)
        assert found.open
        assert found.entered_cut == vn(10, 5)
        assert found.until == vn(11, 1)
        assert rules(found) == [LockRule.ENTERED_FINAL, LockRule.ENTERED_FINAL]
        assert len(found.opened_by) == 2

    def test_a_schools_reopening_does_not_lift_the_departments_cut(self) -> None:
        department = layer(window(START, END, tier=Tier.DEPARTMENT, mode=ENTERED), tier=Tier.DEPARTMENT)
        found = state(END, department, layer(window(END, TERM_END)))
        assert found.open
        assert found.entered_cut == END
        assert found.reasons[0].who_can_open is Role.DEPARTMENT_LEADER

    def test_a_reason_tells_who_ordered_and_who_executed(self) -> None:
        reason = state(END, layer(window(START, END))).reasons[0]
        assert (reason.window_id, reason.title, reason.reason) == (7, "Lịch", "Theo quy chế")
        assert (reason.ordered_by, reason.executed_by) == ("Bà Nguyễn Thị Giang", "Ông Nhữ Văn Học")
        assert (reason.tier, reason.unit_id, reason.unit_name) == (Tier.SCHOOL, *UNITS[Tier.SCHOOL])

    @pytest.mark.parametrize("tier", list(Tier))
    def test_the_units_own_leader_can_open(self, tier: Tier) -> None:
        found = state(END, layer(window(START, END, tier=tier), tier=tier))
        assert found.reasons[0].who_can_open is LEADERS[tier]


class TestMonthlyRounds:
    """Entry rounds of one school: to 23/09, to 23/10, then nothing."""

    september = window(START, END, mode=ENTERED, number=1)
    october = window(END, vn(10, 24), mode=ENTERED, number=2)
    rounds = layer(september, october)

    def test_the_next_round_does_not_unlock_the_last_ones_cells(self) -> None:
        found = state(END, self.rounds)
        assert found.open
        assert found.opened_by == (self.october,)
        assert found.entered_cut == END
        assert found.until == vn(10, 24)

    def test_after_the_last_round_the_latest_close_cuts(self) -> None:
        found = state(vn(10, 24), self.rounds)
        assert found.open
        assert found.entered_cut == vn(10, 24)
        assert found.reasons[0].window_id == 2

    def test_between_two_rounds_blank_cells_stay_open(self) -> None:
        later = window(vn(10, 1), vn(10, 24), mode=ENTERED)
        found = state(vn(9, 28), layer(self.september, later))
        assert found.open
        assert found.entered_cut == END

    @pytest.mark.parametrize("mode", [WHOLE, ENTERED])
    @pytest.mark.parametrize("begins", [END, vn(10, 1)])
    def test_a_window_after_the_round_reopens_nothing_that_was_entered(
        self, begins: datetime, mode: WindowMode
    ) -> None:
        """From the very instant the round closes (S0 Điều 11.4); blank cells are open while it lasts."""
        reopening = window(begins, vn(10, 3), mode=mode, number=9)
        school = layer(self.september, self.october, reopening)
        for now in (begins, vn(10, 3) - TICK):
            found = state(now, school)
            assert (found.open, found.entered_cut) == (True, END)
        after = state(vn(10, 3), school)
        assert (after.open, after.entered_cut) == (True, END if mode is WHOLE else vn(10, 3))
        assert reopening in state(begins, school).opened_by

    @pytest.mark.parametrize("begins", [END, vn(10, 1)])
    def test_a_window_after_the_whole_book_opens_blank_cells_only(self, begins: datetime) -> None:
        school = layer(window(START, END, number=1), window(begins, vn(10, 3), number=9))
        found = state(begins, school)
        assert (found.open, found.entered_cut, rules(found)) == (True, END, [LockRule.ENTERED_FINAL])
        assert found.reasons[0].window_id == 1
        assert rules(state(vn(10, 3), school)) == [LockRule.CLOSED]

    @pytest.mark.parametrize("mode", [WHOLE, ENTERED])
    def test_a_window_open_already_carries_the_whole_book_over(self, mode: WindowMode) -> None:
        """As prolonging it would: nothing had closed. A chain of them counts to its last end."""
        chain = [window(START, END), window(END - TICK, vn(10, 1), mode=mode), window(vn(9, 30), vn(10, 3))]
        assert state(END, layer(*chain)).entered_cut is None
        after = state(vn(10, 1), layer(*chain)).entered_cut
        assert after == (vn(10, 1) if mode is ENTERED else None)
        assert state(vn(10, 4), layer(*chain, window(vn(10, 4), None))).entered_cut == vn(10, 3)

    def test_a_window_prolonged_before_it_closes_locks_nothing_yet(self) -> None:
        assert state(vn(10, 1), layer(window(START, TERM_END))).entered_cut is None

    def test_a_whole_book_window_around_the_rounds_reopens_nothing(self) -> None:
        found = state(END, layer(self.september, self.october, window(START, TERM_END)))
        assert found.entered_cut == END

    def test_a_round_that_closes_during_the_reopening_cuts_again(self) -> None:
        reopening = window(vn(10, 1), TERM_END)
        assert state(vn(10, 24), layer(self.september, self.october, reopening)).entered_cut == vn(10, 24)

    def test_after_a_closed_whole_book_window_the_book_is_locked(self) -> None:
        school = layer(self.september, window(START, vn(10, 1)))
        found = state(vn(10, 1), school)
        assert not found.open
        assert rules(found) == [LockRule.CLOSED]

    def test_a_reopening_announced_for_later_locks_nothing_now(self) -> None:
        reopening = window(vn(12, 1), vn(12, 3))
        found = state(vn(10, 30), layer(self.september, self.october, reopening))
        assert found.open
        assert found.entered_cut == vn(10, 24)

    def test_a_closed_book_tells_when_it_opens_again(self) -> None:
        found = state(vn(10, 1), layer(window(START, END), window(vn(12, 1), vn(12, 3))))
        assert (found.reasons[0].since, found.reasons[0].until) == (END, vn(12, 1))

    def test_rounds_for_regular_scores_leave_the_other_columns_alone(self) -> None:
        regular = window(START, END, mode=ENTERED, columns=REGULAR_COLUMNS)
        department = layer(window(START, TERM_END, tier=Tier.DEPARTMENT), tier=Tier.DEPARTMENT)
        found = column_states(CELL_COLUMNS, END, [department, layer(regular)])
        assert list(found) == list(CELL_COLUMNS)
        assert {name for name, column in found.items() if column.entered_cut} == set(REGULAR_COLUMNS)
        assert all(column.open for column in found.values())


@pytest.mark.parametrize(
    ("opened", "cut", "entered", "locked"),
    [(True, None, True, False), (True, None, False, False), (True, END, True, True), (True, END, False, False),
     (False, None, False, True), (False, END, False, True), (False, END, True, True)],
)  # fmt: skip
def test_cell_locked(opened: bool, cut: datetime | None, entered: bool, locked: bool) -> None:
    assert cell_locked(ColumnState(opened, cut), entered) is locked


class TestRetests:
    """Opened by name only, shut with the whole book."""

    def test_a_window_over_the_whole_book_does_not_open_them(self) -> None:
        found = state(START, layer(window(START, END)), column=RETEST)
        assert (found.open, rules(found)) == (False, [LockRule.NO_WINDOW])

    def test_a_closed_book_does_not_keep_them_shut(self) -> None:
        """The department's term is over; the school opens the retests of the summer."""
        department = layer(window(START, END, tier=Tier.DEPARTMENT), tier=Tier.DEPARTMENT)
        summer = layer(window(vn(10, 1), vn(10, 8), columns=(RETEST,)))
        assert state(vn(10, 2), department, summer, column=RETEST).open
        assert not state(vn(10, 2), department, summer, column="final").open

    def test_a_shutting_window_shuts_them_too(self) -> None:
        summer, shut = window(START, END, columns=(RETEST,)), window(START, END, effect=SHUT)
        assert not state(START, layer(summer, shut), column=RETEST).open
        other = window(START, END, effect=SHUT, columns=("final",))
        assert state(START, layer(summer, other), column=RETEST).open


class TestRefusedTimes:
    def test_naive_now(self) -> None:
        with pytest.raises(ValueError, match="aware"):
            column_state("final", START.replace(tzinfo=None), [])

    @pytest.mark.parametrize("closes", [START, START - TICK])
    def test_a_window_has_a_length(self, closes: datetime) -> None:
        with pytest.raises(ValueError, match="closes after"):
            window(START, closes)

    def test_naive_window(self) -> None:
        naive = START.replace(tzinfo=None)
        with pytest.raises(ValueError, match="aware"):
            window(naive, None)
        with pytest.raises(ValueError, match="aware"):
            window(START, naive + timedelta(days=1))
