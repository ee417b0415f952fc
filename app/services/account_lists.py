"""What the pages about accounts, roles, groups and boards show. Reading only; every query within the actor's reach."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from app.domain.access import Actor
from app.domain.names import fold
from app.domain.offices import HEAD_ROLE
from app.models import (
    Account,
    AccountHolder,
    AdminBoard,
    AdminBoardMember,
    AuditEvent,
    OrgParent,
    OrgUnit,
    Person,
    Position,
    UnitGroup,
    UnitGroupMember,
)
from app.models.base import in_force
from app.services import scope
from app.services.staff import GONE, belongs

PAGE = 50
STATES = ("active", "one_time", "disabled", "never")


@dataclass(frozen=True)
class AccountLine:
    """One account of a list. `last_sign_in` in UTC; `holder` for an administration account."""

    id: int
    username: str
    full_name: str
    unit_name: str
    is_unit_admin: bool
    state: str  # active · one_time (a new password is due) · disabled
    disabled_reason: str | None
    last_sign_in: datetime | None
    titles: tuple[str, ...]


@dataclass(frozen=True)
class Page:
    """One page of a list, with whether there is a next one."""

    lines: Sequence[Any]
    number: int
    has_next: bool


@dataclass(frozen=True)
class UnitLine:
    """A unit with who heads it and its administration account."""

    unit: OrgUnit
    heads: tuple[str, ...]
    account: Account | None
    holder: str | None
    coming: tuple[tuple[str, date], ...] = ()  # appointed from a later day


def accounts(
    session: Session,
    actor: Actor,
    day: date,
    *,
    search: str = "",
    state: str = "",
    below: bool = False,
    number: int = 1,
) -> Page:
    """Accounts of the actor's unit (with `below`, also of those below): administration accounts first, then by name."""
    holder = sa.orm.aliased(Person)
    query = (
        sa.select(Account, holder.full_name)
        .outerjoin(Person, Person.id == Account.person_id)
        .outerjoin(AccountHolder, sa.and_(AccountHolder.user_id == Account.id, in_force(AccountHolder, day)))
        .outerjoin(holder, holder.id == AccountHolder.person_id)
        .where(scope.condition(actor, Account, day))
        .options(joinedload(Account.unit), joinedload(Account.person))
        .order_by(Account.is_unit_admin.desc(), Person.sort_key, Account.id)
    )
    if not below:
        query = query.where(Account.unit_id == actor.unit_id)
    if search.strip():
        like = f"%{_escaped(fold(search))}%"
        query = query.where(
            sa.or_(
                Account.username.like(like, escape="/"),
                Person.name_folded.like(like, escape="/"),
                holder.name_folded.like(like, escape="/"),
            )
        )
    if state in STATES:
        query = query.where(_in_state(state))
    number = max(1, number)
    rows = session.execute(query.offset((number - 1) * PAGE).limit(PAGE + 1)).all()
    titles = _titles(session, [account.person_id for account, _holder in rows], day)
    return Page([_line(account, name, titles) for account, name in rows[:PAGE]], number, len(rows) > PAGE)


def _in_state(state: str) -> sa.ColumnElement[bool]:
    if state == "disabled":
        return sa.not_(Account.active)
    if state == "one_time":
        return sa.and_(Account.active, Account.must_change_password)
    if state == "never":
        return sa.and_(Account.last_login.is_(None))
    return sa.and_(Account.active, ~Account.must_change_password)


def _line(
    account: Account, holder: str | None, titles: dict[tuple[int, int], tuple[str, ...]]
) -> AccountLine:
    return AccountLine(
        id=account.id,
        username=account.username,
        full_name=holder or account.get_full_name(),
        unit_name=account.unit.short_name if account.unit else "",
        is_unit_admin=account.is_unit_admin,
        state=state_of(account),
        disabled_reason=account.disabled_reason,
        last_sign_in=utc(account.last_login),
        titles=titles.get((account.person_id or 0, account.unit_id or 0), ()),
    )


def state_of(account: Account) -> str:
    """active · one_time · disabled."""
    if not account.active:
        return "disabled"
    return "one_time" if account.must_change_password else "active"


def utc(moment: datetime | None) -> datetime | None:
    """FAB keeps last_login without a zone; we write it in UTC."""
    return moment.replace(tzinfo=UTC) if moment else None


def _titles(
    session: Session, person_ids: list[int | None], day: date
) -> dict[tuple[int, int], tuple[str, ...]]:
    wanted = [key for key in person_ids if key]
    if not wanted:
        return {}
    query = sa.select(Position.person_id, Position.unit_id, Position.title).where(
        Position.person_id.in_(wanted), in_force(Position, day)
    )
    found: dict[tuple[int, int], tuple[str, ...]] = {}
    for person_id, unit_id, title in session.execute(query.order_by(Position.id)):
        known = found.get((person_id, unit_id), ())
        found[person_id, unit_id] = known if title in known else (*known, title)
    return found


def without_account(session: Session, actor: Actor, unit_id: int | None, day: date) -> list[Person]:
    """Staff of a unit in reach who have no account there, disabled ones counted as had."""
    if actor.relation_to(unit_id).value == "other" or unit_id is None:
        return []
    had = sa.select(Account.id).where(Account.person_id == Person.id, Account.unit_id == unit_id)
    query = sa.select(Person).where(belongs(unit_id, day), Person.status_code.not_in(GONE), ~had.exists())
    return list(session.scalars(query.order_by(Person.sort_key, Person.id)))


def sign_ins(
    session: Session, actor: Actor, day: date, *, account_id: int | None = None, number: int = 1
) -> Page:
    """Sign-ins of the actor's unit, or of one account in reach, newest first: when, from where, with what outcome."""
    query = (
        sa.select(AuditEvent)
        .where(AuditEvent.action == "sign_in")
        .options(joinedload(AuditEvent.user))
        .order_by(AuditEvent.happened_at.desc(), AuditEvent.id.desc())
    )
    if account_id is None:
        query = query.where(AuditEvent.unit_id == actor.unit_id)
    else:
        scope.get(session, actor, Account, account_id, day)
        query = query.where(AuditEvent.user_id == account_id)
    number = max(1, number)
    rows = list(session.scalars(query.offset((number - 1) * PAGE).limit(PAGE + 1)))
    return Page(rows[:PAGE], number, len(rows) > PAGE)


def units_below(session: Session, actor: Actor, day: date, search: str = "", number: int = 1) -> Page:
    """The actor's own unit and those directly below, with heads and administration accounts."""
    direct = sa.select(OrgParent.unit_id).where(
        OrgParent.parent_id == actor.unit_id, in_force(OrgParent, day)
    )
    query = sa.select(OrgUnit).where(
        sa.or_(OrgUnit.id == actor.unit_id, OrgUnit.id.in_(direct)), in_force(OrgUnit, day)
    )
    if search.strip():
        query = query.where(OrgUnit.name_folded.like(f"%{_escaped(fold(search))}%", escape="/"))
    own_first = sa.case((OrgUnit.id == actor.unit_id, 0), else_=1)
    number = max(1, number)
    query = query.order_by(own_first, OrgUnit.name_folded, OrgUnit.id)
    units = list(session.scalars(query.offset((number - 1) * PAGE).limit(PAGE + 1)))
    return Page(_unit_lines(session, units[:PAGE], day), number, len(units) > PAGE)


def unit_line(session: Session, unit: OrgUnit, day: date) -> UnitLine:
    """One unit with its head and administration account."""
    return _unit_lines(session, [unit], day)[0]


def _unit_lines(session: Session, units: list[OrgUnit], day: date) -> list[UnitLine]:
    ids = [unit.id for unit in units]
    heads: dict[int, list[str]] = {}
    coming: dict[int, list[tuple[str, date]]] = {}
    rows = session.execute(
        sa.select(Position.unit_id, Person.full_name, Position.starts_on)
        .join(Person, Person.id == Position.person_id)
        .where(
            Position.unit_id.in_(ids),
            Position.role.in_(set(HEAD_ROLE.values())),
            sa.or_(
                Position.ends_on.is_(None),
                sa.and_(Position.ends_on >= day, Position.ends_on >= Position.starts_on),
            ),
        )
    )
    for unit_id, name, start in rows:
        if start > day:
            coming.setdefault(unit_id, []).append((name, start))
        else:
            heads.setdefault(unit_id, []).append(name)
    held = (
        sa.select(Account, Person.full_name)
        .outerjoin(AccountHolder, sa.and_(AccountHolder.user_id == Account.id, in_force(AccountHolder, day)))
        .outerjoin(Person, Person.id == AccountHolder.person_id)
        .where(Account.unit_id.in_(ids), Account.is_unit_admin)
    )
    admins = {account.unit_id: (account, name) for account, name in session.execute(held)}
    lines = []
    for unit in units:
        account, holder = admins.get(unit.id, (None, None))
        lines.append(
            UnitLine(
                unit, tuple(heads.get(unit.id, ())), account, holder, coming=tuple(coming.get(unit.id, ()))
            )
        )
    return lines


def holders(session: Session, account_id: int) -> list[AccountHolder]:
    """Everybody who held an administration account, newest first."""
    query = (
        sa.select(AccountHolder)
        .where(AccountHolder.user_id == account_id)
        .options(joinedload(AccountHolder.person))
    )
    return list(session.scalars(query.order_by(AccountHolder.starts_on.desc(), AccountHolder.id.desc())))


def positions(session: Session, actor: Actor, day: date, *, past: bool = False) -> list[Position]:
    """Roles held in the actor's own unit on `day` or from a later one; with `past`, also those that ended."""
    query = (
        sa.select(Position)
        .join(Person, Person.id == Position.person_id)
        .where(Position.unit_id == actor.unit_id)
        .options(joinedload(Position.person), joinedload(Position.granted_by))
        .order_by(Person.sort_key, Position.person_id, Position.starts_on)
    )
    if not past:
        query = query.where(sa.or_(Position.ends_on.is_(None), Position.ends_on >= day))
    return list(session.scalars(query))


def groups(session: Session, actor: Actor, day: date) -> list[UnitGroup]:
    """Groups of the actor's unit that have not ended, with their members."""
    query = (
        sa.select(UnitGroup)
        .where(
            UnitGroup.unit_id == actor.unit_id, sa.or_(UnitGroup.ends_on.is_(None), UnitGroup.ends_on >= day)
        )
        .options(selectinload(UnitGroup.members).joinedload(UnitGroupMember.person))
        .order_by(UnitGroup.kind, UnitGroup.name)
    )
    return list(session.scalars(query))


def members_of(group: UnitGroup, day: date) -> list[UnitGroupMember]:
    """Members in force on `day` or later, leaders first, then by name."""
    current = [m for m in group.members if m.ends_on is None or m.ends_on >= day]
    return sorted(current, key=lambda m: (not m.is_leader, m.person.sort_key))


def boards(session: Session, actor: Actor) -> list[AdminBoard]:
    """Every board the actor's unit has had, newest first; one that never came into force is left out."""
    query = (
        sa.select(AdminBoard)
        .where(
            AdminBoard.unit_id == actor.unit_id,
            sa.or_(AdminBoard.ends_on.is_(None), AdminBoard.ends_on >= AdminBoard.starts_on),
        )
        .options(
            joinedload(AdminBoard.appointed_by),
            selectinload(AdminBoard.members).joinedload(AdminBoardMember.person),
        )
        .order_by(AdminBoard.starts_on.desc(), AdminBoard.id.desc())
    )
    return list(session.scalars(query))


def _escaped(text: str) -> str:
    return text.replace("/", "//").replace("%", "/%").replace("_", "/_")
