"""Whom a lock window binds, and what they are told (S4 Điều 15.3): one notice for each unit bound."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.units import grades_of, taught_levels
from app.domain.vocabulary import (
    CELL_COLUMNS,
    REGULAR_COLUMNS,
    RETEST,
    WINDOW_COLUMNS,
    Level,
    WindowEffect,
    WindowMode,
)
from app.models import GradebookSheet, LockWindow, OrgParent, OrgUnit, SchoolClass, Student, Subject
from app.models.base import in_force
from app.services.actors import descendants
from app.services.clock import VIETNAM
from app.services.notices import tell
from app.services.unit_of_work import Work

CALENDAR = "/locks/"
LONGEST_LIST = 12

TERMS = {None: "cả năm học", 1: "học kì I", 2: "học kì II"}
LEVELS = {
    Level.PRESCHOOL: "mầm non",
    Level.PRIMARY: "tiểu học",
    Level.LOWER_SECONDARY: "THCS",
    Level.UPPER_SECONDARY: "THPT",
    Level.CONTINUING_LOWER: "GDTX cấp THCS",
    Level.CONTINUING_UPPER: "GDTX cấp THPT",
}
COLUMNS = {
    **{column: f"TX{number}" for number, column in enumerate(REGULAR_COLUMNS, start=1)},
    "midterm": "ĐĐGgk",
    "final": "ĐĐGck",
    "comment": "Nhận xét",
    RETEST: "Đánh giá lại",
}


@dataclass(frozen=True)
class UnitBelow:
    """A unit under the owner on a day, with the one right above it."""

    unit: OrgUnit
    parent_id: int


def units_below(session: Session, unit_id: int, day: date) -> list[UnitBelow]:
    """Every unit that stands under `unit_id` on `day` and still exists, with its parent of that day; one statement."""
    below = descendants(unit_id, day)
    query = (
        sa.select(OrgUnit, OrgParent.parent_id)
        .join(below, below.c.unit_id == OrgUnit.id)
        .join(OrgParent, sa.and_(OrgParent.unit_id == OrgUnit.id, in_force(OrgParent, day)))
        .where(in_force(OrgUnit, day))
        .order_by(OrgUnit.short_name, OrgUnit.id)
    )
    return [UnitBelow(unit, parent_id) for unit, parent_id in session.execute(query)]


def binds(window: LockWindow, unit: OrgUnit) -> bool:
    """True when the window speaks about books this unit keeps."""
    if not unit.kind.is_school or (window.unit_ids and unit.id not in window.unit_ids):
        return False
    levels = [
        level
        for level in taught_levels(unit.kind, unit.levels)
        if not window.levels or level in window.levels
    ]
    if window.levels and not levels:
        return False
    grades = {grade for level in levels for grade in grades_of(level)}
    return not window.grades or not grades or bool(grades & set(window.grades))


def bound_units(window: LockWindow, owner: OrgUnit, below: Sequence[UnitBelow]) -> list[OrgUnit]:
    """The owner, the schools the window binds, and the offices between them, as the tree stands today."""
    if owner.kind.is_school:
        return [owner]
    schools = [item for item in below if binds(window, item.unit)]
    parents = {item.unit.id: item.parent_id for item in below}
    between: set[int] = set()
    for item in schools:
        parent: int | None = item.parent_id
        while parent is not None and parent != owner.id and parent not in between:
            between.add(parent)
            parent = parents.get(parent)
    offices = [item.unit for item in below if item.unit.id in between]
    return [owner, *offices, *(item.unit for item in schools)]


# -- what they are told: stored as it is sent, in Vietnamese -------------------------------------------------------


def window_url(window: LockWindow) -> str:
    """Where the window is shown."""
    return f"{CALENDAR}{window.id}"


def window_text(session: Session, window: LockWindow, owner: OrgUnit, ordered_by: str) -> str:
    """What the window does, from when to when, for whom, why, on whose order."""
    verb = "mở sổ" if window.effect is WindowEffect.OPEN else "khóa sổ"
    parts = [
        f"{owner.short_name} {verb} {span(window.opens_at, window.closes_at)}.",
        f"Phạm vi: {scope_text(session, window)}.",
    ]
    if window.effect is WindowEffect.OPEN:
        entered = window.mode is WindowMode.ENTERED_CELLS
        parts.append(
            "Hết hạn thì khóa các điểm đã nhập, ô trống vẫn mở."
            if entered
            else "Hết hạn thì khóa nhập liệu cả sổ."
        )
    parts.append(f"Căn cứ: {window.reason.rstrip('.')}. Người ra lệnh: {ordered_by}.")
    return " ".join(parts)


def tell_who_ordered(work: Work, person_id: int | None, what: str, body: str, url: str) -> None:
    """Inside a transaction: a notice to the leader in whose name somebody else has recorded an order, always."""
    if person_id is None or person_id == work.actor.person_id:
        return
    text = f"{work.actor.full_name} ({work.actor.username}) đã ghi lệnh này theo tên người nhận thông báo. {body}"
    tell(work, [person_id], f"Lệnh được ghi theo tên lãnh đạo: {what}", text, url)


def scope_text(session: Session, window: LockWindow) -> str:
    """Term, columns, levels, grades, classes and schools, in words."""
    parts = [TERMS.get(window.term, ""), columns_text(window.columns)]
    if window.levels:
        parts.append("cấp " + ", ".join(LEVELS[Level(level)] for level in window.levels))
    if window.grades:
        parts.append("khối " + ", ".join(str(grade) for grade in window.grades))
    if window.class_ids:
        rows = (
            sa.select(SchoolClass.name).where(SchoolClass.id.in_(window.class_ids)).order_by(SchoolClass.name)
        )
        parts.append("lớp " + short_list(list(session.scalars(rows))))
    if window.unit_ids:
        rows = (
            sa.select(OrgUnit.short_name).where(OrgUnit.id.in_(window.unit_ids)).order_by(OrgUnit.short_name)
        )
        parts.append(short_list(list(session.scalars(rows))))
    return "; ".join(part for part in [*parts, *_cell_parts(session, window)] if part)


def _cell_parts(session: Session, window: LockWindow) -> list[str]:
    """Subjects, the sheet and the students a window is limited to."""
    parts = []
    if window.subject_ids:
        names = sa.select(Subject.short_name).where(Subject.id.in_(window.subject_ids))
        parts.append("môn " + short_list(list(session.scalars(names.order_by(Subject.order_no)))))
    if window.sheet_id is not None:
        sheet = session.get_one(GradebookSheet, window.sheet_id)
        parts.append(f"sổ {sheet.subject.short_name} {sheet.group.name}")
    if window.student_ids:
        names = sa.select(Student.full_name).where(Student.id.in_(window.student_ids))
        parts.append(short_list(list(session.scalars(names.order_by(Student.sort_key)))))
    return parts


def columns_text(columns: Sequence[str]) -> str:
    """Columns by their official names."""
    chosen = [column for column in WINDOW_COLUMNS if column in columns]
    if not chosen or chosen == list(CELL_COLUMNS):
        return "mọi cột"
    if set(REGULAR_COLUMNS) <= set(chosen):
        chosen = ["regular", *(column for column in chosen if column not in REGULAR_COLUMNS)]
    return "cột " + ", ".join("ĐĐGtx" if column == "regular" else COLUMNS[column] for column in chosen)


def short_list(names: Sequence[str]) -> str:
    """Names in a row, the rest counted."""
    shown = ", ".join(names[:LONGEST_LIST])
    rest = len(names) - LONGEST_LIST
    return f"{shown} và {rest} tên nữa" if rest > 0 else shown


def span(opens_at: datetime, closes_at: datetime | None) -> str:
    """From when to when, as people say it."""
    if closes_at is None:
        return f"từ {time_text(opens_at)}, không hẹn ngày kết thúc"
    return f"từ {time_text(opens_at)} đến {time_text(closes_at, ending=True)}"


def time_text(moment: datetime, *, ending: bool = False) -> str:
    """17:00 ngày 13/11/2026 in Vietnam; an end at midnight is 24:00 of the day before."""
    local = moment.astimezone(VIETNAM)
    if ending and local.time() == time():
        return f"24:00 ngày {local - timedelta(days=1):%d/%m/%Y}"
    return f"{local:%H:%M} ngày {local:%d/%m/%Y}"
