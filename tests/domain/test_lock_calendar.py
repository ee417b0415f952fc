from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.lock_calendar import CalendarRules, PlannedWindow, TermDates, default_windows, start_of_day
from app.domain.locks import VN_TIME, Layer, Window, column_state, end_of_day
from app.domain.vocabulary import CELL_COLUMNS, REGULAR_COLUMNS, Tier, WindowEffect, WindowMode

TICK = timedelta(microseconds=1)
TERM1 = TermDates(1, date(2026, 9, 7), date(2027, 1, 16))
TERM2 = TermDates(2, date(2027, 1, 18), date(2027, 5, 29))
PLAN = default_windows([TERM1, TERM2])
CLOSES = datetime(2027, 1, 24, tzinfo=VN_TIME)  # 24:00 of 23/01, seven days after the term


def of(column: str, owner: Tier = Tier.SCHOOL, term: int = 1) -> list[PlannedWindow]:
    return [w for w in PLAN if w.owner is owner and w.term == term and column in w.columns]


def layers(term: int = 1) -> list[Layer]:
    """The plan as stored windows, a layer per tier."""
    names = {Tier.DEPARTMENT: (1, "Sở GDĐT"), Tier.SCHOOL: (3, "THCS Thúc Kháng")}
    return [
        Layer(tier, *unit, tuple(
            Window(n, tier, *unit, w.effect, w.mode, w.opens_at, w.closes_at, w.columns, w.title)
            for n, w in enumerate(PLAN) if w.owner is tier and w.term == term
        ))
        for tier, unit in names.items()
    ]  # fmt: skip


def test_the_department_opens_each_terms_whole_book_until_the_grace_is_over() -> None:
    books = [w for w in PLAN if w.owner is Tier.DEPARTMENT]
    assert [(w.term, w.mode, w.columns, w.title) for w in books] == [
        (1, WindowMode.WHOLE_BOOK, frozenset(), "Mở sổ học kì I"),
        (2, WindowMode.WHOLE_BOOK, frozenset(), "Mở sổ học kì II"),
    ]
    assert books[0].opens_at == datetime(2026, 9, 7, tzinfo=VN_TIME)
    assert books[0].closes_at == CLOSES
    assert books[0].opens_at.tzinfo is UTC


def test_regular_scores_have_monthly_rounds_without_gaps() -> None:
    rounds = of("regular_1")
    edges = [datetime(2026, month, 24, tzinfo=VN_TIME) for month in (9, 10, 11, 12)]
    assert [w.closes_at for w in rounds] == [*edges, CLOSES]
    assert [w.opens_at for w in rounds] == [datetime(2026, 9, 7, tzinfo=VN_TIME), *edges]
    assert all(w.columns == frozenset(REGULAR_COLUMNS) and w.mode is WindowMode.ENTERED_CELLS for w in rounds)
    assert rounds[0].title == "Nhập điểm thường xuyên đến 23/09/2026, học kì I"
    assert rounds[-1].title == "Nhập điểm thường xuyên đến 23/01/2027, học kì I"


def test_an_entry_day_on_the_terms_last_day_makes_no_round_of_its_own() -> None:
    plan = default_windows([TermDates(1, date(2026, 9, 7), date(2026, 12, 23))])
    rounds = [w for w in plan if "regular_1" in w.columns]
    assert [w.closes_at for w in rounds[-2:]] == [
        end_of_day(date(2026, 11, 23)),
        end_of_day(date(2026, 12, 30)),
    ]


def test_midterm_final_and_comment_windows() -> None:
    (midterm,), (final,), (comment,) = of("midterm"), of("final"), of("comment")
    assert (midterm.opens_at, midterm.closes_at) == (
        start_of_day(date(2026, 10, 28)),
        end_of_day(date(2026, 12, 2)),
    )
    assert (final.opens_at, final.closes_at) == (start_of_day(date(2026, 12, 26)), CLOSES)
    assert (comment.opens_at, comment.closes_at) == (start_of_day(TERM1.starts_on), CLOSES)


@pytest.mark.parametrize("column", CELL_COLUMNS)
def test_no_cell_is_open_outside_the_departments_window(column: str) -> None:
    begins = start_of_day(TERM1.starts_on)
    assert not column_state(column, begins - TICK, layers()).open
    assert column_state(column, CLOSES - TICK, layers()).open
    assert not column_state(column, CLOSES, layers()).open


def test_regular_scores_lock_at_each_entry_day() -> None:
    first = datetime(2026, 9, 24, tzinfo=VN_TIME)
    assert column_state("regular_1", first - TICK, layers()).entered_cut is None
    assert column_state("regular_1", first - TICK, layers()).until == first
    assert column_state("regular_1", first, layers()).entered_cut == first
    assert column_state("comment", first, layers()).entered_cut is None


def test_midterm_cells_left_blank_stay_open_for_make_up_tests() -> None:
    closes = of("midterm")[0].closes_at
    assert not column_state("midterm", of("midterm")[0].opens_at - TICK, layers()).open
    found = column_state("midterm", closes, layers())
    assert found.open
    assert found.entered_cut == closes
    assert found.until == CLOSES


def test_terms_are_in_order() -> None:
    with pytest.raises(ValueError, match="ends after"):
        TermDates(1, date(2026, 9, 7), date(2026, 9, 7))


@given(
    st.dates(date(2020, 1, 1), date(2035, 1, 1)),
    st.integers(7, 200),
    st.integers(1, 31),
    st.integers(0, 60),
    st.integers(0, 60),
)
def test_any_term_is_covered_without_gaps(
    start: date, days: int, entry_day: int, grace: int, spread: int
) -> None:
    rules = CalendarRules(entry_day, grace, spread, spread, spread)
    term = TermDates(2, start, start + timedelta(days=days))
    plan = default_windows([term], rules)
    begins, closes = start_of_day(start), end_of_day(term.ends_on + timedelta(days=grace))
    assert all(w.effect is WindowEffect.OPEN and begins <= w.opens_at < w.closes_at <= closes for w in plan)
    rounds = [w for w in plan if "regular_1" in w.columns]
    assert (rounds[0].opens_at, rounds[-1].closes_at) == (begins, closes)
    assert all(a.closes_at == b.opens_at for a, b in pairwise(rounds))
    assert frozenset().union(*(w.columns for w in plan)) == frozenset(CELL_COLUMNS)
