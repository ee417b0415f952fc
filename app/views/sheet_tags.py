"""What stands in the head of a sheet's pages about its locks: chips by column, timed openings, where to ask for one."""

from collections import Counter
from typing import Any

from flask import current_app, url_for
from flask_babel import gettext as _

from app.domain.access import Action, Actor, may
from app.domain.locks import ColumnState
from app.domain.sheet_forms import Cell
from app.services.lock_requests import holders
from app.services.locks import SheetLocks
from app.services.sheet_reading import SheetFacts
from app.views.lock_texts import at_time
from app.views.sheet_heads import heads, point_titles


def lock_tags(locks: SheetLocks, facts: SheetFacts) -> list[tuple[str, str, str]]:
    """One chip per run of columns that windows treat alike and that are in the same state."""
    runs: list[list[Cell]] = []
    for cell in facts.cells.values():
        if runs and _alike(runs[-1][0], cell) and _state(locks, runs[-1][0]) == _state(locks, cell):
            runs[-1].append(cell)
        else:
            runs.append([cell])
    named, points = heads(facts.sheet), point_titles(facts.sheet.term)
    shared = Counter(named[run[0].name].point for run in runs)  # points that aren't open or locked as a whole
    tags = []
    for run in runs:
        first, last = (named[cell.name] for cell in (run[0], run[-1]))
        title = points[first.point] if first.point else first.title
        if first.point and shared[first.point] > 1:
            title = f"{title}, {first.title}" if len(run) == 1 else f"{title}, {first.title}–{last.title}"
        if first.point is None and len(run) > 1:
            title = f"{title}–{last.title}"
        tags.append(_tag(title, locks.columns[run[0].name]))
    return tags


def _alike(one: Cell, other: Cell) -> bool:
    return one.lock == other.lock or all(cell.lock.startswith("regular") for cell in (one, other))


def _state(locks: SheetLocks, cell: Cell) -> tuple[Any, ...]:
    state = locks.columns[cell.name]
    return state.open, state.until, state.reasons[:1] if not state.open else ()


def _tag(title: str, state: ColumnState) -> tuple[str, str, str]:
    if state.open:
        until = (
            _("open until %(until)s", until=at_time(state.until, ending=True)) if state.until else _("open")
        )
        return "is-ok", "fa-lock-open", f"{title}: {until}"
    since = state.reasons[0].since
    return (
        "is-lock",
        "fa-lock",
        f"{title}: " + (_("locked since %(since)s", since=at_time(since)) if since else _("not opened yet")),
    )


def ask_url(actor: Actor, facts: SheetFacts, locks: SheetLocks) -> str | None:
    """Where to ask for what a window locks; None for who doesn't enter it, or where no window does."""
    own = facts.writable_columns(actor, locks.now)
    held = any(holders(locks, [column]) for column in own)
    if not held or not may(actor, Action.SHEET_ENTER, facts.target(actor, locks.now)):
        return None
    return endpoint("LockRequestView.ask", sheet_id=facts.sheet.id)


def exceptions(locks: SheetLocks, facts: SheetFacts) -> list[str]:
    """Timed openings in force on the sheet, each with its cells, its end and its reason."""
    found: dict[int, list[str]] = {}
    windows = {}
    named = heads(facts.sheet)
    for states in (locks.columns, *locks.cells.values()):
        for column, state in states.items():
            for window in (w for w in state.opened_by if w.lifts):
                windows[window.id] = window
                titles = found.setdefault(window.id, [])
                if named[column].full not in titles:
                    titles.append(named[column].full)
    return [
        _("Opened for a time: %(columns)s until %(until)s (%(unit)s: %(reason)s)",
          columns=", ".join(titles), until=at_time(closes, ending=True), unit=windows[key].unit_name,
          reason=windows[key].reason)
        for key, titles in found.items()
        if (closes := windows[key].closes_at)
    ]  # fmt: skip


def endpoint(name: str, **arguments: Any) -> str | None:
    """The address of a page, None where it isn't installed."""
    return url_for(name, **arguments) if name in current_app.view_functions else None
