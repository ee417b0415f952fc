"""Papers that are kept for good as PDF/A-2b (ISO 19005-2): all they need to look the same in thirty years is in the file.

xhtml2pdf and ReportLab embed every letter they draw and use neither encryption, scripts nor files from elsewhere. What
they leave out is added here: the meaning of the colours, the description as XMP, the flag that a mark is printed. What
they put in too much is taken out: Helvetica, which is chosen on every page and never drawn with.
"""

import re
from collections.abc import Sequence, Set
from datetime import datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape

from pypdf import PageObject, PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    IndirectObject,
    NameObject,
    NumberObject,
    StreamObject,
    TextStringObject,
)

from app.reports.renderer import RenderError

PROFILE: Final = Path(__file__).with_name("srgb.icc")
"""sRGB of the ICC profiles of basICColor and Kai-Uwe Behrmann, zlib licence."""
_CONDITION: Final = "sRGB IEC61966-2.1"
_PRINTED: Final = 4  # the flag of an annotation that it goes onto paper
_CHOICE: Final = re.compile(rb"BT\s+(/\S+)\s+[\d.]+\s+Tf\s+[\d.]+\s+TL\s+ET\s*")
"""How ReportLab chooses its first font on a page, before anything is drawn."""
_STEPS: Final = re.compile(
    rb"""\((?:\\.|[^\\()])*\)|(/\S+)\s+[\d.]+\s+Tf\b|(?<![^\s\])>])(q|Q|Tj|TJ|'|")(?=\s|$)""", re.DOTALL
)
"""Texts, which are passed over; choices of a font; what keeps a choice, gives it back and draws with it."""
_XMP: Final = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">
<pdfaid:part>2</pdfaid:part>
<pdfaid:conformance>B</pdfaid:conformance>
</rdf:Description>
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:format>application/pdf</dc:format>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
</rdf:Description>
<rdf:Description rdf:about="" xmlns:pdf="http://ns.adobe.com/pdf/1.3/">
<pdf:Producer>{producer}</pdf:Producer>
</rdf:Description>
<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/">
<xmp:CreateDate>{made}</xmp:CreateDate>
<xmp:ModifyDate>{made}</xmp:ModifyDate>
</rdf:Description>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"""


def archival(pdf: bytes, made_at: datetime, title: str = "") -> bytes:
    """The same pages as PDF/A-2b, made at `made_at` (aware); without a `title` the file's own. Same input, same bytes.

    Raises RenderError for a file with a font that is drawn with and not embedded: it can't be kept like this.
    """
    reader = PdfReader(BytesIO(pdf))
    told = title or str((reader.metadata and reader.metadata.title) or "")
    writer = PdfWriter(clone_from=reader)
    _drop_unused_fonts(writer)
    for page in writer.pages:
        for mark in page.get("/Annots", ()):
            mark.get_object()[NameObject("/F")] = NumberObject(_PRINTED)
    _describe(writer, told, made_at)
    _explain_colours(writer)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def _drop_unused_fonts(writer: PdfWriter) -> None:
    """Pages share their lists of fonts, so these are shortened when all pages are done."""
    chosen: list[tuple[Any, str]] = []
    for page in writer.pages:
        resources: Any = page["/Resources"].get_object()
        fonts = resources.get("/Font", DictionaryObject()).get_object()
        foreign = [name for name, font in fonts.items() if not _embedded(font.get_object())]
        if foreign:
            _leave_unchosen(writer, page, foreign)
        chosen += [(fonts, name) for name in foreign]
    for fonts, name in chosen:
        fonts.pop(name, None)


def _leave_unchosen(writer: PdfWriter, page: PageObject, foreign: Sequence[str]) -> None:
    names = {name.encode() for name in foreign}
    content = page.get_contents()
    data = content.get_data() if content is not None else b""
    rest = _CHOICE.sub(lambda found: b"" if found[1] in names else found[0], data)
    if _draws_with(names, rest):
        raise RenderError("a font is drawn with that is not in the file")
    drawn = DecodedStreamObject()
    drawn.set_data(rest)
    before = page.raw_get("/Contents")
    if isinstance(before, IndirectObject) and isinstance(before.get_object(), StreamObject):
        writer._replace_object(before, drawn.flate_encode())
    else:
        page[NameObject("/Contents")] = writer._add_object(drawn.flate_encode())


def _draws_with(foreign: Set[bytes], content: bytes) -> bool:
    """Whether something is drawn with one of these fonts, or with none."""
    mine, kept = False, []
    for font, verb in _STEPS.findall(content):
        if font:
            mine = font not in foreign
        elif verb == b"q":
            kept.append(mine)
        elif verb == b"Q":
            mine = kept.pop() if kept else False
        elif verb and not mine:
            return True
    return False


def _embedded(font: Any) -> bool:
    descriptor = font.get("/FontDescriptor")
    return descriptor is not None and any(
        key in descriptor.get_object() for key in ("/FontFile", "/FontFile2", "/FontFile3")
    )


def _describe(writer: PdfWriter, title: str, made_at: datetime) -> None:
    """The description, which says the same in the file's old and new manner."""
    stamp = made_at.strftime("D:%Y%m%d%H%M%S")
    zone = made_at.strftime("%z")
    dated = f"{stamp}{zone[:3]}'{zone[3:5]}'"
    writer.metadata = {
        "/Title": title,
        "/CreationDate": dated,
        "/ModDate": dated,
    }
    made = made_at.isoformat(timespec="seconds")
    packet = StreamObject()
    packet.set_data(_XMP.format(title=escape(title), producer="HocVu", made=made).encode())
    packet[NameObject("/Type")] = NameObject("/Metadata")
    packet[NameObject("/Subtype")] = NameObject("/XML")
    writer.root_object[NameObject("/Metadata")] = writer._add_object(packet)


def _explain_colours(writer: PdfWriter) -> None:
    profile = DecodedStreamObject()
    profile.set_data(_profile())
    packed = profile.flate_encode()
    packed[NameObject("/N")] = NumberObject(3)
    intent = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/OutputIntent"),
            NameObject("/S"): NameObject("/GTS_PDFA1"),
            NameObject("/OutputConditionIdentifier"): TextStringObject(_CONDITION),
            NameObject("/Info"): TextStringObject(_CONDITION),
            NameObject("/DestOutputProfile"): writer._add_object(packed),
        }
    )
    writer.root_object[NameObject("/OutputIntents")] = ArrayObject([writer._add_object(intent)])


@cache
def _profile() -> bytes:
    return PROFILE.read_bytes()
