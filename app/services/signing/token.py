"""Keys on a token or in a security module of this server (PKCS#11): they sign inside it and never leave it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pkcs11
from cryptography import x509
from pkcs11.exceptions import PinIncorrect, PinInvalid, PinLenRange, PinLocked, PKCS11Error

from app.errors import N_, Invalid
from app.services.signing.certificates import check_kind, fingerprint, read_certificate

NO_TOKEN = N_("The token is not there, or its driver can't be loaded. Tell the administrator of this server.")
WRONG_PIN = N_("The PIN is wrong. After some wrong tries a token locks itself.")
PIN_LOCKED = N_("The token has locked itself after wrong PINs. Whoever issued it can unlock it.")
NO_SUCH_KEY = N_("The token holds no key for this certificate.")
REFUSED = N_("The token did not sign. Tell the administrator of this server.")


@dataclass(frozen=True)
class Token:
    """Where the token is found: the driver's file and the token's label."""

    driver: str
    label: str


@dataclass(frozen=True)
class TokenKey:
    """A key of an opened token."""

    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    private: Any

    def sign(self, data: bytes) -> bytes:
        """RSA PKCS#1 v1.5 with SHA-256. Raises Invalid where the token refuses."""
        try:
            signature: bytes = self.private.sign(data, mechanism=pkcs11.Mechanism.SHA256_RSA_PKCS)
        except PKCS11Error as error:
            raise Invalid(REFUSED) from error
        return signature


@contextmanager
def opened(token: Token, pin: str) -> Iterator[Any]:
    """A session of the token. Raises Invalid: no token, wrong PIN, locked."""
    try:
        session = pkcs11.lib(token.driver).get_token(token_label=token.label).open(user_pin=pin)
    except (PinIncorrect, PinInvalid, PinLenRange) as error:
        raise Invalid(WRONG_PIN) from error
    except PinLocked as error:
        raise Invalid(PIN_LOCKED) from error
    except (PKCS11Error, RuntimeError, OSError) as error:
        raise Invalid(NO_TOKEN) from error
    try:
        yield session
    finally:
        session.close()


def certificates(session: Any) -> dict[bytes, x509.Certificate]:
    """Certificates of the token that can sign here, by the identifier they share with their key."""
    found = {}
    for held in session.get_objects({pkcs11.Attribute.CLASS: pkcs11.ObjectClass.CERTIFICATE}):
        try:
            certificate = read_certificate(held[pkcs11.Attribute.VALUE])
            check_kind(certificate)
        except (Invalid, PKCS11Error):
            continue
        found[bytes(held[pkcs11.Attribute.ID])] = certificate
    return found


def key_of(session: Any, wanted: str) -> TokenKey:
    """The key of the certificate with this fingerprint. Raises Invalid."""
    for identifier, certificate in certificates(session).items():
        if fingerprint(certificate) == wanted:
            try:
                private = session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, id=identifier)
            except PKCS11Error as error:
                raise Invalid(NO_SUCH_KEY) from error
            return TokenKey(certificate, (), private)
    raise Invalid(NO_SUCH_KEY)
