"""Signing in two steps, so that the key never touches this server: a digest goes out, a signature comes back.

`prepare` makes the finished file but for the signature, in whose place stands a random mark of equal length; what the
signature stands under does not include its own value, so putting it there changes nothing that is signed.
"""

import secrets
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256

from cryptography import x509

from app.errors import N_, Invalid
from app.services.signing.certificates import check_kind
from app.services.signing.keys import Key, holds

NOT_THIS = N_("This signature was not made over this digest with the key of this certificate.")


@dataclass(frozen=True)
class Prepared:
    """A file that waits for its signature. `to_sign` is what the key signs (RSA with SHA-256)."""

    file: bytes
    to_sign: bytes
    mark: bytes
    certificate: x509.Certificate

    @property
    def digest(self) -> str:
        """SHA-256 of what is signed, in hexadecimal: what goes out."""
        return sha256(self.to_sign).hexdigest()


@dataclass
class _Waiting:
    """A key that remembers what it was to sign and answers with the mark."""

    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    mark: bytes
    asked: bytes = field(default=b"")

    def sign(self, data: bytes) -> bytes:
        self.asked = data
        return self.mark


def prepare(
    sign: Callable[[Key], bytes], certificate: x509.Certificate, chain: tuple[x509.Certificate, ...] = ()
) -> Prepared:
    """The file `sign` makes with a key, signed outside later. Without a time stamp, which covers the signature.

    Raises Invalid for a certificate that can't sign.
    """
    public = check_kind(certificate)
    key = _Waiting(certificate, chain, secrets.token_bytes(public.key_size // 8))
    return Prepared(sign(key), key.asked, key.mark, certificate)


def embed(prepared: Prepared, signature: bytes) -> bytes:
    """The signed file. Raises Invalid for a signature of anything else or by another key."""
    if not holds(prepared.certificate, prepared.to_sign, signature):
        raise Invalid(NOT_THIS)
    for encode in (_hexadecimal, b64encode):  # in a PDF, in XML
        mark = encode(prepared.mark)
        if prepared.file.count(mark) == 1:
            return prepared.file.replace(mark, encode(signature))
    raise Invalid(NOT_THIS)


def _hexadecimal(data: bytes) -> bytes:
    return data.hex().upper().encode()
