"""Điểm bình quân, xếp loại cả năm: of a class student by student, the terms beside the year; of the school by class.

The summary of a class (`class_summary`) prints one period. This form sets both terms and the year side by side, and counts
the levels of each. Only TT 58/2011 knows an average over subjects: elsewhere no such column is printed.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy.orm import Session

from app.domain.assessment.facts import SubjectFigure
from app.domain.assessment.registry import CONDUCT, PRIMARY
from app.models import SchoolClass
from app.reports.contexts import PrintStamp
from app.reports.figures import Figures, Sheet, sheet_of
from app.reports.form import YEAR
from app.reports.papers import Paper, Part
from app.reports.summaries import Head, Row
from app.services.documents import words
from app.services.documents.asked import Asked
from app.services.documents.class_summary import after_summer, brief
from app.services.documents.ratings import PERIOD_NAMES, counts_sheet, measure_name, rating_sheets
from app.services.documents.school import (
    about,
    paper_title,
    read_heading,
    read_school,
    signatures,
    when,
)
from app.services.results.counting import primary_heads
from app.services.results.judging import Judged
from app.services.results.reading import Reading
from app.services.results.unit_page import UnitResults, read_unit

_TERMS: Final = (1, 2, YEAR)
_TOGETHER: Final = 15
"""Most subjects that leave room for the results in the same table."""
_PAIR_TOGETHER: Final = 11
"""The same where each subject has a column for the term and one for the year."""
_NO_AVERAGE: Final = (
    "Thông tư không quy định điểm trung bình chung các môn: bảng ghi điểm trung bình cả năm hoặc mức của từng môn và kết quả "
    "xếp loại, không có điểm bình quân chung."
)
Byname = Mapping[int, Mapping[int, Judged]]


def build(session: Session, asked: Asked, stamp: PrintStamp) -> Paper:
    """The year of a class, a line a student."""
    heading, officials = read_heading(session, asked)
    room = asked.school_class
    periods = (1, YEAR) if room.circular in PRIMARY else (1, 2, YEAR)
    found = read_school(session, asked, [room], periods)
    judged = {p: {j.pupil.student_id: j for j in found.judged(room, p)} for p in periods}
    page = Figures(
        title="ĐIỂM BÌNH QUÂN, XẾP LOẠI CẢ NĂM",
        under=about(heading),
        sheets=(
            *_lists(found.reading, room, judged),
            *counts_sheet(room.circular, {p: list(some.values()) for p, some in judged.items()}),
        ),
        notes=_notes(room),
        signatures=signatures(asked, officials),
    )
    return Paper(asked.form, heading, paper_title(asked, heading), (Part(page.title, page),), stamp)


def build_school(session: Session, asked: Asked, stamp: PrintStamp) -> Paper:
    """Levels of a period by class and grade, as the results page has them."""
    heading, officials = read_heading(session, asked)
    found = read_unit(session, asked.unit, asked.year, asked.period, None, asked.day)
    rooms = [line.school_class for block in found.blocks for line in block.lines if line.school_class]
    page = Figures(
        title=f"TỔNG HỢP XẾP LOẠI TOÀN TRƯỜNG, {when(rooms, asked.period)}",
        under=about(heading),
        sheets=tuple(rating_sheets(found.blocks)),
        notes=(
            "Tỷ lệ (%) tính trên tổng số học sinh của lớp, làm tròn đến một chữ số thập phân.",
            *_waiting(found),
        ),
        signatures=signatures(asked, officials),
        headed=True,
    )
    return Paper(asked.form, heading, paper_title(asked, heading), (Part(page.title, page),), stamp)


def _waiting(found: UnitResults) -> tuple[str, ...]:
    """Which classes have marks newer than the results counted here."""
    rooms = [line.school_class for block in found.blocks for line in block.lines]
    names = [room.name for room in rooms if room is not None and room.id in found.due]
    return (f"Có điểm mới, kết quả đang chờ tính lại: lớp {', '.join(names)}.",) if names else ()


# -- a class -----------------------------------------------------------------------------------------------------


def _lists(reading: Reading, room: SchoolClass, judged: Byname) -> tuple[Sheet, ...]:
    """Subjects and results in one table where they fit, else in two."""
    pupils = reading.of_class(room.id, YEAR)
    primary = room.circular in PRIMARY
    columns = _columns(reading, room, judged[YEAR])
    subject_heads = tuple(head for figure in columns for head in _subject_heads(reading, figure, primary))
    result_heads = _result_heads(room)
    of_subjects, of_results = [], []
    for pupil in pupils:
        year = judged[YEAR].get(pupil.student_id)
        of_subjects.append(_subject_values(year, columns, primary))
        of_results.append(_result_values(room, pupil.student_id, judged))
    names = [pupil.full_name for pupil in pupils]
    if len(columns) <= (_PAIR_TOGETHER if primary else _TOGETHER):
        both = [(*first, *second) for first, second in zip(of_subjects, of_results, strict=True)]
        return (_list("", (*subject_heads, *result_heads), names, both),)
    return (
        _list("Các môn học", subject_heads, names, of_subjects),
        _list("Xếp loại", result_heads, names, of_results, apart=True),
    )


def _list(
    caption: str,
    heads: tuple[Head, ...],
    names: Sequence[str],
    values: Sequence[tuple[str, ...]],
    *,
    apart: bool = False,
) -> Sheet:
    rows = tuple(
        Row(no, name, found) for no, (name, found) in enumerate(zip(names, values, strict=True), start=1)
    )
    return sheet_of(
        caption, "Họ và tên", heads, rows,
        apart=apart, empty="Lớp chưa có học sinh trong thời gian này.",
    )  # fmt: skip


def _columns(reading: Reading, room: SchoolClass, year: Mapping[int, Judged]) -> list[SubjectFigure]:
    """Every subject somebody of the class takes, in printed order."""
    found = {figure.code: figure for judged in year.values() for figure in judged.facts.subjects}
    order = reading.plans.printed_order(room)
    return sorted(found.values(), key=lambda figure: order[figure.code])


def _subject_heads(reading: Reading, figure: SubjectFigure, primary: bool) -> tuple[Head, ...]:
    short = next(s.short_name for s in reading.plans.subjects.values() if s.code == figure.code)
    if primary:
        return (Head("HK I", 8, short), Head("CN", 8, short))
    return (Head(short, 11, "Kết quả cả năm của các môn học"),)


def _subject_values(
    judged: Judged | None, columns: Sequence[SubjectFigure], primary: bool
) -> tuple[str, ...]:
    own = {figure.code: figure for figure in judged.facts.subjects} if judged else {}
    values: list[str] = []
    for column in columns:
        figure = own.get(column.code)
        if primary:
            values.append(words.mark(figure.term_1) if figure else "")
        values.append(words.subject_value(figure, figure.value) if figure else "")
    return tuple(values)


def _result_heads(room: SchoolClass) -> tuple[Head, ...]:
    if room.circular in PRIMARY:
        level, outcome = primary_heads(room.circular)
        return Head(level, 24), Head(outcome, 16), Head("Khen thưởng", 18)
    old = room.circular in CONDUCT
    groups = [("ĐTB các môn", 9)] if old else []
    groups += [(measure_name(room.circular, name), 12) for name in ("learning", "training")]
    heads = [Head(PERIOD_NAMES[period], width, group) for group, width in groups for period in _TERMS]
    again = after_summer(room.circular)
    heads += [Head("Học tập" if not old else "Học lực", 11, again)]
    heads += [Head("Rèn luyện" if not old else "Hạnh kiểm", 11, again)]
    return (*heads, Head("Kết quả cuối năm", 24), Head(measure_name(room.circular, "title"), 19))


def _result_values(room: SchoolClass, student: int, judged: Byname) -> tuple[str, ...]:
    year = judged[YEAR].get(student)
    result = year.result if year else None
    title = words.mark(result.title) if result else ""
    if room.circular in PRIMARY:
        after = f" → {words.mark(result.learning_after)}" if result and result.learning_after else ""
        learning = words.mark(result.learning) if result else ""
        return f"{learning}{after}", brief(words.outcome_word(year)), title
    values: list[str] = []
    fields = ("average", "learning", "training") if room.circular in CONDUCT else ("learning", "training")
    for name in fields:
        for period in _TERMS:
            found = judged[period].get(student)
            values.append(_period_value(found, name))
    after_learning = words.mark(result.learning_after) if result else ""
    after_training = words.training_word(room.circular, year.facts.training_after_summer) if year else ""
    return (*values, after_learning, after_training, brief(words.outcome_word(year)), title)


def _period_value(judged: Judged | None, name: str) -> str:
    """A field of a period's result; the homeroom teacher's level of a term stands even where nothing else does."""
    if judged is None:
        return ""
    value = getattr(judged.result, name)
    if value is None and name == "training" and judged.facts.period != YEAR:
        return words.training_word(judged.facts.circular, judged.facts.training)
    return words.mark(value)


def _notes(room: SchoolClass) -> tuple[str, ...]:
    notes = [
        "Tỷ lệ (%) tính trên tổng số học sinh của lớp ở cuối mỗi thời điểm, làm tròn đến một chữ số thập phân."
    ]
    if room.circular in PRIMARY:
        notes.append("HTCTLH, HTCTTH: hoàn thành chương trình lớp học, tiểu học.")
    return tuple(notes if room.circular in CONDUCT else [_NO_AVERAGE, *notes])
