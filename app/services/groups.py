"""Teams, groups and sections of a unit (tổ, nhóm, bộ phận), with rights out of those their maker holds.

S0 Điều 13 khoản 2a, S1 Điều 3 khoản 3.1, S4 Điều 8 khoản 1. Entering marks is never among them: assignments give that.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import GRANTABLE, Action, Actor, may_ever
from app.domain.names import nfc
from app.errors import N_, Forbidden, Invalid
from app.models import UnitGroup, UnitGroupMember
from app.services import scope
from app.services.clock import Clock, local_day
from app.services.rights import demand
from app.services.staff import end_before, later, locked_unit, one_of_staff
from app.services.unit_of_work import transaction

TEAM, GROUP, SECTION = "team", "group", "section"
KINDS = (TEAM, GROUP, SECTION)
NO_KIND = N_("Choose what kind of group this is.")


def rights_to_give(actor: Actor) -> tuple[Action, ...]:
    """Rights the actor may put into a group: grantable ones the actor holds, in the order of the table."""
    return tuple(action for action in Action if action in GRANTABLE and may_ever(actor, action))


def define_group(
    actor: Actor, kind: str, name: str, rights: Iterable[str], *, clock: Clock, starts_on: date | None = None
) -> int:
    """A new group of the actor's own unit; returns its id.

    Forbidden without group.manage, and for a right the actor does not hold; Invalid for a name in use.
    """
    with transaction(actor, "group.define", clock=clock) as work:
        demand(actor, Action.GROUP_MANAGE, actor.unit_id)
        today = local_day(clock())
        unit = locked_unit(work, actor, actor.unit_id, today)
        name = _checked_name(work.session, unit.id, name)
        if kind not in KINDS:
            raise Invalid(NO_KIND, problems=(("kind", NO_KIND),))
        group = UnitGroup(
            unit=unit, kind=kind, name=name, rights=_own(actor, rights), starts_on=starts_on or today
        )
        work.session.add(group)
        work.flush()
        work.audit("group.define", target=group, name=name, rights=group.rights)
        return group.id


def change_group(actor: Actor, group_id: int, name: str, rights: Iterable[str], *, clock: Clock) -> None:
    """Another name or other rights for a group in force; again only rights the actor holds."""
    with transaction(actor, "group.change", clock=clock) as work:
        group = _group(work.session, actor, group_id, local_day(clock()))
        if name.strip() != group.name:
            group.name = _checked_name(work.session, group.unit_id, name)
        before = group.rights
        group.rights = _own(actor, rights)
        work.audit("group.change", target=group, name=group.name, before=before, rights=group.rights)


def end_group(actor: Actor, group_id: int, *, clock: Clock, from_day: date | None = None) -> None:
    """From `from_day` on (today unless said otherwise) the group and its memberships are over."""
    with transaction(actor, "group.end", clock=clock) as work:
        today = local_day(clock())
        group = _group(work.session, actor, group_id, today)
        day = from_day or today
        end_before(group, day)
        for member in work.session.scalars(_members(group.id, day)):
            end_before(member, day)
        work.audit("group.end", target=group, from_day=day.isoformat())


def add_member(
    actor: Actor,
    group_id: int,
    person_id: int,
    *,
    clock: Clock,
    is_leader: bool = False,
    starts_on: date | None = None,
) -> int:
    """Put somebody of the unit into a group from a day on; returns the membership's id.

    Invalid when the person is in it, or when it has a leader already. Leading a team is a role, so nobody makes
    oneself a leader (Forbidden).
    """
    with transaction(actor, "group.add_member", clock=clock) as work:
        today = local_day(clock())
        group = _group(work.session, actor, group_id, today)
        locked_unit(work, actor, group.unit_id, today)
        person = one_of_staff(work.session, group.unit_id, today, person_id)
        _own(actor, group.rights)  # membership gives these rights: nobody gives what they don't hold
        if is_leader and person_id == actor.person_id:
            raise Forbidden(N_("Nobody grants a role to oneself. Ask another administrator or the head."))
        start = starts_on or today
        for member in work.session.scalars(_members(group.id, start)):
            if member.person_id == person_id:
                raise Invalid(N_("%(name)s is in this group already."), name=person.full_name)
            if is_leader and member.is_leader:
                raise Invalid(N_("This group has a leader already. End that first."))
        member = UnitGroupMember(group=group, person=person, is_leader=is_leader, starts_on=start)
        work.session.add(member)
        work.flush()
        work.audit("group.add_member", target=group, person=person.full_name, leader=is_leader)
        return member.id


def remove_member(actor: Actor, member_id: int, *, clock: Clock, from_day: date | None = None) -> None:
    """From `from_day` on (today unless said otherwise) the person is no longer in the group; the past stays."""
    with transaction(actor, "group.remove_member", clock=clock) as work:
        today = local_day(clock())
        member = scope.get(work.session, actor, UnitGroupMember, member_id, today)
        demand(actor, Action.GROUP_MANAGE, member.group.unit_id)
        day = from_day or today
        if member.ends_on is not None and member.ends_on < day:
            raise Invalid(N_("This membership has ended already."))
        end_before(member, day)
        work.audit("group.remove_member", target=member.group, person=member.person.full_name)


def _group(session: Session, actor: Actor, group_id: int, day: date) -> UnitGroup:
    group = scope.get(session, actor, UnitGroup, group_id, day)
    demand(actor, Action.GROUP_MANAGE, group.unit_id)
    if group.ends_on is not None and group.ends_on < day:
        raise Invalid(N_("This group has ended."))
    return group


def _members(group_id: int, day: date) -> sa.Select[Any]:
    return sa.select(UnitGroupMember).where(UnitGroupMember.group_id == group_id, later(UnitGroupMember, day))


def _own(actor: Actor, rights: Iterable[str]) -> list[str]:
    """The rights, sorted; Forbidden when one of them is not the actor's to give."""
    wanted = set(rights)
    if not wanted <= {action.value for action in rights_to_give(actor)}:
        raise Forbidden(N_("A group can only have rights you hold yourself."))
    return sorted(wanted)


def _checked_name(session: Session, unit_id: int, name: str) -> str:
    plain = " ".join(nfc(name or "").split())
    problem = None
    if not plain:
        problem = N_("Write the group's name.")
    elif len(plain) > 120:
        problem = N_("The name is too long.")
    elif session.scalar(sa.select(UnitGroup.id).where(UnitGroup.unit_id == unit_id, UnitGroup.name == plain)):
        problem = N_("A group of this unit has or had this name. Choose another.")
    if problem:
        raise Invalid(problem, problems=(("name", problem),))
    return plain
