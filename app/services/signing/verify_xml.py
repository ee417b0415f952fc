"""The signatures of an XML document, checked by signxml; the chain by our own list of authorities."""

from base64 import b64decode
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from lxml import etree
from signxml import SignatureConfiguration, XMLVerifier
from signxml.exceptions import SignXMLException

from app.domain.signing import Trust
from app.services.clock import system_clock
from app.services.signing.certificates import facts
from app.services.signing.trust import Trusted
from app.services.signing.verify import Found
from app.services.signing.xml import DS, XADES, parse, signatures

_BROKEN = (
    SignXMLException,
    etree.LxmlError,
    UnsupportedAlgorithm,
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
)
_ENVELOPED = f"{DS}enveloped-signature"
_UNREADABLE = Found(None, None, stamped=False, changed=True, trust=Trust.UNKNOWN)


class _Last(XMLVerifier):
    """Checks the signature put there last."""

    def _get_signature(self, root: Any) -> Any:
        return signatures(root)[-1]


def check_xml(data: bytes, trusted: Trusted) -> tuple[Found, ...]:
    """Every signature, in the order they were made. Raises Invalid for what is no readable XML."""
    root = parse(data)
    return tuple(_check(_as_signed(root, n), trusted) for n in range(len(signatures(root))))


def _as_signed(root: etree._Element, number: int) -> etree._Element:
    """The document as it was when the signature of that number was made: without those after it."""
    copy = deepcopy(root)
    for later in signatures(copy)[number + 1 :]:
        copy.remove(later)
    return copy


def _check(root: etree._Element, trusted: Trusted) -> Found:
    signature = signatures(root)[-1]
    try:
        chain = _certificates(signature)
        certificate, said = chain[0], facts(chain[0])
    except _BROKEN:
        return _UNREADABLE
    signed = _verified(root, signature, certificate)
    at = _time(signed if signed is not None else signature)
    return Found(
        signer=said,
        at=at,
        stamped=False,
        changed=signed is None,
        trust=trusted.judge(certificate, chain[1:], at or system_clock()),
        role=_role(signed) if signed is not None else "",
    )


def _verified(root: etree._Element, signature: Any, certificate: x509.Certificate) -> etree._Element | None:
    """The signed properties (or an empty element), or None: changed, or not over the whole document.

    The certificate's days are judged with its chain, so here any day of them does.
    """
    if not _is_over_all(signature):
        return None
    settings = SignatureConfiguration(
        expect_references=True, verification_time=certificate.not_valid_before_utc
    )
    try:
        results: Any = _Last().verify(root, x509_cert=certificate, expect_config=settings)
    except _BROKEN:
        return None
    elements = [result.signed_xml for result in results if result.signed_xml is not None]
    tag = f"{{{XADES}}}SignedProperties"
    return next((e for e in elements if e.tag == tag), etree.Element("none"))


def _is_over_all(signature: Any) -> bool:
    """Whether one reference is to the whole document without this signature, and nothing is taken out of it."""
    return any(
        reference.get("URI") == ""
        and reference.find(f"{{{DS}}}Transforms/{{{DS}}}Transform[@Algorithm='{_ENVELOPED}']") is not None
        for reference in signature.iterfind(f"{{{DS}}}SignedInfo/{{{DS}}}Reference")
    )


def _certificates(signature: Any) -> list[x509.Certificate]:
    found = signature.iterfind(f"{{{DS}}}KeyInfo/{{{DS}}}X509Data/{{{DS}}}X509Certificate")
    return [x509.load_der_x509_certificate(b64decode(node.text or "")) for node in found]


def _time(properties: Any) -> datetime | None:
    text = properties.findtext(f".//{{{XADES}}}SigningTime")
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _role(properties: Any) -> str:
    return properties.findtext(f".//{{{XADES}}}ClaimedRole") or ""
