"""Asking a time stamp server (RFC 3161) through the standard library; the only call to another machine in signing."""

import asyncio
from http.client import HTTPException
from typing import Final
from urllib.error import URLError
from urllib.request import Request, urlopen

from asn1crypto import tsp
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.timestamps.common_utils import TimestampRequestError, set_tsp_headers

_SECONDS: Final = 10
_LONGEST: Final = 200_000


class TimeServer(TimeStamper):
    """The server set in SIGNING_TIME_SERVER."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        """Raises TimestampRequestError where nothing usable comes back."""
        return await asyncio.to_thread(self._ask, req.dump())

    def _ask(self, question: bytes) -> tsp.TimeStampResp:
        if not self._url.startswith(("http://", "https://")):
            raise TimestampRequestError("the address of the time stamp server is no web address")
        request = Request(self._url, data=question, headers=set_tsp_headers({}))  # noqa: S310 (checked above)
        try:
            with urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310 (checked above)
                said: bytes = answer.read(_LONGEST)
            return tsp.TimeStampResp.load(said, strict=True)
        except (URLError, HTTPException, OSError, ValueError) as error:
            raise TimestampRequestError("the time stamp server gives no usable answer") from error
