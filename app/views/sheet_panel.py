"""The panel of one cell (JSON): its state, why it is open or locked, and everything that was done to it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from app.domain.access import Action, may
from app.domain.cell_values import show_cell
from app.extensions import db
from app.services import history
from app.services.lock_orders import may_order
from app.services.lock_requests import holders
from app.services.locks import SheetLocks
from app.services.sheet_cells import has_average
from app.services.sheet_reading import Line, SheetFacts
from app.views.base import actor
from app.views.lock_texts import at_time, layer_lines, reason_facts
from app.views.sheet_heads import heads
from app.web import vn_time


def cell_panel(facts: SheetFacts, line: Line, column: str, locks: SheetLocks) -> dict[str, Any]:
    """Everything about a cell, in words."""
    called, kind = heads(facts.sheet)[column].full, facts.cells[column].kind
    reasons = locks.reasons(line.student_id, column)
    state = locks.state(line.student_id, column)
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
            for part in layer_lines(locks.layers, column, locks.now, name=called, student=line.student_id)
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
                "correction": _correction(change.correction),
            }
            for change in changes
        ],
        "actions": [
            *_correcting(facts, line, column, locks, changes),
            *_asking(facts, line, column, locks),
            *_actions(facts, line),
        ],
    }


def _correction(request_id: int | None) -> dict[str, str] | None:
    """Where the request stands that a change was made for."""
    if request_id is None:
        return None
    return {"url": url_for("CorrectionView.show", correction_id=request_id), "label": _("Correction request")}


def _correcting(
    facts: SheetFacts, line: Line, column: str, locks: SheetLocks, changes: Sequence[history.CellChange]
) -> list[dict[str, str]]:
    """From a locked cell: to asking for a correction, for its teachers and for who entered it."""
    who = actor()
    target = facts.target(who, locks.now)
    wrote = bool(changes) and changes[0].account == who.username
    asks = may(who, Action.CORRECTION_REQUEST, replace(target, entered=wrote))
    if not asks or not locks.reasons(line.student_id, column):
        return []
    url = url_for("CorrectionView.new", sheet=facts.sheet.id, student=line.student_id, column=column)
    return [{"label": _("Ask for a correction"), "url": url, "icon": "fa-file-pen"}]


def _asking(facts: SheetFacts, line: Line, column: str, locks: SheetLocks) -> list[dict[str, str]]:
    """Where to ask for a cell that a window locks, for who enters it; and where its leader locks or opens it alone."""
    who, unit_id = actor(), facts.sheet.unit_id
    where: dict[str, Any] = {"column": column, "student": line.student_id}
    found = []
    own = may(who, Action.SHEET_ENTER, facts.target(who, locks.now))
    if (
        own
        and column in facts.writable_columns(who, locks.now)
        and holders(locks, [column], [line.student_id])
    ):
        url = url_for("LockRequestView.ask", sheet_id=facts.sheet.id, **where)
        found.append({"label": _("Ask to open"), "url": url, "icon": "fa-unlock-keyhole"})
    if unit_id == who.unit_id and may_order(who, Action.LOCK_MANAGE, unit_id):
        url = url_for("LockOrderView.add", sheet=facts.sheet.id, **where)
        found.append({"label": _("Order a window for this cell"), "url": url, "icon": "fa-calendar-plus"})
    return found


def _actions(facts: SheetFacts, line: Line) -> list[dict[str, str]]:
    """Where to go from here: to the sum behind the student's average."""
    if not has_average(facts.sheet.form):
        return []
    url = url_for("ResultView.why", sheet_id=facts.sheet.id, student_id=line.student_id)
    return [{"label": _("Why this result?"), "url": url, "icon": "fa-calculator"}]
