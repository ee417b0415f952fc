"""Builds the Actor of a request: positions, board seat, groups, assignments and place in the tree, in one statement."""

import json
from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import Actor
from app.domain.offices import ADMIN_ROLE
from app.domain.vocabulary import Role, Tier, UnitKind
from app.models import (
    Account,
    AccountHolder,
    AdminBoard,
    AdminBoardMember,
    FamilyLink,
    HomeroomAssignment,
    Inspection,
    InspectionUnit,
    OrgParent,
    OrgUnit,
    Person,
    Position,
    SchoolClass,
    TeachingAssignment,
    TeachingGroup,
    UnitGroup,
    UnitGroupMember,
)
from app.models.base import in_force

MOST_TIERS = 8
"""Links followed upward at most: a circle in the data ends a query, not the server."""


def actor_for(
    session: Session,
    account: Account,
    day: date,
    *,
    session_id: int | None = None,
    address: str | None = None,
) -> Actor:
    """The facts about an account on `day`. An administrator account acts as its holder of that day, if any."""
    unit = account.unit
    facts = _Facts(_rows(session, account, unit.tier, day) if unit else [])
    person_id = facts.holder_id if account.is_unit_admin else account.person_id
    roles = set(facts.roles)
    # Who is there to inspect reads the units of inspections in force, whatever stands below and whatever groups allow.
    inspects = roles == {Role.INSPECTOR}
    below = facts.below & facts.inspected if inspects else facts.below
    if account.is_unit_admin and unit and facts.holder_id:
        roles = {ADMIN_ROLE[unit.tier]}
    if account.is_unit_admin and unit is None:  # the installer's account, until it has created the department
        roles = {Role.DEPARTMENT_ADMIN}
    return Actor(
        user_id=account.id,
        person_id=person_id,
        username=account.username,
        full_name=facts.holder_name
        if account.is_unit_admin and facts.holder_name
        else account.get_full_name(),
        unit_id=account.unit_id,
        unit_name=unit.short_name if unit else "",
        tier=unit.tier if unit else None,
        roles=frozenset(roles),
        rights=frozenset() if account.is_unit_admin or inspects else frozenset(facts.rights),
        titles=tuple(facts.titles),
        below=frozenset(below),
        above=tuple(unit_id for _depth, unit_id in sorted(facts.above)),
        keeps_marks=unit is None or unit.kind is not UnitKind.PRESCHOOL,
        reaches_all=facts.units == len(below - {account.unit_id}) + 1,
        session_id=session_id,
        address=address,
        is_unit_admin=account.is_unit_admin,
    )


class _Facts:
    """Rows of the facts query, sorted into what the Actor needs."""

    def __init__(self, rows: Any) -> None:
        self.roles: set[Role] = set()
        self.titles: list[str] = []
        self.rights: set[str] = set()
        self.below: set[int] = set()
        self.inspected: set[int] = set()
        self.above: set[tuple[int, int]] = set()
        self.units = 0
        self.holder_id: int | None = None
        self.holder_name: str | None = None
        for kind, number, text, extra in rows:
            getattr(self, f"_{kind}")(number, text, extra)

    def _role(self, _number: int, text: str, extra: str) -> None:
        self.roles.add(Role(text))
        if extra and extra not in self.titles:
            self.titles.append(extra)

    def _board(self, _number: int, text: str, _extra: str) -> None:
        self.roles.add(Role(text))

    def _group(self, _number: int, text: str, _extra: str) -> None:
        self.rights.update(json.loads(text))

    def _leads(self, _number: int, _text: str, _extra: str) -> None:
        self.roles.add(Role.TEAM_LEADER)

    def _homeroom(self, _number: int, _text: str, _extra: str) -> None:
        self.roles.add(Role.HOMEROOM_TEACHER)

    def _teaches(self, _number: int, _text: str, _extra: str) -> None:
        self.roles.add(Role.SUBJECT_TEACHER)

    def _family(self, _number: int, text: str, _extra: str) -> None:
        self.roles.add(Role(text))

    def _holder(self, number: int, text: str, _extra: str) -> None:
        self.holder_id, self.holder_name = number, text

    def _below(self, number: int, _text: str, _extra: str) -> None:
        self.below.add(number)

    def _inspects(self, number: int, _text: str, _extra: str) -> None:
        self.inspected.add(number)

    def _units(self, number: int, _text: str, _extra: str) -> None:
        self.units = number

    def _above(self, number: int, text: str, _extra: str) -> None:
        self.above.add((int(text), number))


def _rows(session: Session, account: Account, tier: Tier, day: date) -> Sequence[Any]:
    query = _facts_query(tier, account.is_unit_admin)
    values = {"account": account.id, "person": account.person_id, "unit": account.unit_id, "day": day}
    return session.execute(query, values).all()


def _row(kind: str, number: Any, text: Any, extra: Any = "") -> sa.Select[Any]:
    columns: list[Any] = [
        sa.literal(kind).label("kind"),
        sa.type_coerce(number, sa.Integer).label("number"),
        sa.cast(text, sa.String(2000)).label("text"),
        sa.cast(extra, sa.String(200)).label("extra"),
    ]
    return sa.select(*columns)


@cache
def _facts_query(tier: Tier, is_unit_admin: bool) -> sa.CompoundSelect[Any]:
    """Parameters: account, person, unit, day. Built once: every request of everybody asks it."""
    person, unit = sa.bindparam("person", type_=sa.Integer), sa.bindparam("unit", type_=sa.Integer)
    account, day = sa.bindparam("account", type_=sa.Integer), sa.bindparam("day", type_=sa.Date)
    up = ancestors(unit, day)
    selects = [_row("above", up.c.unit_id, up.c.depth)]
    if tier is not Tier.SCHOOL:
        selects.append(_row("below", descendants(unit, day).c.unit_id, ""))
        selects.append(_row("units", sa.func.count(OrgUnit.id), ""))
    if is_unit_admin:
        selects.append(
            _row("holder", AccountHolder.person_id, Person.full_name)
            .join(Person, Person.id == AccountHolder.person_id)
            .where(AccountHolder.user_id == account, in_force(AccountHolder, day))
        )
        return sa.union_all(*selects)
    selects += [
        _row("role", Position.unit_id, Position.role, Position.title).where(
            Position.person_id == person, Position.unit_id == unit, in_force(Position, day)
        ),
        _row("board", AdminBoard.unit_id, ADMIN_ROLE[tier].value)
        .join(AdminBoardMember, AdminBoardMember.board_id == AdminBoard.id)
        .where(AdminBoardMember.person_id == person, AdminBoard.unit_id == unit, in_force(AdminBoard, day)),
        _row("group", UnitGroup.id, UnitGroup.rights)
        .join(UnitGroupMember, UnitGroupMember.group_id == UnitGroup.id)
        .where(
            UnitGroupMember.person_id == person,
            UnitGroup.unit_id == unit,
            in_force(UnitGroup, day),
            in_force(UnitGroupMember, day),
        ),
        _row("leads", UnitGroup.id, "")
        .join(UnitGroupMember, UnitGroupMember.group_id == UnitGroup.id)
        .where(
            UnitGroupMember.person_id == person,
            UnitGroupMember.is_leader,
            UnitGroup.kind == "team",
            UnitGroup.unit_id == unit,
            in_force(UnitGroup, day),
            in_force(UnitGroupMember, day),
        ),
        *_at_school(account, person, unit, day),
    ]
    if tier is not Tier.SCHOOL:
        selects.append(
            _row("inspects", InspectionUnit.unit_id, "")
            .join(Inspection, Inspection.id == InspectionUnit.inspection_id)
            .where(Inspection.person_id == person, Inspection.unit_id == unit, in_force(Inspection, day))
        )
    return sa.union_all(*selects)


def _at_school(account: Any, person: Any, unit: Any, day: Any) -> tuple[sa.Select[Any], ...]:
    """Classes led and taught, and the students whose family the account is."""
    role = sa.case((FamilyLink.guardian_id.is_(None), Role.STUDENT.value), else_=Role.PARENT.value)
    return (
        _row("homeroom", HomeroomAssignment.class_id, "")
        .join(SchoolClass, SchoolClass.id == HomeroomAssignment.class_id)
        .where(
            HomeroomAssignment.person_id == person,
            SchoolClass.unit_id == unit,
            in_force(HomeroomAssignment, day),
        ),
        _row("teaches", sa.func.min(TeachingAssignment.id), "")
        .join(TeachingGroup, TeachingGroup.id == TeachingAssignment.group_id)
        .where(
            TeachingAssignment.person_id == person,
            TeachingGroup.unit_id == unit,
            in_force(TeachingAssignment, day),
        )
        .having(sa.func.count() > 0),
        _row("family", FamilyLink.student_id, role).where(
            FamilyLink.user_id == account, in_force(FamilyLink, day)
        ),
    )


Id = int | sa.BindParameter[int] | None
Day = date | sa.BindParameter[date]


def ancestors(unit_id: Id, day: Day) -> sa.CTE:
    """Units above `unit_id` on `day`: columns unit_id and depth (1 = the tier right above)."""
    links = (
        sa.select(OrgParent.parent_id.label("unit_id"), sa.literal(1).label("depth"))
        .where(OrgParent.unit_id == unit_id, in_force(OrgParent, day))
        .cte("ancestors", recursive=True)
    )
    return links.union_all(
        sa.select(OrgParent.parent_id, links.c.depth + 1).where(
            OrgParent.unit_id == links.c.unit_id, in_force(OrgParent, day), links.c.depth < MOST_TIERS
        )
    )


def descendants(unit_id: Id, day: Day) -> sa.CTE:
    """Units below `unit_id` on `day`; a unit that has ended stays below the one it ended under."""

    def link() -> sa.ColumnElement[bool]:
        ended = sa.and_(OrgUnit.ends_on < day, OrgParent.ends_on == OrgUnit.ends_on)
        return sa.and_(OrgUnit.id == OrgParent.unit_id, sa.or_(in_force(OrgParent, day), ended))

    links = (
        sa.select(OrgParent.unit_id.label("unit_id"))
        .join(OrgUnit, link())
        .where(OrgParent.parent_id == unit_id)
        .cte("descendants", recursive=True)
    )
    return links.union(
        sa.select(OrgParent.unit_id).join(OrgUnit, link()).join(links, OrgParent.parent_id == links.c.unit_id)
    )
