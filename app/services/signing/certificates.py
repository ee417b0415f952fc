"""Certificates as they are shown and judged: whose, by whom, until when, fit to sign or not."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from app.errors import N_, Invalid

LEAST_BITS: Final = 2048
LONGEST_FILE: Final = 100_000
"""Bytes; a certificate with its chain and key takes some thousands."""

NOT_READ = N_("This file holds no certificate that can be read.")
NOT_RSA = N_("Only certificates with an RSA key of at least 2048 bits are taken.")
EXPIRED = N_("The certificate of %(name)s has expired on %(day)s. Get a new one and add it first.")
TOO_EARLY = N_("The certificate of %(name)s is valid only from %(day)s on.")
NOT_FOR_SIGNING = N_("The certificate of %(name)s was not issued for signing documents.")


@dataclass(frozen=True)
class CertificateFacts:
    """What a certificate says, as plain text."""

    name: str
    organisation: str
    title: str
    issuer: str
    serial: str
    fingerprint: str  # SHA-256 of the whole certificate, in hexadecimal
    not_before: datetime
    not_after: datetime
    pem: str


def facts(certificate: x509.Certificate) -> CertificateFacts:
    """What a certificate says."""
    subject, issuer = certificate.subject, certificate.issuer
    return CertificateFacts(
        name=_part(subject, NameOID.COMMON_NAME) or subject.rfc4514_string(),
        organisation=_part(subject, NameOID.ORGANIZATION_NAME),
        title=_part(subject, NameOID.TITLE),
        issuer=_part(issuer, NameOID.COMMON_NAME) or issuer.rfc4514_string(),
        serial=f"{certificate.serial_number:x}",
        fingerprint=fingerprint(certificate),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        pem=certificate.public_bytes(Encoding.PEM).decode("ascii"),
    )


def fingerprint(certificate: x509.Certificate) -> str:
    """What tells a certificate from every other."""
    return sha256(certificate.public_bytes(Encoding.DER)).hexdigest()


def read_certificate(data: bytes) -> x509.Certificate:
    """A certificate out of a PEM or DER file. Raises Invalid."""
    try:
        if b"-----BEGIN" in data[:LONGEST_FILE]:
            return x509.load_pem_x509_certificate(data[:LONGEST_FILE])
        return x509.load_der_x509_certificate(data[:LONGEST_FILE])
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Invalid(NOT_READ) from error


def check_kind(certificate: x509.Certificate) -> RSAPublicKey:
    """The certificate's key. Raises Invalid where it can never sign a document here."""
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Invalid(NOT_READ) from error
    if not isinstance(key, RSAPublicKey) or key.key_size < LEAST_BITS:
        raise Invalid(NOT_RSA)
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except (x509.ExtensionNotFound, ValueError):
        return key
    if not (usage.digital_signature or usage.content_commitment):
        raise Invalid(NOT_FOR_SIGNING, name=facts(certificate).name)
    return key


def check_time(certificate: x509.Certificate, now: datetime) -> None:
    """Raise Invalid outside the certificate's days."""
    said = facts(certificate)
    if now > said.not_after:
        raise Invalid(EXPIRED, name=said.name, day=f"{said.not_after:%d/%m/%Y}")
    if now < said.not_before:
        raise Invalid(TOO_EARLY, name=said.name, day=f"{said.not_before:%d/%m/%Y}")


def _part(name: x509.Name, kind: x509.ObjectIdentifier) -> str:
    found = name.get_attributes_for_oid(kind)
    return str(found[0].value) if found else ""
