"""What a printed form is: its page, who signs it, which years and circulars it serves. The forms are in `catalogue`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

YEAR = 0
"""`periods`: the year as a whole beside the terms 1 and 2."""


class Orientation(StrEnum):
    """How an A4 sheet lies."""

    PORTRAIT = "portrait"  # khổ dọc
    LANDSCAPE = "landscape"  # khổ ngang


class Sheet(StrEnum):
    """Size of the paper."""

    A4 = "a4"
    A5 = "a5"


class Signatory(StrEnum):
    """Who signs a form."""

    SUBJECT_TEACHER = "subject_teacher"
    HOMEROOM_TEACHER = "homeroom_teacher"
    PRINCIPAL = "principal"
    PARENT = "parent"
    MAKER = "maker"
    OFFICER = "officer"

    @property
    def heading(self) -> str:
        """Title as it is printed above the signature."""
        return _SIGNATURES[self][0]

    @property
    def instruction(self) -> str:
        """What the signatory does there, printed in italics under the title."""
        return _SIGNATURES[self][1]


_SIGNATURES: Mapping[Signatory, tuple[str, str]] = MappingProxyType(
    {
        Signatory.SUBJECT_TEACHER: ("GIÁO VIÊN MÔN HỌC", "(Ký và ghi rõ họ tên)"),
        Signatory.HOMEROOM_TEACHER: ("GIÁO VIÊN CHỦ NHIỆM", "(Ký và ghi rõ họ tên)"),
        Signatory.PRINCIPAL: ("HIỆU TRƯỞNG", "(Ký, ghi rõ họ tên và đóng dấu)"),
        Signatory.PARENT: ("CHA MẸ HỌC SINH", "(Ký và ghi rõ họ tên)"),
        Signatory.MAKER: ("NGƯỜI LẬP", "(Ký và ghi rõ họ tên)"),
        Signatory.OFFICER: ("NHÂN VIÊN PHỤ TRÁCH", "(Ký và ghi rõ họ tên)"),
    }
)


class DrawnFor(StrEnum):
    """What one print of a form is about."""

    CLASS = "class"  # một lớp
    STUDENT = "student"  # từng học sinh của một lớp, hoặc một học sinh
    UNIT = "unit"  # cả trường
    TEACHER = "teacher"  # một giáo viên


@dataclass(frozen=True, slots=True)
class Form:
    """One printed form. School years are named by the calendar year they begin in: 2026 is 2026-2027.

    `circulars`: those that may govern a class the form is for, empty for any. `periods`: the terms it can be printed for,
    YEAR among them; empty for a form that knows none. `builder`: the key of what fills it (`services/documents`), empty
    for a page that is printed inside another form.

    `replaces`: the form whose place it took when a circular changed. `version_of`: the school's own form it is a further
    version of; which of them a period is printed in is decided from a day on (`services/form_choices`). `details`: what is
    asked for when a decision is ordered, and kept with the print. `seam`: the seal goes across its sheets (dấu giáp lai).
    """

    code: str
    name: str
    legal_source: str
    orientation: Orientation
    template: str  # below app/templates/reports
    first_school_year: int = 2011
    last_school_year: int | None = None  # None: in use
    signatories: tuple[Signatory, ...] = ()
    first_years_by_grade: Mapping[int, int] = field(default_factory=dict)
    circulars: frozenset[str] = frozenset()
    drawn_for: DrawnFor = DrawnFor.CLASS
    periods: tuple[int, ...] = ()
    builder: str = ""
    short: str = ""
    replaces: str = ""
    version_of: str = ""
    sheet: Sheet = Sheet.A4
    details: tuple[str, ...] = ()
    seam: bool = False

    @property
    def is_decision(self) -> bool:
        """True for a decision of the head: ordered on a page of its own, with its number, day and place."""
        return bool(self.details)

    @property
    def short_name(self) -> str:
        """What a print of it is called in lists and notices."""
        return self.short or self.name

    def valid_for(self, school_year: int, grade: int) -> bool:
        """True when this form is the one to use for that grade in that school year."""
        first = self.first_years_by_grade.get(grade)
        if self.first_years_by_grade and first is None:
            return False
        begins = max(self.first_school_year, first or 0)
        return begins <= school_year and (
            self.last_school_year is None or school_year <= self.last_school_year
        )

    def fits(self, circular: str, school_year: int, grade: int) -> bool:
        """True for a class of that grade and year under that circular."""
        governed = not self.circulars or circular in self.circulars
        return governed and self.valid_for(school_year, grade)
