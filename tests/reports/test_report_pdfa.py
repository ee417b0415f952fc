"""What is kept for good is PDF/A-2b, before and after it is signed, and shows the same as before."""

from dataclasses import replace
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pypdf import PdfReader
from reportlab.pdfgen.canvas import Canvas

from app.domain.vocabulary import SubjectKind
from app.reports import drawing
from app.reports.contexts import PrintPurpose
from app.reports.pdfa import archival
from app.reports.renderer import RenderError
from app.reports.stamp import Stamp
from app.services.signing.pdf import sign_pdf
from tests.reports.test_report_documents import paper, record, slip
from tests.support.pdfa import preflight, problems
from tests.support.signing import Signers, signers

AS_WHAT = ("Giáo viên chủ nhiệm", "Hiệu trưởng", "Con dấu của trường")


def kept(sample: SimpleNamespace, code: str) -> bytes:
    """A student's paper as it is kept."""
    found = paper(sample, code, slip("Y Khương Byă", 9) if code == "grade_slip" else record("Đỗ Thị Ỷ", 13))
    found = replace(found, stamp=replace(found.stamp, purpose=PrintPurpose.PERIODIC))
    return drawing.settled(found, drawing.draw(found, found.parts[0], 1))


def book(sample: SimpleNamespace, purpose: PrintPurpose) -> bytes:
    """A class's book of few pages."""
    small = sample.book(4)
    pages = (small.subjects[0], replace(small.subjects[2], kind=SubjectKind.COMMENT))
    small = replace(small, subjects=pages, stamp=replace(small.stamp, purpose=purpose))
    made = list(drawing.parts_of(small))
    return drawing.file_of(small, [title for title, _draw in made], [draw() for _title, draw in made])


def bookmarks(reader: Any) -> list[str]:
    """Their titles."""
    return [mark["/Title"] for mark in reader.outline]


def signed(sample: SimpleNamespace, data: bytes, *, seen: bool = True) -> bytes:
    """The paper with three signatures."""
    at = sample.stamp.printed_at
    people: Signers = signers(at)
    for title, key in zip(AS_WHAT, (people.teacher, people.head, people.seal), strict=True):
        stamp = Stamp("Y Khương Byă", title, at, "Chứng thư thử nghiệm") if seen else None
        data = sign_pdf(data, key, at=at, stamp=stamp, reason=title)
    return data


@pytest.mark.parametrize("code", ["school_record.tt22", "school_record.tt58", "grade_slip"])
def test_a_kept_paper_is_pdf_a(sample: SimpleNamespace, code: str) -> None:
    data = kept(sample, code)
    assert problems(data) == []
    assert data == kept(sample, code)  # the same every time


@pytest.mark.parametrize("seen", [True, False])
def test_it_stays_so_when_it_is_signed(sample: SimpleNamespace, seen: bool) -> None:
    assert problems(signed(sample, kept(sample, "grade_slip"), seen=seen)) == []


def test_a_book_keeps_its_bookmarks_and_title(sample: SimpleNamespace) -> None:
    data, plain = book(sample, PrintPurpose.PERIODIC), book(sample, PrintPurpose.REGULAR)
    assert problems(data) == []
    assert "6.2.3 output intent" in problems(plain)  # what isn't kept is left as it is
    before, after = PdfReader(BytesIO(plain)), PdfReader(BytesIO(data))
    assert bookmarks(after) == bookmarks(before) != []
    assert after.metadata is not None
    assert str(after.metadata.title).startswith("Sổ theo dõi")


@pytest.mark.poppler
def test_it_says_and_shows_the_same(sample: SimpleNamespace) -> None:
    data, plain = book(sample, PrintPurpose.PERIODIC), book(sample, PrintPurpose.REGULAR)
    same = [text.replace("In định kỳ", "").split() for text in (sample.text(data, "-layout"),)]
    assert same == [sample.text(plain, "-layout").replace("In thường xuyên", "").split()]


def test_a_font_that_is_not_in_the_file_is_refused(sample: SimpleNamespace) -> None:
    out = BytesIO()
    canvas = Canvas(out, invariant=1)
    canvas.drawString(100, 700, "Helvetica")
    canvas.save()
    with pytest.raises(RenderError, match="font"):
        archival(out.getvalue(), sample.stamp.printed_at)


@pytest.mark.pdfa
@pytest.mark.parametrize("code", ["school_record.tt22", "school_record.tt27", "grade_slip"])
def test_another_program_agrees_about_papers(sample: SimpleNamespace, code: str, tmp_path: Path) -> None:
    assert preflight(tmp_path, signed(sample, kept(sample, code))) == []


@pytest.mark.pdfa
def test_another_program_agrees_about_a_book(sample: SimpleNamespace, tmp_path: Path) -> None:
    assert preflight(tmp_path, book(sample, PrintPurpose.PERIODIC)) == []
    assert preflight(tmp_path, book(sample, PrintPurpose.REGULAR)) != []
