"""School records from other schools: taken in as they are, tied to a student by identifier and birth date, read only."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer, joinedload

from app.domain.access import Action, Actor
from app.errors import N_, Invalid
from app.exchange.codec import LONGEST, BadXml, Fault, from_xml
from app.exchange.records import StudentRecord
from app.models import IncomingRecord, Student
from app.services import scope
from app.services.clock import Clock, local_day
from app.services.exchange import counted
from app.services.exchange.bundle import MOST_RECORD, RECORD_FILE, TOO_LARGE, demand_unbroken, read_record
from app.services.rights import demand
from app.services.signing.register import trusted
from app.services.signing.verify import Report, verify
from app.services.typed import one_line
from app.services.unit_of_work import transaction

log = logging.getLogger(__name__)

NEITHER: Final = N_("This file is neither a bundle (.zip) nor a record (.xml). Nothing was taken in.")
NOT_A_RECORD: Final = {
    Fault.NOT_XML: NEITHER,
    Fault.BROKEN: N_(
        "This file is no XML, or it was cut off or damaged at line %(line)s. Nothing was taken in."
    ),
    Fault.DOCTYPE: N_(
        "This file declares a document type, which is not allowed in a record. Nothing was taken in."
    ),
    Fault.VERSION: N_(
        "This record is written in version %(element)s, which HocVu does not read. Nothing was taken in."
    ),
    Fault.SCHEMA: N_(
        "Line %(line)s, “%(element)s”, does not follow the format of records that HocVu reads. Nothing was taken in."
    ),
    Fault.OTHER: N_("This file holds “%(element)s” and not a student's record. Nothing was taken in."),
}
OTHER_STUDENT: Final = N_(
    "The file is about %(name)s, born %(born)s; neither identifier is this student's. Nothing was taken in."
)
OWN_FILE: Final = N_("This file was made by your own school: the record is here already.")
ALREADY: Final = N_("This very file has been taken in already.")
WHY: Final = N_("Say why this record is put aside.")
GONE: Final = N_("This record has been put aside already.")


@dataclass(frozen=True)
class Incoming:
    """A record that came, with what its file says."""

    row: IncomingRecord
    record: StudentRecord

    @property
    def report(self) -> Report:
        """Who has signed it, and whether each is vouched for here."""
        return verify(self.row.content.encode(), trusted())


def receive(actor: Actor, student_id: int, content: bytes, scratch: Path, *, clock: Clock) -> int:
    """Take in the record (.xml) or transfer bundle (.zip) of another school; returns its id.

    Raises NotFound, Forbidden without student.manage, Invalid for a file that is no record, is about somebody else, is
    the school's own, or was taken in before.
    """
    text = read_record(content, scratch)
    record = _read(text)
    demand_unbroken(RECORD_FILE, text)
    with transaction(actor, "exchange.receive", clock=clock) as work:
        student = scope.get(work.session, actor, Student, student_id, local_day(work.now))
        demand(actor, Action.STUDENT_MANAGE, student.unit_id)
        _compare(student, record)
        digest = sha256(text).hexdigest()
        same = (IncomingRecord.student_id == student.id) & (IncomingRecord.digest == digest)
        if work.session.scalar(sa.select(IncomingRecord.id).where(same)):
            raise Invalid(ALREADY)
        row = IncomingRecord(
            student_id=student.id,
            unit_id=student.unit_id,
            source_code=record.school.code,
            source_name=record.school.name,
            taken_at=record.taken_at,
            digest=digest,
            content=text.decode(),
            received_at=work.now,
            user_id=actor.user_id,
        )
        work.session.add(row)
        work.flush()
        work.audit("exchange.receive", target=row, source=record.school.code, digest=digest)
        return row.id


def put_aside(actor: Actor, record_id: int, reason: str, *, clock: Clock) -> None:
    """A record taken in by mistake counts no more, nor does what was counted of it; it stays, with the reason.

    Raises NotFound, Forbidden; Invalid: no reason, put aside before, counted in a year that is closed.
    """
    reason = one_line(reason, 300, WHY)
    with transaction(actor, "exchange.put_aside", clock=clock, reason=reason) as work:
        row = scope.get(work.session, actor, IncomingRecord, record_id, local_day(work.now))
        demand(actor, Action.STUDENT_MANAGE, row.unit_id)
        if row.aside_at is not None:
            raise Invalid(GONE)
        counted.take_out(work, row)
        row.aside_at, row.aside_by_id, row.aside_reason = work.now, actor.user_id, reason
        work.audit("exchange.put_aside", target=row, reason=reason)


def load_incoming(session: Session, student: Student) -> Sequence[IncomingRecord]:
    """The records that came for a student, newest first, without their content; one statement."""
    query = (
        sa.select(IncomingRecord)
        .where(IncomingRecord.student_id == student.id, IncomingRecord.unit_id == student.unit_id)
        .options(
            joinedload(IncomingRecord.user),
            joinedload(IncomingRecord.aside_by),
            defer(IncomingRecord.content),
        )
        .order_by(IncomingRecord.id.desc())
    )
    return session.scalars(query).all()


def read_incoming(session: Session, actor: Actor, record_id: int, *, clock: Clock) -> Incoming:
    """A record with its content. Raises NotFound outside the actor's reach."""
    return read_row(scope.get(session, actor, IncomingRecord, record_id, local_day(clock())))


def read_row(row: IncomingRecord) -> Incoming:
    """A record within reach with what its file says."""
    return Incoming(row, _read(row.content.encode()))


def _read(content: bytes) -> StudentRecord:
    if len(content) > min(MOST_RECORD, LONGEST):
        raise Invalid(TOO_LARGE)
    try:
        content.decode()
        return from_xml(content, StudentRecord)
    except BadXml as error:
        log.info("a record was refused: %s", error.reason)
        message = NOT_A_RECORD.get(error.fault, TOO_LARGE)
        raise Invalid(message, line=error.line, element=error.element[:60]) from error
    except ValueError as error:
        raise Invalid(NEITHER) from error


def _compare(student: Student, record: StudentRecord) -> None:
    """Identifier and birth date must both be the student's: a name alone proves nothing."""
    theirs = record.student
    known = {student.student_code, student.national_id} - {None}
    if theirs.birth_date != student.birth_date or not known & {theirs.student_code, theirs.national_id}:
        raise Invalid(OTHER_STUDENT, name=theirs.name, born=f"{theirs.birth_date:%d/%m/%Y}")
    if record.school.code == student.unit.code:
        raise Invalid(OWN_FILE)
