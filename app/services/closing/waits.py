"""What waits for whom in confirming and closing, and the plan day, in one statement for the landing pages."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import Action, Actor, Target, may, may_ever
from app.domain.closing import IncidentState, ReopenState
from app.domain.policies import PolicyKey
from app.models import (
    GradebookSheet,
    Incident,
    MarkQuestion,
    ReopenRequest,
    TeachingAssignment,
)
from app.models.base import in_force
from app.services import scope
from app.services.clock import local_day
from app.services.closing.attest_due import attestations_due, decided_day
from app.services.closing.to_sign import SIGNS, proofs_of, stale_approvals, stale_of
from app.services.correction_counts import waiting_corrections
from app.services.signing.waiting import expiring, papers_to_sign, rounds_to_print

PAPERS: Final = (Action.PAPER_SIGN, Action.PAPER_APPROVE, Action.PAPER_SEAL)


@dataclass(frozen=True)
class Waits:
    """Reports for the board, questions for the teacher, proof-reading to sign in, requests to reopen, corrections."""

    incidents: int = 0
    questions: int = 0
    proofs: int = 0  # sheets and classes of a round of proof-reading to sign in
    stale: int = 0  # sheets and classes signed before their data changed
    approvals: int = 0  # classes approved before their data changed
    attestations: int = 0  # own sheets to be compared with the own book
    requests: int = 0
    corrections: int = 0
    papers: int = 0  # prints to sign electronically
    rounds: int = 0  # forms to print again for signing
    certificates: int = 0  # own certificates and seals that end soon
    plan_day: int | None = None  # day of the month, for who teaches where a unit has decided it


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
        wanted["plan_day"] = decided_day(actor, PolicyKey.PLAN_DAY, day)
        wanted["attestations"] = attestations_due(actor, day)
    if may_ever(actor, SIGNS) and actor.person_id is not None:
        wanted |= {"proofs": proofs_of(actor, day), "stale": stale_of(actor, day)}
    if may_ever(actor, Action.CLOSING_APPROVE) and actor.unit_id is not None:
        wanted["approvals"] = stale_approvals(actor, day)
    if may_ever(actor, Action.CLOSING_CONSENT):
        wanted["requests"] = _count(ReopenRequest.id).where(
            scope.condition(actor, ReopenRequest, day), ReopenRequest.state == ReopenState.WAITING
        )
    wanted |= _signing(actor, now)
    if not wanted:
        return Waits()
    row = session.execute(sa.select(*(query.scalar_subquery().label(k) for k, query in wanted.items()))).one()
    return Waits(**row._mapping)


def _signing(actor: Actor, now: datetime) -> dict[str, Any]:
    wanted: dict[str, Any] = {}
    if may_ever(actor, PAPERS) and actor.person_id is not None and actor.unit_id is not None:
        wanted |= {"papers": papers_to_sign(actor, now), "certificates": expiring(actor, now)}
    if may(actor, Action.RECORD_ISSUE, Target()):
        wanted["rounds"] = rounds_to_print(actor)
    return wanted


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
