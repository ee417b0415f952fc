"""How many corrections wait for somebody, in one statement: for landing pages. `correction_lists.waiting_for` lists them."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from app.domain.access import Actor
from app.domain.corrections import STEP_OF, Seat, State
from app.domain.offices import ADMIN_ROLE, HEAD_ROLE
from app.domain.vocabulary import Role, Tier
from app.models import Authorisation, CorrectionRequest, CorrectionStep, HomeroomAssignment, SchoolYear
from app.models.base import in_force
from app.services.clock import local_day
from app.services.correction_seats import OFFICERS

Condition = sa.ColumnElement[bool]


def count_corrections(session: Session, actor: Actor, now: datetime) -> int:
    """Open requests that wait for the actor now."""
    query = waiting_corrections(actor, now)
    return 0 if query is None else session.scalar(query) or 0


def waiting_corrections(actor: Actor, now: datetime) -> sa.Select[int] | None:
    """The same as a query, to be counted together with other things; None for who never has a part."""
    if actor.person_id is None or actor.is_unit_admin or actor.tier is None:
        return None
    asked = _School(actor, local_day(now)) if actor.tier is Tier.SCHOOL else _Office(actor, local_day(now))
    return (
        sa.select(sa.func.count())
        .select_from(CorrectionRequest)
        .join(SchoolYear, SchoolYear.id == CorrectionRequest.school_year_id)
        .where(CorrectionRequest.expires_at > now, asked.mine(), sa.or_(*asked.seats()))
    )


def _names(column: Any, seat: Seat) -> Condition:
    """SQL: the JSON list of seats has this one."""
    return sa.cast(column, sa.String(400)).like(f'%"{seat.value}"%')


class _Asked:
    """What of a request decides whether it waits for this actor."""

    def __init__(self, actor: Actor, day: date) -> None:
        self.actor, self.day = actor, day
        self.person = actor.person_id

    def above(self, seat: Seat) -> Condition:
        return _names(CorrectionRequest.seats_above, seat)

    def taken(self, *where: Condition) -> Condition:
        step = sa.select(CorrectionStep.id).where(
            CorrectionStep.request_id == CorrectionRequest.id,
            CorrectionStep.step.in_(STEP_OF.values()),
            *where,
        )
        return step.correlate(CorrectionRequest).exists()

    def elsewhere(self) -> Condition:
        """Somebody without another part in the request."""
        return sa.and_(
            CorrectionRequest.requested_by_id != self.person,
            ~self.taken(CorrectionStep.person_id == self.person),
        )

    def waits(self, state: State, *where: Condition) -> Condition:
        return sa.and_(CorrectionRequest.state == state, *where)

    def witness(self, seat: Seat, *where: Condition) -> Condition:
        wanted = _names(CorrectionRequest.seats, seat)
        return self.waits(State.WITNESSING, wanted, ~self.taken(CorrectionStep.seat == seat), *where)

    def homeroom(self, person: int | None = None) -> Condition:
        """The class has a homeroom teacher (this one) besides the requester, on a day of the request's own year."""
        led, year = aliased(HomeroomAssignment), SchoolYear
        day = sa.case(
            (year.ends_on < self.day, year.ends_on),
            (year.starts_on > self.day, year.starts_on),
            else_=self.day,
        )
        found = sa.select(led.id).where(
            led.class_id == CorrectionRequest.class_id,
            led.starts_on <= day,
            sa.or_(led.ends_on.is_(None), led.ends_on >= day),
            led.person_id != CorrectionRequest.requested_by_id,
            *([] if person is None else [led.person_id == person]),
        )
        return found.correlate(CorrectionRequest, year).exists()

    def naming(self) -> Condition:
        """The head has yet to name who certifies."""
        return self.waits(
            State.CERTIFYING,
            CorrectionRequest.certifier_id.is_(None),
            ~self.above(Seat.CERTIFIER),
            ~self.homeroom(),
            self.elsewhere(),
        )


class _School(_Asked):
    def mine(self) -> Condition:
        return CorrectionRequest.unit_id == self.actor.unit_id

    def seats(self) -> list[Condition]:
        request, roles = CorrectionRequest, self.actor.roles
        certifies = sa.or_(
            request.certifier_id == self.person,
            sa.and_(request.certifier_id.is_(None), self.homeroom(self.person)),
        )
        found = [
            self.waits(State.CERTIFYING, ~self.above(Seat.CERTIFIER), self.elsewhere(), certifies),
            self.witness(Seat.ATTENDEE, request.requested_by_id == self.person),
        ]
        approves = self._may_approve()
        found.append(self.waits(State.APPROVING, ~self.above(Seat.APPROVER), self.elsewhere(), approves))
        found.append(sa.and_(self.naming(), ~self.above(Seat.APPROVER), approves))
        if roles & {Role.PRINCIPAL, Role.VICE_PRINCIPAL}:
            found.append(self.witness(Seat.LEADER, ~self.above(Seat.LEADER), self.elsewhere()))
        if Role.SCHOOL_ADMIN in roles:
            found.append(self.witness(Seat.BOARD, ~self.above(Seat.BOARD), self.elsewhere()))
        return found

    def _may_approve(self) -> Condition:
        if Role.PRINCIPAL in self.actor.roles:
            return sa.true()
        if Role.VICE_PRINCIPAL not in self.actor.roles:
            return sa.false()
        given = sa.select(Authorisation.id).where(
            Authorisation.unit_id == self.actor.unit_id,
            Authorisation.person_id == self.person,
            in_force(Authorisation, self.day),
        )
        return given.exists()


class _Office(_Asked):
    def mine(self) -> Condition:
        return CorrectionRequest.upper_unit_id == self.actor.unit_id

    def seats(self) -> list[Condition]:
        tier = self.actor.tier or Tier.DEPARTMENT
        leads, keeps = HEAD_ROLE[tier] in self.actor.roles, ADMIN_ROLE[tier] in self.actor.roles
        officer = bool(self.actor.roles & set(OFFICERS))
        found: list[Condition] = [sa.false()]
        if leads:
            found.append(self.waits(State.APPROVING, self.above(Seat.APPROVER), self.elsewhere()))
            found.append(self.waits(State.CONSENTING, self.elsewhere()))
            found.append(sa.and_(self.naming(), self.above(Seat.APPROVER)))
        if leads or officer:
            found.append(self.witness(Seat.LEADER, self.above(Seat.LEADER), self.elsewhere()))
        if keeps:
            found.append(self.witness(Seat.BOARD, self.above(Seat.BOARD), self.elsewhere()))
        if leads or keeps or officer:
            found.append(self.waits(State.CERTIFYING, self.above(Seat.CERTIFIER), self.elsewhere()))
        return found
