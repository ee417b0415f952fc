"""Class 7A as the printing tests use it, and blank sheets in place of drawn ones."""

import shutil
import subprocess
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
import sqlalchemy as sa
from pypdf import PdfReader, PdfWriter

from app.domain.access import SYSTEM
from app.domain.names import fold
from app.extensions import db
from app.models import Account, AuditEvent, Closing, Guardian, SchoolClass, Student
from app.reports import forms
from app.reports.contexts import SubjectPage
from app.services.cells import CellChange
from app.services.gradebook import enter_scores
from app.services.unit_of_work import transaction
from tests.factories.province import Province
from tests.services.helpers import acting

NAMES = (
    "Nguyễn Thị Phương Thảo", "Y Khương Byă", "H'Nhuôn Niê Kđăm", "Vừ A Dính", "Lò Văn Hặc", "Nông Đức Ngữ",
    "Y Ƀlŏ Mlô", "Thạch Thị Sà Rôth",
)  # fmt: skip
"""Kinh, Ê Đê, Mông, Thái, Tày, Khmer."""

HOMEROOM, OFFICE = "longpd.thcstk", "hongvt.thcstk"


def text_of(pdf: bytes) -> str:
    """Words of a PDF as poppler reads them, single spaces."""
    tool = shutil.which("pdftotext")
    assert tool, "poppler-utils is needed"
    done = subprocess.run([tool, "-layout", "-", "-"], input=pdf, capture_output=True, check=True)
    return " ".join(done.stdout.decode("utf-8").split())


def plain_text_of(pdf: bytes) -> str:
    """The same cell by cell, so that the words of a narrow column stay together."""
    tool = shutil.which("pdftotext")
    assert tool, "poppler-utils is needed"
    done = subprocess.run([tool, "-", "-"], input=pdf, capture_output=True, check=True)
    return " ".join(done.stdout.decode("utf-8").split())


def pages_of(pdf: bytes) -> int:
    return len(PdfReader(BytesIO(pdf)).pages)


def name_class(province: Province) -> SchoolClass:
    """7A with names of several peoples, parents and some marks."""
    school = province.first
    with transaction(SYSTEM, "test.names", clock=province.clock) as work:
        for student_id, name in zip(school.student_ids, NAMES, strict=False):
            student = work.session.get_one(Student, student_id)
            student.full_name, student.name_folded = name, fold(name)
            student.birthplace, student.address = "Xã Thúc Kháng", "Buôn Ea Krôm"
            work.session.add(
                Guardian(
                    student_id=student_id,
                    relation="mother",
                    full_name=f"Mẹ {name}",
                    job="làm rẫy",
                    phone="0912",
                )
            )
        work.session.get_one(Student, school.student_ids[1]).ethnicity_code = "12"
    enter(province, ("regular_1", "8,5"), ("midterm", "10"), ("final", "7"))
    return db.session.get_one(SchoolClass, school.class_ids["7A"])


def enter(province: Province, *cells: tuple[str, str], student: int = 0, subject: str = "math") -> None:
    """The homeroom teacher, who teaches both subjects, enters marks of one student."""
    school = province.first
    changes = [CellChange(school.student_ids[student], column, None, new) for column, new in cells]
    sheet_id = school.sheet_ids["7A", subject, 1]
    enter_scores(acting(province, HOMEROOM), sheet_id, changes, clock=province.clock)


def change(province: Province, verb: Callable[[Any], None]) -> None:
    """Whatever a test changes in the record."""
    with transaction(SYSTEM, "test.change", clock=province.clock) as work:
        verb(work)


def close_term(province: Province, term: int) -> None:
    """The first school's term or year (0) as closed: what closing comes to, without its steps."""
    school = province.first

    def close(work: Any) -> None:
        work.session.add(
            Closing(
                unit_id=school.unit_id,
                school_year_id=province.year_id,
                term=term,
                turn=1,
                closed_at=work.now,
                closed_by_id=school.person_ids["giangnt"],
                executed_by_id=work.session.scalar(sa.select(Account.id).where(Account.username == OFFICE)),
                reason="Kết thúc học kì",
            )
        )

    change(province, close)


def prints() -> list[str]:
    """Running numbers of the prints recorded, in order."""
    rows = db.session.scalars(
        sa.select(AuditEvent)
        .where(AuditEvent.action.in_(("print.sheet", "print.class_book")), AuditEvent.outcome == "done")
        .order_by(AuditEvent.id)
    )
    return [row.details["number"] for row in rows]


class Draws:
    """Blank sheets in place of drawn ones; counts the subjects' pages, `hook` runs before each."""

    def __init__(self) -> None:
        self.made: list[tuple[str, int]] = []
        self.hook: Callable[[int], None] = lambda _number: None
        out = BytesIO()
        writer = PdfWriter()
        writer.add_blank_page(595, 842)
        writer.write(out)
        self.blank = out.getvalue()

    def subject(self, _cover: Any, subject: SubjectPage, _stamp: Any, **_options: Any) -> bytes:
        self.hook(len(self.made) + 1)
        self.made.append((subject.subject, subject.term))
        return self.blank

    def other(self, *_contexts: Any, **_options: Any) -> bytes:
        return self.blank


def blank_forms(monkeypatch: pytest.MonkeyPatch) -> Draws:
    """How a page is drawn has its own tests; here it matters when."""
    blanks = Draws()
    monkeypatch.setattr(forms, "subject_page", blanks.subject)
    for name in ("class_book_cover", "class_book_instructions", "student_list", "book_sheet"):
        monkeypatch.setattr(forms, name, blanks.other)
    return blanks
