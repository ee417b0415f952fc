"""The lock calendar a school year starts with, made from its term dates and the monthly entry day (S1 Điều 5.1)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain import lock_calendar
from app.domain.access import Action, Actor
from app.domain.lock_calendar import CalendarRules, PlannedWindow
from app.domain.vocabulary import CELL_COLUMNS, Tier
from app.errors import N_, Invalid
from app.models import LockWindow, OrgUnit, SchoolYear
from app.services import lock_notices, scope
from app.services.clock import Clock, local_day
from app.services.late_windows import closed_before, tell_of_reopening
from app.services.lock_checks import MAX_REASON, Held, NewWindow, hold, text_problems
from app.services.lock_orders import order_of, refuse
from app.services.lock_windows import build_window, leader_name
from app.services.notices import tell_units
from app.services.unit_of_work import Work, transaction
from app.services.unit_rules import load_policies
from app.services.years import chosen_period

NO_DEFAULTS = N_("A default calendar exists for schools and for the department only.")
NO_TERMS = N_("This school year has no term dates yet. Enter them first.")
ALL_THERE = N_("Every window of the default calendar is there already, or its time has passed.")


@dataclass(frozen=True)
class DefaultWindow:
    """A window of the default calendar; `made` where the unit has it already, `past` where its time is over."""

    plan: PlannedWindow
    made: bool
    past: bool

    @property
    def wanted(self) -> bool:
        """True when it will be made."""
        return not (self.made or self.past)


def default_calendar(
    session: Session, actor: Actor, owner: OrgUnit, start_year: int, now: datetime
) -> tuple[DefaultWindow, ...]:
    """What the default calendar would add for the unit: term dates, monthly entry day (S1 Điều 5.1), grace days.

    Rounds that have begun open now, never backwards; Invalid for an office of the middle tier or without term dates.
    """
    if owner.tier is Tier.DISTRICT:
        raise Invalid(NO_DEFAULTS)
    day = local_day(now)
    period = chosen_period(session, actor, day, start_year, None)
    if period is None or not period.terms or period.start_year != start_year:
        raise Invalid(NO_TERMS)
    entry_day = load_policies(session, owner.id, day).entry_day or 23
    terms = [
        lock_calendar.TermDates(term.number, term.starts_on, term.ends_on)
        for _number, term in sorted(period.terms.items())
    ]
    plans = lock_calendar.default_windows(terms, CalendarRules(entry_day=entry_day))
    made = _titles(session, owner.id, period.year_id)
    return tuple(
        _default(plan, (plan.term, plan.title) in made, now) for plan in plans if plan.owner is owner.tier
    )


def generate_default_windows(
    actor: Actor,
    school_year_id: int,
    owner_id: int,
    reason: str,
    *,
    ordered_by_id: int | None = None,
    announce: bool = True,
    clock: Clock,
) -> int:
    """Make the default calendar of a year for the actor's own unit; one notice for all of it. Returns how many.

    Those already there, and those whose time has passed, are left out; Invalid when that leaves none.
    """
    with transaction(actor, "lock_window.defaults", clock=clock, reason=reason[:MAX_REASON]) as work:
        day = local_day(clock())
        owner = scope.get(work.session, actor, OrgUnit, owner_id, day)
        year = scope.get(work.session, actor, SchoolYear, school_year_id, day)
        ordered_by, problems = order_of(work.session, actor, Action.LOCK_MANAGE, owner, ordered_by_id, day)
        held = hold(work, owner, day)
        refuse([*problems, *text_problems("reason", reason, MAX_REASON)])
        calendar = default_calendar(work.session, actor, owner, year.start_year, work.now)
        wanted = [default.plan for default in calendar if default.wanted]
        if not wanted:
            raise Invalid(ALL_THERE)
        made = [
            build_window(work, owner, _planned(plan, year.id, reason, announce), ordered_by)
            for plan in wanted
        ]
        work.session.add_all(made)
        work.flush()
        for window in made:
            if late := closed_before(work.session, window, work.now):
                tell_of_reopening(work, window, late)
        lock_notices.tell_who_ordered(
            work, ordered_by, f"lịch mặc định năm học {year.label}", f"Lí do: {reason}", lock_notices.CALENDAR
        )
        told = _tell_calendar(work, held, year, wanted, reason, ordered_by) if announce else 0
        work.audit(
            "lock_window.defaults",
            target=owner,
            reason=reason,
            year=year.label,
            made=len(wanted),
            units_told=told,
        )
        return len(wanted)


def _titles(session: Session, owner_id: int, year_id: int) -> set[tuple[int | None, str]]:
    query = sa.select(LockWindow.term, LockWindow.title).where(
        LockWindow.owner_id == owner_id, LockWindow.school_year_id == year_id, LockWindow.ended_at.is_(None)
    )
    return {(term, title) for term, title in session.execute(query)}


def _default(plan: PlannedWindow, made: bool, now: datetime) -> DefaultWindow:
    running = plan.opens_at < now < plan.closes_at
    return DefaultWindow(
        replace(plan, opens_at=now) if running and not made else plan, made, plan.closes_at <= now
    )


def _planned(plan: PlannedWindow, year_id: int, reason: str, announced: bool) -> NewWindow:
    return NewWindow(
        school_year_id=year_id,
        title=plan.title,
        reason=reason.strip(),
        effect=plan.effect,
        mode=plan.mode,
        opens_at=plan.opens_at,
        closes_at=plan.closes_at,
        term=plan.term,
        columns=tuple(column for column in CELL_COLUMNS if column in plan.columns),
        announce=announced,
    )


def _tell_calendar(
    work: Work,
    held: Held,
    year: SchoolYear,
    plans: Sequence[PlannedWindow],
    reason: str,
    ordered_by: int | None,
) -> int:
    units = [held.owner, *(item.unit for item in held.below)]
    first, last = min(plan.opens_at for plan in plans), max(plan.closes_at for plan in plans)
    body = (
        f"{held.owner.short_name} đặt {len(plans)} lịch mở sổ, {lock_notices.span(first, last)}. "
        f"Căn cứ: {reason.strip().rstrip('.')}. Người ra lệnh: {leader_name(work, ordered_by)}. "
        "Thời gian bắt đầu và kết thúc của từng đợt nhập điểm xem ở trang lịch."
    )
    tell_units(
        work,
        (unit.id for unit in units),
        f"Lịch khóa, mở sổ năm học {year.label}",
        body,
        lock_notices.CALENDAR,
    )
    return len(units)
