"""Remarks in the reader's words: kinds, periods, levels, and what stands in a line. Nothing here asks the database."""

from collections.abc import Iterable
from datetime import date

from flask_babel import gettext as _

from app.domain.assessment import preschool
from app.domain.notes import NoteKind, NotePeriod, Span, read_code

AREA_NAMES = {area.code: area.name for area in (*preschool.AREAS, *preschool.NURSERY_AREAS)}


def kind_title(kind: NoteKind) -> str:
    """Nhận xét tháng; Nhận xét nền nếp; Sổ theo dõi trẻ."""
    return {
        NoteKind.MONTHLY: _("Monthly remarks"),
        NoteKind.DISCIPLINE: _("Remarks on study habits"),
        NoteKind.DEVELOPMENT: _("Record of children's development"),
    }[kind]


def area_title(code: str | None) -> str:
    """Lĩnh vực phát triển, by its official name."""
    return AREA_NAMES.get(code or "", code or "")


def period_title(period: NotePeriod) -> str:
    """Tháng 11/2026; Tuần 12 (23/11–29/11/2026); Học kì I."""
    if period.span is Span.TERM:
        return _("Term %(n)s", n="I" if period.number == 1 else "II")
    if period.span is Span.MONTHLY:
        return _("Month %(month)s", month=f"{period.starts_on:%m/%Y}")
    days = f"{period.starts_on:%d/%m}–{period.ends_on:%d/%m/%Y}"
    return _("Week %(n)s (%(days)s)", n=period.number, days=days)


def code_title(code: str) -> str:
    """A period by its code alone, where the year's calendar is not at hand: a week by its Monday."""
    known = read_code(code)
    if known is None:
        return code
    span, first = known
    if span is Span.TERM or first is None:
        return _("Term %(n)s", n="I" if code == "T1" else "II")
    if span is Span.MONTHLY:
        return _("Month %(month)s", month=f"{first:%m/%Y}")
    return _("Week from %(day)s", day=f"{first:%d/%m/%Y}")


def code_order(code: str) -> tuple[date, str]:
    """Sorts codes by time; terms first, as they have no day of their own."""
    known = read_code(code)
    return (known[1] if known and known[1] else date.min), code


def level_title(reached: bool | None) -> str:
    """Đạt; Chưa đạt; empty where nothing is said."""
    if reached is None:
        return ""
    return _("Goal reached") if reached else _("Not reached yet")


def note_words(text: str | None, reached: bool | None) -> str:
    """Level and text in one line; empty for a blank remark."""
    return joined((level_title(reached), text or ""))


def joined(parts: Iterable[str]) -> str:
    """Parts that say something, with a dot between them."""
    return " · ".join(part for part in parts if part)
