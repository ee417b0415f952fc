"""Enveloped signatures in XML (XMLDSig with XAdES properties, RSA with SHA-256).

Each signature is the last child of the root element and stands over everything before it, earlier signatures
included: the school's seal, put last, covers all. To check an earlier one, those after it are taken away first.
"""

from datetime import UTC, datetime
from typing import Any, Final

from cryptography.hazmat.primitives.serialization import Encoding
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError
from defusedxml.ElementTree import fromstring as refuse_attacks
from lxml import etree
from signxml import (
    CanonicalizationMethod,
    DigestAlgorithm,
    SignatureConstructionMethod,
    SignatureMethod,
    SignatureReference,
)
from signxml.xades import XAdESDataObjectFormat, XAdESSigner

from app.errors import N_, Invalid
from app.services.signing.certificates import check_time
from app.services.signing.keys import Key

DS: Final = "http://www.w3.org/2000/09/xmldsig#"
XADES: Final = "http://uri.etsi.org/01903/v1.3.2#"
SIGNATURE: Final = f"{{{DS}}}Signature"
_C14N: Final = CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0

NOT_XML = N_("This file is no XML that can be read whole.")
DANGEROUS = N_("This XML defines entities or a document type of its own. Such files are refused.")


def parse(data: bytes) -> etree._Element:
    """The root element. Raises Invalid for what is no XML, and for entities and document types (XML bombs)."""
    try:
        refuse_attacks(data, forbid_dtd=True)
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
        return etree.fromstring(data, parser)
    except DefusedXmlException as error:
        raise Invalid(DANGEROUS) from error
    except (ParseError, etree.XMLSyntaxError, ValueError, LookupError) as error:
        raise Invalid(NOT_XML) from error


def signatures(root: etree._Element) -> list[etree._Element]:
    """The signatures of a document, in the order they were put there."""
    found: list[etree._Element] = root.findall(SIGNATURE)
    return found


def sign_xml(data: bytes, key: Key, *, at: datetime, role: str = "") -> bytes:
    """The document with one more signature.

    Raises Invalid: no readable XML, certificate not of that day.
    """
    check_time(key.certificate, at)
    signer = _Timed(
        claimed_roles=[role] if role else None,
        data_object_format=XAdESDataObjectFormat(Description="HocVu", MimeType="text/xml"),
        method=SignatureConstructionMethod.enveloped,
        signature_algorithm=SignatureMethod.RSA_SHA256,
        digest_algorithm=DigestAlgorithm.SHA256,
        c14n_algorithm=_C14N,
    )
    signer.at = at
    certificates = [c.public_bytes(Encoding.PEM).decode() for c in (key.certificate, *key.chain)]
    signed = signer.sign(
        parse(data),
        key=_AsPrivateKey(key),
        cert=certificates,
        always_add_key_value=False,
    )
    written: bytes = etree.tostring(signed.getroottree(), xml_declaration=True, encoding="UTF-8")
    return written


class _AsPrivateKey:
    """Any of our keys, called as signxml calls a private key of the library."""

    def __init__(self, key: Key) -> None:
        self._key = key

    def sign(self, data: bytes, **_padding_and_digest: Any) -> bytes:
        return self._key.sign(data)


class _Timed(XAdESSigner):
    """Signs the whole document, whatever names its root bears, at the time it is told and not at the clock's."""

    at: datetime

    def _unpack(self, data: Any, references: Any) -> Any:
        *found, _by_name = super()._unpack(data, references)
        return *found, [SignatureReference(URI="")]

    def _add_reference_to_signed_info(self, sig_root: Any, node: Any, **attributes: str) -> None:
        """signxml digests exclusively, yet leaves that unsaid; other programs then digest inclusively and disagree."""
        super()._add_reference_to_signed_info(sig_root, node, **attributes)
        reference = self._find(sig_root, "SignedInfo")[-1]
        transforms = etree.Element(f"{{{DS}}}Transforms", nsmap=self.namespaces)
        etree.SubElement(transforms, f"{{{DS}}}Transform", Algorithm=_C14N.value)
        reference.insert(0, transforms)

    def add_signing_time(self, properties: Any, sig_root: Any, signing_settings: Any) -> None:
        moment = etree.SubElement(properties, f"{{{XADES}}}SigningTime", nsmap=self.namespaces)
        moment.text = self.at.astimezone(UTC).isoformat(timespec="seconds")
