"""The register of prints: a line for every paper that was made, with what proves it later."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.domain.access import Action, Actor
from app.domain.vocabulary import UnitKind
from app.errors import N_, NotFound
from app.models import Document, OrgUnit, StalePaper
from app.reports.contexts import PrintPurpose, PrintStamp
from app.services import scope
from app.services.clock import VIETNAM, Clock, local_day
from app.services.rights import demand
from app.services.unit_of_work import record_event

PAGE: Final = 50
NOT_STORED: Final = N_("The file of this print is not kept. Print it again if you need it.")


def new_seed() -> str:
    """Where the check codes of one print come from."""
    return secrets.token_hex(16)


def line_of(
    stamp: PrintStamp, pdf: bytes, *, place: int = 1, folder: Path | None = None, **values: Any
) -> Document:
    """The register's line of a paper just made; its file is kept in `folder` where its purpose asks for that.

    ValueError for a stamp without a seed.
    """
    from app.reports.renderer import page_count  # with xhtml2pdf behind it: only where something is printed

    check = stamp.check(place)
    if check is None:
        raise ValueError("a registered print needs a seed")
    stored = None
    if folder is not None and stamp.purpose.kept:
        stored = _keep(folder, values["unit_id"], check.code, stamp.printed_at, pdf)
    return Document(
        number=stamp.number,
        label=f"{stamp.number}/{local_day(stamp.printed_at).year}",
        place=place,
        purpose=stamp.purpose.value,
        pages=page_count(pdf) if pdf.startswith(b"%PDF-") else 0,  # an open record has none
        made_at=stamp.printed_at,
        made_by=stamp.full_name[:120],
        check_code=check.code,
        pdf_digest=hashlib.sha256(pdf).hexdigest(),
        file=stored,
        **values,
    )


def _keep(folder: Path, unit_id: int, code: str, moment: datetime, pdf: bytes) -> str:
    kind = "pdf" if pdf.startswith(b"%PDF-") else "xml"
    name = f"{unit_id}/{local_day(moment).year}/{code}.{kind}"
    path = folder / name
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_suffix(f".{secrets.token_hex(4)}")
    part.write_bytes(pdf)
    part.replace(path)
    return name


# -- reading it --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Wanted:
    """What part of the register is looked at; `since` and `until` inclusive."""

    since: date
    until: date
    form: str = ""
    purpose: str = ""
    class_id: int | None = None
    student_id: int | None = None
    number: int | None = None
    page: int = 1


@dataclass(frozen=True)
class Lines:
    """A page of the register, newest first."""

    lines: Sequence[Document]
    has_next: bool


def load_register(session: Session, actor: Actor, unit_id: int, wanted: Wanted, day: date) -> Lines:
    """A page of a unit's register; one statement. Raises Forbidden without the right there."""
    demand(actor, Action.PRINT_REGISTER, unit_id)
    query = scope.scoped(actor, Document, day).where(
        Document.unit_id == unit_id,
        Document.made_at >= _midnight(wanted.since),
        Document.made_at < _midnight(wanted.until + timedelta(days=1)),
    )
    for column, value in (
        (Document.form, wanted.form),
        (Document.purpose, wanted.purpose),
        (Document.class_id, wanted.class_id),
        (Document.student_id, wanted.student_id),
        (Document.number, wanted.number),
    ):
        if value:
            query = query.where(column == value)
    query = query.options(
        joinedload(Document.student),
        joinedload(Document.school_class),
        joinedload(Document.user),
        joinedload(Document.stale).joinedload(StalePaper.correction),
        joinedload(Document.stale).joinedload(StalePaper.replaced_by),
    )
    query = (
        query.order_by(Document.made_at.desc(), Document.id).offset((wanted.page - 1) * PAGE).limit(PAGE + 1)
    )
    rows = session.scalars(query).all()
    return Lines(rows[:PAGE], len(rows) > PAGE)


@dataclass(frozen=True)
class SchoolPrints:
    """How many papers a school printed and issued in the days asked for."""

    unit_id: int
    name: str
    papers: int
    issued: int


def load_schools(
    session: Session, actor: Actor, first: date, last: date, page: int, day: date
) -> tuple[Sequence[SchoolPrints], bool]:
    """The schools below by name, a page of them, and whether there are more; one statement.

    For the offices, which read the registers of their schools (S0 Điều 14, S4 Điều 20).
    """
    schools = [kind for kind in UnitKind if kind.is_school]
    made = sa.and_(
        Document.unit_id == OrgUnit.id,
        Document.made_at >= _midnight(first),
        Document.made_at < _midnight(last + timedelta(days=1)),
    )
    issued = sa.case((Document.purpose == PrintPurpose.ISSUED.value, 1))
    query = (
        sa.select(OrgUnit.id, OrgUnit.short_name, sa.func.count(Document.id), sa.func.count(issued))
        .outerjoin(Document, made)
        .where(
            scope.condition(actor, OrgUnit, day),
            OrgUnit.id.in_(actor.below),
            OrgUnit.kind.in_(schools),
        )
        .group_by(OrgUnit.id, OrgUnit.short_name)
        .order_by(OrgUnit.short_name, OrgUnit.id)
        .offset((page - 1) * PAGE)
        .limit(PAGE + 1)
    )
    rows = [SchoolPrints(*row) for row in session.execute(query)]
    return rows[:PAGE], len(rows) > PAGE


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=VIETNAM)


def fetch_stored(
    session: Session, actor: Actor, document_id: int, folder: Path, *, clock: Clock
) -> tuple[bytes, str]:
    """The kept file of a paper and its name, recorded. NotFound where none is kept, or it isn't the one that was made."""
    found = scope.get(session, actor, Document, document_id, local_day(clock()))
    demand(actor, Action.RECORD_ISSUE, found.unit_id)
    path = folder / found.file if found.file else None
    content = path.read_bytes() if path is not None and path.is_file() else b""
    if hashlib.sha256(content).hexdigest() != found.pdf_digest:
        raise NotFound(NOT_STORED)
    name = f"{found.title} {found.label}".replace("/", "-")
    record_event(actor, "print.download", clock=clock, target=found, number=found.label)
    return content, name
