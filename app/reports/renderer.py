"""HTML → PDF. The only importer of xhtml2pdf; what cannot be printed faithfully is an error, never a box or a gap."""

import base64
import hashlib
import logging
import threading
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from pathlib import Path

from PIL import Image
from pypdf import PageObject, PdfReader, PdfWriter
from pypdf.generic import ArrayObject, ByteStringObject, NameObject, TextStringObject
from reportlab.graphics.barcode.qrencoder import QRCode, QRErrorCorrectLevel
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from xhtml2pdf.config.resources import ResourceAccessPolicy
from xhtml2pdf.document import pisaDocument

_APP = Path(__file__).resolve().parents[1]
FONTS = _APP / "static" / "fonts"
TEMPLATES = _APP / "templates" / "reports"

_ENGINE_LOG = logging.getLogger("xhtml2pdf")
_MAX_SECONDS = 300.0  # a runaway guard; a part of a book takes about one second
_NUMBER_FONT = "HocVuPageNumber"
_NUMBER_SIZE = 8.0
_NUMBER_BASELINE = 28.6  # points from the lower edge: the upper line of the foot, see parts/base.html
_MILLIMETRE = 72 / 25.4
_MODULE = 8  # dots of a square of a QR code: crisp also where a reader smooths pictures
_QUIET = 4  # white squares around it, as its standard asks
_EDGES = {True: 12.0, False: 10.0}  # right edge of the foot in mm, by "is landscape"


class RenderError(Exception):
    """The document was not printed; the message lists every problem found."""


class _Heard(logging.Handler):
    """Collects what xhtml2pdf says in this thread. A refused file, a letter without a glyph, a rule it does not
    know: it logs all of them as warnings and prints on, and an official form must not lack a part silently.
    """

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread:
            self.messages.append(record.getMessage().splitlines()[0])


@contextmanager
def _listening() -> Iterator[list[str]]:
    handler = _Heard()
    _ENGINE_LOG.addHandler(handler)
    try:
        yield handler.messages
    finally:
        _ENGINE_LOG.removeHandler(handler)


def render(html: str, *, base: Path = FONTS, created_at: datetime | None = None) -> bytes:
    """One PDF of one HTML document; relative addresses in it are looked up in `base`.

    The same `html` and `created_at` (aware) give the same bytes; without it the clock or SOURCE_DATE_EPOCH is used.
    Raises RenderError when a resource is refused, a letter has no glyph or xhtml2pdf reports anything else.
    """
    pdf = _drawn(unicodedata.normalize("NFC", html), base)
    return pdf if created_at is None else _dated(pdf, created_at)


def _drawn(text: str, base: Path) -> bytes:
    policy, out = _policy(base), BytesIO()
    with _listening() as problems:
        try:
            result = pisaDocument(text, out, path=str(base / "form.html"), resource_policy=policy)
        except (
            Exception
        ) as error:  # whatever xhtml2pdf or ReportLab raises, the caller is told one thing: not printed
            raise RenderError(f"{type(error).__name__}: {error}") from error
    if problems or result.err or result.warn:
        raise RenderError("; ".join(problems) or "xhtml2pdf reports problems without naming them")
    return out.getvalue()


def code_picture(text: str) -> str:
    """A QR code as the address of a picture for a form: made once for all pages, which a drawn one is not."""
    code = QRCode(None, QRErrorCorrectLevel.L)
    code.addData(text)
    code.make()
    size = code.getModuleCount() + 2 * _QUIET
    picture = Image.new("1", (size, size), 1)
    for y, row in enumerate(code.modules, start=_QUIET):
        for x, dark in enumerate(row, start=_QUIET):
            if dark:
                picture.putpixel((x, y), 0)
    out = BytesIO()
    picture.resize((size * _MODULE, size * _MODULE)).save(out, "PNG")
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode("ascii")


def page_count(pdf: bytes) -> int:
    """How many sides a file prints."""
    return len(PdfReader(BytesIO(pdf)).pages)


def last_page_lacks(pdf: bytes, words: str) -> bool:
    """True when the document runs over several pages and `words` (without spaces) are not on the last one."""
    pages = PdfReader(BytesIO(pdf)).pages
    if len(pages) == 1:
        return False
    text = unicodedata.normalize("NFC", pages[-1].extract_text())
    return words.replace(" ", "") not in "".join(text.split())


def merge(
    parts: Iterable[bytes],
    *,
    titles: Sequence[str] = (),
    title: str = "",
    created_at: datetime | None = None,
    number_pages: bool = False,
) -> bytes:
    """One PDF of several, in order. `titles` become bookmarks, one per part; `number_pages` prints "Trang 3/57"
    into the foot of every page but the first, for parts rendered without page numbers of their own.

    Raises ValueError when there is no part, or titles that don't match the parts.
    """
    documents = list(parts)
    if not documents or (titles and len(titles) != len(documents)):
        raise ValueError("merge needs parts, and as many titles as parts or none")
    writer = PdfWriter()
    for number, document in enumerate(documents):
        writer.append(
            BytesIO(document), outline_item=titles[number] if titles else None, import_outline=False
        )
    if number_pages:
        _number(writer.pages)
    writer.root_object[NameObject("/Lang")] = TextStringObject("vi")
    writer.metadata = {"/Title": title, "/Producer": "HocVu"}
    return _written(writer, created_at)


def _policy(base: Path) -> ResourceAccessPolicy:
    resolved = base.resolve()
    if not any(resolved.is_relative_to(root) for root in (FONTS, TEMPLATES)):
        raise RenderError(f"a form is rendered from the fonts or the report templates, not from {base.name}")
    return ResourceAccessPolicy.server(
        FONTS, extra_roots=(TEMPLATES,), allow_remote=False, max_render_seconds=_MAX_SECONDS
    )


def _dated(pdf: bytes, created_at: datetime) -> bytes:
    writer = PdfWriter(clone_from=BytesIO(pdf))
    return _written(writer, created_at)


def _written(writer: PdfWriter, created_at: datetime | None) -> bytes:
    """Write out with the given date; the file identifier comes from the content: same input, same bytes."""
    if created_at is not None:
        stamp = created_at.astimezone(UTC).strftime("D:%Y%m%d%H%M%S+00'00'")
        writer.add_metadata({"/CreationDate": stamp, "/ModDate": stamp})
    writer._ID = None
    draft = BytesIO()
    writer.write(draft)
    digest = ByteStringObject(hashlib.sha256(draft.getvalue()).digest()[:16])
    writer._ID = ArrayObject([digest, digest])
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def _number(pages: Sequence[PageObject]) -> None:
    """Print "Trang n/N" into the right of each page's foot, from the second page on: the first is the cover."""
    _register_number_font()
    out = BytesIO()
    canvas = Canvas(out, invariant=1)
    for number, page in enumerate(pages, start=1):
        width, height = float(page.mediabox.width), float(page.mediabox.height)
        canvas.setPageSize((width, height))
        canvas.setFont(_NUMBER_FONT, _NUMBER_SIZE)
        right = width - _EDGES[width > height] * _MILLIMETRE
        canvas.drawRightString(right, _NUMBER_BASELINE, f"Trang {number}/{len(pages)}")
        canvas.showPage()
    canvas.save()
    for page, overlay in list(zip(pages, PdfReader(out).pages, strict=True))[1:]:
        page.merge_page(overlay)
        page.compress_content_streams()  # pypdf leaves a merged page's content unpacked


@cache
def _register_number_font() -> None:
    registerFont(TTFont(_NUMBER_FONT, str(FONTS / "tinos" / "Tinos-Regular.ttf")))
