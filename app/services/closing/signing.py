"""Signing what one answers for, and taking a signature back: bound to the data the page was drawn from."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import Action, Actor, Target, may
from app.domain.closing import Act, ConfirmationKind, Stage, Standing, terms_of
from app.errors import N_, Forbidden, Invalid, NotFound, Stale
from app.extensions import db
from app.models import (
    Authorisation,
    Confirmation,
    GradebookSheet,
    HomeroomAssignment,
    OrgUnit,
    SchoolClass,
    SchoolYear,
    TeachingAssignment,
)
from app.models.base import in_force
from app.services import scope
from app.services.clock import Clock, clamp, local_day
from app.services.closing.book import Book, ClassLine, SheetLine, Signature
from app.services.closing.load import last_day_of, load_book, periods_of
from app.services.closing.questions import require_answered
from app.services.closing.separation import require_not_checked
from app.services.results.due import waiting
from app.services.results.refresh import refresh
from app.services.sheet_reading import SheetFacts, load_facts
from app.services.typed import one_line
from app.services.unit_of_work import Work, transaction
from app.services.years import Period

MOST_REASON: Final = 500
CHANGED: Final = N_("The data has changed since this page was opened. Nothing was signed: look at it again.")
INCOMPLETE: Final = N_("%(name)s is not complete yet: %(n)s cells are blank. Nothing was signed.")
NOT_READY: Final = N_("%(name)s cannot be approved yet: something is missing. Nothing was approved.")
NOT_YOURS: Final = N_("Only who is in charge of it signs this.")
NO_REASON: Final = N_("Say why the signature is taken back.")
APPROVED: Final = N_("The head has approved it: the approval is withdrawn first.")
NOTHING_SIGNED: Final = N_("There is no signature of yours here.")
NO_PERSON: Final = N_("Signing takes an account of a named person.")

T = TypeVar("T")
Digests = Mapping[int, str]


@dataclass(frozen=True)
class Signed:
    """What is signed in one press: digests by sheet and by class, as the page showed them."""

    sheets: Digests = field(default_factory=dict)
    classes: Digests = field(default_factory=dict)


def own_book(
    session: Session, actor: Actor, unit: OrgUnit, year: SchoolYear, period: int, now: datetime
) -> Book:
    """What the actor teaches and leads as homeroom teacher, of a term or year; for the page of one's signatures."""
    periods = periods_of(session, unit.id, year)
    days = {term: _day_within(periods, year, term, now) for term in terms_of(period)}
    class_ids = session.scalars(
        sa.select(HomeroomAssignment.class_id)
        .join(SchoolClass, SchoolClass.id == HomeroomAssignment.class_id)
        .where(
            HomeroomAssignment.person_id == actor.person_id,
            SchoolClass.unit_id == unit.id,
            SchoolClass.school_year_id == year.id,
            in_force(
                HomeroomAssignment, clamp(local_day(now), year.starts_on, last_day_of(periods, year, period))
            ),
        )
    ).all()
    taught = (
        sa.select(TeachingAssignment.id)
        .where(
            TeachingAssignment.person_id == actor.person_id,
            TeachingAssignment.group_id == GradebookSheet.group_id,
            TeachingAssignment.subject_id == GradebookSheet.subject_id,
            sa.or_(
                *(
                    sa.and_(GradebookSheet.term == term, in_force(TeachingAssignment, days[term]))
                    for term in terms_of(period)
                )
            ),
        )
        .correlate(GradebookSheet)
        .exists()
    )
    mine = sa.or_(taught, GradebookSheet.class_id.in_(class_ids))
    return load_book(session, unit, year, period, now, where=(mine,), class_ids=class_ids)


def _day_within(periods: Mapping[int, Period], year: SchoolYear, term: int, now: datetime) -> date:
    """The day whose teachers sign a term's sheets: today while it runs, then its last."""
    first = periods[term].terms[term].starts_on if term in periods else year.starts_on
    return clamp(local_day(now), first, last_day_of(periods, year, term))


def signing_facts(session: Session, actor: Actor, sheet_id: int, now: datetime) -> SheetFacts:
    """The sheet with the teachers of its own term's days, who sign it. Raises NotFound out of reach."""
    facts = load_facts(session, actor, sheet_id, local_day(now))
    sheet = facts.sheet
    periods = periods_of(session, sheet.unit_id, sheet.school_year)
    day = _day_within(periods, sheet.school_year, sheet.term, now)
    return facts if day == local_day(now) else load_facts(session, actor, sheet_id, day)


def sign(actor: Actor, year_id: int, period: int, signed: Signed, *, clock: Clock) -> int:
    """Confirm sheets and class summaries in one press; how many. Raises Forbidden for what is another's,

    Stale when any has changed since the page was drawn, Invalid while cells are blank. All or nothing.
    S0 Điều 7 khoản 5, Điều 8 khoản 4; S4 Điều 13 khoản 7, Điều 14 khoản 5.
    """
    _bring_up(actor, year_id, signed.classes, clock)
    with transaction(actor, "confirmation.sign", clock=clock) as work:
        book = _held(work, year_id, period, signed, clock)
        made: list[Confirmation] = []
        for line in _chosen(book.sheets, signed.sheets, lambda s: s.progress.sheet_id):
            _require_signer(actor, line)
            _require_ready(line.progress.subject + " " + line.progress.class_name, line.blank)
            _require_same(signed.sheets[line.progress.sheet_id], line.digest)
            made.append(_row(work, book, ConfirmationKind.SHEET, line.digest, sheet=line))
        for room in _chosen(book.classes, signed.classes, lambda c: c.school_class.id):
            _require_homeroom(actor, room)
            _require_ready(room.school_class.name, room.blank)
            _require_same(signed.classes[room.school_class.id], room.data.digest)
            made.append(_row(work, book, ConfirmationKind.CLASS_SUMMARY, room.data.digest, room=room))
        _add(work, made)
        return len(made)


def approve(
    actor: Actor, year_id: int, period: int, classes: Digests, reason: str = "", *, clock: Clock
) -> int:
    """The head approves classes, or a deputy authorised for this day; how many. All or nothing.

    `reason`: for approving though questions of families wait, once they may no longer ask. Raises Invalid while anything
    of a class is missing (S1 Điều 3 khoản 2.5, S4 Điều 12 khoản 7) or families wait, Stale, Forbidden.
    """
    reason = one_line(reason, MOST_REASON)
    _bring_up(actor, year_id, classes, clock)
    with transaction(actor, "confirmation.approve", clock=clock, reason=reason or None) as work:
        authority = require_signing(work, Action.CLOSING_APPROVE)
        book = _held(work, year_id, period, None, clock)
        require_not_checked(work.session, actor, book, local_day(work.now))
        made = []
        for room in _chosen(book.classes, classes, lambda c: c.school_class.id):
            if room.missing.any:
                raise Invalid(NOT_READY, name=room.school_class.name)
            asked = [line.questions for line in room.sheets]
            require_answered(room.school_class.name, asked, reason, work.now)
            _require_same(classes[room.school_class.id], room.digest)
            made.append(
                _row(work, book, ConfirmationKind.CLASS_APPROVAL, room.digest, room=room, authority=authority)
            )
            made[-1].reason = reason or None
        _add(work, made)
        return len(made)


def approve_school(
    actor: Actor, year_id: int, period: int, digest: str, reason: str = "", *, clock: Clock
) -> None:
    """The head signs for the whole school, once the office has checked the signatures. Raises as `approve`."""
    reason = one_line(reason, MOST_REASON)
    with transaction(actor, "confirmation.approve_school", clock=clock, reason=reason or None) as work:
        authority = require_signing(work, Action.CLOSING_APPROVE)
        book = _held(work, year_id, period, None, clock)
        require_not_checked(work.session, actor, book, local_day(work.now))
        if book.next_step is not Stage.APPROVED or book.missing(Stage.APPROVED).any:
            raise Invalid(NOT_READY, name=book.unit.short_name)
        _require_same(digest, book.digest)
        require_answered(book.unit.short_name, [line.questions for line in book.sheets], reason, work.now)
        row = _row(work, book, ConfirmationKind.SCHOOL_APPROVAL, digest, authority=authority)
        row.reason = reason or None
        _add(work, [row])


def withdraw(
    actor: Actor, year_id: int, period: int, kind: ConfirmationKind, number: int, reason: str, *, clock: Clock
) -> None:
    """Take one's own signature back, with a reason, while nobody has approved upon it.

    `number`: of the sheet or class. Raises Invalid when it is approved or closed, Forbidden for another's signature.
    """
    reason = one_line(reason, MOST_REASON, NO_REASON)
    with transaction(actor, "confirmation.withdraw", clock=clock, reason=reason) as work:
        book = _held(work, year_id, period, None, clock)
        signature, room, sheet = _found(book, kind, number)
        if signature is None or signature.person_id != actor.person_id:
            raise Forbidden(NOTHING_SIGNED)
        if book.closing is not None or (
            kind is not ConfirmationKind.CLASS_APPROVAL and _approved(book, room, sheet)
        ):
            raise Invalid(APPROVED)
        row = _row(work, book, kind, signature.digest, room=room, sheet=sheet, act=Act.WITHDRAWN)
        row.reason = reason
        _add(work, [row])


def require_signing(work: Work, action: Action) -> str | None:
    """The head's own right, or a deputy's by authorisation: its words for the record. Raises Forbidden."""
    if may(work.actor, action, Target()):
        return None
    found = authorisation_of(work.session, work.actor, local_day(work.now))
    if found is None or not may(work.actor, action, Target(authorised=True)):
        raise Forbidden(N_("Only the head, or a deputy the head has authorised for these days, signs this."))
    return f"KT. HIỆU TRƯỞNG (ủy quyền số {found.number} ngày {found.signed_on:%d/%m/%Y})"


def authorisation_of(session: Session, actor: Actor, day: date) -> Authorisation | None:
    """The head's authorisation of the actor on that day, if any; one statement."""
    query = sa.select(Authorisation).where(
        Authorisation.unit_id == actor.unit_id,
        Authorisation.person_id == actor.person_id,
        in_force(Authorisation, day),
    )
    return session.scalars(query.order_by(Authorisation.id.desc()).limit(1)).one_or_none()


def _bring_up(actor: Actor, year_id: int, classes: Digests, clock: Clock) -> None:
    """Results that marks have run ahead of are brought up to date first: one signs what the marks give."""
    if actor.unit_id is None:
        return
    due = waiting(db.session(), actor.unit_id, year_id) & set(classes)
    if due:
        refresh(actor.unit_id, due, clock=clock)


def _held(work: Work, year_id: int, period: int, signed: Signed | None, clock: Clock) -> Book:
    """The book of the actor's school, its sheets held; of a signature only what is signed, else the whole."""
    actor = work.actor
    if actor.person_id is None or actor.user_id is None:
        raise Forbidden(NO_PERSON)
    day = local_day(clock())
    unit = scope.get(work.session, actor, OrgUnit, actor.unit_id, day)
    year = scope.get(work.session, actor, SchoolYear, year_id, day)
    if signed is None:
        work.close_epoch(unit.id)
        return load_book(work.session, unit, year, period, work.now)
    numbers = sorted(signed.sheets)
    if set(numbers) - set(work.lock_sheets(unit.id, numbers)):
        raise NotFound
    chosen = sa.or_(GradebookSheet.id.in_(numbers), GradebookSheet.class_id.in_(sorted(signed.classes)))
    return load_book(
        work.session, unit, year, period, work.now, where=(chosen,), class_ids=sorted(signed.classes)
    )


def _chosen(lines: Iterable[T], wanted: Digests, key: Callable[[T], int]) -> list[T]:
    """The lines asked for; NotFound for one that isn't in the book."""
    found = {key(line): line for line in lines}
    if set(wanted) - found.keys():
        raise NotFound
    return [found[number] for number in wanted]


def _require_signer(actor: Actor, line: SheetLine) -> None:
    in_charge = any(teacher.person_id == actor.person_id for teacher in line.signers)
    if not may(actor, Action.SHEET_CONFIRM, Target(in_charge=in_charge)):
        raise Forbidden(NOT_YOURS)


def _require_homeroom(actor: Actor, room: ClassLine) -> None:
    leads = any(person_id == actor.person_id for person_id, _name in room.homeroom)
    if not may(actor, Action.CLASS_CONFIRM, Target(homeroom=leads)):
        raise Forbidden(NOT_YOURS)


def _require_ready(name: str, blank: int) -> None:
    if blank:
        raise Invalid(INCOMPLETE, name=name, n=blank)


def _require_same(shown: str, now: str) -> None:
    if shown != now:
        raise Stale(CHANGED)


def _found(
    book: Book, kind: ConfirmationKind, number: int
) -> tuple[Signature | None, ClassLine | None, SheetLine | None]:
    if kind is ConfirmationKind.SHEET:
        sheet = next((line for line in book.sheets if line.progress.sheet_id == number), None)
        return (sheet.signature if sheet else None), None, sheet
    room = next((line for line in book.classes if line.school_class.id == number), None)
    if room is None:
        return None, None, None
    return (room.signature if kind is ConfirmationKind.CLASS_SUMMARY else room.approval), room, None


def _approved(book: Book, room: ClassLine | None, sheet: SheetLine | None) -> bool:
    """The head has approved the class, or for a group of several the school, as it stands."""
    class_id = room.school_class.id if room else sheet.progress.class_id if sheet else None
    found = next((line for line in book.classes if line.school_class.id == class_id), None)
    return (found.approved if found else book.approved) is Standing.CONFIRMED


def _row(
    work: Work,
    book: Book,
    kind: ConfirmationKind,
    digest: str,
    *,
    room: ClassLine | None = None,
    sheet: SheetLine | None = None,
    act: Act = Act.CONFIRMED,
    authority: str | None = None,
) -> Confirmation:
    return Confirmation(
        kind=kind,
        act=act,
        unit_id=book.unit.id,
        school_year_id=book.year.id,
        period=sheet.term if sheet else book.period,
        sheet_id=sheet.progress.sheet_id if sheet else None,
        class_id=room.school_class.id if room else None,
        turn=book.turn,
        digest=digest,
        figures={"students": dict(room.data.students)}
        if room and kind is ConfirmationKind.CLASS_SUMMARY
        else {},
        signed_at=work.now,
        person_id=work.actor.person_id,
        user_id=work.actor.user_id,
        authority=authority,
    )


def _add(work: Work, rows: Sequence[Confirmation]) -> None:
    if not rows:
        raise Invalid(N_("Choose at least one thing to sign."))
    work.session.add_all(rows)
    sheets = [row.sheet_id for row in rows if row.sheet_id]
    classes = [row.class_id for row in rows if row.class_id]
    work.audit(
        f"confirmation.{rows[0].act.value}", kind=rows[0].kind.value, period=rows[0].period,
        sheets=sheets, classes=classes,
    )  # fmt: skip
