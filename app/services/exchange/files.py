"""Giving the record out as files: a class's book, a student's record.

Whoever takes data out needs the right for it, and each file is in the trail with its digest (S2 Điều 6, S4 Điều 16).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import Action, Actor
from app.errors import N_, Invalid, NotFound
from app.exchange.codec import from_xml, to_xml
from app.exchange.records import Gradebook, StudentRecord
from app.extensions import db
from app.models import Enrolment, OrgUnit, SchoolClass, Student
from app.services import scope
from app.services.clock import Clock, local_day
from app.services.exchange.gradebook import class_record
from app.services.exchange.student import student_record
from app.services.rights import demand
from app.services.unit_of_work import record_event

NO_TERM: Final = N_("Choose term I or term II.")
NOT_HERE: Final = N_("This student was never in a class of your school.")
UNWRITABLE: Final = N_(
    "The record holds a sign that no XML file can hold. Look for it in names and remarks: %(why)s"
)


@dataclass(frozen=True)
class Format:
    """A way to write records for others; an official format is one more of these."""

    code: str
    title: str
    suffix: str
    gradebook: Callable[[Gradebook], bytes] | None
    student: Callable[[StudentRecord], bytes] | None


OWN: Final = Format("hocvu-1.0", "HocVu 1.0 (XML)", "xml", to_xml, to_xml)
FORMATS: Final[Mapping[str, Format]] = {OWN.code: OWN}
"""Every format on offer by its code. The Ministry's is added here once its schema is published."""


@dataclass(frozen=True)
class File:
    """A file to be fetched."""

    name: str
    content: bytes


def class_file(actor: Actor, class_id: int, term: int, *, clock: Clock, as_format: Format = OWN) -> File:
    """The book of a class in a term as a file, checked against the schema before it is given out.

    Raises NotFound outside the actor's reach, Forbidden without the right to take data out, Invalid for no such term.
    """
    session, now = db.session(), clock()
    found = scope.get(session, actor, SchoolClass, class_id, local_day(now))
    demand(actor, Action.DATA_EXPORT, found.unit_id)
    if term not in (1, 2) or as_format.gradebook is None:
        raise Invalid(NO_TERM)
    record = class_record(session, found, term, now)
    content = checked(as_format.gradebook, record)
    name = f"so-{found.unit.code}-{found.name}-hk{term}-{record.school_year}.{as_format.suffix}"
    _note(actor, "exchange.class", content, clock, found)
    return File(name, content)


def student_file(actor: Actor, student_id: int, *, clock: Clock, as_format: Format = OWN) -> File:
    """A student's record at the actor's school as a file. Raises NotFound, Forbidden, Invalid (never a student here)."""
    student, record = record_of(actor, student_id, clock)
    if as_format.student is None:
        raise Invalid(NOT_HERE)
    content = checked(as_format.student, record)
    _note(actor, "exchange.student", content, clock, student)
    return File(f"ho-so-{record.student.key}.{as_format.suffix}", content)


def record_of(actor: Actor, student_id: int, clock: Clock) -> tuple[Student, StudentRecord]:
    """A student and the record at the actor's school. Raises NotFound, Forbidden, Invalid (never a student here)."""
    session, now = db.session(), clock()
    student = scope.get(session, actor, Student, student_id, local_day(now))
    unit = session.get_one(OrgUnit, actor.unit_id) if actor.unit_id else None
    if unit is None:
        raise NotFound
    demand(actor, Action.DATA_EXPORT, unit.id)
    newest_class(session, student.id, unit.id)
    return student, student_record(session, student, unit, now)


def newest_class(session: Session, student_id: int, unit_id: int) -> SchoolClass:
    """The class of a school the student sat in last. Raises Invalid for who never sat there."""
    query = (
        sa.select(SchoolClass)
        .join(Enrolment, Enrolment.class_id == SchoolClass.id)
        .where(Enrolment.student_id == student_id, SchoolClass.unit_id == unit_id)
        .order_by(Enrolment.starts_on.desc(), Enrolment.id.desc())
        .limit(1)
    )
    found: SchoolClass | None = session.scalar(query)
    if found is None:
        raise Invalid(NOT_HERE)
    return found


def checked(write: Callable[[Any], bytes], record: Any) -> bytes:
    """The file, read back once: what doesn't come back equal is not given out."""
    try:
        content = write(record)
    except ValueError as error:
        raise Invalid(UNWRITABLE, why=str(error)) from error
    if write is to_xml and from_xml(content, type(record)) != record:
        raise AssertionError("the file does not say what the record says")
    return content


def _note(actor: Actor, action: str, content: bytes, clock: Clock, target: object) -> None:
    record_event(
        actor, action, clock=clock, target=target, digest=sha256(content).hexdigest(), size=len(content)
    )
