"""Open records that are kept and signed like papers: each has its line in the register of prints, its file and its digests.

A class's book of a term, a student's record, and what a student takes to another school: the record with the school record
and the marks as PDF, all under one number, so that one summary and one press sign them (S0 Điều 8 khoản 4, S2 Điều 7).
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from sqlalchemy.orm import Session

from app.domain.access import Action, Actor
from app.domain.assessment.facts import YEAR
from app.errors import N_, HocVuError, Invalid
from app.exchange.codec import BadXml, check, parse
from app.exchange.codec import to_xml as written
from app.extensions import db
from app.models import Document, OrgUnit, SchoolClass, Student, Transfer
from app.reports import catalogue
from app.reports.contexts import PrintPurpose, PrintStamp
from app.reports.form import DrawnFor, Form
from app.reports.papers import digests_of
from app.services import scope
from app.services.clock import Clock, local_day
from app.services.documents import builders
from app.services.documents.asked import Asked
from app.services.documents.register import line_of, new_seed
from app.services.exchange.files import checked, newest_class, record_of
from app.services.exchange.gradebook import class_record
from app.services.exchange.student import student_record
from app.services.printing import hold_number, next_number, number_label
from app.services.programme import terms_of
from app.services.rights import demand
from app.services.unit_of_work import plain_write, transaction

log = logging.getLogger(__name__)

BOOK, RECORD, TRANSFER = "xml_book", "xml_record", "transfer"
TITLES: Final = {
    BOOK: "Sổ theo dõi và đánh giá (XML)",
    RECORD: "Hồ sơ học tập (XML)",
    TRANSFER: "Hồ sơ chuyển trường",
}
EVENT: Final = "exchange.keep"
"""The event that takes a running number of the register (services/printing)."""
NO_TERM: Final = N_("Choose term I or term II.")
NOT_VALID: Final = N_("The file breaks the published schema (line %(line)s: %(why)s). It is not signed.")
_TIMELESS: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""Stands for when a record was written down, where only what it says counts."""


@dataclass(frozen=True)
class _Part:
    """One file: what the register and its readers call it, what it is made of, and what is compared later."""

    title: str
    content: bytes
    data_digest: str
    form: str = ""  # of the catalogue, for a PDF


def demand_valid(content: bytes) -> None:
    """Raises Invalid for an XML file that the published schema refuses: it is not signed."""
    try:
        check(parse(content))
    except BadXml as error:
        raise Invalid(NOT_VALID, line=error.line, why=error.reason[:200]) from error


def is_kept_record(document: Document) -> bool:
    """Whether a line of the register is an open record, or goes with one."""
    return document.form in TITLES


# -- making ------------------------------------------------------------------------------------------------------


def keep_book(actor: Actor, class_id: int, term: int, folder: Path, *, clock: Clock, site: str = "") -> int:
    """Keep a class's book of a term as XML, to be signed; returns the id of its line in the register.

    Raises NotFound, Forbidden without the rights to take data out and to issue it, Invalid for no such term.
    """
    session, now = db.session(), clock()
    room = scope.get(session, actor, SchoolClass, class_id, local_day(now))
    _demand(actor, room.unit_id)
    if term not in (1, 2):
        raise Invalid(NO_TERM)

    def parts(stamp: PrintStamp) -> Sequence[_Part]:
        record = class_record(session, room, term, stamp.printed_at)
        title = f"{TITLES[BOOK]} lớp {room.name}, học kì {'I' * term}, {record.school_year}"
        return [_Part(title, checked(written, record), _digest(record))]

    where = {
        "unit_id": room.unit_id,
        "class_id": room.id,
        "school_year_id": room.school_year_id,
        "period": term,
    }
    return _keep(actor, BOOK, room, parts, where, folder, clock, site)


def keep_record(actor: Actor, student_id: int, folder: Path, *, clock: Clock, site: str = "") -> int:
    """The same with a student's record. Raises as `files.student_file`, Forbidden without the right to issue."""
    student, first = record_of(actor, student_id, clock)
    unit = db.session().get_one(OrgUnit, actor.unit_id)
    _demand(actor, unit.id)

    def parts(stamp: PrintStamp) -> Sequence[_Part]:
        record = student_record(db.session(), student, unit, stamp.printed_at)
        return [_Part(f"{TITLES[RECORD]}: {first.student.name}", checked(written, record), _digest(record))]

    where = {"unit_id": unit.id, "student_id": student.id}
    return _keep(actor, RECORD, student, parts, where, folder, clock, site)


def keep_transfer(actor: Actor, student_id: int, folder: Path, *, clock: Clock, site: str = "") -> int:
    """What a student takes to another school: the record, the school record and the marks of the newest class.

    Returns the transfer's id. Raises as `keep_record`; Unavailable where a paper can't be drawn.
    """
    student, _record = record_of(actor, student_id, clock)
    session, unit = db.session(), db.session().get_one(OrgUnit, actor.unit_id)
    _demand(actor, unit.id)
    room = newest_class(session, student.id, unit.id)
    period = _period(session, room, clock())

    def parts(stamp: PrintStamp) -> Sequence[_Part]:
        record = student_record(session, student, unit, stamp.printed_at)
        papers = [_drawn(session, form, room, period, student, stamp) for form in _forms(room, period)]
        return [
            _Part(f"{TITLES[RECORD]}: {student.full_name}", checked(written, record), _digest(record)),
            *papers,
        ]

    where = {
        "unit_id": unit.id, "student_id": student.id, "class_id": room.id, "school_year_id": room.school_year_id,
        "period": period,
    }  # fmt: skip
    document_id = _keep(actor, TRANSFER, student, parts, where, folder, clock, site)
    with plain_write() as writing:
        row = Transfer(
            unit_id=unit.id, student_id=student.id, document_id=document_id, made_at=clock(), user_id=actor.user_id
        )  # fmt: skip
        writing.add(row)
        writing.flush()
        return row.id


def _demand(actor: Actor, unit_id: int) -> None:
    demand(actor, Action.DATA_EXPORT, unit_id)
    demand(actor, Action.RECORD_ISSUE, unit_id)


def _keep(
    actor: Actor,
    form: str,
    target: object,
    make: Callable[[PrintStamp], Sequence[_Part]],
    where: dict[str, Any],
    folder: Path,
    clock: Clock,
    site: str,
) -> int:
    """A number first, then the files, then their lines; what could not be made leaves a number without papers."""
    with transaction(actor, EVENT, clock=clock) as work:
        hold_number(work)
        number, now = next_number(work), work.now
        work.audit(EVENT, target=target, number=number_label(number, now), form=form)
    stamp = PrintStamp(now, actor.username, actor.full_name, number, PrintPurpose.ISSUED, new_seed(), site)
    parts = make(stamp)
    forms = [part.form for part in parts if part.form]
    digest = _joined([part.data_digest for part in parts])
    lines = [
        line_of(
            stamp, part.content, place=place, folder=folder, form=form, title=part.title[:240], data_digest=digest,
            read_on=local_day(now), user_id=actor.user_id, details={"form": part.form, "forms": forms}, **where,
        )
        for place, part in enumerate(parts, start=1)
    ]  # fmt: skip
    with plain_write() as writing:
        writing.add_all(lines)
        writing.flush()
        return lines[0].id


def _forms(room: SchoolClass, period: int) -> list[Form]:
    """The student's own forms that go along: học bạ and phiếu báo điểm, as far as the class has them."""
    fitting = catalogue.forms_for(room.circular, room.school_year.start_year, room.grade)
    own = {
        form.builder: form
        for form in reversed(fitting)
        if form.drawn_for is DrawnFor.STUDENT and period in form.periods
    }
    return [own[builder] for builder in ("school_record", "grade_slip") if builder in own]


def _period(session: Session, room: SchoolClass, now: datetime) -> int:
    """The whole year once it is over, else term I: the school record is filled by these (TT 22/2021 Điều 18)."""
    terms = terms_of(session, room.unit_id, room.school_year)
    last = max((term.ends_on for term in terms.values()), default=room.school_year.ends_on)
    return YEAR if local_day(now) > last else 1


def _drawn(
    session: Session, form: Form, room: SchoolClass, period: int, student: Student, stamp: PrintStamp
) -> _Part:
    from app.reports import drawing  # with xhtml2pdf behind it

    asked = Asked(form, room.unit, room.school_year, room, period, student.id, local_day(stamp.printed_at))
    paper = builders.build(session, asked, stamp)
    drawn = [draw() for _title, draw in drawing.parts_of(paper)]
    titles = [title for title, _draw in drawing.parts_of(paper)]
    content = drawing.settled(paper, drawing.file_of(paper, titles, drawn))
    ((_student, digest),) = digests_of(paper)
    return _Part(f"{form.short_name}: {student.full_name}", content, digest or "", form.code)


def _digest(record: Any) -> str:
    """Of what a record says, whenever it was written down."""
    return sha256(written(replace(record, taken_at=_TIMELESS))).hexdigest()


# -- comparing later ---------------------------------------------------------------------------------------------


def digests_now(session: Session, document: Document) -> Mapping[int | None, str]:
    """The data digest of a kept record by student, read again as of the day it was made; nothing where it can't be."""
    try:
        record: Any = None
        if document.form == BOOK and document.school_class is not None:
            record = class_record(session, document.school_class, document.period or 1, document.made_at)
        elif document.student is not None:
            record = student_record(session, document.student, document.unit, document.made_at)
        digests = [
            _digest(record),
            *(_paper_now(session, document, code) for code in document.details["forms"]),
        ]
    except (HocVuError, LookupError, ValueError, TypeError):
        log.exception("the record of document %s could not be read again", document.id)
        return {}
    return {document.student_id: _joined(digests)}


def _paper_now(session: Session, document: Document, code: str) -> str:
    """The digest of a paper that goes with a record. Raises LookupError for a form that is no more."""
    form, room, year = catalogue.CATALOGUE[code], document.school_class, document.school_year
    if room is None or year is None or document.period is None:
        raise LookupError(code)
    day = document.read_on
    asked = Asked(form, document.unit, year, room, document.period, document.student_id, day)
    stamp = PrintStamp(document.made_at, "", "", document.number, PrintPurpose(document.purpose))
    return dict(digests_of(builders.build(session, asked, stamp)))[document.student_id] or ""


def _joined(digests: Sequence[str]) -> str:
    """What goes out together is compared together: one digest for all its papers."""
    return digests[0] if len(digests) == 1 else sha256("\n".join(digests).encode()).hexdigest()
