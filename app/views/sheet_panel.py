"""The panel of one cell (JSON): its state, why it is open or locked, and everything that was done to it."""

from typing import Any

from flask import url_for
from flask_babel import gettext as _

from app.domain.cell_values import show_cell
from app.extensions import db
from app.services import history
from app.services.locks import SheetLocks
from app.services.sheet_cells import has_average
from app.services.sheet_reading import Line, SheetFacts
from app.views.lock_texts import at_time, layer_lines, reason_facts
from app.views.sheet_heads import heads
from app.web import vn_time


def cell_panel(facts: SheetFacts, line: Line, column: str, locks: SheetLocks) -> dict[str, Any]:
    """Everything about a cell, in words."""
    called, kind = heads(facts.sheet)[column].full, facts.cells[column].kind
    reasons = locks.reasons(line.student_id, column)
    state = locks.columns[column]
    lines: list[Any] = [list(pair) for reason in reasons[:1] for pair in reason_facts(reason, called)]
    if not reasons and state.until:
        lines = [[_("Until"), at_time(state.until, ending=True)]]
    changes = history.cell_history(db.session(), facts.sheet.id, line.student_id, column, facts.sheet.form)
    return {
        "student": line.student_id,
        "name": line.full_name,
        "column": column,
        "title": called,
        "value": show_cell(line.value(column), kind) or None,
        "state": {"open": not reasons, "label": _("Locked") if reasons else _("Open"), "lines": lines},
        "layers": [
            {
                "tier": part.css.removeprefix("is-"),
                "name": part.label,
                "open": not part.locked,
                "text": part.text,
            }
            for part in layer_lines(locks.layers, column, locks.now, name=called)
        ],
        "history": [
            {
                "at": vn_time(change.at, True),
                "by": change.by,
                "account": change.account,
                "on_behalf": change.on_behalf_of,
                "old": show_cell(change.old, kind) or None,
                "new": show_cell(change.new, kind) or None,
                "old_state": change.old_state,
                "new_state": change.new_state,
                "action": change.action,
                "reason": change.reason,
                "place": change.place,
                "came_from": change.came_from,
            }
            for change in changes
        ],
        "actions": _actions(facts, line),
    }


def _actions(facts: SheetFacts, line: Line) -> list[dict[str, str]]:
    """Where to go from here: to the sum behind the student's average."""
    if not has_average(facts.sheet.form):
        return []
    url = url_for("ResultView.why", sheet_id=facts.sheet.id, student_id=line.student_id)
    return [{"label": _("Why this result?"), "url": url, "icon": "fa-calculator"}]
