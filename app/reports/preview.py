"""A form shown before it is printed or chosen: drawn by the same templates, and marked on every page as worth nothing."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from io import BytesIO
from math import atan2, degrees, hypot
from typing import Final

from pypdf import PageObject, PdfReader, PdfWriter
from reportlab.pdfbase.pdfmetrics import registerFont, stringWidth
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from app.reports import drawing
from app.reports.papers import Printable
from app.reports.renderer import FONTS, merge

MARK: Final = "BẢN XEM TRƯỚC – KHÔNG CÓ GIÁ TRỊ"
MOST_PARTS: Final = 4
"""A preview shows what a form looks like, not a whole book."""
_FONT: Final = "HocVuPreview"
_GREY: Final = 0.84
_ACROSS: Final = 0.86  # of the diagonal


def preview(paper: Printable, wanted: Sequence[int] = ()) -> bytes:
    """The first parts of a paper, or those `wanted` by their place, each page marked. Raises RenderError."""
    parts = list(drawing.parts_of(paper))
    places = [place for place in wanted if place < len(parts)] or range(min(MOST_PARTS, len(parts)))
    drawn = [parts[place][1]() for place in places]
    return marked(merge(drawn, title=MARK, created_at=paper.stamp.printed_at), paper.stamp.printed_at)


def marked(pdf: bytes, moment: datetime) -> bytes:
    """The same with the mark across every page, below what is printed, and in words at its upper edge."""
    writer = PdfWriter(clone_from=BytesIO(pdf))
    for page in writer.pages:
        size = float(page.mediabox.width), float(page.mediabox.height)
        page.merge_page(_overlay(*size), over=False)
    writer.add_metadata({"/Title": MARK, "/Producer": "HocVu", "/CreationDate": f"D:{moment:%Y%m%d%H%M%SZ}"})
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def _overlay(width: float, height: float) -> PageObject:
    return PdfReader(BytesIO(_drawn_mark(width, height))).pages[0]


@cache
def _drawn_mark(width: float, height: float) -> bytes:
    registerFont(TTFont(_FONT, str(FONTS / "tinos" / "Tinos-Bold.ttf")))
    out = BytesIO()
    canvas = Canvas(out, pagesize=(width, height), invariant=1)
    canvas.setFillGray(_GREY)
    size = _ACROSS * hypot(width, height) / stringWidth(MARK, _FONT, 1)
    canvas.saveState()
    canvas.translate(width / 2, height / 2)
    canvas.rotate(degrees(atan2(height, width)))
    canvas.setFont(_FONT, size)
    canvas.drawCentredString(0, -size / 3, MARK)
    canvas.restoreState()
    canvas.setFillGray(0)
    canvas.setFont(_FONT, 8)
    canvas.drawCentredString(width / 2, height - 14, MARK)
    canvas.showPage()
    canvas.save()
    return out.getvalue()
