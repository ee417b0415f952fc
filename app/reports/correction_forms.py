"""What the papers of corrections print: application, minutes, summary of a term or year (S1 Điều 7.2, S4 Điều 20 khoản 2).

Laid out with the heading of NĐ 30/2020/NĐ-CP; every value is ready text.
"""

from dataclasses import dataclass

from app.reports.wording import counted


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
    """All corrections of a term or year of a school, or of a class. Who prints it has made it: that name is the stamp's."""

    heading: Heading
    period: str  # Học kì I, năm học 2026-2027
    room: str  # of this class alone
    rows: tuple[SummaryRow, ...]
    tallies: tuple[TallyRow, ...]
    signatures: tuple[SignatureBlock, ...]

    @property
    def count(self) -> str:
        """How many cells were corrected, in figures and words."""
        return counted(sum(len(row.cells) for row in self.rows))
