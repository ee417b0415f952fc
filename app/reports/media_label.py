"""The label of an archive medium, to be glued onto its cover and signed over the seal (S3 mục 3)."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from app.reports.forms import filled
from app.reports.renderer import code_picture, render

_HANOI = ZoneInfo("Asia/Ho_Chi_Minh")


@dataclass(frozen=True, slots=True)
class MediumLabel:
    """What the label says; every value is ready text. `seal_number` and `ended` may be empty."""

    authority_above: str
    unit: str
    kind: str  # Đĩa DVD, USB, Ổ cứng rời
    serial: str
    period: str  # Cả năm, năm học 2025-2026
    volume: str
    bundles: int
    digest: str
    image_made: str
    seal_number: str
    place: str
    keeper: str
    checker: str
    checker_title: str
    ended: str
    code: str  # what the QR code says
    printed_at: datetime
    printed_by: str

    @property
    def short_digest(self) -> str:
        """The beginning of the digest in groups of four, as people compare it."""
        return " ".join(self.digest[start : start + 4] for start in range(0, 16, 4)).upper()

    @property
    def digest_lines(self) -> tuple[str, ...]:
        """All of it."""
        return self.digest[:32], self.digest[32:]


def media_label(label: MediumLabel) -> bytes:
    """A page with the label, to be cut out. Raises RenderError where a letter can't be printed."""
    printed_at = label.printed_at.astimezone(_HANOI).strftime("%d/%m/%Y %H:%M")
    picture = code_picture(label.code)
    html = filled("media/label.html", label=label, printed_at=printed_at, picture=picture)
    return render(html, created_at=label.printed_at)
