"""A class's record as it was before its corrections, and what of a paper they have changed.

A corrected place shows what stood there struck, the new value above right of it (TT 22/2021, instructions of the book). A
result worked out from corrected cells stands struck as well: it is worked out from the old ones by the same rules.
"""

from collections import defaultdict, namedtuple
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from functools import cache
from types import SimpleNamespace
from typing import Any, Final, TypeVar, cast

from app.domain.assessment.terms import SubjectLevel, TraitLevel
from app.domain.cell_values import parse_cell
from app.domain.sheet_forms import Cell, CellKind
from app.domain.vocabulary import RETEST
from app.domain.year_decisions import Field, field_of
from app.models import GradebookSheet
from app.reports.contexts import PrintedMark
from app.services import averages
from app.services.documents.record import ClassRecord, judged_by_period
from app.services.results.figures import Figures, Plans
from app.services.retests import LEVEL, SCORE, cell_kind
from app.services.sheet_cells import has_average, row_cells, sheet_cells
from app.services.sheets import FORMS

T = TypeVar("T")
REMARK: Final = "comment"
"""The column of what a teacher wrote at the end of the term."""
_ENUMS = {CellKind.LEVEL: SubjectLevel, CellKind.TRAIT: TraitLevel}
Old = Mapping[str, str | None]
"""Column → the value struck out, as a correction keeps it."""


def before(record: ClassRecord) -> ClassRecord | None:
    """The record with what corrections struck out in its old places, judged again; None where nothing was corrected."""
    if not (record.corrected or record.corrected_year):
        return None
    reading, room = record.reading, record.room
    by_line: dict[tuple[int, int], dict[str, str | None]] = defaultdict(dict)
    for (sheet_id, student_id, column), old in record.corrected.items():
        by_line[sheet_id, student_id][column] = old
    lines = reading.lines.changed(
        lambda line: line_before(
            line, reading.lines.sheets[line.sheet_id], by_line.get((line.sheet_id, line.student_id), {})
        )
    )
    plans = _plans(record, by_line)
    reading = replace(
        reading,
        lines=lines,
        plans=plans,
        decisions=_decisions(record),
        figures={room.id: Figures(room, plans, lines, FORMS[room.circular])},
    )
    return replace(
        record,
        reading=reading,
        judged=judged_by_period(reading, room.id),
        remarks={**record.remarks, **_remarks(record)},
        corrected={},
        corrected_year={},
    )


def _remarks(record: ClassRecord) -> dict[tuple[int, int], str]:
    """The sentences that corrections struck out, by sheet and student."""
    return {
        (sheet_id, student_id): old or ""
        for (sheet_id, student_id, column), old in record.corrected.items()
        if column == REMARK
    }


def line_before(line: Any, sheet: GradebookSheet, old: Old) -> Any:
    """A line with its old values, and the term result they came to."""
    cells = {cell.name: cell for cell in sheet_cells(sheet) if cell.kind is not CellKind.TEXT}
    values = {name: _value(old[name], cells[name], sheet) for name in old if name in cells}
    if not values:
        return line
    changed = _plain(line._fields)(**{**line._asdict(), **values})
    return (
        changed._replace(average=averages.term_result(sheet, changed)) if has_average(sheet.form) else changed
    )


def result_before(row: Any, sheet: GradebookSheet, old: Old) -> Any:
    """The term result the cells of a row came to with their old values; the present one where none of them was corrected."""
    cells = {cell.name: cell for cell in sheet_cells(sheet) if cell.kind is not CellKind.TEXT}
    if row is None or not cells.keys() & old.keys():
        return getattr(row, "average", None)
    values = {name: getattr(row, name) for name in row_cells(sheet.form)}
    values |= {name: _value(old[name], cells[name], sheet) for name in old if name in cells}
    return averages.term_result(sheet, SimpleNamespace(**values))


@cache
def _plain(names: tuple[str, ...]) -> Any:
    """A row out of the database, but one that can be changed."""
    return namedtuple("Line", names)


def _value(raw: str | None, cell: Cell, sheet: GradebookSheet) -> Any:
    found = parse_cell(raw, cell, sheet.kind).value
    return _ENUMS[cell.kind](str(found)) if found is not None and cell.kind in _ENUMS else found


def _plans(record: ClassRecord, by_line: Mapping[tuple[int, int], Old]) -> Plans:
    """With the results of subjects assessed again as they were."""
    plans, years = record.reading.plans, dict(record.reading.plans.years)
    for (sheet_id, student_id), old in by_line.items():
        place = student_id, record.reading.lines.sheets[sheet_id].subject_id
        values = {name: _again(record, place[1], name, old[name]) for name in (LEVEL, SCORE) if name in old}
        if values and place in years:
            years[place] = SimpleNamespace(**{**years[place]._asdict(), **values})
    return replace(plans, years=years)


def _again(record: ClassRecord, subject_id: int, name: str, raw: str | None) -> Any:
    kind = cell_kind(record.room.circular, name)
    found = parse_cell(raw, Cell(name, kind, RETEST), record.reading.plans.subjects[subject_id].kind).value
    return SubjectLevel(str(found)) if found is not None and kind is CellKind.LEVEL else found


def _decisions(record: ClassRecord) -> dict[int, Any]:
    """With the decisions of the year as they were."""
    decisions: dict[int, Any] = dict(record.reading.decisions)
    for (subject_id, student_id, column), raw in record.corrected_year.items():
        row, known = decisions.get(student_id), field_of(column)
        if subject_id or row is None or known is None:
            continue
        field, part, is_reason = known
        values = row if isinstance(row, SimpleNamespace) else SimpleNamespace(**_columns(row))
        if field is Field.TRAITS_AFTER and not is_reason:
            levels = {**(values.traits_after or {}), part: raw}
            values.traits_after = {code: level for code, level in levels.items() if level}
        elif not is_reason:
            setattr(values, field.value, bool(raw) if field is Field.RECOGNISED else raw)
        decisions[student_id] = values
    return decisions


def _columns(row: Any) -> dict[str, Any]:
    return {column.key: getattr(row, column.key) for column in type(row).__table__.columns}


# -- what they have changed --------------------------------------------------------------------------------------


def struck(now: T, then: T) -> T:
    """The page with its texts struck where they said something else before; pages of different make stay as they are."""
    return cast(T, _struck(now, then))


def _struck(now: Any, then: Any) -> Any:
    if now == then or type(now) is not type(then):
        return now
    if isinstance(now, str):
        return PrintedMark(now, then)
    if isinstance(now, PrintedMark):
        return now if now.corrected else PrintedMark(now.text, then.text)
    if isinstance(now, tuple):
        return tuple(map(_struck, now, then)) if len(now) == len(then) else now
    if is_dataclass(now):
        parts = {
            field.name: _struck(getattr(now, field.name), getattr(then, field.name)) for field in fields(now)
        }
        return replace(cast(Any, now), **parts)
    return now


def places(page: Any) -> int:
    """How many places of the page are struck."""
    return sum(mark.corrected for mark in _marks(page))


def _marks(page: Any) -> Iterator[PrintedMark]:
    if isinstance(page, PrintedMark):
        yield page
    elif isinstance(page, tuple):
        for part in page:
            yield from _marks(part)
    elif is_dataclass(page):
        for field in fields(page):
            yield from _marks(getattr(page, field.name))
