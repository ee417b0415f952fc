"""The forms of a gradebook sheet: which cells it has, what each holds, and which lock column speaks for it.

One write path serves them all: a subject's marks (TT 22/2021, TT 26/2020, TT 43/2021), those with weight-2 tests
(TT 58/2011), a primary subject at its two points of the term, the qualities and competences of a primary class, and
the training results of a secondary one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final

from app.domain.vocabulary import MARK_COLUMNS, REGULAR_COLUMNS


class SheetForm(StrEnum):
    """What a sheet looks like."""

    MARKS = "marks"  # ĐĐGtx, ĐĐGgk, ĐĐGck
    WEIGHTED = "weighted"  # KTtx, KTđk hệ số 2, KThk (TT 58/2011 Điều 7)
    PRIMARY = "primary"  # mức đạt được, điểm KTĐK, nhận xét (TT 27/2020 Điều 7)
    TRAITS = "traits"  # phẩm chất, năng lực (TT 27/2020 Điều 7 khoản 2)
    TRAINING = "training"  # kết quả rèn luyện / hạnh kiểm, số buổi nghỉ (TT 22/2021 Điều 8)

    @property
    def by_homeroom(self) -> bool:
        """The homeroom teacher enters it, not a subject teacher."""
        return self in (SheetForm.TRAITS, SheetForm.TRAINING)


class CellKind(StrEnum):
    """What a cell holds."""

    MARK = "mark"  # điểm, or Đ / CĐ in a comment subject
    WHOLE_MARK = "whole_mark"  # điểm số nguyên (TT 27/2020 Điều 7 khoản 1)
    LEVEL = "level"  # T / H / C
    TRAIT = "trait"  # T / Đ / C
    TRAINING = "training"  # Tốt / Khá / Đạt / Chưa đạt
    CONDUCT = "conduct"  # Tốt / Khá / Trung bình / Yếu
    COUNT = "count"  # số buổi
    TEXT = "text"  # nhận xét


@dataclass(frozen=True, slots=True)
class Cell:
    """A column of a sheet; `point`: of the term, where the sheet stands by points (primary)."""

    name: str
    kind: CellKind
    point: str = ""

    @property
    def lock(self) -> str:
        """The column by which lock windows speak of it."""
        return lock_column(self.name)


PERIODIC_COLUMNS: Final = tuple(f"periodic_{n}" for n in range(1, 9))
"""Cells of weight-2 tests (kiểm tra viết, thực hành từ 1 tiết; TT 58/2011 Điều 7)."""

POINTS: Final = ("midterm", "final")
"""The two points of a primary term: giữa kì and cuối kì (giữa HKI, cuối HKI; giữa HKII, cuối năm)."""

MOST_TRAITS: Final = 15
TRAIT_COLUMNS: Final = {
    point: tuple(f"{point}_trait_{n}" for n in range(1, MOST_TRAITS + 1)) for point in POINTS
}
"""Cells of qualities and competences by point, in the order of the circular's list."""


@cache
def cells(
    form: SheetForm,
    regular: int = 0,
    periodic: int = 0,
    tests: tuple[str, ...] = (),
    traits: tuple[int, ...] = (),
    conduct: bool = False,
) -> tuple[Cell, ...]:
    """The cells of a sheet, in printed order.

    `regular`, `periodic`: how many regular and weight-2 columns; `tests`: points of a primary subject with a periodic
    test; `traits`: places in the circular's list, from 1; `conduct`: hạnh kiểm instead of kết quả rèn luyện.
    """
    if form is SheetForm.PRIMARY:
        return tuple(cell for point in POINTS for cell in _primary(point, point in tests))
    if form is SheetForm.TRAITS:
        return tuple(cell for point in POINTS for cell in _traits(point, traits))
    if form is SheetForm.TRAINING:
        return _training(conduct)
    periodic_columns = PERIODIC_COLUMNS[:periodic] if form is SheetForm.WEIGHTED else ("midterm",)
    marks = (*REGULAR_COLUMNS[:regular], *periodic_columns, "final")
    return (*(Cell(name, CellKind.MARK) for name in marks), Cell("comment", CellKind.TEXT))


def lock_column(column: str) -> str:
    """The name by which lock windows, which know regular, midterm, final and comment columns, speak of a column."""
    return _LOCKS.get(column, column)


def _primary(point: str, tested: bool) -> Sequence[Cell]:
    level, text = Cell(f"{point}_level", CellKind.LEVEL, point), _comment(point)
    return (level, Cell(point, CellKind.WHOLE_MARK, point), text) if tested else (level, text)


def _traits(point: str, places: Sequence[int]) -> Sequence[Cell]:
    return [*(Cell(f"{point}_trait_{n}", CellKind.TRAIT, point) for n in places), _comment(point)]


def _comment(point: str) -> Cell:
    return Cell("midterm_comment" if point == "midterm" else "comment", CellKind.TEXT, point)


def _training(conduct: bool) -> tuple[Cell, ...]:
    kind = CellKind.CONDUCT if conduct else CellKind.TRAINING
    counts = (Cell(name, CellKind.COUNT) for name in ("excused", "unexcused"))
    return (Cell("training", kind), *counts, Cell("comment", CellKind.TEXT))


_LOCKS: Final = {
    **dict.fromkeys(PERIODIC_COLUMNS, "midterm"),
    **dict.fromkeys(TRAIT_COLUMNS["midterm"], "midterm"),
    **dict.fromkeys(TRAIT_COLUMNS["final"], "final"),
    "midterm_level": "midterm",
    "midterm_comment": "midterm",
    "final_level": "final",
    "training": "final",
    **dict.fromkeys(("excused", "unexcused"), "comment"),  # counted on month by month (S0 Điều 6–11)
}

ALL_COLUMNS: Final = (
    *MARK_COLUMNS,
    *PERIODIC_COLUMNS,
    "midterm_level",
    "final_level",
    *TRAIT_COLUMNS["midterm"],
    *TRAIT_COLUMNS["final"],
    "training",
    "excused",
    "unexcused",
    "midterm_comment",
    "comment",
)
"""Every cell any sheet has."""
