"""Papers of corrections: application, minutes, and the summary of a term or year (S1 Điều 7.2, S4 Điều 20 khoản 2).

Laid out with the heading of NĐ 30/2020/NĐ-CP. Data → HTML → PDF; every value is ready text.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.reports.contexts import PrintStamp
from app.reports.renderer import TEMPLATES, render
from app.reports.wording import in_words

_HANOI = ZoneInfo("Asia/Ho_Chi_Minh")


@dataclass(frozen=True, slots=True)
class Heading:
    """Who issues the paper, and the day it speaks of."""

    authority_above: str
    school: str
    day: str  # ngày 21 tháng 11 năm 2026


@dataclass(frozen=True, slots=True)
class CellRow:
    """A corrected cell."""

    student: str
    born: str
    column: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody who takes part: in which seat, name and position, when the step was taken."""

    seat: str
    name: str
    title: str
    when: str


@dataclass(frozen=True, slots=True)
class SignatureBlock:
    """Room for a signature: heading, line by line, and the name under it."""

    heading: tuple[str, ...]
    name: str


@dataclass(frozen=True, slots=True)
class CorrectionPaper:
    """One request as its application and its minutes print it."""

    heading: Heading
    code: str
    sheet: str  # môn Toán, lớp 7A, học kì I, năm học 2026-2027
    addressee: str
    requester: str
    requester_title: str
    asked_on: str
    reason: str
    evidence: str
    rows: tuple[CellRow, ...]
    parties: tuple[Party, ...]
    grounds: str
    applied_at: str  # "" while it isn't
    transaction: str
    signatures: tuple[SignatureBlock, ...]
    stamp: PrintStamp

    @property
    def count(self) -> str:
        """02 (bằng chữ: hai)."""
        return counted(len(self.rows))


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """A correction that was made, one line of the year's list."""

    code: str
    day: str
    sheet: str
    requester: str
    approver: str
    cells: tuple[CellRow, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class TallyRow:
    """A teacher's requests in a term."""

    name: str
    term: str
    requests: int
    applied: int
    cells: int
    refused: int


@dataclass(frozen=True, slots=True)
class CorrectionSummary:
    """All corrections of a term or year of a school."""

    heading: Heading
    period: str  # Học kì I, năm học 2026-2027
    rows: tuple[SummaryRow, ...]
    tallies: tuple[TallyRow, ...]
    signatures: tuple[SignatureBlock, ...]
    stamp: PrintStamp

    @property
    def count(self) -> str:
        """How many cells were corrected, in figures and words."""
        return counted(sum(len(row.cells) for row in self.rows))


def counted(number: int) -> str:
    """A number as a book writes it: 02 (bằng chữ: hai)."""
    words = f" (bằng chữ: {in_words(number)})" if number <= 99 else ""
    return f"{number:02d}{words}"


def application(paper: CorrectionPaper) -> bytes:
    """Đơn đề nghị mở khóa, điều chỉnh dữ liệu (S1 Điều 7 khoản 7.2)."""
    return _pdf("application.html", "Đơn đề nghị mở khóa, điều chỉnh dữ liệu", paper, "portrait")


def minutes(paper: CorrectionPaper) -> bytes:
    """Biên bản điều chỉnh (S0 Điều 11 khoản 4, S4 Điều 15 khoản 4)."""
    return _pdf("minutes.html", "Biên bản điều chỉnh dữ liệu", paper, "portrait")


def summary(paper: CorrectionSummary) -> bytes:
    """Mẫu tổng hợp sửa chữa dữ liệu (S4 Điều 20 khoản 2)."""
    return _pdf("summary.html", "Tổng hợp sửa chữa dữ liệu", paper, "landscape")


def _pdf(template: str, title: str, paper: Any, orientation: str) -> bytes:
    html = (
        _environment()
        .get_template(f"corrections/{template}")
        .render(
            paper=paper,
            title=title,
            orientation=orientation,
            printed_at=paper.stamp.printed_at.astimezone(_HANOI).strftime("%d/%m/%Y %H:%M"),
        )
    )
    return render(html, created_at=paper.stamp.printed_at)


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
