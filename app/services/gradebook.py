"""Writing marks: the one path of grid, form, import and API (design §6)."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm.attributes import flag_modified, set_committed_value

from app.domain.access import SYSTEM, Action, Actor, may
from app.domain.cell_values import parse_cell
from app.domain.names import nfc, unicode_problem
from app.domain.sheet_forms import CellKind
from app.domain.vocabulary import MarkState
from app.errors import N_, Forbidden, Invalid, Locked, NotFound, Stale
from app.models import ROWS, CorrectionRequest, SheetSubmission, TxLog
from app.models.gradebook import CellValue, Mark, SheetRow
from app.services import averages, history, locks
from app.services.cells import (
    CONFLICT,
    INVALID,
    LOCKED,
    MAX_COMMENT,
    NOT_HERE,
    NOT_YOURS,
    TOO_LONG,
    UNKNOWN_CELL,
    CellChange,
    CellProblem,
    Conflict,
    LockedCell,
    Parsed,
    Saved,
    require_decided,
)
from app.services.clock import Clock, local_day
from app.services.closing.again import tell_signers
from app.services.sheet_cells import has_average
from app.services.sheet_reading import Line, SheetFacts, load_facts, load_lines
from app.services.unit_of_work import Work, transaction
from app.services.year_rows import note_terms

PERIODIC: Final = frozenset({"midterm", "final"})
"""Columns of tests that can be missed, made up, or recorded as 0 (TT 22/2021 Điều 7)."""


def enter_scores(
    actor: Actor,
    sheet_id: int,
    changes: Sequence[CellChange],
    *,
    clock: Clock,
    request_id: str | None = None,
    reason: str | None = None,
    action: str = "sheet.enter",
    event: Mapping[str, Any] | None = None,
) -> Saved:
    """Save changed cells of one sheet, all or nothing; `event`: details of an entry in the trail that goes with them.

    Raises NotFound (sheet out of reach), Forbidden (not assigned, or not to a column), Invalid, Locked, Stale
    (somebody saved first; nothing overwritten), Unavailable. A request sent twice with the same id is saved once.
    """
    with transaction(actor, action, clock=clock, request_id=request_id, reason=reason) as work:
        facts = _hold_sheet(work, sheet_id, clock)
        covered = _require_entry(work, facts)
        if request_id and _already_saved(work, request_id):
            return _as_it_stands(work, facts, changes)
        sheet_locks = locks.sheet_locks(work.session, facts.sheet, facts.columns, work.now)
        parsed = parse_changes(changes, facts, sheet_locks.policies.quick_entry)
        lines = {line.student_id: line for line in load_lines(work.session, facts.sheet, _students(changes))}
        _require_lines(parsed, lines, work)
        _require_columns(parsed, covered)
        _require_open(parsed, sheet_locks)
        wanted = _without_conflicts(work, facts, parsed, lines)
        saved = _apply(work, facts, wanted, lines)
        if event is not None:
            work.audit(action, target=facts.sheet, reason=reason, cells=len(saved.cells), **event)
        return saved


def apply_correction_cells(work: Work, request: CorrectionRequest) -> Saved:
    """Write the cells of a request whose every seat is filled: the one write that the locks let pass.

    With the sheet held. Exactly these cells, each from the value it had when asked; averages follow as after a save.
    Raises Forbidden while a seat is empty, Stale naming the cells that hold another value by now.
    """
    require_decided(request)
    if request.sheet_id is None:
        raise Invalid(UNKNOWN_CELL)
    # Whoever takes the last seat need not reach the sheet: the request, which they do reach, is the right to it.
    facts = load_facts(work.session, SYSTEM, request.sheet_id, local_day(work.now), to_write=True)
    work.session.refresh(facts.sheet)
    changes = [CellChange(c.student_id or 0, c.column, c.old, c.new) for c in request.cells]
    parsed = parse_changes(changes, facts, quick_entry=False)
    lines = {line.student_id: line for line in load_lines(work.session, facts.sheet, _students(changes))}
    changed = [p for p in parsed if p.change.student_id not in lines or not _holds(lines, p)]
    if changed:
        raise Stale(CONFLICT, conflicts=tuple((p.change.student_id, p.change.column) for p in changed))
    return _apply(work, facts, parsed, lines)


def _holds(lines: Mapping[int, Line], item: Parsed) -> bool:
    return bool(lines[item.change.student_id].value(item.change.column) == item.old)


def _hold_sheet(work: Work, sheet_id: int, clock: Clock) -> SheetFacts:
    """Scope first, then the locks, then the clock; the day of the first reading only finds the assignments."""
    facts = load_facts(work.session, work.actor, sheet_id, local_day(clock()), to_write=True)
    held = work.lock_sheets(facts.sheet.unit_id, [sheet_id])
    if sheet_id not in held:
        raise NotFound
    set_committed_value(facts.sheet, "revision", held[sheet_id])
    return facts


def _require_entry(work: Work, facts: SheetFacts) -> frozenset[str]:
    """Columns the actor may enter now; raises Forbidden when there are none. Notes on whose behalf, if delegated."""
    target = facts.target(work.actor, work.now)
    if not may(work.actor, Action.SHEET_ENTER, target):
        raise Forbidden(NOT_YOURS)
    if work.actor.is_system:
        return frozenset(facts.columns)
    delegation = facts.delegation_of(work.actor, work.now)
    if delegation is not None and not target.teaches:
        work.on_behalf_of(delegation.on_behalf_of_id)
    return facts.writable_columns(work.actor, work.now)


def _already_saved(work: Work, request_id: str) -> bool:
    return work.session.scalar(sa.select(TxLog.id).where(TxLog.request_id == request_id)) is not None


def _students(changes: Sequence[CellChange]) -> list[int]:
    return sorted({change.student_id for change in changes})


def _as_it_stands(work: Work, facts: SheetFacts, changes: Sequence[CellChange]) -> Saved:
    lines = {line.student_id: line for line in load_lines(work.session, facts.sheet, _students(changes))}
    cells = {
        (c.student_id, c.column): lines[c.student_id].value(c.column)
        for c in changes
        if c.student_id in lines
    }
    return Saved(
        facts.sheet.kind,
        facts.sheet.revision,
        work.now,
        cells,
        {s: line.value("average") for s, line in lines.items()},
        {s: line.year.average if line.year else None for s, line in lines.items()},
    )


def parse_changes(changes: Sequence[CellChange], facts: SheetFacts, quick_entry: bool) -> list[Parsed]:
    """Typed texts as values; raises Invalid naming every refused cell."""
    problems: list[CellProblem] = []
    parsed: dict[tuple[int, str], Parsed] = {}
    for change in changes:
        if change.column not in facts.columns:
            problems.append(CellProblem(change.student_id, change.column, UNKNOWN_CELL))
            continue
        new, problem = _value(change.new, change, facts, quick_entry)
        old, _ignored = _value(change.old, change, facts, False)
        if problem is not None:
            problems.append(problem)
        parsed[change.student_id, change.column] = Parsed(change, old, new)
    if problems:
        raise Invalid(INVALID, problems=tuple(problems))
    return list(parsed.values())


def _value(
    text: str | None, change: CellChange, facts: SheetFacts, quick_entry: bool
) -> tuple[CellValue | None, CellProblem | None]:
    cell = facts.cells[change.column]
    if cell.kind is CellKind.TEXT:
        comment = " ".join(nfc(text or "").split()) or None
        problem = unicode_problem(comment) if comment else None
        if comment and len(comment) > MAX_COMMENT:
            problem = TOO_LONG
        return comment, CellProblem(change.student_id, change.column, problem) if problem else None
    mark = parse_cell(text, cell, facts.sheet.kind, quick_entry)
    if mark.problem is None:
        return mark.value, None
    return None, CellProblem(change.student_id, change.column, mark.problem, mark.suggestion)


def _require_lines(parsed: Sequence[Parsed], lines: Mapping[int, Line], work: Work) -> None:
    """Every cell must be of a student who is (or, for the day of leaving, was) in the group."""
    today = local_day(work.now)
    gone = [
        CellProblem(p.change.student_id, p.change.column, NOT_HERE)
        for p in parsed
        if (line := lines.get(p.change.student_id)) is None
        or (line.left_on is not None and line.left_on < today)
    ]
    if gone:
        raise Invalid(INVALID, problems=tuple(gone))


def _require_columns(parsed: Sequence[Parsed], covered: frozenset[str]) -> None:
    if any(p.change.column not in covered for p in parsed):
        raise Forbidden(NOT_YOURS)


def _require_open(parsed: Sequence[Parsed], sheet_locks: locks.SheetLocks) -> None:
    held = [
        LockedCell(p.change.student_id, p.change.column, reasons)
        for p in parsed
        if (reasons := sheet_locks.reasons(p.change.student_id, p.change.column))
    ]
    if held:
        raise Locked(LOCKED, reasons=tuple(held))


def _without_conflicts(
    work: Work, facts: SheetFacts, parsed: Sequence[Parsed], lines: Mapping[int, Line]
) -> list[Parsed]:
    """The changes still to make; raises Stale when a cell no longer holds what the page showed."""
    wanted: list[Parsed] = []
    clashes: list[Parsed] = []
    for item in parsed:
        current = lines[item.change.student_id].value(item.change.column)
        if current == item.new:
            continue
        (wanted if current == item.old else clashes).append(item)
    if clashes:
        cells = [(p.change.student_id, p.change.column) for p in clashes]
        writers = history.last_writers(work.session, facts.sheet.id, cells, facts.sheet.form)
        raise Stale(CONFLICT, conflicts=tuple(_conflict(p, lines, writers, work.now) for p in clashes))
    return wanted


def _conflict(item: Parsed, lines: Mapping[int, Line], writers: Mapping[Any, Any], now: datetime) -> Conflict:
    cell = (item.change.student_id, item.change.column)
    by, at = writers.get(cell, ("HocVu", now))
    return Conflict(*cell, yours=item.new, theirs=lines[cell[0]].value(cell[1]), by=by, at=at)


def _apply(work: Work, facts: SheetFacts, wanted: Sequence[Parsed], lines: dict[int, Line]) -> Saved:
    """Set the cells, recompute the rows, count the revision; flushed once, with the commit."""
    sheet = facts.sheet
    rows: dict[int, Any] = {}
    for item in wanted:
        student, column = item.change.student_id, item.change.column
        row = rows.get(student) or lines[student].grade
        if row is None:
            row = ROWS[sheet.form](sheet_id=sheet.id, student_id=student, class_id=sheet.class_id)
            work.session.add(row)
        rows[student] = row
        setattr(row, column, item.new)
        _follow_state(row, column)
    _align(rows.values(), {item.change.column for item in wanted}, has_average(sheet.form))
    years = _recompute(work, facts, rows, lines)
    if wanted:
        sheet.revision += 1
        if sheet.id in work.signed:
            tell_signers(work, sheet)
    return Saved(
        kind=sheet.kind,
        revision=sheet.revision,
        saved_at=work.now,
        cells={(p.change.student_id, p.change.column): p.new for p in wanted},
        averages={student: getattr(row, "average", None) for student, row in rows.items()},
        years=years,
        states={
            (student, column): getattr(row, f"{column}_state")
            for student, row in rows.items()
            for column in PERIODIC
            if hasattr(row, f"{column}_state")
        },
    )


def _align(rows: Iterable[SheetRow], changed: Set[str], averaged: bool) -> None:
    """Give every changed row the same set of columns: ragged changes stay one executemany (trap 8)."""
    columns = {*changed, *(f"{c}_state" for c in changed & PERIODIC)} | ({"average"} if averaged else set())
    for row in rows:
        state: Any = sa.inspect(row)
        if state.persistent:
            for column in columns:
                flag_modified(row, column)


def _follow_state(row: SheetRow, column: str) -> None:
    """A mark typed into an awaited test is made up; a blanked cell awaits nothing any more."""
    state = f"{column}_state"
    if column not in PERIODIC or getattr(row, state, None) is None:
        return
    setattr(row, state, None if getattr(row, column) is None else MarkState.MADE_UP)


def _recompute(
    work: Work, facts: SheetFacts, rows: Mapping[int, Any], lines: Mapping[int, Line]
) -> dict[int, Any]:
    """Term results of the changed rows, and year results where a term result moved."""
    if not has_average(facts.sheet.form):
        return {}
    moved: dict[int, Mark | None] = {}
    for student, row in rows.items():
        result = averages.term_result(facts.sheet, row)
        if result != row.average:
            row.average = moved[student] = result
    years = {s: line.year for s, line in lines.items() if s in rows}
    standing = {s: year.average if year else None for s, year in years.items()}
    return standing | note_terms(work, facts.sheet, moved, years)


def submit_sheet(actor: Actor, sheet_id: int, columns: Sequence[str], *, clock: Clock) -> datetime:
    """Chốt: what is entered in these columns is final from now on, where the policy says so. Returns the instant.

    Raises Forbidden for anybody but a teacher of the columns, Invalid for columns the sheet hasn't.
    """
    with transaction(actor, "sheet.submit", clock=clock) as work:
        facts = _hold_sheet(work, sheet_id, clock)
        covered = _require_entry(work, facts)
        chosen = [c for c in facts.columns if c in columns]
        if not chosen or set(columns) - set(facts.columns):
            raise Invalid(UNKNOWN_CELL)
        if set(chosen) - covered:
            raise Forbidden(NOT_YOURS)
        work.session.add(
            SheetSubmission(
                sheet_id=sheet_id, columns=chosen, submitted_at=work.now, person_id=actor.person_id
            )
        )
        facts.sheet.revision += 1
        work.audit("sheet.submit", target=facts.sheet, columns=chosen)
        return work.now


def record_absence(
    actor: Actor,
    sheet_id: int,
    student_id: int,
    column: str,
    state: MarkState | None,
    *,
    clock: Clock,
    reason: str | None = None,
) -> Saved:
    """Note an absence at a periodic test: awaiting a made-up test, or a recorded 0 / Chưa đạt by decision.

    TT 22/2021 Điều 7 khoản 4, 5: a missing test is made up; not made up, it becomes 0 as a recorded decision, never
    by itself. `state` None takes the note back. Raises Invalid when the cell holds a mark, or the reason is missing.
    """
    with transaction(actor, "sheet.absence", clock=clock, reason=reason) as work:
        facts = _hold_sheet(work, sheet_id, clock)
        if column not in PERIODIC or not hasattr(ROWS[facts.sheet.form], f"{column}_state"):
            raise Invalid(N_("Only a midterm or final test can be noted as missed."))
        change = CellChange(student_id, column, None, None)
        if column not in _require_entry(work, facts):
            raise Forbidden(NOT_YOURS)
        lines = {line.student_id: line for line in load_lines(work.session, facts.sheet, [student_id])}
        _require_lines([Parsed(change, None, None)], lines, work)
        sheet_locks = locks.sheet_locks(work.session, facts.sheet, facts.columns, work.now)
        _require_open([Parsed(change, None, None)], sheet_locks)
        return _note_absence(work, facts, lines, change, state, reason)


def _note_absence(
    work: Work,
    facts: SheetFacts,
    lines: dict[int, Line],
    change: CellChange,
    state: MarkState | None,
    reason: str | None,
) -> Saved:
    line = lines[change.student_id]
    recorded = line.state(change.column) == MarkState.RECORDED_ZERO
    if line.value(change.column) is not None and not recorded:
        raise Invalid(N_("This cell already holds a mark. Clear it first."))
    if state is MarkState.RECORDED_ZERO and not (reason or "").strip():
        raise Invalid(N_("A recorded 0 needs its reason, for example the date of the test and the decision."))
    typed = "0" if facts.sheet.kind == "scored" else "CĐ"
    zero = parse_cell(typed, facts.cells[change.column], facts.sheet.kind).value
    value = zero if state is MarkState.RECORDED_ZERO else None
    saved = _apply(work, facts, [Parsed(change, line.value(change.column), value)], lines)
    row = line.grade or next(
        r for r in work.session.new if isinstance(r, SheetRow) and r.student_id == line.student_id
    )
    setattr(row, f"{change.column}_state", state)
    return replace(saved, states={(change.student_id, change.column): state})
