"""The gradebook's pages and its JSON: parse, one service call, answer (contract of `sheet_page`)."""

from typing import Any, ClassVar
from uuid import UUID

from flask import jsonify, request
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from app.domain.access import Action
from app.domain.marks import format_mark
from app.domain.vocabulary import MarkState
from app.errors import N_, Forbidden, HocVuError, Invalid, Locked, Stale
from app.extensions import db
from app.security import request_clock
from app.services import history
from app.services.cells import CellChange, Saved
from app.services.gradebook import enter_scores, record_absence, submit_sheet
from app.services.locks import SheetLocks, sheet_locks
from app.services.sheet_list import sheets_of
from app.services.sheet_reading import Line, SheetFacts, load_facts, load_lines
from app.views.base import PageView, actor, menu, require, tell, today
from app.views.lock_texts import at_time, column_title, layer_lines, reason_facts, reason_line
from app.views.sheet_page import answer_rows, page_facts, raw, sheet_data
from app.web import current_period, vn_time

MALFORMED = N_("The request was not understood. Go back and try again.")


def open_sheet(sheet_id: int, action: Action = Action.SHEET_VIEW) -> tuple[SheetFacts, Any]:
    """A sheet within reach whose `action` the actor may do, and the instant of this request."""
    now = request_clock()()
    facts = load_facts(db.session(), actor(), sheet_id, today())
    require(action, facts.target(actor(), now))
    return facts, now


class GradebookView(PageView):
    """Sổ theo dõi và đánh giá học sinh: lists of sheets, the grid, the plain form, history."""

    route_base = "/gradebook"
    default_view = "index"
    rights: ClassVar = {
        "can_index": Action.SHEET_VIEW,
        "can_sheet": Action.SHEET_VIEW,
        "can_plain": Action.SHEET_VIEW,
        "can_form": Action.SHEET_ENTER,
        "can_cells": Action.SHEET_ENTER,
        "can_cell": Action.SHEET_VIEW,
        "can_submit": Action.SHEET_ENTER,
        "can_absence": Action.SHEET_ENTER,
        "can_history": Action.HISTORY_VIEW,
    }

    @expose("/")
    @has_access
    def index(self) -> Any:
        """The sheets within reach in this year and term, by class; one's own first."""
        period = current_period()
        unit_id = request.args.get("unit", type=int) or actor().unit_id
        rows = sheets_of(db.session(), actor(), period, unit_id, today()) if period else []
        return self.render_template("gradebook/index.html", title=_("Gradebook"), rows=rows, period=period)

    @expose("/<int:sheet_id>")
    @has_access
    def sheet(self, sheet_id: int) -> Any:
        """The grid."""
        facts, now = open_sheet(sheet_id)
        lines, locks = _read(facts, now)
        return self.render_template(
            "gradebook/sheet.html",
            data=sheet_data(actor(), facts, lines, locks),
            page=page_facts(actor(), facts, lines, locks),
        )

    @expose("/<int:sheet_id>/plain")
    @has_access
    def plain(self, sheet_id: int) -> Any:
        """The same sheet as a form, for phones and without JavaScript."""
        facts, now = open_sheet(sheet_id)
        return self._plain_page(facts, now, empty_form())

    @expose("/<int:sheet_id>/form", methods=["POST"])
    @has_access
    def form(self, sheet_id: int) -> Any:
        """Save the plain form: all or nothing; a refusal shows it again with everything typed."""
        changes = form_changes()
        form = empty_form()
        form["values"] = {key: value for key, value in request.form.items() if key.startswith("cell-")}
        try:
            saved = enter_scores(actor(), sheet_id, changes, clock=request_clock())
        except (Invalid, Stale, Locked, Forbidden) as error:
            explain(form, error)
            status = error.status
        else:
            form["values"] = {}
            form["saved"] = _(
                "%(n)s cells saved at %(time)s", n=len(saved.cells), time=vn_time(saved.saved_at, True)[-8:]
            )
            status = 200
        facts, now = open_sheet(sheet_id)
        return self._plain_page(facts, now, form), status

    def _plain_page(self, facts: SheetFacts, now: Any, form: dict[str, Any]) -> Any:
        lines, locks = _read(facts, now)
        data = sheet_data(actor(), facts, lines, locks)
        column = request.values.get("column") or _first_open(data["columns"])
        if column not in facts.columns:
            column = "all"
        return self.render_template(
            "gradebook/plain.html",
            data=data,
            page=page_facts(actor(), facts, lines, locks),
            column=column,
            missing=request.values.get("show") == "missing",
            form=form,
        )

    @expose("/<int:sheet_id>/cells", methods=["POST"])
    @has_access
    def cells(self, sheet_id: int) -> Any:
        """Save changed cells (JSON)."""
        body = json_body()
        try:
            saved = enter_scores(
                actor(), sheet_id, json_changes(body), clock=request_clock(), request_id=request_id(body)
            )
        except (Invalid, Stale, Locked) as error:
            return jsonify(message=tell(error), **refusal(error)), error.status
        return jsonify(saved_answer(saved))

    @expose("/<int:sheet_id>/cell")
    @has_access
    def cell(self, sheet_id: int) -> Any:
        """One cell's state, why it is open or locked, and its history (JSON)."""
        facts, now = open_sheet(sheet_id)
        student, column = request.args.get("student", type=int), request.args.get("column", "")
        if column not in facts.columns or student is None:
            raise Invalid(N_("This sheet has no such cell."))
        lines, locks = _read(facts, now, [student])
        if not lines:
            raise Invalid(N_("This sheet has no such cell."))
        return jsonify(_cell_panel(facts, lines[0], column, locks))

    @expose("/<int:sheet_id>/submit", methods=["POST"])
    @has_access
    def submit(self, sheet_id: int) -> Any:
        """Chốt (JSON)."""
        columns = json_body().get("columns")
        if not isinstance(columns, list) or not all(isinstance(c, str) for c in columns):
            raise Invalid(MALFORMED)
        moment = submit_sheet(actor(), sheet_id, columns, clock=request_clock())
        return jsonify(submitted_at=vn_time(moment, True))

    @expose("/<int:sheet_id>/absence", methods=["POST"])
    @has_access
    def absence(self, sheet_id: int) -> Any:
        """Note an absence at a periodic test (JSON)."""
        body = json_body()
        try:
            state = MarkState(body["state"]) if body.get("state") else None
            student, column = int(body["student"]), str(body["column"])
        except (KeyError, TypeError, ValueError) as error:
            raise Invalid(MALFORMED) from error
        try:
            saved = record_absence(
                actor(),
                sheet_id,
                student,
                column,
                state,
                clock=request_clock(),
                reason=str(body.get("reason") or ""),
            )
        except (Invalid, Locked) as error:
            return jsonify(message=tell(error), **refusal(error)), error.status
        return jsonify(saved_answer(saved))

    @expose("/<int:sheet_id>/history")
    @has_access
    def history(self, sheet_id: int) -> Any:
        """The sheet as of a time, and what changed between two times."""
        from app.views.sheet_history import history_page

        facts, now = open_sheet(sheet_id, Action.HISTORY_VIEW)
        return self.render_template("gradebook/history.html", **history_page(facts, now))


def _read(facts: SheetFacts, now: Any, students: list[int] | None = None) -> tuple[list[Line], SheetLocks]:
    session = db.session()
    return load_lines(session, facts.sheet, students), sheet_locks(session, facts.sheet, facts.columns, now)


def _first_open(columns: list[dict[str, Any]]) -> str:
    return next((c["name"] for c in columns if c["open"] and c["name"] != "comment"), columns[0]["name"])


# -- reading requests ----------------------------------------------------------------------------------------------


def json_body() -> dict[str, Any]:
    """The request's JSON object; raises Invalid for anything else."""
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise Invalid(MALFORMED)
    return body


def request_id(body: dict[str, Any]) -> str | None:
    """The save's own id, so that a repeat is saved once; raises Invalid unless it is a UUID."""
    given = body.get("request_id")
    if given is None:
        return None
    try:
        return str(UUID(str(given)))
    except ValueError as error:
        raise Invalid(MALFORMED) from error


def json_changes(body: dict[str, Any]) -> list[CellChange]:
    """`changes` of a JSON save; raises Invalid for anything that isn't of its form."""
    changes = body.get("changes")
    if not isinstance(changes, list) or len(changes) > 5000:
        raise Invalid(MALFORMED)
    try:
        return [
            CellChange(int(c["student"]), str(c["column"]), _text(c.get("old")), _text(c.get("new")))
            for c in changes
        ]
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise Invalid(MALFORMED) from error


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise ValueError("a cell is text")


def form_changes() -> list[CellChange]:
    """Changed cells of the plain form, compared with what it was drawn from."""
    changes = []
    for key, new in request.form.items():
        if not key.startswith("cell-"):
            continue
        cell = key.removeprefix("cell-")
        student, _dash, column = cell.partition("-")
        old, chosen = request.form.get(f"old-{cell}", ""), request.form.get(f"choose-{cell}")
        if chosen == "theirs" or not student.isdecimal():
            continue
        if new.strip() != shown(old, column):
            changes.append(CellChange(int(student), column, old or None, new or None))
    return changes


def shown(old: str, column: str) -> str:
    """How the plain form showed a raw value."""
    if column == "comment":
        return old.strip()
    return {"passed": "Đ", "failed": "CĐ"}.get(old, old.replace(".", ","))


def saved_answer(saved: Saved) -> dict[str, Any]:
    """What the server now holds, for the page's script."""
    return {
        "revision": saved.revision,
        "saved_at": vn_time(saved.saved_at, True)[-8:],
        "cells": [{"student": s, "column": c, "value": raw(v)} for (s, c), v in saved.cells.items()],
        "rows": answer_rows(saved.kind, saved.averages, saved.years),
        "states": [{"student": s, "column": c, "state": state} for (s, c), state in saved.states.items()],
        "locked": [],
    }


# -- answering -----------------------------------------------------------------------------------------------------


def empty_form() -> dict[str, Any]:
    """What the plain form shows beside the data: nothing yet."""
    return {"values": {}, "olds": {}, "errors": {}, "conflicts": {}, "message": None, "saved": None}


def explain(form: dict[str, Any], error: HocVuError) -> None:
    """Put a refusal beside the fields it is about."""
    form["message"] = tell(error)
    facts = refusal(error)
    for problem in facts.get("problems", ()):
        form["errors"][_field(problem)] = {"message": problem["reason"], "suggestion": problem["suggestion"]}
    for held in facts.get("reasons", ()):
        form["errors"][_field(held)] = {"message": held["text"], "suggestion": None}
    for clash in facts.get("conflicts", ()):
        form["conflicts"][_field(clash)] = clash
        form["olds"][_field(clash)] = clash["theirs"] or ""


def _field(cell: dict[str, Any]) -> str:
    return f"cell-{cell['student']}-{cell['column']}"


def refusal(error: HocVuError) -> dict[str, Any]:
    """A refusal's cells as the page's script reads them."""
    if isinstance(error, Stale):
        return {
            "conflicts": [
                {
                    "student": c.student_id, "column": c.column, "yours": raw(c.yours), "theirs": raw(c.theirs),
                    "by": c.by, "at": vn_time(c.at, True)[-8:],
                }
                for c in error.conflicts
            ]
        }  # fmt: skip
    if isinstance(error, Locked):
        return {
            "reasons": [
                {"student": c.student_id, "column": c.column, "text": reason_line(c.reasons[0], c.column)}
                for c in error.reasons
            ]
        }
    problems = getattr(error, "problems", ())
    return {
        "problems": [
            {
                "student": p.student_id,
                "column": p.column,
                "reason": _(p.reason),
                "suggestion": raw(p.suggestion),
            }
            for p in problems
        ]
    }


def _cell_panel(facts: SheetFacts, line: Line, column: str, locks: SheetLocks) -> dict[str, Any]:
    reasons = locks.reasons(line.student_id, column)
    state = locks.columns[column]
    lines: list[Any] = [list(pair) for reason in reasons[:1] for pair in reason_facts(reason, column)]
    if not reasons and state.until:
        lines = [[_("Until"), at_time(state.until, ending=True)]]
    changes = history.cell_history(db.session(), facts.sheet.id, line.student_id, column)
    return {
        "student": line.student_id,
        "name": line.full_name,
        "column": column,
        "title": column_title(column),
        "value": show_value(line.value(column)),
        "state": {"open": not reasons, "label": _("Locked") if reasons else _("Open"), "lines": lines},
        "layers": [
            {
                "tier": part.css.removeprefix("is-"),
                "name": part.label,
                "open": not part.locked,
                "text": part.text,
            }
            for part in layer_lines(locks.layers, column, locks.now)
        ],
        "history": [
            {
                "at": vn_time(change.at, True),
                "by": change.by,
                "account": change.account,
                "on_behalf": change.on_behalf_of,
                "old": show_value(change.old),
                "new": show_value(change.new),
                "old_state": change.old_state,
                "new_state": change.new_state,
                "action": change.action,
                "reason": change.reason,
                "place": change.place,
                "came_from": change.came_from,
            }
            for change in changes
        ],
        "actions": [],
    }


def show_value(value: Any) -> str | None:
    """A value as people read it: 8,5 · Đ · text; None for blank."""
    if value is None:
        return None
    return value if type(value) is str else format_mark(value)


def register(appbuilder: Any) -> None:
    """The gradebook in the menu; orders about a sheet beside it."""
    from app.views.sheet_orders import DelegationView, ExemptionView

    menu(
        appbuilder,
        GradebookView(),
        "Gradebook",
        icon="fa-table",
        action=Action.SHEET_VIEW,
        label=lazy_gettext("Gradebook"),
    )
    appbuilder.add_view_no_menu(DelegationView())
    appbuilder.add_view_no_menu(ExemptionView())
