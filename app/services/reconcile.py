"""Comparing a sheet with what stands outside the system: the teacher's own book, the posted list of a test.

S0 Điều 8 khoản 2, Điều 11 khoản 2; S1 Điều 5 khoản 1; S4 Điều 15 khoản 2. Nothing is changed in the sheet: differences
are listed and kept, and unexplained ones hold up closing (needs A1).
"""

import csv
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO, StringIO
from typing import Any, Final

import sqlalchemy as sa
from openpyxl import load_workbook
from sqlalchemy.orm import Session, selectinload

from app.domain.access import Action, Actor, may
from app.domain.cell_values import parse_cell, show_cell
from app.domain.names import fold
from app.domain.sheet_forms import Cell, CellKind
from app.errors import N_, Forbidden, Invalid, NotFound, Stale
from app.models import Attestation, AttestationNote, GradebookSheet
from app.services import scope
from app.services.clock import Clock, local_day
from app.services.closing.attested import Listed, counting, differing
from app.services.closing.digests import sheet_digests
from app.services.sheet_reading import Line, SheetFacts, load_facts, load_lines
from app.services.spreadsheets.archive import check_workbook
from app.services.typed import one_line
from app.services.unit_of_work import Work, transaction

MOST_ROWS: Final = 300
MOST_TEXT: Final = 500
MOST_SOURCE: Final = 200
CHANGED: Final = N_(
    "The sheet has changed since this page was opened. Nothing was recorded: look at it again."
)
OWN_BOOK: Final = "Sổ điểm cá nhân"
NOT_YOURS: Final = N_("Only who teaches the sheet, or the board of administrators, compares it.")
NO_COLUMN: Final = N_("Choose the column the list is of.")
NO_SOURCE: Final = N_("Say what the list is, for example the posted list of the midterm test.")
EMPTY: Final = N_("The list is empty: one student a line, the name and the mark.")
TOO_LONG: Final = N_("The list has more than %(n)s lines.")
STRANGE: Final = N_("These names are not in the sheet, so nothing was compared: %(names)s")
TWICE: Final = N_("%(name)s stands in the list more often than in the sheet. Nothing was compared.")
NO_TEXT: Final = N_("Write the reason of at least one difference.")
NOT_READABLE: Final = N_("This file cannot be read. Save it as .xlsx or .csv.")

Row = tuple[str, str]
"""Name and mark as they stand in a list."""


@dataclass(frozen=True)
class Compared:
    """A sheet's page of comparisons."""

    facts: SheetFacts
    attestations: Sequence[Attestation]
    counting: Mapping[int, Sequence[Listed]]  # of the comparisons that count, what differs now
    digest: str
    may_attest: bool


def load_comparisons(session: Session, actor: Actor, sheet_id: int, day: Any, now: Any) -> Compared:
    """The sheet with all its comparisons, the newest first. NotFound out of reach, Forbidden without the sheet."""
    facts = load_facts(session, actor, sheet_id, day)
    target = facts.target(actor, now)
    if not may(actor, Action.SHEET_VIEW, target):
        raise Forbidden(NOT_YOURS)
    rows = session.scalars(
        sa.select(Attestation)
        .where(Attestation.sheet_id == sheet_id)
        .options(selectinload(Attestation.notes), selectinload(Attestation.person))
        .order_by(Attestation.id.desc())
    ).all()
    digest = sheet_digests(session, (GradebookSheet.id == sheet_id,))[sheet_id]
    open_now = differing(session, counting(session, Attestation.sheet_id == sheet_id))
    return Compared(facts, rows, open_now, digest, may(actor, Action.SHEET_ATTEST, target))


def columns_of(facts: SheetFacts) -> tuple[Cell, ...]:
    """Columns a list can be compared with."""
    return tuple(cell for cell in facts.cells.values() if cell.kind is not CellKind.TEXT)


def attest(actor: Actor, sheet_id: int, digest: str, *, clock: Clock) -> int:
    """The teacher attests that the sheet equals the own book. Returns the attestation's id.

    `digest`: of the sheet as the page showed it. Raises Stale when it has changed since, Forbidden, NotFound.
    """
    with transaction(actor, "attestation.own_book", clock=clock) as work:
        facts = _hold(work, sheet_id, clock)
        if digest != _digest(work, facts):
            raise Stale(CHANGED)
        return _keep(work, facts, column=None, source=OWN_BOOK)


def compare_list(
    actor: Actor,
    sheet_id: int,
    column: str,
    rows: Sequence[Row],
    source: str,
    *,
    file_digest: str | None = None,
    clock: Clock,
) -> int:
    """Compare a list with one column cell by cell; the differences are kept. Returns the attestation's id.

    A student of the sheet who isn't in the list counts as blank there. Raises Invalid for names the sheet hasn't (a
    shifted block is refused, not compared), Forbidden, NotFound.
    """
    source = one_line(source, MOST_SOURCE, NO_SOURCE)
    if not rows:
        raise Invalid(EMPTY)
    if len(rows) > MOST_ROWS:
        raise Invalid(TOO_LONG, n=MOST_ROWS)
    with transaction(actor, "attestation.compare", clock=clock) as work:
        facts = _hold(work, sheet_id, clock)
        cell = next((cell for cell in columns_of(facts) if cell.name == column), None)
        if cell is None:
            raise Invalid(NO_COLUMN)
        lines = [line for line in load_lines(work.session, facts.sheet) if line.left_on is None]
        typed = matched(lines, rows)
        listed = [_listed(facts, cell, line, typed.get(line.student_id, "")) for line in lines]
        return _keep(work, facts, column, source, listed, file_digest)


def explain(actor: Actor, attestation_id: int, texts: Mapping[int, str], *, clock: Clock) -> int:
    """Say why differences are as they are, by student; each once. Returns how many. Raises Forbidden, NotFound, Invalid."""
    with transaction(actor, "attestation.explain", clock=clock) as work:
        row = scope.get(work.session, actor, Attestation, attestation_id, local_day(clock()))
        _hold(work, row.sheet_id, clock)
        work.session.refresh(row)
        open_now = differing(work.session, counting(work.session, Attestation.sheet_id == row.sheet_id))
        unexplained = {item.student_id for item in open_now.get(row.id, ())}
        unexplained -= {note.student_id for note in row.notes}
        chosen = {key: one_line(text, MOST_TEXT) for key, text in texts.items() if text.strip()}
        if not chosen:
            raise Invalid(NO_TEXT)
        if chosen.keys() - unexplained:
            raise NotFound
        work.session.add_all(
            AttestationNote(
                attestation_id=row.id,
                student_id=student,
                text=text,
                written_at=work.now,
                person_id=actor.person_id,
            )
            for student, text in chosen.items()
        )
        work.audit("attestation.explain", target=row, students=sorted(chosen))
        return len(chosen)


def typed_rows(text: str) -> list[Row]:
    """A pasted list: a student a line, the name, then the mark after a tab, a semicolon or the last space."""
    rows = []
    for line in text.splitlines():
        cells = [part.strip() for part in line.replace(";", "\t").split("\t") if part.strip()]
        if len(cells) == 1:
            name, _space, mark = cells[0].rpartition(" ")
            cells = [name, mark] if name and any(c.isdigit() for c in mark) else cells
        if cells:
            rows.append(_row(cells))
    return rows


def file_rows(filename: str, data: bytes) -> list[Row]:
    """The same from an uploaded .xlsx (its first sheet) or .csv. Raises Invalid, BadFile."""
    if filename.lower().endswith(".csv"):
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise Invalid(NOT_READABLE) from error
        separator = ";" if text.count(";") >= text.count(",") else ","
        return [_row(cells) for cells in csv.reader(StringIO(text), delimiter=separator) if any(cells)]
    check_workbook(data)
    try:
        book = load_workbook(BytesIO(data), read_only=True, data_only=True)
        found = [
            [str(value).strip() for value in values if value is not None]
            for values in book.worksheets[0].iter_rows(max_row=MOST_ROWS + 50, max_col=30, values_only=True)
        ]
    except (KeyError, IndexError, ValueError, TypeError, AttributeError, OSError) as error:
        raise Invalid(NOT_READABLE) from error
    return [_row(cells) for cells in found if cells]


def digest_of_file(data: bytes) -> str:
    """SHA-256 of an uploaded list."""
    return hashlib.sha256(data).hexdigest()


def _row(cells: Sequence[str]) -> Row:
    """The name is the first cell with letters and a space, the mark the last one after it; a running number is skipped."""
    cells = [cell.strip() for cell in cells if cell.strip()]
    place = next((i for i, cell in enumerate(cells) if " " in cell and not cell[0].isdigit()), 0)
    mark = cells[-1] if len(cells) - 1 > place else ""
    return cells[place], mark


def matched(lines: Iterable[Line], rows: Sequence[Row]) -> dict[int, str]:
    """Marks by student: by name, those of the same name in the order of the sheet. Raises Invalid for strange names.

    Rows before the first known name are headings.
    """
    waiting: dict[str, list[int]] = {}
    for line in lines:
        waiting.setdefault(fold(line.full_name), []).append(line.student_id)
    known = set(waiting)
    first = next((i for i, (name, _mark) in enumerate(rows) if fold(name) in known), len(rows))
    strange = [name for name, _mark in rows[first:] if fold(name) not in known]
    if first == len(rows) or strange:
        raise Invalid(STRANGE, names=", ".join((strange or [name for name, _m in rows])[:10]))
    found: dict[int, str] = {}
    for name, mark in rows[first:]:
        if not waiting[fold(name)]:
            raise Invalid(TWICE, name=name)
        found[waiting[fold(name)].pop(0)] = mark
    return found


def _listed(facts: SheetFacts, cell: Cell, line: Line, typed: str) -> dict[str, Any]:
    """The cell as it stands in both, in the way it is shown; what can't be read as a mark stays as it was typed."""
    parsed = parse_cell(typed, cell, facts.sheet.kind)
    shown = typed if parsed.problem else show_cell(parsed.value, cell.kind)
    return {
        "student_id": line.student_id,
        "name": line.full_name,
        "sheet": show_cell(line.value(cell.name), cell.kind),
        "list": shown[:40],
    }


def _hold(work: Work, sheet_id: int, clock: Clock) -> SheetFacts:
    facts = load_facts(work.session, work.actor, sheet_id, local_day(clock()), to_write=True)
    if sheet_id not in work.lock_sheets(facts.sheet.unit_id, [sheet_id]):
        raise NotFound
    if work.actor.person_id is None or not may(
        work.actor, Action.SHEET_ATTEST, facts.target(work.actor, work.now)
    ):
        raise Forbidden(NOT_YOURS)
    return facts


def _keep(
    work: Work,
    facts: SheetFacts,
    column: str | None,
    source: str,
    listed: Sequence[dict[str, Any]] = (),
    file_digest: str | None = None,
) -> int:
    sheet = facts.sheet
    row = Attestation(
        unit_id=sheet.unit_id,
        school_year_id=sheet.school_year_id,
        term=sheet.term,
        sheet_id=sheet.id,
        column=column,
        digest=_digest(work, facts),
        source=source,
        file_digest=file_digest,
        compared=len(listed),
        rows=list(listed),
        made_at=work.now,
        person_id=work.actor.person_id,
        user_id=work.actor.user_id,
    )
    work.session.add(row)
    work.flush()
    differences = sum(item["sheet"] != item["list"] for item in listed)
    work.audit("attestation.made", target=row, column=column, differences=differences)
    return row.id


def _digest(work: Work, facts: SheetFacts) -> str:
    return sheet_digests(work.session, (GradebookSheet.id == facts.sheet.id,))[facts.sheet.id]
