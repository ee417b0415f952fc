"""Chốt kết quả kiểm tra tiến độ: what each teacher had to enter by a day, had entered, in time or late; then frozen.

S0 Điều 11 khoản 3, S1 Điều 5 khoản 3. Everything is counted from history as of the day and of each deadline, so that
filling the blanks later changes nothing; a second check is a new one beside the first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from io import BytesIO
from typing import Any, Final

import sqlalchemy as sa
from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from sqlalchemy.orm import Session, joinedload

from app.domain.access import Action, Actor
from app.domain.closing import CheckKind
from app.domain.locks import end_of_day
from app.domain.names import file_name
from app.domain.vocabulary import CELL_COLUMNS
from app.errors import N_, Forbidden, Invalid
from app.extensions import db
from app.models import GradebookSheet, ProgressCheck, ProgressCheckRow, SchoolYear
from app.services import scope
from app.services.clock import Clock, local_day
from app.services.closing.load import periods_of
from app.services.first_deadlines import FirstDeadlines
from app.services.past_locks import load_past
from app.services.progress import figures_query, load_sheets, of_period, roll_day
from app.services.progress_calendar import load_calendar, with_above
from app.services.progress_figures import SheetProgress
from app.services.rights import demand
from app.services.spreadsheets.writing import bold_cell, text_cell
from app.services.unit_of_work import record_event, transaction

MOST: Final = 100
COMING: Final = N_("A check is of a day that has come.")
NO_PERSON: Final = N_("This takes an account of a named person.")
OUTSIDE: Final = N_("This day lies in no term of the school year.")

Filled = Mapping[int, Mapping[str, int]]
"""By sheet and column: how many cells were filled."""


@dataclass(frozen=True)
class Part:
    """A teacher's part of one sheet: required cells by the day, entered, in time, late."""

    person_id: int | None
    teacher: str
    sort_key: str
    sheet: SheetProgress
    required: int
    entered: int
    on_time: int

    @property
    def late(self) -> int:
        """Entered by the day, but after the deadline."""
        return self.entered - self.on_time


def freeze(actor: Actor, year_id: int, kind: CheckKind, day: date, *, clock: Clock) -> int:
    """Freeze the check of a month or term as of the end of `day` (now, where that is today). Returns its id.

    Frozen again with nothing changed in between it is the same check.

    Raises Forbidden, NotFound, Invalid for a day to come or outside the terms.
    """
    with transaction(actor, "progress.freeze", clock=clock) as work:
        demand(actor, Action.PROGRESS_FREEZE, actor.unit_id)
        if actor.person_id is None or actor.unit_id is None:
            raise Forbidden(NO_PERSON)
        year = scope.get(work.session, actor, SchoolYear, year_id, local_day(clock()))
        work.close_epoch(actor.unit_id)
        if day > local_day(work.now):
            raise Invalid(COMING)
        as_of = min(end_of_day(day), work.now)
        parts, term = count(work.session, actor.unit_id, year, kind, day, as_of)
        rows = [_row(number, part) for number, part in enumerate(parts, start=1)]
        last = _last_check(work.session, actor.unit_id, year.id, kind, day)
        if last is not None and list(map(_figures, last.rows)) == list(map(_figures, rows)):
            return last.id
        check = ProgressCheck(
            unit_id=actor.unit_id,
            school_year_id=year.id,
            term=term,
            kind=kind,
            title=_title(kind, term, day),
            as_of=as_of,
            made_at=work.now,
            person_id=actor.person_id,
            user_id=actor.user_id,
        )
        check.rows = rows
        work.session.add(check)
        work.flush()
        work.audit("progress.freeze", target=check, rows=len(parts), title=check.title)
        return check.id


def _last_check(
    session: Session, unit_id: int, year_id: int, kind: CheckKind, day: date
) -> ProgressCheck | None:
    """The unit's newest check of the kind, where it is of the same day."""
    query = sa.select(ProgressCheck).where(
        ProgressCheck.unit_id == unit_id, ProgressCheck.school_year_id == year_id, ProgressCheck.kind == kind
    )
    found = session.scalars(query.order_by(ProgressCheck.id.desc()).limit(1)).one_or_none()
    same = found is not None and local_day(found.as_of - timedelta(microseconds=1)) == day
    return found if same else None


def _figures(row: ProgressCheckRow) -> tuple[Any, ...]:
    names = ("person_id", "class_id", "subject", "class_name", "required", "entered", "on_time", "late")
    return tuple(getattr(row, name) for name in names)


def count(
    session: Session, unit_id: int, year: SchoolYear, kind: CheckKind, day: date, as_of: datetime
) -> tuple[list[Part], int]:
    """Every teacher's part as of an instant, and the term of the day. One statement for each deadline that had passed.

    A column whose deadline has once passed keeps it, whatever window is opened later.
    """
    periods = periods_of(session, unit_id, year)
    term = next((n for n, p in periods.items() if p.terms[n].starts_on <= day <= p.terms[n].ends_on), None)
    if term is None:
        ended = [n for n, p in periods.items() if p.terms[n].ends_on < day]
        if not ended:
            raise Invalid(OUTSIDE)
        term = max(ended)
    period = periods[term]
    calendar = load_calendar(session, with_above(unit_id, day), period, day, as_of)
    sheets = load_sheets(session, calendar, (GradebookSheet.unit_id == unit_id,))
    where = (GradebookSheet.unit_id == unit_id, *of_period(period))
    roll = roll_day(period, day)
    first = FirstDeadlines(load_past(session, unit_id, year.id, term, day), year.id, term, as_of)
    dues = {sheet.sheet_id: first.of(sheet) for sheet in sheets}
    passed = {dues[s.sheet_id][c.column] for s in sheets for c in s.marks if c.column in dues[s.sheet_id]}
    figures = {at: _filled(session, where, roll, at) for at in sorted({*passed, as_of})}
    parts = [part for sheet in sheets for part in _parts(sheet, kind, dues[sheet.sheet_id], figures, as_of)]
    return sorted(
        parts, key=lambda part: (part.sort_key, part.sheet.class_order, part.sheet.subject_order)
    ), term


def _filled(session: Session, where: Sequence[Any], day: date, at: datetime) -> Filled:
    rows = session.execute(sa.select(figures_query(where, day, at)))
    return {row.sheet_id: {name: row._mapping[name] for name in CELL_COLUMNS} for row in rows}


def _parts(
    sheet: SheetProgress,
    kind: CheckKind,
    dues: Mapping[str, datetime],
    figures: Mapping[datetime, Filled],
    as_of: datetime,
) -> list[Part]:
    """Of a sheet, one part a teacher; of a month only what was due by then, of a term everything."""
    columns = [c for c in sheet.marks if kind is CheckKind.TERM or c.column in dues]
    people = sheet.teachers or (None,)
    found = []
    for teacher in people:
        own = [c for c in columns if teacher is None or teacher.covers(c.column)]
        if not own or not sheet.students:
            continue
        entered = on_time = 0
        for column in own:
            now = figures[as_of].get(sheet.sheet_id, {}).get(column.column, 0)
            due = dues.get(column.column, as_of)
            then = figures[due].get(sheet.sheet_id, {}).get(column.column, 0)
            entered += now
            on_time += min(now, then)
        required = sum(c.required for c in own)
        found.append(
            Part(
                person_id=teacher.person_id if teacher else None,
                teacher=teacher.full_name if teacher else "",
                sort_key=teacher.sort_key if teacher else "~",
                sheet=sheet,
                required=required,
                entered=entered,
                on_time=on_time,
            )
        )
    return found


def _row(number: int, part: Part) -> ProgressCheckRow:
    return ProgressCheckRow(
        order_no=number,
        person_id=part.person_id,
        class_id=part.sheet.class_id,
        teacher=part.teacher,
        class_name=part.sheet.class_name[:80],
        subject=part.sheet.subject,
        required=part.required,
        entered=part.entered,
        on_time=part.on_time,
        late=part.late,
    )


def _title(kind: CheckKind, term: int, day: date) -> str:
    return f"Tháng {day:%m/%Y}" if kind is CheckKind.MONTH else f"Học kì {'I' if term == 1 else 'II'}"


def load_checks(session: Session, unit_id: int, year_id: int) -> Sequence[ProgressCheck]:
    """The checks of a unit and year, the newest first; one statement."""
    query = (
        sa.select(ProgressCheck)
        .where(ProgressCheck.unit_id == unit_id, ProgressCheck.school_year_id == year_id)
        .options(joinedload(ProgressCheck.person))
        .order_by(ProgressCheck.id.desc())
        .limit(MOST)
    )
    return session.scalars(query).all()


def open_check(session: Session, actor: Actor, check_id: int, day: date) -> ProgressCheck:
    """A check within reach. NotFound, or Forbidden without the right to progress there."""
    found = scope.get(session, actor, ProgressCheck, check_id, day)
    demand(actor, Action.PROGRESS_VIEW, found.unit_id)
    return found


def export_check(actor: Actor, check_id: int, *, clock: Clock) -> tuple[str, bytes]:
    """Name and content of the check as a workbook; logged. Raises as `open_check`."""
    check = open_check(db.session(), actor, check_id, local_day(clock()))
    data = _workbook(check)
    name = file_name(f"tiến độ {check.title} {check.id}")
    record_event(actor, "progress.export", clock=clock, target=check, rows=len(check.rows))
    return f"{name}.xlsx", data


_HEADINGS: Final = ("STT", "Giáo viên", "Lớp", "Môn", "Phải nhập", "Đã nhập", "Đúng hạn", "Muộn", "Còn thiếu")


def _workbook(check: ProgressCheck) -> bytes:
    book = Workbook(write_only=True)
    page: Any = book.create_sheet("Kiểm tra tiến độ")
    page.freeze_panes = "C4"
    for index, width in enumerate((6, 30, 14, 28, 12, 12, 12, 12, 12), start=1):
        page.column_dimensions[get_column_letter(index)].width = width
    page.append([bold_cell(page, f"Kết quả kiểm tra tiến độ: {check.title}")])
    page.append([])
    page.append([bold_cell(page, heading) for heading in _HEADINGS])
    for row in check.rows:
        texts = (text_cell(page, text) for text in (row.teacher, row.class_name, row.subject))
        page.append(
            [
                row.order_no,
                *texts,
                row.required,
                row.entered,
                row.on_time,
                row.late,
                row.required - row.entered,
            ]
        )
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()
