"""A signed file checked by anybody who holds it: what it says itself, and what this installation knows of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.signing import Trust
from app.models import Certificate, Document, Signature
from app.services.documents.checking import Checked, check_paper
from app.services.signing.register import trusted
from app.services.signing.verify import Found, Report, verify


@dataclass(frozen=True)
class FileCheck:
    """`paper`: the printed paper it is, where it is one of ours, with whether the record still says so.

    `newer`: more signatures were put under it since. `ended`: when a signer's certificate went out of use here.
    """

    report: Report
    paper: Checked | None
    newer: bool
    ended: Mapping[str, datetime]  # by fingerprint

    def was_ended(self, found: Found) -> bool:
        """Whether the signer's certificate was out of use when it signed."""
        over = self.ended.get(found.signer.fingerprint) if found.signer else None
        return over is not None and found.at is not None and over <= found.at

    @property
    def holds(self) -> bool:
        """Whether there is a signature, none is broken, and every signer is vouched for."""
        fine = (Trust.TRUSTED, Trust.DEMO)
        found = self.report.signatures
        return bool(found) and all(not s.changed and s.trust in fine and not self.was_ended(s) for s in found)


def check_file(session: Session, data: bytes) -> FileCheck:
    """What a PDF or XML file says of itself and what is known of it here. Raises Invalid for other files."""
    report = verify(data, trusted())
    signers = {found.signer.fingerprint for found in report.signatures if found.signer}
    query = sa.select(Certificate.fingerprint, Certificate.ended_at)
    query = query.where(Certificate.fingerprint.in_(signers), Certificate.ended_at.is_not(None))
    ended = {row.fingerprint: row.ended_at for row in session.execute(query)}
    document_id, newer = _document(session, report.digest)
    paper = None
    if document_id is not None:
        paper = check_paper(session, session.get_one(Document, document_id).check_code)
    return FileCheck(report, paper, newer, ended)


def _document(session: Session, digest: str) -> tuple[int | None, bool]:
    """The paper with this file, and whether it has got signatures since."""
    found = session.execute(
        sa.select(Signature.document_id, Signature.place).where(Signature.file_digest == digest).limit(1)
    ).one_or_none()
    if found is None:
        printed = session.scalar(sa.select(Document.id).where(Document.pdf_digest == digest).limit(1))
        if printed is None:
            return None, False
        document_id, place = printed, 0
    else:
        document_id, place = found.document_id, found.place
    last = session.scalar(sa.select(sa.func.max(Signature.place)).where(Signature.document_id == document_id))
    return document_id, (last or 0) > place
