"""Dated settings of a unit: which values they take, and which of two is the tighter one.

A unit inherits what stands above it and may only tighten: finality towards "on leaving", an earlier entry day, quick
entry off, a shorter idle time. Where tiers differ the strictest value holds, whoever set it last.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

from app.domain.locks import LOOSER_POLICY
from app.domain.vocabulary import N_, Finality

UNKNOWN_VALUE: Final = N_("Choose one of the values offered.")
ENTRY_DAY_RANGE: Final = N_("The entry day is a day of the month, from 1 to 31.")
IDLE_RANGE: Final = N_("The idle time is from 5 to 240 minutes.")
LOOSER_SETTING: Final = N_("A unit can only tighten what the unit above it has set.")


class PolicyKey(StrEnum):
    """What a policy decides."""

    FINALITY = "finality"  # khi nào điểm đã nhập thành điểm đã chốt
    ENTRY_DAY = "entry_day"  # ngày nhập điểm hằng tháng (S1 Điều 5.1)
    QUICK_ENTRY = "quick_entry"  # gõ 85 hiểu là 8,5
    IDLE_MINUTES = "idle_minutes"  # tự thoát sau bao nhiêu phút không thao tác


DEFAULTS: Mapping[PolicyKey, str] = {
    PolicyKey.FINALITY: Finality.WINDOW_CLOSE.value,
    PolicyKey.ENTRY_DAY: "23",
    PolicyKey.QUICK_ENTRY: "off",
    PolicyKey.IDLE_MINUTES: "30",
}
"""What holds where nobody has set anything."""

_CHOICES: Mapping[PolicyKey, tuple[str, ...]] = {
    PolicyKey.FINALITY: tuple(value.value for value in Finality),
    PolicyKey.QUICK_ENTRY: ("on", "off"),
}
_RANGES: Mapping[PolicyKey, tuple[int, int, str]] = {
    PolicyKey.ENTRY_DAY: (1, 31, ENTRY_DAY_RANGE),
    PolicyKey.IDLE_MINUTES: (5, 240, IDLE_RANGE),
}


def choices(key: PolicyKey) -> tuple[str, ...]:
    """Values to choose from, loosest first; empty for a number."""
    return _CHOICES.get(key, ())


def clean_value(key: PolicyKey, text: str) -> str:
    """The value as it is stored. ValueError with what to do when it is none."""
    text = text.strip()
    if key in _CHOICES:
        if text not in _CHOICES[key]:
            raise ValueError(UNKNOWN_VALUE)
        return text
    lowest, highest, message = _RANGES[key]
    if not (text.isascii() and text.isdigit()) or not lowest <= int(text) <= highest:
        raise ValueError(message)
    return str(int(text))


def strictness(key: PolicyKey, value: str) -> int:
    """Rank of a value among those of its key; the higher, the tighter."""
    return _CHOICES[key].index(value) if key in _CHOICES else -int(value)


def strictest(key: PolicyKey, values: Iterable[str]) -> str | None:
    """The value that holds when the tiers set different ones; None when nobody set any."""
    return max(values, key=lambda value: strictness(key, value), default=None)


def require_tighter(key: PolicyKey, own: str, above: str | None) -> None:
    """ValueError when a unit's own value is looser than what stands above it."""
    if above is not None and strictness(key, own) < strictness(key, above):
        raise ValueError(LOOSER_POLICY if key is PolicyKey.FINALITY else LOOSER_SETTING)
