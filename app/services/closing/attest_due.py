"""The periodic comparing with teachers' own books: which sheets nobody has attested since the last entry day.

S0 Điều 11 khoản 2, S1 Điều 5 khoản 1, S4 Điều 15 khoản 2. An attestation speaks of the sheet as it was: a later save asks
for another one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import Actor
from app.domain.lock_calendar import monthly_days
from app.domain.locks import end_of_day
from app.domain.policies import PolicyKey
from app.domain.sheet_forms import SheetForm
from app.models import Attestation, GradebookSheet, Policy, Term
from app.models.base import UTCDateTime, in_force
from app.services.clock import local_day
from app.services.closing.to_sign import saved_after, signs_sheet
from app.services.progress import load_sheets
from app.services.progress_calendar import load_calendar, with_above
from app.services.progress_figures import SheetProgress
from app.services.unit_rules import load_policies
from app.services.years import Period

MONTH_END = 31
"""Without an entry day of any unit: the month's last day."""


@dataclass(frozen=True)
class Attested:
    """A sheet with when it was last attested to equal the teacher's own book, None for never."""

    sheet: SheetProgress
    at: datetime | None
    since: datetime

    @property
    def changed(self) -> bool:
        """Saved after it was attested."""
        last = self.sheet.last_change
        return self.at is not None and last is not None and last > self.at

    @property
    def due(self) -> bool:
        """To be attested now: nobody has since the last entry day, or it has changed."""
        return self.at is None or self.at < self.since or self.changed


def last_entry_day(session: Session, unit_id: int, day: date) -> datetime:
    """24:00 of the last monthly entry day that is over; one statement."""
    return end_of_day(_last(load_policies(session, unit_id, day).entry_day or MONTH_END, day))


def _last(entry_day: int, day: date) -> date:
    """That day of the month, the last one that is over."""
    (found,) = monthly_days(day, [entry_day])
    return found if found < day else monthly_days(day.replace(day=1) - timedelta(days=1), [entry_day])[0]


def decided_day(actor: Actor, key: PolicyKey, day: date) -> sa.Select[Any]:
    """The strictest day of the month that the unit or one above it has decided; a query."""
    return sa.select(sa.func.min(sa.cast(Policy.value, sa.Integer))).where(
        Policy.key == key.value,
        Policy.unit_id.in_([actor.unit_id, *actor.above]),
        in_force(Policy, day),
    )


def attestations_due(actor: Actor, day: date) -> sa.Select[int]:
    """How many sheets of the running term that the person is in charge of and that hold marks are due; a query."""
    sheet, row = GradebookSheet, Attestation
    decided = decided_day(actor, PolicyKey.ENTRY_DAY, day).scalar_subquery()
    lasts = {number: _last(number, day) for number in range(1, MONTH_END + 1)}
    last = sa.case(lasts, value=decided, else_=lasts[MONTH_END])
    since = sa.case(
        {number: sa.literal(end_of_day(found), UTCDateTime) for number, found in lasts.items()},
        value=decided,
        else_=sa.literal(end_of_day(lasts[MONTH_END]), UTCDateTime),
    )
    running = sa.select(Term.id).where(
        Term.school_year_id == sheet.school_year_id,
        Term.number == sheet.term,
        Term.starts_on <= last,
        Term.ends_on >= day,
    )
    fresh = sa.select(row.id).where(
        row.sheet_id == sheet.id,
        row.column.is_(None),
        row.made_at >= since,
        ~saved_after(row.made_at),
    )
    return sa.select(sa.func.count(sheet.id)).where(
        sheet.unit_id == actor.unit_id,
        sheet.form.in_([form for form in SheetForm if not form.by_homeroom]),
        sheet.revision > 0,
        running.correlate(sheet).exists(),
        signs_sheet(actor, day),
        ~fresh.correlate(sheet).exists(),
    )


def load_attested(session: Session, unit_id: int, period: Period, now: datetime) -> Sequence[Attested]:
    """Every sheet of a school's term by class and subject, with its last attestation; five statements."""
    day = local_day(now)
    calendar = load_calendar(session, with_above(unit_id, day), period, day, now)
    sheets = load_sheets(session, calendar, (GradebookSheet.unit_id == unit_id,))
    last = (
        sa.select(Attestation.sheet_id, sa.func.max(Attestation.made_at))
        .where(
            Attestation.unit_id == unit_id,
            Attestation.school_year_id == period.year_id,
            Attestation.term == period.term,
            Attestation.column.is_(None),
        )
        .group_by(Attestation.sheet_id)
    )
    made = dict(session.execute(last).all())
    since = last_entry_day(session, unit_id, day)
    return [Attested(s, made.get(s.sheet_id), since) for s in sheets if s.students and not s.form.by_homeroom]
