"""Phiếu báo điểm: what a term or year came to, a page a student (TT 22/2021 Điều 19, TT 27/2020 Điều 7; S0 Điều 8)."""

from typing import Any

from sqlalchemy.orm import Session

from app.domain.assessment.facts import SubjectFigure
from app.domain.assessment.primary_plan import group_name, traits_shown
from app.domain.assessment.registry import CONDUCT, PRIMARY
from app.domain.marks import parse_mark
from app.domain.sheet_forms import PERIODIC_COLUMNS
from app.domain.vocabulary import REGULAR_COLUMNS
from app.models import GradebookSheet
from app.reports.contexts import Cell, PrintedMark, PrintStamp, Signature
from app.reports.form import YEAR, Signatory
from app.reports.learners import Slip, SlipLine
from app.reports.papers import Paper, Part
from app.services.book_reading import Seat
from app.services.documents import words
from app.services.documents.asked import Asked
from app.services.documents.before import struck
from app.services.documents.reading import ClassRecord, read_class
from app.services.results.counting import PRIMARY_LEVEL_NAME
from app.services.results.judging import Judged
from app.services.sheet_cells import row_cells


def build(session: Session, asked: Asked, stamp: PrintStamp) -> Paper:
    """A slip for each student of the class, or for one."""
    record = read_class(session, asked.school_class, asked.day, asked.alone)
    parts = tuple(
        Part(
            f"Phiếu báo điểm, {seat.student.full_name}", slip_of(record, seat, asked.period), seat.student.id
        )
        for seat in record.students(asked.period)
    )
    return Paper(asked.form, record.heading, f"Phiếu báo điểm lớp {record.room.name}", parts, stamp)


def slip_of(record: ClassRecord, seat: Seat, period: int) -> Slip:
    """One student's slip; what corrections have changed is struck."""
    page, old = _slip(record, seat, period), record.before
    return page if old is None else struck(page, _slip(old, seat, period))


def _slip(record: ClassRecord, seat: Seat, period: int) -> Slip:
    student = seat.student.id
    primary = record.room.circular in PRIMARY
    judged = record.result(student, period)
    line = _primary_line if primary else _year_line if period == YEAR else _term_line
    lines = tuple(line(record, student, figure, period) for figure in record.figures(student, period))
    last = 2 if period == YEAR else period
    return Slip(
        learner=words.learner(seat),
        heading=words.PERIODS[period],
        kind="primary" if primary else "year" if period == YEAR else "marks",
        regular_columns=max([4, *(len(found.regular) for found in lines)]),
        lines=lines,
        traits=_traits(record, judged) if primary else (),
        facts=facts_of(record, judged, period),
        remark=record.homeroom_remark(student, last),
        signatures=(
            Signature(Signatory.PARENT),
            words.homeroom_signature(record.officials),
            words.head_signature(record.officials),
        ),
    )


def _term_line(record: ClassRecord, student: int, figure: SubjectFigure, term: int) -> SlipLine:
    subject = record.subject_ids[figure.code]
    row = record.line(student, subject, term)
    regular, midterm, final = cells_of(record, student, subject, term)
    return SlipLine(
        subject=figure.name,
        regular=regular,
        midterm=midterm,
        final=final,
        result=words.subject_value(figure, figure.value),
        remark=record.remark(student, subject, term) if row is not None else "",
    )


def cells_of(
    record: ClassRecord, student: int, subject: int, term: int
) -> tuple[tuple[Cell, ...], Cell, Cell]:
    """Regular marks, midterm and final of a student's line; weight-2 tests stand with the midterm (TT 58/2011)."""
    row, sheet = record.line(student, subject, term), record.sheet(student, subject, term)
    if row is None or sheet is None:
        return (), None, None
    columns = [name for name in REGULAR_COLUMNS if name in row_cells(sheet.form)]
    filled = [n for n, name in enumerate(columns, start=1) if getattr(row, name) is not None]
    regular = [_cell(record, sheet, row, name) for name in columns[: max([sheet.regular_count, *filled])]]
    tests = [getattr(row, name, None) for name in PERIODIC_COLUMNS[: sheet.periodic_count]]
    weighted = "; ".join(words.mark(test) for test in tests if test is not None)
    midterm = _text(weighted) if weighted else _cell(record, sheet, row, "midterm")
    return tuple(regular), midterm, _cell(record, sheet, row, "final")


def _cell(record: ClassRecord, sheet: GradebookSheet, row: Any, name: str) -> Cell:
    """A mark; a corrected one with what was struck out (facts A12)."""
    text, place = words.mark(getattr(row, name, None)), (sheet.id, row.student_id, name)
    if place not in record.corrected:
        return _text(text)
    return PrintedMark(text, words.mark(parse_mark(record.corrected[place], kind=sheet.kind).value))


def _text(text: str) -> Cell:
    return PrintedMark(text) if text else None


def _year_line(record: ClassRecord, student: int, figure: SubjectFigure, _period: int) -> SlipLine:
    subject = record.subject_ids[figure.code]
    return SlipLine(
        subject=figure.name,
        term_1=words.mark(figure.term_1),
        term_2=words.mark(figure.term_2),
        result=words.subject_value(figure, figure.value),
        retest=words.mark(figure.retest),
        remark=record.remark(student, subject, 2),
    )


def _primary_line(record: ClassRecord, student: int, figure: SubjectFigure, period: int) -> SlipLine:
    subject = record.subject_ids[figure.code]
    return SlipLine(
        subject=figure.name,
        result=words.subject_value(figure, figure.value),
        final=_text(words.score(figure.test)),
        remark=record.remark(student, subject, 2 if period == YEAR else period),
    )


def _traits(record: ClassRecord, judged: Judged | None) -> tuple[tuple[str, str, str], ...]:
    levels = judged.facts.traits if judged else {}
    room = record.room
    shown = traits_shown(room.circular, room.grade, {code for code, level in levels.items() if level})
    return tuple(
        (group_name(room.circular, trait), trait.name, levels.get(trait.code) or "") for trait in shown
    )


def facts_of(record: ClassRecord, judged: Judged | None, period: int) -> tuple[tuple[str, str], ...]:
    """What the period came to, by the names of the circular."""
    circular, year = record.room.circular, period == YEAR
    result = judged.result if judged else None
    learning = words.mark(result.learning) if result else ""
    if circular in PRIMARY:
        if not year:
            return (("Số buổi nghỉ học", _sessions(record, judged, period)),)
        return (
            ("Số buổi nghỉ học", _sessions(record, judged, period)),
            (PRIMARY_LEVEL_NAME[circular], learning),
            ("Kết quả cuối năm", words.outcome_word(judged)),
            ("Khen thưởng", words.mark(result.title) if result else ""),
        )
    old = circular in CONDUCT
    training = words.mark(result.training) if result else ""
    if not training and judged is not None and not year:
        training = words.training_word(circular, judged.facts.training)
    found = [
        ("Học lực" if old else "Kết quả học tập", learning),
        ("Hạnh kiểm" if old else "Kết quả rèn luyện", training),
        ("Số buổi nghỉ học", _sessions(record, judged, period)),
    ]
    if old:
        found.insert(0, ("Điểm trung bình các môn", words.mark(result.average) if result else ""))
    if year:
        found.append(("Kết quả cuối năm", words.outcome_word(judged)))
    if result and result.title is not None:
        found.append(("Danh hiệu", words.mark(result.title)))
    return tuple(found)


def _sessions(record: ClassRecord, judged: Judged | None, period: int) -> str:
    """4 (có phép: 3; không phép: 1); blank where nobody has counted."""
    if judged is None:
        return ""
    terms = (1, 2) if period == YEAR else (period,)
    excused, unexcused = record.sessions(judged.pupil.student_id, terms)
    if not excused and not unexcused:
        return ""
    total = int(excused or 0) + int(unexcused or 0)
    return f"{total} (có phép: {excused or 0}; không phép: {unexcused or 0})" if total else "0"
