"""A signature beside a file (detached CMS, .p7s): other programs check it, as `openssl cms -verify` does."""

import asyncio
from datetime import datetime

from pyhanko.sign.general import SigningError
from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes

from app.errors import Invalid
from app.services.signing.certificates import check_time
from app.services.signing.keys import Key
from app.services.signing.loops import apart
from app.services.signing.pdf import NOT_SIGNED, KeySigner


def sign_beside(data: bytes, key: Key, *, at: datetime) -> bytes:
    """The signature of a file by a key. Raises Invalid: certificate not of that day, key refuses."""
    check_time(key.certificate, at)
    signer = KeySigner(key)
    attributes = PdfCMSSignedAttributes(signing_time=at)

    async def sign() -> bytes:
        made = await signer.async_sign_general_data(data, "sha256", signed_attr_settings=attributes)
        signed: bytes = made.dump()
        return signed

    try:
        return apart(lambda: asyncio.run(sign()))
    except SigningError as error:
        raise Invalid(NOT_SIGNED, reason=str(error)) from error
