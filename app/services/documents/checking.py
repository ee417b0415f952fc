"""Is this paper ours, and does it still say what the record says? Asked by its check code, by anybody who holds it."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.errors import HocVuError
from app.models import CorrectionRequest, Document, StalePaper, Student
from app.reference.code_lists import CODE_LISTS
from app.reports.catalogue import CATALOGUE
from app.reports.contexts import PrintPurpose, PrintStamp
from app.reports.form import YEAR
from app.reports.papers import digests_of
from app.services.documents import builders
from app.services.documents.asked import Asked
from app.services.documents.correction_papers import PAPERS, paper_of
from app.services.exchange import kept
from app.services.exchange.kept import is_kept_record
from app.services.printing import sheet_digest

log = logging.getLogger(__name__)
CODE_LENGTH: Final = 12
TRANSFERRED: Final = CODE_LISTS["enrolment_status"].codes_of("transferred")
_MISREAD: Final = str.maketrans("018", "OIB")  # codes have none of these digits


class Standing(StrEnum):
    """Whether the record still says what the paper says."""

    SAME = "same"
    CHANGED = "changed"
    LEFT = "left"  # the student has gone to another school since: no reason to print anew, and nobody else's business
    UNKNOWN = "unknown"  # a paper that isn't compared


@dataclass(frozen=True)
class Checked:
    """What the check page tells of a paper: nothing about a student that doesn't stand on it."""

    document: Document
    form: str
    standing: Standing


def clean_code(typed: str) -> str:
    """A code as the register keeps it, however it was typed; empty for what can't be one."""
    code = "".join(typed.split()).replace("-", "").upper().translate(_MISREAD)
    return code if len(code) == CODE_LENGTH and code.isascii() and code.isalnum() else ""


def check_paper(session: Session, typed: str) -> Checked | None:
    """The paper with this code and whether its data still stands; None for a code nobody has given out."""
    code = clean_code(typed)
    if not code:
        return None
    found = session.scalars(
        sa.select(Document)
        .where(Document.check_code == code)
        .options(
            joinedload(Document.unit),
            joinedload(Document.school_year),
            joinedload(Document.school_class),
            joinedload(Document.stale).joinedload(StalePaper.replaced_by),
            joinedload(Document.stale).joinedload(StalePaper.correction),
        )
    ).one_or_none()
    if found is None:
        return None
    form = CATALOGUE.get(found.form)
    return Checked(found, form.name if form else found.title, _standing(session, found))


def _standing(session: Session, document: Document) -> Standing:
    """By reading the record again for the day it was read, and comparing digests."""
    now = digests_now(session, document)
    if now is None:
        return Standing.UNKNOWN
    if now.get(document.student_id) == document.data_digest:
        return Standing.SAME
    corrected = document.stale is not None and document.stale.correction_id is not None
    return Standing.LEFT if not corrected and gone_elsewhere(session, [document]) else Standing.CHANGED


def gone_elsewhere(session: Session, papers: Iterable[Document]) -> set[int]:
    """Of these papers the ids of those about a student who has left the paper's school for another; one statement.

    Leaving changes what the record says, not what was true when the paper was given.
    """
    query = (
        sa.select(Document.id)
        .join(Student, Student.id == Document.student_id)
        .where(
            Document.id.in_([paper.id for paper in papers]),
            sa.or_(Student.unit_id != Document.unit_id, Student.status_code.in_(TRANSFERRED)),
        )
    )
    return set(session.scalars(query))


def digests_now(
    session: Session, document: Document, students: tuple[int, ...] = ()
) -> Mapping[int | None, str] | None:
    """Digest by student of what a paper would say now, or of the same papers of these `students`.

    None for a paper that isn't compared; nothing where the record can't be read again.
    """
    if is_kept_record(document):
        return kept.digests_now(session, document)
    form = CATALOGUE.get(document.form)
    if document.sheet_id is not None:
        return {None: sheet_digest(session, document.sheet_id, document.read_on)}
    if paper := PAPERS.get(document.form):
        row = session.get(CorrectionRequest, document.details.get("correction_id", 0))
        if row is None:
            return {}
        ((_student, digest),) = digests_of(paper_of(session, row, paper, _stamp(document)))
        return {document.student_id: digest}
    if document.data_digest is None or form is None or document.school_year is None:
        return None
    asked = Asked(
        form=form,
        unit=document.unit,
        year=document.school_year,
        room=document.school_class,
        period=document.period if document.period is not None else YEAR,
        student_id=None if students else document.student_id,
        day=document.read_on,
        details=document.details,
        student_ids=students,
    )
    try:
        return dict(digests_of(builders.build(session, asked, _stamp(document))))
    except (HocVuError, LookupError, ValueError):
        log.exception("the record of document %s could not be read again", document.id)
        return {}


def _stamp(document: Document) -> PrintStamp:
    return PrintStamp(document.made_at, "", "", document.number, PrintPurpose(document.purpose))
