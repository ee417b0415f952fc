"""Making accounts: staff lists, units' administration accounts and their holders, the first department (S4 Điều 3)."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import Action, Actor
from app.domain.names import account_name, account_stem, admin_account_name
from app.domain.passwords import one_time_password
from app.domain.vocabulary import UnitKind
from app.errors import N_, Forbidden, Invalid
from app.models import Account, AccountHolder, OrgUnit, Person
from app.models.base import in_force
from app.services import scope, sign_in
from app.services.clock import Clock, local_day
from app.services.org import NewUnit, add_unit
from app.services.rights import demand
from app.services.staff import NewPerson, chosen_person, end_before, locked_unit, staff
from app.services.unit_of_work import Work, transaction

BATCH = 400
"""Accounts made at once: the largest school has some 200 staff."""


@dataclass(frozen=True)
class NewAccount:
    """What goes onto the printed slip, once: the password is stored as a hash only."""

    username: str
    full_name: str
    one_time_password: str
    account_id: int = 0
    unit_name: str = ""

    def __repr__(self) -> str:
        """Without the password, so that no log or traceback shows it."""
        return f"NewAccount({self.username!r})"


def fresh_password() -> tuple[str, str]:
    """A one-time password and its hash. Made before a transaction begins: hashing is slow on purpose."""
    password = one_time_password(secrets.SystemRandom())
    return password, sign_in.hash_password(password)


def create_accounts(
    actor: Actor, person_ids: Sequence[int], *, clock: Clock, unit_id: int | None = None
) -> list[NewAccount]:
    """Accounts for people of one unit (the actor's unless said otherwise), all or none, in the given order.

    Forbidden without account.manage there; NotFound for somebody who does not work there; Invalid when one of them has
    an account of this unit already, disabled ones included. Who was filed first gets the plain name.
    """
    ids = list(dict.fromkeys(person_ids))
    if not ids:
        raise Invalid(N_("Choose at least one person."))
    if len(ids) > BATCH:
        raise Invalid(N_("Create at most %(n)s accounts at once."), n=BATCH)
    where = actor.unit_id if unit_id is None else unit_id
    demand(actor, Action.ACCOUNT_MANAGE, where)
    passwords = [fresh_password() for _ in ids]
    with transaction(actor, "account.create", clock=clock) as work:
        day = local_day(clock())
        unit = locked_unit(work, actor, where, day)
        people = {person.id: person for person in staff(work.session, unit.id, day, ids)}
        _refuse_second_accounts(work.session, unit.id, people.values())
        names = _free_names(work.session, unit.code, sorted(people.values(), key=lambda person: person.id))
        made = [
            (_person_account(unit, people[key], names[key], hashed), password)
            for key, (password, hashed) in zip(ids, passwords, strict=True)
        ]
        work.session.add_all(account for account, _password in made)
        work.flush()
        for account, _password in made:
            work.audit("account.create", target=account, username=account.username)
        return [
            slip(account, people[key].full_name, pw) for key, (account, pw) in zip(ids, made, strict=True)
        ]


def _refuse_second_accounts(session: Session, unit_id: int, people: Iterable[Person]) -> None:
    wanted = [person.id for person in people]
    query = sa.select(Account.username).where(Account.unit_id == unit_id, Account.person_id.in_(wanted))
    existing = list(session.scalars(query.order_by(Account.username)))
    if existing:
        raise Invalid(N_("These people have an account here already: %(names)s."), names=", ".join(existing))


def _free_names(session: Session, unit_code: str, people: Sequence[Person]) -> dict[int, str]:
    """A free account name for each person id. Names of ended and disabled accounts stay taken for ever."""
    suffix = account_name("x", unit_code, ()).removeprefix("x")
    taken = set(session.scalars(sa.select(Account.username).where(Account.username.like(f"%{suffix}"))))
    names: dict[int, str] = {}
    for person in people:
        names[person.id] = account_name(stem_of(person), unit_code, taken)
        taken.add(names[person.id])
    return names


def stem_of(person: Person) -> str:
    """`<tên><initials of họ và tên lót>`, the initials in the order the name is written: Y Khương Byă → khuongyb.

    The stored parts say which words are the tên; Invalid when nothing of the name can be written without accents.
    """
    family, middle = person.family_name, person.middle_name
    written = _without(person.full_name.split(), person.given_name.split())
    if written and sorted(written) == sorted(f"{family} {middle}".split()):
        family, middle = " ".join(written), ""
    try:
        return account_stem(family, middle, person.given_name)
    except ValueError as error:
        raise Invalid(N_("No account name can be made from “%(name)s”."), name=person.full_name) from error


def _without(words: list[str], part: list[str]) -> list[str] | None:
    """`words` without the run `part`, the last one if it occurs twice; None when it isn't there."""
    for start in range(len(words) - len(part), -1, -1):
        if words[start : start + len(part)] == part:
            return words[:start] + words[start + len(part) :]
    return None


def _person_account(unit: OrgUnit, person: Person, username: str, hashed: str) -> Account:
    first, last = names_on_account(person)
    return Account(
        username=username,
        first_name=first,
        last_name=last,
        password=hashed,
        active=True,
        unit=unit,
        person=person,
        must_change_password=True,
    )


def names_on_account(person: Person) -> tuple[str, str]:
    """FAB's first and last name: họ và tên lót, then tên (design §5, trap 23)."""
    return f"{person.family_name} {person.middle_name}".strip()[:64], person.given_name[:64]


def slip(account: Account, full_name: str, password: str) -> NewAccount:
    """What is printed for the owner, with the unit the account is of."""
    unit = account.unit.short_name if account.unit else ""
    return NewAccount(account.username, full_name, password, account.id, unit)


def create_unit_admin(
    actor: Actor, unit_id: int, holder: int | NewPerson, decision: str, *, clock: Clock
) -> NewAccount:
    """The unit's administration account `<district or commune code>_<unit code>`, bound to one named holder.

    `holder`: somebody of the unit, or a NewPerson where it has no staff on file yet. Forbidden without
    admin_account.manage; Invalid when the unit has one already, or lacks a locality code.
    """
    demand(actor, Action.ADMIN_ACCOUNT_MANAGE, unit_id)
    decision = _decision(decision)
    password, hashed = fresh_password()
    with transaction(actor, "account.create_admin", clock=clock, reason=decision) as work:
        day = local_day(clock())
        unit = locked_unit(work, actor, unit_id, day)
        username = _admin_name(work.session, unit)
        person = chosen_person(work, unit, holder, day)
        account = Account(
            username=username,
            first_name="Quản trị",
            last_name=unit.short_name[:64],
            password=hashed,
            active=True,
            unit=unit,
            is_unit_admin=True,
            must_change_password=True,
        )
        work.session.add(AccountHolder(user=account, person=person, decision=decision, starts_on=day))
        work.flush()
        work.audit("account.create_admin", target=account, username=username, holder=person.full_name)
        return slip(account, person.full_name, password)


def _admin_name(session: Session, unit: OrgUnit) -> str:
    existing = session.scalar(
        sa.select(Account.username).where(Account.unit_id == unit.id, Account.is_unit_admin)
    )
    if existing:
        raise Invalid(
            N_("%(unit)s has the administration account %(name)s already."),
            unit=unit.short_name,
            name=existing,
        )
    try:
        username = admin_account_name(unit.locality_code, unit.code)
    except ValueError as error:
        raise Invalid(
            N_("Fill in the district or commune code of %(unit)s first."), unit=unit.short_name
        ) from error
    if session.scalar(sa.select(Account.id).where(Account.username == username)):
        raise Invalid(N_("The account name %(name)s is taken; names are never used again."), name=username)
    return username


def change_holder(
    actor: Actor, account_id: int, holder: int | NewPerson, decision: str, *, clock: Clock
) -> NewAccount:
    """Give a unit's administration account to another person from today; former holder, password and sessions end.

    Forbidden without admin_account.manage; Invalid for a personal account or for the present holder.
    """
    decision = _decision(decision)
    password, hashed = fresh_password()
    with transaction(actor, "account.change_holder", clock=clock, reason=decision) as work:
        day = local_day(clock())
        account = held_account(work, actor, account_id, day)
        demand(actor, Action.ADMIN_ACCOUNT_MANAGE, account.unit_id)
        if not account.is_unit_admin or account.unit is None:
            raise Invalid(N_("Only a unit's administration account has a holder."))
        person = chosen_person(work, account.unit, holder, day)
        for former in work.session.scalars(
            sa.select(AccountHolder).where(AccountHolder.user_id == account.id, in_force(AccountHolder, day))
        ):
            if former.person_id == person.id:
                raise Invalid(N_("%(name)s holds this account already."), name=person.full_name)
            end_before(former, day)
        work.session.add(AccountHolder(user=account, person=person, decision=decision, starts_on=day))
        renew(work, account, hashed, "reset", one_time=True)
        work.audit("account.change_holder", target=account, holder=person.full_name)
        return slip(account, person.full_name, password)


def held_account(work: Work, actor: Actor, account_id: int, day: date) -> Account:
    """The account within the actor's reach, its row held, so that two resets never undo each other."""
    scope.get(work.session, actor, Account, account_id, day)
    query = sa.select(Account).where(Account.id == account_id).with_for_update()
    return work.session.scalars(query.execution_options(populate_existing=True)).one()


def renew(
    work: Work, account: Account, hashed: str, reason: str, *, one_time: bool, keep: int | None = None
) -> None:
    """Inside a transaction: set a password, raise the epoch, end the account's sessions (all but `keep`)."""
    account.password = hashed
    account.must_change_password = one_time
    account.session_epoch += 1
    sign_in.end_sessions(work.session, account.id, reason, work.now, keep=keep)


def _decision(text: str) -> str:
    plain = " ".join((text or "").split())
    if not plain:
        missing = N_("Write the number and date of the decision.")
        raise Invalid(missing, problems=(("decision", missing),))
    return plain[:120]


def create_first_department(
    actor: Actor,
    code: str,
    name: str,
    short_name: str,
    locality_code: str,
    holder: NewPerson,
    *,
    clock: Clock,
    starts_on: date | None = None,
) -> int:
    """The installer's account makes the department, becomes its administration account and gets a named holder.

    Returns the department's id. Forbidden for any other account, and once a department exists.
    """
    with transaction(actor, "department.create", clock=clock) as work:
        day = local_day(clock())
        demand(actor, Action.DEPARTMENT_CREATE, None)
        if work.session.scalar(sa.select(OrgUnit.id).where(OrgUnit.kind == UnitKind.DEPARTMENT).limit(1)):
            raise Forbidden(N_("The department exists already. Sign in with an account of it."))
        unit = add_unit(work, _new_department(code, name, short_name, locality_code, starts_on or day), None)
        account = work.session.scalars(
            sa.select(Account).where(Account.id == actor.user_id).with_for_update()
        ).one()
        person = chosen_person(work, unit, holder, day)
        account.unit = unit
        work.session.add(AccountHolder(user=account, person=person, decision=None, starts_on=day))
        work.flush()
        work.audit("department.create", target=unit, code=unit.code, holder=person.full_name)
        return unit.id


def _new_department(code: str, name: str, short_name: str, locality_code: str, starts_on: date) -> NewUnit:
    problems = [
        (field, N_("Fill in this field."))
        for field, text in (("name", name), ("short_name", short_name), ("locality_code", locality_code))
        if not text.strip()
    ]
    if problems:
        raise Invalid(problems[0][1], problems=tuple(problems))
    return NewUnit(
        code=code,
        kind=UnitKind.DEPARTMENT,
        name=name,
        short_name=short_name,
        starts_on=starts_on,
        locality_code=locality_code,
    )
