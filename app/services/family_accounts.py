"""Who of a student's family has an account, and the one a guardian of a brother or sister has already."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import Action, Actor
from app.errors import N_, Invalid, NotFound
from app.models import Account, FamilyLink, Guardian, Student
from app.models.base import in_force
from app.services import scope
from app.services.clock import Clock, local_day
from app.services.families import HAS_ACCOUNT
from app.services.rights import demand
from app.services.staff import locked_unit
from app.services.unit_of_work import transaction

NOT_THE_SAME: Final = N_("This account is not of a guardian with the same name and phone or e-mail address.")


@dataclass(frozen=True)
class Offer:
    """An account that may be the same person's: a guardian's of another student of the school."""

    user_id: int
    username: str
    children: tuple[str, ...]


@dataclass(frozen=True)
class Member:
    """The student (`guardian_id` None) or a guardian, with the account, if any, and those that may be joined."""

    guardian_id: int | None
    name: str
    username: str | None
    offers: tuple[Offer, ...] = ()


def members(session: Session, student: Student, day: date) -> list[Member]:
    """The student first, then the guardians; two statements."""
    query = (
        sa.select(FamilyLink.guardian_id, Account.username)
        .join(Account, Account.id == FamilyLink.user_id)
        .where(FamilyLink.student_id == student.id)
    )
    accounts: dict[int | None, str] = dict(session.execute(query).all())
    waiting = [guardian for guardian in student.guardians if guardian.id not in accounts]
    offers = _offers(session, student, waiting, day)
    return [
        Member(None, student.full_name, accounts.get(None)),
        *(Member(g.id, g.full_name, accounts.get(g.id), offers.get(g.id, ())) for g in student.guardians),
    ]


def _offers(
    session: Session, student: Student, guardians: Sequence[Guardian], day: date
) -> Mapping[int, tuple[Offer, ...]]:
    """By guardian: accounts in use of guardians with the same name and the same phone or e-mail at the school."""
    if not guardians:
        return {}
    query = (
        sa.select(Guardian, FamilyLink.user_id, Account.username, Student.full_name)
        .join(FamilyLink, FamilyLink.guardian_id == Guardian.id)
        .join(Account, Account.id == FamilyLink.user_id)
        .join(Student, Student.id == Guardian.student_id)
        .where(
            Student.unit_id == student.unit_id,
            Student.id != student.id,
            Guardian.full_name.in_({guardian.full_name for guardian in guardians}),
            Account.active.is_(True),
            in_force(FamilyLink, day),
        )
        .order_by(Account.username, Student.sort_key)
    )
    found: dict[int, dict[tuple[int, str], list[str]]] = defaultdict(lambda: defaultdict(list))
    for other, user_id, username, child in session.execute(query):
        for guardian in guardians:
            if _same(guardian, other):
                found[guardian.id][user_id, username].append(child)
    return {
        guardian: tuple(Offer(*account, tuple(names)) for account, names in accounts.items())
        for guardian, accounts in found.items()
    }


def _same(one: Guardian, other: Guardian) -> bool:
    if one.full_name != other.full_name:
        return False
    phones, addresses = (_digits(one.phone), _digits(other.phone)), (_plain(one.email), _plain(other.email))
    return any(mine and mine == theirs for mine, theirs in (phones, addresses))


def _digits(phone: str | None) -> str:
    return "".join(sign for sign in phone or "" if sign.isdigit())


def _plain(address: str | None) -> str:
    return (address or "").strip().casefold()


def link_account(actor: Actor, student_id: int, guardian_id: int, user_id: int, *, clock: Clock) -> str:
    """Let a guardian's account of a brother or sister read this student's marks too; returns its name.

    Raises Forbidden without account.manage, NotFound for somebody else's guardian, Invalid where one has an account, or
    the account isn't one of those offered.
    """
    demand(actor, Action.ACCOUNT_MANAGE, actor.unit_id)
    with transaction(actor, "family.link", clock=clock) as work:
        day = local_day(clock())
        unit = locked_unit(work, actor, actor.unit_id, day)
        student = scope.get(work.session, actor, Student, student_id, day)
        if student.unit_id != unit.id:
            raise NotFound
        member = _one(members(work.session, student, day), guardian_id)
        if member.username is not None:
            raise Invalid(HAS_ACCOUNT)
        chosen = next((offer for offer in member.offers if offer.user_id == user_id), None)
        if chosen is None:
            raise Invalid(NOT_THE_SAME)
        link = FamilyLink(user_id=user_id, student_id=student.id, guardian_id=guardian_id, starts_on=day)
        work.session.add(link)
        work.flush()
        work.audit("family.link", target=link, username=chosen.username, student=student.id)
        return chosen.username


def _one(found: Iterable[Member], guardian_id: int) -> Member:
    member = next((member for member in found if member.guardian_id == guardian_id), None)
    if member is None:
        raise NotFound
    return member
