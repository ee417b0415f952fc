"""Dates as people type them."""

from datetime import date

import pytest

from app.domain.dates import BadDate, format_date, parse_date


@pytest.mark.parametrize(
    "text",
    [
        "05/09/2026",
        "5/9/2026",
        " 05-09-2026 ",
        "05.09.2026",
        "5 9 2026",
        "5 / 9 / 2026",
        "2026-09-05",
        "2026-9-5",
    ],
)
def test_every_usual_way_of_writing_a_day(text: str) -> None:
    assert parse_date(text) == date(2026, 9, 5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("31/02/2014", "Month 2 of 2014 has no day 31"),
        ("29/02/2025", "Month 2 of 2025 has no day 29"),
        ("0/5/2026", "has no day 0"),
        ("05/13/2026", "no month 13"),
        ("05/00/2026", "no month 0"),
        ("5/9", "is not a date"),
        ("5/9/26", "is not a date"),
        ("05/09/20265", "is not a date"),
        ("05/09/0026", "is not a date"),
        ("hôm nay", "is not a date"),
        ("5%s/9/2026", "is not a date"),
        ("", "is not a date"),
    ],
)
def test_what_names_no_day_says_why(text: str, message: str) -> None:
    with pytest.raises(BadDate, match=message):
        parse_date(text)


def test_a_leap_day_is_a_day() -> None:
    assert parse_date("29/2/2024") == date(2024, 2, 29)


def test_days_are_shown_one_way() -> None:
    assert format_date(date(2026, 9, 5)) == "05/09/2026"
    assert format_date(None) == ""
