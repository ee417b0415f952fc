"""The register of certificates: a person's own, and the seal of a school; added, ended, never deleted.

A person adds the own certificate; who runs the school adds its seal and may end any of its certificates.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa
from cryptography import x509
from sqlalchemy.orm import Session, joinedload

from app.domain.access import Action, Actor
from app.domain.signing import KeyKind, Trust
from app.errors import N_, Forbidden, Invalid
from app.extensions import db
from app.models import Certificate, Installation, OrgUnit, Person
from app.services import scope
from app.services.clock import Clock, local_day
from app.services.rights import demand
from app.services.signing import demo_authority, store, trust
from app.services.signing.certificates import check_kind, check_time, facts, read_certificate
from app.services.signing.keys import FileKey, Key, as_file, open_file
from app.services.typed import one_line
from app.services.unit_of_work import Work, transaction

if TYPE_CHECKING:
    from app.services.signing.token import Token

KNOWN: Final = N_("This certificate has been added before.")
NO_PERSON: Final = N_("Signing takes an account of a named person.")
NO_PASSPHRASE: Final = N_("Choose a passphrase of at least 8 characters. Nobody can look it up for you.")
NOT_A_DEMO: Final = N_("Certificates for trying out are given in the demonstration only.")
NO_REASON: Final = N_("Say why the certificate is no longer used.")
OVER: Final = N_("This certificate has been ended already.")
ENDED: Final = N_("This certificate is no longer used here.")
SEVERAL: Final = N_("The token holds several certificates. Give the serial number of the one to add.")
NONE: Final = N_("The token holds no certificate that is not added yet.")
OUTSIDE: Final = N_("The key of this certificate is not on this server: it signs in two steps.")
LEAST_PASSPHRASE: Final = 8


@dataclass(frozen=True)
class Added:
    """A certificate just added, and whether a trusted authority vouches for it."""

    certificate_id: int
    trust: Trust


# -- adding ------------------------------------------------------------------------------------------------------


def add_file(actor: Actor, data: bytes, passphrase: str, *, seal: bool = False, clock: Clock) -> Added:
    """Add a key file (PKCS#12). It is kept under the same passphrase, which is kept nowhere.

    Raises Invalid: wrong passphrase, damaged, expired, no RSA key, added before.
    """
    return _add_key(actor, lambda _name, _now: open_file(data, passphrase), passphrase, seal, clock)


def take_demo(actor: Actor, passphrase: str, *, seal: bool = False, clock: Clock) -> Added:
    """A certificate of the demonstration's authority, which has no legal value. Only in the demonstration."""
    if db.session().get(Installation, "demo") is None:
        raise Forbidden(NOT_A_DEMO)
    if len(passphrase) < LEAST_PASSPHRASE:
        raise Invalid(NO_PASSPHRASE)
    title = "" if seal else next(iter(actor.titles), "")

    def issue(name: str, now: datetime) -> FileKey:
        return demo_authority.issue(store.folder(), name, title, actor.unit_name, now)

    return _add_key(actor, issue, passphrase, seal, clock)


def _add_key(
    actor: Actor, made: Callable[[str, datetime], FileKey], passphrase: str, seal: bool, clock: Clock
) -> Added:
    with transaction(actor, "certificate.add", clock=clock) as work:
        _may_add(actor, seal)
        key = made(_holder(work, actor, seal), work.now)
        store.keep(facts(key.certificate).fingerprint, as_file(key, passphrase))
        return _add(work, key.certificate, key.chain, KeyKind.FILE, seal)


def add_outside(actor: Actor, data: bytes, *, seal: bool = False, clock: Clock) -> Added:
    """Add a certificate whose key stays with its owner: papers are signed in two steps. Raises Invalid."""
    certificate = read_certificate(data)
    check_kind(certificate)
    with transaction(actor, "certificate.add", clock=clock) as work:
        _may_add(actor, seal)
        return _add(work, certificate, (), KeyKind.OUTSIDE, seal)


def add_from_token(actor: Actor, pin: str, serial: str = "", *, seal: bool = False, clock: Clock) -> Added:
    """Add a certificate of this server's token, by its serial number where it holds several. Raises Invalid."""
    from app.services.signing import token

    with token.opened(_token(), pin) as session:
        held = {facts(c).fingerprint: c for c in token.certificates(session).values()}
    wanted = serial.strip().replace(" ", "").replace(":", "").lower().lstrip("0")
    with transaction(actor, "certificate.add", clock=clock) as work:
        _may_add(actor, seal)
        known = set(work.session.scalars(sa.select(Certificate.fingerprint)))
        new = [c for key, c in held.items() if key not in known and wanted in ("", facts(c).serial)]
        if len(new) != 1:
            raise Invalid(SEVERAL if new else NONE)
        return _add(work, new[0], (), KeyKind.DEVICE, seal)


def _may_add(actor: Actor, seal: bool) -> None:
    demand(actor, Action.CERTIFICATE_MANAGE if seal else Action.CERTIFICATE_OWN, actor.unit_id)
    if actor.person_id is None:
        raise Invalid(NO_PERSON)


def _holder(work: Work, actor: Actor, seal: bool) -> str:
    if seal:
        return work.session.get_one(OrgUnit, actor.unit_id).name
    return work.session.get_one(Person, actor.person_id).full_name


def _add(
    work: Work, certificate: x509.Certificate, chain: Sequence[x509.Certificate], kind: KeyKind, seal: bool
) -> Added:
    check_time(certificate, work.now)
    said, stands = facts(certificate), trusted().judge(certificate, chain, work.now)
    if work.session.scalar(sa.select(Certificate.id).where(Certificate.fingerprint == said.fingerprint)):
        raise Invalid(KNOWN)
    row = Certificate(
        unit_id=work.actor.unit_id,
        person_id=None if seal else work.actor.person_id,
        key_kind=kind,
        name=said.name[:200],
        issuer=said.issuer[:200],
        serial=said.serial[:64],
        fingerprint=said.fingerprint,
        not_before=said.not_before,
        not_after=said.not_after,
        pem=said.pem,
        is_demo=stands is Trust.DEMO,
        added_at=work.now,
    )
    work.session.add(row)
    work.flush()
    work.audit("certificate.add", target=row, name=said.name, serial=said.serial, seal=seal)
    return Added(row.id, stands)


# -- ending ------------------------------------------------------------------------------------------------------


def end(actor: Actor, certificate_id: int, reason: str, *, clock: Clock) -> None:
    """End the use of a certificate now; its key file is removed. What it has signed stays.

    The own one, or any of the school for who runs it. Raises NotFound, Forbidden, Invalid without a reason.
    """
    said = one_line(reason, 300, NO_REASON)
    with transaction(actor, "certificate.end", clock=clock, reason=said) as work:
        row = scope.get(work.session, actor, Certificate, certificate_id, local_day(work.now), hold=True)
        own = row.person_id is not None and row.person_id == actor.person_id
        demand(actor, Action.CERTIFICATE_OWN if own else Action.CERTIFICATE_MANAGE, row.unit_id)
        if row.ended_at is not None:
            raise Invalid(OVER)
        row.ended_at, row.ended_why = work.now, said
        work.audit("certificate.end", target=row, reason=said, name=row.name, serial=row.serial)
        gone = row.fingerprint
    store.drop(gone)


# -- reading and using -------------------------------------------------------------------------------------------


def own_certificates(session: Session, actor: Actor) -> list[Certificate]:
    """The actor's own, newest first."""
    query = sa.select(Certificate).where(
        Certificate.person_id == actor.person_id, Certificate.person_id.is_not(None)
    )
    return list(session.scalars(query.order_by(Certificate.id.desc())))


def unit_certificates(session: Session, actor: Actor, unit_id: int) -> list[Certificate]:
    """Those of a unit: its seals first, then by the day they end. Raises Forbidden without the right there."""
    demand(actor, Action.CERTIFICATE_VIEW, unit_id)
    query = sa.select(Certificate).where(Certificate.unit_id == unit_id)
    query = query.options(joinedload(Certificate.person))
    return list(
        session.scalars(
            query.order_by(Certificate.person_id.is_not(None), Certificate.not_after, Certificate.id)
        )
    )


def seals(session: Session, unit_id: int) -> list[Certificate]:
    """The certificates of a unit's seal, newest first; for whoever may put it."""
    query = sa.select(Certificate).where(Certificate.unit_id == unit_id, Certificate.person_id.is_(None))
    return list(session.scalars(query.order_by(Certificate.id.desc())))


@contextmanager
def opened(row: Certificate, secret: str, now: datetime) -> Iterator[Key]:
    """The key of a certificate, opened by its passphrase or PIN. Raises Invalid: ended, expired, wrong, gone."""
    from app.services.signing import token  # needs the driver's library

    if row.ended_at is not None:
        raise Invalid(ENDED)
    check_time(read_certificate(row.pem.encode()), now)
    if row.key_kind is KeyKind.OUTSIDE:
        raise Invalid(OUTSIDE)
    if row.key_kind is KeyKind.DEVICE:
        with token.opened(_token(), secret) as session:
            yield token.key_of(session, row.fingerprint)
    else:
        yield open_file(store.read(row.fingerprint), secret)


def trusted() -> trust.Trusted:
    """The authorities trusted by this installation, the demonstration's own among them where there is one."""
    demo = demo_authority.existing(store.folder())
    return trust.load(store.settings().trust, demo.certificate if demo else None)


def has_token() -> bool:
    """Whether a token is set on this server."""
    return bool(store.settings().driver)


def _token() -> "Token":
    from app.services.signing.token import NO_TOKEN, Token

    set_here = store.settings()
    if not set_here.driver:
        raise Invalid(NO_TOKEN)
    return Token(set_here.driver, set_here.token)
