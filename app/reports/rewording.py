"""A print in the words of its unit: what the form itself says is changed, never what people wrote into the record."""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any, Final, TypeVar, cast

from app.domain.assessment.items import vietnamese
from app.domain.assessment.terms import Title
from app.reports.contexts import BookCover, BookSheet, Signature
from app.reports.correction_forms import CorrectionPaper, Party, SignatureBlock
from app.reports.figures import Figures, Sheet
from app.reports.form import Form
from app.reports.learners import RecordYear, SchoolRecord
from app.reports.papers import Paper, Part
from app.reports.summaries import Confirmation, Head, Summary
from app.reports.unit_words import UnitWords

T = TypeVar("T")
Say = Callable[[str], str]

_SAID: Final[Mapping[type, tuple[str, ...]]] = {
    Form: ("name", "short"),
    Paper: ("title",),
    Part: ("title",),
    BookSheet: ("title",),
    Summary: ("title", "totals", "note", "tally"),
    Confirmation: ("title", "note", "tally"),
    Head: ("label", "group"),
    Figures: ("title", "under", "notes"),
    Sheet: ("caption", "label", "empty"),
    SchoolRecord: ("head_title",),
    RecordYear: ("head_title",),
    CorrectionPaper: ("addressee", "grounds"),
    Party: ("seat",),
    SignatureBlock: ("heading",),
}
"""The fields of each page that hold words of the form; all others hold the record's."""
_AWARDS: Final = frozenset(vietnamese(title) for title in Title)
_OF_PEOPLE: Final = "Họ và tên"


def reworded(paper: T, words: UnitWords) -> T:
    """The print in the words of its unit."""
    return paper if words is UnitWords.SCHOOL else cast(T, _reworded(paper, words.say))


def _reworded(value: Any, say: Say) -> Any:
    if isinstance(value, str):
        return say(value) if value in _AWARDS else value
    if isinstance(value, tuple):
        return tuple(_reworded(part, say) for part in value)
    if isinstance(value, Signature):
        return _signature(value, say)
    if isinstance(value, (Enum, BookCover)) or not is_dataclass(value):
        return value
    if isinstance(value, Sheet) and value.label != _OF_PEOPLE:
        rows = tuple(replace(row, name=say(row.name)) for row in value.table.rows)
        value = replace(value, table=replace(value.table, rows=rows))
    return _fields(value, say)


def _fields(value: Any, say: Say) -> Any:
    said, changed = _SAID.get(type(value), ()), {}
    for field in fields(value):
        found = getattr(value, field.name)
        new = _said(found, say) if field.name in said else _reworded(found, say)
        if new != found:
            changed[field.name] = new
    return replace(value, **changed) if changed else value


def _said(value: Any, say: Say) -> Any:
    if isinstance(value, tuple):
        return tuple(_said(part, say) for part in value)
    return say(value) if isinstance(value, str) else _reworded(value, say)


def _signature(value: Signature, say: Say) -> Signature:
    usual = value.signatory.heading
    heading = say(usual)
    return value if value.title or heading == usual else replace(value, title=heading)
