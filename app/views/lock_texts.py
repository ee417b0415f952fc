"""Lock states in the reader's words: which rule, whose, since and until when, and who can open it (S0 Điều 13).

Used by the lock calendar and by every page that shows a locked cell. Nothing here asks the database.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from flask_babel import gettext as _

from app.domain.locks import ColumnState, Layer, LockReason, LockRule, Window, column_state, latest
from app.domain.policies import DEFAULTS, PolicyKey
from app.domain.vocabulary import (
    CELL_COLUMNS,
    REGULAR_COLUMNS,
    RETEST,
    WINDOW_COLUMNS,
    Finality,
    Role,
    Tier,
    WindowEffect,
    WindowMode,
)
from app.services.clock import VIETNAM
from app.services.unit_rules import Policies

TIER_CLASS: Mapping[Tier, str] = {Tier.DEPARTMENT: "is-so", Tier.DISTRICT: "is-xa", Tier.SCHOOL: "is-truong"}
"""The colour of a tier on every page (look.md §2)."""

CENTRE_NAMES = ("trung tâm", "tt ", "ttgd")
SEPARATOR = " · "


@dataclass(frozen=True)
class LayerLine:
    """What one tier says about a cell; `locked` picks the sign beside the words."""

    css: str
    label: str
    text: str
    locked: bool


# -- columns and times ------------------------------------------------------------------------------------------


def column_title(column: str) -> str:
    """TX1, ĐĐGgk, ĐĐGck, Nhận xét, Đánh giá lại; a sheet's own names for its columns: `sheet_heads`."""
    kind, _line, number = column.rpartition("_")
    if kind == "regular":
        return _("Regular %(n)s", n=number)
    if kind == "periodic":
        return _("Weight-2 test %(n)s", n=number)
    titles = {
        "midterm": _("Midterm column"),
        "final": _("Final column"),
        "comment": _("Comment column"),
        "excused": _("Absent with leave"),
        "unexcused": _("Absent without leave"),
        RETEST: _("Retests"),
    }
    return titles.get(column, column)


def columns_title(columns: Iterable[str]) -> str:
    """A set of columns in few words: "ĐĐGtx, ĐĐGgk", "TX1–TX3", "mọi cột" for none or all."""
    wanted = frozenset(columns)
    chosen = [column for column in WINDOW_COLUMNS if column in wanted]
    if not chosen or wanted == set(CELL_COLUMNS):
        return _("every column")
    regular = [column for column in chosen if column in REGULAR_COLUMNS]
    parts = [_regular_title(regular)] if regular else []
    return ", ".join([*parts, *(column_title(column) for column in chosen if column not in REGULAR_COLUMNS)])


def _regular_title(columns: Sequence[str]) -> str:
    if len(columns) == len(REGULAR_COLUMNS):
        return _("Regular scores")
    first = REGULAR_COLUMNS.index(columns[0])
    if len(columns) > 1 and tuple(columns) == REGULAR_COLUMNS[first : first + len(columns)]:
        return f"{column_title(columns[0])}–{column_title(columns[-1])}"
    return ", ".join(column_title(column) for column in columns)


def at_time(moment: datetime, *, ending: bool = False) -> str:
    """ "17:00 13/11/2026" in Vietnam; an end at midnight is 24:00 of the day before, as people say it."""
    local = moment.astimezone(VIETNAM)
    if ending and local.time() == time():
        return f"24:00 {local - timedelta(days=1):%d/%m/%Y}"
    return f"{local:%H:%M %d/%m/%Y}"


def last_day(closes_at: datetime) -> date:
    """The last day a half-open interval touches."""
    return (closes_at - timedelta(microseconds=1)).astimezone(VIETNAM).date()


def weekday(day: date) -> str:
    """Thứ Hai … Chủ nhật, in small letters where the language has them."""
    names = (
        _("Monday"),
        _("Tuesday"),
        _("Wednesday"),
        _("Thursday"),
        _("Friday"),
        _("Saturday"),
        _("Sunday"),
    )
    return names[day.weekday()]


def weekday_time(moment: datetime) -> str:
    """ "17:00 thứ Ba 12/01/2027": an end somebody plans by."""
    words = at_time(moment, ending=True)
    return words.replace(" ", f" {weekday(last_day(moment))} ", 1)


# -- units and people -------------------------------------------------------------------------------------------


def tier_label(tier: Tier, unit_name: str) -> str:
    """A tier in a word or two; the middle one by the name it bore on that day (Phòng GDĐT, UBND xã)."""
    if tier is Tier.DEPARTMENT:
        return _("Department tier")
    if tier is Tier.DISTRICT:
        return " ".join(unit_name.split()[:2]) or _("Office in the middle")
    return _("Centre") if _is_centre(unit_name) else _("School")


def leader_title(role: Role, unit_name: str = "") -> str:
    """Who orders locks of a unit: Hiệu trưởng, Giám đốc trung tâm, lãnh đạo of an office."""
    if role is Role.PRINCIPAL:
        return _("the centre's director") if _is_centre(unit_name) else _("the principal")
    return _("the leader of %(unit)s", unit=unit_name) if unit_name else _("the leader of the office above")


def _is_centre(unit_name: str) -> bool:
    return unit_name.casefold().startswith(CENTRE_NAMES)


def effect_title(effect: WindowEffect) -> str:
    """Mở sổ, khóa sổ."""
    return _("opens the book") if effect is WindowEffect.OPEN else _("shuts the book")


def mode_title(mode: WindowMode) -> str:
    """What is locked when an opening window closes."""
    if mode is WindowMode.ENTERED_CELLS:
        return _("then entered cells are locked, blank ones stay open")
    if mode is WindowMode.EXCEPTION:
        return _("then everything is as it was before")
    return _("then the whole book is locked")


def finality_title(value: Finality) -> str:
    """When a value becomes final, in words."""
    return {
        Finality.WINDOW_CLOSE: _("When the entry window closes"),
        Finality.ENTRY_DAY: _("At the end of the monthly entry day"),
        Finality.ON_SUBMIT: _("When the teacher makes it final"),
        Finality.ON_LEAVING: _("When the one who entered it leaves the system"),
    }[value]


def leaving_text(rules: Policies) -> str:
    """What somebody who enters is told beforehand where leaving makes it final (S4 Điều 16 khoản 2); else nothing."""
    if rules.finality is not Finality.ON_LEAVING:
        return ""
    minutes = rules.idle_minutes or int(DEFAULTS[PolicyKey.IDLE_MINUTES])
    return _(
        "What you enter becomes final when you leave the system: when you sign out in any tab, close the browser, or do "
        "nothing for %(n)s minutes. Check it before you leave; later it is changed only by a correction request.",
        n=minutes,
    )


# -- why locked -------------------------------------------------------------------------------------------------


def reason_line(reason: LockReason, column: str | None = None) -> str:
    """One line: what holds · whose it is, since and until when · who can open it. `column`: as it is called."""
    return SEPARATOR.join(part for part in (_rule(reason, column), _who_when(reason), opener(reason)) if part)


def reason_facts(reason: LockReason, column: str | None = None) -> list[tuple[str, str]]:
    """Label and text of everything known about a lock, for a list of facts. `column`: as it is called."""
    facts = [(_("Why"), _rule(reason, column))]
    if reason.reason:
        facts.append((_("Grounds"), reason.reason))
    facts.append((_("Who locks"), _who(reason)))
    if reason.since:
        facts.append((_("Since"), at_time(reason.since)))
    facts.append((_("Until"), _until(reason)))
    facts.append((_("Who can open"), opener(reason)))
    return facts


def opener(reason: LockReason) -> str:
    """Who can open it, and how: an entered mark only by a correction, a book by the leader who locked it."""
    leader = leader_title(reason.who_can_open, reason.unit_name)
    if reason.rule is LockRule.TERM_CLOSED:
        return _("corrected on request, or reopened by %(leader)s with reason", leader=leader)
    if reason.rule is LockRule.YEAR_OVER:
        return _("corrected on request, with the consent of the unit above")
    if reason.rule is LockRule.ENTERED_FINAL:
        return _("corrected on request to %(leader)s", leader=leader)
    return _("%(leader)s can open it", leader=leader[:1].upper() + leader[1:])


def _rule(reason: LockReason, column: str | None) -> str:
    if reason.rule is LockRule.TERM_CLOSED:
        return _closed_rule(reason)
    if reason.rule is LockRule.YEAR_OVER:
        return _("The school year is over: the head decides nothing of it any more")
    if reason.window_id is None:
        return _no_window_rule(reason)
    if column and reason.rule is LockRule.CLOSED:
        return _("Entry has ended: %(name)s", name=column)
    if column and reason.rule is LockRule.NOT_YET:
        return _("Entry has not begun: %(name)s", name=column)
    texts = {
        LockRule.SHUT: _("The book is shut: %(title)s", title=reason.title),
        LockRule.CLOSED: _("The window is over: %(title)s", title=reason.title),
        LockRule.NOT_YET: _("The window has not begun: %(title)s", title=reason.title),
        LockRule.ENTERED_FINAL: _("Entered marks are locked: %(title)s", title=reason.title),
    }
    return texts[reason.rule]


def _closed_rule(reason: LockReason) -> str:
    """Which closing, and by whom."""
    title = reason.title[:1].lower() + reason.title[1:]
    if reason.ordered_by is None:
        return _("Closed: %(title)s", title=title)
    return _("Closed by %(name)s: %(title)s", name=reason.ordered_by, title=title)


def _no_window_rule(reason: LockReason) -> str:
    """No window stands behind it: nobody has opened the book, or the unit's rule on final marks holds."""
    if reason.rule is LockRule.NO_WINDOW:
        return _("No window opens this column yet")
    texts = {
        Finality.ENTRY_DAY: _("Marks are final after the monthly entry day"),
        Finality.ON_SUBMIT: _("The teacher has made these marks final"),
        Finality.ON_LEAVING: _("Marks are final once the one who entered them has left the system"),
    }
    known = {item.value for item in texts}
    return texts[Finality(reason.title)] if reason.title in known else _("Entered marks are final")


def _who_when(reason: LockReason) -> str:
    unit = reason.unit_name or _("the unit")
    if reason.rule is LockRule.NO_WINDOW:
        return ""
    if reason.rule is LockRule.NOT_YET and reason.until:
        return _("%(unit)s opens it at %(until)s", unit=unit, until=at_time(reason.until))
    if not reason.since:
        return _("locked by %(unit)s", unit=unit)
    since = at_time(reason.since)
    if reason.until:
        until = at_time(reason.until, ending=reason.rule is LockRule.SHUT)
        return _("%(unit)s locks it from %(since)s to %(until)s", unit=unit, since=since, until=until)
    return _("%(unit)s locks it from %(since)s", unit=unit, since=since)


def _who(reason: LockReason) -> str:
    people = []
    if reason.ordered_by:
        people.append(_("ordered by %(name)s", name=reason.ordered_by))
    if reason.executed_by:
        people.append(_("executed by account %(name)s", name=reason.executed_by))
    unit = reason.unit_name or _("the unit")
    return f"{unit} ({', '.join(people)})" if people else unit


def _until(reason: LockReason) -> str:
    if reason.until is None:
        return _("no end is set")
    return at_time(reason.until, ending=reason.rule is LockRule.SHUT)


# -- open or locked, layer by layer -----------------------------------------------------------------------------


def verdict_line(state: ColumnState) -> str:
    """The answer in a line: open until when, or locked since when."""
    if state.open:
        if state.entered_cut is not None:
            entered = at_time(state.entered_cut)
            if state.until is None:
                return _("Blank cells are open; entered ones are locked since %(since)s", since=entered)
            return _(
                "Blank cells are open until %(until)s; entered ones are locked since %(since)s",
                until=weekday_time(state.until),
                since=entered,
            )
        return (
            _("Open until %(until)s", until=weekday_time(state.until))
            if state.until
            else _("Open, no end is set")
        )
    opens = latest(reason.until for reason in state.reasons)
    if opens and all(reason.rule is LockRule.NOT_YET for reason in state.reasons):
        return _("Not open yet; it opens at %(opens)s", opens=at_time(opens))
    since = latest(reason.since for reason in state.reasons)
    return _("Locked since %(since)s", since=at_time(since)) if since else _("Locked")


def layer_lines(
    layers: Sequence[Layer],
    column: str,
    now: datetime,
    elsewhere: Mapping[int, Sequence[Window]] | None = None,
    name: str | None = None,
    student: int | None = None,
) -> list[LayerLine]:
    """What each tier says about a column at `now`, highest tier first. `name`: as its sheet calls it.

    `elsewhere`: windows of a unit in force now that speak about other classes or columns, to say why they don't bind.
    """
    called = name or column_title(column)
    by_tier = sorted(layers, key=lambda layer: list(Tier).index(layer.tier))
    return [
        _layer_line(layer, column, called, now, (elsewhere or {}).get(layer.unit_id, ()), student)
        for layer in by_tier
    ]


def _layer_line(
    layer: Layer,
    column: str,
    called: str,
    now: datetime,
    elsewhere: Sequence[Window],
    student: int | None,
) -> LayerLine:
    state = column_state(column, now, (layer,), student)
    silent = not state.open and all(reason.rule is LockRule.NO_WINDOW for reason in state.reasons)
    if silent:
        others = [
            window for window in layer.windows if window.contains(now) and not window.covers(column, student)
        ]
        text = _silent_text([*elsewhere, *others])
    elif state.open:
        text = _open_text(state, now)
    else:
        text = SEPARATOR.join(_layer_reason(reason, called) for reason in state.reasons)
    label = tier_label(layer.tier, layer.unit_name)
    return LayerLine(TIER_CLASS[layer.tier], label, text, locked=not state.open and not silent)


def _silent_text(elsewhere: Sequence[Window]) -> str:
    if not elsewhere:
        return _("Locks nothing here.")
    titles = ", ".join(window.title for window in elsewhere[:2]) + ("…" if len(elsewhere) > 2 else "")
    return _("Locks nothing here: %(titles)s speaks about other classes or columns.", titles=titles)


def _open_text(state: ColumnState, now: datetime) -> str:
    current = [window for window in state.opened_by if window.contains(now)]
    titles = ", ".join(window.title for window in current or state.opened_by)
    if not current:
        return _("Blank cells stay open after: %(titles)s", titles=titles)
    if state.until is None:
        return _("Opens: %(titles)s", titles=titles)
    until = at_time(state.until, ending=True)
    return _("Opens: %(titles)s, until %(until)s", titles=titles, until=until)


def _layer_reason(reason: LockReason, column: str) -> str:
    return SEPARATOR.join(part for part in (_rule(reason, column), _who_when(reason)) if part)
