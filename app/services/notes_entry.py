"""Writing teachers' remarks: a whole class in one save, all or nothing (design §6)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from app.domain.access import Action, Actor, may
from app.domain.names import nfc, unicode_problem
from app.domain.notes import MOST_TEXT, NoteKind, NotePeriod
from app.errors import N_, Forbidden, Invalid, Locked, Stale
from app.models import CorrectionRequest, SchoolClass, StudentNote, TxLog
from app.services.cells import (
    INVALID,
    LOCKED,
    NOT_HERE,
    TOO_LONG,
    CellProblem,
    Conflict,
    LockedCell,
    require_decided,
)
from app.services.clock import Clock, clamp, local_day
from app.services.notes import NoteBook, NoteLine, load_book, load_lines
from app.services.notes_locks import note_state
from app.services.unit_of_work import Work, transaction
from app.services.unit_rules import load_rules

TEXT, REACHED = "text", "reached"

NOT_YOURS = N_("You are not assigned to write these remarks today.")
NOT_BEGUN = N_("This period has not begun yet.")
NO_LEVEL = N_("Only the record of a child's development says whether a goal is reached.")
WRITTEN_ELSEWHERE = N_("This remark was written in another class and stays with it.")
CONFLICT = N_("Somebody saved these remarks first. Nothing was saved; choose which one is right.")


@dataclass(frozen=True)
class NoteEdit:
    """A remark as the page showed it and as it is now; `student_id` WHOLE_CLASS for the one on the class."""

    student_id: int
    old: str | None
    new: str | None
    old_reached: bool | None = None
    new_reached: bool | None = None


@dataclass(frozen=True)
class NotesSaved:
    """How many remarks were changed, and when."""

    changed: int
    saved_at: datetime


@dataclass(frozen=True)
class _Wanted:
    """An edit with the line it is about; texts tidied."""

    edit: NoteEdit
    line: NoteLine


def enter_notes(
    actor: Actor,
    class_id: int,
    kind: NoteKind,
    period: str,
    edits: Sequence[NoteEdit],
    *,
    subject_id: int | None = None,
    area: str | None = None,
    clock: Clock,
    request_id: str | None = None,
) -> NotesSaved:
    """Save changed remarks of one class and period, all or nothing; sent twice with the same id, once.

    Raises NotFound (out of reach, no such period or subject), Forbidden (not the class's homeroom teacher, or not
    teaching it the subject, today), Invalid, Locked, Stale (somebody saved first; nothing overwritten), Unavailable.
    """
    with transaction(actor, "note.enter", clock=clock, request_id=request_id) as work:
        book = load_book(
            work.session, actor, class_id, kind, local_day(clock()), subject_id=subject_id, area=area
        )
        chosen = book.period(period)
        hold_class(work, book.school_class)
        if not may(actor, Action.NOTE_ENTER, book.entry_target(actor)):
            raise Forbidden(NOT_YOURS)
        if request_id and work.session.scalar(sa.select(TxLog.id).where(TxLog.request_id == request_id)):
            return NotesSaved(0, work.now)
        if chosen.starts_on > local_day(work.now):
            raise Invalid(NOT_BEGUN)
        changed = write_notes(work, book, chosen, edits)
        if changed:
            work.audit(
                "note.enter",
                target=book.school_class,
                kind=kind.value,
                period=period,
                topic=book.subject.code if book.subject else book.area,
                remarks=changed,
            )
        return NotesSaved(changed, work.now)


def write_notes(
    work: Work,
    book: NoteBook,
    period: NotePeriod,
    edits: Sequence[NoteEdit],
    decided: CorrectionRequest | None = None,
) -> int:
    """Check and write remarks with the class held; how many. A `decided` request passes the locks, nothing else does.

    Raises Invalid, Stale, Locked, Forbidden for a request that still waits for somebody; then nothing was changed.
    """
    if decided is not None:
        require_decided(decided)
    author = work.actor.person_id if decided is None else decided.requested_by_id
    wanted = _changes(work, book, period, [_tidy(edit) for edit in edits], past_locks=decided is not None)
    for item in wanted:
        _write(work, book, period, item, author)
    return len(wanted)


def hold_class(work: Work, room: SchoolClass) -> None:
    """The unit's epoch shared, the class's row exclusively: two saves of one class never interleave."""
    work.share_epoch(room.unit_id)
    work.session.execute(sa.select(SchoolClass.id).where(SchoolClass.id == room.id).with_for_update())


def _tidy(edit: NoteEdit) -> NoteEdit:
    old, new = tidy_text(edit.old), tidy_text(edit.new)
    return NoteEdit(edit.student_id, old, new, edit.old_reached, edit.new_reached)


def tidy_text(typed: str | None) -> str | None:
    """A remark as it is kept; None for blank."""
    return " ".join(nfc(typed or "").split()) or None


def text_problem(text: str | None) -> str | None:
    """What is wrong with a remark's text, or None."""
    if text is None:
        return None
    return TOO_LONG if len(text) > MOST_TEXT else unicode_problem(text)


def _changes(
    work: Work, book: NoteBook, period: NotePeriod, edits: Sequence[NoteEdit], *, past_locks: bool
) -> list[_Wanted]:
    """What is still to be written; raises Invalid, Stale or Locked naming every remark in question."""
    state = note_state(work.session, book.school_class, period.term, work.now)
    rules = load_rules(work.session, book.school_class.unit_id)
    lines = {line.student_id: line for line in load_lines(work.session, book, period, state, rules, work.now)}
    day, year = local_day(work.now), book.school_class.school_year
    if past_locks:
        day = clamp(day, year.starts_on, year.ends_on)
    problems = [p for edit in edits if (p := _problem(day, book, edit, lines.get(edit.student_id)))]
    if problems:
        raise Invalid(INVALID, problems=tuple(problems))
    wanted: list[_Wanted] = []
    clashes: list[_Wanted] = []
    for edit in edits:
        line = lines[edit.student_id]
        if (line.text, line.reached) == (edit.new, edit.new_reached):
            continue
        drawn_from = (line.text, line.reached) == (edit.old, edit.old_reached)
        (wanted if drawn_from else clashes).append(_Wanted(edit, line))
    if clashes:
        raise Stale(CONFLICT, conflicts=tuple(_conflict(item, work.now) for item in clashes))
    held = [LockedCell(i.edit.student_id, TEXT, i.line.reasons) for i in wanted if i.line.reasons]
    if held and not past_locks:
        raise Locked(LOCKED, reasons=tuple(held))
    return wanted


def _problem(day: date, book: NoteBook, edit: NoteEdit, line: NoteLine | None) -> CellProblem | None:
    """What is wrong with an edit, or None."""
    if line is None or not line.present(day):
        return CellProblem(edit.student_id, TEXT, NOT_HERE)
    if line.elsewhere:
        return CellProblem(edit.student_id, TEXT, WRITTEN_ELSEWHERE)
    if edit.new_reached is not None and book.kind is not NoteKind.DEVELOPMENT:
        return CellProblem(edit.student_id, REACHED, NO_LEVEL)
    reason = text_problem(edit.new)
    return CellProblem(edit.student_id, TEXT, reason) if reason else None


def _conflict(item: _Wanted, now: datetime) -> Conflict:
    """Both texts; the level where only that differs is told by the page, which draws it anew."""
    last = item.line.history[0] if item.line.history else None
    return Conflict(
        item.edit.student_id,
        TEXT,
        yours=item.edit.new,
        theirs=item.line.text,
        by=last.by if last else "HocVu",
        at=last.at if last else now,
    )


def _write(work: Work, book: NoteBook, period: NotePeriod, item: _Wanted, author_id: int | None) -> None:
    note = item.line.note
    if note is None:
        room = book.school_class
        note = StudentNote(
            cell=book.cell(period, item.edit.student_id),
            unit_id=room.unit_id,
            school_year_id=room.school_year_id,
            class_id=room.id,
            student_id=item.edit.student_id or None,
            kind=book.kind,
            period=period.code,
            subject_id=book.subject.id if book.subject else None,
            area=book.area,
        )
        work.session.add(note)
    note.text, note.reached = item.edit.new, item.edit.new_reached
    note.author_id = author_id
