"""Is a file PDF/A-2b? By the rules that our files could break, read by pypdf, and by another program: PDFBox's preflight.

preflight knows PDF/A-1b, which asks for all that 2b does and more. So a copy is checked that says of itself 1b.
"""

import re
import subprocess
from collections.abc import Iterator
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from lxml import etree
from pypdf import PdfReader

JARS = ("preflight", "pdfbox2", "fontbox2", "xmpbox", "commons-logging", "javax.activation", "jaxb-api")
PART = re.compile(rb"""(pdfaid:part(?:="|>))2""")
NAMES = {
    "pdfaid": "http://www.aiim.org/pdfa/ns/id/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
}
FORBIDDEN = (
    b"/JavaScript",
    b"/JS",
    b"/Launch",
    b"/EmbeddedFile",
    b"/LZWDecode",
    b"/Movie",
    b"/Sound",
    b"/XFA",
)
PRINTED, HIDDEN = 4, 2 | 1 | 32  # flags of annotations


def preflight(folder: Path, data: bytes) -> list[str]:
    """What PDFBox finds against PDF/A-1b; nothing for a file that keeps it."""
    path = folder / "checked.pdf"
    path.write_bytes(PART.sub(rb"\g<1>1", data))
    jars = ":".join(f"/usr/share/java/{name}.jar" for name in JARS)
    done = subprocess.run(
        ["java", "-cp", jars, f"-Duser.home={folder}", "org.apache.pdfbox.preflight.Validator_A1b", str(path)],
        check=False, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    said = [line for line in done.stdout.splitlines() if line.strip()]
    return [] if any("is a valid PDF/A-1b file" in line for line in said) else [*said, done.stderr[-300:]]


def problems(data: bytes) -> list[str]:
    """What speaks against PDF/A-2b (ISO 19005-2), by clause."""
    return list(_problems(data, PdfReader(BytesIO(data))))


def _problems(data: bytes, reader: PdfReader) -> Iterator[str]:
    root: Any = reader.trailer["/Root"]
    if not re.match(rb"%PDF-1\.[0-7][\r\n]+%[\x80-\xff]{4}", data):
        yield "6.1.2 header"
    if "/ID" not in reader.trailer or "/Encrypt" in reader.trailer:
        yield "6.1.3 trailer"
    yield from (
        f"forbidden {word.decode()}" for word in FORBIDDEN if re.search(re.escape(word) + rb"\b", data)
    )
    if {"/AA", "/OpenAction"} & set(root):
        yield "6.5 actions"
    intents = [intent.get_object() for intent in root.get("/OutputIntents", ())]
    if [intent["/S"] for intent in intents] != ["/GTS_PDFA1"] or not _profile(intents[0]):
        yield "6.2.3 output intent"
    yield from _description(reader, root)
    for page in reader.pages:
        yield from _page(page)


def _profile(intent: Any) -> bool:
    profile = intent["/DestOutputProfile"].get_object()
    data = profile.get_data()
    return profile["/N"] == 3 and data[36:40] == b"acsp" and data[16:20] == b"RGB " and data[8] in (2, 4)


def _description(reader: PdfReader, root: Any) -> Iterator[str]:
    packet = root.get("/Metadata")
    if packet is None or "/Filter" in packet:
        yield "6.6.2 metadata"
        return
    tree = etree.fromstring(packet.get_object().get_data())
    if (_told(tree, "pdfaid:part"), _told(tree, "pdfaid:conformance")) != ("2", "B"):
        yield "6.6.4 identification"
    found = reader.metadata
    titles = tree.findall(".//dc:title//rdf:li", NAMES)
    if found is None or [title.text or "" for title in titles] != [found.title or ""]:
        yield "title told in two ways"
    elif (found.creation_date, found.modification_date) != tuple(
        datetime.fromisoformat(_told(tree, name)) for name in ("xmp:CreateDate", "xmp:ModifyDate")
    ):
        yield "dates told in two ways"


def _told(tree: Any, name: str) -> str:
    prefix, _, word = name.partition(":")
    key = f"{{{NAMES[prefix]}}}{word}"
    for place in tree.iter():
        if place.tag == key:
            return place.text or ""
        if key in place.attrib:
            return str(place.attrib[key])
    return ""


def _page(page: Any) -> Iterator[str]:
    yield from _resources(page["/Resources"].get_object())
    for mark in (one.get_object() for one in page.get("/Annots", ())):
        if not mark.get("/F", 0) & PRINTED or mark["/F"] & HIDDEN:
            yield "6.3.2 annotation not printed"
        left, low, right, top = mark["/Rect"]
        if (left, low) != (right, top) and mark["/Subtype"] != "/Link" and "/N" not in mark.get("/AP", {}):
            yield "6.3.3 annotation without appearance"
        if "/AP" in mark:
            yield from _resources(_in(mark["/AP"]["/N"].get_object(), "/Resources"))


def _in(found: Any, key: str) -> Any:
    return found[key].get_object() if key in found else {}


def _resources(found: Any) -> Iterator[str]:
    for font in (one.get_object() for one in _in(found, "/Font").values()):
        if "/FontFile2" not in _in(font, "/FontDescriptor"):
            yield f"6.2.11.4 font {font['/BaseFont']}"
    for state in _in(found, "/ExtGState").values():
        if {"/TR", "/TR2", "/HTP"} & set(state.get_object()):
            yield "6.2.5 graphics state"
    for drawn in (one.get_object() for one in _in(found, "/XObject").values()):
        if drawn["/Subtype"] == "/PS" or {"/Alternates", "/OPI", "/Ref"} & set(drawn):
            yield "6.2.8 picture"
        if drawn["/Subtype"] == "/Form":
            yield from _resources(_in(drawn, "/Resources"))
        elif drawn.get("/ColorSpace") == "/DeviceCMYK" or drawn.get("/Interpolate"):
            yield "6.2.4 colours of a picture"
