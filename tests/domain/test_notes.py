"""Periods of teachers' remarks: which there are, how they are named, which term's windows hold them."""

from datetime import date, timedelta

import pytest

from app.domain.lock_calendar import TermDates
from app.domain.notes import NoteKind, Span, homeroom_kind, period_now, periods, read_code
from app.domain.vocabulary import Level

TERMS = [
    TermDates(1, date(2026, 9, 7), date(2027, 1, 16)),
    TermDates(2, date(2027, 1, 18), date(2027, 5, 29)),
]


def test_months_run_from_september_to_may_and_january_belongs_to_the_term_it_ends_in() -> None:
    months = periods(Span.MONTHLY, TERMS)
    assert [m.code for m in months] == [
        "2026-09", "2026-10", "2026-11", "2026-12", "2027-01", "2027-02", "2027-03", "2027-04", "2027-05",
    ]  # fmt: skip
    assert [m.term for m in months] == [1, 1, 1, 1, 2, 2, 2, 2, 2]
    assert (months[5].starts_on, months[5].ends_on) == (date(2027, 2, 1), date(2027, 2, 28))


def test_the_first_days_of_a_term_make_no_month() -> None:
    early = [TermDates(1, date(2026, 8, 26), date(2027, 1, 16)), TERMS[1]]
    assert periods(Span.MONTHLY, early)[0].code == "2026-09"  # six days of August
    a_week = [TermDates(1, date(2026, 8, 25), date(2027, 1, 16)), TERMS[1]]
    assert periods(Span.MONTHLY, a_week)[0].code == "2026-08"


def test_weeks_are_numbered_through_the_year_and_follow_without_a_gap() -> None:
    weeks = periods(Span.WEEKLY, TERMS)
    assert (weeks[0].code, weeks[0].starts_on, weeks[0].ends_on) == (
        "2026-W37", date(2026, 9, 7), date(2026, 9, 13),
    )  # fmt: skip
    assert [w.number for w in weeks] == list(range(1, len(weeks) + 1))
    assert all(w.starts_on.weekday() == 0 and w.ends_on - w.starts_on == timedelta(days=6) for w in weeks)
    assert {w.code: w.term for w in weeks}["2027-W02"] == 1  # ends on 17/01, a day before term II
    assert {w.code: w.term for w in weeks}["2027-W03"] == 2


def test_holidays_between_terms_have_no_weeks() -> None:
    apart = [TERMS[0], TermDates(2, date(2027, 2, 15), date(2027, 6, 12))]
    codes = [w.code for w in periods(Span.WEEKLY, apart)]
    assert "2027-W02" in codes
    assert "2027-W04" not in codes
    assert codes.index("2027-W07") == codes.index("2027-W02") + 1


def test_terms_keep_their_code_whatever_their_days() -> None:
    assert [(t.code, t.starts_on, t.ends_on) for t in periods(Span.TERM, reversed(TERMS))] == [
        ("T1", TERMS[0].starts_on, TERMS[0].ends_on),
        ("T2", TERMS[1].starts_on, TERMS[1].ends_on),
    ]


@pytest.mark.parametrize("span", list(Span))
def test_a_year_without_terms_has_no_periods(span: Span) -> None:
    assert periods(span, []) == ()
    assert period_now((), date(2026, 11, 16)) is None


@pytest.mark.parametrize("span", list(Span))
def test_a_code_says_its_span_and_first_day(span: Span) -> None:
    for period in periods(span, TERMS):
        first = None if span is Span.TERM else period.starts_on
        assert read_code(period.code) == (span, first)
        assert len(period.code) <= 8


@pytest.mark.parametrize("text", ["", "ZZYX", "2026-13", "2026-W54", "2026-00", "T3", "2026-1", "٢٠٢٦-11"])
def test_other_text_is_no_code(text: str) -> None:
    assert read_code(text) is None


def test_the_present_period_is_the_latest_begun() -> None:
    months = periods(Span.MONTHLY, TERMS)
    assert period_now(months, date(2026, 11, 1)) == months[2]
    assert period_now(months, date(2026, 8, 31)) is None
    assert period_now(months, date(2027, 8, 1)) == months[-1]


def test_preschool_keeps_a_record_of_development_instead_of_monthly_remarks() -> None:
    assert homeroom_kind(Level.PRESCHOOL) is NoteKind.DEVELOPMENT
    assert {homeroom_kind(level) for level in Level if level is not Level.PRESCHOOL} == {NoteKind.MONTHLY}
