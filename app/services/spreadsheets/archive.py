"""Is this file a workbook we can open without harm? Asked before any library unpacks it.

Limits hold for the file as sent, for what the zip directory promises and for what really comes out of it. Sheets are
then scanned as a stream for what openpyxl's fast reader does not tell: merged cells, hidden rows, hidden columns.
"""

import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, Final
from xml.etree.ElementTree import ParseError  # only the error class: reading goes through defusedxml

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import XMLParser
from openpyxl.utils import column_index_from_string, get_column_letter, range_boundaries

from app.errors import N_
from app.services.spreadsheets.plan import BadFile, Problem

MAX_UPLOAD: Final = 20 * 1024 * 1024
MAX_UNZIPPED: Final = 50 * 1024 * 1024
MAX_PARTS: Final = 2_000
MAX_ROWS: Final = 10_000
MAX_COLUMNS: Final = 100
MAX_CELLS: Final = 500_000
HEADING_ROWS: Final = 15
"""The headings stand within the first rows; what is above them is a title."""

EXCEL_ROWS: Final = 1_048_576
CHUNK: Final = 64 * 1024
MEGABYTE: Final = 1024 * 1024

EMPTY: Final = N_("The file is empty.")
NOT_XLSX: Final = N_(
    "This is not an Excel workbook. Save the list as “Excel Workbook (.xlsx)” and choose it again."
)
OLD_XLS: Final = N_("This is an old .xls workbook. Open it in Excel and save it as “Excel Workbook (.xlsx)”.")
LOCKED_FILE: Final = N_("This workbook has a password. Take the password off and save it again.")
WEB_PAGE: Final = N_("This is a web page with the name of a workbook. Open it in Excel and save it as .xlsx.")
PLAIN_TEXT: Final = N_("This is a text file (CSV), not a workbook. Open it in Excel and save it as .xlsx.")
MACROS: Final = N_("This workbook has macros. Save it as “Excel Workbook (.xlsx)”, without macros.")
DAMAGED: Final = N_(
    "The workbook is damaged and cannot be read. Open it in Excel, save it again and choose it again."
)
TOO_LARGE: Final = N_("The file is larger than %(most)s MB. Split it, or remove pictures from it.")
TOO_LARGE_INSIDE: Final = N_(
    "The file unpacks to more than %(most)s MB. Remove pictures and unused sheets, or split it."
)
TOO_MANY_ROWS: Final = N_("The sheet has more than %(most)s rows. Split the file.")
TOO_MANY_COLUMNS: Final = N_("The sheet has more than %(most)s columns. Keep only those of the template.")
TOO_MANY_CELLS: Final = N_("The sheet has more than %(most)s filled cells. Split the file.")

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_ZIP = b"PK\x03\x04"
_MARKUP = (b"<!doctype", b"<html", b"<table", b"<?xml", b"<head", b"<meta")
_BROKEN_ZIP = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    RuntimeError,
    NotImplementedError,
    OSError,
    EOFError,
    zlib.error,
)


def check_workbook(data: bytes) -> None:
    """Raises BadFile unless `data` is an .xlsx of a bearable size."""
    if not data.strip(b"\0 \r\n\t"):
        raise BadFile(Problem(EMPTY))
    if len(data) > MAX_UPLOAD:
        raise BadFile(Problem(TOO_LARGE, {"most": MAX_UPLOAD // MEGABYTE}))
    if not data.startswith(_ZIP):
        raise BadFile(Problem(_what_else(data)))
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            _check_parts(archive)
            _unpack(archive)
    except (ValueError, *_BROKEN_ZIP) as error:
        raise BadFile(Problem(DAMAGED)) from error


def _what_else(data: bytes) -> str:
    """What a file that is no zip most likely is."""
    if data.startswith(_OLE):
        return LOCKED_FILE if _ENCRYPTED in data else OLD_XLS
    start = data[:2048].lstrip(b"\xef\xbb\xbf\xff\xfe \r\n\t").lower()
    if start.replace(b"\0", b"").startswith(_MARKUP):
        return WEB_PAGE
    return PLAIN_TEXT if _is_text(data[:2048]) else NOT_XLSX


def _is_text(start: bytes) -> bool:
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    return b"\0" not in start and any(mark in start for mark in (b",", b";", b"\t")) and b"\n" in start


def _check_parts(archive: zipfile.ZipFile) -> None:
    parts = archive.infolist()
    names = {part.filename for part in parts}
    if any(part.flag_bits & 0x1 for part in parts):
        raise BadFile(Problem(LOCKED_FILE))
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNZIPPED:
        raise BadFile(Problem(TOO_LARGE_INSIDE, {"most": MAX_UNZIPPED // MEGABYTE}))
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise BadFile(Problem(MACROS))
    if "[Content_Types].xml" not in names or not any(name.startswith("xl/worksheets/") for name in names):
        raise BadFile(Problem(NOT_XLSX))
    if len(names) != len(parts):
        raise BadFile(Problem(DAMAGED))


def _unpack(archive: zipfile.ZipFile) -> None:
    """Count what really comes out, part by part; checks every part's checksum on the way."""
    total = texts = 0
    for part in archive.infolist():
        with archive.open(part) as stream:
            while chunk := stream.read(CHUNK):
                total += len(chunk)
                if b"<!ENTITY" in chunk or b"<!DOCTYPE" in chunk:  # no workbook has them; bombs do
                    raise BadFile(Problem(DAMAGED))
                texts += chunk.count(b"<si") if part.filename.endswith("sharedStrings.xml") else 0
                if total > MAX_UNZIPPED:
                    raise BadFile(Problem(TOO_LARGE_INSIDE, {"most": MAX_UNZIPPED // MEGABYTE}))
                if texts > MAX_CELLS:
                    raise BadFile(Problem(TOO_MANY_CELLS, {"most": MAX_CELLS}))


@dataclass
class Outline:
    """What a sheet is made of: filled rows and columns, what is hidden, what is merged."""

    filled: list[int] = field(default_factory=list)  # numbers of rows that hold something, ascending
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)  # left, top, right, bottom

    @property
    def last_row(self) -> int:
        """Number of the last row that holds something; 0 for an empty sheet."""
        return self.filled[-1] if self.filled else 0

    def hides_column(self, column: int) -> bool:
        """True when the column is hidden."""
        return any(first <= column <= last for first, last in self.hidden_columns)


def scan_sheet(data: bytes, path: str) -> Outline:
    """The outline of a sheet, read as a stream that stops at the first limit. Raises BadFile."""
    scanner = _Scanner()
    parser = XMLParser(target=scanner, forbid_dtd=True)
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive, archive.open(path.lstrip("/")) as stream:
            while chunk := stream.read(CHUNK):
                parser.feed(chunk)
            parser.close()
    except (ParseError, DefusedXmlException, KeyError, ValueError, *_BROKEN_ZIP) as error:
        raise BadFile(Problem(DAMAGED)) from error
    return scanner.outline


class _Scanner:
    """Target of the XML parser: notes rows, columns and merges, keeps no tree."""

    def __init__(self) -> None:
        self.outline = Outline()
        self._row = self._column = self._cells = 0
        self._steps: dict[str, Callable[[dict[str, str]], None]] = {
            "row": self._on_row,
            "c": self._on_cell,
            "v": self._on_value,
            "is": self._on_value,
            "f": self._on_value,
            "col": self._on_column,
            "mergeCell": self._on_merge,
        }

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        step = self._steps.get(tag.rpartition("}")[2])
        if step is not None:
            step(attributes)

    def end(self, tag: str) -> None:
        """Nothing: what begins says enough."""

    def data(self, text: str) -> None:
        """Nothing: values are read by openpyxl."""

    def close(self) -> None:
        """Nothing to hand over: the outline is read from outside."""

    def _on_row(self, attributes: dict[str, str]) -> None:
        number = int(float(attributes.get("r", self._row + 1)))
        if not self._row < number <= EXCEL_ROWS:  # openpyxl would drop a row that comes again
            raise ValueError(number)
        self._row, self._column = number, 0
        if _is_true(attributes.get("hidden")) or attributes.get("ht") == "0":
            self.outline.hidden_rows.add(number)

    def _on_cell(self, attributes: dict[str, str]) -> None:
        place = attributes.get("r")
        self._column = column_index_from_string(place.rstrip("0123456789")) if place else self._column + 1

    def _on_value(self, attributes: dict[str, str]) -> None:
        self._cells += 1
        filled = self.outline.filled
        if not filled or filled[-1] != self._row:
            filled.append(self._row)
            if len(filled) > MAX_ROWS + HEADING_ROWS:
                raise BadFile(Problem(TOO_MANY_ROWS, {"most": MAX_ROWS}, self._row))
        if self._cells > 2 * MAX_CELLS:  # a formula with its value counts twice
            raise BadFile(Problem(TOO_MANY_CELLS, {"most": MAX_CELLS}, self._row))
        if self._column > MAX_COLUMNS:
            letter = get_column_letter(self._column)
            raise BadFile(Problem(TOO_MANY_COLUMNS, {"most": MAX_COLUMNS}, self._row, letter))

    def _on_column(self, attributes: dict[str, str]) -> None:
        if _is_true(attributes.get("hidden")) or attributes.get("width") == "0":
            self.outline.hidden_columns.append((int(attributes["min"]), int(attributes["max"])))

    def _on_merge(self, attributes: dict[str, str]) -> None:
        left, top, right, bottom = (int(edge or 0) for edge in range_boundaries(attributes["ref"]))
        self.outline.merged.append((left, top, right, bottom))
        if len(self.outline.merged) > MAX_ROWS:
            raise ValueError("merges")


def _is_true(text: Any) -> bool:
    return text in ("1", "true", "on")
