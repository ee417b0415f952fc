"""The tree of the demo: one Sở, one Phòng until 30/06/2025, two commune offices since, seven schools below them."""

from dataclasses import replace
from datetime import date

import sqlalchemy as sa

from app.demo.accounts import add_accounts
from app.demo.people import LONG_AGO, add_staff, member_of
from app.demo.plan import DISTRICTS_END, ONE_DAY
from app.demo.schools import (
    COMMUNE_OFFICES,
    DEPARTMENT,
    DISTRICT,
    MOVED_TO_COMMUNE,
    SCHOOLS,
    StaffSpec,
    UnitSpec,
)
from app.demo.world import School, World
from app.domain.access import SYSTEM
from app.models import Account, AccountHolder, OrgUnit, Person, Subject, SubjectPart
from app.services.org import NewUnit, add_department, add_unit, close_unit, place_unit
from app.services.people import add_position
from app.services.unit_of_work import Work, transaction

FOUNDED = date(2012, 8, 1)
RESOLUTION = "Nghị quyết về tổ chức chính quyền địa phương hai cấp"


def found(world: World) -> None:
    """Department, district and schools as they stood in 2023, with the staff of the two offices."""
    with transaction(SYSTEM, "demo.units", clock=world.clock) as work:
        department = _unit(work, world, DEPARTMENT, None, FOUNDED)
        district = _unit(work, world, DISTRICT, department, FOUNDED)
        for spec in SCHOOLS:
            school = _unit(work, world, spec, district if spec.under_district else department, FOUNDED)
            world.units[spec.code] = School(spec.code, school.id)
        for spec, unit in ((DEPARTMENT, department), (DISTRICT, district)):
            add_accounts(work, world, unit, add_staff(work, world, unit, spec), spec, LONG_AGO)
        world.subjects = {s.code: s.id for s in work.session.scalars(sa.select(Subject))}
        parts = sa.select(Subject.code, SubjectPart.code, SubjectPart.id).join(Subject)
        world.parts = {(subject, part): key for subject, part, key in work.session.execute(parts)}


def _unit(work: Work, world: World, spec: UnitSpec, parent: OrgUnit | None, starts_on: date) -> OrgUnit:
    new = NewUnit(
        code=spec.code,
        kind=spec.kind,
        name=spec.name,
        short_name=spec.short_name,
        starts_on=starts_on,
        levels=spec.levels,
        locality_code=spec.locality,
        address=spec.commune,
    )
    unit = add_unit(work, new, parent)
    for room in spec.rooms:
        add_department(work, unit, room, starts_on)
    world.count("units")
    return unit


def reorganise(world: World) -> None:
    """From 01/07/2025 communes stand where the district office stood; its staff goes to a commune."""
    with transaction(SYSTEM, "demo.reorganise", clock=world.clock, reason=RESOLUTION) as work:
        day = DISTRICTS_END + ONE_DAY
        units = {u.code: u for u in work.session.scalars(sa.select(OrgUnit))}
        offices = {s.code: _unit(work, world, s, units[DEPARTMENT.code], day) for s in COMMUNE_OFFICES}
        for spec in SCHOOLS:
            if spec.parent in offices:
                place_unit(work, units[spec.code], offices[spec.parent], day)
        work.flush()
        close_unit(work, units[DISTRICT.code], DISTRICTS_END, list(offices.values()), RESOLUTION)
        for spec in COMMUNE_OFFICES:
            _staff_office(work, world, offices[spec.code], spec)


def _staff_office(work: Work, world: World, office: OrgUnit, spec: UnitSpec) -> None:
    """New people, and those who come from the district office with their file."""
    coming = {post: key for key, (code, post) in MOVED_TO_COMMUNE.items() if code == spec.code}
    day = DISTRICTS_END + ONE_DAY
    fresh = replace(spec, staff=tuple(p for p in spec.staff if p.key not in coming))
    school = add_staff(work, world, office, fresh, day)
    moved = {
        post.key: _move(work, world, office, post, coming[post.key])
        for post in spec.staff
        if post.key in coming
    }
    work.flush()
    for post in spec.staff:
        if post.key in moved:
            school.staff[post.key] = member_of(spec, post, moved[post.key])
    add_accounts(work, world, office, school, spec, day)


def _move(work: Work, world: World, office: OrgUnit, post: StaffSpec, former_key: str) -> Person:
    """The person's file and a new post; the account of the abolished office ends."""
    former = world.units[DISTRICT.code].staff[former_key]
    person = work.session.get_one(Person, former.person_id)
    person.unit, person.title = office, post.title
    add_position(work, person, office, post.role, post.title, DISTRICTS_END + ONE_DAY)
    account = work.session.get_one(Account, former.account_id)
    account.active, account.disabled_reason = False, RESOLUTION
    for holder in work.session.scalars(sa.select(AccountHolder).where(AccountHolder.person_id == person.id)):
        holder.ends_on = DISTRICTS_END
        holder.user.active = False
    return person
