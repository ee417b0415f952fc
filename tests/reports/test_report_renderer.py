"""The renderer: what it refuses, what it embeds, and that equal input gives equal bytes."""

import logging
import unicodedata
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import pytest
from fontTools.ttLib import TTFont
from pypdf import PdfReader

from app.reports import forms, renderer
from app.reports.renderer import FONTS, TEMPLATES, RenderError, last_page_lacks, merge, render

NOW = datetime(2027, 1, 15, 7, 32, tzinfo=UTC)
FACE = (
    '<style>@font-face { font-family: Tinos; src: url("tinos/Tinos-Regular.ttf"); }'
    " body { font-family: Tinos }</style>"
)


@pytest.mark.parametrize(
    "address",
    [
        "http://example.com/logo.png",
        "https://example.com/logo.png",
        "file:///etc/passwd",
        "/etc/passwd",
        "../../../config.py",
        "ftp://example.com/logo.png",
    ],
)
def test_nothing_outside_fonts_and_templates_is_read(address: str) -> None:
    with pytest.raises(RenderError):
        render(f'<p>Một</p><img src="{address}">')


@pytest.mark.parametrize("address", ["http://example.com/a.css", "file:///etc/passwd", "../../css/hocvu.css"])
def test_style_sheets_are_read_from_there_only(address: str) -> None:
    with pytest.raises(RenderError):
        render(f'<link rel="stylesheet" href="{address}"><p>Một</p>')


def test_base_must_be_fonts_or_templates(tmp_path: Path) -> None:
    with pytest.raises(RenderError, match="not from"):
        render("<p>Một</p>", base=tmp_path)
    assert render(FACE.replace("tinos/", f"{FONTS}/tinos/") + "<p>Một</p>", base=TEMPLATES).startswith(
        b"%PDF"
    )


def test_a_letter_without_a_glyph_is_an_error_not_a_box() -> None:
    with pytest.raises(RenderError, match="U\\+4E2D"):
        render(FACE + "<p>Nguyễn 中</p>")


def test_without_the_font_vietnamese_is_refused() -> None:
    with pytest.raises(RenderError, match="No font"):
        render("<p>Nguyễn Thị Phương Thảo</p>")


def test_a_missing_font_file_is_an_error() -> None:
    with pytest.raises(RenderError):
        render(FACE.replace("Regular", "Absent") + "<p>Một</p>")


def test_a_broken_picture_is_an_error() -> None:
    with pytest.raises(RenderError, match="image"):
        render('<img src="data:image/png;base64,AAAA">')


def test_whatever_the_engine_raises_is_a_render_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def overflow(*_args: object, **_options: object) -> None:
        raise RecursionError("too deep")

    monkeypatch.setattr(renderer, "pisaDocument", overflow)
    with pytest.raises(RenderError, match="RecursionError: too deep"):
        render("<p>a</p>")


def test_a_problem_without_a_message_is_still_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renderer, "pisaDocument", lambda *_args, **_options: SimpleNamespace(err=1, warn=0))
    with pytest.raises(RenderError, match="without naming"):
        render("<p>a</p>")


@pytest.mark.poppler
def test_decomposed_input_is_printed_composed(sample: SimpleNamespace) -> None:
    name = "Nguyễn Thị Thuỳ Ưởng Ế"
    pdf = render(FACE + f"<p>{unicodedata.normalize('NFD', name)}</p>")
    assert sample.text(pdf).strip() == name


def test_date_and_bytes_follow_created_at() -> None:
    html = FACE + "<p>Ấn định</p>"
    first, second = (render(html, created_at=NOW) for _ in range(2))
    assert first == second
    metadata = PdfReader(BytesIO(first)).metadata
    assert metadata is not None
    assert metadata.creation_date == NOW
    assert render(html, created_at=NOW.replace(hour=8)) != first


@pytest.mark.poppler
def test_merge_keeps_order_and_names_the_parts(sample: SimpleNamespace) -> None:
    parts = [render(FACE + f"<p>Phần {number}</p>") for number in (1, 2, 3)]
    merged = merge(parts, titles=("Một", "Hai", "Ba"), created_at=NOW, number_pages=True)
    assert [page.split() for page in sample.text(merged, "-layout").split("\f")[:-1]] == [
        ["Phần", "1"],
        ["Phần", "2", "Trang", "2/3"],
        ["Phần", "3", "Trang", "3/3"],
    ]
    assert merged == merge(parts, titles=("Một", "Hai", "Ba"), created_at=NOW, number_pages=True)


def test_merge_refuses_nonsense() -> None:
    with pytest.raises(ValueError, match="parts"):
        merge([])
    with pytest.raises(ValueError, match="titles"):
        merge([render(FACE + "<p>Một</p>")], titles=("Một", "Hai"))


def test_last_page_lacks_looks_at_the_last_of_several() -> None:
    one = render(FACE + "<p>Họ và tên</p>")
    two = render(FACE + "<p>Họ và tên</p><pdf:nextpage></pdf:nextpage><p>Chữ ký</p>")
    assert not last_page_lacks(one, "Chữ ký")
    assert last_page_lacks(two, "Họ và tên")
    assert not last_page_lacks(two, "Chữ ký")


def test_forms_print_without_a_word_from_the_engine(
    sample: SimpleNamespace, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, logger="xhtml2pdf"):
        forms.class_book(sample.book(8))
    assert [record.getMessage() for record in caplog.records] == []


def test_every_glyph_drawn_comes_from_an_embedded_tinos(sample: SimpleNamespace) -> None:
    pdf = forms.subject_page(sample.cover, sample.subject(20), sample.stamp)
    reader = PdfReader(BytesIO(pdf))
    embedded = {}
    for page in reader.pages:
        for reference in page["/Resources"]["/Font"].values():
            font = reference.get_object()
            embedded[font["/BaseFont"]] = font.get("/FontDescriptor")
    without_file = {name for name, descriptor in embedded.items() if descriptor is None}
    assert without_file <= {"/Helvetica"}  # ReportLab names it on every page and draws nothing with it
    tinos = {name: descriptor for name, descriptor in embedded.items() if "Tinos" in name}
    assert {name.split("+")[1] for name in tinos} >= {"Tinos-Regular", "Tinos-Bold", "Tinos-Italic"}
    for descriptor in tinos.values():
        TTFont(BytesIO(descriptor["/FontFile2"].get_object().get_data()))  # whole enough to be opened


def test_all_text_is_drawn_in_tinos(sample: SimpleNamespace) -> None:
    used: set[str] = set()

    def note(text: str, _cm: object, _tm: object, font: dict[str, str] | None, _size: float) -> None:
        if text.strip() and font is not None:
            used.add(font["/BaseFont"].split("+")[-1])

    pdf = forms.student_list(sample.cover, sample.roster(16), sample.stamp)
    for page in PdfReader(BytesIO(pdf)).pages:
        page.extract_text(visitor_text=note)
    assert used <= {"Tinos-Regular", "Tinos-Bold", "Tinos-Italic", "Tinos-BoldItalic"}
