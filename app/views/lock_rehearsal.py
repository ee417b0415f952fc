"""Rehearsal before closing, and what is open on a day for a whole class, teacher or school."""

from dataclasses import dataclass
from typing import Any, ClassVar

from flask import flash, redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _

from app.domain.access import Action
from app.domain.locks import ColumnState
from app.errors import Invalid
from app.extensions import db
from app.models import OrgUnit, SchoolYear
from app.security import request_clock
from app.services import lock_rehearsal, scope
from app.services.clock import VIETNAM
from app.services.lock_orders import may_order
from app.services.lock_states import SheetState, school_states, taught_sheets
from app.services.sheet_orders import staff_of
from app.services.years import Period
from app.views import lock_forms, lock_texts
from app.views.base import PageView, actor, note_visit, tell, today
from app.views.lock_forms import Errors, Unreadable
from app.views.lock_orders import chosen_year, now
from app.views.locks import viewed_unit
from app.views.sheet_heads import lock_titles

MOST_ROWS = 40
"""A school with more sheets is shown class by class."""


class LockRehearsalView(PageView):
    """Rà soát trước khi khóa sổ."""

    route_base = "/lock-rehearsal"
    default_view = "index"
    rights: ClassVar = {"can_index": Action.PROGRESS_VIEW, "can_notify": Action.PROGRESS_VIEW}

    @expose("/")
    @has_access
    def index(self) -> Any:
        """What would be missing if the term closed now: by sheet in a school, by school in an office."""
        period, unit = chosen_year(), viewed_unit()
        facts: dict[str, Any] = {"rehearsal": None, "schools": None}
        if unit.kind.is_school:
            year = scope.get(db.session(), actor(), SchoolYear, period.year_id, today())
            note_visit("lock_rehearsal.view", unit.id, term=period.term)
            facts["rehearsal"] = lock_rehearsal.rehearse(db.session(), unit, year, period.term, now())
        elif unit.id == actor().unit_id:
            facts["schools"] = lock_rehearsal.rehearse_schools(db.session(), actor(), period, now())
        return self.render_template(
            "locks/rehearsal.html",
            title=_("Rehearsal before closing"),
            unit=unit,
            period=period,
            may_tell=unit.id == actor().unit_id and may_order(actor(), Action.LOCK_MANAGE, unit.id),
            **facts,
        )

    @expose("/notify", methods=["POST"])
    @has_access
    def notify(self) -> Any:
        """One notice to each who owes something."""
        period = chosen_year()
        try:
            told = lock_rehearsal.tell_owners(actor(), period.year_id, period.term, clock=request_clock())
        except Invalid as error:
            flash(tell(error), "warning")
        else:
            flash(_("People told: %(n)s.", n=told), "success")
        return redirect(url_for("LockRehearsalView.index", year=period.start_year, term=period.term))


@dataclass(frozen=True)
class Cell:
    """Columns of a sheet that stand alike at the time asked about."""

    title: str
    open: bool
    line: str


@dataclass(frozen=True)
class Row:
    """A sheet with what is open of it."""

    sheet_id: int
    title: str
    cells: tuple[Cell, ...]


class LockStateView(PageView):
    """Mở, khóa vào một ngày."""

    route_base = "/lock-states"
    default_view = "index"
    rights: ClassVar = {"can_index": Action.LOCK_VIEW}

    @expose("/")
    @has_access
    def index(self) -> Any:
        """What is open at a time and why, for a class, a teacher, or every sheet within reach; by address."""
        period, unit = chosen_year(), viewed_unit()
        on, at, moment, errors = _asked()
        found = _states(unit, period, moment) if moment else []
        classes = list(dict.fromkeys(item.choice.group for item in found))
        chosen = {name: request.args.get(name, "") for name in ("class", "teacher", "column")}
        if not chosen["class"] and not chosen["teacher"] and len(found) > MOST_ROWS:
            chosen["class"] = classes[0]
        return self.render_template(
            "locks/states.html",
            title=_("What is open on a day, and why"),
            unit=unit,
            period=period,
            on=on,
            at=at,
            errors=errors,
            rows=[_row(item, chosen["column"]) for item in _chosen(found, chosen, moment)],
            classes=classes,
            teachers=staff_of(db.session(), unit.id, today()) if unit.kind.is_school else [],
            columns=[("regular", _("Regular scores")), *(_named(c) for c in ("midterm", "final", "comment"))],
            chosen=chosen,
        )


def _asked() -> tuple[str, str, Any, Errors]:
    """Day and time as typed, the instant, and what could not be read."""
    local = now().astimezone(VIETNAM)
    on, at = request.args.get("on") or f"{local:%d/%m/%Y}", request.args.get("at") or f"{local:%H:%M}"
    try:
        return on, at, lock_forms.parse_moment(f"{on} {at}"), {}
    except Unreadable as error:
        return on, at, None, {"on": error.tell()}


def _states(unit: OrgUnit, period: Period, moment: Any) -> list[SheetState]:
    if not unit.kind.is_school:
        return []
    return school_states(db.session(), actor(), unit.id, period.year_id, period.term, moment)


def _named(column: str) -> tuple[str, str]:
    return column, lock_texts.column_title(column)


def _chosen(found: list[SheetState], chosen: dict[str, str], moment: Any) -> list[SheetState]:
    """Those of the class and the teacher asked about."""
    group, person = chosen["class"], chosen["teacher"]
    if person.isdecimal() and found:
        own = taught_sheets(db.session(), int(person), [item.choice.id for item in found], moment)
        found = [item for item in found if item.choice.id in own]
    return [item for item in found if not group or item.choice.group == group]


def _row(item: SheetState, column: str) -> Row:
    titles = lock_titles(item.choice.sheet)
    groups: dict[ColumnState, list[str]] = {}
    for name, state in item.states.items():
        if not column or name == column or (column == "regular" and name.startswith("regular")):
            groups.setdefault(state, []).append(name)
    cells = [Cell(_title(names, titles), state.open, _line(state)) for state, names in groups.items()]
    return Row(item.choice.id, item.choice.label, tuple(cells))


def _title(names: list[str], titles: dict[str, str]) -> str:
    if len(names) == 1:
        return titles[names[0]]
    return lock_texts.columns_title(names) if len(names) < len(titles) else _("every column")


def _line(state: ColumnState) -> str:
    """The verdict, and why."""
    if state.open:
        opened = ", ".join(dict.fromkeys(f"{w.title} ({w.unit_name})" for w in state.opened_by))
        return f"{lock_texts.verdict_line(state)}. {opened}"
    return "; ".join(dict.fromkeys(lock_texts.reason_line(reason) for reason in state.reasons))
