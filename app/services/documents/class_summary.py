"""Bảng điểm tổng hợp của lớp: every subject, results, absences and decisions of a term or year (TT 22/2021 Điều 18, 20)."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from sqlalchemy.orm import Session

from app.domain.assessment.facts import SubjectFigure
from app.domain.assessment.items import vietnamese
from app.domain.assessment.primary import Trait
from app.domain.assessment.primary_plan import group_name, traits_shown
from app.domain.assessment.registry import CONDUCT, PRIMARY
from app.domain.assessment.terms import LAST_GRADES, Outcome
from app.domain.vocabulary import SubjectKind
from app.models import SchoolClass
from app.reports.contexts import PrintStamp
from app.reports.form import YEAR
from app.reports.papers import Paper, Part
from app.reports.summaries import Head, Row, Summary, Table, fitted, sheets
from app.reports.wording import listed_tally
from app.services.book_reading import Seat
from app.services.documents import words
from app.services.documents.asked import Asked
from app.services.documents.before import places, struck
from app.services.documents.ratings import measure_name, short_word
from app.services.documents.reading import ClassRecord, read_class
from app.services.results.counting import measures, primary_heads
from app.services.results.judging import Judged

_SCORED: Final = "Môn học đánh giá bằng nhận xét kết hợp điểm số"
_COMMENT: Final = "Môn học đánh giá bằng nhận xét"
_PASSED: Final = frozenset({Outcome.PROMOTED, Outcome.COMPLETED})
_FAILED: Final = frozenset({Outcome.RETAINED})
_TICK: Final = "x"
_BRIEF: Final = {
    "Hoàn thành chương trình lớp học": "HTCTLH",
    "Hoàn thành chương trình tiểu học": "HTCTTH",
    "Hoàn thành chương trình": "Hoàn thành CT",
    "Học sinh Xuất sắc": "HS Xuất sắc",
    "Học sinh Tiêu biểu hoàn thành tốt trong học tập và rèn luyện": "HS Tiêu biểu",
    "Học sinh hoàn thành xuất sắc các nội dung học tập và rèn luyện": "HTXS các nội dung",
    "Học sinh có thành tích vượt trội hoặc tiến bộ vượt bậc": "Vượt trội, tiến bộ vượt bậc",
}
"""What a line of a primary class has no room for; the note below says what the letters mean."""


def build(session: Session, asked: Asked, stamp: PrintStamp) -> Paper:
    """The summary of a class; in primary school bảng tổng hợp kết quả đánh giá giáo dục (TT 27/2020 Phụ lục 2)."""
    record = read_class(session, asked.school_class, asked.day)
    page = summary_of(record, asked.period)
    title = f"{asked.form.short_name} lớp {record.room.name}, {record.heading.school_year}"
    return Paper(asked.form, record.heading, title, (Part(page.title, page),), stamp)


def summary_of(record: ClassRecord, period: int, name: str = "BẢNG ĐIỂM TỔNG HỢP CỦA LỚP") -> Summary:
    """The page or pages of one period. `name`: what it is called in secondary school, by itself or within a book."""
    primary = record.room.circular in PRIMARY
    seats = record.students(period)
    tables, corrections = _tables(record, seats, period)
    name = "BẢNG TỔNG HỢP KẾT QUẢ ĐÁNH GIÁ GIÁO DỤC" if primary else name
    when = (
        {1: "CUỐI HỌC KÌ I", 2: "CUỐI HỌC KÌ II", YEAR: "CUỐI NĂM"}[period]
        if primary
        else words.PERIODS[period]
    )
    return Summary(
        title=f"{name}, {when}",
        under=f"Lớp {record.room.name} · Năm học {record.heading.school_year} · {record.heading.school}",
        tables=tables,
        totals=_totals(record, seats, period),
        note=_note(record),
        signatures=(words.homeroom_signature(record.officials), words.head_signature(record.officials)),
        tally=listed_tally(len(seats), corrections),
    )


def _tables(record: ClassRecord, seats: Sequence[Seat], period: int) -> tuple[tuple[Table, ...], int]:
    """The tables with what corrections have changed struck, and how many places that are."""

    def made(found: ClassRecord) -> tuple[Table, ...]:
        return (_primary if found.room.circular in PRIMARY else _secondary)(found, seats, period)

    now, old = made(record), record.before
    tables = now if old is None else struck(now, made(old))
    return tables, places(tables)


def _note(record: ClassRecord) -> str:
    if record.room.circular in PRIMARY:
        return (
            "Mức đạt được: T: Hoàn thành tốt (phẩm chất, năng lực: Tốt); H: Hoàn thành; Đ: Đạt; "
            "C: Chưa hoàn thành (phẩm chất, năng lực: Cần cố gắng). Đ.: điểm bài kiểm tra định kì. HTCTLH: hoàn thành "
            "chương trình lớp học; HTCTTH: hoàn thành chương trình tiểu học."
        )
    return "Đ: Đạt; CĐ: Chưa đạt. TS: tổng số; P: có phép; K: không phép."


def brief(text: str) -> str:
    """A result or an award as a narrow column has it."""
    return _BRIEF.get(text, text)


def columns_of(record: ClassRecord, seats: Sequence[Seat], period: int) -> list[SubjectFigure]:
    """Every subject somebody of the class takes, in printed order; the figure of the first who takes it."""
    found: dict[str, SubjectFigure] = {}
    for seat in seats:
        for figure in record.figures(seat.student.id, period):
            kept = found.setdefault(figure.code, figure)
            if figure.has_test and not kept.has_test:
                found[figure.code] = figure
    order = record.reading.plans.printed_order(record.room)
    return sorted(found.values(), key=lambda figure: order[figure.code])


def _short(record: ClassRecord, code: str) -> str:
    subjects = record.reading.plans.subjects
    return subjects[record.subject_ids[code]].short_name


# -- secondary ---------------------------------------------------------------------------------------------------


def _secondary(record: ClassRecord, seats: Sequence[Seat], period: int) -> tuple[Table, ...]:
    columns = columns_of(record, seats, period)
    comment = [figure for figure in columns if figure.kind is SubjectKind.COMMENT]
    scored = [figure for figure in columns if figure.kind is not SubjectKind.COMMENT]
    heads = [Head(_short(record, f.code), 12, _COMMENT) for f in comment]
    heads += [Head(_short(record, f.code), 12, _SCORED) for f in scored]
    heads += ending_heads(record.room, year=period == YEAR)
    rows = tuple(
        Row(no, seat.student.full_name, _values(record, seat, [*comment, *scored], period))
        for no, seat in enumerate(seats, start=1)
    )
    return sheets(tuple(heads), rows)


def after_summer(circular: str) -> str:
    """What stands over the results of the retest and of the training in summer, as the circular calls it."""
    again = "kiểm tra lại" if circular in CONDUCT else "đánh giá lại"
    return f"Sau {again}, rèn luyện hè"


def ending_heads(room: SchoolClass, *, year: bool) -> list[Head]:
    """Results, absences, decisions and awards of a secondary student, as the class book has them (facts A12 item 6)."""
    old = room.circular in CONDUCT
    heads = [Head("ĐTB các môn", 11)] if old else []
    heads += [
        Head("Học lực" if old else "Kết quả học tập", 14),
        Head("Hạnh kiểm" if old else "Kết quả rèn luyện", 14),
    ]
    heads += [Head(name, 7, "Số buổi nghỉ học") for name in ("TS", "P", "K")]
    if not year:
        return [*heads, Head("Khen thưởng", 20)]
    again = after_summer(room.circular)
    passed = "Được lên lớp, hoàn thành chương trình" if room.grade in LAST_GRADES else "Được lên lớp"
    return [
        *heads,
        Head("Học lực" if old else "Học tập", 13, again),
        Head("Hạnh kiểm" if old else "Rèn luyện", 13, again),
        Head(passed, 14),
        Head("Không được lên lớp", 14),
        Head("Khen thưởng", 20),
        Head("Ghi chú", 14),
    ]


def _values(
    record: ClassRecord, seat: Seat, columns: Sequence[SubjectFigure], period: int
) -> tuple[str, ...]:
    student = seat.student.id
    judged = record.result(student, period)
    own = {figure.code: figure for figure in record.figures(student, period)}
    values = [words.subject_value(own[f.code], own[f.code].value) if f.code in own else "" for f in columns]
    return (*values, *ending(record, student, judged, period))


def ending(record: ClassRecord, student: int, judged: Judged | None, period: int) -> tuple[str, ...]:
    """What comes after the subjects, as `ending_heads` names it."""
    circular, year = record.room.circular, period == YEAR
    result, facts = (judged.result, judged.facts) if judged else (None, None)
    training = words.mark(result.training) if result else ""
    if not training and facts is not None and not year:
        training = words.training_word(circular, facts.training)
    excused, unexcused = record.sessions(student, (1, 2) if year else (period,))
    found = [words.mark(result.average) if result else ""] if circular in CONDUCT else []
    found += [words.mark(result.learning) if result else "", training]
    found += [_sum(excused, unexcused), excused, unexcused]
    title = words.mark(result.title) if result else ""
    if not year:
        return (*found, title)
    found += [
        words.mark(result.learning_after) if result else "",
        words.training_word(circular, facts.training_after_summer) if facts else "",
    ]
    outcome = Outcome(result.outcome) if result and result.outcome else None
    passed, failed = outcome in _PASSED, outcome in _FAILED
    waits = "" if passed or failed or outcome is None else short_word(outcome)
    return (*found, _TICK * passed, _TICK * failed, title, waits)


def _sum(excused: str, unexcused: str) -> str:
    """All sessions missed; blank where nobody has counted."""
    return str(int(excused or 0) + int(unexcused or 0)) if excused or unexcused else ""


# -- primary -----------------------------------------------------------------------------------------------------


def _primary(record: ClassRecord, seats: Sequence[Seat], period: int) -> tuple[Table, ...]:
    """Subjects with level and test; on a sheet of their own qualities, competences and what the year came to."""
    columns = columns_of(record, seats, period)
    heads: list[Head] = []
    for figure in columns:
        short = _short(record, figure.code)
        heads += [Head("Mức", 9, short), Head("Đ.", 9, short)] if figure.has_test else [Head(short, 12)]
    subjects = sheets(
        tuple(heads),
        tuple(
            Row(no, seat.student.full_name, _levels(record, seat, columns, period))
            for no, seat in enumerate(seats, start=1)
        ),
    )
    return *subjects, _traits_table(record, seats, period)


def _levels(
    record: ClassRecord, seat: Seat, columns: Sequence[SubjectFigure], period: int
) -> tuple[str, ...]:
    own = {figure.code: figure for figure in record.figures(seat.student.id, period)}
    values: list[str] = []
    for column in columns:
        figure = own.get(column.code)
        values.append(words.subject_value(figure, figure.value) if figure else "")
        if column.has_test:
            values.append(words.score(figure.test) if figure else "")
    return tuple(values)


def _traits_table(record: ClassRecord, seats: Sequence[Seat], period: int) -> Table:
    room, year = record.room, period == YEAR
    judged = {seat.student.id: record.result(seat.student.id, period) for seat in seats}
    assessed = {
        code for found in judged.values() if found for code, level in found.facts.traits.items() if level
    }
    traits = traits_shown(room.circular, room.grade, assessed)
    heads = [Head(trait.name, 11, group_name(room.circular, trait)) for trait in traits]
    if year:
        level, outcome = primary_heads(room.circular)
        heads += [Head(level, 29), Head(outcome, 18), Head("Khen thưởng", 20)]
    heads.append(Head("Ghi chú", 12))
    rows = tuple(
        Row(no, seat.student.full_name, _trait_values(judged[seat.student.id], traits, year))
        for no, seat in enumerate(seats, start=1)
    )
    return Table(fitted(tuple(heads)), rows)


def _trait_values(judged: Judged | None, traits: Sequence[Trait], year: bool) -> tuple[str, ...]:
    levels = judged.facts.traits if judged else {}
    values = [levels.get(trait.code) or "" for trait in traits]
    if year:
        result = judged.result if judged else None
        after = f" → {words.mark(result.learning_after)}" if result and result.learning_after else ""
        values += [
            f"{words.mark(result.learning)}{after}" if result else "",
            brief(words.outcome_word(judged)),
            brief(words.mark(result.title)) if result else "",
        ]
    return (*values, "")


# -- totals ------------------------------------------------------------------------------------------------------


def _totals(record: ClassRecord, seats: Sequence[Seat], period: int) -> tuple[tuple[str, str], ...]:
    """How many reached what; at the year's end also how many pass, of them after the summer (facts A12)."""
    judged = [found for seat in seats if (found := record.result(seat.student.id, period))]
    totals = [("Tổng số học sinh", str(len(seats)))]
    if period == YEAR:
        passed = [j for j in judged if j.result.outcome in _PASSED]
        later = [j for j in passed if j.result.learning_after or j.facts.training_after_summer]
        primary = record.room.circular in PRIMARY
        again = "sau đánh giá bổ sung" if primary else "sau đánh giá lại, rèn luyện hè"
        totals += [
            ("Được lên lớp, hoàn thành chương trình", f"{len(passed)} ({again}: {len(later)})"),
            ("Không được lên lớp", str(sum(j.result.outcome in _FAILED for j in judged))),
        ]
    for name, all_words in measures(record.room.circular, period).items():
        if name == "outcome":
            continue
        counts = Counter(getattr(j.result, name) for j in judged)
        label = measure_name(record.room.circular, name)
        totals.append((label, "; ".join(f"{vietnamese(word)}: {counts[word]}" for word in all_words)))
    return tuple(totals)
