"""Căn cứ of the decisions a school takes: which circular stood when, for which schools, for which decision.

The school adds its own lines (its office's regulation of the system, its own regulation) when it orders the decision.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Final

from app.domain.assessment.registry import CONDUCT, Circular
from app.domain.units import CENTRES
from app.domain.vocabulary import UnitKind

_MOET: Final = "của Bộ trưởng Bộ Giáo dục và Đào tạo"
_GENERAL: Final = frozenset({UnitKind.LOWER_SECONDARY, UnitKind.UPPER_SECONDARY, UnitKind.MULTI_LEVEL})
_NEW_CHARTER: Final = date(2026, 5, 10)
_BEFORE: Final = date(2026, 5, 9)


@dataclass(frozen=True, slots=True)
class Ground:
    """A legal ground: its words, the schools and circulars it speaks of (empty: all), and its days."""

    text: str
    since: date = date.min
    until: date = date.max
    kinds: frozenset[UnitKind] = frozenset()
    circulars: frozenset[str] = frozenset()

    def holds(self, kind: UnitKind, circulars: Collection[str], day: date) -> bool:
        """True for a school of that kind with classes under those circulars, on that day."""
        fits = not self.kinds or kind in self.kinds
        governs = not self.circulars or bool(self.circulars & set(circulars))
        return fits and governs and self.since <= day <= self.until


CHARTERS: Final = (
    Ground(
        f"Căn cứ Thông tư số 15/2026/TT-BGDĐT ngày 24 tháng 3 năm 2026 {_MOET} về Điều lệ trường tiểu học, trường trung "
        "học cơ sở, trường trung học phổ thông và trường phổ thông có nhiều cấp học;",
        since=_NEW_CHARTER,
        kinds=_GENERAL | {UnitKind.PRIMARY},
    ),
    Ground(
        f"Căn cứ Thông tư số 32/2020/TT-BGDĐT ngày 15 tháng 9 năm 2020 {_MOET} ban hành Điều lệ trường trung học cơ sở, "
        "trường trung học phổ thông và trường phổ thông có nhiều cấp học;",
        until=_BEFORE,
        kinds=_GENERAL,
    ),
    Ground(
        f"Căn cứ Thông tư số 28/2020/TT-BGDĐT ngày 04 tháng 9 năm 2020 {_MOET} ban hành Điều lệ trường tiểu học;",
        until=_BEFORE,
        kinds=frozenset({UnitKind.PRIMARY}),
    ),
    Ground(
        f"Căn cứ Thông tư số 52/2020/TT-BGDĐT ngày 31 tháng 12 năm 2020 {_MOET} ban hành Điều lệ trường mầm non;",
        kinds=frozenset({UnitKind.PRESCHOOL}),
    ),
    Ground(
        f"Căn cứ Thông tư số 10/2021/TT-BGDĐT ngày 05 tháng 4 năm 2021 {_MOET} ban hành Quy chế tổ chức và hoạt động "
        "của trung tâm giáo dục thường xuyên;",
        kinds=CENTRES - {UnitKind.VOCATIONAL_CENTRE},
    ),
    Ground(
        f"Căn cứ Thông tư số 10/2021/TT-BGDĐT ngày 05 tháng 4 năm 2021 {_MOET} ban hành Quy chế tổ chức và hoạt động "
        "của trung tâm giáo dục thường xuyên;",
        until=date(2023, 2, 20),
        kinds=frozenset({UnitKind.VOCATIONAL_CENTRE}),
    ),
    Ground(
        f"Căn cứ Thông tư số 01/2023/TT-BGDĐT ngày 06 tháng 01 năm 2023 {_MOET} ban hành Quy chế tổ chức và hoạt động "
        "của trung tâm giáo dục nghề nghiệp - giáo dục thường xuyên;",
        since=date(2023, 2, 21),
        kinds=frozenset({UnitKind.VOCATIONAL_CENTRE}),
    ),
)
"""What sets up a school of each kind (facts D1, E1, E2)."""

DATABASE: Final = (
    Ground(
        f"Căn cứ Thông tư số 42/2021/TT-BGDĐT ngày 30 tháng 12 năm 2021 {_MOET} quy định về cơ sở dữ liệu giáo dục và "
        "đào tạo;",
        since=date(2022, 2, 14),
    ),
)
"""The sector's database, as S2 names it."""

ASSESSMENT: Final = (
    Ground(
        f"Căn cứ Thông tư số 22/2021/TT-BGDĐT ngày 20 tháng 7 năm 2021 {_MOET} quy định về đánh giá học sinh trung học "
        "cơ sở và học sinh trung học phổ thông;",
        circulars=frozenset({Circular.TT22_2021}),
    ),
    Ground(
        f"Căn cứ Thông tư số 58/2011/TT-BGDĐT ngày 12 tháng 12 năm 2011 {_MOET} ban hành Quy chế "
        "đánh giá, xếp loại học sinh trung học cơ sở và học sinh trung học phổ thông, được sửa đổi, bổ sung tại "
        "Thông tư số 26/2020/TT-BGDĐT;",
        circulars=frozenset(CONDUCT),
    ),
    Ground(
        f"Căn cứ Thông tư số 27/2020/TT-BGDĐT ngày 04 tháng 9 năm 2020 {_MOET} ban hành Quy định đánh giá học sinh tiểu "
        "học;",
        circulars=frozenset({Circular.TT27_2020}),
    ),
    Ground(
        f"Căn cứ Thông tư số 43/2021/TT-BGDĐT ngày 30 tháng 12 năm 2021 {_MOET} quy định về đánh giá học viên theo học "
        "Chương trình giáo dục thường xuyên cấp trung học cơ sở và cấp trung học phổ thông;",
        circulars=frozenset({Circular.TT43_2021}),
    ),
)
"""The circulars of assessment that govern the school's classes."""

GROUNDS: Final = {
    "decision.board": (*CHARTERS, *DATABASE),
    "decision.duties": (*CHARTERS, *DATABASE),
    "decision.closing": (*CHARTERS, *ASSESSMENT),
    "decision.reopening": (*CHARTERS, *ASSESSMENT),
    "decision.locks": (*CHARTERS, *DATABASE, *ASSESSMENT),
}
"""What each decision rests on, in the order it is printed."""


def grounds_of(code: str, kind: UnitKind, circulars: Collection[str], day: date) -> tuple[str, ...]:
    """The legal grounds of a decision for a school on the day it is signed."""
    return tuple(ground.text for ground in GROUNDS[code] if ground.holds(kind, circulars, day))
