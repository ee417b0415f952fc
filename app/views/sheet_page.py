"""A sheet as plain data for its pages: what the grid, the plain form and the phone draw."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from app.domain.access import Action, Actor, Target, may
from app.domain.assessment.exemptions import exemption_of, exempts_whole
from app.domain.assessment.registry import CONDUCT
from app.domain.assessment.tt22_2021 import threshold
from app.domain.assessment.weighted import FINAL_WEIGHT, MIDTERM_WEIGHT
from app.domain.cell_values import choices, show_cell
from app.domain.locks import ColumnState
from app.domain.marks import format_mark
from app.domain.sheet_forms import POINTS, Cell, CellKind, SheetForm
from app.domain.vocabulary import Finality, SubjectKind
from app.extensions import db
from app.models import ROWS
from app.services.correction_lists import corrected_cells
from app.services.enrolments import is_studying
from app.services.locks import SheetLocks
from app.services.sheet_cells import has_average
from app.services.sheet_reading import Line, SheetFacts
from app.views.formats import CIRCULARS
from app.views.gradebook_texts import grid_texts
from app.views.lock_texts import at_time, leaving_text, reason_line
from app.views.sheet_heads import Head, heads, point_titles, subject_name
from app.views.sheet_tags import ask_url, endpoint, exceptions, lock_tags
from app.web import vn_date

DUE_SOON = timedelta(days=14)
ONE_DAY = timedelta(days=1)
POLL_SECONDS = 60
FORMS_OF: Mapping[Action, frozenset[SheetForm]] = {
    Action.BOOK_PRINT: frozenset({SheetForm.MARKS}),  # the one sheet with a printed page of its own
    Action.EXEMPTION_DECIDE: frozenset({SheetForm.MARKS, SheetForm.WEIGHTED}),
}
"""Buttons that only some forms have."""
WEIGHTS: Mapping[str, int] = {"midterm": MIDTERM_WEIGHT, "final": FINAL_WEIGHT}
"""By what lock windows call a column; others weigh 1 (TT 22/2021 Điều 9 k1, TT 58/2011 Điều 7)."""


def raw(value: Any, kind: CellKind = CellKind.MARK) -> str | None:
    """A value as the grid contract sends it: 8.5, passed, 9 (a primary test), T, good, text; `parse_cell` reads it."""
    if value is None:
        return None
    return show_cell(value, kind) if kind is CellKind.WHOLE_MARK else str(value)


def shown_point(facts: SheetFacts, lines: Sequence[Line], locks: SheetLocks, asked: str | None) -> str | None:
    """The point of the term a wide sheet shows: the one asked for, else the first that is open and not complete."""
    if facts.sheet.form is not SheetForm.TRAITS:
        return None
    if asked in POINTS:
        return asked
    here = [line for line in lines if line.left_on is None]
    for point in POINTS:
        columns = [name for name in facts.mark_columns if facts.cells[name].point == point]
        if locks.columns[columns[0]].open and any(line.value(c) is None for line in here for c in columns):
            return point
    return POINTS[0]


def sheet_data(
    actor: Actor, facts: SheetFacts, lines: Sequence[Line], locks: SheetLocks, point: str | None = None
) -> dict[str, Any]:
    """The sheet for the page's script and templates (the contract between page and server); at `point`, if given."""
    target = facts.target(actor, locks.now)
    writable = (
        facts.writable_columns(actor, locks.now) if may(actor, Action.SHEET_ENTER, target) else frozenset()
    )
    named = heads(facts.sheet)
    cells = [cell for cell in facts.cells.values() if point is None or named[cell.name].point == point]
    corrected = corrected_cells(db.session(), [facts.sheet.id])
    return {
        "sheet": _sheet(actor, facts, locks, point) | _entry(locks, cells, bool(writable)),
        "columns": [_column(facts, cell, named[cell.name], locks, writable) for cell in cells],
        "rows": [
            _row(number, line, facts, locks, cells, writable)
            | {"corrected": [c.name for c in cells if (facts.sheet.id, line.student_id, c.name) in corrected]}
            for number, line in enumerate(lines, start=1)
        ],
        "texts": grid_texts(facts.sheet),
    }


def _sheet(actor: Actor, facts: SheetFacts, locks: SheetLocks, point: str | None) -> dict[str, Any]:
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
        "title": f"{subject_name(sheet)} {sheet.group.name}",
        "subject": subject_name(sheet),
        "class": sheet.group.name,
        "term": sheet.term,
        "kind": sheet.kind.value,
        "form": sheet.form.value,
        "point": point,
        "point_title": point_titles(sheet.term)[point] if point else None,
        "has_average": has_average(sheet.form),
        "two_thirds": sheet.circular in CONDUCT,  # enough for Đạt (TT 58/2011 Điều 10 khoản 2)
        "revision": sheet.revision,
        "quick_entry": locks.policies.quick_entry,
        "poll_seconds": POLL_SECONDS,
        "correction": url_for("CorrectionView.new", sheet=sheet.id)
        if may(actor, Action.CORRECTION_REQUEST, facts.target(actor, locks.now))
        else None,
        "urls": {**urls, "login": url_for("AuthDBView.login")},
    }


def _entry(locks: SheetLocks, cells: Sequence[Cell], can_write: bool) -> dict[str, Any]:
    """Whether the actor writes here, and what the button Chốt is for."""
    by_submit = locks.policies.finality is Finality.ON_SUBMIT
    return {
        "can_write": can_write,
        "finality": locks.policies.finality.value,
        "draft_columns": [cell.name for cell in cells] if by_submit and can_write else [],
    }


def _column(
    facts: SheetFacts, cell: Cell, head: Head, locks: SheetLocks, writable: frozenset[str]
) -> dict[str, Any]:
    name, state = cell.name, locks.columns[cell.name]
    return {
        "name": name,
        "title": head.title,
        "full": head.full,
        "group": head.group,
        "kind": script_kind(cell, facts.sheet.kind),
        "choices": choices(cell.kind),
        "weight": WEIGHTS.get(cell.lock, 1),
        "periodic": hasattr(ROWS[facts.sheet.form], f"{name}_state"),
        "open": state.open and (name in writable or not writable),
        "locked": _locked(facts, name, head.full, state, writable),
        "due": state.until is not None and state.until - locks.now <= DUE_SOON,
        "until": at_time(state.until, ending=True) if state.open and state.until else None,
    }


def script_kind(cell: Cell, kind: SubjectKind) -> str:
    """What the cell holds, for the page's script: a mark is a score, or passing in a comment subject."""
    if cell.kind is not CellKind.MARK:
        return cell.kind.value
    return "passing" if kind is SubjectKind.COMMENT else "score"


def _locked(
    facts: SheetFacts, name: str, called: str, state: ColumnState, writable: frozenset[str]
) -> dict[str, Any] | None:
    if not state.open:
        reason = state.reasons[0]
        return {"since": at_time(reason.since) if reason.since else "", "text": reason_line(reason, called)}
    if writable and name not in writable:
        others = ", ".join(t.full_name for t in facts.teachers if not t.columns or name in t.columns)
        return {"since": "", "text": _("This column is entered by %(names)s.", names=others)}
    return None


def _opened(
    student: int, locks: SheetLocks, cells: Sequence[Cell], writable: frozenset[str]
) -> dict[str, str]:
    """Cells of the student opened for a time though their columns are locked, each with its end."""
    return {
        cell.name: at_time(until, ending=True)
        for cell in cells
        if student in locks.cells and cell.name in writable and not locks.columns[cell.name].open
        if not locks.reasons(student, cell.name) and (until := locks.state(student, cell.name).until)
    }


def _row(
    number: int,
    line: Line,
    facts: SheetFacts,
    locks: SheetLocks,
    cells: Sequence[Cell],
    writable: frozenset[str],
) -> dict[str, Any]:
    average = line.value("average")
    gone = line.left_on is not None and line.left_on <= locks.now.date() and not is_studying(line.status_code)
    moved = line.left_on is not None and line.left_on < locks.now.date()
    row: dict[str, Any] = {
        "student": line.student_id,
        "no": number,
        "name": line.full_name,
        "note": _note(line, facts, gone, moved),
        "closed": gone or moved,
        "marks": {c.name: raw(v, c.kind) for c in cells if (v := line.value(c.name)) is not None},
        "states": {c: s for c in POINTS if (s := line.state(c))},
        "locked": [
            c.name for c in cells if locks.columns[c.name].open and locks.reasons(line.student_id, c.name)
        ],
        "opened": _opened(line.student_id, locks, cells, writable),
        **_result(facts.sheet.kind, average),
    }
    if facts.sheet.term == 2 and has_average(facts.sheet.form):
        year = line.year_at(facts.sheet)
        row["year_average"] = raw(year.average) if year else None
        row["term1_average"] = raw(year.term_1) if year else None
    return row


def _result(kind: SubjectKind, average: Any) -> dict[str, str | None]:
    """A term result: an average with the threshold it reaches, or Đạt / Chưa đạt."""
    scored = isinstance(average, Decimal)
    return {
        "average": raw(average) if scored else None,
        "level": raw(average) if kind is SubjectKind.COMMENT else None,
        "threshold": threshold(average).value if scored else None,
    }


def _note(line: Line, facts: SheetFacts, gone: bool, moved: bool) -> str | None:
    if gone:
        return _("Left on %(day)s", day=vn_date(line.left_on))
    if moved and line.left_on:
        return _("In another class from %(day)s", day=vn_date(line.left_on + ONE_DAY))
    notes = []
    if line.exemption is not None:
        number = line.exemption.number
        if exempts_whole(facts.sheet.circular, facts.sheet.subject.code):
            notes.append(_("Exempt from the subject, decision %(number)s", number=number))
        else:
            notes.append(_("Exempt from the practical part, decision %(number)s", number=number))
    if beyond := line.beyond(facts.sheet):
        scores = "; ".join(format_mark(score) for score in beyond)
        notes.append(_("Regular scores of the former class that count too: %(scores)s", scores=scores))
    return " · ".join(notes) or None


def page_facts(actor: Actor, facts: SheetFacts, lines: Sequence[Line], locks: SheetLocks) -> dict[str, Any]:
    """Title, meta line, lock chips and buttons of a sheet's pages."""
    sheet = facts.sheet
    return {
        "title": _("%(subject)s %(group)s · Term %(term)s", subject=subject_name(sheet), group=sheet.group.name,
                   term="I" if sheet.term == 1 else "II"),
        "meta": " · ".join(_meta(facts, lines)),
        "tags": lock_tags(locks, facts),
        "why_url": endpoint("LockView.calendar"),
        "ask_url": ask_url(actor, facts, locks),
        "exceptions": exceptions(locks, facts),
        "leaving": leaving_text(locks.policies) if facts.writable_columns(actor, locks.now) else "",
        "grid_url": url_for("GradebookView.sheet", sheet_id=sheet.id),
        "actions": _actions(actor, facts, locks.now),
    }  # fmt: skip


def _meta(facts: SheetFacts, lines: Sequence[Line]) -> list[str]:
    sheet = facts.sheet
    names = ", ".join(f"{t.full_name} ({t.part})" if t.part else t.full_name for t in facts.teachers)
    if not names:
        teachers = _("No teacher assigned")
    elif sheet.form.by_homeroom:
        teachers = _("Homeroom teacher %(names)s", names=names)
    else:
        teachers = _("Teacher %(names)s", names=names)
    meta = [
        teachers,
        _("%(n)s students", n=sum(1 for line in lines if line.left_on is None)),
        _("Circular %(code)s", code=str(CIRCULARS[sheet.circular]).removeprefix("TT ")),
    ]
    if has_average(sheet.form):
        meta.append(_("%(n)s regular scores", n=sheet.regular_count))
    if sheet.form is SheetForm.WEIGHTED:
        meta.append(_("%(n)s weight-2 tests", n=sheet.periodic_count))
    return meta


def _actions(actor: Actor, facts: SheetFacts, now: datetime) -> list[dict[str, str]]:
    target = facts.target(actor, now)
    exemptible = exemption_of(facts.sheet.circular, facts.sheet.subject.code) is not None
    wanted = (
        (Action.HISTORY_VIEW, "GradebookView.history", _("History"), "fa-clock-rotate-left"),
        (Action.SHEET_ENTER, "SheetImportView.import_sheet", _("Import Excel"), "fa-file-import"),
        (Action.SHEET_EXPORT, "SheetImportView.export_sheet", _("Export Excel"), "fa-file-export"),
        (Action.BOOK_PRINT, "PrintView.sheet", _("Print"), "fa-print"),
        (Action.SHEET_ATTEST, "ReconcileView.sheet", _("Compare"), "fa-scale-balanced"),
        (Action.SHEET_ATTEST, "SigningView.sheet", _("Confirm"), "fa-signature"),
        (Action.SHEET_DELEGATE, "DelegationView.form", _("Delegate"), "fa-user-pen"),
        (Action.EXEMPTION_DECIDE, "ExemptionView.form", _("Exemptions"), "fa-file-signature"),
    )
    after = [
        {"label": _("Retests"), "url": url, "icon": "fa-rotate", "css": "btn-default"}
        for action in (Action.RETEST_ENTER, Action.YEAR_DECIDE)
        if facts.sheet.term == 2 and may(actor, action, target) and (url := _after_year(facts.sheet.class_id))
    ]
    return (
        _attendance(actor, facts, target)
        + [
            {"label": label, "url": url, "icon": icon, "css": "btn-default"}
            for action, name, label, icon in wanted
            if facts.sheet.form in FORMS_OF.get(action, SheetForm)
            and (action is not Action.EXEMPTION_DECIDE or exemptible)
            and may(actor, action, target)
            and (url := endpoint(name, sheet_id=facts.sheet.id))
        ]
        + after[:1]
    )


def _attendance(actor: Actor, facts: SheetFacts, target: Target) -> list[dict[str, str]]:
    """Where what attendance comes to stands beside the counts of a sheet, and is taken over into it."""
    sheet = facts.sheet
    counted = sheet.form is SheetForm.TRAINING and sheet.class_id is not None
    if not counted or not may(actor, Action.ATTENDANCE_VIEW, target):
        return []
    url = url_for("AttendanceView.term", class_id=sheet.class_id, term=sheet.term)
    return [
        {"label": _("Counts from attendance"), "url": url, "icon": "fa-clipboard-user", "css": "btn-default"}
    ]


def _after_year(class_id: int | None) -> str | None:
    """Where retests of the class are entered; of a group of several classes, the list of them."""
    if class_id is None:
        return endpoint("YearEntryView.index")
    return endpoint("YearEntryView.form", class_id=class_id)


def answer_rows(
    kind: SubjectKind, averages: Mapping[int, Any], years: Mapping[int, Any]
) -> list[dict[str, Any]]:
    """Recomputed figures of rows for the answer to a save."""
    return [
        {
            "student": student,
            **_result(kind, average),
            "year_average": raw(years.get(student)),
        }
        for student, average in averages.items()
    ]
