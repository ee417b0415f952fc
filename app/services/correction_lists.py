"""Lists of corrections: what waits for whom, one's own, a unit's, those below; all within reach, set-based."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from app.domain.access import Actor
from app.domain.corrections import OPEN_STATES, Place, State
from app.domain.notes import NoteKind, Topic
from app.domain.vocabulary import Tier
from app.models import (
    CorrectionCell,
    CorrectionRequest,
    CorrectionStep,
    GradebookSheet,
    HomeroomAssignment,
)
from app.services import scope
from app.services.clock import clamp, local_day
from app.services.correction_seats import Staffing, load_staffing
from app.services.notes_entry import TEXT

PAGE: Final = 50
MOST_OPEN: Final = 300
"""Open requests looked through for those that wait for somebody."""


@dataclass(frozen=True)
class Listed:
    """One page of a list."""

    rows: tuple[CorrectionRequest, ...]
    page: int
    more: bool


def shown_with() -> tuple[Any, ...]:
    """What every list and page shows beside a request."""
    return (
        joinedload(CorrectionRequest.sheet).joinedload(GradebookSheet.subject),
        joinedload(CorrectionRequest.sheet).joinedload(GradebookSheet.group),
        joinedload(CorrectionRequest.school_class),
        joinedload(CorrectionRequest.subject),
        joinedload(CorrectionRequest.school_year),
        joinedload(CorrectionRequest.requested_by),
        joinedload(CorrectionRequest.unit),
        selectinload(CorrectionRequest.cells).joinedload(CorrectionCell.student),
        selectinload(CorrectionRequest.steps).joinedload(CorrectionStep.person),
    )


def is_open(request: CorrectionRequest, now: datetime) -> bool:
    """True while it waits for somebody; past its days it is over, whoever has looked or not."""
    return not request.state.over and request.expires_at > now


def state_of(request: CorrectionRequest, now: datetime) -> State:
    """The state to be shown at an instant."""
    return request.state if request.state.over or is_open(request, now) else State.EXPIRED


def waiting_for(session: Session, actor: Actor, now: datetime) -> list[CorrectionRequest]:
    """Open requests in which the actor may take a seat, or name who certifies, now; the nearest end first."""
    if actor.person_id is None or actor.is_unit_admin or actor.unit_id is None:
        return []
    day = local_day(now)
    mine = (
        CorrectionRequest.unit_id == actor.unit_id
        if actor.tier is Tier.SCHOOL
        else CorrectionRequest.upper_unit_id == actor.unit_id
    )
    query = (
        scope.scoped(actor, CorrectionRequest, day)
        .where(mine, CorrectionRequest.state.in_(OPEN_STATES), CorrectionRequest.expires_at > now)
        .options(*shown_with())
        .order_by(CorrectionRequest.expires_at, CorrectionRequest.id)
        .limit(MOST_OPEN)
    )
    rows = session.scalars(query).unique().all()
    if not rows:
        return []
    base = load_staffing(session, actor.unit_id, None, day)
    if actor.tier is not Tier.SCHOOL:
        base = replace(base, own={}, staff=frozenset(), above=base.office)
    led = _homeroom(session, rows)
    return [row for row in rows if actor.person_id in replace(base, homeroom=led(row, day)).waiting(row)]


def _homeroom(session: Session, rows: Sequence[CorrectionRequest]) -> Any:
    """(request, today) → the homeroom teachers of its class on its own days; one statement for all."""
    classes = {row.class_id for row in rows if row.class_id is not None}
    query = sa.select(HomeroomAssignment).where(HomeroomAssignment.class_id.in_(classes))
    known: dict[int, list[HomeroomAssignment]] = {}
    for found in session.scalars(query) if classes else ():
        known.setdefault(found.class_id, []).append(found)

    def of(row: CorrectionRequest, today: date) -> frozenset[int]:
        day = clamp(today, row.school_year.starts_on, row.school_year.ends_on)
        return frozenset(
            a.person_id
            for a in known.get(row.class_id or 0, [])
            if a.starts_on <= day and (a.ends_on is None or a.ends_on >= day)
        )

    return of


def mine(session: Session, actor: Actor, page: int, day: date) -> Listed:
    """What the actor has asked for, newest first."""
    return _listed(session, actor, day, page, CorrectionRequest.requested_by_id == actor.person_id)


def of_unit(session: Session, actor: Actor, year_id: int, page: int, day: date) -> Listed:
    """Corrections of the actor's own school in a year, as far as they are within reach."""
    own = (CorrectionRequest.unit_id == actor.unit_id, CorrectionRequest.school_year_id == year_id)
    return _listed(session, actor, day, page, *own)


def below(session: Session, actor: Actor, year_id: int, page: int, day: date, *, closed: bool) -> Listed:
    """Corrections of the units below in a year; `closed`: of closed data alone, of which an office is told."""
    where = [CorrectionRequest.unit_id != actor.unit_id]
    if closed:
        where.append(CorrectionRequest.closed.is_not(None))
    else:
        where.append(CorrectionRequest.school_year_id == year_id)
    return _listed(session, actor, day, page, *where)


def _listed(session: Session, actor: Actor, day: date, page: int, *where: Any) -> Listed:
    page = max(page, 1)
    query = (
        scope.scoped(actor, CorrectionRequest, day)
        .where(*where)
        .options(*shown_with())
        .order_by(CorrectionRequest.id.desc())
        .limit(PAGE + 1)
        .offset((page - 1) * PAGE)
    )
    rows = session.scalars(query).unique().all()
    return Listed(tuple(rows[:PAGE]), page, len(rows) > PAGE)


def open_request(session: Session, actor: Actor, correction_id: int, now: datetime) -> CorrectionRequest:
    """A request within reach with all a page shows; raises NotFound."""
    scope.get(session, actor, CorrectionRequest, correction_id, local_day(now))
    options = (
        *shown_with(),
        joinedload(CorrectionRequest.sheet).joinedload(GradebookSheet.school_class),
        joinedload(CorrectionRequest.upper_unit),
        joinedload(CorrectionRequest.certifier),
        selectinload(CorrectionRequest.steps).joinedload(CorrectionStep.user),
        selectinload(CorrectionRequest.steps).joinedload(CorrectionStep.unit),
        selectinload(CorrectionRequest.steps).joinedload(CorrectionStep.authorisation),
    )
    query = sa.select(CorrectionRequest).where(CorrectionRequest.id == correction_id).options(*options)
    return session.scalars(query.execution_options(populate_existing=True)).unique().one()


def staffing_of(session: Session, request: CorrectionRequest, now: datetime) -> Staffing:
    """The people who could sit in a request today."""
    day, year = local_day(now), request.school_year
    class_day = clamp(day, year.starts_on, year.ends_on)
    return load_staffing(session, request.unit_id, request.class_id, day, class_day)


def corrected_in_year(session: Session, class_id: int) -> dict[tuple[int, int, str], str | None]:
    """Cells of a class's year that corrections have changed: (subject or 0, student, column) → the value struck out last.

    One statement.
    """
    query = (
        sa.select(
            CorrectionRequest.subject_id,
            CorrectionCell.student_id,
            CorrectionCell.column,
            CorrectionCell.old,
        )
        .join(CorrectionRequest, CorrectionRequest.id == CorrectionCell.request_id)
        .where(
            CorrectionRequest.class_id == class_id,
            CorrectionRequest.place == Place.YEAR,
            CorrectionRequest.state == State.APPLIED,
        )
        .order_by(CorrectionRequest.finished_at, CorrectionRequest.id)
    )
    return {(subject or 0, who or 0, column): old for subject, who, column, old in session.execute(query)}


def corrected_notes(session: Session, class_id: int, kind: NoteKind) -> dict[tuple[int, str], str]:
    """Remarks of a kind that corrections have changed: (student, period) → what stood there before the newest one.

    One statement.
    """
    query = (
        sa.select(CorrectionRequest.topic, CorrectionCell.student_id, CorrectionCell.old)
        .join(CorrectionRequest, CorrectionRequest.id == CorrectionCell.request_id)
        .where(
            CorrectionRequest.class_id == class_id,
            CorrectionRequest.place == Place.NOTES,
            CorrectionRequest.state == State.APPLIED,
            CorrectionCell.column == TEXT,
        )
        .order_by(CorrectionRequest.finished_at, CorrectionRequest.id)
    )
    found: dict[tuple[int, str], str] = {}
    for text, student, old in session.execute(query):
        topic = Topic.read(text or "")
        if topic is not None and topic.kind is kind and student is not None:
            found[student, topic.period] = old or ""
    return found


def corrected_cells(session: Session, sheet_ids: Sequence[int]) -> dict[tuple[int, int, str], str | None]:
    """Cells of these sheets that corrections have changed: (sheet, student, column) → the value struck out last.

    Retests, which are printed with the sheets of term II, among them. One statement. The old value is the raw text of
    the newest applied correction.
    """
    request, cell, sheet = CorrectionRequest, CorrectionCell, GradebookSheet
    own = (
        sa.select(
            request.sheet_id.label("sheet"), cell.student_id, cell.column, cell.old, request.id.label("no")
        )
        .join(request, request.id == cell.request_id)
        .where(request.sheet_id.in_(sheet_ids), request.state == State.APPLIED)
    )
    of_year = sa.and_(
        sheet.subject_id == request.subject_id,
        sheet.school_year_id == request.school_year_id,
        sheet.term == 2,
    )
    retests = (
        sa.select(sheet.id, cell.student_id, cell.column, cell.old, request.id)
        .join(request, request.id == cell.request_id)
        .join(sheet, of_year)
        .where(sheet.id.in_(sheet_ids), request.place == Place.YEAR, request.state == State.APPLIED)
    )
    # Of one cell no two requests are open at once, so that they end in the order they were made.
    rows = session.execute(own.union_all(retests).order_by("no"))
    return {(found or 0, who or 0, column): old for found, who, column, old, _no in rows}
