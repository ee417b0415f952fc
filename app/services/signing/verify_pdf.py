"""The signatures of a PDF, checked by pyHanko; the chain by our own list of authorities."""

import logging
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from cryptography import x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.errors import ValidationError

from app.domain.signing import Trust
from app.errors import Invalid
from app.services.clock import system_clock
from app.services.signing.certificates import facts
from app.services.signing.loops import apart
from app.services.signing.pdf import BROKEN, NOT_A_PDF, as_asn1
from app.services.signing.trust import Trusted
from app.services.signing.verify import Found

_UNREADABLE = Found(None, None, stamped=False, changed=True, trust=Trust.UNKNOWN)

for _name in ("pyhanko", "pyhanko_certvalidator"):  # a stranger's file is no news for the server's log
    logging.getLogger(_name).setLevel(logging.ERROR)
_ANY_USE = KeyUsageConstraints(key_usage=set())
"""What a certificate was issued for is judged when it is added here; another program's choice is not refused."""


def check_pdf(data: bytes, trusted: Trusted) -> tuple[Found, ...]:
    """Every signature, in the order they were made. Raises Invalid for what is no readable PDF."""
    try:
        reader = PdfFileReader(BytesIO(data))
        signatures = reader.embedded_regular_signatures
    except BROKEN as error:
        raise Invalid(NOT_A_PDF) from error
    return tuple(_check(signature, trusted) for signature in signatures)


def _check(signature: Any, trusted: Trusted) -> Found:
    try:
        return _checked(signature, trusted)
    except (*BROKEN, ValidationError, AssertionError):
        return _UNREADABLE


def _checked(signature: Any, trusted: Trusted) -> Found:
    certificate = _from_asn1(signature.signer_cert)
    chain = [_from_asn1(other) for other in signature.other_embedded_certs]
    context = ValidationContext(trust_roots=[as_asn1(root) for root in trusted.roots])
    status = apart(validate_pdf_signature, signature, context, key_usage_settings=_ANY_USE)
    at, stamped = _time(signature, status)
    whole = status.coverage is not None and status.coverage >= SignatureCoverageLevel.ENTIRE_REVISION
    sound = status.intact and status.valid and whole and status.docmdp_ok
    return Found(
        signer=facts(certificate),
        at=at,
        stamped=stamped,
        changed=not sound,
        trust=trusted.judge(certificate, chain, at or system_clock()),
        role=str(signature.sig_object.get("/Reason", "")),
    )


def _time(signature: Any, status: Any) -> tuple[datetime | None, bool]:
    """When, and whether a trusted server says so."""
    stamp = status.timestamp_validity
    if stamp is not None and stamp.valid and stamp.intact and stamp.trusted:
        return stamp.timestamp, True
    said = signature.self_reported_timestamp
    return (said if said is None or said.tzinfo else said.replace(tzinfo=UTC)), False


def _from_asn1(certificate: Any) -> x509.Certificate:
    return x509.load_der_x509_certificate(certificate.dump())
