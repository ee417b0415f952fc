"""The rules of a unit: when marks become final, entry day, quick entry, idle time, readings; from whom, since, why."""

from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from flask import flash, redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from app.domain.access import Action
from app.domain.assessment import tt43_2021
from app.domain.corrections import Preset
from app.domain.dates import format_date
from app.domain.notes import Span
from app.domain.policies import (
    CENTRE_SETTINGS,
    FIXED_ABOVE,
    FORM_VERSIONS,
    NEVER,
    RETENTION,
    WATCH,
    PolicyKey,
    keys_of,
    offered,
)
from app.domain.vocabulary import Finality
from app.domain.watch import RULES, Pattern, thresholds_of
from app.errors import N_, Forbidden, Invalid, NotFound
from app.extensions import db
from app.models import OrgUnit
from app.reports.catalogue import CATALOGUE
from app.security import request_clock
from app.services import policies, scope
from app.services.lock_orders import NO_RIGHT, leaders_in_force, may_order
from app.services.policies import PolicyRow, Setting
from app.views import lock_forms, lock_texts, watch_texts
from app.views.base import PageView, actor, today
from app.views.lock_forms import Errors, Unreadable

NO_SUCH_RULE = N_("There is no such rule.")


@dataclass(frozen=True)
class HistoryLine:
    """A decision in words."""

    value: str
    unit: str
    css: str
    days: str
    state: str
    reason: str
    people: str


@dataclass(frozen=True)
class Card:
    """A rule as the page shows it."""

    key: str
    title: str
    help: str
    value: str
    source: str
    css: str
    since: str
    own_value: str
    limit: str
    options: tuple[tuple[str, str], ...]  # empty: it is typed
    longest: int  # letters of what is typed; more than a number's is typed as text
    history: tuple[HistoryLine, ...]


class PolicyView(PageView):
    """Quy định của đơn vị."""

    route_base = "/policies"
    default_view = "index"
    # The form is opened by policy.manage or, for the leader, by lock.order: the page asks for either.
    rights: ClassVar = {"can_index": Action.POLICY_VIEW, "can_set": Action.POLICY_VIEW}

    @expose("/")
    @has_access
    def index(self) -> Any:
        """Every rule in force, with its history and, for those who may, its form."""
        return self._page("", MultiDict(), {})

    @expose("/<key>", methods=["GET", "POST"])
    @has_access
    def set(self, key: str) -> Any:
        """Decide a rule from a day on."""
        try:
            wanted = PolicyKey(key)
        except ValueError as error:
            raise NotFound(NO_SUCH_RULE) from error
        unit_id = actor().unit_id
        if unit_id is None or not may_order(actor(), Action.POLICY_MANAGE, unit_id):
            raise Forbidden(NO_RIGHT)
        if request.method == "GET":
            return self._page(key, MultiDict(), {})
        errors = set_rule(unit_id, wanted, request.form.get("value", ""))
        if not errors:
            flash(_("The rule was set."), "success")
            return redirect(url_for("PolicyView.index", _anchor=f"rule-{key}"))
        return self._page(key, request.form, errors), 422

    def _page(self, chosen: str, typed: MultiDict[str, str], errors: Errors) -> Any:
        if actor().unit_id is None:
            raise NotFound
        unit = scope.get(db.session(), actor(), OrgUnit, actor().unit_id, today())
        may_set = may_order(actor(), Action.POLICY_MANAGE, unit.id)
        found = policies.settings_of(db.session(), unit.id, today())
        leaders = leaders_in_force(db.session(), unit, today()) if may_set else []
        return self.render_template(
            "locks/policies.html",
            title=_("Rules of the unit"),
            unit=unit,
            cards=[_card(found[key], unit.id, today()) for key in keys_of(unit.kind, unit.levels)],
            chosen=chosen,
            typed=typed,
            errors=errors,
            leaders=leaders,
            me=actor().person_id,
            today=format_date(today()),
            may_set=may_set,
        )


def set_rule(unit_id: int, key: PolicyKey, value: str) -> Errors:
    """Set a rule of a unit from the day, with the reason and the leader of the posted form; what is wrong, field by field."""
    try:
        policies.set_policy(
            actor(),
            unit_id,
            key,
            value,
            lock_forms.parse_day(request.form.get("starts_on", "")),
            request.form.get("reason", ""),
            ordered_by_id=lock_forms.read_leader(request.form),
            clock=request_clock(),
        )
    except Unreadable as error:
        return {"starts_on": error.tell()}
    except Invalid as error:
        return lock_forms.errors_of(error)
    return {}


# -- in words ----------------------------------------------------------------------------------------------------


def _card(setting: Setting, unit_id: int, day: date) -> Card:
    key, source = setting.key, setting.source
    title, help_text = titles_of(key)
    own = next((row.value for row in setting.rows if row.unit_id == unit_id and row.in_force(day)), "")
    return Card(
        key=key.value,
        title=title,
        help=help_text,
        value=value_title(key, setting.value),
        source=source.unit_name if source else _("nobody has set it: the usual rule"),
        css=lock_texts.TIER_CLASS[source.tier] if source else "",
        since=format_date(source.starts_on) if source else "",
        own_value=own or setting.value,
        limit=_limit(setting),
        options=tuple((value, value_title(key, value)) for value in offered(key, setting.above)),
        longest=3 if key in _NUMBERS else 40,
        history=tuple(_history_line(row, day) for row in setting.rows),
    )


_NUMBERS = frozenset(
    {PolicyKey.ENTRY_DAY, PolicyKey.PLAN_DAY, PolicyKey.IDLE_MINUTES, PolicyKey.CORRECTION_DAYS}
)


def titles_of(key: PolicyKey) -> tuple[str, str]:
    """What a rule is called, and what it does."""
    if key in CENTRE_SETTINGS:
        return (
            _(tt43_2021.SETTINGS[CENTRE_SETTINGS[key]].label),
            _(
                "A setting of TT 43/2021 (continuing education): the centre's leader confirms it from the text of the"
                " circular. Without it learning results stay “not yet”."
            ),
        )
    if key in WATCH:
        return _watch_titles(WATCH[key])
    return {
        PolicyKey.FINALITY: (
            _("When a mark becomes final"),
            _(
                "From then only a correction request changes it, whatever the rule is later. A stricter rule includes"
                " the looser ones: a mark that is not yet final becomes so at the end of the entry day. The lock"
                " windows hold besides."
            ),
        ),
        PolicyKey.ENTRY_DAY: (
            _("Monthly entry day"),
            _("A day of the month; the default calendar locks entered marks at its end."),
        ),
        PolicyKey.PLAN_DAY: (
            _("Monthly plan day"),
            _(
                "A day of the month by which teachers bring their education plan up to date; the calendar shows it."
            ),
        ),
        PolicyKey.QUICK_ENTRY: (
            _("Quick entry without the comma"),
            _("When it is on, 85 is read as 8,5; a number that can be read in two ways is asked about."),
        ),
        PolicyKey.IDLE_MINUTES: (
            _("Idle time before signing out"),
            _("Minutes without work after which a session ends; ending it is leaving the system."),
        ),
        PolicyKey.COMMENT_SUBJECT: (
            _("May a comment subject be the one subject (TT 22/2021 Article 9.3)"),
            _(
                "Where one single subject pulls the learning result down by two levels or more, it is raised by one. The"
                " circular does not say whether that may be a subject assessed by comments. Each result shows where the"
                " reading changes it, and keeps the reading it was judged by."
            ),
        ),
        PolicyKey.ONE_SUBJECT: (
            _("How the one subject is set aside (TT 22/2021 Article 9.3)"),
            _(
                "To see whether only this subject pulls the result down, the others are judged with this one at the level"
                " needed, or without it. The two differ where only five other subjects reach the mark."
            ),
        ),
        PolicyKey.DISCIPLINE_PERIOD: (
            _("How often subject teachers remark on study habits"),
            _("On the class and on single students; remarks written so far stay when the rule changes."),
        ),
        **_further_titles(),
    }[key]


def _further_titles() -> dict[PolicyKey, tuple[str, str]]:
    return {**_correction_titles(), **_form_titles(), **retention_titles()}


def _correction_titles() -> dict[PolicyKey, tuple[str, str]]:
    return {
        PolicyKey.CORRECTION_PRESET: (
            _("Who approves and who witnesses a correction"),
            _(
                "The head approves, the homeroom teacher certifies as the circular says; nobody sits twice. Where a school"
                " has too few people, the tier above takes a seat. A request keeps the rule it was made under."
            ),
        ),
        PolicyKey.CORRECTION_DAYS: (
            _("Days until a correction request expires"),
            _("A request nobody has finished by then lapses and changes nothing; it can be made again."),
        ),
    }


def _watch_titles(pattern: Pattern) -> tuple[str, str]:
    limits = " / ".join(f"{part.least}–{part.most}" for part in RULES[pattern])
    told = _(
        "From where on the watch list shows it; a prompt to look, no verdict. Numbers in the order told above, each"
        " within %(limits)s.",
        limits=limits,
    )
    return _("Watch list: %(what)s", what=watch_texts.pattern_title(pattern)), told


def _form_titles() -> dict[PolicyKey, tuple[str, str]]:
    """Which version of a form of the school's own is printed."""
    told = _(
        "A term or year is printed in the version that holds on its last day; what was over before keeps its form."
        " The page of forms shows the versions side by side."
    )
    return {
        key: (_("Form in use: %(name)s", name=CATALOGUE[codes[0]].short_name), told)
        for key, codes in FORM_VERSIONS.items()
    }


def retention_titles() -> dict[PolicyKey, tuple[str, str]]:
    """How long each kind of record is kept, and the hold on all of them."""
    counted = _(
        "Counted from the day a student left or moved away. The program itself never deletes a record; the page on"
        " backups shows whose time is over."
    )
    return {
        PolicyKey.KEEP_BOOKS: (_("How long gradebooks are kept"), counted),
        PolicyKey.KEEP_RECORDS: (_("How long school records and the register are kept"), counted),
        PolicyKey.KEEP_HISTORY: (_("How long traces and correction files are kept"), counted),
        PolicyKey.LEGAL_HOLD: (
            _("Legal hold"),
            _("While it is on, no record's time is over: an authority has asked to keep everything."),
        ),
    }


def value_title(key: PolicyKey, value: str) -> str:
    """A value in words."""
    if not value:
        return _("Not confirmed yet")
    if key in WATCH:
        told = watch_texts.pattern_rule(WATCH[key], thresholds_of({WATCH[key]: value}))
        return f"{value} · {told}"
    if key in CENTRE_SETTINGS:
        return {"yes": _("Yes"), "no": _("No"), "none": _("No titles"), "0": _("No titles")}.get(value, value)
    if key is PolicyKey.FINALITY:
        return lock_texts.finality_title(Finality(value))
    if key in (PolicyKey.QUICK_ENTRY, PolicyKey.LEGAL_HOLD):
        return _("On") if value == "on" else _("Off")
    if key is PolicyKey.COMMENT_SUBJECT:
        return _("Yes, it may") if value == "on" else _("No, only a scored subject")
    if key is PolicyKey.ONE_SUBJECT:
        return _("As if it had the level needed") if value == "replace" else _("As if it were not there")
    if key is PolicyKey.DISCIPLINE_PERIOD:
        return {Span.WEEKLY: _("Every week"), Span.MONTHLY: _("Every month"), Span.TERM: _("Every term")}[
            Span(value)
        ]
    if key is PolicyKey.CORRECTION_PRESET:
        return preset_title(Preset(value))
    return _plain_title(key, value)


def _plain_title(key: PolicyKey, value: str) -> str:
    if key in FORM_VERSIONS:
        return CATALOGUE[value].name
    if key in RETENTION:
        return _("Never deleted") if value == NEVER else _("%(n)s years after leaving", n=value)
    if key is PolicyKey.CORRECTION_DAYS:
        return _("%(n)s days", n=value)
    if key in (PolicyKey.ENTRY_DAY, PolicyKey.PLAN_DAY):
        return _("Day %(n)s of the month", n=value)
    return _("%(n)s minutes", n=value)


def preset_title(preset: Preset) -> str:
    """Who takes part in a correction, besides the requester and the approver."""
    return {
        Preset.S1: _("The head alone, at the teacher's request"),
        Preset.S0: _("The head; the board of administrators and the homeroom teacher witness"),
        Preset.S4: _("The head; a leader, the board of administrators and the requester witness"),
        Preset.S0_S4: _(
            "The head; a leader, the board of administrators, the homeroom teacher and the requester witness"
        ),
    }[preset]


def _limit(setting: Setting) -> str:
    """How loose an own value may be, because of the units above."""
    if setting.above is None:
        return ""
    value = value_title(setting.key, setting.above)
    if setting.key in FIXED_ABOVE:
        return _("The unit above has chosen for all units below it: %(value)s.", value=value)
    return _("The unit above has: %(value)s. Your unit may keep it or be stricter.", value=value)


def _history_line(row: PolicyRow, day: date) -> HistoryLine:
    ends = format_date(row.ends_on) if row.ends_on else _("no end is set")
    days = f"{format_date(row.starts_on)} – {ends}"
    if row.replaced:
        days = _("replaced before it began (%(day)s)", day=format_date(row.starts_on))
    state = (
        _("in force")
        if row.in_force(day)
        else _("to come")
        if row.starts_on > day and not row.replaced
        else _("over")
    )
    decided = lock_texts.at_time(row.decided_at)
    return HistoryLine(
        value=value_title(row.key, row.value),
        unit=row.unit_name,
        css=lock_texts.TIER_CLASS[row.tier],
        days=days,
        state=state,
        reason=row.reason,
        people=_("ordered by %(name)s", name=row.ordered_by) + f" · {decided}" if row.ordered_by else decided,
    )
