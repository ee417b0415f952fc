"""The school signs the bundles that wait for it in one action, after a readable summary (S0 Điều 8 khoản 4, S3).

The worker that seals has no passphrase, so a bundle is first sealed under the installation's own key and signed by people
later: the head, then the school's seal. Each signature is a new file beside the folder (detached CMS over manifest.json).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.domain.access import Action, Actor, Target, may
from app.domain.signing import SigningRole
from app.errors import N_, Forbidden, Invalid
from app.extensions import db
from app.models import BundleSignature, Certificate, SealedBundle
from app.services import scope
from app.services.bundles.check import newest_checks
from app.services.bundles.make import bundle_root
from app.services.bundles.signed import signatures_of
from app.services.bundles.store import MANIFEST
from app.services.clock import Clock, local_day
from app.services.closing.signing import authorisation_of
from app.services.signing import register
from app.services.signing.acts import Order, certificate_for, check
from app.services.signing.papers import Item
from app.services.signing.store import put
from app.services.unit_of_work import transaction

AT_ONCE: Final = 300
"""Bundles signed in one action; the rest wait for the next."""
SUFFIX: Final = ".p7s"
ROLES: Final = (SigningRole.HEAD, SigningRole.SEAL)
NOT_YOURS: Final = N_(
    "Bundles are signed by the head of the school, and sealed by whoever keeps the school's seal."
)
DAMAGED: Final = N_("%(name)s is not as it was sealed. It is not signed; tell the administrator.")


@dataclass(frozen=True)
class Line:
    """A bundle in the summary."""

    bundle: SealedBundle
    item: Item


@dataclass(frozen=True)
class Waiting:
    """The bundles somebody can sign as something now, oldest first (Signable)."""

    unit_id: int
    role: SigningRole
    lines: tuple[Line, ...]
    more: int  # that wait beside these
    damaged: int  # left out: not as they were sealed

    @property
    def items(self) -> Sequence[Item]:
        """What is signed."""
        return [line.item for line in self.lines]

    @property
    def roles(self) -> Sequence[SigningRole]:
        """As what."""
        return (self.role,)

    @property
    def seen(self) -> str:
        """What the summary shows, in short."""
        told = [(item.document_id, item.digest) for item in self.items]
        return sha256(repr((self.role.value, told)).encode()).hexdigest()[:32]

    def read(self, item: Item) -> bytes:
        """The manifest of a bundle. Raises Invalid where it is not the one that was sealed."""
        return _manifest(item.file or "", item.digest)


def load_waiting(session: Session, actor: Actor, day: date) -> list[Waiting]:
    """What waits for the actor's signature, by role; four statements a role. Raises Forbidden for who signs none."""
    deputy = authorisation_of(session, actor, day) is not None
    unit = actor.relation_to(actor.unit_id)
    may_sign = {
        SigningRole.HEAD: may(actor, Action.PAPER_APPROVE, Target(unit, authorised=deputy)),
        SigningRole.SEAL: may(actor, Action.PAPER_SEAL, Target(unit)),
    }
    roles = [role for role in ROLES if may_sign[role]]
    if not roles or actor.unit_id is None:
        raise Forbidden(NOT_YOURS)
    return [_waiting(session, actor.unit_id, role) for role in roles]


def _waiting(session: Session, unit_id: int, role: SigningRole) -> Waiting:
    where = [SealedBundle.unit_id == unit_id, ~_signed(role)]
    if role is SigningRole.SEAL:
        where.append(_signed(SigningRole.HEAD))
    query = (
        sa.select(SealedBundle)
        .where(*where)
        .options(joinedload(SealedBundle.school_class), joinedload(SealedBundle.school_year))
        .order_by(SealedBundle.id)
        .limit(AT_ONCE)
    )
    rows = session.scalars(query).all()
    number = session.scalar(sa.select(sa.func.count()).select_from(SealedBundle).where(*where)) or 0
    ids = [row.id for row in rows]
    checks, signed = newest_checks(session, ids), signatures_of(session, ids)
    whole = [row for row in rows if not (row.id in checks and checks[row.id].faults)]
    lines = tuple(Line(row, _item(row, signed.get(row.id, ()))) for row in whole)
    return Waiting(unit_id, role, lines, number - len(rows), len(rows) - len(whole))


def _signed(role: SigningRole) -> sa.ColumnElement[bool]:
    """SQL: the bundle bears this signature."""
    return sa.exists().where(BundleSignature.bundle_id == SealedBundle.id, BundleSignature.role == role)


def _item(row: SealedBundle, signed: Sequence[Any]) -> Item:
    return Item(
        document_id=row.id,
        title=row.folder,
        pages=row.files,
        file=row.folder,
        digest=row.digest,
        data_digest=row.digest,
        same=None,
        signed=tuple(signed),
    )


def sign_waiting(actor: Actor, order: Order, secret: str, *, clock: Clock) -> int:
    """Sign every bundle of the summary; all or none are recorded. Returns how many.

    Raises Forbidden, NotFound; Stale where others wait by now; Invalid: damaged, wrong secret, expired, out of order.
    """
    from app.services.signing.cms import sign_beside  # pyHanko takes a third of a second to load

    session, now = db.session(), clock()
    found = next((w for w in load_waiting(session, actor, local_day(now)) if w.role is order.role), None)
    if found is None:
        raise Forbidden(NOT_YOURS)
    check(found, actor, order)
    row = certificate_for(session, actor, order, now)
    with register.opened(row, secret, now) as key:
        made = [(item, sign_beside(found.read(item), key, at=now)) for item in found.items]
    kept = [(item, *_put_beside(item, order.role, data)) for item, data in made]
    return _record(actor, order, found.unit_id, kept, clock)


def _record(
    actor: Actor, order: Order, unit_id: int, kept: Sequence[tuple[Item, str, str]], clock: Clock
) -> int:
    with transaction(actor, "bundle.sign", clock=clock) as work:
        day = local_day(work.now)
        held = scope.get(work.session, actor, Certificate, order.certificate_id, day, hold=True)
        if held.ended_at is not None:
            raise Invalid(register.ENDED)
        for item, name, digest in kept:
            work.session.add(
                BundleSignature(
                    unit_id=unit_id,
                    bundle_id=item.document_id,
                    role=order.role,
                    certificate_id=held.id,
                    person_id=actor.person_id,
                    user_id=actor.user_id,
                    signed_at=work.now,
                    manifest_digest=item.digest,
                    file=name,
                    file_digest=digest,
                )
            )
        work.audit("bundle.sign", target=held, bundles=len(kept), role=order.role.value, serial=held.serial)
    return len(kept)


def _put_beside(item: Item, role: SigningRole, data: bytes) -> tuple[str, str]:
    """The signature file's name below the bundle folder, and its digest; what is there is never written over."""
    digest = sha256(data).hexdigest()
    name = f"{item.file}.{role.value}-{digest[:12]}{SUFFIX}"
    put(bundle_root() / name, data)
    return name, digest


def _manifest(folder: str, digest: str) -> bytes:
    """A bundle's manifest. Raises Invalid where it is not the one that was sealed."""
    path = bundle_root() / folder / MANIFEST
    data = path.read_bytes() if path.is_file() else b""
    if sha256(data).hexdigest() != digest:
        raise Invalid(DAMAGED, name=folder)
    return data
