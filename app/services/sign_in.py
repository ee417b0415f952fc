"""Signing in and out, and the limits on trying (design §5, trap 22).

After FREE_TRIES wrong passwords for a name, a further try for it waits before it is looked at, one at a time for each
address and never longer than MAX_DELAY: a guesser gets a guess a second, and the owner, however many wrong ones came
before, still gets in with the right password. What strangers elsewhere got wrong doesn't slow an address the name has
signed in from. Trying many names from one address is refused for a while, but for names known there.
"""

import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Session, joinedload
from werkzeug.security import check_password_hash, generate_password_hash

from app.domain.names import nfc
from app.errors import N_, HocVuError, Unavailable
from app.extensions import db
from app.models import Account, AuditEvent, LoginSession, SignInAttempt
from app.services.clock import Clock
from app.services.unit_of_work import plain_write

FORGET_AFTER = timedelta(minutes=15)
FREE_TRIES = 5
MAX_DELAY = 1.0
SLOW_SLOTS = 4
"""Slowed tries that may wait at once in one process: half its threads, so that they never take the whole server."""
MAX_WRONG_NAMES = 120
"""Names one address may get wrong in FORGET_AFTER: a school of 60 teachers shares one address."""
KNOWN_FOR = timedelta(days=30)
"""How long an address counts as a name's own; older tries are purged."""
TOUCH_EVERY = timedelta(seconds=60)
MAX_PASSWORD = 256
SWEEP = 200

pause = time.sleep
"""How a slowed try waits; tests put their own here."""


class TooManyTries(HocVuError):
    """Slow down; the right password will be accepted in a moment. Nothing was looked at, so nothing is given away."""

    status = 429


class _Slots:
    """Who waits now: one try for each name and address, `size` in all."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._held: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    @contextmanager
    def hold(self, key: tuple[str, str]) -> Iterator[None]:
        """Raises TooManyTries when this key, or everything, is taken."""
        with self._lock:
            if key in self._held or len(self._held) >= self._size:
                raise TooManyTries(
                    N_("Too many wrong tries at once. Wait a few seconds, then sign in again.")
                )
            self._held.add(key)
        try:
            yield
        finally:
            with self._lock:
                self._held.discard(key)


_slots = _Slots(SLOW_SLOTS)


def hash_password(password: str) -> str:
    """What is stored of a password: salted and slow to guess (scrypt unless configured otherwise)."""
    return generate_password_hash(nfc(password), method=current_app.config["FAB_PASSWORD_HASH_METHOD"])


@cache
def _nobodys_hash(method: str) -> str:
    return generate_password_hash(secrets.token_hex(8), method=method)


def authenticate(username: str, password: str, *, address: str, agent: str, clock: Clock) -> Account | None:
    """The account when name and password fit and it is active, else None. Every try looked at is recorded.

    Raises TooManyTries when one address tries too many names, or too many slowed tries run at once.
    """
    name = (username or "").strip().lower()[:128]
    address = address[:45]
    if not name or not password or "\0" in password or len(password) > MAX_PASSWORD:
        return None
    known = _known_here(name, address, clock())
    if not known:
        _check_address(address, clock())
    with _slowed(name, address, known=known, now=clock()):
        account = (
            db.session()
            .scalars(
                sa.select(Account)
                .where(Account.username == name)
                .options(joinedload(Account.unit), joinedload(Account.person))
            )
            .one_or_none()
        )
        # A stranger's name costs the same as a real one, so that names can't be found out by timing.
        fits = _fits(account, password)
        succeeded = bool(account and account.active and fits)
        _record(name, account, succeeded, address, clock(), agent=agent)
    return account if succeeded else None


def confirm(account: Account, password: str, *, address: str, clock: Clock) -> bool:
    """Is this the password of somebody already signed in? Wrong ones count and slow like wrong sign-ins."""
    name, address = account.username, address[:45]
    if not password or "\0" in password or len(password) > MAX_PASSWORD:
        return False
    with _slowed(name, address, known=_known_here(name, address, clock()), now=clock()):
        account = db.session().get_one(Account, account.id)
        fits = _fits(account, password)
        if not fits:
            _record(name, account, False, address, clock(), action="password.confirm")
    return fits


def _fits(account: Account | None, password: str) -> bool:
    stored = account.password if account and account.password else None
    return check_password_hash(
        stored or _nobodys_hash(current_app.config["FAB_PASSWORD_HASH_METHOD"]), nfc(password)
    )


@contextmanager
def _slowed(name: str, address: str, *, known: bool, now: datetime) -> Iterator[None]:
    """Let the first tries through at once; later ones wait first, holding no connection meanwhile."""
    wrong = _wrong_tries(name, address if known else None, now - FORGET_AFTER)
    if wrong < FREE_TRIES:
        yield
        return
    with _slots.hold((name, address)):
        db.session().rollback()
        pause(min(MAX_DELAY, 0.1 * 2 ** min(wrong - FREE_TRIES, 6)))
        yield


def _wrong_tries(name: str, address: str | None, since: datetime) -> int:
    """Wrong passwords for this name since its last right one (capped): from one address, or from anywhere."""
    query = sa.select(SignInAttempt.succeeded).where(
        SignInAttempt.username == name, SignInAttempt.tried_at >= since
    )
    if address is not None:
        query = query.where(SignInAttempt.address == address)
    wrong = 0
    for succeeded in db.session().scalars(query.order_by(SignInAttempt.id.desc()).limit(32)):
        if succeeded:
            break
        wrong += 1
    return wrong


def _known_here(name: str, address: str, now: datetime) -> bool:
    query = sa.select(SignInAttempt.id).where(
        SignInAttempt.username == name,
        SignInAttempt.address == address,
        SignInAttempt.succeeded,
        SignInAttempt.tried_at >= now - KNOWN_FOR,
    )
    return db.session().scalar(query.limit(1)) is not None


def _check_address(address: str, now: datetime) -> None:
    names = db.session().scalar(
        sa.select(sa.func.count(sa.distinct(SignInAttempt.username))).where(
            SignInAttempt.address == address,
            SignInAttempt.tried_at >= now - FORGET_AFTER,
            ~SignInAttempt.succeeded,
        )
    )
    if (names or 0) >= MAX_WRONG_NAMES:
        raise TooManyTries(
            N_("Too many different names were tried from this network. Try again in 15 minutes.")
        )


def _record(
    name: str,
    account: Account | None,
    succeeded: bool,
    address: str,
    now: datetime,
    *,
    action: str = "sign_in",
    agent: str = "",
) -> None:
    account_id = account.id if account else None
    unit_id = account.unit_id if account else None
    with plain_write() as session:
        session.add(SignInAttempt(username=name, address=address, tried_at=now, succeeded=succeeded))
        session.add(
            AuditEvent(
                happened_at=now,
                user_id=account_id,
                unit_id=unit_id,
                action=action,
                outcome="done" if succeeded else "refused",
                address=address,
                details={"username": name, "agent": agent[:200]},
            )
        )
        row = session.get(Account, account_id) if account_id is not None else None
        if row is not None and succeeded:
            row.login_count = (row.login_count or 0) + 1
            row.last_login = now.replace(tzinfo=None)
            row.fail_login_count = 0
        elif row is not None:
            row.fail_login_count = (row.fail_login_count or 0) + 1


def start_session(
    account_id: int, *, address: str, agent: str, clock: Clock, idle: timedelta | None = None
) -> str:
    """Open a sign-in session; returns the token the cookie carries. Tidies up sessions idle for longer than `idle`."""
    token = secrets.token_urlsafe(32)
    now = clock()
    with plain_write() as session:
        if idle is not None:
            _end_idle(session, now, idle)
        _forget_old_tries(session, now)
        session.add(
            LoginSession(
                token=token,
                user_id=account_id,
                started_at=now,
                last_seen_at=now,
                address=address[:45],
                agent=agent[:200],
                idle_minutes=int(idle.total_seconds() // 60) if idle else None,
            )
        )
    return token


def idle_of(login: LoginSession, default: timedelta) -> timedelta:
    """How long this session may sit idle: by the unit's rule of the day it began, else the program's `default`."""
    return timedelta(minutes=login.idle_minutes) if login.idle_minutes else default


def left_at(login: LoginSession, now: datetime, idle: timedelta) -> datetime | None:
    """When this session ended, or fell idle for good though nobody has noticed yet; None while it lives."""
    if login.ended_at is not None:
        return login.ended_at
    idle = idle_of(login, idle)
    return login.last_seen_at + idle if now - login.last_seen_at > idle else None


def still_alive(login: LoginSession, clock: Clock, idle: timedelta) -> bool:
    """False for a session that ended or sat idle too long; keeps `last_seen_at` true to a minute."""
    now = clock()
    if login.ended_at is not None:
        return False
    idle = idle_of(login, idle)
    if now - login.last_seen_at > idle:
        end_session(login.token, "idle", moment=login.last_seen_at + idle)
        return False
    if now - login.last_seen_at > TOUCH_EVERY:
        _touch(login.id, now)
    return True


def _touch(login_id: int, now: datetime) -> None:
    try:
        with plain_write() as session:
            row = session.get(LoginSession, login_id)
            if row is not None:
                row.last_seen_at = now
    except Unavailable:  # a full or read-only disk must not keep anybody from reading
        current_app.logger.warning("session %s: last seen could not be noted", login_id)


def end_session(token: str, reason: str, *, moment: datetime) -> None:
    """End a session at `moment` because of `reason` (sign_out · idle · reset · …); once ended it stays so."""
    with plain_write() as session:
        row = session.scalars(sa.select(LoginSession).where(LoginSession.token == token)).one_or_none()
        if row is not None and row.ended_at is None:
            row.ended_at, row.end_reason = max(moment, row.started_at), reason


def end_sessions(
    session: Session, account_id: int, reason: str, moment: datetime, *, keep: int | None = None
) -> int:
    """Inside a transaction: end every open session of an account but `keep`; returns how many."""
    query = sa.select(LoginSession).where(LoginSession.user_id == account_id, LoginSession.ended_at.is_(None))
    rows = [row for row in session.scalars(query) if row.id != keep]
    for row in rows:
        row.ended_at, row.end_reason = moment, reason
    return len(rows)


def end_idle_sessions(*, clock: Clock, idle: timedelta) -> int:
    """Write the end of sessions nobody came back to; returns how many (at most SWEEP a call)."""
    with plain_write() as session:
        return _end_idle(session, clock(), idle)


def _end_idle(session: Session, now: datetime, idle: timedelta) -> int:
    query = sa.select(LoginSession).where(LoginSession.ended_at.is_(None)).order_by(LoginSession.last_seen_at)
    over = [row for row in session.scalars(query.limit(SWEEP)) if now - row.last_seen_at > idle_of(row, idle)]
    for row in over:
        row.ended_at, row.end_reason = row.last_seen_at + idle_of(row, idle), "idle"
    return len(over)


def _forget_old_tries(session: Session, now: datetime) -> None:
    """Drop the oldest tries once no limit asks for them; the audit keeps who signed in."""
    for row in session.scalars(sa.select(SignInAttempt).order_by(SignInAttempt.id).limit(50)):
        if row.tried_at < now - KNOWN_FOR:
            session.delete(row)


def why_ended(token: str) -> str | None:
    """The reason a session ended, for the sign-in page to tell; None for an open or unknown one."""
    reason: str | None = db.session().scalar(
        sa.select(LoginSession.end_reason).where(LoginSession.token == token)
    )
    return reason
