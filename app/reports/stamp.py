"""The small box by which a signature is seen on paper: who, as what, when, in Tinos; and where it stands."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from io import BytesIO
from typing import Final, SupportsFloat
from zoneinfo import ZoneInfo

from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from app.reports.renderer import FONTS

_VIETNAM: Final = ZoneInfo("Asia/Ho_Chi_Minh")
_FONT: Final = "HocVuStamp"
_PAD: Final = 4.0
_SIZES: Final = (9.0, 8.0, 7.0, 6.0, 5.0, 4.0)
_MILLIMETRE: Final = 72 / 25.4
_WIDTH, _HEIGHT, _GAP, _EDGE, _FOOT = (mm * _MILLIMETRE for mm in (58, 16, 3, 12, 14))
_INK: Final = (0.65, 0.05, 0.05)


@dataclass(frozen=True)
class Stamp:
    """What the box says. `note` stands under it, e.g. that a certificate is for trying out."""

    name: str
    title: str
    at: datetime
    note: str = ""

    @property
    def lines(self) -> tuple[str, ...]:
        """Its lines, as official papers word them."""
        when = f"Thời gian ký: {self.at.astimezone(_VIETNAM):%d/%m/%Y %H:%M:%S}"
        said = (f"Ký bởi: {self.name}", self.title, when, self.note)
        return tuple(line for line in said if line)


@dataclass(frozen=True)
class Place:
    """Where a signature is seen: page (-1: the last) and box in points from the lower left corner."""

    page: int
    box: tuple[int, int, int, int]


def foot_place(order: int, width: SupportsFloat) -> Place:
    """The place at the foot of the last page, from left to right and upwards; `order` counts from 0."""
    across = max(1, int((float(width) - 2 * _EDGE + _GAP) // (_WIDTH + _GAP)))
    row, column = divmod(order, across)
    left, low = _EDGE + column * (_WIDTH + _GAP), _FOOT + row * (_HEIGHT + _GAP)
    return Place(-1, (round(left), round(low), round(left + _WIDTH), round(low + _HEIGHT)))


def draw(stamp: Stamp, width: float, height: float) -> bytes:
    """The box as a page of that size, in points; letters as large as fit."""
    _register()
    out = BytesIO()
    canvas = Canvas(
        out, pagesize=(width, height), invariant=1, pageCompression=1, initialFontName=_FONT
    )  # never Helvetica: a signed paper stays PDF/A
    canvas.setStrokeColorRGB(*_INK)
    canvas.setFillColorRGB(*_INK)
    canvas.setLineWidth(0.6)
    canvas.rect(0.5, 0.5, width - 1, height - 1)
    size, lines = _fitted(stamp, width - 2 * _PAD, height - 2 * _PAD)
    canvas.setFont(_FONT, size)
    for number, line in enumerate(lines, 1):
        canvas.drawString(_PAD, height - _PAD - number * size * 1.15 + size * 0.25, line)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def _fitted(stamp: Stamp, width: float, height: float) -> tuple[float, list[str]]:
    size, lines = _SIZES[-1], []
    for size in _SIZES:
        lines = [part for line in stamp.lines for part in simpleSplit(line, _FONT, size, width)]
        if len(lines) * size * 1.15 <= height:
            break
    return size, lines


@cache
def _register() -> None:
    registerFont(TTFont(_FONT, str(FONTS / "tinos" / "Tinos-Regular.ttf")))
