"""Signing in and out, and the limits on trying (design §5, trap 22).

A wrong password slows the next try for that name, never more than MAX_DELAY, and can't keep its owner out: a right
password is accepted however many wrong ones came before. Trying many names from one address is refused for a while.
"""

import secrets
import threading
import time
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import joinedload
from werkzeug.security import check_password_hash, generate_password_hash

from app.errors import HocVuError, N_
from app.extensions import db
from app.models import Account, AuditEvent, LoginSession, SignInAttempt
from app.services.clock import Clock
from app.services.unit_of_work import plain_write

FORGET_AFTER = timedelta(minutes=15)
FREE_TRIES = 5
MAX_DELAY = 1.0
MAX_WRONG_NAMES = 120
"""Names one address may get wrong in FORGET_AFTER: a school of 60 teachers shares one address."""
TOUCH_EVERY = timedelta(seconds=60)

_delays = threading.BoundedSemaphore(2)
_FAKE_HASH = generate_password_hash(secrets.token_hex(8))


class TooManyTries(HocVuError):
    """Slow down; the right password will be accepted in a moment."""

    status = 429


def authenticate(username: str, password: str, *, address: str, agent: str, clock: Clock) -> Account | None:
    """The account when name and password fit and it is active, else None. Every try is recorded.

    Raises TooManyTries when one address tries too many names, or too many slowed tries run at once.
    """
    session = db.session()
    name = (username or "").strip().lower()[:128]
    if not name or not password or "\0" in password:
        return None
    since = clock() - FORGET_AFTER
    wrong = _wrong_tries(name, since)
    _check_address(address, since)
    account = session.scalars(
        sa.select(Account)
        .where(sa.func.lower(Account.username) == name)
        .options(joinedload(Account.unit), joinedload(Account.person))
    ).one_or_none()
    # A stranger's name costs the same as a real one, so that names can't be found out by timing.
    fits = check_password_hash(account.password if account and account.password else _FAKE_HASH, password)
    succeeded = bool(account and account.active and fits)
    if not succeeded and wrong >= FREE_TRIES:
        _slow_down(wrong)
    _record(name, account, succeeded, address, clock())
    return account if succeeded else None


def _wrong_tries(name: str, since: datetime) -> int:
    """Wrong passwords for this name since its last right one, within FORGET_AFTER (capped)."""
    query = (
        sa.select(SignInAttempt.succeeded)
        .where(SignInAttempt.username == name, SignInAttempt.tried_at >= since)
        .order_by(SignInAttempt.id.desc())
        .limit(32)
    )
    wrong = 0
    for succeeded in db.session().scalars(query):
        if succeeded:
            break
        wrong += 1
    return wrong


def _check_address(address: str, since: datetime) -> None:
    names = db.session().scalar(
        sa.select(sa.func.count(sa.distinct(SignInAttempt.username))).where(
            SignInAttempt.address == address, SignInAttempt.tried_at >= since, ~SignInAttempt.succeeded
        )
    )
    if (names or 0) >= MAX_WRONG_NAMES:
        raise TooManyTries(N_("Too many different names were tried from this network. Try again in 15 minutes."))


def _slow_down(wrong: int) -> None:
    """Answer a wrong try late; few such answers wait at once, so that they never take the whole server."""
    db.session().rollback()
    if not _delays.acquire(blocking=False):
        raise TooManyTries(N_("Too many wrong tries at once. Wait a few seconds, then sign in again."))
    try:
        time.sleep(min(MAX_DELAY, 0.1 * 2 ** min(wrong - FREE_TRIES, 6)))
    finally:
        _delays.release()


def _record(name: str, account: Account | None, succeeded: bool, address: str, now: datetime) -> None:
    account_id = account.id if account else None
    unit_id = account.unit_id if account else None
    with plain_write() as session:
        session.add(SignInAttempt(username=name, address=address[:45], tried_at=now, succeeded=succeeded))
        session.add(
            AuditEvent(
                happened_at=now,
                user_id=account_id,
                unit_id=unit_id,
                action="sign_in",
                outcome="done" if succeeded else "refused",
                address=address[:45],
                details={"username": name},
            )
        )
        if account_id is not None:
            row = session.get(Account, account_id)
            if row is not None and succeeded:
                row.login_count = (row.login_count or 0) + 1
                row.last_login = now.replace(tzinfo=None)
                row.fail_login_count = 0
            elif row is not None:
                row.fail_login_count = (row.fail_login_count or 0) + 1


def start_session(account_id: int, *, address: str, agent: str, clock: Clock) -> str:
    """Open a sign-in session; returns the token the cookie carries."""
    token = secrets.token_urlsafe(32)
    now = clock()
    with plain_write() as session:
        session.add(
            LoginSession(
                token=token,
                user_id=account_id,
                started_at=now,
                last_seen_at=now,
                address=address[:45],
                agent=agent[:200],
            )
        )
    return token


def still_alive(login: LoginSession, clock: Clock, idle: timedelta) -> bool:
    """False for a session that ended or sat idle too long; keeps `last_seen_at` true to a minute."""
    now = clock()
    if login.ended_at is not None:
        return False
    if now - login.last_seen_at > idle:
        end_session(login.token, "idle", moment=login.last_seen_at + idle)
        return False
    if now - login.last_seen_at > TOUCH_EVERY:
        login_id = login.id
        with plain_write() as session:
            row = session.get(LoginSession, login_id)
            if row is not None:
                row.last_seen_at = now
    return True


def end_session(token: str, reason: str, *, moment: datetime) -> None:
    """End a session at `moment` because of `reason` (sign_out · idle · reset · disabled); once ended it stays so."""
    with plain_write() as session:
        row = session.scalars(sa.select(LoginSession).where(LoginSession.token == token)).one_or_none()
        if row is not None and row.ended_at is None:
            row.ended_at, row.end_reason = moment, reason
