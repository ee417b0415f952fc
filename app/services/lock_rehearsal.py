"""Rehearsal before a book closes: what is blank, unsigned, waiting or unexplained, and one notice to each who owes it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import Action, Actor
from app.domain.closing import Act, Standing
from app.domain.corrections import OPEN_STATES
from app.errors import N_, Forbidden, Invalid
from app.models import Confirmation, CorrectionRequest, OrgUnit, SchoolYear
from app.services import scope
from app.services.clock import Clock, local_day
from app.services.closing.book import ClassLine, SheetLine
from app.services.closing.load import load_book
from app.services.lock_notices import TERMS
from app.services.lock_orders import NO_RIGHT, leaders_of, may_order
from app.services.notices import tell
from app.services.progress_offices import office_progress
from app.services.unit_of_work import Work, transaction
from app.services.years import Period, chosen_period

NOBODY_OWES = N_("Nothing is missing, so there is nobody to tell.")
LONGEST_LIST = 8


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
            "pending": (s.pending for s in self.sheets),
            "unexplained": (s.line.unexplained for s in self.sheets),
        }
        return sum(values[what])


def _unsigned(line: ClassLine) -> bool:
    return line.standing is not Standing.CONFIRMED


@dataclass(frozen=True)
class SchoolOwes:
    """A school in an office's rehearsal: blank cells of the term, sheets never confirmed, requests that wait."""

    unit: OrgUnit
    blank: int
    unsigned: int
    pending: int
    sheets: int

    @property
    def ready(self) -> bool:
        """True when nothing speaks against closing its books."""
        return not (self.blank or self.unsigned or self.pending)


def rehearse(session: Session, unit: OrgUnit, year: SchoolYear, term: int, now: datetime) -> Rehearsal:
    """Every sheet of a school's term with what would be missing if it closed now; the caller has asked for the right."""
    book = load_book(session, unit, year, term, now)
    pending = _pending(session, CorrectionRequest.sheet_id, [unit.id], year.id, term)
    owed = tuple(Owed(line, pending.get(line.progress.sheet_id, 0)) for line in book.sheets)
    return Rehearsal(owed, book.classes)


def rehearse_schools(session: Session, actor: Actor, period: Period, now: datetime) -> list[SchoolOwes]:
    """Each school below an office, the one that owes most first; six statements, however many schools."""
    schools = office_progress(session, actor, period, now).schools
    ids = [school.unit.id for school in schools]
    pending = _pending(session, CorrectionRequest.unit_id, ids, period.year_id, period.term)
    signed = _signed(session, ids, period)
    found = [
        SchoolOwes(
            unit=school.unit,
            blank=school.share.required - school.share.filled,
            unsigned=max(0, school.sheets - signed.get(school.unit.id, 0)),
            pending=pending.get(school.unit.id, 0),
            sheets=school.sheets,
        )
        for school in schools
        if school.sheets
    ]
    return sorted(found, key=lambda s: (-s.blank, -s.unsigned, s.unit.name_folded))


def _pending(
    session: Session, by: sa.orm.InstrumentedAttribute[int], units: Sequence[int], year_id: int, term: int
) -> Mapping[int, int]:
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
    """By school, sheets that were ever confirmed; whether the data changed since is asked school by school."""
    query = (
        sa.select(Confirmation.unit_id, sa.func.count(Confirmation.sheet_id.distinct()))
        .where(
            Confirmation.unit_id.in_(units),
            Confirmation.school_year_id == period.year_id,
            Confirmation.period == period.term,
            Confirmation.act == Act.CONFIRMED,
        )
        .group_by(Confirmation.unit_id)
    )
    return dict(session.execute(query).all())


# -- telling who owes ----------------------------------------------------------------------------------------------


@dataclass
class _Debt:
    """What one person is told."""

    parts: list[str] = field(default_factory=list)


def tell_owners(actor: Actor, year_id: int, term: int, *, clock: Clock) -> int:
    """One notice to each who owes something: in a school its teachers, from an office the leaders of its schools.

    Returns how many people were told. Forbidden for who neither leads nor administers the own unit; Invalid when
    nothing is missing.
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
        for person_id, debt in sorted(debts.items()):
            title = f"Rà soát trước khi khóa sổ {TERMS[term]}: còn {len(debt.parts)} việc"
            more = len(debt.parts) - LONGEST_LIST
            body = "; ".join(debt.parts[:LONGEST_LIST]) + (f"; và {more} mục nữa" if more > 0 else "")
            tell(
                work, [person_id], title, f"{body}. {unit.short_name} nhắc hoàn thành trước khi khóa sổ.", "/"
            )
        work.audit("lock_rehearsal.tell", target=unit, term=term, people=len(debts))
        return len(debts)


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
            f"{school.pending} đề nghị điều chỉnh chờ xử lí"
        )
        for person_id in people.get(school.unit.id, ()):
            found.setdefault(person_id, _Debt()).parts.append(text)
    return found
