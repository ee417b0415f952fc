"""The gradebook's pages and its JSON: parse, one service call, answer (contract of `sheet_page`)."""

from typing import Any, ClassVar

from flask import jsonify, request, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from app.domain.access import Action
from app.domain.vocabulary import MarkState
from app.errors import N_, Forbidden, Invalid, Locked, Stale
from app.extensions import db
from app.security import request_clock
from app.services.gradebook import enter_scores, record_absence, submit_sheet
from app.services.locks import SheetLocks, sheet_locks
from app.services.sheet_list import sheets_of
from app.services.sheet_reading import Line, SheetFacts, load_facts, load_lines
from app.views.base import PageView, actor, menu, require, tell, today
from app.views.gradebook_texts import entry_hints, form_hints
from app.views.sheet_heads import heads, point_titles, subject_name
from app.views.sheet_page import page_facts, sheet_data, shown_point
from app.views.sheet_panel import cell_panel
from app.views.sheet_saving import (
    MALFORMED,
    empty_form,
    explain,
    form_changes,
    json_body,
    json_changes,
    refusal,
    request_id,
    saved_answer,
    shown,
)
from app.views.sheet_summary import summary
from app.web import current_period, vn_time


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
        return self.render_template(
            "gradebook/index.html", title=_("Gradebook"), rows=rows, period=period, subject_name=subject_name
        )

    @expose("/<int:sheet_id>")
    @has_access
    def sheet(self, sheet_id: int) -> Any:
        """The grid."""
        facts, now = open_sheet(sheet_id)
        lines, locks = _read(facts, now)
        point = shown_point(facts, lines, locks, _asked_point(facts))
        data = sheet_data(actor(), facts, lines, locks, point)
        return self.render_template(
            "gradebook/sheet.html",
            data=data,
            hints=entry_hints(data["columns"]),
            page=page_facts(actor(), facts, lines, locks),
            points=_points(facts, point, "GradebookView.sheet"),
            summary=summary(facts, point),
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
        facts, now = open_sheet(sheet_id)
        changes = form_changes(facts.cells)
        form = empty_form()
        form["values"] = {key: value for key, value in request.form.items() if key.startswith("cell-")}
        try:
            saved = enter_scores(actor(), sheet_id, changes, clock=request_clock())
        except (Invalid, Stale, Locked, Forbidden) as error:
            explain(form, error, sheet_id)
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
        point = shown_point(facts, lines, locks, _asked_point(facts))
        data = sheet_data(actor(), facts, lines, locks, point)
        column = request.values.get("column") or _first_open(data["columns"])
        chosen = [item for item in data["columns"] if item["name"] == column]
        return self.render_template(
            "gradebook/plain.html",
            data=data,
            page=page_facts(actor(), facts, lines, locks),
            points=_points(facts, point, "GradebookView.plain"),
            column=column if chosen else "all",
            hints=form_hints(chosen or data["columns"]),
            missing=request.values.get("show") == "missing",
            form=form,
            shown=shown,
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
            return jsonify(message=tell(error), **refusal(error, sheet_id)), error.status
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
        return jsonify(cell_panel(facts, lines[0], column, locks))

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
            return jsonify(message=tell(error), **refusal(error, sheet_id)), error.status
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
    return next((c["name"] for c in columns if c["open"] and c["kind"] != "text"), columns[0]["name"])


def _asked_point(facts: SheetFacts) -> str | None:
    """The point of the term the address names, by itself or by a column."""
    head = heads(facts.sheet).get(request.values.get("column", ""))
    return head.point if head else request.values.get("point")


def _points(facts: SheetFacts, point: str | None, endpoint: str) -> list[tuple[str, str, bool]]:
    """The switch between the points of the term: title, address, whether it is shown; empty where there is none."""
    if point is None:
        return []
    return [
        (title, url_for(endpoint, sheet_id=facts.sheet.id, point=name), name == point)
        for name, title in point_titles(facts.sheet.term).items()
    ]


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
