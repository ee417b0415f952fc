"""Signing a whole class in one action, after a readable summary (S0 Điều 8 khoản 4).

The files are signed first and kept under their digests; then one transaction records who signed what. What was kept for
a transaction that fell through is no paper's: nothing points to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from app.domain.access import Actor
from app.domain.signing import SigningRefusal, SigningRole, refusal
from app.errors import N_, Forbidden, Invalid, Stale
from app.extensions import db
from app.models import Certificate, Document, Signature
from app.reports.stamp import Stamp
from app.services import scope
from app.services.clock import Clock, local_day
from app.services.exchange.kept import demand_valid
from app.services.signing import register, store
from app.services.signing.keys import Key
from app.services.signing.papers import Item, Print, Signable, load_print
from app.services.signing.rounds import settle
from app.services.signing.verify import Format, format_of
from app.services.signing.xml import sign_xml
from app.services.unit_of_work import record_event, transaction

LOOK_AGAIN: Final = N_(
    "The papers have changed since this page was opened. Nothing was signed: look at them again."
)
CHANGED: Final = N_(
    "The record has changed since %(name)s was printed. Print it again and sign the new print."
)
NOT_AS_THIS: Final = N_("You may not sign these papers as this.")
NOT_THIS_ONE: Final = N_("This certificate does not belong to this signature: persons sign with their own.")
REFUSED: Final = {
    SigningRefusal.TWICE: N_("%(name)s has this signature already."),
    SigningRefusal.TOO_LATE: N_("Somebody who signs later has signed %(name)s already."),
    SigningRefusal.HEAD_FIRST: N_("The seal is put only after the head has signed %(name)s."),
}
TITLES: Final = {
    SigningRole.SUBJECT_TEACHER: "Giáo viên môn học",
    SigningRole.HOMEROOM_TEACHER: "Giáo viên chủ nhiệm",
    SigningRole.HEAD: "Hiệu trưởng",
    SigningRole.SEAL: "Con dấu của trường",
}
"""As it is written into the paper."""
FOR_THE_HEAD: Final = "KT. Hiệu trưởng, Phó Hiệu trưởng"
DEMO_NOTE: Final = "Chứng thư thử nghiệm, không có giá trị pháp lý"


@dataclass(frozen=True)
class Order:
    """How somebody signs: as what, with which certificate, after which summary, seen on paper or not."""

    role: SigningRole
    certificate_id: int
    seen: str
    visible: bool = True


def sign_print(actor: Actor, document_id: int, order: Order, secret: str, *, clock: Clock) -> int:
    """Sign every paper of the print a document belongs to; all or none. Returns how many.

    `secret`: the key's passphrase, or the token's PIN.

    Raises NotFound, Forbidden; Stale where something has changed since the summary; Invalid: data changed since the
    print, out of order, wrong secret, expired, no answer of the time stamp server.
    """
    session, now = db.session(), clock()
    found = load_print(session, actor, document_id, local_day(now))
    check(found, actor, order)
    row = certificate_for(session, actor, order, now)
    server = store.settings().time_server or None
    with register.opened(row, secret, now) as key:
        made = [(item, draw(found, item, key, order, row, now, server)) for item in found.items]
    return record(actor, order, [(item, store.keep_signed(data)) for item, data in made], clock=clock)


def check(found: Signable, actor: Actor, order: Order) -> None:
    """Raise what speaks against signing these papers like this now."""
    if order.role not in found.roles:
        raise Forbidden(NOT_AS_THIS)
    if order.seen != found.seen or not found.items:
        raise Stale(LOOK_AGAIN)
    for item in found.items:
        if item.same is False:
            raise Invalid(CHANGED, name=item.title)
        why = refusal(order.role, actor.person_id, [(s.role, s.person_id) for s in item.signed])
        if why is not None:
            raise Invalid(REFUSED[why], name=item.title)


def certificate_for(session: Session, actor: Actor, order: Order, now: datetime) -> Certificate:
    """The certificate chosen: the actor's own, or the school's for its seal. Raises NotFound, Invalid."""
    row = scope.get(session, actor, Certificate, order.certificate_id, local_day(now))
    if order.role is SigningRole.SEAL:
        fits = row.person_id is None and row.unit_id == actor.unit_id
    else:
        fits = row.person_id is not None and row.person_id == actor.person_id
    if not fits:
        raise Invalid(NOT_THIS_ONE)
    return row


def draw(
    found: Print,
    item: Item,
    key: Key,
    order: Order,
    row: Certificate,
    at: datetime,
    server: str | None = None,
) -> bytes:
    """A paper with the key's signature."""
    from app.services.signing.pdf import sign_pdf  # pyHanko takes a third of a second to load

    for_the_head = found.deputy and order.role is SigningRole.HEAD
    title = FOR_THE_HEAD if for_the_head else TITLES[order.role]
    data = found.read(item)
    if format_of(data) is Format.XML:
        demand_valid(data)
        return sign_xml(data, key, at=at, role=title)
    stamp = Stamp(row.name, title, at, DEMO_NOTE if row.is_demo else "") if order.visible else None
    return sign_pdf(data, key, at=at, stamp=stamp, reason=title, time_server=server)


def record(actor: Actor, order: Order, made: Sequence[tuple[Item, str]], *, clock: Clock) -> int:
    """A row a paper with the digest of its signed file. Returns how many.

    A signature put there meanwhile has the same place: the database refuses, and nothing is recorded (Invalid).
    """
    with transaction(actor, "paper.sign", clock=clock) as work:
        row = scope.get(
            work.session, actor, Certificate, order.certificate_id, local_day(work.now), hold=True
        )
        if row.ended_at is not None:
            raise Invalid(register.ENDED)
        first = work.session.get_one(Document, made[0][0].document_id)
        for item, digest in made:
            work.session.add(
                Signature(
                    unit_id=first.unit_id,
                    document_id=item.document_id,
                    place=len(item.signed) + 1,
                    role=order.role,
                    certificate_id=row.id,
                    person_id=actor.person_id,
                    user_id=actor.user_id,
                    signed_at=work.now,
                    source_digest=item.digest,
                    file_digest=digest,
                    data_digest=item.data_digest,
                )
            )
        work.audit(
            "paper.sign", target=first, number=first.label, papers=len(made), role=order.role.value, serial=row.serial
        )  # fmt: skip
        unit_id = first.unit_id
    settle(db.session(), clock=clock, unit_id=unit_id)
    return len(made)


def fetch_signed(session: Session, actor: Actor, document_id: int, *, clock: Clock) -> tuple[bytes, str]:
    """A paper with the signatures it has, and its name; recorded. For those who may sign it.

    Raises NotFound, Forbidden; Invalid where the file is gone.
    """
    found = load_print(session, actor, document_id, local_day(clock()), with_stale=True)
    item = next(item for item in found.items if item.document_id == document_id)
    data = found.read(item)
    paper = session.get_one(Document, document_id)
    name = f"{paper.title} {found.label}".replace("/", "-")
    record_event(actor, "paper.download", clock=clock, target=paper, number=found.label)
    return data, name
