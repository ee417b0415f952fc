"""Reading a sheet's history: as of a time, and between two times (needs C12: time travel for inspectors)."""

from datetime import datetime
from typing import Any

from flask import request
from flask_babel import gettext as _

from app.domain.cell_values import show_cell
from app.domain.sheet_forms import CellKind
from app.extensions import db
from app.services import history
from app.services.clock import VIETNAM
from app.services.sheet_cells import has_average
from app.services.sheet_reading import SheetFacts, load_lines
from app.views.gradebook_texts import state_text
from app.views.sheet_heads import heads, subject_name

STATES = {"midterm_state": "midterm", "final_state": "final"}
"""Columns that say why a periodic mark is blank or 0, and the mark each stands beside."""


def history_page(facts: SheetFacts, now: datetime) -> dict[str, Any]:
    """Template facts: the sheet as of `at`, and with `since` also what differs from then."""
    session, sheet = db.session(), facts.sheet
    at, since = _moment("at"), _moment("since")
    names = {line.student_id: line.full_name for line in load_lines(session, sheet)}
    titles = _titles(facts)
    rows = history.sheet_as_of(session, sheet.id, at or now, sheet.form)
    return {
        "title": _("History of %(subject)s %(group)s", subject=subject_name(sheet), group=sheet.group.name),
        "facts": facts,
        "columns": list(titles.items()),
        "lines": [(student, name, rows.get(student)) for student, name in names.items()],
        "differences": _differences(facts, titles, since, at or now, names) if since else None,
        "recent": history.recent_changes(session, [sheet.id]),
        "show": lambda column, value: show_cell(value, _kind(facts, column)),
        "state_text": state_text,
        "at": at,
        "since": since,
        "now": now,
    }


def _titles(facts: SheetFacts) -> dict[str, str]:
    """Columns by name as printed: the average, where there is one, before the comment."""
    titles = {name: head.full for name, head in heads(facts.sheet).items()}
    if not has_average(facts.sheet.form):
        return titles
    comment = titles.pop("comment")
    return titles | {"average": _("Average"), "comment": comment}


def _kind(facts: SheetFacts, column: str) -> CellKind:
    return facts.cells[column].kind if column in facts.cells else CellKind.MARK


def _differences(
    facts: SheetFacts, titles: dict[str, str], since: datetime, at: datetime, names: dict[int, str]
) -> list[dict[str, Any]]:
    """What changed, in the order of the sheet; a mark and its absence are one cell."""
    cells: dict[tuple[int, str], dict[str, Any]] = {}
    columns = list(titles)
    compared = (*columns, *(state for state, mark in STATES.items() if mark in titles))
    for d in history.compare(db.session(), facts.sheet.id, compared, since, at, facts.sheet.form):
        part = "_state" if d.column in STATES else ""
        cell = cells.setdefault((d.student_id, STATES.get(d.column, d.column)), {})
        cell |= {f"old{part}": d.old, f"new{part}": d.new}
    places = {student: place for place, student in enumerate(names)}
    order = sorted(cells, key=lambda cell: (places.get(cell[0], len(places)), columns.index(cell[1])))
    return [
        {"name": names.get(student, "?"), "title": titles[column], "column": column, **cells[student, column]}
        for student, column in order
    ]


def _moment(field: str) -> datetime | None:
    """A time of the form (yyyy-mm-ddThh:mm or dd/mm/yyyy hh:mm), taken as Vietnam's; None when blank or unreadable."""
    text = request.args.get(field, "").strip()
    for pattern in ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%d/%m/%Y %H:%M", "%d/%m/%Y"):
        try:
            return datetime.strptime(text, pattern).replace(tzinfo=VIETNAM)
        except ValueError:
            continue
    return None
