"""What a person has yet to sign, as parts of one statement for the landing pages.

Who signs follows from the days of the sheet's own term, or of the class's own period: the teachers of today while it
runs, then those of its last day. A signature counts as fallen here once something was saved after it.
"""

from datetime import date
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from app.domain.access import Action, Actor, Target, may
from app.domain.assessment.facts import YEAR
from app.domain.closing import Act, ConfirmationKind, Stage
from app.models import (
    Attestation,
    Authorisation,
    ChainLink,
    Closing,
    ClosingStep,
    Confirmation,
    GradebookSheet,
    HomeroomAssignment,
    SchoolClass,
    SchoolYear,
    StudentResult,
    TeachingAssignment,
    Term,
    TxLog,
)
from app.models.base import in_force

SIGNS: Final = (Action.SHEET_CONFIRM, Action.CLASS_CONFIRM)
Condition = sa.ColumnElement[bool]


def proofs_of(actor: Actor, day: date) -> sa.Select[Any]:
    """How many sheets and classes of open rounds of proof-reading the person has not signed in the round."""
    step, sheet, room = ClosingStep, GradebookSheet, SchoolClass
    of_sheet = _signed_since(ConfirmationKind.SHEET, step.done_at, Confirmation.sheet_id == sheet.id)
    sheets = (
        sa.select(sa.func.count(sheet.id.distinct()))
        .join(
            step,
            sa.and_(
                step.unit_id == sheet.unit_id,
                step.school_year_id == sheet.school_year_id,
                step.term.in_([sheet.term, YEAR]),
            ),
        )
        .where(sheet.unit_id == actor.unit_id, _open_round(), signs_sheet(actor, day), ~of_sheet)
    )
    same = (Confirmation.class_id == room.id, Confirmation.period == step.term)
    of_class = _signed_since(ConfirmationKind.CLASS_SUMMARY, step.done_at, *same)
    classes = (
        sa.select(sa.func.count(room.id.distinct()))
        .join(step, sa.and_(step.unit_id == room.unit_id, step.school_year_id == room.school_year_id))
        .join(SchoolYear, SchoolYear.id == room.school_year_id)
        .where(room.unit_id == actor.unit_id, _open_round(), _leads(actor, day, step.term), ~of_class)
    )
    return _sum(sheets, classes)


def stale_of(actor: Actor, day: date) -> sa.Select[Any]:
    """How many sheets and classes the person signs were changed after their latest signature."""
    sheets = (
        sa.select(sa.func.count(Confirmation.id))
        .join(GradebookSheet, GradebookSheet.id == Confirmation.sheet_id)
        .where(
            *_standing(actor, ConfirmationKind.SHEET),
            signs_sheet(actor, day),
            saved_after(Confirmation.signed_at),
        )
    )
    classes = (
        sa.select(sa.func.count(Confirmation.id))
        .join(SchoolClass, SchoolClass.id == Confirmation.class_id)
        .join(SchoolYear, SchoolYear.id == Confirmation.school_year_id)
        .where(
            *_standing(actor, ConfirmationKind.CLASS_SUMMARY),
            _leads(actor, day, Confirmation.period),
            _judged_after(),
        )
    )
    return _sum(sheets, classes)


def stale_approvals(actor: Actor, day: date) -> sa.Select[Any]:
    """How many classes of the unit were approved before their marks or results changed; for who approves on that day."""
    authorised = sa.select(Authorisation.id).where(
        Authorisation.unit_id == actor.unit_id,
        Authorisation.person_id == actor.person_id,
        in_force(Authorisation, day),
    )
    heads = may(actor, Action.CLOSING_APPROVE, Target())
    sheet = GradebookSheet
    of_class = (
        sa.select(sheet.id)
        .where(
            sheet.class_id == Confirmation.class_id,
            sa.or_(Confirmation.period == YEAR, sheet.term == Confirmation.period),
            saved_after(Confirmation.signed_at),
        )
        .correlate(Confirmation)
        .exists()
    )
    return sa.select(sa.func.count(Confirmation.id)).where(
        *_standing(actor, ConfirmationKind.CLASS_APPROVAL),
        sa.true() if heads else authorised.exists(),
        sa.or_(of_class, _judged_after()),
    )


def _sum(*counts: sa.Select[Any]) -> sa.Select[Any]:
    first, second = (count.scalar_subquery() for count in counts)
    return sa.select(first + second)


def _open_round() -> Condition:
    """Proof-reading was opened, and the round is not closed yet."""
    closed = sa.select(Closing.id).where(
        Closing.unit_id == ClosingStep.unit_id,
        Closing.school_year_id == ClosingStep.school_year_id,
        Closing.term == ClosingStep.term,
        Closing.turn >= ClosingStep.turn,
    )
    return sa.and_(ClosingStep.step == Stage.PROOF_OPENED, ~closed.correlate(ClosingStep).exists())


def _signed_since(kind: ConfirmationKind, since: Any, *where: Condition) -> Condition:
    """A signature since then that is the latest act."""
    row = Confirmation
    query = sa.select(row.id).where(
        *where, row.kind == kind, row.act == Act.CONFIRMED, row.signed_at >= since, _latest(_PLACES[kind])
    )
    return query.correlate(GradebookSheet, SchoolClass, ClosingStep).exists()


def _standing(actor: Actor, kind: ConfirmationKind) -> tuple[Condition, ...]:
    return (Confirmation.unit_id == actor.unit_id, *standing_of(kind))


def standing_of(kind: ConfirmationKind) -> tuple[Condition, ...]:
    """SQL: signatures that are the latest act on what they are of."""
    return (Confirmation.kind == kind, Confirmation.act == Act.CONFIRMED, _latest(_PLACES[kind]))


_PLACES: Final = {
    ConfirmationKind.SHEET: "sheet_id",
    ConfirmationKind.CLASS_SUMMARY: "class_id",
    ConfirmationKind.CLASS_APPROVAL: "class_id",
}


def _latest(place: str) -> Condition:
    """Nothing was signed or taken back there later; `place`: by which column a signature knows what it is of."""
    later = aliased(Confirmation)
    same = (
        later.kind == Confirmation.kind,
        later.period == Confirmation.period,
        getattr(later, place) == getattr(Confirmation, place),
        later.id > Confirmation.id,
    )
    return ~sa.select(later.id).where(*same).correlate(Confirmation).exists()


def saved_after(moment: Any) -> Condition:
    """SQL: the sheet was saved after that moment, by the last link of its chain."""
    sheet = GradebookSheet
    link = (
        sa.select(ChainLink.seq)
        .join(TxLog, TxLog.id == ChainLink.tx_id)
        .where(
            ChainLink.chain == sa.literal("s").concat(sa.cast(sheet.id, sa.String(12))),
            ChainLink.seq == sheet.chain_seq,
            TxLog.issued_at > moment,
        )
    )
    return link.correlate(sheet, Confirmation, Attestation).exists()


def _judged_after() -> Condition:
    """A result of the class in that period was worked out anew since it was signed."""
    result = StudentResult
    newer = sa.select(result.student_id).where(
        result.class_id == Confirmation.class_id,
        result.period == Confirmation.period,
        result.school_year_id == Confirmation.school_year_id,
        result.computed_at > Confirmation.signed_at,
    )
    return newer.correlate(Confirmation).exists()


def signs_sheet(actor: Actor, day: date) -> Condition:
    """Who is in charge of the sheet in the days of its term; where nobody is, whoever teaches it."""
    sheet, own, other = GradebookSheet, TeachingAssignment, aliased(TeachingAssignment)
    when = _term_day(sheet.school_year_id, sheet.term, day)
    in_charge = sa.select(other.id).where(
        other.group_id == own.group_id,
        other.subject_id == own.subject_id,
        other.in_charge,
        in_force(other, when),
    )
    mine = sa.select(own.id).where(
        own.person_id == actor.person_id,
        own.group_id == sheet.group_id,
        own.subject_id == sheet.subject_id,
        in_force(own, when),
        sa.or_(own.in_charge, ~in_charge.correlate(own, sheet).exists()),
    )
    return mine.correlate(sheet).exists()


def _leads(actor: Actor, day: date, period: Any) -> Condition:
    """Homeroom teacher of the class in the days of the period."""
    led = HomeroomAssignment
    when: Any = sa.case(
        (period == YEAR, _within(day, SchoolYear.starts_on, SchoolYear.ends_on)),
        else_=_term_day(SchoolClass.school_year_id, period, day),
    )
    mine = sa.select(led.id).where(
        led.person_id == actor.person_id, led.class_id == SchoolClass.id, in_force(led, when)
    )
    return mine.correlate(SchoolClass, SchoolYear, ClosingStep, Confirmation).exists()


def _term_day(year_id: Any, number: Any, day: date) -> Any:
    """Today, or the nearest day of that term."""
    first, last = sa.func.min(Term.starts_on), sa.func.max(Term.ends_on)
    found = sa.select(_within(day, first, last)).where(Term.school_year_id == year_id, Term.number == number)
    return found.correlate(GradebookSheet, SchoolClass, ClosingStep, Confirmation).scalar_subquery()


def _within(day: date, first: Any, last: Any) -> Any:
    return sa.case((last < day, last), (first > day, first), else_=sa.literal(day, sa.Date))
