"""The form that asks for a correction: cells of one sheet, one after the other, with what was typed kept."""

from dataclasses import dataclass, field
from typing import Any

from flask import request
from flask_babel import gettext as _

from app.domain.access import Action, Target, may
from app.domain.cell_values import choices, show_cell
from app.domain.sheet_forms import CellKind
from app.domain.vocabulary import SubjectKind
from app.errors import N_, Forbidden, HocVuError, Invalid, NotFound
from app.extensions import db
from app.security import request_clock
from app.services.cells import CellChange
from app.services.correction_requests import NOT_YOURS, CorrectionSheet, NewCorrection, open_correction_sheet
from app.services.locks import SheetLocks, sheet_locks
from app.services.sheet_reading import Line, load_lines
from app.views.base import actor, tell, today
from app.views.sheet_heads import Head, heads, subject_name
from app.views.sheet_page import raw

CHOOSE_CELL = N_("Choose the student and the column to be corrected.")


@dataclass
class DraftCell:
    """A cell of the form: what it holds, what is typed, why it can't be asked for (if so)."""

    student_id: int
    student: str
    column: str
    title: str
    old: str  # as stored, sent back so that a change meanwhile is seen
    shown: str
    typed: str
    options: list[str]
    text: bool
    locked: bool
    problem: str = ""

    @property
    def name(self) -> str:
        """Of its form field."""
        return f"new-{self.student_id}-{self.column}"


@dataclass
class Draft:
    """Everything the page of a new request shows."""

    sheet: Any
    title: str
    students: list[tuple[int, str]]
    columns: list[tuple[str, str]]
    cells: list[DraftCell] = field(default_factory=list)
    reason: str = ""
    message: str = ""
    problems: dict[tuple[int, str], str] = field(default_factory=dict)

    @property
    def grows(self) -> bool:
        """A further cell was asked for, nothing is sent yet."""
        return request.form.get("do") == "add"

    @classmethod
    def read(cls, refused: "Draft | None" = None) -> "Draft":
        """The form of this request: from the address or from what was posted. Raises NotFound, Forbidden."""
        sheet_id = request.values.get("sheet", type=int)
        if sheet_id is None:
            raise NotFound
        found = open_correction_sheet(db.session(), actor(), sheet_id, today())
        now = request_clock()()
        _require_part(found, now)
        locks = sheet_locks(db.session(), found.facts.sheet, found.facts.columns, now)
        lines = {line.student_id: line for line in load_lines(db.session(), found.facts.sheet)}
        named = heads(found.facts.sheet)
        sheet = found.facts.sheet
        draft = cls(
            sheet=sheet,
            title=f"{subject_name(sheet)} {sheet.group.name}",
            students=[(line.student_id, line.full_name) for line in lines.values()],
            columns=[(name, head.full) for name, head in named.items()],
            reason=request.form.get("reason", ""),
        )
        if refused is not None:
            draft.message, draft.problems = refused.message, refused.problems
        draft.cells = [
            _cell(draft, found, lines, named, locks, place) for place in draft._places(lines, named)
        ]
        return draft

    def _places(self, lines: dict[int, Line], named: dict[str, Head]) -> list[tuple[int, str]]:
        """The cells named so far, each once, with the one that is to be added."""
        asked = [place.split(":", 1) for place in request.values.getlist("cell") if ":" in place]
        single = (request.values.get("student", ""), request.values.get("column", ""))
        if request.method == "GET" or self.grows:
            asked.append(list(single))
        places = {(int(s), c): None for s, c in asked if s.isdecimal() and len(s) < 10}
        known = [(s, c) for s, c in places if s in lines and c in named]
        if self.grows and not all(single):
            self.message = _(CHOOSE_CELL)
        return known[:50]

    def as_request(self) -> NewCorrection:
        """What was filled in. Raises Invalid without a cell."""
        upload = request.files.get("evidence")
        content = upload.read() if upload and upload.filename else b""
        if not self.cells:
            raise Invalid(CHOOSE_CELL)
        return NewCorrection(
            sheet_id=self.sheet.id,
            cells=tuple(
                CellChange(c.student_id, c.column, request.form.get(f"old-{c.student_id}-{c.column}") or None,
                           c.typed or None)
                for c in self.cells
            ),
            reason=self.reason,
            evidence_name=(upload.filename or "") if upload and content else "",
            evidence=content,
        )  # fmt: skip

    def refused(self, error: HocVuError) -> None:
        """Keep what is wrong, cell by cell where it is about cells."""
        self.message = tell(error)
        for problem in getattr(error, "problems", ()):
            if hasattr(problem, "student_id"):
                self.problems[problem.student_id, problem.column] = _(problem.reason)
        for place in getattr(error, "conflicts", ()):
            self.problems[place] = _("This cell holds another value by now.")


def _require_part(found: CorrectionSheet, now: Any) -> None:
    """The page is for who may ask; whether somebody entered a cell is looked at when it is sent."""
    target = found.facts.target(actor(), now)
    as_author = Target(unit=target.unit, teaches=target.teaches, homeroom=target.homeroom, entered=True)
    if not may(actor(), Action.CORRECTION_REQUEST, as_author):
        raise Forbidden(NOT_YOURS)


def _cell(
    draft: Draft,
    found: CorrectionSheet,
    lines: dict[int, Line],
    named: dict[str, Head],
    locks: SheetLocks,
    place: tuple[int, str],
) -> DraftCell:
    student, column = place
    line, cell, sheet = lines[student], found.facts.cells[column], found.facts.sheet
    value = line.value(column)
    words = [word for _value, word in choices(cell.kind)] if cell.kind is not CellKind.MARK else []
    if cell.kind in (CellKind.LEVEL, CellKind.TRAIT):
        words = [value for value, _word in choices(cell.kind)]
    if cell.kind is CellKind.MARK and sheet.kind is SubjectKind.COMMENT:
        words = ["Đ", "CĐ"]
    kept = request.form.get(f"old-{student}-{column}")
    return DraftCell(
        student_id=student,
        student=line.full_name,
        column=column,
        title=named[column].full,
        old=kept if kept is not None and not draft.problems.get(place) else raw(value, cell.kind) or "",
        shown=show_cell(value, cell.kind),
        typed=request.form.get(f"new-{student}-{column}", ""),
        options=words,
        text=cell.kind is CellKind.TEXT,
        locked=bool(locks.reasons(student, column)),
        problem=draft.problems.get(place, ""),
    )
