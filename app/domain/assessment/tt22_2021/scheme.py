"""What differs between TT 22/2021 and a circular built the way it is (TT 43/2021): counts, and where each rule stands."""

from dataclasses import dataclass
from typing import Final

Needed = tuple[int, int, int]
"""How many scored subjects must reach the threshold of Tốt, Khá and Đạt."""

SIX: Final[Needed] = (6, 6, 6)
"""Ít nhất 06 môn học (TT 22/2021 Điều 9 khoản 2)."""


@dataclass(frozen=True, slots=True)
class Articles:
    """Where each rule stands, as printed beside a step."""

    regular_scores: str = "TT 22/2021 Điều 6 khoản 2 điểm b"
    regular_checks: str = "TT 22/2021 Điều 6 khoản 2 điểm a"
    not_taken: str = "TT 22/2021 Điều 7 khoản 5"
    training_term: str = "TT 22/2021 Điều 8 khoản 2 điểm a"
    training_year: str = "TT 22/2021 Điều 8 khoản 2 điểm b"
    comment: str = "TT 22/2021 Điều 9 khoản 1 điểm a"
    average: str = "TT 22/2021 Điều 9 khoản 1 điểm b"
    learning: str = "TT 22/2021 Điều 9 khoản 2"
    learning_points: tuple[str, str, str, str] = (" điểm a", " điểm b", " điểm c", " điểm d")
    adjustment: str = "TT 22/2021 Điều 9 khoản 3"
    practice: str = "TT 22/2021 Điều 10"
    disability: str = "TT 22/2021 Điều 11"
    promotion: str = "TT 22/2021 Điều 12 khoản 1"
    head: str = "TT 22/2021 Điều 12 khoản 4"
    summer: str = "TT 22/2021 Điều 13"
    retest: str = "TT 22/2021 Điều 14"
    title: str = "TT 22/2021 Điều 15 khoản 1 điểm a"


@dataclass(frozen=True, slots=True)
class Scheme:
    """The figures a circular judges by.

    `needed`: None while a centre's leader has not confirmed it. `title_subjects`: averages of 9.0 for Xuất sắc; 0 where
    no titles are given, None while not confirmed. `few`: the code of `missing` where there are too few scored
    subjects to judge by. `unconfirmed`: msgids of what is still to be confirmed for a learning result.
    """

    needed: Needed | None = SIX
    adjusts: bool = True
    title_subjects: int | None = 6
    few: str = "six_subjects"
    articles: Articles = Articles()
    unconfirmed: tuple[str, ...] = ()


TT22: Final = Scheme()
"""TT 22/2021 itself."""
