"""What waits for a person in signing papers, as parts of one statement for the landing pages."""

from datetime import date, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from app.domain.access import Action, Actor, Target, may, may_ever
from app.domain.signing import NOTICE, SigningRole
from app.models import (
    Authorisation,
    Certificate,
    Document,
    HomeroomAssignment,
    SchoolYear,
    Signature,
    SigningRound,
    StalePaper,
)
from app.models.base import in_force
from app.reports.contexts import PrintPurpose
from app.services.clock import local_day

RECENT: Final = timedelta(days=365)
"""Older prints are signed by who looks for them; nobody is reminded of them."""
PERIODIC: Final = PrintPurpose.PERIODIC.value
Condition = sa.ColumnElement[bool]


def current_papers() -> tuple[Condition, ...]:
    """SQL: kept papers that are neither stale nor followed by a newer print of the same."""
    later = aliased(Document)
    followed = sa.select(later.id).where(
        later.id > Document.id,
        later.form == Document.form,
        later.file.is_not(None),
        later.purpose == PERIODIC,
        *(
            getattr(later, name).is_not_distinct_from(getattr(Document, name))
            for name in ("unit_id", "school_year_id", "class_id", "student_id", "period", "purpose")
        ),
    )
    same_book = sa.or_(
        later.class_id.is_not(None), later.title == Document.title
    )  # a teacher's own has no class
    stale = sa.select(StalePaper.id).where(StalePaper.document_id == Document.id)
    return (
        Document.file.is_not(None),
        ~followed.where(same_book).correlate(Document).exists(),
        ~stale.correlate(Document).exists(),
    )


def papers_to_sign(actor: Actor, now: datetime) -> sa.Select[Any]:
    """How many current prints it is the person's turn to sign, with a certificate in force to do it with.

    Periodic papers go from the homeroom teacher to the head, all to the seal last.
    """
    day = local_day(now)
    own = _in_force(now, Certificate.person_id == actor.person_id)
    turns = [sa.and_(own, _leads(actor, day), *_unsigned(SigningRole.HOMEROOM_TEACHER))]
    if may_ever(actor, Action.PAPER_APPROVE):
        ready = sa.or_(
            Document.class_id.is_(None),
            Document.purpose != PERIODIC,
            _signed(SigningRole.HOMEROOM_TEACHER),
        )
        turns.append(sa.and_(own, _heads(actor, day), ready, *_unsigned(SigningRole.HEAD)))
    if may(actor, Action.PAPER_SEAL, Target()):
        seal = _in_force(now, Certificate.person_id.is_(None), Certificate.unit_id == actor.unit_id)
        turns.append(sa.and_(seal, _signed(SigningRole.HEAD), *_unsigned(SigningRole.SEAL)))
    return sa.select(sa.func.count(Document.label.distinct())).where(
        Document.unit_id == actor.unit_id,
        Document.made_at > now - RECENT,
        *current_papers(),
        sa.or_(*turns),
    )


def rounds_to_print(actor: Actor) -> sa.Select[Any]:
    """How many rounds of the school wait for their new print."""
    left = sa.select(StalePaper.id).where(
        StalePaper.round_id == SigningRound.id, StalePaper.replaced_by_id.is_(None)
    )
    return sa.select(sa.func.count(SigningRound.id)).where(
        SigningRound.unit_id == actor.unit_id,
        SigningRound.closed_at.is_(None),
        left.correlate(SigningRound).exists(),
    )


def expiring(actor: Actor, now: datetime) -> sa.Select[Any]:
    """How many of the own certificates, and of the school's seal for who manages it, end soon without one that follows."""
    whose = Certificate.person_id == actor.person_id
    if may(actor, Action.CERTIFICATE_MANAGE, Target()):
        whose = sa.or_(whose, sa.and_(Certificate.person_id.is_(None), Certificate.unit_id == actor.unit_id))
    after = aliased(Certificate)
    followed = sa.select(after.id).where(
        after.unit_id == Certificate.unit_id,
        after.person_id.is_not_distinct_from(Certificate.person_id),
        after.ended_at.is_(None),
        after.not_after > now + NOTICE,
    )
    return sa.select(sa.func.count(Certificate.id)).where(
        whose,
        Certificate.ended_at.is_(None),
        Certificate.not_after > now,
        Certificate.not_after <= now + NOTICE,
        ~followed.correlate(Certificate).exists(),
    )


def _in_force(now: datetime, *whose: Condition) -> Condition:
    valid = (Certificate.ended_at.is_(None), Certificate.not_before <= now, Certificate.not_after >= now)
    return sa.select(Certificate.id).where(*whose, *valid).exists()


def _signed(role: SigningRole) -> Condition:
    found = sa.select(Signature.id).where(Signature.document_id == Document.id, Signature.role == role)
    return found.correlate(Document).exists()


def _unsigned(role: SigningRole) -> tuple[Condition, ...]:
    """Neither by the role nor by one that comes after it."""
    return tuple(~_signed(other) for other in SigningRole if other.place >= role.place)


def _leads(actor: Actor, day: date) -> Condition:
    """A periodic paper of a class whose homeroom teacher the person is, or was last."""
    today = sa.literal(day, sa.Date)
    when: Any = sa.case(
        (SchoolYear.ends_on < today, SchoolYear.ends_on),
        (SchoolYear.starts_on > today, SchoolYear.starts_on),
        else_=today,
    )
    led = (
        sa.select(HomeroomAssignment.id)
        .join(SchoolYear, SchoolYear.id == Document.school_year_id)
        .where(
            HomeroomAssignment.class_id == Document.class_id,
            HomeroomAssignment.person_id == actor.person_id,
            in_force(HomeroomAssignment, when),
        )
    )
    return sa.and_(Document.purpose == PERIODIC, led.correlate(Document).exists())


def _heads(actor: Actor, day: date) -> Condition:
    authorised = sa.select(Authorisation.id).where(
        Authorisation.unit_id == actor.unit_id,
        Authorisation.person_id == actor.person_id,
        in_force(Authorisation, day),
    )
    return sa.true() if may(actor, Action.PAPER_APPROVE, Target()) else authorised.exists()
