"""The words the circulars judge with, each with its official Vietnamese term (`term`)."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from app.domain.vocabulary import N_, Passing


class ResultLevel(StrEnum):
    """Kết quả học tập and kết quả rèn luyện of a term or year (TT 22/2021 Điều 8, 9; TT 43/2021)."""

    GOOD = "good"  # Tốt
    FAIR = "fair"  # Khá
    PASSED = "passed"  # Đạt
    NOT_PASSED = "not_passed"  # Chưa đạt

    @property
    def rank(self) -> int:
        """3 for the highest down to 0."""
        return 3 - list(ResultLevel).index(self)


class AcademicLevel(StrEnum):
    """Học lực (TT 58/2011 Điều 13)."""

    EXCELLENT = "excellent"  # Giỏi
    FAIR = "fair"  # Khá
    AVERAGE = "average"  # Trung bình
    WEAK = "weak"  # Yếu
    POOR = "poor"  # Kém

    @property
    def rank(self) -> int:
        """4 for the highest down to 0."""
        return 4 - list(AcademicLevel).index(self)


class Conduct(StrEnum):
    """Hạnh kiểm (TT 58/2011 Điều 3, 4)."""

    GOOD = "good"  # Tốt
    FAIR = "fair"  # Khá
    AVERAGE = "average"  # Trung bình
    WEAK = "weak"  # Yếu

    @property
    def rank(self) -> int:
        """3 for the highest down to 0."""
        return 3 - list(Conduct).index(self)


class SubjectLevel(StrEnum):
    """Mức đạt được of a primary subject or activity (TT 27/2020 Điều 7; TT 22/2016)."""

    WELL = "T"  # Hoàn thành tốt
    DONE = "H"  # Hoàn thành
    NOT_DONE = "C"  # Chưa hoàn thành


class TraitLevel(StrEnum):
    """Mức of a quality or competence (TT 27/2020 Điều 7 khoản 2; TT 22/2016)."""

    GOOD = "T"  # Tốt
    PASSED = "Đ"  # Đạt
    NEEDS_EFFORT = "C"  # Cần cố gắng


class PrimaryLevel(StrEnum):
    """Đánh giá kết quả giáo dục of a primary year (TT 27/2020 Điều 9 khoản 2)."""

    EXCELLENT = "excellent"  # Hoàn thành xuất sắc
    WELL = "well"  # Hoàn thành tốt
    DONE = "done"  # Hoàn thành
    NOT_DONE = "not_done"  # Chưa hoàn thành


class Point(StrEnum):
    """Assessment point of a primary year (TT 27/2020 Điều 7)."""

    MID_TERM1 = "mid_term1"  # giữa học kì I
    END_TERM1 = "end_term1"  # cuối học kì I
    MID_TERM2 = "mid_term2"  # giữa học kì II
    YEAR_END = "year_end"  # cuối năm học


class Outcome(StrEnum):
    """What the year ends with."""

    PROMOTED = "promoted"  # lên lớp
    COMPLETED = "completed"  # hoàn thành chương trình (grades 5, 9, 12)
    RETEST = "retest"  # kiểm tra, đánh giá lại
    SUMMER_TRAINING = "summer_training"  # rèn luyện trong kì nghỉ hè
    SUPPLEMENT = "supplement"  # đánh giá bổ sung (tiểu học)
    HEAD_DECIDES = "head_decides"  # hiệu trưởng xét, quyết định
    RETAINED = "retained"  # ở lại lớp / chưa hoàn thành chương trình lớp học


LAST_GRADES: Final = frozenset({9, 12})
"""Secondary grades that end with "hoàn thành chương trình" instead of "lên lớp"."""


class Title(StrEnum):
    """Danh hiệu of a term or year."""

    EXCELLENT = "excellent"  # Học sinh Xuất sắc (TT 22/2021 Điều 15, TT 27/2020 Điều 13)
    GOOD = "good"  # Học sinh Giỏi (TT 22/2021 Điều 15)
    HONOURS = "honours"  # Học sinh giỏi (TT 58/2011 Điều 18)
    ADVANCED = "advanced"  # Học sinh tiên tiến (TT 58/2011 Điều 18)
    EXEMPLARY = "exemplary"  # Học sinh Tiêu biểu … (TT 27/2020 Điều 13)
    ALL_CONTENT = "all_content"  # hoàn thành xuất sắc các nội dung học tập và rèn luyện (TT 22/2016 Điều 16)
    OUTSTANDING = "outstanding"  # có thành tích vượt trội, tiến bộ vượt bậc (TT 22/2016 Điều 16)


_TERMS: Final[Mapping[type[StrEnum], Mapping[str, str]]] = {
    ResultLevel: {
        ResultLevel.GOOD: N_("Good (Tốt)"),
        ResultLevel.FAIR: N_("Fair (Khá)"),
        ResultLevel.PASSED: N_("Passed (Đạt)"),
        ResultLevel.NOT_PASSED: N_("Not passed (Chưa đạt)"),
    },
    AcademicLevel: {
        AcademicLevel.EXCELLENT: N_("Excellent (Giỏi)"),
        AcademicLevel.FAIR: N_("Fair (Khá)"),
        AcademicLevel.AVERAGE: N_("Average (Trung bình)"),
        AcademicLevel.WEAK: N_("Weak (Yếu)"),
        AcademicLevel.POOR: N_("Poor (Kém)"),
    },
    Conduct: {
        Conduct.GOOD: N_("Good (Tốt)"),
        Conduct.FAIR: N_("Fair (Khá)"),
        Conduct.AVERAGE: N_("Average (Trung bình)"),
        Conduct.WEAK: N_("Weak (Yếu)"),
    },
    Passing: {
        Passing.PASSED: N_("Passed (Đạt)"),
        Passing.FAILED: N_("Not passed (Chưa đạt)"),
    },
    SubjectLevel: {
        SubjectLevel.WELL: N_("Done well (Hoàn thành tốt)"),
        SubjectLevel.DONE: N_("Done (Hoàn thành)"),
        SubjectLevel.NOT_DONE: N_("Not done (Chưa hoàn thành)"),
    },
    TraitLevel: {
        TraitLevel.GOOD: N_("Good (Tốt)"),
        TraitLevel.PASSED: N_("Passed (Đạt)"),
        TraitLevel.NEEDS_EFFORT: N_("Needs effort (Cần cố gắng)"),
    },
    PrimaryLevel: {
        PrimaryLevel.EXCELLENT: N_("Done excellently (Hoàn thành xuất sắc)"),
        PrimaryLevel.WELL: N_("Done well (Hoàn thành tốt)"),
        PrimaryLevel.DONE: N_("Done (Hoàn thành)"),
        PrimaryLevel.NOT_DONE: N_("Not done (Chưa hoàn thành)"),
    },
    Point: {
        Point.MID_TERM1: N_("Mid-term I (giữa học kì I)"),
        Point.END_TERM1: N_("End of term I (cuối học kì I)"),
        Point.MID_TERM2: N_("Mid-term II (giữa học kì II)"),
        Point.YEAR_END: N_("End of year (cuối năm học)"),
    },
    Outcome: {
        Outcome.PROMOTED: N_("Promoted (Được lên lớp)"),
        Outcome.COMPLETED: N_("Programme completed (Hoàn thành chương trình)"),
        Outcome.RETEST: N_("Retest (Kiểm tra, đánh giá lại)"),
        Outcome.SUMMER_TRAINING: N_("Summer training (Rèn luyện trong kì nghỉ hè)"),
        Outcome.SUPPLEMENT: N_("Supplementary assessment (Đánh giá bổ sung)"),
        Outcome.HEAD_DECIDES: N_("The head decides (Hiệu trưởng quyết định)"),
        Outcome.RETAINED: N_("Not promoted (Không được lên lớp)"),
    },
    Title: {
        Title.EXCELLENT: N_("Outstanding student (Học sinh Xuất sắc)"),
        Title.GOOD: N_("Excellent student (Học sinh Giỏi)"),
        Title.HONOURS: N_("Excellent student, circular 58 (Học sinh giỏi)"),
        Title.ADVANCED: N_("Advanced student (Học sinh tiên tiến)"),
        Title.EXEMPLARY: N_(
            "Exemplary student (Học sinh Tiêu biểu hoàn thành tốt trong học tập và rèn luyện)"
        ),
        Title.ALL_CONTENT: N_(
            "Excellent in all content (Học sinh hoàn thành xuất sắc các nội dung học tập và rèn luyện)"
        ),
        Title.OUTSTANDING: N_(
            "Outstanding progress (Học sinh có thành tích vượt trội hoặc tiến bộ vượt bậc)"
        ),
    },
}


def term(word: StrEnum) -> str:
    """msgid of a word, its official Vietnamese term in brackets. KeyError for a word no circular uses.

    By class first: members of two StrEnums with the same text are equal.
    """
    return _TERMS[type(word)][word]
