"""Reading the book of a school's term or year; the number of statements doesn't grow with classes or sheets."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.domain.access import Action, Actor
from app.domain.closing import Act, ConfirmationKind, Stage, Standing, terms_of
from app.domain.vocabulary import Level
from app.errors import NotFound
from app.models import (
    Attestation,
    Closing,
    ClosingStep,
    Confirmation,
    GradebookSheet,
    HomeroomAssignment,
    OrgUnit,
    Person,
    SchoolClass,
    SchoolYear,
)
from app.models.base import in_force
from app.services import programme, scope
from app.services.clock import clamp, local_day
from app.services.closing.attested import unexplained
from app.services.closing.book import Book, ClassLine, SheetLine, Signature, StepDone
from app.services.closing.digests import class_data, sheet_digests
from app.services.closing.prints import unprinted_classes
from app.services.closing.questions import Questions, open_questions
from app.services.closing.result_gaps import result_gaps
from app.services.progress import load_sheets
from app.services.progress_calendar import load_calendar, with_above
from app.services.progress_figures import SheetProgress
from app.services.results.due import waiting
from app.services.rights import demand
from app.services.years import Period

Condition = sa.ColumnElement[bool]


def periods_of(session: Session, unit_id: int, year: SchoolYear) -> dict[int, Period]:
    """The year's terms as the unit has them, as progress asks for them."""
    terms = programme.terms_of(session, unit_id, year)
    return {
        number: Period(year.id, year.start_year, year.label, number, terms, (), (), is_now=False)
        for number in terms
    }


def last_day_of(periods: Mapping[int, Period], year: SchoolYear, period: int) -> date:
    """The last day of a term or of the year."""
    ends = [periods[term].terms[term].ends_on for term in terms_of(period) if term in periods]
    return max(ends, default=year.ends_on)


def load_book(
    session: Session,
    unit: OrgUnit,
    year: SchoolYear,
    period: int,
    now: datetime,
    *,
    where: Sequence[Condition] = (),
    class_ids: Sequence[int] | None = None,
) -> Book:
    """The school's book of a period, or the sheets that fit `where` and some classes of it.

    The caller has asked for the right to see it. A part of a book tells nothing about the steps of the whole.
    """
    periods = periods_of(session, unit.id, year)
    within = (GradebookSheet.unit_id == unit.id, *where)
    sheets = _sheets(session, unit.id, periods, period, now, within)
    signatures = load_signatures(session, unit.id, year.id)
    closings = _closings(session, unit.id, year.id)
    own = tuple(row for row in closings if row.term == period)
    number = 1 + sum(row.is_over for row in own)
    lines = _signed(session, unit.id, year.id, sheets, signatures, (*within, *_of(year, period)))
    return Book(
        unit=unit,
        year=year,
        period=period,
        turn=number,
        sheets=tuple(line for line in lines if not line.progress.form.by_homeroom),
        classes=tuple(_classes(session, unit.id, year, period, lines, signatures, periods, now, class_ids)),
        signature=signatures.get((ConfirmationKind.SCHOOL_APPROVAL, period, 0)),
        ticked=_ticked(session, unit.id, year.id, period, number),
        closings=own,
        closed_terms=frozenset(row.term for row in closings if not row.is_over),
    )


def _of(year: SchoolYear, period: int) -> tuple[Condition, ...]:
    return (GradebookSheet.school_year_id == year.id, GradebookSheet.term.in_(terms_of(period)))


def _sheets(
    session: Session,
    unit_id: int,
    periods: Mapping[int, Period],
    period: int,
    now: datetime,
    where: Sequence[Condition],
) -> list[tuple[int, SheetProgress]]:
    """Sheets with students on the roll, each with its term."""
    day, found = local_day(now), []
    for term in terms_of(period):
        if term in periods:
            calendar = load_calendar(session, with_above(unit_id, day), periods[term], day, now)
            rows = load_sheets(session, calendar, where)
            found += [(term, row) for row in rows if row.students]
    return found


def _signed(
    session: Session,
    unit_id: int,
    year_id: int,
    sheets: Sequence[tuple[int, SheetProgress]],
    signatures: Mapping[Any, Signature],
    where: Sequence[Condition],
) -> list[SheetLine]:
    digests = sheet_digests(session, where)
    of_unit = (Attestation.unit_id == unit_id, Attestation.school_year_id == year_id)
    differences = unexplained(session, *of_unit)
    questions = open_questions(session, unit_id)
    return [
        SheetLine(
            progress=row,
            term=term,
            digest=digests[row.sheet_id],
            signature=signatures.get((ConfirmationKind.SHEET, term, row.sheet_id)),
            blank=sum(max(column.missing, 0) for column in row.marks),
            unexplained=differences.get(row.sheet_id, 0),
            questions=questions.get(row.sheet_id, Questions()),
        )
        for term, row in sheets
    ]


def load_signatures(
    session: Session, unit_id: int, year_id: int, *where: sa.ColumnElement[bool]
) -> dict[tuple[ConfirmationKind, int, int], Signature]:
    """By kind, period and sheet or class (0: the school) the latest act, where it is a signature; one statement."""
    row = Confirmation
    query = (
        sa.select(
            row.kind, row.act, row.period, row.sheet_id, row.class_id, row.digest, row.turn, row.signed_at,
            row.person_id, Person.full_name, row.authority,
        )
        .join(Person, Person.id == row.person_id)
        .where(row.unit_id == unit_id, row.school_year_id == year_id, *where)
        .order_by(row.id)
    )  # fmt: skip
    found: dict[tuple[ConfirmationKind, int, int], Signature] = {}
    for kind, act, period, sheet_id, class_id, *rest in session.execute(query):
        key = (kind, period, sheet_id or class_id or 0)
        if act is Act.CONFIRMED:
            found[key] = Signature(*rest)
        else:
            found.pop(key, None)
    return found


def _classes(
    session: Session,
    unit_id: int,
    year: SchoolYear,
    period: int,
    sheets: Sequence[SheetLine],
    signatures: Mapping[Any, Signature],
    periods: Mapping[int, Period],
    now: datetime,
    class_ids: Sequence[int] | None,
) -> Iterable[ClassLine]:
    """Every class that has sheets, or of these, by grade and name."""
    some = () if class_ids is None else (SchoolClass.id.in_(class_ids),)
    rooms = session.scalars(
        sa.select(SchoolClass)
        .where(
            SchoolClass.unit_id == unit_id,
            SchoolClass.school_year_id == year.id,
            SchoolClass.level != Level.PRESCHOOL,
            *some,
        )
        .order_by(SchoolClass.grade, SchoolClass.order_no, SchoolClass.name)
    ).all()
    ids = [room.id for room in rooms]
    last = last_day_of(periods, year, period)
    data = class_data(session, ids, year.id, period, last)
    day = clamp(local_day(now), year.starts_on, last)
    leaders = _homerooms(session, ids, day)
    gaps = result_gaps(session, rooms, year.id, period, day)
    due = waiting(session, unit_id, year.id)
    own: dict[int | None, list[SheetLine]] = {}
    for line in sheets:
        own.setdefault(line.progress.class_id, []).append(line)
    unprinted = unprinted_classes(session, unit_id, year, rooms, {k: _newest(v) for k, v in own.items()})
    for room in rooms:
        lines = own.get(room.id, [])
        if lines:
            yield ClassLine(
                school_class=room,
                homeroom=leaders.get(room.id, ()),
                data=data[room.id],
                signature=signatures.get((ConfirmationKind.CLASS_SUMMARY, period, room.id)),
                approval=signatures.get((ConfirmationKind.CLASS_APPROVAL, period, room.id)),
                sheets=tuple(line for line in lines if not line.progress.form.by_homeroom),
                blank=sum(line.blank for line in lines if line.progress.form.by_homeroom),
                due=room.id in due,
                unprinted=room.id in unprinted,
                without_result=gaps.get(room.id, 0),
            )


def _newest(lines: Iterable[SheetLine]) -> datetime | None:
    """The last change of the sheets: a print made before it shows something else."""
    return max((at for line in lines if (at := line.progress.last_change)), default=None)


def _homerooms(
    session: Session, class_ids: Sequence[int], day: date
) -> dict[int, tuple[tuple[int, str], ...]]:
    query = (
        sa.select(HomeroomAssignment.class_id, Person.id, Person.full_name)
        .join(Person, Person.id == HomeroomAssignment.person_id)
        .where(HomeroomAssignment.class_id.in_(class_ids), in_force(HomeroomAssignment, day))
        .order_by(Person.sort_key)
    )
    found: dict[int, tuple[tuple[int, str], ...]] = {}
    for class_id, person_id, name in session.execute(query):
        found[class_id] = (*found.get(class_id, ()), (person_id, name))
    return found


def _closings(session: Session, unit_id: int, year_id: int) -> Sequence[Closing]:
    query = (
        sa.select(Closing)
        .where(Closing.unit_id == unit_id, Closing.school_year_id == year_id)
        .options(joinedload(Closing.closed_by), joinedload(Closing.reopened_by))
        .order_by(Closing.id.desc())
        .execution_options(populate_existing=True)
    )
    return session.scalars(query).all()


def _ticked(session: Session, unit_id: int, year_id: int, period: int, number: int) -> dict[Stage, StepDone]:
    """The steps of this round; done twice, the later time counts."""
    query = (
        sa.select(ClosingStep, Person.full_name)
        .join(Person, Person.id == ClosingStep.person_id)
        .where(
            ClosingStep.unit_id == unit_id,
            ClosingStep.school_year_id == year_id,
            ClosingStep.term == period,
            ClosingStep.turn == number,
        )
        .order_by(ClosingStep.id)
    )
    return {
        row.step: StepDone(
            row.step, row.done_at, row.person_id, name, row.note, row.figures.get("digest", "")
        )
        for row, name in session.execute(query)
    }


def open_book(session: Session, actor: Actor, unit_id: int, year_id: int, period: int, now: datetime) -> Book:
    """The whole book of a school within reach. NotFound, or Forbidden without the right to see how closing goes."""
    day = local_day(now)
    unit = scope.get(session, actor, OrgUnit, unit_id, day)
    if not unit.kind.is_school:
        raise NotFound
    demand(actor, Action.CLOSING_VIEW, unit.id)
    return load_book(session, unit, scope.get(session, actor, SchoolYear, year_id, day), period, now)


Approval = tuple[Standing, Signature | None]


def class_approval(session: Session, room: SchoolClass, period: int, now: datetime) -> Approval:
    """Whether the head has approved a class as it stands; one statement where there is no approval."""
    row = Confirmation
    of_class = (row.class_id == room.id, row.kind == ConfirmationKind.CLASS_APPROVAL, row.period == period)
    if not load_signatures(session, room.unit_id, room.school_year_id, *of_class):
        return Standing.NONE, None
    where = (GradebookSheet.class_id == room.id,)
    book = load_book(session, room.unit, room.school_year, period, now, where=where, class_ids=[room.id])
    line = next(iter(book.classes), None)
    return (line.approved, line.approval) if line else (Standing.NONE, None)


def school_approval(session: Session, unit: OrgUnit, year_id: int, period: int, now: datetime) -> Approval:
    """The same of a whole school."""
    row = Confirmation
    of_school = (row.kind == ConfirmationKind.SCHOOL_APPROVAL, row.period == period)
    if not load_signatures(session, unit.id, year_id, *of_school):
        return Standing.NONE, None
    book = load_book(session, unit, session.get_one(SchoolYear, year_id), period, now)
    return book.approved, book.signature
