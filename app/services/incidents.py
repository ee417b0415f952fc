"""Reports of trouble from teachers to Ban quản trị: sent, answered, closed; every message stays.

S0 Điều 7 khoản 4, Điều 8 khoản 3; S1 Điều 3 khoản 5.5; S4 Điều 14 khoản 4.
"""

from collections.abc import Sequence
from datetime import date
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.domain.access import Action, Actor, Target, may
from app.domain.closing import IncidentState
from app.domain.vocabulary import Role
from app.errors import N_, Forbidden, Invalid
from app.models import AdminBoard, AdminBoardMember, GradebookSheet, Incident, IncidentMessage, Position
from app.models.base import in_force
from app.services import scope
from app.services.clock import Clock, local_day
from app.services.notices import tell
from app.services.rights import demand
from app.services.typed import one_line, paragraphs
from app.services.unit_of_work import Work, transaction

MOST: Final = 200
MOST_TITLE: Final = 160
MOST_TEXT: Final = 2000
NO_TITLE: Final = N_("Say in a few words what has happened.")
NO_TEXT: Final = N_("Write something.")
NO_PERSON: Final = N_("This takes an account of a named person.")
OVER: Final = N_("This report is closed. Send a new one.")


def report(actor: Actor, title: str, text: str, sheet_id: int | None, *, clock: Clock) -> int:
    """Send a report; the board is told. Returns its id. Raises Forbidden, NotFound for a sheet out of reach, Invalid."""
    title, text = one_line(title, MOST_TITLE, NO_TITLE), paragraphs(text, MOST_TEXT, NO_TEXT)
    with transaction(actor, "incident.report", clock=clock) as work:
        demand(actor, Action.INCIDENT_REPORT, actor.unit_id)
        day = local_day(clock())
        if sheet_id is not None:
            scope.get(work.session, actor, GradebookSheet, sheet_id, day)
        row = Incident(
            unit_id=actor.unit_id,
            title=title,
            state=IncidentState.NEW,
            sheet_id=sheet_id,
            reported_at=work.now,
            reported_by_id=_person(actor),
        )
        work.session.add(row)
        work.flush()
        _say(work, row, text)
        url = f"/incidents/{row.id}"
        tell(
            work,
            board_people(work.session, row.unit_id, day),
            f"Báo cáo sự cố: {title}",
            f"{actor.full_name}: {text}",
            url,
        )
        return row.id


def answer(actor: Actor, incident_id: int, text: str, state: IncidentState, *, clock: Clock) -> None:
    """The board answers and sets the state, or the reporter adds a message, which makes an answered report new again.

    Raises NotFound out of reach, Invalid for an empty text or a closed report.
    """
    text = paragraphs(text, MOST_TEXT, NO_TEXT)
    with transaction(actor, "incident.answer", clock=clock) as work:
        row = scope.get(work.session, actor, Incident, incident_id, local_day(clock()), hold=True)
        handles = may(actor, Action.INCIDENT_HANDLE, Target(unit=actor.relation_to(row.unit_id)))
        if row.state is IncidentState.CLOSED:
            raise Invalid(OVER)
        if not handles and row.reported_by_id != actor.person_id:
            raise Forbidden(NO_PERSON)
        if not handles:
            state = IncidentState.NEW if row.state is IncidentState.ANSWERED else row.state
        row.state = state
        _say(work, row, text)
        if handles and row.reported_by_id != actor.person_id:
            url = f"/incidents/{row.id}"
            tell(
                work, [row.reported_by_id], f"Trả lời báo cáo: {row.title}", f"{actor.full_name}: {text}", url
            )


def load_incidents(session: Session, actor: Actor, day: date) -> Sequence[Incident]:
    """Reports within reach, those that wait first; two statements at most."""
    waiting = sa.case((Incident.state.in_([IncidentState.NEW, IncidentState.WORKING]), 0), else_=1)
    query = (
        scope.scoped(actor, Incident, day)
        .options(joinedload(Incident.reported_by))
        .order_by(waiting, Incident.id.desc())
        .limit(MOST)
    )
    return session.scalars(query).all()


def load_messages(session: Session, incident_id: int) -> Sequence[IncidentMessage]:
    """A report's messages, the oldest first; one statement."""
    query = (
        sa.select(IncidentMessage)
        .where(IncidentMessage.incident_id == incident_id)
        .options(joinedload(IncidentMessage.person))
        .order_by(IncidentMessage.id)
    )
    return session.scalars(query).all()


def board_people(session: Session, unit_id: int | None, day: date) -> list[int]:
    """Ban quản trị of a unit: by appointment, or by position where none is appointed; one statement."""
    seats = (
        sa.select(AdminBoardMember.person_id)
        .join(AdminBoard, AdminBoard.id == AdminBoardMember.board_id)
        .where(AdminBoard.unit_id == unit_id, in_force(AdminBoard, day))
    )
    posts = sa.select(Position.person_id).where(
        Position.unit_id == unit_id, Position.role == Role.SCHOOL_ADMIN, in_force(Position, day)
    )
    return list(session.scalars(sa.union(seats, posts)))


def _say(work: Work, row: Incident, text: str) -> None:
    work.session.add(
        IncidentMessage(
            incident_id=row.id,
            written_at=work.now,
            person_id=_person(work.actor),
            user_id=work.actor.user_id,
            state=row.state,
            text=text,
        )
    )
    work.audit("incident.message", target=row, state=row.state.value)


def _person(actor: Actor) -> int:
    if actor.person_id is None:
        raise Forbidden(NO_PERSON)
    return actor.person_id
