"""Papers for a student who changes schools: one bundle with its list, and the receipt of the school that took it in.

A bundle holds the record and the papers as they are signed by then, and a list with their digests under the signature of
this installation. The receipt names the record it is for by digest; between schools of the program it is a note of the
moment the student is received, and no file goes anywhere.
"""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.domain.access import Action, Actor
from app.domain.dates import format_date
from app.domain.signing import SigningRole
from app.domain.vocabulary import Role
from app.errors import N_, Invalid
from app.extensions import db
from app.models import Document, IncomingRecord, OrgUnit, Position, Signature, Student, Transfer
from app.models.base import in_force
from app.services import scope
from app.services.clock import Clock, local_day
from app.services.exchange.bundle import PDF_FILES, RECORD_FILE, is_sealed, seal, write_bundle
from app.services.exchange.files import File
from app.services.exchange.incoming import read_row
from app.services.notices import tell
from app.services.rights import demand
from app.services.signing import store
from app.services.signing.papers import original
from app.services.unit_of_work import Work, record_event, transaction

log = logging.getLogger(__name__)

RECEIPT: Final = "hocvu-receipt-1"
LONGEST_RECEIPT: Final = 64 * 1024
NOT_A_RECEIPT: Final = N_("This is no receipt of a school, or it was changed. Nothing was noted.")
OTHER_RECEIPT: Final = N_("This receipt is for other papers than those your school gave this student.")
OWN_SCHOOL: Final = N_("This receipt was made by your own school.")
TWICE: Final = N_("These papers have been noted as received already.")
REGISTER: Final = "/print-register/"
RECEIVED_TITLE: Final = "Hồ sơ chuyển trường của {name} đã được nhận"
RECEIVED: Final = "{school} đã nhận hồ sơ của {name} ngày {day}, bởi {who} (bản in số {label} trong sổ in)."


@dataclass(frozen=True)
class Given:
    """A transfer with who has signed its record so far."""

    row: Transfer
    signed: Sequence[SigningRole]


def load_transfers(session: Session, student: Student, unit_id: int) -> list[Given]:
    """What a school gave a student to take along, newest first; two statements."""
    query = (
        sa.select(Transfer)
        .where(Transfer.student_id == student.id, Transfer.unit_id == unit_id)
        .options(joinedload(Transfer.document), joinedload(Transfer.user))
        .order_by(Transfer.id.desc())
    )
    rows = session.scalars(query).all()
    signed: dict[int, list[SigningRole]] = {}
    papers = sa.select(Signature.document_id, Signature.role).where(
        Signature.document_id.in_([row.document_id for row in rows])
    )
    for document_id, role in session.execute(papers.order_by(Signature.place)):
        signed.setdefault(document_id, []).append(role)
    return [Given(row, signed.get(row.document_id, ())) for row in rows]


def bundle_file(actor: Actor, transfer_id: int, *, clock: Clock) -> File:
    """The bundle with the signatures its papers have now. Raises NotFound, Forbidden, Invalid where a file is gone."""
    session = db.session()
    row = scope.get(session, actor, Transfer, transfer_id, local_day(clock()))
    demand(actor, Action.DATA_EXPORT, row.unit_id)
    first = session.get_one(Document, row.document_id)
    files = [(_name(paper), data) for paper, data in _papers(session, first)]
    made = write_bundle(
        files,
        {
            "made_at": row.made_at.isoformat(timespec="seconds"),
            "school": {"code": row.unit.code, "name": row.unit.name},
            "transfer": {"number": first.label, "code": first.check_code},
        },
    )
    record_event(
        actor, "exchange.transfer", clock=clock, target=row, number=first.label, digest=made.record_digest,
        size=len(made.content),
    )  # fmt: skip
    return File(f"chuyen-truong-{first.label.replace('/', '-')}.zip", made.content)


def _papers(session: Session, first: Document) -> list[tuple[Document, bytes]]:
    """The papers of a transfer with their files as they are now."""
    query = sa.select(Document).where(
        Document.unit_id == first.unit_id, Document.label == first.label, Document.form == first.form
    )
    rows = session.scalars(query.order_by(Document.place)).all()
    signed = sa.select(Signature.document_id, Signature.file_digest).where(
        Signature.document_id.in_([row.id for row in rows])
    )
    newest: dict[int, str] = dict(session.execute(signed.order_by(Signature.place)).all())
    return [
        (row, store.read_signed(newest[row.id]) if row.id in newest else original(row.file, row.pdf_digest))
        for row in rows
    ]


def _name(paper: Document) -> str:
    form = str(paper.details.get("form", "")).partition(".")[0]
    return PDF_FILES.get(form, RECORD_FILE)


# -- receipts ----------------------------------------------------------------------------------------------------


def receipt_file(actor: Actor, record_id: int, *, clock: Clock) -> File:
    """The receipt for a record that was taken in, for the school it came from. Raises NotFound, Forbidden."""
    session = db.session()
    row = scope.get(session, actor, IncomingRecord, record_id, local_day(clock()))
    demand(actor, Action.STUDENT_MANAGE, row.unit_id)
    school = session.get_one(OrgUnit, row.unit_id)
    said = {
        "format": RECEIPT,
        "from": {"code": row.source_code, "name": row.source_name},
        "record": row.digest,
        "student": read_row(row).record.student.key,
        "received_at": row.received_at.isoformat(timespec="seconds"),
        "received_by": row.user.get_full_name(),
        "school": {"code": school.code, "name": school.name},
    }
    content = json.dumps({**said, "signed": seal(said)}, ensure_ascii=False, indent=1)
    record_event(actor, "exchange.receipt", clock=clock, target=row, digest=row.digest)
    return File(f"giay-xac-nhan-{row.id}.json", content.encode() + b"\n")


def take_receipt(actor: Actor, transfer_id: int, content: bytes, *, clock: Clock) -> None:
    """Note by the other school's receipt that the papers have arrived.

    Raises NotFound, Forbidden; Invalid: no receipt, of other papers, of one's own school, noted already.
    """
    said = _receipt(content)
    with transaction(actor, "exchange.receipt", clock=clock) as work:
        row = scope.get(work.session, actor, Transfer, transfer_id, local_day(work.now), hold=True)
        demand(actor, Action.STUDENT_MANAGE, row.unit_id)
        if row.received_at is not None:
            raise Invalid(TWICE)
        if said["record"] not in _digests(work.session, row.document_id):
            raise Invalid(OTHER_RECEIPT)
        if said["school"]["code"] == row.unit.code:
            raise Invalid(OWN_SCHOOL)
        row.received_at = datetime.fromisoformat(said["received_at"])
        row.received_by, row.received_school = said["received_by"][:120], said["school"]["name"][:300]
        row.receipt = content.decode()
        work.audit("exchange.receipt", target=row, school=said["school"]["code"], record=said["record"])


def _receipt(content: bytes) -> dict[str, Any]:
    """What a receipt says; Invalid for anything that is none, or isn't signed as it stands."""
    try:
        if len(content) > LONGEST_RECEIPT:
            raise ValueError
        told: dict[str, Any] = json.loads(content)
        signed = told.pop("signed")
        texts = (told["record"], told["received_by"], told["school"]["code"], told["school"]["name"])
        fits = told["format"] == RECEIPT and all(isinstance(text, str) for text in texts)
        aware = datetime.fromisoformat(told["received_at"]).tzinfo is not None
        if not (fits and aware and is_sealed(signed, told)):
            raise ValueError
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Invalid(NOT_A_RECEIPT) from error
    return told


def _digests(session: Session, document_id: int) -> set[str]:
    """Every file of the record that was ever given out: as it was made, and after each signature."""
    made = sa.select(Document.pdf_digest).where(Document.id == document_id)
    signed = sa.select(Signature.file_digest).where(Signature.document_id == document_id)
    return set(session.scalars(made.union_all(signed)))


def note_received(work: Work, student: Student, former_unit: int) -> None:
    """Inside the transaction that receives a student from a school of the program: the papers it gave have arrived.

    The record lies with the student's new school as one that came from elsewhere, with its source, to be read.
    """
    query = (
        sa.select(Transfer)
        .where(
            Transfer.student_id == student.id,
            Transfer.unit_id == former_unit,
            Transfer.received_at.is_(None),
        )
        .order_by(Transfer.id.desc())
        .options(joinedload(Transfer.document), joinedload(Transfer.unit))
    )
    rows = work.session.scalars(query).all()
    for row in rows:
        row.received_at, row.received_by = work.now, work.actor.full_name[:120]
        row.received_school = work.session.get_one(OrgUnit, student.unit_id).name
        _tell_former(work, row, student)
    for row in rows[:1]:
        try:
            _lay_down(work, row, student, _papers(work.session, row.document)[0][1])
        except Invalid:  # a file that is gone keeps no student from the new class
            log.exception("the record of transfer %s could not be handed over", row.id)


def _tell_former(work: Work, row: Transfer, student: Student) -> None:
    """The former school's office reads it: the student is out of its reach from now on."""
    day = local_day(work.now)
    office = sa.select(Position.person_id).where(
        Position.unit_id == row.unit_id, Position.role == Role.OFFICE_STAFF, in_force(Position, day)
    )
    body = RECEIVED.format(
        school=row.received_school,
        name=student.full_name,
        day=format_date(day),
        who=row.received_by,
        label=row.document.label,
    )
    tell(work, work.session.scalars(office), RECEIVED_TITLE.format(name=student.full_name), body, REGISTER)


def _lay_down(work: Work, row: Transfer, student: Student, data: bytes) -> None:
    work.session.add(
        IncomingRecord(
            student_id=student.id,
            unit_id=student.unit_id,
            source_code=row.unit.code,
            source_name=row.unit.name,
            taken_at=row.document.made_at,
            digest=sha256(data).hexdigest(),
            content=data.decode(),
            received_at=work.now,
            user_id=work.actor.user_id,
        )
    )
    work.audit("exchange.receive", target=student, source=row.unit.code, number=row.document.label)
