"""Requests to open locked cells of a sheet for a while (đơn đề nghị mở khóa, S1 Điều 7.2): ask, decide, withdraw.

Each unit whose windows lock the cells decides for its own layer: its leader orders, an administrator executes. What it
grants is a window over exactly those cells that ends by itself; the lock of another unit stays until that unit grants too.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased, joinedload, selectinload

from app.domain.access import Action, Actor, may
from app.domain.exceptions import ExceptionKind
from app.domain.lock_requests import ExtensionState, request_state
from app.domain.locks import LockReason, LockRule
from app.domain.sheet_forms import lock_column
from app.domain.vocabulary import Book, WindowEffect, WindowMode
from app.errors import N_, Forbidden, Invalid
from app.models import ExtensionRequest, ExtensionSeat, GradebookSheet, LockWindow
from app.services import lock_notices, scope
from app.services.cells import NOT_YOURS, UNKNOWN_CELL
from app.services.clock import Clock, local_day
from app.services.exceptions import tell_above
from app.services.lock_checks import MAX_REASON, hold_epochs, text_problems
from app.services.lock_orders import FieldProblem, leaders_of, order_of, refuse
from app.services.locks import SheetLocks, sheet_locks
from app.services.notices import tell
from app.services.sheet_reading import SheetFacts, load_facts, load_lines
from app.services.unit_of_work import Work, transaction

LONGEST = timedelta(days=31)
"""How far ahead an opening may end: what is asked for is an exception, not another calendar."""

CHOOSE_COLUMNS = N_("Choose the columns to be opened.")
CHOOSE_TIME = N_("Choose a time to come, at most %(n)s days ahead.")
ALL_OPEN = N_("These cells are open, or final. What is final is changed by a correction request only.")
TERM_IS_CLOSED = N_(
    "The term is closed. Its cells are changed by a correction request, or after the head reopens the term."
)
ASKED_ALREADY = N_("This is asked for already and waits for an answer.")
NOT_WAITING = N_("This request does not wait for an answer any more.")
NOT_ASKED = N_("Your unit does not lock these cells, or was not asked: it cannot open them.")
NOT_YOUR_REQUEST = N_("Only the one who asked may withdraw it.")


@dataclass(frozen=True)
class NewExtension:
    """What is asked for. `student_ids` empty: the columns of every student."""

    columns: tuple[str, ...]
    until: datetime
    reason: str
    student_ids: tuple[int, ...] = ()


def holders(locks: SheetLocks, columns: Iterable[str], students: Sequence[int] = ()) -> list[LockReason]:
    """What locks these cells by window or closing, blank ones too; each unit's reason once.

    Entered cells of an open column that a round or a rule has made final are changed by a correction request only.
    """
    found: dict[tuple[int | None, LockRule], LockReason] = {}
    for column in columns:
        states = [locks.state(student, column) for student in students] or [locks.columns[column]]
        for state in (state for state in states if not state.open):
            for reason in state.reasons:
                found.setdefault((reason.unit_id, reason.rule), reason)
    return list(found.values())


def ask(actor: Actor, sheet_id: int, new: NewExtension, *, clock: Clock) -> int:
    """Ask for a timed opening; every unit that locks the cells is told. Returns the request's id.

    Raises NotFound, Forbidden (only who may enter the columns asks for them), Invalid with a FieldProblem per field.
    """
    with transaction(actor, "lock_request.ask", clock=clock, reason=new.reason[:MAX_REASON]) as work:
        facts = load_facts(work.session, actor, sheet_id, local_day(clock()))
        work.share_epoch(facts.sheet.unit_id)
        if not may(actor, Action.SHEET_ENTER, facts.target(actor, work.now)) or actor.person_id is None:
            raise Forbidden(NOT_YOURS)
        refuse(_problems(work, facts, new))
        locks = sheet_locks(work.session, facts.sheet, facts.columns, work.now)
        held = holders(locks, new.columns, new.student_ids)
        if not held:
            raise Invalid(ALL_OPEN)
        if any(reason.rule is LockRule.TERM_CLOSED for reason in held):
            raise Invalid(TERM_IS_CLOSED)
        _refuse_second(work, facts, new)
        request = ExtensionRequest(
            unit_id=facts.sheet.unit_id,
            sheet_id=sheet_id,
            columns=[column for column in facts.columns if column in new.columns],
            student_ids=sorted(set(new.student_ids)),
            until=new.until,
            reason=" ".join(new.reason.split()),
            asked_at=work.now,
            asked_by_id=actor.person_id,
        )
        units = sorted({reason.unit_id or facts.sheet.unit_id for reason in held})
        request.seats = [ExtensionSeat(unit_id=unit_id) for unit_id in units]
        work.session.add(request)
        work.flush()
        _tell_approvers(work, facts, request, units)
        work.audit("lock_request.ask", target=request, reason=request.reason, columns=request.columns)
        return request.id


def _problems(work: Work, facts: SheetFacts, new: NewExtension) -> list[FieldProblem]:
    found = text_problems("reason", new.reason, MAX_REASON)
    if not new.columns:
        found.append(FieldProblem("columns", CHOOSE_COLUMNS))
    elif set(new.columns) - set(facts.columns):
        found.append(FieldProblem("columns", UNKNOWN_CELL))
    elif set(new.columns) - facts.writable_columns(work.actor, work.now):
        found.append(FieldProblem("columns", NOT_YOURS))
    if not work.now < new.until <= work.now + LONGEST:
        found.append(FieldProblem("until", CHOOSE_TIME, {"n": LONGEST.days}))
    if new.student_ids:
        here = {line.student_id for line in load_lines(work.session, facts.sheet, new.student_ids)}
        if set(new.student_ids) - here:
            found.append(FieldProblem("student_ids", UNKNOWN_CELL))
    return found


def _refuse_second(work: Work, facts: SheetFacts, new: NewExtension) -> None:
    for other in load_requests(work.session, ExtensionRequest.sheet_id == facts.sheet.id):
        same = set(other.columns) >= set(new.columns) and other.student_ids == sorted(set(new.student_ids))
        if same and state_of(other, work.now) is ExtensionState.WAITING:
            raise Invalid(ASKED_ALREADY)


def decide(
    actor: Actor,
    request_id: int,
    grant: bool,
    answer: str,
    *,
    ordered_by_id: int | None = None,
    clock: Clock,
) -> int | None:
    """Answer for the actor's own unit. Granted: its window opens exactly those cells until the time asked for.

    Returns the window's id. Forbidden for units that weren't asked and for whoever neither leads nor administers the
    unit; Invalid when it doesn't wait any more, and for a refusal without a word.
    """
    with transaction(actor, "lock_request.decide", clock=clock, reason=answer[:MAX_REASON] or None) as work:
        day = local_day(clock())
        request = scope.get(work.session, actor, ExtensionRequest, request_id, day)
        seat = next((seat for seat in request.seats if seat.unit_id == actor.unit_id), None)
        if seat is None:
            raise Forbidden(NOT_ASKED)
        ordered_by, problems = order_of(
            work.session, actor, Action.LOCK_MANAGE, seat.unit, ordered_by_id, day
        )
        hold_epochs(work, {seat.unit_id, request.unit_id})
        _refresh(work, request)
        if state_of(request, work.now) is not ExtensionState.WAITING or seat.decided_at is not None:
            raise Invalid(NOT_WAITING)
        if not grant or answer.strip():
            problems = [*problems, *text_problems("answer", answer, MAX_REASON)]
        refuse(problems)
        window = _open(work, request, seat, ordered_by) if grant else None
        seat.decided_at, seat.granted = work.now, grant
        seat.answer = " ".join(answer.split()) or None
        seat.ordered_by_id, seat.executed_by_id = ordered_by, actor.user_id
        seat.window_id = window.id if window else None
        _tell_answer(work, request, seat)
        lock_notices.tell_who_ordered(
            work,
            ordered_by,
            f"trả lời đề nghị mở khóa {sheet_title(request)}",
            seat.answer or "",
            url_of(request),
        )
        verb = "lock_request.grant" if grant else "lock_request.refuse"
        work.audit(
            verb, target=request, reason=seat.answer, sheet=request.sheet_id, until=request.until.isoformat()
        )
        return window.id if window else None


def _refresh(work: Work, request: ExtensionRequest) -> None:
    work.session.refresh(request, with_for_update=True)
    for seat in request.seats:
        work.session.refresh(seat)


def _open(work: Work, request: ExtensionRequest, seat: ExtensionSeat, ordered_by: int | None) -> LockWindow:
    """The unit's window over exactly the cells asked for; a person executes it."""
    sheet = request.sheet
    window = LockWindow(
        owner_id=seat.unit_id,
        school_year_id=sheet.school_year_id,
        term=sheet.term,
        book=Book.GRADEBOOK,
        effect=WindowEffect.OPEN,
        mode=WindowMode.EXCEPTION,
        columns=list(request.columns),
        unit_ids=[] if seat.unit_id == request.unit_id else [request.unit_id],
        sheet_id=sheet.id,
        student_ids=list(request.student_ids),
        title=f"Mở riêng {sheet_title(request)}",
        reason=request.reason,
        opens_at=work.now,
        closes_at=request.until,
        announced_at=work.now,
        ordered_by_id=ordered_by,
        executed_by_id=work.actor.user_id,
    )
    work.session.add(window)
    work.flush()
    return window


def withdraw(actor: Actor, request_id: int, *, clock: Clock) -> None:
    """Take one's own request back. Forbidden for others, Invalid when it doesn't wait any more."""
    with transaction(actor, "lock_request.withdraw", clock=clock) as work:
        request = scope.get(work.session, actor, ExtensionRequest, request_id, local_day(clock()))
        if request.asked_by_id != actor.person_id:
            raise Forbidden(NOT_YOUR_REQUEST)
        hold_epochs(work, {request.unit_id})
        _refresh(work, request)
        if state_of(request, work.now) is not ExtensionState.WAITING:
            raise Invalid(NOT_WAITING)
        request.withdrawn_at = work.now
        work.audit("lock_request.withdraw", target=request)


# -- reading -----------------------------------------------------------------------------------------------------


def state_of(request: ExtensionRequest, now: datetime) -> ExtensionState:
    """Where a request stands."""
    answers = [seat.granted for seat in request.seats]
    return request_state(answers, request.until, request.withdrawn_at is not None, now)


def load_requests(session: Session, *where: sa.ColumnElement[bool]) -> list[ExtensionRequest]:
    """Requests with everything their pages show, newest first; two statements."""
    load = joinedload
    seats = selectinload(ExtensionRequest.seats)
    query = (
        sa.select(ExtensionRequest)
        .where(*where)
        .options(
            load(ExtensionRequest.sheet).options(load(GradebookSheet.subject), load(GradebookSheet.group)),
            load(ExtensionRequest.asked_by),
            seats.joinedload(ExtensionSeat.unit),
            seats.joinedload(ExtensionSeat.ordered_by),
            seats.joinedload(ExtensionSeat.executed_by),
        )
        .order_by(ExtensionRequest.asked_at.desc(), ExtensionRequest.id.desc())
    )
    return list(session.scalars(query))


def waiting_seats(unit_id: int | None, now: datetime) -> sa.Select[int]:
    """Ids of the requests that wait for a unit's answer."""
    other = aliased(ExtensionSeat)
    refused = sa.select(other.id).where(other.request_id == ExtensionRequest.id, other.granted.is_(False))
    return (
        sa.select(ExtensionRequest.id)
        .join(ExtensionSeat, ExtensionSeat.request_id == ExtensionRequest.id)
        .where(
            ExtensionSeat.unit_id == unit_id,
            ExtensionSeat.decided_at.is_(None),
            ExtensionRequest.withdrawn_at.is_(None),
            ExtensionRequest.until > now,
            ~refused.correlate(ExtensionRequest).exists(),
        )
    )


def count_waiting(session: Session, unit_id: int | None, now: datetime) -> int:
    """How many requests wait for a unit's answer; one statement."""
    found = waiting_seats(unit_id, now).subquery()
    return session.scalar(sa.select(sa.func.count()).select_from(found)) or 0


def sheet_title(request: ExtensionRequest) -> str:
    """Subject, group and term, as stored notices say it."""
    sheet = request.sheet
    return f"{sheet.subject.short_name} {sheet.group.name}, {lock_notices.TERMS[sheet.term]}"


# -- what they are told: stored as it is sent, in Vietnamese -------------------------------------------------------


def url_of(request: ExtensionRequest) -> str:
    """Where the request is shown."""
    return f"/lock-requests/{request.id}"


def _tell_approvers(work: Work, facts: SheetFacts, request: ExtensionRequest, units: Sequence[int]) -> None:
    found = leaders_of(work.session, units, local_day(work.now), admins=True)
    people = {person for listed in found.values() for person in listed} - {work.actor.person_id}
    body = (
        f"{work.actor.full_name} đề nghị mở {_cells_text(request)} đến {lock_notices.time_text(request.until, ending=True)}. "
        f"Lí do: {request.reason}."
    )
    title = f"Đề nghị mở khóa: {facts.sheet.subject.short_name} {facts.sheet.group.name}"
    tell(work, people, title, body, url_of(request))


def _tell_answer(work: Work, request: ExtensionRequest, seat: ExtensionSeat) -> None:
    """The one who asked; where the leader opened it for herself, or another tier decides, also the school's leaders."""
    waiting = [
        other.unit.short_name for other in request.seats if other.granted is None and other is not seat
    ]
    if seat.granted:
        outcome = f"{seat.unit.short_name} đồng ý mở đến {lock_notices.time_text(request.until, ending=True)}"
        outcome += f"; còn chờ {', '.join(waiting)}" if waiting else ""
    else:
        outcome = f"{seat.unit.short_name} không đồng ý"
    body = f"{outcome}. {_cells_text(request)[:1].upper()}{_cells_text(request)[1:]}."
    body += f" Ý kiến: {seat.answer}." if seat.answer else ""
    people = {request.asked_by_id}
    if seat.unit_id != request.unit_id:
        school = leaders_of(work.session, [request.unit_id], local_day(work.now), admins=True)
        people |= set(school.get(request.unit_id, ()))
    tell(work, people, f"Trả lời đề nghị mở khóa: {sheet_title(request)}", body, url_of(request))
    if seat.granted:
        own = seat.ordered_by_id == request.asked_by_id
        kind = ExceptionKind.HEADS_OWN if own else ExceptionKind.EXTENSION
        tell_above(work, seat.unit_id, kind, body, reason=request.reason, url=url_of(request))


def _cells_text(request: ExtensionRequest) -> str:
    columns = lock_notices.columns_text([lock_column(column) for column in request.columns])
    text = f"{columns} {sheet_title(request)}"
    return f"{text}, {len(request.student_ids)} học sinh" if request.student_ids else text
