"""Words of the inspection pages: cells as they stand on their sheets, prompts that ask and don't judge."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from flask import request
from flask_babel import gettext as _

from app.domain.access_review import AccessFlag
from app.domain.carry import STATES
from app.domain.cell_values import show_cell
from app.domain.dates import BadDate, parse_date
from app.domain.exceptions import ExceptionKind
from app.domain.lock_calendar import start_of_day
from app.domain.sheet_forms import CellKind
from app.domain.watch import MANY_ACCOUNTS, Pattern, Prompt, Thresholds
from app.models import GradebookSheet
from app.services.clock import local_day
from app.services.sheet_cells import sheet_cells
from app.views.gradebook_texts import state_text
from app.views.sheet_heads import heads

ONE_DAY = timedelta(days=1)
ICONS: Mapping[Pattern, str] = {
    Pattern.BURST: "fa-bolt",
    Pattern.DRIFT: "fa-arrow-trend-up",
    Pattern.ONE_STUDENT: "fa-user-graduate",
    Pattern.NIGHT: "fa-moon",
    Pattern.REOPENED: "fa-lock-open",
    Pattern.RATE: "fa-percent",
    Pattern.TWO_PLACES: "fa-location-dot",
    Pattern.ONE_ADDRESS: "fa-network-wired",
}


def kind_title(kind: ExceptionKind) -> str:
    """A kind of the feed."""
    return {
        ExceptionKind.REOPENING: _("Closed book reopened"),
        ExceptionKind.CORRECTION_CLOSED: _("Closed data corrected"),
        ExceptionKind.EXTENSION: _("Opened for a while"),
        ExceptionKind.DELEGATION: _("Entry delegated"),
        ExceptionKind.LOOSER_POLICY: _("Rule loosened"),
        ExceptionKind.HEADS_OWN: _("The head's own matter"),
        ExceptionKind.ACCOUNT_IN_HAND: _("An account just in another's hand"),
        ExceptionKind.CHAIN_FAULT: _("History damaged"),
        ExceptionKind.BUNDLE_FAULT: _("Sealed bundle damaged"),
    }[kind]


def pattern_title(pattern: Pattern) -> str:
    """What caught the eye, in few words."""
    return {
        Pattern.BURST: _("Many cells changed within minutes"),
        Pattern.DRIFT: _("Changes nearly all in one direction"),
        Pattern.ONE_STUDENT: _("Several marks of one student raised"),
        Pattern.NIGHT: _("Changes at night"),
        Pattern.REOPENED: _("Opened again and again"),
        Pattern.RATE: _("Many changes for what was entered"),
        Pattern.TWO_PLACES: _("One account in two places at once"),
        Pattern.ONE_ADDRESS: _("Several accounts at one address on one request"),
    }[pattern]


def pattern_rule(pattern: Pattern, rule: Thresholds) -> str:
    """From where on it is shown, so that nobody has to guess."""
    return {
        Pattern.BURST: _(
            "from %(cells)s cells in %(minutes)s minutes; after publication from %(posted)s",
            cells=rule.burst_cells,
            minutes=rule.burst_minutes,
            posted=rule.burst_posted,
        ),
        Pattern.DRIFT: _(
            "from %(cells)s marks, %(percent)s%% of them up or down",
            cells=rule.drift_cells,
            percent=rule.drift_percent,
        ),
        Pattern.ONE_STUDENT: _(
            "from %(cells)s marks and %(points)s points in all",
            cells=rule.student_cells,
            points=rule.student_points,
        ),
        Pattern.NIGHT: _(
            "from %(start)s to %(end)s o'clock, from %(cells)s cells in a night",
            start=rule.night_from,
            end=rule.night_to,
            cells=rule.night_cells,
        ),
        Pattern.REOPENED: _("from %(n)s reopenings and extensions", n=rule.reopenings),
        Pattern.RATE: _(
            "from %(cells)s cells and %(percent)s%% of the cells entered",
            cells=rule.rate_cells,
            percent=rule.rate_percent,
        ),
        Pattern.TWO_PLACES: _("sign-ins at two addresses that overlap"),
        Pattern.ONE_ADDRESS: _("from %(n)s accounts within an hour", n=MANY_ACCOUNTS),
    }[pattern]


def prompt_text(prompt: Prompt) -> str:
    """The figures a prompt rests on."""
    if prompt.pattern is Pattern.REOPENED:
        return _("%(n)s times", n=prompt.cells)
    if prompt.pattern is Pattern.TWO_PLACES:
        return _("%(n)s times: %(where)s", n=prompt.cells, where=prompt.about)
    if prompt.pattern is Pattern.ONE_ADDRESS:
        return _("%(n)s accounts: %(where)s", n=prompt.cells, where=prompt.about)
    parts = [_("%(n)s cells", n=prompt.cells)]
    if prompt.up or prompt.down:
        parts.append(_("%(up)s up, %(down)s down", up=prompt.up, down=prompt.down))
        parts.append(_("%(total)s points in all", total=signed(prompt.total)))
    if prompt.posted:
        parts.append(_("%(n)s after publication", n=prompt.posted))
    if prompt.percent and prompt.pattern is Pattern.RATE:
        parts.append(_("%(percent)s%% of the cells entered", percent=prompt.percent))
    return "; ".join(parts)


def signed(number: Any) -> str:
    """+12,5 or −3,0."""
    text = f"{abs(number):.1f}".replace(".", ",")
    return f"{'+' if number > 0 else '−' if number < 0 else ''}{text}"


def flag_title(flag: AccessFlag) -> str:
    """What stands out in an account."""
    return {
        AccessFlag.NEVER_USED: _("never signed in"),
        AccessFlag.UNUSED: _("not signed in for 90 days"),
        AccessFlag.NO_ROLE: _("active without a role"),
        AccessFlag.TWO_UNITS: _("positions at two units"),
        AccessFlag.TEACHES_ON_BOARD: _("teaches and sits on the board"),
        AccessFlag.HEADS_AND_TEACHES: _("leads the school and teaches"),
        AccessFlag.ENTERS_FOR_OTHERS: _("enters for somebody else now"),
        AccessFlag.EXTRA_RIGHTS: _("further rights through a group"),
        AccessFlag.NO_HOLDER: _("nobody holds this account"),
    }[flag]


class CellWords:
    """Names and values of cells, each as its own sheet has them."""

    def __init__(self) -> None:
        self._titles: dict[int, dict[str, str]] = {}
        self._kinds: dict[int, dict[str, CellKind]] = {}

    def title(self, sheet: GradebookSheet, column: str) -> str:
        """The column in full; of a state the mark it stands beside."""
        if sheet.id not in self._titles:
            self._titles[sheet.id] = {name: head.full for name, head in heads(sheet).items()}
        if column in STATES:
            return _("%(column)s, state", column=self.title(sheet, column.removesuffix("_state")))
        return self._titles[sheet.id].get(column) or (_("Average") if column == "average" else column)

    def value(self, sheet: GradebookSheet, column: str, value: Any) -> str:
        """The value as printed; blank as such."""
        if value is None or value == "":
            return _("blank")
        if column in STATES:
            return str(state_text(value))
        if sheet.id not in self._kinds:
            self._kinds[sheet.id] = {cell.name: cell.kind for cell in sheet_cells(sheet)}
        return show_cell(value, self._kinds[sheet.id].get(column, CellKind.MARK))


def day_asked(name: str) -> date | None:
    """A day of the form (dd/mm/yyyy or as browsers send it); None when blank or no day."""
    text = request.args.get(name, "").strip()
    try:
        return parse_date(text) if text else None
    except BadDate:
        return None


def span_asked(now: datetime, since: date | None = None) -> tuple[datetime, datetime, date, date]:
    """From the first instant of `since` to the last of `until`, both days of the form; with the days themselves."""
    today = local_day(now)
    last = min(day_asked("until") or today, today)
    first = min(day_asked("since") or since or last - timedelta(days=30), last)
    return start_of_day(first), min(start_of_day(last + ONE_DAY), now + timedelta(seconds=1)), first, last
