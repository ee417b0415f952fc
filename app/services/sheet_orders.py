"""What the head orders about a sheet: who may enter it for a while, and who is exempt from it or its practical part."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import Action, Actor, may
from app.domain.assessment.exemptions import exemption_of
from app.domain.assessment.facts import YEAR
from app.domain.dates import format_date
from app.domain.exceptions import ExceptionKind
from app.domain.locks import VN_TIME
from app.errors import N_, Forbidden, Invalid
from app.models import Delegation, ExemptionDecision, GradebookSheet, Person, Position
from app.models.base import in_force
from app.services import evidence as evidence_files
from app.services import scope
from app.services.clock import Clock, local_day
from app.services.closing_state import closed_terms
from app.services.exceptions import tell_above
from app.services.notices import tell
from app.services.results.due import touch_sheets
from app.services.sheet_reading import load_facts, load_lines
from app.services.unit_of_work import Work, transaction
from app.services.year_rows import note_exemption, subject_sheets

ONLY_HEAD = N_("Only the head of the school orders this.")
NOT_EXEMPTIBLE = N_(
    "The circular knows no exemption from this subject: only from physical education and defence education, in the old"
    " circulars also from music and fine arts."
)
YEAR_IS_OVER = N_(
    "This school year is over. An exemption in it is for the unit above to consent to: ask there, in writing."
)
TERM_IS_CLOSED = N_(
    "Term %(n)s is closed. Exempt for the other term, or decide it after the head has reopened the term."
)
ATTACH = N_("Attach the request and medical record as a PDF or picture of at most 10 MB.")


@dataclass(frozen=True)
class NewDelegation:
    """Who may enter which columns of a sheet for whom, from when to when, and why (S0 Điều 11 khoản 1)."""

    person_id: int
    on_behalf_of_id: int
    columns: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime
    reason: str


@dataclass(frozen=True)
class NewExemption:
    """A decision exempting a student from the practical part of a subject (TT 22/2021 Điều 10), or all of it (TT 58/2011
    Điều 12).
    """

    student_id: int
    term: int | None
    number: str
    decided_on: date
    reason: str
    evidence_name: str
    evidence: bytes


def delegate_entry(actor: Actor, sheet_id: int, new: NewDelegation, *, clock: Clock) -> int:
    """Let a person of the school enter a sheet for a period; returns the delegation's id.

    Raises Forbidden for anybody but the head, Invalid for a wrong period, person or missing reason.
    """
    with transaction(actor, "sheet.delegate", clock=clock, reason=new.reason) as work:
        facts = load_facts(work.session, actor, sheet_id, local_day(work.now))
        if not may(actor, Action.SHEET_DELEGATE, facts.target(actor, work.now)):
            raise Forbidden(ONLY_HEAD)
        if new.ends_at <= new.starts_at or new.ends_at <= work.now:
            raise Invalid(N_("The period must end after it begins, and in the future."))
        if not new.reason.strip():
            raise Invalid(N_("Say why the entry is delegated."))
        if set(new.columns) - set(facts.columns):
            raise Invalid(N_("This sheet has no such cell."))
        _require_staff(work, facts.sheet.unit_id, new)
        row = Delegation(
            sheet_id=sheet_id,
            person_id=new.person_id,
            on_behalf_of_id=new.on_behalf_of_id,
            columns=list(new.columns),
            starts_at=new.starts_at,
            ends_at=new.ends_at,
            ordered_by_id=actor.person_id,
            reason=new.reason.strip()[:300],
        )
        work.session.add(row)
        work.flush()
        work.audit("sheet.delegate", target=row, reason=new.reason)
        _tell_of_delegation(work, facts.sheet, row)
        return row.id


def _tell_of_delegation(work: Work, sheet: GradebookSheet, row: Delegation) -> None:
    """A notice to who enters and to who is stood in for, and a line to the tier above."""
    enters, absent = (
        work.session.get_one(Person, key).full_name for key in (row.person_id, row.on_behalf_of_id)
    )
    start, end = (f"{moment.astimezone(VN_TIME):%H:%M %d/%m/%Y}" for moment in (row.starts_at, row.ends_at))
    tell(
        work,
        (row.person_id, row.on_behalf_of_id),
        f"Nhập thay: {sheet.subject.name} {sheet.group.name}, học kì {'I' * sheet.term}",
        f"{enters} nhập thay {absent} từ {start} đến {end}. Lí do: {row.reason}. "
        f"Người ra lệnh: {work.actor.full_name} ({work.actor.username}).",
        f"/gradebook/{sheet.id}",
    )
    tell_above(
        work,
        sheet.unit_id,
        ExceptionKind.DELEGATION,
        f"{enters} nhập thay {absent}: {sheet.subject.name} {sheet.group.name}, học kì {'I' * sheet.term}, "
        f"từ {start} đến {end}.",
        reason=row.reason,
        url=f"/gradebook/{sheet.id}",
    )


def _require_staff(work: Work, unit_id: int, new: NewDelegation) -> None:
    day = local_day(work.now)
    here = set(
        work.session.scalars(
            sa.select(Position.person_id).where(Position.unit_id == unit_id, in_force(Position, day))
        )
    )
    if new.person_id not in here or new.on_behalf_of_id not in here or new.person_id == new.on_behalf_of_id:
        raise Invalid(N_("Choose two different people who work at this school today."))


def end_delegation(actor: Actor, delegation_id: int, *, clock: Clock) -> None:
    """End a delegation now; what was entered stays, with its author."""
    with transaction(actor, "sheet.delegate.end", clock=clock) as work:
        row = scope.get(work.session, actor, Delegation, delegation_id, local_day(work.now))
        facts = load_facts(work.session, actor, row.sheet_id, local_day(work.now))
        if not may(actor, Action.SHEET_DELEGATE, facts.target(actor, work.now)):
            raise Forbidden(ONLY_HEAD)
        if row.starts_at < work.now < row.ends_at:
            row.ends_at = work.now
        work.audit("sheet.delegate.end", target=row)


def decide_exemption(actor: Actor, sheet_id: int, new: NewExemption, *, folder: Path, clock: Clock) -> int:
    """Record the head's decision with its file; the student's results fall due.

    The subject keeps a result, from theory (TT 22/2021 Điều 10); a whole subject has none, and of one term's exemption
    the other term's is the year's (TT 58/2011 Điều 12).

    Raises Forbidden for anybody but the head, Invalid when a part of the decision or its file is missing or wrong, for a
    subject the circular knows no exemption from, and for a closed term or a year that is over.
    """
    evidence = evidence_files.keep(folder, new.evidence, ATTACH)
    with transaction(actor, "exemption.decide", clock=clock, reason=new.reason) as work:
        facts = load_facts(work.session, actor, sheet_id, local_day(work.now))
        if not may(actor, Action.EXEMPTION_DECIDE, facts.target(actor, work.now)):
            raise Forbidden(ONLY_HEAD)
        if exemption_of(facts.sheet.circular, facts.sheet.subject.code) is None:
            raise Invalid(NOT_EXEMPTIBLE)
        if not new.number.strip() or not new.reason.strip() or new.decided_on > local_day(work.now):
            raise Invalid(N_("A decision has a number, a date that is not in the future, and a reason."))
        if not load_lines(work.session, facts.sheet, [new.student_id]):
            raise Invalid(N_("This student is not in the class any more."))
        _refuse_second(work.session, facts.sheet, new)
        work.lock_sheets(facts.sheet.unit_id, subject_sheets(work, facts.sheet))
        _refuse_closed(work, facts.sheet, new.term)
        touch_sheets(work, facts.sheet.unit_id, [facts.sheet.id])
        row = ExemptionDecision(
            student_id=new.student_id,
            school_year_id=facts.sheet.school_year_id,
            subject_id=facts.sheet.subject_id,
            term=new.term,
            number=new.number.strip()[:60],
            decided_on=new.decided_on,
            decided_by_id=actor.person_id,
            evidence=evidence,
            reason=new.reason.strip()[:300],
        )
        work.session.add(row)
        work.flush()
        note_exemption(work, facts.sheet, new.student_id)
        work.audit("exemption.decide", target=row, reason=new.reason, file=new.evidence_name[:120])
        return row.id


def _refuse_closed(work: Work, sheet: GradebookSheet, term: int | None) -> None:
    """A decision about what is closed would change it without a trace in the book; call with the epoch held."""
    if sheet.school_year.ends_on < local_day(work.now):
        raise Invalid(YEAR_IS_OVER)
    asked = {1, 2} if term is None else {term}
    closed = closed_terms(work.session, sheet.unit_id, sheet.school_year_id)
    held = asked if YEAR in closed else asked & closed
    if held:
        raise Invalid(TERM_IS_CLOSED, n="I" * min(held))


def _refuse_second(session: Session, sheet: GradebookSheet, new: NewExemption) -> None:
    """One decision covers a term: the button pressed twice, or a second decision for the same time, adds nothing."""
    held = sa.select(ExemptionDecision).where(
        ExemptionDecision.student_id == new.student_id,
        ExemptionDecision.school_year_id == sheet.school_year_id,
        ExemptionDecision.subject_id == sheet.subject_id,
    )
    for row in session.scalars(held):
        if row.term is None or new.term is None or row.term == new.term:
            raise Invalid(
                N_("Decision %(number)s of %(day)s exempts this student already."),
                number=row.number,
                day=format_date(row.decided_on),
            )


def staff_of(session: Session, unit_id: int, day: date) -> list[Person]:
    """People who hold a position at the unit on that day, by name."""
    query = (
        sa.select(Person)
        .where(
            Person.id.in_(
                sa.select(Position.person_id).where(Position.unit_id == unit_id, in_force(Position, day))
            )
        )
        .order_by(Person.sort_key)
    )
    return list(session.scalars(query))
