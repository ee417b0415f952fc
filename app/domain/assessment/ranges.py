"""The ranges marks are counted in: the limits the articles themselves draw, told by their figures and by no name.

Averages: 8,0 · 6,5 · 5,0 · 3,5 (TT 22/2021 Điều 9 khoản 2; TT 58/2011 Điều 13). Periodic tests of primary school: 9 · 7 · 5
(TT 27/2020 Điều 9 khoản 2).
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

AVERAGES: Final = (Decimal("8.0"), Decimal("6.5"), Decimal("5.0"), Decimal("3.5"))
TESTS: Final = (Decimal(9), Decimal(7), Decimal(5))


def range_of(score: Decimal, limits: Sequence[Decimal]) -> int:
    """Place of the first limit the score reaches, from the highest; their number where it reaches none."""
    return next((place for place, limit in enumerate(limits) if score >= limit), len(limits))
