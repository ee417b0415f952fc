"""Which authorities are trusted: the certificates (.pem, .crt, .cer) in the folder SIGNING_TRUST, and no others.

Revocation lists are not fetched: a signature must be checked offline, years later. What this installation knows of a
certificate's end stands in its register.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from cryptography import x509

from app.domain.signing import Trust
from app.errors import Invalid
from app.services.signing.certificates import fingerprint, read_certificate
from app.services.signing.loops import apart

SUFFIXES = (".pem", ".crt", ".cer")


@dataclass(frozen=True)
class Trusted:
    """The authorities trusted, and which of them are the demonstration's."""

    roots: tuple[x509.Certificate, ...] = ()
    demo: frozenset[str] = frozenset()  # fingerprints

    def judge(self, certificate: x509.Certificate, chain: Sequence[x509.Certificate], at: datetime) -> Trust:
        """How a certificate stood at a time, with what the file itself brings of the chain."""
        if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
            return Trust.OUT_OF_TIME
        path = apart(lambda: asyncio.run(self._path(certificate, chain, at)))
        if path is None:
            return Trust.UNKNOWN
        return Trust.DEMO if path in self.demo else Trust.TRUSTED

    async def _path(
        self, certificate: x509.Certificate, chain: Sequence[x509.Certificate], at: datetime
    ) -> str | None:
        """Fingerprint of the authority the certificate leads to."""
        from pyhanko_certvalidator import CertificateValidator, ValidationContext
        from pyhanko_certvalidator.errors import PathBuildingError, ValidationError

        from app.services.signing.pdf import as_asn1

        context = ValidationContext(trust_roots=[as_asn1(root) for root in self.roots], moment=at)
        validator = CertificateValidator(
            as_asn1(certificate), [as_asn1(c) for c in chain], validation_context=context
        )
        try:
            found = await validator.async_validate_usage(key_usage=set())
        except (PathBuildingError, ValidationError, ValueError):
            return None
        return sha256(found.first.dump()).hexdigest()


def load(folder: Path, demo: x509.Certificate | None = None) -> Trusted:
    """The authorities in a folder, and the demonstration's where there is one. Files that are none are passed over."""
    roots = []
    for path in sorted(folder.glob("*")) if folder.is_dir() else []:
        if path.suffix.lower() in SUFFIXES:
            try:
                roots.append(read_certificate(path.read_bytes()))
            except (Invalid, OSError):
                continue
    if demo is None:
        return Trusted(tuple(roots))
    return Trusted((*roots, demo), frozenset({fingerprint(demo)}))
