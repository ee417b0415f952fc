"""Tỷ lệ xếp loại theo môn: of each subject how many students reach which range of marks or which level, with shares.

No circular gives a scored subject a level: the ranges are the limits the articles draw, told by their figures. Shares are
of the students assessed; who has no result yet and who is exempted stand in columns of their own (S4 Điều 8, Ban giám hiệu).
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from sqlalchemy.orm import Session

from app.domain.assessment.facts import SubjectFigure, Value
from app.domain.assessment.ranges import AVERAGES, TESTS, range_of
from app.domain.assessment.registry import PRIMARY
from app.domain.assessment.terms import SubjectLevel
from app.domain.vocabulary import Passing, SubjectKind
from app.models import SchoolClass
from app.reports.contexts import PrintStamp
from app.reports.figures import Figures, Sheet, sheet_of
from app.reports.papers import Paper, Part
from app.reports.summaries import Head, Row
from app.services.documents import words
from app.services.documents.asked import Asked
from app.services.documents.school import (
    about,
    by_grade,
    load_rooms,
    paper_title,
    read_heading,
    read_school,
    signatures,
    when,
)
from app.services.results.places import fitting
from app.services.results.reading import Reading

_SCORES: Final = ("≥ 8,0", "6,5 – < 8,0", "5,0 – < 6,5", "3,5 – < 5,0", "< 3,5")
_PASSING: Final = ("Đạt", "Chưa đạt")
_LEVELS: Final = ("Hoàn thành tốt", "Hoàn thành", "Chưa hoàn thành")
_TESTS: Final = ("9 – 10", "7 – 8", "5 – 6", "Dưới 5")
_SHARES: Final = (
    "Tỷ lệ (%) tính trên số học sinh được đánh giá của môn, làm tròn đến một chữ số thập phân. Kết quả cả năm là kết quả trước "
    "khi kiểm tra, đánh giá lại (đánh giá bổ sung)."
)
_RANGES: Final = (
    "Thông tư không xếp loại từng môn học tính điểm: các khoảng là những giới hạn điểm trung bình môn mà điều khoản về kết quả "
    "học tập (học lực) dùng."
)
_ENOUGH: Final = 3
"""Ranges from 5,0 up."""


@dataclass
class Rate:
    """A subject counted: students by column, without result, exempted; periodic tests of primary school by range."""

    figure: SubjectFigure
    numbers: Counter[int] = field(default_factory=Counter)
    blank: int = 0
    exempt: int = 0
    tests: Counter[int] = field(default_factory=Counter)
    untested: int = 0

    def take(self, figure: SubjectFigure) -> None:
        """Count a student in."""
        if figure.value is not None:
            self.numbers[_column(figure.value)] += 1
        elif figure.exempt:
            self.exempt += 1
        else:
            self.blank += 1
        if figure.has_test and figure.test is not None:
            self.tests[range_of(figure.test, TESTS)] += 1
        elif figure.has_test:
            self.untested += 1


def _column(value: Value) -> int:
    if isinstance(value, Decimal):
        return range_of(value, AVERAGES)
    return list(Passing if isinstance(value, Passing) else SubjectLevel).index(value)


def build(session: Session, asked: Asked, stamp: PrintStamp) -> Paper:
    """The rates of a class; of the school as a whole, then grade by grade."""
    heading, officials = read_heading(session, asked)
    rooms = load_rooms(session, asked)
    periods = {fitting(room.circular, asked.period) for room in rooms}
    reading = read_school(session, asked, rooms, periods).reading
    page = Figures(
        title=f"TỶ LỆ XẾP LOẠI VĂN HÓA THEO MÔN, {when(rooms, asked.period)}",
        under=about(heading),
        sheets=tuple(_sheets(reading, rooms, asked)),
        notes=_notes(rooms),
        signatures=signatures(asked, officials),
        headed=asked.room is None,
    )
    return Paper(asked.form, heading, paper_title(asked, heading), (Part(page.title, page),), stamp)


def rates_of(reading: Reading, rooms: Sequence[SchoolClass], period: int) -> list[Rate]:
    """Every subject the students of the classes take in the period: in the order of their plan, where they share one."""
    found: dict[str, Rate] = {}
    for room in rooms:
        seen = fitting(room.circular, period)
        for pupil in reading.of_class(room.id, seen):
            for figure in reading.figures[room.id].of(pupil.student_id, seen, reading.days[seen]):
                found.setdefault(figure.code, Rate(figure)).take(figure)
    order = reading.plans.printed_order(*rooms)
    return sorted(found.values(), key=lambda rate: order[rate.figure.code])


def _sheets(reading: Reading, rooms: Sequence[SchoolClass], asked: Asked) -> Iterable[Sheet]:
    if asked.room is not None:
        yield from _sheets_of(reading, rooms, asked.period, "")
        return
    grades = by_grade(rooms)
    marked = [room for room in rooms if room.circular not in PRIMARY]
    primary = [room for room in rooms if room.circular in PRIMARY]
    for some, name in ((marked, "Toàn trường"), (primary, "Cấp tiểu học" if marked else "Toàn trường")):
        if len(by_grade(some)) > 1:
            yield from _sheets_of(reading, some, asked.period, name)
    for grade, some in grades.items():
        yield from _sheets_of(reading, some, asked.period, f"Khối {grade}")


def _sheets_of(reading: Reading, rooms: Sequence[SchoolClass], period: int, name: str) -> Iterable[Sheet]:
    """The tables of some classes: one for each way of assessing; the first begins a page."""
    rates = rates_of(reading, rooms, period)
    primary = any(room.circular in PRIMARY for room in rooms)
    comment = [rate for rate in rates if rate.figure.kind is SubjectKind.COMMENT]
    scored = [rate for rate in rates if rate.figure.kind is not SubjectKind.COMMENT]
    where = f"{name} ({len(rooms)} lớp). " if name else ""
    apart = bool(name)
    if primary:
        yield _sheet(f"{where}Mức đạt được", rates, _LEVELS, apart=apart)
        tested = [rate for rate in rates if rate.tests or rate.untested]
        if tested:
            yield _tests(f"{where}Điểm bài kiểm tra định kì", tested)
        return
    if scored or not comment:
        yield _sheet(f"{where}Môn học đánh giá bằng nhận xét kết hợp điểm số", scored, _SCORES, apart=apart)
    if comment:
        yield _sheet(f"{where}Môn học đánh giá bằng nhận xét", comment, _PASSING, apart=apart and not scored)


def _sheet(caption: str, rates: Sequence[Rate], columns: Sequence[str], *, apart: bool) -> Sheet:
    heads = [Head("Số HS học", 11), Head("Số HS được đánh giá", 13)]
    heads += _pairs(columns)
    heads += _pairs(("5,0 trở lên",)) if columns is _SCORES else []
    heads += [Head("Chưa có kết quả", 12), Head("Miễn", 10)]
    rows = tuple(
        Row(no, rate.figure.name, _values(rate, len(columns), enough=columns is _SCORES))
        for no, rate in enumerate(rates, start=1)
    )
    return sheet_of(caption, "Môn học", tuple(heads), rows, name_width=50, apart=apart)


def _pairs(columns: Iterable[str]) -> list[Head]:
    return [head for column in columns for head in (Head("SL", 9, column), Head("%", 11, column))]


def _values(rate: Rate, columns: int, *, enough: bool) -> tuple[str, ...]:
    assessed = rate.numbers.total()
    numbers = [rate.numbers[place] for place in range(columns)]
    numbers += [sum(numbers[:_ENOUGH])] if enough else []
    taken = assessed + rate.blank + rate.exempt
    return (str(taken), str(assessed), *_shares(numbers, assessed), str(rate.blank), str(rate.exempt))


def _shares(numbers: Iterable[int], total: int) -> Iterable[str]:
    return [text for number in numbers for text in (str(number), words.percent(number, total))]


def _tests(caption: str, rates: Sequence[Rate]) -> Sheet:
    heads = (Head("Số bài có điểm", 13), *_pairs(_TESTS), Head("Chưa có điểm", 12))
    rows = tuple(
        Row(
            no,
            rate.figure.name,
            (
                str(rate.tests.total()),
                *_shares([rate.tests[place] for place in range(len(_TESTS))], rate.tests.total()),
                str(rate.untested),
            ),
        )
        for no, rate in enumerate(rates, start=1)
    )
    return sheet_of(caption, "Môn học", heads, rows, name_width=50)


def _notes(rooms: Sequence[SchoolClass]) -> tuple[str, ...]:
    marked = any(room.circular not in PRIMARY for room in rooms)
    return (_SHARES, _RANGES) if marked else (_SHARES,)
