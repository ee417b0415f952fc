"""Values of dated settings, and which of two is the tighter one."""

import pytest

from app.domain.policies import (
    CENTRE_SETTINGS,
    DEFAULTS,
    FIXED_ABOVE,
    PolicyKey,
    choices,
    clean_value,
    offered,
    require_tighter,
    strictest,
)


@pytest.mark.parametrize(
    ("key", "text", "stored"),
    [
        (PolicyKey.FINALITY, " on_submit ", "on_submit"),
        (PolicyKey.ENTRY_DAY, "05", "5"),
        (PolicyKey.ENTRY_DAY, "31", "31"),
        (PolicyKey.QUICK_ENTRY, "on", "on"),
        (PolicyKey.IDLE_MINUTES, "5", "5"),
        (PolicyKey.IDLE_MINUTES, "240", "240"),
        (PolicyKey.ONE_SUBJECT, "ignore", "ignore"),
        (PolicyKey.CENTRE_GOOD, " 5 ", "5"),
        (PolicyKey.CENTRE_ADJUSTMENT, "no", "no"),
        (PolicyKey.CENTRE_REGULAR, "35:2  70:3 4", "35:2 70:3 4"),
        (PolicyKey.CENTRE_TITLES, "none", "none"),
        (PolicyKey.WATCH_BURST, " 08 / 10/5", "8/10/5"),
    ],
)
def test_values_as_stored(key: PolicyKey, text: str, stored: str) -> None:
    assert clean_value(key, text) == stored


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (PolicyKey.FINALITY, "never"),
        (PolicyKey.ENTRY_DAY, "0"),
        (PolicyKey.ENTRY_DAY, "32"),
        (PolicyKey.ENTRY_DAY, "²"),
        (PolicyKey.ENTRY_DAY, "-1"),
        (PolicyKey.QUICK_ENTRY, "yes"),
        (PolicyKey.IDLE_MINUTES, "4"),
        (PolicyKey.IDLE_MINUTES, "241"),
        (PolicyKey.IDLE_MINUTES, ""),
        (PolicyKey.ONE_SUBJECT, "drop"),
        (PolicyKey.CENTRE_GOOD, "0"),
        (PolicyKey.CENTRE_GOOD, ""),
        (PolicyKey.CENTRE_ADJUSTMENT, "on"),
        (PolicyKey.CENTRE_REGULAR, "35-2, 4"),
        (PolicyKey.WATCH_BURST, "12/10"),
        (PolicyKey.WATCH_BURST, "1/10/5"),
        (PolicyKey.WATCH_NIGHT, "22/8/3"),
        (PolicyKey.WATCH_REOPENED, "²"),
    ],
)
def test_values_that_are_none(key: PolicyKey, text: str) -> None:
    with pytest.raises(ValueError):
        clean_value(key, text)


@pytest.mark.parametrize(
    ("key", "values", "holds"),
    [
        (PolicyKey.FINALITY, ["entry_day", "on_leaving", "on_submit"], "on_leaving"),
        (PolicyKey.ENTRY_DAY, ["23", "5", "20"], "5"),
        (PolicyKey.QUICK_ENTRY, ["on", "off"], "off"),
        (PolicyKey.IDLE_MINUTES, ["30", "15"], "15"),
        (PolicyKey.ENTRY_DAY, [], None),
        (PolicyKey.DISCIPLINE_PERIOD, ["monthly", "weekly", "term"], "weekly"),
        (PolicyKey.ONE_SUBJECT, ["replace", "ignore"], "replace"),
        (PolicyKey.ONE_SUBJECT, ["ignore", "replace"], "ignore"),
        (PolicyKey.WATCH_BURST, ["12/10/5", "20/30/4"], "12/30/4"),
        (PolicyKey.WATCH_NIGHT, ["22/5/3", "21/4/9"], "21/5/3"),
        (PolicyKey.WATCH_RATE, [], None),
    ],
)
def test_the_strictest_value_holds(key: PolicyKey, values: list[str], holds: str | None) -> None:
    assert strictest(key, values) == holds


def test_a_unit_may_keep_or_tighten_never_loosen() -> None:
    require_tighter(PolicyKey.ENTRY_DAY, "23", None)
    require_tighter(PolicyKey.ENTRY_DAY, "23", "23")
    require_tighter(PolicyKey.ENTRY_DAY, "20", "23")
    with pytest.raises(ValueError):
        require_tighter(PolicyKey.ENTRY_DAY, "24", "23")
    require_tighter(PolicyKey.WATCH_BURST, "11/10/5", "12/10/5")
    with pytest.raises(ValueError):  # one number looser, however strict the others are
        require_tighter(PolicyKey.WATCH_BURST, "2/9/1", "12/10/5")


def test_every_default_is_a_value() -> None:
    for key, value in DEFAULTS.items():
        assert clean_value(key, value) == value
        assert not choices(key) or value in choices(key)


def test_what_has_no_tighter_side_is_fixed_above() -> None:
    for key in (PolicyKey.ONE_SUBJECT, PolicyKey.COMMENT_SUBJECT):
        one, other = choices(key)
        assert offered(key, None) == (one, other)
        assert offered(key, other) == (other,)
        require_tighter(key, one, one)
        with pytest.raises(ValueError):
            require_tighter(key, one, other)
    assert offered(PolicyKey.FINALITY, "on_submit") == ("on_submit", "on_leaving")


def test_nothing_of_a_centre_holds_unconfirmed() -> None:
    assert not set(CENTRE_SETTINGS) & set(DEFAULTS)
    assert set(CENTRE_SETTINGS) < FIXED_ABOVE
