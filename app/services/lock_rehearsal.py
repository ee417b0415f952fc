"""Rehearsal before a book closes: what is blank, unsigned, waiting or unexplained, and one notice to each who owes it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import Action, Actor
from app.domain.closing import ConfirmationKind, Standing
from app.domain.corrections import OPEN_STATES
from app.errors import N_, Forbidden, Invalid
from app.models import (
    Attestation,
    Confirmation,
    CorrectionRequest,
    GradebookSheet,
    Notice,
    OrgUnit,
    SchoolYear,
)
from app.services import scope
from app.services.clock import Clock, local_day
from app.services.closing.attested import unexplained
from app.services.closing.book import ClassLine, SheetLine
from app.services.closing.load import load_book
from app.services.closing.to_sign import saved_after, standing_of
from app.services.lock_notices import TERMS
from app.services.lock_orders import NO_RIGHT, leaders_of, may_order
from app.services.notices import BODY_LENGTH, tell
from app.services.progress_offices import office_progress
from app.services.unit_of_work import Work, transaction
from app.services.years import Period, chosen_period

NOBODY_OWES = N_("Nothing is missing, so there is nobody to tell.")
TOLD_LATELY = N_("Everybody concerned was told the same within the last hour.")
LONGEST_LIST = 8
LATELY = timedelta(hours=1)


@dataclass(frozen=True)
class Owed:
    """A sheet that is not ready to be closed."""

    line: SheetLine
    pending: int  # correction requests that wait

    @property
    def unsigned(self) -> bool:
        """True where nobody has confirmed the data of now."""
        return self.line.standing is not Standing.CONFIRMED

    @property
    def ready(self) -> bool:
        """True when nothing speaks against closing it."""
        return not (self.line.blank or self.unsigned or self.pending or self.line.unexplained)


@dataclass(frozen=True)
class Rehearsal:
    """A school's term as it would be closed now: its sheets, and of each class what the homeroom teacher enters and signs."""

    sheets: tuple[Owed, ...]
    classes: tuple[ClassLine, ...]
    elsewhere: int = 0  # correction requests that wait, of what lies on no sheet

    @property
    def owed(self) -> list[Owed]:
        """Sheets that are not ready, those with the most blank cells first."""
        return sorted((s for s in self.sheets if not s.ready), key=lambda s: -s.line.blank)

    @property
    def owed_classes(self) -> list[ClassLine]:
        """Classes whose summary is not ready."""
        return [line for line in self.classes if line.blank or _unsigned(line)]

    def total(self, what: str) -> int:
        """Cells, sheets or requests in all: blank, unsigned, pending or unexplained."""
        values: Mapping[str, Iterable[int]] = {
            "blank": (*(s.line.blank for s in self.sheets), *(c.blank for c in self.classes)),
            "unsigned": (*(int(s.unsigned) for s in self.sheets), *(int(_unsigned(c)) for c in self.classes)),
            "pending": (*(s.pending for s in self.sheets), self.elsewhere),
            "unexplained": (s.line.unexplained for s in self.sheets),
        }
        return sum(values[what])


def _unsigned(line: ClassLine) -> bool:
    return line.standing is not Standing.CONFIRMED


@dataclass(frozen=True)
class SchoolOwes:
    """A school in an office's rehearsal: blank cells of the term, sheets without a signature that holds, requests that
    wait, differences nobody has explained.
    """

    unit: OrgUnit
    blank: int
    unsigned: int
    pending: int
    unexplained: int
    sheets: int

    @property
    def ready(self) -> bool:
        """True when nothing speaks against closing its books."""
        return not (self.blank or self.unsigned or self.pending or self.unexplained)


def rehearse(session: Session, unit: OrgUnit, year: SchoolYear, term: int, now: datetime) -> Rehearsal:
    """Every sheet of a school's term with what would be missing if it closed now; the caller has asked for the right."""
    book = load_book(session, unit, year, term, now)
    pending = _pending(session, CorrectionRequest.sheet_id, [unit.id], year.id, term)
    owed = tuple(Owed(line, pending.get(line.progress.sheet_id, 0)) for line in book.sheets)
    return Rehearsal(owed, book.classes, pending.get(None, 0))


def rehearse_schools(session: Session, actor: Actor, period: Period, now: datetime) -> list[SchoolOwes]:
    """Each school below an office, the one that owes most first; a dozen statements at most, however many schools."""
    schools = office_progress(session, actor, period, now).schools
    ids = [school.unit.id for school in schools]
    pending = _pending(session, CorrectionRequest.unit_id, ids, period.year_id, period.term)
    signed = _signed(session, ids, period)
    differences = _unexplained(session, ids, period)
    found = [
        SchoolOwes(
            unit=school.unit,
            blank=school.share.required - school.share.filled,
            unsigned=max(0, school.sheets - signed.get(school.unit.id, 0)),
            pending=pending.get(school.unit.id, 0),
            unexplained=differences.get(school.unit.id, 0),
            sheets=school.sheets,
        )
        for school in schools
        if school.sheets
    ]
    return sorted(found, key=lambda s: (-s.blank, -s.unsigned, s.unit.name_folded))


def _pending(
    session: Session, by: sa.orm.InstrumentedAttribute[Any], units: Sequence[int], year_id: int, term: int
) -> Mapping[int | None, int]:
    query = (
        sa.select(by, sa.func.count())
        .where(
            CorrectionRequest.unit_id.in_(units),
            CorrectionRequest.school_year_id == year_id,
            CorrectionRequest.term == term,
            CorrectionRequest.state.in_(OPEN_STATES),
        )
        .group_by(by)
    )
    return dict(session.execute(query).all())


def _signed(session: Session, units: Sequence[int], period: Period) -> Mapping[int, int]:
    """By school, sheets with a signature that still holds: not taken back, and nothing saved after it."""
    query = (
        sa.select(Confirmation.unit_id, sa.func.count(Confirmation.sheet_id.distinct()))
        .join(GradebookSheet, GradebookSheet.id == Confirmation.sheet_id)
        .where(
            Confirmation.unit_id.in_(units),
            Confirmation.school_year_id == period.year_id,
            Confirmation.period == period.term,
            *standing_of(ConfirmationKind.SHEET),
            ~saved_after(Confirmation.signed_at),
        )
        .group_by(Confirmation.unit_id)
    )
    return dict(session.execute(query).all())


def _unexplained(session: Session, units: Sequence[int], period: Period) -> Mapping[int, int]:
    """By school, differences from teachers' books and posted lists that nobody has explained."""
    place = (Attestation.school_year_id == period.year_id, Attestation.term == period.term)
    by_sheet = unexplained(session, Attestation.unit_id.in_(units), *place)
    if not by_sheet:
        return {}
    query = sa.select(GradebookSheet.id, GradebookSheet.unit_id).where(GradebookSheet.id.in_(by_sheet))
    found: dict[int, int] = {}
    for sheet_id, unit_id in session.execute(query):
        found[unit_id] = found.get(unit_id, 0) + by_sheet[sheet_id]
    return found


# -- telling who owes ----------------------------------------------------------------------------------------------


@dataclass
class _Debt:
    """What one person is told."""

    parts: list[str] = field(default_factory=list)


def tell_owners(actor: Actor, year_id: int, term: int, *, clock: Clock) -> int:
    """One notice to each who owes something: in a school its teachers, from an office the leaders of its schools.

    Who was told the same within the last hour isn't told again. Returns how many people were told. Forbidden for who
    neither leads nor administers the own unit; Invalid when nothing is missing, or all were told just now.
    """
    with transaction(actor, "lock_rehearsal.tell", clock=clock) as work:
        if actor.unit_id is None or not may_order(actor, Action.LOCK_MANAGE, actor.unit_id):
            raise Forbidden(NO_RIGHT)
        day = local_day(clock())
        unit = scope.get(work.session, actor, OrgUnit, actor.unit_id, day)
        year = scope.get(work.session, actor, SchoolYear, year_id, day)
        if unit.kind.is_school:
            debts = _teachers(rehearse(work.session, unit, year, term, work.now))
        else:
            debts = _leaders(work, year, term)
        if not debts:
            raise Invalid(NOBODY_OWES)
        known = _told_lately(work, debts)
        notices = {person_id: _notice(debt, unit, term) for person_id, debt in sorted(debts.items())}
        fresh = [
            (person_id, *words) for person_id, words in notices.items() if (person_id, *words) not in known
        ]
        if not fresh:
            raise Invalid(TOLD_LATELY)
        for person_id, title, body in fresh:
            tell(work, [person_id], title, body, "/")
        work.audit("lock_rehearsal.tell", target=unit, term=term, people=len(fresh))
        return len(fresh)


def _notice(debt: _Debt, unit: OrgUnit, term: int) -> tuple[str, str]:
    """Title and body of what one person is told."""
    title = f"Rà soát trước khi khóa sổ {TERMS[term]}: còn {len(debt.parts)} việc"
    more = len(debt.parts) - LONGEST_LIST
    body = "; ".join(debt.parts[:LONGEST_LIST]) + (f"; và {more} mục nữa" if more > 0 else "")
    return title, f"{body}. {unit.short_name} nhắc hoàn thành trước khi khóa sổ."[:BODY_LENGTH]


def _told_lately(work: Work, people: Iterable[int]) -> set[tuple[int, str, str]]:
    """Person, title and body of what these people were told within the last hour; one statement."""
    query = sa.select(Notice.person_id, Notice.title, Notice.body).where(
        Notice.person_id.in_(people), Notice.created_at > work.now - LATELY
    )
    return {(person_id or 0, title, body) for person_id, title, body in work.session.execute(query)}


def _teachers(rehearsal: Rehearsal) -> dict[int, _Debt]:
    """By teacher in charge each sheet with what it lacks, by homeroom teacher the class's summary."""
    found: dict[int, _Debt] = {}
    for room in rehearsal.owed_classes:
        lacks = [f"{room.blank} ô trống" if room.blank else "", "chưa xác nhận" if _unsigned(room) else ""]
        text = f"Tổng hợp lớp {room.school_class.name}: {', '.join(part for part in lacks if part)}"
        for person_id, _name in room.homeroom:
            found.setdefault(person_id, _Debt()).parts.append(text)
    for sheet in rehearsal.owed:
        progress = sheet.line.progress
        lacks = [
            f"{sheet.line.blank} ô trống" if sheet.line.blank else "",
            "chưa ký xác nhận" if sheet.unsigned else "",
            f"{sheet.pending} đề nghị điều chỉnh chờ xử lí" if sheet.pending else "",
            f"{sheet.line.unexplained} chỗ lệch chưa giải trình" if sheet.line.unexplained else "",
        ]
        text = f"{progress.subject} {progress.class_name}: {', '.join(part for part in lacks if part)}"
        for teacher in sheet.line.signers:
            found.setdefault(teacher.person_id, _Debt()).parts.append(text)
    return found


def _leaders(work: Work, year: SchoolYear, term: int) -> dict[int, _Debt]:
    """By leader and administrator of each school below, what the school owes."""
    day = local_day(work.now)
    period = chosen_period(work.session, work.actor, day, year.start_year, term)
    if period is None:
        return {}
    schools = [s for s in rehearse_schools(work.session, work.actor, period, work.now) if not s.ready]
    people = leaders_of(work.session, [school.unit.id for school in schools], day, admins=True)
    found: dict[int, _Debt] = {}
    for school in schools:
        text = (
            f"{school.unit.short_name}: {school.blank} ô trống, {school.unsigned} sổ chưa ký xác nhận, "
            f"{school.pending} đề nghị điều chỉnh chờ xử lí, {school.unexplained} chỗ lệch chưa giải trình"
        )
        for person_id in people.get(school.unit.id, ()):
            found.setdefault(person_id, _Debt()).parts.append(text)
    return found
