"""Reading a sheet's history: as of a time, and between two times (needs C12: time travel for inspectors)."""

from datetime import datetime
from typing import Any

from flask import request
from flask_babel import gettext as _

from app.extensions import db
from app.services import history
from app.services.clock import VIETNAM
from app.services.sheet_reading import SheetFacts, load_lines
from app.views.gradebook_texts import state_text
from app.views.lock_texts import column_title

STATES = {"midterm_state": "midterm", "final_state": "final"}
"""Columns that say why a periodic mark is blank or 0, and the mark each stands beside."""


def history_page(facts: SheetFacts, now: datetime) -> dict[str, Any]:
    """Template facts: the sheet as of `at`, and with `since` also what differs from then."""
    session = db.session()
    at, since = _moment("at"), _moment("since")
    names = {line.student_id: line.full_name for line in load_lines(session, facts.sheet)}
    columns = (*facts.columns[:-1], "average", "comment")
    rows = history.sheet_as_of(session, facts.sheet.id, at or now)
    title = _(
        "History of %(subject)s %(group)s", subject=facts.sheet.subject.name, group=facts.sheet.group.name
    )
    return {
        "title": title,
        "facts": facts,
        "columns": [(c, _title(c)) for c in columns],
        "lines": [(student, name, rows.get(student)) for student, name in names.items()],
        "differences": _differences(facts, columns, since, at or now, names) if since else None,
        "recent": history.recent_changes(session, [facts.sheet.id]),
        "state_text": state_text,
        "at": at,
        "since": since,
        "now": now,
    }


def _differences(
    facts: SheetFacts, columns: tuple[str, ...], since: datetime, at: datetime, names: dict[int, str]
) -> list[dict[str, Any]]:
    """What changed, in the order of the sheet; a mark and its absence are one cell."""
    cells: dict[tuple[int, str], dict[str, Any]] = {}
    for d in history.compare(db.session(), facts.sheet.id, (*columns, *STATES), since, at):
        part = "_state" if d.column in STATES else ""
        cell = cells.setdefault((d.student_id, STATES.get(d.column, d.column)), {})
        cell |= {f"old{part}": d.old, f"new{part}": d.new}
    places = {student: place for place, student in enumerate(names)}
    order = sorted(cells, key=lambda cell: (places.get(cell[0], len(places)), columns.index(cell[1])))
    return [
        {"name": names.get(student, "?"), "title": _title(column), **cells[student, column]}
        for student, column in order
    ]


def _title(column: str) -> str:
    return _("Average") if column == "average" else column_title(column)


def _moment(field: str) -> datetime | None:
    """A time of the form (yyyy-mm-ddThh:mm or dd/mm/yyyy hh:mm), taken as Vietnam's; None when blank or unreadable."""
    text = request.args.get(field, "").strip()
    for pattern in ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%d/%m/%Y %H:%M", "%d/%m/%Y"):
        try:
            return datetime.strptime(text, pattern).replace(tzinfo=VIETNAM)
        except ValueError:
            continue
    return None
