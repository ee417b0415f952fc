"""How the closed years of a few students end: one of each sort, so that every rule of the circulars is seen at work.

Their marks are entered like all others, only not drawn: a story says what each subject is to come to.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.demo.schools import MAIN, PILOT
from app.demo.world import Seat, Sheet
from app.domain.sheet_forms import CellKind
from app.domain.vocabulary import REGULAR_COLUMNS, SubjectKind

PLACES = 5
"""Story students of a class at most: so many sit in a class at every scale."""

PASSED, FAILED = "Đ", "CĐ"


@dataclass(frozen=True)
class Ending:
    """A student's year: what the subjects come to (tenths; `usual` for all others), and what was added to it.

    `old`: in the older year, else in the last one. `place`: 0 to PLACES - 1, spread over the class list. `failed`: comment
    subjects Chưa đạt in term II. `training`: as typed, by term. `sessions`: missed, by term. `again`: results of kiểm
    tra lại by subject, as typed; others are passed. `outstanding`: for a title of a primary student.
    """

    story: str
    school: str
    room: str
    place: int
    usual: int
    marks: Mapping[str, int] = field(default_factory=dict)
    failed: frozenset[str] = frozenset()
    training: tuple[str, str] = ("Tốt", "Tốt")
    sessions: tuple[int, int] = (1, 2)
    again: Mapping[str, str] = field(default_factory=dict)
    outstanding: str = ""
    old: bool = False

    def student(self, seats: list[Seat]) -> int:
        """Whose year it is."""
        return seats[self.place * len(seats) // PLACES].student_id

    def text(self, sheet: Sheet, column: str) -> str | None:
        """What is typed into the cell; None for a comment, which is chosen by what stands beside it."""
        kind = sheet.cell(column).kind
        if kind is CellKind.TEXT:
            return None
        if kind in (CellKind.TRAINING, CellKind.CONDUCT):
            return self.training[sheet.term - 1]
        if kind is CellKind.COUNT:
            missed = self.sessions[sheet.term - 1]
            return str(missed // 4 if column == "unexcused" else missed - missed // 4)
        if kind is CellKind.TRAIT:
            return "T" if self.usual >= WELL else "Đ"
        return self._mark(sheet, column, kind)

    def _mark(self, sheet: Sheet, column: str, kind: CellKind) -> str:
        worth = self.marks.get(sheet.subject, self.usual)
        if kind is CellKind.LEVEL:
            return "T" if worth >= WELL else "H" if worth >= DONE else "C"
        if kind is CellKind.WHOLE_MARK:
            return str((worth + 5) // 10)
        if sheet.kind is SubjectKind.COMMENT:
            fails = sheet.subject in self.failed and sheet.term == 2 and column == "final"
            return FAILED if fails else PASSED
        return tenths_text(worth + _swing(sheet, column))


WELL, DONE = 65, 45
"""Tenths from which a primary subject is Hoàn thành tốt, and Hoàn thành."""


def _swing(sheet: Sheet, column: str) -> int:
    """Regular marks go up and down by pairs, so that the average is what the story says."""
    if column not in REGULAR_COLUMNS:
        return 0
    place, many = REGULAR_COLUMNS.index(column), len(sheet.regular)
    if place == many - 1 and many % 2:
        return 0
    return 4 if place % 2 else -4


def tenths_text(tenths: int) -> str:
    """63 → 6,3; 70 → 7."""
    return str(tenths // 10) if tenths % 10 == 0 else f"{tenths // 10},{tenths % 10}"


ENDINGS = (
    Ending("Học sinh Xuất sắc", MAIN, "8A", 0, 93, {"history_geography": 88, "literature": 87}),
    Ending("Học sinh Giỏi", MAIN, "8A", 1, 85),
    Ending("Điều 9 khoản 3", MAIN, "8A", 2, 83, {"technology": 42}),
    Ending("môn nhận xét Chưa đạt", MAIN, "8A", 3, 72, failed=frozenset({"physical_education"}), training=("Khá", "Tốt")),
    Ending(
        "kiểm tra lại, được lên lớp", MAIN, "8A", 4, 56, {"math": 31, "foreign_language_1": 43},
        training=("Đạt", "Khá"), sessions=(6, 8), again={"math": "5,5", "foreign_language_1": "5"},
    ),
    Ending(
        "kiểm tra lại, ở lại lớp", MAIN, "8B", 0, 53, {"math": 28, "literature": 33},
        training=("Đạt", "Đạt"), sessions=(11, 14), again={"math": "3", "literature": "5"},
    ),
    Ending("rèn luyện hè", MAIN, "8B", 2, 66, training=("Đạt", "CĐ"), sessions=(7, 9)),
    Ending("nghỉ quá 45 buổi", MAIN, "8B", 4, 58, training=("Khá", "Đạt"), sessions=(19, 29)),
    Ending("học sinh giỏi", MAIN, "9A", 0, 88, old=True),
    Ending("học sinh tiên tiến", MAIN, "9A", 2, 72, old=True),
    Ending("Điều 13 khoản 6", MAIN, "9A", 4, 86, {"chemistry": 43}, training=("Tốt", "Khá"), old=True),
    Ending("Hoàn thành xuất sắc", PILOT, "4A", 0, 95),
    Ending(
        "Học sinh Tiêu biểu", PILOT, "4A", 2, 80,
        outstanding="Giải Nhì Giao lưu Trạng nguyên nhỏ tuổi cấp xã; tiến bộ rõ về Toán",
    ),
    Ending("đánh giá bổ sung", PILOT, "4A", 4, 58, {"math": 34}),
    Ending("xuất sắc các nội dung học tập và rèn luyện", PILOT, "5A", 0, 95, old=True),
    Ending(
        "tiến bộ vượt bậc", PILOT, "5A", 2, 72,
        outstanding="Tiến bộ vượt bậc về Toán; giải Ba Olympic tiếng Anh tiểu học cấp huyện", old=True,
    ),
    Ending("bồi dưỡng rồi đánh giá lại", PILOT, "5A", 4, 55, {"vietnamese": 36}, old=True),
)  # fmt: skip
"""THCS Thúc Kháng under TT 22/2021, TH Thúc Kháng under TT 27/2020; their classes of 2023-2024 under TT 26/2020 and
TT 22/2016.
"""


def endings_of(school: str, *, old: bool) -> list[Ending]:
    """The stories of a school in the older year, or in the last one."""
    return [ending for ending in ENDINGS if (ending.school, ending.old) == (school, old)]
