"""The lock calendar of each tier: month and list, what is open when and why, in the reader's own words."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, ClassVar

from flask import request, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from app.domain.access import Action, Target, may
from app.domain.lock_calendar import monthly_days, start_of_day
from app.domain.policies import PolicyKey
from app.errors import NotFound
from app.extensions import db
from app.models import OrgUnit
from app.services import lock_notices, lock_view, scope
from app.services.clock import VIETNAM, local_day
from app.services.lock_orders import may_order
from app.services.lock_view import SheetChoice, WindowRow
from app.services.policies import settings_of
from app.services.years import Period
from app.views import lock_forms, lock_pages, lock_texts
from app.views.base import PageView, actor, menu, require, today
from app.views.lock_forms import Errors, Unreadable
from app.views.lock_orders import NO_YEAR, LockOrderView, chosen_year, now
from app.views.sheet_heads import lock_titles

KEPT = ("year", "term", "month", "unit", "list", "on", "at", "sheet", "column")


def viewed_unit() -> OrgUnit:
    """The unit whose calendar is shown: the own one, or one below by ?unit=; NotFound outside reach."""
    wanted = request.args.get("unit", type=int) or actor().unit_id
    if wanted is None:
        raise NotFound(NO_YEAR)
    unit = scope.get(db.session(), actor(), OrgUnit, wanted, today())
    if unit.id != actor().unit_id and unit.id not in actor().below:
        raise NotFound
    require(Action.LOCK_VIEW, Target(unit=actor().relation_to(unit.id)))
    return unit


def here(**changes: Any) -> str:
    """This calendar with other choices; None drops one."""
    kept = {name: value for name in KEPT if (value := request.args.get(name))}
    chosen = {name: value for name, value in (kept | changes).items() if value not in (None, "")}
    return url_for("LockView.calendar", **chosen)


@dataclass(frozen=True)
class Question:
    """What the panel was asked, as typed, with what could not be read."""

    on: str
    at: str
    moment: datetime | None
    choice: SheetChoice | None
    column: str
    errors: Errors = field(default_factory=dict)


class LockView(PageView):
    """Lịch khóa, mở sổ."""

    route_base = "/locks"
    default_view = "calendar"
    rights: ClassVar = {
        "can_calendar": Action.LOCK_VIEW,
        "can_show": Action.LOCK_VIEW,
    }

    @expose("/")
    @has_access
    def calendar(self) -> Any:
        """Month, list and panel; everything is in the address, so it works without script and can be passed on."""
        period, unit, moment = chosen_year(), viewed_unit(), now()
        rows = lock_view.binding(lock_view.load_windows(db.session(), unit.id, period.year_id, today()), unit)
        choices = _sheets(unit, period)
        question = _question(period, choices, moment)
        first = _month(question)
        whole_year = request.args.get("list") == "year"
        listed = rows if whole_year else lock_view.in_month(rows, first)
        names = lock_view.scope_names(db.session(), (row.window for row in listed))
        is_own = unit.id == actor().unit_id
        return self.render_template(
            "locks/calendar.html",
            title=_("Lock calendar"),
            unit=unit,
            period=period,
            first=first,
            today=today(),
            weekdays=[lock_texts.weekday(date(2024, 1, day)) for day in range(1, 8)],
            weeks=[(week, lock_pages.week_bars(week)) for week in lock_view.month_weeks(rows, first)],
            legend=lock_pages.legend(rows, unit),
            marks=_marks(unit, first),
            lines=lock_pages.list_lines(listed, names, moment),
            whole_year=whole_year,
            here=here,
            months=_months(first, moment),
            question=question,
            choices=choices,
            columns=list(lock_titles(question.choice.sheet).items()) if question.choice else [],
            panel=_answer(question, rows),
            schools=_schools_below(),
            kept={
                name: request.args[name]
                for name in ("year", "term", "month", "list")
                if request.args.get(name)
            },
            may_rehearse=may(actor(), Action.PROGRESS_VIEW, Target(unit=actor().relation_to(unit.id))),
            may_order=is_own and may_order(actor(), Action.LOCK_MANAGE, unit.id),
            has_defaults=unit.kind.is_school or unit.id == actor().root_id,
        )

    @expose("/<int:window_id>")
    @has_access
    def show(self, window_id: int) -> Any:
        """One window: what it does, for whom, on whose order, and everything done to it since."""
        row = lock_view.load_window(db.session(), actor(), window_id, today())
        below = row.owner.id == actor().unit_id or row.owner.id in actor().below
        units = lock_notices.units_below(db.session(), row.owner.id, today()) if below else []
        state = lock_pages.window_state(row, now())
        return self.render_template(
            "locks/show.html",
            title=row.window.title,
            row=row,
            state=state,
            note=lock_pages.state_note(row, state),
            css=lock_texts.TIER_CLASS[row.owner.tier],
            effect=lock_texts.effect_title(row.window.effect),
            mode=lock_texts.mode_title(row.window.mode),
            scope=lock_pages.scope_text(row.window, lock_view.scope_names(db.session(), [row.window])),
            opens=lock_texts.at_time(row.window.opens_at),
            closes=lock_texts.at_time(row.window.closes_at, ending=True) if row.window.closes_at else None,
            bound=lock_notices.bound_units(row.window, row.owner, units) if below else [],
            history=lock_pages.history_lines(db.session(), window_id),
            running=state in ("running", "coming"),
            may_order=may_order(actor(), Action.LOCK_MANAGE, row.owner.id),
        )


# -- what the calendar was asked ---------------------------------------------------------------------------------


def _month(question: Question) -> date:
    """The month shown: asked for, that of the day asked about, this one, or the term's first."""
    try:
        return datetime.strptime(request.args.get("month", ""), "%Y-%m").replace(tzinfo=VIETNAM).date()
    except ValueError:
        asked = local_day(question.moment) if question.moment else today()
        return asked.replace(day=1)


def _marks(unit: OrgUnit, first: date) -> list[tuple[date, str]]:
    """A school's monthly days in the month shown: entry of marks, and the education plan (S1 Điều 3 khoản 5.6, 5.1)."""
    if not unit.kind.is_school:
        return []
    settings = settings_of(db.session(), unit.id, today())
    keys = (PolicyKey.ENTRY_DAY, PolicyKey.PLAN_DAY)
    days = monthly_days(first, [int(settings[key].value) for key in keys])
    titles = (_("entry day: regular scores up to here"), _("plan day: education plans to the team leader"))
    return list(zip(days, titles, strict=True))


def _months(first: date, moment: datetime) -> dict[str, str]:
    """Addresses of the month before, the next one, and today."""
    return {
        "before": here(month=f"{lock_view.previous_month(first):%Y-%m}"),
        "after": here(month=f"{lock_view.next_month(first):%Y-%m}"),
        "today": here(month=f"{local_day(moment):%Y-%m}", on=None, at=None),
    }


def _sheets(unit: OrgUnit, period: Period) -> list[SheetChoice]:
    if not unit.kind.is_school:
        return []
    return lock_view.sheet_choices(db.session(), actor(), unit.id, period.year_id, period.term, today())


def _question(period: Period, choices: list[SheetChoice], moment: datetime) -> Question:
    """Day, time, sheet and column of the panel; unreadable ones keep their text and say why."""
    errors: Errors = {}
    local = moment.astimezone(VIETNAM)
    start = (
        period.terms[period.term].starts_on
        if period.term in period.terms and not period.is_now
        else local.date()
    )
    on, at = request.args.get("on") or f"{start:%d/%m/%Y}", request.args.get("at") or f"{local:%H:%M}"
    asked: datetime | None = None
    try:
        day = lock_forms.parse_day(on)
        on = f"{day:%d/%m/%Y}"
        since = lock_forms.parse_clock(at)
        asked = start_of_day(day) + since
    except Unreadable as error:
        errors["at" if error.message == lock_forms.NOT_A_CLOCK else "on"] = error.tell()
    if period.is_now and not request.args.get("on") and not request.args.get("at"):
        asked = moment  # to the microsecond, so that a window of this very minute shows
    wanted = request.args.get("sheet", type=int)
    choice = next((c for c in choices if c.id == wanted), choices[0] if choices else None)
    column = request.args.get("column", "")
    if choice is not None and column not in choice.columns:
        column = choice.columns[0]
    return Question(on, at, asked, choice, column, errors)


def _answer(question: Question, rows: list[WindowRow]) -> lock_pages.Panel | None:
    if question.choice is None or question.moment is None:
        return None
    found = lock_view.answer(db.session(), question.choice, question.moment, rows)
    return lock_pages.panel(question.choice, question.column, found)


def _schools_below() -> list[tuple[int, str]]:
    """For an office: the units it may look at in their own calendar."""
    own = actor().unit_id
    if own is None or not actor().below:
        return []
    below = lock_notices.units_below(db.session(), own, today())
    return [(item.unit.id, item.unit.short_name) for item in below]


def register(appbuilder: Any) -> None:
    """The calendar in the menu; the rules of the unit under administration."""
    from app.views.lock_rehearsal import LockRehearsalView, LockStateView
    from app.views.policies import PolicyView

    menu(
        appbuilder,
        LockView(),
        "Lock calendar",
        icon="fa-calendar-days",
        action=Action.LOCK_VIEW,
        label=lazy_gettext("Lock calendar"),
    )
    appbuilder.add_view_no_menu(LockOrderView())
    appbuilder.add_view_no_menu(LockRehearsalView())
    appbuilder.add_view_no_menu(LockStateView())
    menu(
        appbuilder,
        PolicyView(),
        "Policies",
        icon="fa-scale-balanced",
        action=Action.POLICY_VIEW,
        label=lazy_gettext("Rules of the unit"),
        category="Administration",
        category_label=lazy_gettext("Administration"),
    )
