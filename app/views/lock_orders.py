"""Ordering lock windows: the forms of a unit's leader, who orders, and of its administrators, who execute."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, ClassVar

from flask import flash, redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from app.domain.access import Action
from app.domain.sheet_forms import lock_column
from app.errors import N_, Forbidden, Invalid, NotFound
from app.extensions import db
from app.models import GradebookSheet, OrgUnit
from app.security import request_clock
from app.services import lock_defaults, lock_view, lock_windows, scope
from app.services.lock_orders import NO_RIGHT, leaders_in_force, may_order
from app.services.lock_simulation import Simulation, simulate
from app.services.lock_view import WindowRow
from app.services.sheet_reading import load_lines
from app.services.years import Period
from app.views import lock_forms, lock_pages, lock_texts
from app.views.base import PageView, actor, tell, today
from app.views.lock_forms import Errors, Unreadable
from app.views.lock_simulations import simulation_text
from app.web import current_period

NO_YEAR = N_("No school year exists yet. The department creates it.")


def now() -> datetime:
    """The instant of this request."""
    return request_clock()()


def own_unit() -> OrgUnit:
    """The unit whose windows the actor may order. Forbidden for those who only read."""
    unit_id = actor().unit_id
    if unit_id is None or not may_order(actor(), Action.LOCK_MANAGE, unit_id):
        raise Forbidden(NO_RIGHT)
    return scope.get(db.session(), actor(), OrgUnit, unit_id, today())


def chosen_year() -> Period:
    """The school year and term of this page; NotFound before the first year exists."""
    period = current_period()
    if period is None:
        raise NotFound(NO_YEAR)
    return period


class LockOrderView(PageView):
    """Add, extend, end, announce, and the default calendar. Leaders order, administrators execute (S0 Điều 13)."""

    route_base = "/locks"
    default_view = "add"
    # Two rights open these doors, lock.order and lock.manage: `own_unit` asks for either, the service again.
    rights: ClassVar = {
        "can_add": Action.LOCK_VIEW,
        "can_extend": Action.LOCK_VIEW,
        "can_end": Action.LOCK_VIEW,
        "can_announce": Action.LOCK_VIEW,
        "can_defaults": Action.LOCK_VIEW,
    }

    @expose("/add", methods=["GET", "POST"])
    @has_access
    def add(self) -> Any:
        """Order a window."""
        unit, period = own_unit(), chosen_year()
        errors: Errors = {}
        if request.method == "POST":
            new, errors = lock_forms.read_window(request.form, period.year_id, now())
            if new is not None:
                try:
                    if "simulate" in request.form:
                        new = lock_windows.check_window(db.session(), actor(), unit, new, now())
                        return self._window_form(errors, simulate(db.session(), unit, new, period, now()))
                    window_id = lock_windows.add_window(actor(), unit.id, new, clock=request_clock())
                except Invalid as error:
                    errors = lock_forms.errors_of(error)
                else:
                    flash(_("The window was added."), "success")
                    return redirect(url_for("LockView.show", window_id=window_id))
        return self._window_form(errors)

    def _window_form(self, errors: Errors, simulation: Simulation | None = None) -> Any:
        unit, period = own_unit(), chosen_year()
        choices = lock_pages.form_choices(db.session(), unit, period.year_id, today())
        values: MultiDict[str, str] = request.form
        if request.method == "GET":
            start = lock_pages.start_values(now(), period.term, actor(), choices.leaders, _asked_day())
            values = MultiDict(start)
            asked = [*request.args.getlist("columns"), *map(lock_column, request.args.getlist("column"))]
            values.setlist("columns", asked)
            for name, arg in (("sheet_id", "sheet"), ("student_ids", "student"), ("effect", "effect")):
                values[name] = request.args.get(arg) or values.get(name, "")
        page = self.render_template(
            "locks/form.html",
            title=_("Add a lock window"),
            unit=unit,
            period=period,
            choices=choices,
            cells=_cells(unit, values),
            simulation=simulation_text(simulation) if simulation else None,
            values=values,
            errors=errors,
            cancel=url_for("LockView.calendar", year=period.start_year, term=period.term),
        )
        return (page, 422) if errors else page

    @expose("/<int:window_id>/extend", methods=["GET", "POST"])
    @has_access
    def extend(self, window_id: int) -> Any:
        """Let a window close later."""
        row = _own_window(window_id)
        errors: Errors = {}
        if request.method == "POST":
            closes_at = lock_forms.read_moment(request.form, "closes_at", errors, ending=True, optional=True)
            if not errors:
                errors = _try(
                    lambda: lock_windows.extend_window(
                        actor(), window_id, closes_at, request.form.get("reason", ""),
                        ordered_by_id=lock_forms.read_leader(request.form), clock=request_clock(),
                    )
                )  # fmt: skip
            if not errors:
                flash(_("The window was extended."), "success")
                return redirect(url_for("LockView.show", window_id=window_id))
        return self._change_form("locks/extend.html", _("Extend a window"), row, errors)

    @expose("/<int:window_id>/end", methods=["GET", "POST"])
    @has_access
    def end(self, window_id: int) -> Any:
        """Stop a window, or call it off; it stays in the list."""
        row = _own_window(window_id)
        errors: Errors = {}
        if request.method == "POST":
            errors = _try(
                lambda: lock_windows.end_window(
                    actor(), window_id, request.form.get("reason", ""),
                    ordered_by_id=lock_forms.read_leader(request.form), clock=request_clock(),
                )
            )  # fmt: skip
            if not errors:
                flash(_("The window was ended. It stays in the list."), "success")
                return redirect(url_for("LockView.show", window_id=window_id))
        return self._change_form("locks/end.html", _("End a window"), row, errors)

    def _change_form(self, template: str, title: str, row: WindowRow, errors: Errors) -> Any:
        leaders = leaders_in_force(db.session(), row.owner, today())
        values = request.form
        if request.method == "GET":
            values = MultiDict(lock_pages.start_values(now(), 1, actor(), leaders, None))
        page = self.render_template(
            template,
            title=title,
            row=row,
            leaders=leaders,
            values=values,
            errors=errors,
            effect=lock_texts.effect_title(row.window.effect),
            opens=lock_texts.at_time(row.window.opens_at),
            closes=lock_texts.at_time(row.window.closes_at, ending=True) if row.window.closes_at else None,
            cancel=url_for("LockView.show", window_id=row.window.id),
        )
        return (page, 422) if errors else page

    @expose("/<int:window_id>/announce", methods=["POST"])
    @has_access
    def announce(self, window_id: int) -> Any:
        """Tell the units it binds."""
        _own_window(window_id)
        told = lock_windows.announce(actor(), window_id, clock=request_clock())
        flash(_("Units told: %(n)s.", n=told), "success")
        return redirect(url_for("LockView.show", window_id=window_id))

    @expose("/defaults", methods=["GET", "POST"])
    @has_access
    def defaults(self) -> Any:
        """The calendar a school year starts with: shown first, made on request."""
        unit, period = own_unit(), chosen_year()
        errors: Errors = {}
        if request.method == "POST":
            errors = _try(lambda: self._make_defaults(unit.id, period))
            if not errors:
                return redirect(url_for("LockView.calendar", year=period.start_year, list="year"))
        try:
            plans = lock_defaults.default_calendar(
                db.session(), actor(), own_unit(), period.start_year, now()
            )
        except Invalid as error:
            plans, errors = (), {"": tell(error)}
        leaders = leaders_in_force(db.session(), own_unit(), today())
        values = request.form
        if request.method == "GET":
            values = MultiDict(lock_pages.start_values(now(), 1, actor(), leaders, None))
        page = self.render_template(
            "locks/defaults.html",
            title=_("Default calendar of the school year"),
            period=period,
            plans=[lock_pages.plan_line(plan) for plan in plans],
            wanted=sum(plan.wanted for plan in plans),
            leaders=leaders,
            values=values,
            errors=errors,
            cancel=url_for("LockView.calendar", year=period.start_year, term=period.term),
        )
        return (page, 422) if errors else page

    @staticmethod
    def _make_defaults(unit_id: int, period: Period) -> None:
        made = lock_defaults.generate_default_windows(
            actor(),
            period.year_id,
            unit_id,
            request.form.get("reason", ""),
            ordered_by_id=lock_forms.read_leader(request.form),
            announce="announce" in request.form,
            clock=request_clock(),
        )
        flash(_("Windows made: %(n)s.", n=made), "success")


def _try(verb: Callable[[], None]) -> Errors:
    """Run a verb; what is wrong with the form when it refuses."""
    try:
        verb()
    except Invalid as error:
        return lock_forms.errors_of(error)
    return {}


def _own_window(window_id: int) -> WindowRow:
    """A window the actor may change. NotFound outside reach, Forbidden for another unit's."""
    row = lock_view.load_window(db.session(), actor(), window_id, today())
    if not may_order(actor(), Action.LOCK_MANAGE, row.owner.id):
        raise Forbidden(NO_RIGHT)
    return row


def _cells(unit: OrgUnit, values: MultiDict[str, str]) -> lock_pages.CellChoice | None:
    """The sheet of the own school a window is asked for, and of which students; None for a window over more."""
    unread: Errors = {}  # said by read_window
    sheet_id = next(iter(lock_forms.read_numbers(values, "sheet_id", unread)), None)
    if sheet_id is None or not unit.kind.is_school:
        return None
    sheet = scope.get(db.session(), actor(), GradebookSheet, sheet_id, today())
    wanted = lock_forms.read_numbers(values, "student_ids", unread)
    lines = load_lines(db.session(), sheet, wanted) if wanted else []
    return lock_pages.CellChoice(
        sheet_id,
        f"{sheet.subject.short_name} {sheet.group.name}",
        tuple((line.student_id, line.full_name) for line in lines),
    )


def _asked_day() -> date | None:
    try:
        return lock_forms.parse_day(request.args.get("on", ""))
    except Unreadable:
        return None
