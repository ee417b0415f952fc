"""Giving the record out as files: a class's book, a student's record, the bundle a student takes to another school.

Whoever takes data out needs the right for it, and each file is in the trail with its digest (S2 Điều 6, S4 Điều 16).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from typing import Any, Final

import sqlalchemy as sa

from app.domain.access import Action, Actor
from app.errors import N_, Invalid, NotFound
from app.exchange.codec import NAMESPACE, SCHEMA, from_xml, to_xml
from app.exchange.records import Gradebook, StudentRecord
from app.extensions import db
from app.models import Enrolment, OrgUnit, SchoolClass, Student
from app.services import scope
from app.services.archive.container import Writer
from app.services.clock import Clock, local_day
from app.services.exchange.gradebook import class_record
from app.services.exchange.student import student_record
from app.services.rights import demand
from app.services.unit_of_work import record_event

TRANSFER: Final = "transfer"
RECORD_FILE: Final = "ho-so.xml"
NO_TERM: Final = N_("Choose term I or term II.")
NOT_HERE: Final = N_("This student was never in a class of your school.")
UNWRITABLE: Final = N_(
    "The record holds a sign that no XML file can hold. Look for it in names and remarks: %(why)s"
)

README: Final = f"""Hồ sơ chuyển trường của một học sinh.

{RECORD_FILE}: hồ sơ học tập, theo lược đồ {SCHEMA.name} (không gian tên {NAMESPACE}).
manifest.json: danh mục tệp kèm mã băm SHA-256.

Trường tiếp nhận mở trang của học sinh, chọn "Hồ sơ điện tử", rồi nộp nguyên tệp .zip này.
"""


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
    content = _checked(as_format.gradebook, record, Gradebook)
    name = f"so-{found.unit.code}-{found.name}-hk{term}-{record.school_year}.{as_format.suffix}"
    _note(actor, "exchange.class", content, clock, found)
    return File(name, content)


def student_file(actor: Actor, student_id: int, *, clock: Clock, as_format: Format = OWN) -> File:
    """A student's record at the actor's school as a file. Raises NotFound, Forbidden, Invalid (never a student here)."""
    student, record = _record(actor, student_id, clock)
    if as_format.student is None:
        raise Invalid(NOT_HERE)
    content = _checked(as_format.student, record, StudentRecord)
    _note(actor, "exchange.student", content, clock, student)
    return File(f"ho-so-{record.student.key}.{as_format.suffix}", content)


def transfer_file(actor: Actor, student_id: int, *, clock: Clock) -> File:
    """The bundle a student takes along: the record, the schema, a list with digests, in one archive. Raises as above."""
    student, record = _record(actor, student_id, clock)
    content = _checked(to_xml, record, StudentRecord)
    out = BytesIO()
    writer = Writer(out)
    for name, data in (
        (RECORD_FILE, content),
        (SCHEMA.name, SCHEMA.read_bytes()),
        ("DOC-TRUOC.txt", README.encode()),
    ):
        writer.add(name, [data])
    writer.finish(
        {
            "kind": TRANSFER,
            "made_at": record.taken_at.isoformat(timespec="seconds"),
            "school": {"code": record.school.code, "name": record.school.name},
            "student": record.student.key,
        }
    )
    _note(actor, "exchange.transfer", content, clock, student)
    return File(f"chuyen-truong-{record.student.key}.zip", out.getvalue())


def _record(actor: Actor, student_id: int, clock: Clock) -> tuple[Student, StudentRecord]:
    session, now = db.session(), clock()
    student = scope.get(session, actor, Student, student_id, local_day(now))
    unit = session.get_one(OrgUnit, actor.unit_id) if actor.unit_id else None
    if unit is None:
        raise NotFound
    demand(actor, Action.DATA_EXPORT, unit.id)
    if not _was_here(student.id, unit.id):
        raise Invalid(NOT_HERE)
    return student, student_record(session, student, unit, now)


def _was_here(student_id: int, unit_id: int) -> bool:
    query = (
        sa.select(Enrolment.id)
        .join(SchoolClass, SchoolClass.id == Enrolment.class_id)
        .where(Enrolment.student_id == student_id, SchoolClass.unit_id == unit_id)
        .limit(1)
    )
    return db.session().scalar(query) is not None


def _checked(write: Callable[[Any], bytes], record: Any, kind: type[Any]) -> bytes:
    """The file, read back once: what doesn't come back equal is not given out."""
    try:
        content = write(record)
    except ValueError as error:
        raise Invalid(UNWRITABLE, why=str(error)) from error
    if write is to_xml and from_xml(content, kind) != record:
        raise AssertionError("the file does not say what the record says")
    return content


def _note(actor: Actor, action: str, content: bytes, clock: Clock, target: object) -> None:
    record_event(
        actor, action, clock=clock, target=target, digest=sha256(content).hexdigest(), size=len(content)
    )
