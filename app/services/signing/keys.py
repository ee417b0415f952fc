"""Whatever signs: a certificate, those above it, and a way to have bytes signed (RSA with SHA-256).

A key file (PKCS#12) is opened by the passphrase its owner types, used and forgotten. A token signs by itself
(`token.py`). A key that never comes near this server signs a digest outside (`outside.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

from app.errors import N_, Invalid
from app.services.signing.certificates import LONGEST_FILE, NOT_RSA, check_kind

BITS: Final = 3072
EXPONENT: Final = 65537

WRONG_PASSPHRASE = N_("The passphrase is wrong, or the file is damaged or no PKCS#12 file (.p12, .pfx).")
NO_KEY = N_("This file holds no private key with its certificate.")
TOO_LONG = N_("This file is too large for a certificate with its key.")


class Key(Protocol):
    """What signing needs."""

    @property
    def certificate(self) -> x509.Certificate:
        """The signer's."""

    @property
    def chain(self) -> Sequence[x509.Certificate]:
        """Those above it, as far as known."""

    def sign(self, data: bytes) -> bytes:
        """RSA PKCS#1 v1.5 with SHA-256. Raises Invalid where the key refuses."""


@dataclass(frozen=True)
class FileKey:
    """An opened key file."""

    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    private: RSAPrivateKey

    def sign(self, data: bytes) -> bytes:
        """RSA PKCS#1 v1.5 with SHA-256."""
        return self.private.sign(data, PKCS1v15(), hashes.SHA256())


def open_file(data: bytes, passphrase: str) -> FileKey:
    """The key in a PKCS#12 file. Raises Invalid: wrong passphrase, damaged, no key, no key for signing."""
    key = open_any(data, passphrase)
    check_kind(key.certificate)
    return key


def open_any(data: bytes, passphrase: str) -> FileKey:
    """The same, whatever the key is for: an authority's signs certificates only."""
    if len(data) > LONGEST_FILE:
        raise Invalid(TOO_LONG)
    try:
        private, certificate, above = pkcs12.load_key_and_certificates(data, passphrase.encode())
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise Invalid(WRONG_PASSPHRASE) from error
    if certificate is None or private is None:
        raise Invalid(NO_KEY)
    if not isinstance(certificate.public_key(), RSAPublicKey):
        raise Invalid(NOT_RSA)
    if not isinstance(private, RSAPrivateKey) or private.public_key() != certificate.public_key():
        raise Invalid(NO_KEY)
    return FileKey(certificate, tuple(above), private)


def as_file(key: FileKey, passphrase: str) -> bytes:
    """The key as a PKCS#12 file under a passphrase."""
    return pkcs12.serialize_key_and_certificates(
        b"hocvu", key.private, key.certificate, key.chain, BestAvailableEncryption(passphrase.encode())
    )


def new_private_key() -> RSAPrivateKey:
    """A new RSA key."""
    return generate_private_key(EXPONENT, BITS)


def holds(certificate: x509.Certificate, data: bytes, signature: bytes) -> bool:
    """Whether the certificate's key made this signature."""
    public = certificate.public_key()
    if not isinstance(public, RSAPublicKey):
        return False
    try:
        public.verify(signature, data, PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True
