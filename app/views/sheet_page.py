"""A sheet as plain data for its pages: what the grid, the plain form and the phone draw."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from flask import current_app, url_for
from flask_babel import gettext as _

from app.domain.access import Action, Actor, may
from app.domain.assessment.tt22_2021 import threshold
from app.domain.locks import ColumnState
from app.domain.marks import format_mark
from app.domain.vocabulary import Finality, Passing, SubjectKind
from app.services.enrolments import is_studying
from app.services.locks import SheetLocks
from app.services.sheet_reading import Line, SheetFacts
from app.views.gradebook_texts import grid_texts
from app.views.lock_texts import at_time, column_title, reason_line
from app.web import vn_date

DUE_SOON = timedelta(days=14)
ONE_DAY = timedelta(days=1)
POLL_SECONDS = 60


def raw(value: Any) -> str | None:
    """A value as the grid contract sends it: a decimal-point string, passed / failed, or text."""
    if value is None:
        return None
    if isinstance(value, Passing):
        return value.value
    return str(value)


def sheet_data(actor: Actor, facts: SheetFacts, lines: Sequence[Line], locks: SheetLocks) -> dict[str, Any]:
    """The whole sheet for the page's script and templates (the contract between page and server)."""
    target = facts.target(actor, locks.now)
    writable = (
        facts.writable_columns(actor, locks.now) if may(actor, Action.SHEET_ENTER, target) else frozenset()
    )
    columns = [_column(facts, name, locks, writable) for name in facts.columns]
    return {
        "sheet": _sheet(actor, facts, locks, bool(writable)),
        "columns": columns,
        "rows": [_row(number, line, facts, locks) for number, line in enumerate(lines, start=1)],
        "texts": grid_texts(),
    }


def _sheet(actor: Actor, facts: SheetFacts, locks: SheetLocks, can_write: bool) -> dict[str, Any]:
    sheet = facts.sheet
    urls = {
        name: url_for(f"GradebookView.{endpoint}", sheet_id=sheet.id)
        for name, endpoint in (
            ("save", "cells"),
            ("cell", "cell"),
            ("submit", "submit"),
            ("absence", "absence"),
            ("plain", "plain"),
            ("form", "form"),
        )
    }
    return {
        "id": sheet.id,
        "account": actor.username,
        "title": f"{sheet.subject.name} {sheet.group.name}",
        "subject": sheet.subject.name,
        "class": sheet.group.name,
        "term": sheet.term,
        "kind": sheet.kind.value,
        "regular_count": sheet.regular_count,
        "revision": sheet.revision,
        "can_write": can_write,
        "quick_entry": locks.policies.quick_entry,
        "poll_seconds": POLL_SECONDS,
        "finality": locks.policies.finality.value,
        "draft_columns": list(facts.columns)
        if locks.policies.finality is Finality.ON_SUBMIT and can_write
        else [],
        "urls": {**urls, "login": url_for("AuthDBView.login")},
    }


def _column(facts: SheetFacts, name: str, locks: SheetLocks, writable: frozenset[str]) -> dict[str, Any]:
    state = locks.columns[name]
    return {
        "name": name,
        "title": column_title(name),
        "group": _group(name, facts.sheet.kind),
        "open": state.open and (name in writable or not writable),
        "locked": _locked(facts, name, state, writable),
        "due": state.until is not None and state.until - locks.now <= DUE_SOON,
        "until": at_time(state.until, ending=True) if state.open and state.until else None,
    }


def _group(name: str, kind: SubjectKind) -> str:
    """The head over the column; only scored subjects have weights (TT 22/2021 Điều 9 k1)."""
    if name == "comment":
        return _("Subject teacher")
    periodic = name in ("midterm", "final")
    if kind is SubjectKind.COMMENT:
        return _("Periodic assessment") if periodic else _("Regular scores")
    return {"midterm": _("Weight 2"), "final": _("Weight 3")}.get(name, _("Regular scores, weight 1"))


def _locked(
    facts: SheetFacts, name: str, state: ColumnState, writable: frozenset[str]
) -> dict[str, Any] | None:
    if not state.open:
        reason = state.reasons[0]
        return {"since": at_time(reason.since) if reason.since else "", "text": reason_line(reason, name)}
    if writable and name not in writable:
        others = ", ".join(t.full_name for t in facts.teachers if not t.columns or name in t.columns)
        return {"since": "", "text": _("This column is entered by %(names)s.", names=others)}
    return None


def _row(number: int, line: Line, facts: SheetFacts, locks: SheetLocks) -> dict[str, Any]:
    average = line.value("average")
    gone = line.left_on is not None and line.left_on <= locks.now.date() and not is_studying(line.status_code)
    moved = line.left_on is not None and line.left_on < locks.now.date()
    row: dict[str, Any] = {
        "student": line.student_id,
        "no": number,
        "name": line.full_name,
        "note": _note(line, facts, gone, moved),
        "closed": gone or moved,
        "marks": {c: raw(v) for c in facts.columns if (v := line.value(c)) is not None},
        "states": {c: s for c in ("midterm", "final") if (s := line.state(c))},
        "locked": [c for c in facts.columns if (line.student_id, c) in locks.final],
        "corrected": [],
        "average": raw(average) if facts.sheet.kind is SubjectKind.SCORED else None,
        "level": raw(average) if facts.sheet.kind is SubjectKind.COMMENT else None,
        "threshold": threshold(average).value if isinstance(average, Decimal) else None,
    }
    if facts.sheet.term == 2:
        year = line.year_at(facts.sheet)
        row["year_average"] = raw(year.average) if year else None
        row["term1_average"] = raw(year.term_1) if year else None
    return row


def _note(line: Line, facts: SheetFacts, gone: bool, moved: bool) -> str | None:
    if gone:
        return _("Left on %(day)s", day=vn_date(line.left_on))
    if moved and line.left_on:
        return _("In another class from %(day)s", day=vn_date(line.left_on + ONE_DAY))
    notes = []
    if line.exemption is not None:
        notes.append(_("Exempt from the practical part, decision %(number)s", number=line.exemption.number))
    if beyond := line.beyond(facts.sheet):
        scores = "; ".join(format_mark(score) for score in beyond)
        notes.append(_("Regular scores of the former class that count too: %(scores)s", scores=scores))
    return " · ".join(notes) or None


def page_facts(actor: Actor, facts: SheetFacts, lines: Sequence[Line], locks: SheetLocks) -> dict[str, Any]:
    """Title, meta line, lock chips and buttons of a sheet's pages."""
    sheet = facts.sheet
    here = sum(1 for line in lines if line.left_on is None)
    teachers = ", ".join(f"{t.full_name} ({t.part})" if t.part else t.full_name for t in facts.teachers)
    meta = [
        _("Teacher %(names)s", names=teachers) if teachers else _("No teacher assigned"),
        _("%(n)s students", n=here),
        _("Circular %(code)s", code="22/2021" if sheet.circular == "tt22-2021" else sheet.circular),
        _("%(n)s regular scores", n=sheet.regular_count),
    ]
    return {
        "title": _("%(subject)s %(group)s · Term %(term)s", subject=sheet.subject.name, group=sheet.group.name,
                   term="I" if sheet.term == 1 else "II"),
        "meta": " · ".join(meta),
        "tags": lock_tags(locks, facts),
        "why_url": _endpoint("LockView.calendar"),
        "grid_url": url_for("GradebookView.sheet", sheet_id=sheet.id),
        "actions": _actions(actor, facts, locks.now),
    }  # fmt: skip


def lock_tags(locks: SheetLocks, facts: SheetFacts) -> list[tuple[str, str, str]]:
    """One chip per run of columns in the same state."""
    runs: list[tuple[str, str, ColumnState]] = []
    for name in facts.columns:
        state = locks.columns[name]
        key = (state.open, state.until, state.reasons[:1] if not state.open else ())
        if runs and name.startswith("regular") and runs[-1][0].startswith("regular"):
            last = runs[-1][2]
            if (last.open, last.until, last.reasons[:1] if not last.open else ()) == key:
                runs[-1] = (runs[-1][0], name, last)
                continue
        runs.append((name, name, state))
    return [_tag(first, last, state) for first, last, state in runs]


def _tag(first: str, last: str, state: ColumnState) -> tuple[str, str, str]:
    title = column_title(first) if first == last else f"{column_title(first)}–{column_title(last)}"
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


def _actions(actor: Actor, facts: SheetFacts, now: datetime) -> list[dict[str, str]]:
    target = facts.target(actor, now)
    wanted = (
        (Action.HISTORY_VIEW, "GradebookView.history", _("History"), "fa-clock-rotate-left"),
        (Action.SHEET_ENTER, "SheetImportView.import_sheet", _("Import Excel"), "fa-file-import"),
        (Action.SHEET_EXPORT, "SheetImportView.export_sheet", _("Export Excel"), "fa-file-export"),
        (Action.BOOK_PRINT, "PrintView.sheet", _("Print"), "fa-print"),
        (Action.SHEET_DELEGATE, "DelegationView.form", _("Delegate"), "fa-user-pen"),
        (Action.EXEMPTION_DECIDE, "ExemptionView.form", _("Exemptions"), "fa-file-signature"),
    )
    return [
        {"label": label, "url": url, "icon": icon, "css": "btn-default"}
        for action, endpoint, label, icon in wanted
        if may(actor, action, target) and (url := _endpoint(endpoint, sheet_id=facts.sheet.id))
    ]


def _endpoint(name: str, **arguments: Any) -> str | None:
    return url_for(name, **arguments) if name in current_app.view_functions else None


def answer_rows(
    kind: SubjectKind, averages: Mapping[int, Any], years: Mapping[int, Any]
) -> list[dict[str, Any]]:
    """Recomputed figures of rows for the answer to a save."""
    scored = kind is SubjectKind.SCORED
    return [
        {
            "student": student,
            "average": raw(average) if scored else None,
            "level": None if scored else raw(average),
            "year_average": raw(years.get(student)),
            "threshold": threshold(average).value if isinstance(average, Decimal) else None,
        }
        for student, average in averages.items()
    ]
