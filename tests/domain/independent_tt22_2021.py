"""TT 22/2021 worked out a second time, straight from the text of its articles and in another way: exact fractions,
every subject tried in turn. Nothing of the rules is shared with app/domain/assessment but the words.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import floor

from app.domain.assessment.terms import Outcome, ResultLevel, Title

WORDS = [ResultLevel.NOT_PASSED, ResultLevel.PASSED, ResultLevel.FAIR, ResultLevel.GOOD]
CHUA_DAT, DAT, KHA, TOT = range(4)
M3_5, M5_0, M6_5, M8_0 = Fraction(7, 2), Fraction(5), Fraction(13, 2), Fraction(8)
BEST = Fraction(10)


def rounded(value: Fraction) -> Fraction:
    """Số thập phân lấy đến chữ số thập phân thứ nhất sau khi làm tròn số."""
    return Fraction(floor(value * 10 + Fraction(1, 2)), 10)


def dtb_mhk(regular: Sequence[Fraction], midterm: Fraction, final: Fraction) -> Fraction:
    """Điều 9 khoản 1 điểm b."""
    weighted = [*regular, midterm, midterm, final, final, final]
    return rounded(sum(weighted, Fraction()) / len(weighted))


def dtb_mcn(first: Fraction, second: Fraction) -> Fraction:
    """Điều 9 khoản 1 điểm b."""
    return rounded(sum([first, second, second], Fraction()) / 3)


def level(scores: Mapping[str, Fraction], comments: Mapping[str, bool], needed: int = 6) -> int:
    """Điều 9 khoản 2."""
    failed = list(comments.values()).count(False)
    if failed == 0 and all_from(scores, M6_5) and enough_from(scores, M8_0, needed):
        return TOT
    if failed == 0 and all_from(scores, M5_0) and enough_from(scores, M6_5, needed):
        return KHA
    if failed <= 1 and enough_from(scores, M5_0, needed) and all_from(scores, M3_5):
        return DAT
    return CHUA_DAT


def all_from(scores: Mapping[str, Fraction], least: Fraction) -> bool:
    """Tất cả các môn học."""
    return not any(score < least for score in scores.values())


def enough_from(scores: Mapping[str, Fraction], least: Fraction, needed: int) -> bool:
    """Ít nhất 06 môn học, or as many as a centre's leader confirmed."""
    return sum(score >= least for score in scores.values()) >= needed


def adjusted(scores: Mapping[str, Fraction], comments: Mapping[str, bool], student: "Student") -> int:
    """Điều 9 khoản 3: down by two levels or more from Tốt or Khá only for one single subject; one level up."""
    needed = student.needed
    before = level(scores, comments, needed)
    if not student.adjusts:
        return before
    without = [CHUA_DAT]
    for name in scores:
        rest = {other: score for other, score in scores.items() if other != name}
        without.append(level({**rest, name: BEST} if student.replaced else rest, comments, needed))
    if student.comment_counts:
        without += [level(scores, {**comments, name: True}, needed) for name in comments]
    reached = max(without)
    return before + 1 if reached in (KHA, TOT) and reached - before >= 2 else before


def training(first: int, second: int) -> int:
    """Điều 8 khoản 2 điểm b, in the order of the text."""
    if second == TOT and first >= KHA:
        return TOT
    if (
        (second == KHA and first >= DAT)
        or (second == DAT and first == TOT)
        or (second == TOT and first <= DAT)
    ):
        return KHA
    if (second == DAT and first <= KHA) or (second == KHA and first == CHUA_DAT):
        return DAT
    return CHUA_DAT


@dataclass
class Student:
    """A year: results of the subjects, both terms' training results, absences, and what was made up for."""

    scores: dict[str, Fraction]
    comments: dict[str, bool]
    terms: tuple[int, int]
    absences: int
    grade: int
    summer: int | None = None
    retests: dict[str, Fraction | bool] = field(default_factory=dict)
    comment_counts: bool = True
    replaced: bool = True
    needed: int = 6
    adjusts: bool = True


@dataclass
class Year:
    """What it ends with."""

    before: ResultLevel
    learning: ResultLevel
    after: ResultLevel | None
    training: ResultLevel
    title: Title | None
    outcome: Outcome
    retest: set[str]


def to_retest(student: Student) -> set[str]:
    """Điều 14: Chưa đạt, or ĐTBmcn below 5,0."""
    low = {name for name, score in student.scores.items() if score < 5}
    return low | {name for name, passed in student.comments.items() if not passed}


def year(student: Student) -> Year:
    """Điều 12 to 15."""
    learning = adjusted(student.scores, student.comments, student)
    trained = training(*student.terms)
    may_retest = learning == CHUA_DAT and trained >= DAT and student.absences <= 45
    asked = to_retest(student) if may_retest else set()
    after = None
    if asked and asked <= set(student.retests):
        scores = {n: Fraction(student.retests[n]) if n in asked else v for n, v in student.scores.items()}
        comments = {n: bool(student.retests[n]) if n in asked else v for n, v in student.comments.items()}
        after = adjusted(scores, comments, student)
    return Year(
        before=WORDS[level(student.scores, student.comments, student.needed)],
        learning=WORDS[learning],
        after=None if after is None else WORDS[after],
        training=WORDS[trained],
        title=honours(student, learning, trained),
        outcome=outcome(student, learning, trained, after),
        retest=asked,
    )


def honours(student: Student, learning: int, trained: int) -> Title | None:
    """Điều 15 khoản 1 điểm a."""
    if (learning, trained) != (TOT, TOT):
        return None
    best = [score for score in student.scores.values() if score >= 9]
    return Title.EXCELLENT if len(best) >= 6 else Title.GOOD


def outcome(student: Student, learning: int, trained: int, after: int | None) -> Outcome:
    """Điều 12 khoản 1 with 13 and 14."""
    if student.absences > 45:
        return Outcome.RETAINED
    if learning >= DAT and trained >= DAT:
        return Outcome.COMPLETED if student.grade in (9, 12) else Outcome.PROMOTED
    if learning < DAT and trained < DAT:
        return Outcome.RETAINED
    again, waiting = (after, Outcome.RETEST) if learning < DAT else (student.summer, Outcome.SUMMER_TRAINING)
    if again is None:
        return waiting
    if again < DAT:
        return Outcome.RETAINED
    return Outcome.COMPLETED if student.grade in (9, 12) else Outcome.PROMOTED
