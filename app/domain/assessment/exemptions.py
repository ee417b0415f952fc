"""From what a student may be exempted, by circular: data, each entry with its article. What stands nowhere here is exempt
from nothing: primary school and continuing education know no exemption by decision.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from app.domain.assessment.registry import Circular
from app.domain.assessment.tt58_2011.variant import EXEMPTIBLE


@dataclass(frozen=True, slots=True)
class Exemption:
    """What an exemption frees from: the `whole` subject, or its practical part only; `article` says so."""

    whole: bool
    article: str


def _all(codes: Iterable[str], rule: Exemption) -> dict[str, Exemption]:
    return dict.fromkeys(codes, rule)


_OLD: Final = _all(EXEMPTIBLE, Exemption(True, "TT 58/2011 Điều 12")) | _all(
    ["defence_security"], Exemption(False, "TT 58/2011 Điều 12")
)

EXEMPTIONS: Final[Mapping[str, Mapping[str, Exemption]]] = {
    Circular.TT22_2021: _all(
        ["physical_education", "defence_security"], Exemption(False, "TT 22/2021 Điều 10")
    ),
    Circular.TT58_2011: _OLD,
    Circular.TT26_2020: _OLD,
}
"""Circular → subject code → what may be decided."""


def exemption_of(circular: str, subject_code: str) -> Exemption | None:
    """What a decision may exempt from in this subject; None where the circular knows no exemption."""
    return EXEMPTIONS.get(circular, {}).get(subject_code)


def exempts_whole(circular: str, subject_code: str) -> bool:
    """Whether an exemption takes the whole subject away, not its practical part."""
    rule = exemption_of(circular, subject_code)
    return rule is not None and rule.whole
