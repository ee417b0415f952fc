"""What people add to a student's year, by its name in `Facts.decisions`: each with the reason kept beside it."""

from typing import Final

DISABILITY: Final = "disability"
"""Assessed by the individual plan (TT 22/2021 Điều 11, TT 27/2020 Điều 8, TT 26/2020)."""
PROMOTED: Final = "promoted"
RETAINED: Final = "retained"
"""Decided by the head, where it is the head's to decide."""
RETEST_OVER: Final = "retest_over"
"""Retests not taken are not taken any more, so that the year's results stand."""
OUTSTANDING: Final = "outstanding"
"""Outstanding results or progress (TT 27/2020 Điều 13, TT 22/2016 Điều 16); giấy khen of the head (TT 26/2020)."""
RECOGNISED: Final = "recognised"
"""Recognised by the class (TT 27/2020 Điều 13, TT 22/2016 Điều 16)."""
