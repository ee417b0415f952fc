"""Values of dated settings, and which of two is the tighter one."""

import pytest

from app.domain.policies import DEFAULTS, PolicyKey, choices, clean_value, require_tighter, strictest


@pytest.mark.parametrize(
    ("key", "text", "stored"),
    [
        (PolicyKey.FINALITY, " on_submit ", "on_submit"),
        (PolicyKey.ENTRY_DAY, "05", "5"),
        (PolicyKey.ENTRY_DAY, "31", "31"),
        (PolicyKey.QUICK_ENTRY, "on", "on"),
        (PolicyKey.IDLE_MINUTES, "5", "5"),
        (PolicyKey.IDLE_MINUTES, "240", "240"),
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


def test_every_default_is_a_value() -> None:
    for key, value in DEFAULTS.items():
        assert clean_value(key, value) == value
        assert not choices(key) or value in choices(key)
