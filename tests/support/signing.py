"""Certificates made for a test, and other people's programs that check signatures: pdfsig and xmlsec1."""

import subprocess
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from io import BytesIO
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from reportlab.pdfgen.canvas import Canvas

from app.services.signing.keys import FileKey, new_private_key

DS = "http://www.w3.org/2000/09/xmldsig#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"
DAY = timedelta(days=1)


def issue(
    name: str,
    at: datetime,
    by: FileKey | None = None,
    *,
    days: int = 365,
    use: x509.ObjectIdentifier | None = None,
) -> FileKey:
    """A key with a certificate valid from the day before `at`; without `by` an authority of its own."""
    private = new_private_key()
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    above = by or FileKey(x509.CertificateBuilder(), (), private)  # type: ignore[arg-type] # only its key is asked
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - DAY)
        .not_valid_after(at + days * DAY)
        .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
    )
    if use is not None:
        built = built.add_extension(x509.ExtendedKeyUsage([use]), critical=True)
    return FileKey(built.sign(above.private, hashes.SHA256()), (by.certificate,) if by else (), private)


TIME_STAMPING = ExtendedKeyUsageOID.TIME_STAMPING


@dataclass(frozen=True)
class Signers:
    """An authority and three people under it."""

    authority: FileKey
    teacher: FileKey
    head: FileKey
    seal: FileKey


@cache
def signers(at: datetime) -> Signers:
    """Made once a process: a key takes a quarter of a second."""
    authority = issue("CA của bài thử", at, days=3650)
    names = ("Y Khương Byă", "Đỗ Thị Ánh Nguyệt", "Trường THCS Tiên Kỳ")
    return Signers(authority, *(issue(name, at, authority) for name in names))


@cache
def plain_pdf(text: str = "Bang diem") -> bytes:
    """A page to sign."""
    out = BytesIO()
    canvas = Canvas(out, invariant=1)
    canvas.drawString(100, 700, text)
    canvas.save()
    return out.getvalue()


def flipped(data: bytes, place: int) -> bytes:
    """The file with one bit turned over."""
    changed = bytearray(data)
    changed[place] ^= 1
    return bytes(changed)


def pem(certificate: x509.Certificate) -> bytes:
    """The certificate as a PEM file."""
    return certificate.public_bytes(Encoding.PEM)


def pdfsig(folder: Path, data: bytes, authority: x509.Certificate) -> list[str]:
    """What poppler says of each signature, and of its certificate where the signature holds."""
    store, file, root = folder / "nss", folder / "signed.pdf", folder / "authority.pem"
    file.write_bytes(data)
    root.write_bytes(pem(authority))
    if not store.exists():
        store.mkdir()
        _run("certutil", "-N", "-d", f"sql:{store}", "--empty-password")
        _run("certutil", "-A", "-d", f"sql:{store}", "-n", "authority", "-t", "C,C,C", "-i", str(root))
    said = _run("pdfsig", "-nssdir", f"sql:{store}", str(file)).stdout.splitlines()
    return [line.partition(": ")[2] for line in said if "Validation: " in line]


def xmlsec1(folder: Path, data: bytes, authority: x509.Certificate) -> bool:
    """Whether xmlsec1 accepts the last signature of a document."""
    file, root = folder / "signed.xml", folder / "authority.pem"
    file.write_bytes(data)
    root.write_bytes(pem(authority))
    done = _run(
        "xmlsec1", "verify", "--trusted-pem", str(root),
        "--id-attr:Id", f"{XADES}:SignedProperties", "--id-attr:Id", f"{DS}:KeyInfo",
        "--node-xpath", "/*/*[local-name()='Signature'][last()]", str(file),
        check=False,
    )  # fmt: skip
    return done.returncode == 0


def _run(*command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, check=check, capture_output=True, text=True, timeout=60)
