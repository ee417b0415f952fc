"""Reading a sheet's history: as of a time, and between two times (needs C12: time travel for inspectors)."""

from datetime import datetime
from typing import Any

from flask import request
from flask_babel import gettext as _

from app.extensions import db
from app.services import history
from app.services.clock import VIETNAM
from app.services.sheet_reading import SheetFacts, load_lines
from app.views.lock_texts import column_title


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
        "columns": [(c, _("Average") if c == "average" else column_title(c)) for c in columns],
        "lines": [(student, name, rows.get(student)) for student, name in names.items()],
        "differences": _differences(facts, columns, since, at or now, names) if since else None,
        "recent": history.recent_changes(session, [facts.sheet.id]),
        "at": at,
        "since": since,
        "now": now,
    }


def _differences(
    facts: SheetFacts, columns: Any, since: datetime, at: datetime, names: dict[int, str]
) -> list[Any]:
    found = history.compare(db.session(), facts.sheet.id, columns, since, at)
    return [
        {
            "name": names.get(d.student_id, "?"),
            "title": _("Average") if d.column == "average" else column_title(d.column),
            "old": d.old,
            "new": d.new,
        }
        for d in found
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
