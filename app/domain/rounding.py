"""The only rounding of the house: half up, exact, whatever the decimal context of the thread."""

from decimal import Decimal
from fractions import Fraction


def half_up(value: Decimal | Fraction, places: int = 1) -> Decimal:
    """Round to `places` decimals, a tie away from zero: 7.25 → 7.3 (TT 22/2021 Điều 9 khoản 1 điểm b).

    Takes a Fraction as well, so that a quotient is rounded once and from its exact value. Floats are refused
    (TypeError); not-a-number and infinity raise ValueError. The result always shows `places` decimals.
    """
    if not isinstance(value, (Decimal, Fraction)):
        raise TypeError(f"half_up takes Decimal or Fraction, not {type(value).__name__}")
    if isinstance(value, Decimal) and not value.is_finite():
        raise ValueError("half_up takes finite numbers only")
    if places < 0:
        raise ValueError("places must be 0 or more")
    numerator, denominator = value.as_integer_ratio()
    units = (2 * abs(numerator) * 10**places + denominator) // (2 * denominator)
    sign = "-" if numerator < 0 and units else ""
    return Decimal(f"{sign}{units}E-{places}")
