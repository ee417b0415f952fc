"""What waits for whom in confirming and closing, counted in one statement for the landing pages."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import Action, Actor, may_ever
from app.domain.closing import Act, IncidentState, ReopenState, Stage
from app.models import (
    Closing,
    ClosingStep,
    Confirmation,
    GradebookSheet,
    Incident,
    MarkQuestion,
    ReopenRequest,
    TeachingAssignment,
)
from app.models.base import in_force
from app.services import scope
from app.services.clock import local_day
from app.services.correction_counts import waiting_corrections


@dataclass(frozen=True)
class Waits:
    """Reports for the board, questions for the teacher, proof-reading to sign in, requests to reopen, corrections."""

    incidents: int = 0
    questions: int = 0
    proofs: int = 0
    requests: int = 0
    corrections: int = 0


def count_waits(session: Session, actor: Actor, now: datetime) -> Waits:
    """Counts of what waits for this person; one statement, none for who has no part in it."""
    day = local_day(now)
    wanted: dict[str, Any] = {}
    corrections = waiting_corrections(actor, now) if may_ever(actor, Action.CORRECTION_VIEW) else None
    if corrections is not None:
        wanted["corrections"] = corrections
    if may_ever(actor, Action.INCIDENT_HANDLE):
        wanted["incidents"] = _count(Incident.id).where(
            Incident.unit_id == actor.unit_id,
            Incident.state.in_([IncidentState.NEW, IncidentState.WORKING]),
        )
    if may_ever(actor, Action.QUESTION_ANSWER) and actor.person_id is not None:
        wanted["questions"] = _questions(actor, day)
        wanted["proofs"] = _proofs(actor)
    if may_ever(actor, Action.CLOSING_CONSENT):
        wanted["requests"] = _count(ReopenRequest.id).where(
            scope.condition(actor, ReopenRequest, day), ReopenRequest.state == ReopenState.WAITING
        )
    if not wanted:
        return Waits()
    row = session.execute(sa.select(*(query.scalar_subquery().label(k) for k, query in wanted.items()))).one()
    return Waits(**row._mapping)


def _count(column: Any) -> sa.Select[Any]:
    return sa.select(sa.func.count(column))


def _questions(actor: Actor, day: date) -> sa.Select[Any]:
    taught = (
        sa.select(TeachingAssignment.id)
        .join(
            GradebookSheet,
            sa.and_(
                GradebookSheet.group_id == TeachingAssignment.group_id,
                GradebookSheet.subject_id == TeachingAssignment.subject_id,
            ),
        )
        .where(
            GradebookSheet.id == MarkQuestion.sheet_id,
            TeachingAssignment.person_id == actor.person_id,
            in_force(TeachingAssignment, day),
        )
        .correlate(MarkQuestion)
        .exists()
    )
    return _count(MarkQuestion.id).where(MarkQuestion.unit_id == actor.unit_id, MarkQuestion.open, taught)


def _proofs(actor: Actor) -> sa.Select[Any]:
    """Rounds of proof-reading of the unit, not closed yet, in which the person has signed nothing."""
    closed = sa.select(Closing.id).where(
        Closing.unit_id == ClosingStep.unit_id,
        Closing.school_year_id == ClosingStep.school_year_id,
        Closing.term == ClosingStep.term,
        Closing.turn >= ClosingStep.turn,
    )
    signed = sa.select(Confirmation.id).where(
        Confirmation.unit_id == ClosingStep.unit_id,
        Confirmation.school_year_id == ClosingStep.school_year_id,
        Confirmation.person_id == actor.person_id,
        Confirmation.act == Act.CONFIRMED,
        Confirmation.signed_at >= ClosingStep.done_at,
    )
    return _count(ClosingStep.id).where(
        ClosingStep.unit_id == actor.unit_id,
        ClosingStep.step == Stage.PROOF_OPENED,
        ~closed.correlate(ClosingStep).exists(),
        ~signed.correlate(ClosingStep).exists(),
    )
