"""Workbooks for tests, sound ones and every sort of bad one, built for real."""

import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from typing import Any

from openpyxl import Workbook

STUDENT_HEADINGS = ("Họ và tên", "Ngày sinh", "Giới tính", "Lớp")
STUDENT_ROW = ("Trần Văn Bình", "05/06/2014", "Nam", "7A")


def workbook(
    *rows: Sequence[Any], change: Callable[[Any], None] | None = None, title: str = "Học sinh"
) -> bytes:
    """A workbook of these rows on its one sheet; `change` may do more to the sheet."""
    book = Workbook()
    sheet: Any = book.active
    sheet.title = title
    for row in rows:
        sheet.append(list(row))
    if change is not None:
        change(sheet)
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def students(*rows: Sequence[Any], headings: Sequence[str] = STUDENT_HEADINGS, **options: Any) -> bytes:
    """A file of students."""
    return workbook(headings, *rows, **options)


def table(columns: Sequence[str], *rows: Mapping[str, Any], **options: Any) -> bytes:
    """A file with these headings and rows given by heading."""
    return workbook(columns, *([row.get(column) for column in columns] for row in rows), **options)


def repacked(
    data: bytes, changes: Mapping[str, Callable[[bytes], bytes]], added: Mapping[str, bytes] | None = None
) -> bytes:
    """The same zip with some parts changed and others added."""
    stream = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            change = changes.get(name)
            new.writestr(name, change(old.read(name)) if change else old.read(name))
        for name, content in (added or {}).items():
            new.writestr(name, content)
    return stream.getvalue()


def resheeted(data: bytes, pattern: str, replacement: str) -> bytes:
    """The same workbook with a piece of its first sheet's XML replaced; the piece must be there."""

    def change(xml: bytes) -> bytes:
        text, count = re.subn(pattern, replacement, xml.decode(), flags=re.DOTALL)
        assert count, pattern
        return text.encode()

    return repacked(data, {"xl/worksheets/sheet1.xml": change})


def with_shared_strings(data: bytes) -> bytes:
    """The same workbook as Excel itself writes it: every text once, in a part of its own."""
    texts: list[str] = []

    def share(match: re.Match[str]) -> str:
        texts.append(match.group(2))
        return f'<c r="{match.group(1)}" t="s"><v>{len(texts) - 1}</v></c>'

    def move(xml: bytes) -> bytes:
        cell = r'<c r="([A-Z]+\d+)" t="inlineStr"><is><t>(.*?)</t></is></c>'
        return re.sub(cell, share, xml.decode()).encode()

    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    link = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"
    moved = repacked(data, {"xl/worksheets/sheet1.xml": move})
    assert texts
    items = "".join(f"<si><t>{text}</t></si>" for text in texts)
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return repacked(
        moved,
        {
            "[Content_Types].xml": _before(
                "</Types>", f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}"/>'
            ),
            "xl/_rels/workbook.xml.rels": _before(
                "</Relationships>", f'<Relationship Id="rIdTexts" Type="{link}" Target="sharedStrings.xml"/>'
            ),
        },
        {"xl/sharedStrings.xml": f'<sst xmlns="{main}">{items}</sst>'.encode()},
    )


def _before(end: str, piece: str) -> Callable[[bytes], bytes]:
    return lambda xml: xml.decode().replace(end, piece + end).encode()
