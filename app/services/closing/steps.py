"""The steps to closing that somebody ticks, closing itself, and reopening: by the head, or with the tier above's consent."""

import logging
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import Action, Actor
from app.domain.assessment.registry import Circular
from app.domain.closing import TAKEN_BY, ReopenState, Stage, allowed
from app.domain.exceptions import ExceptionKind
from app.domain.policies import CENTRE_SETTINGS
from app.domain.vocabulary import WindowEffect
from app.errors import N_, Forbidden, HocVuError, Invalid
from app.models import Closing, ClosingStep, LockWindow, OrgUnit, ReopenRequest, SchoolYear
from app.services import scope
from app.services.actors import ancestors
from app.services.chain import anchors
from app.services.clock import Clock, local_day
from app.services.closing.book import Book
from app.services.closing.load import load_book
from app.services.closing.separation import require_apart, require_not_checked
from app.services.closing.signing import require_signing
from app.services.closing_state import TITLES
from app.services.exceptions import tell_above
from app.services.lock_notices import time_text
from app.services.notices import tell, tell_units
from app.services.policies import centre_settings
from app.services.rights import demand
from app.services.typed import one_line
from app.services.unit_of_work import Work, transaction

log = logging.getLogger(__name__)

MAX_REASON: Final = 500
NOT_YET: Final = N_("This step cannot be taken yet: look at what is missing before it.")
NO_REASON: Final = N_("Give the reason.")
NOT_CLOSED: Final = N_("This is not closed.")
NEEDS_CONSENT: Final = N_(
    "A past year, or one the tier above has shut, is reopened only with that tier's consent."
)
PAST: Final = N_("The time up to which it is reopened must lie ahead.")
DECIDED: Final = N_("This request has been decided or withdrawn already.")
CENTRE_FIRST: Final = N_(
    "First confirm what the centre goes by of TT 43/2021, on the regulations page: %(n)s settings are open."
)
NO_PERSON: Final = N_("Closing takes an account of a named person.")
ASKED: Final = N_("A request for this waits already.")


def take_step(actor: Actor, year_id: int, term: int, step: Stage, note: str, *, clock: Clock) -> None:
    """Tick a step of the round: printed, proof-reading opened, signatures checked, sealed, proposed.

    Raises Forbidden without the step's right, and for who approves or closes the round where it is checked or proposed
    (`separation`); Invalid when it isn't its turn.
    """
    action = TAKEN_BY[step]
    if action is None or step in (Stage.APPROVED, Stage.CLOSED):
        raise Invalid(NOT_YET)
    note = one_line(note, MAX_REASON)
    with transaction(actor, f"closing.{step.value}", clock=clock, reason=note or None) as work:
        demand(actor, action, actor.unit_id)
        book = _book(work, year_id, term, clock)
        require_apart(work.session, actor, book, step, local_day(work.now))
        if not allowed(step, book.done, book.missing(step)):
            raise Invalid(NOT_YET)
        _tick(work, book, step, note)
        if step is Stage.PROOF_OPENED:
            _call_to_sign(work, book)


def close(actor: Actor, year_id: int, term: int, reason: str, *, clock: Clock) -> int:
    """The head closes a term or the year. Returns the closing's id.

    Takes the unit's epoch row exclusively: running saves finish first, later ones wait and find the term closed. Tests
    left blank hold it up, so that nothing is judged otherwise because the term is closed: a 0 is a recorded decision.
    Raises Forbidden, Invalid while a step before it is not done (S0 Điều 14, S1 Điều 7 khoản 2, S4 Điều 19 khoản 2).
    """
    reason = one_line(reason, MAX_REASON, NO_REASON)
    with transaction(actor, "closing.close", clock=clock, reason=reason) as work:
        require_signing(work, Action.CLOSING_CLOSE)
        book = _book(work, year_id, term, clock)
        _require_centre_settings(work, book)
        require_not_checked(work.session, actor, book, local_day(work.now))
        if not allowed(Stage.CLOSED, book.done, book.missing(Stage.CLOSED)):
            raise Invalid(NOT_YET)
        row = Closing(
            unit_id=book.unit.id,
            school_year_id=book.year.id,
            term=term,
            turn=book.turn,
            reason=reason,
            closed_at=work.now,
            closed_by_id=actor.person_id,
            executed_by_id=actor.user_id,
        )
        work.session.add(row)
        tell_units(
            work,
            [book.unit.id],
            TITLES[term] + f" {book.year.label}",
            f"{actor.full_name} đã khóa sổ. {reason}",
        )
        work.flush()
        work.audit("closing.close", target=row, reason=reason, term=term, digest=book.digest)
        closed = row.id
    _anchor(actor, clock)
    return closed


def _require_centre_settings(work: Work, book: Book) -> None:
    """What is not verified of TT 43/2021 is confirmed by the centre's leader before anything is closed by it."""
    if not any(line.school_class.circular == Circular.TT43_2021 for line in book.classes):
        return
    confirmed = centre_settings(work.session, book.unit.id, book.year, local_day(work.now))
    left = set(CENTRE_SETTINGS.values()) - confirmed.keys()
    if left:
        raise Invalid(CENTRE_FIRST, n=len(left))


def _anchor(actor: Actor, clock: Clock) -> None:
    """Bind the ends of all chains, the closing's with them. The term is closed already: without it, the night does it."""
    try:
        anchors.make_anchor(anchors.CLOSING, clock=clock, unit_id=actor.unit_id)
    except HocVuError:
        log.exception("no anchor could be made at a closing")


def reopen(actor: Actor, closing_id: int, reason: str, until: datetime | None, *, clock: Clock) -> None:
    """The head reopens what is closed within the year, for good or until a time; the tier above is told (S0 Điều 6.3).

    Raises Invalid for a past year or one shut from above: that takes `ask_to_reopen`.
    """
    reason = one_line(reason, MAX_REASON, NO_REASON)
    with transaction(actor, "closing.reopen", clock=clock, reason=reason) as work:
        require_signing(work, Action.CLOSING_CLOSE)
        row = _own_closing(work, closing_id, clock)
        if needs_consent(work.session, row, work.now):
            raise Invalid(NEEDS_CONSENT)
        if until is not None and until <= work.now:
            raise Invalid(PAST)
        _lift(work, row, actor.person_id, reason, until)
        tell_units(
            work, _above(work.session, row.unit_id, work.now), *_told(row, actor.full_name, reason, until)
        )
        work.audit("closing.reopen", target=row, reason=reason, until=until.isoformat() if until else None)


def ask_to_reopen(actor: Actor, closing_id: int, reason: str, until: datetime, *, clock: Clock) -> int:
    """The head asks the tier above to let it be reopened until a time. Returns the request's id."""
    reason = one_line(reason, MAX_REASON, NO_REASON)
    with transaction(actor, "reopen_request.ask", clock=clock, reason=reason) as work:
        require_signing(work, Action.CLOSING_CLOSE)
        row = _own_closing(work, closing_id, clock)
        if until <= work.now:
            raise Invalid(PAST)
        waits = sa.select(ReopenRequest.id).where(
            ReopenRequest.closing_id == row.id, ReopenRequest.state == ReopenState.WAITING
        )
        if work.session.scalar(waits):
            raise Invalid(ASKED)
        request = ReopenRequest(
            closing_id=row.id,
            unit_id=row.unit_id,
            state=ReopenState.WAITING,
            reason=reason,
            until=until,
            asked_at=work.now,
            asked_by_id=actor.person_id,
        )
        work.session.add(request)
        above = _above(work.session, row.unit_id, work.now)[:1]
        title = (
            f"Đề nghị mở lại sổ: {row.unit.short_name}, {TITLES[row.term].lower()} {row.school_year.label}"
        )
        work.flush()
        tell_units(work, above, title, f"{actor.full_name} đề nghị. Lí do: {reason}", "/closing/requests")
        work.audit("reopen_request.ask", target=request, reason=reason)
        return request.id


def decide_request(actor: Actor, request_id: int, consent: bool, reason: str, *, clock: Clock) -> None:
    """The tier above consents, which reopens the closing until the time asked for, or refuses; with its reason."""
    reason = one_line(reason, MAX_REASON)
    with transaction(actor, "reopen_request.decide", clock=clock, reason=reason) as work:
        request = scope.get(work.session, actor, ReopenRequest, request_id, local_day(clock()))
        demand(actor, Action.CLOSING_CONSENT, request.unit_id)
        one_line(reason, MAX_REASON, NO_REASON)
        work.close_epoch(request.unit_id)
        work.session.refresh(request, with_for_update=True)
        _require_waiting(request)
        if consent and request.until <= work.now:
            raise Invalid(PAST)
        request.state = ReopenState.CONSENTED if consent else ReopenState.REFUSED
        request.decided_at, request.decided_by_id = work.now, actor.person_id
        request.decided_unit_id, request.decided_reason = actor.unit_id, reason
        if consent:
            _lift(work, request.closing, request.asked_by_id, request.reason, request.until)
        answer = "đồng ý" if consent else "không đồng ý"
        tell(
            work,
            [request.asked_by_id],
            f"Cấp trên {answer} mở lại sổ",
            f"{actor.full_name}: {reason}",
            "/closing/",
        )
        work.audit("reopen_request.decide", target=request, reason=reason, consent=consent)


def withdraw_request(actor: Actor, request_id: int, *, clock: Clock) -> None:
    """The school takes its request back while nobody has decided it."""
    with transaction(actor, "reopen_request.withdraw", clock=clock) as work:
        require_signing(work, Action.CLOSING_CLOSE)
        request = scope.get(work.session, actor, ReopenRequest, request_id, local_day(clock()), hold=True)
        if request.unit_id != actor.unit_id:
            raise Forbidden(N_("This is another unit's request."))
        _require_waiting(request)
        request.state = ReopenState.WITHDRAWN
        work.audit("reopen_request.withdraw", target=request)


def needs_consent(session: Session, closing: Closing, now: datetime) -> bool:
    """A year that is over, or books a unit above holds shut now: the school can't reopen by itself."""
    day = local_day(now)
    if day > closing.school_year.ends_on:
        return True
    above = ancestors(closing.unit_id, day)
    windows = session.scalars(
        sa.select(LockWindow)
        .join(above, above.c.unit_id == LockWindow.owner_id)
        .where(
            LockWindow.school_year_id == closing.school_year_id,
            LockWindow.effect == WindowEffect.SHUT,
            LockWindow.opens_at <= now,
        )
    )
    return any(
        window.term in (None, closing.term)
        and (not window.unit_ids or closing.unit_id in window.unit_ids)
        and ((end := window.effective_close) is None or end > now)
        for window in windows
    )


def _require_waiting(request: ReopenRequest) -> None:
    if request.state is not ReopenState.WAITING:
        raise Invalid(DECIDED)


def _book(work: Work, year_id: int, term: int, clock: Clock) -> Book:
    """The whole book of the actor's school, read while its epoch is held: no save comes in between."""
    if work.actor.person_id is None or work.actor.user_id is None:
        raise Forbidden(NO_PERSON)
    day = local_day(clock())
    unit = scope.get(work.session, work.actor, OrgUnit, work.actor.unit_id, day)
    year = scope.get(work.session, work.actor, SchoolYear, year_id, day)
    work.close_epoch(unit.id)
    return load_book(work.session, unit, year, term, work.now)


def _tick(work: Work, book: Book, step: Stage, note: str) -> None:
    row = ClosingStep(
        unit_id=book.unit.id,
        school_year_id=book.year.id,
        term=book.period,
        turn=book.turn,
        step=step,
        done_at=work.now,
        person_id=work.actor.person_id,
        user_id=work.actor.user_id,
        note=note or None,
        figures={"digest": book.digest},
    )
    work.session.add(row)
    work.flush()
    work.audit(f"closing.{step.value}", target=row, term=book.period, turn=book.turn)


def _call_to_sign(work: Work, book: Book) -> None:
    """A notice to everybody who signs in this round of proof-reading."""
    signers = {t.person_id for line in book.sheets for t in line.signers}
    signers |= {person_id for room in book.classes for person_id, _name in room.homeroom}
    title = f"Kiểm dò và ký bảng xác nhận: {TITLES[book.period].removeprefix('Khóa sổ ')} {book.year.label}"
    tell(work, signers, title, "Đối chiếu bản in với sổ, rồi ký trong mục Ký xác nhận.", "/signatures/")


def _own_closing(work: Work, closing_id: int, clock: Clock) -> Closing:
    """A closing of the actor's own unit that holds, the unit's epoch held. NotFound out of reach."""
    row = scope.get(work.session, work.actor, Closing, closing_id, local_day(clock()))
    if row.unit_id != work.actor.unit_id:
        raise Forbidden(N_("This is another unit's closing."))
    work.close_epoch(row.unit_id)
    work.session.refresh(row, with_for_update=True)
    if row.is_over:
        raise Invalid(NOT_CLOSED)
    return row


def _lift(work: Work, row: Closing, person_id: int | None, reason: str, until: datetime | None) -> None:
    row.reopened_at, row.reopened_until = work.now, until
    row.reopened_by_id, row.reopened_reason = person_id, reason
    span = f"đến {time_text(until)}" if until else "cho đến khi khóa lại"
    tell_above(
        work,
        row.unit_id,
        ExceptionKind.REOPENING,
        f"Mở lại sổ: {TITLES[row.term].lower()} {row.school_year.label}, {span}",
        reason=reason,
    )


def _above(session: Session, unit_id: int, now: datetime) -> list[int]:
    """Units above, nearest first."""
    above = ancestors(unit_id, local_day(now))
    return list(session.scalars(sa.select(above.c.unit_id).order_by(above.c.depth)))


def _told(row: Closing, name: str, reason: str, until: datetime | None) -> tuple[str, str]:
    title = f"{row.unit.short_name} mở lại sổ: {TITLES[row.term].lower()} {row.school_year.label}"
    span = f"đến {time_text(until)}" if until else "cho đến khi khóa lại"
    return title, f"{name} quyết định mở lại {span}. Lí do: {reason}"
