"""What a signed file says: who signed, when, whether a trusted authority vouches for them, whether it was changed."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from app.domain.signing import Trust
from app.errors import N_, Invalid
from app.services.signing.certificates import CertificateFacts
from app.services.signing.trust import Trusted

LARGEST = 50_000_000
TOO_LARGE = N_("This file is too large to be checked here (at most 50 MB).")
NEITHER = N_("Only PDF and XML files can be checked.")


class Format(StrEnum):
    """What is signed."""

    PDF = "pdf"
    XML = "xml"


@dataclass(frozen=True)
class Found:
    """One signature of a file."""

    signer: CertificateFacts | None  # None: it can't even be read
    at: datetime | None
    stamped: bool  # a trusted time stamp server says when; otherwise the signer's own clock
    changed: bool
    trust: Trust
    role: str = ""


@dataclass(frozen=True)
class Report:
    """What was found in a file, signatures in the order they were made."""

    format: Format
    digest: str
    signatures: tuple[Found, ...]

    @property
    def changed(self) -> bool:
        """Whether the file is not any more what somebody signed."""
        return any(found.changed for found in self.signatures)


def format_of(data: bytes) -> Format:
    """PDF or XML by the first bytes. Raises Invalid."""
    start = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    if b"%PDF-" in data[:1024]:
        return Format.PDF
    if start.startswith(b"<") or data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return Format.XML
    raise Invalid(NEITHER)


def verify(data: bytes, trusted: Trusted) -> Report:
    """Check every signature of a file. Raises Invalid for what is no readable PDF or XML."""
    from app.services.signing.verify_pdf import check_pdf
    from app.services.signing.verify_xml import check_xml

    if len(data) > LARGEST:
        raise Invalid(TOO_LARGE)
    kind = format_of(data)
    check = check_pdf if kind is Format.PDF else check_xml
    return Report(kind, sha256(data).hexdigest(), check(data, trusted))
