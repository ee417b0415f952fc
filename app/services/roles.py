"""Roles people hold in a unit: granting, withdrawing, appointing heads. Dated positions, nothing is deleted.

A unit's administrators (and its head) grant the built-in roles of `GRANTED_ROLES` inside their own unit, never to
themselves; the tier above appoints who heads a unit; the head appoints the board (services.boards).
"""

from collections.abc import Mapping
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import Action, Actor
from app.domain.dates import format_date
from app.domain.names import nfc
from app.domain.offices import ADMIN_ROLE, GRANTED_ROLES, HEAD_ROLE
from app.domain.vocabulary import Role, Tier
from app.errors import N_, Forbidden, Invalid
from app.models import OrgUnit, Person, Position
from app.services import scope
from app.services.clock import Clock, local_day
from app.services.org import parent_on
from app.services.people import add_position
from app.services.rights import demand
from app.services.staff import NewPerson, chosen_person, end_before, later, locked_unit, one_of_staff
from app.services.unit_of_work import Work, transaction

NEEDS_DECISION = frozenset({Role.VICE_PRINCIPAL, Role.INSPECTOR})
NEEDS_END = frozenset({Role.INSPECTOR})
NOT_FOR_STAFF = frozenset({Role.PARENT, Role.STUDENT})
"""Parents and students have their roles from the student's file, not from a position."""

TITLES: Mapping[Role, str] = {
    Role.DEPARTMENT_LEADER: "Giám đốc Sở",
    Role.DEPARTMENT_OFFICER: "Chuyên viên Sở",
    Role.DISTRICT_LEADER: "Lãnh đạo đơn vị",
    Role.DISTRICT_OFFICER: "Chuyên viên",
    Role.PRINCIPAL: "Hiệu trưởng",
    Role.VICE_PRINCIPAL: "Phó Hiệu trưởng",
    Role.OFFICE_STAFF: "Nhân viên văn phòng",
    Role.IT_STAFF: "Nhân viên công nghệ thông tin",
    Role.TEAM_LEADER: "Tổ trưởng chuyên môn",
    Role.SUBJECT_TEACHER: "Giáo viên",
    Role.INSPECTOR: "Thành viên đoàn thanh tra",
}
"""Chức vụ written where the form leaves it empty: part of the record, so Vietnamese."""


def grantable_roles(tier: Tier | None) -> tuple[Role, ...]:
    """Roles a unit of this tier may grant to its staff, in the order of the vocabulary."""
    allowed = GRANTED_ROLES[tier] - NOT_FOR_STAFF if tier else frozenset()
    return tuple(role for role in Role if role in allowed)


def grant_role(
    actor: Actor,
    person_id: int,
    role: Role,
    *,
    clock: Clock,
    starts_on: date | None = None,
    ends_on: date | None = None,
    title: str | None = None,
    decision: str | None = None,
) -> int:
    """Give somebody of the actor's own unit a built-in role from a day on; returns the position's id.

    Forbidden without role.grant, for oneself, and for roles this unit can't grant (its head's, its administrators').
    Invalid when the person holds the role in that time already; an inspector's role needs its last day and a decision.
    """
    with transaction(actor, "role.grant", clock=clock, reason=decision) as work:
        demand(actor, Action.ROLE_GRANT, actor.unit_id)
        today = local_day(clock())
        unit = locked_unit(work, actor, actor.unit_id, today)
        if role not in grantable_roles(unit.tier):
            raise Forbidden(
                N_(
                    "This unit cannot grant this role: the tier above appoints heads, the head appoints the board."
                )
            )
        if person_id == actor.person_id:
            raise Forbidden(N_("Nobody grants a role to oneself. Ask another administrator or the head."))
        person = one_of_staff(work.session, unit.id, today, person_id)
        position = place_person(
            work, person, unit, role, starts_on or today, ends_on=ends_on, title=title, decision=decision
        )
        work.audit("role.grant", target=position, role=role.value, person=person.full_name)
        return position.id


def place_person(
    work: Work,
    person: Person,
    unit: OrgUnit,
    role: Role,
    start: date,
    *,
    ends_on: date | None,
    title: str | None,
    decision: str | None,
) -> Position:
    """Inside a transaction: the role from a day on, its days, decision and title checked; flushed, so that it has an id."""
    _check_terms(role, start, ends_on, decision)
    _check_free(work.session, person, unit.id, role, start, ends_on)
    words, number = _plain(title, 80) or TITLES[role], _plain(decision, 120) or None
    position = add_position(work, person, unit, role, words, start, ends_on=ends_on, decision=number)
    work.flush()
    return position


def _check_terms(role: Role, start: date, end: date | None, decision: str | None) -> None:
    problems = []
    if end is not None and end < start:
        problems.append(("ends_on", N_("The last day comes before the first.")))
    if role in NEEDS_END and end is None:
        problems.append(("ends_on", N_("This role needs its last day.")))
    if role in NEEDS_DECISION and not (decision or "").strip():
        problems.append(("decision", N_("Write the number and date of the decision.")))
    if problems:
        raise Invalid(problems[0][1], problems=tuple(problems))


def _check_free(
    session: Session, person: Person, unit_id: int, role: Role, start: date, end: date | None
) -> None:
    query = sa.select(Position.starts_on).where(
        Position.person_id == person.id,
        Position.unit_id == unit_id,
        Position.role == role,
        later(Position, start),
    )
    if end is not None:
        query = query.where(Position.starts_on <= end)
    if session.scalar(
        query.where(sa.or_(Position.ends_on.is_(None), Position.ends_on >= Position.starts_on)).limit(1)
    ):
        raise Invalid(N_("%(name)s holds this role in that time already."), name=person.full_name)


def withdraw_role(
    actor: Actor, position_id: int, *, clock: Clock, from_day: date | None = None, decision: str | None = None
) -> None:
    """From `from_day` (today unless said otherwise) the person holds the role no more; the past stays as it was.

    Forbidden for roles this unit can't grant; the head may also withdraw an administrator's position.
    """
    with transaction(actor, "role.withdraw", clock=clock, reason=decision) as work:
        today = local_day(clock())
        position = scope.get(work.session, actor, Position, position_id, today)
        demand(actor, Action.ROLE_GRANT, position.unit_id)
        if not may_withdraw(actor, position.role):
            raise Forbidden(N_("This unit's administrators did not grant this role and cannot withdraw it."))
        day = from_day or today
        if position.ends_on is not None and position.ends_on < day:
            raise Invalid(N_("This role has ended already."))
        end_before(position, day)
        work.audit("role.withdraw", target=position, role=position.role.value, from_day=day.isoformat())


def may_withdraw(actor: Actor, role: Role) -> bool:
    """Roles of GRANTED_ROLES for administrators and head; the administrators' own role for the head only."""
    if actor.tier is None:
        return False
    if role in grantable_roles(actor.tier):
        return True
    return role is ADMIN_ROLE[actor.tier] and HEAD_ROLE[actor.tier] in actor.roles


def appoint_head(
    actor: Actor,
    unit_id: int,
    holder: int | NewPerson,
    decision: str,
    *,
    clock: Clock,
    starts_on: date | None = None,
    title: str | None = None,
) -> int:
    """The tier right above appoints who heads a unit; the former head's position ends the day before. Returns its id.

    Forbidden unless the unit stands directly under the actor's (the department appoints its own). Invalid without a
    decision, or when that person heads the unit already.
    """
    with transaction(actor, "head.appoint", clock=clock, reason=decision) as work:
        today = local_day(clock())
        demand(
            actor,
            Action.HEAD_APPOINT,
            unit_id,
            directly_below=stands_right_below(work.session, actor, unit_id, today),
        )
        unit = locked_unit(work, actor, unit_id, today)
        if not _plain(decision, 120):
            missing = N_("Write the number and date of the decision.")
            raise Invalid(missing, problems=(("decision", missing),))
        person = chosen_person(work, unit, holder, today)
        role, start = HEAD_ROLE[unit.tier], starts_on or today
        _end_former_head(work.session, unit_id, role, person, start, today)
        words = _plain(title or person.title, 80) or TITLES[role]
        position = add_position(work, person, unit, role, words, start, decision=_plain(decision, 120))
        work.flush()
        work.audit("head.appoint", target=position, person=person.full_name, unit=unit.code)
        return position.id


def stands_right_below(session: Session, actor: Actor, unit_id: int, day: date) -> bool:
    """Is the actor's unit the parent of this one on `day`?"""
    parent = parent_on(session, unit_id, day)
    return parent is not None and parent.id == actor.unit_id


def _end_former_head(
    session: Session, unit_id: int, role: Role, person: Person, start: date, today: date
) -> None:
    query = sa.select(Position).where(
        Position.unit_id == unit_id, Position.role == role, later(Position, start)
    )
    for former in session.scalars(query):
        if former.person is person and former.starts_on <= start:
            raise Invalid(N_("%(name)s heads this unit already."), name=person.full_name)
        if start < former.starts_on <= today:
            early = N_(
                "%(name)s has headed the unit since %(day)s; the next head begins on that day or later."
            )
            since = format_date(former.starts_on)
            raise Invalid(early, problems=(("starts_on", early),), name=former.person.full_name, day=since)
        end_before(former, start)


def _plain(text: str | None, longest: int) -> str:
    return " ".join(nfc(text or "").split())[:longest]
