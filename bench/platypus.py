"""The floor of a print: the same content drawn with ReportLab's own tables, without HTML, one file for the class."""

from base64 import b64decode
from io import BytesIO
from itertools import zip_longest
from typing import Any

from reportlab.lib import colors
from reportlab.lib.enums import TA_CENTER
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase.pdfmetrics import registerFont, registerFontFamily
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate, Spacer, Table

from app.reports.contexts import BookCover, Cell, SubjectPage
from app.reports.learners import Learner, RecordYear, SchoolRecord
from app.reports.papers import Paper
from app.reports.renderer import FONTS, code_picture

FACES = {"Bench": "Regular", "Bench-Bold": "Bold", "Bench-Italic": "Italic", "Bench-BoldItalic": "BoldItalic"}
TEXT = ParagraphStyle("text", fontName="Bench", fontSize=11, leading=14)
SMALL = ParagraphStyle("small", TEXT, fontSize=8.5, leading=9.4)
HEAD = ParagraphStyle("head", TEXT, fontName="Bench-Bold", fontSize=9.5, leading=11, alignment=TA_CENTER)
TITLE = ParagraphStyle("title", HEAD, fontSize=22, leading=30)
GRID = [
    ("GRID", (0, 0), (-1, -1), 0.5, colors.black),
    ("FONT", (0, 0), (-1, -1), "Bench", 9.5, 10.4),
    ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
    ("TOPPADDING", (0, 0), (-1, -1), 1.8),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 1),
]


def prepare() -> None:
    """Register the fonts, which is not part of a print."""
    for name, face in FACES.items():
        registerFont(TTFont(name, str(FONTS / "tinos" / f"Tinos-{face}.ttf")))
    registerFontFamily("Bench", *FACES)


def records(paper: Paper) -> bytes:
    """The class's school records."""
    story: list[Any] = []
    for part in paper.parts:
        story += _record(part.page)
    return _built(story, paper)


def subject(cover: BookCover, page: SubjectPage, paper: Paper) -> bytes:
    """A subject's page of the class book."""
    heads = ["TT", "Họ và tên", *map(str, range(1, page.regular_columns + 1)), "gk", "ck", "hk", "Ghi chú"]
    rows = [
        [line.no, line.name, *_cells(line, page.regular_columns), line.note and Paragraph(line.note, SMALL)]
        for line in page.lines
    ]
    widths = [8 * mm, 60 * mm, *[11 * mm] * (page.regular_columns + 3), None]
    signed = [[Paragraph(f"{s.signatory.heading}<br/>{s.name}", HEAD) for s in page.signatures]]
    story = [
        Paragraph(f"HỌC KÌ {page.term}<br/>Môn: {page.subject}", HEAD),
        Paragraph(f"Lớp {cover.class_name} · Năm học {cover.school_year} · {', '.join(page.teachers)}", TEXT),
        Table([heads, *rows], widths, style=GRID, repeatRows=1),
        Table(signed),
    ]
    return _built(story, paper)


def _cells(line: Any, columns: int) -> list[str]:
    marks = zip_longest(line.regular, range(columns))
    return [_text(mark) for mark, _n in marks] + [
        _text(mark) for mark in (line.midterm, line.final, line.results[0])
    ]


def _text(cell: Cell) -> str:
    return cell.text if cell else ""


def _record(page: SchoolRecord) -> list[Any]:
    story: list[Any] = [
        Paragraph("HỌC BẠ", TITLE),
        Paragraph(f"{page.level}<br/>({page.law})", HEAD),
        Table(_facts(page.learner), [90 * mm, 90 * mm]),
        Paragraph("QUÁ TRÌNH HỌC TẬP", HEAD),
        Table([["Năm học", "Lớp", "Trường", ""], *[(p.year, p.class_name, p.school, p.note) for p in page.path]],
              [26 * mm, 20 * mm, 84 * mm, 50 * mm], style=GRID),
        PageBreak(),
    ]  # fmt: skip
    for year in page.years:
        story += _year(page, year)
    return story


def _facts(learner: Learner) -> list[list[Paragraph]]:
    names = ("full_name", "birth_date", "sex", "ethnicity", "nationality", "birthplace", "hometown", "code", "address",
             "father", "father_job", "mother", "mother_job", "guardian", "guardian_job", "priority")  # fmt: skip
    said = [
        Paragraph(f"{name}: <b>{getattr(learner, name) or '.' * 40}</b>".replace("_", " "), TEXT)
        for name in names
    ]
    return [said[start : start + 2] for start in range(0, len(said), 2)]


def _year(page: SchoolRecord, year: RecordYear) -> list[Any]:
    heads = ("Môn học", "Học kì I", "Học kì II", "Cả năm", "Đánh giá lại", "Nhận xét")
    lines = [
        [Paragraph(line.subject, SMALL), line.term_1, line.term_2, line.year, line.retest,
         Paragraph(f"{line.remark}<br/><i>{line.teacher}</i>", SMALL)]
        for line in year.subjects
    ]  # fmt: skip
    results = [
        (term, year.training[n], year.learning[n])
        for n, term in enumerate(("Học kì I", "Học kì II", "Cả năm"))
    ]
    who = Paragraph(f"Họ và tên: <b>{page.learner.full_name}</b> Lớp: <b>{year.class_name}</b>", TEXT)
    return [
        who,
        Table([heads, *lines], [38 * mm, 14 * mm, 14 * mm, 14 * mm, 17 * mm, 83 * mm], style=GRID, repeatRows=1),
        Table([[Paragraph(f"XÁC NHẬN<br/>{name}", HEAD) for name in (year.homeroom, year.head)]]),
        PageBreak(),
        who,
        Table([("Học kì", "Kết quả rèn luyện", "Kết quả học tập"), *results], style=GRID),
        *[Paragraph(f"- {text}", TEXT) for text in (year.completed, year.title, year.outcome, year.absences)],
        Table([[Paragraph(f"{title}<br/>{said}", HEAD)] for title, said in (
            ("NHẬN XÉT CỦA GIÁO VIÊN CHỦ NHIỆM", year.remark), ("SAU ĐÁNH GIÁ LẠI", year.remark_after),
            ("PHÊ DUYỆT CỦA HIỆU TRƯỞNG", year.head))], [180 * mm], [50 * mm, 40 * mm, 62 * mm], style=GRID),
        Spacer(1, 1),
        PageBreak(),
    ]  # fmt: skip


def _built(story: list[Any], paper: Paper) -> bytes:
    """With the foot of every page: where it belongs, who printed it, number and code."""
    check = paper.stamp.check()
    code = ImageReader(BytesIO(b64decode(code_picture(check.address if check else "").partition(",")[2])))
    foot = f"{paper.form.name} · Năm học {paper.heading.school_year} · {paper.heading.school}"

    def page(canvas: Any, _document: Any) -> None:
        canvas.drawImage(code, 4 * mm, 3.5 * mm, 14 * mm, 14 * mm)
        canvas.setFont("Bench", 8)
        canvas.drawString(20 * mm, 10 * mm, foot)
        canvas.drawString(20 * mm, 7 * mm, f"In bởi {paper.stamp.full_name} ({paper.stamp.account})")
        canvas.drawRightString(200 * mm, 10 * mm, f"Trang {canvas.getPageNumber()}")

    out = BytesIO()
    document = SimpleDocTemplate(
        out, pagesize=A4, leftMargin=20 * mm, rightMargin=10 * mm, topMargin=10 * mm, bottomMargin=15 * mm
    )
    document.build(story, onFirstPage=page, onLaterPages=page)
    return out.getvalue()
