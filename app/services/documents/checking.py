"""Is this paper ours, and does it still say what the record says? Asked by its check code, by anybody who holds it."""

import logging
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.errors import HocVuError
from app.models import Document
from app.reports.catalogue import CATALOGUE, YEAR
from app.reports.contexts import PrintPurpose, PrintStamp
from app.reports.papers import digests_of
from app.services.documents import builders
from app.services.documents.asked import Asked
from app.services.printing import sheet_digest

log = logging.getLogger(__name__)
CODE_LENGTH: Final = 12
_MISREAD: Final = str.maketrans("018", "OIB")  # codes have none of these digits


class Standing(StrEnum):
    """Whether the record still says what the paper says."""

    SAME = "same"
    CHANGED = "changed"
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
        )
    ).one_or_none()
    if found is None:
        return None
    form = CATALOGUE.get(found.form)
    return Checked(found, form.name if form else found.title, _standing(session, found))


def _standing(session: Session, document: Document) -> Standing:
    """By reading the record again for the day it was read, and comparing digests."""
    if document.sheet_id is not None:
        same = sheet_digest(session, document.sheet_id, document.read_on) == document.data_digest
        return Standing.SAME if same else Standing.CHANGED
    form = CATALOGUE.get(document.form)
    if document.data_digest is None or form is None or document.school_year is None:
        return Standing.UNKNOWN
    asked = Asked(
        form=form,
        unit=document.unit,
        year=document.school_year,
        room=document.school_class,
        period=document.period if document.period is not None else YEAR,
        student_id=document.student_id,
        day=document.read_on,
    )
    stamp = PrintStamp(document.made_at, "", "", document.number, PrintPurpose(document.purpose))
    try:
        now = dict(digests_of(builders.build(session, asked, stamp)))
    except (HocVuError, LookupError, ValueError):
        log.exception("the record of document %s could not be read again", document.id)
        return Standing.CHANGED
    return Standing.SAME if now.get(document.student_id) == document.data_digest else Standing.CHANGED
