"""PAdES signatures in a PDF: seen as a small box or not at all, one after the other, each over all before it.

B-B by itself; B-T where a time stamp server is set (RFC 3161): then the server says when, not this one.
"""

from datetime import datetime
from io import BytesIO
from typing import Any, Final

from asn1crypto import algos
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.content import PdfContent, ResourceType
from pyhanko.pdf_utils.generic import NameObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import BoxConstraints
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, Signer
from pyhanko.sign.timestamps.common_utils import TimestampRequestError
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator.registry import SimpleCertificateStore

from app.errors import N_, Invalid
from app.reports.stamp import Place, Stamp, draw, foot_place
from app.services.signing.certificates import check_time
from app.services.signing.keys import Key
from app.services.signing.loops import apart
from app.services.signing.timestamp import TimeServer

NOT_A_PDF = N_("This file is no PDF that can be read whole, or it is locked with a password.")
NOT_SIGNED = N_("This PDF can't be signed: %(reason)s")
NO_TIME_STAMP = N_("The time stamp server gives no answer that can be used. Nothing was signed.")

BROKEN: Final = (PdfError, ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError)
"""What a damaged file makes pyHanko raise."""


def sign_pdf(
    data: bytes,
    key: Key,
    *,
    at: datetime,
    stamp: Stamp | None = None,
    place: Place | None = None,
    reason: str | None = None,
    time_server: str | None = None,
) -> bytes:
    """The PDF with one more signature. With a `stamp` it is seen, at `place` or at the foot of the last page.

    Raises Invalid: no readable PDF, certificate not of that day, no answer of the time stamp server.
    """
    check_time(key.certificate, at)
    try:
        writer = IncrementalPdfFileWriter(BytesIO(data))
        order = len(writer.prev.embedded_signatures)
        if stamp is not None and place is None:
            place = foot_place(order, _width_of_last(writer))
    except BROKEN as error:
        raise Invalid(NOT_A_PDF) from error
    seen = {"on_page": place.page, "box": place.box} if stamp is not None and place is not None else {}
    spec = SigFieldSpec(f"HocVu-{order + 1}", **seen)
    signer = _Timed(
        PdfSignatureMetadata(
            field_name=spec.sig_field_name,
            subfilter=SigSeedSubFilter.PADES,
            md_algorithm="sha256",
            reason=reason,
        ),
        signer=KeySigner(key),
        timestamper=TimeServer(time_server) if time_server else None,
        new_field_spec=spec,
        stamp_style=_style(stamp, place.box) if stamp and place else None,
    )
    signer.at = at
    try:
        signed: bytes = apart(signer.sign_pdf, writer).getvalue()
    except TimestampRequestError as error:
        raise Invalid(NO_TIME_STAMP) from error
    except SigningError as error:
        raise Invalid(NOT_SIGNED, reason=str(error)) from error
    except BROKEN as error:
        raise Invalid(NOT_A_PDF) from error
    return signed


def _width_of_last(writer: Any) -> Any:
    page, _resources = writer.prev.find_page_for_modification(-1)
    left, _low, right, _top = _inherited(page.get_object(), "/MediaBox")
    return right - left


def _inherited(page: Any, key: str) -> Any:
    while key not in page:
        page = page["/Parent"]
    return page[key]


def _style(stamp: Stamp, box: tuple[int, int, int, int]) -> StaticStampStyle:
    left, low, right, top = box
    return StaticStampStyle(background=_Drawn(draw(stamp, right - left, top - low)), border_width=0)


class _Drawn(PdfContent):
    """A page drawn elsewhere, put into the box as it is."""

    def __init__(self, page: bytes) -> None:
        self._page = page
        super().__init__()

    def render(self) -> bytes:
        reader = PdfFileReader(BytesIO(self._page))
        drawn = self._ensure_writer.import_page_as_xobject(reader)
        self.set_resource(ResourceType.XOBJECT, NameObject("/HocVuStamp"), drawn)
        left, low, right, top = drawn.get_object()["/BBox"]
        self.box = BoxConstraints(width=abs(right - left), height=abs(top - low))
        return b"/HocVuStamp Do"


class KeySigner(Signer):
    """pyHanko's signer over any of our keys."""

    def __init__(self, key: Key) -> None:
        chain = SimpleCertificateStore.from_certs([as_asn1(above) for above in key.chain])
        super().__init__(
            signing_cert=as_asn1(key.certificate),
            cert_registry=chain,
            signature_mechanism=algos.SignedDigestAlgorithm({"algorithm": "sha256_rsa"}),
            embed_roots=True,
        )
        self._key = key

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        """What pyHanko asks for: the key's signature, or as many zeros."""
        public: Any = self._key.certificate.public_key()
        return bytes(public.key_size // 8) if dry_run else self._key.sign(data)


class _Timed(PdfSigner):
    """Signs at the time it is told, not at the clock's."""

    at: datetime

    def init_signing_session(self, *args: Any, **kwargs: Any) -> Any:
        session = super().init_signing_session(*args, **kwargs)
        session.system_time = self.at
        return session


def as_asn1(certificate: x509.Certificate) -> asn1.Certificate:
    """The certificate as pyHanko takes it."""
    return asn1.Certificate.load(certificate.public_bytes(Encoding.DER))
