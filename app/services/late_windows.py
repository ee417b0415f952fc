"""Windows that open what the same unit's calendar had closed already: blank cells only, and the tiers above are told.

What a late window opens is decided by domain/locks.py. Here it is recognised when it is ordered, so that the form says it
first, those it binds read it in the notice, and nobody reopens a book unseen (needs A1, A4; S0 Điều 6.3, 11.4).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.exceptions import ExceptionKind
from app.domain.locks import end_of_day
from app.domain.vocabulary import CELL_COLUMNS, RETEST, WindowEffect, WindowMode
from app.domain.year_decisions import last_of_summer
from app.models import GradebookSheet, LockWindow, SchoolClass
from app.services.exceptions import tell_above
from app.services.lock_notices import scope_text, span, time_text, window_url
from app.services.unit_of_work import Work

BLANK_ONLY = "Chỉ nhập được ô trống; sửa điểm đã có phải qua đề nghị điều chỉnh."


@dataclass(frozen=True)
class Closed:
    """The window that had closed over the same cells, and when it did."""

    title: str
    at: datetime


def closed_before(session: Session, window: LockWindow, now: datetime) -> Closed | None:
    """What `window`, ordered at `now`, comes after: the round of its unit over the same cells that closed last.

    None for a plan made in time: rounds that follow one another, announced while the one before still runs. At most
    three statements.
    """
    if window.effect is not WindowEffect.OPEN or window.mode is WindowMode.EXCEPTION:
        return None
    earlier = [row for row in _openings_of(session, window) if _was_over(row, window, now)]
    classes, sheets = _grades(session, [window, *earlier]), _sheets(session, [window, *earlier])
    mine = _reach(window, classes, sheets)
    meeting = [row for row in earlier if _meet(mine, _reach(row, classes, sheets))]
    ends = [Closed(row.title, end) for row in meeting if (end := row.effective_close)]
    return max(ends, key=lambda closed: closed.at, default=None)


def tell_of_reopening(work: Work, window: LockWindow, closed: Closed) -> None:
    """Inside a transaction: a line to the tiers above that the unit opened again what its calendar had closed."""
    tell_above(
        work,
        window.owner_id,
        ExceptionKind.REOPENING,
        f"Mở lại sau khi đã đóng: {scope_text(work.session, window)}, {span(window.opens_at, window.closes_at)}. "
        f"Đợt “{closed.title}” đã đóng lúc {time_text(closed.at, ending=True)}. {BLANK_ONLY}",
        reason=window.reason,
        url=window_url(window),
    )


def outlasts_summer(window: LockWindow) -> bool:
    """True when it opens the retests of a school year after the next one has begun."""
    if window.effect is not WindowEffect.OPEN or RETEST not in window.columns:
        return False
    end = window.effective_close
    return end is None or end > end_of_day(last_of_summer(window.school_year.ends_on))


def tell_of_past_year(work: Work, window: LockWindow) -> None:
    """Inside a transaction: a line to the tiers above that results of a year that is over can be entered again."""
    tell_above(
        work,
        window.owner_id,
        ExceptionKind.REOPENING,
        f"Mở nhập kết quả đánh giá lại của năm học đã qua {window.school_year.label}: "
        f"{scope_text(work.session, window)}, {span(window.opens_at, window.effective_close)}.",
        reason=window.reason,
        url=window_url(window),
    )


def _openings_of(session: Session, window: LockWindow) -> list[LockWindow]:
    terms: sa.ColumnElement[bool] = sa.true()
    if window.term is not None:
        terms = sa.or_(LockWindow.term.is_(None), LockWindow.term == window.term)
    query = sa.select(LockWindow).where(
        LockWindow.owner_id == window.owner_id,
        LockWindow.school_year_id == window.school_year_id,
        LockWindow.book == window.book,
        LockWindow.effect == WindowEffect.OPEN,
        LockWindow.mode != WindowMode.EXCEPTION,
        terms,
    )
    return [row for row in session.scalars(query) if row is not window]


def _was_over(row: LockWindow, window: LockWindow, now: datetime) -> bool:
    """It held for a while, and was over when the other was ordered; the whole book locked, when the other begins."""
    end = row.effective_close
    if end is None or end <= row.opens_at:
        return False
    return end <= now or (row.mode is WindowMode.WHOLE_BOOK and end <= window.opens_at)


def _grades(session: Session, windows: Collection[LockWindow]) -> Mapping[int, int]:
    keys = {key for window in windows for key in window.class_ids}
    if not keys:
        return {}
    query = sa.select(SchoolClass.id, SchoolClass.grade).where(SchoolClass.id.in_(keys))
    return dict(session.execute(query).all())


def _sheets(session: Session, windows: Collection[LockWindow]) -> Mapping[int, Any]:
    keys = {window.sheet_id for window in windows if window.sheet_id is not None}
    if not keys:
        return {}
    sheet = GradebookSheet
    query = sa.select(sheet.id, sheet.class_id, sheet.grade, sheet.subject_id).where(sheet.id.in_(keys))
    return {row.id: row for row in session.execute(query)}


def _reach(
    window: LockWindow, grades: Mapping[int, int], sheets: Mapping[int, Any]
) -> dict[str, frozenset[Any]]:
    """What a window speaks of, axis by axis; an empty set means all of it."""
    sheet = sheets.get(window.sheet_id) if window.sheet_id is not None else None
    of_classes = {grades[key] for key in window.class_ids if key in grades}
    return {
        "columns": frozenset(window.columns or CELL_COLUMNS),  # retests are opened by name only
        "levels": frozenset(window.levels),
        "grades": frozenset([sheet.grade] if sheet else window.grades or of_classes),
        "classes": frozenset([sheet.class_id] if sheet and sheet.class_id else window.class_ids),
        "units": frozenset(window.unit_ids),
        "subjects": frozenset([sheet.subject_id] if sheet else window.subject_ids),
        "sheets": frozenset([sheet.id] if sheet else []),
        "students": frozenset(window.student_ids),
    }


def _meet(one: Mapping[str, frozenset[Any]], other: Mapping[str, frozenset[Any]]) -> bool:
    return all(not one[axis] or not other[axis] or one[axis] & other[axis] for axis in one)
