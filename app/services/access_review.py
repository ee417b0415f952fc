"""Who has access to a unit and by what, for its head to go through and sign each term (needs A3)."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.domain.access import Action, Actor
from app.domain.access_review import SENSITIVE, AccessFacts, AccessFlag, flags
from app.domain.vocabulary import Role
from app.errors import N_, Invalid
from app.models import (
    AccessReview,
    Account,
    AccountHolder,
    AdminBoard,
    AdminBoardMember,
    Delegation,
    FamilyLink,
    GradebookSheet,
    HomeroomAssignment,
    OrgUnit,
    Person,
    Position,
    SchoolClass,
    Student,
    TeachingAssignment,
    TeachingGroup,
    UnitGroup,
    UnitGroupMember,
)
from app.models.base import in_force
from app.services import scope
from app.services.clock import Clock, local_day
from app.services.rights import demand, unit_for
from app.services.typed import one_line
from app.services.unit_of_work import transaction
from app.services.years import Period

MOST_NOTE: Final = 500
CHANGED = N_("Accounts or rights have changed since the list was shown. Go through it once more.")
SAY_SOMETHING = N_("Write what you checked and what is to be changed.")


@dataclass(frozen=True)
class AccessLine:
    """One account with everything it may do and what stands out in it."""

    account_id: int
    username: str
    name: str
    active: bool
    is_unit_admin: bool
    last_sign_in: datetime | None
    roles: tuple[Role, ...]
    titles: tuple[str, ...]
    board: str | None  # the seat
    groups: tuple[tuple[str, tuple[str, ...]], ...]  # name and its rights
    teaches: bool
    delegations: int
    elsewhere: tuple[str, ...]  # names of other units
    family: tuple[str, ...]  # students whose published marks a family reads with it
    flags: frozenset[AccessFlag]

    @property
    def sensitive(self) -> bool:
        """True where one person may do what two should."""
        return bool(self.flags & SENSITIVE)


@dataclass(frozen=True)
class AccessList:
    """Everybody with an account of a unit, and the reviews of the chosen term, newest first."""

    unit: OrgUnit
    lines: Sequence[AccessLine]
    reviews: Sequence[AccessReview]
    digest: str

    @property
    def figures(self) -> dict[str, int]:
        """What the signature keeps beside the digest."""
        active = [line for line in self.lines if line.active]
        return {
            "accounts": len(self.lines),
            "active": len(active),
            "never_used": sum(AccessFlag.NEVER_USED in line.flags for line in active),
            "sensitive": sum(line.sensitive for line in active),
        }


@dataclass(frozen=True)
class UnitReview:
    """A unit below and its latest review of the term."""

    unit: OrgUnit
    review: AccessReview | None


def access_list(session: Session, actor: Actor, unit_id: int, period: Period, now: datetime) -> AccessList:
    """Every account of a unit, by name; ten statements. NotFound out of reach; Forbidden without the right."""
    day = local_day(now)
    unit = unit_for(session, actor, Action.ACCESS_REVIEW_VIEW, unit_id, day)
    lines = _lines(session, unit_id, day, now)
    reviews = session.scalars(
        sa.select(AccessReview)
        .where(
            AccessReview.unit_id == unit_id,
            AccessReview.school_year_id == period.year_id,
            AccessReview.term == period.term,
        )
        .options(joinedload(AccessReview.person))
        .order_by(AccessReview.id.desc())
    ).all()
    return AccessList(unit, lines, reviews, _digest(lines))


def sign_review(actor: Actor, period: Period, seen: str, note: str, *, clock: Clock) -> int:
    """The head signs the list as shown (`seen`: its digest). Returns the review's id.

    Forbidden for anybody else; Invalid when the list has changed meanwhile, or without words.
    """
    with transaction(actor, "access_review.sign", clock=clock) as work:
        demand(actor, Action.ACCESS_REVIEW, actor.unit_id)
        found = access_list(work.session, actor, actor.unit_id or 0, period, work.now)
        if found.digest != seen:
            raise Invalid(CHANGED)
        note = one_line(note, MOST_NOTE, SAY_SOMETHING, "note")
        row = AccessReview(
            unit_id=actor.unit_id,
            school_year_id=period.year_id,
            term=period.term,
            reviewed_at=work.now,
            person_id=actor.person_id,
            user_id=actor.user_id,
            note=note,
            digest=found.digest,
            figures=found.figures,
        )
        work.session.add(row)
        work.flush()
        work.audit("access_review.sign", target=row, reason=row.note)
        return row.id


def reviews_below(session: Session, actor: Actor, period: Period, day: date) -> list[UnitReview]:
    """Units below with their latest review of the term; those without one first. Two statements."""
    newest = (
        sa.select(sa.func.max(AccessReview.id))
        .where(AccessReview.school_year_id == period.year_id, AccessReview.term == period.term)
        .where(scope.condition(actor, AccessReview, day))
        .group_by(AccessReview.unit_id)
    )
    latest = {
        row.unit_id: row
        for row in session.scalars(
            sa.select(AccessReview)
            .where(AccessReview.id.in_(newest))
            .options(joinedload(AccessReview.person))
        )
    }
    units = session.scalars(
        sa.select(OrgUnit)
        .where(OrgUnit.id.in_(actor.below), in_force(OrgUnit, day))
        .order_by(OrgUnit.short_name)
    ).all()
    return sorted(
        (UnitReview(unit, latest.get(unit.id)) for unit in units), key=lambda line: line.review is not None
    )


def _lines(session: Session, unit_id: int, day: date, now: datetime) -> list[AccessLine]:
    rows = session.execute(
        sa.select(Account, Person.full_name)
        .outerjoin(Person, Person.id == Account.person_id)
        .where(Account.unit_id == unit_id)
        .order_by(Account.is_unit_admin.desc(), Person.sort_key, Account.id)
    ).all()
    holders = _holders(session, unit_id, day)
    people = {account.person_id for account, _name in rows if account.person_id}
    facts = _Facts(session, unit_id, people, day, now)
    return [facts.line(account, name, holders.get(account.id)) for account, name in rows]


class _Facts:
    """What each person may do in a unit, read for all of them at once."""

    def __init__(self, session: Session, unit_id: int, people: set[int], day: date, now: datetime) -> None:
        self.unit_id, self.now = unit_id, now
        self.positions = _grouped(
            session.execute(
                sa.select(Position.person_id, Position.role, Position.title, OrgUnit.id, OrgUnit.short_name)
                .join(OrgUnit, OrgUnit.id == Position.unit_id)
                .where(Position.person_id.in_(people), in_force(Position, day))
                .order_by(Position.id)
            )
        )
        self.board: dict[int | None, str] = dict(
            session.execute(
                sa.select(AdminBoardMember.person_id, AdminBoardMember.seat)
                .join(AdminBoard, AdminBoard.id == AdminBoardMember.board_id)
                .where(AdminBoard.unit_id == unit_id, in_force(AdminBoard, day))
            ).all()
        )
        self.groups = _grouped(
            session.execute(
                sa.select(UnitGroupMember.person_id, UnitGroup.name, UnitGroup.rights)
                .join(UnitGroup, UnitGroup.id == UnitGroupMember.group_id)
                .where(UnitGroup.unit_id == unit_id, in_force(UnitGroup, day), in_force(UnitGroupMember, day))
                .order_by(UnitGroup.name)
            )
        )
        self.delegations: dict[int | None, int] = dict(
            session.execute(
                sa.select(Delegation.person_id, sa.func.count())
                .join(GradebookSheet, GradebookSheet.id == Delegation.sheet_id)
                .where(
                    GradebookSheet.unit_id == unit_id, Delegation.starts_at <= now, Delegation.ends_at > now
                )
                .group_by(Delegation.person_id)
            ).all()
        )
        self.teaching = set(session.scalars(_teaching(unit_id, day)))
        self.families = _families(session, unit_id, day)

    def line(self, account: Account, name: str | None, holder: str | None) -> AccessLine:
        """One account."""
        person = account.person_id
        positions = self.positions.get(person, ())
        here = [row for row in positions if row.id == self.unit_id]
        groups = tuple((row.name, tuple(sorted(row.rights))) for row in self.groups.get(person, ()))
        family = tuple(self.families.get(account.id, ()))
        last = account.last_login.replace(tzinfo=UTC) if account.last_login else None
        facts = AccessFacts(
            active=bool(account.active),
            is_unit_admin=account.is_unit_admin,
            last_sign_in=last,
            roles=frozenset(row.role for row in here),
            on_board=person in self.board,
            teaches=person in self.teaching,
            delegations=self.delegations.get(person, 0),
            rights=frozenset(right for _name, rights in groups for right in rights),
            units=frozenset(row.id for row in positions),
            has_holder=holder is not None,
            family=bool(family),
        )
        return AccessLine(
            account_id=account.id,
            username=account.username,
            name=holder or name or account.get_full_name(),
            active=facts.active,
            is_unit_admin=account.is_unit_admin,
            last_sign_in=last,
            roles=tuple(sorted(facts.roles, key=list(Role).index)),
            titles=tuple(dict.fromkeys(row.title for row in here)),
            board=self.board.get(person),
            groups=groups,
            teaches=facts.teaches,
            delegations=facts.delegations,
            elsewhere=tuple(dict.fromkeys(row.short_name for row in positions if row.id != self.unit_id)),
            family=family,
            flags=flags(facts, self.now),
        )


def _holders(session: Session, unit_id: int, day: date) -> dict[int, str]:
    rows = session.execute(
        sa.select(AccountHolder.user_id, Person.full_name)
        .join(Person, Person.id == AccountHolder.person_id)
        .join(Account, Account.id == AccountHolder.user_id)
        .where(Account.unit_id == unit_id, in_force(AccountHolder, day))
    )
    return dict(rows.all())


def _families(session: Session, unit_id: int, day: date) -> Mapping[int, list[str]]:
    """By account: the students whose published marks it reads."""
    found: dict[int, list[str]] = {}
    for user_id, name in session.execute(
        sa.select(FamilyLink.user_id, Student.full_name)
        .join(Student, Student.id == FamilyLink.student_id)
        .join(Account, Account.id == FamilyLink.user_id)
        .where(Account.unit_id == unit_id, in_force(FamilyLink, day))
        .order_by(Student.sort_key, Student.id)
    ):
        found.setdefault(user_id, []).append(name)
    return found


def _teaching(unit_id: int, day: date) -> Any:
    """SELECT of everybody with a subject or a homeroom class of the unit on that day."""
    subjects = (
        sa.select(TeachingAssignment.person_id)
        .join(TeachingGroup, TeachingGroup.id == TeachingAssignment.group_id)
        .where(TeachingGroup.unit_id == unit_id, in_force(TeachingAssignment, day))
    )
    homerooms = (
        sa.select(HomeroomAssignment.person_id)
        .join(SchoolClass, SchoolClass.id == HomeroomAssignment.class_id)
        .where(SchoolClass.unit_id == unit_id, in_force(HomeroomAssignment, day))
    )
    return sa.union(subjects, homerooms)


def _grouped(rows: Any) -> Mapping[int | None, list[Any]]:
    found: dict[int | None, list[Any]] = {}
    for row in rows:
        found.setdefault(row.person_id, []).append(row)
    return found


def _digest(lines: Sequence[AccessLine]) -> str:
    """What is signed: who may do what. When somebody last signed in is no part of it."""
    plain = [
        (
            line.username, line.name, line.active, line.is_unit_admin, line.roles, line.board, line.groups,
            line.teaches, line.delegations, line.elsewhere, *([line.family] if line.family else ()),
        )
        for line in lines
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(plain, ensure_ascii=False).encode()).hexdigest()
