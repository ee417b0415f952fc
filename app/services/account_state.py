"""Keeping accounts: passwords, resets, disabling, sessions, corrected names. Whose account may be touched: `access.py`.

A unit's administrators reset the accounts of its staff; the head's account and the administration account are reset by
the tier above only (the head may reset the administration account), since whoever resets can act for the owner.
The owner is told of every reset, and the head of those of a deputy or a fellow administrator.
"""

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import Action, Actor, Target, may
from app.domain.names import nfc
from app.domain.offices import ADMIN_ROLE, HEAD_ROLE
from app.domain.passwords import problems
from app.domain.vocabulary import Role
from app.errors import N_, Forbidden, Invalid, NotFound
from app.extensions import db
from app.models import (
    Account,
    AccountHolder,
    AdminBoard,
    AdminBoardMember,
    LoginSession,
    Person,
    Position,
)
from app.models.base import in_force
from app.services import scope, sign_in
from app.services.accounts import NewAccount, fresh_password, held_account, names_on_account, renew, slip
from app.services.clock import Clock, local_day
from app.services.notices import tell
from app.services.people import PersonName, apply_name
from app.services.rights import demand
from app.services.staff import holds
from app.services.typed import one_line
from app.services.unit_of_work import Work, plain_write, transaction

NOT_YOURS = N_("This account stands above yours. The tier above its unit resets or disables it.")
WRONG_PASSWORD = N_("The present password is not right.")
SAME_PASSWORD = N_("Choose another password than the present one.")
TOO_LONG = N_("Use at most 128 characters.")
LONGEST = 128


def facts_of(session: Session, actor: Actor, account: Account, day: date) -> Target:
    """What the permission table asks about an account: where it belongs, and whether it is the head's."""
    unit = account.unit
    heads = unit is not None and holds(session, account.person_id, unit.id, HEAD_ROLE[unit.tier], day)
    return Target(
        unit=actor.relation_to(account.unit_id),
        head_account=heads,
        admin_account=account.is_unit_admin,
    )


def own_account(session: Session, actor: Actor) -> Account:
    """The account that acts."""
    return session.get_one(Account, actor.user_id)


def may_reset(session: Session, actor: Actor, account: Account, day: date) -> bool:
    """May the actor reset, disable or enable this account? Never one's own: that is what changing a password is for."""
    return account.id != actor.user_id and may(
        actor, Action.ACCOUNT_RESET, facts_of(session, actor, account, day)
    )


def reset_password(actor: Actor, account_id: int, *, clock: Clock) -> NewAccount:
    """A new one-time password; every session and token of the account ends at once (design §5, trap 17).

    Forbidden for one's own account and for one that stands above the actor's.
    """
    password, hashed = fresh_password()
    with transaction(actor, "account.reset", clock=clock) as work:
        account = _account_below(work, actor, account_id, local_day(clock()))
        renew(work, account, hashed, "reset", one_time=True)
        work.audit("account.reset", target=account, username=account.username)
        _tell_of_reset(work, account)
        return slip(account, _shown_name(work.session, account, clock), password)


def disable(actor: Actor, account_id: int, reason: str, *, clock: Clock) -> None:
    """Nobody signs in with the account any more, and its sessions end. The name stays taken, the record stays whole."""
    reason = one_line(reason, 200, N_("Write why the account is disabled."), "reason")
    with transaction(actor, "account.disable", clock=clock, reason=reason) as work:
        account = _account_below(work, actor, account_id, local_day(clock()))
        if not account.active:
            raise Invalid(N_("This account is disabled already."))
        account.active, account.disabled_reason = False, reason
        account.session_epoch += 1
        sign_in.end_sessions(work.session, account.id, "disabled", work.now)
        work.audit("account.disable", target=account, reason=reason, username=account.username)


def enable(actor: Actor, account_id: int, *, clock: Clock) -> None:
    """The account signs in again, with the password it had."""
    with transaction(actor, "account.enable", clock=clock) as work:
        account = _account_below(work, actor, account_id, local_day(clock()))
        if account.active:
            raise Invalid(N_("This account is not disabled."))
        account.active, account.disabled_reason = True, None
        work.audit("account.enable", target=account, username=account.username)


def change_own_password(actor: Actor, old: str, new: str, *, clock: Clock) -> Account:
    """Replace one's own password, knowing the old one; every other session and token of the account ends.

    Returns the account with its new epoch: the view signs this browser in anew. Invalid with `problems` (field,
    message); TooManyTries when the old password was guessed at too often.
    """
    account = own_account(db.session(), actor)
    if not sign_in.confirm(account, old, address=actor.address or "", clock=clock):
        raise Invalid(WRONG_PASSWORD, problems=(("old", WRONG_PASSWORD),))
    broken = _broken_rules(db.session(), actor, account, old, new)
    if broken:
        raise Invalid(broken[0], problems=tuple(("new", message) for message in broken))
    checked, hashed = account.password, sign_in.hash_password(new)
    with transaction(actor, "account.password", clock=clock) as work:
        mine = sa.select(Account).where(Account.id == actor.user_id).with_for_update()
        account = work.session.scalars(mine.execution_options(populate_existing=True)).one()
        if account.password != checked:  # an administrator reset it a moment ago
            raise Invalid(WRONG_PASSWORD, problems=(("old", WRONG_PASSWORD),))
        renew(work, account, hashed, "password", one_time=False, keep=actor.session_id)
        work.audit("account.password", target=account)
    return account


def _broken_rules(session: Session, actor: Actor, account: Account, old: str, new: str) -> tuple[str, ...]:
    names = [account.first_name, account.last_name]
    person = session.get(Person, actor.person_id) if actor.person_id else None
    if person is not None:
        names = [person.family_name, person.middle_name, person.given_name]
    if len(new) > LONGEST:
        return (TOO_LONG,)
    if nfc(new) == nfc(old):
        return (SAME_PASSWORD,)
    return problems(nfc(new), username=account.username, names=names)


def set_password_by_operator(account_id: int, password: str, actor: Actor, *, clock: Clock) -> None:
    """For whoever runs the server (`flask fab reset-password`): a one-time password of their choice."""
    hashed = sign_in.hash_password(password)
    with transaction(actor, "account.reset", clock=clock, reason="server console") as work:
        account = held_account(work, actor, account_id, local_day(clock()))
        renew(work, account, hashed, "reset", one_time=True)
        work.audit("account.reset", target=account, username=account.username)


def sign_out_elsewhere(actor: Actor, *, clock: Clock) -> int:
    """End one's other sessions, e.g. on a staff-room machine left open; returns how many."""
    if actor.user_id is None:
        raise NotFound
    with plain_write() as session:
        return sign_in.end_sessions(session, actor.user_id, "elsewhere", clock(), keep=actor.session_id)


def open_sessions(session: Session, actor: Actor) -> list[LoginSession]:
    """One's own sessions that have not ended, newest first."""
    query = sa.select(LoginSession).where(
        LoginSession.user_id == actor.user_id, LoginSession.ended_at.is_(None)
    )
    return list(
        session.scalars(query.order_by(LoginSession.started_at.desc(), LoginSession.id.desc()).limit(50))
    )


def correct_name_parts(
    actor: Actor,
    person_id: int,
    *,
    family: str,
    middle: str,
    given: str,
    written: str | None,
    clock: Clock,
    reason: str | None = None,
) -> None:
    """Say which word is họ, tên lót and tên. Accounts keep their names: a name is given once and never used again."""
    with transaction(actor, "person.name", clock=clock, reason=reason) as work:
        person = scope.get(work.session, actor, Person, person_id, local_day(clock()))
        demand(actor, Action.STAFF_MANAGE, person.unit_id)
        before = person.full_name
        apply_name(person, PersonName(family, middle, given, written))
        for account in work.session.scalars(sa.select(Account).where(Account.person_id == person.id)):
            account.first_name, account.last_name = names_on_account(person)
        work.audit(
            "person.name", target=person, before=before, after=person.full_name, given=person.given_name
        )


def _account_below(work: Work, actor: Actor, account_id: int, day: date) -> Account:
    """The account, held, if the actor may reset it; NotFound outside the actor's reach, Forbidden when above."""
    account = held_account(work, actor, account_id, day)
    if account.id == actor.user_id:
        raise Forbidden(N_("This is your own account: change its password on the page of your account."))
    target = facts_of(work.session, actor, account, day)
    if not may(actor, Action.ACCOUNT_RESET, target):
        if target.head_account or target.admin_account:
            raise Forbidden(NOT_YOURS)
        demand(actor, Action.ACCOUNT_RESET, account.unit_id)
    return account


def _shown_name(session: Session, account: Account, clock: Clock) -> str:
    holder = current_holder(session, account.id, local_day(clock()))
    return holder.full_name if holder else account.get_full_name()


def current_holder(session: Session, account_id: int, day: date) -> Person | None:
    """Who holds an administration account on `day`."""
    query = sa.select(Person).join(AccountHolder, AccountHolder.person_id == Person.id)
    return session.scalars(
        query.where(AccountHolder.user_id == account_id, in_force(AccountHolder, day))
    ).first()


def _tell_of_reset(work: Work, account: Account) -> None:
    """A notice to the owner, and to the head when the account is a deputy's or an administrator's."""
    day = local_day(work.now)
    owner = current_holder(work.session, account.id, day) if account.is_unit_admin else account.person
    told = {owner.id} if owner else set()
    if account.is_unit_admin or _holds_office(work.session, account, day):
        told |= heads_of(work.session, account.unit_id, day)
    told.discard(work.actor.person_id or 0)
    tell(
        work,
        told,
        f"Mật khẩu của {account.username} đã được đặt lại",
        f"Người thực hiện: {work.actor.full_name} ({work.actor.username}). Mọi phiên cũ đã kết thúc. "
        "Nếu không ai đề nghị việc này, báo ngay cho Ban quản trị hoặc cơ quan cấp trên.",
    )


def _holds_office(session: Session, account: Account, day: date) -> bool:
    if account.unit is None:
        return False
    roles = (Role.VICE_PRINCIPAL, HEAD_ROLE[account.unit.tier], ADMIN_ROLE[account.unit.tier])
    if any(holds(session, account.person_id, account.unit_id, role, day) for role in roles):
        return True
    seat = (
        sa.select(AdminBoardMember.id)
        .join(AdminBoard, AdminBoard.id == AdminBoardMember.board_id)
        .where(
            AdminBoardMember.person_id == account.person_id,
            AdminBoard.unit_id == account.unit_id,
            in_force(AdminBoard, day),
        )
    )
    return session.scalar(seat.limit(1)) is not None


def heads_of(session: Session, unit_id: int | None, day: date) -> set[int]:
    """Person ids of who heads the unit on `day`."""
    query = sa.select(Position.person_id).where(
        Position.unit_id == unit_id, Position.role.in_(set(HEAD_ROLE.values())), in_force(Position, day)
    )
    return set(session.scalars(query))
