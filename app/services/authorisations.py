"""The head authorises a deputy to sign for the head on some days ("KT. HIỆU TRƯỞNG"; NĐ 30/2020/NĐ-CP)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.domain.access import Action, Actor, Target, may
from app.domain.vocabulary import Role
from app.errors import N_, Forbidden, Invalid
from app.models import Authorisation, Person, Position
from app.models.base import in_force
from app.services import scope
from app.services.clock import Clock, local_day
from app.services.notices import tell
from app.services.typed import one_line
from app.services.unit_of_work import transaction

ONLY_HEAD = N_("Only the head of the school authorises a deputy.")
NO_DEPUTY = N_("Choose a deputy head of your school in office today.")
NEEDS = N_("An authorisation has a number, the day it was signed, and a reason.")
WRONG_DAYS = N_("An authorisation begins today or later, and ends on a day after it begins.")
IS_OVER = N_("This authorisation is over.")


@dataclass(frozen=True)
class NewAuthorisation:
    """Which deputy, on which days (both inclusive), by which paper, and why."""

    person_id: int
    number: str
    signed_on: date
    starts_on: date
    ends_on: date
    reason: str


def authorise(actor: Actor, new: NewAuthorisation, *, clock: Clock) -> int:
    """Let a deputy approve for the head; returns the row's id. Raises Forbidden for anybody but the head, Invalid."""
    number, reason = one_line(new.number, 60), one_line(new.reason, 300)
    with transaction(actor, "authorisation.give", clock=clock, reason=reason) as work:
        day = local_day(work.now)
        if actor.person_id is None or not may(
            actor, Action.AUTHORISATION_GIVE, Target(unit=actor.relation_to(actor.unit_id))
        ):
            raise Forbidden(ONLY_HEAD)
        if not number or not reason or new.signed_on > day:
            raise Invalid(NEEDS)
        if not day <= new.starts_on <= new.ends_on:
            raise Invalid(WRONG_DAYS)
        if new.person_id not in {person.id for person in deputies_of(work.session, actor, day)}:
            raise Invalid(NO_DEPUTY)
        row = Authorisation(
            unit_id=actor.unit_id,
            person_id=new.person_id,
            given_by_id=actor.person_id,
            number=number,
            signed_on=new.signed_on,
            reason=reason,
            starts_on=new.starts_on,
            ends_on=new.ends_on,
        )
        work.session.add(row)
        work.flush()
        work.audit("authorisation.give", target=row, reason=reason, number=number)
        tell(
            work,
            (new.person_id,),
            f"Ủy quyền ký thay Hiệu trưởng số {number}",
            f"{actor.full_name} ủy quyền từ ngày {new.starts_on:%d/%m/%Y} đến hết ngày {new.ends_on:%d/%m/%Y}. "
            f"Lí do: {reason}.",
            "/corrections/",
        )
        return row.id


def end_authorisation(actor: Actor, authorisation_id: int, *, clock: Clock) -> None:
    """End it with yesterday: from now on the deputy no longer signs. Raises NotFound, Forbidden, Invalid when over."""
    with transaction(actor, "authorisation.end", clock=clock) as work:
        day = local_day(work.now)
        row = scope.get(work.session, actor, Authorisation, authorisation_id, day, hold=True)
        if not may(actor, Action.AUTHORISATION_GIVE, Target(unit=actor.relation_to(row.unit_id))):
            raise Forbidden(ONLY_HEAD)
        if row.ends_on is not None and row.ends_on < day:
            raise Invalid(IS_OVER)
        row.ends_on = day - timedelta(days=1)
        work.audit("authorisation.end", target=row)


def deputies_of(session: Session, actor: Actor, day: date) -> Sequence[Person]:
    """Deputy heads of the actor's school on a day, by name."""
    held = sa.select(Position.person_id).where(
        Position.unit_id == actor.unit_id, Position.role == Role.VICE_PRINCIPAL, in_force(Position, day)
    )
    return session.scalars(sa.select(Person).where(Person.id.in_(held)).order_by(Person.sort_key)).all()


def list_authorisations(session: Session, actor: Actor, day: date) -> Sequence[Authorisation]:
    """Authorisations of the actor's own school, newest first."""
    query = (
        scope.scoped(actor, Authorisation, day)
        .where(Authorisation.unit_id == actor.unit_id)
        .options(joinedload(Authorisation.person), joinedload(Authorisation.given_by))
        .order_by(Authorisation.starts_on.desc(), Authorisation.id.desc())
    )
    return session.scalars(query).all()
