"""Corrected cells and their places in the reader's words: what they are called, hold, and may be chosen from."""

from collections.abc import Callable
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from app.domain.assessment.registry import PRIMARY
from app.domain.attendance import EXCUSED, THERE, TWO, UNEXCUSED
from app.domain.cell_values import choices
from app.domain.corrections import Place
from app.domain.notes import Topic
from app.domain.sheet_forms import CellKind
from app.domain.vocabulary import SubjectKind
from app.domain.year_decisions import Field, field_of
from app.models import GradebookSheet
from app.services.correction_columns import Placed, column_name, trait_name, value_name
from app.services.notes_entry import REACHED
from app.services.retests import LEVEL, cell_kind
from app.services.sheet_cells import sheet_cells
from app.services.year_decisions import words_of
from app.views import attendance_texts, notes_texts, year_texts
from app.views.sheet_heads import heads, subject_name

TERMS = ("", "I", "II")
SIGNS = [EXCUSED, UNEXCUSED]
Option = tuple[str, str]


def place_title(row: Placed) -> str:
    """Toán 7A · học kì I; Kiểm tra lại, Toán · lớp 8A · cả năm; Nhận xét tháng · Tháng 11/2026 · lớp 7A."""
    if row.sheet is not None:
        return f"{subject_name(row.sheet)} {row.sheet.group.name} · " + _("Term %(n)s", n=TERMS[row.term])
    room = _("class %(name)s", name=row.school_class.name if row.school_class else "")
    if row.place is Place.YEAR:
        what = f"{_again(row)}, {row.subject.name}" if row.subject else _("Decisions of the year")
        return notes_texts.joined((what, room, _("Whole year")))
    if row.place is Place.ATTENDANCE:
        return notes_texts.joined((_("Attendance"), notes_texts.code_title(row.topic or ""), room))
    topic = Topic.read(row.topic or "")
    if topic is None:
        return room
    about = row.subject.name if row.subject else notes_texts.area_title(topic.area)
    period = notes_texts.code_title(topic.period)
    return notes_texts.joined((notes_texts.kind_title(topic.kind), about, period, room))


def _again(row: Placed) -> str:
    primary = row.school_class is not None and row.school_class.circular in PRIMARY
    return _("Supplementary assessment") if primary else _("Retests")


def place_url(row: Placed) -> str:
    """The page the cells stand on."""
    if row.sheet is not None:
        return url_for("GradebookView.sheet", sheet_id=row.sheet.id)
    class_id = row.school_class.id if row.school_class else 0
    if row.place is Place.ATTENDANCE:
        return url_for("AttendanceView.month", class_id=class_id, month=row.topic)
    topic = Topic.read(row.topic or "")
    if topic is None:
        return url_for("YearEntryView.form", class_id=class_id)
    asked: dict[str, Any] = {"period": topic.period, "area": topic.area}
    if row.subject is not None:
        asked["subject"] = row.subject.id
    return url_for(f"NotesView.{topic.kind.value}", class_id=class_id, **asked)


def titles(row: Placed) -> Callable[[str], str]:
    """Column → what it is called where it stands alone."""
    if row.sheet is not None:
        named = heads(row.sheet)
        return lambda column: named[column].full if column in named else column
    if row.place is Place.NOTES:
        return lambda column: _("Goal") if column == REACHED else _("Remark")
    if row.place is Place.ATTENDANCE:
        return lambda column: column_name(row, column)
    if row.subject is not None:
        return lambda column: _("Level reached") if column == LEVEL else _retest_title(row)
    return lambda column: _decision_title(row, column)


def _retest_title(row: Placed) -> str:
    primary = row.school_class is not None and row.school_class.circular in PRIMARY
    return _("test score") if primary else _("After retest")


def _decision_title(row: Placed, column: str) -> str:
    known = field_of(column)
    if known is None:
        return column
    field, part, is_reason = known
    title = year_texts.titles_of(field)[0]
    if part:
        return f"{trait_name(row, part)}: {title}"
    return ": ".join((title, _("Reason"))) if is_reason else title


def shown(row: Placed, column: str, raw: str | None) -> str:
    """A kept value as a page shows it; '' for blank."""
    if raw is None and row.place is Place.ATTENDANCE:
        return _("no absence")
    if raw is not None and row.place is Place.NOTES and column == REACHED:
        return notes_texts.level_title(raw == "yes")
    if raw is not None and row.place is Place.YEAR and column in (Field.HEAD, Field.RECOGNISED):
        return year_texts.value_text(raw, column, row.school_class.circular if row.school_class else "")
    return value_name(row, column, raw)


def is_text(row: Placed, column: str) -> bool:
    """True for cells that hold words of one's own."""
    if row.sheet is not None:
        return any(c.name == column and c.kind is CellKind.TEXT for c in sheet_cells(row.sheet))
    if row.place is Place.NOTES:
        return column != REACHED
    if row.place is Place.ATTENDANCE:
        return False
    return row.subject is None and not options(row, column)


def options(row: Placed, column: str) -> list[Option]:
    """(typed, shown) where one chooses; empty where one types."""
    if row.sheet is not None:
        return _sheet_options(row.sheet, column)
    if row.place is Place.NOTES:
        levels = [("yes", notes_texts.level_title(True)), ("no", notes_texts.level_title(False))]
        return levels if column == REACHED else []
    if row.place is Place.ATTENDANCE:
        return _day_options(row)
    circular = row.school_class.circular if row.school_class else ""
    if row.subject is not None:
        if cell_kind(circular, column) is CellKind.LEVEL:
            return [(value, word) for value, word in choices(CellKind.LEVEL)]
        passing = row.subject.kind is SubjectKind.COMMENT and circular not in PRIMARY
        return [(sign, sign) for sign in ("Đ", "CĐ")] if passing else []
    known = field_of(column)
    if known is None or known[2]:
        return []
    if known[0] is Field.RECOGNISED:
        return [("1", _("Yes"))]
    return [(str(word), year_texts.word_title(word)) for word in words_of(known[0], circular)]


def _day_options(row: Placed) -> list[Option]:
    """Every mark a day of the class can have."""
    two = row.school_class is not None and row.school_class.sessions == TWO
    marks = (
        [a + b for a in (EXCUSED, UNEXCUSED, THERE) for b in (EXCUSED, UNEXCUSED, THERE)] if two else SIGNS
    )
    return [(mark, f"{mark}: {attendance_texts.mark_words(mark)}") for mark in marks if mark.strip(THERE)]


def _sheet_options(sheet: GradebookSheet, column: str) -> list[Option]:
    cell = next(c for c in sheet_cells(sheet) if c.name == column)
    words = [word for _value, word in choices(cell.kind)] if cell.kind is not CellKind.MARK else []
    if cell.kind in (CellKind.LEVEL, CellKind.TRAIT):
        words = [value for value, _word in choices(cell.kind)]
    if cell.kind is CellKind.MARK and sheet.kind is SubjectKind.COMMENT:
        words = ["Đ", "CĐ"]
    return [(word, word) for word in words]
