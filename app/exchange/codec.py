"""Frozen dataclasses ⇄ XML: a field that is one value is an attribute, a tuple of records is child elements in order.

`data(text=True)` puts a value between the tags, `data(tag=True)` makes it the element's name. What is None is left out.
The bytes are canonical (C14N): the same record always gives the same file, so that it can be digested and signed.
"""

import re
from collections.abc import Iterable
from dataclasses import Field, field, fields, is_dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Any, Final, TypeVar, get_args, get_origin, get_type_hints

from lxml import etree

_VERSIONS: Final = "urn:hocvu:records:"
NAMESPACE: Final = f"{_VERSIONS}1.0"
SCHEMA: Final = Path(__file__).with_name("hocvu-records-1.0.xsd")
LONGEST: Final = 64 * 2**20
"""Bytes of the largest file that is read."""
_TAG, _TEXT = "tag", "text"
_WORD_START = re.compile("_([a-z0-9])")
_INSTANCE = TypeVar("_INSTANCE")
_NAMED = re.compile(r"Element '([^']+)'")


class Fault(StrEnum):
    """What is wrong with a file that isn't a record."""

    TOO_LARGE = "too_large"
    NOT_XML = "not_xml"
    BROKEN = "broken"  # cut off, or damaged at a line
    DOCTYPE = "doctype"  # declares a document type: entities, files from elsewhere
    VERSION = "version"  # a record of another version of the schema
    SCHEMA = "schema"  # XML, but not as the schema has it
    OTHER = "other"  # a record of another kind


class BadXml(Exception):
    """A file that isn't a record: `fault`, the `line` (0: unknown), the `element`, and `reason` for the log."""

    def __init__(self, fault: Fault, reason: str, line: int = 0, element: str = "") -> None:
        super().__init__(reason)
        self.fault, self.reason, self.line, self.element = fault, reason, line, element


def data(*, text: bool = False, tag: bool = False) -> Any:
    """A field that stands between the tags, or is the element's name."""
    return field(metadata={_TEXT: text, _TAG: tag})


def to_xml(record: Any) -> bytes:
    """The canonical file of a record. Raises ValueError for a letter XML cannot hold."""
    root = _element(record, {None: NAMESPACE})
    etree.indent(root)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + etree.tostring(root, method="c14n") + b"\n"


def parse(content: bytes) -> Any:
    """The root element of a file from outside: no document type, no entities, no network. Raises BadXml."""
    if len(content) > LONGEST:
        raise BadXml(Fault.TOO_LARGE, "too large")
    # Whatever is wrong with the file, it is told as one thing: it could not be read.
    try:
        root = etree.fromstring(content, _parser())
    except etree.XMLSyntaxError as error:
        fault = Fault.BROKEN if error.lineno else Fault.NOT_XML
        raise BadXml(fault, error.msg or "not XML", error.lineno or 0) from None
    except ValueError as error:
        raise BadXml(Fault.NOT_XML, str(error)) from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise BadXml(Fault.DOCTYPE, "a document type declaration is not allowed", 1)
    return root


def check(root: Any) -> None:
    """Raises BadXml with the first thing by which the file breaks the schema, or with the version it is written in."""
    space = etree.QName(root).namespace or ""
    if space != NAMESPACE and space.startswith(_VERSIONS):
        raise BadXml(Fault.VERSION, space, element=space.removeprefix(_VERSIONS))
    schema = _schema()
    if not schema.validate(root):
        first = schema.error_log[0]
        message = first.message.replace(f"{{{NAMESPACE}}}", "")
        found = _NAMED.match(message)
        raise BadXml(Fault.SCHEMA, message, first.line, found[1] if found else "")


def from_xml(content: bytes, kind: type[_INSTANCE]) -> _INSTANCE:
    """The record of a file, equal to the one it was written from. Raises BadXml for a file the schema refuses."""
    root = parse(content)
    check(root)
    if etree.QName(root).localname not in _names(kind):
        held = etree.QName(root).localname
        raise BadXml(Fault.OTHER, f"the file holds {held}, not {_names(kind)[0]}", element=held)
    record: _INSTANCE = _record(root, kind)
    return record


@cache
def _schema() -> Any:
    return etree.XMLSchema(etree.parse(str(SCHEMA), _parser()))


def _parser() -> Any:
    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True
    )


def _names(kind: type) -> tuple[str, ...]:
    return kind.TAGS  # type: ignore[attr-defined]  # each record names its elements


def _element(record: Any, namespaces: dict[str | None, str] | None = None) -> Any:
    own = {item.name: getattr(record, item.name) for item in fields(record)}
    tag = next((own[f.name] for f in fields(record) if f.metadata.get(_TAG)), _names(type(record))[0])
    element = etree.Element(f"{{{NAMESPACE}}}{tag}", nsmap=namespaces)
    for item in fields(record):
        value = own[item.name]
        if value is None or item.metadata.get(_TAG):
            continue
        if item.metadata.get(_TEXT):
            element.text = _written(value)
        elif isinstance(value, tuple) or is_dataclass(value):
            element.extend(_element(child) for child in (value if isinstance(value, tuple) else (value,)))
        else:
            element.set(_camel(item.name), _written(value))
    return element


def _record(element: Any, kind: Any) -> Any:
    found: dict[str, Any] = {}
    for item, wanted, many in _plan(kind):
        if item.metadata.get(_TAG):
            found[item.name] = etree.QName(element).localname
        elif item.metadata.get(_TEXT):
            found[item.name] = _read(element.text or "", wanted)
        elif is_dataclass(wanted):
            children: list[Any] = [_record(child, wanted) for child in _children(element, wanted)]
            found[item.name] = tuple(children) if many else next(iter(children), None)
        else:
            text = element.get(_camel(item.name))
            found[item.name] = None if text is None else _read(text, wanted)
    return kind(**found)


@cache
def _plan(kind: Any) -> tuple[tuple[Field[Any], Any, bool], ...]:
    """By field: what one value of it is, and whether there are many."""
    hints = get_type_hints(kind)
    plan = []
    for item in fields(kind):
        wanted, many = hints[item.name], False
        if get_origin(wanted) is tuple:
            wanted, many = get_args(wanted)[0], True
        elif isinstance(wanted, UnionType):
            wanted = next(part for part in get_args(wanted) if part is not type(None))
        plan.append((item, wanted, many))
    return tuple(plan)


def _children(element: Any, kind: Any) -> Iterable[Any]:
    wanted = {f"{{{NAMESPACE}}}{name}" for name in _names(kind)}
    return (child for child in element if child.tag in wanted)


def _camel(name: str) -> str:
    return _WORD_START.sub(lambda match: match[1].upper(), name)


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, (date, datetime)) else str(value)


def _read(text: str, kind: Any) -> Any:
    if kind is bool:
        return text in ("true", "1")
    if kind in (date, datetime):
        return kind.fromisoformat(text)
    return kind(text)
