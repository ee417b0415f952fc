"""The demonstration's own certificate authority. It pretends to be no public one: its name says what it is worth.

Its key lies in the instance folder under a passphrase that everybody may know.
"""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.x509.oid import NameOID

from app.services.signing.keys import FileKey, as_file, new_private_key, open_any
from app.services.signing.store import put

NAME: Final = "CA thử nghiệm HocVu — không có giá trị pháp lý"
PASSPHRASE: Final = "thu-nghiem"  # noqa: S105 (of the demonstration, in the documentation)
FILE: Final = "demo_authority.p12"
_AUTHORITY_DAYS: Final = 3650
_DAYS: Final = 730
_A_DAY: Final = timedelta(days=1)


def authority(folder: Path, at: datetime) -> FileKey:
    """The authority of this installation, made on first use, valid from the year before `at` on."""
    found = existing(folder)
    return found or open_any(put(folder / FILE, as_file(_new_authority(at), PASSPHRASE)), PASSPHRASE)


def existing(folder: Path) -> FileKey | None:
    """The authority, where it was made."""
    path = folder / FILE
    return open_any(path.read_bytes(), PASSPHRASE) if path.exists() else None


def issue(folder: Path, name: str, title: str, organisation: str, at: datetime) -> FileKey:
    """A key with a certificate for two years. `title` may be empty (a school's seal has none)."""
    above = authority(folder, at)
    private = new_private_key()
    parts = (
        (NameOID.COUNTRY_NAME, "VN"),
        (NameOID.ORGANIZATION_NAME, organisation[:64]),
        (NameOID.TITLE, title[:64]),
        (NameOID.COMMON_NAME, name[:64]),
    )
    subject = x509.Name([x509.NameAttribute(kind, text) for kind, text in parts if text])
    built = _builder(subject, above.certificate.subject, private.public_key(), at, _DAYS)
    built = built.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    built = built.add_extension(_usage(signing=True), critical=True)
    built = built.add_extension(_issuer_id(above.private), critical=False)
    return FileKey(built.sign(above.private, hashes.SHA256()), (above.certificate,), private)


def _new_authority(at: datetime) -> FileKey:
    private = new_private_key()
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "HocVu"),
            x509.NameAttribute(NameOID.COMMON_NAME, NAME),
        ]
    )
    built = _builder(name, name, private.public_key(), at - 365 * _A_DAY, _AUTHORITY_DAYS)
    built = built.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    built = built.add_extension(_usage(signing=False), critical=True)
    return FileKey(built.sign(private, hashes.SHA256()), (), private)


def _builder(
    subject: x509.Name, issuer: x509.Name, public: RSAPublicKey, at: datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - _A_DAY)
        .not_valid_after(at + days * _A_DAY)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _issuer_id(private: RSAPrivateKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(private.public_key())


def _usage(*, signing: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=signing,
        content_commitment=signing,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=not signing,
        crl_sign=not signing,
        encipher_only=False,
        decipher_only=False,
    )
