"""What the forms print, as plain frozen data: every value is ready text, nothing is computed while printing.

Marks come with a decimal comma, dates as dd/mm/yyyy, names in full. Builders of these objects decide what a reader
may see; the forms print all they are given.
"""

import base64
import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias

from app.domain.vocabulary import SubjectKind
from app.reports.form import Signatory
from app.reports.unit_words import UnitWords


class PrintPurpose(StrEnum):
    """Why something is printed (S4 Điều 18 khoản 2), issued to the student who asked for it (S0 Điều 9), or enacted: a
    decision for the head to sign.
    """

    REGULAR = "regular"
    PERIODIC = "periodic"
    ISSUED = "issued"
    ENACTED = "enacted"

    @property
    def label(self) -> str:
        """The words printed in the footer."""
        return _PURPOSES[self]

    @property
    def kept(self) -> bool:
        """Whether the file stays: what the school archives, what it gave out or enacted."""
        return self is not PrintPurpose.REGULAR


_PURPOSES = {
    PrintPurpose.REGULAR: "In thường xuyên",
    PrintPurpose.PERIODIC: "In định kỳ",
    PrintPurpose.ISSUED: "Cấp theo yêu cầu",
    PrintPurpose.ENACTED: "Ban hành",
}


@dataclass(frozen=True, slots=True)
class Check:
    """What leads from a paper to its line of the register: a code, and the address of its check page."""

    code: str  # twelve letters and digits
    address: str

    @property
    def spoken(self) -> str:
        """In groups of four, as people read it out."""
        return "-".join(self.code[start : start + 4] for start in (0, 4, 8))


@dataclass(frozen=True, slots=True)
class PrintStamp:
    """Who printed this copy and when; stands in the footer of every page (S4 Điều 18 khoản 2 điểm a)."""

    printed_at: datetime  # aware
    account: str
    full_name: str
    number: int  # which copy of this form it is
    purpose: PrintPurpose = PrintPurpose.REGULAR
    seed: str = ""  # secret of this print, from which its check codes come; empty: without one
    site: str = ""  # address of the program, before /check/
    preview: bool = False  # shown, not printed: without a number, marked on every page

    def check(self, place: int = 1) -> Check | None:
        """The check of the print's paper number `place`, from 1; None for a print that isn't registered."""
        if not self.seed:
            return None
        digest = hashlib.sha256(f"{self.seed}:{place}".encode()).digest()
        code = base64.b32encode(digest).decode("ascii")[:12]
        return Check(code, f"{self.site}/check/{code}")

    def __post_init__(self) -> None:
        if self.printed_at.tzinfo is None:
            raise ValueError("printed_at must carry a time zone")


@dataclass(frozen=True, slots=True)
class Signature:
    """Room for one signature. `title` replaces the usual one; its lines are parted by a line feed.

    A deputy signs for the head by authorisation only: `KT. HIỆU TRƯỞNG\\nPHÓ HIỆU TRƯỞNG` (NĐ 30/2020/NĐ-CP).
    """

    signatory: Signatory
    name: str = ""
    title: str = ""

    @property
    def heading(self) -> tuple[str, ...]:
        """Title as printed, line by line."""
        return tuple((self.title or self.signatory.heading).split("\n"))


@dataclass(frozen=True, slots=True)
class BookCover:
    """What the cover says, and the head of every page of the book.

    `head_title`, `law`, `words` are wording of the paper, no part of the record: they don't count in its digest.
    """

    province: str  # Tỉnh Đắk Lắk
    authority_above: str  # UBND xã Krông Búk, Sở Giáo dục và Đào tạo Đắk Lắk
    school: str
    class_name: str
    school_year: str  # 2026-2027
    grade: int
    homeroom_teacher: str
    principal: str
    head_title: str = field(default="Hiệu trưởng", compare=False)  # of a centre: Giám đốc
    law: str = field(default="", compare=False)  # the circular of the book where it isn't the form's own
    words: UnitWords = field(default=UnitWords.SCHOOL, compare=False)  # học sinh, học viên, trẻ em


@dataclass(frozen=True, slots=True)
class StudentLine:
    """One student of the personal sheet (Sơ yếu lí lịch). `struck`: has left the class, printed struck through."""

    no: int
    full_name: str
    birth_date: str
    birthplace: str
    sex: str
    ethnicity: str
    priority: str = ""
    address: str = ""
    father: str = ""  # name, occupation, phone, e-mail
    mother: str = ""
    guardian: str = ""
    notes: str = ""
    struck: bool = False


@dataclass(frozen=True, slots=True)
class StudentList:
    """The personal sheet of a class."""

    lines: tuple[StudentLine, ...]
    signatures: tuple[Signature, ...] = ()

    @property
    def staying(self) -> int:
        """How many students are still in the class."""
        return sum(not line.struck for line in self.lines)


@dataclass(frozen=True, slots=True)
class PrintedMark:
    """A cell. `old_text` is what stood there before a correction: printed struck, the new value above right of it.

    An empty `old_text` means the cell was blank before, which leaves nothing to strike but is still a correction.
    """

    text: str
    old_text: str | None = None

    @property
    def corrected(self) -> bool:
        """True when the cell was changed after it had become final."""
        return self.old_text is not None


Cell: TypeAlias = PrintedMark | None
"""A mark, or an empty cell."""
Text: TypeAlias = str | PrintedMark
"""Words of a paper; corrected ones with what was struck out."""


@dataclass(frozen=True, slots=True)
class ScoredLine:
    """One student on the page of a scored subject."""

    no: int
    name: str
    regular: tuple[Cell, ...] = ()  # ĐĐGtx
    midterm: Cell = None  # ĐĐGgk
    final: Cell = None  # ĐĐGck
    average: Cell = None  # ĐTBmhk
    year_average: Cell = None  # ĐTBmcn, second term
    retest: Cell = None  # Đánh giá lại, second term
    note: str = ""
    struck: bool = False

    @property
    def results(self) -> tuple[Cell, Cell, Cell]:
        """Term, year, after the retest."""
        return self.average, self.year_average, self.retest


@dataclass(frozen=True, slots=True)
class CommentLine:
    """One student on the page of a subject assessed by comment: Đ (Đạt) or CĐ (Chưa đạt)."""

    no: int
    name: str
    regular: tuple[Cell, ...] = ()
    midterm: Cell = None
    final: Cell = None
    term_result: Cell = None  # Học kì
    year_result: Cell = None  # Cả năm, second term
    retest: Cell = None  # Mức đánh giá lại, second term
    note: str = ""
    struck: bool = False

    @property
    def results(self) -> tuple[Cell, Cell, Cell]:
        """Term, year, after the retest."""
        return self.term_result, self.year_result, self.retest


SubjectLine: TypeAlias = ScoredLine | CommentLine
"""One student on a subject's page."""


@dataclass(frozen=True, slots=True)
class SubjectPage:
    """One subject in one term (1 or 2). `corrections`: corrected places on this list."""

    subject: str
    kind: SubjectKind
    term: int
    teachers: tuple[str, ...]
    regular_count: int
    lines: tuple[SubjectLine, ...]
    corrections: int = 0
    signatures: tuple[Signature, ...] = ()

    def __post_init__(self) -> None:
        if self.term not in (1, 2):
            raise ValueError("term is 1 or 2")
        expected = ScoredLine if self.kind is SubjectKind.SCORED else CommentLine
        if any(not isinstance(line, expected) for line in self.lines):
            raise TypeError(f"a {self.kind} subject prints {expected.__name__}")

    @property
    def regular_columns(self) -> int:
        """Columns of regular assessment on paper: the form always has four (assessment facts A2, A12)."""
        return max(4, self.regular_count, *(len(line.regular) for line in self.lines), 0)


@dataclass(frozen=True, slots=True)
class AttendanceRecord:
    """A student's month: what was missed on each of 31 days, and TS, P, K; all blank where attendance was not taken."""

    days: tuple[str, ...]
    totals: tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class AttendanceMonth:
    """A month of the attendance pages: days that are no school days are shaded. `rows`: as the names of the pages."""

    title: str  # Tháng 9 năm 2026
    days: int
    closed: tuple[int, ...]  # Sundays, and days outside the terms
    rows: tuple[AttendanceRecord, ...]


@dataclass(frozen=True, slots=True)
class Attendance:
    """Điểm danh: a page a month, as the form has it."""

    names: tuple[tuple[str, bool], ...]  # name, struck
    months: tuple[AttendanceMonth, ...]


@dataclass(frozen=True, slots=True)
class HeadRemarks:
    """Nhận xét của hiệu trưởng, month by month, with room for signature and seal."""

    months: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BookSheet:
    """A further page of the book: its title, template, how it lies, and what it prints."""

    title: str
    template: str
    landscape: bool
    page: Any


@dataclass(frozen=True, slots=True)
class ClassBook:
    """The whole class book, in printed order."""

    cover: BookCover
    students: StudentList
    subjects: tuple[SubjectPage, ...]
    stamp: PrintStamp
    before: tuple[BookSheet, ...] = ()  # between the personal sheet and the subjects
    after: tuple[BookSheet, ...] = ()
